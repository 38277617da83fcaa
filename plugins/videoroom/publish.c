/*
 * The requests of a participant: publish and configure, which differ in name only, and unpublish.
 * Everything is checked before anything is changed. Thread: the participant's loop; the room's lock
 * is taken here.
 */
#include <string.h>
#include "kit/body.h"
#include "kit/ids.h"
#include "kit/replies.h"
#include "plugins/videoroom/events.h"
#include "plugins/videoroom/subscriber.h"

static const struct limen_field description_entry[] = {
	{ "mid", LIMEN_F_STRING, true },
	{ "description", LIMEN_F_STRING, true },
	LIMEN_FIELDS_END,
};

static const struct limen_field stream_entry[] = {
	{ "mid", LIMEN_F_STRING, false },
	{ "send", LIMEN_F_BOOL, false },
	{ "keyframe", LIMEN_F_BOOL, false },
	{ "min_delay", LIMEN_F_INT, false },
	{ "max_delay", LIMEN_F_INT, false },
	LIMEN_FIELDS_END,
};

static int check_codec(struct limen_request *r, const char *name, const char *title,
	const enum limen_codec *of_room)
{
	const char *wish = limen_body_string(r->body, name, NULL);
	const enum limen_codec codec = wish ? limen_codec_by_name(wish) : LIMEN_CODEC_NONE;

	if (!wish || r->jsep->type != LIMEN_JSEP_OFFER)
		return 0;
	if (limen_publish_has(of_room, codec))
		return 0;
	return limen->fail(r, VIDEOROOM_INVALID, "%s codec unavailable in this room", title);
}

/* The entries of a configure: its "streams", or the body itself as the only one. New */
static json_t *stream_entries(json_t *body)
{
	json_t *streams = limen_body_array(body, "streams");

	return streams ? json_incref(streams) : json_pack("[O]", body);
}

static int check_streams(
	const struct limen_publisher *p, struct limen_request *r, const json_t *streams)
{
	int err = limen_body_check_array(
		r, &limen_module.errors, streams, stream_entry, limen_videoroom.string_ids);
	size_t i;
	json_t *entry;

	json_array_foreach(streams, i, entry)
	{
		const char *mid = limen_body_string(entry, "mid", NULL);

		if (err)
			return err;
		if (!mid && json_array_size(streams) > 1)
			return limen->fail(
				r, VIDEOROOM_INVALID, "mid can't be null in a streams array");
		/* with an offer the mids are those that it brings */
		if (mid && r->jsep->type != LIMEN_JSEP_OFFER && !limen_track_find(p, mid))
			return limen->fail(
				r, VIDEOROOM_NO_SUCH_FEED, "No such mid '%s' published", mid);
	}
	return err;
}

static int check_offer(const struct limen_publisher *p, struct limen_request *r)
{
	const struct limen_room *room = p->room;

	if (r->jsep->type == LIMEN_JSEP_ANSWER)
		return limen->fail(r, VIDEOROOM_SDP_TYPE, "Publishers only send offers");
	if (r->jsep->type != LIMEN_JSEP_OFFER)
		return 0;
	if (!p->negotiated && limen_room_active(room, p) >= room->max_publishers)
		return limen->fail(r, VIDEOROOM_FULL,
			"Maximum number of publishers (%" G_GINT64_FORMAT ") already reached",
			room->max_publishers);
	if (room->require_e2ee && !r->jsep->e2ee)
		return limen->fail(
			r, VIDEOROOM_UNAUTHORIZED, "Room requires end-to-end encrypted media");
	return 0;
}

int limen_publisher_check(struct limen_publisher *p, struct limen_request *r)
{
	json_t *streams;
	int err;

	if (p->gone != LIMEN_PRESENT)
		return limen->fail(r, VIDEOROOM_NO_SUCH_ROOM, "No such room");
	if (p->negotiated && g_ascii_strcasecmp(r->name, "publish") == 0)
		return limen->fail(
			r, VIDEOROOM_ALREADY_PUBLISHED, "Can't publish, already published");
	if ((err = check_offer(p, r)) ||
		(err = check_codec(r, "audiocodec", "Audio", p->room->audio)) ||
		(err = check_codec(r, "videocodec", "Video", p->room->video)))
		return err;
	if ((err = limen_body_check_array(r, &limen_module.errors,
		     json_object_get(r->body, "descriptions"), description_entry,
		     limen_videoroom.string_ids)))
		return err;
	streams = stream_entries(r->body);
	err = check_streams(p, r, streams);
	json_decref(streams);
	return err;
}

static void tell_name(const struct limen_publisher *p, bool display)
{
	json_t *event = json_pack("{s:s,s:o}", "videoroom", "event", "id",
		limen_ids_json(p->id, limen_videoroom.string_ids));

	if (display)
		json_object_set_new(event, "display", json_string(p->display));
	limen_replies_add_json(event, "metadata", p->metadata);
	limen_events_send(p->room, p, event);
}

void limen_publisher_rename(struct limen_publisher *p, const json_t *body)
{
	const char *display = limen_body_string(body, "display", p->display);
	json_t *metadata = json_object_get(body, "metadata");
	const bool renamed = p->display && strcmp(p->display, display) != 0;
	bool redescribed = false;

	if (display != p->display) {
		g_free(p->display);
		p->display = g_strdup(display);
	}
	if (json_is_object(metadata)) {
		redescribed = p->metadata && !json_equal(p->metadata, metadata);
		json_decref(p->metadata);
		p->metadata = json_deep_copy(metadata);
	}
	if (renamed || redescribed)
		tell_name(p, renamed);
}

static void set_bitrate(struct limen_publisher *p, const json_t *body)
{
	const int64_t cap = p->room->bitrate_cap ? p->room->bitrate_bps : 0;

	if (!limen_body_has(body, "bitrate"))
		return;
	p->bitrate_bps = MIN(limen_body_int(body, "bitrate", 0), (int64_t)UINT32_MAX);
	if (cap > 0 && (p->bitrate_bps == 0 || p->bitrate_bps > cap))
		p->bitrate_bps = cap;
	limen->bitrate(p->handle, (uint32_t)p->bitrate_bps);
}

static void set_send(struct limen_track *t, bool send)
{
	if (t->send == send)
		return;
	t->send = send;
	limen_track_gate(t);
	if (send)
		limen_track_keyframe(t);
}

static void set_playout(struct limen_track *t, const json_t *entry)
{
	if (!limen_body_has(entry, "min_delay") && !limen_body_has(entry, "max_delay"))
		return;
	t->playout_min = (int32_t)CLAMP(
		limen_body_int(entry, "min_delay", t->playout_min), -1, LIMEN_PLAYOUT_MAX);
	t->playout_max = (int32_t)CLAMP(
		limen_body_int(entry, "max_delay", t->playout_max), -1, LIMEN_PLAYOUT_MAX);
	for (guint i = 0; i < t->slots->len; i++)
		limen_slot_apply(g_ptr_array_index(t->slots, i));
}

static void configure_track(struct limen_track *t, const json_t *entry)
{
	set_send(t, limen_body_bool(entry, "send", t->send));
	set_playout(t, entry);
	if (limen_body_bool(entry, "keyframe", false))
		limen_track_keyframe(t);
}

/* One entry: for its mid, or for all m-lines when it has none. */
static void configure_entry(const struct limen_publisher *p, const json_t *entry)
{
	const char *mid = limen_body_string(entry, "mid", NULL);
	struct limen_track *t = mid ? limen_track_find(p, mid) : NULL;

	if (t)
		configure_track(t, entry);
	for (guint i = 0; !mid && i < p->tracks->len; i++)
		configure_track(g_ptr_array_index(p->tracks, i), entry);
}

static void configure_tracks(const struct limen_publisher *p, json_t *body)
{
	json_t *streams = stream_entries(body), *entry;
	size_t i;

	for (guint j = 0; j < p->tracks->len; j++) {
		struct limen_track *t = g_ptr_array_index(p->tracks, j);

		set_send(t, limen_body_bool(body, limen_publish_kind(t->facts.kind), t->send));
		if (limen_body_array(body, "streams") && limen_body_bool(body, "keyframe", false))
			limen_track_keyframe(t);
	}
	json_array_foreach(streams, i, entry) configure_entry(p, entry);
	json_decref(streams);
}

/* Labels of m-lines. Did one change? */
static bool describe_tracks(const struct limen_publisher *p, const json_t *descriptions)
{
	bool changed = false;
	size_t i;
	json_t *entry;

	json_array_foreach(descriptions, i, entry)
	{
		const char *text = limen_body_string(entry, "description", NULL);
		struct limen_track *t = limen_track_find(p, limen_body_string(entry, "mid", ""));

		if (!t || g_strcmp0(t->description, text) == 0)
			continue;
		g_free(t->description);
		t->description = g_strdup(text);
		changed = true;
	}
	return changed;
}

static void warn_about_recording(const struct limen_handle *h)
{
	static gint warned;

	if (g_atomic_int_compare_and_exchange(&warned, 0, 1))
		limen_log(LIMEN_LOG_WARN, "videoroom", h,
			"recording is not available: \"record\" has no effect");
}

static void add_streams(const struct limen_publisher *p, json_t *reply)
{
	limen_events_add_codecs(reply, p);
	json_object_set_new(reply, "streams", limen_events_streams(p, LIMEN_VIEW_OWN));
}

void limen_publisher_apply(struct limen_publisher *p, const struct limen_request *r, json_t *reply)
{
	const bool offered = r->jsep->type == LIMEN_JSEP_OFFER;
	bool described;

	set_bitrate(p, r->body);
	p->audio_active_packets =
		limen_body_int(r->body, "audio_active_packets", p->audio_active_packets);
	p->audio_level_average =
		limen_body_int(r->body, "audio_level_average", p->audio_level_average);
	described = describe_tracks(p, json_object_get(r->body, "descriptions"));
	configure_tracks(p, r->body);
	if (limen_body_bool(r->body, "record", false))
		warn_about_recording(p->handle);
	if (offered)
		add_streams(p, reply);
	if (p->published && (offered || described))
		limen_events_publishing(p);
	limen_events_emit(
		p->room, p->handle, "configured", limen_events_publisher(p, LIMEN_VIEW_EVENT));
}

int limen_publisher_configure(struct limen_handle *h, struct limen_request *r)
{
	struct limen_publisher *p = h->state;
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&p->room->lock);
	int err;

	if ((err = limen_publisher_check(p, r)) || (err = limen_publisher_answer(p, r)))
		return err;
	r->reply = limen_events_new(p->room, "event");
	json_object_set_new(r->reply, "configured", json_string("ok"));
	limen_publisher_rename(p, r->body);
	limen_publisher_apply(p, r, r->reply);
	return 0;
}

int limen_publisher_unpublish(struct limen_handle *h, struct limen_request *r)
{
	struct limen_publisher *p = h->state;
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&p->room->lock);
	bool was_published;

	if (p->gone != LIMEN_PRESENT)
		return limen->fail(r, VIDEOROOM_NO_SUCH_ROOM, "No such room");
	if (!p->negotiated)
		return limen->fail(r, VIDEOROOM_NOT_PUBLISHED, "Can't unpublish, not published");
	was_published = p->published;
	limen_publisher_withdraw(p);
	if (was_published) {
		limen_events_departure(p, "unpublished");
		limen_events_emit(p->room, h, "unpublished", limen_events_person(p));
	}
	limen->close_pc(h);
	r->reply = limen_events_new(p->room, "event");
	json_object_set_new(r->reply, "unpublished", json_string("ok"));
	return 0;
}
