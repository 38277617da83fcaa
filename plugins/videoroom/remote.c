/*
 * Remote publishers, the target side: another gateway sends a publisher's media here, and the room
 * has it as if it were its own. Streams are told apart by the m-line that they have at the source,
 * "mindex" of the requests; here they are numbered by their place in the list. Everything of a
 * request is checked before anything is changed. Thread: any loop; the room's lock is taken here.
 */
#include <string.h>
#include "kit/body.h"
#include "kit/ids.h"
#include "kit/remote.h"
#include "kit/replies.h"
#include "plugins/videoroom/events.h"
#include "plugins/videoroom/forward.h"
#include "plugins/videoroom/requests.h"
#include "plugins/videoroom/subscriber.h"

#define EXT_ID_MAX 255u /* RFC 8285 §4.3 */

static const struct limen_field stream_entry[] = {
	{ "type", LIMEN_F_STRING, true },
	{ "mindex", LIMEN_F_UINT, true },
	{ "mid", LIMEN_F_STRING, true },
	{ "codec", LIMEN_F_STRING, false },
	{ "description", LIMEN_F_STRING, false },
	{ "disabled", LIMEN_F_BOOL, false },
	{ "stereo", LIMEN_F_BOOL, false },
	{ "fec", LIMEN_F_BOOL, false },
	{ "dtx", LIMEN_F_BOOL, false },
	{ "h264_profile", LIMEN_F_STRING, false },
	{ "vp9_profile", LIMEN_F_STRING, false },
	{ "simulcast", LIMEN_F_BOOL, false },
	{ "svc", LIMEN_F_BOOL, false },
	{ "audiolevel_ext_id", LIMEN_F_UINT, false },
	{ "videoorient_ext_id", LIMEN_F_UINT, false },
	{ "playoutdelay_ext_id", LIMEN_F_UINT, false },
	LIMEN_FIELDS_END,
};

/* Extensions of the descriptors, with the room's setting. */
static const struct {
	const char *name;
	enum limen_ext ext;
	size_t allowed;
} exts[] = {
	{ "audiolevel_ext_id", LIMEN_EXT_AUDIO_LEVEL, offsetof(struct limen_room, audiolevel_ext) },
	{ "videoorient_ext_id", LIMEN_EXT_ORIENTATION,
		offsetof(struct limen_room, videoorient_ext) },
	{ "playoutdelay_ext_id", LIMEN_EXT_PLAYOUT_DELAY,
		offsetof(struct limen_room, playoutdelay_ext) },
};

static bool read_kind(const json_t *entry, enum limen_kind *kind)
{
	const char *type = limen_body_string(entry, "type", "");

	for (*kind = LIMEN_AUDIO; *kind <= LIMEN_DATA; (*kind)++)
		if (strcmp(type, limen_publish_kind(*kind)) == 0)
			return true;
	return false;
}

static int64_t index_of(const json_t *entry)
{
	return limen_body_int(entry, "mindex", -1);
}

/* The track whose m-line at the source this is; p may be NULL. */
static struct limen_track *find_track(const struct limen_publisher *p, int64_t index)
{
	for (guint i = 0; p && i < p->tracks->len; i++) {
		struct limen_track *t = g_ptr_array_index(p->tracks, i);

		if (t->index == index)
			return t;
	}
	return NULL;
}

static int check_numbers(struct limen_request *r, const json_t *entry)
{
	if (index_of(entry) >= LIMEN_REMOTE_STREAMS_MAX)
		return limen->fail(r, VIDEOROOM_INVALID,
			"Invalid element (mindex should be less than %d)",
			LIMEN_REMOTE_STREAMS_MAX);
	for (size_t i = 0; i < G_N_ELEMENTS(exts); i++)
		if (limen_body_int(entry, exts[i].name, 0) > EXT_ID_MAX)
			return limen->fail(r, VIDEOROOM_INVALID,
				"Invalid element (%s should be at most %u)", exts[i].name,
				EXT_ID_MAX);
	return 0;
}

/* One descriptor: of a stream that is there, or of one that is new. next: the m-line that a new one
 * must have, -1 = any; and is moved on. */
static int check_entry(struct limen_request *r, const struct limen_publisher *p,
	const json_t *entry, int64_t *next)
{
	const int64_t index = index_of(entry);
	const struct limen_track *t = find_track(p, index);
	enum limen_kind kind;
	int err;

	if (!read_kind(entry, &kind))
		return limen->fail(r, VIDEOROOM_INVALID,
			"Invalid element (type should be audio, video or data)");
	if ((err = check_numbers(r, entry)))
		return err;
	if (t && t->facts.kind != kind)
		return limen->fail(r, VIDEOROOM_INVALID,
			"Invalid element (the type of a stream can't change)");
	if (t)
		return 0;
	if (*next >= 0 && index != *next)
		return limen->fail(r, VIDEOROOM_INVALID,
			"Invalid element (mindex of a new stream should be %" G_GINT64_FORMAT ")",
			*next);
	*next = *next >= 0 ? *next + 1 : -1;
	return 0;
}

static int check_unique(struct limen_request *r, const json_t *streams)
{
	bool seen[LIMEN_REMOTE_STREAMS_MAX] = { false };
	size_t i;
	json_t *entry;

	json_array_foreach(streams, i, entry)
	{
		const int64_t index = index_of(entry);

		if (seen[index])
			return limen->fail(r, VIDEOROOM_INVALID,
				"Invalid element (mindex %" G_GINT64_FORMAT " is there twice)",
				index);
		seen[index] = true;
	}
	return 0;
}

/* The m-line behind the last one at the source; -1 = not known, p is NULL. */
static int64_t next_index(const struct limen_publisher *p)
{
	int64_t next = -1;

	for (guint i = 0; p && i < p->tracks->len; i++) {
		const struct limen_track *t = g_ptr_array_index(p->tracks, i);

		next = MAX(next, t->index + 1);
	}
	return next;
}

/* p: whom the streams are for, NULL = somebody new. */
static int check_streams(struct limen_request *r, const struct limen_publisher *p)
{
	const json_t *streams = json_object_get(r->body, "streams");
	int64_t next = next_index(p);
	size_t i;
	json_t *entry;
	int err = limen_body_check_array(
		r, &limen_module.errors, streams, stream_entry, limen_videoroom.string_ids);

	if (err)
		return err;
	json_array_foreach(
		streams, i, entry) if ((err = check_entry(r, p, entry, &next))) return err;
	return check_unique(r, streams);
}

static int check_newcomer(struct limen_request *r, const struct limen_room *room)
{
	g_autofree char *id = limen_ids_text(json_object_get(r->body, "id"));

	if (json_array_size(json_object_get(r->body, "streams")) == 0)
		return limen->fail(r, VIDEOROOM_INVALID, "Empty streams list");
	if (limen_room_member(room, id))
		return limen->fail(r, VIDEOROOM_ID_EXISTS, "User ID %s already exists", id);
	if (limen_room_active(room, NULL) >= room->max_publishers)
		return limen->fail(r, VIDEOROOM_FULL,
			"Maximum number of publishers (%" G_GINT64_FORMAT ") already reached",
			room->max_publishers);
	return 0;
}

static int read_port(struct limen_request *r, const char *name, uint16_t *port)
{
	const int64_t n = limen_body_int(r->body, name, 0);

	if (n > UINT16_MAX)
		return limen->fail(r, VIDEOROOM_INVALID,
			"Invalid element (%s should be at most %d)", name, UINT16_MAX);
	*port = (uint16_t)n;
	return 0;
}

static int read_srtp(struct limen_request *r, struct limen_remote_config *cfg)
{
	const char *crypto = limen_body_string(r->body, "srtp_crypto", NULL);

	if (!limen_body_has(r->body, "srtp_suite") && !crypto)
		return 0;
	if (!limen_body_has(r->body, "srtp_suite") || !crypto)
		return limen->fail(r, VIDEOROOM_MISSING, "Missing mandatory element (%s)",
			crypto ? "srtp_suite" : "srtp_crypto");
	if (!(cfg->suite = limen_sdes_suite(limen_body_int(r->body, "srtp_suite", 0))))
		return limen->fail(r, VIDEOROOM_INVALID, "Invalid SRTP suite");
	if (limen_sdes_key(crypto, cfg->key) != 0)
		return limen->fail(r, VIDEOROOM_INVALID, "Invalid SRTP crypto");
	return 0;
}

static int read_config(struct limen_request *r, struct limen_remote_config *cfg)
{
	int err;

	*cfg = (struct limen_remote_config){
		.group = limen_body_string(r->body, "mcast", NULL),
		.interface = limen_body_string(r->body, "iface", NULL),
		.port_min = limen_videoroom.port_min,
		.port_max = limen_videoroom.port_max,
	};
	if ((err = read_port(r, "port", &cfg->port)) ||
		(err = read_port(r, "rtcp_port", &cfg->rtcp_port)))
		return err;
	if (cfg->port && cfg->port == cfg->rtcp_port)
		return limen->fail(
			r, VIDEOROOM_INVALID, "Invalid element (port and rtcp_port should differ)");
	return read_srtp(r, cfg);
}

static void read_facts(const struct limen_room *room, const json_t *entry, uint16_t mindex,
	struct limen_publish *out)
{
	enum limen_codec codec = limen_codec_by_name(limen_body_string(entry, "codec", ""));
	const enum limen_codec *of_room;
	enum limen_kind kind;

	read_kind(entry, &kind);
	of_room = kind == LIMEN_AUDIO ? room->audio : room->video;
	if (kind == LIMEN_DATA || !limen_publish_has(of_room, codec))
		codec = LIMEN_CODEC_NONE;
	limen_publish_make(out, mindex, kind, codec, NULL);
	out->active = (kind == LIMEN_DATA || codec != LIMEN_CODEC_NONE) &&
		!limen_body_bool(entry, "disabled", false);
	out->fec = limen_body_bool(entry, "fec", false);
	out->dtx = limen_body_bool(entry, "dtx", false);
	out->stereo = limen_body_bool(entry, "stereo", false);
	out->simulcast = kind == LIMEN_VIDEO && limen_body_bool(entry, "simulcast", false);
	if (codec == LIMEN_H264 || codec == LIMEN_VP9)
		out->profile = g_strdup(limen_body_string(
			entry, codec == LIMEN_H264 ? "h264_profile" : "vp9_profile", NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(exts); i++)
		if (*(const bool *)((const char *)room + exts[i].allowed))
			out->ext_id[exts[i].ext] = (uint8_t)limen_body_int(entry, exts[i].name, 0);
}

static void describe(struct limen_track *t, const json_t *entry)
{
	const char *text = limen_body_string(entry, "description", t->description);

	if (text == t->description)
		return;
	g_free(t->description);
	t->description = g_strdup(text);
}

/* Takes facts over; if they are of an active stream, its packets come from now on. */
static void open_track(
	struct limen_track *t, const json_t *entry, const struct limen_publish *facts)
{
	struct limen_remote_stream stream = {
		.index = t->index,
		.mindex = facts->mindex,
		.kind = facts->kind,
		.codec = facts->codec,
		.simulcast = facts->simulcast,
	};

	limen_publish_clear(&t->facts);
	t->facts = *facts;
	t->svc = facts->kind == LIMEN_VIDEO && limen_body_bool(entry, "svc", false);
	if (!facts->active)
		return;
	memcpy(stream.ext_id, facts->ext_id, sizeof(stream.ext_id));
	limen_remote_add(t->publisher->remote, &stream, &t->fanout);
	limen_track_gate(t);
	limen_forwarders_connect(t);
}

static void add_track(struct limen_publisher *p, const json_t *entry)
{
	struct limen_track *t = limen_track_new(p);
	struct limen_publish facts;

	t->index = (uint16_t)index_of(entry);
	read_facts(p->room, entry, (uint16_t)p->tracks->len, &facts);
	describe(t, entry);
	open_track(t, entry, &facts);
	g_ptr_array_add(p->tracks, t);
}

/* An m-line that comes back may come with another codec: then everything is taken anew. */
static void update_track(struct limen_track *t, const json_t *entry, GPtrArray *hit)
{
	struct limen_publish facts;

	describe(t, entry);
	if (t->facts.active && limen_body_bool(entry, "disabled", false)) {
		limen_track_silence(t, hit);
		limen_remote_remove(t->publisher->remote, t->index);
		t->facts.active = false;
	} else if (!t->facts.active) {
		read_facts(t->publisher->room, entry, t->facts.mindex, &facts);
		open_track(t, entry, &facts);
	}
}

static void on_packet(const struct limen_packet *pkt, void *arg)
{
	limen_publisher_packet(arg, pkt);
}

static void on_data(uint16_t mindex, bool binary, const uint8_t *bytes, size_t len, void *arg)
{
	(void)mindex;
	limen_publisher_data(arg, binary, bytes, len);
}

static void on_done(void *arg)
{
	limen_publisher_free(arg);
}

static int refuse(struct limen_request *r, int err)
{
	if (err == LIMEN_EINVAL)
		return limen->fail(r, VIDEOROOM_INVALID, "Invalid element (mcast or iface)");
	return limen->fail(
		r, VIDEOROOM_UNKNOWN, "Could not open the UDP sockets (%s)", limen_error_text(err));
}

static json_t *added(const struct limen_publisher *p)
{
	json_t *reply = limen_events_new(p->room, "success");

	json_object_set_new(reply, "id", limen_ids_json(p->id, limen_videoroom.string_ids));
	limen_replies_add_text(reply, "ip", limen_remote_ip(p->remote));
	json_object_set_new(reply, "port", json_integer(limen_remote_port(p->remote)));
	json_object_set_new(reply, "rtcp_port", json_integer(limen_remote_rtcp_port(p->remote)));
	return reply;
}

static int add(struct limen_request *r, struct limen_room *room, struct limen_remote_config *cfg)
{
	struct limen_publisher *p = limen_publisher_new(LIMEN_REMOTE, NULL, room, r->body);
	size_t i;
	json_t *entry;
	int err;

	cfg->packet = on_packet;
	cfg->data = on_data;
	cfg->done = on_done;
	cfg->arg = p;
	if ((err = limen_remote_new(&p->remote, cfg))) {
		limen_publisher_free(p);
		return refuse(r, err);
	}
	p->e2ee = room->require_e2ee;
	p->keyframe_us = limen->base.now_us();
	json_array_foreach(json_object_get(r->body, "streams"), i, entry) add_track(p, entry);
	p->negotiated = p->published = true;
	limen_publisher_enter(p);
	limen_events_publishing(p);
	limen_events_emit(room, NULL, "published", limen_events_publisher(p, LIMEN_VIEW_EVENT));
	r->reply = added(p);
	return 0;
}

int limen_room_add_remote(struct limen_handle *h, struct limen_request *r)
{
	g_autoptr(limen_room) room = limen_room_of(r);
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = room ? g_mutex_locker_new(&room->lock) : NULL;
	struct limen_remote_config cfg;
	int err;

	(void)h;
	if (!room || limen_room_check(r, room))
		return LIMEN_EINVAL;
	if ((err = limen_room_check_secret(r, room)) || (err = check_streams(r, NULL)) ||
		(err = check_newcomer(r, room)) || (err = read_config(r, &cfg)))
		return err;
	return add(r, room, &cfg);
}

/* The remote publisher that the body names, or NULL and r has failed. */
/* The one that the body names, or NULL and r has failed. Checks room and secret. Locked */
static struct limen_publisher *remote_of(struct limen_request *r, const struct limen_room *room)
{
	g_autofree char *id = limen_ids_text(json_object_get(r->body, "id"));
	struct limen_publisher *p;

	if (limen_room_check(r, room) || limen_room_check_secret(r, room))
		return NULL;
	p = limen_room_member(room, id);
	if (p && p->kind == LIMEN_REMOTE)
		return p;
	limen->fail(r, VIDEOROOM_NO_SUCH_FEED, "No such remote publisher (%s)", id ? id : "0");
	return NULL;
}

static void update(struct limen_publisher *p, const json_t *body)
{
	g_autoptr(GPtrArray) hit = g_ptr_array_new();
	size_t i;
	json_t *entry;

	limen_publisher_rename(p, body);
	json_array_foreach(json_object_get(body, "streams"), i, entry)
	{
		struct limen_track *t = find_track(p, index_of(entry));

		if (t)
			update_track(t, entry, hit);
		else
			add_track(p, entry);
	}
	limen_offer_changed_all(hit);
	limen_events_publishing(p);
}

int limen_room_update_remote(struct limen_handle *h, struct limen_request *r)
{
	g_autoptr(limen_room) room = limen_room_of(r);
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = room ? g_mutex_locker_new(&room->lock) : NULL;
	struct limen_publisher *p = room ? remote_of(r, room) : NULL;
	int err;

	(void)h;
	if (!p)
		return LIMEN_EINVAL;
	if ((err = check_streams(r, p)))
		return err;
	update(p, r->body);
	r->reply = limen_replies_new("videoroom", "success");
	return 0;
}

int limen_room_remove_remote(struct limen_handle *h, struct limen_request *r)
{
	g_autoptr(limen_room) room = limen_room_of(r);
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = room ? g_mutex_locker_new(&room->lock) : NULL;
	struct limen_publisher *p = room ? remote_of(r, room) : NULL;

	(void)h;
	if (!p)
		return LIMEN_EINVAL;
	limen_events_departure(p, "leaving");
	limen_events_emit(room, NULL, "leaving", limen_events_person(p));
	limen_publisher_remove(p, LIMEN_GONE_LEFT);
	r->reply = limen_replies_new("videoroom", "success");
	return 0;
}
