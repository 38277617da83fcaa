/*
 * Layers by dependency descriptors: every choice in every scalability mode, moves at any time,
 * loss, and the numbers of a stream that begins anew. The receiver's decoder is simulated: what it
 * can do with the frames that it gets follows from what they refer to. One thread.
 */
#include "core/media/dependency.h"
#include "core/media/simulcast.h"
#include "tests/lib/svc_source.h"

#define MS 1000

static struct limen_simulcast s;
static struct limen_packet pkt;
static int64_t now_us;
static struct limen_simulcast_verdict v;

static void begin(void)
{
	limen_simulcast_init(&s);
	now_us = 1000000;
	pkt = (struct limen_packet){ .source = 1, .kind = LIMEN_VIDEO, .codec = LIMEN_AV1 };
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

#define PLACES 65536u
static struct {
	struct svc_source source;
	struct limen_dependency known;
	bool good[PLACES], lost[PLACES]; /* forwarded and decodable; lost on the way in */
	unsigned keyframes, forwarded, told, since;
	int spatial, temporal; /* highest layers of late */
	bool key_wanted;
	unsigned loss; /* parts of 1000 */
} svc;

static void svc_start(enum svc_mode mode, int spatial, int temporal)
{
	begin();
	memset(&svc, 0, sizeof(svc));
	svc_begin(&svc.source, mode, spatial, temporal, (uint16_t)(65000 + spatial));
	svc.spatial = svc.temporal = -1;
}

static void svc_packet(const struct svc_frame *f)
{
	struct limen_dependency_packet said;

	memset(&pkt.layer, 0, sizeof(pkt.layer));
	pkt.layer.picture_id = pkt.layer.tl0_pic_idx = -1;
	g_assert_cmpint(
		limen_dependency_read(&svc.known, f->descriptor, f->descriptor_len, &said), ==, 0);
	limen_dependency_describe(&svc.known, &said, &pkt.layer);
	pkt.dependency_len = (uint8_t)f->descriptor_len;
	pkt.svc = svc.known.spatial_layers > 1;
	pkt.marker = f->last;
	decide();
	svc.key_wanted |= v.want_keyframe;
	svc.told += v.spatial_changed;
}

/* What is forwarded must be decodable, whatever is lost on the way in. */
static void svc_take(const struct svc_frame *f, unsigned at)
{
	if (!v.forward)
		return;
	svc.good[at] = true;
	for (unsigned r = 0; r < f->refer_count; r++)
		svc.good[at] &= svc.good[f->refers[r]] || svc.lost[f->refers[r]];
	g_assert_true(svc.good[at]);
	svc.forwarded++;
	svc.spatial = MAX(svc.spatial, f->spatial);
	svc.temporal = MAX(svc.temporal, f->temporal);
}

/* Plays pictures; a keyframe that was wanted comes three pictures later. */
static void svc_play(unsigned pictures)
{
	struct svc_frame frames[SVC_LAYERS];

	svc.spatial = svc.temporal = -1;
	for (unsigned i = 0; i < pictures; i++) {
		const unsigned at = svc.source.frames;
		bool any = false, last_marked = false;
		int count;

		if (svc.key_wanted && ++svc.since == 3) {
			svc.source.key = true;
			svc.key_wanted = false;
			svc.keyframes++;
			svc.since = 0;
		}
		now_us += 33 * MS;
		pkt.ts += 3000;
		count = svc_next(&svc.source, frames);
		for (int k = 0; k < count; k++) {
			svc.lost[at + (unsigned)k] = !frames[k].key &&
				(unsigned)g_test_rand_int_range(0, 1000) < svc.loss;
			if (svc.lost[at + (unsigned)k])
				continue;
			svc_packet(&frames[k]);
			svc_take(&frames[k], at + (unsigned)k);
			/* Nothing after the marker, but for a layer that begins in this picture. */
			g_assert_false(v.forward && last_marked && !v.spatial_changed);
			any |= v.forward;
			last_marked |= v.forward && v.marker;
		}
		g_assert_true(any == last_marked || svc.loss);
	}
}

/* The layers that a choice means in a stream of so many. */
static void svc_expect(int spatial, int temporal)
{
	g_assert_cmpint(svc.spatial, ==, MIN(spatial, svc.source.spatial - 1));
	g_assert_cmpint(svc.temporal, ==, MIN(temporal, svc.source.temporal - 1));
}

static void svc_every_choice(enum svc_mode mode, int spatial, int temporal)
{
	svc_start(mode, spatial, temporal);
	svc_play(20);
	svc_expect(2, 2);
	for (int from = 0; from < 9; from++) {
		for (int to = 0; to < 9; to++) {
			target(-1, from % 3, from / 3);
			svc_play(30);
			svc_play(8);
			svc_expect(from / 3, from % 3);
			target(-1, to % 3, to / 3);
			svc_play(30);
			svc_play(8);
			svc_expect(to / 3, to % 3);
		}
	}
}

static void test_svc_full(void)
{
	for (int spatial = 1; spatial <= 3; spatial++)
		for (int temporal = 1; temporal <= 3; temporal++)
			svc_every_choice(SVC_FULL, spatial, temporal);
}

static void test_svc_key(void)
{
	for (int temporal = 1; temporal <= 3; temporal++) {
		svc_every_choice(SVC_KEY, 2, temporal);
		svc_every_choice(SVC_KEY, 3, temporal);
	}
}

static void test_svc_independent(void)
{
	for (int temporal = 1; temporal <= 3; temporal++) {
		svc_every_choice(SVC_NONE, 2, temporal);
		svc_every_choice(SVC_NONE, 3, temporal);
	}
}

/* Only temporal layers: they come and go without a keyframe, and no spatial layer is told of. */
static void test_svc_temporal_only(void)
{
	svc_start(SVC_FULL, 1, 3);
	svc_play(10);
	for (unsigned i = 0; i < 30; i++) {
		target(-1, (int)i % 3, -1);
		svc_play(5);
		svc_play(4);
		svc_expect(0, (int)i % 3);
	}
	g_assert_cmpuint(svc.keyframes, ==, 0);
	g_assert_false(v.spatial_changed);
}

/* Down at once and without a keyframe, up with one, if each layer refers to the one below. */
static void test_svc_full_moves(void)
{
	svc_start(SVC_FULL, 3, 1);
	svc_play(5);
	target(-1, -1, 0);
	svc_play(1);
	svc_expect(0, 0);
	svc_play(10);
	g_assert_cmpuint(svc.keyframes, ==, 0);
	g_assert_false(svc.key_wanted);
	target(-1, -1, 2);
	svc_play(1);
	g_assert_true(svc.key_wanted);
	svc_expect(0, 0);
	svc_play(3);
	g_assert_cmpuint(svc.keyframes, ==, 1);
	svc_play(1);
	svc_expect(2, 0);
}

/* With layers that refer to lower ones in keyframes only, those are not sent, and a keyframe is
 * needed to go down too. */
static void test_svc_key_moves(void)
{
	svc_start(SVC_KEY, 3, 1);
	svc_play(1);
	g_assert_cmpuint(svc.forwarded, ==, 3);
	svc_play(10);
	g_assert_cmpuint(svc.forwarded, ==, 13);
	target(-1, -1, 1);
	svc_play(1);
	svc_expect(2, 0);
	g_assert_true(svc.key_wanted);
	svc_play(3);
	svc_play(5);
	svc_expect(1, 0);
}

/* The layer that is sent, of those that there are, is told when it changes and at no other time. */
static void test_svc_told(void)
{
	svc_start(SVC_FULL, 2, 2);
	svc_play(20);
	g_assert_cmpuint(svc.told, ==, 1);
	g_assert_cmpint(s.spatial, ==, 1);
	target(-1, -1, 0);
	svc_play(20);
	g_assert_cmpuint(svc.told, ==, 2);
	target(-1, -1, 2);
	svc_play(20);
	g_assert_cmpuint(svc.told, ==, 3);
	g_assert_cmpint(s.spatial, ==, 1);
	target(-1, -1, 1);
	svc_play(20);
	g_assert_cmpuint(svc.told, ==, 3);
	g_assert_cmpuint(svc.keyframes, ==, 1);
}

/* Targets change at any time and any way, frames are lost and some come late: what is forwarded can
 * be decoded as far as it came in. */
static void test_svc_random(void)
{
	for (unsigned round = 0; round < 60; round++) {
		svc_start((enum svc_mode)(round % 3), 1 + (int)(round / 3) % 3,
			1 + (int)(round / 9) % 3);
		svc.loss = round % 2 ? 50 : 0;
		for (unsigned i = 0; i < 300; i++) {
			target(-1, g_test_rand_int_range(0, 3), g_test_rand_int_range(0, 3));
			svc_play((unsigned)g_test_rand_int_range(1, 12));
		}
		g_assert_cmpuint(svc.forwarded, >, 500);
	}
}

/* All packets of a frame go the way of its first one, those that come late too. */
static void test_svc_packets(void)
{
	struct svc_frame frames[SVC_LAYERS];
	uint16_t base;

	svc_start(SVC_FULL, 2, 1);
	svc_play(3);
	target(-1, -1, 0);
	svc_play(1);
	svc_next(&svc.source, frames);
	pkt.ts += 3000;
	base = frames[0].number;
	svc_packet(&frames[0]);
	g_assert_true(v.forward);
	g_assert_true(v.marker);
	target(-1, -1, 1); /* in the middle of it */
	pkt.layer.end = pkt.marker = false;
	g_assert_true(decide());
	g_assert_false(v.marker);
	svc_packet(&frames[1]);
	g_assert_false(v.forward);
	svc.source.key = true;
	for (unsigned i = 0; i < 20; i++) {
		pkt.ts += 3000;
		svc_next(&svc.source, frames);
		svc_packet(&frames[0]);
		svc_packet(&frames[1]);
	}
	g_assert_true(v.forward); /* the higher layer by now */
	pkt.layer.frame = base;
	g_assert_true(decide());
	pkt.layer.frame = (uint16_t)(base + 1);
	g_assert_false(decide());
}

/* A packet whose templates are not known (they were in a lost one). */
static void test_svc_unknown(void)
{
	svc_start(SVC_FULL, 3, 1);
	svc_play(3);
	pkt.layer = (struct limen_layer){ .spatial = -1, .temporal = -1, .spatial_layers = 3 };
	g_assert_true(decide()); /* nothing is left out now */
	target(-1, -1, 1);
	svc_play(1);
	pkt.layer = (struct limen_layer){ .spatial = -1, .temporal = -1, .spatial_layers = 3 };
	g_assert_false(decide());
}

/* Frame numbers begin anew: the encoder was restarted. */
static void test_svc_restart(void)
{
	svc_start(SVC_FULL, 2, 2);
	svc_play(50);
	svc_begin(&svc.source, SVC_FULL, 2, 2, 30000);
	memset(svc.good, 0, sizeof(svc.good));
	svc_play(50);
	svc_expect(1, 1);
	g_assert_cmpuint(svc.forwarded, ==, 200);
}

/* Each substream of a simulcast has frame numbers of its own. */
static void test_svc_in_simulcast(void)
{
	static struct svc_source sources[2];
	static struct limen_dependency known[2];
	struct svc_frame frames[SVC_LAYERS];
	unsigned forwarded = 0;

	begin();
	memset(&svc, 0, sizeof(svc));
	for (unsigned k = 0; k < 2; k++)
		svc_begin(&sources[k], SVC_FULL, 1, 3, (uint16_t)(60000 * k));
	memset(known, 0, sizeof(known));
	pkt.codec = LIMEN_AV1;
	pkt.simulcast = true;
	for (unsigned i = 0; i < 400; i++) {
		now_us += 33 * MS;
		pkt.ts += 3000;
		if (i % 40 == 0)
			target((int)(i / 40) % 2, (int)(i / 80) % 3, -1);
		for (int k = 0; k < 2; k++) {
			sources[k].key |= i % 20 == 0;
			svc_next(&sources[k], frames);
			svc.known = known[k];
			pkt.substream = (int8_t)k;
			svc_packet(&frames[0]);
			known[k] = svc.known;
			forwarded += v.forward;
			if (i % 40 > 25)
				g_assert_true(v.forward ==
					(k == (int)(i / 40) % 2 &&
						frames[0].temporal <= (int)(i / 80) % 3));
		}
	}
	g_assert_cmpuint(forwarded, >, 100);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/simulcast_svc/full", test_svc_full);
	g_test_add_func("/simulcast_svc/key", test_svc_key);
	g_test_add_func("/simulcast_svc/independent", test_svc_independent);
	g_test_add_func("/simulcast_svc/temporal-only", test_svc_temporal_only);
	g_test_add_func("/simulcast_svc/full-moves", test_svc_full_moves);
	g_test_add_func("/simulcast_svc/key-moves", test_svc_key_moves);
	g_test_add_func("/simulcast_svc/told", test_svc_told);
	g_test_add_func("/simulcast_svc/random", test_svc_random);
	g_test_add_func("/simulcast_svc/packets", test_svc_packets);
	g_test_add_func("/simulcast_svc/unknown", test_svc_unknown);
	g_test_add_func("/simulcast_svc/restart", test_svc_restart);
	g_test_add_func("/simulcast_svc/in-simulcast", test_svc_in_simulcast);
	return g_test_run();
}
