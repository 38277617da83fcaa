/*
 * rtp_forward, stop_rtp_forward, listforwarders. The old form of rtp_forward, with its m-lines
 * named "audio", "video" and "data" in the body itself, is turned into the present one and answered
 * in its own shape. Thread: any loop; the room's lock is taken here.
 */
#include <string.h>
#include "kit/body.h"
#include "kit/ids.h"
#include "plugins/videoroom/events.h"
#include "plugins/videoroom/order.h"

#define PARTS LIMEN_LAYERS_MAX
#define PT_MAX 127

static const struct limen_field stream_entry[] = {
	{ "mid", LIMEN_F_STRING, true },
	{ "port", LIMEN_F_UINT, true },
	{ "host", LIMEN_F_STRING, false },
	{ "host_family", LIMEN_F_STRING, false },
	{ "rtcp_port", LIMEN_F_UINT, false },
	{ "ssrc", LIMEN_F_UINT, false },
	{ "pt", LIMEN_F_UINT, false },
	{ "simulcast", LIMEN_F_BOOL, false },
	{ "port_2", LIMEN_F_UINT, false },
	{ "ssrc_2", LIMEN_F_UINT, false },
	{ "pt_2", LIMEN_F_UINT, false },
	{ "port_3", LIMEN_F_UINT, false },
	{ "ssrc_3", LIMEN_F_UINT, false },
	{ "pt_3", LIMEN_F_UINT, false },
	LIMEN_FIELDS_END,
};

/* Members that make one forwarder of an entry: itself and the higher substreams. */
static const struct part {
	const char *port, *pt, *ssrc;
} parts[PARTS] = {
	{ "port", "pt", "ssrc" },
	{ "port_2", "pt_2", "ssrc_2" },
	{ "port_3", "pt_3", "ssrc_3" },
};

/* The old names of the members of an entry. */
struct old_name {
	const char *old, *now;
};
static const struct old_name old_audio[] = {
	{ "audio_port", "port" },
	{ "audio_rtcp_port", "rtcp_port" },
	{ "audio_pt", "pt" },
	{ "audio_ssrc", "ssrc" },
	{ NULL, NULL },
};
static const struct old_name old_video[] = {
	{ "video_port", "port" },
	{ "video_rtcp_port", "rtcp_port" },
	{ "video_pt", "pt" },
	{ "video_ssrc", "ssrc" },
	{ "simulcast", "simulcast" },
	{ "video_port_2", "port_2" },
	{ "video_pt_2", "pt_2" },
	{ "video_ssrc_2", "ssrc_2" },
	{ "video_port_3", "port_3" },
	{ "video_pt_3", "pt_3" },
	{ "video_ssrc_3", "ssrc_3" },
	{ NULL, NULL },
};
static const struct old_name old_data[] = { { "data_port", "port" }, { NULL, NULL } };

/* One forwarder that is asked for; borrowed from the body. */
struct wish {
	const char *host, *family;
	uint16_t port, rtcp_port, mindex;
	enum limen_kind kind;
	unsigned part;
	struct limen_forward_line line;
};

static bool is_old(const struct limen_request *r)
{
	return !limen_body_has(r->body, "streams");
}

/* An entry in the present form for the first m-line of a kind, appended to streams if its client
 * has one and any port is given. */
static void add_old_entry(json_t *streams, const struct limen_publisher *p, const json_t *body,
	enum limen_kind kind, const struct old_name *names)
{
	json_t *entry = json_object();
	bool wanted = false;

	for (; names->old; names++) {
		if (!limen_body_has(body, names->old))
			continue;
		wanted |= g_str_has_prefix(names->now, "port") &&
			limen_body_int(body, names->old, 0) > 0;
		json_object_set(entry, names->now, json_object_get(body, names->old));
	}
	for (guint i = 0; wanted && i < p->tracks->len; i++) {
		const struct limen_track *t = g_ptr_array_index(p->tracks, i);

		if (t->facts.kind != kind)
			continue;
		json_object_set_new(entry, "mid", json_string(t->facts.mid));
		json_array_append(streams, entry);
		break;
	}
	json_decref(entry);
}

/* The body in the present form; new */
static json_t *present_form(const struct limen_request *r, const struct limen_publisher *p)
{
	json_t *body = json_copy(r->body), *streams;

	if (!is_old(r))
		return body;
	streams = json_array();
	add_old_entry(streams, p, r->body, LIMEN_AUDIO, old_audio);
	add_old_entry(streams, p, r->body, LIMEN_VIDEO, old_video);
	add_old_entry(streams, p, r->body, LIMEN_DATA, old_data);
	json_object_set_new(body, "streams", streams);
	return body;
}

static int check_numbers(struct limen_request *r, const json_t *entry)
{
	int err = limen_order_check_port(r, entry, "rtcp_port");

	for (size_t i = 0; i < PARTS && !err; i++) {
		if ((err = limen_order_check_port(r, entry, parts[i].port)))
			return err;
		if (limen_body_int(entry, parts[i].pt, 0) > PT_MAX)
			err = limen->fail(
				r, VIDEOROOM_INVALID, "Invalid element (%s)", parts[i].pt);
		else if (limen_body_int(entry, parts[i].ssrc, 0) > UINT32_MAX)
			err = limen->fail(
				r, VIDEOROOM_INVALID, "Invalid element (%s)", parts[i].ssrc);
	}
	return err;
}

static int check_entries(struct limen_request *r, const json_t *streams)
{
	int err = 0;
	size_t i;
	json_t *entry;

	if (!is_old(r) &&
		(err = limen_body_check_array(r, &limen_module.errors, streams, stream_entry,
			 limen_videoroom.string_ids)))
		return err;
	json_array_foreach(streams, i, entry)
	{
		if ((err = check_numbers(r, entry)))
			return err;
		if (!is_old(r) && limen_body_int(entry, "port", 0) == 0)
			return limen->fail(r, VIDEOROOM_INVALID, "Invalid element (port)");
	}
	return err;
}

static void add_wish(GArray *wishes, const json_t *body, const json_t *entry,
	const struct limen_track *t, unsigned part)
{
	const bool best =
		t->facts.kind == LIMEN_VIDEO && limen_body_bool(entry, "simulcast", false);
	const bool rtp = t->facts.kind != LIMEN_DATA;
	struct wish w = {
		.host = limen_body_string(entry, "host", limen_body_string(body, "host", "")),
		.family = limen_body_string(
			entry, "host_family", limen_body_string(body, "host_family", NULL)),
		.port = (uint16_t)limen_body_int(entry, parts[part].port, 0),
		.mindex = t->facts.mindex,
		.kind = t->facts.kind,
		.part = part,
	};

	if (!w.port || (part > 0 && (best || t->facts.kind != LIMEN_VIDEO)))
		return;
	if (rtp) {
		w.line.what = best ? LIMEN_FORWARD_BEST : LIMEN_FORWARD_SUBSTREAM;
		w.line.substream = (int8_t)part;
		w.line.pt = (uint8_t)limen_body_int(entry, parts[part].pt, 0);
		w.line.ssrc = (uint32_t)limen_body_int(entry, parts[part].ssrc, 0);
	}
	if (rtp && part == 0)
		w.rtcp_port = (uint16_t)limen_body_int(entry, "rtcp_port", 0);
	g_array_append_val(wishes, w);
}

/* What a checked body asks of what the publisher has; new */
static GArray *read_wishes(const json_t *body, const struct limen_publisher *p)
{
	GArray *wishes = g_array_new(FALSE, FALSE, sizeof(struct wish));
	size_t i;
	json_t *entry;

	json_array_foreach(json_object_get(body, "streams"), i, entry)
	{
		const struct limen_track *t =
			limen_track_find(p, limen_body_string(entry, "mid", ""));

		for (unsigned part = 0; t && part < PARTS; part++)
			add_wish(wishes, body, entry, t, part);
	}
	return wishes;
}

static int check_limit(
	struct limen_request *r, const struct limen_publisher *p, const GArray *wishes)
{
	if (p->forwarders->len + wishes->len <= LIMEN_FORWARDERS_MAX)
		return 0;
	return limen->fail(r, VIDEOROOM_UNKNOWN,
		"Too many forwarders of one publisher (at most %u)", LIMEN_FORWARDERS_MAX);
}

static struct limen_forwarder *make(
	const struct limen_order *o, struct limen_publisher *p, const struct wish *w)
{
	struct limen_forward_config cfg = limen_order_config(o);
	struct limen_forwarder *f;

	cfg.to = limen_order_address(o, w->host, w->family, w->port);
	cfg.rtcp_port = w->rtcp_port;
	if (w->kind == LIMEN_DATA)
		cfg.srtp_suite = 0; /* a message is no RTP */
	if (limen_forwarder_new(&f, p, &cfg) != 0)
		return NULL;
	do
		f->stream_id = limen_ids_random32();
	while (limen_forwarder_find(p, f->stream_id));
	f->mindex = w->mindex;
	f->kind = w->kind;
	f->part = w->part;
	f->line = w->line;
	if (f->line.what == LIMEN_FORWARD_BEST && !f->line.ssrc)
		f->line.ssrc = f->stream_id;
	return f;
}

static void add_publisher(json_t *o, const struct limen_publisher *p)
{
	json_object_set_new(o, "publisher_id", limen_ids_json(p->id, limen_videoroom.string_ids));
}

static void tell_start(const struct limen_forwarder *f, const struct limen_handle *h)
{
	json_t *data = limen_forwarder_view(f);

	add_publisher(data, f->publisher);
	limen_events_emit(f->publisher->room, h, "rtp_forward", data);
}

/* "video_stream_id_2" and the like */
static void add_old_view(json_t *stream, const struct limen_forwarder *f)
{
	const char *kind = limen_publish_kind(f->kind);
	g_autofree char *suffix = f->part ? g_strdup_printf("_%u", f->part + 1) : g_strdup("");
	g_autofree char *port = g_strconcat(kind, suffix, NULL);
	g_autofree char *id = g_strconcat(kind, "_stream_id", suffix, NULL);
	g_autofree char *rtcp = g_strconcat(kind, "_rtcp", NULL);

	json_object_set_new(stream, "host", json_string(f->host));
	json_object_set_new(stream, port, json_integer(f->port));
	json_object_set_new(stream, id, json_integer(f->stream_id));
	if (f->rtcp_port)
		json_object_set_new(stream, rtcp, json_integer(limen_forward_rtcp_port(f->out)));
}

static json_t *start_reply(
	const struct limen_request *r, const struct limen_publisher *p, const GPtrArray *made)
{
	json_t *reply = limen_events_new(p->room, "rtp_forward"), *list = json_array();
	json_t *old = json_pack("{s:s}", "warning", "deprecated_api");

	add_publisher(reply, p);
	for (guint i = 0; i < made->len; i++) {
		json_array_append_new(list, limen_forwarder_view(g_ptr_array_index(made, i)));
		add_old_view(old, g_ptr_array_index(made, i));
	}
	if (is_old(r))
		json_object_set(reply, "rtp_stream", old);
	else
		json_object_set(reply, "forwarders", list);
	json_decref(old);
	json_decref(list);
	return reply;
}

static void free_forwarder(gpointer f)
{
	limen_forwarder_free(f);
}

/* All of the request's or none. */
static int apply(struct limen_order *o, struct limen_publisher *p)
{
	struct limen_request *r = o->request;
	g_autoptr(GArray) wishes = read_wishes(o->body, p);
	g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func(free_forwarder);
	int err = check_limit(r, p, wishes);

	for (guint i = 0; i < wishes->len && !err; i++) {
		struct limen_forwarder *f = make(o, p, &g_array_index(wishes, struct wish, i));

		if (f)
			g_ptr_array_add(made, f);
		else
			err = limen->fail(r, VIDEOROOM_UNKNOWN, "Could not open UDP socket");
	}
	if (err)
		return err;
	g_ptr_array_set_free_func(made, NULL);
	for (guint i = 0; i < made->len; i++) {
		limen_forwarder_start(g_ptr_array_index(made, i));
		tell_start(g_ptr_array_index(made, i), r->handle);
	}
	r->reply = start_reply(r, p, made);
	return 0;
}

/* Of all entries, also of those whose m-line is not there: it may be when the addresses are. */
static int add_hosts(struct limen_order *o)
{
	const char *host = limen_body_string(o->body, "host", ""),
		   *family = limen_body_string(o->body, "host_family", NULL);
	int err = limen_order_add_host(o, host, family);
	size_t i;
	json_t *entry;

	json_array_foreach(json_object_get(o->body, "streams"), i, entry) if (!err) err =
		limen_order_add_host(o, limen_body_string(entry, "host", host),
			limen_body_string(entry, "host_family", family));
	return err;
}

/* The old form names at least one port. */
static int check_form(struct limen_request *r)
{
	static const char *const ports[] = { "audio_port", "video_port", "video_port_2",
		"video_port_3", "data_port" };

	for (size_t i = 0; is_old(r) && i < G_N_ELEMENTS(ports); i++)
		if (limen_body_has(r->body, ports[i]))
			return 0;
	return is_old(r) ? limen->fail(r, VIDEOROOM_MISSING, "Missing mandatory element (streams)")
			 : 0;
}

/* A checked order, or NULL and r has failed. */
static struct limen_order *prepare(struct limen_request *r, struct limen_room *room)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&room->lock);
	struct limen_publisher *p = limen_order_publisher(r, room);
	g_autoptr(limen_order) o = NULL;
	g_autoptr(GArray) wishes = NULL;
	json_t *body;

	if (!p || check_form(r))
		return NULL;
	body = present_form(r, p);
	o = limen_order_new(r, p, body, apply);
	json_decref(body);
	if (limen_order_check_srtp(r) || check_entries(r, json_object_get(o->body, "streams")))
		return NULL;
	wishes = read_wishes(o->body, p);
	if (add_hosts(o) || check_limit(r, p, wishes))
		return NULL;
	return g_steal_pointer(&o);
}

int limen_forward_start(struct limen_handle *h, struct limen_request *r)
{
	(void)h;
	return limen_order_start(r, prepare);
}

int limen_forward_stop(struct limen_handle *h, struct limen_request *r)
{
	g_autoptr(limen_room) room = limen_room_of(r);
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = room ? g_mutex_locker_new(&room->lock) : NULL;
	const int64_t id = limen_body_int(r->body, "stream_id", 0);
	struct limen_publisher *p;
	struct limen_forwarder *f;
	json_t *data;

	if (!room || limen_order_check_lock(r) || !(p = limen_order_publisher(r, room)))
		return LIMEN_EINVAL;
	if (!(f = limen_forwarder_find(p, id)))
		return limen->fail(
			r, VIDEOROOM_NO_SUCH_FEED, "No such stream (%" G_GINT64_FORMAT ")", id);
	g_ptr_array_remove(p->forwarders, f);
	r->reply = limen_events_new(room, "stop_rtp_forward");
	add_publisher(r->reply, p);
	json_object_set_new(r->reply, "stream_id", json_integer(id));
	data = json_pack("{s:I}", "stream_id", (json_int_t)id);
	add_publisher(data, p);
	limen_events_emit(room, h, "stop_rtp_forward", data);
	return 0;
}

/* A publisher with what it forwards; those to other gateways do not show. New */
static json_t *list_one(const struct limen_publisher *p)
{
	json_t *o = limen_events_person(p), *list = json_array();

	json_object_del(o, "id");
	add_publisher(o, p);
	for (guint i = 0; i < p->forwarders->len; i++) {
		const struct limen_forwarder *f = g_ptr_array_index(p->forwarders, i);

		if (!f->remote_id)
			json_array_append_new(list, limen_forwarder_view(f));
	}
	json_object_set_new(o, "forwarders", list);
	return o;
}

int limen_forward_list(struct limen_handle *h, struct limen_request *r)
{
	g_autoptr(limen_room) room = limen_room_of(r);
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = room ? g_mutex_locker_new(&room->lock) : NULL;
	json_t *list;

	(void)h;
	if (!room || limen_room_check(r, room) || limen_room_check_secret(r, room))
		return LIMEN_EINVAL;
	list = json_array();
	for (guint i = 0; i < room->publishers->len; i++) {
		const struct limen_publisher *p = g_ptr_array_index(room->publishers, i);

		if (p->forwarders->len > 0)
			json_array_append_new(list, list_one(p));
	}
	r->reply = limen_events_new(room, "forwarders");
	json_object_set_new(r->reply, "publishers", list);
	return 0;
}
