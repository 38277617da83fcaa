/*
 * What peer.c (connection), peer_rx.c (in), peer_tx.c (out) and peer_rtcp.c (control) share of a
 * peer. Nobody else includes it. Thread: the peer's loop.
 */
#ifndef LIMEN_MEDIA_PEER_PRIV_H
#define LIMEN_MEDIA_PEER_PRIV_H

#include "core/base/counts.h"
#include "core/media/dtls.h"
#include "core/media/fanout.h"
#include "core/media/inspect.h"
#include "core/media/nack.h"
#include "core/media/pace.h"
#include "core/media/rtcp.h"
#include "core/media/rtp.h"
#include "core/media/simulcast.h"
#include "core/media/sent.h"
#include "core/media/srtp.h"
#include "core/media/stats_rx.h"
#include "core/media/store.h"
#include "core/media/twcc.h"
#include "core/media/twcc_cap.h"

#define LIMEN_PEER_NEAR 4u
#define LIMEN_PEER_SSRCS_MAX 256u /* incoming SSRCs remembered per peer */

/* One incoming stream: an SSRC, or one substream of a simulcast. */
struct limen_rx {
	uint32_t ssrc;
	bool described;   /* a description names it */
	uint32_t refused; /* the SSRC before, or one that came beside this; 0 = none */
	int64_t since_us; /* when this one began */
	struct limen_stats_rx stats;
	struct limen_nack nack;
	uint16_t newest;   /* highest number */
	uint16_t earlier;  /* the last one of the frames before the newest one */
	uint32_t frame_ts; /* of the newest frame */
	struct limen_inspect inspect;
	bool receiving; /* what the client was told last */
	/* for whoever watches */
	uint32_t rtx_ssrc, nacked, retransmissions, last_second;
	int32_t lost;
	uint8_t fraction;      /* of 256 lost, in the last report */
	uint64_t bytes_before; /* till the last second began */
};

/* One m-line, both ways. */
struct limen_line {
	uint16_t index;
	enum limen_kind kind;
	char mid[LIMEN_MID_MAX + 1];
	enum limen_codec codec;
	const struct limen_codec_info *info; /* of codec; NULL = none */
	uint8_t pt;
	int rtx_pt; /* -1 = none */
	int red_pt; /* RFC 2198; -1 = none */
	uint8_t ext_id[LIMEN_EXTS];
	/* in */
	bool receives, nacks, simulcast;
	bool remb; /* the peer takes REMB for it */
	unsigned rid_count;
	char rid[LIMEN_LAYERS_MAX][LIMEN_RID_MAX + 1]; /* by substream */
	struct limen_rx *rx[LIMEN_LAYERS_MAX];
	uint64_t source;
	struct limen_fanout *to; /* receivers of what comes in */
	struct limen_pace asked; /* for keyframes */
	uint8_t unserved;        /* bit k: of substream k one is wanted since the last request */
	/* out */
	bool sends, paused;
	bool stopped; /* it has sent, and does not for now */
	uint32_t ssrc, rtx_ssrc;
	uint16_t rtx_seq;
	struct limen_fanout *from; /* where it comes from, for keyframe requests */
	struct limen_rewrite rewrite;
	struct limen_simulcast layers;
	int32_t playout_min, playout_max; /* override, -1 = none */
	struct limen_sent sent;
	struct limen_store *store; /* of packets that came without a fan-out; NULL = none yet */
	uint64_t packets, octets, octets_before; /* ... till the last second began */
	uint32_t last_ts, last_second;           /* bytes */
	uint32_t nacked, resent, keyframes_asked, keyframes_wanted;
	uint32_t remote_jitter; /* RTP clock units */
	uint8_t remote_fraction;
	int64_t last_us;
	int64_t wanted_us; /* the peer's last keyframe request */
	int32_t lost;      /* cumulative, as the peer reports */
	uint32_t lost_now; /* in this second */
};

/* Feedback to a peer that numbers its packets over all streams. */
struct limen_peer_twcc {
	struct limen_twcc arrivals;
	struct limen_twcc_cap cap;
	struct limen_timer timer; /* runs while packets come */
	uint32_t media_ssrc;      /* of the last packet */
};

struct limen_peer {
	gint refs;
	/* What each packet on its way out needs stands together: there are many peers, and the
	 * processor's cache is small. */
	struct limen_home home;
	struct limen_line *near[LIMEN_PEER_NEAR]; /* the first lines, without a detour */
	const struct limen_media_config *cfg;
	struct limen_ice *ice;
	struct limen_srtp *srtp;

	GPtrArray *lines;                   /* struct limen_line *, places may be NULL */
	const struct limen_peer_events *ev; /* NULL after retire */
	void *arg;
	struct limen_dtls *dtls;
	struct limen_ice_config ice_cfg;
	bool moved;
	struct limen_sdp *local, *remote;
	enum limen_sdp_setup setup; /* what we write */
	bool offered, negotiated, up, ever_connected, remote_complete, rid_lmh, force_relay;
	bool opaque; /* payloads are end-to-end encrypted */
	enum limen_ice_state ice_state;
	uint64_t sdp_id, sdp_version;
	char *remote_ufrag;
	int64_t began_us, gathered_us, failed_us, connected_us, up_us;
	uint32_t remb_bps; /* the peer's estimate */
	enum limen_srtp_profile srtp_profile;
	GPtrArray *trickled; /* char *: candidates of the peer's beside its description */
	char *down_reason;   /* the connection is to end */
	guint ends;          /* connections that have; atomic */
	struct limen_timer down, dtls_timer, second, soon, failing;

	GHashTable *ssrcs; /* incoming SSRC → line << 8 | rtx << 7 | layer, plus 1 << 31, and 1 <<
			      30 if a description names it */
	uint32_t own_ssrc; /* sender of our feedback */
	struct limen_peer_twcc *twcc; /* made by the first numbered packet */
	int64_t rtt_us;
	int64_t clock_offset_us; /* our wall clock less the peer's (its sender reports), 0 = not
				    known */
	uint32_t cap_bps;        /* REMB to be repeated; 0 = none */
	bool cap_by_twcc;        /* it sends video and takes no REMB */
	bool cap_changed;        /* and to be told soon, also when it is none now */
	uint64_t dropped;        /* datagrams that were of no use */
};

/* A datagram was of no use. */
static inline void limen_peer_drop(struct limen_peer *p, enum limen_count why)
{
	p->dropped++;
	limen_count(why, 1);
}

/* The m-line's place, made if need be; NULL above LIMEN_MLINES_MAX. */
struct limen_line *limen_peer_line(struct limen_peer *p, unsigned index);
/* The m-line if it is there. */
struct limen_line *limen_peer_line_if(const struct limen_peer *p, unsigned index);
/* Sets a timer on the peer's loop. */
void limen_peer_timer(struct limen_peer *p, struct limen_timer *t, int64_t at_us);
void limen_peer_write_rtcp(struct limen_peer *p, struct limen_rtcp_writer *w);
/* Runs on_soon within 20 ms. */
void limen_peer_soon(struct limen_peer *p);
/* Tells the owner of a media event, later, from the loop. */
void limen_peer_tell_media(
	struct limen_peer *p, const struct limen_line *l, const struct limen_media_event *ev);

/* peer_move.c: packets come in on this loop */
void limen_peer_on_home(struct limen_loop *loop, void *arg);
/* peer_rx.c */
void limen_peer_rtp(struct limen_peer *p, const uint8_t *bytes, size_t len);
void limen_peer_learn_ssrcs(struct limen_peer *p);
void limen_line_forget_rx(struct limen_line *l);
/* peer_tx.c */
void limen_peer_resend(struct limen_peer *p, struct limen_line *l, uint16_t seq);
void limen_line_keyframe_wanted(struct limen_peer *p, struct limen_line *l);
/* peer_rtcp.c */
void limen_peer_rtcp(struct limen_peer *p, const uint8_t *bytes, size_t len);
void limen_peer_on_second(struct limen_timer *t, void *arg);
void limen_peer_on_soon(struct limen_timer *t, void *arg);
void limen_peer_twcc_arrived(
	struct limen_peer *p, uint32_t ssrc, uint16_t seq, size_t len, int64_t now_us);
void limen_peer_twcc_free(struct limen_peer *p);
void limen_peer_ask_keyframe(struct limen_peer *p, struct limen_line *l);

#endif
