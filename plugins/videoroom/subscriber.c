/*
 * A subscriber: its end, and what its PeerConnection reports. Thread: the room's lock, see
 * subscriber.h.
 */
#include "plugins/videoroom/subscriber.h"
#include "kit/ids.h"
#include "plugins/videoroom/events.h"

void limen_subscriber_free(struct limen_subscriber *s)
{
	if (!s)
		return;
	g_ptr_array_unref(s->slots);
	limen_room_unref(s->room);
	g_free(s);
}

void limen_subscriber_remove(struct limen_subscriber *s, enum limen_gone why)
{
	if (s->gone != LIMEN_PRESENT)
		return;
	s->gone = why;
	limen_events_emit(s->room, s->handle, "unsubscribed", NULL);
	for (guint i = 0; i < s->slots->len; i++)
		limen_slot_clear(g_ptr_array_index(s->slots, i));
	g_ptr_array_remove(s->room->subscribers, s);
}

void limen_subscriber_detach(struct limen_subscriber *s)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&s->room->lock);

	limen_subscriber_remove(s, LIMEN_GONE_LEFT);
}

void limen_subscriber_up(struct limen_subscriber *s)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&s->room->lock);

	for (guint i = 0; i < s->slots->len; i++) {
		const struct limen_track *t = limen_slot_track(g_ptr_array_index(s->slots, i));

		if (t)
			limen_track_keyframe(t);
	}
	limen_events_emit(s->room, s->handle, "subscribed",
		json_pack("{s:o}", "streams", limen_subscriber_streams(s)));
}

void limen_subscriber_down(struct limen_subscriber *s)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&s->room->lock);

	s->hanging_up = false;
	g_ptr_array_set_size(s->slots, 0);
	s->negotiated = s->pending = s->dirty = s->asked = s->restart = s->paused = false;
}

static void tell_layer(
	struct limen_subscriber *s, const struct limen_slot *slot, const char *name, int layer)
{
	json_t *event = limen_events_new(s->room, "event");

	json_object_set_new(event, "mid", json_sprintf("%u", slot->mindex));
	json_object_set_new(event, name, json_integer(layer));
	limen->push(s->handle, event, NULL);
}

void limen_subscriber_layer(struct limen_subscriber *s, const struct limen_media_event *ev)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&s->room->lock);
	const struct limen_track *t;
	struct limen_slot *slot;

	if (ev->mindex >= s->slots->len)
		return;
	slot = g_ptr_array_index(s->slots, ev->mindex);
	if (!(t = limen_slot_track(slot)))
		return;
	if (ev->substream >= 0 && t->facts.simulcast) {
		slot->substream = ev->substream;
		tell_layer(s, slot, "substream", ev->substream);
	}
	if (ev->spatial >= 0 && t->svc) {
		slot->spatial = ev->spatial;
		tell_layer(s, slot, "spatial_layer", ev->spatial);
	}
	if (ev->temporal >= 0) {
		slot->temporal = ev->temporal;
		tell_layer(s, slot, t->svc ? "temporal_layer" : "temporal", ev->temporal);
	}
}

json_t *limen_subscriber_streams(const struct limen_subscriber *s)
{
	json_t *list = json_array();

	for (guint i = 0; i < s->slots->len; i++)
		json_array_append_new(list, limen_slot_view(g_ptr_array_index(s->slots, i)));
	return list;
}

struct limen_slot *limen_subscriber_slot(const struct limen_subscriber *s, const char *mid)
{
	guint64 index;

	/* "01" is not a mid of ours, although it is a number */
	if (!mid || (mid[0] == '0' && mid[1]) ||
		!g_ascii_string_to_unsigned(mid, 10, 0, LIMEN_MLINES_MAX, &index, NULL))
		return NULL;
	return index < s->slots->len ? g_ptr_array_index(s->slots, index) : NULL;
}
