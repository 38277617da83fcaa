/*
 * Verbs that work on sessions (spec api-core §2.1): info, ping, create, claim, keepalive, destroy,
 * attach. Thread: the transport's.
 */
#include <strings.h>
#include "core/base/json.h"
#include "core/session/auth.h"
#include "core/session/events.h"
#include "core/session/reply.h"
#include "core/session/request.h"

static void verb_info(struct limen_call *c)
{
	limen_call_answer(c, limen_server_info(c->core, c->transaction));
	limen_call_free(c);
}

static void verb_ping(struct limen_call *c)
{
	limen_call_answer(c, limen_reply("pong", 0, c->transaction));
	limen_call_free(c);
}

static json_t *with_id(json_t *reply, uint64_t id)
{
	json_object_set_new(reply, "data", json_pack("{s:I}", "id", (json_int_t)id));
	return reply;
}

/* NULL, or why no session can be made. */
static const char *refusal(const struct limen_call *c, int *code)
{
	*code = LIMEN_API_NOT_ACCEPTING;
	if (!limen_setting(&c->core->set.accepting_sessions))
		return "Not accepting new sessions";
	*code = LIMEN_API_UNAUTHORIZED;
	if (!limen_auth_check(&c->core->set, limen_json_string(c->msg, "apisecret", NULL),
		    limen_json_string(c->msg, "token", NULL)))
		return "Unauthorized request (wrong or missing secret/token)";
	return NULL;
}

static void verb_create(struct limen_call *c)
{
	const uint64_t wanted = (uint64_t)limen_json_int(c->msg, "id", 0);
	int code, err;
	const char *no = refusal(c, &code);

	if (no) {
		limen_call_fail(c, code, "%s", no);
	} else if ((err = limen_session_create(c->core->sessions, wanted, c->transport, c->client,
			    &c->session)) == LIMEN_EEXIST) {
		c->session_id = wanted;
		limen_call_fail(c, LIMEN_API_SESSION_EXISTS, "Session ID already in use");
	} else if (err) {
		limen_call_fail(c, LIMEN_API_NOT_ACCEPTING, "Too many sessions (the limit is %d)",
			limen_setting(&c->core->set.sessions_max));
	} else {
		limen_call_answer(c,
			with_id(limen_reply("success", 0, c->transaction),
				limen_session_id(c->session)));
		limen_events_session_created(
			c->core, limen_session_id(c->session), c->transport, c->client);
	}
	limen_call_free(c);
}

static void verb_claim(struct limen_call *c)
{
	limen_session_claim(c->session, c->transport, c->client);
	limen_call_answer(c, limen_reply("success", c->session_id, c->transaction));
	limen_call_free(c);
}

static void verb_keepalive(struct limen_call *c)
{
	limen_call_answer(c, limen_reply("ack", c->session_id, c->transaction));
	limen_call_free(c);
}

static void verb_destroy(struct limen_call *c)
{
	limen_session_end(c->session, LIMEN_END_DESTROYED);
	limen_call_answer(c, limen_reply("success", c->session_id, c->transaction));
	limen_call_free(c);
}

/* By its wire name; "limen.plugin.x" is "janus.plugin.x". */
static const struct limen_plugin *find_plugin(const struct limen_core *core, const char *name)
{
	g_autofree char *alias = g_str_has_prefix(name, "limen.")
		? g_strconcat("janus.", name + strlen("limen."), NULL)
		: NULL;

	for (guint i = 0; i < core->plugins->len; i++) {
		const struct limen_plugin *p = g_ptr_array_index(core->plugins, i);

		if (strcmp(p->head.name, name) == 0 || (alias && strcmp(p->head.name, alias) == 0))
			return p;
	}
	return NULL;
}

static const struct limen_field attach_fields[] = {
	{ "plugin", LIMEN_F_STRING, true },
	{ "opaque_id", LIMEN_F_STRING, false },
	{ "loop_index", LIMEN_F_UINT, false },
	LIMEN_FIELDS_END,
};

static void attach(struct limen_call *c)
{
	const char *name = limen_json_string(c->msg, "plugin", ""),
		   *token = limen_json_string(c->msg, "token", NULL);
	const struct limen_plugin *plugin = find_plugin(c->core, name);
	int err;

	if (!plugin) {
		limen_call_fail(c, LIMEN_API_NO_PLUGIN, "No such plugin '%s'", name);
		return;
	}
	if (!limen_auth_plugin(&c->core->set, token, plugin->head.name)) {
		limen_call_fail(c, LIMEN_API_UNAUTHORIZED_PLUGIN,
			"Provided token can't access plugin '%s'", name);
		return;
	}
	err = limen_handle_attach(c->core, c->session, plugin,
		limen_json_string(c->msg, "opaque_id", NULL), token,
		(int)MIN(limen_json_int(c->msg, "loop_index", -1), G_MAXINT), &c->handle);
	if (err == LIMEN_ESTATE)
		limen_call_fail(c, LIMEN_API_NO_SESSION, "No such session %" G_GUINT64_FORMAT,
			c->session_id);
	else if (err)
		limen_call_fail(c, LIMEN_API_ATTACH_FAILED, "Couldn't attach to plugin '%s': %s",
			name, limen_error_text(err));
	else
		limen_call_answer(c,
			with_id(limen_reply("success", c->session_id, c->transaction),
				c->handle->pub.id));
}

static void verb_attach(struct limen_call *c)
{
	g_autofree char *reason = NULL;
	enum limen_field_fault fault = limen_fields_check(c->msg, attach_fields, false, &reason);

	if (fault != LIMEN_FIELD_OK)
		limen_call_fail(c,
			fault == LIMEN_FIELD_MISSING ? LIMEN_API_MISSING : LIMEN_API_INVALID_TYPE,
			"%s", reason);
	else
		attach(c);
	limen_call_free(c);
}

const struct limen_verb limen_verbs_session[] = {
	{ "info", LIMEN_LEVEL_NONE, verb_info },
	{ "ping", LIMEN_LEVEL_NONE, verb_ping },
	{ "create", LIMEN_LEVEL_NONE, verb_create },
	{ "keepalive", LIMEN_LEVEL_SESSION | LIMEN_LEVEL_HANDLE, verb_keepalive },
	{ "claim", LIMEN_LEVEL_SESSION, verb_claim },
	{ "destroy", LIMEN_LEVEL_SESSION, verb_destroy },
	{ "attach", LIMEN_LEVEL_SESSION, verb_attach },
	{ NULL, 0, NULL },
};
