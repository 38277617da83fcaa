/*
 * Payload inspection by codec. Pure; any thread.
 */
#include "core/media/codec.h"

static void unknown(struct limen_layer *l)
{
	*l = (struct limen_layer){
		.spatial = -1, .temporal = -1, .picture_id = -1, .tl0_pic_idx = -1
	};
}

void limen_codec_inspect(
	enum limen_codec codec, const uint8_t *payload, size_t len, struct limen_layer *out)
{
	static void (*const table[LIMEN_CODECS])(const uint8_t *, size_t, struct limen_layer *) = {
		[LIMEN_VP8] = limen_vp8_inspect,
		[LIMEN_VP9] = limen_vp9_inspect,
		[LIMEN_H264] = limen_h264_inspect,
		[LIMEN_H265] = limen_h265_inspect,
		[LIMEN_AV1] = limen_av1_inspect,
	};

	unknown(out);
	if (codec < LIMEN_CODECS && table[codec] && len)
		table[codec](payload, len, out);
}

uint32_t limen_clock_hz(enum limen_kind kind, enum limen_codec codec)
{
	const struct limen_codec_info *info = limen_codec_info(codec);

	if (info)
		return info->clock_hz;
	return kind == LIMEN_VIDEO ? 90000 : 48000;
}

void limen_codec_inspect_opaque(
	enum limen_codec codec, const uint8_t *payload, size_t len, struct limen_layer *out)
{
	limen_codec_inspect(codec, payload, len, out);
	if (codec == LIMEN_VP9)
		return; /* all of it is in the descriptor */
	out->width = out->height = 0;
	/* VP8: a start code that can be read is none by chance. Otherwise, of frames of the base
	 * layer only a keyframe is a synchronisation point (RFC 7741 §4.2, Y). */
	if (codec == LIMEN_VP8)
		out->keyframe |= out->start && out->temporal == 0 && out->switch_up;
	else if (codec == LIMEN_AV1)
		out->keyframe = out->start && limen_av1_begins(payload[0]);
}

void limen_codec_renumber(enum limen_codec codec, uint8_t *payload, size_t len, uint16_t picture_id,
	uint8_t tl0_pic_idx)
{
	if (codec == LIMEN_VP8)
		limen_vp8_renumber(payload, len, picture_id, tl0_pic_idx);
	else if (codec == LIMEN_VP9)
		limen_vp9_renumber(payload, len, picture_id, tl0_pic_idx);
}
