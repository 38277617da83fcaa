/*
 * Reading dependency descriptors, by the syntax of the AV1 RTP specification, appendix A.8. Names
 * in brackets are those of the specification. Pure; thread: the source's loop.
 */
#include "core/media/dependency.h"
#include <string.h>
#include "core/base/bits.h"

#define MANDATORY_BYTES 3u

/* Which parts of a frame's definition stand in the packet and not in the template. */
struct custom {
	bool indications, refers, chains;
};

static void refer(struct limen_dependency_frame *f, uint32_t back)
{
	if (back <= 64)
		f->refers |= UINT64_C(1) << (back - 1);
	else
		f->refers_far = true;
}

/* [template_layers] */
static bool read_layers(struct limen_bits *b, struct limen_dependency *d)
{
	enum { SAME, NEXT_TEMPORAL, NEXT_SPATIAL, END };
	uint8_t spatial = 0, temporal = 0;
	uint32_t next;

	do {
		if (d->templates == LIMEN_DEPENDENCY_TEMPLATES)
			return false;
		d->template[d->templates].spatial = spatial;
		d->template[d->templates++].temporal = temporal;
		next = limen_bits_get(b, 2);
		if (next == NEXT_TEMPORAL) {
			temporal++;
		} else if (next == NEXT_SPATIAL) {
			temporal = 0;
			spatial++;
		}
		if (spatial >= LIMEN_DEPENDENCY_SPATIAL || temporal >= LIMEN_DEPENDENCY_TEMPORAL)
			return false;
	} while (next != END && !b->bad);
	return !b->bad;
}

/* [template_dtis], [frame_dtis] */
static uint64_t read_indications(struct limen_bits *b, unsigned targets)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < targets; i++)
		v |= (uint64_t)limen_bits_get(b, 2) << (2 * i);
	return v;
}

/* [template_fdiffs] of one template */
static void read_template_refers(struct limen_bits *b, struct limen_dependency_frame *f)
{
	while (limen_bits_flag(b))
		refer(f, limen_bits_get(b, 4) + 1);
}

/* [frame_fdiffs] */
static void read_frame_refers(struct limen_bits *b, struct limen_dependency_frame *f)
{
	uint32_t nibbles;

	f->refers = 0;
	f->refers_far = false;
	while ((nibbles = limen_bits_get(b, 2)))
		refer(f, limen_bits_get(b, 4 * nibbles) + 1);
}

/* [template_chains] */
static void read_chains(struct limen_bits *b, struct limen_dependency *d)
{
	d->chains = limen_bits_below(b, d->targets + 1);
	if (d->chains == 0)
		return;
	for (unsigned i = 0; i < d->targets; i++)
		d->target_chain[i] = (uint8_t)limen_bits_below(b, d->chains);
	for (unsigned t = 0; t < d->templates; t++)
		for (unsigned c = 0; c < d->chains; c++)
			d->template[t].chain_diff[c] = (uint8_t)limen_bits_get(b, 4);
}

static enum limen_need need_of(const struct limen_dependency_frame *f, unsigned target)
{
	return (enum limen_need)(f->indications >> (2 * target) & 3);
}

/* [decode_target_layers] */
static void find_target_layers(struct limen_dependency *d)
{
	for (unsigned t = 0; t < d->templates; t++) {
		const struct limen_dependency_frame *f = &d->template[t];

		for (unsigned i = 0; i < d->targets; i++) {
			if (need_of(f, i) == LIMEN_NEED_NONE)
				continue;
			if (f->spatial > d->target_spatial[i])
				d->target_spatial[i] = f->spatial;
			if (f->temporal > d->target_temporal[i])
				d->target_temporal[i] = f->temporal;
		}
	}
}

/* [render_resolutions] */
static void read_resolutions(struct limen_bits *b, struct limen_dependency *d)
{
	const unsigned top = d->template[d->templates - 1].spatial;

	for (unsigned s = 0; s <= top; s++) {
		const uint32_t width = limen_bits_get(b, 16) + 1;
		const uint32_t height = limen_bits_get(b, 16) + 1;

		d->width[s] = (uint16_t)(width > UINT16_MAX ? UINT16_MAX : width);
		d->height[s] = (uint16_t)(height > UINT16_MAX ? UINT16_MAX : height);
	}
}

/* [template_dependency_structure] */
static bool read_structure(struct limen_bits *b, struct limen_dependency *d)
{
	memset(d, 0, sizeof(*d));
	d->template_offset = (uint8_t)limen_bits_get(b, 6);
	d->targets = limen_bits_get(b, 5) + 1;
	if (!read_layers(b, d))
		return false;
	for (unsigned t = 0; t < d->templates; t++)
		d->template[t].indications = read_indications(b, d->targets);
	for (unsigned t = 0; t < d->templates; t++)
		read_template_refers(b, &d->template[t]);
	read_chains(b, d);
	find_target_layers(d);
	if (limen_bits_flag(b))
		read_resolutions(b, d);
	d->active = UINT32_MAX >> (LIMEN_DEPENDENCY_TARGETS - d->targets);
	return !b->bad;
}

/* How far a decode target is from what a receiver wants: above it is worse than below, and spatial
 * layers count more than temporal ones. */
static unsigned distance(
	const struct limen_dependency *d, unsigned target, int spatial, int temporal)
{
	const int s = spatial - d->target_spatial[target],
		  t = temporal - d->target_temporal[target];

	return (unsigned)(s < 0 ? 8 - s : s) * 32 + (unsigned)(t < 0 ? 8 - t : t);
}

static void choose_targets(struct limen_dependency *d)
{
	d->spatial_layers = 0;
	for (unsigned i = 0; i < d->targets; i++)
		if ((d->active >> i & 1) && d->target_spatial[i] >= d->spatial_layers)
			d->spatial_layers = d->target_spatial[i] + 1;
	for (unsigned n = 0; n < LIMEN_NEEDS; n++) {
		unsigned best = d->targets, least = UINT32_MAX;

		for (unsigned i = 0; i < d->targets; i++) {
			const unsigned far = distance(
				d, i, (int)(n / LIMEN_NEED_LAYERS), (int)(n % LIMEN_NEED_LAYERS));

			if ((d->active >> i & 1) && far < least) {
				least = far;
				best = i;
			}
		}
		d->best[n] = (uint8_t)best;
	}
}

/* [frame_dependency_definition] */
static int read_frame(struct limen_bits *b, const struct limen_dependency *d, unsigned id,
	struct custom custom, struct limen_dependency_frame *out)
{
	const unsigned at = (id + 64 - d->template_offset) % 64;

	if (at >= d->templates)
		return LIMEN_EAGAIN;
	*out = d->template[at];
	if (custom.indications)
		out->indications = read_indications(b, d->targets);
	if (custom.refers)
		read_frame_refers(b, out);
	for (unsigned c = 0; custom.chains && c < d->chains; c++)
		out->chain_diff[c] = (uint8_t)limen_bits_get(b, 8);
	return b->bad ? LIMEN_EPROTO : 0;
}

static bool is_before(uint16_t a, uint16_t b)
{
	return (int16_t)(uint16_t)(a - b) < 0;
}

/* Takes over what a packet brought, unless something newer is known: packets are overtaken. */
static void take(struct limen_dependency *d, const struct limen_dependency *brought,
	const struct limen_dependency_packet *p, uint32_t active)
{
	const bool late = d->templates && is_before(p->number, d->since);

	if (brought && !late) {
		*d = *brought;
		d->since = d->active_since = p->number;
		choose_targets(d);
	}
	if (active && !late && !is_before(p->number, d->active_since) && active != d->active) {
		d->active = active;
		choose_targets(d);
	}
	if (active && !late && is_before(d->active_since, p->number))
		d->active_since = p->number;
}

/* [extended_descriptor_fields] and what follows them */
static int read_extended(struct limen_dependency *d, struct limen_bits *b, unsigned id,
	struct limen_dependency_packet *out)
{
	struct limen_dependency brought;
	const struct limen_dependency *from = d;
	struct custom custom;
	bool has_active;
	uint32_t active = 0;
	int err;

	out->brings_templates = limen_bits_flag(b);
	has_active = limen_bits_flag(b);
	custom.indications = limen_bits_flag(b);
	custom.refers = limen_bits_flag(b);
	custom.chains = limen_bits_flag(b);
	if (out->brings_templates) {
		if (!read_structure(b, &brought))
			return LIMEN_EPROTO;
		from = &brought;
	}
	if (from->templates == 0)
		return LIMEN_EAGAIN;
	if (has_active)
		active = limen_bits_get(b, from->targets);
	if (!(err = read_frame(b, from, id, custom, &out->frame)))
		take(d, out->brings_templates ? &brought : NULL, out, active);
	return err;
}

int limen_dependency_read(struct limen_dependency *d, const uint8_t *bytes, size_t len,
	struct limen_dependency_packet *out)
{
	struct limen_bits b = limen_bits(bytes, len);
	unsigned id;

	memset(out, 0, sizeof(*out));
	out->start = limen_bits_flag(&b);
	out->end = limen_bits_flag(&b);
	id = limen_bits_get(&b, 6);
	out->number = (uint16_t)limen_bits_get(&b, 16);
	if (b.bad)
		return LIMEN_EPROTO;
	if (len > MANDATORY_BYTES)
		return read_extended(d, &b, id, out);
	return read_frame(&b, d, id, (struct custom){ false, false, false }, &out->frame);
}

void limen_dependency_describe(const struct limen_dependency *d,
	const struct limen_dependency_packet *packet, struct limen_layer *layer)
{
	const struct limen_dependency_frame *f = &packet->frame;
	const bool alone = !f->refers && !f->refers_far;

	layer->described = true;
	layer->start = packet->start;
	layer->end = packet->end;
	layer->spatial = (int8_t)f->spatial;
	layer->temporal = (int8_t)f->temporal;
	layer->spatial_layers = d->spatial_layers;
	layer->frame = packet->number;
	layer->refers = f->refers;
	layer->needs = 0;
	for (unsigned n = 0; n < LIMEN_NEEDS; n++)
		if (d->best[n] < d->targets)
			layer->needs |= (uint32_t)need_of(f, d->best[n]) << (2 * n);
	layer->keyframe = packet->start && alone && f->spatial == 0 &&
		(packet->brings_templates || layer->keyframe);
	if (layer->keyframe && d->width[0]) {
		layer->width = d->width[d->spatial_layers ? d->spatial_layers - 1 : 0];
		layer->height = d->height[d->spatial_layers ? d->spatial_layers - 1 : 0];
	}
}
