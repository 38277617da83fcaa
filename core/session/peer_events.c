/*
 * What a handle's connection tells event handlers. Thread: the handle's loop.
 */
#include "core/session/peer_events.h"
#include "core/session/event_bodies.h"
#include "core/session/events.h"
#include "core/session/handle_info.h"

static void emit_webrtc(struct limen_core_handle *h, unsigned subtype, json_t *body)
{
	limen_events_handle(h, LIMEN_EVENT_WEBRTC, subtype, body);
}

static bool wants_candidates(const struct limen_core_handle *h)
{
	return !h->core->set.lean_events && limen_events_wanted(h->core, LIMEN_EVENT_WEBRTC);
}

void limen_peer_events_gathered(struct limen_core_handle *h)
{
	struct limen_stats_peer s;

	if (!wants_candidates(h))
		return;
	limen_stats_peer(h->peer, true, &s);
	for (guint i = 0; i < s.local_candidates->len; i++)
		emit_webrtc(h, LIMEN_EVENT_LOCAL_CANDIDATE,
			limen_event_body_local_candidate(s.local_candidates->pdata[i]));
	limen_stats_clear(&s);
}

void limen_peer_events_remote_candidate(struct limen_core_handle *h, const char *candidate)
{
	if (wants_candidates(h))
		emit_webrtc(h, LIMEN_EVENT_REMOTE_CANDIDATE,
			limen_event_body_remote_candidate(candidate));
}

static void remote_list(struct limen_core_handle *h, const struct limen_sdp_transport *t)
{
	for (guint i = 0; t && t->candidates && i < t->candidates->len; i++)
		limen_peer_events_remote_candidate(h, t->candidates->pdata[i]);
}

void limen_peer_events_remote(struct limen_core_handle *h, const struct limen_sdp *sdp)
{
	if (!wants_candidates(h))
		return;
	remote_list(h, sdp->transport);
	for (guint i = 0; i < sdp->media->len; i++)
		remote_list(h, limen_sdp_line(sdp, i)->transport);
}

void limen_peer_events_ice(struct limen_core_handle *h, enum limen_ice_state state)
{
	const bool up = limen_peer_is_up(h->peer);
	struct limen_stats_peer s;

	if (!limen_events_wanted(h->core, LIMEN_EVENT_WEBRTC))
		return;
	emit_webrtc(
		h, LIMEN_EVENT_ICE, limen_event_body_ice(limen_handle_info_ice_state(state, up)));
	if (state != LIMEN_ICE_CONNECTED)
		return;
	limen_stats_peer(h->peer, false, &s);
	if (s.paired)
		emit_webrtc(h, LIMEN_EVENT_PAIR, limen_event_body_pair(&s.pair));
	limen_stats_clear(&s);
	if (!up)
		emit_webrtc(h, LIMEN_EVENT_DTLS, limen_event_body_dtls("trying"));
}

void limen_peer_events_up(struct limen_core_handle *h)
{
	g_atomic_int_set(&h->connected, 1);
	h->stats_in_s = h->core->set.stats_period_s;
	if (!limen_events_wanted(h->core, LIMEN_EVENT_WEBRTC))
		return;
	emit_webrtc(h, LIMEN_EVENT_DTLS, limen_event_body_dtls("connected"));
	emit_webrtc(h, LIMEN_EVENT_ICE, limen_event_body_ice("ready"));
	emit_webrtc(h, LIMEN_EVENT_CONNECTION, json_pack("{s:s}", "connection", "webrtcup"));
}

static void emit_stats(struct limen_core_handle *h)
{
	struct limen_stats_peer s;
	json_t *all, *one;
	size_t i;

	if (!limen_events_wanted(h->core, LIMEN_EVENT_MEDIA))
		return;
	limen_stats_peer(h->peer, false, &s);
	all = limen_event_body_stats(&s, h->core->set.lean_events);
	limen_stats_clear(&s);
	if (h->core->set.combine_stats && json_array_size(all)) {
		limen_events_handle(h, LIMEN_EVENT_MEDIA, LIMEN_EVENT_STATS, all);
		return;
	}
	json_array_foreach(all, i, one)
		limen_events_handle(h, LIMEN_EVENT_MEDIA, LIMEN_EVENT_STATS, json_incref(one));
	json_decref(all);
}

void limen_peer_events_second(struct limen_core_handle *h)
{
	if (h->core->set.stats_period_s <= 0 || --h->stats_in_s > 0)
		return;
	h->stats_in_s = h->core->set.stats_period_s;
	emit_stats(h);
}

void limen_peer_events_ending(struct limen_core_handle *h)
{
	if (g_atomic_int_get(&h->connected) && h->core->set.stats_period_s > 0)
		emit_stats(h);
	g_atomic_int_set(&h->connected, 0);
}

void limen_peer_events_down(struct limen_core_handle *h, const char *reason)
{
	if (!limen_events_wanted(h->core, LIMEN_EVENT_WEBRTC))
		return;
	/* Of the reasons, these are a handshake that did not end well. */
	if (g_str_equal(reason, "DTLS error") || g_str_equal(reason, "DTLS timeout") ||
		g_str_equal(reason, "DTLS-SRTP stack error"))
		emit_webrtc(h, LIMEN_EVENT_DTLS, limen_event_body_dtls("failed"));
	emit_webrtc(h, LIMEN_EVENT_CONNECTION,
		json_pack("{s:s,s:s}", "connection", "hangup", "reason", reason));
}

void limen_peer_events_media(struct limen_core_handle *h, const struct limen_media_event *ev,
	const char *mid, bool simulcast)
{
	if (!limen_events_wanted(h->core, LIMEN_EVENT_MEDIA))
		return;
	if (ev->what == LIMEN_MEDIA_RECEIVING)
		limen_events_handle(h, LIMEN_EVENT_MEDIA, LIMEN_EVENT_RECEIVING,
			limen_event_body_receiving(ev, mid, simulcast,
				limen_setting(&h->core->media.no_media_timer_s)));
	if (ev->what == LIMEN_MEDIA_SLOW)
		limen_events_handle(
			h, LIMEN_EVENT_MEDIA, LIMEN_EVENT_SLOW, limen_event_body_slow(ev, mid));
}
