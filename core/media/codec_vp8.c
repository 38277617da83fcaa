/*
 * The VP8 payload descriptor (RFC 7741 §4.2) and header (§4.3). Pure; any thread.
 */
#include "core/base/bytes.h"
#include "core/media/codec.h"

/* Where the optional fields of a descriptor are; 0 = not there. */
struct vp8 {
	size_t picture_id, tl0, tid, payload;
	bool long_id, has_tl0, has_tid;
};

static bool locate(const uint8_t *p, size_t len, struct vp8 *v)
{
	struct limen_bytes b = limen_bytes(p, len);
	const uint8_t first = limen_bytes_u8(&b), x = first & 0x80 ? limen_bytes_u8(&b) : 0;

	*v = (struct vp8){ 0 };
	if (x & 0x80) {
		v->picture_id = (size_t)(b.p - p);
		v->long_id = limen_bytes_u8(&b) & 0x80;
		if (v->long_id)
			limen_bytes_u8(&b);
	}
	if (x & 0x40) {
		v->has_tl0 = true;
		v->tl0 = (size_t)(b.p - p);
		limen_bytes_u8(&b);
	}
	if (x & 0x30) {
		v->has_tid = x & 0x20;
		v->tid = (size_t)(b.p - p);
		limen_bytes_u8(&b);
	}
	v->payload = (size_t)(b.p - p);
	return !b.bad;
}

/* A keyframe's start code and sizes (RFC 7741 §4.3, RFC 6386 §9.1). */
static void read_keyframe(const uint8_t *p, size_t len, struct limen_layer *out)
{
	struct limen_bytes b = limen_bytes(p, len);
	const uint8_t tag = limen_bytes_u8(&b);

	limen_bytes_u16(&b);
	if (b.bad || (tag & 1) || limen_bytes_u24(&b) != 0x9d012a || b.bad)
		return;
	out->keyframe = true;
	if (limen_bytes_left(&b) < 4)
		return;
	out->width = (uint16_t)((b.p[0] | b.p[1] << 8) & 0x3fff);
	out->height = (uint16_t)((b.p[2] | b.p[3] << 8) & 0x3fff);
}

void limen_vp8_inspect(const uint8_t *p, size_t len, struct limen_layer *out)
{
	struct vp8 v;

	if (!locate(p, len, &v))
		return;
	if (v.picture_id)
		out->picture_id = v.long_id ? limen_get_u16(p + v.picture_id) & 0x7fff
					    : p[v.picture_id] & 0x7f;
	if (v.has_tl0)
		out->tl0_pic_idx = p[v.tl0];
	if (v.has_tid) {
		out->temporal = (int8_t)(p[v.tid] >> 6);
		out->switch_up = p[v.tid] & 0x20;
	}
	out->non_ref = p[0] & 0x20;
	out->start = (p[0] & 0x10) && (p[0] & 0x07) == 0;
	if (out->start)
		read_keyframe(p + v.payload, len - v.payload, out);
}

void limen_vp8_renumber(uint8_t *p, size_t len, uint16_t picture_id, uint8_t tl0_pic_idx)
{
	struct vp8 v;

	if (!locate(p, len, &v))
		return;
	if (v.picture_id && v.long_id)
		limen_put_u16(p + v.picture_id, 0x8000 | (picture_id & 0x7fff));
	else if (v.picture_id)
		p[v.picture_id] = picture_id & 0x7f;
	if (v.has_tl0)
		p[v.tl0] = tl0_pic_idx;
}
