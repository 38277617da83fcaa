/*
 * The media side of one handle: its PeerConnections, one after the other. Sends and receives are in
 * peer_tx.c and peer_rx.c, the connection itself (ICE, DTLS, SRTP, descriptions) in peer.c. Thread:
 * one loop for life. What is marked "any thread" posts itself there.
 */
#ifndef LIMEN_MEDIA_PEER_H
#define LIMEN_MEDIA_PEER_H

#include <limen/peer.h>
#include "core/base/home.h"
#include "core/media/cert.h"
#include "core/media/ice.h"
#include "core/sdp/sdp.h"

struct limen_peer;
struct limen_fanout;

/* Settings that all peers share; read-only while peers live. */
struct limen_media_config {
	const struct limen_ice_ops *ice_ops;
	struct limen_ice_config ice;
	const struct limen_cert *cert;
	unsigned dtls_mtu;            /* bytes */
	unsigned dtls_handshakes_max; /* under way in the process; 0 = no limit */
	bool dtls_active;             /* answer setup:active (classic) instead of passive */
	int no_media_timer_s;         /* 0 = never; a limen_setting() */
	int slowlink_threshold;       /* the same: packets lost a second; 0 = off */
	int64_t egress_tick_us;  /* longest wait of a busy loop for the rest of a frame; 0 = none */
	unsigned twcc_period_ms; /* between transport-wide feedbacks; 0 = off */
	bool full_trickle;
	bool hangup_on_failed;
	bool allow_force_relay;
	char *local_ip; /* for o= and c=; owned */
};

/* What a peer tells its owner, on its loop, never from inside a call of the owner. */
struct limen_peer_events {
	void (*on_gathered)(void *arg); /* limen_peer_description() can be written now */
	void (*on_candidate)(
		const char *candidate, void *arg); /* full trickle only; NULL = complete */
	void (*on_up)(void *arg);
	void (*on_down)(
		const char *reason, void *arg); /* the connection is gone; once per connection */
	void (*on_ice_failed)(void *arg); /* lost after having been connected; on_down may follow */
	void (*on_packet)(struct limen_packet *pkt, void *arg); /* borrowed */
	void (*on_rtcp)(const struct limen_rtcp_event *ev, void *arg);
	void (*on_media)(const struct limen_media_event *ev, const char *mid, bool simulcast,
		void *arg); /* RECEIVING, SLOW, LAYER */
	/* For those who watch; NULL = not wanted */
	void (*on_ice_state)(enum limen_ice_state state, void *arg);
	void (*on_ending)(void *arg); /* before on_down: the connection can still be looked at */
	void (*on_second)(void *arg); /* while it is up */
};

/* One reference. events and cfg borrowed for life. */
struct limen_peer *limen_peer_new(struct limen_loop *loop, const struct limen_media_config *cfg,
	const struct limen_peer_events *events, void *arg);
struct limen_peer *limen_peer_ref(struct limen_peer *p); /* any thread */
void limen_peer_unref(struct limen_peer *p);             /* any thread */
/* Ends the connection without telling, and all events for good: the owner is going. */
void limen_peer_retire(struct limen_peer *p);

/* Where the peer and its owner live: what is posted there must keep the peer alive. Any thread */
struct limen_home *limen_peer_home(struct limen_peer *p);
const struct limen_media_config *limen_peer_config(const struct limen_peer *p); /* any thread */
struct limen_loop *limen_peer_loop(const struct limen_peer *p);                 /* any thread */
bool limen_peer_exists(const struct limen_peer *p); /* a connection is being made or is up */
bool limen_peer_is_up(const struct limen_peer *p);
bool limen_peer_negotiated(const struct limen_peer *p); /* offer and answer are both there */
bool limen_peer_offered(const struct limen_peer *p);    /* our offer waits for its answer */

/* Checks a peer's description before anything is changed: LIMEN_EINVAL (no ufrag, pwd or
 * fingerprint), LIMEN_ESTATE (does not fit what was negotiated); *reason new. */
int limen_peer_check(
	struct limen_peer *p, const struct limen_sdp *remote, bool is_offer, char **reason);
/* Takes remote, an offer, and local, the answer to it: makes or renegotiates the connection. */
int limen_peer_answer(struct limen_peer *p, struct limen_sdp *remote, struct limen_sdp *local,
	bool remote_trickles);
/* Takes local, an offer of ours. restart: new ICE credentials. */
int limen_peer_offer(struct limen_peer *p, struct limen_sdp *local, bool restart);
/* Takes remote, the answer to our offer. */
int limen_peer_accept(struct limen_peer *p, struct limen_sdp *remote, bool remote_trickles);
/* Is the local description complete enough to be sent? */
bool limen_peer_ready(const struct limen_peer *p);
/* The local description as text; new. */
char *limen_peer_description(const struct limen_peer *p);

/* A trickled candidate for the first m-line; NULL = no more. LIMEN_ENOTSUP: not usable, ignore. */
int limen_peer_candidate(struct limen_peer *p, const char *candidate);
/* Ends the connection; on_down(reason) follows if there was one. */
void limen_peer_hangup(struct limen_peer *p, const char *reason);
/* A hangup waits to be told: until then an offer tells it first, through on_down. */
bool limen_peer_is_going_down(const struct limen_peer *p);
/* How many connections have gone so far, as the owner was told or is being told. Any thread */
unsigned limen_peer_ends(const struct limen_peer *p);
/* Tells it now, if one waits: what comes next is for another connection. */
void limen_peer_settle(struct limen_peer *p);

/* Sends on an m-line: layer selection, rewriting, encryption. Borrows. Any thread */
void limen_peer_send(struct limen_peer *p, uint16_t mindex, struct limen_packet *pkt);
/* The same for packets that came through fan-out f together; dropped when the m-line has another
 * source by now, or the peer is moving. The loop that was the peer's when they were published */
void limen_peer_deliver(struct limen_peer *p, uint16_t mindex, struct limen_fanout *f,
	struct limen_packet *const *packets, size_t count);
/* Tells the processor that a delivery comes: first to the peer, then to its m-line. Any thread, own
 * loop */
void limen_peer_expect(const struct limen_peer *p);
void limen_peer_expect_line(const struct limen_peer *p, uint16_t mindex);
/* The m-line's source becomes f, which is referenced; ends if it is still f. Any thread */
void limen_peer_source(struct limen_peer *p, uint16_t mindex, struct limen_fanout *f);
void limen_peer_unsource(struct limen_peer *p, uint16_t mindex, struct limen_fanout *f);
/* The rids of simulcast offers to come are listed lowest first. own loop */
void limen_peer_rid_order(struct limen_peer *p, bool lowest_first);
/* Its payloads are end-to-end encrypted: what is in them is not looked at. own loop */
void limen_peer_opaque(struct limen_peer *p, bool opaque);
/* Connections to come have relayed candidates alone, where that is allowed. own loop */
void limen_peer_force_relay(struct limen_peer *p, bool force);
/* Incoming packets of m-line go to f too, before on_packet. NULL = none. own loop. References f. */
void limen_peer_publish(struct limen_peer *p, uint16_t mindex, struct limen_fanout *f);
/* Any thread: */
void limen_peer_layers(struct limen_peer *p, uint16_t mindex, const struct limen_layers *want);
void limen_peer_pause(struct limen_peer *p, uint16_t mindex, bool paused);
void limen_peer_keyframe(struct limen_peer *p, int mindex);
void limen_peer_bitrate(struct limen_peer *p, uint32_t bps);
/* own loop */
void limen_peer_sending(const struct limen_peer *p, uint16_t mindex, struct limen_sending *out);

#endif
