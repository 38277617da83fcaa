/*
 * A source of layered video with dependency descriptors, in the manner of a browser's encoder: any
 * of the scalability modes of the AV1 RTP specification's appendix with up to three spatial and
 * three temporal layers. It knows what each frame refers to, so that a test can tell what a decoder
 * could do with those it got. One thread.
 */
#ifndef LIMEN_TESTS_SVC_SOURCE_H
#define LIMEN_TESTS_SVC_SOURCE_H

#include <stdbool.h>
#include "tests/lib/bit_writer.h"

enum svc_mode {
	SVC_FULL, /* LxTy: each spatial layer refers to the one below */
	SVC_KEY,  /* LxTy_KEY: in keyframe pictures only */
	SVC_NONE, /* SxTy: spatial layers are independent */
};

#define SVC_LAYERS 3
enum { SVC_DTI_NONE, SVC_DTI_DISCARDABLE, SVC_DTI_SWITCH, SVC_DTI_REQUIRED };

struct svc_frame {
	uint16_t number;
	int spatial, temporal;
	bool key, last;                  /* of a keyframe picture; the last frame of its picture */
	unsigned refers[3], refer_count; /* frames by their place in the whole stream */
	uint8_t descriptor[64];
	size_t descriptor_len;
};

struct svc_source {
	enum svc_mode mode;
	int spatial, temporal;                 /* counts */
	unsigned frames;                       /* so far */
	unsigned picture;                      /* within the temporal pattern */
	uint16_t first;                        /* frame number of the first frame */
	bool key;                              /* the next picture is a keyframe */
	unsigned last[SVC_LAYERS][SVC_LAYERS]; /* the newest frame by layers, plus 1; 0: none */
};

static inline void svc_begin(
	struct svc_source *s, enum svc_mode mode, int spatial, int temporal, uint16_t first)
{
	*s = (struct svc_source){
		.mode = mode, .spatial = spatial, .temporal = temporal, .first = first, .key = true
	};
}

static inline int svc_indication(const struct svc_source *s, int spatial, int temporal, bool key,
	int of_spatial, int of_temporal)
{
	if (spatial > of_spatial || temporal > of_temporal)
		return SVC_DTI_NONE;
	if (spatial == of_spatial) {
		if (temporal == 0 || temporal < of_temporal)
			return SVC_DTI_SWITCH;
		return SVC_DTI_DISCARDABLE;
	}
	if (s->mode == SVC_NONE || (s->mode == SVC_KEY && !key))
		return SVC_DTI_NONE;
	return key ? SVC_DTI_SWITCH : SVC_DTI_REQUIRED;
}

static inline void svc_put_indications(
	const struct svc_source *s, struct bit_writer *w, int spatial, int temporal, bool key)
{
	for (int i = 0; i < s->spatial; i++)
		for (int k = 0; k < s->temporal; k++)
			bit_put(w, (uint32_t)svc_indication(s, spatial, temporal, key, i, k), 2);
}

/* A template a layer; what frames refer to is written with each of them. */
static inline void svc_put_structure(const struct svc_source *s, struct bit_writer *w)
{
	const int count = s->spatial * s->temporal;

	bit_put(w, 5, 6); /* template_id_offset */
	bit_put(w, (uint32_t)count - 1, 5);
	for (int i = 0; i < count; i++)
		bit_put(w, i == count - 1 ? 3 : (i + 1) % s->temporal ? 1 : 2, 2);
	for (int i = 0; i < s->spatial; i++)
		for (int k = 0; k < s->temporal; k++)
			svc_put_indications(s, w, i, k, false);
	for (int i = 0; i < count; i++)
		bit_put(w, 0, 1);
	bit_put_below(w, 0, (uint32_t)count + 1); /* no chains */
	bit_put(w, 0, 1);                         /* no resolutions */
}

static inline void svc_describe(const struct svc_source *s, struct svc_frame *f, unsigned at)
{
	struct bit_writer w = { .at = 0 };
	const bool brings = f->key && f->spatial == 0;

	bit_put(&w, 3, 2);
	bit_put(&w, (uint32_t)(5 + f->spatial * s->temporal + f->temporal), 6);
	bit_put(&w, f->number, 16);
	bit_put(&w, brings, 1);
	bit_put(&w, 0, 1); /* active targets */
	bit_put(&w, 1, 1); /* indications */
	bit_put(&w, 1, 1); /* references */
	bit_put(&w, 0, 1);
	if (brings)
		svc_put_structure(s, &w);
	svc_put_indications(s, &w, f->spatial, f->temporal, f->key);
	for (unsigned i = 0; i < f->refer_count; i++) {
		const uint32_t back = at - f->refers[i] - 1;

		bit_put(&w, back < 16 ? 1 : 2, 2);
		bit_put(&w, back, back < 16 ? 4 : 8);
	}
	bit_put(&w, 0, 2);
	f->descriptor_len = bit_writer_len(&w);
	g_assert_cmpuint(f->descriptor_len, <=, sizeof(f->descriptor));
	memcpy(f->descriptor, w.bytes, f->descriptor_len);
}

static inline void svc_refer(struct svc_frame *f, unsigned place)
{
	if (place)
		f->refers[f->refer_count++] = place - 1;
}

/* The newest frame of a spatial layer below a temporal layer (of layer 0: in it), plus 1. */
static inline unsigned svc_below(const struct svc_source *s, int spatial, int temporal)
{
	unsigned newest = s->last[spatial][0];

	for (int k = 1; k < temporal; k++)
		newest = MAX(newest, s->last[spatial][k]);
	return newest;
}

/* The frames of the next picture; returns how many. */
static inline int svc_next(struct svc_source *s, struct svc_frame out[SVC_LAYERS])
{
	static const int pattern[SVC_LAYERS + 1][4] = { { 0 }, { 0, 0, 0, 0 }, { 0, 1, 0, 1 },
		{ 0, 2, 1, 2 } };
	const bool key = s->key;
	int temporal;

	if (key) {
		s->picture = 0;
		memset(s->last, 0, sizeof(s->last));
	}
	temporal = pattern[s->temporal][s->picture++ % 4];
	s->key = false;
	for (int i = 0; i < s->spatial; i++) {
		const unsigned at = s->frames++;

		out[i] = (struct svc_frame){ .number = (uint16_t)(s->first + at),
			.spatial = i,
			.temporal = temporal,
			.key = key,
			.last = i == s->spatial - 1 };
		if (i > 0 && (s->mode == SVC_FULL || (s->mode == SVC_KEY && key)))
			svc_refer(&out[i], at);
		svc_refer(&out[i], svc_below(s, i, temporal));
		svc_describe(s, &out[i], at);
		s->last[i][temporal] = at + 1;
	}
	return s->spatial;
}

#endif
