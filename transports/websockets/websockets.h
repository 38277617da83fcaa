/*
 * The WebSockets transport: its one state and what its two files share.
 * Threads: see websockets.c.
 */
#ifndef LIMEN_TRANSPORT_WEBSOCKETS_H
#define LIMEN_TRANSPORT_WEBSOCKETS_H

#include "kit/clients.h"
#include "kit/framing.h"
#include "kit/lws.h"

#include <limen/transport.h>

#define WEBSOCKETS_PROTOCOL "janus-protocol"

struct websockets {
	struct limen_lws *lws;
	struct limen_clients *clients;
	struct limen_framing framing;
	size_t style; /* json printing flags */
	lws_retry_bo_t ping;
	bool pings;
	bool events;     /* tell event handlers who comes and goes */
	const char *acl; /* borrowed options */
	bool acl_forwarded;
	const char *allow_origin;
	bool enforce_cors;
};

extern const struct limen_transport limen_module;
extern const struct lws_protocols limen_websockets_protocols[];

#endif
