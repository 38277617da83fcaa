/*
 * What transports over a broker do alike: everybody is one client, and operators another; bytes
 * become requests, replies become text; operators may change two options. Thread: any.
 */
#ifndef LIMEN_KIT_BROKER_TRANSPORT_H
#define LIMEN_KIT_BROKER_TRANSPORT_H

#include <limen/transport.h>

/* Numbers of the two clients. */
enum { LIMEN_BROKER_CLIENT = 1, LIMEN_BROKER_ADMIN = 2 };

#define LIMEN_BROKER_TRANSPORT_OPTIONS                                                             \
	{ "general", "enabled", LIMEN_OPT_BOOL, "false", 0, 0, NULL,                               \
		"Is the transport used at all?" },                                                 \
		{ "general", "json", LIMEN_OPT_CHOICE, "compact", 0, 0, "indented|plain|compact",  \
			"How replies are printed." },                                              \
		{ "general", "events", LIMEN_OPT_BOOL, "true", 0, 0, NULL,                         \
			"Tell event handlers of the connection." },                                \
	{                                                                                          \
		"admin", "admin_enabled", LIMEN_OPT_BOOL, "false", 0, 0, NULL,                     \
			"Take the requests of operators too."                                      \
	}

struct limen_broker_transport {
	const struct limen_transport *module;
	bool enabled, admin;
	gint events, style; /* atomic */
	guint64 requests;   /* of the thread that receives */
};

void limen_broker_transport_read(
	struct limen_broker_transport *t, const struct limen_transport *module);
/* Parses one request; NULL = it is not JSON, *error is the reply then. */
json_t *limen_broker_transport_parse(const char *bytes, size_t len, json_t **error);
/* The text of msg, taken; free(). NULL when it cannot be printed */
char *limen_broker_transport_print(struct limen_broker_transport *t, json_t *msg, size_t *len);
/* Tells event handlers. */
void limen_broker_transport_event(struct limen_broker_transport *t, const char *event);
/* For .query: "configure" */
json_t *limen_broker_transport_query(struct limen_broker_transport *t, const json_t *request);

#endif
