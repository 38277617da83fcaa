/*
 * RTP forwarders: what fan-outs carry leaves as plain RTP, or SRTP, over UDP to one destination,
 * with the publisher's header extensions. A line connects it with a fan-out; several may share the
 * destination, told apart by their SSRCs.
 *
 * Creation: _new, then _add for each fan-out; end: _remove before a fan-out is freed, or _free.
 * Threads: any, but the fan-outs of one forwarder have their sources on one loop, and data is given
 * there too. Nothing blocks: what the socket does not take is counted and gone.
 */
#ifndef LIMEN_KIT_FORWARD_H
#define LIMEN_KIT_FORWARD_H

#include <limen/plugin.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define LIMEN_FORWARD_DATA_MAX 65000u /* bytes of one message: it leaves in one datagram */

struct limen_forward;

struct limen_forward_config {
	struct sockaddr_storage to; /* where RTP goes */
	/* Where the receiver's RTCP comes from: two empty RTP packets open the way, then its PLI
	 * and FIR become keyframe requests. 0 = it cannot ask */
	uint16_t rtcp_port;
	int64_t srtp_suite;      /* 32 or 80: AES_CM_128_HMAC_SHA1_... (RFC 4568); 0 = plain RTP */
	const char *srtp_crypto; /* base64 of key and salt; borrowed */
};

/* What of a fan-out is sent, and under which numbers. */
enum limen_forward_what {
	LIMEN_FORWARD_SUBSTREAM, /* one substream as it comes */
	LIMEN_FORWARD_ALL,       /* all, with SSRCs ssrc + substream when ssrc is given */
	LIMEN_FORWARD_BEST,      /* the best layer there is, as one continuous stream */
};
struct limen_forward_line {
	enum limen_forward_what what;
	int8_t substream; /* LIMEN_FORWARD_SUBSTREAM */
	uint8_t pt;       /* 0 = the publisher's */
	uint32_t ssrc;    /* 0 = the publisher's */
	bool video;       /* can be asked for keyframes */
};

struct limen_forward_stats {
	uint64_t packets, bytes; /* sent */
	uint64_t dropped;        /* not taken by the socket, or not to be protected */
};

/* 0, LIMEN_ENOTSUP: unknown suite, LIMEN_EINVAL: not a key of that suite. */
int limen_forward_check_srtp(int64_t suite, const char *crypto);

/* LIMEN_EIO: no socket; and as limen_forward_check_srtp(). loop: for the back channel; *out new */
int limen_forward_new(struct limen_forward **out, struct limen_loop *loop,
	const struct limen_forward_config *cfg);
/* NULL is fine. Also while fan-outs are connected. */
void limen_forward_free(struct limen_forward *f);

/* Sends what this fan-out carries from now on; borrows it until _remove. LIMEN_ESTATE: it is
 * closed. */
int limen_forward_add(struct limen_forward *f, struct limen_fanout *fanout,
	const struct limen_forward_line *line);
/* Not being there is fine. */
void limen_forward_remove(struct limen_forward *f, struct limen_fanout *fanout);

/* A message as one datagram. */
void limen_forward_data(struct limen_forward *f, const uint8_t *bytes, size_t len);
/* The same behind an RTP header, protected like media. */
void limen_forward_data_rtp(
	struct limen_forward *f, uint8_t pt, uint32_t ssrc, const uint8_t *bytes, size_t len);

/* The local port of the back channel, 0 without one. */
uint16_t limen_forward_rtcp_port(const struct limen_forward *f);
void limen_forward_stats(struct limen_forward *f, struct limen_forward_stats *out);

#endif
