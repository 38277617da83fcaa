/*
 * Coming into a room, as participant or as subscriber, and leaving it again. A handle joins once in
 * its life. Thread: the handle's loop; the room's lock is taken here.
 */
#include <string.h>
#include <strings.h>
#include "kit/body.h"
#include "kit/ids.h"
#include "kit/replies.h"
#include "plugins/videoroom/events.h"
#include "plugins/videoroom/requests.h"
#include "plugins/videoroom/subscriber.h"

static int check_pin(struct limen_request *r, const struct limen_room *room)
{
	return limen_replies_check_secret(
		r, &limen_module.errors, "pin", room->pin, VIDEOROOM_UNAUTHORIZED);
}

/* A token that says "room=<id>", where the gateway uses signed tokens at all. */
static int check_signed_token(struct limen_request *r, const struct limen_room *room)
{
	g_autofree char *wanted = g_strdup_printf("room=%s", room->id);

	if (room->signed_tokens &&
		limen->token_check(limen_body_string(r->body, "token", NULL),
			limen_module.head.name, wanted) == LIMEN_EAUTH)
		return limen->fail(r, VIDEOROOM_UNAUTHORIZED, "Unauthorized (wrong token)");
	return 0;
}

static int check_token(struct limen_request *r, const struct limen_room *room)
{
	const char *token = limen_body_string(r->body, "token", NULL);

	if (!room->check_allowed)
		return 0;
	if (!token || !g_hash_table_contains(room->allowed, token))
		return limen->fail(
			r, VIDEOROOM_UNAUTHORIZED, "Unauthorized (not in the allowed list)");
	return 0;
}

static int check_id(struct limen_request *r, const struct limen_room *room)
{
	g_autofree char *id = limen_ids_text(json_object_get(r->body, "id"));

	if (limen_room_member(room, id))
		return limen->fail(r, VIDEOROOM_ID_EXISTS, "User ID %s already exists", id);
	return 0;
}

/* Lets out what waited for "joined". */
static void release(struct limen_handle *h, void *arg)
{
	struct limen_publisher *p = h->state;
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&p->room->lock);
	g_autoptr(GPtrArray) held = g_steal_pointer(&p->held);

	(void)arg;
	for (guint i = 0; held && i < held->len; i++)
		limen_publisher_push(p, json_incref(g_ptr_array_index(held, i)));
}

static void free_event(gpointer event)
{
	json_decref(event);
}

static void add_others(
	json_t *reply, const struct limen_room *room, const struct limen_publisher *me)
{
	json_t *publishers = json_array(), *attendees = json_array();

	for (guint i = 0; i < room->publishers->len; i++) {
		const struct limen_publisher *p = g_ptr_array_index(room->publishers, i);

		if (p == me)
			continue;
		if (p->published)
			json_array_append_new(
				publishers, limen_events_publisher(p, LIMEN_VIEW_JOINED));
		else
			json_array_append_new(attendees, limen_events_person(p));
	}
	json_object_set_new(reply, "publishers", publishers);
	if (room->notify_joining)
		json_object_set(reply, "attendees", attendees);
	json_decref(attendees);
}

static json_t *joined(const struct limen_publisher *p)
{
	const struct limen_track *dominant;
	json_t *reply = limen_events_new(p->room, "joined");

	json_object_set_new(reply, "description", json_string(p->room->description));
	json_object_set_new(reply, "id", limen_ids_json(p->id, limen_videoroom.string_ids));
	json_object_set_new(reply, "private_id", json_integer(p->private_id));
	if (p->audio_level_average >= 0)
		json_object_set_new(
			reply, "audio_level_average", json_integer(p->audio_level_average));
	if (p->audio_active_packets >= 0)
		json_object_set_new(
			reply, "audio_active_packets", json_integer(p->audio_active_packets));
	add_others(reply, p->room, p);
	if ((dominant = limen_room_dominant(p->room)))
		json_object_set_new(reply, "dominant_speaker",
			limen_ids_json(dominant->publisher->id, limen_videoroom.string_ids));
	return reply;
}

/* From here on the others see it; what they do reaches it after its own "joined". */
static void enter(struct limen_publisher *p)
{
	struct limen_room *room = p->room;
	json_t *event, *news = limen_events_person(p);

	limen_publisher_enter(p);
	p->held = g_ptr_array_new_with_free_func(free_event);
	p->handle->state = p;
	p->handle->role = VIDEOROOM_PUBLISHER;
	limen->meeting(p->handle, room->id, true);
	limen->post(p->handle, release, NULL, NULL);
	if (room->notify_joining) {
		event = limen_events_new(room, "event");
		json_object_set_new(event, "joining", limen_events_person(p));
		limen_events_send(room, p, event);
	}
	json_object_set_new(news, "private_id", json_integer(p->private_id));
	limen_events_emit(room, p->handle, "joined", news);
}

static int join_as_publisher(
	struct limen_handle *h, struct limen_request *r, struct limen_room *room, bool configure)
{
	struct limen_publisher *p;
	int err;

	if ((err = check_token(r, room)) || (err = check_id(r, room)))
		return err;
	p = limen_publisher_new(LIMEN_LOCAL, h, room, r->body);
	if (configure &&
		((err = limen_publisher_check(p, r)) || (err = limen_publisher_answer(p, r)))) {
		limen_publisher_free(p);
		return err;
	}
	enter(p);
	r->reply = joined(p);
	if (configure)
		limen_publisher_apply(p, r, r->reply);
	return 0;
}

static int join(struct limen_handle *h, struct limen_request *r, bool configure)
{
	g_autoptr(limen_room) room = limen_room_of(r);
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = room ? g_mutex_locker_new(&room->lock) : NULL;
	const char *ptype = limen_body_string(r->body, "ptype", "");
	int err;

	if (!room)
		return LIMEN_EINVAL;
	if ((err = limen_room_check(r, room)) || (err = check_signed_token(r, room)) ||
		(err = check_pin(r, room)))
		return err;
	if (strcasecmp(ptype, "publisher") == 0)
		return join_as_publisher(h, r, room, configure);
	/* "listener" is what old clients call a subscriber */
	if (!configure &&
		(strcasecmp(ptype, "subscriber") == 0 || strcasecmp(ptype, "listener") == 0))
		return limen_subscriber_join(h, r, room);
	return limen->fail(r, VIDEOROOM_INVALID, "Invalid element (ptype)");
}

int limen_join(struct limen_handle *h, struct limen_request *r)
{
	return join(h, r, false);
}

int limen_join_and_configure(struct limen_handle *h, struct limen_request *r)
{
	return join(h, r, true);
}

int limen_join_first(struct limen_handle *h, struct limen_request *r)
{
	(void)h;
	return limen->fail(r, VIDEOROOM_JOIN_FIRST, "Invalid request on unconfigured participant");
}

int limen_unknown(struct limen_handle *h, struct limen_request *r)
{
	(void)h;
	return limen->fail(r, VIDEOROOM_INVALID_REQUEST, "Unknown request '%s'",
		limen_body_string(r->body, "request", ""));
}

int limen_join_twice(struct limen_handle *h, struct limen_request *r)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = NULL;
	struct limen_publisher *p = h->state;

	if (h->role == VIDEOROOM_SUBSCRIBER)
		return limen->fail(
			r, VIDEOROOM_ALREADY_JOINED, "Already in as a subscriber on this handle");
	lock = g_mutex_locker_new(&p->room->lock);
	return limen->fail(r, VIDEOROOM_ALREADY_JOINED, "%s",
		p->gone == LIMEN_PRESENT ? "Already in as a publisher on this handle"
					 : "Not in a room (create a new handle)");
}

int limen_leave(struct limen_handle *h, struct limen_request *r)
{
	struct limen_publisher *p = h->state;
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&p->room->lock);

	if (p->gone != LIMEN_PRESENT)
		return limen->fail(r, VIDEOROOM_NO_SUCH_ROOM, "No such room");
	limen_events_departure(p, "leaving");
	limen_publisher_remove(p, LIMEN_GONE_LEFT);
	limen_events_emit_person(p, "leaving");
	r->reply = limen_events_new(p->room, "event");
	json_object_set_new(r->reply, "leaving", json_string("ok"));
	return 0;
}
