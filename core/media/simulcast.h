/*
 * Which packets of a layered source one receiver gets: substreams (simulcast), temporal and spatial
 * layers, in one stream by payload descriptors or by dependency descriptors. Pure; thread: the
 * receiver's loop.
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
	uint8_t spatial_layers; /* of the source, as it told last; 0: not known */
	/* Frames with dependency descriptors: what became of them lately */
	bool counts;             /* frame, sent and left_out hold */
	uint16_t frame;          /* the newest one */
	uint32_t picture_ts;     /* of it: the layer frames of a picture have one time */
	uint64_t sent, left_out; /* bit i: the frame i before it; neither: it has not come */
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
/* New targets cannot be reached without a keyframe: is one to be asked for, now? */
bool limen_simulcast_asks(struct limen_simulcast *s, int64_t now_us);

#endif
