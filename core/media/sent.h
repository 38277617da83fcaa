/*
 * What went out on one m-line under which number, so that a NACK finds the packet in the store of
 * its source (store.h). Pure; thread: the receiver's loop.
 */
#ifndef LIMEN_MEDIA_SENT_H
#define LIMEN_MEDIA_SENT_H

#include "core/media/rewrite.h"

#define LIMEN_SENT_PACKETS 512u /* a power of two; as many as the store keeps */

struct limen_sent_packet {
	struct limen_rewritten numbers; /* as sent */
	uint16_t source_seq;            /* as published */
	int8_t substream;
	uint8_t resends;
	uint32_t source_ts; /* as published: tells packets of two sources with one number apart */
	bool used, marker;
	/* What the packet had beside: under its number nothing else may be encrypted, or keys leak
	 * (RFC 7714 §8.4). */
	uint8_t padding, send_time[3];
	uint32_t resent_ms;
};

struct limen_sent {
	struct limen_sent_packet *ring; /* allocated with the first packet */
};

void limen_sent_init(struct limen_sent *s);
void limen_sent_clear(struct limen_sent *s);
/* The place of a packet that goes out, borrowed until the next call; NULL: this one went out under
 * its number before. */
struct limen_sent_packet *limen_sent_add(struct limen_sent *s, const struct limen_packet *p,
	const struct limen_rewritten *numbers, bool marker);
/* The source changes: what was sent before is in its store no more. Or what was sent could not be
 * written in the same way again. */
void limen_sent_forget(struct limen_sent *s);
/* What went out as seq and may be sent again now, or NULL: unknown, sent again just before, or too
 * often. Borrowed until the next call. */
struct limen_sent_packet *limen_sent_take(
	struct limen_sent *s, uint16_t seq, int64_t now_us, int64_t rtt_us);

#endif
