/*
 * The AV1 aggregation header (AV1 RTP specification §4.4), and sequence headers (AV1 specification
 * §5.5) behind it. One thread.
 */
#include "tests/lib/layer_check.h"

static const struct layer_case cases[] = {
	{ "new sequence, W=1", "18 0a 0b 00", "key start" },
	{ "new sequence, lengths given", "08 02 0a 0b", "key start" },
	{ "N with Z is not allowed", "88 0a 0b", "" },
	{ "Y: goes on in the next packet", "58 0a 0b", "key start" },
	{ "W=3", "30 01 32 01", "start" },
	{ "continued", "80 32", "" },
	{ "continued and goes on", "d0 32", "" },
	{ "header alone", "18", "" },
	{ "sequence header without a size of its own", "10 08 00000042a67fd9f0",
		"key start 1280x720" },
	{ "sequence header with one", "10 0a 08 00000042a67fd9f0", "key start 1280x720" },
	{ "lengths given", "00 09 08 00000042a67fd9f0 02 3000", "key start 1280x720" },
	{ "two elements, three operating points, an extension",
		"20 0f 0c00 0223072cc40c81014f3313fd9e 3000", "key start 640x360" },
	{ "reduced header", "10 08 191dd8cc60", "key start 100x50" },
	{ "timing information: no size", "10 08 040000000000000001", "key start" },
	{ "cut sequence header", "10 08 00000042a67f", "key start" },
	{ "goes on in the next packet", "50 08 00000042a6", "key start" },
	{ "the length lies", "00 7f 08 00000042a67fd9f0", "key start 1280x720" },
	{ "a length without end", "00 ff ff ff ff ff ff ff ff ff", "start" },
	{ "a length of nothing", "00 00", "start" },
	{ "a frame", "10 30 01", "start" },
	{ "continued: no header at all", "90 08 00000042a67fd9f0", "" },
};

static void test_inspect(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++)
		layer_check(LIMEN_AV1, &cases[i]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/codec_av1/inspect", test_inspect);
	return g_test_run();
}
