/*
 * A periodic timer of a loop that any thread may start and end. It keeps its beat: a late call does
 * not shift those after it; calls that were missed are left out. Thread: any; fn and done come on
 * the loop.
 */
#ifndef LIMEN_BASE_TICK_H
#define LIMEN_BASE_TICK_H

#include "core/base/loop.h"

struct limen_tick;

/* Runs fn(arg) every period_ms (at least 1), for the first time after one. */
struct limen_tick *limen_tick_new(
	struct limen_loop *loop, unsigned period_ms, limen_task_fn fn, void *arg);
/* Then done(arg), if not NULL, after which nothing comes. NULL is fine. */
void limen_tick_free(struct limen_tick *t, limen_task_fn done);

#endif
