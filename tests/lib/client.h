/*
 * A client of a peer under test, made of ICE, DTLS and SRTP but of nothing above them: it sends any
 * bytes as RTP or RTCP and notes all that comes. On the manual loop it is given, over the simulated
 * network. Thread: the test's.
 */
#ifndef LIMEN_TESTS_CLIENT_H
#define LIMEN_TESTS_CLIENT_H

#include "core/media/dtls.h"
#include "core/media/rtcp.h"
#include "core/media/rtp.h"
#include "core/sdp/sdp.h"
#include "tests/lib/fake_net.h"

#define CLIENT_MAX 2048u /* bytes of a packet that is looked at */

/* An RTP packet that came. */
struct client_rtp {
	int64_t at_us;
	struct limen_rtp rtp; /* of bytes */
	size_t len;
	uint8_t bytes[CLIENT_MAX];
};

struct client_sr {
	struct limen_rtcp_sender sr;
	int64_t at_us;
};

struct client {
	struct limen_loop *loop;
	struct limen_cert *cert;
	struct limen_ice *ice;
	struct limen_dtls *dtls;
	struct limen_srtp *srtp; /* NULL until it is up */
	bool closed, silent;     /* silent: answers nothing */
	char *failure;
	GPtrArray *rtp;   /* struct client_rtp * */
	GArray *senders;  /* struct client_sr */
	GArray *blocks;   /* struct limen_rtcp_block */
	GArray *nacks;    /* uint16_t */
	GArray *plis;     /* uint32_t: media SSRCs */
	GArray *rembs;    /* uint64_t */
	int64_t pli_us;   /* when the last one came */
	uint64_t garbage; /* what could not be read */
};

struct client *client_new(struct limen_loop *loop);
void client_free(struct client *c);
/* Its description: session level of its own, then lines as they are. New. */
char *client_describe(const struct client *c, const char *setup, const char *lines);
/* Begins with the credentials, candidates and certificate of a description. */
void client_connect(struct client *c, const struct limen_sdp *remote);
/* Forgets what was noted. */
void client_forget(struct client *c);

/* What an RTP packet is made of; payload NULL: a VP8 one of CLIENT_VP8 bytes. */
struct client_packet {
	uint8_t pt;
	uint16_t seq;
	uint32_t ts, ssrc;
	bool marker, key;
	const struct limen_rtp_element *elements;
	size_t element_count;
	const void *payload;
	size_t payload_len;
};
void client_send(struct client *c, const struct client_packet *p);
/* Any bytes as RTP. false: libsrtp would not. */
bool client_send_raw(struct client *c, const uint8_t *bytes, size_t len);
/* Bytes as they are, unprotected. */
void client_send_datagram(struct client *c, const uint8_t *bytes, size_t len);
void client_send_rtcp(struct client *c, struct limen_rtcp_writer *w);

/* A VP8 payload with a picture id, two bytes of its own at the end. */
#define CLIENT_VP8 16u
void client_vp8(uint8_t out[CLIENT_VP8], uint8_t picture_id, bool key);
/* The i-th packet that came. */
static inline const struct client_rtp *client_got(const struct client *c, guint i)
{
	return g_ptr_array_index(c->rtp, i);
}
/* Packets that came with this SSRC. */
unsigned client_count(const struct client *c, uint32_t ssrc);

#endif
