/*
 * Verbs that work on handles (spec api-core §2.1): detach, hangup, trickle; message is in
 * message.c. Thread: the handle's loop.
 */
#include "core/base/json.h"
#include "core/session/reply.h"
#include "core/session/request.h"
#include "core/session/trickle.h"

static void verb_detach(struct limen_call *c)
{
	limen_handle_detach(c->handle, true);
	limen_call_answer(c, limen_reply("success", c->session_id, c->transaction));
	limen_call_free(c);
}

static void verb_hangup(struct limen_call *c)
{
	limen_call_answer(c, limen_reply("success", c->session_id, c->transaction));
	limen_peer_hangup(c->handle->peer, "Janus API");
	limen_call_free(c);
}

static void verb_trickle(struct limen_call *c)
{
	json_t *error = limen_trickle_check(c->session_id, c->transaction, c->msg);

	if (!error)
		error = limen_trickle_apply(c->handle, c->transaction, c->msg);
	limen_call_answer(c, error ? error : limen_reply("ack", c->session_id, c->transaction));
	limen_call_free(c);
}

const struct limen_verb limen_verbs_handle[] = {
	{ "message", LIMEN_LEVEL_HANDLE, limen_message_run },
	{ "trickle", LIMEN_LEVEL_HANDLE, verb_trickle },
	{ "hangup", LIMEN_LEVEL_HANDLE, verb_hangup },
	{ "detach", LIMEN_LEVEL_HANDLE, verb_detach },
	{ NULL, 0, NULL },
};
