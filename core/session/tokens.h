/*
 * Stored tokens: which text gives access to which plugins (spec api-core §6, api-admin §2). Thread:
 * any, one lock.
 */
#ifndef LIMEN_SESSION_TOKENS_H
#define LIMEN_SESSION_TOKENS_H

#include <jansson.h>
#include <stdbool.h>

#define LIMEN_TOKENS_MAX 1000000u
#define LIMEN_TOKEN_MAX 4096u /* characters */

struct limen_tokens;

struct limen_tokens *limen_tokens_new(void);
void limen_tokens_free(struct limen_tokens *t); /* NULL is fine */
/* Adds a token, or gives more to one that is there. plugins: NULL-terminated. LIMEN_ELIMIT. */
int limen_tokens_add(struct limen_tokens *t, const char *token, const char *const *plugins);
bool limen_tokens_has(struct limen_tokens *t, const char *token);
/* false: there was none. */
bool limen_tokens_remove(struct limen_tokens *t, const char *token);
/* Takes plugins away. LIMEN_ENOENT: there is no such token. */
int limen_tokens_disallow(struct limen_tokens *t, const char *token, const char *const *plugins);
/* May its holder use this plugin? NULL: any at all. */
bool limen_tokens_allows(struct limen_tokens *t, const char *token, const char *plugin);
/* The plugins of a token; new array, empty when there is none. */
json_t *limen_tokens_plugins(struct limen_tokens *t, const char *token);
/* [{"token","allowed_plugins"}] without those that have no plugin; new. */
json_t *limen_tokens_list(struct limen_tokens *t);

#endif
