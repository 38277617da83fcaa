/*
 * A loop: a thread with a GMainContext, a task queue with one eventfd, and one timer wheel. A peer
 * and its handle belong to one loop. Crossing loops is limen_loop_post(), nothing else. The queue
 * is signalled once while tasks wait, not once a task. A watchdog logs any task, timer or source
 * that kept a loop for more than 5 ms (measured round the dispatch), at most one a second.
 */
#ifndef LIMEN_BASE_LOOP_H
#define LIMEN_BASE_LOOP_H

#include <glib.h>
#include "core/base/counts.h"
#include "core/base/timer.h"

struct limen_loop;

typedef void (*limen_task_fn)(void *arg);

/* Work that waits for the end of the loop's present round, so that what belongs together is done
 * together: first all of the first stage, then all of the second. Embedded in its owner; zeroed
 * but for fn and arg = not waiting. */
enum limen_stage { LIMEN_STAGE_FANOUT, LIMEN_STAGE_EGRESS, LIMEN_STAGES };
struct limen_deferred {
	struct limen_deferred *next, **link; /* private */
	limen_task_fn fn;
	void *arg;
};

/* Starts the thread. LIMEN_EIO if it cannot. index: its number, for names and logs. Any thread */
int limen_loop_new(struct limen_loop **out, unsigned index);
/* A loop without a thread, which the calling thread drives by limen_loop_step(). For simulations.
 */
int limen_loop_new_manual(struct limen_loop **out, unsigned index);
/* Runs waiting tasks, due timers and ready sources of a manual loop once, without blocking. Returns
 * whether anything was done. */
bool limen_loop_step(struct limen_loop *l);
/* Runs what is queued, stops the thread and joins it: what is posted from then on waits. Not from
 * the loop itself. Stopped already is fine. */
void limen_loop_stop(struct limen_loop *l);
/* Runs what waits on a stopped loop, as if on its thread. Returns whether anything did. */
bool limen_loop_drain(struct limen_loop *l);
/* Stops it, runs what still waits. Not from the loop itself. NULL is fine. */
void limen_loop_free(struct limen_loop *l);

/* Runs fn(arg) on the loop, in the order of posting per posting thread. Any thread. Tasks still
 * queued at free are run. */
void limen_loop_post(struct limen_loop *l, limen_task_fn fn, void *arg);
/* The same and waits until it has run; at once when called on the loop itself. For start and stop,
 * never on a media path. */
void limen_loop_call(struct limen_loop *l, limen_task_fn fn, void *arg);

/* Aborts unless called on the loop's thread (of a manual loop: always passes). */
void limen_loop_assert(const struct limen_loop *l);
/* The loop whose thread this is (of manual loops: the last one made or stepped), or NULL. */
struct limen_loop *limen_loop_current(void);
GMainContext *limen_loop_context(struct limen_loop *l);
unsigned limen_loop_index(const struct limen_loop *l);

/* Runs d->fn(d->arg) once before the loop sleeps next, in no order within a stage. Waiting already
 * is fine. Own loop. */
void limen_loop_defer(struct limen_loop *l, enum limen_stage stage, struct limen_deferred *d);
/* Not waiting is fine. Own loop. */
void limen_deferred_cancel(struct limen_deferred *d);
static inline bool limen_deferred_waits(const struct limen_deferred *d)
{
	return d->link != NULL;
}

/* How busy the loop was lately, in parts of 1000. Any thread */
unsigned limen_loop_load(const struct limen_loop *l);
/* How long it worked between two polls, each time; how many tasks wait. Any thread */
void limen_loop_rounds(const struct limen_loop *l, struct limen_histogram *out);
unsigned limen_loop_depth(struct limen_loop *l);
/* Sets it, for tests: a manual loop measures none. */
void limen_loop_load_set(struct limen_loop *l, unsigned load);

/* Own loop. */
void limen_loop_timer_set(struct limen_loop *l, struct limen_timer *t, int64_t at_us);

#endif
