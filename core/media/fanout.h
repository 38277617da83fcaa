/*
 * The receivers of one published m-line: an immutable snapshot grouped by loop, replaced on add and
 * remove. Publishing pushes one reference per loop, not per receiver; each loop then sends for its
 * own peers. Thread: any, except publish (the source's loop).
 */
#ifndef LIMEN_MEDIA_FANOUT_H
#define LIMEN_MEDIA_FANOUT_H

#include "core/media/peer.h"

#define LIMEN_FANOUT_RECEIVERS_MAX 20000

/* source borrowed until limen_fanout_close(); it is referenced. One reference to *out. */
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

/* Hands a packet to every receiver. The source's loop. Borrows. */
void limen_fanout_publish(struct limen_fanout *f, struct limen_packet *pkt);
/* A receiver wants a keyframe: asks the source, coalesced there. */
void limen_fanout_keyframe(struct limen_fanout *f);

#endif
