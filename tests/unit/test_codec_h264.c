/*
 * H.264 payloads (RFC 6184 §5): single NAL units, STAP-A, FU-A, and lying sizes inside them. One
 * thread.
 */
#include "tests/lib/layer_check.h"

static const struct layer_case cases[] = {
	{ "SPS", "67 42 e0 1f", "key start" },
	{ "SPS of another priority", "27 42 e0 1f", "key start" },
	{ "IDR slice", "65 88 84", "key start bare" },
	{ "other slice", "41 9a", "start" },
	{ "PPS", "68 ce 3c 80", "start" },
	{ "SEI", "06 05", "start" },
	{ "STAP-A of SPS and PPS", "78 0004 6742e01f 0004 68ce3c80", "key start" },
	{ "STAP-A of PPS and IDR", "78 0004 68ce3c80 0003 658884", "key start bare" },
	{ "STAP-A of SPS, PPS and IDR", "78 0004 6742e01f 0004 68ce3c80 0003 658884", "key start" },
	{ "STAP-A of a delimiter and a slice", "78 0002 09f0 0002 419a", "start" },
	{ "STAP-A: the first unit's size lies", "78 0009 68ce3c80 0004 6742e01f", "start" },
	{ "STAP-A: the size of 65535 lies", "78 ffff 6742e01f", "start" },
	{ "STAP-A: an empty unit ends it", "78 0000 0004 6742e01f", "start" },
	{ "STAP-A: nothing in it", "78", "start" },
	{ "STAP-A: half a size", "78 00", "start" },
	{ "FU-A, first of an IDR", "7c 85 88", "key start bare" },
	{ "FU-A, first of an SPS", "7c 87 42", "key start" },
	{ "FU-A, first of a slice", "5c 81 9a", "start" },
	{ "FU-A, middle of an IDR", "7c 05 88", "" },
	{ "FU-A, last of an IDR", "7c 45 88", "" },
	{ "FU-A without its header", "7c", "" },
};

static void test_inspect(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++)
		layer_check(LIMEN_H264, &cases[i]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/codec_h264/inspect", test_inspect);
	return g_test_run();
}
