/*
 * One WebSocket connection: the handshake's checks, fragments to whole messages, queued texts to
 * frames. libwebsockets would let a client without a sub-protocol in through the first protocol of
 * the list; that one is for plain HTTP and refuses it. Threads: see ws_connection.h.
 */
#include "kit/ws_connection.h"

#include <limen/transport.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_BYTES LIMEN_WS_FRAME_BYTES
#define ADDRESS_MAX 64u
#define ORIGIN_MAX 256u
#define PATH_MAX_BYTES 256u

extern const struct limen_transport limen_module;

struct connection {
	uint64_t id;
	uint64_t requests;
	bool admin;
	struct lws *wsi;
	GString *in;   /* the message so far */
	bool skipping; /* the rest of a message that was too long */
	bool cut;
	char *out; /* the text being sent */
	size_t out_len, out_at;
};

/* Takes data. */
static void tell_events(struct limen_ws *ws, struct connection *c, json_t *data)
{
	char id[24];

	if (!limen_query_events(ws->settings)) {
		json_decref(data);
		return;
	}
	g_snprintf(id, sizeof(id), "%" G_GUINT64_FORMAT, c->id);
	limen->base.emit(&limen_module.head, LIMEN_LWS_EVENT_TRANSPORT, 0, 0,
		json_pack("{s:s,s:s,s:o}", "transport", limen_module.head.name, "id", id, "data",
			data));
}

static struct connection *opened(struct limen_ws *ws, struct lws *wsi)
{
	struct connection *c = g_new0(struct connection, 1);
	char address[ADDRESS_MAX] = "";

	c->wsi = wsi;
	c->in = g_string_new(NULL);
	c->admin = limen_lws_is_admin(wsi);
	c->id = limen_clients_add(ws->clients, c);
	limen_log(LIMEN_LOG_DEBUG, ws->topic, "client %" G_GUINT64_FORMAT " connected", c->id);
	lws_get_peer_simple(wsi, address, sizeof(address));
	tell_events(ws, c,
		json_pack("{s:s,s:b,s:s}", "event", "connected", "admin_api", c->admin, "ip",
			address));
	return c;
}

static void closed(struct limen_ws *ws, struct connection *c)
{
	if (!c)
		return;
	limen_clients_remove(ws->clients, c->id);
	limen->gone(&limen_module, c->id);
	limen_log(LIMEN_LOG_DEBUG, ws->topic, "client %" G_GUINT64_FORMAT " has gone", c->id);
	tell_events(ws, c, json_pack("{s:s}", "event", "disconnected"));
	g_string_free(c->in, TRUE);
	free(c->out);
	g_free(c);
}

/* Puts an error of the transport itself into the client's queue, behind whatever waits there. */
static void answer_error(struct connection *c, const char *reason)
{
	limen_module.send(
		c->id, ++c->requests, 0, limen_framing_error(LIMEN_API_INVALID_JSON, reason));
}

static void handle_message(struct limen_ws *ws, struct connection *c)
{
	g_autoptr(GPtrArray) docs = NULL;
	char reason[LIMEN_FRAMING_REASON_MAX];

	if (limen_framing_parse(&ws->framing, c->in->str, c->in->len, &docs, reason)) {
		answer_error(c, reason);
		return;
	}
	for (unsigned i = 0; i < docs->len; i++)
		limen->receive(&limen_module, c->id, ++c->requests, c->admin,
			json_incref(g_ptr_array_index(docs, i)));
}

static void received(struct limen_ws *ws, struct connection *c, const char *bytes, size_t len)
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
static int write_frame(struct limen_ws *ws, struct connection *c)
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

static bool origin_allowed(const struct limen_ws *ws, struct lws *wsi)
{
	char origin[ORIGIN_MAX];

	if (!ws->enforce_cors || !ws->allow_origin)
		return true;
	return lws_hdr_copy(wsi, origin, sizeof(origin), WSI_TOKEN_ORIGIN) > 0 &&
		g_str_has_prefix(origin, ws->allow_origin);
}

static bool path_allowed(const struct limen_ws *ws, struct lws *wsi)
{
	char path[PATH_MAX_BYTES];

	return !ws->path ||
		(lws_hdr_copy(wsi, path, sizeof(path), WSI_TOKEN_GET_URI) > 0 &&
			!strcmp(path, ws->path));
}

static bool may_upgrade(const struct limen_ws *ws, struct lws *wsi)
{
	return path_allowed(ws, wsi) && origin_allowed(ws, wsi) &&
		limen_lws_forwarded_allowed(&ws->access[limen_lws_is_admin(wsi)], wsi);
}

/* The 101 says to which pages the answer may be shown, as an HTTP reply would. */
static int add_headers(
	const struct limen_ws *ws, struct lws *wsi, struct lws_process_html_args *args)
{
	unsigned char **p = (unsigned char **)&args->p;
	const char *origin = ws->allow_origin ? ws->allow_origin : "*";

	return lws_add_http_header_by_name(wsi,
		(const unsigned char *)"Access-Control-Allow-Origin:",
		(const unsigned char *)origin, (int)strlen(origin), p, *p + args->max_len);
}

int limen_ws_callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	const struct lws_protocols *protocol = lws_get_protocol(wsi);
	struct limen_ws *ws = protocol ? protocol->user : NULL;
	struct connection **c = user;

	switch (reason) {
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return may_upgrade(ws, wsi) ? 0 : -1;
	case LWS_CALLBACK_ADD_HEADERS:
		return add_headers(ws, wsi, in);
	case LWS_CALLBACK_ESTABLISHED:
		*c = opened(ws, wsi);
		return 0;
	case LWS_CALLBACK_RECEIVE:
		received(ws, *c, in, len);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return write_frame(ws, *c);
	case LWS_CALLBACK_CLOSED:
		closed(ws, *c);
		*c = NULL;
		return 0;
	default:
		return 0;
	}
}

void limen_ws_init(struct limen_ws *ws)
{
	ws->clients = limen_clients_new(LIMEN_CLIENTS_MESSAGES_MAX, LIMEN_CLIENTS_BYTES_MAX);
}

void limen_ws_clear(struct limen_ws *ws)
{
	limen_clients_free(ws->clients);
	*ws = (struct limen_ws){ .clients = NULL };
}

void limen_ws_wake(struct limen_ws *ws)
{
	if (ws->clients)
		limen_clients_ready(ws->clients, mark_writable, NULL);
}

bool limen_ws_push(struct limen_ws *ws, uint64_t client, uint64_t session, char *text, size_t len)
{
	bool wake;

	if (limen_clients_push(ws->clients, client, text, len, &wake) == LIMEN_ELIMIT)
		limen_log(LIMEN_LOG_WARN, ws->topic,
			"client %" G_GUINT64_FORMAT " does not read (session %" G_GUINT64_FORMAT
			"), closing it",
			client, session);
	return wake;
}
