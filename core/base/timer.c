/*
 * A hashed timer wheel of one-millisecond slots. A timer sits in the slot of its due time modulo
 * the wheel's span; advancing visits the slots that time has passed and fires what is due there,
 * leaving later rounds in place. A wheel with levels was not needed: most timers (NACK, DTLS,
 * one-second ticks) are shorter than the span. Pure; thread: the owner's.
 */
#include "core/base/timer.h"
#include <glib.h>

#define SLOTS 4096
#define TICK_US 1000

/* In the order in which they are due, those of the same time in the order of setting. */
struct limen_timer_list {
	struct limen_timer *first, *last;
};

struct limen_wheel {
	struct limen_timer_list slots[SLOTS];
	int64_t tick; /* the last tick that was handled */
	size_t count;
	int64_t soonest; /* no timer is due before this tick; a hint */
};

static int64_t tick_of(int64_t us)
{
	return us / TICK_US + (us % TICK_US > 0); /* rounded up: never early */
}

int limen_wheel_new(struct limen_wheel **out, int64_t now_us)
{
	struct limen_wheel *w = g_new0(struct limen_wheel, 1);

	w->tick = now_us / TICK_US;
	w->soonest = INT64_MAX;
	*out = w;
	return 0;
}

void limen_wheel_free(struct limen_wheel *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		while (w->slots[i].first)
			limen_timer_stop(w->slots[i].first);
	g_free(w);
}

void limen_timer_init(
	struct limen_timer *t, void (*fn)(struct limen_timer *t, void *arg), void *arg)
{
	*t = (struct limen_timer){ .fn = fn, .arg = arg };
}

/* Looks for the place from the end: what is set last is nearly always due last. */
static void link_in(struct limen_timer_list *list, struct limen_timer *t)
{
	struct limen_timer *before = list->last;

	while (before && before->at_us > t->at_us)
		before = before->prev;
	t->list = list;
	t->prev = before;
	t->next = before ? before->next : list->first;
	*(t->prev ? &t->prev->next : &list->first) = t;
	*(t->next ? &t->next->prev : &list->last) = t;
}

static void link_out(struct limen_timer *t)
{
	*(t->prev ? &t->prev->next : &t->list->first) = t->next;
	*(t->next ? &t->next->prev : &t->list->last) = t->prev;
	t->next = t->prev = NULL;
	t->list = NULL;
}

void limen_wheel_set(struct limen_wheel *w, struct limen_timer *t, int64_t at_us)
{
	int64_t tick = tick_of(at_us);

	limen_timer_stop(t);
	if (tick <= w->tick)
		tick = w->tick + 1;
	t->at_us = MAX(at_us, 0);
	t->wheel = w;
	link_in(&w->slots[tick % SLOTS], t);
	w->count++;
	w->soonest = MIN(w->soonest, tick);
}

void limen_timer_stop(struct limen_timer *t)
{
	if (!t->wheel)
		return;
	link_out(t);
	t->wheel->count--;
	t->wheel = NULL;
}

/* Moves what is due in a slot to the list of what is to be called. Due by whole ticks: a jump of
 * more than the span visits the slot of the next tick too. */
static void collect(struct limen_timer_list *slot, int64_t until_us, struct limen_timer_list *due)
{
	struct limen_timer *next;

	for (struct limen_timer *t = slot->first; t && t->at_us <= until_us; t = next) {
		next = t->next;
		link_out(t);
		link_in(due, t);
	}
}

size_t limen_wheel_advance(struct limen_wheel *w, int64_t now_us)
{
	const int64_t tick = now_us / TICK_US, from = w->tick + 1;
	struct limen_timer_list due = { 0 };
	size_t called = 0;

	if (tick < from)
		return 0;
	for (int64_t i = MAX(from, tick - SLOTS + 1); i <= tick && w->count; i++)
		collect(&w->slots[i % SLOTS], tick * TICK_US, &due);
	w->tick = tick;
	if (w->soonest <= tick)
		w->soonest = tick + 1;
	while (due.first) {
		struct limen_timer *t = due.first;

		limen_timer_stop(t);
		called++;
		t->fn(t, t->arg);
	}
	return called;
}

int64_t limen_wheel_next(const struct limen_wheel *w)
{
	if (w->count == 0)
		return INT64_MAX;
	for (int64_t i = MAX(w->tick + 1, w->soonest); i <= w->tick + SLOTS; i++)
		if (w->slots[i % SLOTS].first)
			return i * TICK_US;
	return (w->tick + SLOTS) * TICK_US;
}
