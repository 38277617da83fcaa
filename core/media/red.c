/*
 * RFC 2198 §3: a header of four bytes for each earlier block, of one byte for the block of now,
 * then the blocks in the same order. Pure; any thread.
 */
#include "core/media/red.h"
#include "core/base/bytes.h"

enum { MORE = 0x80 };

size_t limen_red_primary(const uint8_t *payload, size_t len)
{
	struct limen_bytes b = limen_bytes(payload, len);
	size_t earlier = 0;
	uint8_t head;

	for (unsigned i = 0; i < LIMEN_RED_BLOCKS_MAX; i++) {
		head = limen_bytes_u8(&b);
		if (!(head & MORE))
			break;
		earlier += limen_bytes_u24(&b) & 0x3ff;
	}
	if ((head & MORE) || b.bad || earlier >= limen_bytes_left(&b))
		return 0;
	return (size_t)(b.p - payload) + earlier;
}

void limen_red_set_type(uint8_t *payload, size_t len, uint8_t pt)
{
	for (size_t at = 0; at < len; at += 4) {
		const bool more = payload[at] & MORE;

		payload[at] = (uint8_t)((more ? MORE : 0) | (pt & 0x7f));
		if (!more)
			return;
	}
}
