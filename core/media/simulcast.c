/*
 * Layer selection. A receiver starts on the first keyframe of whatever substream arrives, moves
 * toward its target on keyframes only, and takes a lower substream while the wanted one is silent.
 * Temporal layers are left out above the target and taken again where the stream says that one may
 * switch up. Pure; thread: the receiver's loop.
 */
#include "core/media/simulcast.h"
#include <string.h>

#define FALLBACK_US 250000
#define ASK_AGAIN_US 1000000

void limen_simulcast_init(struct limen_simulcast *s)
{
	memset(s, 0, sizeof(*s));
	s->substream = s->temporal = s->spatial = -1;
	s->substream_target = s->temporal_target = s->spatial_target = 2;
	s->fallback_us = FALLBACK_US;
}

void limen_simulcast_target(struct limen_simulcast *s, const struct limen_layers *want)
{
	if (want->substream >= 0)
		s->substream_target =
			want->substream < LIMEN_LAYERS_MAX ? want->substream : LIMEN_LAYERS_MAX - 1;
	if (want->temporal >= 0)
		s->temporal_target = want->temporal;
	if (want->spatial >= 0)
		s->spatial_target = want->spatial;
	if (want->fallback_us > 0)
		s->fallback_us = want->fallback_us;
	s->asked_us = 0;
}

static bool alive(const struct limen_simulcast *s, int layer, int64_t now_us)
{
	return s->seen_us[layer] && now_us - s->seen_us[layer] < s->fallback_us;
}

/* The best substream up to the target from which packets come; the target itself when none is
 * alive. */
static int wanted_substream(const struct limen_simulcast *s, int64_t now_us)
{
	for (int i = s->substream_target; i >= 0; i--)
		if (alive(s, i, now_us))
			return i;
	return s->substream_target;
}

static void ask(struct limen_simulcast *s, struct limen_simulcast_verdict *v, int64_t now_us)
{
	if (s->asked_us && now_us - s->asked_us < ASK_AGAIN_US)
		return;
	s->asked_us = now_us;
	v->want_keyframe = true;
}

static bool nearer(const struct limen_simulcast *s, int candidate, int wanted)
{
	const int have = s->substream > wanted ? s->substream - wanted : wanted - s->substream;
	const int would = candidate > wanted ? candidate - wanted : wanted - candidate;

	return s->substream < 0 || would < have;
}

/* Does this packet belong to the substream that is relayed? Moves there on keyframes. */
static bool pass_substream(struct limen_simulcast *s, const struct limen_packet *p, int64_t now_us,
	struct limen_simulcast_verdict *v)
{
	int wanted;

	if (p->substream < 0 || p->substream >= LIMEN_LAYERS_MAX)
		return false;
	s->seen_us[p->substream] = now_us;
	wanted = wanted_substream(s, now_us);
	if (p->substream != s->substream && p->layer.keyframe && nearer(s, p->substream, wanted)) {
		s->substream = p->substream;
		s->asked_us = 0;
		v->substream_changed = true;
	}
	if (s->substream != wanted)
		ask(s, v, now_us);
	return p->substream == s->substream;
}

/* The highest temporal layer to relay from this packet on. Nothing refers to what is before a
 * keyframe; a layer is left where a picture begins, so that none is sent in part. */
static int8_t next_temporal(const struct limen_simulcast *s, const struct limen_layer *l)
{
	const int8_t target = s->temporal_target, tid = l->temporal;

	if (l->keyframe)
		return target;
	if (s->temporal < 0)
		return tid < target ? tid : target;
	if (s->temporal > target)
		return l->start && l->spatial <= 0 ? target : s->temporal;
	return tid > s->temporal && tid <= target && l->switch_up && l->start ? tid : s->temporal;
}

static bool pass_temporal(
	struct limen_simulcast *s, const struct limen_packet *p, struct limen_simulcast_verdict *v)
{
	const int8_t was = s->temporal;

	if (p->layer.temporal < 0)
		return true;
	s->temporal = next_temporal(s, &p->layer);
	v->temporal_changed = was >= 0 && was != s->temporal;
	return p->layer.temporal <= s->temporal;
}

static bool pass_spatial(struct limen_simulcast *s, const struct limen_packet *p, int64_t now_us,
	struct limen_simulcast_verdict *v)
{
	const int8_t sid = p->layer.spatial;

	if (sid < 0)
		return true;
	if (p->layer.keyframe || s->spatial < 0) {
		v->spatial_changed = s->spatial != s->spatial_target;
		s->spatial = s->spatial_target;
	} else if (s->spatial > s->spatial_target && sid == 0 && p->layer.start) {
		s->spatial = s->spatial_target;
		v->spatial_changed = true;
	} else if (s->spatial < s->spatial_target) {
		ask(s, v, now_us);
	}
	v->marker = sid == s->spatial && p->layer.end;
	return sid <= s->spatial;
}

struct limen_simulcast_verdict limen_simulcast_decide(
	struct limen_simulcast *s, const struct limen_packet *p, int64_t now_us)
{
	struct limen_simulcast_verdict v = { .marker = p->marker };

	if (s->source != p->source) {
		s->source = p->source;
		s->substream = s->temporal = s->spatial = -1;
		s->asked_us = 0;
		memset(s->seen_us, 0, sizeof(s->seen_us));
	}
	v.forward = true;
	if (p->kind != LIMEN_VIDEO)
		return v;
	if (p->simulcast && !pass_substream(s, p, now_us, &v)) {
		v.forward = false;
		return v;
	}
	v.forward = pass_temporal(s, p, &v);
	if (p->svc && !pass_spatial(s, p, now_us, &v))
		v.forward = false;
	v.marker |= p->marker;
	return v;
}
