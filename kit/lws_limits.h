/*
 * How many connections a module on libwebsockets accepts, altogether and from one address, and how
 * many there are by kind of listener. Clients and operators do not count towards each other's
 * limits. Threads: callbacks on the service thread, counts on any; one mutex, held for look-ups.
 */
#ifndef LIMEN_KIT_LWS_LIMITS_H
#define LIMEN_KIT_LWS_LIMITS_H

#include "kit/lws.h"

struct limen_lws_limits;

/* total 0: a third of the files that the process may open, so that one transport cannot take the
 * files of the others and of media. per_address 0: half of total. topic: static, of log lines */
struct limen_lws_limits *limen_lws_limits_new(const struct limen_base_services *base,
	const char *topic, unsigned total, unsigned per_address);
/* After limen_lws_free(): closing connections are counted too. NULL is fine. */
void limen_lws_limits_free(struct limen_lws_limits *l);
/* Give it every callback of the first protocol. Nonzero: refuse this connection. */
int limen_lws_limits_callback(struct limen_lws_limits *l, struct lws *wsi,
	enum lws_callback_reasons reason, const void *user);
unsigned limen_lws_limits_count(struct limen_lws_limits *l, bool admin, bool tls);

#endif
