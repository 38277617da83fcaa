/*
 * The way to event handlers: the envelope, masks, and a slow handler that loses its own events, the
 * oldest, and nobody else's.
 */
#include "core/host/event_host.h"
#include <string.h>
#include "core/base/log.h"
#include "core/session/events.h"

#define FLOOD 10500 /* more than a queue holds */

static struct {
	GMutex lock;
	GCond changed;
	GPtrArray *texts; /* of the quick handler */
	int slow_first, slow_last, slow_count;
	bool held;
} got;

static unsigned quick_wants = 511;

static void quick_handle(const json_t *event)
{
	g_mutex_lock(&got.lock);
	g_ptr_array_add(got.texts, json_dumps(event, JSON_COMPACT));
	g_cond_broadcast(&got.changed);
	g_mutex_unlock(&got.lock);
}

static unsigned quick_wanted(void)
{
	return quick_wants;
}

static void slow_handle(const json_t *event)
{
	const int n = (int)json_integer_value(json_object_get(event, "event"));

	g_mutex_lock(&got.lock);
	while (got.held)
		g_cond_wait(&got.changed, &got.lock);
	if (got.slow_count++ == 1)
		got.slow_first = n;
	got.slow_last = n;
	g_mutex_unlock(&got.lock);
}

static const struct limen_event_handler quick = {
	.head.name = "quick", .mask = 511, .handle = quick_handle, .wanted = quick_wanted
};
static const struct limen_event_handler slow = {
	.head.name = "slow", .mask = LIMEN_EVENT_EXTERNAL, .handle = slow_handle
};

static void set_up(struct limen_core *core, bool with_slow)
{
	memset(core, 0, sizeof(*core));
	core->set.server_name = "me";
	core->set.events = true;
	core->event_handlers = g_ptr_array_new();
	g_ptr_array_add(core->event_handlers, (gpointer)&quick);
	if (with_slow)
		g_ptr_array_add(core->event_handlers, (gpointer)&slow);
	got.texts = g_ptr_array_new_with_free_func(free);
	limen_event_host_start(core);
}

static void tear_down(struct limen_core *core)
{
	limen_event_host_stop(core);
	g_assert_null(core->emit);
	g_ptr_array_unref(core->event_handlers);
	g_clear_pointer(&got.texts, g_ptr_array_unref);
}

static void await(guint count)
{
	const int64_t until_us = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

	g_mutex_lock(&got.lock);
	while (got.texts->len < count && g_cond_wait_until(&got.changed, &got.lock, until_us))
		;
	g_assert_cmpuint(got.texts->len, ==, count);
	g_mutex_unlock(&got.lock);
}

static void test_envelope(void)
{
	struct limen_core core;
	char *text;

	set_up(&core, false);
	limen_events_emit(&core,
		&(struct limen_event_head){
			.type = 16, .subtype = 6, .session = 5, .handle = 7, .opaque_id = "op" },
		json_pack("{s:i}", "a", 1));
	limen_events_emit(&core, &(struct limen_event_head){ .type = 4 }, json_array());
	await(2);
	text = got.texts->pdata[0];
	g_assert_true(g_regex_match_simple("^{\"emitter\":\"me\",\"type\":16,\"subtype\":6,"
					   "\"timestamp\":[0-9]{16},\"session_id\":5,"
					   "\"handle_id\":7,\"opaque_id\":\"op\","
					   "\"event\":{\"a\":1}}$",
		text, 0, 0));
	g_assert_true(g_regex_match_simple(
		"^{\"emitter\":\"me\",\"type\":4,\"timestamp\":[0-9]{16},\"event\":\\[\\]}$",
		got.texts->pdata[1], 0, 0));
	tear_down(&core);
}

static void test_masks(void)
{
	struct limen_core core;

	set_up(&core, false);
	quick_wants = LIMEN_EVENT_MEDIA;
	g_assert_true(limen_events_wanted(&core, LIMEN_EVENT_MEDIA));
	g_assert_false(limen_events_wanted(&core, LIMEN_EVENT_JSEP));
	limen_events_emit(&core, &(struct limen_event_head){ .type = 8 }, json_array());
	limen_events_emit(&core, &(struct limen_event_head){ .type = 32 }, json_array());
	await(1);
	quick_wants = 511;
	tear_down(&core);
	g_assert_false(limen_events_wanted(&core, LIMEN_EVENT_MEDIA));
}

static void swallow(const char *line, void *arg)
{
	(void)line;
	g_atomic_int_inc((gint *)arg);
}

static void test_slow(void)
{
	struct limen_core core;
	gint lines = 0;

	limen_log_capture(swallow, &lines);
	got.held = true;
	set_up(&core, true);
	for (int n = 0; n < FLOOD; n++) {
		limen_events_emit(&core, &(struct limen_event_head){ .type = 4 }, json_integer(n));
		if (n % 1000 == 0)
			await((guint)n + 1);
	}
	await(FLOOD);
	g_assert_cmpint(g_atomic_int_get(&lines), >=, 1);
	g_assert_cmpint(g_atomic_int_get(&lines), <=, 20);
	g_mutex_lock(&got.lock);
	got.held = false;
	g_cond_broadcast(&got.changed);
	g_mutex_unlock(&got.lock);
	tear_down(&core);
	/* The one in its hands, and the newest 10000. */
	g_assert_cmpint(got.slow_count, ==, 10001);
	g_assert_cmpint(got.slow_first, ==, FLOOD - 10000);
	g_assert_cmpint(got.slow_last, ==, FLOOD - 1);
	limen_log_capture(NULL, NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/event_host/envelope", test_envelope);
	g_test_add_func("/event_host/masks", test_masks);
	g_test_add_func("/event_host/slow", test_slow);
	return g_test_run();
}
