/*
 * Feeds: parse -> statistics -> what the payload says -> fan-out, as peer_rx.c does for what comes
 * through a PeerConnection. Keyframe requests of receivers come from any loop and are told to the
 * owner on the feed's own, at the pace that peers are asked at. Thread: see feed.h.
 */
#include "core/media/feed.h"
#include <string.h>
#include "core/base/clock.h"
#include "core/base/packet.h"
#include "core/media/codec.h"
#include "core/media/fanout.h"
#include "core/media/inspect.h"
#include "core/media/pace.h"
#include "core/media/rtp.h"
#include "core/media/stats_rx.h"

struct arrivals {
	uint32_t ssrc;
	struct limen_stats_rx stats;
	struct limen_inspect inspect;
};

struct limen_feed {
	gint refs;
	struct limen_home home;
	struct limen_feed_config cfg;
	uint32_t clock_hz;
	uint64_t source;
	gint gone;   /* atomic: freed by its owner */
	gint wanted; /* atomic: a keyframe request is on its way to the loop */
	/* the loop */
	struct limen_fanout *to; /* NULL after the end */
	struct arrivals rx[LIMEN_LAYERS_MAX];
	struct limen_pace pace;
	struct limen_timer again;
};

static void *ref(void *feed)
{
	g_atomic_int_inc(&((struct limen_feed *)feed)->refs);
	return feed;
}

static void unref(void *feed)
{
	struct limen_feed *f = feed;

	if (!g_atomic_int_dec_and_test(&f->refs))
		return;
	limen_home_clear(&f->home);
	for (unsigned k = 0; k < LIMEN_LAYERS_MAX; k++)
		limen_inspect_clear(&f->rx[k].inspect);
	g_free(f);
}

static struct limen_home *home_of(void *feed)
{
	return &((struct limen_feed *)feed)->home;
}

static void ask(struct limen_feed *f)
{
	if (g_atomic_int_get(&f->gone))
		return;
	if (limen_pace_ask(&f->pace, limen_now_us()))
		f->cfg.keyframe(f->cfg.arg);
	else
		limen_loop_timer_set(
			limen_home_loop(&f->home), &f->again, limen_pace_due(&f->pace));
}

static void on_again(struct limen_timer *t, void *arg)
{
	struct limen_feed *f = arg;

	(void)t;
	if (f->pace.again)
		ask(f);
}

static void on_wanted(void *arg)
{
	struct limen_feed *f = arg;

	g_atomic_int_set(&f->wanted, 0);
	ask(f);
	unref(f);
}

/* Never told from inside a call of the owner: always posted. */
static void want_keyframe(void *feed, uint16_t mindex)
{
	struct limen_feed *f = feed;

	(void)mindex;
	if (f->cfg.kind != LIMEN_VIDEO || !f->cfg.keyframe ||
		!g_atomic_int_compare_and_exchange(&f->wanted, 0, 1))
		return;
	limen_home_post(&f->home, on_wanted, ref(f));
}

static const struct limen_source_ops source_ops = { ref, unref, home_of, want_keyframe };

struct limen_feed *limen_feed_new(struct limen_loop *loop, const struct limen_feed_config *cfg,
	int64_t tick_us, struct limen_fanout **fanout)
{
	struct limen_feed *f = g_new0(struct limen_feed, 1);
	const struct limen_source source = { &source_ops, f, cfg->mindex };

	f->refs = 1;
	limen_home_init(&f->home, loop);
	f->cfg = *cfg;
	f->clock_hz = limen_clock_hz(cfg->kind, cfg->codec);
	limen_random(&f->source, sizeof(f->source));
	f->source |= 1;
	limen_timer_init(&f->again, on_again, f);
	*fanout = limen_fanout_new_of(&source, tick_us);
	f->to = limen_fanout_ref(*fanout);
	return f;
}

static void end(void *arg)
{
	struct limen_feed *f = arg;

	limen_timer_stop(&f->again);
	limen_fanout_drain(f->to);
	g_clear_pointer(&f->to, limen_fanout_unref);
	if (f->cfg.done)
		f->cfg.done(f->cfg.arg);
	unref(f);
}

void limen_feed_free(struct limen_feed *f)
{
	if (!f)
		return;
	g_atomic_int_set(&f->gone, 1);
	ref(f); /* its home outlives the posting */
	limen_home_post(&f->home, end, f);
	unref(f);
}

static void count(struct limen_feed *f, struct arrivals *a, const struct limen_rtp *rtp, size_t len)
{
	if (!a->stats.started || a->ssrc != rtp->ssrc) {
		limen_inspect_clear(&a->inspect);
		*a = (struct arrivals){ .ssrc = rtp->ssrc };
	}
	limen_stats_rx_packet(&a->stats, rtp->seq, rtp->ts, len, f->clock_hz, limen_now_us());
}

static struct limen_packet *packet_of(
	struct limen_feed *f, int substream, const struct limen_rtp *rtp)
{
	struct limen_packet *pkt = limen_packet_new();

	pkt->arrived_us = limen_now_us();
	pkt->source = f->source;
	pkt->kind = f->cfg.kind;
	pkt->codec = f->cfg.codec;
	pkt->mindex = f->cfg.mindex;
	pkt->substream = (int8_t)substream;
	pkt->simulcast = f->cfg.simulcast;
	limen_rtp_describe(rtp, f->cfg.ext_id, pkt);
	pkt->len = (uint16_t)(rtp->header_len + rtp->payload_len);
	memcpy(pkt->data, rtp->packet, pkt->len);
	if (pkt->kind == LIMEN_VIDEO)
		limen_inspect_packet(&f->rx[substream].inspect, false, pkt);
	return pkt;
}

int limen_feed_rtp(struct limen_feed *f, int substream, const uint8_t *bytes, size_t len)
{
	struct limen_packet *pkt;
	struct limen_rtp rtp;

	limen_loop_assert(limen_home_loop(&f->home));
	if (substream < 0 || substream >= LIMEN_LAYERS_MAX)
		return LIMEN_EINVAL;
	if (limen_rtp_parse(bytes, len, &rtp))
		return LIMEN_EPROTO;
	count(f, &f->rx[substream], &rtp, len);
	if (rtp.payload_len == 0 || !f->to)
		return 0; /* padding only: a probe */
	pkt = packet_of(f, substream, &rtp);
	if (pkt->layer.keyframe)
		limen_pace_served(&f->pace);
	limen_fanout_publish(f->to, pkt);
	limen_packet_unref(pkt);
	return 0;
}

void limen_feed_clock(struct limen_feed *f, int substream, int64_t wall_us, uint32_t ts)
{
	limen_loop_assert(limen_home_loop(&f->home));
	if (f->to && substream >= 0 && substream < LIMEN_LAYERS_MAX)
		limen_fanout_clock_set(f->to, substream, wall_us, ts, f->clock_hz);
}

bool limen_feed_stats(const struct limen_feed *f, int substream, struct limen_feed_stats *out)
{
	const struct arrivals *a;

	limen_loop_assert(limen_home_loop(&f->home));
	if (substream < 0 || substream >= LIMEN_LAYERS_MAX || !f->rx[substream].stats.started)
		return false;
	a = &f->rx[substream];
	*out = (struct limen_feed_stats){
		.packets = a->stats.received,
		.bytes = a->stats.bytes,
		.ssrc = a->ssrc,
		.highest = a->stats.cycles + a->stats.highest,
		.expected = a->stats.cycles + a->stats.highest - a->stats.base + 1u,
		.jitter_us = (uint32_t)(a->stats.jitter * G_USEC_PER_SEC / f->clock_hz),
		.last_us = a->stats.last_us,
	};
	return true;
}
