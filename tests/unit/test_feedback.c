/*
 * Keyframe requests in RTCP: PLI, FIR, compounds, and bytes that lie about their length.
 */
#include "kit/feedback.h"
#include "tests/lib/hex.h"

static GString *told;

static void note(uint32_t ssrc, void *arg)
{
	g_string_append_printf(arg, "%u ", ssrc);
}

static int read_hex(const char *text)
{
	size_t len;
	g_autofree uint8_t *bytes = hex_new(text, &len);

	g_string_truncate(told, 0);
	return limen_feedback_read(bytes, len, note, told);
}

static void test_table(void)
{
	static const struct {
		const char *hex, *told;
		int err;
	} cases[] = {
		{ "", "", 0 },
		{ "81ce0002 00000001 000003f2", "1010 ", 0 },
		/* RR, then PLI */
		{ "80c90001 00000001 81ce0002 00000001 000003f2", "1010 ", 0 },
		/* FIR names its media in the entries */
		{ "84ce0006 00000001 00000000 000003f2 01000000 000003fc 02000000", "1010 1020 ",
			0 },
		/* half an entry */
		{ "84ce0003 00000001 00000000 000003f2", "", 0 },
		/* REMB and NACK are no keyframe requests */
		{ "8fce0002 00000001 00000000", "", 0 },
		{ "81cd0003 00000001 000003f2 00010000", "", 0 },
		/* a PLI without its media */
		{ "81ce0001 00000001", "", 0 },
		{ "81ce0002 00000001 000003f2 81ce0003 00000001 000003f2", "1010 ", LIMEN_EPROTO },
		{ "81ce00", "", LIMEN_EPROTO },
		{ "41ce0002 00000001 000003f2", "", LIMEN_EPROTO },
		{ "80000000 00000000", "", LIMEN_EPROTO },
	};

	told = g_string_new(NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_assert_cmpint(read_hex(cases[i].hex), ==, cases[i].err);
		g_assert_cmpstr(told->str, ==, cases[i].told);
	}
	g_string_free(told, TRUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/feedback/table", test_table);
	return g_test_run();
}
