/*
 * The settings of a room, from a "create" body or from the configuration file. A group of the file
 * is first made a body, so that both go through the same reader and the same checks. Thread: any;
 * limen_rooms_load() on the main thread.
 */
#include <string.h>
#include "kit/body.h"
#include "kit/ids.h"
#include "plugins/videoroom/dummy.h"
#include "plugins/videoroom/room.h"

struct limen_videoroom_settings limen_videoroom;

struct member {
	const char *name;
	size_t at;
};
#define MEMBER(name)                                                                               \
	{                                                                                          \
#name, offsetof(struct limen_room, name)                                           \
	}

static const struct member bools[] = {
	MEMBER(is_private),
	MEMBER(require_pvtid),
	MEMBER(signed_tokens),
	MEMBER(require_e2ee),
	MEMBER(bitrate_cap),
	MEMBER(record),
	MEMBER(lock_record),
	MEMBER(notify_joining),
	MEMBER(opus_fec),
	MEMBER(opus_dtx),
	MEMBER(audiolevel_ext),
	MEMBER(videoorient_ext),
	MEMBER(playoutdelay_ext),
	MEMBER(transport_wide_cc_ext),
	MEMBER(audiolevel_event),
	MEMBER(dummy_publisher),
	MEMBER(dominant_speaker),
};
static const struct member texts[] = {
	MEMBER(description),
	MEMBER(secret),
	MEMBER(pin),
	MEMBER(rec_dir),
	MEMBER(vp9_profile),
	MEMBER(h264_profile),
};
static const struct member numbers[] = {
	{ "publishers", offsetof(struct limen_room, max_publishers) },
	{ "bitrate", offsetof(struct limen_room, bitrate_bps) },
	{ "fir_freq", offsetof(struct limen_room, fir_freq_s) },
	MEMBER(audio_active_packets),
	MEMBER(audio_level_average),
};

int64_t limen_room_bitrate(int64_t bps)
{
	if (bps <= 0)
		return 0;
	return CLAMP(bps, (int64_t)LIMEN_ROOM_BITRATE_MIN, (int64_t)UINT32_MAX);
}

static void read_members(struct limen_room *room, const json_t *body)
{
	char *base = (char *)room;

	for (size_t i = 0; i < G_N_ELEMENTS(bools); i++) {
		bool *value = (bool *)(void *)(base + bools[i].at);

		*value = limen_body_bool(body, bools[i].name, *value);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		int64_t *value = (int64_t *)(void *)(base + numbers[i].at);

		*value = CLAMP(
			limen_body_int(body, numbers[i].name, *value), 0, (int64_t)UINT32_MAX);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		char **value = (char **)(void *)(base + texts[i].at);
		const char *text = limen_body_string(body, texts[i].name, NULL);

		if (text && text[0]) {
			g_free(*value);
			*value = g_strdup(text);
		}
	}
}

static int read_codecs(const json_t *body, const char *name, enum limen_kind kind,
	enum limen_codec *out, char **reason)
{
	const char *list = limen_body_string(body, name, NULL);
	GString *known;

	if (!list || limen_publish_codecs(list, kind, out) == 0)
		return 0;
	known = g_string_new(NULL);
	for (int c = LIMEN_CODEC_NONE + 1; c < LIMEN_CODECS; c++)
		if (limen_codec_info((enum limen_codec)c)->kind == kind)
			g_string_append_printf(known, "%s%s", known->len ? ", " : "",
				limen_codec_info((enum limen_codec)c)->name);
	*reason = g_strdup_printf("Invalid element (%s can only be or contain up to %u of %s)",
		name, LIMEN_PUBLISH_CODECS_MAX, known->str);
	g_string_free(known, TRUE);
	return LIMEN_EINVAL;
}

static int read_allowed(struct limen_room *room, const json_t *allowed, char **reason)
{
	size_t i;
	json_t *token;

	room->check_allowed = allowed != NULL;
	if (json_array_size(allowed) > LIMEN_ROOM_ALLOWED_MAX) {
		*reason = g_strdup_printf("Invalid element (more than %u entries in allowed)",
			LIMEN_ROOM_ALLOWED_MAX);
		return LIMEN_EINVAL;
	}
	json_array_foreach(allowed, i, token)
	{
		if (!json_is_string(token)) {
			*reason = g_strdup("Invalid element in the allowed array (not a string)");
			return LIMEN_EINVAL;
		}
		g_hash_table_add(room->allowed, g_strdup(json_string_value(token)));
	}
	return 0;
}

static int read_dummy(struct limen_room *room, const json_t *body, char **reason)
{
	const json_t *streams = limen_body_array(body, "dummy_streams");

	room->dummy_e2ee = limen_body_bool(body, "dummy_e2ee", room->require_e2ee);
	room->dummy_streams = streams ? json_deep_copy(streams) : NULL;
	return limen_dummy_check(room, streams, reason);
}

int limen_room_read(struct limen_room *room, const json_t *body, char **reason)
{
	int err;

	read_members(room, body);
	room->bitrate_bps = limen_room_bitrate(room->bitrate_bps);
	if ((err = read_codecs(body, "audiocodec", LIMEN_AUDIO, room->audio, reason)) ||
		(err = read_codecs(body, "videocodec", LIMEN_VIDEO, room->video, reason)) ||
		(err = read_allowed(room, limen_body_array(body, "allowed"), reason)) ||
		(err = read_dummy(room, body, reason)))
		return err;
	if (!limen_publish_has(room->video, LIMEN_VP9))
		g_clear_pointer(&room->vp9_profile, g_free);
	if (!limen_publish_has(room->video, LIMEN_H264))
		g_clear_pointer(&room->h264_profile, g_free);
	return 0;
}

static json_t *option_value(const struct limen_option *o, const char *group)
{
	const struct limen_module_head *head = &limen_module.head;

	if (o->type == LIMEN_OPT_BOOL)
		return json_boolean(limen->base.option_bool(head, group, o->name));
	if (o->type == LIMEN_OPT_INT)
		return json_integer(limen->base.option_int(head, group, o->name));
	return json_string(limen->base.option_string(head, group, o->name));
}

/* A group of the configuration file as a "create" body; new */
static json_t *group_body(const char *group)
{
	json_t *body = json_pack("{s:s}", "description", group);

	for (const struct limen_option *o = limen_module.head.options; o->section; o++)
		if (strcmp(o->section, "room-*") == 0 &&
			limen->base.option_set(&limen_module.head, group, o->name))
			json_object_set_new(body, o->name, option_value(o, group));
	return body;
}

static int add_room(const char *id, const json_t *body)
{
	g_autoptr(limen_room) room = limen_room_new(id);
	g_autofree char *reason = NULL;
	int err;

	if ((err = limen_room_read(room, body, &reason)) == 0)
		err = limen_rooms_add(room);
	if (err)
		limen_log(LIMEN_LOG_ERROR, "videoroom", NULL, "room %s of the configuration: %s",
			id, reason ? reason : limen_error_text(err));
	return err;
}

static int add_group(const char *group)
{
	const char *id = group + strlen("room-");
	json_t *body;
	int err;

	if (!limen_videoroom.string_ids && !limen_ids_numeric(id)) {
		limen_log(LIMEN_LOG_ERROR, "videoroom", NULL,
			"%s: the id of a room is a positive integer, unless string_ids is on",
			group);
		return LIMEN_EINVAL;
	}
	body = group_body(group);
	err = add_room(id, body);
	json_decref(body);
	return err;
}

/* The room that is there when nothing is configured: the one that the demo pages join. */
static int add_demo_room(void)
{
	json_t *body = json_pack("{s:s,s:i,s:i,s:i,s:s,s:s,s:b}", "description", "Demo Room",
		"publishers", 6, "bitrate", 1500000, "fir_freq", 10, "audiocodec", "opus",
		"videocodec", "vp8,h264,vp9,av1", "notify_joining", 0);
	const int err = add_room("1234", body);

	json_decref(body);
	return err;
}

int limen_rooms_load(void)
{
	g_auto(GStrv) groups = limen->base.option_groups(&limen_module.head, "room-*");
	g_auto(GStrv) all = limen->base.option_groups(&limen_module.head, "*");
	int err = 0;

	for (char **group = groups; *group && !err; group++)
		err = add_group(*group);
	return all[0] ? err : add_demo_room();
}
