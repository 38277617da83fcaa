/*
 * One m-line of a subscriber. Thread: any, with the room locked, except limen_slot_refresh().
 */
#include "kit/body.h"
#include "kit/ids.h"
#include "kit/replies.h"
#include "plugins/videoroom/subscriber.h"

#define LAYER_TOP 2 /* highest substream, temporal and spatial layer: the default targets */
#define FALLBACK_US 250000

void limen_slot_free(struct limen_slot *slot)
{
	if (!slot)
		return;
	limen_slot_clear(slot);
	g_ptr_array_unref(slot->sources);
	g_free(slot->crossrefid);
	g_free(slot->fmtp);
	g_free(slot);
}

struct limen_track *limen_slot_track(const struct limen_slot *slot)
{
	return slot->kind != LIMEN_DATA && slot->sources->len > 0
		? g_ptr_array_index(slot->sources, 0)
		: NULL;
}

struct limen_slot *limen_slot_append(
	struct limen_subscriber *s, enum limen_kind kind, enum limen_codec codec)
{
	struct limen_slot *slot;

	if (s->slots->len >= LIMEN_MLINES_MAX)
		return NULL;
	slot = g_new0(struct limen_slot, 1);
	slot->subscriber = s;
	slot->mindex = (uint16_t)s->slots->len;
	slot->kind = kind;
	slot->codec = codec;
	slot->sources = g_ptr_array_new();
	limen_slot_reset(slot, NULL);
	g_ptr_array_add(s->slots, slot);
	return slot;
}

bool limen_slot_fits(const struct limen_slot *slot, enum limen_kind kind, enum limen_codec codec)
{
	return slot->kind == kind &&
		(kind == LIMEN_DATA || (slot->codec == codec && slot->sources->len == 0));
}

struct limen_slot *limen_slot_take(
	struct limen_subscriber *s, enum limen_kind kind, enum limen_codec codec)
{
	for (guint i = 0; i < s->slots->len; i++) {
		struct limen_slot *slot = g_ptr_array_index(s->slots, i);

		if (limen_slot_fits(slot, kind, codec))
			return slot;
	}
	return limen_slot_append(s, kind, codec);
}

static int32_t playout(const json_t *entry, const char *name)
{
	return (int32_t)CLAMP(limen_body_int(entry, name, -1), -1, LIMEN_PLAYOUT_MAX);
}

void limen_slot_reset(struct limen_slot *slot, const json_t *entry)
{
	struct limen_layers *want = &slot->want;

	slot->send = true;
	g_free(slot->crossrefid);
	slot->crossrefid = g_strdup(limen_body_string(entry, "crossrefid", NULL));
	want->substream = (int8_t)limen_body_int(entry, "substream", LAYER_TOP);
	want->temporal = (int8_t)limen_body_int(
		entry, "temporal", limen_body_int(entry, "temporal_layer", LAYER_TOP));
	want->spatial = (int8_t)limen_body_int(entry, "spatial_layer", LAYER_TOP);
	slot->fallback_given = limen_body_has(entry, "fallback") && limen_body_has(entry, "mid");
	want->fallback_us = FALLBACK_US;
	if (slot->fallback_given)
		want->fallback_us = (int32_t)MIN(
			limen_body_int(entry, "fallback", FALLBACK_US), (int64_t)INT32_MAX);
	want->playout_min = playout(entry, "min_delay");
	want->playout_max = playout(entry, "max_delay");
}

/* Parameters of the offer, by what the publisher agreed to send. */
static char *offer_fmtp(const struct limen_publish *facts)
{
	GString *fmtp;

	if (facts->codec == LIMEN_H264)
		return facts->profile ? g_strdup_printf("profile-level-id=%s;packetization-mode=1",
						facts->profile)
				      : g_strdup("packetization-mode=1");
	if (facts->codec == LIMEN_VP9)
		return facts->profile ? g_strdup_printf("profile-id=%s", facts->profile) : NULL;
	if (facts->codec != LIMEN_OPUS)
		return g_strdup(facts->fmtp);
	fmtp = g_string_new(NULL);
	g_string_append(fmtp, facts->fec ? "useinbandfec=1;" : "");
	g_string_append(fmtp, facts->dtx ? "usedtx=1;" : "");
	g_string_append(fmtp, facts->stereo ? "stereo=1;" : "");
	if (fmtp->len > 0)
		g_string_truncate(fmtp, fmtp->len - 1);
	return g_string_free(fmtp, fmtp->len == 0);
}

static uint32_t offer_exts(const struct limen_publish *facts)
{
	static const enum limen_ext passed_on[] = { LIMEN_EXT_AUDIO_LEVEL, LIMEN_EXT_PLAYOUT_DELAY,
		LIMEN_EXT_ORIENTATION, LIMEN_EXT_DEPENDENCY };
	uint32_t exts = 1u << LIMEN_EXT_MID | 1u << LIMEN_EXT_TRANSPORT_CC;

	if (facts->kind == LIMEN_VIDEO)
		exts |= 1u << LIMEN_EXT_ABS_SEND_TIME;
	for (size_t i = 0; i < G_N_ELEMENTS(passed_on); i++)
		if (facts->ext_id[passed_on[i]])
			exts |= 1u << passed_on[i];
	return exts;
}

static bool connect_data(struct limen_slot *slot, struct limen_track *t, bool fresh)
{
	if (!g_ptr_array_find(slot->sources, t, NULL)) {
		g_ptr_array_add(slot->sources, t);
		g_ptr_array_add(t->slots, slot);
	}
	return fresh;
}

bool limen_slot_connect(struct limen_slot *slot, struct limen_track *t)
{
	struct limen_handle *h = slot->subscriber->handle;

	if (slot->kind == LIMEN_DATA)
		return connect_data(slot, t, slot->sources->len == 0 && !slot->ready);
	g_ptr_array_add(slot->sources, t);
	g_ptr_array_add(t->slots, slot);
	slot->ready = false;
	slot->substream = slot->temporal = slot->spatial = -1;
	g_free(slot->fmtp);
	slot->fmtp = offer_fmtp(&t->facts);
	slot->exts = offer_exts(&t->facts);
	slot->red = t->facts.red;
	limen_slot_apply(slot);
	limen_slot_pause(slot);
	if (t->fanout && limen->fanout_add(t->fanout, h, slot->mindex) != 0)
		limen_log(LIMEN_LOG_WARN, "videoroom", h,
			"m-line %u cannot receive mid %s of feed %s", slot->mindex, t->facts.mid,
			t->publisher->id);
	return true;
}

bool limen_slot_disconnect(struct limen_slot *slot, struct limen_track *t)
{
	g_ptr_array_remove(t->slots, slot);
	g_ptr_array_remove(slot->sources, t);
	if (slot->kind == LIMEN_DATA)
		return false;
	if (t->fanout)
		limen->fanout_remove(t->fanout, slot->subscriber->handle, slot->mindex);
	slot->ready = false;
	slot->substream = slot->temporal = slot->spatial = -1;
	return true;
}

bool limen_slot_clear(struct limen_slot *slot)
{
	bool changed = false;

	while (slot->sources->len > 0)
		changed |= limen_slot_disconnect(slot, g_ptr_array_index(slot->sources, 0));
	return changed;
}

void limen_slot_apply(const struct limen_slot *slot)
{
	const struct limen_track *t = limen_slot_track(slot);
	struct limen_layers want = slot->want;

	if (!t || slot->kind != LIMEN_VIDEO)
		return;
	if (want.playout_min < 0 || want.playout_max < 0) {
		want.playout_min = t->playout_min;
		want.playout_max = t->playout_max;
	}
	if (want.playout_min < 0 || want.playout_max < 0)
		want.playout_min = want.playout_max = -2;
	limen->layers(slot->subscriber->handle, slot->mindex, &want);
}

void limen_slot_pause(const struct limen_slot *slot)
{
	if (slot->kind != LIMEN_DATA)
		limen->pause(slot->subscriber->handle, slot->mindex,
			slot->subscriber->paused || !slot->send);
}

void limen_slot_refresh(struct limen_slot *slot)
{
	const struct limen_track *t = limen_slot_track(slot);
	struct limen_sending now = { .substream = -1, .temporal = -1, .spatial = -1 };

	if (!t || (!t->facts.simulcast && !t->svc))
		return;
	limen->sending(slot->subscriber->handle, slot->mindex, &now);
	slot->substream = now.substream >= 0 ? now.substream : slot->substream;
	slot->temporal = now.temporal >= 0 ? now.temporal : slot->temporal;
	slot->spatial = now.spatial >= 0 ? now.spatial : slot->spatial;
}

static void add_layers(json_t *o, const struct limen_slot *slot, const struct limen_track *t)
{
	json_t *layers;

	if (t->facts.simulcast) {
		layers = json_pack("{s:i,s:i,s:i,s:i}", "substream", slot->substream,
			"substream-target", slot->want.substream, "temporal-layer", slot->temporal,
			"temporal-layer-target", slot->want.temporal);
		if (slot->fallback_given)
			json_object_set_new(
				layers, "fallback", json_integer(slot->want.fallback_us));
		json_object_set_new(o, "simulcast", layers);
	} else if (t->svc) {
		layers = json_pack("{s:i,s:i,s:i,s:i}", "spatial-layer", slot->spatial,
			"target-spatial-layer", slot->want.spatial, "temporal-layer",
			slot->temporal, "target-temporal-layer", slot->want.temporal);
		json_object_set_new(o, "svc", layers);
	}
}

static void add_source(json_t *o, const struct limen_slot *slot, const struct limen_track *t)
{
	const struct limen_publisher *p = t->publisher;

	json_object_set_new(o, "feed_id", limen_ids_json(p->id, limen_videoroom.string_ids));
	limen_replies_add_text(o, "feed_display", p->display);
	limen_replies_add_json(o, "feed_metadata", p->metadata);
	json_object_set_new(o, "feed_mid", json_string(t->facts.mid));
	limen_replies_add_text(o, "feed_description", t->description);
	json_object_set_new(o, "codec", json_string(limen_codec_info(slot->codec)->name));
	limen_replies_add_text(
		o, "h264-profile", slot->codec == LIMEN_H264 ? t->facts.profile : NULL);
	limen_replies_add_text(
		o, "vp9-profile", slot->codec == LIMEN_VP9 ? t->facts.profile : NULL);
	if (slot->want.playout_min >= 0 && slot->want.playout_max >= 0)
		json_object_set_new(o, "playout-delay",
			json_pack("{s:i,s:i}", "min-delay", slot->want.playout_min, "max-delay",
				slot->want.playout_max));
	add_layers(o, slot, t);
}

static void add_sources(json_t *o, const struct limen_slot *slot)
{
	json_t *ids = json_array();

	for (guint i = 0; i < slot->sources->len; i++) {
		const struct limen_track *t = g_ptr_array_index(slot->sources, i);

		json_array_append_new(
			ids, limen_ids_json(t->publisher->id, limen_videoroom.string_ids));
	}
	json_object_set_new(o, "sources", json_integer((json_int_t)slot->sources->len));
	json_object_set_new(o, "source_ids", ids);
}

json_t *limen_slot_view(const struct limen_slot *slot)
{
	const struct limen_track *t = limen_slot_track(slot);
	json_t *o = json_pack("{s:s,s:b,s:i,s:o}", "type", limen_publish_kind(slot->kind), "active",
		t || slot->kind == LIMEN_DATA, "mindex", (int)slot->mindex, "mid",
		json_sprintf("%u", slot->mindex));

	if (slot->sources->len > 0)
		limen_replies_add_text(o, "crossrefid", slot->crossrefid);
	json_object_set_new(o, "ready", json_boolean(slot->ready && slot->sources->len > 0));
	json_object_set_new(o, "send", json_boolean(slot->send));
	if (t)
		add_source(o, slot, t);
	else if (slot->sources->len > 0)
		add_sources(o, slot);
	return o;
}
