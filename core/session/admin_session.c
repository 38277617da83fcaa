/*
 * Admin verbs about one session or handle (spec api-admin §3, §4). Thread: any; for handles the
 * handle's loop.
 */
#include "core/base/json.h"
#include "core/session/admin.h"
#include "core/session/handle_info.h"
#include "core/session/reply.h"

static void verb_destroy_session(struct limen_call *c)
{
	limen_session_end(c->session, LIMEN_END_DESTROYED);
	limen_admin_done(c, NULL);
}

static void verb_session_timeout(struct limen_call *c)
{
	const int64_t timeout_s = limen_json_int(c->msg, "timeout", -1);
	json_t *r;

	if (timeout_s < -1 || timeout_s > G_MAXINT) {
		limen_admin_refuse(c, LIMEN_API_INVALID_TYPE,
			"Invalid element type (timeout should be an integer from -1 on)");
		return;
	}
	limen_session_set_timeout(c->session, (int)timeout_s);
	r = limen_admin_reply(c);
	json_object_set_new(r, "timeout", json_integer(timeout_s));
	limen_admin_done(c, r);
}

static void verb_list_handles(struct limen_call *c)
{
	json_t *r = limen_admin_reply(c);

	json_object_set_new(r, "handles", limen_session_list_handles(c->session));
	limen_admin_done(c, r);
}

static void verb_detach_handle(struct limen_call *c)
{
	limen_handle_detach(c->handle, true);
	limen_admin_done(c, NULL);
}

static void verb_hangup(struct limen_call *c)
{
	limen_peer_hangup(c->handle->peer, "Admin API");
	limen_admin_done(c, NULL);
}

static void verb_handle_info(struct limen_call *c)
{
	json_t *r = limen_admin_reply(c);

	json_object_set_new(r, "handle_id", json_integer((json_int_t)c->handle_id));
	json_object_set_new(r, "info",
		limen_handle_info(c->handle, limen_json_bool(c->msg, "plugin_only", false)));
	limen_admin_done(c, r);
}

static const struct limen_field timeout_fields[] = { { "timeout", LIMEN_F_INT, true },
	LIMEN_FIELDS_END };
static const struct limen_field info_fields[] = { { "plugin_only", LIMEN_F_BOOL, false },
	LIMEN_FIELDS_END };

const struct limen_admin_verb limen_admin_verbs_session[] = {
	{ "destroy_session", LIMEN_LEVEL_SESSION, NULL, verb_destroy_session },
	{ "set_session_timeout", LIMEN_LEVEL_SESSION, timeout_fields, verb_session_timeout },
	{ "list_handles", LIMEN_LEVEL_SESSION, NULL, verb_list_handles },
	{ "detach_handle", LIMEN_LEVEL_HANDLE, NULL, verb_detach_handle },
	{ "hangup_webrtc", LIMEN_LEVEL_HANDLE, NULL, verb_hangup },
	{ "handle_info", LIMEN_LEVEL_HANDLE, info_fields, verb_handle_info },
	{ NULL, 0, NULL, NULL },
};
