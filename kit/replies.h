/*
 * Shapes that the replies of several plugins share, and the checks whose failure has the same text
 * everywhere. Thread: that of the request; the makers of JSON are pure.
 */
#ifndef LIMEN_KIT_REPLIES_H
#define LIMEN_KIT_REPLIES_H

#include <limen/plugin.h>

/* {key: value}, the head of every reply: {"videoroom":"event"}. New */
json_t *limen_replies_new(const char *key, const char *value);
/* Adds a member unless there is nothing to say. Text and object are borrowed; NULL and false add
 * nothing. */
void limen_replies_add_text(json_t *reply, const char *name, const char *text);
void limen_replies_add_json(json_t *reply, const char *name, json_t *value);
void limen_replies_add_true(json_t *reply, const char *name, bool value);

/* Compares in a time that does not tell how much was right; both may be NULL (never equal then). */
bool limen_replies_same_secret(const char *given, const char *wanted);
/* What a member of the body must equal: wanted NULL asks for nothing. Absent: codes->missing;
 * wrong: code, "Unauthorized (wrong NAME)". */
int limen_replies_check_secret(struct limen_request *r, const struct limen_plugin_errors *codes,
	const char *name, const char *wanted, int code);

/* Tells event handlers of the plugin's own event; takes data. h may be NULL. Any thread */
void limen_replies_emit(
	const struct limen_module_head *head, const struct limen_handle *h, json_t *data);

#endif
