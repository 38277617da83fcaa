/*
 * Which description may follow which.
 */
#include "tests/lib/sdp_text.h"

static void expect(const char *before, const char *now, const char *reason)
{
	g_autoptr(limen_sdp) a = sdp_from_text(before);
	g_autoptr(limen_sdp) b = sdp_from_text(now);
	g_autofree char *why = NULL;

	g_assert_cmpint(limen_sdp_match(a, b, &why), ==, reason ? LIMEN_EINVAL : 0);
	g_assert_cmpstr(why, ==, reason);
}

#define A SDP_AUDIO "a=mid:a\r\n"
#define V SDP_VIDEO "a=mid:v\r\n"
#define STOPPED "m=audio 0 X 0\r\na=mid:a\r\n"

static void test_follows(void)
{
	expect(SDP_HEAD A, SDP_HEAD A, NULL);
	expect(SDP_HEAD A, SDP_HEAD A V, NULL);
	expect(SDP_HEAD A V, SDP_HEAD STOPPED V, NULL);
	expect(SDP_HEAD A, SDP_HEAD SDP_AUDIO "a=mid:a\r\na=inactive\r\n", NULL);
}

static void test_refused(void)
{
	expect(SDP_HEAD A V, SDP_HEAD A, "1 m-lines where there were 2");
	expect(SDP_HEAD A V, SDP_HEAD V A,
		"m-line 0 changed its kind or its mid from \"a\" to \"v\"");
	expect(SDP_HEAD A, SDP_HEAD SDP_AUDIO "a=mid:b\r\n",
		"m-line 0 changed its kind or its mid from \"a\" to \"b\"");
	expect(SDP_HEAD A, SDP_HEAD SDP_VIDEO "a=mid:a\r\n",
		"m-line 0 changed its kind or its mid from \"a\" to \"a\"");
}

/* Chromium puts a new video track where a stopped audio track was. */
static void test_recycled(void)
{
	g_autoptr(limen_sdp) stopped = sdp_from_file("chromium-stopped");
	g_autoptr(limen_sdp) recycled = sdp_from_file("chromium-recycled");
	g_autofree char *why = NULL;

	g_assert_cmpint(limen_sdp_match(stopped, recycled, &why), ==, 0);
	g_assert_cmpint(limen_sdp_line(stopped, 0)->kind, !=, limen_sdp_line(recycled, 0)->kind);
	expect(SDP_HEAD STOPPED, SDP_HEAD V, NULL);
	expect(SDP_HEAD STOPPED, SDP_HEAD SDP_AUDIO "a=mid:b\r\n", NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/match/follows", test_follows);
	g_test_add_func("/match/refused", test_refused);
	g_test_add_func("/match/recycled", test_recycled);
	return g_test_run();
}
