/*
 * What a connection says of itself, as plain numbers: for the admin API, events and metrics.
 * Thread: the peer's loop; a snapshot then belongs to whoever asked.
 */
#ifndef LIMEN_MEDIA_STATS_H
#define LIMEN_MEDIA_STATS_H

#include "core/media/peer.h"

/* Counters of what goes one way. */
struct limen_stats_way {
	uint64_t packets, bytes; /* RTP or data messages, retransmissions not counted */
	uint32_t bytes_last_second;
	uint32_t nacks; /* packets that were asked for again: in = by us, out = by the peer */
	uint32_t retransmissions;   /* in: that came; out: that were sent */
	uint32_t keyframe_requests; /* in = by us, out = by the peer */
};

/* What comes on an m-line: one SSRC, or one substream of a simulcast. */
struct limen_stats_in {
	bool there; /* something has come */
	uint32_t ssrc, rtx_ssrc;
	struct limen_stats_way way;
	int32_t lost; /* cumulative (RFC 3550 §6.4.1) */
	double jitter_ms;
	unsigned quality; /* 0..100: of the packets of the last reports, how many came */
};

struct limen_stats_line {
	uint16_t mindex;
	enum limen_kind kind;
	enum limen_codec codec;
	char mid[LIMEN_MID_MAX + 1];
	bool sends, receives, nacks, simulcast;
	int pt, rtx_pt; /* -1 = none */
	unsigned rid_count;
	char rid[LIMEN_LAYERS_MAX][LIMEN_RID_MAX + 1]; /* by substream */
	struct limen_stats_in in[LIMEN_LAYERS_MAX];
	struct limen_stats_way out;
	uint32_t out_ssrc, out_rtx_ssrc;
	int32_t lost_by_remote; /* cumulative, as the peer reports */
	double remote_jitter_ms;
	unsigned remote_quality; /* 0..100 */
};

struct limen_stats_peer {
	bool exists, up, negotiated, offered, remote_complete;
	bool has_agent, has_dtls;
	enum limen_ice_state ice_state;
	const char *ice_mode; /* "full" or "lite"; static */
	bool controlling;
	/* On the gateway's clock, microseconds; 0 = not yet */
	int64_t created_us, gathered_us, connected_us, dtls_started_us, up_us, failed_us;
	GPtrArray *local_candidates; /* char *, never NULL; owned */
	GPtrArray *trickled;         /* the same, of the peer's, beside those of its description */
	struct limen_ice_pair pair;
	bool paired;
	const char *dtls_role, *dtls_state; /* static */
	const char *fingerprint;            /* ours; borrowed */
	const char *srtp_profile;           /* static or NULL */
	uint8_t ext_id[LIMEN_EXTS];
	int64_t rtt_us;
	uint32_t remb_bps, cap_bps;
	uint64_t dropped;
	char *local;   /* description; owned or NULL */
	GArray *lines; /* struct limen_stats_line */
};

/* A connection in few numbers, cheap to have of very many. */
enum limen_stats_state {
	LIMEN_STATS_NEW, /* nothing negotiated */
	LIMEN_STATS_CONNECTING,
	LIMEN_STATS_UP,
	LIMEN_STATS_FAILED,
	LIMEN_STATS_STATES /* count */
};
struct limen_stats_brief {
	enum limen_stats_state state;
	unsigned streams;           /* that flow, both ways */
	double loss;                /* mean over those, 0..1, of the last reports */
	double jitter_ms;           /* the same */
	int64_t rtt_us;             /* 0 = not known */
	uint64_t bits_in, bits_out; /* in the last second */
};
void limen_stats_brief(const struct limen_peer *p, struct limen_stats_brief *out); /* own loop */

/* Fills *out, also when there is no connection; limen_stats_clear() it. texts: descriptions and
 * candidates too. own loop */
void limen_stats_peer(const struct limen_peer *p, bool texts, struct limen_stats_peer *out);
void limen_stats_clear(struct limen_stats_peer *s);

#endif
