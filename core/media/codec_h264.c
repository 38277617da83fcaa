/*
 * H.264 payloads (RFC 6184 §5): a sequence parameter set or an IDR slice marks where a decoder can
 * start. Pure; any thread.
 */
#include "core/base/bytes.h"
#include "core/media/codec.h"

enum { NAL_IDR = 5, NAL_SPS = 7, NAL_STAP_A = 24, NAL_FU_A = 28 };

static bool is_start(uint8_t nal)
{
	return (nal & 0x1f) == NAL_SPS || (nal & 0x1f) == NAL_IDR;
}

static bool aggregate_starts(struct limen_bytes b)
{
	while (limen_bytes_left(&b) > 2) {
		const uint16_t size = limen_bytes_u16(&b);
		const uint8_t *nal = limen_bytes_take(&b, size);

		if (!nal || size == 0)
			return false;
		if (is_start(nal[0]))
			return true;
	}
	return false;
}

void limen_h264_inspect(const uint8_t *p, size_t len, struct limen_layer *out)
{
	struct limen_bytes b = limen_bytes(p, len);
	const uint8_t nal = limen_bytes_u8(&b), type = nal & 0x1f;
	uint8_t fu;

	out->start = true;
	if (type == NAL_STAP_A) {
		out->keyframe = aggregate_starts(b);
	} else if (type == NAL_FU_A) {
		fu = limen_bytes_u8(&b);
		out->start = fu & 0x80;
		out->keyframe = out->start && is_start(fu);
	} else {
		out->keyframe = is_start(nal);
	}
}
