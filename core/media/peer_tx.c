/*
 * The way out: layer selection -> renumbering -> header of our own -> payload copied behind it ->
 * SRTP -> ICE. And retransmission. Thread: the peer's loop; what is marked "any thread" in peer.h
 * posts itself there.
 */
#include <string.h>
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/packet.h"
#include "core/media/codec.h"
#include "core/media/peer_priv.h"

#define SCRATCH (LIMEN_PACKET_MAX + LIMEN_RTP_HEADER_MAX + LIMEN_SRTP_TRAILER)

static bool own_loop(const struct limen_peer *p)
{
	return limen_loop_current() == p->loop;
}

void limen_peer_write_rtp(struct limen_peer *p, uint8_t *buf, size_t len, size_t cap)
{
	if (!p->srtp || limen_srtp_protect(p->srtp, buf, &len, cap) ||
		p->cfg->ice_ops->send(p->ice, buf, len))
		p->dropped++;
}

static void add_element(
	struct limen_rtp_element *list, size_t *count, uint8_t id, const void *data, size_t len)
{
	struct limen_rtp_element *e = &list[*count];

	if (!id || len == 0 || len > sizeof(e->data) || *count >= LIMEN_RTP_ELEMENTS_MAX)
		return;
	e->id = id;
	e->len = (uint8_t)len;
	memcpy(e->data, data, len);
	(*count)++;
}

/* 24 bits of 6.18 fixed point seconds (abs-send-time). */
static void put_send_time(uint8_t out[3])
{
	const uint32_t t =
		(uint32_t)(((uint64_t)limen_wall_us() << 18) / G_USEC_PER_SEC) & 0xffffff;

	out[0] = (uint8_t)(t >> 16);
	limen_put_u16(out + 1, (uint16_t)t);
}

static void put_playout(uint8_t out[3], int32_t min, int32_t max)
{
	out[0] = (uint8_t)(min >> 4);
	out[1] = (uint8_t)((min & 0x0f) << 4 | ((max >> 8) & 0x0f));
	out[2] = (uint8_t)max;
}

static size_t collect_elements(
	const struct limen_line *l, const struct limen_packet *pkt, struct limen_rtp_element *list)
{
	const int32_t min = l->playout_min >= 0 ? l->playout_min : pkt->playout_min;
	const int32_t max = l->playout_min >= 0 ? l->playout_max : pkt->playout_max;
	const uint8_t level = (uint8_t)((pkt->voice ? 0x80 : 0) | pkt->audio_level);
	uint8_t three[3];
	size_t count = 0;

	add_element(list, &count, l->ext_id[LIMEN_EXT_MID], l->mid, strlen(l->mid));
	if (pkt->audio_level != 255)
		add_element(list, &count, l->ext_id[LIMEN_EXT_AUDIO_LEVEL], &level, 1);
	if (pkt->orientation >= 0)
		add_element(list, &count, l->ext_id[LIMEN_EXT_ORIENTATION], &pkt->orientation, 1);
	if (l->ext_id[LIMEN_EXT_ABS_SEND_TIME]) {
		put_send_time(three);
		add_element(list, &count, l->ext_id[LIMEN_EXT_ABS_SEND_TIME], three, sizeof(three));
	}
	if (min >= 0 && max >= min) {
		put_playout(three, min, max);
		add_element(list, &count, l->ext_id[LIMEN_EXT_PLAYOUT_DELAY], three, sizeof(three));
	}
	return count;
}

/* Composes and sends one packet; rtx: as a retransmission in its own stream (RFC 4588 §4). */
static void compose(struct limen_peer *p, struct limen_line *l, const struct limen_packet *pkt,
	const struct limen_rewritten *n, bool marker, bool rtx)
{
	struct limen_rtp_element elements[LIMEN_RTP_ELEMENTS_MAX];
	uint8_t buf[SCRATCH];
	const size_t count = collect_elements(l, pkt, elements);
	size_t len = limen_rtp_write(buf, marker, rtx ? (uint8_t)l->rtx_pt : l->pt,
		rtx ? l->rtx_seq++ : n->seq, n->ts, rtx ? l->rtx_ssrc : l->ssrc, elements, count);

	if (rtx) {
		limen_put_u16(buf + len, n->seq);
		len += 2;
	}
	memcpy(buf + len, limen_packet_payload(pkt), pkt->payload_len);
	if (l->codec == LIMEN_VP8 && pkt->layer.picture_id >= 0)
		limen_vp8_renumber(buf + len, pkt->payload_len, n->picture_id, n->tl0_pic_idx);
	limen_peer_write_rtp(p, buf, len + pkt->payload_len, sizeof(buf));
}

void limen_line_keyframe_wanted(struct limen_peer *p, struct limen_line *l)
{
	const struct limen_rtcp_event ev = { .what = LIMEN_RTCP_KEYFRAME, .mindex = l->index };

	if (l->from)
		limen_fanout_keyframe(l->from);
	else if (p->ev)
		p->ev->on_rtcp(&ev, p->arg);
}

static void tell_layers(
	struct limen_peer *p, struct limen_line *l, const struct limen_simulcast_verdict *v)
{
	const struct limen_media_event ev = {
		.what = LIMEN_MEDIA_LAYER,
		.substream = v->substream_changed ? l->layers.substream : -1,
		.temporal = v->temporal_changed ? l->layers.temporal : -1,
		.spatial = v->spatial_changed ? l->layers.spatial : -1,
	};

	if (v->substream_changed || v->temporal_changed || v->spatial_changed)
		limen_peer_tell_media(p, l, &ev);
}

static void send_on(struct limen_peer *p, struct limen_line *l, struct limen_packet *pkt)
{
	const int64_t now_us = limen_now_us();
	struct limen_simulcast_verdict v;
	struct limen_rewritten numbers;

	if (!p->srtp || !l->sends || l->paused || pkt->codec != l->codec)
		return;
	v = limen_simulcast_decide(&l->layers, pkt, now_us);
	tell_layers(p, l, &v);
	if (v.want_keyframe)
		limen_line_keyframe_wanted(p, l);
	if (!v.forward) {
		limen_rewrite_skip(&l->rewrite, pkt);
		return;
	}
	if (limen_rewrite_packet(&l->rewrite, pkt, now_us, &numbers))
		return;
	if (l->kind == LIMEN_VIDEO)
		limen_history_add(&l->history, pkt, &numbers, v.marker);
	compose(p, l, pkt, &numbers, v.marker, false);
	l->packets++;
	l->octets += pkt->payload_len;
	l->last_ts = numbers.ts;
	l->last_us = now_us;
}

void limen_peer_resend(struct limen_peer *p, struct limen_line *l, uint16_t seq)
{
	const struct limen_sent *s =
		limen_history_take(&l->history, seq, limen_now_us(), p->rtt_us);

	if (s)
		compose(p, l, s->packet, &s->numbers, s->marker, l->rtx_pt >= 0);
}

/* What any thread may ask for, on its way to the peer's loop. */
struct order {
	struct limen_peer *peer;
	void (*fn)(struct order *o);
	uint16_t mindex;
	struct limen_packet *packet;
	struct limen_fanout *fanout;
	struct limen_layers layers;
	int number;
};

static void run_order(void *arg)
{
	struct order *o = arg;

	if (o->peer->ev)
		o->fn(o);
	limen_packet_unref(o->packet);
	limen_fanout_unref(o->fanout);
	limen_peer_unref(o->peer);
	g_free(o);
}

static void give(struct order o)
{
	struct order *copy;

	if (own_loop(o.peer)) {
		if (o.peer->ev)
			o.fn(&o);
		return;
	}
	copy = g_memdup2(&o, sizeof(o));
	limen_peer_ref(copy->peer);
	if (copy->packet)
		limen_packet_ref(copy->packet);
	if (copy->fanout)
		limen_fanout_ref(copy->fanout);
	limen_loop_post(copy->peer->loop, run_order, copy);
}

static void do_send(struct order *o)
{
	struct limen_line *l = limen_peer_line_if(o->peer, o->mindex);

	if (l)
		send_on(o->peer, l, o->packet);
}

void limen_peer_send(struct limen_peer *p, uint16_t mindex, struct limen_packet *pkt)
{
	give((struct order){ .peer = p, .fn = do_send, .mindex = mindex, .packet = pkt });
}

void limen_peer_deliver(
	struct limen_peer *p, uint16_t mindex, struct limen_fanout *f, struct limen_packet *pkt)
{
	struct limen_line *l = limen_peer_line_if(p, mindex);

	if (l && l->from == f)
		send_on(p, l, pkt);
}

static void do_source(struct order *o)
{
	struct limen_line *l = limen_peer_line(o->peer, o->mindex);

	if (!l || l->from == o->fanout)
		return;
	limen_fanout_unref(l->from);
	l->from = limen_fanout_ref(o->fanout);
	if (o->peer->up)
		limen_fanout_keyframe(l->from);
}

void limen_peer_source(struct limen_peer *p, uint16_t mindex, struct limen_fanout *f)
{
	give((struct order){ .peer = p, .fn = do_source, .mindex = mindex, .fanout = f });
}

static void do_unsource(struct order *o)
{
	struct limen_line *l = limen_peer_line_if(o->peer, o->mindex);

	if (!l || l->from != o->fanout)
		return;
	limen_fanout_unref(l->from);
	l->from = NULL;
}

void limen_peer_unsource(struct limen_peer *p, uint16_t mindex, struct limen_fanout *f)
{
	give((struct order){ .peer = p, .fn = do_unsource, .mindex = mindex, .fanout = f });
}

void limen_peer_publish(struct limen_peer *p, uint16_t mindex, struct limen_fanout *f)
{
	struct limen_line *l = limen_peer_line(p, mindex);

	if (!l)
		return;
	limen_fanout_unref(l->to);
	l->to = f ? limen_fanout_ref(f) : NULL;
}

static void set_playout(struct limen_line *l, const struct limen_layers *want)
{
	if (want->playout_min == -2 || want->playout_max == -2)
		l->playout_min = l->playout_max = -1;
	if (want->playout_min >= 0)
		l->playout_min = want->playout_min;
	if (want->playout_max >= 0)
		l->playout_max = want->playout_max;
	if (l->playout_min >= 0 && l->playout_max < l->playout_min)
		l->playout_max = l->playout_min;
}

static void do_layers(struct order *o)
{
	struct limen_line *l = limen_peer_line(o->peer, o->mindex);

	if (!l)
		return;
	limen_simulcast_target(&l->layers, &o->layers);
	set_playout(l, &o->layers);
}

void limen_peer_layers(struct limen_peer *p, uint16_t mindex, const struct limen_layers *want)
{
	give((struct order){ .peer = p, .fn = do_layers, .mindex = mindex, .layers = *want });
}

static void do_pause(struct order *o)
{
	struct limen_line *l = limen_peer_line(o->peer, o->mindex);

	if (!l || l->paused == (bool)o->number)
		return;
	l->paused = o->number;
	limen_rewrite_break(&l->rewrite);
	if (!l->paused && l->kind == LIMEN_VIDEO)
		limen_line_keyframe_wanted(o->peer, l);
}

void limen_peer_pause(struct limen_peer *p, uint16_t mindex, bool paused)
{
	give((struct order){ .peer = p, .fn = do_pause, .mindex = mindex, .number = paused });
}

static void do_keyframe(struct order *o)
{
	for (guint i = 0; i < o->peer->lines->len; i++) {
		struct limen_line *l = limen_peer_line_if(o->peer, i);

		if (l && l->kind == LIMEN_VIDEO && l->receives &&
			(o->number < 0 || o->number == (int)i))
			limen_peer_ask_keyframe(o->peer, l);
	}
}

void limen_peer_keyframe(struct limen_peer *p, int mindex)
{
	give((struct order){ .peer = p, .fn = do_keyframe, .number = mindex });
}

static void do_bitrate(struct order *o)
{
	o->peer->cap_bps = (uint32_t)o->number;
	limen_peer_soon(o->peer);
}

void limen_peer_bitrate(struct limen_peer *p, uint32_t bps)
{
	give((struct order){ .peer = p, .fn = do_bitrate, .number = (int)MIN(bps, G_MAXINT) });
}

void limen_peer_sending(const struct limen_peer *p, uint16_t mindex, struct limen_sending *out)
{
	const struct limen_line *l = limen_peer_line_if(p, mindex);

	*out = (struct limen_sending){ -1, 2, -1, 2, -1, 2, false, false };
	if (!l)
		return;
	out->substream = l->layers.substream;
	out->substream_target = l->layers.substream_target;
	out->temporal = l->layers.temporal;
	out->temporal_target = l->layers.temporal_target;
	out->spatial = l->layers.spatial;
	out->spatial_target = l->layers.spatial_target;
}
