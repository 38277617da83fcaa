/*
 * Ticks. Thread: see tick.h.
 */
#include "core/base/tick.h"
#include "core/base/clock.h"

struct limen_tick {
	struct limen_loop *loop;
	int64_t period_us;
	limen_task_fn fn, done;
	void *arg;
	gint gone; /* atomic */
	struct limen_timer timer;
};

static void on_timer(struct limen_timer *timer, void *arg)
{
	struct limen_tick *t = arg;
	const int64_t now_us = limen_now_us(), missed = (now_us - timer->at_us) / t->period_us;

	if (g_atomic_int_get(&t->gone))
		return;
	limen_loop_timer_set(t->loop, timer, timer->at_us + (missed + 1) * t->period_us);
	t->fn(t->arg);
}

static void begin(void *arg)
{
	struct limen_tick *t = arg;

	limen_loop_timer_set(t->loop, &t->timer, limen_now_us() + t->period_us);
}

struct limen_tick *limen_tick_new(
	struct limen_loop *loop, unsigned period_ms, limen_task_fn fn, void *arg)
{
	struct limen_tick *t = g_new0(struct limen_tick, 1);

	t->loop = loop;
	t->period_us = MAX(period_ms, 1) * INT64_C(1000);
	t->fn = fn;
	t->arg = arg;
	limen_timer_init(&t->timer, on_timer, t);
	limen_loop_post(loop, begin, t);
	return t;
}

static void end(void *arg)
{
	struct limen_tick *t = arg;

	limen_timer_stop(&t->timer);
	if (t->done)
		t->done(t->arg);
	g_free(t);
}

void limen_tick_free(struct limen_tick *t, limen_task_fn done)
{
	if (!t)
		return;
	t->done = done;
	g_atomic_int_set(&t->gone, 1);
	limen_loop_post(t->loop, end, t);
}
