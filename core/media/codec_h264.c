/*
 * H.264 payloads (RFC 6184 §5): a sequence parameter set or an IDR slice marks where a decoder can
 * start. A slice alone may have lost its parameter sets on the way, which is told. Pure; any
 * thread.
 */
#include "core/base/bytes.h"
#include "core/media/codec.h"

enum { NAL_IDR = 5, NAL_SPS = 7, NAL_STAP_A = 24, NAL_FU_A = 28 };

static void note(uint8_t nal, struct limen_layer *out)
{
	const uint8_t type = nal & 0x1f;

	out->bare = type == NAL_IDR && !out->keyframe;
	out->keyframe |= type == NAL_SPS || type == NAL_IDR;
}

/* Parameter sets come first. */
static void note_aggregate(struct limen_bytes b, struct limen_layer *out)
{
	while (limen_bytes_left(&b) > 2 && !out->keyframe) {
		const uint16_t size = limen_bytes_u16(&b);
		const uint8_t *nal = limen_bytes_take(&b, size);

		if (!nal || size == 0)
			return;
		note(nal[0], out);
	}
}

void limen_h264_inspect(const uint8_t *p, size_t len, struct limen_layer *out)
{
	struct limen_bytes b = limen_bytes(p, len);
	const uint8_t nal = limen_bytes_u8(&b), type = nal & 0x1f;
	uint8_t fu;

	out->start = true;
	if (type == NAL_STAP_A) {
		note_aggregate(b, out);
	} else if (type == NAL_FU_A) {
		fu = limen_bytes_u8(&b);
		out->start = fu & 0x80;
		if (out->start)
			note(fu, out);
	} else {
		note(nal, out);
	}
}
