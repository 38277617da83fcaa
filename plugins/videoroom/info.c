/*
 * What the admin API shows of a handle. Thread: the handle's loop; the room's lock is taken here.
 */
#include "kit/ids.h"
#include "kit/replies.h"
#include "plugins/videoroom/events.h"
#include "plugins/videoroom/forward.h"
#include "plugins/videoroom/subscriber.h"

static json_t *head(const struct limen_room *room, const char *type, enum limen_gone gone)
{
	json_t *o = json_pack("{s:s}", "type", type);

	json_object_set_new(o, "room", limen_room_id(room));
	json_object_set_new(o, "destroyed", json_boolean(gone == LIMEN_GONE_DESTROYED));
	return o;
}

/* What it forwards, and how much of it; nothing when it does not. */
static void add_forwarders(json_t *o, const struct limen_publisher *p)
{
	json_t *list = json_array();

	for (guint i = 0; i < p->forwarders->len; i++)
		json_array_append_new(
			list, limen_forwarder_info(g_ptr_array_index(p->forwarders, i)));
	limen_replies_add_json(o, "forwarders", json_array_size(list) ? list : NULL);
	json_decref(list);
}

json_t *limen_publisher_info(struct limen_publisher *p)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&p->room->lock);
	json_t *o = head(p->room, "publisher", p->gone),
	       *streams = limen_events_streams(p, LIMEN_VIEW_OWN);

	json_object_set_new(o, "id", limen_ids_json(p->id, limen_videoroom.string_ids));
	json_object_set_new(o, "private_id", json_integer(p->private_id));
	limen_replies_add_text(o, "display", p->display);
	limen_replies_add_json(o, "metadata", p->metadata);
	json_object_set_new(o, "bitrate", json_integer(p->bitrate_bps));
	json_object_set_new(o, "e2ee", json_boolean(p->e2ee));
	for (guint i = 0; i < p->tracks->len; i++) {
		const struct limen_track *t = g_ptr_array_index(p->tracks, i);

		json_object_set_new(json_array_get(streams, i), "subscribers",
			json_integer((json_int_t)t->slots->len));
	}
	json_object_set_new(o, "streams", streams);
	add_forwarders(o, p);
	return o;
}

json_t *limen_subscriber_info(struct limen_subscriber *s)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&s->room->lock);
	json_t *o = head(s->room, "subscriber", s->gone);

	json_object_set_new(o, "private_id", json_integer(s->private_id));
	json_object_set_new(o, "answered", json_boolean(s->negotiated));
	json_object_set_new(o, "pending_offer", json_boolean(s->pending && s->dirty));
	json_object_set_new(o, "pending_restart", json_boolean(s->restart));
	json_object_set_new(o, "paused", json_boolean(s->paused));
	json_object_set_new(o, "e2ee", json_boolean(s->e2ee));
	json_object_set_new(o, "streams", limen_subscriber_streams(s));
	return o;
}
