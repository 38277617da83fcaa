/*
 * The PeerConnection of a handle as plugins see it: what happens to it, and what they may ask of
 * it. Events arrive on the handle's loop.
 */
#ifndef LIMEN_PEER_H
#define LIMEN_PEER_H

#include <jansson.h>
#include <limen/packet.h>
#include <limen/sdp.h>

enum limen_media_what {
	LIMEN_MEDIA_UP,    /* ICE and DTLS are done: media may flow ("webrtcup") */
	LIMEN_MEDIA_DOWN,  /* the PeerConnection is gone; reason says why. Comes once after UP, or
			      after a failed set-up */
	LIMEN_MEDIA_SLOW,  /* loss above the threshold within a second: uplink, lost */
	LIMEN_MEDIA_LAYER, /* what is sent on an m-line changed: substream, temporal, spatial (those
			      not -1 changed) */
	LIMEN_MEDIA_RECEIVING, /* packets of an m-line began or ceased: receiving */
};

struct limen_media_event {
	enum limen_media_what what;
	uint16_t mindex;
	enum limen_kind kind;
	const char *reason; /* DOWN: text of the hangup event; borrowed */
	bool uplink;        /* SLOW: the peer loses what we send; else we lose what it sends */
	uint32_t lost;      /* SLOW: packets in the last second */
	int8_t substream, temporal, spatial;
	enum limen_codec codec; /* LAYER */
	bool receiving;
};

enum limen_rtcp_what {
	LIMEN_RTCP_KEYFRAME, /* the peer sent PLI or FIR for an m-line that we send */
	LIMEN_RTCP_REMB,     /* the peer's receive estimate: bitrate */
};

struct limen_rtcp_event {
	enum limen_rtcp_what what;
	uint16_t mindex;
	uint32_t bitrate_bps;
};

/* What a receiver of one m-line wants of a layered source. -1 keeps what it was. */
struct limen_layers {
	int8_t substream;    /* 0..2 */
	int8_t temporal;     /* 0..2 */
	int8_t spatial;      /* 0..2, SVC */
	int32_t fallback_us; /* silence before a lower substream is taken; 0 keeps; default 250,000
			      */
	int32_t playout_min,
		playout_max; /* playout-delay override in 10 ms units; -1 keeps, -2 removes */
};

/* What is being sent on one m-line now, for status replies. */
struct limen_sending {
	int8_t substream, substream_target; /* -1: nothing relayed yet */
	int8_t temporal, temporal_target;
	int8_t spatial, spatial_target;
	bool simulcast, svc;
};

struct limen_fanout; /* the receivers of one published m-line; opaque */

#endif
