/*
 * The HTTP transport: options, start and stop, and the way out. An answer (request != 0) goes to
 * the exchange that waits for it; an event goes to the queue of its session until a long poll
 * fetches it. Threads: start() and stop() main; send() and session() any.
 */
#include "transports/http/http.h"

#include <stdlib.h>
#include <string.h>

static struct http http;

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

LIMEN_TRANSPORT("janus.transport.http", 1, "0.1.0", "HTTP transport",
	"JSON requests over HTTP, events by long poll.", "The Limen authors", options,
	.start = http_start, .stop = http_stop, .send = http_send, .session = http_session);

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
	http.style = limen_framing_style(text_option("general", "json"));
	http.base_path = clean_base_path(text_option("general", "base_path"), "/janus");
	http.admin_base_path = clean_base_path(text_option("admin", "admin_base_path"), "/admin");
	http.root = root && *root ? realpath(root, NULL) : NULL;
	http.acl = text_option("general", "acl");
	http.admin_acl = text_option("admin", "admin_acl");
	http.admin_acl_forwarded = bool_option("admin", "admin_acl_forwarded");
	http.acl_forwarded = bool_option("general", "acl_forwarded");
	http.allow_origin = text_option("cors", "allow_origin");
	http.enforce_cors = bool_option("cors", "enforce_cors");
	http.events = bool_option("general", "events");
	http.poll_s = (int)int_option("poll_timeout");
	http.answer_s = (int)int_option("answer_timeout");
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

static int listen_all(void)
{
	int err = 0;

	if (bool_option("general", "http"))
		err = listen_at(false, false);
	if (!err && (bool_option("general", "https") || text_option("certificates", "cert_pem")))
		err = listen_at(false, true);
	if (!err && bool_option("admin", "admin_http"))
		err = listen_at(true, false);
	if (!err && bool_option("admin", "admin_https"))
		err = listen_at(true, true);
	return err;
}

static int http_start(void)
{
	int err;

	http = (struct http){ .lws = NULL };
	read_options();
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
	char *text = limen_framing_print(msg, http.style, &len);
	bool wake = false;

	(void)client;
	json_decref(msg);
	if (!text || !http.lws) {
		free(text);
		return;
	}
	if (request)
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

	(void)client;
	if (!http.lws)
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
