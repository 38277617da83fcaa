/*
 * The loop on which something lives, which may change once in its life. Whatever is posted to a
 * home runs there in the order of posting, also across the move: tasks that the old loop still had
 * are passed on first, those posted meanwhile are held until then. Embedded in its owner, whom
 * every posted argument must keep alive. Thread: any, unless a line says otherwise.
 */
#ifndef LIMEN_BASE_HOME_H
#define LIMEN_BASE_HOME_H

#include "core/base/loop.h"

struct limen_home {
	GMutex lock;
	struct limen_loop *loop; /* atomic: written under the lock, on the old loop */
	GQueue *held;            /* struct home_task *: NULL when not moving */
};

void limen_home_init(struct limen_home *home, struct limen_loop *loop);
/* Nothing is posted any more. */
void limen_home_clear(struct limen_home *home);

/* Where it lives. Only there the answer stays true. */
struct limen_loop *limen_home_loop(const struct limen_home *home);
/* Is this thread's loop its home? */
bool limen_home_here(const struct limen_home *home);

/* The caller keeps the home alive until this returns; the task may have run by then. Any thread */
void limen_home_post(struct limen_home *home, limen_task_fn fn, void *arg);
/* Moves to another loop: arrive(arg) runs there before all else, settled(arg) when nothing is held
 * any more; the owner must live till then. From the call on nothing of the owner may be touched
 * here. Once, on its loop. */
void limen_home_move(struct limen_home *home, struct limen_loop *to, limen_task_fn arrive,
	limen_task_fn settled, void *arg);

#endif
