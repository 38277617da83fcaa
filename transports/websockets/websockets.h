/*
 * The WebSockets transport: its one state. Threads: see websockets.c.
 */
#ifndef LIMEN_TRANSPORT_WEBSOCKETS_H
#define LIMEN_TRANSPORT_WEBSOCKETS_H

#include "kit/lws_limits.h"
#include "kit/ws_connection.h"

#include <limen/transport.h>

struct websockets {
	struct limen_lws *lws;
	struct limen_lws_limits *limits;
	struct limen_ws ws;
	struct limen_query_settings settings;
	lws_retry_bo_t ping;
	bool pings;
};

extern struct websockets websockets;
extern const struct limen_transport limen_module;
extern const struct lws_protocols websockets_protocols[], websockets_admin_protocols[];

#endif
