/*
 * One HTTP POST through libcurl. Thread: one at a time, whichever.
 */
#ifndef LIMEN_EVENTS_WEBHOOK_POST_H
#define LIMEN_EVENTS_WEBHOOK_POST_H

#include <limen/event.h>

#define POST_SECONDS 10 /* for a whole request */

struct post;

/* Where and how; strings borrowed during a call. */
struct post_target {
	const char *url;
	const char *user, *password; /* NULL = no authentication */
	int compression;             /* gzip level 0..9; -1 = not compressed */
};

/* LIMEN_EIO */
int post_new(struct post **out);
void post_free(struct post *p); /* NULL is fine */
/* Any complete response, whatever its status, is success. LIMEN_EIO: no connection, or none in
 * time; *reason static or in p until the next call. */
int post_send(struct post *p, const struct post_target *to, const char *text, size_t len,
	const char **reason);
/* The request that is under way then, and all that follow, fail at once. until_us: on the monotonic
 * clock (g_get_monotonic_time()). Any thread */
void post_end_by(struct post *p, int64_t until_us);

#endif
