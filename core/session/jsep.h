/*
 * The jsep member of a message: checked, parsed, and made fit for a plugin. Thread: the handle's
 * loop.
 */
#ifndef LIMEN_SESSION_JSEP_H
#define LIMEN_SESSION_JSEP_H

#include "core/session/handle.h"

/* What came with a message. */
struct limen_jsep_in {
	struct limen_jsep shown; /* for the plugin; owns its sdp */
	struct limen_sdp *full;  /* with transport parts; owned */
	bool trickles;
};

/* Reads and checks. 0, or the API error code with *reason new. Nothing of the handle is changed but
 * its memory of e2ee. */
int limen_jsep_read(
	struct limen_core_handle *h, const json_t *jsep, struct limen_jsep_in *out, char **reason);
void limen_jsep_clear(struct limen_jsep_in *in);

#endif
