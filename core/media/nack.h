/*
 * Which packets of one incoming stream are missing and when to ask for them (RFC 4585 §6.2.1).
 * Pure; thread: the sender's loop.
 */
#ifndef LIMEN_MEDIA_NACK_H
#define LIMEN_MEDIA_NACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMEN_NACK_MISSING_MAX 256u

struct limen_nack_entry {
	uint16_t seq;
	uint8_t tries;
	int64_t since_us, asked_us;
};

struct limen_nack {
	bool started;
	uint16_t highest;
	unsigned count;
	struct limen_nack_entry missing[LIMEN_NACK_MISSING_MAX]; /* ascending */
};

void limen_nack_init(struct limen_nack *n);
/* A packet arrived. Returns false when so much is missing that only a keyframe helps; the list is
 * empty then. */
bool limen_nack_arrived(struct limen_nack *n, uint16_t seq, int64_t now_us);
/* Numbers to ask for now, at most max, ascending; returns how many. rtt_us: 0 when not known. Gives
 * up on old ones. */
size_t limen_nack_due(
	struct limen_nack *n, int64_t now_us, int64_t rtt_us, uint16_t *out, size_t max);
/* Nothing older than seq is needed any more. */
void limen_nack_forget(struct limen_nack *n, uint16_t seq);

#endif
