/*
 * Events of a room, and the views of participants that they carry. Everything here is locked.
 */
#ifndef LIMEN_VIDEOROOM_EVENTS_H
#define LIMEN_VIDEOROOM_EVENTS_H

#include "plugins/videoroom/publisher.h"

/* {"videoroom":what,"room":id}; new */
json_t *limen_events_new(const struct limen_room *room, const char *what);
/* Sends an event to all participants but one (NULL: to all). Takes event. */
void limen_events_send(struct limen_room *room, const struct limen_publisher *but, json_t *event);
/* Tells event handlers; data may be NULL, takes it. */
void limen_events_emit(const struct limen_room *room, const struct limen_handle *h,
	const char *what, json_t *data);

/* Which members a view has. */
enum limen_view {
	LIMEN_VIEW_EVENT,
	LIMEN_VIEW_JOINED /* with "talking" */,
	LIMEN_VIEW_OWN /* with extension ids */
};
/* The "streams" of a participant; new */
json_t *limen_events_streams(const struct limen_publisher *p, enum limen_view view);
/* Adds "audio_codec" and "video_codec" (the first active of each). */
void limen_events_add_codecs(json_t *o, const struct limen_publisher *p);
/* A participant who publishes; new */
json_t *limen_events_publisher(const struct limen_publisher *p, enum limen_view view);
/* {"id","display"?,"metadata"?}; new */
json_t *limen_events_person(const struct limen_publisher *p);

/* Tells event handlers of a participant: {"id","display"?,"metadata"?}. */
void limen_events_emit_person(const struct limen_publisher *p, const char *what);

/* "publishers", to all but p */
void limen_events_publishing(const struct limen_publisher *p);
/* "unpublished", "leaving" or "kicked", to all but p */
void limen_events_departure(const struct limen_publisher *p, const char *what);

#endif
