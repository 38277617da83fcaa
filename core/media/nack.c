/*
 * Loss detection. The first request waits a little for reordering, later ones for a round trip.
 * Pure; thread: the sender's loop.
 */
#include "core/media/nack.h"
#include <string.h>
#include "core/media/rtp.h"

#define REORDER_US 12000
#define RETRY_MIN_US 40000
#define TRIES_MAX 10
#define USELESS_US 1000000
#define JUMP_MAX 1000 /* a larger step is a new start, not loss */

void limen_nack_init(struct limen_nack *n)
{
	memset(n, 0, sizeof(*n));
}

void limen_nack_forget(struct limen_nack *n, uint16_t seq)
{
	unsigned old = 0;

	while (old < n->count && limen_seq_after(seq, n->missing[old].seq))
		old++;
	n->count -= old;
	memmove(n->missing, n->missing + old, n->count * sizeof(n->missing[0]));
}

static void arrived_late(struct limen_nack *n, uint16_t seq)
{
	for (unsigned i = 0; i < n->count; i++) {
		if (n->missing[i].seq == seq) {
			memmove(&n->missing[i], &n->missing[i + 1],
				(n->count - i - 1) * sizeof(n->missing[0]));
			n->count--;
			return;
		}
	}
}

bool limen_nack_arrived(struct limen_nack *n, uint16_t seq, int64_t now_us)
{
	const uint16_t gap = (uint16_t)(seq - n->highest);

	if (n->started && !limen_seq_after(seq, n->highest) &&
		(uint16_t)(n->highest - seq) < JUMP_MAX) {
		arrived_late(n, seq);
		return true;
	}
	if (!n->started || gap > JUMP_MAX) {
		n->started = true;
		n->highest = seq;
		n->count = 0;
		return true;
	}
	if (n->count + gap - 1u > LIMEN_NACK_MISSING_MAX) {
		n->highest = seq;
		n->count = 0;
		return false;
	}
	for (uint16_t s = (uint16_t)(n->highest + 1); s != seq; s++)
		n->missing[n->count++] = (struct limen_nack_entry){ .seq = s, .since_us = now_us };
	n->highest = seq;
	return true;
}

size_t limen_nack_due(
	struct limen_nack *n, int64_t now_us, int64_t rtt_us, uint16_t *out, size_t max)
{
	const int64_t retry_us = rtt_us > RETRY_MIN_US ? rtt_us : RETRY_MIN_US;
	unsigned kept = 0;
	size_t found = 0;

	for (unsigned i = 0; i < n->count; i++) {
		struct limen_nack_entry *e = &n->missing[i];
		const bool due = e->tries ? now_us - e->asked_us >= retry_us
					  : now_us - e->since_us >= REORDER_US;

		if (e->tries >= TRIES_MAX || now_us - e->since_us > USELESS_US)
			continue;
		if (due && found < max) {
			e->tries++;
			e->asked_us = now_us;
			out[found++] = e->seq;
		}
		n->missing[kept++] = *e;
	}
	n->count = kept;
	return found;
}
