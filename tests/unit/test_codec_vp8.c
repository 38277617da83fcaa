/*
 * VP8 payload descriptors (RFC 7741 §4.2, examples of §4.5) and the head of a keyframe (§4.3), and
 * the renumbering of descriptors. One thread.
 */
#include "tests/lib/layer_check.h"

static const struct layer_case cases[] = {
	{ "interframe without extensions", "10 01 00 00", "start" },
	{ "not the first packet", "00 00 11 22 9d 01 2a", "" },
	{ "second partition", "11 00 00 00 9d 01 2a", "" },
	{ "partition 4: all three bits count", "14 00 00 00 9d 01 2a", "" },
	{ "non-reference frame", "30 01", "start nonref" },
	{ "keyframe of 640x480 with scaling bits", "10 10 02 00 9d 01 2a 80 42 e0 81",
		"key start 640x480" },
	{ "keyframe whose size is cut", "10 00 00 00 9d 01 2a 80 02 e0", "key start" },
	{ "P=0 without the start code", "10 00 00 00 9d 01 2b 80 02 e0 01", "start" },
	{ "P=1 with the start code", "10 01 00 00 9d 01 2a 80 02 e0 01", "start" },
	{ "7 bit picture id", "90 80 11 01", "start pid=17" },
	{ "7 bit picture id, highest", "90 80 7f 01", "start pid=127" },
	{ "15 bit picture id", "90 80 92 34 01", "start pid=4660" },
	{ "15 bit picture id, highest", "90 80 ff ff 01", "start pid=32767" },
	{ "15 bit picture id of a small number", "90 80 80 05 01", "start pid=5" },
	{ "TL0PICIDX alone", "90 40 fe 01", "start tl0=254" },
	{ "TID 1 with Y", "90 20 60 01", "start up tid=1" },
	{ "TID 2, KEYIDX bits are not it", "90 30 9f 01", "start tid=2" },
	{ "KEYIDX alone: TID and Y are to be ignored", "90 10 e3 01", "start" },
	{ "keyframe with everything", "90 f0 81 02 07 20 00 00 00 9d 01 2a 40 01 b4 00",
		"key start up tid=0 pid=258 tl0=7 320x180" },
	{ "X without any extension", "90 00 01", "start" },
	{ "X and nothing behind it", "90", "" },
	{ "picture id promised, not there", "90 80", "" },
	{ "second half of the picture id not there", "90 80 81", "" },
	{ "TL0PICIDX not there", "90 c0 11", "" },
	{ "TID not there", "90 e0 11 22", "" },
};

static void test_inspect(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++)
		layer_check(LIMEN_VP8, &cases[i]);
}

/* The descriptor with its numbers replaced is wanted; nothing else may change. */
static void renumber(const char *before, uint16_t picture_id, uint8_t tl0, const char *after)
{
	size_t len, want_len;
	g_autofree uint8_t *bytes = hex_new(before, &len), *want = hex_new(after, &want_len);

	limen_vp8_renumber(bytes, len, picture_id, tl0);
	g_assert_cmpmem(bytes, len, want, want_len);
}

static void test_renumber(void)
{
	renumber("90 e0 92 34 07 60 01", 0x7ffe, 9, "90 e0 ff fe 09 60 01");
	renumber("90 e0 92 34 07 60 01", 0x0001, 0, "90 e0 80 01 00 60 01");
	renumber("90 e0 92 34 07 60 01", 0xffff, 255, "90 e0 ff ff ff 60 01");
	renumber("90 80 11 01", 0x0012, 9, "90 80 12 01");
	renumber("90 80 11 01", 0x0180, 9, "90 80 00 01"); /* stays 7 bits wide */
	renumber("90 40 11 01", 0x0012, 9, "90 40 09 01");
	renumber("90 20 60 01", 0x0012, 9, "90 20 60 01");
	renumber("10 80 11 01", 0x0012, 9, "10 80 11 01"); /* no X: that is payload */
}

static void test_renumber_cut(void)
{
	size_t len;
	g_autofree uint8_t *whole = hex_new("90 f0 92 34 07 60 01 02", &len);

	for (size_t n = 0; n < 6; n++) {
		g_autofree uint8_t *cut = hex_cut(whole, n);

		limen_vp8_renumber(cut, n, 1, 1);
		g_assert_cmpmem(cut, n, whole, n);
	}
	limen_vp8_renumber(whole, 6, 1, 1);
	g_assert_cmpuint(whole[3], ==, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/codec_vp8/inspect", test_inspect);
	g_test_add_func("/codec_vp8/renumber", test_renumber);
	g_test_add_func("/codec_vp8/renumber-cut", test_renumber_cut);
	return g_test_run();
}
