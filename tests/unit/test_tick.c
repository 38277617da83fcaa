/*
 * Ticks on the virtual clock: their beat, their end, and one that another thread ends.
 */
#include "core/base/tick.h"
#include <string.h>
#include "core/base/clock.h"

static struct {
	struct limen_loop *loop;
	struct limen_tick *tick;
	unsigned calls, done, last_call;
	bool ends_itself;
} t;

static void on_done(void *arg)
{
	g_assert_true(arg == &t);
	t.done++;
}

static void on_tick(void *arg)
{
	g_assert_true(arg == &t);
	g_assert_cmpuint(t.done, ==, 0);
	t.calls++;
	if (t.ends_itself)
		limen_tick_free(t.tick, on_done);
}

static void run(void)
{
	while (limen_loop_step(t.loop))
		;
}

static void pass(int64_t ms)
{
	for (; ms > 0; ms--) {
		limen_clock_advance(1000);
		run();
	}
}

static void set_up(unsigned period_ms)
{
	memset(&t, 0, sizeof(t));
	limen_clock_simulate(5000000);
	g_assert_cmpint(limen_loop_new_manual(&t.loop, 0), ==, 0);
	t.tick = limen_tick_new(t.loop, period_ms, on_tick, &t);
	run();
}

static void test_beat(void)
{
	set_up(20);
	pass(19);
	g_assert_cmpuint(t.calls, ==, 0);
	pass(1);
	g_assert_cmpuint(t.calls, ==, 1);
	pass(200);
	g_assert_cmpuint(t.calls, ==, 11);
	limen_clock_advance(50000); /* late: two are missed, and the beat stays */
	run();
	g_assert_cmpuint(t.calls, ==, 12);
	pass(9);
	g_assert_cmpuint(t.calls, ==, 12);
	pass(1);
	g_assert_cmpuint(t.calls, ==, 13);
	limen_tick_free(t.tick, on_done);
	g_assert_cmpuint(t.done, ==, 0);
	pass(100);
	g_assert_cmpuint(t.calls, ==, 13);
	g_assert_cmpuint(t.done, ==, 1);
	limen_loop_free(t.loop);
}

static void test_itself(void)
{
	set_up(0);
	t.ends_itself = true;
	pass(50);
	g_assert_cmpuint(t.calls, ==, 1);
	g_assert_cmpuint(t.done, ==, 1);
	limen_tick_free(NULL, on_done);
	limen_loop_free(t.loop);
}

/* Ended before it could begin; the loop's end runs what waits. */
static void test_at_once(void)
{
	set_up(1);
	limen_tick_free(t.tick, on_done);
	limen_loop_free(t.loop);
	g_assert_cmpuint(t.calls, ==, 0);
	g_assert_cmpuint(t.done, ==, 1);
}

static gint calls, ended;

static void count(void *arg)
{
	(void)arg;
	g_assert_cmpint(g_atomic_int_get(&ended), ==, 0);
	g_atomic_int_inc(&calls);
}

static void end(void *arg)
{
	(void)arg;
	g_atomic_int_set(&ended, 1);
}

static void test_threads(void)
{
	struct limen_loop *loop;
	struct limen_tick *tick;

	/* The clock stands: whoever is early is called as the test advances it. */
	g_assert_cmpint(limen_loop_new(&loop, 0), ==, 0);
	tick = limen_tick_new(loop, 1, count, NULL);
	while (g_atomic_int_get(&calls) < 20) {
		limen_clock_advance(1000);
		g_usleep(100);
	}
	limen_tick_free(tick, end);
	while (!g_atomic_int_get(&ended))
		g_usleep(100);
	limen_loop_free(loop);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/unit/tick/beat", test_beat);
	g_test_add_func("/unit/tick/itself", test_itself);
	g_test_add_func("/unit/tick/at-once", test_at_once);
	g_test_add_func("/unit/tick/threads", test_threads);
	return g_test_run();
}
