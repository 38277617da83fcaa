/*
 * Session descriptions at the API's edge. Thread: the handle's loop.
 */
#include "core/session/jsep.h"
#include <string.h>
#include <strings.h>
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/session/events.h"
#include "core/session/peer_events.h"
#include "core/session/reply.h"

static const struct {
	const char *name;
	bool text, required;
} members[] = {
	{ "type", true, true },
	{ "sdp", true, true },
	{ "trickle", false, false },
	{ "rid_order", true, false },
	{ "force_relay", false, false },
	{ "e2ee", false, false },
};

static int check_members(const json_t *jsep, char **reason)
{
	for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
		const json_t *v = json_object_get(jsep, members[i].name);

		if (!v && members[i].required) {
			*reason = g_strdup_printf(
				"JSEP error: missing mandatory element (%s)", members[i].name);
			return LIMEN_API_MISSING;
		}
		if (v && !(members[i].text ? json_is_string(v) : json_is_boolean(v))) {
			*reason = g_strdup_printf(
				"JSEP error: invalid element type (%s should be a %s)",
				members[i].name, members[i].text ? "string" : "boolean");
			return LIMEN_API_INVALID_TYPE;
		}
	}
	return 0;
}

static int read_type(const json_t *jsep, enum limen_jsep_type *out, char **reason)
{
	const char *type = limen_json_string(jsep, "type", "");

	if (strcasecmp(type, "offer") == 0)
		*out = LIMEN_JSEP_OFFER;
	else if (strcasecmp(type, "answer") == 0)
		*out = LIMEN_JSEP_ANSWER;
	else {
		*reason = g_strdup_printf("JSEP error: unknown message type '%s'", type);
		return LIMEN_API_JSEP_TYPE;
	}
	return 0;
}

static int check_state(struct limen_core_handle *h, const struct limen_jsep_in *in, char **reason)
{
	const bool is_offer = in->shown.type == LIMEN_JSEP_OFFER;
	g_autofree char *detail = NULL;
	int err;

	if (!is_offer && !limen_peer_offered(h->peer)) {
		*reason = g_strdup("Unexpected ANSWER (did we offer?)");
		return LIMEN_API_UNEXPECTED_ANSWER;
	}
	if (!(err = limen_peer_check(h->peer, in->full, is_offer, &detail)))
		return 0;
	limen_log_write(
		LIMEN_LOG_DEBUG, "sdp", h->pub.session, h->pub.id, "not applicable: %s", detail);
	*reason = g_strdup("Error processing SDP");
	return err == LIMEN_ESTATE ? LIMEN_API_UNEXPECTED_ANSWER : LIMEN_API_INVALID_SDP;
}

static void read_extras(struct limen_core_handle *h, const json_t *jsep, struct limen_jsep_in *out)
{
	const json_t *svc = json_object_get(jsep, "svc");

	if (limen_json_bool(jsep, "e2ee", false))
		h->e2ee = true;
	out->shown.e2ee = h->e2ee;
	out->shown.update = limen_peer_negotiated(h->peer);
	out->shown.svc = json_is_array(svc) ? svc : NULL;
	out->trickles = limen_json_bool(jsep, "trickle", true);
	limen_peer_opaque(h->peer, h->e2ee);
	limen_peer_rid_order(
		h->peer, strcmp(limen_json_string(jsep, "rid_order", "hml"), "lmh") == 0);
	limen_peer_force_relay(h->peer, limen_json_bool(jsep, "force_relay", false));
}

int limen_jsep_read(
	struct limen_core_handle *h, const json_t *jsep, struct limen_jsep_in *out, char **reason)
{
	const json_t *text = json_object_get(jsep, "sdp");
	int code;

	memset(out, 0, sizeof(*out));
	*reason = NULL;
	if ((code = check_members(jsep, reason)) ||
		(code = read_type(jsep, &out->shown.type, reason)))
		return code;
	if (limen_sdp_parse(json_string_value(text), json_string_length(text), &out->full, reason))
		return LIMEN_API_INVALID_SDP;
	if ((code = check_state(h, out, reason))) {
		limen_jsep_clear(out);
		return code;
	}
	read_extras(h, jsep, out);
	out->shown.sdp = limen_sdp_copy(out->full);
	limen_sdp_strip(out->shown.sdp);
	g_free(h->remote_text);
	h->remote_text = g_strdup(json_string_value(text));
	limen_events_jsep(h, "remote", out->shown.type == LIMEN_JSEP_OFFER ? "offer" : "answer",
		h->remote_text);
	limen_peer_events_remote(h, out->full);
	g_free(h->first_mid);
	h->first_index = limen_sdp_first(out->full);
	h->first_mid = g_strdup(limen_sdp_line(out->full, h->first_index)->mid);
	return 0;
}

void limen_jsep_clear(struct limen_jsep_in *in)
{
	g_clear_pointer(&in->shown.sdp, limen_sdp_free);
	g_clear_pointer(&in->full, limen_sdp_free);
}
