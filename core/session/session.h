/*
 * Sessions: who owns one, when it was last used, which handles it has. Thread: any; a session has
 * its lock, the table has its lock. Lock order: table, handle's queue, session.
 */
#ifndef LIMEN_SESSION_SESSION_H
#define LIMEN_SESSION_SESSION_H

#include "core/session/core.h"

struct limen_core_handle;
struct limen_session;

struct limen_sessions *limen_sessions_new(struct limen_core *core);
/* All sessions must have ended. NULL is fine. */
void limen_sessions_free(struct limen_sessions *t);

/* Creates one with this id (0 = random) for a client. One reference to *out. LIMEN_EEXIST,
 * LIMEN_ELIMIT. Tells the transport. */
int limen_session_create(struct limen_sessions *t, uint64_t id, const struct limen_transport *owner,
	uint64_t client, struct limen_session **out);
/* A reference, or NULL. */
struct limen_session *limen_session_find(struct limen_sessions *t, uint64_t id);
struct limen_session *limen_session_ref(struct limen_session *s);
void limen_session_unref(struct limen_session *s);

uint64_t limen_session_id(const struct limen_session *s);
/* Counts as activity. */
void limen_session_touch(struct limen_session *s);
/* What the admin API shows of one. */
struct limen_session_view {
	int64_t active_us;
	int timeout_s;         /* effective; 0 = never */
	const char *transport; /* package name; static */
};
void limen_session_look(struct limen_session *s, struct limen_session_view *out);
/* Its own timeout: seconds, 0 = never, -1 = the global one. */
void limen_session_set_timeout(struct limen_session *s, int timeout_s);
/* Ids of its handles; new array of integers. */
json_t *limen_session_list_handles(struct limen_session *s);
bool limen_session_owned_by(struct limen_session *s, const struct limen_transport *owner);

/* Sends an event to whoever owns the session now; dropped when it has ended. Takes msg. */
void limen_session_notify(struct limen_session *s, json_t *msg);
/* Another client takes it over. */
void limen_session_claim(
	struct limen_session *s, const struct limen_transport *owner, uint64_t client);

enum limen_session_end { LIMEN_END_DESTROYED, LIMEN_END_TIMEOUT, LIMEN_END_LOST };
/* Ends it: no further event but "timeout" where that is the reason; its handles are detached. Twice
 * is fine. */
void limen_session_end(struct limen_session *s, enum limen_session_end why);
void limen_sessions_end_all(struct limen_sessions *t);
size_t limen_sessions_count(struct limen_sessions *t);
/* Ids of all; new array of integers. */
json_t *limen_sessions_list(struct limen_sessions *t);
/* References to all; new. */
GPtrArray *limen_sessions_all(struct limen_sessions *t);
/* References to all of its handles; new. */
GPtrArray *limen_session_handles(struct limen_session *s);

/* LIMEN_ELIMIT, LIMEN_ESTATE (has ended). References h. */
int limen_session_add_handle(struct limen_session *s, struct limen_core_handle *h);
/* A reference, or NULL. */
struct limen_core_handle *limen_session_handle(struct limen_session *s, uint64_t id);
void limen_session_remove_handle(struct limen_session *s, uint64_t id);

/* A client's connection has gone (transports tell). */
void limen_sessions_client_gone(
	struct limen_sessions *t, const struct limen_transport *owner, uint64_t client);
/* Ends what has expired; called every two seconds. */
void limen_sessions_expire(struct limen_sessions *t);

#endif
