/*
 * What a payload says of its place in the stream: keyframes and layers, from the payload
 * descriptors of RFC 7741 (VP8), RFC 9628 (VP9), RFC 6184 (H.264), RFC 7798 (H.265) and the AV1 RTP
 * specification. Pure; any thread.
 */
#ifndef LIMEN_MEDIA_CODEC_H
#define LIMEN_MEDIA_CODEC_H

#include <limen/packet.h>

/* Fills *out; a payload that is too short or broken leaves "not known". */
void limen_codec_inspect(
	enum limen_codec codec, const uint8_t *payload, size_t len, struct limen_layer *out);

/* RTP clock rate of a codec; of one that is not known, the usual one of its kind. Never 0. */
uint32_t limen_clock_hz(enum limen_kind kind, enum limen_codec codec);

/* The same for an end-to-end encrypted payload: only what stands in front of it is believed. */
void limen_codec_inspect_opaque(
	enum limen_codec codec, const uint8_t *payload, size_t len, struct limen_layer *out);

void limen_vp8_inspect(const uint8_t *payload, size_t len, struct limen_layer *out);
void limen_vp9_inspect(const uint8_t *payload, size_t len, struct limen_layer *out);
void limen_h264_inspect(const uint8_t *payload, size_t len, struct limen_layer *out);
void limen_h265_inspect(const uint8_t *payload, size_t len, struct limen_layer *out);
void limen_av1_inspect(const uint8_t *payload, size_t len, struct limen_layer *out);
/* Does an aggregation header say that a coded video sequence begins? */
bool limen_av1_begins(uint8_t aggregation);

/* Writes new picture numbers into a VP8 or VP9 descriptor, keeping the size of its fields; payloads
 * of other codecs have none. payload is scratch of the caller. */
void limen_codec_renumber(enum limen_codec codec, uint8_t *payload, size_t len, uint16_t picture_id,
	uint8_t tl0_pic_idx);
void limen_vp8_renumber(uint8_t *payload, size_t len, uint16_t picture_id, uint8_t tl0_pic_idx);
void limen_vp9_renumber(uint8_t *payload, size_t len, uint16_t picture_id, uint8_t tl0_pic_idx);

#endif
