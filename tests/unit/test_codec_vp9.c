/*
 * VP9 payload descriptors (RFC 9628 §4.2): flexible and non-flexible mode, layers, references,
 * scalability structure. One thread.
 */
#include "tests/lib/layer_check.h"

static const struct layer_case cases[] = {
	{ "first byte alone: B and E", "0c", "key start end" },
	{ "predicted, in the middle", "40 aa", "" },
	{ "not predicted, not the start", "04 aa", "end" },
	{ "Z", "4d", "start end nonref" },
	{ "7 bit picture id", "88 7f", "key start pid=127" },
	{ "15 bit picture id", "c8 ff ff", "start pid=32767" },
	{ "non-flexible: layers and TL0PICIDX", "e8 81 02 51 fd",
		"start up inter sid=0 tid=2 pid=258 tl0=253" },
	{ "non-flexible: upper spatial layer is no keyframe", "ac 05 05 09",
		"start end inter sid=2 tid=0 pid=5 tl0=9" },
	{ "non-flexible keyframe of the base layer", "a8 05 00 09",
		"key start sid=0 tid=0 pid=5 tl0=9" },
	{ "flexible: no TL0PICIDX", "b8 05 22", "start sid=1 tid=1 pid=5" },
	{ "flexible, one reference", "d8 05 02 aa", "start pid=5" },
	{ "flexible, three references, then a structure", "da 05 03 05 06 10 01 40 00 b4",
		"start pid=5 320x180" },
	{ "flexible, a fourth reference is payload", "d8 05 03 05 07", "start pid=5" },
	{ "flexible, third reference not there", "d8 05 03 05", "" },
	{ "structure of three layers: the lowest is told",
		"8a 05 58 01 40 00 b4 02 80 01 68 05 00 02 d0 01 00 01 00",
		"key start pid=5 320x180" },
	{ "structure without sizes", "8a 05 40", "key start pid=5" },
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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/codec_vp9/inspect", test_inspect);
	return g_test_run();
}
