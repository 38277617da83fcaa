/*
 * The receiving side of one remote publisher: RTP that another gateway sends on one UDP port, told
 * apart by SSRCs (1000 + 10 * index of the m-line over there + substream), becomes fan-outs; behind
 * an RTP header come messages of data channels, too. Keyframes are asked for by PLIs, to where the
 * source's RTCP came from last. Who may send is decided by SRTP, or by the network: without keys
 * everybody who reaches the port is believed.
 *
 * Creation: _new, then _add for each m-line; end: _remove of one, or _free; done() comes when
 * nothing else will. Threads: the functions any, but one at a time; the callbacks on one loop.
 */
#ifndef LIMEN_KIT_REMOTE_H
#define LIMEN_KIT_REMOTE_H

#include "kit/sdes.h"
#include <limen/plugin.h>

#define LIMEN_REMOTE_STREAMS_MAX LIMEN_MLINES_MAX /* m-lines that a publisher may have */

struct limen_remote;

struct limen_remote_config {
	const char *group;           /* multicast group, or NULL; borrowed */
	const char *interface;       /* address or name of the interface, NULL = all; borrowed */
	uint16_t port, rtcp_port;    /* 0 = one of the range */
	uint16_t port_min, port_max; /* an even port, and if it is free the next one for RTCP */
	const char *suite;           /* SRTP suite, NULL = plain RTP; borrowed */
	uint8_t key[LIMEN_SDES_KEY]; /* key and salt, if there is a suite */
	/* What arrived on an m-line, unless its fan-out's gate is closed; borrowed. Each may be
	 * NULL */
	void (*packet)(const struct limen_packet *pkt, void *arg);
	void (*data)(uint16_t mindex, bool binary, const uint8_t *bytes, size_t len, void *arg);
	void *arg;
	void (*done)(void *arg); /* or NULL */
};

/* One m-line. */
struct limen_remote_stream {
	uint16_t index;  /* the m-line at the source: what its SSRCs are made of */
	uint16_t mindex; /* what packets say here */
	enum limen_kind kind;
	enum limen_codec codec;
	bool simulcast;
	uint8_t ext_id[LIMEN_EXTS]; /* ids of header extensions at the source */
};

/* LIMEN_EINVAL: no such group or interface; LIMEN_EEXIST: no port is free; LIMEN_EIO; LIMEN_ENOTSUP
 * and LIMEN_EINVAL for suite and key. After an error done() is not called. *out new */
int limen_remote_new(struct limen_remote **out, const struct limen_remote_config *cfg);
/* All its m-lines go with it. NULL is fine. */
void limen_remote_free(struct limen_remote *r);
uint16_t limen_remote_port(const struct limen_remote *r);
uint16_t limen_remote_rtcp_port(const struct limen_remote *r);
/* Where the source has to send: the group, or the interface's address; NULL if it was given
 * neither. Borrowed */
const char *limen_remote_ip(const struct limen_remote *r);

/* LIMEN_ELIMIT: the index is too high; LIMEN_EEXIST. *fanout: new, NULL for data */
int limen_remote_add(struct limen_remote *r, const struct limen_remote_stream *stream,
	struct limen_fanout **fanout);
/* The fan-out stays and is silent. Not being there is fine. */
void limen_remote_remove(struct limen_remote *r, uint16_t index);

#endif
