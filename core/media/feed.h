/*
 * A feed: RTP that comes from anywhere but a PeerConnection, as the source of a fan-out
 * (include/limen/media.h). It lives on one loop. Thread: any for new and free, that loop for the
 * rest.
 */
#ifndef LIMEN_MEDIA_FEED_H
#define LIMEN_MEDIA_FEED_H

#include <limen/media.h>
#include "core/base/loop.h"

/* tick_us: see egress_tick_us of peer.h. *fanout: a reference, to be closed and unreferenced. */
struct limen_feed *limen_feed_new(struct limen_loop *loop, const struct limen_feed_config *cfg,
	int64_t tick_us, struct limen_fanout **fanout);
/* NULL is fine. */
void limen_feed_free(struct limen_feed *f);

/* LIMEN_EPROTO: not RTP; LIMEN_EINVAL: no such substream. */
int limen_feed_rtp(struct limen_feed *f, int substream, const uint8_t *bytes, size_t len);
void limen_feed_clock(struct limen_feed *f, int substream, int64_t wall_us, uint32_t ts);
/* They begin anew with a new SSRC, as reports about it do. */
bool limen_feed_stats(const struct limen_feed *f, int substream, struct limen_feed_stats *out);

#endif
