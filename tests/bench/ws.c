/*
 * The WebSocket client: two queues between the caller and the service thread, which is woken once
 * for whatever waits. Threads: see ws.h; callbacks on the service thread.
 */
#include "tests/bench/ws.h"
#include <glib.h>
#include <libwebsockets.h>
#include <limen/types.h>
#include <string.h>

struct bench_ws {
	struct lws_context *context;
	struct lws *wsi;       /* service thread */
	GString *partial;      /* service thread: a message of which more comes */
	GAsyncQueue *in, *out; /* struct message; texts */
	GThread *thread;
	bool connected;     /* service thread */
	int over, stopping; /* atomic */
};

struct message {
	char *text;
	int64_t at_us;
};

static void message_free(gpointer m)
{
	g_free(((struct message *)m)->text);
	g_free(m);
}

static void write_next(struct bench_ws *ws)
{
	g_autofree char *text = g_async_queue_try_pop(ws->out);
	size_t len = text ? strlen(text) : 0;
	g_autofree uint8_t *framed = g_malloc(LWS_PRE + len);

	if (!text)
		return;
	memcpy(framed + LWS_PRE, text, len);
	if (lws_write(ws->wsi, framed + LWS_PRE, len, LWS_WRITE_TEXT) < 0)
		g_atomic_int_set(&ws->over, 1);
	if (g_async_queue_length(ws->out) > 0)
		lws_callback_on_writable(ws->wsi);
}

static void take_in(struct bench_ws *ws, const char *bytes, size_t len)
{
	struct message *m;

	g_string_append_len(ws->partial, bytes, (gssize)len);
	if (!lws_is_final_fragment(ws->wsi) || lws_remaining_packet_payload(ws->wsi) > 0)
		return;
	m = g_new(struct message, 1);
	*m = (struct message){ g_strndup(ws->partial->str, ws->partial->len),
		g_get_monotonic_time() };
	g_async_queue_push(ws->in, m);
	g_string_truncate(ws->partial, 0);
}

static int callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct bench_ws *ws = lws_context_user(lws_get_context(wsi));

	(void)user;
	switch (reason) {
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		ws->connected = true;
		lws_callback_on_writable(wsi);
		break;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		write_next(ws);
		break;
	case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
		if (ws->connected)
			lws_callback_on_writable(ws->wsi);
		break;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		take_in(ws, in, len);
		break;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
	case LWS_CALLBACK_CLIENT_CLOSED:
		ws->connected = false;
		g_atomic_int_set(&ws->over, 1);
		break;
	default:
		break;
	}
	return 0;
}

static const struct lws_protocols protocols[] = {
	{ .name = "janus-protocol", .callback = callback, .rx_buffer_size = 65536 },
	{ .name = NULL },
};

static gpointer service(gpointer arg)
{
	struct bench_ws *ws = arg;

	while (!g_atomic_int_get(&ws->stopping) && lws_service(ws->context, 0) >= 0)
		;
	return NULL;
}

static bool connect_to(struct bench_ws *ws, const char *url)
{
	g_autofree char *text = g_strdup(url);
	const char *scheme, *host, *path;
	g_autofree char *full_path = NULL;
	int port;

	if (lws_parse_uri(text, &scheme, &host, &port, &path) || strcmp(scheme, "ws") != 0)
		return false;
	full_path = g_strdup_printf("/%s", path);
	struct lws_client_connect_info info = {
		.context = ws->context,
		.address = host,
		.host = host,
		.port = port,
		.path = full_path,
		.local_protocol_name = protocols[0].name,
		.protocol = protocols[0].name,
		.pwsi = &ws->wsi,
	};
	return lws_client_connect_via_info(&info) != NULL;
}

int bench_ws_new(struct bench_ws **out, const char *url)
{
	struct bench_ws *ws = g_new0(struct bench_ws, 1);
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
		.user = ws,
	};

	*out = NULL;
	lws_set_log_level(0, NULL);
	ws->partial = g_string_new(NULL);
	ws->in = g_async_queue_new_full(message_free);
	ws->out = g_async_queue_new_full(g_free);
	ws->context = lws_create_context(&info);
	if (!ws->context || !connect_to(ws, url)) {
		bench_ws_free(ws);
		return LIMEN_EINVAL;
	}
	ws->thread = g_thread_new("bench-ws", service, ws);
	*out = ws;
	return 0;
}

void bench_ws_send(struct bench_ws *ws, char *text)
{
	g_async_queue_push(ws->out, text);
	lws_cancel_service(ws->context);
}

char *bench_ws_take(struct bench_ws *ws, int64_t *at_us)
{
	struct message *m = g_async_queue_try_pop(ws->in);
	char *text = m ? m->text : NULL;

	if (m && at_us)
		*at_us = m->at_us;
	g_free(m);
	return text;
}

bool bench_ws_is_over(struct bench_ws *ws)
{
	return g_atomic_int_get(&ws->over);
}

void bench_ws_free(struct bench_ws *ws)
{
	if (!ws)
		return;
	g_atomic_int_set(&ws->stopping, 1);
	if (ws->thread) {
		lws_cancel_service(ws->context);
		g_thread_join(ws->thread);
	}
	if (ws->context)
		lws_context_destroy(ws->context);
	g_async_queue_unref(ws->in);
	g_async_queue_unref(ws->out);
	g_string_free(ws->partial, TRUE);
	g_free(ws);
}
