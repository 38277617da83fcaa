/*
 * A handle: a client's attachment to a plugin, with the media side of it (its peer). Lives on one
 * loop; what it sends to its client leaves through an ordered queue, in which an event with a
 * session description waits until the description is complete. Thread: the handle's loop, unless a
 * line says "any thread".
 */
#ifndef LIMEN_SESSION_HANDLE_H
#define LIMEN_SESSION_HANDLE_H

#include "core/session/session.h"

#define LIMEN_EARLY_CANDIDATES_MAX 128 /* requests kept before there is a connection */
#define LIMEN_EARLY_BYTES_MAX 32768u   /* ... each up to this size */

struct limen_core_handle {
	struct limen_handle pub; /* first: what the plugin sees */
	gint refs;
	struct limen_core *core;
	struct limen_session *session;
	const struct limen_plugin *plugin;
	struct limen_peer *peer;
	char *meeting; /* which its plugin put it into, or NULL; for metrics */
	bool participant;
	bool attached;    /* plugin's attach() was called */
	bool detached;    /* it has ended: the plugin hears nothing any more */
	bool e2ee;        /* sticky: added to every jsep */
	GPtrArray *early; /* candidates that came before both descriptions were there (trickle.c) */
	int64_t created_us;
	gint connected;       /* atomic: its connection is up */
	int stats_in_s;       /* till event handlers hear its next statistics */
	char *remote_text;    /* the client's last description, to be shown; NULL before it */
	char *first_mid;      /* mid of the peer's m-line that carries the bundle, NULL before it */
	unsigned first_index; /* and where it stands */
	GMutex out_lock;
	GQueue out; /* struct outgoing * (handle.c) */
};

/* Attaches to a plugin; runs its attach() on the handle's loop and waits. Not from a loop that the
 * handle may get... any transport thread. LIMEN_EINVAL: the plugin refused; LIMEN_ESTATE: the
 * session has ended; LIMEN_ELIMIT. */
int limen_handle_attach(struct limen_core *core, struct limen_session *s,
	const struct limen_plugin *plugin, const char *opaque_id, const char *token, int loop_index,
	struct limen_core_handle **out);
/* One without a client, which the plugin never hears of, for requests of operators; new, one
 * reference. Any thread */
struct limen_core_handle *limen_handle_nobody(
	struct limen_core *core, const struct limen_plugin *plugin);
struct limen_core_handle *limen_handle_ref(struct limen_core_handle *h); /* any thread */
void limen_handle_unref(struct limen_core_handle *h);                    /* any thread */

static inline struct limen_core_handle *limen_handle_of(const struct limen_handle *pub)
{
	return (struct limen_core_handle *)(void *)pub;
}

/* Runs fn(h, arg) on the handle's loop; free(arg) instead when the handle has been detached by then
 * (free may be NULL). Any thread */
void limen_handle_post(struct limen_core_handle *h,
	void (*fn)(struct limen_core_handle *h, void *arg), void *arg, GDestroyNotify free);

/* Detaches: the plugin is told, the peer ends. Twice is fine. tell: the client gets a "detached"
 * event. */
void limen_handle_detach(struct limen_core_handle *h, bool tell);
void limen_handle_detach_later(struct limen_core_handle *h); /* any thread; silent */

/* Sends an event of the handle to its client, behind what waits. Takes msg. Any thread */
void limen_handle_send(struct limen_core_handle *h, json_t *msg);
/* The same, with the peer's local description added as jsep once it is complete. */
void limen_handle_send_jsep(struct limen_core_handle *h, json_t *msg, enum limen_jsep_type type);
/* Tries the queue again: a description may have become complete. */
void limen_handle_flush(struct limen_core_handle *h);

/* "opaque_id" for events, or NULL where the settings leave it out. Any thread */
const char *limen_handle_shown_opaque(const struct limen_core_handle *h);

#endif
