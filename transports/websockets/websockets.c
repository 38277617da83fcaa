/*
 * The WebSockets transport: options, start and stop, and the way out. Every other thread only
 * queues a text and wakes the service thread, once per batch; all sockets belong to that thread
 * (connection.c). Threads: start() and stop() main; send() and session() any.
 */
#include "transports/websockets/websockets.h"

#include <stdlib.h>

struct websockets websockets;

static const struct limen_option options[] = {
	{ "general", "json", LIMEN_OPT_CHOICE, "compact", 0, 0, "indented|plain|compact",
		"How replies are printed." },
	{ "general", "events", LIMEN_OPT_BOOL, "true", 0, 0, NULL,
		"Tell event handlers of connections." },
	{ "general", "pingpong_trigger", LIMEN_OPT_INT, "0", 0, 3600, NULL,
		"Seconds of silence before a ping; 0 = never." },
	{ "general", "pingpong_timeout", LIMEN_OPT_INT, "0", 0, 3600, NULL,
		"Seconds to wait for the answer to a ping; 0 = no pings." },
	{ "general", "max_message", LIMEN_OPT_INT, "262144", 1024, 16777216, NULL,
		"Longest request in bytes." },
	{ "general", "ws", LIMEN_OPT_BOOL, "true", 0, 0, NULL, "Listen without TLS." },
	{ "general", "ws_port", LIMEN_OPT_INT, "8188", 0, 65535, NULL,
		"Port without TLS; 0 = any free one." },
	{ "general", "ws_interface", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Interface to listen on; all when unset." },
	{ "general", "ws_ip", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Address to listen on; all when unset." },
	{ "general", "ws_unix", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Socket file to listen on instead of an address." },
	{ "general", "ws_acl", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Comma list of address prefixes that may connect; all when unset." },
	{ "general", "ws_acl_forwarded", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Apply ws_acl to X-Forwarded-For; only behind a proxy." },
	{ "general", "wss", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Listen with TLS; needs certificates.cert_pem." },
	{ "general", "wss_port", LIMEN_OPT_INT, "8989", 0, 65535, NULL,
		"Port with TLS; 0 = any free one." },
	{ "general", "wss_interface", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Interface to listen on with TLS; all when unset." },
	{ "general", "wss_ip", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Address to listen on with TLS; all when unset." },
	{ "general", "wss_unix", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Socket file to listen on with TLS instead of an address." },
	{ "general", "ws_logging", LIMEN_OPT_STRING, "err,warn", 0, 0, NULL,
		"What the WebSocket library logs: err, warn, notice, info, debug." },
	{ "general", "connections_max", LIMEN_OPT_INT, "0", 0, 1000000, NULL,
		"Connections at a time; 0 = a third of the files that may be open." },
	{ "general", "connections_per_address", LIMEN_OPT_INT, "0", 0, 1000000, NULL,
		"Connections at a time from one address; 0 = half of connections_max." },
	{ "admin", "admin_ws", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Listen for the admin API without TLS." },
	{ "admin", "admin_ws_port", LIMEN_OPT_INT, "7188", 0, 65535, NULL,
		"Port of the admin API without TLS; 0 = any free one." },
	{ "admin", "admin_ws_interface", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Interface to listen on for the admin API, in place of admin_ws_ip." },
	{ "admin", "admin_ws_ip", LIMEN_OPT_STRING, "127.0.0.1", 0, 0, NULL,
		"Address to listen on for the admin API." },
	{ "admin", "admin_ws_unix", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Socket file to listen on for the admin API instead of an address." },
	{ "admin", "admin_wss", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Listen for the admin API with TLS." },
	{ "admin", "admin_wss_port", LIMEN_OPT_INT, "7989", 0, 65535, NULL,
		"Port of the admin API with TLS; 0 = any free one." },
	{ "admin", "admin_wss_interface", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Interface to listen on for the admin API with TLS, in place of admin_wss_ip." },
	{ "admin", "admin_wss_ip", LIMEN_OPT_STRING, "127.0.0.1", 0, 0, NULL,
		"Address to listen on for the admin API with TLS." },
	{ "admin", "admin_wss_unix", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Socket file to listen on for the admin API with TLS instead of an address." },
	{ "admin", "admin_ws_acl", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Comma list of addresses and networks that may use the admin API; all when "
		"unset." },
	{ "admin", "admin_ws_acl_forwarded", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Apply admin_ws_acl to X-Forwarded-For; only behind a proxy." },
	{ "cors", "allow_origin", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Access-Control-Allow-Origin; * when unset." },
	{ "cors", "enforce_cors", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Refuse an Origin that does not begin with allow_origin." },
	{ "certificates", "cert_pem", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Certificate file (PEM); listening with TLS needs it." },
	{ "certificates", "cert_key", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Key file (PEM); cert_pem when unset." },
	{ "certificates", "cert_pwd", LIMEN_OPT_STRING, NULL, 0, 0, NULL, "Password of the key." },
	{ "certificates", "ciphers", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"OpenSSL cipher list; the library's default when unset." },
	LIMEN_OPTIONS_END,
};

static int ws_start(void);
static void ws_stop(void);
static void ws_send(uint64_t client, uint64_t request, uint64_t session, json_t *msg);
static void ws_session(uint64_t client, uint64_t session, enum limen_session_change change);
static json_t *ws_query(const json_t *request);

LIMEN_TRANSPORT("janus.transport.websockets", 1, "0.1.0", "WebSockets transport",
	"JSON requests and events over WebSockets.", "The Limen authors", options,
	.start = ws_start, .stop = ws_stop, .send = ws_send, .session = ws_session,
	.query = ws_query);

static const char *text_option(const char *section, const char *name)
{
	return limen->base.option_string(&limen_module.head, section, name);
}

static int64_t int_option(const char *name)
{
	return limen->base.option_int(&limen_module.head, "general", name);
}

static bool bool_option(const char *section, const char *name)
{
	return limen->base.option_bool(&limen_module.head, section, name);
}

static void read_options(void)
{
	struct limen_ws *ws = &websockets.ws;
	int64_t trigger = int_option("pingpong_trigger"), patience = int_option("pingpong_timeout");

	limen_query_init(&websockets.settings, bool_option("general", "events"),
		text_option("general", "json"));
	websockets.pings = trigger > 0 && patience > 0;
	websockets.ping = (lws_retry_bo_t){ .secs_since_valid_ping = (uint16_t)trigger,
		.secs_since_valid_hangup = (uint16_t)(trigger + patience) };
	ws->topic = "websockets";
	ws->framing = (struct limen_framing){ .bytes_max = (size_t)int_option("max_message"),
		.wording = LIMEN_FRAMING_MESSAGE,
		.several = true };
	ws->settings = &websockets.settings;
	ws->access[false] = (struct limen_lws_access){ text_option("general", "ws_acl"),
		bool_option("general", "ws_acl_forwarded") };
	ws->access[true] = (struct limen_lws_access){ text_option("admin", "admin_ws_acl"),
		bool_option("admin", "admin_ws_acl_forwarded") };
	ws->allow_origin = text_option("cors", "allow_origin");
	ws->enforce_cors = bool_option("cors", "enforce_cors");
}

/* One of the four listeners: "ws", "wss", "admin_ws", "admin_wss" begin its options. */
static int listen_at(bool admin, bool tls)
{
	const char *section = admin ? "admin" : "general";
	const char *name = admin ? (tls ? "admin_wss" : "admin_ws") : tls ? "wss" : "ws";
	g_autofree char *port = g_strconcat(name, "_port", NULL);
	g_autofree char *ip = g_strconcat(name, "_ip", NULL);
	g_autofree char *interface = g_strconcat(name, "_interface", NULL);
	g_autofree char *unix_path = g_strconcat(name, "_unix", NULL);
	const char *on = text_option(section, interface);
	const char *cert_pem = text_option("certificates", "cert_pem");
	const struct limen_lws_listener at = {
		.topic = "websockets",
		.port = (int)limen->base.option_int(&limen_module.head, section, port),
		.ip = on ? on : text_option(section, ip),
		.unix_path = text_option(section, unix_path),
		.tls = tls,
		.admin = admin,
		.protocols = admin ? websockets_admin_protocols : websockets_protocols,
		.cert_pem = tls ? cert_pem : NULL,
		.cert_key = text_option("certificates", "cert_key"),
		.cert_pwd = text_option("certificates", "cert_pwd"),
		.ciphers = text_option("certificates", "ciphers"),
		.ping = websockets.pings ? &websockets.ping : NULL,
	};

	if (!bool_option(section, name) && !(tls && !admin && cert_pem))
		return 0;
	if (!tls || cert_pem)
		return limen_lws_listen(websockets.lws, &at, NULL);
	limen_log(LIMEN_LOG_ERROR, "websockets",
		"websockets: %s.%s is on, but certificates.cert_pem is not set", section, name);
	return LIMEN_EINVAL;
}

static int ws_start(void)
{
	int err;

	websockets = (struct websockets){ .lws = NULL };
	read_options();
	limen_ws_init(&websockets.ws);
	websockets.limits = limen_lws_limits_new(&limen->base, "websockets",
		(unsigned)int_option("connections_max"),
		(unsigned)int_option("connections_per_address"));
	if ((err = limen_lws_new(
		     &websockets.lws, &limen->base, websockets_protocols, &websockets)) ||
		(err = listen_at(false, false)) || (err = listen_at(false, true)) ||
		(err = listen_at(true, false)) || (err = listen_at(true, true)) ||
		(err = limen_lws_run(websockets.lws, "websockets"))) {
		ws_stop();
		return err;
	}
	limen_lws_logging(text_option("general", "ws_logging"));
	return 0;
}

static void ws_stop(void)
{
	/* Closing tells the core of each client, and its answers may still come here: the pointers
	 * stay until the end. */
	limen_lws_free(websockets.lws);
	limen_lws_limits_free(websockets.limits);
	limen_ws_clear(&websockets.ws);
	websockets = (struct websockets){ .lws = NULL };
}

static void ws_send(uint64_t client, uint64_t request, uint64_t session, json_t *msg)
{
	size_t len;
	char *text = limen_framing_print(msg, limen_query_style(&websockets.settings), &len);

	(void)request;
	json_decref(msg);
	if (!text || !websockets.ws.clients)
		free(text);
	else if (limen_ws_push(&websockets.ws, client, session, text, len))
		limen_lws_wake(websockets.lws);
}

/* A socket may carry many sessions and outlives them all, so there is nothing to do when one of
 * them changes. */
static void ws_session(uint64_t client, uint64_t session, enum limen_session_change change)
{
	(void)client, (void)session, (void)change;
}

static void add_connections(json_t *answer)
{
	json_object_set_new(
		answer, "connections", json_integer(limen_clients_count(websockets.ws.clients)));
}

static json_t *ws_query(const json_t *request)
{
	static const struct limen_query query = { .settings = &websockets.settings,
		.logging = limen_lws_logging,
		.add_connections = add_connections };

	return limen_query_answer(&query, request);
}
