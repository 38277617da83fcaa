/*
 * How often a source is asked for keyframes: however many receivers want one, it hears one request
 * a second on average, so that viewers who flock in do not cost it its picture; a few may come
 * closer, so that a single one sees it at once. Pure; thread: the source's loop.
 */
#ifndef LIMEN_MEDIA_PACE_H
#define LIMEN_MEDIA_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* Embedded; zeroed = never asked. */
struct limen_pace {
	int64_t asked_us; /* last request */
	int64_t paced_us; /* until when requests so far would do, at their pace */
	bool again;       /* one was put off and is still wanted */
};

/* May it be asked now? That is noted; else it is put off, until limen_pace_due(). */
bool limen_pace_ask(struct limen_pace *p, int64_t now_us);
int64_t limen_pace_due(const struct limen_pace *p);
/* A keyframe came: whoever asked till now is served by it. */
void limen_pace_served(struct limen_pace *p);

#endif
