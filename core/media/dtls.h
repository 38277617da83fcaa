/*
 * The DTLS 1.2 association of one peer (RFC 6347), which agrees SRTP keys (RFC 5764) and carries
 * data channels. No thread and no timer of its own: datagrams go in, datagrams and news come out.
 * The handshakes under way in the process may be limited, as each takes some 100 KB.
 * Thread: the peer's loop. Callbacks come from inside feed(), start() and tick(); the object must
 * not be freed from them.
 */
#ifndef LIMEN_MEDIA_DTLS_H
#define LIMEN_MEDIA_DTLS_H

#include <stdbool.h>
#include "core/media/cert.h"
#include "core/media/srtp.h"

struct limen_dtls;

struct limen_dtls_events {
	/* One datagram for the peer; borrowed. */
	void (*on_send)(const uint8_t *bytes, size_t len, void *arg);
	/* The peer showed the right certificate; keys borrowed, and wiped afterwards. */
	void (*on_up)(const struct limen_srtp_keys *keys, void *arg);
	/* The peer closed it. */
	void (*on_closed)(void *arg);
	/* The handshake or, later, the association broke; static text. */
	void (*on_failed)(const char *why, void *arg);
	/* One record of application data; borrowed. */
	void (*on_data)(const uint8_t *bytes, size_t len, void *arg);
};

struct limen_dtls_config {
	const struct limen_cert *cert; /* borrowed for life */
	bool client;                   /* sends the ClientHello */
	unsigned mtu;                  /* bytes of the largest datagram */
	unsigned handshakes_max;       /* of the process; beyond it new ones wait; 0 = no limit */
	const char *hash;              /* of the fingerprint below: "sha-256" ... */
	const char *fingerprint;       /* "AA:BB:...", case-insensitive */
};

int limen_dtls_new(struct limen_dtls **out, const struct limen_dtls_config *cfg,
	const struct limen_dtls_events *ev, void *arg);
/* Sends close_notify if it was up. NULL is fine. */
void limen_dtls_free(struct limen_dtls *d);

/* ICE has a path to the peer: a client sends its first flight, a server takes one. */
void limen_dtls_start(struct limen_dtls *d);
/* A datagram from the peer; borrowed. Ignored: garbage, and all before start(). */
void limen_dtls_feed(struct limen_dtls *d, const uint8_t *bytes, size_t len);
/* Microseconds until tick() is due, or -1: there is nothing to wait for. */
int64_t limen_dtls_timeout_us(struct limen_dtls *d);
void limen_dtls_tick(struct limen_dtls *d);
/*
 * Application data in one record, which is one datagram. LIMEN_ESTATE: not up; LIMEN_ELIMIT: over
 * the MTU; LIMEN_EINVAL: empty.
 */
int limen_dtls_send(struct limen_dtls *d, const uint8_t *bytes, size_t len);
bool limen_dtls_is_up(const struct limen_dtls *d);
/* Its handshake waits for others to end. */
bool limen_dtls_is_put_off(const struct limen_dtls *d);
/* Handshakes under way in the process; any thread. */
unsigned limen_dtls_handshakes(void);

#endif
