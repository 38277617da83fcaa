/*
 * H.265 payloads (RFC 7798 §4.4): NAL types 16 to 21 are random access pictures, 32 to 34 parameter
 * sets. Pure; any thread.
 */
#include "core/base/bytes.h"
#include "core/media/codec.h"

enum { NAL_AP = 48, NAL_FU = 49 };

static bool is_start(uint8_t type)
{
	return (type >= 16 && type <= 21) || (type >= 32 && type <= 34);
}

static bool aggregate_starts(struct limen_bytes b)
{
	while (limen_bytes_left(&b) > 2) {
		const uint16_t size = limen_bytes_u16(&b);
		const uint8_t *nal = limen_bytes_take(&b, size);

		if (!nal || size < 2)
			return false;
		if (is_start((nal[0] >> 1) & 0x3f))
			return true;
	}
	return false;
}

void limen_h265_inspect(const uint8_t *p, size_t len, struct limen_layer *out)
{
	struct limen_bytes b = limen_bytes(p, len);
	const uint8_t type = (limen_bytes_u8(&b) >> 1) & 0x3f;
	uint8_t fu;

	limen_bytes_u8(&b);
	if (b.bad)
		return;
	out->start = true;
	if (type == NAL_AP) {
		out->keyframe = aggregate_starts(b);
	} else if (type == NAL_FU) {
		fu = limen_bytes_u8(&b);
		out->start = fu & 0x80;
		out->keyframe = out->start && is_start(fu & 0x3f);
	} else {
		out->keyframe = is_start(type);
	}
}
