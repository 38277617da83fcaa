/*
 * Requests for forwarders. Most name addresses and are answered at once; names go through a pool of
 * threads, whose bound is the bound of requests that wait. Thread: the loop of the request's
 * handle; look_up() on one of the pool.
 */
#include "plugins/videoroom/order.h"
#include <string.h>
#include "kit/address.h"
#include "kit/body.h"
#include "kit/ids.h"
#include "kit/jobs.h"
#include "kit/replies.h"

#define THREADS 4u
#define WAITING_MAX 256u

static struct limen_jobs *jobs;

void limen_orders_start(void)
{
	jobs = limen_jobs_new(THREADS, WAITING_MAX);
}

void limen_orders_stop(void)
{
	g_clear_pointer(&jobs, limen_jobs_free);
}

int limen_order_check_lock(struct limen_request *r)
{
	return limen_replies_check_secret(r, &limen_module.errors, "admin_key",
		limen_videoroom.lock_rtp_forward ? limen_videoroom.admin_key : NULL,
		VIDEOROOM_UNAUTHORIZED);
}

int limen_order_check_srtp(struct limen_request *r)
{
	const char *crypto = limen_body_string(r->body, "srtp_crypto", NULL);

	if (!limen_body_has(r->body, "srtp_suite") && !crypto)
		return 0;
	if (limen_body_has(r->body, "srtp_suite") && !crypto)
		return limen->fail(r, VIDEOROOM_MISSING, "Missing mandatory element (srtp_crypto)");
	switch (limen_forward_check_srtp(limen_body_int(r->body, "srtp_suite", 0), crypto)) {
	case 0:
		return 0;
	case LIMEN_ENOTSUP:
		return limen->fail(r, VIDEOROOM_INVALID, "Invalid SRTP suite");
	default:
		return limen->fail(r, VIDEOROOM_INVALID, "Invalid SRTP crypto");
	}
}

int limen_order_check_port(struct limen_request *r, const json_t *object, const char *name)
{
	if (limen_body_int(object, name, 0) <= UINT16_MAX)
		return 0;
	return limen->fail(r, VIDEOROOM_INVALID, "Invalid element (%s)", name);
}

struct limen_publisher *limen_order_publisher(struct limen_request *r, struct limen_room *room)
{
	g_autofree char *id = limen_ids_text(json_object_get(r->body, "publisher_id"));
	struct limen_publisher *p;

	if (limen_room_check(r, room) || limen_room_check_secret(r, room))
		return NULL;
	p = limen_room_member(room, id);
	if (!p)
		limen->fail(r, VIDEOROOM_NO_SUCH_FEED, "No such feed (%s)", id ? id : "0");
	return p;
}

static void clear_host(gpointer host)
{
	g_free(((struct limen_order_host *)host)->name);
}

struct limen_order *limen_order_new(struct limen_request *r, struct limen_publisher *p,
	json_t *body, int (*apply)(struct limen_order *o, struct limen_publisher *p))
{
	struct limen_order *o = g_new0(struct limen_order, 1);

	o->request = r;
	o->room = limen_room_ref(p->room);
	o->publisher_id = g_strdup(p->id);
	o->private_id = p->private_id;
	o->body = json_incref(body);
	o->hosts = g_array_new(FALSE, TRUE, sizeof(struct limen_order_host));
	g_array_set_clear_func(o->hosts, clear_host);
	o->apply = apply;
	return o;
}

void limen_order_free(struct limen_order *o)
{
	if (!o)
		return;
	limen_room_unref(o->room);
	g_free(o->publisher_id);
	json_decref(o->body);
	g_array_unref(o->hosts);
	g_free(o);
}

static struct limen_order_host *host_at(const struct limen_order *o, guint i)
{
	return &g_array_index(o->hosts, struct limen_order_host, i);
}

static struct limen_order_host *find_host(const struct limen_order *o, const char *name, int family)
{
	for (guint i = 0; i < o->hosts->len; i++)
		if (host_at(o, i)->family == family && strcmp(host_at(o, i)->name, name) == 0)
			return host_at(o, i);
	return NULL;
}

int limen_order_add_host(struct limen_order *o, const char *name, const char *family)
{
	struct limen_order_host host = { 0 };

	if (limen_address_family(family, &host.family) != 0)
		return limen->fail(o->request, VIDEOROOM_INVALID, "Invalid element (host_family)");
	if (find_host(o, name, host.family))
		return 0;
	if (o->hosts->len >= LIMEN_ORDER_HOSTS_MAX)
		return limen->fail(o->request, VIDEOROOM_INVALID,
			"Invalid element (more than %u hosts)", LIMEN_ORDER_HOSTS_MAX);
	host.known = limen_address_read(name, host.family, &host.address) == 0;
	host.name = g_strdup(name);
	g_array_append_val(o->hosts, host);
	return 0;
}

struct sockaddr_storage limen_order_address(
	const struct limen_order *o, const char *name, const char *family, uint16_t port)
{
	struct sockaddr_storage address;
	int number;

	limen_address_family(family, &number);
	address = find_host(o, name, number)->address;
	limen_address_set_port(&address, port);
	return address;
}

struct limen_forward_config limen_order_config(const struct limen_order *o)
{
	return (struct limen_forward_config){
		.srtp_suite = limen_body_int(o->body, "srtp_suite", 0),
		.srtp_crypto = limen_body_string(o->body, "srtp_crypto", NULL),
	};
}

static const struct limen_order_host *first_unknown(const struct limen_order *o)
{
	for (guint i = 0; i < o->hosts->len; i++)
		if (!host_at(o, i)->known)
			return host_at(o, i);
	return NULL;
}

/* With all addresses there; the publisher may have gone meanwhile. */
static int carry_out(struct limen_order *o)
{
	struct limen_request *r = o->request;
	const struct limen_order_host *unknown = first_unknown(o);
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&o->room->lock);
	struct limen_publisher *p = limen_room_member(o->room, o->publisher_id);

	if (unknown)
		return limen->fail(
			r, VIDEOROOM_INVALID, "Could not resolve address (%s)...", unknown->name);
	if (limen_room_check(r, o->room))
		return LIMEN_EINVAL;
	if (!p || p->private_id != o->private_id)
		return limen->fail(r, VIDEOROOM_NO_SUCH_FEED, "No such feed (%s)", o->publisher_id);
	return o->apply(o, p);
}

static void look_up(void *arg)
{
	const struct limen_order *o = arg;

	for (guint i = 0; i < o->hosts->len; i++) {
		struct limen_order_host *host = host_at(o, i);

		if (!host->known)
			host->known = limen_address_resolve(
					      host->name, host->family, &host->address) == 0;
		if (!host->known)
			return;
	}
}

static void found(void *arg)
{
	struct limen_order *o = arg;
	struct limen_request *r = o->request;

	carry_out(o);
	limen_order_free(o);
	limen->complete(r);
}

static void give_up(void *arg)
{
	struct limen_order *o = arg;
	struct limen_request *r = o->request;

	limen->fail(r, VIDEOROOM_UNKNOWN, "The handle has ended");
	limen_order_free(o);
	limen->complete(r);
}

static const struct limen_job names = { look_up, found, give_up };

int limen_order_run(struct limen_order *o)
{
	struct limen_request *r = o->request;
	int err;

	if (!first_unknown(o)) {
		err = carry_out(o);
		limen_order_free(o);
		return err;
	}
	if (limen_jobs_run_request(jobs, r, &names, o) != 0) {
		limen_order_free(o);
		return limen->fail(r, VIDEOROOM_UNKNOWN, "Too many requests wait for addresses");
	}
	limen->defer(r);
	return 0;
}

int limen_order_start(struct limen_request *r,
	struct limen_order *(*prepare)(struct limen_request *r, struct limen_room *room))
{
	g_autoptr(limen_room) room = NULL;
	struct limen_order *o;
	int err;

	if ((err = limen_order_check_lock(r)))
		return err;
	room = limen_room_of(r);
	o = room ? prepare(r, room) : NULL;
	return o ? limen_order_run(o) : LIMEN_EINVAL;
}
