/*
 * The connection of the WebSocket event handler: made again after 1, 2, 4, 8, 8 ... seconds; what
 * waits leaves whenever it can take more. Thread: the service thread.
 */
#include "events/ws/ws.h"
#include <string.h>
#include "kit/framing.h"

#define DELAY_MAX_S 8

static void connect_again(lws_sorted_usec_list_t *at);

static void connect_later(struct ws_client *c)
{
	if (c->waits)
		return;
	c->waits = true;
	lws_sul_schedule(
		c->context, 0, &c->again, connect_again, (lws_usec_t)c->delay_s * LWS_US_PER_SEC);
	c->delay_s = MIN(c->delay_s * 2, DELAY_MAX_S);
}

static void connect_now(struct ws_client *c)
{
	const bool tls = strcmp(c->scheme, "wss") == 0;
	const struct lws_client_connect_info to = {
		.context = c->context,
		.vhost = c->vhost,
		.address = c->host,
		.port = c->port,
		.path = c->path,
		.host = c->host,
		.origin = c->host,
		.protocol = c->subprotocol,
		.local_protocol_name = ws_client_protocols[0].name,
		.ssl_connection = tls ? LCCSCF_USE_SSL : 0,
		.pwsi = &c->wsi,
	};

	/* A failure at once may or may not be told by a callback too. */
	if (!lws_client_connect_via_info(&to)) {
		c->wsi = NULL;
		connect_later(c);
	}
}

static void connect_again(lws_sorted_usec_list_t *at)
{
	struct ws_client *c = lws_container_of(at, struct ws_client, again);

	c->waits = false;
	if (!c->wsi)
		connect_now(c);
}

static void lost(struct ws_client *c, const char *why)
{
	if (g_atomic_int_get(&c->connected) || c->delay_s == 1)
		limen_log(LIMEN_LOG_WARN, WS_TOPIC, "%s:%d: %s", c->host, c->port, why);
	c->wsi = NULL;
	g_atomic_int_set(&c->connected, 0);
	limen_event_buffer_limit(c->buffer, (unsigned)g_atomic_int_get(&c->cap));
	connect_later(c);
}

static void established(struct ws_client *c)
{
	limen_log(LIMEN_LOG_INFO, WS_TOPIC, "connected to %s:%d", c->host, c->port);
	c->delay_s = 1;
	g_atomic_int_set(&c->connected, 1);
	limen_event_buffer_limit(c->buffer, 0);
	lws_callback_on_writable(c->wsi);
}

static int write_next(struct ws_client *c)
{
	json_t *next;
	unsigned char *frame;
	char *text;
	size_t len;
	int n = 0;

	g_atomic_int_set(&c->sending, 1);
	if ((next = limen_event_buffer_take(c->buffer, limen_event_groups(&c->common)))) {
		text = limen_framing_print(next, c->common.style, &len);
		json_decref(next);
		frame = g_malloc(LWS_PRE + len);
		memcpy(frame + LWS_PRE, text ? text : "", len);
		n = text ? lws_write(c->wsi, frame + LWS_PRE, len, LWS_WRITE_TEXT) : 0;
		g_free(frame);
		free(text);
	}
	g_atomic_int_set(&c->sending, 0);
	if (n < 0)
		return -1;
	if (limen_event_buffer_len(c->buffer))
		lws_callback_on_writable(c->wsi);
	return 0;
}

/* Somebody woke the thread: there is news to send, or it is the beginning. */
static void woken(struct ws_client *c, struct lws *any)
{
	c->context = lws_get_context(any);
	if (!c->wsi && !c->waits)
		connect_now(c);
	else if (c->wsi && g_atomic_int_get(&c->connected))
		lws_callback_on_writable(c->wsi);
}

static int on_event(
	struct lws *wsi, enum lws_callback_reasons reason, void *session, void *in, size_t len)
{
	struct ws_client *c = limen_lws_user(wsi);

	(void)session, (void)len;
	switch (reason) {
	case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
		woken(c, wsi);
		return 0;
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		established(c);
		return 0;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		lost(c, in ? in : "no connection");
		return 0;
	case LWS_CALLBACK_CLIENT_CLOSED:
		lost(c, "the connection has gone");
		return 0;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return write_next(c);
	default:
		return 0;
	}
}

const struct lws_protocols ws_client_protocols[] = {
	{ .name = "events", .callback = on_event },
	{ .name = NULL },
};
