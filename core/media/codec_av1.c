/*
 * AV1 payloads without a dependency descriptor (AV1 RTP specification §4.4): a coded video sequence
 * begins where the aggregation header says so, or with a sequence header, which tells the size too
 * (AV1 specification §5.5). Pure; any thread.
 */
#include "core/base/bits.h"
#include "core/base/bytes.h"
#include "core/media/codec.h"

enum { Z = 0x80, W = 0x30, N = 0x08, HAS_EXTENSION = 0x04, HAS_SIZE = 0x02, SEQUENCE_HEADER = 1 };

/* leb128() of the AV1 specification, §4.10.5 */
static uint32_t read_leb128(struct limen_bytes *b)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 8; i++) {
		const uint8_t byte = limen_bytes_u8(b);

		v |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (!(byte & 0x80))
			break;
	}
	return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

/* The first OBU of a packet, as far as the packet has it. */
static struct limen_bytes first_obu(struct limen_bytes b, uint8_t aggregation)
{
	const size_t len = (aggregation & W) == 0x10 ? limen_bytes_left(&b) : read_leb128(&b);

	return limen_bytes(b.p, len < limen_bytes_left(&b) ? len : limen_bytes_left(&b));
}

static void skip_operating_points(struct limen_bits *b, bool has_delay)
{
	const uint32_t count = limen_bits_get(b, 5) + 1;

	for (uint32_t i = 0; i < count; i++) {
		limen_bits_get(b, 12);
		if (limen_bits_get(b, 5) > 7)
			limen_bits_flag(b);
		if (has_delay && limen_bits_flag(b))
			limen_bits_get(b, 4);
	}
}

/* [sequence_header_obu] as far as the sizes. One with timing information is left alone. */
static void read_sequence_header(struct limen_bytes obu, struct limen_layer *out)
{
	struct limen_bits b = limen_bits(obu.p, limen_bytes_left(&obu));
	uint32_t width_bits, height_bits, width, height;

	limen_bits_get(&b, 4);
	if (limen_bits_flag(&b)) {
		limen_bits_get(&b, 5);
	} else {
		if (limen_bits_flag(&b))
			return;
		skip_operating_points(&b, limen_bits_flag(&b));
	}
	width_bits = limen_bits_get(&b, 4) + 1;
	height_bits = limen_bits_get(&b, 4) + 1;
	width = limen_bits_get(&b, width_bits) + 1;
	height = limen_bits_get(&b, height_bits) + 1;
	if (b.bad || width > UINT16_MAX || height > UINT16_MAX)
		return;
	out->width = (uint16_t)width;
	out->height = (uint16_t)height;
}

bool limen_av1_begins(uint8_t aggregation)
{
	return aggregation & N;
}

void limen_av1_inspect(const uint8_t *p, size_t len, struct limen_layer *out)
{
	struct limen_bytes b = limen_bytes(p, len), obu;
	const uint8_t aggregation = limen_bytes_u8(&b);
	uint8_t header;

	if (len < 2 || (aggregation & Z))
		return;
	out->start = true;
	out->keyframe = limen_av1_begins(aggregation);
	obu = first_obu(b, aggregation);
	header = limen_bytes_u8(&obu);
	if (obu.bad || (header >> 3 & 0x0f) != SEQUENCE_HEADER)
		return;
	out->keyframe = true;
	if (header & HAS_EXTENSION)
		limen_bytes_u8(&obu);
	if (header & HAS_SIZE)
		read_leb128(&obu);
	read_sequence_header(obu, out);
}
