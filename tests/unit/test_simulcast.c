/*
 * Layer selection: substreams on keyframes, fall-back and return, temporal layers, spatial layers
 * with the marker bit, and the numbers that come out of it. One thread.
 */
#include <glib.h>
#include "core/media/rewrite.h"
#include "core/media/simulcast.h"

#define MS 1000

static struct limen_simulcast s;
static struct limen_packet pkt;
static int64_t now_us;
static struct limen_simulcast_verdict v;

static void begin(void)
{
	limen_simulcast_init(&s);
	now_us = 1000000;
	pkt = (struct limen_packet){ .source = 1, .kind = LIMEN_VIDEO };
	pkt.layer.temporal = pkt.layer.spatial = -1;
	pkt.layer.picture_id = -1;
	pkt.layer.tl0_pic_idx = -1;
	pkt.layer.start = true;
}

static void target(int substream, int temporal, int spatial)
{
	const struct limen_layers want = { (int8_t)substream, (int8_t)temporal, (int8_t)spatial, 0,
		-1, -1 };

	limen_simulcast_target(&s, &want);
}

static bool decide(void)
{
	v = limen_simulcast_decide(&s, &pkt, now_us);
	return v.forward;
}

/* A packet of a substream; is it forwarded? */
static bool sub(int substream, bool keyframe)
{
	pkt.simulcast = true;
	pkt.substream = (int8_t)substream;
	pkt.layer.keyframe = keyframe;
	return decide();
}

static bool temp(int temporal, bool keyframe, bool up)
{
	pkt.layer.temporal = (int8_t)temporal;
	pkt.layer.keyframe = keyframe;
	pkt.layer.switch_up = up;
	return decide();
}

/* A packet of a spatial layer, first and last of its layer frame. */
static bool spat(int spatial, bool keyframe)
{
	pkt.svc = true;
	pkt.layer.spatial = (int8_t)spatial;
	pkt.layer.keyframe = keyframe;
	pkt.layer.end = true;
	return decide();
}

static void test_plain(void)
{
	begin();
	pkt.marker = true;
	g_assert_true(decide());
	g_assert_true(v.marker);
	g_assert_false(
		v.want_keyframe || v.substream_changed || v.temporal_changed || v.spatial_changed);
	pkt.kind = LIMEN_AUDIO;
	pkt.simulcast = true;
	g_assert_true(decide());
}

static void test_start(void)
{
	begin();
	g_assert_false(sub(0, false));
	g_assert_true(v.want_keyframe);
	g_assert_false(sub(1, false));
	g_assert_false(v.want_keyframe); /* asked a moment ago */
	g_assert_true(sub(0, true));
	g_assert_true(v.substream_changed);
	g_assert_cmpint(s.substream, ==, 0);
	g_assert_true(sub(0, false));
	g_assert_false(v.substream_changed);
	g_assert_true(sub(1, true)); /* on the way up */
	g_assert_false(sub(0, true));
	g_assert_true(sub(2, true));
	g_assert_true(v.substream_changed);
	g_assert_false(sub(1, true));
	g_assert_false(sub(0, true));
	g_assert_false(v.substream_changed || v.want_keyframe);
}

/* What one packet of a wrong number does: nothing. */
static void test_out_of_range(void)
{
	begin();
	g_assert_false(sub(-1, true));
	g_assert_false(sub(LIMEN_LAYERS_MAX, true));
	g_assert_cmpint(s.substream, ==, -1);
	target(100, 100, 100);
	g_assert_cmpint(s.substream_target, <, LIMEN_LAYERS_MAX);
	g_assert_true(sub(2, true));
	target(-1, -1, -1);
	g_assert_cmpint(s.substream_target, ==, LIMEN_LAYERS_MAX - 1);
}

static void test_down(void)
{
	begin();
	sub(0, true);
	sub(2, true);
	target(0, -1, -1);
	g_assert_true(sub(2, false));
	g_assert_true(v.want_keyframe); /* at once */
	g_assert_false(sub(0, false));
	g_assert_false(v.want_keyframe);
	g_assert_true(sub(1, true)); /* nearer */
	g_assert_false(sub(2, true));
	g_assert_true(sub(0, true));
	g_assert_cmpint(s.substream, ==, 0);
	g_assert_false(sub(1, true));
}

static void test_asks_again(void)
{
	begin();
	sub(0, true);
	sub(2, false);
	g_assert_true(v.want_keyframe);
	for (unsigned i = 1; i < 50; i++) {
		now_us += 20 * MS;
		sub(2, false);
		g_assert_false(v.want_keyframe);
	}
	now_us += 20 * MS;
	sub(2, false);
	g_assert_true(v.want_keyframe);
}

static void test_fallback(void)
{
	begin();
	sub(0, true);
	sub(1, true);
	sub(2, true);
	for (unsigned i = 0; i < 12; i++) {
		now_us += 20 * MS;
		g_assert_false(sub(0, false));
		g_assert_false(sub(1, false));
		g_assert_false(v.want_keyframe);
	}
	now_us += 10 * MS; /* silent for 250 ms */
	g_assert_false(sub(1, false));
	g_assert_true(v.want_keyframe);
	g_assert_true(sub(1, true));
	g_assert_cmpint(s.substream, ==, 1);
	now_us += 500 * MS;
	g_assert_true(sub(1, false));
	g_assert_false(v.want_keyframe);
	g_assert_false(sub(2, false)); /* it is back */
	g_assert_true(v.want_keyframe);
	g_assert_true(sub(2, true));
	g_assert_true(v.substream_changed);
}

static void test_fallback_time(void)
{
	const struct limen_layers want = { -1, -1, -1, 2000 * MS, -1, -1 };

	begin();
	limen_simulcast_target(&s, &want);
	sub(0, true);
	sub(1, true);
	now_us += 1999 * MS;
	sub(0, true);
	g_assert_cmpint(s.substream, ==, 1);
	now_us += 1 * MS;
	g_assert_true(sub(0, true));
	target(-1, -1, -1); /* keeps it */
	g_assert_cmpint(s.fallback_us, ==, 2000 * MS);
}

static void test_new_source(void)
{
	begin();
	sub(2, true);
	pkt.source = 2;
	g_assert_false(sub(2, false));
	g_assert_true(v.want_keyframe);
	g_assert_cmpint(s.substream, ==, -1);
	g_assert_true(sub(1, true));
	g_assert_true(v.substream_changed);
}

static void test_temporal_down(void)
{
	begin();
	g_assert_true(temp(0, true, false));
	g_assert_true(temp(2, false, false));
	target(-1, 0, -1);
	/* The picture that has been begun is sent to its end. */
	pkt.layer.start = false;
	g_assert_true(temp(2, false, false));
	g_assert_false(v.temporal_changed);
	pkt.layer.start = true;
	g_assert_false(temp(1, false, false));
	g_assert_true(v.temporal_changed);
	g_assert_cmpint(s.temporal, ==, 0);
	g_assert_false(temp(2, false, false));
	g_assert_false(v.temporal_changed);
	g_assert_true(temp(0, false, false));
}

static void test_temporal_up(void)
{
	begin();
	target(-1, 0, -1);
	g_assert_true(temp(0, true, false));
	target(-1, 1, -1);
	g_assert_false(temp(1, false, false)); /* not a place to switch */
	pkt.layer.start = false;
	g_assert_false(temp(1, false, true)); /* in the middle of a picture */
	pkt.layer.start = true;
	g_assert_false(temp(2, false, true)); /* too high */
	g_assert_true(temp(1, false, true));
	g_assert_true(v.temporal_changed);
	g_assert_cmpint(s.temporal, ==, 1);
	g_assert_true(temp(1, false, false));
	g_assert_false(temp(2, false, true));
	g_assert_true(temp(0, false, false));
}

/* Nothing refers to what is before a keyframe: every layer may be taken from there on. */
static void test_temporal_up_on_keyframe(void)
{
	begin();
	target(-1, 0, -1);
	temp(0, true, false);
	target(-1, 2, -1);
	g_assert_false(temp(2, false, false));
	g_assert_true(temp(0, true, false));
	g_assert_true(v.temporal_changed);
	g_assert_true(temp(2, false, false));
	g_assert_true(temp(1, false, false));
}

/* Started without a keyframe: nothing above the target slips through. */
static void test_temporal_start(void)
{
	begin();
	target(-1, 0, -1);
	g_assert_false(temp(2, false, false));
	g_assert_false(temp(1, false, false));
	g_assert_true(temp(0, false, false));

	begin();
	g_assert_true(temp(1, false, false));
	g_assert_false(temp(2, false, false));
	g_assert_true(temp(2, false, true));
}

/* A move to another substream takes its temporal layers up to the target. */
static void test_temporal_of_new_substream(void)
{
	begin();
	target(-1, 1, -1);
	pkt.layer.temporal = 0;
	g_assert_true(sub(0, true));
	g_assert_true(sub(2, true));
	pkt.layer.temporal = 1;
	g_assert_true(sub(2, false));
	pkt.layer.temporal = 2;
	g_assert_false(sub(2, false));
	g_assert_cmpint(s.temporal, ==, 1);
	pkt.layer.temporal = -1; /* says nothing: everything */
	g_assert_true(sub(2, false));
}

static void test_spatial(void)
{
	begin();
	g_assert_true(spat(0, true));
	g_assert_true(v.spatial_changed);
	g_assert_false(v.marker);
	g_assert_true(spat(1, false));
	g_assert_false(v.marker);
	pkt.marker = true;
	g_assert_true(spat(2, false));
	g_assert_true(v.marker);
	pkt.marker = false;

	target(-1, -1, 1);
	g_assert_true(spat(2, false)); /* of the picture that has been begun */
	g_assert_true(spat(0, false));
	g_assert_true(v.spatial_changed);
	g_assert_false(v.marker);
	pkt.layer.end = false;
	g_assert_true(spat(1, false));
	g_assert_true(v.marker); /* now the last of the picture */
	g_assert_false(spat(2, false));

	target(-1, -1, 2);
	g_assert_true(spat(0, false));
	g_assert_true(v.want_keyframe);
	g_assert_false(spat(2, false));
	g_assert_false(v.want_keyframe);
	g_assert_true(spat(0, true));
	g_assert_true(v.spatial_changed);
	g_assert_true(spat(2, false));
	g_assert_true(v.marker);
}

static void test_spatial_marker_in_the_middle(void)
{
	begin();
	target(-1, -1, 0);
	pkt.svc = true;
	pkt.layer.spatial = 0;
	pkt.layer.keyframe = true;
	g_assert_true(decide());
	g_assert_false(v.marker); /* more of this layer frame follows */
	pkt.layer.start = pkt.layer.keyframe = false;
	pkt.layer.end = true;
	g_assert_true(decide());
	g_assert_true(v.marker);
}

/* Substreams and temporal layers come and go; what is sent is numbered without a hole. */
static void test_numbers(void)
{
	static const int8_t tids[4] = { 0, 2, 1, 2 };
	struct limen_rewrite rw;
	struct limen_rewritten n;
	uint16_t seq = 0, pid = 0;

	begin();
	limen_rewrite_init(&rw, 90000);
	for (unsigned i = 0; i < 60000; i++) {
		now_us += 10 * MS;
		if (i % 500 == 0)
			target((int)(i / 500) % 3, (int)(i / 1500) % 3, -1);
		for (int k = 0; k < 3; k++) {
			pkt.ssrc = (uint32_t)k + 1;
			pkt.seq = (uint16_t)(i + 20000u * (unsigned)k);
			pkt.layer.picture_id = (int32_t)((i + 9000u * (unsigned)k) & 0x7fff);
			pkt.layer.temporal = tids[i % 4];
			pkt.layer.switch_up = i % 16 > 8;
			if (!sub(k, i % 100 == 0)) {
				limen_rewrite_skip(&rw, &pkt);
				continue;
			}
			g_assert_cmpint(limen_rewrite_packet(&rw, &pkt, now_us, &n), ==, 0);
			g_assert_cmpuint(n.seq, ==, ++seq);
			g_assert_cmpuint(n.picture_id, ==, ++pid & 0x7fff);
			g_assert_cmpint(pkt.layer.temporal, <=, s.temporal);
		}
	}
	g_assert_cmpuint(pid, >, 10000);
}

/* A VP9 packet of a layer frame of its own. */
static bool vp9(int spatial, bool predicted, bool inter_layer)
{
	pkt.codec = LIMEN_VP9;
	pkt.svc = true;
	pkt.layer.spatial = (int8_t)spatial;
	pkt.layer.keyframe = spatial == 0 && !predicted;
	pkt.layer.predicted = predicted;
	pkt.layer.inter_layer = inter_layer;
	pkt.layer.end = true;
	return decide();
}

/* A higher VP9 layer is taken without a keyframe where it refers to nothing before its picture. */
static void test_vp9_spatial_up(void)
{
	begin();
	target(-1, -1, 0);
	pkt.layer.spatial_layers = 3;
	g_assert_true(vp9(0, false, false));
	g_assert_false(vp9(1, false, true));
	target(-1, -1, 2);
	g_assert_true(vp9(0, true, false));
	g_assert_true(v.want_keyframe);
	g_assert_false(vp9(1, true, true)); /* refers to earlier pictures */
	g_assert_true(vp9(0, true, false));
	g_assert_false(vp9(2, false, true)); /* the one between is not there */
	g_assert_true(vp9(0, true, false));
	g_assert_false(vp9(1, false, false)); /* of nothing at all: another stream */
	g_assert_true(vp9(0, true, false));
	pkt.layer.start = false;
	g_assert_false(vp9(1, false, true));
	pkt.layer.start = true;
	g_assert_true(vp9(1, false, true));
	g_assert_true(v.spatial_changed);
	g_assert_true(v.marker);
	g_assert_cmpint(s.spatial, ==, 1);
	g_assert_true(vp9(2, false, true));
	g_assert_true(v.marker);
	g_assert_true(vp9(0, true, false));
	g_assert_false(v.want_keyframe);
	g_assert_false(v.marker);
}

/* Fewer layers than wanted: all that there are, and nothing is asked for. */
static void test_vp9_few_layers(void)
{
	begin();
	pkt.layer.spatial_layers = 2;
	g_assert_true(vp9(0, false, false));
	g_assert_cmpint(s.spatial, ==, 1);
	g_assert_true(vp9(1, false, true));
	g_assert_true(v.marker);
	g_assert_true(vp9(0, true, false));
	g_assert_false(v.want_keyframe);
	pkt.layer.spatial_layers = 3; /* one more */
	g_assert_true(vp9(0, true, false));
	g_assert_true(vp9(1, true, true));
	g_assert_true(vp9(2, false, true));
	g_assert_cmpint(s.spatial, ==, 2);
	pkt.layer.spatial_layers = 1;
	g_assert_true(vp9(0, true, false));
	g_assert_true(v.spatial_changed);
	g_assert_true(v.marker);
}

/* VP9: after a switching-up point in a lower layer all higher ones can follow. */
static void test_vp9_temporal_up(void)
{
	begin();
	pkt.codec = LIMEN_VP9;
	target(-1, 0, -1);
	g_assert_true(temp(0, true, false));
	target(-1, 2, -1);
	g_assert_false(temp(2, false, true)); /* says nothing of itself */
	g_assert_false(temp(1, false, false));
	g_assert_true(temp(0, false, false));
	g_assert_false(temp(2, false, false));
	g_assert_true(temp(0, false, true));
	g_assert_true(v.temporal_changed);
	g_assert_true(temp(2, false, false));
	g_assert_true(temp(1, false, false));
}

/* VP8: a synchronised picture needs the base layer only, but what follows it may need the layer
 * between. */
static void test_vp8_temporal_up(void)
{
	begin();
	pkt.codec = LIMEN_VP8;
	target(-1, 0, -1);
	g_assert_true(temp(0, true, false));
	target(-1, 2, -1);
	g_assert_false(temp(2, false, true));
	g_assert_true(temp(1, false, true));
	g_assert_cmpint(s.temporal, ==, 1);
	g_assert_false(temp(2, false, false));
	g_assert_true(temp(2, false, true));
	g_assert_cmpint(s.temporal, ==, 2);
}

static bool asks(void)
{
	return limen_simulcast_asks(&s, now_us);
}

/* A new target asks for a keyframe at once, if one is needed to get there. */
static void test_asks_at_once(void)
{
	begin();
	g_assert_false(asks()); /* nothing is known of the source */
	sub(0, true);
	sub(1, true);
	sub(2, true);
	g_assert_false(asks());
	target(0, -1, -1);
	g_assert_true(asks());
	g_assert_false(asks());
	g_assert_true(sub(2, false));
	g_assert_false(v.want_keyframe);
	target(2, -1, -1);
	g_assert_false(asks()); /* that is what is sent */
	begin();
	pkt.layer.spatial_layers = 3;
	vp9(0, false, false);
	target(-1, -1, 1);
	g_assert_false(asks()); /* down goes by itself */
	vp9(0, true, false);
	target(-1, -1, 2);
	g_assert_true(asks());
}

/* A broken top layer comes and goes: each real change is told once. */
static void test_fallback_told_once(void)
{
	unsigned told = 0;

	begin();
	for (int k = 0; k < 3; k++)
		told += sub(k, true) && v.substream_changed;
	g_assert_cmpuint(told, ==, 3);
	told = 0;
	for (unsigned i = 0; i < 3000; i++) {
		now_us += 10 * MS;
		for (int k = 0; k < 3; k++) {
			if (k == 2 && i / 100 % 2)
				continue; /* silent every other second */
			sub(k, i % 25 == 0);
			told += v.substream_changed;
		}
	}
	g_assert_cmpuint(told, ==, 29);
}

/* Whatever packets say, nothing breaks, and keyframes are asked for once a second at most. */
static void test_garbage(void)
{
	unsigned asked = 0;

	begin();
	for (unsigned i = 0; i < 300000; i++) {
		uint8_t *layer = (uint8_t *)&pkt.layer;

		now_us += 1 * MS;
		for (size_t k = 0; k < sizeof(pkt.layer); k++)
			layer[k] = (uint8_t)g_test_rand_int();
		pkt.layer.keyframe = g_test_rand_int() % 50 == 0;
		pkt.layer.start = g_test_rand_int() & 1;
		pkt.layer.end = g_test_rand_int() & 1;
		pkt.layer.switch_up = g_test_rand_int() & 1;
		pkt.layer.inter_layer = g_test_rand_int() & 1;
		pkt.layer.non_ref = pkt.layer.predicted = pkt.layer.bare = false;
		pkt.layer.described = g_test_rand_int() & 1;
		pkt.layer.spatial = (int8_t)g_test_rand_int_range(-1, 8);
		pkt.layer.temporal = (int8_t)g_test_rand_int_range(-1, 8);
		pkt.dependency_len = (uint8_t)g_test_rand_int_range(0, 2);
		pkt.codec = (enum limen_codec)g_test_rand_int_range(0, LIMEN_CODECS);
		pkt.simulcast = g_test_rand_int() & 1;
		pkt.svc = g_test_rand_int() & 1;
		pkt.substream = (int8_t)g_test_rand_int_range(-1, 4);
		if (i % 1000 == 0)
			target(g_test_rand_int_range(-1, 3), g_test_rand_int_range(-1, 3),
				g_test_rand_int_range(-1, 3));
		decide();
		asked += v.want_keyframe;
		g_assert_cmpint(s.substream, <, LIMEN_LAYERS_MAX);
		g_assert_cmpint(s.spatial, <=, 7);
	}
	g_assert_cmpuint(asked, >, 0);
	g_assert_cmpuint(asked, <, 20000); /* each move that was made allows one more */
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/simulcast/plain", test_plain);
	g_test_add_func("/simulcast/start", test_start);
	g_test_add_func("/simulcast/out-of-range", test_out_of_range);
	g_test_add_func("/simulcast/down", test_down);
	g_test_add_func("/simulcast/asks-again", test_asks_again);
	g_test_add_func("/simulcast/fallback", test_fallback);
	g_test_add_func("/simulcast/fallback-time", test_fallback_time);
	g_test_add_func("/simulcast/new-source", test_new_source);
	g_test_add_func("/simulcast/temporal-down", test_temporal_down);
	g_test_add_func("/simulcast/temporal-up", test_temporal_up);
	g_test_add_func("/simulcast/temporal-up-on-keyframe", test_temporal_up_on_keyframe);
	g_test_add_func("/simulcast/temporal-start", test_temporal_start);
	g_test_add_func("/simulcast/temporal-of-new-substream", test_temporal_of_new_substream);
	g_test_add_func("/simulcast/spatial", test_spatial);
	g_test_add_func(
		"/simulcast/spatial-marker-in-the-middle", test_spatial_marker_in_the_middle);
	g_test_add_func("/simulcast/numbers", test_numbers);
	g_test_add_func("/simulcast/vp9-spatial-up", test_vp9_spatial_up);
	g_test_add_func("/simulcast/vp9-few-layers", test_vp9_few_layers);
	g_test_add_func("/simulcast/vp9-temporal-up", test_vp9_temporal_up);
	g_test_add_func("/simulcast/vp8-temporal-up", test_vp8_temporal_up);
	g_test_add_func("/simulcast/asks-at-once", test_asks_at_once);
	g_test_add_func("/simulcast/fallback-told-once", test_fallback_told_once);
	g_test_add_func("/simulcast/garbage", test_garbage);
	return g_test_run();
}
