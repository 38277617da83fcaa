/*
 * RTCP: reading compounds (RFC 3550 §6, RFC 4585, RFC 5104, REMB) and writing them. Pure; any
 * thread.
 */
#ifndef LIMEN_MEDIA_RTCP_H
#define LIMEN_MEDIA_RTCP_H

#include <limen/types.h>

#define LIMEN_RTCP_MAX 1200u       /* bytes of a compound that we write */
#define LIMEN_RTCP_NACKS_MAX 1024u /* sequence numbers taken from one compound */

enum limen_rtcp_type {
	LIMEN_RTCP_SR = 200,
	LIMEN_RTCP_RR = 201,
	LIMEN_RTCP_SDES = 202,
	LIMEN_RTCP_BYE = 203,
	LIMEN_RTCP_APP = 204,
	LIMEN_RTCP_RTPFB = 205,
	LIMEN_RTCP_PSFB = 206,
	LIMEN_RTCP_XR = 207,
};

/* A report block (RFC 3550 §6.4.1). */
struct limen_rtcp_block {
	uint32_t ssrc;
	uint8_t fraction;   /* of 256 lost since the last report */
	int32_t lost;       /* cumulative, 24 bit signed */
	uint32_t highest;   /* extended highest sequence number */
	uint32_t jitter;    /* RTP clock units */
	uint32_t lsr, dlsr; /* 1/65536 s */
};

struct limen_rtcp_sender {
	uint32_t ssrc;
	uint64_t ntp; /* 32.32 seconds since 1900 */
	uint32_t ts, packets, octets;
};

/* What a compound may tell; every callback may be NULL. */
struct limen_rtcp_events {
	void (*on_sender)(const struct limen_rtcp_sender *sr, void *arg);
	void (*on_block)(const struct limen_rtcp_block *block, void *arg);
	void (*on_keyframe)(uint32_t media_ssrc, void *arg); /* PLI or FIR */
	void (*on_nack)(uint32_t media_ssrc, uint16_t seq, void *arg);
	void (*on_remb)(uint64_t bps, void *arg);
	void (*on_bye)(uint32_t ssrc, void *arg);
};

/* Walks a compound. LIMEN_EPROTO: a length lies; nothing after it is told. Unknown packets are
 * skipped. */
int limen_rtcp_read(const uint8_t *data, size_t len, const struct limen_rtcp_events *ev, void *arg);

/* A compound being written; full: the last part did not fit and was left out. */
struct limen_rtcp_writer {
	uint8_t bytes[LIMEN_RTCP_MAX + 64]; /* and room for the SRTCP trailer */
	size_t len;
	bool full;
};

void limen_rtcp_begin(struct limen_rtcp_writer *w);
void limen_rtcp_add_sr(struct limen_rtcp_writer *w, const struct limen_rtcp_sender *sr);
void limen_rtcp_add_rr(struct limen_rtcp_writer *w, uint32_t ssrc,
	const struct limen_rtcp_block *blocks, size_t count); /* count <= 31 */
void limen_rtcp_add_cname(struct limen_rtcp_writer *w, uint32_t ssrc, const char *cname);
void limen_rtcp_add_pli(struct limen_rtcp_writer *w, uint32_t ssrc, uint32_t media_ssrc);
void limen_rtcp_add_nack(struct limen_rtcp_writer *w, uint32_t ssrc, uint32_t media_ssrc,
	const uint16_t *seqs, size_t count); /* ascending */
void limen_rtcp_add_remb(struct limen_rtcp_writer *w, uint32_t ssrc, uint64_t bps,
	const uint32_t *media_ssrcs, size_t count);

/* Wall clock microseconds since 1970 as NTP 32.32. */
uint64_t limen_ntp(int64_t wall_us);
/* And back. */
int64_t limen_ntp_us(uint64_t ntp);

#endif
