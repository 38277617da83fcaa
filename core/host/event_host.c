/*
 * Events on their way to event handlers: one bounded queue, one thread, in order. When handlers are
 * too slow the newest events are dropped and counted. Thread: emit from any; handlers run on the
 * event thread.
 */
#include "core/host/event_host.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/host/host.h"

#define QUEUE_MAX 10000

static struct {
	GAsyncQueue *queue;
	GThread *thread;
	gint dropped;
} events;

static char stop_mark;

static void carry(const struct limen_core *core, const json_t *event)
{
	const unsigned type = (unsigned)json_integer_value(json_object_get(event, "type"));

	for (guint i = 0; i < core->event_handlers->len; i++) {
		const struct limen_event_handler *h = g_ptr_array_index(core->event_handlers, i);

		if (h->handle && (h->mask & type))
			h->handle(event);
	}
}

static gpointer run(gpointer arg)
{
	for (gpointer item; (item = g_async_queue_pop(events.queue)) != &stop_mark;) {
		carry(arg, item);
		json_decref(item);
	}
	return NULL;
}

static void emit(
	struct limen_core *core, unsigned type, uint64_t session, uint64_t handle, json_t *body)
{
	json_t *event;

	(void)core;
	if (g_async_queue_length(events.queue) >= QUEUE_MAX) {
		g_atomic_int_inc(&events.dropped);
		json_decref(body);
		return;
	}
	event = json_pack("{s:i,s:I}", "type", (int)type, "timestamp", (json_int_t)limen_wall_us());
	if (session)
		json_object_set_new(event, "session_id", json_integer((json_int_t)session));
	if (handle)
		json_object_set_new(event, "handle_id", json_integer((json_int_t)handle));
	json_object_set_new(event, "event", body);
	g_async_queue_push(events.queue, event);
}

void limen_event_host_start(struct limen_core *core)
{
	if (core->event_handlers->len == 0)
		return;
	events.queue = g_async_queue_new();
	events.thread = g_thread_new("events", run, core);
	core->emit = emit;
}

void limen_event_host_stop(struct limen_core *core)
{
	if (!events.thread)
		return;
	core->emit = NULL;
	g_async_queue_push(events.queue, &stop_mark);
	g_thread_join(g_steal_pointer(&events.thread));
	g_clear_pointer(&events.queue, g_async_queue_unref);
	if (g_atomic_int_get(&events.dropped))
		limen_warn("events", "%d events were dropped because handlers were too slow",
			g_atomic_int_get(&events.dropped));
}

const struct limen_event_services limen_event_services_table = {
	.abi = LIMEN_ABI,
	.size = sizeof(struct limen_event_services),
	.base = LIMEN_BASE_SERVICES,
};
