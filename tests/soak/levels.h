/*
 * What the gateway's process holds when nobody is there. Thread: the main loop.
 */
#ifndef SOAK_LEVELS_H
#define SOAK_LEVELS_H

#include "tests/soak/soak.h"

#define SOAK_GROWTH_PERCENT 3 /* that the second half may be above the first, beside the slack */

struct soak_level {
	int64_t memory_kb;
	unsigned files, threads;
};

struct soak_level soak_level_read(struct soak *s);
/* An empty gateway has nothing to do. */
void soak_level_check_idle(struct soak *s);
/* As many sessions can be made as the limit allows: none is stuck. */
void soak_level_check_sessions(struct soak *s, guint max);
/* Files and threads are the same each time, memory does not grow. The medians of both halves. */
void soak_levels_check(
	const GArray *levels, int64_t slack_kb, int64_t *first_kb, int64_t *second_kb);

#endif
