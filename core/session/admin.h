/*
 * Verbs of the admin API. Each takes the call that it is given. Thread: the transport's, for handle
 * verbs the handle's loop.
 */
#ifndef LIMEN_SESSION_ADMIN_H
#define LIMEN_SESSION_ADMIN_H

#include "core/session/request.h"

struct limen_admin_verb {
	const char *name;
	unsigned level; /* one of LIMEN_LEVEL_... */
	const struct limen_field *fields;
	void (*fn)(struct limen_call *c);
};
/* Each ends with name NULL. */
extern const struct limen_admin_verb limen_admin_verbs_server[];   /* admin_server.c */
extern const struct limen_admin_verb limen_admin_verbs_settings[]; /* admin_settings.c */
extern const struct limen_admin_verb limen_admin_verbs_tokens[];   /* admin_tokens.c */
extern const struct limen_admin_verb limen_admin_verbs_modules[];  /* admin_modules.c */
extern const struct limen_admin_verb limen_admin_verbs_session[];  /* admin_session.c */

/* "success" with the call's ids, to be filled; new */
json_t *limen_admin_reply(const struct limen_call *c);
/* Answers, and frees the call; takes reply, NULL = a plain success. */
void limen_admin_done(struct limen_call *c, json_t *reply);
/* Answers with an error, and frees the call. */
void limen_admin_refuse(struct limen_call *c, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
