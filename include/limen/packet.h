/*
 * A media packet on its way through the gateway. Reference counted; from the moment it is handed to
 * a plugin or a fan-out it is read-only, on whichever thread: who must change bytes copies the
 * header into scratch of its own.
 */
#ifndef LIMEN_PACKET_H
#define LIMEN_PACKET_H

#include <limen/types.h>

#define LIMEN_PACKET_MAX 1500u /* bytes of one RTP packet, header included */

/* What the payload says of itself, found by core/media/codec_*.c. -1: not known or not applicable.
 */
struct limen_layer {
	bool keyframe;          /* a decoder can start here */
	bool start;             /* first packet of a frame (of a layer frame, for SVC) */
	bool end;               /* last packet of a layer frame */
	bool switch_up;         /* a higher temporal layer may start here */
	bool inter_layer;       /* VP9 D bit / not needed by higher layers when false */
	bool non_ref;           /* VP8 N, VP9 Z: discardable */
	int8_t spatial;         /* spatial layer id, 0 = lowest */
	int8_t temporal;        /* temporal layer id, 0 = lowest */
	int32_t picture_id;     /* VP8 / VP9 picture id */
	int16_t tl0_pic_idx;    /* VP8 / VP9 TL0PICIDX */
	uint16_t width, height; /* of a keyframe where it says so, else 0 */
	bool predicted;         /* VP9 P: refers to earlier pictures */
	bool bare;              /* H.264, H.265: a keyframe without its parameter sets */
	uint8_t spatial_layers; /* that the stream has now; 0: not known */
	/* From a dependency descriptor (AV1 RTP specification, appendix A) */
	bool described; /* there is one */
	uint16_t frame; /* its number; layer frames count one by one */
	uint32_t
		needs; /* enum limen_need, two bits for each choice of layers: limen_layer_need() */
	uint64_t refers; /* bit i: refers to the frame i + 1 before */
};

/* How much the decoder of a choice of layers needs a frame: decode target indications. */
enum limen_need {
	LIMEN_NEED_NONE,
	LIMEN_NEED_DISCARDABLE, /* nothing refers to it */
	LIMEN_NEED_SWITCH,      /* whoever can decode it can decode all that follows */
	LIMEN_NEED_REQUIRED
};
#define LIMEN_NEED_LAYERS 3 /* spatial and temporal layers to choose from, 0..2 each */
#define LIMEN_NEEDS (LIMEN_NEED_LAYERS * LIMEN_NEED_LAYERS)

/* spatial, temporal: 0..2, the highest layers wanted. */
static inline enum limen_need limen_layer_need(
	const struct limen_layer *l, int spatial, int temporal)
{
	return (enum limen_need)(l->needs >> 2 * (spatial * LIMEN_NEED_LAYERS + temporal) & 3);
}

struct limen_packet {
	/*< private >*/
	int refs;
	void *pool;
	/*< public >*/
	int64_t arrived_us; /* limen clock, microseconds, when the datagram was read */
	uint64_t source; /* the published m-line that it belongs to; unique in the process, never 0
			    for media */
	enum limen_kind kind;
	enum limen_codec codec;
	uint16_t mindex;  /* the m-line of the sender's PeerConnection */
	int8_t substream; /* simulcast layer, 0 = lowest; 0 without simulcast */
	bool simulcast;   /* the m-line has several substreams */
	bool svc;         /* spatial layers inside one stream */
	/* RFC 3550 §5.1, in host order; seq and ts are the publisher's, per substream */
	bool marker;
	uint8_t pt;
	uint16_t seq;
	uint32_t ts;
	uint32_t ssrc;
	uint16_t header_len;  /* fixed header, CSRCs and extensions */
	uint16_t payload_len; /* without padding */
	uint16_t len;         /* whole packet in data[] */
	struct limen_layer layer;
	uint8_t audio_level;              /* RFC 6464, 0 loudest .. 127 silence; 255 = not given */
	bool voice;                       /* RFC 6464 V bit */
	int8_t orientation;               /* CVO byte, or -1 */
	int32_t playout_min, playout_max; /* playout-delay in 10 ms units, or -1 */
	uint16_t dependency_at;           /* AV1 dependency descriptor: its place in data[] ... */
	uint8_t dependency_len;           /* ... and bytes; 0 = none */
	uint16_t red_len; /* audio: bytes of RFC 2198 headers and redundancy before the payload
			     itself; 0 = no RED */
	uint8_t data[LIMEN_PACKET_MAX];
};

/* The payload's first byte; borrowed. */
static inline const uint8_t *limen_packet_payload(const struct limen_packet *p)
{
	return p->data + p->header_len;
}

#endif
