/*
 * A participant of a room: coming, going, and its PeerConnection going up and down. A client that
 * has left or was kicked keeps its object, so that its later requests find out.
 * Thread: the room's lock, see publisher.h.
 */
#include "plugins/videoroom/publisher.h"
#include "kit/body.h"
#include "kit/ids.h"
#include "kit/remote.h"
#include "kit/replies.h"
#include "plugins/videoroom/events.h"
#include "plugins/videoroom/forward.h"
#include "plugins/videoroom/subscriber.h"
#include "plugins/videoroom/talk.h"

static void free_track(gpointer t)
{
	limen_track_free(t);
}

static void free_forwarder(gpointer f)
{
	limen_forwarder_free(f);
}

struct limen_publisher *limen_publisher_new(enum limen_publisher_kind kind, struct limen_handle *h,
	struct limen_room *room, const json_t *body)
{
	struct limen_publisher *p = g_new0(struct limen_publisher, 1);

	p->kind = kind;
	p->handle = h;
	p->room = limen_room_ref(room);
	p->id = limen_ids_text(json_object_get(body, "id"));
	while (!p->id || (!limen_body_has(body, "id") && limen_room_member(room, p->id))) {
		g_free(p->id);
		p->id = limen_ids_random(limen_videoroom.string_ids);
	}
	p->private_id = h ? limen_ids_random32() : 0;
	p->display = g_strdup(limen_body_string(body, "display", NULL));
	p->metadata = limen_body_has(body, "metadata")
		? json_deep_copy(json_object_get(body, "metadata"))
		: NULL;
	p->bitrate_bps = room->bitrate_bps;
	p->record = room->record;
	p->audio_active_packets = limen_body_int(body, "audio_active_packets", -1);
	p->audio_level_average = limen_body_int(body, "audio_level_average", -1);
	p->tracks = g_ptr_array_new_with_free_func(free_track);
	p->forwarders = g_ptr_array_new_with_free_func(free_forwarder);
	p->talk = g_array_new(FALSE, TRUE, sizeof(struct limen_talk));
	return p;
}

void limen_publisher_free(struct limen_publisher *p)
{
	if (!p)
		return;
	g_ptr_array_unref(p->forwarders);
	g_ptr_array_unref(p->tracks);
	g_array_unref(p->talk);
	g_clear_pointer(&p->held, g_ptr_array_unref);
	g_free(p->id);
	g_free(p->display);
	g_free(p->filename);
	json_decref(p->metadata);
	limen_room_unref(p->room);
	g_free(p);
}

void limen_publisher_enter(struct limen_publisher *p)
{
	g_ptr_array_add(p->room->publishers, p);
	g_hash_table_insert(p->room->by_id, p->id, p);
}

void limen_publisher_push(struct limen_publisher *p, json_t *event)
{
	if (p->held)
		g_ptr_array_add(p->held, event);
	else if (p->handle)
		limen->push(p->handle, event, NULL);
	else
		json_decref(event);
}

void limen_publisher_withdraw(struct limen_publisher *p)
{
	g_autoptr(GPtrArray) hit = g_ptr_array_new();

	g_ptr_array_set_size(p->forwarders, 0);
	for (guint i = 0; i < p->tracks->len; i++)
		limen_track_silence(g_ptr_array_index(p->tracks, i), hit);
	g_ptr_array_set_size(p->tracks, 0);
	if (p->published && p->handle)
		limen_events_emit_person(p, "unpublished");
	p->published = p->negotiated = false;
	limen_offer_changed_all(hit);
}

void limen_publisher_remove(struct limen_publisher *p, enum limen_gone why)
{
	if (p->gone != LIMEN_PRESENT)
		return;
	p->gone = why;
	if (p->handle)
		limen->meeting(p->handle, NULL, false);
	limen_publisher_withdraw(p);
	g_ptr_array_remove(p->room->publishers, p);
	g_hash_table_remove(p->room->by_id, p->id);
	if (p->kind == LIMEN_REMOTE)
		limen_remote_free(p->remote); /* frees p when nothing of it can come any more */
	else if (p->kind == LIMEN_DUMMY)
		limen_publisher_free(p);
}

void limen_publisher_expel(struct limen_publisher *p, enum limen_gone why)
{
	p->hanging_up = p->handle && p->negotiated;
	if (p->handle)
		limen->close_pc(p->handle);
	limen_publisher_remove(p, why);
}

void limen_publisher_detach(struct limen_publisher *p)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&p->room->lock);

	if (p->gone == LIMEN_GONE_KICKED)
		g_hash_table_remove(p->room->kicked, p->id);
	if (p->gone != LIMEN_PRESENT)
		return;
	limen_publisher_withdraw(p);
	limen_events_departure(p, "unpublished");
	limen_events_departure(p, "leaving");
	limen_events_emit_person(p, "leaving");
	limen_publisher_remove(p, LIMEN_GONE_LEFT);
}

void limen_publisher_up(struct limen_publisher *p)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&p->room->lock);

	if (p->gone != LIMEN_PRESENT || !p->negotiated || p->published)
		return;
	p->published = true;
	p->keyframe_us = limen->base.now_us();
	if (p->bitrate_bps > 0)
		limen->bitrate(p->handle, (uint32_t)p->bitrate_bps);
	limen_events_publishing(p);
	limen_events_emit(
		p->room, p->handle, "published", limen_events_publisher(p, LIMEN_VIEW_EVENT));
}

void limen_publisher_down(struct limen_publisher *p)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&p->room->lock);
	const bool was_published = p->published;

	g_array_set_size(p->talk, 0);
	p->hanging_up = false;
	if (p->gone != LIMEN_PRESENT)
		return;
	limen_publisher_withdraw(p);
	if (was_published)
		limen_events_departure(p, "unpublished");
}

void limen_publisher_keyframe(struct limen_publisher *p)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&p->room->lock);

	for (guint i = 0; i < p->tracks->len; i++)
		limen_track_keyframe(g_ptr_array_index(p->tracks, i));
}

static void pass_on(const struct limen_track *t, bool binary, const uint8_t *bytes, size_t len)
{
	for (guint i = 0; i < t->slots->len; i++) {
		const struct limen_slot *slot = g_ptr_array_index(t->slots, i);

		/* a subscriber whose channel is not open yet misses the message, as it misses media
		 */
		if (slot->send && !slot->subscriber->paused)
			limen->send_data(
				slot->subscriber->handle, binary, t->publisher->id, "", bytes, len);
	}
}

void limen_publisher_data(struct limen_publisher *p, bool binary, const uint8_t *bytes, size_t len)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&p->room->lock);

	for (guint i = 0; p->published && i < p->tracks->len; i++) {
		const struct limen_track *t = g_ptr_array_index(p->tracks, i);

		if (t->facts.kind != LIMEN_DATA || !t->facts.active || !t->send || t->moderated)
			continue;
		pass_on(t, binary, bytes, len);
		limen_forwarders_data(t, binary, bytes, len);
	}
}
