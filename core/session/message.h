/*
 * What a plugin does with a message while it is being handled. Thread: the handle's loop.
 */
#ifndef LIMEN_SESSION_MESSAGE_H
#define LIMEN_SESSION_MESSAGE_H

#include "core/session/handle.h"

/* The services fail, defer, complete and push_for of include/limen/plugin.h. */
int limen_message_fail(struct limen_request *r, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
struct limen_request *limen_message_defer(struct limen_request *r);
void limen_message_complete(struct limen_request *r);
void limen_message_push(struct limen_request *r, json_t *data, struct limen_jsep *jsep);

/* Sends an event of the plugin: takes data and what jsep holds; jsep may be NULL. transaction NULL
 * = unsolicited. */
void limen_message_event(struct limen_core_handle *h, const char *transaction, json_t *data,
	struct limen_jsep *jsep);

struct limen_call;

/* Has this plugin requests that operators may send? */
bool limen_message_serves_admin(const struct limen_plugin *plugin);
/* Runs an operator's request to a plugin, on a loop. done takes the call and the plugin's response;
 * body borrowed from the call. Any thread */
void limen_message_admin(struct limen_call *c, const struct limen_plugin *plugin, json_t *body,
	void (*done)(struct limen_call *c, json_t *response));

#endif
