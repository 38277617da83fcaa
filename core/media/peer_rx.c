/*
 * The way in: datagram -> SRTP -> RTP -> which m-line and substream -> statistics and NACK -> what
 * the payload says -> fan-out and plugin. Thread: the peer's loop.
 */
#include <string.h>
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/packet.h"
#include "core/media/peer_priv.h"
#include "core/media/red.h"

#define KNOWN (1u << 31)
#define DESCRIBED (1u << 30)

/* Who was heard within this time is still there. */
#define ALIVE_US G_USEC_PER_SEC

/* Which stream an SSRC is. */
struct place {
	struct limen_line *line;
	unsigned layer;
	bool rtx, described;
};

static void remember(struct limen_peer *p, uint32_t ssrc, const struct limen_line *l,
	unsigned layer, bool rtx, uint32_t described)
{
	const uint32_t value =
		KNOWN | described | (uint32_t)l->index << 8 | (rtx ? 0x80 : 0) | layer;

	if (g_hash_table_size(p->ssrcs) < LIMEN_PEER_SSRCS_MAX)
		g_hash_table_replace(p->ssrcs, GUINT_TO_POINTER(ssrc), GUINT_TO_POINTER(value));
}

/* SSRCs that the description names (RFC 5576): groups first, then single ones. With rids it does
 * not tell which SSRC is which layer, so the packets do: Firefox names both. */
static void learn_line(
	struct limen_peer *p, const struct limen_line *l, const struct limen_sdp_transport *t)
{
	for (guint i = 0; i < t->groups->len; i++) {
		const struct limen_sdp_group *g =
			&g_array_index(t->groups, struct limen_sdp_group, i);

		for (unsigned k = 0; g->sim && k < g->count && k < LIMEN_LAYERS_MAX; k++)
			remember(p, g->ssrc[k], l, k, false, DESCRIBED);
	}
	for (guint i = 0; i < t->groups->len; i++) {
		const struct limen_sdp_group *g =
			&g_array_index(t->groups, struct limen_sdp_group, i);
		const uint32_t of = GPOINTER_TO_UINT(
			g_hash_table_lookup(p->ssrcs, GUINT_TO_POINTER(g->ssrc[0])));

		if (g->sim || g->count < 2)
			continue;
		if (!of)
			remember(p, g->ssrc[0], l, 0, false, DESCRIBED);
		remember(p, g->ssrc[1], l, of & 0x7f, true, DESCRIBED);
	}
	for (guint i = 0; i < t->ssrcs->len && t->groups->len == 0; i++)
		remember(p, g_array_index(t->ssrcs, uint32_t, i), l, 0, false, DESCRIBED);
}

void limen_peer_learn_ssrcs(struct limen_peer *p)
{
	for (guint i = 0; i < p->remote->media->len; i++) {
		const struct limen_sdp_transport *t = limen_sdp_line(p->remote, i)->transport;
		const struct limen_line *l = limen_peer_line_if(p, i);

		if (t && l && l->receives && l->rid_count == 0)
			learn_line(p, l, t);
	}
}

static void rx_free(struct limen_rx *rx)
{
	limen_inspect_clear(&rx->inspect);
	g_free(rx);
}

void limen_line_forget_rx(struct limen_line *l)
{
	for (unsigned i = 0; i < LIMEN_LAYERS_MAX; i++)
		g_clear_pointer(&l->rx[i], rx_free);
}

/* Extension ids are the same on all m-lines of a bundle (RFC 9143 §9.1). 0 = not negotiated. */
static uint8_t ext_id(const struct limen_peer *p, enum limen_ext ext)
{
	for (guint i = 0; i < p->lines->len; i++) {
		const struct limen_line *l = limen_peer_line_if(p, i);

		if (l && l->ext_id[ext])
			return l->ext_id[ext];
	}
	return 0;
}

static bool ext_text(const struct limen_peer *p, const struct limen_rtp *rtp, enum limen_ext ext,
	char *out, size_t cap)
{
	const uint8_t id = ext_id(p, ext);

	return id && limen_rtp_ext_text(rtp, id, out, cap);
}

/* Any packet that the peer numbered counts: media, retransmissions and probes of every stream. */
static void note_transport_seq(
	struct limen_peer *p, const struct limen_rtp *rtp, size_t datagram_len, int64_t now_us)
{
	const uint8_t id = p->cfg->twcc_period_ms ? ext_id(p, LIMEN_EXT_TRANSPORT_CC) : 0;
	size_t len = 0;
	const uint8_t *seq = id ? limen_rtp_ext(rtp, id, &len) : NULL;

	if (seq && len == 2)
		limen_peer_twcc_arrived(p, rtp->ssrc, limen_get_u16(seq), datagram_len, now_us);
}

static struct limen_line *line_by_mid(const struct limen_peer *p, const char *mid)
{
	for (guint i = 0; i < p->lines->len; i++) {
		struct limen_line *l = limen_peer_line_if(p, i);

		if (l && l->receives && strcmp(l->mid, mid) == 0)
			return l;
	}
	return NULL;
}

static bool has_pt(const struct limen_line *l, uint8_t pt)
{
	return l->pt == pt || l->rtx_pt == pt || l->red_pt == pt;
}

/* Only when no other m-line has this payload type. */
static struct limen_line *line_by_pt(const struct limen_peer *p, uint8_t pt)
{
	struct limen_line *found = NULL;

	for (guint i = 0; i < p->lines->len; i++) {
		struct limen_line *l = limen_peer_line_if(p, i);

		if (!l || !l->receives || !has_pt(l, pt))
			continue;
		if (found)
			return NULL;
		found = l;
	}
	return found;
}

static bool layer_by_rid(const struct limen_line *l, const char *rid, unsigned *layer)
{
	for (unsigned i = 0; i < l->rid_count; i++) {
		if (strcmp(l->rid[i], rid) == 0) {
			*layer = i;
			return true;
		}
	}
	return false;
}

/* An SSRC that no description named: its header extensions say where it belongs (RFC 9143 §9.2, RFC
 * 8852). */
static bool learn_packet(struct limen_peer *p, const struct limen_rtp *rtp, struct place *out)
{
	char mid[LIMEN_MID_MAX + 1], rid[LIMEN_RID_MAX + 1];
	struct limen_line *l = ext_text(p, rtp, LIMEN_EXT_MID, mid, sizeof(mid))
		? line_by_mid(p, mid)
		: line_by_pt(p, rtp->pt);

	if (!l)
		return false;
	*out = (struct place){ .line = l, .rtx = l->rtx_pt == rtp->pt };
	if (l->rid_count) {
		const enum limen_ext ext = out->rtx ? LIMEN_EXT_REPAIRED_RID : LIMEN_EXT_RID;

		if (!ext_text(p, rtp, ext, rid, sizeof(rid)) || !layer_by_rid(l, rid, &out->layer))
			return false;
	}
	remember(p, rtp->ssrc, l, out->layer, out->rtx, 0);
	return true;
}

static bool find_place(struct limen_peer *p, const struct limen_rtp *rtp, struct place *out)
{
	const uint32_t known =
		GPOINTER_TO_UINT(g_hash_table_lookup(p->ssrcs, GUINT_TO_POINTER(rtp->ssrc)));

	if (!known)
		return learn_packet(p, rtp, out);
	out->line = limen_peer_line_if(p, (known & ~(KNOWN | DESCRIBED)) >> 8);
	out->layer = known & 0x7f;
	out->rtx = known & 0x80;
	out->described = known & DESCRIBED;
	return out->line && out->line->receives;
}

static struct limen_rx *rx_of(struct limen_line *l, unsigned layer)
{
	if (!l->rx[layer]) {
		l->rx[layer] = g_new0(struct limen_rx, 1);
		limen_nack_init(&l->rx[layer]->nack);
	}
	return l->rx[layer];
}

static bool is_missing(const struct limen_nack *n, uint16_t seq)
{
	for (unsigned i = 0; i < n->count; i++)
		if (n->missing[i].seq == seq)
			return true;
	return false;
}

/* RFC 4588 §4: the payload begins with the original sequence number. Makes the original packet of
 * it. */
static bool unwrap_rtx(struct limen_packet *pkt, struct limen_rtp *rtp, const struct place *at)
{
	struct limen_rx *rx = at->line->rx[at->layer];
	uint8_t *payload = pkt->data + rtp->header_len;

	if (!rx || rtp->payload_len < 2)
		return false;
	rx->rtx_ssrc = rtp->ssrc;
	rx->retransmissions++;
	limen_count(LIMEN_COUNT_RTX_IN, 1);
	rtp->seq = limen_get_u16(payload);
	rtp->ssrc = rx->ssrc;
	rtp->pt = at->line->pt;
	rtp->payload_len -= 2;
	memmove(payload, payload + 2, rtp->payload_len);
	return is_missing(&rx->nack, rtp->seq);
}

/* A stream may go on under another SSRC at any time. Two that claim it at once do not take turns:
 * with each change all that is known of the numbers would be lost. */
static bool may_follow(const struct limen_rx *rx, uint32_t ssrc, bool described, int64_t now_us)
{
	if (!rx->ssrc || now_us - rx->stats.last_us >= ALIVE_US)
		return true;
	if (described != rx->described)
		return described;
	return ssrc != rx->refused && now_us - rx->since_us >= ALIVE_US;
}

static void follow(struct limen_peer *p, struct limen_rx *rx, const struct limen_rtp *rtp,
	bool described, int64_t now_us)
{
	limen_nack_init(&rx->nack);
	rx->stats = (struct limen_stats_rx){ 0 };
	rx->bytes_before = 0;
	rx->refused = rx->ssrc;
	rx->ssrc = rtp->ssrc;
	rx->described = described;
	rx->since_us = now_us;
	rx->newest = rtp->seq;
	rx->earlier = (uint16_t)(rtp->seq - 1);
	rx->frame_ts = rtp->ts;
	limen_inspect_clear(&rx->inspect);
	p->cap_changed |= p->cap_bps != 0;
	if (p->cap_changed)
		limen_peer_soon(p);
}

static void count(struct limen_peer *p, struct limen_line *l, struct limen_rx *rx,
	const struct limen_rtp *rtp, size_t len, int64_t now_us)
{
	limen_stats_rx_packet(&rx->stats, rtp->seq, rtp->ts, len, l->info->clock_hz, now_us);
	if (!l->nacks)
		return;
	if (!limen_nack_arrived(&rx->nack, rtp->seq, now_us))
		limen_peer_ask_keyframe(p, l);
	if (rx->nack.count)
		limen_peer_soon(p);
}

/* A keyframe makes what is missing of earlier frames useless. What is missing between them and it
 * may be its beginning (H.264: the parameter sets): then it is none to start with. */
static void note_frame(struct limen_rx *rx, struct limen_packet *pkt)
{
	if (limen_seq_after(pkt->seq, rx->newest)) {
		if (pkt->ts != rx->frame_ts)
			rx->earlier = rx->newest;
		rx->frame_ts = pkt->ts;
		rx->newest = pkt->seq;
	}
	if (pkt->layer.bare && pkt->seq != (uint16_t)(rx->earlier + 1))
		pkt->layer.keyframe = false;
	if (pkt->layer.keyframe && pkt->ts == rx->frame_ts)
		limen_nack_forget(&rx->nack, rx->earlier);
}

static void tell_receiving(
	struct limen_peer *p, struct limen_line *l, struct limen_rx *rx, unsigned layer)
{
	const struct limen_media_event ev = {
		.what = LIMEN_MEDIA_RECEIVING, .substream = (int8_t)layer, .receiving = true
	};

	if (rx->receiving)
		return;
	rx->receiving = true;
	limen_peer_tell_media(p, l, &ev);
}

static void pass_on(struct limen_peer *p, struct limen_line *l, struct limen_packet *pkt)
{
	if (l->to)
		limen_fanout_publish(l->to, pkt);
	if (p->ev)
		p->ev->on_packet(pkt, p->arg);
}

/* Whoever asked for a keyframe till now is served by it, as far as this substream goes. */
static void note_served(struct limen_line *l, unsigned layer)
{
	l->unserved &= (uint8_t) ~(1u << layer);
	if (!l->unserved)
		limen_pace_served(&l->asked);
}

/* Is it of a format that was agreed on? */
static bool fits(const struct limen_line *l, struct limen_packet *pkt)
{
	if (pkt->pt != l->red_pt)
		return true;
	pkt->pt = l->pt; /* of what is behind the redundancy */
	pkt->red_len = (uint16_t)limen_red_primary(limen_packet_payload(pkt), pkt->payload_len);
	return pkt->red_len != 0;
}

static void take(struct limen_peer *p, struct limen_packet *pkt, struct limen_rtp *rtp,
	const struct place *at)
{
	struct limen_line *l = at->line;
	struct limen_rx *rx = rx_of(l, at->layer);
	const bool ours = rtp->pt == l->pt || rtp->pt == l->red_pt;

	if (rtp->ssrc != rx->ssrc) {
		if (!may_follow(rx, rtp->ssrc, at->described, pkt->arrived_us)) {
			rx->refused = rtp->ssrc;
			limen_peer_drop(p, LIMEN_COUNT_DROP_SSRC);
			return;
		}
		if (ours)
			follow(p, rx, rtp, at->described, pkt->arrived_us);
	}
	if (!ours || rtp->payload_len == 0) {
		if (rtp->pt == l->pt)
			count(p, l, rx, rtp, pkt->len, pkt->arrived_us); /* padding only: a probe */
		return;
	}
	count(p, l, rx, rtp, pkt->len, pkt->arrived_us);
	limen_rtp_describe(rtp, l->ext_id, pkt);
	if (!fits(l, pkt)) {
		limen_peer_drop(p, LIMEN_COUNT_DROP_CODEC);
		return;
	}
	pkt->len = (uint16_t)(rtp->header_len + rtp->payload_len);
	pkt->source = l->source;
	pkt->kind = l->kind;
	pkt->codec = l->codec;
	pkt->mindex = l->index;
	pkt->substream = (int8_t)at->layer;
	pkt->simulcast = l->simulcast;
	if (l->kind == LIMEN_VIDEO) {
		limen_inspect_packet(&rx->inspect, p->opaque, pkt);
		note_frame(rx, pkt);
		if (pkt->layer.keyframe)
			note_served(l, at->layer);
	}
	tell_receiving(p, l, rx, at->layer);
	pass_on(p, l, pkt);
}

void limen_peer_rtp(struct limen_peer *p, const uint8_t *bytes, size_t len)
{
	struct limen_packet *pkt;
	struct limen_rtp rtp;
	struct place at;

	if (!p->srtp || len > LIMEN_PACKET_MAX) {
		limen_peer_drop(p, LIMEN_COUNT_DROP_SRTP);
		return;
	}
	pkt = limen_packet_new();
	pkt->arrived_us = limen_now_us();
	memcpy(pkt->data, bytes, len);
	if (limen_srtp_unprotect(p->srtp, pkt->data, &len) ||
		limen_rtp_parse(pkt->data, len, &rtp)) {
		limen_peer_drop(p, LIMEN_COUNT_DROP_SRTP);
		limen_packet_unref(pkt);
		return;
	}
	limen_count(LIMEN_COUNT_PACKETS_IN, 1);
	limen_count(LIMEN_COUNT_BYTES_IN, len);
	note_transport_seq(p, &rtp, len, pkt->arrived_us);
	if (!find_place(p, &rtp, &at)) {
		limen_peer_drop(p, LIMEN_COUNT_DROP_SSRC);
	} else {
		pkt->len = (uint16_t)len;
		if (!at.rtx || unwrap_rtx(pkt, &rtp, &at))
			take(p, pkt, &rtp, &at);
	}
	limen_packet_unref(pkt);
}
