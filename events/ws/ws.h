/*
 * What the files of the WebSocket event handler share.
 */
#ifndef LIMEN_EVENTS_WS_WS_H
#define LIMEN_EVENTS_WS_WS_H

#include "kit/event.h"
#include "kit/event_buffer.h"
#include "kit/lws.h"

#define WS_TOPIC "wsevh"

struct ws_client {
	struct limen_event_common common;
	struct limen_event_buffer *buffer;
	struct limen_lws *lws;
	struct lws_vhost *vhost;
	char *url; /* cut into what follows */
	const char *scheme, *host, *path, *subprotocol;
	int port;
	gint cap;       /* atomic: events kept while there is no connection; 0 = as always */
	gint connected; /* atomic */
	gint sending;   /* atomic: a text is being written */
	/* service thread */
	struct lws_context *context;
	struct lws *wsi;
	lws_sorted_usec_list_t again;
	bool waits; /* to connect again */
	int delay_s;
};

/* connection.c; the context's user is the struct ws_client */
extern const struct lws_protocols ws_client_protocols[];

#endif
