/*
 * Events on their way to event handlers: for each handler a bounded queue and a thread, so that a
 * slow one makes others neither wait nor lose anything. When its queue is full its oldest events
 * are dropped, counted, and logged at most once a second. Threads: emit any; handle() on the
 * handler's; log() on the log's.
 */
#include "core/host/event_host.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/host/host.h"

#define QUEUE_MAX 10000u
#define FAREWELL_US (2 * G_USEC_PER_SEC) /* to carry what is queued at the end */

struct carrier {
	const struct limen_event_handler *handler;
	GThread *thread;
	GMutex lock;
	GCond came;
	GQueue events;          /* json_t *, one reference each */
	uint64_t dropped, told; /* told: of those, the log knows */
	int64_t told_us, end_us;
};

static GPtrArray *carriers; /* struct carrier *; unchanged while core->emit is set */

static void drop_event(gpointer event)
{
	json_decref(event);
}

/* Locked. NULL: it is time to end. */
static json_t *next_event(struct carrier *c)
{
	while (g_queue_is_empty(&c->events) && !c->end_us)
		g_cond_wait(&c->came, &c->lock);
	if (c->end_us && g_get_monotonic_time() >= c->end_us)
		return NULL;
	return g_queue_pop_head(&c->events);
}

static gpointer run(gpointer arg)
{
	struct carrier *c = arg;

	for (;;) {
		json_t *event;

		g_mutex_lock(&c->lock);
		event = next_event(c);
		g_mutex_unlock(&c->lock);
		if (!event)
			return NULL;
		c->handler->handle(event);
		json_decref(event);
	}
}

static struct carrier *carrier_new(const struct limen_event_handler *h)
{
	struct carrier *c = g_new0(struct carrier, 1);

	c->handler = h;
	g_mutex_init(&c->lock);
	g_cond_init(&c->came);
	g_queue_init(&c->events);
	return c;
}

/* Ends the thread; what it did not carry in time is dropped. */
static void carrier_free(gpointer p)
{
	struct carrier *c = p;

	g_mutex_lock(&c->lock);
	c->end_us = g_get_monotonic_time() + FAREWELL_US;
	g_cond_signal(&c->came);
	g_mutex_unlock(&c->lock);
	if (c->thread)
		g_thread_join(c->thread);
	c->dropped += g_queue_get_length(&c->events);
	g_queue_clear_full(&c->events, drop_event);
	if (c->dropped)
		limen_warn("events", "%s: %" G_GUINT64_FORMAT " events were dropped in all",
			c->handler->head.name, c->dropped);
	g_cond_clear(&c->came);
	g_mutex_clear(&c->lock);
	g_free(c);
}

/* Locked. How many to tell the log of now; 0 = none. */
static uint64_t shorten(struct carrier *c)
{
	const int64_t now_us = g_get_monotonic_time();
	uint64_t news;

	while (g_queue_get_length(&c->events) > QUEUE_MAX) {
		json_decref(g_queue_pop_head(&c->events));
		c->dropped++;
	}
	news = c->dropped - c->told;
	if (!news || (c->told_us && now_us - c->told_us < G_USEC_PER_SEC))
		return 0;
	c->told = c->dropped;
	c->told_us = now_us;
	return news;
}

static void push(struct carrier *c, json_t *event)
{
	uint64_t news;

	g_mutex_lock(&c->lock);
	if (!c->thread) /* who wants nothing has none */
		c->thread = g_thread_new("events", run, c);
	g_queue_push_tail(&c->events, json_incref(event));
	news = shorten(c);
	g_cond_signal(&c->came);
	g_mutex_unlock(&c->lock);
	if (news)
		limen_warn("events", "%s is too slow: %" G_GUINT64_FORMAT " events were dropped",
			c->handler->head.name, news);
}

/* Members in the order of the spec (events §1). */
static json_t *envelope(
	const struct limen_core *core, const struct limen_event_head *head, json_t *body)
{
	json_t *event =
		json_pack("{s:s,s:i}", "emitter", core->set.server_name, "type", (int)head->type);

	if (head->subtype)
		json_object_set_new(event, "subtype", json_integer(head->subtype));
	json_object_set_new(event, "timestamp", json_integer(limen_wall_us()));
	if (head->session)
		json_object_set_new(event, "session_id", json_integer((json_int_t)head->session));
	if (head->handle)
		json_object_set_new(event, "handle_id", json_integer((json_int_t)head->handle));
	if (head->opaque_id)
		json_object_set_new(event, "opaque_id", json_string(head->opaque_id));
	json_object_set_new(event, "event", body);
	return event;
}

static void emit(struct limen_core *core, const struct limen_event_head *head, json_t *body)
{
	json_t *event = envelope(core, head, body);

	for (guint i = 0; i < carriers->len; i++) {
		struct carrier *c = carriers->pdata[i];
		const struct limen_event_handler *h = c->handler;

		if (h->mask & head->type & (h->wanted ? h->wanted() : head->type))
			push(c, event);
	}
	json_decref(event);
}

static void carry_line(int64_t wall_us, const char *line, void *arg)
{
	const struct limen_core *core = arg;

	for (guint i = 0; i < core->event_handlers->len; i++) {
		const struct limen_event_handler *h = core->event_handlers->pdata[i];

		if (h->log)
			h->log(wall_us, line);
	}
}

void limen_event_host_start(struct limen_core *core)
{
	carriers = g_ptr_array_new_with_free_func(carrier_free);
	for (guint i = 0; i < core->event_handlers->len; i++) {
		const struct limen_event_handler *h = core->event_handlers->pdata[i];

		if (core->set.events && h->handle && h->mask)
			g_ptr_array_add(carriers, carrier_new(h));
	}
	if (carriers->len)
		core->emit = emit;
	limen_log_watch(carry_line, core);
}

void limen_event_host_stop(struct limen_core *core)
{
	core->emit = NULL;
	g_clear_pointer(&carriers, g_ptr_array_unref);
	limen_log_watch(NULL, NULL);
}

const struct limen_event_services limen_event_services_table = {
	.abi = LIMEN_ABI,
	.size = sizeof(struct limen_event_services),
	.base = LIMEN_BASE_SERVICES,
};
