/*
 * Two DTLS ends in memory, with a wire between them that loses, repeats and shuffles by a seed, on
 * virtual time. The key agreement is proven by SRTP that passes both ways. What OpenSSL allocates
 * is counted. Thread: the test's.
 */
#ifndef LIMEN_TESTS_DTLS_WIRE_H
#define LIMEN_TESTS_DTLS_WIRE_H

#include <glib.h>
#include "core/media/dtls.h"

#define MTU 1200u

struct end {
	struct limen_dtls *dtls;
	struct limen_srtp *srtp;
	struct limen_cert *cert;
	struct end *other;
	GQueue in; /* GBytes on their way here */
	unsigned handshakes_max;
	struct wire *wire;
	enum limen_srtp_profile profile;
	size_t mtu;
	unsigned sent, ups, closes, failures, datagrams, alerts;
	char why[200];
	bool answers; /* what comes goes back at once */
	GByteArray *data;
};

struct wire {
	struct end a, b; /* client, server */
	GRand *rand;
	double loss, repeat;
	bool shuffle;
	unsigned count, drop; /* datagrams sent; which of them is lost, 0 = none */
};

/* Bytes that OpenSSL holds, if wire_count() was called before anything else. */
extern size_t wire_held;
bool wire_count(void);

void wire_up(struct wire *w, unsigned seed);
void wire_down(struct wire *w);
/* Makes an end's association. */
void wire_make(struct end *e, bool client, const char *hash, const char *fingerprint);
/* Both, each expecting the other. */
void wire_make_both(struct wire *w);
void wire_start(struct wire *w);
/* Feeds one datagram, if there is one. */
bool wire_deliver(struct end *e);
bool wire_deliver_both(struct wire *w);
/* Until nothing is on its way. */
void wire_settle(struct wire *w);
/* Lets both ends finish though datagrams are lost. */
void wire_settle_with_time(struct wire *w);
/* Asserts that both ends are up and have each other's keys. */
void wire_both_up(struct wire *w);

#endif
