/*
 * Which packets of a layered source one receiver gets: substreams (simulcast), temporal and spatial
 * layers. Pure; thread: the receiver's loop.
 */
#ifndef LIMEN_MEDIA_SIMULCAST_H
#define LIMEN_MEDIA_SIMULCAST_H

#include <limen/peer.h>

struct limen_simulcast {
	int8_t substream, substream_target; /* -1: nothing relayed yet */
	int8_t temporal, temporal_target;
	int8_t spatial, spatial_target;
	int64_t seen_us[LIMEN_LAYERS_MAX]; /* last packet of each substream */
	int64_t asked_us;                  /* last keyframe request of ours */
	int64_t fallback_us;
	uint64_t source;
};

struct limen_simulcast_verdict {
	bool forward;
	bool marker; /* SVC: last forwarded packet of its frame */
	bool want_keyframe;
	bool substream_changed, temporal_changed, spatial_changed;
};

void limen_simulcast_init(struct limen_simulcast *s);
/* Members of want that are -1 (0 for fallback_us) keep what is. */
void limen_simulcast_target(struct limen_simulcast *s, const struct limen_layers *want);
struct limen_simulcast_verdict limen_simulcast_decide(
	struct limen_simulcast *s, const struct limen_packet *p, int64_t now_us);

#endif
