/*
 * The timer wheel: never early, oldest first, across the wheel's span and into the far future,
 * callbacks that set and stop timers, and a comparison with a model that does it the slow way.
 */
#include "core/base/timer.h"
#include <glib.h>
#include <time.h>

#define MS INT64_C(1000)
#define SPAN_MS 4096 /* of the wheel: where numbering of slots begins anew */
#define START_US (12345 * MS + 600)

struct probe {
	struct limen_timer timer;
	struct limen_wheel *wheel;
	unsigned called;
	unsigned place; /* in the order of calls */
	struct probe *other;
	int64_t again_us;
};

static unsigned calls;

static void note(struct limen_timer *t, void *arg)
{
	struct probe *p = arg;

	g_assert_true(t == &p->timer);
	g_assert_false(limen_timer_active(t));
	p->called++;
	p->place = ++calls;
}

static struct limen_wheel *wheel_new(int64_t now_us)
{
	struct limen_wheel *w;

	calls = 0;
	g_assert_cmpint(limen_wheel_new(&w, now_us), ==, 0);
	g_assert_cmpint(limen_wheel_next(w), ==, INT64_MAX);
	return w;
}

static void set(struct limen_wheel *w, struct probe *p, int64_t at_us)
{
	*p = (struct probe){ .wheel = w };
	limen_timer_init(&p->timer, note, p);
	limen_wheel_set(w, &p->timer, at_us);
	g_assert_true(limen_timer_active(&p->timer));
}

static void test_never_early(void)
{
	struct limen_wheel *w = wheel_new(START_US);
	struct probe p;

	for (int64_t in_us = 1; in_us < 3 * MS; in_us += 100) {
		const int64_t now_us = START_US + in_us * 10, at_us = now_us + in_us;

		limen_wheel_advance(w, now_us);
		set(w, &p, at_us);
		g_assert_cmpint(limen_wheel_next(w), >=, at_us);
		g_assert_cmpint(limen_wheel_next(w), <, at_us + MS);
		g_assert_cmpuint(limen_wheel_advance(w, at_us - 1), ==, 0);
		g_assert_cmpuint(limen_wheel_advance(w, at_us + MS), ==, 1);
		g_assert_cmpint(limen_wheel_next(w), ==, INT64_MAX);
	}
	limen_wheel_free(w);
}

static void test_past(void)
{
	static const int64_t pasts[] = { START_US, START_US - 1, 5, 0, -1, -7000000, INT64_MIN };
	struct limen_wheel *w = wheel_new(START_US);
	struct probe p;

	for (size_t i = 0; i < G_N_ELEMENTS(pasts); i++) {
		const int64_t now_us = START_US + (int64_t)i * MS;

		set(w, &p, pasts[i]);
		g_assert_cmpint(limen_wheel_next(w), <=, now_us + MS);
		g_assert_cmpuint(limen_wheel_advance(w, now_us), ==, 0);
		g_assert_cmpuint(limen_wheel_advance(w, now_us + MS), ==, 1);
		g_assert_cmpuint(p.called, ==, 1);
	}
	/* Time that goes back changes nothing. */
	set(w, &p, 0);
	g_assert_cmpuint(limen_wheel_advance(w, 0), ==, 0);
	g_assert_true(limen_timer_active(&p.timer));
	limen_wheel_free(w);
}

/* Timers that share a slot because they lie whole spans apart. */
static void test_wrap(void)
{
	struct limen_wheel *w = wheel_new(START_US);
	struct probe p[6];

	for (int i = 5; i >= 0; i--)
		set(w, &p[i], START_US + 7 * MS + i * SPAN_MS * MS);
	for (int i = 0; i < 6; i++) {
		const int64_t at_us = START_US + 7 * MS + i * SPAN_MS * MS;

		g_assert_cmpuint(limen_wheel_advance(w, at_us - 1), ==, 0);
		g_assert_cmpuint(limen_wheel_advance(w, at_us + MS), ==, 1);
		g_assert_cmpuint(p[i].place, ==, (unsigned)i + 1);
	}
	limen_wheel_free(w);
}

/* The exact border: one span, one slot less, one more. */
static void test_border(void)
{
	for (int64_t ms = SPAN_MS - 2; ms <= SPAN_MS + 2; ms++) {
		struct limen_wheel *w = wheel_new(0);
		struct probe p;
		size_t steps = 0;

		set(w, &p, ms * MS);
		for (int64_t now_us; !p.called; steps++) {
			now_us = limen_wheel_next(w);
			g_assert_cmpint(now_us, <=, ms * MS);
			limen_wheel_advance(w, now_us);
			g_assert_cmpint(p.called, ==, now_us == ms * MS);
		}
		g_assert_cmpuint(steps, <=, 2);
		limen_wheel_free(w);
	}
}

/* A long sleep: everything is called in one advance, oldest first, equals in order of setting. */
static void test_long_sleep(void)
{
	struct limen_wheel *w = wheel_new(START_US);
	struct probe p[300];
	int64_t hour_us = 3600 * 1000 * MS;

	for (unsigned i = 0; i < G_N_ELEMENTS(p); i++)
		set(w, &p[i], START_US + (int64_t)(i / 2 * 7919 % 150) * 601 * MS + MS);
	g_assert_cmpuint(limen_wheel_advance(w, START_US + hour_us), ==, G_N_ELEMENTS(p));
	for (unsigned i = 0; i < G_N_ELEMENTS(p); i++)
		g_assert_cmpuint(p[i].place, ==, i / 2 * 7919 % 150 * 2 + i % 2 + 1);
	limen_wheel_free(w);
}

static void test_far_future(void)
{
	static const int64_t far[] = { INT64_MAX, INT64_MAX - 1, INT64_MAX / 2 };
	struct limen_wheel *w = wheel_new(START_US);
	struct probe p[3], near;
	int64_t now_us = START_US;

	for (int i = 0; i < 3; i++)
		set(w, &p[i], far[i]);
	for (int i = 0; i < 50; i++) {
		set(w, &near, now_us + 3 * SPAN_MS * MS);
		while (!near.called) {
			g_assert_cmpint(limen_wheel_next(w), >, now_us);
			g_assert_cmpint(limen_wheel_next(w), <=, now_us + (SPAN_MS + 1) * MS);
			now_us = limen_wheel_next(w);
			limen_wheel_advance(w, now_us);
		}
	}
	for (int i = 0; i < 3; i++) {
		g_assert_cmpuint(p[i].called, ==, 0);
		limen_timer_stop(&p[i].timer);
	}
	g_assert_cmpint(limen_wheel_next(w), ==, INT64_MAX);
	limen_wheel_free(w);
}

static void test_move_and_stop(void)
{
	struct limen_wheel *w = wheel_new(START_US), *v = wheel_new(START_US);
	struct probe p;

	set(w, &p, START_US + 5 * MS);
	limen_wheel_set(w, &p.timer, START_US + 50 * MS);
	g_assert_cmpuint(limen_wheel_advance(w, START_US + 40 * MS), ==, 0);
	limen_wheel_set(w, &p.timer, START_US + 45 * MS);
	limen_wheel_set(v, &p.timer, START_US + 46 * MS);
	g_assert_cmpint(limen_wheel_next(w), ==, INT64_MAX);
	g_assert_cmpuint(limen_wheel_advance(w, START_US + 99 * MS), ==, 0);
	limen_timer_stop(&p.timer);
	limen_timer_stop(&p.timer);
	g_assert_cmpint(limen_wheel_next(v), ==, INT64_MAX);
	g_assert_cmpuint(limen_wheel_advance(v, START_US + 99 * MS), ==, 0);
	g_assert_cmpuint(p.called, ==, 0);
	limen_wheel_free(w);
	limen_wheel_free(v);
}

static void test_free(void)
{
	struct limen_wheel *w = wheel_new(START_US);
	struct probe p[2];

	set(w, &p[0], START_US + 5 * MS);
	set(w, &p[1], START_US + 2 * SPAN_MS * MS);
	limen_wheel_free(w);
	for (int i = 0; i < 2; i++) {
		g_assert_false(limen_timer_active(&p[i].timer));
		g_assert_cmpuint(p[i].called, ==, 0);
	}
	limen_wheel_free(NULL);
}

static void stop_other(struct limen_timer *t, void *arg)
{
	struct probe *p = arg;

	note(t, arg);
	limen_timer_stop(&p->other->timer);
}

static void start_other(struct limen_timer *t, void *arg)
{
	struct probe *p = arg;

	note(t, arg);
	limen_wheel_set(p->wheel, &p->other->timer, p->again_us);
}

static void start_again(struct limen_timer *t, void *arg)
{
	struct probe *p = arg;

	note(t, arg);
	limen_wheel_set(p->wheel, t, p->again_us);
}

/* Two timers are due in one advance; the first stops the second. */
static void test_stop_in_callback(void)
{
	struct limen_wheel *w = wheel_new(START_US);
	struct probe p[3];

	for (int i = 0; i < 3; i++)
		set(w, &p[i], START_US + (i + 1) * MS);
	p[0].timer.fn = stop_other;
	p[0].other = &p[1];
	g_assert_cmpuint(limen_wheel_advance(w, START_US + 10 * MS), ==, 2);
	g_assert_cmpuint(p[1].called, ==, 0);
	g_assert_cmpuint(p[2].called, ==, 1);
	/* Its own, which has been stopped by then, and one that is not due. */
	set(w, &p[0], START_US + 20 * MS);
	set(w, &p[1], START_US + 90 * MS);
	p[0].timer.fn = stop_other;
	p[0].other = &p[0];
	g_assert_cmpuint(limen_wheel_advance(w, START_US + 30 * MS), ==, 1);
	set(w, &p[0], START_US + 40 * MS);
	p[0].timer.fn = stop_other;
	p[0].other = &p[1];
	g_assert_cmpuint(limen_wheel_advance(w, START_US + 99 * MS), ==, 1);
	g_assert_cmpint(limen_wheel_next(w), ==, INT64_MAX);
	limen_wheel_free(w);
}

/* What a callback sets waits for the next advance, even when it lies in the past. */
static void test_set_in_callback(void)
{
	struct limen_wheel *w = wheel_new(START_US);
	struct probe p[2];

	set(w, &p[0], START_US + MS);
	p[0].timer.fn = start_again;
	p[0].again_us = START_US;
	for (int i = 1; i <= 5; i++) {
		g_assert_cmpuint(limen_wheel_advance(w, START_US + i * 10 * MS), ==, 1);
		g_assert_cmpint(limen_wheel_next(w), <=, START_US + (i * 10 + 1) * MS);
	}
	limen_timer_stop(&p[0].timer);
	/* A due one is moved away before its turn. */
	set(w, &p[0], START_US + 60 * MS);
	set(w, &p[1], START_US + 61 * MS);
	p[0].timer.fn = start_other;
	p[0].other = &p[1];
	p[0].again_us = START_US + 80 * MS;
	g_assert_cmpuint(limen_wheel_advance(w, START_US + 70 * MS), ==, 1);
	g_assert_cmpuint(p[1].called, ==, 0);
	g_assert_cmpuint(limen_wheel_advance(w, START_US + 81 * MS), ==, 1);
	g_assert_cmpuint(p[1].called, ==, 1);
	limen_wheel_free(w);
}

#define MANY 100000

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A crowd that is due at the same time costs no more than its number: a wheel that walks along
 * the crowd for each one needs minutes for this. */
static void test_crowd(void)
{
	struct limen_wheel *w = wheel_new(START_US);
	g_autofree struct probe *p = g_new(struct probe, MANY);
	const double begun = cpu_seconds();

	for (int i = 0; i < MANY; i++)
		set(w, &p[i], START_US + 1000 * MS);
	g_assert_cmpuint(limen_wheel_advance(w, START_US + 1001 * MS), ==, MANY);
	for (int i = 0; i < MANY; i++)
		g_assert_cmpuint(p[i].place, ==, (unsigned)i + 1);
	g_assert_cmpfloat(cpu_seconds() - begun, <, 3.0);
	limen_wheel_free(w);
}

#define TIMERS 64

/* The slow way: when is each timer to be called, in ticks; 0 = it is stopped. */
struct model {
	struct probe p[TIMERS];
	int64_t tick[TIMERS];
	int64_t now_tick;
};

static int64_t soonest(const struct model *m)
{
	int64_t found = INT64_MAX;

	for (int i = 0; i < TIMERS; i++)
		if (m->tick[i])
			found = MIN(found, m->tick[i]);
	return found;
}

static void change(struct model *m, struct limen_wheel *w, int64_t now_us)
{
	static const int ranges_ms[] = { 3, 50, 2000, 5000, 40000 };
	const int i = g_test_rand_int_range(0, TIMERS);
	const int range_ms = ranges_ms[g_test_rand_int_range(0, G_N_ELEMENTS(ranges_ms))];
	const int64_t at_us = now_us + g_test_rand_int_range(-2000, range_ms * 1000);

	if (g_test_rand_int_range(0, 4) == 0) {
		limen_timer_stop(&m->p[i].timer);
		m->tick[i] = 0;
		return;
	}
	limen_wheel_set(w, &m->p[i].timer, at_us);
	m->tick[i] = MAX((at_us + MS - 1) / MS, m->now_tick + 1);
}

static void advance(struct model *m, struct limen_wheel *w, int64_t now_us)
{
	size_t due = 0;

	m->now_tick = MAX(m->now_tick, now_us / MS);
	for (int i = 0; i < TIMERS; i++)
		due += m->tick[i] && m->tick[i] <= m->now_tick;
	g_assert_cmpuint(limen_wheel_advance(w, now_us), ==, due);
	for (int i = 0; i < TIMERS; i++) {
		const bool now = m->tick[i] && m->tick[i] <= m->now_tick;

		g_assert_cmpuint(m->p[i].called, ==, now);
		m->p[i].called = 0;
		if (now)
			m->tick[i] = 0;
		g_assert_cmpint(limen_timer_active(&m->p[i].timer), ==, m->tick[i] != 0);
	}
}

static void test_model(void)
{
	static const int steps_us[] = { 300, 1000, 20000, 900000, 5000000 };
	struct limen_wheel *w = wheel_new(START_US);
	g_autofree struct model *m = g_new0(struct model, 1);
	int64_t now_us = START_US;

	m->now_tick = now_us / MS;
	for (int i = 0; i < TIMERS; i++)
		limen_timer_init(&m->p[i].timer, note, &m->p[i]);
	for (int round = 0; round < 20000; round++) {
		const int step = g_test_rand_int_range(0, G_N_ELEMENTS(steps_us));
		int64_t next_us;

		change(m, w, now_us);
		next_us = limen_wheel_next(w);
		if (soonest(m) == INT64_MAX) {
			g_assert_cmpint(next_us, ==, INT64_MAX);
		} else {
			g_assert_cmpint(next_us, <=, soonest(m) * MS);
			g_assert_cmpint(next_us, >, m->now_tick * MS);
		}
		if (round % 3 == 0)
			now_us += g_test_rand_int_range(0, steps_us[step]);
		advance(m, w, now_us);
	}
	limen_wheel_free(w);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/timer/never-early", test_never_early);
	g_test_add_func("/timer/past", test_past);
	g_test_add_func("/timer/wrap", test_wrap);
	g_test_add_func("/timer/border", test_border);
	g_test_add_func("/timer/long-sleep", test_long_sleep);
	g_test_add_func("/timer/far-future", test_far_future);
	g_test_add_func("/timer/move-and-stop", test_move_and_stop);
	g_test_add_func("/timer/free", test_free);
	g_test_add_func("/timer/stop-in-callback", test_stop_in_callback);
	g_test_add_func("/timer/set-in-callback", test_set_in_callback);
	g_test_add_func("/timer/crowd", test_crowd);
	g_test_add_func("/timer/model", test_model);
	return g_test_run();
}
