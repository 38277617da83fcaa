/*
 * Descriptions for tests: those of real peers are files of the fuzz corpus, small ones are texts.
 * One thread.
 */
#ifndef TESTS_LIB_SDP_TEXT_H
#define TESTS_LIB_SDP_TEXT_H

#include <string.h>
#include "core/sdp/sdp.h"

#define SDP_HEAD "v=0\r\no=- 7 3 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\n"
#define SDP_AUDIO "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n"
#define SDP_VIDEO "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n"
#define SDP_DATA "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"

/* Parses a text that is good; new. */
static inline struct limen_sdp *sdp_from_text(const char *text)
{
	g_autofree char *reason = NULL;
	struct limen_sdp *sdp = NULL;
	int err = limen_sdp_parse(text, strlen(text), &sdp, &reason);

	g_assert_cmpstr(reason, ==, NULL);
	g_assert_cmpint(err, ==, 0);
	return sdp;
}

/* Parses tests/fuzz/corpus/sdp/NAME; new. G_TEST_SRCDIR names the source folder, else it is ".". */
static inline struct limen_sdp *sdp_from_file(const char *name)
{
	const char *top = g_getenv("G_TEST_SRCDIR");
	g_autofree char *path =
		g_build_filename(top ? top : ".", "tests/fuzz/corpus/sdp", name, NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;

	g_file_get_contents(path, &text, NULL, &error);
	g_assert_no_error(error);
	return sdp_from_text(text);
}

static inline struct limen_sdp_format *sdp_format(const struct limen_sdp_media *m, guint i)
{
	g_assert_cmpuint(i, <, m->formats->len);
	return g_ptr_array_index(m->formats, i);
}

static inline const struct limen_sdp_rid *sdp_rid(const struct limen_sdp_media *m, guint i)
{
	g_assert_cmpuint(i, <, m->rids->len);
	return &g_array_index(m->rids, struct limen_sdp_rid, i);
}

#endif
