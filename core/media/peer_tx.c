/*
 * The way out: layer selection -> renumbering -> header of our own -> payload copied behind it into
 * the egress buffer -> SRTP in place -> ICE. And retransmission. Packets that came together stay
 * together: those of about one size get padding to exactly one size, so that the kernel can cut
 * them from one send. Thread: the peer's loop; what is marked "any thread" in peer.h posts itself
 * there.
 */
#include <string.h>
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/packet.h"
#include "core/media/choose.h"
#include "core/media/codec.h"
#include "core/media/peer_priv.h"
#include "core/media/red.h"

#define SCRATCH (LIMEN_PACKET_MAX + LIMEN_RTP_HEADER_MAX + LIMEN_SRTP_TRAILER)

/* Padding adds at most so much to a packet, to spare a system call (RFC 3550 §5.1). */
#define PADDING_MAX 32u
/* Encrypts what was written into the peer's buffer, and sends it. */
static void ship(struct limen_peer *p, uint8_t *buf, size_t len)
{
	const struct limen_ice_ops *ops = p->cfg->ice_ops;
	const size_t plain = len;

	if (!p->srtp || limen_srtp_protect(p->srtp, buf, &len, SCRATCH) ||
		(ops->commit ? ops->commit(p->ice, len) : ops->send(p->ice, buf, len))) {
		limen_peer_drop(p, LIMEN_COUNT_DROP_SEND);
		return;
	}
	limen_count(LIMEN_COUNT_PACKETS_OUT, 1);
	limen_count(LIMEN_COUNT_BYTES_OUT, plain);
}

/* The extension elements of one packet, and the bytes that they point to. */
struct extensions {
	size_t count;
	struct limen_rtp_element list[LIMEN_RTP_ELEMENTS_MAX];
	uint8_t level, send_time[3], playout[3];
};

static void add_element(struct extensions *e, uint8_t id, const void *data, size_t len)
{
	if (id && len && e->count < LIMEN_RTP_ELEMENTS_MAX)
		e->list[e->count++] = (struct limen_rtp_element){ id, (uint8_t)len, data };
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

static void add_playout(
	struct extensions *e, const struct limen_line *l, const struct limen_packet *pkt)
{
	const int32_t min = l->playout_min >= 0 ? l->playout_min : pkt->playout_min;
	const int32_t max = l->playout_min >= 0 ? l->playout_max : pkt->playout_max;

	if (min < 0 || max < min)
		return;
	put_playout(e->playout, min, max);
	add_element(e, l->ext_id[LIMEN_EXT_PLAYOUT_DELAY], e->playout, sizeof(e->playout));
}

/* What the packet says, under the receiver's ids (RFC 8285). */
static void collect_extensions(
	struct extensions *e, const struct limen_line *l, const struct limen_packet *pkt)
{
	e->count = 0;
	add_element(e, l->ext_id[LIMEN_EXT_MID], l->mid, strlen(l->mid));
	e->level = (uint8_t)((pkt->voice ? 0x80 : 0) | pkt->audio_level);
	if (pkt->audio_level != 255)
		add_element(e, l->ext_id[LIMEN_EXT_AUDIO_LEVEL], &e->level, 1);
	if (pkt->orientation >= 0)
		add_element(e, l->ext_id[LIMEN_EXT_ORIENTATION], &pkt->orientation, 1);
	if (l->ext_id[LIMEN_EXT_ABS_SEND_TIME]) {
		put_send_time(e->send_time);
		add_element(
			e, l->ext_id[LIMEN_EXT_ABS_SEND_TIME], e->send_time, sizeof(e->send_time));
	}
	add_playout(e, l, pkt);
	add_element(e, l->ext_id[LIMEN_EXT_DEPENDENCY], pkt->data + pkt->dependency_at,
		pkt->dependency_len);
}

/* A packet that was chosen, on its way out. */
struct outgoing {
	struct limen_packet *packet;
	struct limen_rewritten numbers;
	bool marker, rtx;
	uint8_t padding; /* bytes */
	uint16_t skip;   /* bytes of the payload that stay here: redundancy for who has no RED */
	size_t size;     /* without padding */
	struct extensions extensions;
};

static void collect(struct outgoing *o, const struct limen_line *l)
{
	collect_extensions(&o->extensions, l, o->packet);
	o->skip = l->red_pt < 0 ? o->packet->red_len : 0;
	o->size = limen_rtp_header_len(o->extensions.list, o->extensions.count) +
		o->packet->payload_len - o->skip;
}

static uint8_t type_of(const struct limen_line *l, const struct outgoing *o)
{
	if (o->rtx)
		return (uint8_t)l->rtx_pt;
	return o->packet->red_len && !o->skip ? (uint8_t)l->red_pt : l->pt;
}

/* Numbers and types inside the payload, in the receiver's copy of it. */
static void adapt(
	const struct limen_line *l, const struct outgoing *o, uint8_t *payload, size_t len)
{
	if (o->packet->layer.picture_id >= 0)
		limen_codec_renumber(
			l->codec, payload, len, o->numbers.picture_id, o->numbers.tl0_pic_idx);
	else if (o->packet->red_len && !o->skip)
		limen_red_set_type(payload, len, l->pt);
}

static size_t put_padding(uint8_t *buf, size_t len, uint8_t padding)
{
	if (!padding)
		return len;
	buf[0] |= 0x20;
	memset(buf + len, 0, padding - 1u);
	buf[len + padding - 1u] = padding;
	return len + padding;
}

/* Composes and sends one packet; rtx: as a retransmission in its own stream (RFC 4588 §4). */
static void compose(struct limen_peer *p, struct limen_line *l, const struct outgoing *o)
{
	const struct limen_packet *pkt = o->packet;
	const struct extensions *e = &o->extensions;
	uint8_t scratch[SCRATCH];
	uint8_t *buf = p->cfg->ice_ops->reserve ? p->cfg->ice_ops->reserve(p->ice) : scratch;
	const size_t payload_len = pkt->payload_len - o->skip;
	size_t len;

	len = limen_rtp_write(buf, o->marker, type_of(l, o), o->rtx ? l->rtx_seq++ : o->numbers.seq,
		o->numbers.ts, o->rtx ? l->rtx_ssrc : l->ssrc, e->list, e->count);
	if (o->rtx) {
		limen_put_u16(buf + len, o->numbers.seq);
		len += 2;
	}
	memcpy(buf + len, limen_packet_payload(pkt) + o->skip, payload_len);
	adapt(l, o, buf + len, payload_len);
	ship(p, buf, put_padding(buf, len + payload_len, o->padding));
}

struct keyframe_news {
	struct limen_peer *peer;
	uint16_t mindex;
};

static void tell_keyframe(void *arg)
{
	struct keyframe_news *n = arg;
	const struct limen_rtcp_event ev = { .what = LIMEN_RTCP_KEYFRAME, .mindex = n->mindex };

	if (n->peer->ev && limen_peer_exists(n->peer))
		n->peer->ev->on_rtcp(&ev, n->peer->arg);
	limen_peer_unref(n->peer);
	g_free(n);
}

/* An owner who makes packets himself hears of it later: it may be he who asks for it now. */
void limen_line_keyframe_wanted(struct limen_peer *p, struct limen_line *l)
{
	struct keyframe_news *n;

	if (l->from) {
		limen_fanout_keyframe(l->from);
		return;
	}
	n = g_new(struct keyframe_news, 1);
	*n = (struct keyframe_news){ limen_peer_ref(p), l->index };
	limen_home_post(&p->home, tell_keyframe, n);
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

/* Is this packet for this receiver? Then *out says how it goes. */
static bool choose(struct limen_peer *p, struct limen_line *l, struct limen_packet *pkt,
	int64_t now_us, struct outgoing *out)
{
	struct limen_simulcast_verdict v;
	struct limen_rewritten numbers;
	bool chosen;

	if (pkt->codec != l->codec)
		return false;
	chosen = limen_choose(&l->layers, &l->rewrite, pkt, now_us, &v, &numbers);
	tell_layers(p, l, &v);
	if (v.want_keyframe)
		limen_line_keyframe_wanted(p, l);
	if (!chosen)
		return false;
	*out = (struct outgoing){ .packet = pkt, .numbers = numbers, .marker = v.marker };
	collect(out, l);
	l->packets++;
	l->octets += pkt->payload_len - out->skip;
	l->last_ts = out->numbers.ts;
	l->last_us = now_us;
	return true;
}

/* From list[0] on: how many packets can become one size but for a smaller last one, and which? */
static size_t find_run(const struct outgoing *list, size_t count, size_t *size)
{
	size_t n = 1, least = list[0].size, most = least;

	for (; n < count; n++) {
		const size_t len = list[n].size;

		if (MAX(most, len) - least > PADDING_MAX)
			break;
		if (len < least && most - len > PADDING_MAX) {
			n++; /* it may be the last */
			break;
		}
		least = MIN(least, len);
		most = MAX(most, len);
	}
	*size = most;
	return n;
}

static void even_out(struct outgoing *list, size_t count)
{
	size_t n, size;

	for (size_t from = 0; from < count; from += n) {
		n = find_run(list + from, count - from, &size);
		for (size_t i = from; i + 1 < from + n; i++)
			list[i].padding = (uint8_t)(size - list[i].size);
	}
}

/* false: it went out before. A publisher's retransmission and the packet itself may both come. */
static bool note_sent(struct limen_line *l, const struct outgoing *o)
{
	struct limen_sent_packet *s = limen_sent_add(&l->sent, o->packet, &o->numbers, o->marker);

	if (!s)
		return false;
	s->padding = o->padding;
	memcpy(s->send_time, o->extensions.send_time, sizeof(s->send_time));
	return true;
}

static void send_packets(struct limen_peer *p, struct limen_line *l,
	struct limen_packet *const *packets, size_t count)
{
	struct outgoing list[LIMEN_FANOUT_BATCH];
	const int64_t now_us = limen_now_us();
	size_t n = 0;

	if (!p->srtp || !l->sends || l->paused)
		return;
	for (size_t i = 0; i < count; i++)
		n += choose(p, l, packets[i], now_us, &list[n]);
	if (l->kind == LIMEN_VIDEO && p->cfg->ice_ops->commit)
		even_out(list, n);
	for (size_t i = 0; i < n; i++)
		if (l->kind != LIMEN_VIDEO || note_sent(l, &list[i]))
			compose(p, l, &list[i]);
}

void limen_peer_resend(struct limen_peer *p, struct limen_line *l, uint16_t seq)
{
	struct limen_store *store = l->from ? limen_fanout_store(l->from) : l->store;
	const struct limen_sent_packet *s =
		limen_sent_take(&l->sent, seq, limen_now_us(), p->rtt_us);
	struct outgoing o = { .rtx = l->rtx_pt >= 0 };

	if (!s || !store || !(o.packet = limen_store_find(store, s->substream, s->source_seq)))
		return;
	o.numbers = s->numbers;
	o.marker = s->marker;
	collect(&o, l);
	if (!o.rtx) {
		o.padding = s->padding;
		memcpy(o.extensions.send_time, s->send_time, sizeof(s->send_time));
	}
	if (o.packet->ts == s->source_ts) {
		l->resent++;
		limen_count(LIMEN_COUNT_RTX_OUT, 1);
		compose(p, l, &o);
	}
	limen_packet_unref(o.packet);
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

	if (limen_home_here(&o.peer->home)) {
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
	limen_home_post(&copy->peer->home, run_order, copy);
}

/* A packet from a plugin has no fan-out that keeps it. */
static void do_send(struct order *o)
{
	struct limen_line *l = limen_peer_line_if(o->peer, o->mindex);

	if (!l)
		return;
	if (l->kind == LIMEN_VIDEO) {
		if (!l->store)
			l->store = limen_store_new();
		limen_store_add(l->store, &o->packet, 1);
	}
	send_packets(o->peer, l, &o->packet, 1);
}

void limen_peer_send(struct limen_peer *p, uint16_t mindex, struct limen_packet *pkt)
{
	give((struct order){ .peer = p, .fn = do_send, .mindex = mindex, .packet = pkt });
}

void limen_peer_expect(const struct limen_peer *p)
{
	__builtin_prefetch(p);
	__builtin_prefetch((const uint8_t *)p + 64);
}

void limen_peer_expect_line(const struct limen_peer *p, uint16_t mindex)
{
	const struct limen_line *l;

	if (!limen_home_here(&p->home) || !(l = limen_peer_line_if(p, mindex)))
		return;
	if (p->srtp)
		limen_srtp_expect(p->srtp);
	__builtin_prefetch(p->ice);
	for (size_t at = 0; at < sizeof(*l); at += 64)
		__builtin_prefetch((const uint8_t *)l + at);
}

void limen_peer_deliver(struct limen_peer *p, uint16_t mindex, struct limen_fanout *f,
	struct limen_packet *const *packets, size_t count)
{
	struct limen_line *l;

	if (!limen_home_here(&p->home))
		return;
	l = limen_peer_line_if(p, mindex);
	if (l && l->from == f)
		send_packets(p, l, packets, count);
}

static void do_source(struct order *o)
{
	struct limen_line *l = limen_peer_line(o->peer, o->mindex);

	if (!l || l->from == o->fanout)
		return;
	limen_fanout_unref(l->from);
	l->from = limen_fanout_ref(o->fanout);
	limen_sent_forget(&l->sent);
	limen_rewrite_break(&l->rewrite);
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
	limen_sent_forget(&l->sent);
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
	if (l->to)
		limen_fanout_drain(l->to);
	limen_fanout_unref(l->to);
	l->to = f ? limen_fanout_ref(f) : NULL;
}

static void set_playout(struct limen_line *l, const struct limen_layers *want)
{
	const int32_t min = l->playout_min, max = l->playout_max;

	if (want->playout_min == -2 || want->playout_max == -2)
		l->playout_min = l->playout_max = -1;
	if (want->playout_min >= 0)
		l->playout_min = want->playout_min;
	if (want->playout_max >= 0)
		l->playout_max = want->playout_max;
	if (l->playout_min >= 0 && l->playout_max < l->playout_min)
		l->playout_max = l->playout_min;
	if (l->playout_min != min || l->playout_max != max)
		limen_sent_forget(&l->sent);
}

static void do_layers(struct order *o)
{
	struct limen_line *l = limen_peer_line(o->peer, o->mindex);

	if (!l)
		return;
	limen_simulcast_target(&l->layers, &o->layers);
	if (l->sends && !l->paused && limen_simulcast_asks(&l->layers, limen_now_us()))
		limen_line_keyframe_wanted(o->peer, l);
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
	o->peer->cap_changed = o->number || o->peer->cap_bps;
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
