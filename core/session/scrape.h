/*
 * A scrape: every loop is visited once, by tasks that look at a slice of its handles each, so that
 * no packet waits for them; the last visit answers. What it gathers is printed by metrics.c.
 * Thread: see each function.
 */
#ifndef LIMEN_SESSION_SCRAPE_H
#define LIMEN_SESSION_SCRAPE_H

#include "core/media/stats.h"
#include "core/session/core.h"

#define LIMEN_SCRAPE_SLICE 256u /* handles that a task looks at */

/* What is known of a meeting, or of all. */
struct limen_scrape_meeting {
	char *id;                     /* owned; NULL: of all */
	unsigned participants, heard; /* handles that have media flowing */
	double loss, mos;             /* sums over those heard: part lost 0..1, score */
};

/* What was gathered. */
struct limen_scrape {
	struct limen_core *core;
	unsigned *handles; /* by plugin, as in core->plugins */
	unsigned peers[LIMEN_STATS_STATES];
	struct limen_scrape_meeting all;
	GHashTable *meetings;       /* id -> struct limen_scrape_meeting * */
	double jitter_ms, rtt_ms;   /* sums over those heard */
	unsigned timed;             /* of those heard, with a round trip time */
	uint64_t bits_in, bits_out; /* per second */
};

/* Adds the numbers of from to those of to. */
void limen_scrape_meeting_add(
	struct limen_scrape_meeting *to, const struct limen_scrape_meeting *from);

typedef void (*limen_scrape_fn)(const struct limen_scrape *s, void *arg);

/* Calls fn(s, arg) when all loops have been visited, on the last one. False: the gateway is
 * closing, it is not called. Any thread */
bool limen_scrape_start(struct limen_core *core, limen_scrape_fn fn, void *arg);

#endif
