/*
 * H.265 payloads (RFC 7798 §4.4): single NAL units, aggregation packets, fragmentation units, and
 * lying sizes inside them. One thread.
 */
#include "tests/lib/layer_check.h"

static const struct layer_case cases[] = {
	{ "VPS", "40 01 0c", "key start" },
	{ "SPS", "42 01 01", "key start" },
	{ "PPS", "44 01 c1", "key start" },
	{ "BLA_W_LP, the first random access picture", "20 01", "key start bare" },
	{ "IDR_W_RADL", "26 01 af", "key start bare" },
	{ "CRA, the last one", "2a 01 af", "key start bare" },
	{ "reserved type after them", "2c 01 af", "start" },
	{ "RASL_R, the type before them", "1e 01 af", "start" },
	{ "trailing picture", "02 01 d0", "start" },
	{ "delimiter", "46 01 10", "start" },
	{ "layer and temporal bits are not the type", "27 ff af", "key start bare" },
	{ "AP of VPS and SPS", "60 01 0003 40010c 0003 420101", "key start" },
	{ "AP of SEI and IDR", "60 01 0003 4e0105 0003 2601af", "key start bare" },
	{ "AP of VPS, SPS and IDR", "60 01 0003 40010c 0003 420101 0003 2601af", "key start" },
	{ "AP of trailing pictures", "60 01 0003 0201d0 0003 0201d1", "start" },
	{ "AP: a size lies", "60 01 0008 4e0105 0003 2601af", "start" },
	{ "AP: a unit shorter than its header ends it", "60 01 0001 02 0003 2601af", "start" },
	{ "AP: nothing in it", "60 01", "start" },
	{ "FU, first of an IDR", "62 01 93 af", "key start bare" },
	{ "FU, middle of an IDR", "62 01 13 af", "" },
	{ "FU, last of an IDR", "62 01 53 af", "" },
	{ "FU, first of a trailing picture", "62 01 81 d0", "start" },
	{ "FU without its header", "62 01", "" },
	{ "half a header", "40", "" },
};

static void test_inspect(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++)
		layer_check(LIMEN_H265, &cases[i]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/codec_h265/inspect", test_inspect);
	return g_test_run();
}
