/*
 * The receivers of one published m-line: an immutable snapshot grouped by loop, replaced on add and
 * remove. Packets are collected to the end of the loop's round; then one batch goes to each loop,
 * not one packet to each receiver, and each loop sends for its own peers. Thread: any, except
 * publish (the source's loop).
 */
#ifndef LIMEN_MEDIA_FANOUT_H
#define LIMEN_MEDIA_FANOUT_H

#include "core/media/peer.h"

#define LIMEN_FANOUT_RECEIVERS_MAX 20000
#define LIMEN_FANOUT_BATCH 64u /* packets handed on together at most */

/* source is referenced until limen_fanout_close(). One reference. */
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
void limen_fanout_gate(struct limen_fanout *f, bool open);

/* Hands a packet to every receiver at the end of the round. The source's loop. References. */
void limen_fanout_publish(struct limen_fanout *f, struct limen_packet *pkt);
/* What waits goes now: the source is going. The source's loop. */
void limen_fanout_drain(struct limen_fanout *f);
/* A receiver has moved to another loop: groups anew. */
void limen_fanout_regroup(struct limen_fanout *f);
/* What was published lately, for retransmission: borrowed, as long as f. Empty for audio. */
struct limen_store *limen_fanout_store(const struct limen_fanout *f);
/* The source's sender report, on our clock: RTP time ts of a substream was at wall_us (since 1970).
 * Receivers' reports follow from it, so that streams of one source stay in step. */
void limen_fanout_clock_set(struct limen_fanout *f, int substream, int64_t wall_us, uint32_t ts);
/* What that says of now: false when nothing is known. */
bool limen_fanout_clock(struct limen_fanout *f, int substream, int64_t now_wall_us,
	uint32_t clock_hz, uint32_t *ts);
/* A receiver wants a keyframe: asks the source, coalesced there. */
void limen_fanout_keyframe(struct limen_fanout *f);

#endif
