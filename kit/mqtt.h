/*
 * A connection to an MQTT broker (3.1, 3.1.1 or 5) that comes back by itself: subscriptions, what
 * is to be sent, a retained status and the last will. Each connection has a handle of Paho's of its
 * own: what is not confirmed when it ends waits here and is sent anew, so it may arrive twice,
 * never not at all. Threads: new and free main; send any; the callbacks on threads of this file
 * and of Paho's, they must not block.
 */
#ifndef LIMEN_KIT_MQTT_H
#define LIMEN_KIT_MQTT_H

#include "kit/broker.h"

#define LIMEN_MQTT_SUBSCRIPTIONS_MAX 2u

/* Rows of every module's option table; the keep-alive's default differs. */
#define LIMEN_MQTT_OPTIONS(keep_alive_)                                                            \
	{ "general", "url", LIMEN_OPT_STRING, "tcp://localhost:1883", 0, 0, NULL,                  \
		"Where the broker listens." },                                                     \
		{ "general", "mqtt_version", LIMEN_OPT_CHOICE, "3.1.1", 0, 0, "3.1|3.1.1|5",       \
			"Version of the protocol." },                                              \
		{ "general", "client_id", LIMEN_OPT_STRING, "guest", 0, 0, NULL,                   \
			"Name of this client at the broker; no other may have it." },              \
		{ "general", "username", LIMEN_OPT_STRING, NULL, 0, 0, NULL,                       \
			"User at the broker; none when unset." },                                  \
		{ "general", "password", LIMEN_OPT_STRING, NULL, 0, 0, NULL, "Its password." },    \
		{ "general", "keep_alive_interval", LIMEN_OPT_INT, keep_alive_, 1, 65535, NULL,    \
			"Seconds of silence before a ping." },                                     \
		{ "general", "cleansession", LIMEN_OPT_BOOL, "false", 0, 0, NULL,                  \
			"Let the broker forget this client when the connection ends." },           \
		{ "general", "max_inflight", LIMEN_OPT_INT, "10", 1, 65535, NULL,                  \
			"Messages sent and not confirmed yet." },                                  \
		{ "general", "max_buffered", LIMEN_OPT_INT, "100", 0, 10000, NULL,                 \
			"Messages kept while there is no connection; the oldest are dropped." },   \
	{                                                                                          \
		"general", "disconnect_timeout", LIMEN_OPT_INT, "100", 0, 60000, NULL,             \
			"Milliseconds for what still waits when the gateway ends."                 \
	}

struct limen_mqtt;

/* Borrowed during the callback. The last three: MQTT 5, NULL = none */
struct limen_mqtt_message {
	const char *topic, *bytes;
	size_t len;
	const char *response_topic;
	GBytes *correlation;
	char **properties; /* user properties, name and value in turn */
};

/* What is published when the connection begins and ends. Strings borrowed; NULL = not at all */
struct limen_mqtt_status {
	const char *topic, *connected, *disconnected;
	int qos, will_qos;
	bool retain_connected, retain_disconnected, will, retain_will;
};

/* All strings are borrowed for the life of the connection. */
struct limen_mqtt_config {
	const struct limen_base_services *base;
	const char *name; /* of log lines and the thread: 15 characters */
	const char *url, *client_id, *username, *password;
	int version; /* 3, 4 or 5: limen_mqtt_options_read() */
	int keep_alive_s, max_inflight, max_buffered, disconnect_timeout_ms;
	bool clean;
	struct limen_broker_tls tls;
	struct limen_mqtt_status status;
	const char *subscribe[LIMEN_MQTT_SUBSCRIPTIONS_MAX]; /* topics; NULL = none */
	int subscribe_qos[LIMEN_MQTT_SUBSCRIPTIONS_MAX];
	void (*message)(const struct limen_mqtt_message *m, void *arg); /* NULL = none expected */
	/* event: "connected", "disconnected", "reconnecting" or "failed". NULL = not wanted */
	void (*state)(const char *event, void *arg);
	void *arg;
};

/* From the rows of LIMEN_MQTT_OPTIONS; the rest of c stays. */
void limen_mqtt_options_read(struct limen_mqtt_config *c, const struct limen_base_services *base,
	const struct limen_module_head *head);
/* "k=v,k2=v2" to names and values in turn; new, NULL for none */
char **limen_mqtt_properties(const char *list);

/* Returns at once; whether and when the broker can be reached is another matter. LIMEN_EIO: no
 * thread */
int limen_mqtt_new(struct limen_mqtt **out, const struct limen_mqtt_config *cfg);
/* Sends what waits for as long as the configuration says, then takes leave. NULL is fine. */
void limen_mqtt_free(struct limen_mqtt *m);
/* Takes post. */
void limen_mqtt_send(struct limen_mqtt *m, struct limen_post *post);

#endif
