/*
 * What event handlers are told (spec events §1, §2): who wants to know, and the doors of sessions
 * and handles. Nothing is built when nobody wants it. Thread: any.
 */
#ifndef LIMEN_SESSION_EVENTS_H
#define LIMEN_SESSION_EVENTS_H

#include "core/session/handle.h"

/* subtypes */
enum {
	LIMEN_EVENT_ICE = 1,
	LIMEN_EVENT_LOCAL_CANDIDATE,
	LIMEN_EVENT_REMOTE_CANDIDATE,
	LIMEN_EVENT_PAIR,
	LIMEN_EVENT_DTLS,
	LIMEN_EVENT_CONNECTION
};
enum { LIMEN_EVENT_RECEIVING = 1, LIMEN_EVENT_SLOW, LIMEN_EVENT_STATS };
enum { LIMEN_EVENT_STATUS = 1, LIMEN_EVENT_SHUTDOWN };

/* Handles' opaque ids are known from here to there, for events that name a handle by its numbers.
 */
void limen_events_know(const struct limen_core_handle *h);
void limen_events_forget(const struct limen_core_handle *h);
/* New, or NULL */
char *limen_events_opaque_id(uint64_t session, uint64_t handle);

/* Does any handler want events of this type now? */
bool limen_events_wanted(const struct limen_core *core, unsigned type);
/* Takes body. */
void limen_events_emit(struct limen_core *core, const struct limen_event_head *head, json_t *body);

void limen_events_session_created(struct limen_core *core, uint64_t session,
	const struct limen_transport *transport, uint64_t client);
/* name: "destroyed" or "timeout" */
void limen_events_session_ended(struct limen_core *core, uint64_t session, const char *name);

/* Of a handle, with its ids. Takes body. */
void limen_events_handle(
	struct limen_core_handle *h, unsigned type, unsigned subtype, json_t *body);
/* name: "attached" or "detached" */
void limen_events_handle_life(struct limen_core_handle *h, const char *name);
/* owner: "remote" or "local"; type: "offer" or "answer" */
void limen_events_jsep(
	struct limen_core_handle *h, const char *owner, const char *type, const char *sdp);

/* "update" for all handlers, each 15 seconds; "started" and "shutdown" */
void limen_events_core_started(struct limen_core *core);
void limen_events_core_update(struct limen_core *core);
void limen_events_core_shutdown(struct limen_core *core, int signum);

#endif
