/*
 * What comes in before a connection is a WebSocket: addresses, limits, upgrades, and plain HTTP,
 * which is refused. The rest is kit/ws_connection.c. Thread: the service thread.
 */
#include "transports/websockets/websockets.h"

static int on_http(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct websockets *w = limen_lws_user(wsi);

	(void)len;
	if (limen_lws_limits_callback(w->limits, wsi, reason, user))
		return -1;
	switch (reason) {
	case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
		limen_ws_wake(&w->ws);
		return 0;
	case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
		return limen_lws_filter(&w->ws.access[limen_lws_is_admin(wsi)], user);
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return in && !g_ascii_strcasecmp(in, "websocket") ? 0 : -1; /* no HTTP/2 */
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return -1; /* no sub-protocol, or none of ours */
	case LWS_CALLBACK_HTTP:
		lws_return_http_status(wsi, HTTP_STATUS_FORBIDDEN, NULL);
		return -1;
	default:
		return 0;
	}
}

const struct lws_protocols websockets_protocols[] = {
	{ .name = "http-only", .callback = on_http },
	LIMEN_WS_PROTOCOL_ENTRY(LIMEN_WS_PROTOCOL, &websockets.ws),
	{ .name = NULL },
};

const struct lws_protocols websockets_admin_protocols[] = {
	{ .name = "http-only", .callback = on_http },
	LIMEN_WS_PROTOCOL_ENTRY(LIMEN_WS_ADMIN_PROTOCOL, &websockets.ws),
	{ .name = NULL },
};
