/*
 * Dummy publishers: m-lines without media that subscribers negotiate beforehand, so that real feeds
 * can be switched in later without an offer. Thread: the room's lock.
 */
#ifndef LIMEN_VIDEOROOM_DUMMY_H
#define LIMEN_VIDEOROOM_DUMMY_H

#include "plugins/videoroom/room.h"

#define LIMEN_DUMMY_STREAMS_MAX 64u /* entries in dummy_streams */

/* Checks "dummy_streams" (NULL = absent) against the codecs of a room. 0, or LIMEN_EINVAL with
 * *reason new. */
int limen_dummy_check(const struct limen_room *room, const json_t *streams, char **reason);
/* The dummy of a room whose settings ask for one enters it. */
void limen_dummy_enter(struct limen_room *room);

#endif
