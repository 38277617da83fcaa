/*
 * What a request asks for: the REST verbs (POST), the long poll (GET), info and ping, or a file.
 * The order of the checks is what clients see: address and origin, then method and path, then
 * credentials, then the session. Thread: the service thread.
 */
#include "transports/http/files.h"
#include "transports/http/http.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#define TRANSACTION_LEN 11 /* of the transaction that GET info and ping invent */
#define ADDRESS_MAX 64

static int respond_empty(struct http_exchange *x, unsigned status)
{
	return http_respond(x, status, NULL, NULL, 0);
}

static int respond_error(struct http_exchange *x, int code, const char *reason)
{
	return http_respond_json(x, limen_framing_error(code, reason));
}

void http_wait(struct http_exchange *x)
{
	x->state = HTTP_WAITING;
	x->request = limen_clients_add(x->http->answers, x);
	lws_set_timeout(x->wsi, PENDING_TIMEOUT_HTTP_CONTENT, x->http->answer_s);
}

/* Hands a request to the core; the exchange waits for its answer. Takes msg. */
static int ask_core(struct http_exchange *x, json_t *msg)
{
	http_wait(x);
	g_atomic_int_inc(&x->http->messages);
	limen->receive(&limen_module, HTTP_CLIENT, x->request, x->admin, msg);
	return 0;
}

int http_api_answer(struct http_exchange *x)
{
	bool more;
	size_t len;
	char *text = limen_clients_pop(x->http->answers, x->request, &len, &more);

	if (!text)
		return x->cut ? -1 : 0;
	return http_respond(x, 200, x->type ? x->type : "application/json", text, len);
}

/* Puts an id of the path into the payload. False: the payload says otherwise. */
static bool merge_id(json_t *msg, const char *name, uint64_t id)
{
	json_t *given = json_object_get(msg, name);

	if (!id)
		return true;
	if (json_is_integer(given) && json_integer_value(given) != 0)
		return (uint64_t)json_integer_value(given) == id;
	json_object_set_new(msg, name, json_integer((json_int_t)id));
	return true;
}

static int post(struct http_exchange *x)
{
	g_autoptr(GPtrArray) docs = NULL;
	char reason[LIMEN_FRAMING_REASON_MAX];
	json_t *msg;

	if (x->path.kind == HTTP_PATH_INFO || x->path.kind == HTTP_PATH_PING)
		return respond_empty(x, 400);
	if (x->path.kind == HTTP_PATH_BAD)
		return respond_empty(x, 404);
	if (limen_framing_parse(&x->http->framing, x->body->str, x->body->len, &docs, reason))
		return respond_error(x, LIMEN_API_INVALID_JSON, reason);
	msg = g_ptr_array_index(docs, 0);
	if (!json_is_object(msg))
		return respond_error(x, LIMEN_API_NOT_OBJECT, "JSON error: not an object");
	if (!merge_id(msg, "session_id", x->path.session))
		return respond_error(
			x, LIMEN_API_INVALID_PATH, "Conflicting session ID (payload and path)");
	if (!merge_id(msg, "handle_id", x->path.handle))
		return respond_error(
			x, LIMEN_API_INVALID_PATH, "Conflicting handle ID (payload and path)");
	return ask_core(x, json_incref(msg));
}

static int get_verb(struct http_exchange *x, const char *verb)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	char transaction[TRANSACTION_LEN + 1];
	uint8_t bytes[TRANSACTION_LEN];

	limen->base.random(bytes, sizeof(bytes));
	for (unsigned i = 0; i < TRANSACTION_LEN; i++)
		transaction[i] = letters[bytes[i] % (sizeof(letters) - 1)];
	transaction[TRANSACTION_LEN] = '\0';
	return ask_core(x, json_pack("{s:s, s:s}", "janus", verb, "transaction", transaction));
}

static int redirect_to_session(struct http_exchange *x)
{
	g_autofree char *to =
		g_strdup_printf("%s/%" G_GUINT64_FORMAT, x->http->base_path, x->path.session);

	x->location = to;
	return respond_empty(x, 302);
}

static int poll_session(struct http_exchange *x)
{
	size_t len;
	char *text;

	if (!limen->authorized(x->apisecret, x->token))
		return respond_empty(x, 403);
	if (!limen->touch(&limen_module, x->path.session))
		return respond_empty(x, 404);
	text = http_polls_take(
		x->http->polls, x->path.session, MIN(x->maxev, HTTP_POLL_MAX_EVENTS), &len);
	if (text)
		return http_respond(x, 200, "application/json", text, len);
	x->state = HTTP_POLLING;
	lws_set_timeout(x->wsi, NO_PENDING_TIMEOUT, 0);
	lws_set_timer_usecs(x->wsi, x->http->poll_s * LWS_USEC_PER_SEC);
	x->waiting = true;
	http_polls_wait(x->http->polls, x->path.session, x);
	return 0;
}

/* libwebsockets does not look for the end of a connection that waits for its answer. */
static bool peer_closed(const struct http_exchange *x)
{
	char byte;

	return recv(lws_get_socket_fd(x->wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void http_api_poll_fetch(struct http_exchange *x)
{
	if (peer_closed(x)) {
		x->cut = true; /* the events stay for the next poll */
		return;
	}
	x->text = http_polls_take(
		x->http->polls, x->path.session, MIN(x->maxev, HTTP_POLL_MAX_EVENTS), &x->len);
}

int http_api_poll_over(struct http_exchange *x)
{
	char *text = g_steal_pointer(&x->text);
	json_t *keepalive;

	if (x->cut)
		return -1;
	if (text)
		return http_respond(x, 200, "application/json", text, x->len);
	keepalive = json_pack("{s:s}", "janus", "keepalive");
	return http_respond_json(x, x->maxev > 1 ? json_pack("[o]", keepalive) : keepalive);
}

static int get(struct http_exchange *x)
{
	switch (x->path.kind) {
	case HTTP_PATH_INFO:
		return get_verb(x, "info");
	case HTTP_PATH_PING:
		return get_verb(x, "ping");
	case HTTP_PATH_BAD:
		return respond_empty(x, 404);
	default:
		break;
	}
	if (x->admin) /* there are no events to wait for */
		return respond_error(x, LIMEN_API_INVALID_JSON, "Request payload missing");
	switch (x->path.kind) {
	case HTTP_PATH_SESSION:
		return poll_session(x);
	case HTTP_PATH_HANDLE:
		return redirect_to_session(x);
	default:
		return respond_empty(x, 404);
	}
}

static int redirect_to_folder(struct http_exchange *x)
{
	g_autofree char *to = g_strconcat(x->uri, "/", NULL);

	x->location = to;
	return respond_empty(x, 302);
}

static int file(struct http_exchange *x)
{
	struct http_file f;
	int err;

	if (x->method != LWSHUMETH_GET && x->method != LWSHUMETH_HEAD)
		return respond_empty(x, 405);
	err = x->http->root ? http_file_open(x->http->root, x->uri, &f) : LIMEN_ENOENT;
	if (err == LIMEN_EAGAIN && !strstr(x->uri, "//"))
		return redirect_to_folder(x);
	if (err)
		return respond_empty(x, 404);
	x->etag = f.etag;
	if (!g_strcmp0(x->if_none_match, f.etag)) {
		x->fd = f.fd;
		return respond_empty(x, 304);
	}
	return http_respond_file(x, f.fd, f.len, f.type);
}

/* Behind a proxy the address to check is the one that the proxy names. */
static bool forwarded_allowed(const struct http_exchange *x)
{
	const struct limen_lws_access *access = &x->http->ws.access[x->admin];
	char peer[ADDRESS_MAX];

	if (!access->forwarded)
		return true;
	limen_lws_peer_address(x->wsi, peer, sizeof(peer));
	return limen_lws_acl(access->acl, x->forwarded ? x->forwarded : peer);
}

static bool origin_allowed(const struct http_exchange *x)
{
	const struct http *http = x->http;

	return !http->enforce_cors || !http->allow_origin ||
		(x->origin && g_str_has_prefix(x->origin, http->allow_origin));
}

/* The port that a client sends from; 0 when it has none. */
static int port_of(struct lws *wsi)
{
	struct sockaddr_storage at = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(at);

	if (getpeername(lws_get_socket_fd(wsi), (struct sockaddr *)&at, &len))
		return 0;
	return at.ss_family == AF_INET     ? ntohs(((struct sockaddr_in *)&at)->sin_port)
		: at.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&at)->sin6_port)
					   : 0;
}

static void tell_events(const struct http_exchange *x)
{
	char ip[ADDRESS_MAX] = "", id[24];

	if (!limen_query_events(&x->http->settings))
		return;
	lws_get_peer_simple(x->wsi, ip, sizeof(ip));
	g_snprintf(id, sizeof(id), "%" G_GUINT64_FORMAT, HTTP_CLIENT);
	limen->base.emit(&limen_module.head, LIMEN_LWS_EVENT_TRANSPORT, 0, 0,
		json_pack("{s:s,s:s,s:{s:s,s:b,s:s,s:i}}", "transport", limen_module.head.name,
			"id", id, "data", "event", "request", "admin_api", x->admin, "ip", ip,
			"port", port_of(x->wsi)));
}

static int unsupported(struct http_exchange *x)
{
	static const char *const names[] = {
		[LWSHUMETH_PUT] = "PUT",
		[LWSHUMETH_PATCH] = "PATCH",
		[LWSHUMETH_DELETE] = "DELETE",
		[LWSHUMETH_CONNECT] = "CONNECT",
		[LWSHUMETH_HEAD] = "HEAD",
	};
	const char *name =
		x->method >= 0 && x->method < (int)G_N_ELEMENTS(names) ? names[x->method] : NULL;
	g_autofree char *reason = g_strdup_printf("Unsupported method %s", name ? name : "");

	return respond_error(x, LIMEN_API_TRANSPORT, reason);
}

int http_api_request(struct http_exchange *x)
{
	if (!forwarded_allowed(x))
		return respond_empty(x, 403);
	if (http_operations_are(x))
		return http_operations_request(x);
	if (x->path.kind == HTTP_PATH_OUTSIDE)
		return x->admin ? respond_empty(x, 404) : file(x);
	tell_events(x);
	if (!origin_allowed(x))
		return respond_empty(x, 403);
	switch (x->method) {
	case LWSHUMETH_OPTIONS:
		return respond_empty(x, 200);
	case LWSHUMETH_POST:
		return x->body->len > 0 ? post(x) : -1;
	case LWSHUMETH_GET:
		return get(x);
	default:
		return unsupported(x);
	}
}
