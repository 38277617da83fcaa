/*
 * Codecs and header extensions: tables without holes, names that lead back, the numbers of RFC 3551
 * and the URIs that browsers write.
 */
#include <glib.h>
#include <string.h>
#include <limen/types.h>

static void test_codecs(void)
{
	for (int i = LIMEN_CODEC_NONE + 1; i < LIMEN_CODECS; i++) {
		const struct limen_codec_info *info = limen_codec_info((enum limen_codec)i);
		g_autofree char *upper = NULL;

		g_assert_nonnull(info);
		g_assert_nonnull(info->name);
		g_assert_nonnull(info->rtpmap);
		g_assert_cmpuint(info->clock_hz, >, 0);
		g_assert_cmpint(info->kind, ==, i < LIMEN_VP8 ? LIMEN_AUDIO : LIMEN_VIDEO);
		upper = g_ascii_strup(info->name, -1);
		g_assert_cmpint(limen_codec_by_name(info->name), ==, i);
		g_assert_cmpint(limen_codec_by_name(upper), ==, i);
	}
}

static void test_no_codec(void)
{
	g_assert_null(limen_codec_info(LIMEN_CODEC_NONE));
	g_assert_null(limen_codec_info(LIMEN_CODECS));
	g_assert_null(limen_codec_info((enum limen_codec) - 1));
	g_assert_cmpint(limen_codec_by_name(""), ==, LIMEN_CODEC_NONE);
	g_assert_cmpint(limen_codec_by_name("opu"), ==, LIMEN_CODEC_NONE);
	g_assert_cmpint(limen_codec_by_name("opus2"), ==, LIMEN_CODEC_NONE);
	g_assert_cmpint(limen_codec_by_name("isac"), ==, LIMEN_CODEC_NONE);
}

/* RFC 3551 §6, tables 4 and 5; RFC 7587 §7: Opus is always written opus/48000/2. */
static void test_facts(void)
{
	static const struct {
		enum limen_codec codec;
		const char *rtpmap;
		unsigned clock_hz, channels;
		int pt;
	} facts[] = {
		{ LIMEN_OPUS, "opus", 48000, 2, -1 },
		{ LIMEN_MULTIOPUS, "multiopus", 48000, 6, -1 },
		{ LIMEN_ISAC16, "ISAC", 16000, 0, -1 },
		{ LIMEN_ISAC32, "ISAC", 32000, 0, -1 },
		{ LIMEN_PCMU, "PCMU", 8000, 0, 0 },
		{ LIMEN_PCMA, "PCMA", 8000, 0, 8 },
		{ LIMEN_G722, "G722", 8000, 0, 9 },
		{ LIMEN_VP8, "VP8", 90000, 0, -1 },
		{ LIMEN_H264, "H264", 90000, 0, -1 },
		{ LIMEN_AV1, "AV1", 90000, 0, -1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(facts); i++) {
		const struct limen_codec_info *info = limen_codec_info(facts[i].codec);

		g_assert_cmpstr(info->rtpmap, ==, facts[i].rtpmap);
		g_assert_cmpuint(info->clock_hz, ==, facts[i].clock_hz);
		g_assert_cmpuint(info->channels, ==, facts[i].channels);
		g_assert_cmpint(info->static_pt, ==, facts[i].pt);
	}
}

static void test_extensions(void)
{
	for (int i = 0; i < LIMEN_EXTS; i++) {
		const char *uri = limen_ext_uri((enum limen_ext)i);

		g_assert_nonnull(uri);
		g_assert_cmpint(limen_ext_by_uri(uri), ==, i);
	}
	g_assert_null(limen_ext_uri(LIMEN_EXTS));
	g_assert_null(limen_ext_uri((enum limen_ext) - 1));
	g_assert_cmpint(limen_ext_by_uri(""), ==, LIMEN_EXTS);
	g_assert_cmpint(limen_ext_by_uri("urn:ietf:params:rtp-hdrext:sdes:"), ==, LIMEN_EXTS);
	/* URIs are compared exactly (RFC 8285 §5). */
	g_assert_cmpint(limen_ext_by_uri("URN:3gpp:video-orientation"), ==, LIMEN_EXTS);
}

static void test_uris(void)
{
	static const struct {
		enum limen_ext ext;
		const char *uri;
	} wanted[] = {
		{ LIMEN_EXT_MID, "urn:ietf:params:rtp-hdrext:sdes:mid" },
		{ LIMEN_EXT_RID, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id" },
		{ LIMEN_EXT_REPAIRED_RID,
			"urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id" },
		{ LIMEN_EXT_AUDIO_LEVEL, "urn:ietf:params:rtp-hdrext:ssrc-audio-level" },
		{ LIMEN_EXT_TOFFSET, "urn:ietf:params:rtp-hdrext:toffset" },
		{ LIMEN_EXT_TRANSPORT_CC,
			"http://www.ietf.org/id/"
			"draft-holmer-rmcat-transport-wide-cc-extensions-01" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
		g_assert_cmpstr(limen_ext_uri(wanted[i].ext), ==, wanted[i].uri);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/names/codecs", test_codecs);
	g_test_add_func("/names/no-codec", test_no_codec);
	g_test_add_func("/names/facts", test_facts);
	g_test_add_func("/names/extensions", test_extensions);
	g_test_add_func("/names/uris", test_uris);
	return g_test_run();
}
