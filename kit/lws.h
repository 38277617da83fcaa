/*
 * What modules on libwebsockets share: one context with one service thread, its listeners with or
 * without TLS, and address lists. Threads: new/listen/run/free on the main thread; wake and
 * stopping from any; protocol callbacks on the service thread (and, for what is still open at the
 * end, on the thread that calls free).
 */
#ifndef LIMEN_KIT_LWS_H
#define LIMEN_KIT_LWS_H

#include <limen/module.h>
#include <libwebsockets.h>

#define LIMEN_LWS_HEADER_BYTES 16384u /* all headers of one request together */
#define LIMEN_LWS_HEADER_SECONDS 15u  /* to send them in full */

/* LIMEN_EVENT_TRANSPORT: limen/event.h and limen/transport.h cannot both be included. */
#define LIMEN_LWS_EVENT_TRANSPORT 128u

struct limen_lws;

/* One listening port. Strings borrowed during the call. */
struct limen_lws_listener {
	const char *topic;     /* of the log lines, static: "http" */
	int port;              /* 0: any free one */
	const char *ip;        /* address or interface name; NULL or "": all */
	const char *unix_path; /* socket file to listen on instead; NULL: none */
	bool tls, admin;
	const struct lws_protocols *protocols; /* NULL: those of limen_lws_new() */
	/* tls only; cert_key NULL: the key is in cert_pem */
	const char *cert_pem, *cert_key, *cert_pwd, *ciphers;
	unsigned idle_s; /* an idle keep-alive connection is closed after that */
	/* WebSocket pings; borrowed for the life of the context; NULL: none */
	const lws_retry_bo_t *ping;
};

/* protocols, base and user: borrowed for the life of the object. user comes back by
 * limen_lws_user(). LIMEN_EIO */
int limen_lws_new(struct limen_lws **out, const struct limen_base_services *base,
	const struct lws_protocols *protocols, void *user);
/* Opens a listener and logs where it listens. *port: what was bound; may be NULL.
 * LIMEN_EIO, logged */
int limen_lws_listen(struct limen_lws *l, const struct limen_lws_listener *listener, int *port);
/* What connections of our own belong to, to one of the protocols; NULL: it cannot be made, logged.
 * Borrowed for the life of the object. topic: of log lines, static */
struct lws_vhost *limen_lws_client(struct limen_lws *l, const char *topic);
/* Starts the service thread; name: static, 15 characters at most. */
int limen_lws_run(struct limen_lws *l, const char *name);
/* Ends the thread, then closes every connection with its callbacks. NULL is fine. */
void limen_lws_free(struct limen_lws *l);

/* LWS_CALLBACK_EVENT_WAIT_CANCELLED will come on the service thread. Any thread */
void limen_lws_wake(struct limen_lws *l);
void *limen_lws_user(struct lws *wsi);
/* Did it come in by a listener for the admin API? */
bool limen_lws_is_admin(struct lws *wsi);

bool limen_lws_is_tls(struct lws *wsi);
/* Where the peer is, numeric; "" for socket files. */
void limen_lws_peer_address(struct lws *wsi, char *text, size_t size);

/* Who may use a listener. */
struct limen_lws_access {
	const char *acl; /* borrowed; see limen_lws_acl() */
	bool forwarded;  /* it is about X-Forwarded-For, not about the peer */
};
/* For LWS_CALLBACK_FILTER_NETWORK_CONNECTION: 0, or -1 to refuse. */
int limen_lws_filter(
	const struct limen_lws_access *access, const struct lws_filter_network_conn_args *args);
/* For a request whose headers are there. */
bool limen_lws_forwarded_allowed(const struct limen_lws_access *access, struct lws *wsi);

/* Is an address allowed by a comma list? An item is an address, a network ("10.0.0.0/8",
 * "fd00::/8"), or the beginning of addresses that ends with a dot or colon ("127.", "fd00:"). NULL
 * or "": everybody. */
bool limen_lws_acl(const char *list, const char *address);
/* The numeric address behind LWS_CALLBACK_FILTER_NETWORK_CONNECTION's argument; false when it
 * cannot be told. */
bool limen_lws_filter_address(
	const struct lws_filter_network_conn_args *args, char *text, size_t size);
/* What libwebsockets itself may log ("err,warn,notice"), for all modules of the process. */
void limen_lws_logging(const char *levels);
/* The address that the nearest proxy saw (X-Forwarded-For), new; NULL when no proxy says one. */
char *limen_lws_forwarded(struct lws *wsi);

#endif
