/*
 * H.265 payloads (RFC 7798 §4.4): NAL types 16 to 21 are random access pictures, 32 to 34 parameter
 * sets. Pure; any thread.
 */
#include "core/base/bytes.h"
#include "core/media/codec.h"

enum { NAL_AP = 48, NAL_FU = 49 };

static void note(uint8_t type, struct limen_layer *out)
{
	const bool picture = type >= 16 && type <= 21, parameters = type >= 32 && type <= 34;

	out->bare = picture && !out->keyframe;
	out->keyframe |= picture || parameters;
}

/* Parameter sets come first. */
static void note_aggregate(struct limen_bytes b, struct limen_layer *out)
{
	while (limen_bytes_left(&b) > 2 && !out->keyframe) {
		const uint16_t size = limen_bytes_u16(&b);
		const uint8_t *nal = limen_bytes_take(&b, size);

		if (!nal || size < 2)
			return;
		note((nal[0] >> 1) & 0x3f, out);
	}
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
		note_aggregate(b, out);
	} else if (type == NAL_FU) {
		fu = limen_bytes_u8(&b);
		out->start = fu & 0x80;
		if (out->start)
			note(fu & 0x3f, out);
	} else {
		note(type, out);
	}
}
