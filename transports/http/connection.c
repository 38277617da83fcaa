/*
 * From libwebsockets' callbacks to exchanges. A request with a body is decided upon when the body
 * is complete, whatever its method, so that a kept-alive connection never takes the rest of a body
 * for the next request. Thread: the service thread.
 */
#include "transports/http/http.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADER_VALUE_MAX 1024
#define BODY_SECONDS 30 /* for the whole body */

/* What libwebsockets keeps per connection. */
struct slot {
	struct http_exchange *x;
};

static char *header(struct lws *wsi, enum lws_token_indexes token)
{
	char value[HEADER_VALUE_MAX];

	return lws_hdr_copy(wsi, value, sizeof(value), token) > 0 ? g_strdup(value) : NULL;
}

/* A header that libwebsockets has no token for; name in lower case with its colon. */
static char *custom_header(struct lws *wsi, const char *name)
{
	char value[HEADER_VALUE_MAX];

	return lws_hdr_custom_copy(wsi, value, sizeof(value), name, (int)strlen(name)) > 0
		? g_strdup(value)
		: NULL;
}

static char *argument(struct lws *wsi, const char *name)
{
	char value[HEADER_VALUE_MAX];
	const char *found = lws_get_urlarg_by_name(wsi, name, value, sizeof(value));

	return found ? g_strdup(found) : NULL;
}

static size_t announced_length(struct lws *wsi)
{
	g_autofree char *text = header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);

	return text ? (size_t)g_ascii_strtoull(text, NULL, 10) : 0;
}

static struct http_exchange *exchange_new(struct http *http, struct lws *wsi, const char *uri)
{
	struct http_exchange *x = g_new0(struct http_exchange, 1);
	g_autofree char *maxev = argument(wsi, "maxev=");
	char *raw_uri;
	int raw_len;

	x->http = http;
	x->wsi = wsi;
	x->fd = -1;
	x->method = lws_http_get_uri_and_method(wsi, &raw_uri, &raw_len);
	x->uri = g_strdup(uri);
	x->admin = limen_lws_is_admin(wsi);
	x->path = http_path_parse(x->admin ? http->admin_base_path : http->base_path, uri);
	x->body = g_string_new(NULL);
	x->body_len = announced_length(wsi);
	x->began_us = limen->base.now_us();
	x->origin = header(wsi, WSI_TOKEN_ORIGIN);
	if (!x->origin)
		x->origin = header(wsi, WSI_TOKEN_HTTP_REFERER);
	x->want_method = custom_header(wsi, "access-control-request-method:");
	x->want_headers = header(wsi, WSI_TOKEN_HTTP_AC_REQUEST_HEADERS);
	x->if_none_match = header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH);
	x->forwarded = limen_lws_forwarded(wsi);
	x->accept = header(wsi, WSI_TOKEN_HTTP_ACCEPT);
	x->apisecret = argument(wsi, "apisecret=");
	x->token = argument(wsi, "token=");
	x->maxev = maxev
		? (unsigned)CLAMP(g_ascii_strtoll(maxev, NULL, 10), 0, HTTP_POLL_MAX_EVENTS)
		: 0;
	return x;
}

void http_exchange_end(struct http_exchange *x)
{
	struct slot *slot;

	if (!x)
		return;
	slot = lws_wsi_user(x->wsi);
	if (slot)
		slot->x = NULL;
	if (x->request)
		limen_clients_remove(x->http->answers, x->request);
	if (x->waiting)
		http_polls_forget(x->http->polls, x->path.session, x);
	if (x->fd >= 0)
		close(x->fd);
	g_string_free(x->body, TRUE);
	free(x->text);
	g_free(x->uri);
	g_free(x->origin);
	g_free(x->want_method);
	g_free(x->want_headers);
	g_free(x->if_none_match);
	g_free(x->forwarded);
	g_free(x->accept);
	g_free(x->apisecret);
	g_free(x->token);
	g_free(x);
}

static int begin(struct http *http, struct lws *wsi, struct slot *slot, const char *uri)
{
	struct http_exchange *x;

	http_exchange_end(slot->x);
	slot->x = x = exchange_new(http, wsi, uri);
	if (x->body_len > http->framing.bytes_max) {
		x->close_after = true;
		return http_respond(x, 413, NULL, NULL, 0);
	}
	return x->body_len > 0 ? 0 : http_api_request(x);
}

static int add_body(struct http_exchange *x, const char *bytes, size_t len)
{
	if (!x || x->state != HTTP_BODY)
		return -1;
	if (len > x->http->framing.bytes_max - x->body->len)
		return -1;
	/* Each piece renews libwebsockets' own time-out, so a client that sends a byte now and then
	 * has to be ended here. */
	if (limen->base.now_us() - x->began_us > BODY_SECONDS * G_USEC_PER_SEC)
		return -1;
	g_string_append_len(x->body, bytes, (gssize)len);
	return 0;
}

static int body_complete(struct http_exchange *x)
{
	return x && x->state == HTTP_BODY && x->body->len > 0 ? http_api_request(x) : 0;
}

static int writable(struct http_exchange *x)
{
	if (!x)
		return 0;
	switch (x->state) {
	case HTTP_SENDING:
		return http_respond_more(x);
	case HTTP_WAITING:
		return http_api_answer(x);
	case HTTP_POLLING:
		return x->released ? http_api_poll_over(x) : 0;
	default:
		return 0;
	}
}

static void answer_ready(void *owner, bool cut, void *arg)
{
	struct http_exchange *x = owner;

	(void)arg;
	x->cut = cut;
	lws_callback_on_writable(x->wsi);
}

/* The answer is written when the socket is next writable, since a callback of another connection is
 * on the stack here. Its events are taken now: the queue of a session that timed out is gone by
 * then. */
static void poll_ready(void *poll)
{
	struct http_exchange *x = poll;

	http_api_poll_fetch(x);
	x->waiting = false;
	x->released = true;
	lws_callback_on_writable(x->wsi);
}

static void wake(struct http *http)
{
	limen_ws_wake(&http->ws);
	if (http->polls) {
		limen_clients_ready(http->answers, answer_ready, NULL);
		http_polls_ready(http->polls, poll_ready);
	}
}

static int on_http(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct http *http = limen_lws_user(wsi);
	struct slot *slot = user;

	if (limen_lws_limits_callback(http->limits, wsi, reason, user))
		return -1;
	switch (reason) {
	case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
		wake(http);
		return 0;
	case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
		return limen_lws_filter(&http->ws.access[limen_lws_is_admin(wsi)], user);
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return in && !g_ascii_strcasecmp(in, "websocket") ? 0 : -1; /* no HTTP/2 */
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return -1; /* no sub-protocol, or none of ours */
	case LWS_CALLBACK_HTTP:
		return begin(http, wsi, slot, in);
	case LWS_CALLBACK_HTTP_BODY:
		return add_body(slot->x, in, len);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return body_complete(slot->x);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return slot ? writable(slot->x) : 0;
	case LWS_CALLBACK_TIMER:
		return slot && slot->x && slot->x->state == HTTP_POLLING
			? http_api_poll_over(slot->x)
			: 0;
	case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
	case LWS_CALLBACK_CLOSED_HTTP:
		if (slot)
			http_exchange_end(slot->x);
		return 0;
	default:
		return 0;
	}
}

#define HTTP_ENTRY                                                                                 \
	{                                                                                          \
		.name = "http", .callback = on_http, .per_session_data_size = sizeof(struct slot), \
		.rx_buffer_size = 16384                                                            \
	}

const struct lws_protocols limen_http_protocols[] = {
	HTTP_ENTRY,
	LIMEN_WS_PROTOCOL_ENTRY(LIMEN_WS_PROTOCOL, &http.ws),
	{ .name = NULL },
};

const struct lws_protocols limen_http_admin_protocols[] = {
	HTTP_ENTRY,
	LIMEN_WS_PROTOCOL_ENTRY(LIMEN_WS_ADMIN_PROTOCOL, &http.ws),
	{ .name = NULL },
};
