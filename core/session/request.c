/*
 * From a JSON value to a verb. The order of the checks is part of the protocol: it decides which
 * error a client sees. Thread: the transport's; handle verbs are posted to the handle's loop, which
 * keeps the order of one handle's requests.
 */
#include "core/session/request.h"
#include <string.h>
#include <strings.h>
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/session/auth.h"
#include "core/session/reply.h"
#include "core/session/verb_times.h"

/* Loops that a task passes at most on the way to its handle, should that be moving. */
#define STEPS_MAX 4

static const struct limen_field envelope[] = {
	{ "transaction", LIMEN_F_STRING, true },
	{ "janus", LIMEN_F_STRING, true },
	{ "id", LIMEN_F_UINT, false },
	LIMEN_FIELDS_END,
};

void limen_call_free(struct limen_call *c)
{
	if (!c)
		return;
	limen_handle_unref(c->handle);
	limen_session_unref(c->session);
	json_decref(c->msg);
	g_free(c);
}

void limen_call_answer(const struct limen_call *c, json_t *msg)
{
	const char *kind = limen_json_string(msg, "janus", "");

	limen_verb_times_note(c->verb, strcmp(kind, "error") == 0, limen_now_us() - c->began_us);
	/* what a plugin deferred may be completed when the transport has gone */
	if (g_atomic_int_get(&c->core->closed))
		json_decref(msg);
	else
		c->transport->send(c->client, c->request, c->session_id, msg);
}

void limen_call_fail(const struct limen_call *c, int code, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	limen_call_answer(c, limen_reply_error(c->session_id, c->transaction, code, "%s", text));
}

static uint64_t read_id(const json_t *msg, const char *name)
{
	const json_t *id = json_object_get(msg, name);

	return json_is_integer(id) && json_integer_value(id) > 0 ? (uint64_t)json_integer_value(id)
								 : 0;
}

/* Fills verb, transaction and ids; false: an error was answered, without the transaction, which is
 * not trusted yet. */
static bool check_envelope(struct limen_call *c)
{
	g_autofree char *reason = NULL;
	enum limen_field_fault fault;

	c->session_id = read_id(c->msg, "session_id");
	c->handle_id = read_id(c->msg, "handle_id");
	fault = limen_fields_check(c->msg, envelope, false, &reason);
	if (fault == LIMEN_FIELD_OK && json_is_null(json_object_get(c->msg, "id"))) {
		fault = LIMEN_FIELD_TYPE;
		reason = g_strdup("Invalid element type (id should be a positive integer)");
	}
	if (fault != LIMEN_FIELD_OK) {
		limen_call_fail(c,
			fault == LIMEN_FIELD_MISSING ? LIMEN_API_MISSING : LIMEN_API_INVALID_TYPE,
			"%s", reason);
		return false;
	}
	c->verb = json_string_value(json_object_get(c->msg, "janus"));
	c->transaction = json_string_value(json_object_get(c->msg, "transaction"));
	return true;
}

static const struct limen_verb *find_verb(const struct limen_verb *table, const char *name)
{
	for (; table->name; table++)
		if (strcasecmp(table->name, name) == 0)
			return table;
	return NULL;
}

bool limen_call_given(const struct limen_call *c, const char *name)
{
	const json_t *v = json_object_get(c->msg, name);

	return v && !json_is_null(v);
}

/* Requests without session and handle. Takes the call. */
static void run_top(struct limen_call *c)
{
	const struct limen_verb *v = find_verb(limen_verbs_session, c->verb);

	if (v && (v->levels & LIMEN_LEVEL_NONE)) {
		v->fn(c);
		return;
	}
	limen_call_fail(c, LIMEN_API_INVALID_PATH, "Unhandled request '%s' at this path", c->verb);
	limen_call_free(c);
}

/* Finds session and handle and checks the credentials; false: an error was answered. */
static bool look_up(struct limen_call *c, bool has_handle)
{
	const char *secret = limen_json_string(c->msg, "apisecret", NULL),
		   *token = limen_json_string(c->msg, "token", NULL);

	if (!c->session_id) {
		limen_call_fail(c, LIMEN_API_NO_SESSION, "Session not found");
		return false;
	}
	if (has_handle && !c->handle_id) {
		limen_call_fail(c, LIMEN_API_NO_HANDLE, "Handle not found");
		return false;
	}
	if (!limen_auth_check(&c->core->set, secret, token)) {
		limen_call_fail(c, LIMEN_API_UNAUTHORIZED,
			"Unauthorized request (wrong or missing secret/token)");
		return false;
	}
	if (!(c->session = limen_session_find(c->core->sessions, c->session_id))) {
		limen_call_fail(c, LIMEN_API_NO_SESSION, "No such session %" G_GUINT64_FORMAT,
			c->session_id);
		return false;
	}
	limen_session_touch(c->session);
	if (has_handle && !(c->handle = limen_session_handle(c->session, c->handle_id))) {
		limen_call_fail(c, LIMEN_API_NO_HANDLE,
			"No such handle %" G_GUINT64_FORMAT " in session %" G_GUINT64_FORMAT,
			c->handle_id, c->session_id);
		return false;
	}
	return true;
}

struct posted_verb {
	void (*fn)(struct limen_call *c);
	struct limen_call *call;
};

static void run_posted(struct limen_core_handle *h, void *arg)
{
	struct posted_verb *p = arg;

	(void)h;
	p->fn(p->call);
	g_free(p);
}

/* The handle was detached while the request waited. */
static void drop_posted(gpointer arg)
{
	struct posted_verb *p = arg;

	limen_call_fail(p->call, LIMEN_API_NO_HANDLE,
		"No such handle %" G_GUINT64_FORMAT " in session %" G_GUINT64_FORMAT,
		p->call->handle_id, p->call->session_id);
	limen_call_free(p->call);
	g_free(p);
}

void limen_call_run_at_handle(struct limen_call *c, void (*fn)(struct limen_call *c))
{
	struct posted_verb *p = g_new(struct posted_verb, 1);

	*p = (struct posted_verb){ fn, c };
	limen_handle_post(c->handle, run_posted, p, drop_posted);
}

/* Takes the call. */
static void run_verb(struct limen_call *c)
{
	const unsigned level = c->handle ? LIMEN_LEVEL_HANDLE : LIMEN_LEVEL_SESSION;
	const struct limen_verb *at_session = find_verb(limen_verbs_session, c->verb);
	const struct limen_verb *at_handle = find_verb(limen_verbs_handle, c->verb);

	if (at_session && (at_session->levels & level)) {
		at_session->fn(c);
		return;
	}
	if (at_handle && level == LIMEN_LEVEL_HANDLE) {
		limen_call_run_at_handle(c, at_handle->fn);
		return;
	}
	if (at_session || at_handle)
		limen_call_fail(
			c, LIMEN_API_INVALID_PATH, "Unhandled request '%s' at this path", c->verb);
	else
		limen_call_fail(c, LIMEN_API_UNKNOWN_REQUEST, "Unknown request '%s'", c->verb);
	limen_call_free(c);
}

struct limen_call *limen_call_new(struct limen_core *core, const struct limen_transport *transport,
	uint64_t client, uint64_t request, json_t *msg)
{
	struct limen_call *c = g_new0(struct limen_call, 1);

	c->core = core;
	c->transport = transport;
	c->client = client;
	c->request = request;
	c->msg = msg;
	c->began_us = limen_now_us();
	if (!check_envelope(c))
		g_clear_pointer(&c, limen_call_free);
	return c;
}

static void receive(struct limen_core *core, const struct limen_transport *transport,
	uint64_t client, uint64_t request, json_t *msg)
{
	struct limen_call *c = limen_call_new(core, transport, client, request, msg);
	bool has_handle;

	if (!c)
		return;
	has_handle = limen_call_given(c, "handle_id");
	if (!c->session_id && !has_handle)
		run_top(c);
	else if (look_up(c, has_handle))
		run_verb(c);
	else
		limen_call_free(c);
}

void limen_request_receive(struct limen_core *core, const struct limen_transport *transport,
	uint64_t client, uint64_t request, json_t *msg)
{
	g_atomic_int_inc(&core->receiving);
	if (g_atomic_int_get(&core->closing))
		json_decref(msg);
	else
		receive(core, transport, client, request, msg);
	g_atomic_int_add(&core->receiving, -1);
}

static void nothing(void *arg)
{
	(void)arg;
}

/* Lets run what waits on the loops. */
static void pass_loops(struct limen_core *core)
{
	for (unsigned step = 0; step < STEPS_MAX; step++)
		for (unsigned i = 0; i < core->loop_count; i++)
			limen_loop_call(core->loops[i], nothing, NULL);
}

void limen_requests_close(struct limen_core *core)
{
	g_atomic_int_set(&core->closing, 1);
	while (g_atomic_int_get(&core->receiving))
		g_usleep(1000);
	limen_sessions_end_all(core->sessions);
	pass_loops(core);
	g_atomic_int_set(&core->closed, 1);
	pass_loops(core); /* whoever was just answering */
}
