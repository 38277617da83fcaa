/*
 * The sending side of cascading: publish_remotely, unpublish_remotely, listremotes. All m-lines of
 * a publisher go to one UDP port of another gateway, those that it adds later too. Thread: any
 * loop; the room's lock is taken here.
 */
#include "kit/body.h"
#include "kit/ids.h"
#include "plugins/videoroom/events.h"
#include "plugins/videoroom/order.h"

/* {"videoroom":"success","room","id"}; new */
static json_t *success(const struct limen_publisher *p)
{
	json_t *reply = limen_events_new(p->room, "success");

	json_object_set_new(reply, "id", limen_ids_json(p->id, limen_videoroom.string_ids));
	return reply;
}

static int check(struct limen_request *r, const struct limen_publisher *p)
{
	if (!p->handle)
		return limen->fail(r, VIDEOROOM_INVALID, "Only local publishers can be remotized");
	if (limen_forwarder_find_remote(p, limen_body_string(r->body, "remote_id", "")))
		return limen->fail(r, VIDEOROOM_ID_EXISTS, "Remotization already exists");
	if (p->forwarders->len >= LIMEN_FORWARDERS_MAX)
		return limen->fail(r, VIDEOROOM_UNKNOWN,
			"Too many forwarders of one publisher (at most %u)", LIMEN_FORWARDERS_MAX);
	return 0;
}

static int apply(struct limen_order *o, struct limen_publisher *p)
{
	struct limen_request *r = o->request;
	const char *id = limen_body_string(r->body, "remote_id", "");
	struct limen_forward_config cfg = limen_order_config(o);
	struct limen_forwarder *f;
	int err;

	if ((err = check(r, p)))
		return err;
	cfg.to = limen_order_address(o, limen_body_string(r->body, "host", ""),
		limen_body_string(r->body, "host_family", NULL),
		(uint16_t)limen_body_int(r->body, "port", 0));
	cfg.rtcp_port = (uint16_t)limen_body_int(r->body, "rtcp_port", 0);
	if (limen_forwarder_new(&f, p, &cfg) != 0)
		return limen->fail(r, VIDEOROOM_UNKNOWN, "Could not open UDP socket");
	f->remote_id = g_strdup(id);
	limen_forwarder_start(f);
	r->reply = success(p);
	json_object_set_new(r->reply, "remote_id", json_string(id));
	return 0;
}

static int check_ports(struct limen_request *r)
{
	int err;

	if ((err = limen_order_check_port(r, r->body, "port")) ||
		(err = limen_order_check_port(r, r->body, "rtcp_port")))
		return err;
	return limen_body_int(r->body, "port", 0) > 0
		? 0
		: limen->fail(r, VIDEOROOM_INVALID, "Invalid element (port)");
}

/* A checked order, or NULL and r has failed. */
static struct limen_order *prepare(struct limen_request *r, struct limen_room *room)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&room->lock);
	struct limen_publisher *p = limen_order_publisher(r, room);
	g_autoptr(limen_order) o = NULL;

	if (!p || check(r, p) || limen_order_check_srtp(r) || check_ports(r))
		return NULL;
	o = limen_order_new(r, p, r->body, apply);
	if (limen_order_add_host(o, limen_body_string(r->body, "host", ""),
		    limen_body_string(r->body, "host_family", NULL)))
		return NULL;
	return g_steal_pointer(&o);
}

int limen_cascade_start(struct limen_handle *h, struct limen_request *r)
{
	(void)h;
	return limen_order_start(r, prepare);
}

int limen_cascade_stop(struct limen_handle *h, struct limen_request *r)
{
	g_autoptr(limen_room) room = limen_room_of(r);
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = room ? g_mutex_locker_new(&room->lock) : NULL;
	const char *id = limen_body_string(r->body, "remote_id", "");
	struct limen_publisher *p;
	struct limen_forwarder *f;

	(void)h;
	if (!room || !(p = limen_order_publisher(r, room)))
		return LIMEN_EINVAL;
	if (!(f = limen_forwarder_find_remote(p, id)))
		return limen->fail(r, VIDEOROOM_NO_SUCH_FEED, "No such remotization (%s)", id);
	g_ptr_array_remove(p->forwarders, f);
	r->reply = success(p);
	return 0;
}

int limen_cascade_list(struct limen_handle *h, struct limen_request *r)
{
	g_autoptr(limen_room) room = limen_room_of(r);
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = room ? g_mutex_locker_new(&room->lock) : NULL;
	const struct limen_publisher *p;
	json_t *list;

	(void)h;
	if (!room || !(p = limen_order_publisher(r, room)))
		return LIMEN_EINVAL;
	list = json_array();
	for (guint i = 0; i < p->forwarders->len; i++) {
		const struct limen_forwarder *f = g_ptr_array_index(p->forwarders, i);
		json_t *o;

		if (!f->remote_id)
			continue;
		o = json_pack("{s:s,s:s,s:i}", "remote_id", f->remote_id, "host", f->host, "port",
			(int)f->port);
		if (f->rtcp_port)
			json_object_set_new(o, "rtcp_port", json_integer(f->rtcp_port));
		json_array_append_new(list, o);
	}
	r->reply = success(p);
	json_object_set_new(r->reply, "list", list);
	return 0;
}
