/*
 * The way of an admin request (spec api-admin §1): envelope, secret, session and handle, verb,
 * fields. Thread: the transport's; handle verbs run on the handle's loop.
 */
#include "core/session/admin.h"
#include <strings.h>
#include "core/base/json.h"
#include "core/session/auth.h"
#include "core/session/reply.h"

static const struct limen_admin_verb *find_in(
	const struct limen_admin_verb *table, const char *name, unsigned level)
{
	for (; table->name; table++)
		if (table->level == level && strcasecmp(table->name, name) == 0)
			return table;
	return NULL;
}

static const struct limen_admin_verb *find_verb(const char *name, unsigned level)
{
	static const struct limen_admin_verb *const tables[] = { limen_admin_verbs_server,
		limen_admin_verbs_settings, limen_admin_verbs_tokens, limen_admin_verbs_modules,
		limen_admin_verbs_session };

	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
		const struct limen_admin_verb *v = find_in(tables[i], name, level);

		if (v)
			return v;
	}
	return NULL;
}

/* info and ping need no secret. */
static bool is_open(const struct limen_call *c)
{
	return !c->session_id && !limen_call_given(c, "handle_id") &&
		(strcasecmp(c->verb, "info") == 0 || strcasecmp(c->verb, "ping") == 0);
}

static bool check_secret(const struct limen_call *c)
{
	if (is_open(c) ||
		limen_auth_equal(limen_json_string(c->msg, "admin_secret", NULL),
			limen_setting_text(&c->core->set.admin_secret)))
		return true;
	limen_call_fail(
		c, LIMEN_API_UNAUTHORIZED, "Unauthorized request (wrong or missing secret/token)");
	return false;
}

static bool find_handle(struct limen_call *c)
{
	if (!c->session_id || !c->handle_id) {
		limen_call_fail(c, LIMEN_API_NO_SESSION, "Session not found");
		return false;
	}
	if ((c->handle = limen_session_handle(c->session, c->handle_id)))
		return true;
	limen_call_fail(c, LIMEN_API_NO_HANDLE,
		"No such handle %" G_GUINT64_FORMAT " in session %" G_GUINT64_FORMAT, c->handle_id,
		c->session_id);
	return false;
}

/* Finds what the ids name; *level: where the request is. false: an error was answered. */
static bool look_up(struct limen_call *c, unsigned *level)
{
	const bool has_session = limen_call_given(c, "session_id"),
		   has_handle = limen_call_given(c, "handle_id");

	*level = has_handle   ? LIMEN_LEVEL_HANDLE
		: has_session ? LIMEN_LEVEL_SESSION
			      : LIMEN_LEVEL_NONE;
	if (*level == LIMEN_LEVEL_NONE)
		return true;
	if (!c->session_id ||
		!(c->session = limen_session_find(c->core->sessions, c->session_id))) {
		limen_call_fail(c, LIMEN_API_NO_SESSION, "No such session %" G_GUINT64_FORMAT,
			c->session_id);
		return false;
	}
	return !has_handle || find_handle(c);
}

static bool check_fields(const struct limen_call *c, const struct limen_admin_verb *v)
{
	g_autofree char *reason = NULL;
	const enum limen_field_fault fault =
		v->fields ? limen_fields_check(c->msg, v->fields, false, &reason) : LIMEN_FIELD_OK;

	if (fault == LIMEN_FIELD_OK)
		return true;
	limen_call_fail(c,
		fault == LIMEN_FIELD_MISSING ? LIMEN_API_MISSING : LIMEN_API_INVALID_TYPE, "%s",
		reason);
	return false;
}

/* Takes the call. */
static void run(struct limen_call *c, unsigned level)
{
	const struct limen_admin_verb *v = find_verb(c->verb, level);

	if (!v)
		limen_call_fail(
			c, LIMEN_API_INVALID_PATH, "Unhandled request '%s' at this path", c->verb);
	if (!v || !check_fields(c, v))
		limen_call_free(c);
	else if (level == LIMEN_LEVEL_HANDLE)
		limen_call_run_at_handle(c, v->fn);
	else
		v->fn(c);
}

void limen_admin_receive(struct limen_core *core, const struct limen_transport *transport,
	uint64_t client, uint64_t request, json_t *msg)
{
	struct limen_call *c;
	unsigned level;

	g_atomic_int_inc(&core->receiving);
	if (g_atomic_int_get(&core->closing))
		json_decref(msg);
	else if ((c = limen_call_new(core, transport, client, request, msg))) {
		if (check_secret(c) && look_up(c, &level))
			run(c, level);
		else
			limen_call_free(c);
	}
	g_atomic_int_add(&core->receiving, -1);
}

json_t *limen_admin_reply(const struct limen_call *c)
{
	return limen_reply("success", c->session_id, c->transaction);
}

void limen_admin_done(struct limen_call *c, json_t *reply)
{
	limen_call_answer(c, reply ? reply : limen_admin_reply(c));
	limen_call_free(c);
}

void limen_admin_refuse(struct limen_call *c, int code, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	limen_call_fail(c, code, "%s", text);
	limen_call_free(c);
}
