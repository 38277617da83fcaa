/*
 * The dummy publisher of a room: one stream per codec of the room, or those that its settings list.
 * It enters before the room can be found, so everybody who joins finds it there. It announces the
 * extensions of video that the room has, because a receiver that was not offered them would not get
 * them from the feed that is switched in. Thread: any, with the room locked.
 */
#include "plugins/videoroom/dummy.h"
#include "kit/body.h"
#include "plugins/videoroom/publisher.h"

static int check_entry(const struct limen_room *room, const json_t *entry, char **reason)
{
	const json_t *fmtp = json_object_get(entry, "fmtp");
	const char *name = limen_body_string(entry, "codec", NULL);
	const enum limen_codec codec = name ? limen_codec_by_name(name) : LIMEN_CODEC_NONE;

	if (!name || (fmtp && !json_is_string(fmtp))) {
		*reason = g_strdup("Invalid element in the dummy_streams array");
		return LIMEN_EINVAL;
	}
	if (codec == LIMEN_CODEC_NONE ||
		(!limen_publish_has(room->audio, codec) &&
			!limen_publish_has(room->video, codec))) {
		*reason = g_strdup_printf("Invalid element in the dummy_streams array (%s is not a "
					  "codec of this room)",
			name);
		return LIMEN_EINVAL;
	}
	return 0;
}

int limen_dummy_check(const struct limen_room *room, const json_t *streams, char **reason)
{
	size_t i;
	json_t *entry;
	int err;

	if (json_array_size(streams) > LIMEN_DUMMY_STREAMS_MAX) {
		*reason = g_strdup_printf("Invalid element (more than %u entries in dummy_streams)",
			LIMEN_DUMMY_STREAMS_MAX);
		return LIMEN_EINVAL;
	}
	json_array_foreach(
		streams, i, entry) if ((err = check_entry(room, entry, reason))) return err;
	return 0;
}

/* What a publisher of this codec would agree on in the room; new, or NULL. */
static char *usual_fmtp(const struct limen_room *room, enum limen_codec codec)
{
	if (codec == LIMEN_OPUS && (room->opus_fec || room->opus_dtx))
		return g_strdup_printf("useinbandfec=%d;usedtx=%d", room->opus_fec, room->opus_dtx);
	if (codec == LIMEN_H264 && room->h264_profile)
		return g_strdup_printf("profile-level-id=%s", room->h264_profile);
	if (codec == LIMEN_VP9 && room->vp9_profile)
		return g_strdup_printf("profile-id=%s", room->vp9_profile);
	return NULL;
}

static void add_track(struct limen_publisher *p, enum limen_codec codec, const char *fmtp)
{
	g_autofree char *usual = usual_fmtp(p->room, codec);
	struct limen_track *t = limen_track_new(p);

	limen_publish_make(&t->facts, (uint16_t)p->tracks->len, limen_codec_info(codec)->kind,
		codec, fmtp ? fmtp : usual);
	if (t->facts.kind == LIMEN_VIDEO) {
		t->facts.ext_id[LIMEN_EXT_ORIENTATION] = p->room->videoorient_ext;
		t->facts.ext_id[LIMEN_EXT_PLAYOUT_DELAY] = p->room->playoutdelay_ext;
	}
	g_ptr_array_add(p->tracks, t);
}

static void add_codecs(struct limen_publisher *p, const enum limen_codec *codecs)
{
	for (; *codecs != LIMEN_CODEC_NONE; codecs++)
		add_track(p, *codecs, NULL);
}

void limen_dummy_enter(struct limen_room *room)
{
	struct limen_publisher *p;
	json_t *person, *entry;
	size_t i;

	if (!room->dummy_publisher)
		return;
	person = json_pack("{s:s}", "display", "Dummy publisher");
	p = limen_publisher_new(LIMEN_DUMMY, NULL, room, person);
	json_decref(person);
	p->e2ee = room->dummy_e2ee;
	p->published = true;
	json_array_foreach(room->dummy_streams, i, entry)
		add_track(p, limen_codec_by_name(limen_body_string(entry, "codec", "")),
			limen_body_string(entry, "fmtp", NULL));
	if (p->tracks->len == 0) {
		add_codecs(p, room->audio);
		add_codecs(p, room->video);
	}
	limen_publisher_enter(p);
}
