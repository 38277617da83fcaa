/*
 * The transport ABI: modules that carry JSON requests to the core and answers and events back.
 * Clients, requests and sessions are numbers, so that neither side keeps the other's pointers: what
 * is sent to a client that has gone is dropped. Threads: start() and stop() on the main thread;
 * send() and session() from any thread, they must not block.
 */
#ifndef LIMEN_TRANSPORT_H
#define LIMEN_TRANSPORT_H

#include <limen/module.h>

enum limen_session_change {
	LIMEN_SESSION_CREATED, /* by this client */
	LIMEN_SESSION_OVER,    /* destroyed */
	LIMEN_SESSION_TIMEOUT, /* expired; the timeout event was sent before */
	LIMEN_SESSION_LOST,    /* claimed by another client */
	LIMEN_SESSION_CLAIMED, /* claimed by this client */
};

struct limen_transport {
	struct limen_module_head head;
	/* LIMEN_ESTATE: its options switch it off, it is not used */
	int (*start)(void);
	void (*stop)(void);
	/* A reply (request != 0: the number given to receive()) or an event of a session (request
	 * == 0). session: 0 if none. Takes msg. */
	void (*send)(uint64_t client, uint64_t request, uint64_t session, json_t *msg);
	void (*session)(uint64_t client, uint64_t session, enum limen_session_change change);
	/* An operator's request to the transport (spec api-admin §2.2): its response, new. NULL =
	 * there are none. Any thread */
	json_t *(*query)(const json_t *request);
};

struct limen_transport_services {
	uint32_t abi, size;
	struct limen_base_services base;
	/* A request has arrived; takes msg (any JSON value: the core checks that it is an object).
	 * The answer comes by send(), perhaps before this returns. client and request are the
	 * transport's numbers, > 0. Any thread; requests of one client keep their order. */
	void (*receive)(const struct limen_transport *t, uint64_t client, uint64_t request,
		bool admin, json_t *msg);
	/* The connection of this client has ended: its sessions end, or wait to be claimed. Any
	 * thread */
	void (*gone)(const struct limen_transport *t, uint64_t client);
	/* Would these credentials (NULL = none) be accepted? Any thread */
	bool (*authorized)(const char *apisecret, const char *token);
	/* Counts as activity of the session; false: there is no such session on this transport. Any
	 * thread */
	bool (*touch)(const struct limen_transport *t, uint64_t session);
	/* Gathers the gateway's metrics and calls done(request, text), perhaps before this returns
	 * and on any thread; takes text (free()). old: in the text format 0.0.4 of Prometheus, else
	 * as OpenMetrics 1.0.0. False: the gateway is closing, there is none. Any thread */
	bool (*metrics)(bool old, uint64_t request, void (*done)(uint64_t request, char *text));
	/* Why the gateway takes no clients (static), or NULL: it does. Any thread */
	const char *(*not_ready)(void);
};

#ifndef LIMEN_CORE /* the core itself sees all three kinds of module */
extern const struct limen_transport_services *limen; /* each transport has its own, hidden in it */

#define limen_log(level, topic, ...)                                                               \
	do {                                                                                       \
		if (limen->base.log_wanted(level))                                                 \
			limen->base.log_write(level, topic, 0, 0, __VA_ARGS__);                    \
	} while (0)

#define LIMEN_TRANSPORT(                                                                           \
	name_, version_, version_string_, title_, description_, author_, options_, ...)            \
	__attribute__((visibility("hidden"))) const struct limen_transport_services *limen;        \
	extern const struct limen_transport limen_module;                                          \
	LIMEN_EXPORT const struct limen_transport limen_module = {                                 \
		.head = { .abi = LIMEN_ABI,                                                        \
			.size = sizeof(struct limen_transport),                                    \
			.kind = LIMEN_MODULE_TRANSPORT,                                            \
			.name = name_,                                                             \
			.title = title_,                                                           \
			.author = author_,                                                         \
			.description = description_,                                               \
			.version_string = version_string_,                                         \
			.version = version_,                                                       \
			.options = options_,                                                       \
			.services = (const void **)&limen },                                       \
		__VA_ARGS__                                                                        \
	}

#endif

#endif
