/*
 * Feeds: what RTP becomes as a packet, arrivals, clocks, the pace of keyframe requests, the end.
 */
#include "core/media/feed.h"
#include <string.h>
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/packet.h"
#include "core/media/fanout.h"
#include "core/media/tap.h"

#define MS INT64_C(1000)
#define SSRC 0x01020304u

static struct {
	struct limen_loop *loop;
	struct limen_feed *feed;
	struct limen_fanout *f;
	struct limen_tap *tap;
	GPtrArray *packets; /* references */
	unsigned wanted, done;
	bool ends_itself;
} t;

static void run(void)
{
	while (limen_loop_step(t.loop))
		;
}

static void pass(int64_t ms)
{
	for (; ms > 0; ms--) {
		limen_clock_advance(MS);
		run();
	}
}

static void on_packet(struct limen_packet *pkt, const struct limen_numbers *numbers, void *arg)
{
	(void)numbers, (void)arg;
	g_ptr_array_add(t.packets, limen_packet_ref(pkt));
}

static void on_keyframe(void *arg)
{
	g_assert_true(arg == &t);
	g_assert_cmpuint(t.done, ==, 0);
	t.wanted++;
	if (t.ends_itself)
		limen_feed_free(g_steal_pointer(&t.feed));
}

static void on_done(void *arg)
{
	g_assert_true(arg == &t);
	t.done++;
}

static void set_up(enum limen_kind kind, enum limen_codec codec)
{
	const struct limen_feed_config cfg = { .kind = kind,
		.codec = codec,
		.mindex = 5,
		.simulcast = kind == LIMEN_VIDEO,
		.ext_id = { [LIMEN_EXT_AUDIO_LEVEL] = 2 },
		.keyframe = on_keyframe,
		.arg = &t,
		.done = on_done };
	const struct limen_tap_config tap = { .packet = on_packet };

	memset(&t, 0, sizeof(t));
	limen_clock_simulate(10000 * MS);
	g_assert_cmpint(limen_loop_new_manual(&t.loop, 0), ==, 0);
	t.packets = g_ptr_array_new_with_free_func((GDestroyNotify)limen_packet_unref);
	t.feed = limen_feed_new(t.loop, &cfg, 0, &t.f);
	g_assert_cmpint(limen_tap_new(&t.tap, t.f, &tap), ==, 0);
}

static void tear_down(void)
{
	limen_tap_free(t.tap);
	limen_feed_free(t.feed);
	limen_fanout_close(t.f);
	limen_fanout_unref(t.f);
	run();
	g_assert_cmpuint(t.done, ==, 1);
	g_ptr_array_unref(t.packets);
	limen_loop_free(t.loop);
}

static const struct limen_packet *packet(guint i)
{
	g_assert_cmpuint(i, <, t.packets->len);
	return g_ptr_array_index(t.packets, i);
}

/* A packet with an audio level, three bytes of padding, and a payload of a byte. */
static size_t audio(uint8_t out[24], uint16_t seq, uint32_t ts)
{
	static const uint8_t bytes[24] = { 0xb0, 0x80 | 111, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0xbe,
		0xde, 0, 1, 0x20, 0x80 | 35, 0, 0, 'x', 0, 0, 3 };

	memcpy(out, bytes, sizeof(bytes));
	limen_put_u16(out + 2, seq);
	limen_put_u32(out + 4, ts);
	return sizeof(bytes);
}

static int feed_audio(uint16_t seq, uint32_t ts)
{
	uint8_t bytes[24];

	return limen_feed_rtp(t.feed, 0, bytes, audio(bytes, seq, ts));
}

/* A VP8 packet with picture id, TL0PICIDX and temporal layer. */
static int feed_video(int substream, uint16_t seq, bool key)
{
	const uint8_t bytes[] = { 0x80, 0x80 | 96, (uint8_t)(seq >> 8), (uint8_t)seq, 0, 0, 0, 9, 0,
		0, 0, (uint8_t)(substream + 1), 0x90, 0xf0, 0x91, 0x23, 0x44, 0x40,
		key ? 0x10 : 0x11, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00 };

	return limen_feed_rtp(t.feed, substream, bytes, sizeof(bytes));
}

static void test_audio(void)
{
	const struct limen_packet *p;

	set_up(LIMEN_AUDIO, LIMEN_OPUS);
	g_assert_cmpint(feed_audio(1000, 48000), ==, 0);
	g_assert_cmpuint(t.packets->len, ==, 0); /* not before the end of the round */
	run();
	p = packet(0);
	g_assert_cmpint(p->kind, ==, LIMEN_AUDIO);
	g_assert_cmpint(p->codec, ==, LIMEN_OPUS);
	g_assert_cmpuint(p->mindex, ==, 5);
	g_assert_cmpuint(p->source, !=, 0);
	g_assert_cmpuint(p->seq, ==, 1000);
	g_assert_cmpuint(p->ts, ==, 48000);
	g_assert_cmpuint(p->ssrc, ==, SSRC);
	g_assert_cmpuint(p->pt, ==, 111);
	g_assert_true(p->marker && p->voice);
	g_assert_cmpuint(p->audio_level, ==, 35);
	g_assert_cmpuint(p->header_len, ==, 20);
	g_assert_cmpuint(p->payload_len, ==, 1);
	g_assert_cmpuint(p->len, ==, 21);
	g_assert_cmpint(*limen_packet_payload(p), ==, 'x');
	g_assert_cmpint(p->arrived_us, ==, 10000 * MS);
	limen_fanout_keyframe(t.f); /* nothing to ask for */
	run();
	g_assert_cmpuint(t.wanted, ==, 0);
	tear_down();
}

static void test_video(void)
{
	set_up(LIMEN_VIDEO, LIMEN_VP8);
	g_assert_cmpint(feed_video(0, 7, true), ==, 0);
	g_assert_cmpint(feed_video(2, 8, false), ==, 0);
	run();
	g_assert_true(packet(0)->layer.keyframe && packet(0)->layer.start);
	g_assert_cmpint(packet(0)->layer.picture_id, ==, 0x1123);
	g_assert_cmpint(packet(0)->layer.tl0_pic_idx, ==, 0x44);
	g_assert_cmpint(packet(0)->layer.temporal, ==, 1);
	g_assert_cmpuint(packet(0)->layer.width, ==, 320);
	g_assert_cmpint(packet(0)->substream, ==, 0);
	g_assert_true(packet(0)->simulcast && !packet(0)->svc);
	g_assert_false(packet(1)->layer.keyframe);
	g_assert_cmpint(packet(1)->substream, ==, 2);
	g_assert_cmpuint(packet(1)->source, ==, packet(0)->source);
	tear_down();
}

static void test_refused(void)
{
	static const uint8_t rtcp_like[] = { 0x01, 200, 0, 0 };
	static uint8_t long_one[LIMEN_PACKET_MAX + 1] = { 0x80, 96 };
	uint8_t probe[] = { 0xa0, 111, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 3 };
	struct limen_feed_stats stats;

	set_up(LIMEN_AUDIO, LIMEN_OPUS);
	g_assert_cmpint(limen_feed_rtp(t.feed, 0, rtcp_like, sizeof(rtcp_like)), ==, LIMEN_EPROTO);
	g_assert_cmpint(limen_feed_rtp(t.feed, 0, NULL, 0), ==, LIMEN_EPROTO);
	g_assert_cmpint(limen_feed_rtp(t.feed, 0, long_one, sizeof(long_one)), ==, LIMEN_EPROTO);
	g_assert_cmpint(limen_feed_rtp(t.feed, 3, long_one, 100), ==, LIMEN_EINVAL);
	g_assert_cmpint(limen_feed_rtp(t.feed, -1, long_one, 100), ==, LIMEN_EINVAL);
	g_assert_false(limen_feed_stats(t.feed, 0, &stats));
	g_assert_false(limen_feed_stats(t.feed, 3, &stats));
	g_assert_cmpint(limen_feed_rtp(t.feed, 0, probe, sizeof(probe)), ==, 0);
	run();
	g_assert_cmpuint(t.packets->len, ==, 0); /* it counts, and goes nowhere */
	g_assert_true(limen_feed_stats(t.feed, 0, &stats));
	g_assert_cmpint(limen_feed_rtp(t.feed, 0, long_one, LIMEN_PACKET_MAX), ==, 0);
	run();
	g_assert_cmpuint(packet(0)->len, ==, LIMEN_PACKET_MAX);
	tear_down();
}

static void test_stats(void)
{
	struct limen_feed_stats s;

	set_up(LIMEN_AUDIO, LIMEN_OPUS);
	for (unsigned i = 0; i < 100; i++) {
		if (i % 10 != 5)
			feed_audio((uint16_t)(65500 + i), i * 960);
		pass(i == 50 ? 30 : 20);
	}
	g_assert_false(limen_feed_stats(t.feed, 1, &s));
	g_assert_true(limen_feed_stats(t.feed, 0, &s));
	g_assert_cmpuint(s.packets, ==, 90);
	g_assert_cmpuint(s.expected, ==, 100);
	g_assert_cmpuint(s.bytes, ==, 90 * 24);
	g_assert_cmpuint(s.ssrc, ==, SSRC);
	g_assert_cmpuint(s.highest, ==, 65536 + 63);
	g_assert_cmpuint(s.jitter_us, <, 700); /* one packet 10 ms late: 625 us, then less */
	g_assert_cmpuint(s.jitter_us, >, 10);
	g_assert_cmpint(s.last_us, ==, limen_now_us() - 20 * MS);
	tear_down();
}

/* Another SSRC begins anew. */
static void test_new_ssrc(void)
{
	struct limen_feed_stats s;
	uint8_t bytes[24];

	set_up(LIMEN_AUDIO, LIMEN_OPUS);
	feed_audio(1, 0);
	feed_audio(2, 960);
	audio(bytes, 40000, 5);
	bytes[11] = 9;
	g_assert_cmpint(limen_feed_rtp(t.feed, 0, bytes, sizeof(bytes)), ==, 0);
	g_assert_true(limen_feed_stats(t.feed, 0, &s));
	g_assert_cmpuint(s.packets, ==, 1);
	g_assert_cmpuint(s.expected, ==, 1);
	g_assert_cmpuint(s.highest, ==, 40000);
	g_assert_cmpuint(s.ssrc, ==, 0x01020309);
	tear_down();
}

static void test_clock(void)
{
	uint32_t ts;

	set_up(LIMEN_AUDIO, LIMEN_OPUS);
	g_assert_false(limen_fanout_clock(t.f, 0, 0, &ts));
	limen_feed_clock(t.feed, 0, 1700000000 * INT64_C(1000000), 1000);
	limen_feed_clock(t.feed, 3, 1, 1); /* no such substream */
	g_assert_true(limen_fanout_clock(t.f, 0, 1700000001 * INT64_C(1000000), &ts));
	g_assert_cmpuint(ts, ==, 49000);
	tear_down();
}

/* However many ask: one at once, some soon, one a second then; a keyframe serves all before it. */
static void test_keyframes(void)
{
	set_up(LIMEN_VIDEO, LIMEN_VP8);
	for (unsigned i = 0; i < 50; i++)
		limen_fanout_keyframe(t.f);
	g_assert_cmpuint(t.wanted, ==, 0); /* never from inside a call */
	run();
	g_assert_cmpuint(t.wanted, ==, 1);
	limen_fanout_keyframe(t.f);
	run();
	g_assert_cmpuint(t.wanted, ==, 1);
	pass(250);
	g_assert_cmpuint(t.wanted, ==, 2);
	limen_fanout_keyframe(t.f);
	run();
	feed_video(0, 1, true);
	pass(2000);
	g_assert_cmpuint(t.wanted, ==, 2);
	for (unsigned i = 0; i < 1000; i++) {
		limen_fanout_keyframe(t.f);
		pass(10);
	}
	g_assert_cmpuint(t.wanted, >=, 2 + 11);
	g_assert_cmpuint(t.wanted, <=, 2 + 13);
	tear_down();
}

/* What was fed before the end arrives; requests after it do not; the fan-out stays. */
static void test_end(void)
{
	set_up(LIMEN_VIDEO, LIMEN_VP8);
	feed_video(0, 1, true);
	limen_fanout_keyframe(t.f);
	limen_feed_free(g_steal_pointer(&t.feed));
	g_assert_cmpuint(t.done, ==, 0);
	run();
	g_assert_cmpuint(t.packets->len, ==, 1);
	g_assert_cmpuint(t.done, ==, 1);
	g_assert_cmpuint(t.wanted, ==, 0);
	limen_fanout_keyframe(t.f);
	pass(1000);
	g_assert_cmpuint(t.wanted, ==, 0);
	tear_down();
}

static void test_end_inside(void)
{
	set_up(LIMEN_VIDEO, LIMEN_VP8);
	t.ends_itself = true;
	limen_fanout_keyframe(t.f);
	pass(10);
	limen_fanout_keyframe(t.f);
	pass(2000);
	g_assert_cmpuint(t.wanted, ==, 1);
	g_assert_cmpuint(t.done, ==, 1);
	tear_down();
}

/* The fan-out first. */
static void test_fanout_ends(void)
{
	set_up(LIMEN_VIDEO, LIMEN_VP8);
	limen_fanout_close(t.f);
	g_assert_cmpint(feed_video(0, 1, true), ==, 0);
	limen_fanout_keyframe(t.f);
	run();
	g_assert_cmpuint(t.packets->len, ==, 0);
	g_assert_cmpuint(t.wanted, ==, 0);
	tear_down();
}

static gint wanted_there, done_there;

static void want_there(void *arg)
{
	limen_loop_assert(arg);
	g_assert_cmpint(g_atomic_int_get(&done_there), ==, 0);
	g_atomic_int_inc(&wanted_there);
}

static void end_there(void *arg)
{
	limen_loop_assert(arg);
	g_atomic_int_set(&done_there, 1);
}

static void feed_there(void *feed)
{
	uint8_t bytes[24];

	limen_feed_rtp(feed, 0, bytes, audio(bytes, 1, 1));
}

/* Asked and ended from here, on its loop there. */
static void test_threads(void)
{
	struct limen_loop *loop;
	struct limen_fanout *f;
	struct limen_feed *feed;
	struct limen_feed_config cfg = {
		.kind = LIMEN_VIDEO, .codec = LIMEN_H264, .keyframe = want_there, .done = end_there
	};

	g_assert_cmpint(limen_loop_new(&loop, 0), ==, 0);
	cfg.arg = loop;
	feed = limen_feed_new(loop, &cfg, 0, &f);
	while (!g_atomic_int_get(&wanted_there)) {
		limen_fanout_keyframe(f);
		limen_loop_post(loop, feed_there, feed);
		g_thread_yield();
	}
	limen_feed_free(feed);
	for (unsigned i = 0; i < 100; i++)
		limen_fanout_keyframe(f);
	limen_fanout_close(f);
	limen_fanout_unref(f);
	limen_loop_free(loop);
	g_assert_cmpint(done_there, ==, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/unit/feed/audio", test_audio);
	g_test_add_func("/unit/feed/video", test_video);
	g_test_add_func("/unit/feed/refused", test_refused);
	g_test_add_func("/unit/feed/stats", test_stats);
	g_test_add_func("/unit/feed/new-ssrc", test_new_ssrc);
	g_test_add_func("/unit/feed/clock", test_clock);
	g_test_add_func("/unit/feed/keyframes", test_keyframes);
	g_test_add_func("/unit/feed/end", test_end);
	g_test_add_func("/unit/feed/end-inside", test_end_inside);
	g_test_add_func("/unit/feed/fanout-ends", test_fanout_ends);
	g_test_add_func("/unit/feed/threads", test_threads);
	return g_test_run();
}
