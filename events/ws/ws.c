/*
 * Events to a WebSocket server, as text frames. Threads: start() and stop() main; wanted() and
 * query() any; handle() the core's; the socket belongs to the service thread (connection.c).
 */
#include "events/ws/ws.h"
#include <string.h>

#define CAP_MAX 1000000
#define FAREWELL_US G_USEC_PER_SEC
#define LOOK_US 10000

static struct ws_client client;

static const struct limen_option options[] = {
	LIMEN_EVENT_OPTIONS,
	LIMEN_EVENT_OPTION_GROUPING,
	{ "general", "backend", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Where to connect, \"ws://...\" or \"wss://...\"; needed when enabled" },
	{ "general", "subprotocol", LIMEN_OPT_STRING, "janus-event-handlers", 0, 0, NULL,
		"Sub-protocol that is asked for" },
	{ "general", "events_cap_on_reconnect", LIMEN_OPT_INT, "0", 0, CAP_MAX, NULL,
		"Events kept while there is no connection, the newest; 0 = 10000, as always" },
	{ "general", "ws_logging", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Accepted and not used: the library logs by debug_level" },
	LIMEN_OPTIONS_END,
};

static const struct limen_field tweakable[] = {
	{ "events", LIMEN_F_STRING, false },
	{ "grouping", LIMEN_F_BOOL, false },
	{ "events_cap_on_reconnect", LIMEN_F_UINT, false },
	LIMEN_FIELDS_END,
};

static int client_start(void);
static void client_stop(void);
static void client_handle(const json_t *event);
static json_t *client_query(const json_t *request);
static unsigned client_wanted(void);

LIMEN_EVENT_HANDLER("janus.eventhandler.wsevh", 1, "0.1.0", "WebSocket event handler",
	"Sends events to a WebSocket server.", "The Limen authors", options, .mask = (unsigned)-1,
	.start = client_start, .stop = client_stop, .handle = client_handle, .query = client_query,
	.wanted = client_wanted);

static const char *text_option(const char *name)
{
	return limen->base.option_string(&limen_module.head, "general", name);
}

/* lws_parse_uri() leaves out the slash that begins the path. */
static bool read_url(struct ws_client *c, const char *url)
{
	const char *path;

	if (!url)
		return false;
	c->url = g_strdup(url);
	if (lws_parse_uri(c->url, &c->scheme, &c->host, &c->port, &path) ||
		(strcmp(c->scheme, "ws") != 0 && strcmp(c->scheme, "wss") != 0))
		return false;
	c->path = *path == '/' ? g_strdup(path) : g_strconcat("/", path, NULL);
	return true;
}

static int client_start(void)
{
	struct ws_client *c = &client;
	int err;

	limen_event_common_read(&c->common, &limen_module.head, true);
	if (!c->common.enabled)
		return 0;
	if (!read_url(c, text_option("backend"))) {
		limen_log(LIMEN_LOG_ERROR, WS_TOPIC,
			"general.backend: expected \"ws://...\" or \"wss://...\"");
		return LIMEN_EINVAL;
	}
	c->subprotocol = text_option("subprotocol");
	c->delay_s = 1;
	c->cap = (gint)limen->base.option_int(
		&limen_module.head, "general", "events_cap_on_reconnect");
	c->buffer = limen_event_buffer_new(WS_TOPIC, (unsigned)c->cap);
	if ((err = limen_lws_new(&c->lws, &limen->base, ws_client_protocols, c)))
		return err;
	if (!(c->vhost = limen_lws_client(c->lws, WS_TOPIC)))
		return LIMEN_EIO;
	if ((err = limen_lws_run(c->lws, WS_TOPIC)))
		return err;
	limen_lws_wake(c->lws);
	return 0;
}

/* What waits leaves while somebody takes it. */
static void say_the_rest(struct ws_client *c)
{
	const int64_t until_us = g_get_monotonic_time() + FAREWELL_US;

	limen_lws_wake(c->lws);
	while (g_atomic_int_get(&c->connected) && g_get_monotonic_time() < until_us &&
		(limen_event_buffer_len(c->buffer) || g_atomic_int_get(&c->sending)))
		g_usleep(LOOK_US);
}

static void client_stop(void)
{
	struct ws_client *c = &client;

	if (c->lws)
		say_the_rest(c);
	limen_lws_free(c->lws);
	limen_event_buffer_free(c->buffer);
	g_free(c->url);
	g_free((char *)c->path);
	memset(c, 0, sizeof(*c));
}

static void client_handle(const json_t *event)
{
	limen_event_buffer_push(client.buffer, event);
	limen_lws_wake(client.lws);
}

static unsigned client_wanted(void)
{
	return limen_event_wanted(&client.common);
}

static json_t *client_query(const json_t *request)
{
	const json_t *cap = json_object_get(request, "events_cap_on_reconnect");
	json_t *error = limen_event_tweak_check(request, tweakable);

	if (error)
		return error;
	if (cap) {
		g_atomic_int_set(&client.cap, (gint)MIN(json_integer_value(cap), CAP_MAX));
		if (client.buffer && !g_atomic_int_get(&client.connected))
			limen_event_buffer_limit(
				client.buffer, (unsigned)g_atomic_int_get(&client.cap));
	}
	limen_event_tweak(&client.common, request);
	return limen_event_done();
}
