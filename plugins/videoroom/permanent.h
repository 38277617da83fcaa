/*
 * Changes of rooms that are written to the configuration file before they are made. Thread: as each
 * says.
 */
#ifndef LIMEN_VIDEOROOM_PERMANENT_H
#define LIMEN_VIDEOROOM_PERMANENT_H

#include "plugins/videoroom/room.h"

/* One kind of change. Called in the writing thread, with the room locked. */
struct limen_permanent {
	/* The members that the room's group is to have; new. NULL: it is to go */
	json_t *(*keys)(const struct limen_room *room, const json_t *body);
	/* It is written: makes the change; the reply follows by itself. */
	void (*make)(struct limen_room *room, const struct limen_request *r);
	/* It is made or refused; not locked. May be NULL */
	void (*end)(struct limen_room *room, bool made);
	const char *done; /* value of "videoroom" in the reply */
};

/* Main thread. stop() waits for what is being written; what waits then is not made. */
void limen_permanent_start(void);
void limen_permanent_stop(void);

/* Defers r until the change is made, or could not be written: then r fails with 499 and nothing has
 * changed. Own loop; what the handler returns */
int limen_permanent_change(
	struct limen_request *r, struct limen_room *room, const struct limen_permanent *kind);

#endif
