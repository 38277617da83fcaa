/*
 * The VP9 payload descriptor (RFC 9628 §4.2). Pure; any thread.
 */
#include "core/base/bytes.h"
#include "core/media/codec.h"

enum { I = 0x80, P = 0x40, L = 0x20, F = 0x10, B = 0x08, E = 0x04, V = 0x02, Z = 0x01 };

static void read_layers(struct limen_bytes *b, bool flexible, struct limen_layer *out)
{
	const uint8_t layer = limen_bytes_u8(b);

	out->temporal = (int8_t)(layer >> 5);
	out->switch_up = layer & 0x10;
	out->spatial = (int8_t)((layer >> 1) & 7);
	out->inter_layer = layer & 1;
	if (!flexible)
		out->tl0_pic_idx = limen_bytes_u8(b);
}

static void skip_references(struct limen_bytes *b)
{
	for (int i = 0; i < 3; i++)
		if (!(limen_bytes_u8(b) & 1))
			return;
}

/* How many spatial layers there are, and the size of the highest one. */
static void read_structure(struct limen_bytes *b, struct limen_layer *out)
{
	const uint8_t head = limen_bytes_u8(b);

	out->spatial_layers = (head >> 5) + 1;
	for (unsigned i = 0; (head & 0x10) && i < out->spatial_layers; i++) {
		out->width = limen_bytes_u16(b);
		out->height = limen_bytes_u16(b);
	}
}

void limen_vp9_inspect(const uint8_t *p, size_t len, struct limen_layer *out)
{
	struct limen_bytes b = limen_bytes(p, len);
	const uint8_t first = limen_bytes_u8(&b);
	struct limen_layer l = *out;

	if (first & I) {
		l.picture_id = limen_bytes_u8(&b);
		if (l.picture_id & 0x80)
			l.picture_id = (l.picture_id & 0x7f) << 8 | limen_bytes_u8(&b);
	}
	if (first & L)
		read_layers(&b, first & F, &l);
	if ((first & F) && (first & P))
		skip_references(&b);
	if (first & V)
		read_structure(&b, &l);
	if (b.bad)
		return;
	l.start = first & B;
	l.end = first & E;
	l.non_ref = first & Z;
	l.predicted = first & P;
	l.keyframe = !(first & P) && l.start && l.spatial <= 0;
	*out = l;
}

void limen_vp9_renumber(uint8_t *p, size_t len, uint16_t picture_id, uint8_t tl0_pic_idx)
{
	const uint8_t first = len ? p[0] : 0;
	size_t at = 1;

	if (!(first & I) || at >= len)
		return;
	if (!(p[at] & 0x80)) {
		p[at++] = picture_id & 0x7f;
	} else {
		if (at + 2 > len)
			return;
		limen_put_u16(p + at, 0x8000 | (picture_id & 0x7fff));
		at += 2;
	}
	if ((first & L) && !(first & F) && at + 1 < len)
		p[at + 1] = tl0_pic_idx;
}
