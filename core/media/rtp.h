/*
 * RTP packets: parsing (RFC 3550 §5.1, header extensions RFC 8285), writing headers, RTX (RFC
 * 4588). Pure; any thread.
 */
#ifndef LIMEN_MEDIA_RTP_H
#define LIMEN_MEDIA_RTP_H

#include <limen/packet.h>

#define LIMEN_RTP_HEADER_MAX 512u /* room for a header that we write */
#define LIMEN_RTP_ELEMENTS_MAX 8u /* extension elements that we write */

/* A parsed packet; pointers go into the parsed bytes. */
struct limen_rtp {
	const uint8_t *packet;
	bool marker;
	uint8_t pt;
	uint16_t seq;
	uint32_t ts, ssrc;
	const uint8_t *ext; /* extension elements, or NULL */
	uint16_t ext_len;
	bool two_byte;
	uint16_t header_len, payload_len; /* payload without padding */
};

/* LIMEN_EPROTO: lengths, version, CSRC count, extension or padding do not fit. */
int limen_rtp_parse(const uint8_t *data, size_t len, struct limen_rtp *out);
/* The element with this id (1..255): its data, borrowed, and *len; NULL if there is none. */
const uint8_t *limen_rtp_ext(const struct limen_rtp *rtp, uint8_t id, size_t *len);
/* An element as text (mid, rid) into out[cap]; false if absent, empty or too long. */
bool limen_rtp_ext_text(const struct limen_rtp *rtp, uint8_t id, char *out, size_t cap);

/* Copies fixed fields, lengths and the facts of known extensions into a packet; data[] is not
 * touched. */
void limen_rtp_describe(
	const struct limen_rtp *rtp, const uint8_t ext_id[LIMEN_EXTS], struct limen_packet *p);

/* An extension element to be written; id 1..14 and len 1..16 take the one-byte form. */
struct limen_rtp_element {
	uint8_t id, len;
	const void *data; /* borrowed */
};

/* Writes a header without CSRCs; returns its length. out holds LIMEN_RTP_HEADER_MAX bytes. count <=
 * LIMEN_RTP_ELEMENTS_MAX. */
size_t limen_rtp_write(uint8_t *out, bool marker, uint8_t pt, uint16_t seq, uint32_t ts,
	uint32_t ssrc, const struct limen_rtp_element *elements, size_t count);

/* The length of the header that limen_rtp_write() would write. */
size_t limen_rtp_header_len(const struct limen_rtp_element *elements, size_t count);

/* Is a later than b, modulo 2^16 (RFC 1982)? */
static inline bool limen_seq_after(uint16_t a, uint16_t b)
{
	return (int16_t)(uint16_t)(a - b) > 0;
}

#endif
