/*
 * The trickle verb. Requests that come before both descriptions are there are kept whole and
 * applied later, when nobody can be told of errors in them any more. Thread: the handle's loop.
 */
#include "core/session/trickle.h"
#include <strings.h>
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/session/peer_events.h"
#include "core/session/reply.h"

struct early {
	json_t *msg;
	int64_t at_us;
};

void limen_early_candidate_free(gpointer p)
{
	struct early *e = p;

	json_decref(e->msg);
	g_free(e);
}

json_t *limen_trickle_check(uint64_t session, const char *transaction, const json_t *msg)
{
	const json_t *one = json_object_get(msg, "candidate"),
		     *many = json_object_get(msg, "candidates");

	if (!one && !many)
		return limen_reply_error(session, transaction, LIMEN_API_MISSING,
			"Missing mandatory element (candidate|candidates)");
	if (one && many)
		return limen_reply_error(session, transaction, LIMEN_API_INVALID_JSON,
			"Can't have both candidate and candidates");
	return NULL;
}

static void complete(struct limen_core_handle *h)
{
	limen_peer_candidate(h->peer, NULL);
}

/* Everything is bundled: only candidates of the m-line that carries the bundle count. */
static bool first_line(const struct limen_core_handle *h, const json_t *mid, const json_t *mindex)
{
	if (mid)
		return !h->first_mid || g_strcmp0(json_string_value(mid), h->first_mid) == 0;
	return json_integer_value(mindex) == (json_int_t)h->first_index;
}

static void add_candidate(struct limen_core_handle *h, const char *text)
{
	int err;

	if (*text == '\0' || strcasecmp(text, "end-of-candidates") == 0)
		return;
	err = limen_peer_candidate(h->peer, text);
	if (!err)
		limen_peer_events_remote_candidate(h, text);
	if (err && err != LIMEN_ENOTSUP)
		limen_log_write(LIMEN_LOG_DEBUG, "ice", h->pub.session, h->pub.id,
			"candidate ignored: %s", limen_error_text(err));
}

/* One object of a request. NULL, or the text of an error with its code. */
static const char *apply_one(struct limen_core_handle *h, const json_t *c, int *code)
{
	const json_t *mid, *mindex, *text;

	if (!json_is_object(c) || json_is_true(json_object_get(c, "completed"))) {
		complete(h);
		return NULL;
	}
	mid = json_object_get(c, "sdpMid");
	mindex = json_object_get(c, "sdpMLineIndex");
	text = json_object_get(c, "candidate");
	*code = LIMEN_API_INVALID_TYPE;
	if (mid && !json_is_string(mid))
		return "Trickle error: invalid element type (sdpMid should be a string)";
	if (mindex && (!json_is_integer(mindex) || json_integer_value(mindex) < 0))
		return "Trickle error: invalid element type (sdpMLineIndex should be a positive "
		       "integer)";
	*code = LIMEN_API_MISSING;
	if (!mid && !mindex)
		return "Trickle error: missing mandatory element (sdpMid or sdpMLineIndex)";
	if (!text)
		return "Trickle error: missing mandatory element (candidate)";
	*code = LIMEN_API_INVALID_TYPE;
	if (!json_is_string(text))
		return "Trickle error: invalid element type (candidate should be a string)";
	if (first_line(h, mid, mindex))
		add_candidate(h, json_string_value(text));
	return NULL;
}

static json_t *apply(struct limen_core_handle *h, const char *transaction, const json_t *msg)
{
	const json_t *many = json_object_get(msg, "candidates");
	const char *text;
	size_t i;
	json_t *c;
	int code = 0;

	if (!many) {
		text = apply_one(h, json_object_get(msg, "candidate"), &code);
		return text ? limen_reply_error(h->pub.session, transaction, code, "%s", text)
			    : NULL;
	}
	if (!json_is_array(many))
		return limen_reply_error(h->pub.session, transaction, LIMEN_API_INVALID_TYPE,
			"candidates is not an array");
	json_array_foreach(many, i, c) if (i < LIMEN_EARLY_CANDIDATES_MAX) apply_one(h, c, &code);
	return NULL;
}

json_t *limen_trickle_apply(struct limen_core_handle *h, const char *transaction, const json_t *msg)
{
	struct early *e;

	if (limen_peer_negotiated(h->peer))
		return apply(h, transaction, msg);
	if (h->early->len >= LIMEN_EARLY_CANDIDATES_MAX ||
		json_dumpb(msg, NULL, 0, JSON_COMPACT) > LIMEN_EARLY_BYTES_MAX)
		return NULL;
	e = g_new(struct early, 1);
	e->msg = json_incref((json_t *)msg);
	e->at_us = limen_now_us();
	g_ptr_array_add(h->early, e);
	return NULL;
}

void limen_trickle_release(struct limen_core_handle *h)
{
	const int64_t oldest_us = limen_now_us() -
		(int64_t)limen_setting(&h->core->set.candidates_timeout_s) * G_USEC_PER_SEC;

	if (!limen_peer_negotiated(h->peer))
		return;
	for (guint i = 0; i < h->early->len; i++) {
		struct early *e = g_ptr_array_index(h->early, i);
		json_t *error = e->at_us >= oldest_us ? apply(h, NULL, e->msg) : NULL;

		json_decref(error);
	}
	g_ptr_array_set_size(h->early, 0);
}
