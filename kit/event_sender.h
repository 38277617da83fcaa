/*
 * A thread that sends what waits in a buffer, as texts, through a function that may block; what
 * fails is tried again after a wait that doubles, then dropped and logged. Threads: new and free
 * main; push any; send() on the sender's own.
 */
#ifndef LIMEN_KIT_EVENT_SENDER_H
#define LIMEN_KIT_EVENT_SENDER_H

#include "kit/event.h"
#include "kit/event_buffer.h"

struct limen_event_sender;

/* How often a text that failed is tried again, and the first wait. Read anew for each text. */
struct limen_event_retry {
	gint times;      /* atomic; 0 = not at all */
	gint backoff_ms; /* atomic */
};

struct limen_event_sender_config {
	const char *topic; /* of log lines, and the thread's name: 15 characters; static */
	struct limen_event_common *common; /* borrowed for life: grouping and style */
	struct limen_event_retry *retry;   /* the same; NULL = no retries */
	/* 0, or a negative LIMEN_E...: again, please. text has len bytes and a NUL behind them. */
	int (*send)(const char *text, size_t len, void *arg);
	void *arg;
};

/* LIMEN_EIO: no thread */
int limen_event_sender_new(
	struct limen_event_sender **out, const struct limen_event_sender_config *cfg);
/* Sends what waits, once and for two seconds at most, and ends. NULL is fine. */
void limen_event_sender_free(struct limen_event_sender *s);
/* References event. */
void limen_event_sender_push(struct limen_event_sender *s, const json_t *event);

#endif
