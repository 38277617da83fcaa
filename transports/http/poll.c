/*
 * Event queues of sessions and the polls that wait on them. A session that ends keeps its entry
 * until the service thread has passed, because the last event (timeout) is queued just before the
 * end and a waiting poll must still see it. Threads: see poll.h.
 */
#include "transports/http/poll.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

struct event {
	char *text;
	size_t len;
};

struct queue {
	uint64_t session;
	GQueue events; /* struct event * */
	size_t bytes;
	GPtrArray *waiting; /* polls, borrowed */
	bool ready;         /* listed in http_polls.ready */
	bool release;       /* waiting polls end although there may be no event */
	bool over;
};

struct http_polls {
	GMutex lock;
	GHashTable *by_session; /* struct queue *, keyed by its session */
	GArray *ready;          /* uint64_t session */
};

static void event_free(void *data)
{
	struct event *e = data;

	free(e->text);
	g_free(e);
}

static void queue_clear(struct queue *q)
{
	g_queue_clear_full(&q->events, event_free);
	q->bytes = 0;
}

static void queue_free(void *data)
{
	struct queue *q = data;

	queue_clear(q);
	g_ptr_array_free(q->waiting, TRUE);
	g_free(q);
}

struct http_polls *http_polls_new(void)
{
	struct http_polls *p = g_new0(struct http_polls, 1);

	g_mutex_init(&p->lock);
	p->by_session = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, queue_free);
	p->ready = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	return p;
}

void http_polls_free(struct http_polls *p)
{
	if (!p)
		return;
	g_hash_table_destroy(p->by_session);
	g_array_free(p->ready, TRUE);
	g_mutex_clear(&p->lock);
	g_free(p);
}

/* Lists a queue on which somebody waits. Returns whether the service thread sleeps through it
 * otherwise. Lock held */
static bool mark_ready(struct http_polls *p, struct queue *q)
{
	if (q->ready || q->waiting->len == 0)
		return false;
	q->ready = true;
	g_array_append_val(p->ready, q->session);
	return p->ready->len == 1;
}

void http_polls_open(struct http_polls *p, uint64_t session, bool *wake)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&p->lock);
	struct queue *q = g_hash_table_lookup(p->by_session, &session);

	*wake = false;
	if (q) {
		queue_clear(q);
		q->over = false;
		q->release = true;
		*wake = mark_ready(p, q);
		return;
	}
	q = g_new0(struct queue, 1);
	q->session = session;
	q->waiting = g_ptr_array_new();
	g_queue_init(&q->events);
	g_hash_table_insert(p->by_session, &q->session, q);
}

void http_polls_end(struct http_polls *p, uint64_t session, enum http_poll_end how, bool *wake)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&p->lock);
	struct queue *q = g_hash_table_lookup(p->by_session, &session);

	*wake = false;
	if (!q)
		return;
	if (how == HTTP_POLL_DROP || q->waiting->len == 0) {
		g_hash_table_remove(p->by_session, &session);
		return;
	}
	q->over = true;
	q->release = how == HTTP_POLL_RELEASE;
	*wake = mark_ready(p, q);
}

int http_polls_push(struct http_polls *p, uint64_t session, char *text, size_t len, bool *wake)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&p->lock);
	struct queue *q = g_hash_table_lookup(p->by_session, &session);
	struct event *e;
	int err = 0;

	*wake = false;
	if (!q || q->over) {
		free(text);
		return LIMEN_ENOENT;
	}
	while (q->events.length > 0 &&
		(q->events.length >= HTTP_POLL_EVENTS_MAX ||
			q->bytes + len > HTTP_POLL_BYTES_MAX)) {
		e = g_queue_pop_head(&q->events);
		q->bytes -= e->len;
		event_free(e);
		err = LIMEN_ELIMIT;
	}
	e = g_new(struct event, 1);
	*e = (struct event){ .text = text, .len = len };
	g_queue_push_tail(&q->events, e);
	q->bytes += len;
	*wake = mark_ready(p, q);
	return err;
}

char *http_polls_take(struct http_polls *p, uint64_t session, unsigned max, size_t *len)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&p->lock);
	struct queue *q = g_hash_table_lookup(p->by_session, &session);
	GString *all;

	if (!q || q->events.length == 0)
		return NULL;
	all = g_string_new(max > 1 ? "[" : "");
	for (unsigned i = 0; i < MAX(max, 1) && q->events.length > 0; i++) {
		struct event *e = g_queue_pop_head(&q->events);

		if (i > 0)
			g_string_append_c(all, ',');
		g_string_append_len(all, e->text, (gssize)e->len);
		q->bytes -= e->len;
		event_free(e);
	}
	if (max > 1)
		g_string_append_c(all, ']');
	*len = all->len;
	return g_string_free(all, FALSE);
}

void http_polls_wait(struct http_polls *p, uint64_t session, void *poll)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&p->lock);
	struct queue *q = g_hash_table_lookup(p->by_session, &session);

	if (!q)
		return;
	g_ptr_array_add(q->waiting, poll);
	/* An event may have come between the look into the queue and here; the caller is the
	 * service thread, so no wake-up is needed. */
	if (q->events.length > 0)
		mark_ready(p, q);
}

void http_polls_forget(struct http_polls *p, uint64_t session, void *poll)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&p->lock);
	struct queue *q = g_hash_table_lookup(p->by_session, &session);

	if (q)
		g_ptr_array_remove(q->waiting, poll);
}

/* The polls of a session that answer now; new, NULL if none. */
static GPtrArray *steal_waiting(struct http_polls *p, uint64_t session)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&p->lock);
	struct queue *q = g_hash_table_lookup(p->by_session, &session);
	GPtrArray *waiting = NULL;

	if (!q)
		return NULL;
	q->ready = false;
	if (q->release || q->events.length > 0) {
		waiting = q->waiting;
		q->waiting = g_ptr_array_new();
	}
	q->release = false;
	return waiting;
}

static void remove_if_over(struct http_polls *p, uint64_t session)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&p->lock);
	struct queue *q = g_hash_table_lookup(p->by_session, &session);

	if (q && q->over)
		g_hash_table_remove(p->by_session, &session);
}

void http_polls_ready(struct http_polls *p, void (*fn)(void *poll))
{
	GArray *ready;

	g_mutex_lock(&p->lock);
	ready = p->ready;
	p->ready = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	g_mutex_unlock(&p->lock);

	for (unsigned i = 0; i < ready->len; i++) {
		uint64_t session = g_array_index(ready, uint64_t, i);
		g_autoptr(GPtrArray) waiting = steal_waiting(p, session);

		for (unsigned k = 0; waiting && k < waiting->len; k++)
			fn(g_ptr_array_index(waiting, k));
		remove_if_over(p, session);
	}
	g_array_free(ready, TRUE);
}
