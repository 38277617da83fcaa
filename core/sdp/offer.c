/*
 * M-lines of our own offers, with the payload types and extension ids of the room table (spec
 * plugin-videoroom §8.2). Pure; any thread.
 */
#include "core/sdp/sdp.h"

static const int payload_types[LIMEN_CODECS] = {
	[LIMEN_OPUS] = 111,
	[LIMEN_MULTIOPUS] = 111,
	[LIMEN_PCMU] = 0,
	[LIMEN_PCMA] = 8,
	[LIMEN_G722] = 9,
	[LIMEN_ISAC16] = 103,
	[LIMEN_ISAC32] = 104,
	[LIMEN_L16_48] = 105,
	[LIMEN_L16] = 106,
	[LIMEN_VP8] = 96,
	[LIMEN_VP9] = 101,
	[LIMEN_H264] = 107,
	[LIMEN_AV1] = 98,
	[LIMEN_H265] = 100,
};

#define RED_TYPE 63 /* as browsers number it; RFC 5761 §4 keeps 64 to 95 free */

static const uint8_t extension_ids[LIMEN_EXTS] = {
	[LIMEN_EXT_AUDIO_LEVEL] = 1,
	[LIMEN_EXT_ABS_SEND_TIME] = 2,
	[LIMEN_EXT_TRANSPORT_CC] = 3,
	[LIMEN_EXT_MID] = 4,
	[LIMEN_EXT_PLAYOUT_DELAY] = 12,
	[LIMEN_EXT_ORIENTATION] = 13,
	[LIMEN_EXT_DEPENDENCY] = 14,
	[LIMEN_EXT_ABS_CAPTURE_TIME] = 11,
};

static void add_feedback(struct limen_sdp_format *f, enum limen_kind kind, bool transport_cc)
{
	static const char *const video[] = { "ccm fir", "nack", "nack pli", "goog-remb" };

	for (size_t i = 0; kind == LIMEN_VIDEO && i < G_N_ELEMENTS(video); i++)
		g_ptr_array_add(f->feedback, g_strdup(video[i]));
	if (transport_cc)
		g_ptr_array_add(f->feedback, g_strdup("transport-cc"));
}

struct limen_sdp_media *limen_sdp_add(struct limen_sdp *sdp, enum limen_kind kind,
	enum limen_codec codec, enum limen_dir dir, const char *mid, const char *fmtp,
	uint32_t exts)
{
	struct limen_sdp_media *m = limen_sdp_media_new(kind);
	struct limen_sdp_format *f;

	m->dir = dir;
	m->proto = g_strdup(kind == LIMEN_DATA ? "UDP/DTLS/SCTP" : "UDP/TLS/RTP/SAVPF");
	g_strlcpy(m->mid, mid, sizeof(m->mid));
	g_ptr_array_add(sdp->media, m);
	if (kind == LIMEN_DATA)
		return m;
	for (int e = 0; e < LIMEN_EXTS; e++)
		if (exts & (1u << e))
			m->ext_id[e] = extension_ids[e];
	f = limen_sdp_format_new(payload_types[codec], codec);
	f->fmtp = g_strdup(fmtp);
	add_feedback(f, kind, m->ext_id[LIMEN_EXT_TRANSPORT_CC] != 0);
	g_ptr_array_add(m->formats, f);
	return m;
}

void limen_sdp_add_red(struct limen_sdp_media *m)
{
	const struct limen_sdp_format *opus = limen_sdp_main_format(m);
	struct limen_sdp_format *f;

	if (!opus || opus->codec != LIMEN_OPUS)
		return;
	f = limen_sdp_format_copy(opus);
	f->pt = RED_TYPE;
	f->codec = LIMEN_CODEC_NONE;
	g_free(f->name);
	f->name = g_strdup("red");
	g_free(f->fmtp);
	f->fmtp = g_strdup_printf("%d/%d", opus->pt, opus->pt);
	g_ptr_array_insert(m->formats, 0, f);
}
