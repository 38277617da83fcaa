/*
 * One admin request over HTTP, and its answer. One thread; blocks.
 */
#ifndef LIMEN_TOOLS_LINK_H
#define LIMEN_TOOLS_LINK_H

#include <jansson.h>
#include <stdint.h>

struct limen_link {
	const char *host; /* "127.0.0.1:7088" */
	const char *path; /* "/admin" */
	const char *secret;
};

/* session, handle: 0 = none. Takes members, NULL = none. The answer, new; NULL with *reason new,
 * also when the gateway refuses. */
json_t *limen_link_ask(const struct limen_link *l, const char *verb, uint64_t session,
	uint64_t handle, json_t *members, char **reason);

#endif
