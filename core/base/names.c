/*
 * Codecs and header extensions by their names. Static tables; any thread.
 */
#include <limen/types.h>
#include <string.h>
#include <strings.h>

static const struct limen_codec_info codecs[LIMEN_CODECS] = {
	[LIMEN_OPUS] = { "opus", "opus", 48000, 2, LIMEN_AUDIO, -1 },
	[LIMEN_MULTIOPUS] = { "multiopus", "multiopus", 48000, 6, LIMEN_AUDIO, -1 },
	[LIMEN_ISAC32] = { "isac32", "ISAC", 32000, 0, LIMEN_AUDIO, -1 },
	[LIMEN_ISAC16] = { "isac16", "ISAC", 16000, 0, LIMEN_AUDIO, -1 },
	[LIMEN_PCMU] = { "pcmu", "PCMU", 8000, 0, LIMEN_AUDIO, 0 },
	[LIMEN_PCMA] = { "pcma", "PCMA", 8000, 0, LIMEN_AUDIO, 8 },
	[LIMEN_G722] = { "g722", "G722", 8000, 0, LIMEN_AUDIO, 9 },
	[LIMEN_L16_48] = { "l16-48", "L16", 48000, 0, LIMEN_AUDIO, -1 },
	[LIMEN_L16] = { "l16", "L16", 16000, 0, LIMEN_AUDIO, -1 },
	[LIMEN_VP8] = { "vp8", "VP8", 90000, 0, LIMEN_VIDEO, -1 },
	[LIMEN_VP9] = { "vp9", "VP9", 90000, 0, LIMEN_VIDEO, -1 },
	[LIMEN_H264] = { "h264", "H264", 90000, 0, LIMEN_VIDEO, -1 },
	[LIMEN_AV1] = { "av1", "AV1", 90000, 0, LIMEN_VIDEO, -1 },
	[LIMEN_H265] = { "h265", "H265", 90000, 0, LIMEN_VIDEO, -1 },
};

static const char *const uris[LIMEN_EXTS] = {
	[LIMEN_EXT_MID] = "urn:ietf:params:rtp-hdrext:sdes:mid",
	[LIMEN_EXT_RID] = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
	[LIMEN_EXT_REPAIRED_RID] = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
	[LIMEN_EXT_AUDIO_LEVEL] = "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
	[LIMEN_EXT_ORIENTATION] = "urn:3gpp:video-orientation",
	[LIMEN_EXT_PLAYOUT_DELAY] = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
	[LIMEN_EXT_ABS_SEND_TIME] = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
	[LIMEN_EXT_ABS_CAPTURE_TIME] =
		"http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
	[LIMEN_EXT_TRANSPORT_CC] =
		"http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
	[LIMEN_EXT_DEPENDENCY] = ("https://aomediacodec.github.io/av1-rtp-spec/"
				  "#dependency-descriptor-rtp-header-extension"),
	[LIMEN_EXT_LAYERS] =
		"http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00",
	[LIMEN_EXT_TOFFSET] = "urn:ietf:params:rtp-hdrext:toffset",
};

const struct limen_codec_info *limen_codec_info(enum limen_codec codec)
{
	return codec > LIMEN_CODEC_NONE && codec < LIMEN_CODECS ? &codecs[codec] : NULL;
}

enum limen_codec limen_codec_by_name(const char *name)
{
	for (int i = LIMEN_CODEC_NONE + 1; i < LIMEN_CODECS; i++)
		if (strcasecmp(codecs[i].name, name) == 0)
			return (enum limen_codec)i;
	return LIMEN_CODEC_NONE;
}

const char *limen_ext_uri(enum limen_ext ext)
{
	return (int)ext >= 0 && ext < LIMEN_EXTS ? uris[ext] : NULL;
}

enum limen_ext limen_ext_by_uri(const char *uri)
{
	int i = 0;

	while (i < LIMEN_EXTS && strcmp(uris[i], uri) != 0)
		i++;
	return (enum limen_ext)i;
}
