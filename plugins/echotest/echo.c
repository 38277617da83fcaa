/*
 * The state of one EchoTest handle, and its one request: a body of wishes, with or without an
 * offer. Wishes are checked before any of them is taken, so a refused request changes nothing.
 * Thread: the handle's loop.
 */
#include "kit/body.h"
#include "kit/replies.h"
#include "plugins/echotest/echotest.h"

#define LAYER_MAX 2        /* highest substream, temporal and spatial layer */
#define DELAY_MAX_MS 40950 /* 12 bits in units of 10 ms (webrtc.org playout-delay) */

bool limen_echo_events;

static void set_defaults(struct limen_echo *e)
{
	e->audio = e->video = true;
	e->svc = e->e2ee = e->audio_red = e->simulcast = e->delay_set = false;
	e->min_delay_ms = e->max_delay_ms = -1;
	e->bitrate_bps = e->slow_links = 0;
	e->audio_codec = e->video_codec = LIMEN_CODEC_NONE;
	e->want = (struct limen_layers){ .substream = 2,
		.temporal = 2,
		.spatial = 2,
		.fallback_us = 250000,
		.playout_min = -1,
		.playout_max = -1 };
	e->substream = e->temporal = e->spatial = -1;
}

static void free_fanout(gpointer f)
{
	if (f)
		limen->fanout_free(f);
}

struct limen_echo *limen_echo_new(void)
{
	struct limen_echo *e = g_new0(struct limen_echo, 1);

	e->lines = g_ptr_array_new_with_free_func(free_fanout);
	e->kinds = g_array_new(FALSE, TRUE, sizeof(enum limen_kind));
	set_defaults(e);
	return e;
}

void limen_echo_reset(struct limen_echo *e)
{
	g_ptr_array_set_size(e->lines, 0);
	g_array_set_size(e->kinds, 0);
	set_defaults(e);
}

void limen_echo_free(struct limen_echo *e)
{
	if (!e)
		return;
	g_ptr_array_unref(e->lines);
	g_array_unref(e->kinds);
	g_free(e);
}

static int check_layers(struct limen_request *r)
{
	static const char *const names[] = { "substream", "temporal", "spatial_layer",
		"temporal_layer" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (limen_body_int(r->body, names[i], 0) > LAYER_MAX)
			return limen->fail(r, LIMEN_ECHO_INVALID,
				"Invalid value (%s should be 0, 1 or 2)", names[i]);
	return 0;
}

static int check_codec(struct limen_request *r, const char *name, enum limen_kind kind)
{
	const char *text = limen_body_string(r->body, name, NULL);
	const struct limen_codec_info *codec =
		text ? limen_codec_info(limen_codec_by_name(text)) : NULL;

	if (text && (!codec || codec->kind != kind))
		return limen->fail(
			r, LIMEN_ECHO_INVALID, "Invalid element (unknown codec '%s')", text);
	return 0;
}

static int check_useful(struct limen_request *r)
{
	static const char *const acting[] = { "audio", "video", "bitrate", "record", "substream",
		"temporal", "fallback", "spatial_layer", "temporal_layer", "videocodec",
		"videoprofile", "opusred", "min_delay", "max_delay" };

	if (r->jsep->type != LIMEN_JSEP_NONE)
		return 0;
	for (size_t i = 0; i < G_N_ELEMENTS(acting); i++)
		if (limen_body_has(r->body, acting[i]))
			return 0;
	return limen->fail(
		r, LIMEN_ECHO_INVALID, "Invalid element (no supported attributes found)");
}

static int32_t clamp_ms(int64_t ms)
{
	return (int32_t)CLAMP(ms, -1, DELAY_MAX_MS);
}

/* One of the two pulls the other along, so that min <= max. */
static void take_delays(struct limen_echo *e, const json_t *body)
{
	if (limen_body_has(body, "min_delay")) {
		e->min_delay_ms = clamp_ms(limen_body_int(body, "min_delay", -1));
		if (e->max_delay_ms >= 0 && e->min_delay_ms > e->max_delay_ms)
			e->max_delay_ms = e->min_delay_ms;
	}
	if (limen_body_has(body, "max_delay")) {
		e->max_delay_ms = clamp_ms(limen_body_int(body, "max_delay", -1));
		if (e->max_delay_ms >= 0 && e->min_delay_ms > e->max_delay_ms)
			e->min_delay_ms = e->max_delay_ms;
	}
	e->delay_set = e->min_delay_ms >= 0 && e->max_delay_ms >= 0;
	e->want.playout_min = e->delay_set ? e->min_delay_ms / 10 : -2;
	e->want.playout_max = e->delay_set ? e->max_delay_ms / 10 : -2;
}

static void take_wishes(struct limen_echo *e, const json_t *body)
{
	e->audio = limen_body_bool(body, "audio", e->audio);
	e->video = limen_body_bool(body, "video", e->video);
	e->bitrate_bps =
		(uint32_t)MIN(limen_body_int(body, "bitrate", e->bitrate_bps), (int64_t)UINT32_MAX);
	e->want.substream = (int8_t)limen_body_int(body, "substream", e->want.substream);
	e->want.temporal = (int8_t)limen_body_int(body, "temporal", e->want.temporal);
	e->want.temporal = (int8_t)limen_body_int(body, "temporal_layer", e->want.temporal);
	e->want.spatial = (int8_t)limen_body_int(body, "spatial_layer", e->want.spatial);
	e->want.fallback_us = (int32_t)MIN(
		limen_body_int(body, "fallback", e->want.fallback_us), (int64_t)INT32_MAX);
	e->svc = limen_body_bool(body, "svc", e->svc);
	if (limen_body_has(body, "min_delay") || limen_body_has(body, "max_delay"))
		take_delays(e, body);
}

void limen_echo_apply(struct limen_handle *h, const struct limen_echo *e)
{
	for (guint i = 0; i < e->lines->len; i++) {
		struct limen_fanout *f = g_ptr_array_index(e->lines, i);
		const enum limen_kind kind = g_array_index(e->kinds, enum limen_kind, i);

		if (!f)
			continue;
		limen->fanout_gate(f, kind == LIMEN_AUDIO ? e->audio : e->video);
		if (kind == LIMEN_VIDEO)
			limen->layers(h, (uint16_t)i, &e->want);
	}
}

static void warn_about_recording(const struct limen_handle *h)
{
	static gint warned;

	if (g_atomic_int_compare_and_exchange(&warned, 0, 1))
		limen_log(LIMEN_LOG_WARN, "echotest", h,
			"recording is not available: \"record\" has no effect");
}

static void tell_event_handlers(const struct limen_handle *h, const struct limen_echo *e)
{
	if (!limen_echo_events)
		return;
	limen_replies_emit(&limen_module.head, h,
		json_pack("{s:b,s:b,s:I}", "audio_active", e->audio, "video_active", e->video,
			"bitrate", (json_int_t)e->bitrate_bps));
}

int limen_echo_request(struct limen_handle *h, struct limen_request *r)
{
	struct limen_echo *e = h->state;
	const bool video_was_on = e->video;
	int err;

	if ((err = check_useful(r)) || (err = check_layers(r)) ||
		(err = check_codec(r, "audiocodec", LIMEN_AUDIO)) ||
		(err = check_codec(r, "videocodec", LIMEN_VIDEO)))
		return err;
	if (r->jsep->type == LIMEN_JSEP_OFFER && (err = limen_echo_answer(h, r)))
		return err;
	take_wishes(e, r->body);
	if (limen_body_bool(r->body, "record", false))
		warn_about_recording(h);
	limen_echo_apply(h, e);
	if (limen_body_has(r->body, "bitrate"))
		limen->bitrate(h, e->bitrate_bps);
	if (e->video && !video_was_on)
		limen->keyframe(h, -1);
	tell_event_handlers(h, e);
	r->reply = json_pack("{s:s,s:s}", "echotest", "event", "result", "ok");
	return 0;
}

static void add_sending(json_t *o, struct limen_handle *h, const struct limen_echo *e)
{
	struct limen_sending now = { .substream = -1, .temporal = -1, .spatial = -1 };

	for (guint i = 0; i < e->lines->len; i++)
		if (g_ptr_array_index(e->lines, i) &&
			g_array_index(e->kinds, enum limen_kind, i) == LIMEN_VIDEO)
			limen->sending(h, (uint16_t)i, &now);
	json_object_set_new(o, "simulcast", json_boolean(e->simulcast));
	if (e->simulcast) {
		json_object_set_new(o, "substream", json_integer(now.substream));
		json_object_set_new(o, "substream-target", json_integer(e->want.substream));
		json_object_set_new(o, "fallback", json_integer(e->want.fallback_us));
	}
	json_object_set_new(o, "svc", json_boolean(e->svc));
	if (e->svc) {
		json_object_set_new(o, "spatial-layer", json_integer(now.spatial));
		json_object_set_new(o, "spatial-layer-target", json_integer(e->want.spatial));
	}
	if (e->simulcast || e->svc) {
		json_object_set_new(o, "temporal-layer", json_integer(now.temporal));
		json_object_set_new(o, "temporal-layer-target", json_integer(e->want.temporal));
	}
}

json_t *limen_echo_info(struct limen_handle *h, const struct limen_echo *e)
{
	const struct limen_codec_info *audio = limen_codec_info(e->audio_codec),
				      *video = limen_codec_info(e->video_codec);
	json_t *o = json_pack("{s:b,s:b}", "audio_active", e->audio, "video_active", e->video);

	limen_replies_add_text(o, "audio_codec", audio ? audio->name : NULL);
	json_object_set_new(o, "audio_red", json_boolean(e->audio_red));
	limen_replies_add_text(o, "video_codec", video ? video->name : NULL);
	json_object_set_new(o, "bitrate", json_integer(e->bitrate_bps));
	add_sending(o, h, e);
	json_object_set_new(o, "e2ee", json_boolean(e->e2ee));
	json_object_set_new(o, "slowlink_count", json_integer(e->slow_links));
	return o;
}
