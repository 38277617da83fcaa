/*
 * VP9 payload descriptors (RFC 9628 §4.2): flexible and non-flexible mode, layers, references,
 * scalability structure. One thread.
 */
#include "tests/lib/layer_check.h"

static const struct layer_case cases[] = {
	{ "first byte alone: B and E", "0c", "key start end" },
	{ "predicted, in the middle", "40 aa", "pred" },
	{ "not predicted, not the start", "04 aa", "end" },
	{ "Z", "4d", "start end nonref pred" },
	{ "7 bit picture id", "88 7f", "key start pid=127" },
	{ "15 bit picture id", "c8 ff ff", "start pred pid=32767" },
	{ "non-flexible: layers and TL0PICIDX", "e8 81 02 51 fd",
		"start up inter pred sid=0 tid=2 pid=258 tl0=253" },
	{ "non-flexible: upper spatial layer is no keyframe", "ac 05 05 09",
		"start end inter sid=2 tid=0 pid=5 tl0=9" },
	{ "non-flexible keyframe of the base layer", "a8 05 00 09",
		"key start sid=0 tid=0 pid=5 tl0=9" },
	{ "flexible: no TL0PICIDX", "b8 05 22", "start sid=1 tid=1 pid=5" },
	{ "flexible, one reference", "d8 05 02 aa", "start pred pid=5" },
	{ "flexible, three references, then a structure", "da 05 03 05 06 10 01 40 00 b4",
		"start pred pid=5 of=1 320x180" },
	{ "flexible, a fourth reference is payload", "d8 05 03 05 07", "start pred pid=5" },
	{ "flexible, third reference not there", "d8 05 03 05", "" },
	{ "structure of three layers: the highest is told",
		"8a 05 58 01 40 00 b4 02 80 01 68 05 00 02 d0 01 00 01 00",
		"key start pid=5 of=3 1280x720" },
	{ "structure without sizes", "8a 05 40", "key start pid=5 of=3" },
	{ "structure of one layer", "8a 05 00", "key start pid=5 of=1" },
	{ "structure of two layers, the second size cut", "8a 05 30 01 40 00 b4 02 80", "" },
	{ "a layer that begins: of the layer below only, not a base layer", "ac 05 03 09",
		"start end inter sid=1 tid=0 pid=5 tl0=9" },
	{ "structure not there", "8a 05", "" },
	{ "structure with half a size", "8a 05 10 01 40 00", "" },
	{ "picture id not there", "88", "" },
	{ "half a picture id", "88 81", "" },
	{ "layers not there", "a8 05", "" },
	{ "TL0PICIDX not there", "a8 05 00", "" },
};

static void test_inspect(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++)
		layer_check(LIMEN_VP9, &cases[i]);
}

/* The descriptor with its numbers replaced is wanted; nothing else may change. */
static void renumber(const char *before, uint16_t picture_id, uint8_t tl0, const char *after)
{
	size_t len, want_len;
	g_autofree uint8_t *bytes = hex_new(before, &len), *want = hex_new(after, &want_len);

	limen_vp9_renumber(bytes, len, picture_id, tl0);
	g_assert_cmpmem(bytes, len, want, want_len);
}

static void test_renumber(void)
{
	renumber("a8 81 02 51 fd aa", 0x7ffe, 9, "a8 ff fe 51 09 aa");
	renumber("a8 11 51 fd aa", 0x0180, 9, "a8 00 51 09 aa");       /* stays 7 bits wide */
	renumber("b8 81 02 51 fd aa", 0x0001, 9, "b8 80 01 51 fd aa"); /* flexible: no TL0PICIDX */
	renumber("88 81 02 51 fd", 0x0001, 9, "88 80 01 51 fd");
	renumber("28 51 fd", 0x0001, 9, "28 51 fd"); /* without a picture id */
	renumber("a8 81", 0x0001, 9, "a8 81");
	renumber("a8 11 51", 0x0001, 9, "a8 01 51");
	renumber("a8", 0x0001, 9, "a8");
	limen_vp9_renumber(NULL, 0, 1, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/codec_vp9/inspect", test_inspect);
	g_test_add_func("/codec_vp9/renumber", test_renumber);
	return g_test_run();
}
