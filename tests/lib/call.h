/*
 * Calls for tests: peers on one manual loop over the simulated network (fake_net.h), with real DTLS
 * and SRTP, which note all that they are told. Everything but the handshake's own clock follows a
 * seed. Thread: the test's.
 */
#ifndef LIMEN_TESTS_CALL_H
#define LIMEN_TESTS_CALL_H

#include "core/media/fanout.h"
#include "tests/lib/client.h"
#include "tests/lib/fake_net.h"

#define CALL_MS 1000
#define CALL_S INT64_C(1000000)

/* One media event of a peer. */
struct call_media {
	struct limen_media_event event;
	char mid[LIMEN_MID_MAX + 1];
	bool simulcast;
};

/* A peer and what it told. */
struct call_end {
	struct limen_peer *peer;
	bool gathered;
	unsigned ups, downs, ice_failures, keyframes, rembs;
	uint32_t remb_bps;
	char *down;         /* the last reason */
	GPtrArray *packets; /* struct limen_packet *: references */
	GArray *media;      /* struct call_media */
};

struct call {
	struct limen_loop *loop;
	struct limen_cert *cert;
	struct limen_media_config cfg;
	GPtrArray *ends;
};
extern struct call call;

void call_start(uint64_t seed, const struct limen_ice_ops *ops);
/* Retires and frees all ends. */
void call_stop(void);
static inline void call_run(int64_t us)
{
	fake_net_run(call.loop, us);
}

/* Lives until call_stop(). */
struct call_end *call_end_new(void);
struct limen_sdp *call_parse(const char *text);
/* An offer of video and audio lines: one letter each, 'v' (VP8) or 'a' (opus); mids "0", "1" ...
 * upper case: rejected. */
struct limen_sdp *call_lines(const char *letters, enum limen_dir dir);
/* Makes from's description of an offer; new text. Takes offer. */
char *call_offer(struct call_end *from, struct limen_sdp *offer, bool restart);
/* to answers that text as far as dir, from accepts; half a second passes. */
void call_answer(struct call_end *from, struct call_end *to, const char *offer, enum limen_dir dir);
/* Both at once, for a call in which from sends. */
void call_connect(struct call_end *from, struct call_end *to, const char *letters);
/* A client offers lines (client.h), the peer answers as far as dir, and both are up. */
void call_join(struct call_end *end, struct client *c, const char *lines, enum limen_dir dir);

/* The n-th packet of a source, VP8 or opus, a picture of its own; every 100th a keyframe. New. */
struct limen_packet *call_packet(enum limen_kind kind, uint64_t source, uint16_t n);
void call_send(struct call_end *from, uint16_t mindex, uint16_t n);
/* Packets that came on an m-line. */
unsigned call_received(const struct call_end *e, uint16_t mindex);
/* Asserts that packets of an m-line came with numbers one after the other, count of them. */
void call_expect_in_order(const struct call_end *e, uint16_t mindex, unsigned count);

#endif
