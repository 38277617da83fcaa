/*
 * Descriptions of real browsers, and descriptions that lie.
 */
#include "tests/lib/sdp_text.h"

static void test_chromium(void)
{
	g_autoptr(limen_sdp) sdp = sdp_from_file("chromium");
	const struct limen_sdp_media *audio = limen_sdp_line(sdp, 0),
				     *video = limen_sdp_line(sdp, 1);
	const struct limen_sdp_media *data = limen_sdp_line(sdp, 2);

	g_assert_cmpuint(sdp->media->len, ==, 3);
	g_assert_cmpuint(sdp->id, ==, G_GUINT64_CONSTANT(9001412143075782759));
	g_assert_cmpuint(sdp->version, ==, 2);
	g_assert_cmpint(audio->kind, ==, LIMEN_AUDIO);
	g_assert_cmpstr(audio->mid, ==, "0");
	g_assert_cmpint(audio->dir, ==, LIMEN_SENDRECV);
	g_assert_cmpint(sdp_format(audio, 0)->codec, ==, LIMEN_OPUS);
	g_assert_cmpint(sdp_format(audio, 0)->pt, ==, 111);
	g_assert_cmpuint(sdp_format(audio, 0)->channels, ==, 2);
	g_assert_cmpint(audio->ext_id[LIMEN_EXT_AUDIO_LEVEL], ==, 1);
	g_assert_cmpuint(audio->ext_id[LIMEN_EXT_MID], ==, 4);
	g_assert_cmpint(limen_sdp_main_format(video)->codec, ==, LIMEN_VP8);
	g_assert_cmpint(limen_sdp_rtx_of(video, 96), ==, 97);
	g_assert_cmpuint(video->transport->ssrcs->len, ==, 2);
	g_assert_cmpuint(video->transport->groups->len, ==, 1);
	g_assert_false(video->simulcast);
	g_assert_cmpint(data->kind, ==, LIMEN_DATA);
	g_assert_cmpuint(data->formats->len, ==, 0);
	g_assert_cmpuint(data->transport->sctp_port, ==, 5000);
	g_assert_cmpint(limen_sdp_setup(sdp), ==, LIMEN_SETUP_ACTPASS);
	g_assert_cmpstr(limen_sdp_fingerprint(sdp)->hash, ==, "sha-256");
}

static void test_firefox(void)
{
	g_autoptr(limen_sdp) sdp = sdp_from_file("firefox");
	const struct limen_sdp_media *audio = limen_sdp_line(sdp, 0);

	g_assert_cmpuint(sdp->media->len, ==, 4);
	g_assert_cmpuint(audio->transport->candidates->len, ==, 2);
	g_assert_true(g_str_has_prefix(g_ptr_array_index(audio->transport->candidates, 0),
		"candidate:0 1 UDP 2122252543 "));
	g_assert_true(audio->transport->end_of_candidates);
	g_assert_cmpstr(
		sdp_format(audio, 0)->fmtp, ==, "maxplaybackrate=48000;stereo=1;useinbandfec=1");
	g_assert_cmpint(sdp_format(audio, 1)->codec, ==, LIMEN_G722);
	g_assert_cmpint(sdp_format(audio, 4)->codec, ==, LIMEN_CODEC_NONE);
	g_assert_true(g_str_has_prefix(audio->msid, "{8a4f7a2c"));
	g_assert_true(limen_sdp_fingerprint(sdp) == sdp->transport);
	g_assert_cmpuint(strlen(sdp->transport->fingerprint), ==, 32 * 3 - 1);
	g_assert_cmpuint(limen_sdp_line(sdp, 1)->ext_id[LIMEN_EXT_RID], ==, 8);
}

/* Port 0 with a=bundle-only is no refusal. */
static void test_bundle_only(void)
{
	g_autoptr(limen_sdp) sdp = sdp_from_file("firefox");

	g_assert_false(limen_sdp_line(sdp, 2)->rejected);
	g_assert_cmpint(limen_sdp_line(sdp, 2)->dir, ==, LIMEN_SENDONLY);
}

static void expect_rids(const char *file, guint line, bool middle_paused)
{
	g_autoptr(limen_sdp) sdp = sdp_from_file(file);
	const struct limen_sdp_media *m = limen_sdp_line(sdp, line);
	static const char *const ids[] = { "h", "m", "l" };

	g_assert_true(m->simulcast);
	g_assert_false(m->legacy_simulcast);
	g_assert_cmpuint(m->rids->len, ==, 3);
	for (guint i = 0; i < 3; i++) {
		g_assert_cmpstr(sdp_rid(m, i)->id, ==, ids[i]);
		g_assert_true(sdp_rid(m, i)->send);
		g_assert_cmpint(sdp_rid(m, i)->paused, ==, middle_paused && i == 1);
	}
}

static void test_rids(void)
{
	expect_rids("chromium-simulcast", 1, false);
	expect_rids("firefox", 1, true);
}

/* The old spelling, before its rids; and simulcast by a group of SSRCs. */
static void test_old_simulcast(void)
{
	g_autoptr(limen_sdp) sdp = sdp_from_file("old-simulcast");
	const struct limen_sdp_media *rids = limen_sdp_line(sdp, 0), *sim = limen_sdp_line(sdp, 1);
	const struct limen_sdp_group *group;

	g_assert_true(rids->simulcast && rids->legacy_simulcast);
	g_assert_cmpuint(rids->rids->len, ==, 3);
	g_assert_cmpuint(rids->bandwidth_bps, ==, 1500000);
	g_assert_cmpint(limen_sdp_rtx_of(rids, 100), ==, 101);
	g_assert_true(sim->simulcast);
	g_assert_cmpuint(sim->transport->ssrcs->len, ==, 4);
	group = &g_array_index(sim->transport->groups, struct limen_sdp_group, 0);
	g_assert_true(group->sim);
	g_assert_cmpuint(group->count, ==, 3);
	g_assert_cmpuint(group->ssrc[2], ==, 33);
}

static void test_bad_rids(void)
{
	g_autoptr(limen_sdp) sdp = sdp_from_text(SDP_HEAD SDP_VIDEO
		"a=rid:a;b send\r\na=rid:~ send\r\na=rid:x send\r\na=rid:x send\r\na=rid: send\r\n"
		"a=rid:y send\r\na=rid:z send\r\na=rid:w send\r\na=rid:01234567890123456 send\r\n"
		"a=simulcast:send ~x,~q;y;~\r\n");
	const struct limen_sdp_media *m = limen_sdp_line(sdp, 0);

	g_assert_cmpuint(m->rids->len, ==, LIMEN_LAYERS_MAX);
	g_assert_cmpstr(sdp_rid(m, 0)->id, ==, "x");
	g_assert_true(sdp_rid(m, 0)->paused);
	g_assert_cmpstr(sdp_rid(m, 2)->id, ==, "z");
}

static void test_data_forms(void)
{
	g_autoptr(limen_sdp) old = sdp_from_file("old-data");
	const struct limen_sdp_media *m = limen_sdp_line(old, 0);

	g_assert_cmpstr(m->proto, ==, "DTLS/SCTP");
	g_assert_true(m->transport->sctpmap);
	g_assert_cmpuint(m->transport->sctp_port, ==, 5000);
	g_assert_cmpstr(m->mid, ==, "0");
	g_assert_true(old->transport->ice_lite);
	g_assert_cmpint(limen_sdp_setup(old), ==, LIMEN_SETUP_PASSIVE);
}

/* Attributes of RTP on a data m-line mean nothing. */
static void test_data_without_rtp(void)
{
	g_autoptr(limen_sdp) sdp = sdp_from_text(SDP_HEAD SDP_DATA
		"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=ssrc:5 cname:x\r\na=msid:a "
		"b\r\n"
		"a=rid:x send\r\na=rid:y send\r\na=simulcast:send x;y\r\na=ssrc-group:SIM 1 2\r\n");
	const struct limen_sdp_media *m = limen_sdp_line(sdp, 0);

	g_assert_cmpuint(m->ext_id[LIMEN_EXT_MID], ==, 0);
	g_assert_cmpuint(m->transport->ssrcs->len + m->transport->groups->len, ==, 0);
	g_assert_cmpuint(m->rids->len, ==, 0);
	g_assert_false(m->simulcast);
	g_assert_null(m->msid);
}

/* Of two fingerprints the one by SHA-256 counts, wherever it stands. */
static void test_fingerprints(void)
{
	g_autoptr(limen_sdp) late = sdp_from_file("old-data");
	g_autoptr(limen_sdp) early = sdp_from_text(
		SDP_HEAD "a=fingerprint:SHA-256 ab:cd\r\na=fingerprint:sha-1 12:34\r\n" SDP_DATA);
	g_autoptr(limen_sdp) none = sdp_from_text(SDP_HEAD SDP_DATA);

	g_assert_cmpstr(limen_sdp_fingerprint(late)->hash, ==, "sha-256");
	g_assert_cmpstr(limen_sdp_fingerprint(early)->fingerprint, ==, "ab:cd");
	g_assert_null(limen_sdp_fingerprint(none));
	g_assert_null(limen_sdp_ufrag(none));
	g_assert_null(limen_sdp_pwd(none));
}

static void test_mids(void)
{
	g_autoptr(limen_sdp) none = sdp_from_text(SDP_HEAD SDP_AUDIO SDP_VIDEO);
	g_autoptr(limen_sdp) longest =
		sdp_from_text(SDP_HEAD SDP_AUDIO "a=mid:0123456789abcdef\r\n");

	g_assert_cmpstr(limen_sdp_line(none, 0)->mid, ==, "0");
	g_assert_cmpstr(limen_sdp_line(none, 1)->mid, ==, "1");
	g_assert_cmpstr(limen_sdp_line(longest, 0)->mid, ==, "0123456789abcdef");
}

static void test_session_level(void)
{
	g_autoptr(limen_sdp) sdp =
		sdp_from_text(SDP_HEAD "a=sendonly\r\n\n" SDP_AUDIO SDP_VIDEO "a=recvonly\n");

	g_assert_cmpint(limen_sdp_line(sdp, 0)->dir, ==, LIMEN_SENDONLY);
	g_assert_cmpint(limen_sdp_line(sdp, 1)->dir, ==, LIMEN_RECVONLY);
}

/* RFC 8285 §6: it is meant for every m-line that does not say otherwise. */
static void test_session_extmap(void)
{
	g_autoptr(limen_sdp) sdp = sdp_from_text(
		SDP_HEAD "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
			 "a=extmap:5 urn:3gpp:video-orientation\r\n" SDP_AUDIO SDP_VIDEO
			 "a=extmap:7 urn:3gpp:video-orientation\r\n" SDP_DATA);

	g_assert_cmpuint(limen_sdp_line(sdp, 0)->ext_id[LIMEN_EXT_MID], ==, 4);
	g_assert_cmpuint(limen_sdp_line(sdp, 0)->ext_id[LIMEN_EXT_ORIENTATION], ==, 5);
	g_assert_cmpuint(limen_sdp_line(sdp, 1)->ext_id[LIMEN_EXT_MID], ==, 4);
	g_assert_cmpuint(limen_sdp_line(sdp, 1)->ext_id[LIMEN_EXT_ORIENTATION], ==, 7);
	g_assert_cmpuint(limen_sdp_line(sdp, 2)->ext_id[LIMEN_EXT_MID], ==, 0);
}

/* Kinds that the gateway cannot serve are rejected m-lines from the start (RFC 8866 §5.14). */
static void test_other_kinds(void)
{
	g_autoptr(limen_sdp) sdp = sdp_from_text(
		SDP_HEAD SDP_VIDEO "m=text 9 UDP/TLS/RTP/SAVPF 98\r\na=mid:t\r\na=bundle-only\r\n"
				   "a=rtpmap:98 t140/1000\r\na=ssrc:7 cname:x\r\na=msid:a b\r\n"
				   "m=message 7 TCP/MSRP *\r\n" SDP_AUDIO);
	const struct limen_sdp_media *text = limen_sdp_line(sdp, 1);

	g_assert_cmpuint(sdp->media->len, ==, 4);
	g_assert_true(text->rejected);
	g_assert_cmpstr(text->other, ==, "text");
	g_assert_cmpstr(text->mid, ==, "t");
	g_assert_null(text->msid);
	g_assert_cmpuint(text->formats->len, ==, 0);
	g_assert_true(limen_sdp_line(sdp, 2)->rejected);
	g_assert_cmpstr(limen_sdp_line(sdp, 2)->other, ==, "message");
	g_assert_null(limen_sdp_line(sdp, 3)->other);
	g_assert_false(limen_sdp_line(sdp, 3)->rejected);
	g_assert_cmpuint(limen_sdp_first(sdp), ==, 0);
}

static void test_bandwidth(void)
{
	g_autoptr(limen_sdp) sdp =
		sdp_from_text(SDP_HEAD "b=AS:5\r\n" SDP_AUDIO "b=TIAS:64000\r\n" SDP_VIDEO
				       "b=AS:4000000\r\n" SDP_VIDEO "b=AS:4294968\r\nb=X:1\r\n");

	g_assert_cmpuint(limen_sdp_line(sdp, 0)->bandwidth_bps, ==, 64000);
	g_assert_cmpuint(limen_sdp_line(sdp, 1)->bandwidth_bps, ==, 4000000000);
	g_assert_cmpuint(limen_sdp_line(sdp, 2)->bandwidth_bps, ==, 0);
}

/* A codec of the other kind is none. */
static void test_kind_of_codec(void)
{
	g_autoptr(limen_sdp) sdp =
		sdp_from_text(SDP_HEAD "m=audio 9 X 96 0\r\na=rtpmap:96 VP8/90000\r\n"
				       "m=video 9 X 0 111\r\na=rtpmap:111 opus/48000/2\r\n");

	g_assert_cmpint(sdp_format(limen_sdp_line(sdp, 0), 0)->codec, ==, LIMEN_CODEC_NONE);
	g_assert_cmpint(sdp_format(limen_sdp_line(sdp, 0), 1)->codec, ==, LIMEN_PCMU);
	g_assert_null(limen_sdp_main_format(limen_sdp_line(sdp, 1)));
}

/* Nonsense that is passed over. */
static void test_ignored(void)
{
	g_autoptr(limen_sdp) sdp = sdp_from_text(SDP_HEAD SDP_VIDEO
		"a=extmap:\r\na=rtpmap:97 "
		"X/1\r\na=rtpmap:\r\n"
		"a=fmtp:300 x\r\na=rtcp-fb:*\r\na=ssrc:4294967296 cname:a\r\na=ssrc:x\r\na=ssrc:0 "
		"a\r\n"
		"a=ssrc-group:FID 1 x\r\na=ssrc-group:FEC 1 2\r\na=ssrc-group\r\na=sctpmap:x\r\n"
		"a=extmap:5/sendonly urn:3gpp:video-orientation\r\nz=\r\na=kept:as "
		"written\r\na=flag\r\n");
	const struct limen_sdp_media *m = limen_sdp_line(sdp, 0);
	const struct limen_sdp_attr *kept;

	g_assert_cmpuint(m->transport->ssrcs->len, ==, 0);
	g_assert_cmpuint(m->transport->groups->len, ==, 0);
	g_assert_cmpuint(m->ext_id[LIMEN_EXT_ORIENTATION], ==, 5);
	g_assert_cmpuint(m->attrs->len, ==, 2);
	kept = g_ptr_array_index(m->attrs, 0);
	g_assert_cmpstr(kept->name, ==, "kept");
	g_assert_cmpstr(kept->value, ==, "as written");
}

static void expect_refusal(const char *text, int wanted, const char *part_of_reason)
{
	g_autofree char *reason = NULL;
	struct limen_sdp *sdp;

	g_assert_cmpint(limen_sdp_parse(text, strlen(text), &sdp, &reason), ==, wanted);
	g_assert_null(sdp);
	g_assert_nonnull(strstr(reason, part_of_reason));
}

static void test_missing(void)
{
	static const char *const mandatory = "Missing mandatory lines (o=, s= or m=)";

	expect_refusal("", LIMEN_EPROTO, "Invalid SDP (doesn't start with v=)");
	expect_refusal("o=- 1 1\r\n", LIMEN_EPROTO, "Invalid SDP (doesn't start with v=)");
	expect_refusal("v=0\r\n", LIMEN_EPROTO, mandatory);
	expect_refusal("v=0\r\ns=-\r\n" SDP_AUDIO, LIMEN_EPROTO, mandatory);
	expect_refusal("v=0\r\no=- 1 1 IN IP4 0\r\n" SDP_AUDIO, LIMEN_EPROTO, mandatory);
	expect_refusal(SDP_HEAD, LIMEN_EPROTO, mandatory);
}

static void test_refused(void)
{
	static const char *const lines[][2] = {
		{ "nonsense", "expected TYPE=VALUE" },
		{ "a", "expected TYPE=VALUE" },
		{ "a=x\ry", "control character" },
		{ "a=mid:", "mid of 0 characters" },
		{ "a=mid:01234567890123456", "mid of 17 characters" },
		{ "a=mid:a b", "mid is not a token" },
		{ "a=mid:\xc3\xa4", "mid is not a token" },
		{ "a=ice-ufrag:abc", "ice-ufrag of 3 characters" },
		{ "a=ice-pwd:short", "ice-pwd of 5 characters" },
		{ "a=fingerprint:sha-256", "without a hash" },
		{ "a=fingerprint:sha-256 AB:C", "fingerprint" },
		{ "a=fingerprint:sha-256 AB:CD:", "fingerprint" },
		{ "a=fingerprint:sha-256 hello", "fingerprint" },
		{ "a=setup:maybe", "setup" },
		{ "a=sctp-port:65536", "sctp-port" },
		{ "a=extmap:0 urn:x", "extmap id" },
		{ "a=extmap:256 urn:x", "extmap id" },
		{ "a=extmap: urn:x", "extmap id" },
		{ "a=rtpmap:111 opus", "NAME/CLOCK" },
		{ "a=rtpmap:111 opus/0", "NAME/CLOCK" },
		{ "a=rtpmap:111 opus/48000/256", "NAME/CLOCK" },
		{ "m=audio 9 X", "m= needs" },
		{ "m=audio 65536 X 0", "port" },
		{ "m=audio -1 X 0", "port" },
		{ "m=audio 9  0", "protocol" },
		{ "m=audio 9 X 128", "payload type" },
		{ "m=audio 9 X x", "payload type" },
		{ "m=t/xt 9 X 0", "kind is not a token" },
		{ "m=012345678901234567890123456789012 9 X 0", "kind of 33 characters" },
		{ "m= 9 X 0", "kind of 0 characters" },
		{ "o=- x", "o= without" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autofree char *text = g_strconcat(SDP_HEAD SDP_AUDIO, lines[i][0], "\r\n", NULL);

		expect_refusal(text, LIMEN_EPROTO, lines[i][1]);
		expect_refusal(text, LIMEN_EPROTO, "line 7");
	}
	expect_refusal(SDP_HEAD SDP_AUDIO "a=mid:x\r\n" SDP_VIDEO "a=mid:x\r\n", LIMEN_EPROTO,
		"mid \"x\" is used twice");
	expect_refusal(
		SDP_HEAD SDP_AUDIO "a=mid:1\r\n" SDP_VIDEO, LIMEN_EPROTO, "m-line 1 has no mid");
}

static void test_nul(void)
{
	static const char text[] = SDP_HEAD SDP_AUDIO "a=x\0y\r\n";
	g_autofree char *reason = NULL;
	struct limen_sdp *sdp;

	g_assert_cmpint(limen_sdp_parse(text, sizeof(text) - 1, &sdp, &reason), ==, LIMEN_EPROTO);
	g_assert_nonnull(strstr(reason, "NUL"));
}

/* Only len bytes are read. */
static void test_length(void)
{
	static const char text[] = SDP_HEAD SDP_AUDIO SDP_VIDEO;
	g_autofree char *reason = NULL;
	g_autoptr(limen_sdp) sdp = NULL;

	g_assert_cmpint(limen_sdp_parse(text, strlen(SDP_HEAD SDP_AUDIO), &sdp, &reason), ==, 0);
	g_assert_cmpuint(sdp->media->len, ==, 1);
}

static char *repeated(const char *head, const char *line, unsigned count)
{
	GString *text = g_string_new(head);

	while (count-- > 0)
		g_string_append(text, line);
	return g_string_free(text, FALSE);
}

/* count of the line is taken, one more is refused. */
static void expect_limit(const char *head, const char *line, unsigned count, const char *reason)
{
	g_autofree char *good = repeated(head, line, count);
	g_autofree char *bad = repeated(head, line, count + 1);
	g_autoptr(limen_sdp) sdp G_GNUC_UNUSED = sdp_from_text(good);

	expect_refusal(bad, LIMEN_ELIMIT, reason);
}

static void test_limits(void)
{
	g_autofree char *ssrcs = g_strdup(SDP_HEAD SDP_VIDEO);

	expect_limit(SDP_HEAD, "m=audio 9 X 0\r\n", LIMEN_MLINES_MAX, "more than 256 m-lines");
	expect_limit(SDP_HEAD SDP_AUDIO, "a=x:y\r\n", LIMEN_SDP_ATTRS_MAX, "512 attributes");
	expect_limit(
		SDP_HEAD SDP_AUDIO, "a=candidate:1\r\n", LIMEN_SDP_ATTRS_MAX, "512 candidates");
	expect_limit(SDP_HEAD SDP_AUDIO, "a=ssrc-group:FID 1 2\r\n", LIMEN_SDP_ATTRS_MAX,
		"512 ssrc-groups");
	expect_limit(
		SDP_HEAD SDP_AUDIO "m=audio 9 X", " 8", LIMEN_SDP_FORMATS_MAX, "128 payload types");
	for (unsigned i = 0; i <= LIMEN_SDP_ATTRS_MAX; i++) {
		g_autofree char *before = ssrcs;

		ssrcs = g_strdup_printf("%sa=ssrc:%u\r\n", before, i + 1);
	}
	expect_refusal(ssrcs, LIMEN_ELIMIT, "more than 512 SSRCs");
}

static void test_long(void)
{
	g_autofree char *line = g_strnfill(100 * 1024, 'x');
	g_autofree char *attribute = g_strconcat(SDP_HEAD SDP_AUDIO "a=", line, "\r\n", NULL);
	g_autofree char *name = g_strnfill(1025, 'n');
	g_autofree char *named = g_strconcat("v=0\r\no=- 1 1\r\ns=", name, "\r\n" SDP_AUDIO, NULL);
	g_autofree char *proto = g_strconcat(SDP_HEAD "m=audio 9 ", name, " 0\r\n", NULL);
	g_autofree char *huge = repeated(SDP_HEAD SDP_AUDIO, "a=mid:0\r\n", LIMEN_SDP_TEXT_MAX / 9);

	expect_refusal(attribute, LIMEN_ELIMIT, "line 7: longer than 8192 bytes");
	expect_refusal(named, LIMEN_EPROTO, "s= of 1025 characters");
	expect_refusal(proto, LIMEN_EPROTO, "protocol of 1025 characters");
	expect_refusal(huge, LIMEN_ELIMIT, "expected at most 262144");
}

/* The worst that a text of the greatest size can ask for is done in a moment. */
static void test_slow(void)
{
	g_autofree char *lines = repeated(SDP_HEAD, "m=audio 9 X 0\r\na=mid:m\r\n", 1);
	g_autofree char *text = repeated(lines, "a=mid:0\r\n", LIMEN_SDP_TEXT_MAX / 9 - 20);
	g_autoptr(limen_sdp) sdp = NULL;

	g_test_timer_start();
	sdp = sdp_from_text(text);
	g_assert_cmpfloat(g_test_timer_elapsed(), <, 2.0);
	g_assert_cmpstr(limen_sdp_line(sdp, 0)->mid, ==, "0");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/parse/chromium", test_chromium);
	g_test_add_func("/parse/firefox", test_firefox);
	g_test_add_func("/parse/bundle_only", test_bundle_only);
	g_test_add_func("/parse/rids", test_rids);
	g_test_add_func("/parse/old_simulcast", test_old_simulcast);
	g_test_add_func("/parse/bad_rids", test_bad_rids);
	g_test_add_func("/parse/data_forms", test_data_forms);
	g_test_add_func("/parse/data_without_rtp", test_data_without_rtp);
	g_test_add_func("/parse/fingerprints", test_fingerprints);
	g_test_add_func("/parse/mids", test_mids);
	g_test_add_func("/parse/session_level", test_session_level);
	g_test_add_func("/parse/session-extmap", test_session_extmap);
	g_test_add_func("/parse/other-kinds", test_other_kinds);
	g_test_add_func("/parse/bandwidth", test_bandwidth);
	g_test_add_func("/parse/kind_of_codec", test_kind_of_codec);
	g_test_add_func("/parse/ignored", test_ignored);
	g_test_add_func("/parse/missing", test_missing);
	g_test_add_func("/parse/refused", test_refused);
	g_test_add_func("/parse/nul", test_nul);
	g_test_add_func("/parse/length", test_length);
	g_test_add_func("/parse/limits", test_limits);
	g_test_add_func("/parse/long", test_long);
	g_test_add_func("/parse/slow", test_slow);
	return g_test_run();
}
