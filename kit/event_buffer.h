/*
 * Events that wait to be sent: bounded, in order, the oldest dropped and counted when it is full;
 * taken one by one or by groups, as text. Thread: any.
 */
#ifndef LIMEN_KIT_EVENT_BUFFER_H
#define LIMEN_KIT_EVENT_BUFFER_H

#include <limen/event.h>

#define LIMEN_EVENT_BUFFER_MAX 10000u

struct limen_event_buffer;

/* max: events; 0 = LIMEN_EVENT_BUFFER_MAX. topic: of log lines, static */
struct limen_event_buffer *limen_event_buffer_new(const char *topic, unsigned max);
/* NULL is fine. */
void limen_event_buffer_free(struct limen_event_buffer *b);

/* References event. What does not fit is logged, at most once a second. */
void limen_event_buffer_push(struct limen_event_buffer *b, const json_t *event);
/* The number kept from now on; 0 = LIMEN_EVENT_BUFFER_MAX. */
void limen_event_buffer_limit(struct limen_event_buffer *b, unsigned max);
unsigned limen_event_buffer_len(struct limen_event_buffer *b);
/* Events dropped so far */
uint64_t limen_event_buffer_dropped(struct limen_event_buffer *b);
/* The next event; or, grouped, an array of all that wait, up to LIMEN_EVENT_GROUP_MAX. New; NULL =
 * nothing waits. */
json_t *limen_event_buffer_take(struct limen_event_buffer *b, bool grouped);
/* The same, but waits until until_us of the monotonic clock (g_get_monotonic_time()), or until
 * limen_event_buffer_wake(). */
json_t *limen_event_buffer_wait(struct limen_event_buffer *b, bool grouped, int64_t until_us);
/* Whoever waits returns at once, now and from now on. */
void limen_event_buffer_wake(struct limen_event_buffer *b);

#endif
