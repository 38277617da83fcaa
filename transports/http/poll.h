/*
 * Events of sessions that wait for a long poll, and the polls that wait for events.
 * Threads: open, end and push from any; the rest on the service thread. One lock, never held while
 * calling out.
 */
#ifndef LIMEN_TRANSPORT_HTTP_POLL_H
#define LIMEN_TRANSPORT_HTTP_POLL_H

#include <limen/types.h>

#define HTTP_POLL_EVENTS_MAX 1024u /* events kept for one session; the oldest go first */
#define HTTP_POLL_BYTES_MAX (4u * 1024u * 1024u) /* their bytes */

struct http_polls;

enum http_poll_end {
	HTTP_POLL_DROP,    /* nothing more is sent: waiting polls run into their time-out */
	HTTP_POLL_DELIVER, /* what is queued still reaches a waiting poll */
	HTTP_POLL_RELEASE, /* waiting polls end at once */
};

struct http_polls *http_polls_new(void);
/* NULL is fine. */
void http_polls_free(struct http_polls *p);

/* A fresh queue for a session; polls that wait on an older one end. *wake: the service thread has
 * to be woken */
void http_polls_open(struct http_polls *p, uint64_t session, bool *wake);
void http_polls_end(struct http_polls *p, uint64_t session, enum http_poll_end how, bool *wake);
/* Queues an event's text (takes it: free()). LIMEN_ENOENT: no such session. LIMEN_ELIMIT: queued,
 * and an older one was dropped */
int http_polls_push(struct http_polls *p, uint64_t session, char *text, size_t len, bool *wake);

/* Up to max events as one text: an array, or (max 1) the bare object. New, free(); NULL when none
 * is queued. */
char *http_polls_take(struct http_polls *p, uint64_t session, unsigned max, size_t *len);
/* A poll (borrowed until it is handed to a ready function or forgotten) waits for events. */
void http_polls_wait(struct http_polls *p, uint64_t session, void *poll);
void http_polls_forget(struct http_polls *p, uint64_t session, void *poll);
/* Calls fn for each waiting poll that is to answer now: the first of a session finds the events,
 * the others nothing. */
void http_polls_ready(struct http_polls *p, void (*fn)(void *poll));

#endif
