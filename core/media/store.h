/*
 * The packets of one published m-line, kept for a while for retransmission and shared by all its
 * receivers, so that memory does not grow with receivers x packets. Thread: add on the source's
 * loop; find on any (a short lock).
 */
#ifndef LIMEN_MEDIA_STORE_H
#define LIMEN_MEDIA_STORE_H

#include <limen/packet.h>

#define LIMEN_STORE_PACKETS 512u   /* of each substream; a power of two */
#define LIMEN_STORE_AGE_US 1000000 /* older ones than the newest by so much are let go */

struct limen_store;

struct limen_store *limen_store_new(void);
void limen_store_free(struct limen_store *s); /* NULL is fine */

/* Packets of one call were published together. References them; the oldest ones go. */
void limen_store_add(struct limen_store *s, struct limen_packet *const *packets, size_t count);
/* The packet of a substream with this number of the publisher's: a reference, or NULL. */
struct limen_packet *limen_store_find(struct limen_store *s, int substream, uint16_t seq);

#endif
