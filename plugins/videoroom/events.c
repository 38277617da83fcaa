/*
 * Events of a room, and the views of participants in them. An event is one JSON value for everybody
 * who gets it: nobody changes it once it was sent. Thread: any, with the room locked.
 */
#include "plugins/videoroom/events.h"
#include "kit/ids.h"
#include "kit/replies.h"

json_t *limen_events_new(const struct limen_room *room, const char *what)
{
	json_t *event = limen_replies_new("videoroom", what);

	json_object_set_new(event, "room", limen_room_id(room));
	return event;
}

void limen_events_send(struct limen_room *room, const struct limen_publisher *but, json_t *event)
{
	for (guint i = 0; i < room->publishers->len; i++) {
		struct limen_publisher *p = g_ptr_array_index(room->publishers, i);

		if (p != but)
			limen_publisher_push(p, json_incref(event));
	}
	json_decref(event);
}

void limen_events_emit(
	const struct limen_room *room, const struct limen_handle *h, const char *what, json_t *data)
{
	if (!limen_videoroom.events) {
		json_decref(data);
		return;
	}
	data = data ? data : json_object();
	json_object_set_new(data, "event", json_string(what));
	json_object_set_new(data, "room", limen_room_id(room));
	limen_replies_emit(&limen_module.head, h, data);
}

static void add_audio(json_t *o, const struct limen_track *t, enum limen_view view)
{
	limen_replies_add_true(o, "stereo", t->facts.stereo);
	limen_replies_add_true(o, "fec", t->facts.fec);
	limen_replies_add_true(o, "dtx", t->facts.dtx);
	if (view == LIMEN_VIEW_JOINED && t->facts.ext_id[LIMEN_EXT_AUDIO_LEVEL])
		json_object_set_new(o, "talking", json_boolean(t->talking));
}

static void add_video(json_t *o, const struct limen_track *t)
{
	limen_replies_add_text(
		o, "h264_profile", t->facts.codec == LIMEN_H264 ? t->facts.profile : NULL);
	limen_replies_add_text(
		o, "vp9_profile", t->facts.codec == LIMEN_VP9 ? t->facts.profile : NULL);
	limen_replies_add_true(o, "simulcast", t->facts.simulcast);
	limen_replies_add_true(o, "svc", t->svc);
}

static void add_ext(json_t *o, const char *name, uint8_t id)
{
	if (id)
		json_object_set_new(o, name, json_integer(id));
}

static json_t *track_view(const struct limen_track *t, enum limen_view view)
{
	json_t *o = json_pack("{s:s,s:i,s:s}", "type", limen_publish_kind(t->facts.kind), "mindex",
		(int)t->facts.mindex, "mid", t->facts.mid);

	if (!t->facts.active) {
		json_object_set_new(o, "disabled", json_true());
		return o;
	}
	limen_replies_add_text(o, "description", t->description);
	if (t->facts.kind != LIMEN_DATA)
		limen_replies_add_text(o, "codec", limen_codec_info(t->facts.codec)->name);
	if (t->facts.kind == LIMEN_AUDIO)
		add_audio(o, t, view);
	if (t->facts.kind == LIMEN_VIDEO)
		add_video(o, t);
	limen_replies_add_true(o, "moderated", t->moderated);
	if (view == LIMEN_VIEW_OWN) {
		add_ext(o, "audiolevel_ext_id", t->facts.ext_id[LIMEN_EXT_AUDIO_LEVEL]);
		add_ext(o, "videoorient_ext_id", t->facts.ext_id[LIMEN_EXT_ORIENTATION]);
		add_ext(o, "playoutdelay_ext_id", t->facts.ext_id[LIMEN_EXT_PLAYOUT_DELAY]);
	}
	return o;
}

json_t *limen_events_streams(const struct limen_publisher *p, enum limen_view view)
{
	json_t *list = json_array();

	for (guint i = 0; i < p->tracks->len; i++)
		json_array_append_new(list, track_view(g_ptr_array_index(p->tracks, i), view));
	return list;
}

static const struct limen_track *first_of(const struct limen_publisher *p, enum limen_kind kind)
{
	for (guint i = 0; i < p->tracks->len; i++) {
		const struct limen_track *t = g_ptr_array_index(p->tracks, i);

		if (t->facts.kind == kind && t->facts.active)
			return t;
	}
	return NULL;
}

void limen_events_add_codecs(json_t *o, const struct limen_publisher *p)
{
	const struct limen_track *audio = first_of(p, LIMEN_AUDIO),
				 *video = first_of(p, LIMEN_VIDEO);

	limen_replies_add_text(
		o, "audio_codec", audio ? limen_codec_info(audio->facts.codec)->name : NULL);
	limen_replies_add_text(
		o, "video_codec", video ? limen_codec_info(video->facts.codec)->name : NULL);
}

json_t *limen_events_person(const struct limen_publisher *p)
{
	json_t *o = json_object();

	json_object_set_new(o, "id", limen_ids_json(p->id, limen_videoroom.string_ids));
	limen_replies_add_text(o, "display", p->display);
	limen_replies_add_json(o, "metadata", p->metadata);
	return o;
}

json_t *limen_events_publisher(const struct limen_publisher *p, enum limen_view view)
{
	const struct limen_track *audio = first_of(p, LIMEN_AUDIO);
	json_t *o = limen_events_person(p);

	limen_replies_add_true(o, "dummy", p->kind == LIMEN_DUMMY);
	limen_events_add_codecs(o, p);
	json_object_set_new(o, "streams", limen_events_streams(p, view));
	if (view == LIMEN_VIEW_JOINED && audio && audio->facts.ext_id[LIMEN_EXT_AUDIO_LEVEL])
		json_object_set_new(o, "talking", json_boolean(audio->talking));
	return o;
}

void limen_events_publishing(const struct limen_publisher *p)
{
	json_t *event = limen_events_new(p->room, "event"), *list = json_array();

	json_array_append_new(list, limen_events_publisher(p, LIMEN_VIEW_EVENT));
	json_object_set_new(event, "publishers", list);
	limen_events_send(p->room, p, event);
}

void limen_events_departure(const struct limen_publisher *p, const char *what)
{
	json_t *event = limen_events_new(p->room, "event");

	json_object_set_new(event, what, limen_ids_json(p->id, limen_videoroom.string_ids));
	limen_replies_add_text(event, "display", p->display);
	limen_replies_add_json(event, "metadata", p->metadata);
	limen_events_send(p->room, p, event);
}
