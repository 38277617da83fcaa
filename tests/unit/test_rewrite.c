/*
 * Renumbering toward one receiver: what is skipped leaves no hole, what is lost leaves one, late
 * packets get the numbers that were left for them, changes of source go on. One thread.
 */
#include <glib.h>
#include "core/media/rewrite.h"

#define HZ 90000u
#define LATE LIMEN_EAGAIN

static struct limen_rewrite rw;
static struct limen_packet pkt;
static struct limen_rewritten got;
static int64_t now_us;

static void begin(void)
{
	limen_rewrite_init(&rw, HZ);
	now_us = 1000000;
	pkt = (struct limen_packet){ .source = 1, .ssrc = 0x11 };
	pkt.layer.picture_id = -1;
	pkt.layer.tl0_pic_idx = -1;
}

/* The number that an incoming packet gets, or LATE. */
static int sent(uint16_t seq)
{
	int err;

	pkt.seq = seq;
	err = limen_rewrite_packet(&rw, &pkt, now_us, &got);
	return err ? err : got.seq;
}

static void skip(uint16_t seq)
{
	pkt.seq = seq;
	limen_rewrite_skip(&rw, &pkt);
}

static void test_first(void)
{
	begin();
	pkt.ts = 0x80000000u;
	g_assert_cmpint(sent(40000), ==, 1);
	g_assert_cmpuint(got.ts, ==, 1);
	g_assert_cmpint(sent(40001), ==, 2);
	pkt.ts += 3000;
	g_assert_cmpint(sent(40003), ==, 4); /* a loss stays one */
	g_assert_cmpuint(got.ts, ==, 3001);
	g_assert_cmpint(sent(40002), ==, 3);
	g_assert_cmpint(sent(39999), ==, LATE); /* it has no number */
}

/* One source for longer than sequence numbers last. */
static void test_long(void)
{
	begin();
	for (unsigned i = 0; i < 200000; i++)
		g_assert_cmpint(sent((uint16_t)(50000 + i)), ==, (uint16_t)(i + 1));
}

static void test_long_with_skips(void)
{
	unsigned out = 0;

	begin();
	for (unsigned i = 0; i < 200000; i++) {
		if (i % 3 == 1 && (i < 1000 || i > 150000))
			skip((uint16_t)i);
		else
			g_assert_cmpint(sent((uint16_t)i), ==, (uint16_t)++out);
	}
}

static void test_skip(void)
{
	begin();
	g_assert_cmpint(sent(65533), ==, 1);
	skip(65534);
	skip(65535);
	g_assert_cmpint(sent(0), ==, 2);
	skip(1);
	g_assert_cmpint(sent(2), ==, 3);
	g_assert_cmpint(sent(4), ==, 5); /* 3 is lost */
	skip(5);
	g_assert_cmpint(sent(6), ==, 6);
	g_assert_cmpint(sent(3), ==, 4);
}

/* Late packets of between skipped ones. */
static void test_late(void)
{
	begin();
	g_assert_cmpint(sent(10), ==, 1);
	skip(12); /* 11 is late */
	g_assert_cmpint(sent(13), ==, 3);
	skip(15); /* 14 is late */
	g_assert_cmpint(sent(16), ==, 5);
	g_assert_cmpint(sent(14), ==, 4);
	g_assert_cmpint(sent(11), ==, 2);
	g_assert_cmpint(sent(17), ==, 6);
}

/* A skipped packet that comes late: its number is gone, nobody else may get it twice. */
static void test_late_skip(void)
{
	begin();
	g_assert_cmpint(sent(9), ==, 1);
	g_assert_cmpint(sent(11), ==, 3);
	skip(10);
	g_assert_cmpint(sent(12), ==, 4);
	skip(14);
	skip(13);
	g_assert_cmpint(sent(15), ==, 6);
	skip(15); /* twice: once sent, once skipped */
	g_assert_cmpint(sent(16), ==, 7);
}

/* More shifts than are remembered: what is older is dropped, never misnumbered. */
static void test_many_skips(void)
{
	int number[201] = { 0 };

	begin();
	for (unsigned i = 0; i <= 200; i += 4) {
		number[i] = sent((uint16_t)i);
		number[i + 1] = number[i] + 1;
		skip((uint16_t)(i + 2));
		skip((uint16_t)(i + 3));
		if (i)
			g_assert_cmpint(number[i], ==, number[i - 4] + 2);
		if (i == 196)
			break;
	}
	for (unsigned i = 1; i <= 197; i += 4) {
		const int n = sent((uint16_t)i);

		if (i < 70)
			g_assert_cmpint(n, ==, LATE);
		else if (i > 80)
			g_assert_cmpint(n, ==, number[i]);
	}
}

static void test_skip_before_start(void)
{
	begin();
	skip(5);
	g_assert_cmpint(sent(6), ==, 1);
	pkt.ssrc = 0x12;
	skip(100); /* of another stream */
	pkt.ssrc = 0x11;
	g_assert_cmpint(sent(7), ==, 2);
}

static void test_sources(void)
{
	begin();
	pkt.ts = 5000;
	g_assert_cmpint(sent(10), ==, 1);
	g_assert_cmpint(sent(13), ==, 4);
	now_us += 100000;
	pkt.source = 2;
	pkt.ts = 0xffffff00u;
	g_assert_cmpint(sent(60000), ==, 5);
	g_assert_cmpuint(got.ts, ==, 1 + 9000);
	g_assert_cmpint(sent(59999), ==, LATE);
	pkt.ts += 0x200;
	g_assert_cmpint(sent(60001), ==, 6);
	g_assert_cmpuint(got.ts, ==, 1 + 9000 + 0x200);
	pkt.substream = 1;
	g_assert_cmpint(sent(60002), ==, 7);
	g_assert_cmpuint(got.ts, ==, 1 + 9000 + 0x200 + 1); /* at least one on */
	pkt.ssrc = 0x12;
	g_assert_cmpint(sent(3), ==, 8);
}

/* A switch behind skipped packets goes on from the last one that was sent. */
static void test_skip_then_switch(void)
{
	begin();
	g_assert_cmpint(sent(10), ==, 1);
	skip(11);
	skip(12);
	pkt.substream = 2;
	g_assert_cmpint(sent(500), ==, 2);
	g_assert_cmpint(sent(501), ==, 3);
}

static void test_break(void)
{
	begin();
	pkt.ts = 100;
	g_assert_cmpint(sent(10), ==, 1);
	limen_rewrite_break(&rw);
	skip(20);
	now_us += 2000000;
	pkt.ts += 180000;
	g_assert_cmpint(sent(400), ==, 2);
	g_assert_cmpuint(got.ts, ==, 1 + 180000);
	g_assert_cmpint(sent(401), ==, 3);
}

/* The source begins anew, or packets did not come this way for long: no hole of thousands. */
static void test_jump(void)
{
	begin();
	g_assert_cmpint(sent(10), ==, 1);
	g_assert_cmpint(sent(3009), ==, 3000);
	g_assert_cmpint(sent(10009), ==, 3001);
	g_assert_cmpint(sent(10010), ==, 3002);
	g_assert_cmpint(sent(1000), ==, 3003);
	g_assert_cmpint(sent(1001), ==, 3004);
	skip(40000);
	g_assert_cmpint(sent(40001), ==, 3005);
	g_assert_cmpint(sent(40000), ==, LATE);
}

static int picture(uint16_t seq, int id, int tl0)
{
	pkt.layer.picture_id = id;
	pkt.layer.tl0_pic_idx = (int16_t)tl0;
	sent(seq);
	return got.picture_id;
}

static void skip_picture(uint16_t seq, int id)
{
	pkt.layer.picture_id = id;
	skip(seq);
}

static void test_picture_ids(void)
{
	begin();
	g_assert_cmpint(picture(10, 0x7ffe, 254), ==, 1);
	g_assert_cmpint(got.tl0_pic_idx, ==, 1);
	g_assert_cmpint(picture(11, 0x7ffe, 254), ==, 1);
	g_assert_cmpint(picture(12, 0x7fff, 255), ==, 2);
	g_assert_cmpint(picture(13, 0, 0), ==, 3);
	g_assert_cmpint(got.tl0_pic_idx, ==, 3);
	pkt.substream = 1;
	g_assert_cmpint(picture(900, 77, 9), ==, 4);
	g_assert_cmpint(got.tl0_pic_idx, ==, 4);
	g_assert_cmpint(picture(901, 78, 9), ==, 5);
	g_assert_cmpint(got.tl0_pic_idx, ==, 4);
}

/* Seven bits of the source come out as seven bits that go on (RFC 7741 §4.2). */
static void test_short_picture_ids(void)
{
	begin();
	for (unsigned i = 0; i < 300; i++) {
		const int id = picture((uint16_t)i, (int)(100 + i) % 128, 0);

		g_assert_cmpint(id & 0x7f, ==, (int)(i + 1) % 128);
	}
	pkt.substream = 1;
	g_assert_cmpint(picture(0, 5, 0) & 0x7f, ==, 301 % 128);
}

static void test_long_picture_ids(void)
{
	begin();
	for (unsigned i = 0; i < 70000; i++)
		g_assert_cmpint(picture((uint16_t)i, (int)(0x7ff0 + i) & 0x7fff, 0), ==,
			(int)(i + 1) & 0x7fff);
}

/* Pictures of a left out temporal layer leave no hole either, however many packets they have. */
static void test_skipped_pictures(void)
{
	begin();
	g_assert_cmpint(picture(10, 0x7ffe, 1), ==, 1);
	skip_picture(11, 0x7fff);
	skip_picture(12, 0x7fff);
	skip_picture(13, 0x7fff);
	g_assert_cmpint(picture(14, 0, 2), ==, 2);
	g_assert_cmpint(picture(15, 0, 2), ==, 2);
	skip_picture(16, 1);
	skip_picture(17, 2);
	skip_picture(18, 2);
	g_assert_cmpint(picture(20, 3, 3), ==, 3);
	g_assert_cmpint(got.seq, ==, 5);
	g_assert_cmpint(picture(19, 3, 3), ==, 3);
	g_assert_cmpint(got.seq, ==, 4);
	/* the rest of a picture that was begun */
	skip_picture(21, 3);
	g_assert_cmpint(picture(22, 4, 4), ==, 4);
	/* a lost picture stays a hole */
	g_assert_cmpint(picture(24, 6, 5), ==, 6);
	g_assert_cmpint(picture(23, 5, 5), ==, 5);
}

/* VP9 counts references in picture ids: what is left out shows, a change of source does not. */
static void test_vp9_picture_ids(void)
{
	begin();
	pkt.codec = LIMEN_VP9;
	g_assert_cmpint(picture(10, 0x7ffd, 254), ==, 1);
	skip_picture(11, 0x7ffe);
	g_assert_cmpint(picture(12, 0x7fff, 255), ==, 3);
	skip_picture(13, 0);
	skip_picture(14, 1);
	g_assert_cmpint(picture(15, 2, 0), ==, 6);
	g_assert_cmpint(got.seq, ==, 3);
	g_assert_cmpint(got.tl0_pic_idx, ==, 3);
	pkt.substream = 1;
	g_assert_cmpint(picture(900, 77, 9), ==, 7);
	g_assert_cmpint(got.tl0_pic_idx, ==, 4);
	skip_picture(901, 78);
	g_assert_cmpint(picture(902, 79, 9), ==, 9);
}

/* Substreams in turn, each with numbers of its own that wrap, while packets are lost, overtaken and
 * left out: what comes out counts on, and no number means two things. */
static void test_switches(void)
{
	uint16_t in[3] = { 65530, 3, 32765 }, last_seq = 0;
	int ids[3] = { 0x7ffe, 0, 0x3fff }, tl0[3] = { 0, 255, 100 };
	uint32_t last_ts = 0, ts[3] = { 0xfffffff0u, 5, 0x7fffff00u };

	begin();
	for (unsigned i = 0; i < 200000; i++) {
		const unsigned k = i / 37 % 3;
		const bool lost = i % 37 % 36 && i % 11 == 5, late = i % 37 > 3 && i % 13 == 7;

		now_us += 33000;
		pkt.substream = (int8_t)k;
		pkt.ssrc = k;
		for (unsigned n = 0; n < 3; n++) {
			in[n]++;
			ids[n] = (ids[n] + 1) & 0x7fff;
			tl0[n] = (tl0[n] + 1) & 0xff;
			ts[n] += 2970;
		}
		pkt.ts = ts[k];
		if (lost) {
			last_seq++;
			continue;
		}
		g_assert_cmpint(picture(in[k], ids[k], tl0[k]), >=, 0);
		g_assert_cmpuint(got.seq, ==, ++last_seq);
		g_assert_cmpuint(got.picture_id, ==, last_seq & 0x7fff);
		g_assert_cmpuint(got.tl0_pic_idx, ==, last_seq & 0xff);
		g_assert_cmpint((int32_t)(got.ts - last_ts), >, 0);
		g_assert_cmpint((int32_t)(got.ts - last_ts), <=, 3 * 2970);
		last_ts = got.ts;
		if (late) { /* the one before once more */
			pkt.ts -= 2970;
			g_assert_cmpint(sent((uint16_t)(in[k] - 1)), ==, (uint16_t)(last_seq - 1));
		}
	}
}

/* What the old substream still sends after the change is no business of this stream: layer
 * selection left it out, and leaving out does nothing to the numbers. */
static void test_old_layer_goes_on(void)
{
	begin();
	g_assert_cmpint(picture(10, 5, 1), ==, 1);
	pkt.substream = 1;
	pkt.ssrc = 0x22;
	g_assert_cmpint(picture(700, 90, 7), ==, 2);
	pkt.substream = 0;
	pkt.ssrc = 0x11;
	skip_picture(11, 6);
	skip_picture(9, 4);
	pkt.substream = 1;
	pkt.ssrc = 0x22;
	g_assert_cmpint(picture(701, 91, 8), ==, 3);
	g_assert_cmpint(got.seq, ==, 3);
	g_assert_cmpint(sent(699), ==, LATE); /* of before the keyframe */
}

/* A late packet of before a skip keeps the picture that its number belongs to. */
static void test_late_picture(void)
{
	begin();
	g_assert_cmpint(picture(10, 50, 1), ==, 1);
	skip_picture(12, 51);
	g_assert_cmpint(picture(13, 52, 2), ==, 2);
	g_assert_cmpint(picture(11, 50, 1), ==, 1);
	g_assert_cmpint(picture(14, 53, 2), ==, 3);
	pkt.substream = 1;
	g_assert_cmpint(picture(800, 9, 2), ==, 4);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rewrite/first", test_first);
	g_test_add_func("/rewrite/long", test_long);
	g_test_add_func("/rewrite/long-with-skips", test_long_with_skips);
	g_test_add_func("/rewrite/skip", test_skip);
	g_test_add_func("/rewrite/late", test_late);
	g_test_add_func("/rewrite/late-skip", test_late_skip);
	g_test_add_func("/rewrite/many-skips", test_many_skips);
	g_test_add_func("/rewrite/skip-before-start", test_skip_before_start);
	g_test_add_func("/rewrite/sources", test_sources);
	g_test_add_func("/rewrite/skip-then-switch", test_skip_then_switch);
	g_test_add_func("/rewrite/break", test_break);
	g_test_add_func("/rewrite/jump", test_jump);
	g_test_add_func("/rewrite/picture-ids", test_picture_ids);
	g_test_add_func("/rewrite/short-picture-ids", test_short_picture_ids);
	g_test_add_func("/rewrite/long-picture-ids", test_long_picture_ids);
	g_test_add_func("/rewrite/skipped-pictures", test_skipped_pictures);
	g_test_add_func("/rewrite/vp9-picture-ids", test_vp9_picture_ids);
	g_test_add_func("/rewrite/switches", test_switches);
	g_test_add_func("/rewrite/old-layer-goes-on", test_old_layer_goes_on);
	g_test_add_func("/rewrite/late-picture", test_late_picture);
	return g_test_run();
}
