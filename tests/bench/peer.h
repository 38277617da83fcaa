/*
 * One peer connection of a client: a UDP socket with ICE, DTLS and SRTP on it. Thread: the main
 * loop.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include "core/media/cert.h"
#include "core/media/dtls.h"
#include "tests/bench/describe.h"
#include "tests/bench/ice.h"
#include "tests/bench/sink.h"

struct bench_peer;

struct bench_peer_config {
	struct bench_sink *sink;
	const struct limen_cert *cert; /* shared by all */
	bool gro;                      /* take UDP_GRO from the kernel */
	bool patient;                  /* a failed handshake is no reason to end the program */
	/* Gets incoming SRTP instead of the sink; NULL: the sink. */
	void (*on_media)(struct bench_peer *p, uint8_t *bytes, size_t len);
};

struct bench_peer {
	const struct bench_peer_config *cfg;
	int fd;
	struct bench_local local;
	struct bench_remote remote;
	struct bench_ice ice;
	struct limen_dtls *dtls;
	struct limen_srtp *srtp;
	enum limen_srtp_profile profile;
	struct bench_inbound inbound;
	int64_t check_us; /* when the next ICE check is due; 0: not started */
	uint16_t twcc;    /* sequence number of the transport (transport-cc) */
	bool up, closed;
	void *owner; /* for whoever made it */
};

/* The socket is ready to be announced: local is filled, ssrcs are the caller's. cfg: borrowed for
 * life. */
struct bench_peer *bench_peer_new(const struct bench_peer_config *cfg);
void bench_peer_free(struct bench_peer *p);

/* Takes the server's description and begins to connect. offerer: the description is an answer. */
int bench_peer_connect(struct bench_peer *p, const char *sdp, bool offerer);
/* Takes what a renegotiation says: the answer to an offer (offerer) or an offer. */
int bench_peer_update(struct bench_peer *p, const char *sdp, bool offerer);
/* Reads all that waits at the socket. */
void bench_peer_read(struct bench_peer *p);
/* Checks, handshake timers. */
void bench_peer_tick(struct bench_peer *p, int64_t now_us);
/* Protects and sends an RTCP compound; bytes: room for LIMEN_SRTP_TRAILER behind len. */
void bench_peer_send_rtcp(struct bench_peer *p, uint8_t *bytes, size_t len, size_t cap);
/* Datagrams that the kernel dropped because this socket was read too late. */
unsigned bench_peer_drops(const struct bench_peer *p);

#endif
