/*
 * Choosing the inspector of a codec, and what all of them do with nothing, with one byte of any
 * value and with noise. One thread.
 */
#include "tests/lib/layer_check.h"

static const enum limen_codec video[] = { LIMEN_VP8, LIMEN_VP9, LIMEN_H264, LIMEN_H265, LIMEN_AV1 };

static void test_unknown(void)
{
	static const uint8_t keyframe[] = { 0x10, 0x00, 0, 0, 0x9d, 0x01, 0x2a, 1, 0, 1, 0 };
	struct limen_layer l;

	for (int codec = 0; codec <= LIMEN_CODECS; codec++) {
		memset(&l, 0x55, sizeof(l));
		limen_codec_inspect(codec, NULL, 0, &l);
		layer_equal(&l, "");
	}
	limen_codec_inspect(LIMEN_OPUS, keyframe, sizeof(keyframe), &l);
	layer_equal(&l, "");
	limen_codec_inspect(LIMEN_CODECS, keyframe, sizeof(keyframe), &l);
	layer_equal(&l, "");
}

/* The same byte means something else to each codec. */
static void test_chosen(void)
{
	static const struct {
		const char *hex;
		enum limen_codec keyframe_of;
	} cases[] = {
		{ "10 00 0000 9d012a 0100 0100", LIMEN_VP8 },
		{ "8c 01 82 49 83 42", LIMEN_VP9 },
		{ "67 42 e0 1f", LIMEN_H264 },
		{ "40 01 0c 01", LIMEN_H265 },
		{ "08 0a 0b", LIMEN_AV1 },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		size_t len;
		g_autofree uint8_t *bytes = hex_new(cases[i].hex, &len);
		struct limen_layer l;

		limen_codec_inspect(cases[i].keyframe_of, bytes, len, &l);
		g_assert_true(l.keyframe);
	}
}

/* What an end-to-end encrypted payload shows: start codes that were left clear, descriptors. */
static void test_opaque(void)
{
	static const struct {
		enum limen_codec codec;
		const char *hex, *want;
	} cases[] = {
		{ LIMEN_VP8, "90 a0 11 20 10 0200 9d012a 4001 b400", "key start up tid=0 pid=17" },
		{ LIMEN_VP8, "90 a0 11 20 5b 1234 5678", "key start up tid=0 pid=17" },
		{ LIMEN_VP8, "90 a0 11 00 5a 1234 5678", "start tid=0 pid=17" },
		{ LIMEN_VP8, "90 a0 11 60 5a 1234 5678", "start up tid=1 pid=17" },
		{ LIMEN_VP8, "80 a0 11 20 5a 1234 5678", "up tid=0 pid=17" },
		{ LIMEN_VP8, "10 5a 1234 5678", "start" },
		{ LIMEN_VP9, "8a 05 30 0140 00b4 0280 0168 5a5a", "key start pid=5 of=2 640x360" },
		{ LIMEN_AV1, "10 08 00000042a67fd9f0", "start" }, /* a sequence header by chance */
		{ LIMEN_AV1, "18 08 00000042a67fd9f0", "key start" },
		{ LIMEN_H264, "67 42 e0 1f", "key start" },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		size_t len;
		g_autofree uint8_t *bytes = hex_new(cases[i].hex, &len);
		struct limen_layer l;

		for (size_t n = 0; n <= len; n++) {
			g_autofree uint8_t *cut = hex_cut(bytes, n);

			limen_codec_inspect_opaque(cases[i].codec, cut, n, &l);
		}
		layer_equal(&l, cases[i].want);
	}
}

static void check_ranges(const struct limen_layer *l)
{
	g_assert_cmpint(l->spatial, >=, -1);
	g_assert_cmpint(l->spatial, <=, 7);
	g_assert_cmpint(l->temporal, >=, -1);
	g_assert_cmpint(l->temporal, <=, 7);
	g_assert_cmpint(l->picture_id, >=, -1);
	g_assert_cmpint(l->picture_id, <=, 0x7fff);
	g_assert_cmpint(l->tl0_pic_idx, >=, -1);
	g_assert_cmpint(l->tl0_pic_idx, <=, 255);
	g_assert_true(!l->keyframe || l->start);
}

static void test_one_byte(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(video); i++) {
		for (unsigned value = 0; value < 256; value++) {
			g_autofree uint8_t *byte = g_malloc(1);
			struct limen_layer l;

			*byte = (uint8_t)value;
			limen_codec_inspect(video[i], byte, 1, &l);
			check_ranges(&l);
			g_assert_cmpint(l.picture_id, ==, -1);
			g_assert_cmpint(l.width, ==, 0);
		}
	}
}

static void test_noise(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(video); i++) {
		for (unsigned round = 0; round < 20000; round++) {
			const size_t len = (size_t)g_test_rand_int_range(1, 24);
			g_autofree uint8_t *bytes = g_malloc(len);
			struct limen_layer l;

			for (size_t k = 0; k < len; k++)
				bytes[k] = (uint8_t)g_test_rand_int();
			limen_codec_inspect(video[i], bytes, len, &l);
			check_ranges(&l);
		}
	}
}

static void test_clock(void)
{
	g_assert_cmpuint(limen_clock_hz(LIMEN_AUDIO, LIMEN_G722), ==, 8000);
	g_assert_cmpuint(limen_clock_hz(LIMEN_AUDIO, LIMEN_CODEC_NONE), ==, 48000);
	g_assert_cmpuint(limen_clock_hz(LIMEN_VIDEO, LIMEN_CODEC_NONE), ==, 90000);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/codec/unknown", test_unknown);
	g_test_add_func("/codec/chosen", test_chosen);
	g_test_add_func("/codec/opaque", test_opaque);
	g_test_add_func("/codec/one-byte", test_one_byte);
	g_test_add_func("/codec/noise", test_noise);
	g_test_add_func("/codec/clock", test_clock);
	return g_test_run();
}
