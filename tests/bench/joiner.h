/*
 * Somebody who joins a room, is told who is there, and goes again: what is timed is from sending
 * "join" to the arrival of its answer. Thread: the main loop.
 */
#ifndef BENCH_JOINER_H
#define BENCH_JOINER_H

#include "tests/bench/room.h"

struct bench_joiner;

/* Joins as a participant (publisher), or as a subscriber to all feeds. times_ms: double; borrowed.
 */
struct bench_joiner *bench_joiner_new(
	struct bench_api *api, const struct bench_room *room, bool publisher, GArray *times_ms);
void bench_joiner_free(struct bench_joiner *j);
/* Attaches, joins and detaches; done when all has been answered. */
void bench_joiner_join(struct bench_joiner *j);
bool bench_joiner_is_done(const struct bench_joiner *j);

#endif
