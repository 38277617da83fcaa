/*
 * The choice of a receiver: layer selection, then renumbering of what passes. Thread: the
 * receiver's loop.
 */
#ifndef LIMEN_MEDIA_CHOOSE_H
#define LIMEN_MEDIA_CHOOSE_H

#include "core/media/rewrite.h"
#include "core/media/simulcast.h"

/* Is this packet for the receiver? Then *numbers says under which numbers. */
static inline bool limen_choose(struct limen_simulcast *layers, struct limen_rewrite *rewrite,
	const struct limen_packet *pkt, int64_t now_us, struct limen_simulcast_verdict *verdict,
	struct limen_rewritten *numbers)
{
	*verdict = limen_simulcast_decide(layers, pkt, now_us);
	if (verdict->forward)
		return limen_rewrite_packet(rewrite, pkt, now_us, numbers) == 0;
	limen_rewrite_skip(rewrite, pkt);
	return false;
}

#endif
