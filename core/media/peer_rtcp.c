/*
 * Control, both ways: what the peer reports and asks for, and what goes out each second (SR, RR,
 * REMB), soon (NACK, PLI) or in step with what comes in (transport-wide feedback). Thread: the
 * peer's loop.
 */
#include <string.h>
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/setting.h"
#include "core/media/peer_priv.h"

#define CNAME "janus" /* as the descriptions say */
#define SOON_US 20000
#define ASKED_GAP_US 20000 /* one receiver's requests within this are one: each crosses loops */
#define NACKS_AT_ONCE 128
#define BLOCKS_MAX 31

void limen_peer_write_rtcp(struct limen_peer *p, struct limen_rtcp_writer *w)
{
	size_t len = w->len;

	if (len == 0)
		return;
	if (!p->srtp || limen_srtp_protect_rtcp(p->srtp, w->bytes, &len, sizeof(w->bytes)) ||
		p->cfg->ice_ops->send(p->ice, w->bytes, len))
		limen_peer_drop(p, LIMEN_COUNT_DROP_RTCP);
}

static struct limen_line *line_sending(const struct limen_peer *p, uint32_t ssrc)
{
	for (guint i = 0; i < p->lines->len; i++) {
		struct limen_line *l = limen_peer_line_if(p, i);

		if (l && l->sends && l->ssrc == ssrc)
			return l;
	}
	return NULL;
}

/* The incoming stream with this SSRC, and its m-line. */
static struct limen_rx *stream_of(
	const struct limen_peer *p, uint32_t ssrc, struct limen_line **line, int *substream)
{
	for (guint i = 0; i < p->lines->len; i++) {
		struct limen_line *l = limen_peer_line_if(p, i);

		for (int k = 0; l && k < LIMEN_LAYERS_MAX; k++) {
			if (l->rx[k] && l->rx[k]->ssrc == ssrc) {
				*line = l;
				*substream = k;
				return l->rx[k];
			}
		}
	}
	return NULL;
}

/* The offset of the peer's clock is that of the report which travelled quickest; it may grow by a
 * millisecond a report, as clocks drift. One offset for all streams keeps them in step. */
static void note_clock(struct limen_peer *p, int64_t peer_us)
{
	const int64_t offset_us = limen_wall_us() - peer_us;

	if (!p->clock_offset_us || offset_us < p->clock_offset_us + 1000)
		p->clock_offset_us = offset_us;
	else
		p->clock_offset_us += 1000;
}

static void on_sender(const struct limen_rtcp_sender *sr, void *arg)
{
	struct limen_peer *p = arg;
	struct limen_line *l;
	int substream;
	struct limen_rx *rx = stream_of(p, sr->ssrc, &l, &substream);

	if (!rx)
		return;
	limen_stats_rx_sender(&rx->stats, sr, limen_now_us());
	note_clock(p, limen_ntp_us(sr->ntp));
	if (l->to)
		limen_fanout_clock_set(l->to, substream, limen_ntp_us(sr->ntp) + p->clock_offset_us,
			sr->ts, l->info->clock_hz);
}

static void on_block(const struct limen_rtcp_block *block, void *arg)
{
	struct limen_peer *p = arg;
	struct limen_line *l = line_sending(p, block->ssrc);
	const int64_t rtt_us = limen_rtt_us(block, limen_ntp(limen_wall_us()));

	if (!l)
		return;
	if (rtt_us)
		p->rtt_us = p->rtt_us ? (7 * p->rtt_us + rtt_us) / 8 : rtt_us;
	if (block->lost > l->lost)
		l->lost_now += (uint32_t)(block->lost - l->lost);
	l->lost = block->lost;
	l->remote_jitter = block->jitter;
	l->remote_fraction = block->fraction;
}

static void on_keyframe(uint32_t ssrc, void *arg)
{
	struct limen_line *l = line_sending(arg, ssrc);
	const int64_t now_us = limen_now_us();

	if (!l || l->kind != LIMEN_VIDEO || now_us - l->wanted_us < ASKED_GAP_US)
		return;
	l->wanted_us = now_us;
	l->keyframes_wanted++;
	limen_count(LIMEN_COUNT_PLI_IN, 1);
	limen_line_keyframe_wanted(arg, l);
}

static void on_nack(uint32_t ssrc, uint16_t seq, void *arg)
{
	struct limen_line *l = line_sending(arg, ssrc);

	if (!l)
		return;
	l->nacked++;
	limen_count(LIMEN_COUNT_NACK_IN, 1);
	limen_peer_resend(arg, l, seq);
}

static void on_remb(uint64_t bps, void *arg)
{
	struct limen_peer *p = arg;
	const struct limen_rtcp_event ev = { .what = LIMEN_RTCP_REMB,
		.bitrate_bps = (uint32_t)MIN(bps, G_MAXUINT32) };

	p->remb_bps = ev.bitrate_bps;
	if (p->ev)
		p->ev->on_rtcp(&ev, p->arg);
}

static const struct limen_rtcp_events rtcp_events = {
	.on_sender = on_sender,
	.on_block = on_block,
	.on_keyframe = on_keyframe,
	.on_nack = on_nack,
	.on_remb = on_remb,
};

void limen_peer_rtcp(struct limen_peer *p, const uint8_t *bytes, size_t len)
{
	uint8_t buf[LIMEN_PACKET_MAX];

	if (!p->srtp || len > sizeof(buf)) {
		limen_peer_drop(p, LIMEN_COUNT_DROP_RTCP);
		return;
	}
	memcpy(buf, bytes, len);
	if (limen_srtp_unprotect_rtcp(p->srtp, buf, &len) ||
		limen_rtcp_read(buf, len, &rtcp_events, p))
		limen_peer_drop(p, LIMEN_COUNT_DROP_RTCP);
}

void limen_peer_soon(struct limen_peer *p)
{
	if (!limen_timer_active(&p->soon))
		limen_peer_timer(p, &p->soon, limen_now_us() + SOON_US);
}

/* substreams: bits */
static void send_pli(struct limen_peer *p, struct limen_line *l, unsigned substreams)
{
	struct limen_rtcp_writer w;

	limen_rtcp_begin(&w);
	for (unsigned k = 0; k < LIMEN_LAYERS_MAX; k++)
		if (l->rx[k] && (substreams >> k & 1))
			limen_rtcp_add_pli(&w, p->own_ssrc, l->rx[k]->ssrc);
	limen_peer_write_rtcp(p, &w);
}

/* However many receivers ask, the source hears it once in a while. */
static void ask(struct limen_peer *p, struct limen_line *l, uint8_t substreams)
{
	if (!p->up || !substreams)
		return;
	l->unserved |= substreams;
	if (limen_pace_ask(&l->asked, limen_now_us())) {
		send_pli(p, l, l->unserved);
		l->unserved = 0;
		l->keyframes_asked++;
		limen_count(LIMEN_COUNT_PLI_OUT, 1);
	} else {
		limen_peer_soon(p);
	}
}

/* Of the substreams that send. */
void limen_peer_ask_keyframe(struct limen_peer *p, struct limen_line *l)
{
	uint8_t substreams = 0;

	for (unsigned k = 0; k < LIMEN_LAYERS_MAX; k++)
		if (l->rx[k] && (l->rx[k]->receiving || !l->simulcast))
			substreams |= 1u << k;
	ask(p, l, substreams);
}

static void send_nacks(struct limen_peer *p, struct limen_rx *rx, int64_t now_us)
{
	struct limen_rtcp_writer w;
	uint16_t seqs[NACKS_AT_ONCE];
	const size_t n = limen_nack_due(&rx->nack, now_us, p->rtt_us, seqs, NACKS_AT_ONCE);

	rx->nacked += (uint32_t)n;
	limen_count(LIMEN_COUNT_NACK_OUT, n);
	limen_rtcp_begin(&w);
	limen_rtcp_add_nack(&w, p->own_ssrc, rx->ssrc, seqs, n);
	limen_peer_write_rtcp(p, &w);
	if (rx->nack.count)
		limen_peer_soon(p);
}

static size_t rx_ssrcs(const struct limen_peer *p, uint32_t *out, size_t max)
{
	size_t n = 0;

	for (guint i = 0; i < p->lines->len; i++) {
		const struct limen_line *l = limen_peer_line_if(p, i);

		for (unsigned k = 0; l && l->kind == LIMEN_VIDEO && k < LIMEN_LAYERS_MAX && n < max;
			k++)
			if (l->rx[k])
				out[n++] = l->rx[k]->ssrc;
	}
	return n;
}

static void send_remb(struct limen_peer *p)
{
	struct limen_rtcp_writer w;
	uint32_t ssrcs[BLOCKS_MAX];
	const size_t n = rx_ssrcs(p, ssrcs, BLOCKS_MAX);

	if (n == 0)
		return;
	p->cap_changed = false;
	limen_rtcp_begin(&w);
	limen_rtcp_add_rr(&w, p->own_ssrc, NULL, 0);
	limen_rtcp_add_remb(&w, p->own_ssrc, p->cap_bps, ssrcs, n);
	limen_peer_write_rtcp(p, &w);
}

static bool send_twcc(struct limen_peer *p)
{
	struct limen_rtcp_writer w;
	bool sent = false;

	limen_rtcp_begin(&w);
	while ((w.len = limen_twcc_write(
			&p->twcc->arrivals, p->own_ssrc, p->twcc->media_ssrc, w.bytes))) {
		limen_peer_write_rtcp(p, &w);
		sent = true;
	}
	return sent;
}

static void on_twcc(struct limen_timer *t, void *arg)
{
	struct limen_peer *p = arg;

	if (send_twcc(p))
		limen_peer_timer(p, t, limen_now_us() + p->cfg->twcc_period_ms * INT64_C(1000));
}

/* When a packet is said to have arrived; false: it is said to be lost. */
static bool told_arrival(struct limen_peer *p, size_t len, int64_t now_us, int64_t *at_us)
{
	*at_us = now_us;
	return !p->cap_bps || !p->cap_by_twcc ||
		limen_twcc_cap_pass(&p->twcc->cap, p->cap_bps, len, now_us, at_us);
}

void limen_peer_twcc_arrived(
	struct limen_peer *p, uint32_t ssrc, uint16_t seq, size_t len, int64_t now_us)
{
	int64_t at_us;

	if (!p->twcc) {
		p->twcc = g_new0(struct limen_peer_twcc, 1);
		limen_twcc_init(&p->twcc->arrivals);
		limen_timer_init(&p->twcc->timer, on_twcc, p);
	}
	p->twcc->media_ssrc = ssrc;
	if (told_arrival(p, len, now_us, &at_us) &&
		limen_twcc_arrived(&p->twcc->arrivals, seq, at_us))
		send_twcc(p);
	if (!limen_timer_active(&p->twcc->timer))
		limen_peer_timer(
			p, &p->twcc->timer, now_us + p->cfg->twcc_period_ms * INT64_C(1000));
}

void limen_peer_twcc_free(struct limen_peer *p)
{
	if (p->twcc)
		limen_timer_stop(&p->twcc->timer);
	g_clear_pointer(&p->twcc, g_free);
}

void limen_peer_on_soon(struct limen_timer *t, void *arg)
{
	struct limen_peer *p = arg;
	const int64_t now_us = limen_now_us();

	(void)t;
	if (p->cap_changed)
		send_remb(p);
	for (guint i = 0; i < p->lines->len; i++) {
		struct limen_line *l = limen_peer_line_if(p, i);

		for (unsigned k = 0; l && k < LIMEN_LAYERS_MAX; k++)
			if (l->rx[k] && l->rx[k]->nack.count)
				send_nacks(p, l->rx[k], now_us);
		if (l && l->asked.again)
			ask(p, l, l->unserved);
	}
}

/* RTP time of now on an outgoing m-line: as its source reports it, or from the last packet on. */
static uint32_t time_of_now(const struct limen_line *l, int64_t now_us, int64_t now_wall_us)
{
	uint32_t ts;

	if (l->from && !l->rewrite.resync && /* ts_offset is that of this source */
		limen_fanout_clock(l->from, l->layers.substream, now_wall_us, &ts))
		return ts + l->rewrite.ts_offset;
	return l->last_ts + (uint32_t)((now_us - l->last_us) * l->info->clock_hz / G_USEC_PER_SEC);
}

static void send_sr(struct limen_peer *p, struct limen_line *l, int64_t now_us)
{
	const int64_t wall_us = limen_wall_us();
	const struct limen_rtcp_sender sr = {
		.ssrc = l->ssrc,
		.ntp = limen_ntp(wall_us),
		.ts = time_of_now(l, now_us, wall_us),
		.packets = (uint32_t)l->packets,
		.octets = (uint32_t)l->octets,
	};
	struct limen_rtcp_writer w;

	limen_rtcp_begin(&w);
	limen_rtcp_add_sr(&w, &sr);
	limen_rtcp_add_cname(&w, l->ssrc, CNAME);
	limen_peer_write_rtcp(p, &w);
}

struct media_news {
	struct limen_peer *peer;
	struct limen_media_event event;
	char mid[LIMEN_MID_MAX + 1];
	bool simulcast;
};

static void tell_media(void *arg)
{
	struct media_news *n = arg;

	if (n->peer->ev && limen_peer_exists(n->peer))
		n->peer->ev->on_media(&n->event, n->mid, n->simulcast, n->peer->arg);
	limen_peer_unref(n->peer);
	g_free(n);
}

void limen_peer_tell_media(
	struct limen_peer *p, const struct limen_line *l, const struct limen_media_event *ev)
{
	struct media_news *n = g_new0(struct media_news, 1);

	n->peer = limen_peer_ref(p);
	n->event = *ev;
	n->event.mindex = l->index;
	n->event.kind = l->kind;
	n->event.codec = l->codec;
	g_strlcpy(n->mid, l->mid, sizeof(n->mid));
	n->simulcast = l->simulcast;
	limen_home_post(&p->home, tell_media, n);
}

static void tell_slow(struct limen_peer *p, const struct limen_line *l, bool uplink, uint32_t lost)
{
	const struct limen_media_event ev = {
		.what = LIMEN_MEDIA_SLOW, .uplink = uplink, .lost = lost
	};

	const uint32_t threshold = (uint32_t)limen_setting(&p->cfg->slowlink_threshold);

	if (threshold && lost >= threshold)
		limen_peer_tell_media(p, l, &ev);
}

static void check_receiving(struct limen_peer *p, struct limen_line *l, struct limen_rx *rx,
	unsigned layer, int64_t now_us)
{
	const struct limen_media_event ev = {
		.what = LIMEN_MEDIA_RECEIVING, .substream = (int8_t)layer, .receiving = false
	};

	const int64_t limit_s = limen_setting(&p->cfg->no_media_timer_s);

	if (!rx->receiving || !limit_s || now_us - rx->stats.last_us < limit_s * G_USEC_PER_SEC)
		return;
	rx->receiving = false;
	limen_peer_tell_media(p, l, &ev);
}

static size_t report_line(struct limen_peer *p, struct limen_line *l, int64_t now_us,
	struct limen_rtcp_block *blocks, size_t n)
{
	uint32_t lost = 0;

	for (unsigned k = 0; k < LIMEN_LAYERS_MAX; k++) {
		struct limen_rx *rx = l->rx[k];

		if (!rx || !rx->stats.started)
			continue;
		check_receiving(p, l, rx, k, now_us);
		rx->last_second = (uint32_t)(rx->stats.bytes - rx->bytes_before);
		rx->bytes_before = rx->stats.bytes;
		if (n >= BLOCKS_MAX)
			continue;
		lost += limen_stats_rx_report(&rx->stats, rx->ssrc, now_us, &blocks[n]);
		rx->lost = blocks[n].lost;
		rx->fraction = blocks[n++].fraction;
	}
	limen_count(LIMEN_COUNT_LOST_IN, lost);
	tell_slow(p, l, false, lost);
	return n;
}

void limen_peer_on_second(struct limen_timer *t, void *arg)
{
	struct limen_peer *p = arg;
	struct limen_rtcp_block blocks[BLOCKS_MAX];
	const int64_t now_us = limen_now_us();
	struct limen_rtcp_writer w;
	size_t n = 0;

	limen_peer_timer(p, t, now_us + G_USEC_PER_SEC);
	for (guint i = 0; i < p->lines->len; i++) {
		struct limen_line *l = limen_peer_line_if(p, i);

		if (!l)
			continue;
		if (l->sends && l->packets)
			send_sr(p, l, now_us);
		tell_slow(p, l, true, l->lost_now);
		l->lost_now = 0;
		l->last_second = (uint32_t)(l->octets - l->octets_before);
		l->octets_before = l->octets;
		n = report_line(p, l, now_us, blocks, n);
	}
	limen_rtcp_begin(&w);
	if (n) {
		limen_rtcp_add_rr(&w, p->own_ssrc, blocks, n);
		limen_rtcp_add_cname(&w, p->own_ssrc, CNAME);
	}
	limen_peer_write_rtcp(p, &w);
	if (p->cap_bps)
		send_remb(p);
	if (p->ev && p->ev->on_second)
		p->ev->on_second(p->arg);
}
