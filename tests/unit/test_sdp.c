/*
 * Copies of descriptions, what plugins do not see, and where the transport is read.
 */
#include "tests/lib/sdp_text.h"

#define CREDENTIALS(name, role)                                                                    \
	"a=ice-ufrag:" name "\r\na=ice-pwd:" name "5678901234567890123\r\n"                        \
	"a=fingerprint:sha-1 00:" name "\r\na=setup:" role "\r\n"

static void test_strip(void)
{
	g_autoptr(limen_sdp) sdp = sdp_from_file("chromium");
	const struct limen_sdp_media *audio = limen_sdp_line(sdp, 0),
				     *video = limen_sdp_line(sdp, 1);
	bool audio_red = false;

	limen_sdp_strip(sdp);
	g_assert_null(sdp->transport);
	g_assert_null(video->transport);
	g_assert_cmpint(limen_sdp_rtx_of(video, 96), ==, -1);
	for (guint i = 0; i < audio->formats->len; i++)
		audio_red |= strcmp(sdp_format(audio, i)->name, "red") == 0;
	g_assert_true(audio_red);
	for (guint i = 0; i < video->formats->len; i++)
		g_assert_cmpint(sdp_format(video, i)->codec, !=, LIMEN_CODEC_NONE);
	g_assert_cmpint(video->formats->len, >, 0);
}

static void test_copy(void)
{
	g_autoptr(limen_sdp) sdp = sdp_from_file("firefox");
	g_autoptr(limen_sdp) copy = limen_sdp_copy(sdp);
	const struct limen_sdp_media *a = limen_sdp_line(sdp, 1), *b = limen_sdp_line(copy, 1);

	g_assert_cmpuint(copy->id, ==, sdp->id);
	g_assert_cmpstr(copy->name, ==, sdp->name);
	g_assert_cmpuint(copy->media->len, ==, 4);
	g_assert_null(copy->transport);
	g_assert_null(b->transport);
	g_assert_cmpstr(b->mid, ==, a->mid);
	g_assert_cmpstr(b->msid, ==, a->msid);
	g_assert_cmpuint(b->formats->len, ==, a->formats->len);
	g_assert_cmpstr(sdp_format(b, 0)->fmtp, ==, sdp_format(a, 0)->fmtp);
	g_assert_cmpuint(sdp_format(b, 0)->feedback->len, ==, 5);
	g_assert_cmpuint(b->rids->len, ==, 3);
	g_assert_true(sdp_rid(b, 1)->paused && b->simulcast);
	g_assert_cmpmem(b->ext_id, sizeof(b->ext_id), a->ext_id, sizeof(a->ext_id));
	g_assert_cmpint(b->dir, ==, LIMEN_SENDONLY);
}

static void test_fmtp(void)
{
	static const char *const fmtp = "apt=96; Profile-Id=2 ;x;y=;apt=97";
	g_autofree char *apt = limen_sdp_fmtp_get(fmtp, "apt");
	g_autofree char *profile = limen_sdp_fmtp_get(fmtp, "profile-id");
	g_autofree char *empty = limen_sdp_fmtp_get(fmtp, "y");

	g_assert_cmpstr(apt, ==, "96");
	g_assert_cmpstr(profile, ==, "2");
	g_assert_cmpstr(empty, ==, "");
	g_assert_null(limen_sdp_fmtp_get(fmtp, "x"));
	g_assert_null(limen_sdp_fmtp_get(fmtp, "ap"));
	g_assert_null(limen_sdp_fmtp_get(NULL, "apt"));
}

static void expect_transport(
	const struct limen_sdp *sdp, const char *name, enum limen_sdp_setup setup)
{
	g_assert_cmpstr(limen_sdp_ufrag(sdp), ==, name);
	g_assert_true(g_str_has_prefix(limen_sdp_pwd(sdp), name));
	g_assert_true(g_str_has_suffix(limen_sdp_fingerprint(sdp)->fingerprint, name));
	g_assert_cmpint(limen_sdp_setup(sdp), ==, setup);
}

static void test_levels(void)
{
	g_autoptr(limen_sdp) session =
		sdp_from_text(SDP_HEAD CREDENTIALS("AA:A1", "active") SDP_AUDIO SDP_VIDEO);
	g_autoptr(limen_sdp) both = sdp_from_text(
		SDP_HEAD CREDENTIALS("AA:A1", "active") SDP_AUDIO CREDENTIALS("BB:B1", "passive")
			SDP_VIDEO CREDENTIALS("CC:C1", "holdconn"));

	expect_transport(session, "AA:A1", LIMEN_SETUP_ACTIVE);
	expect_transport(both, "BB:B1", LIMEN_SETUP_PASSIVE);
	g_assert_cmpuint(limen_sdp_first(both), ==, 0);
}

/* A stopped first m-line has no transport: Firefox writes none there. */
static void test_first(void)
{
	g_autoptr(limen_sdp) sdp = sdp_from_file("firefox-stopped");
	g_autoptr(limen_sdp) all = sdp_from_text(SDP_HEAD "m=audio 0 X 0\r\nm=video 0 X 96\r\n");

	g_assert_cmpuint(limen_sdp_first(sdp), ==, 1);
	g_assert_cmpstr(limen_sdp_ufrag(sdp), ==, "f0a5c3d1");
	g_assert_cmpstr(limen_sdp_pwd(sdp), ==, "5c2fe1d4f4d0d3f0b0d6a8f7d3a7c9b1");
	g_assert_cmpint(limen_sdp_setup(sdp), ==, LIMEN_SETUP_ACTPASS);
	g_assert_nonnull(limen_sdp_fingerprint(sdp));
	g_assert_cmpuint(limen_sdp_first(all), ==, 0);
}

static void test_directions(void)
{
	g_assert_cmpstr(limen_sdp_dir_text(LIMEN_INACTIVE), ==, "inactive");
	g_assert_cmpstr(limen_sdp_dir_text(LIMEN_SENDONLY), ==, "sendonly");
	g_assert_cmpstr(limen_sdp_dir_text(LIMEN_RECVONLY), ==, "recvonly");
	g_assert_cmpstr(limen_sdp_dir_text(LIMEN_SENDRECV), ==, "sendrecv");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sdp/strip", test_strip);
	g_test_add_func("/sdp/copy", test_copy);
	g_test_add_func("/sdp/fmtp", test_fmtp);
	g_test_add_func("/sdp/levels", test_levels);
	g_test_add_func("/sdp/first", test_first);
	g_test_add_func("/sdp/directions", test_directions);
	return g_test_run();
}
