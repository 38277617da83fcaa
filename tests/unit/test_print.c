/*
 * What clients get to read: the order of lines (spec api-core §9.1), and that it can be read back.
 */
#include "tests/lib/sdp_text.h"

#define PRINT_LINES 8

static const char *const fingerprint = "AB:CD:EF";

/* Every line with the same SSRCs; rtx_pt for video, -1 = none. */
static char *print(const struct limen_sdp *sdp, int rtx_pt, const GPtrArray *candidates)
{
	struct limen_sdp_local_line lines[PRINT_LINES];
	const struct limen_sdp_local local = {
		.ip = "203.0.113.5",
		.fingerprint = fingerprint,
		.ufrag = "QBQY",
		.pwd = "uFm4Q0123456789012345a",
		.setup = LIMEN_SETUP_ACTIVE,
		.end_of_candidates = candidates != NULL,
		.candidates = candidates,
		.lines = lines,
	};

	g_assert_cmpuint(sdp->media->len, <=, PRINT_LINES);
	for (guint i = 0; i < sdp->media->len; i++)
		lines[i] = (struct limen_sdp_local_line){ 11, 22,
			limen_sdp_line(sdp, i)->kind == LIMEN_VIDEO ? rtx_pt : -1 };
	return limen_sdp_print(sdp, &local);
}

static void expect_text(const struct limen_sdp *sdp, int rtx_pt, const char *wanted)
{
	g_autofree char *text = print(sdp, rtx_pt, NULL);

	g_assert_cmpstr(text, ==, wanted);
}

#define SESSION(id, version, name, mids)                                                           \
	"v=0\r\no=- " id " " version " IN IP4 203.0.113.5\r\ns=" name "\r\nt=0 0\r\n"              \
	"a=group:BUNDLE" mids "\r\na=ice-options:trickle\r\na=fingerprint:sha-256 AB:CD:EF\r\n"    \
	"a=extmap-allow-mixed\r\na=msid-semantic: WMS *\r\n"
#define CONNECTION "c=IN IP4 203.0.113.5\r\n"
#define TRANSPORT                                                                                  \
	"a=ice-ufrag:QBQY\r\na=ice-pwd:uFm4Q0123456789012345a\r\na=ice-options:trickle\r\n"        \
	"a=setup:active\r\n"

/* The order of api-core §9.1 and of observed exchange 9. */
static void test_order(void)
{
	g_autoptr(limen_sdp) sdp = limen_sdp_new("VideoRoom 4321");

	sdp->id = 1795355717324895;
	sdp->version = 1;
	limen_sdp_add(sdp, LIMEN_AUDIO, LIMEN_OPUS, LIMEN_SENDONLY, "0", "useinbandfec=1", 0);
	limen_sdp_add(sdp, LIMEN_VIDEO, LIMEN_VP8, LIMEN_SENDONLY, "1", NULL,
		1u << LIMEN_EXT_TRANSPORT_CC);
	expect_text(sdp, 97,
		SESSION("1795355717324895", "1", "VideoRoom 4321",
			" 0 1") "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" CONNECTION
				"a=sendonly\r\na=mid:0\r\na=rtcp-mux\r\n" TRANSPORT
				"a=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\n"
				"a=msid:janus janus0\r\na=ssrc:11 cname:janus\r\n"
				"m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n" CONNECTION
				"a=sendonly\r\na=mid:1\r\na=rtcp-mux\r\n" TRANSPORT
				"a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 "
				"nack\r\n"
				"a=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 "
				"transport-cc\r\n"
				"a=extmap:3 http://www.ietf.org/id/"
				"draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
				"a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=ssrc-group:FID 11 "
				"22\r\n"
				"a=msid:janus janus1\r\na=ssrc:11 cname:janus\r\na=ssrc:22 "
				"cname:janus\r\n");
}

static void test_candidates(void)
{
	g_autoptr(limen_sdp) sdp = sdp_from_text(SDP_HEAD SDP_AUDIO SDP_DATA);
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	g_autofree char *text = NULL;

	g_ptr_array_add(list, (char *)"candidate:1 1 udp 1 192.0.2.1 5 typ host");
	g_ptr_array_add(list, (char *)"candidate:2 1 udp 1 192.0.2.2 5 typ host");
	text = print(sdp, -1, list);
	g_assert_true(g_str_has_suffix(text,
		"a=sctp-port:5000\r\na=candidate:1 1 udp 1 192.0.2.1 5 typ host\r\n"
		"a=candidate:2 1 udp 1 192.0.2.2 5 typ host\r\na=end-of-candidates\r\n"));
	g_assert_nonnull(strstr(text, "a=end-of-candidates\r\nm=application"));
}

static void test_data(void)
{
	g_autoptr(limen_sdp) now = sdp_from_text(SDP_HEAD SDP_DATA "a=mid:d\r\n");
	g_autoptr(limen_sdp) old = sdp_from_text(
		SDP_HEAD "m=application 9 DTLS/SCTP 5000\r\na=mid:d\r\na=sctpmap:5000 x 1\r\n");

	expect_text(now, -1,
		SESSION("7", "3", "-",
			" d") "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" CONNECTION
			      "a=sendrecv\r\na=mid:d\r\n" TRANSPORT "a=sctp-port:5000\r\n");
	expect_text(old, -1,
		SESSION("7", "3", "-", " d") "m=application 9 DTLS/SCTP 5000\r\n" CONNECTION
					     "a=sendrecv\r\na=mid:d\r\n" TRANSPORT
					     "a=sctpmap:5000 webrtc-datachannel 16\r\n");
}

static void test_rejected(void)
{
	g_autoptr(limen_sdp) sdp =
		sdp_from_text(SDP_HEAD "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:a\r\n" SDP_VIDEO
				       "a=mid:b\r\na=inactive\r\n");

	expect_text(sdp, -1,
		SESSION("7", "3", "-", " b") "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\n" CONNECTION
					     "a=inactive\r\na=mid:a\r\nm=video 9 UDP/TLS/RTP/SAVPF "
					     "96\r\n" CONNECTION
					     "a=inactive\r\na=mid:b\r\na=rtcp-mux\r\n" TRANSPORT
					     "a=rtpmap:96 VP8/90000\r\n");
}

/* With rids there is neither a group nor an SSRC of RTX; a line that does not send has no msid. */
/* An m-line of another kind is answered as what it is, with port 0. */
static void test_other_kind(void)
{
	g_autoptr(limen_sdp) offer =
		sdp_from_text(SDP_HEAD SDP_AUDIO "m=text 9 UDP/TLS/RTP/SAVPF 98\r\na=mid:t\r\n");
	g_autoptr(limen_sdp) shown = limen_sdp_copy(offer);
	struct limen_sdp *answer;
	g_autofree char *text = NULL;

	g_assert_cmpint(limen_sdp_answer(shown, &(struct limen_answer_rules){ 0 }, &answer), ==, 0);
	text = print(answer, -1, NULL);
	g_assert_nonnull(strstr(text, "a=group:BUNDLE 0\r\n"));
	g_assert_nonnull(strstr(
		text, "m=text 0 UDP/TLS/RTP/SAVPF 0\r\n" CONNECTION "a=inactive\r\na=mid:t\r\n"));
	limen_sdp_free(answer);
}

static void test_simulcast(void)
{
	g_autoptr(limen_sdp) sdp = sdp_from_text(SDP_HEAD SDP_VIDEO
		"a=mid:1\r\na=recvonly\r\na=rid:h recv\r\na=rid:m recv\r\na=rid:l recv\r\n"
		"a=simulcast:recv h;~m;l\r\n");

	expect_text(sdp, 97,
		SESSION("7", "3", "-", " 1") "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n" CONNECTION
					     "a=recvonly\r\na=mid:1\r\na=rtcp-mux\r\n" TRANSPORT
					     "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 "
					     "rtx/90000\r\na=fmtp:97 apt=96\r\n"
					     "a=ssrc:11 cname:janus\r\na=rid:h recv\r\na=rid:m "
					     "recv\r\na=rid:l recv\r\n"
					     "a=simulcast:recv h;~m;l\r\n");
}

static void test_old_simulcast(void)
{
	g_autoptr(limen_sdp) sdp = sdp_from_file("old-simulcast");
	g_autofree char *text = print(sdp, -1, NULL);

	g_assert_nonnull(strstr(text, "a=rid:c send\r\na=simulcast: recv rid=a;b;c\r\n"));
}

static void test_own_msid(void)
{
	g_autoptr(limen_sdp) sdp = sdp_from_text(
		SDP_HEAD SDP_AUDIO "a=msid:stream track\r\nb=TIAS:9\r\na=other:x\r\n");
	g_autofree char *text = print(sdp, -1, NULL);

	g_assert_nonnull(
		strstr(text, "a=other:x\r\na=msid:stream track\r\na=ssrc:11 cname:janus\r\n"));
	g_assert_nonnull(strstr(text, CONNECTION "b=TIAS:9\r\na=sendrecv\r\n"));
}

/* Texts that were made of what a client chose stay within their line. */
static void test_one_line(void)
{
	g_autoptr(limen_sdp) sdp = limen_sdp_new("VideoRoom a\r\na=x");
	struct limen_sdp_media *m = limen_sdp_add(sdp, LIMEN_VIDEO, LIMEN_H264, LIMEN_SENDONLY, "0",
		"profile-level-id=1\r\na=x\n", 0);
	g_autofree char *text = NULL;

	m->msid = g_strdup("b\na=x b\ra=x");
	text = print(sdp, -1, NULL);
	g_assert_nonnull(strstr(text, "\r\ns=VideoRoom a  a=x\r\n"));
	g_assert_nonnull(strstr(text, " profile-level-id=1  a=x \r\n"));
	g_assert_nonnull(strstr(text, "\r\na=msid:b a=x b a=x\r\n"));
}

static void test_ice_lite(void)
{
	g_autoptr(limen_sdp) sdp = sdp_from_text(SDP_HEAD SDP_DATA);
	const struct limen_sdp_local_line line = { 0, 0, -1 };
	const struct limen_sdp_local local = { .ip = "::1",
		.fingerprint = fingerprint,
		.ufrag = "u",
		.pwd = "p",
		.ice_lite = true,
		.lines = &line };
	g_autofree char *text = limen_sdp_print(sdp, &local);

	g_assert_nonnull(strstr(text, "a=msid-semantic: WMS *\r\na=ice-lite\r\nm=application"));
	g_assert_nonnull(strstr(text, "a=setup:actpass\r\n"));
}

/* What was written reads back as it was, and is then written the same. */
static void test_stable(void)
{
	static const char *const files[] = { "chromium", "chromium-simulcast", "chromium-recvonly",
		"chromium-answer", "chromium-stopped", "chromium-recycled", "firefox",
		"firefox-stopped", "old-data", "old-simulcast" };

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autoptr(limen_sdp) sdp = sdp_from_file(files[i]);
		g_autoptr(limen_sdp) again = NULL;
		g_autofree char *once = NULL, *twice = NULL;

		limen_sdp_strip(sdp);
		once = print(sdp, -1, NULL);
		again = sdp_from_text(once);
		limen_sdp_strip(again);
		twice = print(again, -1, NULL);
		g_assert_cmpstr(once, ==, twice);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/print/order", test_order);
	g_test_add_func("/print/candidates", test_candidates);
	g_test_add_func("/print/data", test_data);
	g_test_add_func("/print/rejected", test_rejected);
	g_test_add_func("/print/other_kind", test_other_kind);
	g_test_add_func("/print/simulcast", test_simulcast);
	g_test_add_func("/print/old_simulcast", test_old_simulcast);
	g_test_add_func("/print/own_msid", test_own_msid);
	g_test_add_func("/print/one_line", test_one_line);
	g_test_add_func("/print/ice_lite", test_ice_lite);
	g_test_add_func("/print/stable", test_stable);
	return g_test_run();
}
