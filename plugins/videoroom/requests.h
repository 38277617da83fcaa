/*
 * Requests that are about rooms rather than about one handle; they need not have joined. Thread:
 * any loop; they take the locks they need.
 */
#ifndef LIMEN_VIDEOROOM_REQUESTS_H
#define LIMEN_VIDEOROOM_REQUESTS_H

#include "plugins/videoroom/room.h"

/* room_requests.c */
int limen_room_create(struct limen_handle *h, struct limen_request *r);
int limen_room_edit(struct limen_handle *h, struct limen_request *r);
int limen_room_destroy(struct limen_handle *h, struct limen_request *r);
int limen_room_exists(struct limen_handle *h, struct limen_request *r);
int limen_room_list(struct limen_handle *h, struct limen_request *r);
int limen_room_allowed(struct limen_handle *h, struct limen_request *r);

/* moderate.c */
int limen_room_kick(struct limen_handle *h, struct limen_request *r);
int limen_room_moderate(struct limen_handle *h, struct limen_request *r);
int limen_room_participants(struct limen_handle *h, struct limen_request *r);

/* remote.c: publishers whose media another gateway sends */
int limen_room_add_remote(struct limen_handle *h, struct limen_request *r);
int limen_room_update_remote(struct limen_handle *h, struct limen_request *r);
int limen_room_remove_remote(struct limen_handle *h, struct limen_request *r);

/* join.c: joining, and what a handle may not ask before, or twice */
int limen_join(struct limen_handle *h, struct limen_request *r);
int limen_join_and_configure(struct limen_handle *h, struct limen_request *r);
int limen_join_first(struct limen_handle *h, struct limen_request *r);
int limen_join_twice(struct limen_handle *h, struct limen_request *r);
int limen_leave(struct limen_handle *h, struct limen_request *r);

#endif
