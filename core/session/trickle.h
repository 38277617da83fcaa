/*
 * The trickle verb (spec api-core §2.3): its forms, and candidates that come too early. Thread: the
 * handle's loop.
 */
#ifndef LIMEN_SESSION_TRICKLE_H
#define LIMEN_SESSION_TRICKLE_H

#include "core/session/handle.h"

/* Checks that there is exactly one of candidate and candidates. NULL, or an error reply (new). Any
 * thread. */
json_t *limen_trickle_check(uint64_t session, const char *transaction, const json_t *msg);
/* Takes the candidates of a checked request to the peer, or keeps them. NULL, or an error reply
 * (new). */
json_t *limen_trickle_apply(
	struct limen_core_handle *h, const char *transaction, const json_t *msg);
/* The descriptions are there now: hands over what was kept. */
void limen_trickle_release(struct limen_core_handle *h);
void limen_early_candidate_free(gpointer early);

#endif
