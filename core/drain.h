/*
 * Waiting until the last PeerConnection has gone. Main thread.
 */
#ifndef LIMEN_DRAIN_H
#define LIMEN_DRAIN_H

#include "core/session/core.h"

struct limen_drain;

/* No new sessions from now on. Calls done(arg), once, from the main loop: when no PeerConnection is
 * up, or after so many seconds, which may be 0. */
struct limen_drain *limen_drain_new(
	struct limen_core *core, int seconds, void (*done)(void *arg), void *arg);
void limen_drain_free(struct limen_drain *d); /* NULL is fine */

#endif
