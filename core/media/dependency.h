/*
 * The dependency descriptor (AV1 RTP specification, appendix A): which layer a frame belongs to,
 * which earlier frames it needs, and which decode targets need it. What the templates say comes on
 * some packets only and is kept here, one structure an incoming stream. Pure; thread: the source's
 * loop.
 */
#ifndef LIMEN_MEDIA_DEPENDENCY_H
#define LIMEN_MEDIA_DEPENDENCY_H

#include <limen/packet.h>

#define LIMEN_DEPENDENCY_TEMPLATES 64u
#define LIMEN_DEPENDENCY_TARGETS 32u
#define LIMEN_DEPENDENCY_CHAINS 32u
#define LIMEN_DEPENDENCY_SPATIAL 4u
#define LIMEN_DEPENDENCY_TEMPORAL 8u

/* What is told of a frame, by a template or by the packet itself. */
struct limen_dependency_frame {
	uint8_t spatial, temporal;
	uint64_t indications;                        /* two bits a decode target: enum limen_need */
	uint64_t refers;                             /* bit i: to the frame i + 1 before */
	bool refers_far;                             /* to one further back than that */
	uint8_t chain_diff[LIMEN_DEPENDENCY_CHAINS]; /* to the last frame of the chain; 0: begins it
						      */
};

/* What a stream has told so far. All zero at the beginning. */
struct limen_dependency {
	unsigned templates, targets, chains; /* 0 templates: nothing yet */
	uint8_t template_offset;
	uint16_t since;  /* the frame that brought the templates */
	uint32_t active; /* decode targets */
	uint16_t active_since;
	uint8_t spatial_layers; /* of the active targets */
	/* Of each decode target: its layers and its chain. */
	uint8_t target_spatial[LIMEN_DEPENDENCY_TARGETS];
	uint8_t target_temporal[LIMEN_DEPENDENCY_TARGETS];
	uint8_t target_chain[LIMEN_DEPENDENCY_TARGETS];
	uint8_t best[LIMEN_NEEDS]; /* the decode target for each choice of a receiver */
	uint16_t width[LIMEN_DEPENDENCY_SPATIAL],
		height[LIMEN_DEPENDENCY_SPATIAL]; /* 0: not told */
	struct limen_dependency_frame template[LIMEN_DEPENDENCY_TEMPLATES];
};

/* One packet's descriptor. */
struct limen_dependency_packet {
	bool start, end;       /* of a frame */
	bool brings_templates; /* and replaced what was known, unless it came late */
	uint16_t number;       /* of the frame */
	struct limen_dependency_frame frame;
};

/* LIMEN_EPROTO: cut short or impossible; nothing is changed. LIMEN_EAGAIN: it speaks of templates
 * that are not known (now); of *out only start, end and number are set. */
int limen_dependency_read(struct limen_dependency *d, const uint8_t *bytes, size_t len,
	struct limen_dependency_packet *out);

/* Adds to what the payload told. */
void limen_dependency_describe(const struct limen_dependency *d,
	const struct limen_dependency_packet *packet, struct limen_layer *layer);

#endif
