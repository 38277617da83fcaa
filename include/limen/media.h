/*
 * Media without a PeerConnection: what plugins use to bring RTP in from elsewhere (a feed), to take
 * out what a fan-out carries (a tap), and to talk UDP and SRTP themselves. One service table more,
 * limen->media, whose members have the same promises as those of limen_plugin_services.
 *
 * Loops: each thing here lives on one loop for life; its callbacks come there, and never overlap.
 * A callback never blocks. _free and _close may be called from any thread, also from its own
 * callback; what was begun elsewhere may still come once, and then done(arg), after which nothing
 * comes.
 */
#ifndef LIMEN_MEDIA_H
#define LIMEN_MEDIA_H

#include <glib.h>
#include <limen/packet.h>
#include <limen/peer.h>

struct sockaddr_storage;
struct limen_handle;
struct limen_loop;   /* one of the gateway's media threads */
struct limen_tick;   /* a periodic timer */
struct limen_udp;    /* a bound UDP socket */
struct limen_crypto; /* SRTP and SRTCP of one session, both ways (RFC 3711) */
struct limen_feed;   /* a source of packets for a fan-out */
struct limen_tap;    /* a receiver that is a function */

/* A datagram; bytes and from are borrowed. */
typedef void (*limen_udp_fn)(
	const uint8_t *bytes, size_t len, const struct sockaddr_storage *from, void *arg);

struct limen_udp_config {
	const char *address;         /* local address to bind, NULL = every one; borrowed */
	uint16_t port_min, port_max; /* tried in a random order; both 0 = any free one; equal = that
					one */
	bool even;                   /* only even ports (RFC 3550 §11) */
	const char *group;           /* multicast group to join, or NULL; then the port is shared */
	const char *interface;       /* address or name of the group's interface, or NULL */
	uint8_t dscp;                /* of what is sent, 0..63 (RFC 2474) */
	limen_udp_fn received;       /* NULL = what comes is thrown away */
	void *arg;
	void (*done)(void *arg); /* or NULL */
};

/* What arrives for a fan-out without a PeerConnection. */
struct limen_feed_config {
	enum limen_kind kind;
	enum limen_codec codec;
	uint16_t mindex;            /* what packets say: the m-line in the eyes of the plugin */
	bool simulcast;             /* several substreams come */
	uint8_t ext_id[LIMEN_EXTS]; /* ids of header extensions in what comes, 0 = not there */
	/* Receivers want a keyframe: coalesced, at most one a second on average. On the loop. NULL
	 * = the source cannot be asked */
	void (*keyframe)(void *arg);
	void *arg;
	void (*done)(void *arg); /* or NULL */
};

/* Arrivals of a feed's substream since its start (RFC 3550 §6.4.1). */
struct limen_feed_stats {
	uint64_t packets, bytes; /* RTP, headers included */
	uint32_t ssrc;
	uint32_t highest;   /* extended highest sequence number */
	uint32_t expected;  /* by sequence numbers */
	uint32_t jitter_us; /* interarrival jitter */
	int64_t last_us;    /* when the last one came; 0 = none did */
};

/* Numbers that a packet has for one receiver. */
struct limen_numbers {
	uint16_t seq;
	uint32_t ts;
	bool marker;
	uint16_t picture_id; /* VP8 */
	uint8_t tl0_pic_idx; /* VP8 */
};

/* pkt is borrowed: packet_ref() to keep it. */
typedef void (*limen_tap_fn)(
	struct limen_packet *pkt, const struct limen_numbers *numbers, void *arg);

struct limen_tap_config {
	/* true: one continuous stream out of all substreams and layers, as a subscriber gets it,
	 * with numbers to match; false: every packet, with the publisher's numbers */
	bool select;
	limen_tap_fn packet; /* on the loop of the fan-out's source */
	/* What is relayed changed (select only); -1 = that did not. NULL = not wanted */
	void (*layer)(int8_t substream, int8_t temporal, int8_t spatial, void *arg);
	void *arg;
	void (*done)(void *arg); /* or NULL */
};

struct limen_media_services {
	/* The loop of a handle (own loop), or with NULL the one with the least to do. Any thread */
	struct limen_loop *(*loop)(const struct limen_handle *h);
	/* Runs fn(arg) there, in the order of posting. Any thread */
	void (*post)(struct limen_loop *loop, void (*fn)(void *arg), void *arg);
	/* Runs fn(arg) there every period_ms, for the first time after one. Any thread; new */
	struct limen_tick *(*tick_new)(
		struct limen_loop *loop, unsigned period_ms, void (*fn)(void *arg), void *arg);
	void (*tick_free)(struct limen_tick *t, void (*done)(void *arg)); /* NULL is fine */

	/* LIMEN_EINVAL: not an address; LIMEN_EEXIST: no port of the range is free; LIMEN_EIO. The
	 * socket takes IPv4 and IPv6 unless an address was given. Any thread; *out new */
	int (*udp_open)(struct limen_udp **out, struct limen_loop *loop,
		const struct limen_udp_config *cfg);
	void (*udp_close)(struct limen_udp *u); /* NULL is fine */
	uint16_t (*udp_port)(const struct limen_udp *u);
	/* LIMEN_EAGAIN: the socket is full; LIMEN_EIO. Any thread */
	int (*udp_send)(struct limen_udp *u, const struct sockaddr_storage *to,
		const uint8_t *bytes, size_t len);

	/* suite: "AES_CM_128_HMAC_SHA1_80", "..._32" (RFC 4568), "AEAD_AES_128_GCM",
	 * "AEAD_AES_256_GCM" (RFC 7714); local and remote: key and salt of what we send and get,
	 * one after the other; len: bytes of each, as the suite has it. LIMEN_ENOTSUP,
	 * LIMEN_EINVAL: wrong len. Any thread; then one thread at a time; *out new */
	int (*crypto_new)(struct limen_crypto **out, const char *suite, const uint8_t *local,
		const uint8_t *remote, size_t len);
	void (*crypto_free)(struct limen_crypto *c); /* NULL is fine */
	/* In place; cap: bytes of the buffer, 64 more than *len will do. LIMEN_ENOSPC, LIMEN_EAUTH,
	 * LIMEN_EEXIST: replayed, LIMEN_EPROTO */
	int (*protect)(struct limen_crypto *c, uint8_t *bytes, size_t *len, size_t cap);
	int (*protect_rtcp)(struct limen_crypto *c, uint8_t *bytes, size_t *len, size_t cap);
	int (*unprotect)(struct limen_crypto *c, uint8_t *bytes, size_t *len);
	int (*unprotect_rtcp)(struct limen_crypto *c, uint8_t *bytes, size_t *len);

	/* A fan-out whose source is a feed. Any thread; *fanout new: limen->fanout_free() */
	struct limen_feed *(*feed_new)(struct limen_loop *loop, const struct limen_feed_config *cfg,
		struct limen_fanout **fanout);
	/* The fan-out stays and is silent. NULL is fine */
	void (*feed_free)(struct limen_feed *f);
	/* One RTP packet of a substream 0..2, copied. LIMEN_EPROTO: it is none. The loop */
	int (*feed_rtp)(struct limen_feed *f, int substream, const uint8_t *bytes, size_t len);
	/* A sender report of the source: RTP time ts was at wall_us (since 1970). The loop */
	void (*feed_clock)(struct limen_feed *f, int substream, int64_t wall_us, uint32_t ts);
	/* false: nothing has come on it. The loop */
	bool (*feed_stats)(const struct limen_feed *f, int substream, struct limen_feed_stats *out);

	/* Taps a fan-out until tap_free(); the fan-out may go before, then nothing comes any more.
	 * LIMEN_ESTATE: it is closed. Any thread; *out new */
	int (*tap_new)(
		struct limen_tap **out, struct limen_fanout *f, const struct limen_tap_config *cfg);
	void (*tap_free)(struct limen_tap *t);                                 /* NULL is fine */
	void (*tap_layers)(struct limen_tap *t, const struct limen_layers *w); /* any thread */
	/* Asks the source of a fan-out for a keyframe. Any thread */
	void (*fanout_keyframe)(struct limen_fanout *f);
	/* RTP time of a substream at a wall clock time, by the source's sender reports; false: not
	 * known yet. Any thread */
	bool (*fanout_clock)(struct limen_fanout *f, int substream, int64_t wall_us, uint32_t *ts);
	/* Writes a packet with its header extensions as they came, without redundancy, under other
	 * numbers. numbers
	 * NULL, pt -1, ssrc 0: as it came. Bytes written, 0: cap is too small. Any thread */
	size_t (*packet_write)(const struct limen_packet *pkt, const struct limen_numbers *numbers,
		int pt, uint32_t ssrc, uint8_t *out, size_t cap);
};

#endif
