/*
 * What transports and event handlers that talk to a message broker share, whatever the broker:
 * options of TLS, messages that wait to be sent (bounded: the oldest is dropped, counted and
 * logged), and the wait before the next try to connect. Thread: any; an outbox belongs to the lock
 * of its owner.
 */
#ifndef LIMEN_KIT_BROKER_H
#define LIMEN_KIT_BROKER_H

#include <limen/module.h>

#define LIMEN_BROKER_WAIT_MIN_MS 250
#define LIMEN_BROKER_WAIT_MAX_MS 30000
#define LIMEN_OUTBOX_MAX 10000u /* messages, while there is a connection */

/* The rows of TLS under the names that a module has for them. */
#define LIMEN_BROKER_TLS_OPTIONS(enabled_, ca_, cert_, key_, peer_, host_)                         \
	{ "general", enabled_, LIMEN_OPT_BOOL, "false", 0, 0, NULL, "Connect with TLS." },         \
		{ "general", ca_, LIMEN_OPT_STRING, NULL, 0, 0, NULL,                              \
			"File of the certificates that are trusted (PEM); the system's when "      \
			"unset." },                                                                \
		{ "general", cert_, LIMEN_OPT_STRING, NULL, 0, 0, NULL,                            \
			"Certificate file to show to the broker (PEM)." },                         \
		{ "general", key_, LIMEN_OPT_STRING, NULL, 0, 0, NULL, "Its key file (PEM)." },    \
		{ "general", peer_, LIMEN_OPT_BOOL, "false", 0, 0, NULL,                           \
			"Refuse a broker whose certificate is not trusted." },                     \
	{                                                                                          \
		"general", host_, LIMEN_OPT_BOOL, "false", 0, 0, NULL,                             \
			"Refuse a broker whose certificate is for another host."                   \
	}

/* Everything is borrowed from the options. */
struct limen_broker_tls {
	bool enabled, verify_peer, verify_host;
	const char *ca, *cert, *key;
};

/* names: in the order of LIMEN_BROKER_TLS_OPTIONS */
void limen_broker_tls_read(struct limen_broker_tls *t, const struct limen_base_services *base,
	const struct limen_module_head *head, const char *const names[6]);

/* The wait after one of wait_ms; 0 = the first. */
int limen_broker_wait_ms(int wait_ms);

/* One message to a broker. Strings are owned; NULL = none. */
struct limen_post {
	char *to; /* topic, or routing key */
	char *text;
	size_t len;
	int qos;             /* MQTT */
	bool retained;       /* MQTT */
	GBytes *correlation; /* what the receiver knows a reply by */
	char **properties;   /* MQTT 5: user properties, name and value in turn */
	void *owner;         /* of whoever sends it; borrowed */
};

/* Takes text (free()); copies to. */
struct limen_post *limen_post_new(const char *to, char *text, size_t len);
/* NULL is fine. */
void limen_post_free(struct limen_post *p);

/* Messages in order: those that wait, and those that were sent and are not confirmed. */
struct limen_outbox {
	const struct limen_base_services *base;
	const char *topic;      /* of log lines */
	GQueue waiting, flying; /* struct limen_post *, owned */
	uint64_t dropped, told; /* told: of those, the log knows */
	int64_t told_us;
};

void limen_outbox_init(
	struct limen_outbox *o, const struct limen_base_services *base, const char *topic);
/* What is left counts as dropped. */
void limen_outbox_clear(struct limen_outbox *o);
/* Takes post; drops the oldest that wait beyond max. */
void limen_outbox_push(struct limen_outbox *o, struct limen_post *post, unsigned max);
/* The next to send, borrowed until done or again; NULL = none waits. */
struct limen_post *limen_outbox_next(struct limen_outbox *o);
/* It has arrived: frees it. */
void limen_outbox_done(struct limen_outbox *o, struct limen_post *post);
/* It was refused for good: frees and counts it. */
void limen_outbox_refuse(struct limen_outbox *o, struct limen_post *post);
/* The connection ended: what was not confirmed waits again, before all others. */
void limen_outbox_again(struct limen_outbox *o);
bool limen_outbox_empty(const struct limen_outbox *o);

#endif
