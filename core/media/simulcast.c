/*
 * Layer selection. A receiver starts on the first keyframe of whatever substream arrives, moves
 * toward its target on keyframes only, and takes a lower substream while the wanted one is silent.
 * Within a stream, layers are left out above the target and taken again where the stream says that
 * one may switch up: by the payload descriptors of VP8 and VP9, or by a dependency descriptor. With
 * the latter a frame is forwarded only if all that it refers to was; so no move, whichever the
 * structure of the stream, brings a frame that cannot be decoded. Pure; thread: the receiver's
 * loop.
 */
#include "core/media/simulcast.h"
#include <glib.h>
#include <string.h>

#define FALLBACK_US 250000
#define ASK_AGAIN_US 1000000
#define FRAMES 64 /* whose fate is remembered */

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

/* VP9: from a switching-up point on, what follows in higher layers refers to nothing before it (RFC
 * 9628 §4.2, U). VP8: the picture refers to the base layer only (RFC 7741 §4.2, Y), so its layer
 * can be taken if there is none between. */
static int8_t raised_temporal(const struct limen_simulcast *s, const struct limen_packet *p)
{
	const struct limen_layer *l = &p->layer;

	if (!l->switch_up || !l->start || s->temporal == s->temporal_target)
		return s->temporal;
	if (p->codec == LIMEN_VP9)
		return l->temporal <= s->temporal ? s->temporal_target : s->temporal;
	return l->temporal == s->temporal + 1 ? l->temporal : s->temporal;
}

/* The highest temporal layer to relay from this packet on. Nothing refers to what is before a
 * keyframe; a layer is left where a picture begins, so that none is sent in part. */
static int8_t next_temporal(const struct limen_simulcast *s, const struct limen_packet *p)
{
	const int8_t target = s->temporal_target, tid = p->layer.temporal;

	if (p->layer.keyframe)
		return target;
	if (s->temporal < 0)
		return tid < target ? tid : target;
	if (s->temporal > target)
		return p->layer.start && p->layer.spatial <= 0 ? target : s->temporal;
	return raised_temporal(s, p);
}

static bool pass_temporal(
	struct limen_simulcast *s, const struct limen_packet *p, struct limen_simulcast_verdict *v)
{
	const int8_t was = s->temporal;

	if (p->layer.temporal < 0)
		return true;
	s->temporal = next_temporal(s, p);
	v->temporal_changed = was >= 0 && was != s->temporal;
	return p->layer.temporal <= s->temporal;
}

/* The target as far as the stream has layers. */
static int8_t wanted_spatial(const struct limen_simulcast *s)
{
	const int8_t top = (int8_t)(s->spatial_layers - 1);

	return s->spatial_layers && s->spatial_target > top ? top : s->spatial_target;
}

/* The highest spatial layer to relay from this packet on (VP9). Lower layers never refer to higher
 * ones; a higher one can begin where it refers to nothing but the layer below in its own picture.
 */
static int8_t next_spatial(const struct limen_simulcast *s, const struct limen_layer *l)
{
	const int8_t wanted = wanted_spatial(s);

	if (l->keyframe || s->spatial < 0)
		return wanted;
	if (s->spatial > wanted)
		return l->spatial == 0 && l->start ? wanted : s->spatial;
	return l->spatial == s->spatial + 1 && l->spatial <= wanted && l->start && !l->predicted &&
			l->inter_layer
		? l->spatial
		: s->spatial;
}

static bool pass_spatial(struct limen_simulcast *s, const struct limen_packet *p, int64_t now_us,
	struct limen_simulcast_verdict *v)
{
	const int8_t sid = p->layer.spatial, was = s->spatial;

	if (sid < 0)
		return true;
	s->spatial = next_spatial(s, &p->layer);
	v->spatial_changed = was != s->spatial;
	if (s->spatial < wanted_spatial(s))
		ask(s, v, now_us);
	v->marker |= sid == s->spatial && p->layer.end;
	return sid <= s->spatial;
}

static enum limen_need need(const struct limen_layer *l, int spatial, int temporal)
{
	return limen_layer_need(l, CLAMP(spatial, 0, LIMEN_NEED_LAYERS - 1),
		CLAMP(temporal, 0, LIMEN_NEED_LAYERS - 1));
}

/* Was nothing left out that this frame, the newest one, refers to? What did not come is not held
 * against it: it may come yet. */
static bool is_whole(const struct limen_simulcast *s, const struct limen_layer *l)
{
	return !(l->refers & s->left_out >> 1);
}

/* A higher layer needs more: all that the frame refers to was sent. */
static bool may_move(
	const struct limen_simulcast *s, const struct limen_layer *l, int spatial, int temporal)
{
	const enum limen_need n = need(l, spatial, temporal);

	if (spatial <= s->spatial && temporal <= s->temporal)
		return n != LIMEN_NEED_NONE && is_whole(s, l);
	return n == LIMEN_NEED_SWITCH && !(l->refers & ~(s->sent >> 1));
}

/* Goes as near to what is wanted as this frame allows, spatial layers first. */
static void move_layers(
	struct limen_simulcast *s, const struct limen_layer *l, int spatial, int temporal)
{
	const int s_step = spatial < s->spatial ? 1 : -1, t_step = temporal < s->temporal ? 1 : -1;

	for (int i = spatial; i != s->spatial + s_step; i += s_step) {
		for (int k = temporal; k != s->temporal + t_step; k += t_step) {
			if ((i == s->spatial && k == s->temporal) || !may_move(s, l, i, k))
				continue;
			s->spatial = (int8_t)i;
			s->temporal = (int8_t)k;
			return;
		}
	}
}

static void choose_layers(struct limen_simulcast *s, const struct limen_packet *p, int64_t now_us,
	struct limen_simulcast_verdict *v)
{
	const int8_t was_spatial = s->spatial, was_temporal = s->temporal;
	const int8_t spatial = wanted_spatial(s), temporal = s->temporal_target;

	if (p->layer.keyframe || s->spatial < 0 || s->temporal < 0) {
		s->spatial = spatial;
		s->temporal = temporal;
	} else if (s->spatial != spatial || s->temporal != temporal) {
		move_layers(s, &p->layer, spatial, temporal);
		if (s->spatial != spatial && p->ts != s->picture_ts)
			ask(s, v, now_us);
	}
	v->spatial_changed = p->svc && was_spatial != s->spatial;
	v->temporal_changed = was_temporal >= 0 && was_temporal != s->temporal;
}

/* The newest frame so far: what is remembered moves back. */
static void advance(struct limen_simulcast *s, uint16_t frame)
{
	const uint16_t by = (uint16_t)(frame - s->frame);
	const bool near = s->counts && by < FRAMES;

	s->left_out = near ? s->left_out << by : 0;
	s->sent = near ? s->sent << by : 0;
	s->frame = frame;
	s->counts = true;
}

static void choose_newest(struct limen_simulcast *s, const struct limen_packet *p, int64_t now_us,
	struct limen_simulcast_verdict *v)
{
	advance(s, p->layer.frame);
	choose_layers(s, p, now_us, v);
	s->picture_ts = p->ts;
	if (!is_whole(s, &p->layer) &&
		need(&p->layer, s->spatial, s->temporal) != LIMEN_NEED_NONE) {
		s->left_out |= 1;
		ask(s, v, now_us);
	}
}

/* All packets of a frame share its fate, which the first one to come decides. */
static bool pass_described(struct limen_simulcast *s, const struct limen_packet *p, int64_t now_us,
	struct limen_simulcast_verdict *v)
{
	const struct limen_layer *l = &p->layer;
	uint16_t behind = (uint16_t)(s->frame - l->frame);

	if (!s->counts || behind >= FRAMES) {
		choose_newest(s, p, now_us, v);
		behind = 0;
	}
	if (!((s->sent | s->left_out) >> behind & 1)) {
		if (need(l, s->spatial, s->temporal) != LIMEN_NEED_NONE)
			s->sent |= UINT64_C(1) << behind;
		else
			s->left_out |= UINT64_C(1) << behind;
	}
	v->marker |= l->end && l->spatial == s->spatial;
	return s->sent >> behind & 1;
}

static bool pass_layers(struct limen_simulcast *s, const struct limen_packet *p, int64_t now_us,
	struct limen_simulcast_verdict *v)
{
	bool pass;

	s->spatial_layers = p->layer.spatial_layers;
	if (p->layer.described)
		return pass_described(s, p, now_us, v);
	/* What a lost packet would have explained: of use if nothing is to be left out. */
	if (p->dependency_len && p->svc)
		return s->spatial >= s->spatial_layers - 1;
	pass = pass_temporal(s, p, v);
	return (!p->svc || pass_spatial(s, p, now_us, v)) && pass;
}

static void forget_stream(struct limen_simulcast *s)
{
	s->counts = false;
}

static void forget_source(struct limen_simulcast *s, uint64_t source)
{
	s->source = source;
	s->substream = s->temporal = s->spatial = -1;
	s->asked_us = 0;
	memset(s->seen_us, 0, sizeof(s->seen_us));
	forget_stream(s);
}

struct limen_simulcast_verdict limen_simulcast_decide(
	struct limen_simulcast *s, const struct limen_packet *p, int64_t now_us)
{
	struct limen_simulcast_verdict v = { .forward = true, .marker = p->marker };

	if (s->source != p->source)
		forget_source(s, p->source);
	if (p->kind != LIMEN_VIDEO)
		return v;
	if (p->simulcast && !pass_substream(s, p, now_us, &v)) {
		v.forward = false;
		return v;
	}
	if (v.substream_changed)
		forget_stream(s);
	v.forward = pass_layers(s, p, now_us, &v);
	return v;
}

bool limen_simulcast_asks(struct limen_simulcast *s, int64_t now_us)
{
	struct limen_simulcast_verdict v = { .want_keyframe = false };

	if ((s->substream >= 0 && s->substream != wanted_substream(s, now_us)) ||
		(s->spatial >= 0 && s->spatial < wanted_spatial(s)))
		ask(s, &v, now_us);
	return v.want_keyframe;
}
