/*
 * What a handle's connection tells event handlers, by the profile of the settings: "lean" leaves
 * candidates out, which stand in the descriptions, and the pair that was chosen is told anyway.
 * Thread: the handle's loop.
 */
#ifndef LIMEN_SESSION_PEER_EVENTS_H
#define LIMEN_SESSION_PEER_EVENTS_H

#include "core/session/handle.h"

void limen_peer_events_gathered(struct limen_core_handle *h);
void limen_peer_events_remote_candidate(struct limen_core_handle *h, const char *candidate);
void limen_peer_events_remote(struct limen_core_handle *h, const struct limen_sdp *sdp);
void limen_peer_events_ice(struct limen_core_handle *h, enum limen_ice_state state);
void limen_peer_events_up(struct limen_core_handle *h);
/* The connection is about to end: its last statistics. */
void limen_peer_events_ending(struct limen_core_handle *h);
void limen_peer_events_down(struct limen_core_handle *h, const char *reason);
void limen_peer_events_second(struct limen_core_handle *h);
void limen_peer_events_media(struct limen_core_handle *h, const struct limen_media_event *ev,
	const char *mid, bool simulcast);

#endif
