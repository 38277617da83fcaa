/*
 * The room object and the table of rooms. Thread: any.
 */
#include "plugins/videoroom/room.h"
#include "kit/ids.h"
#include "kit/registry.h"
#include "kit/replies.h"
#include "plugins/videoroom/dummy.h"
#include "plugins/videoroom/publisher.h"

static struct limen_registry *rooms;

static gpointer ref_room(gpointer room)
{
	return limen_room_ref(room);
}

static void unref_room(gpointer room)
{
	limen_room_unref(room);
}

void limen_rooms_start(void)
{
	rooms = limen_registry_new(ref_room, unref_room, LIMEN_ROOMS_MAX);
}

/* Participants without a handle have nobody else who would take them out. */
static void dissolve(struct limen_room *room)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&room->lock);

	for (guint i = room->publishers->len; i > 0; i--) {
		struct limen_publisher *p = g_ptr_array_index(room->publishers, i - 1);

		if (!p->handle)
			limen_publisher_remove(p, LIMEN_GONE_DESTROYED);
	}
}

void limen_rooms_stop(void)
{
	g_autoptr(GPtrArray) all = rooms ? limen_rooms_list() : NULL; /* NULL: never started */

	for (guint i = 0; all && i < all->len; i++)
		dissolve(g_ptr_array_index(all, i));
	g_clear_pointer(&rooms, limen_registry_free);
}

int limen_rooms_add(struct limen_room *room)
{
	int err;

	limen_dummy_enter(room);
	if ((err = limen_registry_add(rooms, room->id, room)))
		dissolve(room);
	return err;
}

struct limen_room *limen_rooms_find(const char *id)
{
	return limen_registry_find(rooms, id);
}

bool limen_rooms_remove(struct limen_room *room)
{
	return limen_registry_remove(rooms, room->id, room);
}

GPtrArray *limen_rooms_list(void)
{
	return limen_registry_list(rooms);
}

struct limen_room *limen_room_new(const char *id)
{
	struct limen_room *room = g_new0(struct limen_room, 1);

	room->refs = 1;
	g_mutex_init(&room->lock);
	room->id = g_strdup(id);
	room->description = g_strdup_printf("Room %s", id);
	room->opus_fec = room->audiolevel_ext = room->videoorient_ext = room->playoutdelay_ext =
		room->transport_wide_cc_ext = true;
	room->max_publishers = 3;
	room->audio_active_packets = 100;
	room->audio_level_average = 25;
	room->audio[0] = LIMEN_OPUS;
	room->video[0] = LIMEN_VP8;
	room->allowed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	room->publishers = g_ptr_array_new();
	room->by_id = g_hash_table_new(g_str_hash, g_str_equal);
	room->subscribers = g_ptr_array_new();
	room->kicked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return room;
}

struct limen_room *limen_room_ref(struct limen_room *room)
{
	g_atomic_int_inc(&room->refs);
	return room;
}

void limen_room_unref(struct limen_room *room)
{
	if (!room || !g_atomic_int_dec_and_test(&room->refs))
		return;
	g_free(room->id);
	g_free(room->description);
	g_free(room->secret);
	g_free(room->pin);
	g_free(room->rec_dir);
	g_free(room->vp9_profile);
	g_free(room->h264_profile);
	json_decref(room->dummy_streams);
	g_hash_table_unref(room->allowed);
	g_ptr_array_unref(room->publishers);
	g_hash_table_unref(room->by_id);
	g_ptr_array_unref(room->subscribers);
	g_hash_table_unref(room->kicked);
	g_mutex_clear(&room->lock);
	g_free(room);
}

struct limen_room *limen_room_of(struct limen_request *r)
{
	g_autofree char *id = limen_ids_text(json_object_get(r->body, "room"));
	struct limen_room *room = id ? limen_rooms_find(id) : NULL;

	if (!room)
		limen->fail(r, VIDEOROOM_NO_SUCH_ROOM, "No such room (%s)", id ? id : "0");
	return room;
}

int limen_room_check(struct limen_request *r, const struct limen_room *room)
{
	return room->destroyed
		? limen->fail(r, VIDEOROOM_NO_SUCH_ROOM, "No such room (%s)", room->id)
		: 0;
}

int limen_room_check_secret(struct limen_request *r, const struct limen_room *room)
{
	return limen_replies_check_secret(
		r, &limen_module.errors, "secret", room->secret, VIDEOROOM_UNAUTHORIZED);
}

struct limen_publisher *limen_room_member(const struct limen_room *room, const char *id)
{
	return id ? g_hash_table_lookup(room->by_id, id) : NULL;
}

unsigned limen_room_active(const struct limen_room *room, const struct limen_publisher *but)
{
	unsigned n = 0;

	for (guint i = 0; i < room->publishers->len; i++) {
		const struct limen_publisher *p = g_ptr_array_index(room->publishers, i);

		n += p != but && p->negotiated;
	}
	return n;
}

json_t *limen_room_id(const struct limen_room *room)
{
	return limen_ids_json(room->id, limen_videoroom.string_ids);
}
