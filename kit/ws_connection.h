/*
 * WebSocket connections of a transport on libwebsockets: the handshake's checks, messages in,
 * queued texts out. Each connection is a client of the core. The module's protocol tables hold
 * LIMEN_WS_PROTOCOL_ENTRY, and its first protocol calls limen_ws_wake(). Threads: fields are
 * written before the service thread starts; push any; wake and the callback the service thread.
 */
#ifndef LIMEN_KIT_WS_CONNECTION_H
#define LIMEN_KIT_WS_CONNECTION_H

#include "kit/clients.h"
#include "kit/framing.h"
#include "kit/lws.h"
#include "kit/query.h"

#define LIMEN_WS_PROTOCOL "janus-protocol"
#define LIMEN_WS_ADMIN_PROTOCOL "janus-admin-protocol"
#define LIMEN_WS_FRAME_BYTES 8192u /* longest frame that is sent */

struct limen_ws {
	struct limen_clients *clients; /* limen_ws_init() */
	const char *topic;             /* of log lines, static */
	struct limen_framing framing;
	const struct limen_query_settings *settings;
	const char *path;                  /* the only one that is accepted; NULL: any */
	struct limen_lws_access access[2]; /* by admin */
	const char *allow_origin;          /* borrowed option */
	bool enforce_cors;
};

/* ws_: the address of a struct limen_ws that outlives the context */
#define LIMEN_WS_PROTOCOL_ENTRY(name_, ws_)                                                        \
	{                                                                                          \
		.name = (name_), .callback = limen_ws_callback,                                    \
		.per_session_data_size = sizeof(void *), .rx_buffer_size = LIMEN_WS_FRAME_BYTES,   \
		.user = (ws_)                                                                      \
	}

void limen_ws_init(struct limen_ws *ws);
void limen_ws_clear(struct limen_ws *ws);

int limen_ws_callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
/* Clients that got texts send them now. */
void limen_ws_wake(struct limen_ws *ws);
/* Queues a text (takes it: free()) for a client; true: limen_lws_wake() is due. */
bool limen_ws_push(struct limen_ws *ws, uint64_t client, uint64_t session, char *text, size_t len);

#endif
