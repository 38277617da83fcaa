/*
 * One WebSocket connection: the handshake's checks, fragments to whole messages, queued texts to
 * frames. libwebsockets would let a client without a sub-protocol in through the first protocol of
 * the list; that one is for plain HTTP here and refuses both. Thread: the service thread.
 */
#include "transports/websockets/websockets.h"

#include <string.h>

#define FRAME_BYTES 8192u /* longest frame that is sent */
#define ADDRESS_MAX 64u
#define ORIGIN_MAX 256u

struct connection {
	uint64_t id;
	uint64_t requests;
	struct lws *wsi;
	GString *in;   /* the message so far */
	bool skipping; /* the rest of a message that was too long */
	bool cut;
	char *out; /* the text being sent */
	size_t out_len, out_at;
};

/* Takes data. */
static void tell_events(struct websockets *ws, struct connection *c, json_t *data)
{
	char id[24];

	if (!ws->events) {
		json_decref(data);
		return;
	}
	g_snprintf(id, sizeof(id), "%" G_GUINT64_FORMAT, c->id);
	limen->base.emit(&limen_module.head, LIMEN_LWS_EVENT_TRANSPORT, 0, 0,
		json_pack("{s:s,s:s,s:o}", "transport", limen_module.head.name, "id", id, "data",
			data));
}

static void opened(struct websockets *ws, struct connection *c, struct lws *wsi)
{
	char address[ADDRESS_MAX] = "";

	*c = (struct connection){ .wsi = wsi, .in = g_string_new(NULL) };
	c->id = limen_clients_add(ws->clients, c);
	limen_log(LIMEN_LOG_DEBUG, "websockets", "client %" G_GUINT64_FORMAT " connected", c->id);
	lws_get_peer_simple(wsi, address, sizeof(address));
	tell_events(ws, c,
		json_pack("{s:s,s:b,s:s}", "event", "connected", "admin_api", 0, "ip", address));
}

static void closed(struct websockets *ws, struct connection *c)
{
	if (!c->id)
		return;
	limen_clients_remove(ws->clients, c->id);
	limen->gone(&limen_module, c->id);
	limen_log(LIMEN_LOG_DEBUG, "websockets", "client %" G_GUINT64_FORMAT " has gone", c->id);
	tell_events(ws, c, json_pack("{s:s}", "event", "disconnected"));
	g_string_free(c->in, TRUE);
	free(c->out);
	*c = (struct connection){ .id = 0 };
}

/* Puts an error of the transport itself into the client's queue, behind whatever waits there. */
static void answer_error(struct connection *c, const char *reason)
{
	limen_module.send(
		c->id, ++c->requests, 0, limen_framing_error(LIMEN_API_INVALID_JSON, reason));
}

static void handle_message(struct websockets *ws, struct connection *c)
{
	g_autoptr(GPtrArray) docs = NULL;
	char reason[LIMEN_FRAMING_REASON_MAX];

	if (limen_framing_parse(&ws->framing, c->in->str, c->in->len, &docs, reason)) {
		answer_error(c, reason);
		return;
	}
	for (unsigned i = 0; i < docs->len; i++)
		limen->receive(&limen_module, c->id, ++c->requests, false,
			json_incref(g_ptr_array_index(docs, i)));
}

static void received(struct websockets *ws, struct connection *c, const char *bytes, size_t len)
{
	bool last = lws_is_final_fragment(c->wsi) && lws_remaining_packet_payload(c->wsi) == 0;
	char reason[LIMEN_FRAMING_REASON_MAX];

	if (!c->skipping && len > ws->framing.bytes_max - c->in->len) {
		c->skipping = true;
		limen_framing_too_long(&ws->framing, reason);
		answer_error(c, reason);
	}
	if (!c->skipping)
		g_string_append_len(c->in, bytes, (gssize)len);
	if (!last)
		return;
	if (!c->skipping)
		handle_message(ws, c);
	c->skipping = false;
	/* One long message must not pin its memory for the life of the connection. */
	if (c->in->allocated_len > 2 * FRAME_BYTES) {
		g_string_free(c->in, TRUE);
		c->in = g_string_new(NULL);
	}
	g_string_truncate(c->in, 0);
}

/* Sends one frame; libwebsockets asks again when the socket takes more. Nonzero closes. */
static int write_frame(struct websockets *ws, struct connection *c)
{
	unsigned char frame[LWS_PRE + FRAME_BYTES];
	bool more = false;
	size_t len;
	int flags;

	if (c->cut)
		return -1;
	if (!c->out && !(c->out = limen_clients_pop(ws->clients, c->id, &c->out_len, &more)))
		return 0;
	len = MIN(c->out_len - c->out_at, FRAME_BYTES);
	memcpy(frame + LWS_PRE, c->out + c->out_at, len);
	flags = lws_write_ws_flags(LWS_WRITE_TEXT, c->out_at == 0, c->out_at + len == c->out_len);
	if (lws_write(c->wsi, frame + LWS_PRE, len, (enum lws_write_protocol)flags) < 0)
		return -1;
	c->out_at += len;
	if (c->out_at == c->out_len) {
		g_clear_pointer(&c->out, free);
		c->out_at = 0;
	}
	/* Asking once too often costs an empty turn; not asking costs the next answer. */
	lws_callback_on_writable(c->wsi);
	return 0;
}

static void mark_writable(void *owner, bool cut, void *arg)
{
	struct connection *c = owner;

	(void)arg;
	c->cut = cut;
	/* A socket whose peer does not read never becomes writable. */
	if (cut)
		lws_set_timeout(c->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
	else
		lws_callback_on_writable(c->wsi);
}

static bool origin_allowed(const struct websockets *ws, struct lws *wsi)
{
	char origin[ORIGIN_MAX];

	if (!ws->enforce_cors || !ws->allow_origin)
		return true;
	return lws_hdr_copy(wsi, origin, sizeof(origin), WSI_TOKEN_ORIGIN) > 0 &&
		g_str_has_prefix(origin, ws->allow_origin);
}

/* Behind a proxy the address to check is the one that the proxy names. */
static bool forwarded_allowed(const struct websockets *ws, struct lws *wsi)
{
	g_autofree char *forwarded = NULL;
	char peer[ADDRESS_MAX] = "";

	if (!ws->acl_forwarded)
		return true;
	forwarded = limen_lws_forwarded(wsi);
	lws_get_peer_simple(wsi, peer, sizeof(peer));
	return limen_lws_acl(ws->acl, forwarded ? forwarded : peer);
}

/* The 101 says to which pages the answer may be shown, as an HTTP reply would. */
static int add_headers(
	const struct websockets *ws, struct lws *wsi, struct lws_process_html_args *args)
{
	unsigned char **p = (unsigned char **)&args->p;
	const char *origin = ws->allow_origin ? ws->allow_origin : "*";

	return lws_add_http_header_by_name(wsi,
		(const unsigned char *)"Access-Control-Allow-Origin:",
		(const unsigned char *)origin, (int)strlen(origin), p, *p + args->max_len);
}

static int on_websocket(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct websockets *ws = limen_lws_user(wsi);
	struct connection *c = user;

	switch (reason) {
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return forwarded_allowed(ws, wsi) && origin_allowed(ws, wsi) ? 0 : -1;
	case LWS_CALLBACK_ADD_HEADERS:
		return add_headers(ws, wsi, in);
	case LWS_CALLBACK_ESTABLISHED:
		opened(ws, c, wsi);
		return 0;
	case LWS_CALLBACK_RECEIVE:
		received(ws, c, in, len);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return write_frame(ws, c);
	case LWS_CALLBACK_CLOSED:
		closed(ws, c);
		return 0;
	default:
		return 0;
	}
}

static int check_address(
	const struct websockets *ws, const struct lws_filter_network_conn_args *args)
{
	char address[ADDRESS_MAX];

	if (!ws->acl || !*ws->acl || ws->acl_forwarded)
		return 0;
	return limen_lws_filter_address(args, address, sizeof(address)) &&
			limen_lws_acl(ws->acl, address)
		? 0
		: -1;
}

static int on_http(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct websockets *ws = limen_lws_user(wsi);

	(void)len;
	switch (reason) {
	case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
		if (ws->clients)
			limen_clients_ready(ws->clients, mark_writable, NULL);
		return 0;
	case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
		return check_address(ws, user);
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

const struct lws_protocols limen_websockets_protocols[] = {
	{ .name = "http-only", .callback = on_http },
	{ .name = WEBSOCKETS_PROTOCOL,
		.callback = on_websocket,
		.per_session_data_size = sizeof(struct connection),
		.rx_buffer_size = FRAME_BYTES },
	{ .name = NULL },
};
