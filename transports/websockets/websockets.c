/*
 * The WebSockets transport: options, start and stop, and the way out. Every other thread only
 * queues a text and wakes the service thread, once per batch; all sockets belong to that thread
 * (connection.c). Threads: start() and stop() main; send() and session() any.
 */
#include "transports/websockets/websockets.h"

static struct websockets ws;

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

LIMEN_TRANSPORT("janus.transport.websockets", 1, "0.1.0", "WebSockets transport",
	"JSON requests and events over WebSockets.", "The Limen authors", options,
	.start = ws_start, .stop = ws_stop, .send = ws_send, .session = ws_session);

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
	int64_t trigger = int_option("pingpong_trigger"), patience = int_option("pingpong_timeout");

	ws.framing = (struct limen_framing){ .bytes_max = (size_t)int_option("max_message"),
		.wording = LIMEN_FRAMING_MESSAGE,
		.several = true };
	ws.style = limen_framing_style(text_option("general", "json"));
	ws.events = bool_option("general", "events");
	ws.pings = trigger > 0 && patience > 0;
	ws.ping = (lws_retry_bo_t){ .secs_since_valid_ping = (uint16_t)trigger,
		.secs_since_valid_hangup = (uint16_t)(trigger + patience) };
	ws.acl = text_option("general", "ws_acl");
	ws.acl_forwarded = bool_option("general", "ws_acl_forwarded");
	ws.allow_origin = text_option("cors", "allow_origin");
	ws.enforce_cors = bool_option("cors", "enforce_cors");
}

static int listen_plain(void)
{
	const char *ip = text_option("general", "ws_ip");
	struct limen_lws_listener at = {
		.topic = "websockets",
		.port = (int)int_option("ws_port"),
		.ip = ip ? ip : text_option("general", "ws_interface"),
		.unix_path = text_option("general", "ws_unix"),
		.ping = ws.pings ? &ws.ping : NULL,
	};

	return bool_option("general", "ws") ? limen_lws_listen(ws.lws, &at, NULL) : 0;
}

static int listen_tls(void)
{
	const char *ip = text_option("general", "wss_ip");
	struct limen_lws_listener at = {
		.topic = "websockets",
		.port = (int)int_option("wss_port"),
		.ip = ip ? ip : text_option("general", "wss_interface"),
		.unix_path = text_option("general", "wss_unix"),
		.tls = true,
		.cert_pem = text_option("certificates", "cert_pem"),
		.cert_key = text_option("certificates", "cert_key"),
		.cert_pwd = text_option("certificates", "cert_pwd"),
		.ciphers = text_option("certificates", "ciphers"),
		.ping = ws.pings ? &ws.ping : NULL,
	};

	if (!bool_option("general", "wss") && !at.cert_pem)
		return 0;
	if (!at.cert_pem) {
		limen_log(LIMEN_LOG_ERROR, "websockets",
			"websockets: general.wss is on, but certificates.cert_pem is not set");
		return LIMEN_EINVAL;
	}
	return limen_lws_listen(ws.lws, &at, NULL);
}

static int ws_start(void)
{
	int err;

	ws = (struct websockets){ .lws = NULL };
	read_options();
	ws.clients = limen_clients_new(LIMEN_CLIENTS_MESSAGES_MAX, LIMEN_CLIENTS_BYTES_MAX);
	if ((err = limen_lws_new(&ws.lws, &limen->base, limen_websockets_protocols, &ws)) ||
		(err = listen_plain()) || (err = listen_tls()) ||
		(err = limen_lws_run(ws.lws, "websockets")))
		ws_stop();
	return err;
}

static void ws_stop(void)
{
	/* Closing tells the core of each client, and its answers may still come here: the pointers
	 * stay until the end. */
	limen_lws_free(ws.lws);
	limen_clients_free(ws.clients);
	ws = (struct websockets){ .lws = NULL };
}

static void ws_send(uint64_t client, uint64_t request, uint64_t session, json_t *msg)
{
	size_t len;
	char *text = limen_framing_print(msg, ws.style, &len);
	bool wake;

	(void)request;
	json_decref(msg);
	if (!text || !ws.clients) {
		free(text);
		return;
	}
	if (limen_clients_push(ws.clients, client, text, len, &wake) == LIMEN_ELIMIT)
		limen_log(LIMEN_LOG_WARN, "websockets",
			"client %" G_GUINT64_FORMAT " does not read (session %" G_GUINT64_FORMAT
			"), closing it",
			client, session);
	if (wake)
		limen_lws_wake(ws.lws);
}

/* A socket may carry many sessions and outlives them all, so there is nothing to do when one of
 * them changes. */
static void ws_session(uint64_t client, uint64_t session, enum limen_session_change change)
{
	(void)client, (void)session, (void)change;
}
