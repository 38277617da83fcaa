/*
 * A request for forwarders on its way: it names hosts, whose addresses may take their time. It is
 * checked, then waits for them on another thread if it has to, then the same checks and the work
 * are done with the addresses. Thread: the loop of the request's handle.
 */
#ifndef LIMEN_VIDEOROOM_ORDER_H
#define LIMEN_VIDEOROOM_ORDER_H

#include <sys/socket.h>
#include "plugins/videoroom/forward.h"

#define LIMEN_ORDER_HOSTS_MAX 16u /* different ones in one request */

struct limen_order_host {
	char *name;
	int family;
	bool known;
	struct sockaddr_storage address;
};

struct limen_order {
	struct limen_request *request;
	struct limen_room *room; /* a reference */
	char *publisher_id;
	uint32_t private_id; /* of that publisher: another one of the same name is not meant */
	json_t *body;        /* the request's, or what its old form means; a reference */
	GArray *hosts;       /* struct limen_order_host */
	/* Does what was asked, with p in the room and each host known; fills the reply or fails the
	 * request. Locked */
	int (*apply)(struct limen_order *o, struct limen_publisher *p);
};

void limen_orders_start(void);
void limen_orders_stop(void);

/* "admin_key" where general.lock_rtp_forward wants it; 0, or fails r. */
int limen_order_check_lock(struct limen_request *r);
/* The whole of a handler: checks lock and room; prepare() checks the rest and makes the order, or
 * fails r and returns NULL; then limen_order_run(). prepare() takes the room's lock. */
int limen_order_start(struct limen_request *r,
	struct limen_order *(*prepare)(struct limen_request *r, struct limen_room *room));
/* "srtp_suite" and "srtp_crypto": both or none. */
int limen_order_check_srtp(struct limen_request *r);
/* A member that is a UDP port if it is there; 0 as good as not there. */
int limen_order_check_port(struct limen_request *r, const json_t *object, const char *name);

/* The publisher that the body names, or NULL and r has failed. Checks room and secret. Locked */
struct limen_publisher *limen_order_publisher(struct limen_request *r, struct limen_room *room);

/* body: a reference is taken. Locked; new */
struct limen_order *limen_order_new(struct limen_request *r, struct limen_publisher *p,
	json_t *body, int (*apply)(struct limen_order *o, struct limen_publisher *p));
/* A host is needed: family NULL = any. 0, or fails the request. */
int limen_order_add_host(struct limen_order *o, const char *name, const char *family);
/* Its address, with this port. It was added. */
struct sockaddr_storage limen_order_address(
	const struct limen_order *o, const char *name, const char *family, uint16_t port);
void limen_order_free(struct limen_order *o);
typedef struct limen_order limen_order;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(limen_order, limen_order_free)
/* Carries it out now, or defers the request; takes o. Not locked; returns what the handler does. */
int limen_order_run(struct limen_order *o);
/* What all forwarders of the request share. crypto: borrowed from the body */
struct limen_forward_config limen_order_config(const struct limen_order *o);

#endif
