/*
 * RTP parsing and writing. A packet that lies about any of its lengths is refused whole. Pure; any
 * thread.
 */
#include "core/media/rtp.h"
#include <string.h>
#include "core/base/bytes.h"

#define ONE_BYTE_PROFILE 0xBEDE
#define TWO_BYTE_PROFILE 0x1000 /* the low four bits are the application's */

static void parse_extension(struct limen_bytes *b, struct limen_rtp *out)
{
	const uint16_t profile = limen_bytes_u16(b);
	const size_t len = limen_bytes_u16(b) * 4u;
	const uint8_t *elements = limen_bytes_take(b, len);

	if (!elements)
		return;
	if (profile != ONE_BYTE_PROFILE && (profile & 0xfff0) != TWO_BYTE_PROFILE)
		return; /* some other extension: skipped */
	out->two_byte = profile != ONE_BYTE_PROFILE;
	out->ext = elements;
	out->ext_len = (uint16_t)len; /* at most LIMEN_PACKET_MAX */
}

int limen_rtp_parse(const uint8_t *data, size_t len, struct limen_rtp *out)
{
	struct limen_bytes b = limen_bytes(data, len);
	const uint8_t first = limen_bytes_u8(&b), second = limen_bytes_u8(&b);
	size_t padding;

	memset(out, 0, sizeof(*out));
	if (len > LIMEN_PACKET_MAX || first >> 6 != 2)
		return LIMEN_EPROTO;
	out->packet = data;
	out->marker = second & 0x80;
	out->pt = second & 0x7f;
	out->seq = limen_bytes_u16(&b);
	out->ts = limen_bytes_u32(&b);
	out->ssrc = limen_bytes_u32(&b);
	limen_bytes_take(&b, (first & 0x0f) * 4u);
	if (first & 0x10)
		parse_extension(&b, out);
	if (b.bad)
		return LIMEN_EPROTO;
	padding = (first & 0x20) && limen_bytes_left(&b) ? data[len - 1] : 0;
	if ((first & 0x20) && (padding == 0 || padding > limen_bytes_left(&b)))
		return LIMEN_EPROTO;
	out->header_len = (uint16_t)(b.p - data);
	out->payload_len = (uint16_t)(limen_bytes_left(&b) - padding);
	return 0;
}

/* Reads one element; false at the end. A byte of 0 is padding, one-byte elements with id 0 and a
 * length or with id 15 end the reading (RFC 8285 §4.2). */
static bool next_element(
	struct limen_bytes *b, bool two_byte, uint8_t *id, const uint8_t **data, size_t *len)
{
	const uint8_t head = limen_bytes_u8(b);

	if (b->bad)
		return false;
	if (head == 0) {
		*id = 0;
		return true;
	}
	*id = two_byte ? head : head >> 4;
	if (!two_byte && (*id == 0 || *id == 15))
		return false;
	*len = two_byte ? limen_bytes_u8(b) : (head & 0x0f) + 1u;
	*data = limen_bytes_take(b, *len);
	return *data != NULL;
}

const uint8_t *limen_rtp_ext(const struct limen_rtp *rtp, uint8_t id, size_t *len)
{
	const uint8_t *data = NULL;
	struct limen_bytes b;
	uint8_t found;

	if (!rtp->ext || id == 0)
		return NULL;
	b = limen_bytes(rtp->ext, rtp->ext_len);
	while (limen_bytes_left(&b) && next_element(&b, rtp->two_byte, &found, &data, len))
		if (found == id)
			return data;
	return NULL;
}

bool limen_rtp_ext_text(const struct limen_rtp *rtp, uint8_t id, char *out, size_t cap)
{
	size_t len = 0;
	const uint8_t *data = limen_rtp_ext(rtp, id, &len);

	if (!data || len == 0 || len >= cap)
		return false;
	memcpy(out, data, len);
	out[len] = '\0';
	return true;
}

static const uint8_t *element(
	const struct limen_rtp *rtp, const uint8_t *ext_id, enum limen_ext ext, size_t want)
{
	size_t len = 0;
	const uint8_t *data = limen_rtp_ext(rtp, ext_id[ext], &len);

	return data && len >= want ? data : NULL;
}

void limen_rtp_describe(
	const struct limen_rtp *rtp, const uint8_t ext_id[LIMEN_EXTS], struct limen_packet *p)
{
	const uint8_t *e;
	size_t len;

	p->marker = rtp->marker;
	p->pt = rtp->pt;
	p->seq = rtp->seq;
	p->ts = rtp->ts;
	p->ssrc = rtp->ssrc;
	p->header_len = rtp->header_len;
	p->payload_len = rtp->payload_len;
	if ((e = element(rtp, ext_id, LIMEN_EXT_AUDIO_LEVEL, 1))) {
		p->voice = e[0] & 0x80;
		p->audio_level = e[0] & 0x7f;
	}
	if ((e = element(rtp, ext_id, LIMEN_EXT_ORIENTATION, 1)))
		p->orientation = e[0] & 0x0f;
	if ((e = element(rtp, ext_id, LIMEN_EXT_PLAYOUT_DELAY, 3))) {
		p->playout_min = e[0] << 4 | e[1] >> 4;
		p->playout_max = (e[1] & 0x0f) << 8 | e[2];
	}
	if ((e = limen_rtp_ext(rtp, ext_id[LIMEN_EXT_DEPENDENCY], &len)) && len <= UINT8_MAX) {
		p->dependency_at = (uint16_t)(e - rtp->packet);
		p->dependency_len = (uint8_t)len;
	}
}

static bool needs_two_bytes(const struct limen_rtp_element *elements, size_t count)
{
	bool two_byte = false;

	for (size_t i = 0; i < count; i++)
		two_byte |= elements[i].id > 14 || elements[i].len == 0 || elements[i].len > 16;
	return two_byte;
}

size_t limen_rtp_header_len(const struct limen_rtp_element *elements, size_t count)
{
	const size_t each = needs_two_bytes(elements, count) ? 2 : 1;
	size_t len = 0;

	for (size_t i = 0; i < count; i++)
		len += each + elements[i].len;
	return count ? 16 + (len + 3) / 4 * 4 : 12;
}

static size_t write_elements(
	uint8_t *out, const struct limen_rtp_element *elements, size_t count, bool two_byte)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		const struct limen_rtp_element *e = &elements[i];

		out[n++] = two_byte ? e->id : (uint8_t)(e->id << 4 | (e->len - 1));
		if (two_byte)
			out[n++] = e->len;
		memcpy(out + n, e->data, e->len);
		n += e->len;
	}
	while (n % 4)
		out[n++] = 0;
	return n;
}

size_t limen_rtp_write(uint8_t *out, bool marker, uint8_t pt, uint16_t seq, uint32_t ts,
	uint32_t ssrc, const struct limen_rtp_element *elements, size_t count)
{
	const bool two_byte = needs_two_bytes(elements, count);
	size_t len;

	out[0] = (uint8_t)(0x80 | (count ? 0x10 : 0));
	out[1] = (uint8_t)((marker ? 0x80 : 0) | pt);
	limen_put_u16(out + 2, seq);
	limen_put_u32(out + 4, ts);
	limen_put_u32(out + 8, ssrc);
	if (!count)
		return 12;
	len = write_elements(out + 16, elements, count, two_byte);
	limen_put_u16(out + 12, two_byte ? TWO_BYTE_PROFILE : ONE_BYTE_PROFILE);
	limen_put_u16(out + 14, (uint16_t)(len / 4));
	return 16 + len;
}
