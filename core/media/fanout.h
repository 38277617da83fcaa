/*
 * The receivers of one published m-line: an immutable snapshot grouped by loop, replaced on add and
 * remove. Packets are collected to the end of the loop's round; then one batch goes to each loop,
 * not one packet to each receiver, and each loop sends for its own peers. Thread: any, except
 * publish (the source's loop).
 */
#ifndef LIMEN_MEDIA_FANOUT_H
#define LIMEN_MEDIA_FANOUT_H

#include "core/media/peer.h"
#include "core/media/source.h"

#define LIMEN_FANOUT_RECEIVERS_MAX 20000
#define LIMEN_FANOUT_TAPS_MAX 1000
#define LIMEN_FANOUT_BATCH 64u /* packets handed on together at most */

struct limen_tap;

/* The source is referenced until limen_fanout_close(); tick_us: see egress_tick_us of peer.h. One
 * reference. */
struct limen_fanout *limen_fanout_new_of(const struct limen_source *source, int64_t tick_us);
/* The same for an m-line of a peer. */
struct limen_fanout *limen_fanout_new(struct limen_peer *source, uint16_t mindex);
struct limen_fanout *limen_fanout_ref(struct limen_fanout *f);
void limen_fanout_unref(struct limen_fanout *f);
/* No packet passes any more; receivers and source are let go. The reference stays the caller's. */
void limen_fanout_close(struct limen_fanout *f);

/* LIMEN_EEXIST when it is there already, LIMEN_ELIMIT, LIMEN_ESTATE after close. References the
 * receiver. */
int limen_fanout_add(struct limen_fanout *f, struct limen_peer *receiver, uint16_t mindex);
/* Not being there is fine. */
void limen_fanout_remove(struct limen_fanout *f, struct limen_peer *receiver, uint16_t mindex);
/* The same for a tap, which tap.c makes: it gets what is published at the end of the round, on the
 * source's loop. */
int limen_fanout_tap(struct limen_fanout *f, struct limen_tap *tap);
void limen_fanout_untap(struct limen_fanout *f, struct limen_tap *tap);
void limen_fanout_gate(struct limen_fanout *f, bool open);

/* Hands a packet to every receiver at the end of the round. The source's loop. References. */
void limen_fanout_publish(struct limen_fanout *f, struct limen_packet *pkt);
/* What waits goes now: the source is going. The source's loop. */
void limen_fanout_drain(struct limen_fanout *f);
/* A receiver has moved to another loop: groups anew. */
void limen_fanout_regroup(struct limen_fanout *f);
/* What was published lately, for retransmission: borrowed, as long as f. Empty for audio. */
struct limen_store *limen_fanout_store(const struct limen_fanout *f);
/* A reference to the source: false after close. */
bool limen_fanout_source(struct limen_fanout *f, struct limen_source *out);
/* The source's sender report, on our clock: RTP time ts, of clock_hz, of a substream was at wall_us
 * (since 1970). Receivers' reports follow from it, so that streams of one source stay in step. */
void limen_fanout_clock_set(
	struct limen_fanout *f, int substream, int64_t wall_us, uint32_t ts, uint32_t clock_hz);
/* What that says of a time: false when nothing is known. */
bool limen_fanout_clock(struct limen_fanout *f, int substream, int64_t wall_us, uint32_t *ts);
/* A receiver wants a keyframe: asks the source, coalesced there. */
void limen_fanout_keyframe(struct limen_fanout *f);

#endif
