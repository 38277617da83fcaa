/*
 * Which description may follow which.
 */
#include "tests/lib/sdp_text.h"

static void expect(const char *before, const char *now, const char *reason)
{
	g_autoptr(limen_sdp) a = sdp_from_text(before);
	g_autoptr(limen_sdp) b = sdp_from_text(now);
	g_autoptr(limen_sdp) outline = limen_sdp_outline(a);
	g_autofree char *why = NULL, *by_outline = NULL;

	g_assert_cmpint(limen_sdp_match(a, b, &why), ==, reason ? LIMEN_EINVAL : 0);
	g_assert_cmpstr(why, ==, reason);
	limen_sdp_match(outline, b, &by_outline);
	g_assert_cmpstr(by_outline, ==, reason);
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

/* Of a browser's description hardly anything is kept. */
static void test_outline(void)
{
	g_autoptr(limen_sdp) full = sdp_from_file("chromium");
	g_autoptr(limen_sdp) outline = limen_sdp_outline(full);
	g_autofree char *why = NULL;

	g_assert_cmpuint(outline->media->len, ==, full->media->len);
	g_assert_null(outline->transport);
	for (guint i = 0; i < outline->media->len; i++) {
		const struct limen_sdp_media *m = limen_sdp_line(outline, i);

		g_assert_cmpuint(m->formats->len + m->attrs->len + m->rids->len, ==, 0);
		g_assert_null(m->transport);
	}
	g_assert_cmpint(limen_sdp_match(outline, full, &why), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/match/follows", test_follows);
	g_test_add_func("/match/refused", test_refused);
	g_test_add_func("/match/recycled", test_recycled);
	g_test_add_func("/match/outline", test_outline);
	return g_test_run();
}
