/*
 * How a subscriber receives what it has subscribed to: start, pause, configure, switch, leave.
 * Thread: the subscriber's loop; the room's lock is taken here.
 */
#include "kit/body.h"
#include "kit/ids.h"
#include "plugins/videoroom/events.h"
#include "plugins/videoroom/subscriber.h"

static const struct limen_field configure_entry[] = {
	{ "mid", LIMEN_F_STRING, false },
	{ "send", LIMEN_F_BOOL, false },
	{ "substream", LIMEN_F_UINT, false },
	{ "temporal", LIMEN_F_UINT, false },
	{ "fallback", LIMEN_F_UINT, false },
	{ "spatial_layer", LIMEN_F_UINT, false },
	{ "temporal_layer", LIMEN_F_UINT, false },
	{ "min_delay", LIMEN_F_INT, false },
	{ "max_delay", LIMEN_F_INT, false },
	LIMEN_FIELDS_END,
};

static const struct limen_field switch_entry[] = {
	{ "feed", LIMEN_F_ID, true },
	{ "mid", LIMEN_F_STRING, true },
	{ "sub_mid", LIMEN_F_STRING, true },
	{ "substream", LIMEN_F_UINT, false },
	{ "temporal", LIMEN_F_UINT, false },
	{ "spatial_layer", LIMEN_F_UINT, false },
	{ "temporal_layer", LIMEN_F_UINT, false },
	LIMEN_FIELDS_END,
};

static void done(const struct limen_subscriber *s, struct limen_request *r, const char *what)
{
	r->reply = limen_events_new(s->room, "event");
	json_object_set_new(r->reply, what, json_string("ok"));
}

static void ask_for_keyframe(const struct limen_slot *slot)
{
	const struct limen_track *t = limen_slot_track(slot);

	if (t)
		limen_track_keyframe(t);
}

static void pause_all(struct limen_subscriber *s, bool paused)
{
	const bool was = s->paused;

	s->paused = paused;
	for (guint i = 0; i < s->slots->len && was != paused; i++) {
		const struct limen_slot *slot = g_ptr_array_index(s->slots, i);

		limen_slot_pause(slot);
		if (!paused && slot->send)
			ask_for_keyframe(slot);
	}
}

static void take_answer(struct limen_subscriber *s, const struct limen_sdp *answer)
{
	for (guint i = 0; i < s->slots->len && i < answer->media->len; i++) {
		const struct limen_sdp_media *m = g_ptr_array_index(answer->media, i);
		struct limen_slot *slot = g_ptr_array_index(s->slots, i);
		const bool was = slot->ready;

		slot->ready = !m->rejected && (slot->kind == LIMEN_DATA || slot->sources->len > 0);
		if (slot->ready && !was && s->negotiated)
			ask_for_keyframe(slot);
	}
	s->negotiated = true;
	limen_offer_settle(s);
}

int limen_subscriber_start(struct limen_handle *h, struct limen_request *r)
{
	struct limen_subscriber *s = h->state;
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&s->room->lock);
	int err;

	if ((err = limen_subscriber_check(s, r)))
		return err;
	if (r->jsep->type == LIMEN_JSEP_ANSWER)
		take_answer(s, r->jsep->sdp);
	pause_all(s, false);
	done(s, r, "started");
	return 0;
}

int limen_subscriber_pause(struct limen_handle *h, struct limen_request *r)
{
	struct limen_subscriber *s = h->state;
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&s->room->lock);
	int err;

	if ((err = limen_subscriber_check(s, r)))
		return err;
	pause_all(s, true);
	done(s, r, "paused");
	return 0;
}

int limen_subscriber_leave(struct limen_handle *h, struct limen_request *r)
{
	struct limen_subscriber *s = h->state;
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&s->room->lock);

	s->hanging_up = s->slots->len > 0;
	limen_subscriber_remove(s, LIMEN_GONE_LEFT);
	done(s, r, "left");
	limen->close_pc(h);
	return 0;
}

/* Tells of a target that is reached already. */
static bool told(const struct limen_subscriber *s, const struct limen_slot *slot, const char *name,
	int want, int now)
{
	json_t *event;

	if (want != now)
		return false;
	event = limen_events_new(s->room, "event");
	json_object_set_new(event, "mid", json_sprintf("%u", slot->mindex));
	json_object_set_new(event, name, json_integer(now));
	limen->push(s->handle, event, NULL);
	return true;
}

static void set_target(
	struct limen_slot *slot, const json_t *entry, const char *name, int8_t *target, int8_t now)
{
	if (!limen_body_has(entry, name))
		return;
	*target = (int8_t)limen_body_int(entry, name, 0);
	if (!told(slot->subscriber, slot, name, *target, now))
		ask_for_keyframe(slot);
}

static void set_layers(struct limen_slot *slot, const json_t *entry)
{
	const struct limen_track *t = limen_slot_track(slot);
	const bool svc = t && t->svc;

	limen_slot_refresh(slot);
	if (t && t->facts.simulcast) {
		set_target(slot, entry, "substream", &slot->want.substream, slot->substream);
		set_target(slot, entry, "temporal", &slot->want.temporal, slot->temporal);
	} else if (svc) {
		set_target(slot, entry, "spatial_layer", &slot->want.spatial, slot->spatial);
		set_target(slot, entry, "temporal_layer", &slot->want.temporal, slot->temporal);
	}
	if (limen_body_has(entry, "fallback")) {
		slot->fallback_given = true;
		slot->want.fallback_us =
			(int32_t)MIN(limen_body_int(entry, "fallback", 0), (int64_t)INT32_MAX);
	}
	if (limen_body_has(entry, "min_delay"))
		slot->want.playout_min = (int32_t)CLAMP(
			limen_body_int(entry, "min_delay", -1), -1, LIMEN_PLAYOUT_MAX);
	if (limen_body_has(entry, "max_delay"))
		slot->want.playout_max = (int32_t)CLAMP(
			limen_body_int(entry, "max_delay", -1), -1, LIMEN_PLAYOUT_MAX);
}

static void set_send(struct limen_slot *slot, bool send)
{
	if (slot->send == send)
		return;
	slot->send = send;
	limen_slot_pause(slot);
	if (send)
		ask_for_keyframe(slot);
}

static void configure_slot(struct limen_slot *slot, const json_t *entry)
{
	set_layers(slot, entry);
	limen_slot_apply(slot);
	set_send(slot, limen_body_bool(entry, "send", slot->send));
}

/* The entries of a configure: its "streams", or the body itself as the only one. */
static int check_entries(
	struct limen_request *r, const struct limen_subscriber *s, const json_t *entries)
{
	size_t i;
	json_t *entry;
	int err = limen_body_check_array(
		r, &limen_module.errors, entries, configure_entry, limen_videoroom.string_ids);

	json_array_foreach(entries, i, entry)
	{
		const char *mid = limen_body_string(entry, "mid", NULL);

		if (err || (err = limen_subscriber_check_layers(r, entry)))
			return err;
		if (!mid && json_array_size(entries) > 1)
			return limen->fail(
				r, VIDEOROOM_INVALID, "mid can't be null in a streams array");
		if (mid && !limen_subscriber_slot(s, mid))
			return limen->fail(
				r, VIDEOROOM_NO_SUCH_FEED, "No such mid '%s' in subscription", mid);
	}
	return err;
}

static void configure_all(struct limen_subscriber *s, const json_t *entries)
{
	size_t i;
	json_t *entry;

	json_array_foreach(entries, i, entry)
	{
		const char *mid = limen_body_string(entry, "mid", NULL);

		for (guint j = 0; !mid && j < s->slots->len; j++)
			configure_slot(g_ptr_array_index(s->slots, j), entry);
		if (mid)
			configure_slot(limen_subscriber_slot(s, mid), entry);
	}
}

static void set_kinds(struct limen_subscriber *s, const json_t *body)
{
	for (guint i = 0; i < s->slots->len; i++) {
		struct limen_slot *slot = g_ptr_array_index(s->slots, i);

		set_send(slot, limen_body_bool(body, limen_publish_kind(slot->kind), slot->send));
	}
}

static void offer_again(struct limen_subscriber *s, struct limen_request *r)
{
	s->restart |= limen_body_bool(r->body, "restart", false);
	if (!s->pending) {
		limen_offer_make(s, &r->answer);
		return;
	}
	s->dirty = s->asked = true;
}

int limen_subscriber_configure(struct limen_handle *h, struct limen_request *r)
{
	struct limen_subscriber *s = h->state;
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&s->room->lock);
	json_t *entries = limen_body_array(r->body, "streams");
	int err;

	entries = entries ? json_incref(entries) : json_pack("[O]", r->body);
	if (!(err = limen_subscriber_check(s, r)) && !(err = check_entries(r, s, entries))) {
		configure_all(s, entries);
		set_kinds(s, r->body);
		done(s, r, "configured");
		if ((limen_body_bool(r->body, "restart", false) ||
			    limen_body_bool(r->body, "update", false)) &&
			s->slots->len > 0)
			offer_again(s, r);
	}
	json_decref(entries);
	return err;
}

/* The track that a switch entry names, or NULL and r has failed. */
static struct limen_track *switch_source(
	struct limen_request *r, const struct limen_subscriber *s, const json_t *entry)
{
	g_autofree char *feed = limen_ids_text(json_object_get(entry, "feed"));
	const char *mid = limen_body_string(entry, "mid", ""),
		   *sub_mid = limen_body_string(entry, "sub_mid", "");
	const struct limen_publisher *p = limen_room_member(s->room, feed);
	struct limen_track *t;

	if (!p || !p->published) {
		limen->fail(r, VIDEOROOM_NO_SUCH_FEED, "No such feed (%s)", feed ? feed : "0");
		return NULL;
	}
	if (!(t = limen_track_find(p, mid)))
		limen->fail(r, VIDEOROOM_NO_SUCH_FEED, "No such mid '%s' in feed (%s)", mid, p->id);
	else if (!limen_subscriber_slot(s, sub_mid)) {
		limen->fail(r, VIDEOROOM_NO_SUCH_FEED, "No such mid '%s' in subscription", sub_mid);
		t = NULL;
	}
	return t;
}

static int check_switches(
	struct limen_request *r, const struct limen_subscriber *s, const json_t *entries)
{
	size_t i;
	json_t *entry;
	int err;

	if (!entries)
		return limen->fail(r, VIDEOROOM_INVALID, "Empty switch list");
	if (json_array_size(entries) == 0)
		return limen->fail(r, VIDEOROOM_NO_SUCH_FEED, "No such feed (0)");
	if ((err = limen_body_check_array(
		     r, &limen_module.errors, entries, switch_entry, limen_videoroom.string_ids)))
		return err;
	json_array_foreach(entries, i, entry) if ((err = limen_subscriber_check_layers(r, entry)) ||
		(err = switch_source(r, s, entry) ? 0 : LIMEN_EINVAL)) return err;
	return 0;
}

/* Repoints one m-line. False: the track does not fit it. *woken: the m-line was empty, so an offer
 * has to tell. */
static bool switch_slot(
	struct limen_slot *slot, struct limen_track *t, const json_t *entry, bool *woken)
{
	g_autofree char *crossrefid = g_strdup(slot->crossrefid);
	const bool ready = slot->ready, empty = slot->sources->len == 0;

	if (slot->kind == LIMEN_DATA || !t->facts.active || t->facts.kind != slot->kind ||
		t->facts.codec != slot->codec || t->publisher->e2ee != slot->subscriber->e2ee)
		return false;
	*woken |= empty;
	limen_slot_clear(slot);
	limen_slot_reset(slot, entry);
	slot->crossrefid = g_steal_pointer(&crossrefid);
	limen_slot_connect(slot, t);
	slot->ready = ready && !empty;
	limen_track_keyframe(t);
	return true;
}

int limen_subscriber_switch(struct limen_handle *h, struct limen_request *r)
{
	struct limen_subscriber *s = h->state;
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&s->room->lock);
	const json_t *entries = limen_body_array(r->body, "streams");
	bool woken = false;
	int changes = 0, err;
	json_t *entry;
	size_t i;

	if ((err = limen_subscriber_check(s, r)) || (err = check_switches(r, s, entries)))
		return err;
	json_array_foreach(entries, i, entry) changes +=
		switch_slot(limen_subscriber_slot(s, limen_body_string(entry, "sub_mid", "")),
			switch_source(r, s, entry), entry, &woken);
	if (woken) {
		s->dirty = s->asked = true;
		limen_offer_due(s, r);
	}
	r->reply = limen_events_new(s->room, "event");
	json_object_set_new(r->reply, "switched", json_string("ok"));
	json_object_set_new(r->reply, "changes", json_integer(changes));
	json_object_set_new(r->reply, "streams", limen_subscriber_streams(s));
	limen_events_emit(s->room, h, "switched",
		json_pack("{s:i,s:o}", "changes", changes, "streams", limen_subscriber_streams(s)));
	return 0;
}
