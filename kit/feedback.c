/*
 * Reading keyframe requests. Pure.
 */
#include "kit/feedback.h"

#define HEAD 4u      /* bytes of the header that all RTCP packets share (RFC 3550 §6.4) */
#define FEEDBACK 12u /* and of one with both SSRCs (RFC 4585 §6.1) */
#define PAYLOAD_FEEDBACK 206
#define FORMAT_PLI 1
#define FORMAT_FIR 4
#define FIR_ENTRY 8u

static uint32_t read_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* len: of this packet, at least its header. */
static void read_packet(
	const uint8_t *p, size_t len, void (*fn)(uint32_t ssrc, void *arg), void *arg)
{
	const unsigned format = p[0] & 0x1f;

	if (p[1] != PAYLOAD_FEEDBACK || len < FEEDBACK)
		return;
	if (format == FORMAT_PLI)
		fn(read_u32(p + 8), arg);
	/* FIR names its media in the entries, not in the header (RFC 5104 §4.3.1.2) */
	for (size_t at = FEEDBACK; format == FORMAT_FIR && at + FIR_ENTRY <= len; at += FIR_ENTRY)
		fn(read_u32(p + at), arg);
}

int limen_feedback_read(
	const uint8_t *bytes, size_t len, void (*fn)(uint32_t ssrc, void *arg), void *arg)
{
	while (len > 0) {
		size_t packet;

		if (len < HEAD || bytes[0] >> 6 != 2)
			return LIMEN_EPROTO;
		packet = ((size_t)bytes[2] << 8 | bytes[3]) * 4 + HEAD;
		if (packet > len)
			return LIMEN_EPROTO;
		read_packet(bytes, packet, fn, arg);
		bytes += packet;
		len -= packet;
	}
	return 0;
}
