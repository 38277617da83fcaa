/*
 * A timer wheel: many timers, one deadline. Setting, moving and stopping a timer cost O(1). Pure:
 * time comes in as an argument. Thread: the loop that owns the wheel; use limen_loop_timer_* of
 * loop.h in the core.
 */
#ifndef LIMEN_BASE_TIMER_H
#define LIMEN_BASE_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct limen_wheel;
struct limen_timer_list;

/* Embedded in its owner. */
struct limen_timer {
	struct limen_timer *next, *prev; /* private: place in its list */
	struct limen_timer_list *list;   /* private: a slot, or those about to be called */
	struct limen_wheel *wheel;       /* private: NULL when stopped */
	int64_t at_us;                   /* when it is due */
	void (*fn)(struct limen_timer *t, void *arg);
	void *arg;
};

int limen_wheel_new(struct limen_wheel **out, int64_t now_us);
/* Timers still in it are stopped, not called. NULL is fine. */
void limen_wheel_free(struct limen_wheel *w);

void limen_timer_init(
	struct limen_timer *t, void (*fn)(struct limen_timer *t, void *arg), void *arg);
/* Starts or moves it; one millisecond resolution; never called early; a time in the past: at the
 * next advance. */
void limen_wheel_set(struct limen_wheel *w, struct limen_timer *t, int64_t at_us);
/* A stopped timer is fine. */
void limen_timer_stop(struct limen_timer *t);
static inline bool limen_timer_active(const struct limen_timer *t)
{
	return t->wheel != NULL;
}

/* Calls what is due, oldest first; callbacks may set and stop any timer. Returns how many were
 * called. */
size_t limen_wheel_advance(struct limen_wheel *w, int64_t now_us);
/* When to advance next (perhaps early, never late), or INT64_MAX with no timer. */
int64_t limen_wheel_next(const struct limen_wheel *w);

#endif
