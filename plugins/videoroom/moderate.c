/*
 * What a moderator does: look who is there, kick, mute. Thread: any loop; the room's lock is taken
 * here.
 */
#include "kit/body.h"
#include "kit/ids.h"
#include "kit/replies.h"
#include "plugins/videoroom/events.h"
#include "plugins/videoroom/requests.h"
#include "plugins/videoroom/subscriber.h"

static bool audio_talking(const struct limen_publisher *p, bool *known)
{
	*known = false;
	for (guint i = 0; i < p->tracks->len; i++) {
		const struct limen_track *t = g_ptr_array_index(p->tracks, i);

		if (t->facts.kind == LIMEN_AUDIO && t->facts.active &&
			t->facts.ext_id[LIMEN_EXT_AUDIO_LEVEL]) {
			*known = true;
			return t->talking;
		}
	}
	return false;
}

int limen_room_participants(struct limen_handle *h, struct limen_request *r)
{
	g_autoptr(limen_room) room = limen_room_of(r);
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = room ? g_mutex_locker_new(&room->lock) : NULL;
	json_t *list;

	(void)h;
	if (!room || limen_room_check(r, room))
		return LIMEN_EINVAL;
	list = json_array();
	for (guint i = 0; i < room->publishers->len; i++) {
		const struct limen_publisher *p = g_ptr_array_index(room->publishers, i);
		json_t *person = limen_events_person(p);
		bool known, talking = audio_talking(p, &known);

		limen_replies_add_true(person, "dummy", p->kind == LIMEN_DUMMY);
		limen_replies_add_true(person, "remote", p->kind == LIMEN_REMOTE);
		json_object_set_new(person, "publisher", json_boolean(p->published));
		if (known)
			json_object_set_new(person, "talking", json_boolean(talking));
		json_array_append_new(list, person);
	}
	r->reply = limen_events_new(room, "participants");
	json_object_set_new(r->reply, "participants", list);
	return 0;
}

/* A kicked participant's subscriptions go with it where the room ties them together. */
static void kick_subscriptions(struct limen_room *room, uint32_t private_id)
{
	for (guint i = room->subscribers->len; room->require_pvtid && i > 0; i--) {
		struct limen_subscriber *s = g_ptr_array_index(room->subscribers, i - 1);

		if (s->private_id == private_id)
			limen_subscriber_remove(s, LIMEN_GONE_KICKED);
	}
}

static void kick(struct limen_publisher *p)
{
	struct limen_room *room = p->room;
	json_t *event = limen_events_new(room, "event");

	json_object_set_new(event, "leaving", json_string("ok"));
	json_object_set_new(event, "reason", json_string("kicked"));
	limen_publisher_push(p, event);
	limen_events_departure(p, "kicked");
	limen_events_emit(room, p->handle, "kicked", limen_events_person(p));
	if (p->handle) {
		g_hash_table_add(room->kicked, g_strdup(p->id));
		kick_subscriptions(room, p->private_id);
	}
	limen_publisher_expel(p, LIMEN_GONE_KICKED);
}

int limen_room_kick(struct limen_handle *h, struct limen_request *r)
{
	g_autoptr(limen_room) room = limen_room_of(r);
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = room ? g_mutex_locker_new(&room->lock) : NULL;
	g_autofree char *id = limen_ids_text(json_object_get(r->body, "id"));
	struct limen_publisher *p;
	int err;

	(void)h;
	if (!room || limen_room_check(r, room))
		return LIMEN_EINVAL;
	if ((err = limen_room_check_secret(r, room)))
		return err;
	p = limen_room_member(room, id);
	if (!p && (!id || !g_hash_table_contains(room->kicked, id)))
		return limen->fail(r, VIDEOROOM_NO_SUCH_FEED, "No such user %s in room %s",
			id ? id : "0", room->id);
	if (p && p->kind == LIMEN_DUMMY)
		return limen->fail(r, VIDEOROOM_NO_SUCH_FEED, "Can't kick dummy users");
	if (p)
		kick(p);
	r->reply = limen_replies_new("videoroom", "success");
	return 0;
}

static void tell_moderation(struct limen_room *room, const struct limen_track *t)
{
	json_t *event = limen_events_new(room, "event");

	json_object_set_new(
		event, "id", limen_ids_json(t->publisher->id, limen_videoroom.string_ids));
	json_object_set_new(event, "mid", json_string(t->facts.mid));
	json_object_set_new(event, "moderation", json_string(t->moderated ? "muted" : "unmuted"));
	limen_events_emit(room, t->publisher->handle, "moderated", json_deep_copy(event));
	limen_events_send(room, NULL, event);
}

int limen_room_moderate(struct limen_handle *h, struct limen_request *r)
{
	g_autoptr(limen_room) room = limen_room_of(r);
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = room ? g_mutex_locker_new(&room->lock) : NULL;
	g_autofree char *id = limen_ids_text(json_object_get(r->body, "id"));
	const char *mid = limen_body_string(r->body, "mid", "");
	const bool mute = limen_body_bool(r->body, "mute", false);
	const struct limen_publisher *p;
	struct limen_track *t;
	int err;

	(void)h;
	if (!room || limen_room_check(r, room))
		return LIMEN_EINVAL;
	if ((err = limen_room_check_secret(r, room)))
		return err;
	if (!(p = limen_room_member(room, id)))
		return limen->fail(r, VIDEOROOM_NO_SUCH_FEED, "No such user %s in room %s",
			id ? id : "0", room->id);
	if (!(t = limen_track_find(p, mid)))
		return limen->fail(r, VIDEOROOM_NO_SUCH_FEED, "No such mid '%s' published", mid);
	if (t->moderated != mute) {
		t->moderated = mute;
		t->talking = t->talking && !mute;
		limen_track_gate(t);
		if (!mute)
			limen_track_keyframe(t);
		tell_moderation(room, t);
	}
	r->reply = limen_replies_new("videoroom", "success");
	return 0;
}
