/*
 * The HTTP transport: options, start and stop, and the way out. An answer (request != 0) goes to
 * the exchange that waits for it; an event goes to the queue of its session until a long poll
 * fetches it. Threads: start() and stop() main; send() and session() any.
 */
#include "transports/http/http.h"

#include <stdlib.h>
#include <string.h>

struct http http;

static const struct limen_option options[] = {
	{ "general", "json", LIMEN_OPT_CHOICE, "compact", 0, 0, "indented|plain|compact",
		"How replies are printed." },
	{ "general", "events", LIMEN_OPT_BOOL, "true", 0, 0, NULL,
		"Tell event handlers of requests." },
	{ "general", "base_path", LIMEN_OPT_STRING, "/janus", 0, 0, NULL,
		"Path of the client API." },
	{ "general", "static_dir", LIMEN_OPT_STRING, "html", 0, 0, NULL,
		"Folder of the files shown at /; empty = none." },
	{ "general", "http", LIMEN_OPT_BOOL, "true", 0, 0, NULL, "Listen without TLS." },
	{ "general", "port", LIMEN_OPT_INT, "8088", 0, 65535, NULL,
		"Port without TLS; 0 = any free one." },
	{ "general", "interface", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Interface to listen on; all when unset." },
	{ "general", "ip", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Address to listen on; all when unset." },
	{ "general", "https", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Listen with TLS; needs certificates.cert_pem." },
	{ "general", "secure_port", LIMEN_OPT_INT, "8089", 0, 65535, NULL,
		"Port with TLS; 0 = any free one." },
	{ "general", "secure_interface", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Interface to listen on with TLS; all when unset." },
	{ "general", "secure_ip", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Address to listen on with TLS; all when unset." },
	{ "general", "acl", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Comma list of addresses, networks (10.0.0.0/8) and beginnings (10.0.) that may "
		"connect; all when unset." },
	{ "general", "acl_forwarded", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Apply acl to X-Forwarded-For; only behind a proxy." },
	{ "admin", "admin_base_path", LIMEN_OPT_STRING, "/admin", 0, 0, NULL,
		"Path of the admin API." },
	{ "admin", "admin_http", LIMEN_OPT_BOOL, "true", 0, 0, NULL,
		"Listen for the admin API without TLS." },
	{ "admin", "admin_port", LIMEN_OPT_INT, "7088", 0, 65535, NULL,
		"Port of the admin API without TLS; 0 = any free one." },
	{ "admin", "admin_interface", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Interface to listen on for the admin API, in place of admin_ip." },
	{ "admin", "admin_ip", LIMEN_OPT_STRING, "127.0.0.1", 0, 0, NULL,
		"Address to listen on for the admin API." },
	{ "admin", "admin_https", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Listen for the admin API with TLS; needs certificates.cert_pem." },
	{ "admin", "admin_secure_port", LIMEN_OPT_INT, "7889", 0, 65535, NULL,
		"Port of the admin API with TLS; 0 = any free one." },
	{ "admin", "admin_secure_interface", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Interface to listen on for the admin API with TLS, in place of admin_secure_ip." },
	{ "admin", "admin_secure_ip", LIMEN_OPT_STRING, "127.0.0.1", 0, 0, NULL,
		"Address to listen on for the admin API with TLS." },
	{ "admin", "admin_acl", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Comma list of addresses and networks that may use the admin API; all when "
		"unset." },
	{ "admin", "admin_acl_forwarded", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Apply admin_acl to X-Forwarded-For; only behind a proxy." },
	{ "general", "max_body", LIMEN_OPT_INT, "262144", 1024, 16777216, NULL,
		"Longest request body in bytes." },
	{ "general", "connections_max", LIMEN_OPT_INT, "0", 0, 1000000, NULL,
		"Connections at a time; 0 = a third of the files that may be open." },
	{ "general", "connections_per_address", LIMEN_OPT_INT, "0", 0, 1000000, NULL,
		"Connections at a time from one address; 0 = half of connections_max." },
	{ "general", "idle_timeout", LIMEN_OPT_INT, "120", 1, 3600, NULL,
		"Seconds until an idle connection is closed." },
	{ "general", "poll_timeout", LIMEN_OPT_INT, "30", 1, 300, NULL,
		"Seconds a long poll waits for an event." },
	{ "general", "answer_timeout", LIMEN_OPT_INT, "10", 1, 300, NULL,
		"Seconds to wait for the gateway's answer to a request." },
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

static int http_start(void);
static void http_stop(void);
static void http_send(uint64_t client, uint64_t request, uint64_t session, json_t *msg);
static void http_session(uint64_t client, uint64_t session, enum limen_session_change change);
static json_t *http_query(const json_t *request);

LIMEN_TRANSPORT("janus.transport.http", 1, "0.1.0", "HTTP transport",
	"JSON requests over HTTP, events by long poll.", "The Limen authors", options,
	.start = http_start, .stop = http_stop, .send = http_send, .session = http_session,
	.query = http_query);

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

/* "/janus" however it was written; "/" alone becomes "" and leaves no room for files. */
static char *clean_base_path(const char *text, const char *fallback)
{
	g_autofree char *path = g_strdup(text && *text ? text : fallback);
	size_t len = strlen(path);

	while (len > 0 && path[len - 1] == '/')
		path[--len] = '\0';
	return path[0] == '/' || !*path ? g_steal_pointer(&path) : g_strconcat("/", path, NULL);
}

static void read_options(void)
{
	const char *root = text_option("general", "static_dir");

	http.framing = (struct limen_framing){ .bytes_max = (size_t)int_option("max_body"),
		.wording = LIMEN_FRAMING_HTTP };
	limen_query_init(
		&http.settings, bool_option("general", "events"), text_option("general", "json"));
	http.base_path = clean_base_path(text_option("general", "base_path"), "/janus");
	http.admin_base_path = clean_base_path(text_option("admin", "admin_base_path"), "/admin");
	http.root = root && *root ? realpath(root, NULL) : NULL;
	http.allow_origin = text_option("cors", "allow_origin");
	http.enforce_cors = bool_option("cors", "enforce_cors");
	http.poll_s = (int)int_option("poll_timeout");
	http.answer_s = (int)int_option("answer_timeout");
}

static void read_ws_options(void)
{
	struct limen_ws *ws = &http.ws;

	ws->topic = "http";
	ws->path = HTTP_WS_PATH;
	ws->framing = (struct limen_framing){ .bytes_max = http.framing.bytes_max,
		.wording = LIMEN_FRAMING_MESSAGE,
		.several = true };
	ws->settings = &http.settings;
	ws->access[false] = (struct limen_lws_access){ text_option("general", "acl"),
		bool_option("general", "acl_forwarded") };
	ws->access[true] = (struct limen_lws_access){ text_option("admin", "admin_acl"),
		bool_option("admin", "admin_acl_forwarded") };
	ws->allow_origin = http.allow_origin;
	ws->enforce_cors = http.enforce_cors;
}

/* One of the four listeners: "", "secure_", "admin_", "admin_secure_" begin its options. */
static int listen_at(bool admin, bool tls)
{
	const char *section = admin ? "admin" : "general";
	const char *prefix = admin ? (tls ? "admin_secure_" : "admin_") : tls ? "secure_" : "";
	g_autofree char *port = g_strconcat(prefix, "port", NULL);
	g_autofree char *ip = g_strconcat(prefix, "ip", NULL);
	g_autofree char *interface = g_strconcat(prefix, "interface", NULL);
	const char *on = text_option(section, interface);
	const struct limen_lws_listener at = {
		.topic = "http",
		.port = (int)limen->base.option_int(&limen_module.head, section, port),
		.ip = on ? on : text_option(section, ip),
		.tls = tls,
		.admin = admin,
		.protocols = admin ? limen_http_admin_protocols : limen_http_protocols,
		.cert_pem = tls ? text_option("certificates", "cert_pem") : NULL,
		.cert_key = text_option("certificates", "cert_key"),
		.cert_pwd = text_option("certificates", "cert_pwd"),
		.ciphers = text_option("certificates", "ciphers"),
		.idle_s = (unsigned)int_option("idle_timeout"),
	};

	if (!tls || at.cert_pem)
		return limen_lws_listen(http.lws, &at, NULL);
	limen_log(LIMEN_LOG_ERROR, "http",
		"http: %s.%shttps is on, but certificates.cert_pem is not set", section,
		admin ? "admin_" : "");
	return LIMEN_EINVAL;
}

static bool is_on(bool admin, bool tls)
{
	if (admin)
		return bool_option("admin", tls ? "admin_https" : "admin_http");
	return bool_option("general", tls ? "https" : "http") ||
		(tls && text_option("certificates", "cert_pem"));
}

static int listen_all(void)
{
	int err = 0;

	for (int kind = 0; kind < 4 && !err; kind++)
		if (is_on(kind & 2, kind & 1))
			err = listen_at(kind & 2, kind & 1);
	return err;
}

static int http_start(void)
{
	int err;

	http = (struct http){ .lws = NULL };
	read_options();
	read_ws_options();
	limen_ws_init(&http.ws);
	http.limits =
		limen_lws_limits_new(&limen->base, "http", (unsigned)int_option("connections_max"),
			(unsigned)int_option("connections_per_address"));
	http.answers = limen_clients_new(LIMEN_CLIENTS_MESSAGES_MAX, LIMEN_CLIENTS_BYTES_MAX);
	http.polls = http_polls_new();
	if ((err = limen_lws_new(&http.lws, &limen->base, limen_http_protocols, &http)) ||
		(err = listen_all()) || (err = limen_lws_run(http.lws, "http")))
		http_stop();
	return err;
}

static void http_stop(void)
{
	limen_lws_free(http.lws);
	limen_lws_limits_free(http.limits);
	limen_ws_clear(&http.ws);
	http_polls_free(http.polls);
	limen_clients_free(http.answers);
	g_free(http.base_path);
	g_free(http.admin_base_path);
	free(http.root);
	http = (struct http){ .lws = NULL };
}

static void http_send(uint64_t client, uint64_t request, uint64_t session, json_t *msg)
{
	size_t len;
	char *text = limen_framing_print(msg, limen_query_style(&http.settings), &len);
	bool wake = false;

	json_decref(msg);
	if (!text || !http.lws) {
		free(text);
		return;
	}
	if (client != HTTP_CLIENT)
		wake = limen_ws_push(&http.ws, client, session, text, len);
	else if (request)
		limen_clients_push(http.answers, request, text, len, &wake);
	else if (http_polls_push(http.polls, session, text, len, &wake) == LIMEN_ELIMIT)
		limen_log(LIMEN_LOG_DEBUG, "http",
			"session %" G_GUINT64_FORMAT " does not poll, an old event is dropped",
			session);
	if (wake)
		limen_lws_wake(http.lws);
}

void http_send_text(uint64_t request, char *text)
{
	bool wake = false;

	limen_clients_push(http.answers, request, text, strlen(text), &wake);
	if (wake)
		limen_lws_wake(http.lws);
}

static void http_session(uint64_t client, uint64_t session, enum limen_session_change change)
{
	bool wake = false;

	if (!http.lws || client != HTTP_CLIENT) /* a WebSocket has its own queue */
		return;
	switch (change) {
	case LIMEN_SESSION_CREATED:
	case LIMEN_SESSION_CLAIMED:
		http_polls_open(http.polls, session, &wake);
		break;
	case LIMEN_SESSION_OVER:
		http_polls_end(http.polls, session, HTTP_POLL_DROP, &wake);
		break;
	case LIMEN_SESSION_TIMEOUT:
		http_polls_end(http.polls, session, HTTP_POLL_DELIVER, &wake);
		break;
	case LIMEN_SESSION_LOST:
		http_polls_end(http.polls, session, HTTP_POLL_RELEASE, &wake);
		break;
	}
	if (wake)
		limen_lws_wake(http.lws);
}

static void add_connections(json_t *answer)
{
	static const struct {
		const char *name;
		bool admin, tls;
	} kinds[] = {
		{ "http", false, false },
		{ "https", false, true },
		{ "admin_http", true, false },
		{ "admin_https", true, true },
	};
	json_t *connections = json_object();

	for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (is_on(kinds[i].admin, kinds[i].tls))
			json_object_set_new(connections, kinds[i].name,
				json_integer(limen_lws_limits_count(
					http.limits, kinds[i].admin, kinds[i].tls)));
	json_object_set_new(answer, "connections", connections);
	json_object_set_new(answer, "messages", json_integer(g_atomic_int_get(&http.messages)));
}

static json_t *http_query(const json_t *request)
{
	static const struct limen_query query = { .settings = &http.settings,
		.add_connections = add_connections };

	return limen_query_answer(&query, request);
}
