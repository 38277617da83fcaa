/*
 * Answers to real offers by the rules of the plugins (spec plugin-videoroom §7, plugin-echotest
 * B.3, api-core §9.2).
 */
#include "tests/lib/sdp_text.h"

static const enum limen_codec only_vp9[] = { LIMEN_VP9, LIMEN_CODEC_NONE };
static const enum limen_codec h264_vp8[] = { LIMEN_H264, LIMEN_VP8, LIMEN_CODEC_NONE };
static const enum limen_codec only_h265[] = { LIMEN_H265, LIMEN_CODEC_NONE };
static const enum limen_codec only_pcma[] = { LIMEN_PCMA, LIMEN_CODEC_NONE };

#define EXT(name) (1u << LIMEN_EXT_##name)

static struct limen_sdp *answer(const char *file, const struct limen_answer_rules *rules)
{
	g_autoptr(limen_sdp) offer = sdp_from_file(file);
	struct limen_sdp *out;

	limen_sdp_strip(offer);
	g_assert_cmpint(limen_sdp_answer(offer, rules, &out), ==, 0);
	g_assert_cmpuint(out->media->len, ==, offer->media->len);
	g_assert_cmpuint(out->id, ==, offer->id);
	g_assert_cmpuint(out->version, ==, offer->version);
	for (guint i = 0; i < out->media->len; i++) {
		g_assert_cmpstr(limen_sdp_line(out, i)->mid, ==, limen_sdp_line(offer, i)->mid);
		g_assert_cmpint(limen_sdp_line(out, i)->kind, ==, limen_sdp_line(offer, i)->kind);
		g_assert_cmpstr(limen_sdp_line(out, i)->proto, ==, limen_sdp_line(offer, i)->proto);
	}
	return out;
}

static void expect_format(
	const struct limen_sdp_media *m, int pt, enum limen_codec codec, const char *fmtp)
{
	g_assert_cmpuint(m->formats->len, ==, 1);
	g_assert_cmpint(sdp_format(m, 0)->pt, ==, pt);
	g_assert_cmpint(sdp_format(m, 0)->codec, ==, codec);
	g_assert_cmpstr(sdp_format(m, 0)->fmtp, ==, fmtp);
}

/* Whatever the offer prefers, with its numbers. */
static void test_plain(void)
{
	g_autoptr(limen_sdp) a = answer("chromium", &(struct limen_answer_rules){ 0 });
	const struct limen_sdp_media *data = limen_sdp_line(a, 2);

	expect_format(limen_sdp_line(a, 0), 111, LIMEN_OPUS, "useinbandfec=1");
	expect_format(limen_sdp_line(a, 1), 96, LIMEN_VP8, NULL);
	g_assert_cmpint(limen_sdp_line(a, 0)->dir, ==, LIMEN_SENDRECV);
	g_assert_false(data->rejected);
	g_assert_cmpint(data->dir, ==, LIMEN_SENDRECV);
	for (int e = 0; e < LIMEN_EXTS; e++)
		g_assert_cmpuint(limen_sdp_line(a, 1)->ext_id[e], ==, 0);
}

static void test_feedback(void)
{
	static const char *const wanted[] = { "ccm fir", "nack", "nack pli", "goog-remb",
		"transport-cc" };
	g_autoptr(limen_sdp) with = answer(
		"firefox", &(struct limen_answer_rules){ .exts = EXT(TRANSPORT_CC) | EXT(MID) });
	g_autoptr(limen_sdp) without = answer("firefox", &(struct limen_answer_rules){ 0 });
	const GPtrArray *list = sdp_format(limen_sdp_line(with, 1), 0)->feedback;

	g_assert_cmpuint(list->len, ==, 5);
	for (guint i = 0; i < 5; i++)
		g_assert_cmpstr(g_ptr_array_index(list, i), ==, wanted[i]);
	g_assert_cmpuint(sdp_format(limen_sdp_line(without, 1), 0)->feedback->len, ==, 4);
	/* Firefox does not offer the extension for audio. */
	g_assert_cmpuint(sdp_format(limen_sdp_line(with, 0), 0)->feedback->len, ==, 0);
}

/* Ids are the offer's; what was not offered is not answered. */
static void test_extensions(void)
{
	const uint32_t exts = EXT(MID) | EXT(RID) | EXT(AUDIO_LEVEL) | EXT(ABS_CAPTURE_TIME);
	g_autoptr(limen_sdp) a = answer("firefox", &(struct limen_answer_rules){ .exts = exts });
	const struct limen_sdp_media *audio = limen_sdp_line(a, 0), *video = limen_sdp_line(a, 1);

	g_assert_cmpuint(audio->ext_id[LIMEN_EXT_AUDIO_LEVEL], ==, 1);
	g_assert_cmpuint(audio->ext_id[LIMEN_EXT_MID], ==, 3);
	g_assert_cmpuint(audio->ext_id[LIMEN_EXT_RID], ==, 0);
	g_assert_cmpuint(video->ext_id[LIMEN_EXT_RID], ==, 8);
	g_assert_cmpuint(video->ext_id[LIMEN_EXT_ABS_SEND_TIME], ==, 0);
	g_assert_cmpuint(video->ext_id[LIMEN_EXT_ABS_CAPTURE_TIME], ==, 0);
}

static void test_codecs(void)
{
	g_autoptr(limen_sdp) vp9 = answer(
		"firefox", &(struct limen_answer_rules){ .video = only_vp9, .audio = only_pcma });
	g_autoptr(limen_sdp) h264 =
		answer("firefox", &(struct limen_answer_rules){ .video = h264_vp8 });

	expect_format(limen_sdp_line(vp9, 0), 8, LIMEN_PCMA, NULL);
	expect_format(limen_sdp_line(vp9, 1), 121, LIMEN_VP9, "max-fs=12288;max-fr=60");
	expect_format(limen_sdp_line(h264, 1), 126, LIMEN_H264,
		"profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1");
}

/* Nothing fits: inactive, not rejected, with the offer's first format. */
static void test_no_codec(void)
{
	g_autoptr(limen_sdp) a =
		answer("firefox", &(struct limen_answer_rules){ .video = only_h265 });
	const struct limen_sdp_media *m = limen_sdp_line(a, 1);

	g_assert_false(m->rejected);
	g_assert_cmpint(m->dir, ==, LIMEN_INACTIVE);
	expect_format(m, 120, LIMEN_VP8, "max-fs=12288;max-fr=60");
	g_assert_cmpuint(m->rids->len, ==, 0);
}

/* Answers one video m-line of this text; new. */
static struct limen_sdp *answer_text(const char *text, const struct limen_answer_rules *rules)
{
	g_autoptr(limen_sdp) offer = sdp_from_text(text);
	struct limen_sdp *out;

	g_assert_cmpint(limen_sdp_answer(offer, rules, &out), ==, 0);
	return out;
}

static void expect_pt(const char *lines, const struct limen_answer_rules *rules, int pt)
{
	g_autofree char *text =
		g_strconcat(SDP_HEAD "m=video 9 UDP/TLS/RTP/SAVPF 1 2 3 4\r\n", lines, NULL);
	g_autoptr(limen_sdp) a = answer_text(text, rules);
	const struct limen_sdp_media *m = limen_sdp_line(a, 0);

	g_assert_cmpint(m->dir, ==, pt ? LIMEN_SENDRECV : LIMEN_INACTIVE);
	if (pt)
		g_assert_cmpint(sdp_format(m, 0)->pt, ==, pt);
}

static void test_vp9_profiles(void)
{
	static const char *const lines = "a=rtpmap:1 VP9/90000\r\na=fmtp:1 profile-id=2\r\n"
					 "a=rtpmap:2 VP9/90000\r\n"
					 "a=rtpmap:3 VP8/90000\r\n";

	expect_pt(lines, &(struct limen_answer_rules){ .video = only_vp9 }, 1);
	expect_pt(lines, &(struct limen_answer_rules){ .video = only_vp9, .vp9_profile = "2" }, 1);
	expect_pt(lines, &(struct limen_answer_rules){ .video = only_vp9, .vp9_profile = "0" }, 2);
	expect_pt(lines, &(struct limen_answer_rules){ .video = only_vp9, .vp9_profile = "1" }, 0);
}

/* Packetization mode 1 is preferred; a profile is compared without regard to case. */
static void test_h264_profiles(void)
{
	static const char *const lines =
		"a=rtpmap:1 H264/90000\r\na=fmtp:1 profile-level-id=42e01f\r\n"
		"a=rtpmap:2 H264/90000\r\na=fmtp:2 packetization-mode=1; "
		"profile-level-id=640C1F\r\n"
		"a=rtpmap:3 H264/90000\r\na=fmtp:3 packetization-mode=0;profile-level-id=640c1f\r\n"
		"a=rtpmap:4 VP8/90000\r\n";

	expect_pt(lines, &(struct limen_answer_rules){ .video = h264_vp8 }, 2);
	expect_pt(lines,
		&(struct limen_answer_rules){ .video = h264_vp8, .h264_profile = "640c1f" }, 2);
	expect_pt(lines,
		&(struct limen_answer_rules){ .video = h264_vp8, .h264_profile = "42e01f" }, 1);
	expect_pt(lines,
		&(struct limen_answer_rules){ .video = h264_vp8, .h264_profile = "4d001f" }, 4);
}

static void expect_opus(
	const char *offered, const struct limen_answer_rules *rules, const char *fmtp)
{
	g_autofree char *text = g_strconcat(SDP_HEAD SDP_AUDIO, offered, NULL);
	g_autoptr(limen_sdp) a = answer_text(text, rules);

	expect_format(limen_sdp_line(a, 0), 111, LIMEN_OPUS, fmtp);
}

static void test_opus(void)
{
	static const char *const all =
		"a=fmtp:111 stereo=1;useinbandfec=1;usedtx=1;minptime=10\r\n";
	const struct limen_answer_rules plain = { 0 }, no_fec = { .no_opus_fec = true };
	const struct limen_answer_rules rich = { .opus_dtx = true, .opus_stereo = true };

	expect_opus("", &plain, "useinbandfec=1");
	expect_opus(all, &plain, "useinbandfec=1");
	expect_opus(all, &no_fec, NULL);
	expect_opus(all, &rich, "useinbandfec=1;usedtx=1;stereo=1");
	expect_opus("a=fmtp:111 useinbandfec=0;sprop-stereo=1\r\n", &rich, "stereo=1");
}

static void test_red(void)
{
	g_autoptr(limen_sdp) a =
		answer("chromium", &(struct limen_answer_rules){ .opus_red = true });
	const struct limen_sdp_media *m = limen_sdp_line(a, 0);

	g_assert_cmpuint(m->formats->len, ==, 2);
	g_assert_cmpstr(sdp_format(m, 0)->name, ==, "red");
	g_assert_cmpstr(sdp_format(m, 0)->fmtp, ==, "111/111");
	g_assert_cmpint(limen_sdp_main_format(m)->codec, ==, LIMEN_OPUS);
}

/* One of several is enough, and that of video (RFC 2198 for ULPFEC) is another thing. */
static void test_red_once(void)
{
	g_autoptr(limen_sdp) a = answer_text(SDP_HEAD
		"m=audio 9 UDP/TLS/RTP/SAVPF 111 63 64\r\na=mid:a\r\na=rtpmap:111 opus/48000/2\r\n"
		"a=rtpmap:63 RED/48000/2\r\na=rtpmap:64 red/48000\r\n"
		"m=video 9 UDP/TLS/RTP/SAVPF 96 116\r\na=mid:v\r\na=rtpmap:96 VP8/90000\r\n"
		"a=rtpmap:116 red/90000\r\n",
		&(struct limen_answer_rules){ .opus_red = true });

	g_assert_cmpuint(limen_sdp_line(a, 0)->formats->len, ==, 2);
	g_assert_cmpint(sdp_format(limen_sdp_line(a, 0), 0)->pt, ==, 63);
	g_assert_cmpuint(limen_sdp_line(a, 1)->formats->len, ==, 1);
}

static void expect_dir(enum limen_dir offered, struct limen_answer_rules rules, enum limen_dir dir)
{
	g_autofree char *text =
		g_strdup_printf(SDP_HEAD SDP_AUDIO "a=%s\r\n", limen_sdp_dir_text(offered));
	g_autoptr(limen_sdp) a = answer_text(text, &rules);

	g_assert_cmpint(limen_sdp_line(a, 0)->dir, ==, dir);
}

static void test_directions(void)
{
	const struct limen_answer_rules any = { 0 }, receive = { .dir = LIMEN_RECVONLY };
	const struct limen_answer_rules shy = { .no_sendonly = true };

	expect_dir(LIMEN_SENDRECV, any, LIMEN_SENDRECV);
	expect_dir(LIMEN_SENDONLY, any, LIMEN_RECVONLY);
	expect_dir(LIMEN_RECVONLY, any, LIMEN_SENDONLY);
	expect_dir(LIMEN_INACTIVE, any, LIMEN_INACTIVE);
	expect_dir(LIMEN_SENDRECV, receive, LIMEN_RECVONLY);
	expect_dir(LIMEN_RECVONLY, receive, LIMEN_INACTIVE);
	expect_dir(LIMEN_RECVONLY, shy, LIMEN_INACTIVE);
	expect_dir(LIMEN_SENDRECV, shy, LIMEN_SENDRECV);
}

/* Rids are mirrored in the offer's order, with what is paused. */
static void test_simulcast(void)
{
	static const char *const ids[] = { "h", "m", "l" };
	g_autoptr(limen_sdp) a =
		answer("firefox", &(struct limen_answer_rules){ .dir = LIMEN_RECVONLY });
	g_autoptr(limen_sdp) sends =
		answer("firefox", &(struct limen_answer_rules){ .dir = LIMEN_SENDONLY });
	const struct limen_sdp_media *m = limen_sdp_line(a, 1);

	g_assert_true(m->simulcast);
	g_assert_cmpuint(m->rids->len, ==, 3);
	for (guint i = 0; i < 3; i++) {
		g_assert_cmpstr(sdp_rid(m, i)->id, ==, ids[i]);
		g_assert_false(sdp_rid(m, i)->send);
		g_assert_cmpint(sdp_rid(m, i)->paused, ==, i == 1);
	}
	g_assert_cmpuint(limen_sdp_line(a, 2)->rids->len, ==, 0);
	g_assert_cmpuint(limen_sdp_line(sends, 1)->rids->len, ==, 0);
}

/* Only what the offer sends, and only where it says simulcast (RFC 8853 §5.3). */
static void test_simulcast_asked_for(void)
{
	g_autoptr(limen_sdp) rids_only =
		answer_text(SDP_HEAD SDP_VIDEO "a=rid:a send\r\na=rid:b send\r\n",
			&(struct limen_answer_rules){ 0 });
	g_autoptr(limen_sdp) both = answer_text(SDP_HEAD SDP_VIDEO
		"a=simulcast:send a;b recv c\r\na=rid:a send\r\na=rid:b send\r\na=rid:c recv\r\n",
		&(struct limen_answer_rules){ 0 });

	g_assert_cmpuint(limen_sdp_line(rids_only, 0)->rids->len, ==, 0);
	g_assert_cmpuint(limen_sdp_line(both, 0)->rids->len, ==, 2);
}

static void test_rejected(void)
{
	g_autoptr(limen_sdp) stopped =
		answer("chromium-stopped", &(struct limen_answer_rules){ 0 });
	g_autoptr(limen_sdp) no_data =
		answer("chromium", &(struct limen_answer_rules){ .no_data = true });

	g_assert_true(limen_sdp_line(stopped, 0)->rejected);
	g_assert_cmpint(limen_sdp_line(stopped, 0)->dir, ==, LIMEN_INACTIVE);
	g_assert_false(limen_sdp_line(stopped, 1)->rejected);
	g_assert_true(limen_sdp_line(no_data, 2)->rejected);
	g_assert_false(limen_sdp_line(no_data, 0)->rejected);
}

/* An m-line of nothing but formats that plugins do not see. */
static void test_nothing_left(void)
{
	g_autoptr(limen_sdp) offer = sdp_from_text(
		SDP_HEAD "m=video 9 UDP/TLS/RTP/SAVPF 97\r\na=rtpmap:97 rtx/90000\r\n");
	g_autoptr(limen_sdp) a = NULL;

	limen_sdp_strip(offer);
	g_assert_cmpint(limen_sdp_answer(offer, &(struct limen_answer_rules){ 0 }, &a), ==, 0);
	g_assert_cmpint(limen_sdp_line(a, 0)->dir, ==, LIMEN_INACTIVE);
	g_assert_cmpuint(limen_sdp_line(a, 0)->formats->len, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/answer/plain", test_plain);
	g_test_add_func("/answer/feedback", test_feedback);
	g_test_add_func("/answer/extensions", test_extensions);
	g_test_add_func("/answer/codecs", test_codecs);
	g_test_add_func("/answer/no_codec", test_no_codec);
	g_test_add_func("/answer/vp9_profiles", test_vp9_profiles);
	g_test_add_func("/answer/h264_profiles", test_h264_profiles);
	g_test_add_func("/answer/opus", test_opus);
	g_test_add_func("/answer/red", test_red);
	g_test_add_func("/answer/red-once", test_red_once);
	g_test_add_func("/answer/directions", test_directions);
	g_test_add_func("/answer/simulcast", test_simulcast);
	g_test_add_func("/answer/simulcast_asked_for", test_simulcast_asked_for);
	g_test_add_func("/answer/rejected", test_rejected);
	g_test_add_func("/answer/nothing_left", test_nothing_left);
	return g_test_run();
}
