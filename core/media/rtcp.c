/*
 * RTCP reading and writing. Pure; any thread.
 */
#include "core/media/rtcp.h"
#include <string.h>
#include "core/base/bytes.h"

#define NTP_1970 UINT64_C(2208988800)

struct reader {
	const struct limen_rtcp_events *ev;
	void *arg;
	unsigned nacks;
};

static void read_block(struct limen_bytes *b, struct reader *r)
{
	struct limen_rtcp_block block;

	block.ssrc = limen_bytes_u32(b);
	block.fraction = limen_bytes_u8(b);
	block.lost = (int32_t)(limen_bytes_u24(b) << 8) >> 8;
	block.highest = limen_bytes_u32(b);
	block.jitter = limen_bytes_u32(b);
	block.lsr = limen_bytes_u32(b);
	block.dlsr = limen_bytes_u32(b);
	if (!b->bad && r->ev->on_block)
		r->ev->on_block(&block, r->arg);
}

static void read_report(struct limen_bytes *b, uint8_t type, unsigned count, struct reader *r)
{
	struct limen_rtcp_sender sr = { .ssrc = limen_bytes_u32(b) };

	if (type == LIMEN_RTCP_SR) {
		sr.ntp = (uint64_t)limen_bytes_u32(b) << 32;
		sr.ntp |= limen_bytes_u32(b);
		sr.ts = limen_bytes_u32(b);
		sr.packets = limen_bytes_u32(b);
		sr.octets = limen_bytes_u32(b);
		if (!b->bad && r->ev->on_sender)
			r->ev->on_sender(&sr, r->arg);
	}
	while (count-- && !b->bad)
		read_block(b, r);
}

static void tell_nack(struct reader *r, uint32_t ssrc, uint16_t seq)
{
	if (r->nacks++ < LIMEN_RTCP_NACKS_MAX && r->ev->on_nack)
		r->ev->on_nack(ssrc, seq, r->arg);
}

/* RFC 4585 §6.2.1 */
static void read_nack(struct limen_bytes *b, uint32_t ssrc, struct reader *r)
{
	while (limen_bytes_left(b) >= 4) {
		const uint16_t pid = limen_bytes_u16(b);
		uint16_t mask = limen_bytes_u16(b);

		tell_nack(r, ssrc, pid);
		for (uint16_t i = 1; mask; i++, mask >>= 1)
			if (mask & 1)
				tell_nack(r, ssrc, (uint16_t)(pid + i));
	}
}

/* RFC 5104 §4.3.1: the media SSRC of the header is unused, each entry has its own. */
static void read_fir(struct limen_bytes *b, struct reader *r)
{
	while (limen_bytes_left(b) >= 8) {
		const uint32_t ssrc = limen_bytes_u32(b);

		limen_bytes_u32(b);
		if (r->ev->on_keyframe)
			r->ev->on_keyframe(ssrc, r->arg);
	}
}

/* draft-alvestrand-rmcat-remb §2.2. The exponent may go beyond 64 bits. */
static void read_remb(struct limen_bytes *b, struct reader *r)
{
	const uint8_t *name = limen_bytes_take(b, 4);
	uint32_t word, exponent;
	uint64_t mantissa, bps;

	if (!name || memcmp(name, "REMB", 4) != 0)
		return;
	limen_bytes_u8(b);
	word = limen_bytes_u24(b);
	mantissa = word & 0x3ffff;
	exponent = word >> 18;
	bps = mantissa > UINT64_MAX >> exponent ? UINT64_MAX : mantissa << exponent;
	if (!b->bad && r->ev->on_remb)
		r->ev->on_remb(bps, r->arg);
}

static void read_feedback(struct limen_bytes *b, uint8_t type, unsigned format, struct reader *r)
{
	uint32_t media;

	limen_bytes_u32(b);
	media = limen_bytes_u32(b);
	if (b->bad)
		return;
	if (type == LIMEN_RTCP_RTPFB && format == 1)
		read_nack(b, media, r);
	else if (type == LIMEN_RTCP_PSFB && format == 1 && r->ev->on_keyframe)
		r->ev->on_keyframe(media, r->arg);
	else if (type == LIMEN_RTCP_PSFB && format == 4)
		read_fir(b, r);
	else if (type == LIMEN_RTCP_PSFB && format == 15)
		read_remb(b, r);
}

static void read_bye(struct limen_bytes *b, unsigned count, struct reader *r)
{
	while (count--) {
		const uint32_t ssrc = limen_bytes_u32(b);

		if (b->bad)
			return;
		if (r->ev->on_bye)
			r->ev->on_bye(ssrc, r->arg);
	}
}

static void read_packet(struct limen_bytes *b, uint8_t type, unsigned count, struct reader *r)
{
	switch (type) {
	case LIMEN_RTCP_SR:
	case LIMEN_RTCP_RR:
		read_report(b, type, count, r);
		break;
	case LIMEN_RTCP_BYE:
		read_bye(b, count, r);
		break;
	case LIMEN_RTCP_RTPFB:
	case LIMEN_RTCP_PSFB:
		read_feedback(b, type, count, r);
		break;
	default:
		break;
	}
}

int limen_rtcp_read(const uint8_t *data, size_t len, const struct limen_rtcp_events *ev, void *arg)
{
	struct limen_bytes b = limen_bytes(data, len);
	struct reader r = { ev, arg, 0 };

	while (limen_bytes_left(&b)) {
		const uint8_t first = limen_bytes_u8(&b), type = limen_bytes_u8(&b);
		const size_t body_len = limen_bytes_u16(&b) * 4u;
		const uint8_t *body = limen_bytes_take(&b, body_len);
		struct limen_bytes part;
		size_t padding;

		if (!body || first >> 6 != 2)
			return LIMEN_EPROTO;
		padding = (first & 0x20) && body_len ? body[body_len - 1] : 0;
		if (padding > body_len)
			return LIMEN_EPROTO;
		part = limen_bytes(body, body_len - padding);
		read_packet(&part, type, first & 0x1f, &r);
		if (part.bad)
			return LIMEN_EPROTO;
	}
	return 0;
}

void limen_rtcp_begin(struct limen_rtcp_writer *w)
{
	w->len = 0;
	w->full = false;
}

/* Room for a packet of this many bytes (a multiple of 4), its common header written; NULL if it
 * does not fit. */
static uint8_t *add(struct limen_rtcp_writer *w, unsigned count, uint8_t type, size_t len)
{
	uint8_t *p = w->bytes + w->len;

	if (w->len + len > LIMEN_RTCP_MAX) {
		w->full = true;
		return NULL;
	}
	p[0] = (uint8_t)(0x80 | count);
	p[1] = type;
	limen_put_u16(p + 2, (uint16_t)(len / 4 - 1));
	w->len += len;
	return p;
}

void limen_rtcp_add_sr(struct limen_rtcp_writer *w, const struct limen_rtcp_sender *sr)
{
	uint8_t *p = add(w, 0, LIMEN_RTCP_SR, 28);

	if (!p)
		return;
	limen_put_u32(p + 4, sr->ssrc);
	limen_put_u32(p + 8, (uint32_t)(sr->ntp >> 32));
	limen_put_u32(p + 12, (uint32_t)sr->ntp);
	limen_put_u32(p + 16, sr->ts);
	limen_put_u32(p + 20, sr->packets);
	limen_put_u32(p + 24, sr->octets);
}

void limen_rtcp_add_rr(struct limen_rtcp_writer *w, uint32_t ssrc,
	const struct limen_rtcp_block *blocks, size_t count)
{
	uint8_t *p = add(w, (unsigned)count, LIMEN_RTCP_RR, 8 + 24 * count);

	if (!p)
		return;
	limen_put_u32(p + 4, ssrc);
	for (size_t i = 0; i < count; i++) {
		uint8_t *b = p + 8 + 24 * i;

		limen_put_u32(b, blocks[i].ssrc);
		limen_put_u32(b + 4,
			(uint32_t)blocks[i].fraction << 24 | ((uint32_t)blocks[i].lost & 0xffffff));
		limen_put_u32(b + 8, blocks[i].highest);
		limen_put_u32(b + 12, blocks[i].jitter);
		limen_put_u32(b + 16, blocks[i].lsr);
		limen_put_u32(b + 20, blocks[i].dlsr);
	}
}

void limen_rtcp_add_cname(struct limen_rtcp_writer *w, uint32_t ssrc, const char *cname)
{
	const size_t text = strlen(cname), len = (8 + 2 + text + 1 + 3) / 4 * 4;
	uint8_t *p = add(w, 1, LIMEN_RTCP_SDES, len);

	if (!p)
		return;
	memset(p + 4, 0, len - 4);
	limen_put_u32(p + 4, ssrc);
	p[8] = 1;
	p[9] = (uint8_t)text;
	memcpy(p + 10, cname, text);
}

static uint8_t *add_feedback(struct limen_rtcp_writer *w, unsigned format, uint8_t type, size_t len,
	uint32_t ssrc, uint32_t media)
{
	uint8_t *p = add(w, format, type, len);

	if (p) {
		limen_put_u32(p + 4, ssrc);
		limen_put_u32(p + 8, media);
	}
	return p;
}

void limen_rtcp_add_pli(struct limen_rtcp_writer *w, uint32_t ssrc, uint32_t media_ssrc)
{
	add_feedback(w, 1, LIMEN_RTCP_PSFB, 12, ssrc, media_ssrc);
}

void limen_rtcp_add_nack(struct limen_rtcp_writer *w, uint32_t ssrc, uint32_t media_ssrc,
	const uint16_t *seqs, size_t count)
{
	uint16_t pid[LIMEN_RTCP_NACKS_MAX], mask[LIMEN_RTCP_NACKS_MAX];
	size_t n = 0;
	uint8_t *p;

	for (size_t i = 0; i < count && n < LIMEN_RTCP_NACKS_MAX; i++) {
		const uint16_t ahead = n ? (uint16_t)(seqs[i] - pid[n - 1]) : 0;

		if (n && ahead >= 1 && ahead <= 16) {
			mask[n - 1] |= (uint16_t)(1u << (ahead - 1));
			continue;
		}
		pid[n] = seqs[i];
		mask[n++] = 0;
	}
	if (n == 0 || !(p = add_feedback(w, 1, LIMEN_RTCP_RTPFB, 12 + 4 * n, ssrc, media_ssrc)))
		return;
	for (size_t i = 0; i < n; i++) {
		limen_put_u16(p + 12 + 4 * i, pid[i]);
		limen_put_u16(p + 14 + 4 * i, mask[i]);
	}
}

void limen_rtcp_add_remb(struct limen_rtcp_writer *w, uint32_t ssrc, uint64_t bps,
	const uint32_t *media_ssrcs, size_t count)
{
	uint8_t *p = add_feedback(w, 15, LIMEN_RTCP_PSFB, 20 + 4 * count, ssrc, 0);
	unsigned exponent = 0;

	if (!p)
		return;
	for (; bps > 0x3ffff; exponent++)
		bps >>= 1;
	memcpy(p + 12, "REMB", 4);
	limen_put_u32(p + 16, (uint32_t)count << 24 | exponent << 18 | (uint32_t)bps);
	for (size_t i = 0; i < count; i++)
		limen_put_u32(p + 20 + 4 * i, media_ssrcs[i]);
}

uint64_t limen_ntp(int64_t wall_us)
{
	const uint64_t us = (uint64_t)wall_us;

	return (us / 1000000 + NTP_1970) << 32 | ((us % 1000000) << 32) / 1000000;
}

int64_t limen_ntp_us(uint64_t ntp)
{
	return ((int64_t)(ntp >> 32) - (int64_t)NTP_1970) * 1000000 +
		(int64_t)(((ntp & 0xffffffff) * 1000000) >> 32);
}
