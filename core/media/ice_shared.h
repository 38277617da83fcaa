/*
 * One UDP port for all peers: its start and end, and what it counted. The objects behind the table
 * of functions limen_ice_shared (ice.h) may exist in between.
 */
#ifndef LIMEN_MEDIA_ICE_SHARED_H
#define LIMEN_MEDIA_ICE_SHARED_H

#include "core/media/ice.h"

/* RFC 7675 §5.1: without an authentic check for 30 s nothing is sent any more. */
#define LIMEN_ICE_CONSENT_US (30 * G_USEC_PER_SEC)
/* A client's first check comes within this after its description, or it has no way to us. */
#define LIMEN_ICE_FIRST_CHECK_US (10 * G_USEC_PER_SEC)
#define LIMEN_ICE_ROUTES_MAX 8u /* proven addresses kept per client */

/* What became of datagrams; all but the first two were dropped. */
enum limen_ice_count {
	LIMEN_ICE_COUNT_CHECKS,    /* authentic checks */
	LIMEN_ICE_COUNT_PASSED,    /* passed on to another loop */
	LIMEN_ICE_COUNT_JUNK,      /* from an unknown address, not a check */
	LIMEN_ICE_COUNT_NOBODY,    /* checks for a user fragment that nobody has */
	LIMEN_ICE_COUNT_FORGED,    /* checks with a wrong password */
	LIMEN_ICE_COUNT_MALFORMED, /* STUN that breaks its rules */
	LIMEN_ICE_COUNT_OVERFLOW,  /* not passed on: too much waits at the other loop */
	LIMEN_ICE_COUNTS           /* count */
};

/* Opens cfg->port on every loop; cfg borrowed for the call. Main thread. LIMEN_EEXIST, LIMEN_EIO
 * with *reason new. */
int limen_ice_shared_start(struct limen_loop *const *loops, unsigned count,
	const struct limen_ice_config *cfg, char **reason);
/* Before the first loop ends: loops stop talking to each other. Main thread; not started is fine.
 */
void limen_ice_shared_quiet(void);
/* After the last loop has ended. Main thread; not started is fine. */
void limen_ice_shared_stop(void);
/* Any thread */
void limen_ice_shared_counts(uint64_t out[LIMEN_ICE_COUNTS]);

#endif
