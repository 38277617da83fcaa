/*
 * The service table for media without a PeerConnection: thin doors to the media layer. Thread: see
 * include/limen/media.h.
 */
#include "core/base/tick.h"
#include "core/host/host.h"
#include "core/media/crypto.h"
#include "core/media/fanout.h"
#include "core/media/feed.h"
#include "core/media/packet_write.h"
#include "core/media/tap.h"
#include "core/media/udp.h"
#include "core/session/handle.h"

#define LOAD_STEP 50 /* parts of 1000: loops nearer to each other are alike */

/* Of those that are alike, each in turn. */
static struct limen_loop *least_busy(struct limen_core *core)
{
	const guint first = (guint)g_atomic_int_add(&core->next_loop, 1);
	struct limen_loop *best = NULL;

	for (guint i = 0; i < core->loop_count; i++) {
		struct limen_loop *l = core->loops[(first + i) % core->loop_count];

		if (!best || limen_loop_load(l) + LOAD_STEP <= limen_loop_load(best))
			best = l;
	}
	return best;
}

static struct limen_loop *svc_loop(const struct limen_handle *h)
{
	return h ? limen_peer_loop(limen_handle_of(h)->peer) : least_busy(limen_host_core);
}

static struct limen_feed *svc_feed_new(
	struct limen_loop *loop, const struct limen_feed_config *cfg, struct limen_fanout **fanout)
{
	return limen_feed_new(loop, cfg, limen_host_core->media.egress_tick_us, fanout);
}

const struct limen_media_services limen_media_services_table = {
	.loop = svc_loop,
	.post = limen_loop_post,
	.tick_new = limen_tick_new,
	.tick_free = limen_tick_free,
	.udp_open = limen_udp_open,
	.udp_close = limen_udp_close,
	.udp_port = limen_udp_port,
	.udp_send = limen_udp_send,
	.crypto_new = limen_crypto_new,
	.crypto_free = limen_crypto_free,
	.protect = limen_crypto_protect,
	.protect_rtcp = limen_crypto_protect_rtcp,
	.unprotect = limen_crypto_unprotect,
	.unprotect_rtcp = limen_crypto_unprotect_rtcp,
	.feed_new = svc_feed_new,
	.feed_free = limen_feed_free,
	.feed_rtp = limen_feed_rtp,
	.feed_clock = limen_feed_clock,
	.feed_stats = limen_feed_stats,
	.tap_new = limen_tap_new,
	.tap_free = limen_tap_free,
	.tap_layers = limen_tap_layers,
	.fanout_keyframe = limen_fanout_keyframe,
	.fanout_clock = limen_fanout_clock,
	.packet_write = limen_packet_write,
};
