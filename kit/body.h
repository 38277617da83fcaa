/*
 * Reading request bodies, and checking the objects inside them that the host's field tables do not
 * reach. Pure but for limen->fail(); thread: that of the request.
 */
#ifndef LIMEN_KIT_BODY_H
#define LIMEN_KIT_BODY_H

#include <limen/plugin.h>

#define LIMEN_BODY_ENTRIES_MAX 256u /* elements of one array in a request */

/* Readers that never fail: the fallback when the member is absent or of another type. Strings are
 * borrowed from body. */
const char *limen_body_string(const json_t *body, const char *name, const char *fallback);
int64_t limen_body_int(const json_t *body, const char *name, int64_t fallback);
bool limen_body_bool(const json_t *body, const char *name, bool fallback);
/* The array of this name, borrowed; NULL when there is none. */
json_t *limen_body_array(const json_t *body, const char *name);
/* Is the member there and not null? */
bool limen_body_has(const json_t *body, const char *name);

/* Checks a nested object as the host checks a body; 0, or fails r with the plugin's codes. */
int limen_body_check(struct limen_request *r, const struct limen_plugin_errors *codes,
	const json_t *object, const struct limen_field *table, bool string_ids);
/* Every element of an array (NULL = none) is such an object, and there are at most
 * LIMEN_BODY_ENTRIES_MAX. */
int limen_body_check_array(struct limen_request *r, const struct limen_plugin_errors *codes,
	const json_t *array, const struct limen_field *table, bool string_ids);

#endif
