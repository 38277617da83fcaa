/*
 * What the gateway's process holds when nobody is there. Thread: the main loop.
 */
#ifndef SOAK_LEVELS_H
#define SOAK_LEVELS_H

#include "tests/soak/soak.h"

/* The least level of the second half of the rounds may be above that of the first by so much, and
 * by a slack: pages that hold a few bytes which live on. Of fewer rounds nothing can be said. */
#define SOAK_GROWTH_PERCENT 5
#define SOAK_LEVELS_MIN 6u

struct soak_level {
	int64_t memory_kb;
	unsigned files, threads;
};

struct soak_level soak_level_read(struct soak *s);
/* An empty gateway has nothing to do. */
void soak_level_check_idle(struct soak *s);
/* As many sessions can be made as the limit allows: none is stuck. */
void soak_level_check_sessions(struct soak *s, guint max);
/* Files and threads are the same each time, memory does not grow. The least of both halves. */
void soak_levels_check(
	const GArray *levels, int64_t slack_kb, int64_t *first_kb, int64_t *second_kb);

#endif
