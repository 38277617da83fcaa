/*
 * Messages that wait for a broker: order, bound, what a lost connection does; the wait between
 * tries.
 */
#include "kit/broker.h"

#include <string.h>

static char last_line[256];
static unsigned lines;

static bool wanted(enum limen_log_level level)
{
	return level <= LIMEN_LOG_WARN;
}

static void write_line(enum limen_log_level level, const char *topic, uint64_t session,
	uint64_t handle, const char *format, ...)
{
	va_list args;

	(void)level, (void)topic, (void)session, (void)handle;
	va_start(args, format);
	g_vsnprintf(last_line, sizeof(last_line), format, args);
	va_end(args);
	lines++;
}

static const struct limen_base_services base = { .log_wanted = wanted, .log_write = write_line };

static void push(struct limen_outbox *o, const char *text, unsigned max)
{
	limen_outbox_push(o, limen_post_new("to", strdup(text), strlen(text)), max);
}

static struct limen_post *expect_next(struct limen_outbox *o, const char *text)
{
	struct limen_post *post = limen_outbox_next(o);

	g_assert_nonnull(post);
	g_assert_cmpstr(post->text, ==, text);
	return post;
}

static void test_order(void)
{
	struct limen_outbox o;
	struct limen_post *one;

	limen_outbox_init(&o, &base, "test");
	g_assert_true(limen_outbox_empty(&o));
	g_assert_null(limen_outbox_next(&o));
	for (const char *t = "1\0002\0003\000"; *t; t += 2)
		push(&o, t, 10);
	one = expect_next(&o, "1");
	expect_next(&o, "2");
	limen_outbox_done(&o, one);
	g_assert_false(limen_outbox_empty(&o));
	limen_outbox_again(&o);
	limen_outbox_done(&o, expect_next(&o, "2"));
	limen_outbox_done(&o, expect_next(&o, "3"));
	g_assert_true(limen_outbox_empty(&o));
	g_assert_cmpuint(o.dropped, ==, 0);
	limen_outbox_clear(&o);
}

static void test_bound(void)
{
	struct limen_outbox o;

	lines = 0;
	limen_outbox_init(&o, &base, "test");
	push(&o, "flies", 2);
	expect_next(&o, "flies");
	for (const char *t = "1\0002\0003\0004\000"; *t; t += 2)
		push(&o, t, 2);
	g_assert_cmpuint(o.dropped, ==, 2);
	g_assert_cmpuint(lines, ==, 1);
	/* What was sent already counts for nothing, and comes first again. */
	limen_outbox_again(&o);
	expect_next(&o, "flies");
	limen_outbox_done(&o, expect_next(&o, "3"));
	limen_outbox_refuse(&o, expect_next(&o, "4"));
	g_assert_cmpuint(o.dropped, ==, 3);
	limen_outbox_clear(&o);
	g_assert_cmpuint(o.dropped, ==, 4);
	g_assert_nonnull(strstr(last_line, "4 in all"));
}

static void test_no_room(void)
{
	struct limen_outbox o;

	limen_outbox_init(&o, &base, "test");
	push(&o, "1", 0);
	g_assert_true(limen_outbox_empty(&o));
	g_assert_cmpuint(o.dropped, ==, 1);
	limen_outbox_clear(&o);
}

static void test_wait(void)
{
	int wait_ms = 0, before_ms;

	for (int i = 0; i < 20; i++) {
		before_ms = wait_ms;
		wait_ms = limen_broker_wait_ms(wait_ms);
		g_assert_cmpint(wait_ms, >=, before_ms);
	}
	g_assert_cmpint(limen_broker_wait_ms(0), ==, LIMEN_BROKER_WAIT_MIN_MS);
	g_assert_cmpint(wait_ms, ==, LIMEN_BROKER_WAIT_MAX_MS);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/broker/order", test_order);
	g_test_add_func("/broker/bound", test_bound);
	g_test_add_func("/broker/no-room", test_no_room);
	g_test_add_func("/broker/wait", test_wait);
	return g_test_run();
}
