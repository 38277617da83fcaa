/*
 * An operator's requests to a transport (spec api-admin §2.2), and the settings that they change
 * while the transport runs. Threads: init before the transport's threads start; the rest any.
 */
#ifndef LIMEN_KIT_QUERY_H
#define LIMEN_KIT_QUERY_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

struct limen_query_settings {
	int events; /* atomic: tell event handlers */
	int style;  /* atomic: json printing flags */
};

struct limen_query {
	struct limen_query_settings *settings;
	void (*logging)(const char *levels);     /* NULL: the transport has no such setting */
	void (*add_connections)(json_t *answer); /* NULL: it cannot count them */
};

/* json: "indented", "plain" or "compact", also for NULL. */
void limen_query_init(struct limen_query_settings *s, bool events, const char *json);
bool limen_query_events(const struct limen_query_settings *s);
size_t limen_query_style(const struct limen_query_settings *s);

/* The response to a request (borrowed), new. */
json_t *limen_query_answer(const struct limen_query *q, const json_t *request);

#endif
