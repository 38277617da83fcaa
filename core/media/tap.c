/*
 * Taps. Packets come on the loop of the fan-out's source, in its flush; everything else that
 * concerns a tap is posted there, so that its end comes behind the last packet. Thread: see tap.h.
 */
#include "core/media/tap.h"
#include "core/base/clock.h"
#include "core/media/choose.h"
#include "core/media/codec.h"
#include "core/media/fanout.h"

struct limen_tap {
	gint refs;
	gint gone; /* atomic: freed by its owner */
	struct limen_tap_config cfg;
	struct limen_fanout *from;
	struct limen_source
		source; /* whose loop it lives on; outlives the fan-out's own reference */
	/* the loop, with select */
	enum limen_codec codec;
	struct limen_simulcast layers;
	struct limen_rewrite rewrite;
};

static struct limen_home *home_of(const struct limen_tap *t)
{
	return t->source.ops->home(t->source.of);
}

int limen_tap_new(
	struct limen_tap **out, struct limen_fanout *f, const struct limen_tap_config *cfg)
{
	struct limen_source source;
	struct limen_tap *t;
	int err;

	*out = NULL;
	if (!limen_fanout_source(f, &source))
		return LIMEN_ESTATE;
	t = g_new0(struct limen_tap, 1);
	t->refs = 1;
	t->cfg = *cfg;
	t->from = limen_fanout_ref(f);
	t->source = source;
	limen_simulcast_init(&t->layers);
	limen_rewrite_init(&t->rewrite, 0);
	*out = t; /* before the first packet */
	if ((err = limen_fanout_tap(f, t))) {
		*out = NULL;
		limen_tap_unref(t);
		return err;
	}
	if (cfg->select)
		limen_fanout_keyframe(f);
	return 0;
}

struct limen_tap *limen_tap_ref(struct limen_tap *t)
{
	g_atomic_int_inc(&t->refs);
	return t;
}

void limen_tap_unref(struct limen_tap *t)
{
	if (!g_atomic_int_dec_and_test(&t->refs))
		return;
	limen_fanout_unref(t->from);
	limen_source_unref(&t->source);
	g_free(t);
}

static void end(void *arg)
{
	struct limen_tap *t = arg;

	if (t->cfg.done)
		t->cfg.done(t->cfg.arg);
	limen_tap_unref(t);
}

void limen_tap_free(struct limen_tap *t)
{
	struct limen_source source;

	if (!t)
		return;
	g_atomic_int_set(&t->gone, 1);
	limen_fanout_untap(t->from, t);
	source = limen_source_ref(&t->source); /* its home outlives the posting */
	limen_home_post(home_of(t), end, t);
	limen_source_unref(&source);
}

struct aim {
	struct limen_tap *tap; /* a reference */
	struct limen_layers want;
};

static void take_aim(void *arg)
{
	struct aim *a = arg;

	limen_simulcast_target(&a->tap->layers, &a->want);
	limen_tap_unref(a->tap);
	g_free(a);
}

void limen_tap_layers(struct limen_tap *t, const struct limen_layers *want)
{
	struct aim *a = g_new(struct aim, 1);

	*a = (struct aim){ limen_tap_ref(t), *want };
	limen_home_post(home_of(t), take_aim, a);
}

static void pass_as_it_is(struct limen_tap *t, struct limen_packet *pkt)
{
	const struct limen_numbers numbers = {
		.seq = pkt->seq,
		.ts = pkt->ts,
		.marker = pkt->marker,
		.picture_id = (uint16_t)pkt->layer.picture_id,
		.tl0_pic_idx = (uint8_t)pkt->layer.tl0_pic_idx,
	};

	t->cfg.packet(pkt, &numbers, t->cfg.arg);
}

static void tell_layers(const struct limen_tap *t, const struct limen_simulcast_verdict *v)
{
	if (t->cfg.layer && (v->substream_changed || v->temporal_changed || v->spatial_changed))
		t->cfg.layer(v->substream_changed ? t->layers.substream : -1,
			v->temporal_changed ? t->layers.temporal : -1,
			v->spatial_changed ? t->layers.spatial : -1, t->cfg.arg);
}

/* Time stamps go on at the clock rate of the codec. */
static void set_clock(struct limen_tap *t, const struct limen_packet *pkt)
{
	t->rewrite.clock_hz = limen_clock_hz(pkt->kind, pkt->codec);
	t->codec = pkt->codec;
}

static void pass_chosen(struct limen_tap *t, struct limen_packet *pkt, int64_t now_us)
{
	struct limen_simulcast_verdict v;
	struct limen_rewritten to;
	struct limen_numbers numbers;
	bool chosen;

	if (t->codec != pkt->codec || !t->rewrite.clock_hz)
		set_clock(t, pkt);
	chosen = limen_choose(&t->layers, &t->rewrite, pkt, now_us, &v, &to);
	tell_layers(t, &v);
	if (v.want_keyframe)
		limen_fanout_keyframe(t->from);
	if (!chosen || g_atomic_int_get(&t->gone))
		return;
	numbers = (struct limen_numbers){ to.seq, to.ts, v.marker, to.picture_id, to.tl0_pic_idx };
	t->cfg.packet(pkt, &numbers, t->cfg.arg);
}

void limen_tap_deliver(struct limen_tap *t, struct limen_packet *const *packets, size_t count)
{
	const int64_t now_us = limen_now_us();

	for (size_t i = 0; i < count && !g_atomic_int_get(&t->gone); i++) {
		if (t->cfg.select)
			pass_chosen(t, packets[i], now_us);
		else
			pass_as_it_is(t, packets[i]);
	}
}
