/*
 * Making, changing, ending and listing rooms. Thread: any loop; the locks are taken here, the
 * table's before the room's.
 */
#include <string.h>
#include <strings.h>
#include "kit/body.h"
#include "kit/ids.h"
#include "kit/replies.h"
#include "plugins/videoroom/events.h"
#include "plugins/videoroom/requests.h"
#include "plugins/videoroom/subscriber.h"

static int check_admin_key(struct limen_request *r)
{
	return limen_replies_check_secret(r, &limen_module.errors, "admin_key",
		limen_videoroom.admin_key, VIDEOROOM_UNAUTHORIZED);
}

/* Rooms live in memory: there is no configuration file that the plugin may write. */
static int check_permanent(struct limen_request *r)
{
	if (limen_body_bool(r->body, "permanent", false))
		return limen->fail(r, VIDEOROOM_UNKNOWN,
			"No configuration file, can't make the change permanent");
	return 0;
}

static json_t *changed(const struct limen_room *room, const char *what)
{
	json_t *reply = limen_events_new(room, what);

	json_object_set_new(reply, "permanent", json_false());
	return reply;
}

static int too_late(struct limen_request *r, const struct limen_room *room, int err)
{
	if (err == LIMEN_EEXIST)
		return limen->fail(r, VIDEOROOM_ROOM_EXISTS, "Room %s already exists", room->id);
	return limen->fail(r, VIDEOROOM_UNKNOWN, "Too many rooms (%u)", LIMEN_ROOMS_MAX);
}

int limen_room_create(struct limen_handle *h, struct limen_request *r)
{
	g_autofree char *id = limen_ids_text(json_object_get(r->body, "room")), *reason = NULL;
	const bool chosen = id != NULL;
	g_autoptr(limen_room) room = NULL;
	int err;

	if ((err = check_admin_key(r)) || (err = check_permanent(r)))
		return err;
	do {
		g_clear_pointer(&room, limen_room_unref);
		if (!chosen) {
			g_free(id);
			id = limen_ids_random(limen_videoroom.string_ids);
		}
		room = limen_room_new(id);
		if (limen_room_read(room, r->body, &reason) != 0)
			return limen->fail(r, VIDEOROOM_INVALID, "%s", reason);
	} while ((err = limen_rooms_add(room)) == LIMEN_EEXIST && !chosen);
	if (err)
		return too_late(r, room, err);
	limen_events_emit(room, h, "created", NULL);
	r->reply = changed(room, "created");
	return 0;
}

static void edit_text(const json_t *body, const char *name, char **value)
{
	const char *text = limen_body_string(body, name, NULL);

	if (text && text[0]) {
		g_free(*value);
		*value = g_strdup(text);
	}
}

static void edit(struct limen_room *room, const json_t *body)
{
	edit_text(body, "new_description", &room->description);
	edit_text(body, "new_secret", &room->secret);
	edit_text(body, "new_pin", &room->pin);
	edit_text(body, "new_rec_dir", &room->rec_dir);
	room->is_private = limen_body_bool(body, "new_is_private", room->is_private);
	room->require_pvtid = limen_body_bool(body, "new_require_pvtid", room->require_pvtid);
	room->lock_record = limen_body_bool(body, "new_lock_record", room->lock_record);
	room->bitrate_bps =
		limen_room_bitrate(limen_body_int(body, "new_bitrate", room->bitrate_bps));
	room->max_publishers = MIN(
		limen_body_int(body, "new_publishers", room->max_publishers), (int64_t)UINT32_MAX);
	__atomic_store_n(&room->fir_freq_s,
		MIN(limen_body_int(body, "new_fir_freq", room->fir_freq_s), (int64_t)UINT32_MAX),
		__ATOMIC_RELAXED);
}

int limen_room_edit(struct limen_handle *h, struct limen_request *r)
{
	g_autoptr(limen_room) room = limen_room_of(r);
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = room ? g_mutex_locker_new(&room->lock) : NULL;
	int err;

	if (!room || limen_room_check(r, room))
		return LIMEN_EINVAL;
	if ((err = limen_room_check_secret(r, room)) || (err = check_permanent(r)))
		return err;
	edit(room, r->body);
	limen_events_emit(room, h, "edited", NULL);
	r->reply = changed(room, "edited");
	return 0;
}

/* Participants hear of it and lose their PeerConnection; subscribers keep theirs, without media. */
static void empty_room(struct limen_room *room)
{
	limen_events_send(room, NULL, limen_events_new(room, "destroyed"));
	while (room->subscribers->len > 0)
		limen_subscriber_remove(
			g_ptr_array_index(room->subscribers, room->subscribers->len - 1),
			LIMEN_GONE_DESTROYED);
	while (room->publishers->len > 0)
		limen_publisher_expel(
			g_ptr_array_index(room->publishers, room->publishers->len - 1),
			LIMEN_GONE_DESTROYED);
}

int limen_room_destroy(struct limen_handle *h, struct limen_request *r)
{
	g_autoptr(limen_room) room = limen_room_of(r);
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = room ? g_mutex_locker_new(&room->lock) : NULL;
	int err;

	if (!room || limen_room_check(r, room))
		return LIMEN_EINVAL;
	if ((err = limen_room_check_secret(r, room)) || (err = check_permanent(r)))
		return err;
	room->destroyed = true;
	empty_room(room);
	limen_events_emit(room, h, "destroyed", NULL);
	r->reply = changed(room, "destroyed");
	g_clear_pointer(&lock, g_mutex_locker_free);
	limen_rooms_remove(room);
	return 0;
}

int limen_room_exists(struct limen_handle *h, struct limen_request *r)
{
	g_autofree char *id = limen_ids_text(json_object_get(r->body, "room"));
	g_autoptr(limen_room) room = id ? limen_rooms_find(id) : NULL;

	(void)h;
	r->reply = limen_replies_new("videoroom", "success");
	json_object_set(r->reply, "room", json_object_get(r->body, "room"));
	json_object_set_new(r->reply, "exists", json_boolean(room != NULL));
	return 0;
}

static void add_numbers(json_t *o, const struct limen_room *room)
{
	json_object_set_new(o, "max_publishers", json_integer(room->max_publishers));
	json_object_set_new(o, "bitrate", json_integer(room->bitrate_bps));
	limen_replies_add_true(o, "bitrate_cap", room->bitrate_cap);
	json_object_set_new(o, "fir_freq", json_integer(room->fir_freq_s));
	json_object_set_new(o, "require_pvtid", json_boolean(room->require_pvtid));
	json_object_set_new(o, "require_e2ee", json_boolean(room->require_e2ee));
	json_object_set_new(o, "dummy_publisher", json_boolean(room->dummy_publisher));
	json_object_set_new(o, "notify_joining", json_boolean(room->notify_joining));
}

static void add_media(json_t *o, const struct limen_room *room)
{
	g_autofree char *audio = limen_publish_codecs_text(room->audio),
			*video = limen_publish_codecs_text(room->video);

	json_object_set_new(o, "audiocodec", json_string(audio));
	json_object_set_new(o, "videocodec", json_string(video));
	limen_replies_add_true(o, "opus_fec", room->opus_fec);
	limen_replies_add_true(o, "opus_dtx", room->opus_dtx);
	json_object_set_new(o, "record", json_boolean(room->record));
	limen_replies_add_text(o, "rec_dir", room->rec_dir);
	json_object_set_new(o, "lock_record", json_boolean(room->lock_record));
	json_object_set_new(o, "num_participants", json_integer((json_int_t)room->publishers->len));
	json_object_set_new(o, "audiolevel_ext", json_boolean(room->audiolevel_ext));
	json_object_set_new(o, "audiolevel_event", json_boolean(room->audiolevel_event));
	if (room->audiolevel_event) {
		json_object_set_new(
			o, "audio_active_packets", json_integer(room->audio_active_packets));
		json_object_set_new(
			o, "audio_level_average", json_integer(room->audio_level_average));
	}
	json_object_set_new(o, "videoorient_ext", json_boolean(room->videoorient_ext));
	json_object_set_new(o, "playoutdelay_ext", json_boolean(room->playoutdelay_ext));
	json_object_set_new(o, "transport_wide_cc_ext", json_boolean(room->transport_wide_cc_ext));
	limen_replies_add_true(o, "dominant_speaker", room->dominant_speaker);
}

/* One entry of the list, or NULL for a room that is not shown. */
static json_t *list_entry(struct limen_room *room, bool private_too)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&room->lock);
	json_t *o;

	if (room->destroyed || (room->is_private && !private_too))
		return NULL;
	o = json_object();
	json_object_set_new(o, "room", limen_room_id(room));
	json_object_set_new(o, "description", json_string(room->description));
	json_object_set_new(o, "pin_required", json_boolean(room->pin != NULL));
	json_object_set_new(o, "is_private", json_boolean(room->is_private));
	add_numbers(o, room);
	add_media(o, room);
	return o;
}

int limen_room_list(struct limen_handle *h, struct limen_request *r)
{
	const bool private_too = limen_videoroom.admin_key && limen_body_has(r->body, "admin_key");
	g_autoptr(GPtrArray) rooms = NULL;
	json_t *list;
	int err;

	(void)h;
	if (private_too && (err = check_admin_key(r)))
		return err;
	rooms = limen_rooms_list();
	list = json_array();
	for (guint i = 0; i < rooms->len; i++) {
		json_t *entry = list_entry(g_ptr_array_index(rooms, i), private_too);

		if (entry)
			json_array_append_new(list, entry);
	}
	r->reply = limen_replies_new("videoroom", "success");
	json_object_set_new(r->reply, "list", list);
	return 0;
}

static int check_tokens(
	struct limen_request *r, const struct limen_room *room, const json_t *tokens)
{
	size_t i;
	json_t *token;

	if (!tokens)
		return limen->fail(r, VIDEOROOM_MISSING, "Missing mandatory element (allowed)");
	json_array_foreach(tokens, i, token) if (!json_is_string(token)) return limen->fail(
		r, VIDEOROOM_INVALID, "Invalid element in the allowed array (not a string)");
	if (json_array_size(tokens) + g_hash_table_size(room->allowed) > LIMEN_ROOM_ALLOWED_MAX)
		return limen->fail(r, VIDEOROOM_INVALID,
			"Invalid element (more than %u entries in allowed)",
			LIMEN_ROOM_ALLOWED_MAX);
	return 0;
}

static int change_allowed(struct limen_request *r, struct limen_room *room, bool add)
{
	const json_t *tokens = limen_body_array(r->body, "allowed");
	size_t i;
	json_t *token;
	int err;

	if ((err = check_tokens(r, room, tokens)))
		return err;
	json_array_foreach(tokens, i, token)
	{
		if (add)
			g_hash_table_add(room->allowed, g_strdup(json_string_value(token)));
		else
			g_hash_table_remove(room->allowed, json_string_value(token));
	}
	return 0;
}

static json_t *allowed_list(const struct limen_room *room)
{
	json_t *list = json_array();
	GHashTableIter it;
	gpointer token;

	g_hash_table_iter_init(&it, room->allowed);
	while (g_hash_table_iter_next(&it, &token, NULL))
		json_array_append_new(list, json_string(token));
	return list;
}

int limen_room_allowed(struct limen_handle *h, struct limen_request *r)
{
	g_autoptr(limen_room) room = limen_room_of(r);
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = room ? g_mutex_locker_new(&room->lock) : NULL;
	const char *action = limen_body_string(r->body, "action", "");
	const bool add = strcasecmp(action, "add") == 0,
		   disable = strcasecmp(action, "disable") == 0;
	int err;

	(void)h;
	if (!room || limen_room_check(r, room))
		return LIMEN_EINVAL;
	if ((err = limen_room_check_secret(r, room)))
		return err;
	if (disable || strcasecmp(action, "enable") == 0)
		room->check_allowed = !disable;
	else if (!add && strcasecmp(action, "remove") != 0)
		return limen->fail(
			r, VIDEOROOM_INVALID, "Unsupported action '%s' (allowed)", action);
	else if ((err = change_allowed(r, room, add)))
		return err;
	r->reply = limen_events_new(room, "success");
	if (!disable)
		json_object_set_new(r->reply, "allowed", allowed_list(room));
	return 0;
}
