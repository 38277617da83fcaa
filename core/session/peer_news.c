/*
 * A peer's news on its way up: to the plugin's callbacks and, as the events of spec api-core §3, to
 * the client. Thread: the handle's loop.
 */
#include "core/session/peer_news.h"
#include "core/base/log.h"
#include "core/session/handle.h"
#include "core/session/peer_events.h"
#include "core/session/reply.h"

static json_t *event(const struct limen_core_handle *h, const char *kind)
{
	return limen_event(kind, h->pub.session, NULL, h->pub.id, limen_handle_shown_opaque(h));
}

static void tell_plugin(struct limen_core_handle *h, const struct limen_media_event *ev)
{
	if (h->plugin->media)
		h->plugin->media(&h->pub, ev);
}

static void on_gathered(void *arg)
{
	limen_peer_events_gathered(arg);
	limen_handle_flush(arg);
}

static void on_candidate(const char *candidate, void *arg)
{
	struct limen_core_handle *h = arg;
	json_t *msg, *c;

	if (!h->core->media.full_trickle)
		return;
	msg = event(h, "trickle");
	if (candidate)
		c = json_pack("{s:s,s:i,s:s}", "sdpMid", h->first_mid ? h->first_mid : "0",
			"sdpMLineIndex", (int)h->first_index, "candidate", candidate);
	else
		c = json_pack("{s:b}", "completed", 1);
	json_object_set_new(msg, "candidate", c);
	limen_handle_send(h, msg);
}

static void on_up(void *arg)
{
	struct limen_core_handle *h = arg;

	tell_plugin(h, &(struct limen_media_event){ .what = LIMEN_MEDIA_UP });
	limen_handle_send(h, event(h, "webrtcup"));
	limen_peer_events_up(h);
}

static void on_down(const char *reason, void *arg)
{
	struct limen_core_handle *h = arg;
	json_t *msg;

	limen_handle_flush(h);
	tell_plugin(h, &(struct limen_media_event){ .what = LIMEN_MEDIA_DOWN, .reason = reason });
	h->e2ee = false;
	g_ptr_array_set_size(h->early, 0);
	msg = event(h, "hangup");
	json_object_set_new(msg, "reason", json_string(reason));
	limen_handle_send(h, msg);
	limen_peer_events_down(h, reason);
	limen_log_write(LIMEN_LOG_DEBUG, "peer", h->pub.session, h->pub.id, "hangup: %s", reason);
}

static void on_ice_failed(void *arg)
{
	struct limen_core_handle *h = arg;

	limen_handle_send(h, event(h, "ice-failed"));
}

static void on_packet(struct limen_packet *pkt, void *arg)
{
	struct limen_core_handle *h = arg;

	if (h->plugin->rtp)
		h->plugin->rtp(&h->pub, pkt);
}

static void on_rtcp(const struct limen_rtcp_event *ev, void *arg)
{
	struct limen_core_handle *h = arg;

	if (h->plugin->rtcp)
		h->plugin->rtcp(&h->pub, ev);
}

static void send_receiving(struct limen_core_handle *h, const struct limen_media_event *ev,
	const char *mid, bool simulcast)
{
	const int seconds = limen_setting(&h->core->media.no_media_timer_s);
	json_t *msg = event(h, "media");

	json_object_set_new(msg, "mid", json_string(mid));
	json_object_set_new(msg, "type", json_string(ev->kind == LIMEN_VIDEO ? "video" : "audio"));
	if (simulcast)
		json_object_set_new(msg, "substream", json_integer(ev->substream));
	json_object_set_new(msg, "receiving", json_boolean(ev->receiving));
	if (!ev->receiving && seconds > 1)
		json_object_set_new(msg, "seconds", json_integer(seconds));
	limen_handle_send(h, msg);
}

static void send_slowlink(
	struct limen_core_handle *h, const struct limen_media_event *ev, const char *mid)
{
	json_t *msg = event(h, "slowlink");

	json_object_set_new(msg, "mid", json_string(mid));
	json_object_set_new(msg, "media", json_string(ev->kind == LIMEN_VIDEO ? "video" : "audio"));
	json_object_set_new(msg, "uplink", json_boolean(ev->uplink));
	json_object_set_new(msg, "lost", json_integer(ev->lost));
	limen_handle_send(h, msg);
}

static void on_media(const struct limen_media_event *ev, const char *mid, bool simulcast, void *arg)
{
	struct limen_core_handle *h = arg;

	if (ev->what == LIMEN_MEDIA_RECEIVING)
		send_receiving(h, ev, mid, simulcast);
	if (ev->what == LIMEN_MEDIA_SLOW)
		send_slowlink(h, ev, mid);
	limen_peer_events_media(h, ev, mid, simulcast);
	tell_plugin(h, ev);
}

static void on_ice_state(enum limen_ice_state state, void *arg)
{
	limen_peer_events_ice(arg, state);
}

static void on_ending(void *arg)
{
	limen_peer_events_ending(arg);
}

static void on_second(void *arg)
{
	limen_peer_events_second(arg);
}

const struct limen_peer_events limen_handle_peer_events = {
	.on_gathered = on_gathered,
	.on_candidate = on_candidate,
	.on_up = on_up,
	.on_down = on_down,
	.on_ice_failed = on_ice_failed,
	.on_packet = on_packet,
	.on_rtcp = on_rtcp,
	.on_media = on_media,
	.on_ice_state = on_ice_state,
	.on_ending = on_ending,
	.on_second = on_second,
};
