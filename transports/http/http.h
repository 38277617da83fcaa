/*
 * The HTTP transport: its one state, and one exchange (a request and its answer).
 * Threads: struct http is written before the service thread starts; an exchange belongs to the
 * service thread.
 */
#ifndef LIMEN_TRANSPORT_HTTP_H
#define LIMEN_TRANSPORT_HTTP_H

#include "kit/clients.h"
#include "kit/framing.h"
#include "kit/lws_limits.h"
#include "kit/query.h"
#include "kit/ws_connection.h"
#include "transports/http/path.h"
#include "transports/http/poll.h"

#include <limen/transport.h>

/* All HTTP connections are one client to the core: a session is not bound to a connection, only to
 * its id. The numbers of WebSocket clients, counted from 1, never come here. */
#define HTTP_CLIENT ((uint64_t)G_MAXINT64)
#define HTTP_WS_PATH "/ws"        /* where a connection may become a WebSocket */
#define HTTP_POLL_MAX_EVENTS 100u /* in one answer, whatever maxev says */

struct http {
	struct limen_lws *lws;
	struct limen_clients *answers; /* exchanges that wait for the core, by request number */
	struct http_polls *polls;
	struct limen_framing framing;
	struct limen_query_settings settings;
	struct limen_lws_limits *limits;
	struct limen_ws ws;       /* also holds the address lists of both */
	int messages;             /* atomic: requests so far */
	char *base_path;          /* "/janus" */
	char *admin_base_path;    /* "/admin" */
	char *root;               /* real path of the static files, NULL: none */
	const char *allow_origin; /* borrowed option */
	bool enforce_cors;
	int poll_s, answer_s;
};

enum http_state { HTTP_BODY, HTTP_WAITING, HTTP_POLLING, HTTP_SENDING };

struct http_exchange {
	struct http *http;
	struct lws *wsi;
	bool admin; /* came in by an admin listener */
	enum http_state state;
	int method; /* LWSHUMETH_..., -1 unknown */
	char *uri;  /* decoded, without arguments */
	struct http_path path;
	GString *body;
	size_t body_len; /* announced */
	int64_t began_us;
	char *origin, *want_method, *want_headers, *if_none_match, *forwarded;
	char *apisecret, *token;
	char *accept;
	unsigned maxev;   /* 0: not given */
	uint64_t request; /* number in answers, 0 when none */
	bool cut;         /* nobody is there to answer */
	bool waiting;     /* listed with the polls of its session */
	bool released;    /* a poll that answers now */
	/* The answer */
	char *text; /* or a file */
	int fd;
	size_t len, at;
	const char *type; /* of the answer that comes later; NULL: JSON */
	const char *location, *etag;
	bool close_after;
};

extern const struct limen_transport limen_module;
extern struct http http;
extern const struct lws_protocols limen_http_protocols[], limen_http_admin_protocols[];

/* Each of these returns nonzero when the connection is to be closed, and then or after a short
 * answer the exchange may be gone. */

/* Answers with a text (takes it: free(); NULL: none). type NULL: no content type. */
int http_respond(
	struct http_exchange *x, unsigned status, const char *type, char *text, size_t len);
/* Answers with a JSON value; takes it. */
int http_respond_json(struct http_exchange *x, json_t *msg);
/* Answers with an open file; takes fd. */
int http_respond_file(struct http_exchange *x, int fd, size_t len, const char *type);
/* The next part of the answer. */
int http_respond_more(struct http_exchange *x);

/* Decides about a request whose body is complete. */
int http_api_request(struct http_exchange *x);
/* The exchange waits for an answer of the core, to x->request. */
void http_wait(struct http_exchange *x);
/* Such an answer; takes text (free()). Any thread */
void http_send_text(uint64_t request, char *text);
/* Does it ask for what operations.c serves? Then that decides about it. */
bool http_operations_are(const struct http_exchange *x);
int http_operations_request(struct http_exchange *x);
/* The core's answer may be there. */
int http_api_answer(struct http_exchange *x);
/* Takes what is queued for a poll that has been released. */
void http_api_poll_fetch(struct http_exchange *x);
/* A poll ends: with the events fetched for it, or with a keepalive. */
int http_api_poll_over(struct http_exchange *x);

/* Ends the exchange, and frees it. */
void http_exchange_end(struct http_exchange *x);

#endif
