/*
 * Our own m-lines: payload types, extension ids and feedback (spec plugin-videoroom §8.2).
 */
#include "tests/lib/sdp_text.h"

static void test_payload_types(void)
{
	static const struct {
		enum limen_codec codec;
		int pt;
	} table[] = {
		{ LIMEN_OPUS, 111 },
		{ LIMEN_MULTIOPUS, 111 },
		{ LIMEN_PCMU, 0 },
		{ LIMEN_PCMA, 8 },
		{ LIMEN_G722, 9 },
		{ LIMEN_ISAC16, 103 },
		{ LIMEN_ISAC32, 104 },
		{ LIMEN_L16_48, 105 },
		{ LIMEN_L16, 106 },
		{ LIMEN_VP8, 96 },
		{ LIMEN_VP9, 101 },
		{ LIMEN_H264, 107 },
		{ LIMEN_AV1, 98 },
		{ LIMEN_H265, 100 },
	};
	g_autoptr(limen_sdp) sdp = limen_sdp_new("x");

	g_assert_cmpuint(G_N_ELEMENTS(table), ==, LIMEN_CODECS - 1);
	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		const struct limen_codec_info *info = limen_codec_info(table[i].codec);
		struct limen_sdp_media *m = limen_sdp_add(
			sdp, info->kind, table[i].codec, LIMEN_SENDONLY, "m", NULL, 0);

		g_assert_cmpint(sdp_format(m, 0)->pt, ==, table[i].pt);
		g_assert_cmpstr(sdp_format(m, 0)->name, ==, info->rtpmap);
		g_assert_cmpint(sdp_format(m, 0)->codec, ==, table[i].codec);
	}
}

/* Redundant audio stands in front, and tells which payload type its blocks have. */
static void test_red(void)
{
	g_autoptr(limen_sdp) sdp = limen_sdp_new("x");
	struct limen_sdp_media *m = limen_sdp_add(
		sdp, LIMEN_AUDIO, LIMEN_OPUS, LIMEN_SENDONLY, "0", "useinbandfec=1", UINT32_MAX);

	limen_sdp_add_red(m);
	g_assert_cmpuint(m->formats->len, ==, 2);
	g_assert_true(limen_sdp_is_red(sdp_format(m, 0)));
	g_assert_cmpint(sdp_format(m, 0)->pt, ==, 63);
	g_assert_cmpint(sdp_format(m, 0)->codec, ==, LIMEN_CODEC_NONE);
	g_assert_cmpstr(sdp_format(m, 0)->fmtp, ==, "111/111");
	g_assert_cmpstr(sdp_format(m, 1)->fmtp, ==, "useinbandfec=1");
	g_assert_false(limen_sdp_is_red(sdp_format(m, 1)));
	m = limen_sdp_add(sdp, LIMEN_AUDIO, LIMEN_PCMU, LIMEN_SENDONLY, "1", NULL, 0);
	limen_sdp_add_red(m);
	g_assert_cmpuint(m->formats->len, ==, 1);
}

static void test_extensions(void)
{
	static const uint8_t ids[LIMEN_EXTS] = { [LIMEN_EXT_AUDIO_LEVEL] = 1,
		[LIMEN_EXT_ABS_SEND_TIME] = 2,
		[LIMEN_EXT_TRANSPORT_CC] = 3,
		[LIMEN_EXT_MID] = 4,
		[LIMEN_EXT_ABS_CAPTURE_TIME] = 11,
		[LIMEN_EXT_PLAYOUT_DELAY] = 12,
		[LIMEN_EXT_ORIENTATION] = 13,
		[LIMEN_EXT_DEPENDENCY] = 14 };
	g_autoptr(limen_sdp) sdp = limen_sdp_new("x");
	struct limen_sdp_media *all =
		limen_sdp_add(sdp, LIMEN_VIDEO, LIMEN_VP8, LIMEN_SENDONLY, "0", NULL, UINT32_MAX);
	struct limen_sdp_media *none =
		limen_sdp_add(sdp, LIMEN_VIDEO, LIMEN_VP8, LIMEN_SENDONLY, "1", NULL, 0);

	for (int e = 0; e < LIMEN_EXTS; e++) {
		g_assert_cmpuint(all->ext_id[e], ==, ids[e]);
		g_assert_cmpuint(none->ext_id[e], ==, 0);
	}
	g_assert_cmpuint(all->ext_id[LIMEN_EXT_RID], ==, 0);
}

static void expect_feedback(const struct limen_sdp_media *m, const char *wanted)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < sdp_format(m, 0)->feedback->len; i++)
		g_string_append_printf(text, "%s%s", i ? "," : "",
			(char *)g_ptr_array_index(sdp_format(m, 0)->feedback, i));
	g_assert_cmpstr(text->str, ==, wanted);
	g_string_free(text, TRUE);
}

static void test_feedback(void)
{
	const uint32_t cc = 1u << LIMEN_EXT_TRANSPORT_CC;
	g_autoptr(limen_sdp) sdp = limen_sdp_new("x");

	expect_feedback(
		limen_sdp_add(sdp, LIMEN_AUDIO, LIMEN_OPUS, LIMEN_SENDONLY, "0", NULL, 0), "");
	expect_feedback(limen_sdp_add(sdp, LIMEN_AUDIO, LIMEN_OPUS, LIMEN_SENDONLY, "1", NULL, cc),
		"transport-cc");
	expect_feedback(limen_sdp_add(sdp, LIMEN_VIDEO, LIMEN_VP8, LIMEN_SENDONLY, "2", NULL, 0),
		"ccm fir,nack,nack pli,goog-remb");
	expect_feedback(limen_sdp_add(sdp, LIMEN_VIDEO, LIMEN_VP8, LIMEN_SENDONLY, "3", NULL, cc),
		"ccm fir,nack,nack pli,goog-remb,transport-cc");
}

static void test_lines(void)
{
	g_autoptr(limen_sdp) sdp = limen_sdp_new("x");
	struct limen_sdp_media *data = limen_sdp_add(
		sdp, LIMEN_DATA, LIMEN_CODEC_NONE, LIMEN_SENDRECV, "d", NULL, UINT32_MAX);
	struct limen_sdp_media *video =
		limen_sdp_add(sdp, LIMEN_VIDEO, LIMEN_VP9, LIMEN_INACTIVE, "v", "profile-id=2", 0);

	g_assert_true(limen_sdp_line(sdp, 0) == data && limen_sdp_line(sdp, 1) == video);
	g_assert_cmpstr(data->proto, ==, "UDP/DTLS/SCTP");
	g_assert_cmpuint(data->formats->len, ==, 0);
	g_assert_cmpstr(video->proto, ==, "UDP/TLS/RTP/SAVPF");
	g_assert_cmpstr(sdp_format(video, 0)->fmtp, ==, "profile-id=2");
	g_assert_cmpint(video->dir, ==, LIMEN_INACTIVE);
	g_assert_cmpstr(video->mid, ==, "v");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/offer/payload_types", test_payload_types);
	g_test_add_func("/offer/red", test_red);
	g_test_add_func("/offer/extensions", test_extensions);
	g_test_add_func("/offer/feedback", test_feedback);
	g_test_add_func("/offer/lines", test_lines);
	return g_test_run();
}
