/*
 * The way of a request: envelope checks, authorisation, look-up, verb table (spec api-core §1.1
 * fixes the order in which errors win). Thread: the transport's for everything up to the verb;
 * handle verbs run on the handle's loop.
 */
#ifndef LIMEN_SESSION_REQUEST_H
#define LIMEN_SESSION_REQUEST_H

#include "core/session/handle.h"

/* One request on its way; owned by whoever runs it. */
struct limen_call {
	struct limen_core *core;
	const struct limen_transport *transport;
	uint64_t client, request;
	json_t *msg;                    /* owned */
	const char *verb, *transaction; /* borrowed from msg */
	uint64_t session_id, handle_id;
	int64_t began_us;
	struct limen_session *session;    /* a reference, NULL above session level */
	struct limen_core_handle *handle; /* a reference, NULL above handle level */
};

/* A request has arrived; takes msg. Any thread; requests of one handle keep their order. */
void limen_request_receive(struct limen_core *core, const struct limen_transport *transport,
	uint64_t client, uint64_t request, json_t *msg);
/* The same for the admin API (admin.c). */
void limen_admin_receive(struct limen_core *core, const struct limen_transport *transport,
	uint64_t client, uint64_t request, json_t *msg);
/* Takes no request any more, ends all sessions, and lets run what waits for handles: when it
 * returns, nobody calls a transport's send() or session(). Main thread; loops must run. */
void limen_requests_close(struct limen_core *core);

/* For admin.c: a call with its envelope checked, or NULL when an error was answered; takes msg. */
struct limen_call *limen_call_new(struct limen_core *core, const struct limen_transport *transport,
	uint64_t client, uint64_t request, json_t *msg);
/* Is a member given at all? A null counts as not given. */
bool limen_call_given(const struct limen_call *c, const char *name);
/* Runs fn(c), which takes the call, on the loop of c->handle. */
void limen_call_run_at_handle(struct limen_call *c, void (*fn)(struct limen_call *c));
void limen_call_free(struct limen_call *c);
/* Answers a call; takes msg. */
void limen_call_answer(const struct limen_call *c, json_t *msg);
/* Answers with an error that carries the call's session and transaction. */
void limen_call_fail(const struct limen_call *c, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A verb: fn takes the call. */
enum limen_level { LIMEN_LEVEL_NONE = 1, LIMEN_LEVEL_SESSION = 2, LIMEN_LEVEL_HANDLE = 4 };
struct limen_verb {
	const char *name;
	unsigned levels; /* LIMEN_LEVEL_... bits where it is right; elsewhere 457 */
	void (*fn)(struct limen_call *c);
};
extern const struct limen_verb limen_verbs_session[]; /* verbs_session.c; ends with name NULL */
extern const struct limen_verb limen_verbs_handle[];  /* verbs_handle.c; run on the handle's loop */

/* The server_info object (info.c); new. */
json_t *limen_server_info(const struct limen_core *core, const char *transaction);

/* The message verb (message.c). Takes the call. Own loop. */
void limen_message_run(struct limen_call *c);

#endif
