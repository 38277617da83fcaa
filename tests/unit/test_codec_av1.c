/*
 * The AV1 aggregation header (AV1 RTP specification §4.4). One thread.
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
