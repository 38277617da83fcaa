/*
 * Work that blocks (names to resolve, files, HTTP) on a few threads of a plugin's own, so that no
 * loop waits for it. A job is one argument that passes from hand to hand: work() on a thread of the
 * pool, then done() on a loop, or drop() instead where nobody waits for it any more. Any thread may
 * give a job.
 */
#ifndef LIMEN_KIT_JOBS_H
#define LIMEN_KIT_JOBS_H

#include <limen/plugin.h>

struct limen_jobs;

struct limen_job {
	void (*work)(void *arg); /* may block; a thread of the pool */
	void (*done)(void *arg); /* takes arg; on the loop */
	/* Takes arg, instead of done: the handle has ended (on its loop), or the plugin stops (in
	 * limen_jobs_free(), or on the loop a little later, also after work). NULL = there is
	 * nothing to free */
	void (*drop)(void *arg);
};

/* waiting_max: jobs that are given and do not run yet. Threads begin with the work; should none, no
 * job is taken. */
struct limen_jobs *limen_jobs_new(unsigned threads, unsigned waiting_max);
/* Waits for what runs, drops it and all that waits; no done() runs any more when it returns. For
 * stop(). NULL is fine. */
void limen_jobs_free(struct limen_jobs *j);

/* done() runs on this loop. LIMEN_ELIMIT: too much waits, arg is still the caller's. job: static */
int limen_jobs_run(
	struct limen_jobs *j, struct limen_loop *loop, const struct limen_job *job, void *arg);
/* The same for a request that was deferred: done() runs on the loop of its handle, wherever that is
 * by then; done() and drop() complete it. */
int limen_jobs_run_request(struct limen_jobs *j, struct limen_request *deferred,
	const struct limen_job *job, void *arg);

#endif
