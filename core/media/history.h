/*
 * What was sent on one m-line, for retransmission: references to packets with the numbers they got.
 * Pure but for packet references; thread: the receiver's loop.
 */
#ifndef LIMEN_MEDIA_HISTORY_H
#define LIMEN_MEDIA_HISTORY_H

#include "core/media/rewrite.h"

#define LIMEN_HISTORY_PACKETS 512u /* a power of two */

struct limen_sent {
	struct limen_packet *packet; /* NULL: empty place */
	struct limen_rewritten numbers;
	bool marker;
	uint8_t resends;
	int64_t resent_us;
};

struct limen_history {
	struct limen_sent *ring; /* allocated with the first packet */
};

void limen_history_init(struct limen_history *h);
void limen_history_clear(struct limen_history *h);
/* References p. */
void limen_history_add(struct limen_history *h, struct limen_packet *p,
	const struct limen_rewritten *numbers, bool marker);
/* What went out as seq and may be sent again now, or NULL: unknown, too old, sent again just
 * before, too often. Borrowed. */
struct limen_sent *limen_history_take(
	struct limen_history *h, uint16_t seq, int64_t now_us, int64_t rtt_us);

#endif
