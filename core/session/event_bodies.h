/*
 * The bodies of webrtc and media events, member by member in the order of the spec (events §2).
 * Pure; any thread. Results are new.
 */
#ifndef LIMEN_SESSION_EVENT_BODIES_H
#define LIMEN_SESSION_EVENT_BODIES_H

#include <jansson.h>
#include "core/media/stats.h"

json_t *limen_event_body_ice(const char *state);
/* candidate: with or without "candidate:" in front */
json_t *limen_event_body_local_candidate(const char *candidate);
json_t *limen_event_body_remote_candidate(const char *candidate);
json_t *limen_event_body_pair(const struct limen_ice_pair *pair);
json_t *limen_event_body_dtls(const char *state);
json_t *limen_event_body_receiving(
	const struct limen_media_event *ev, const char *mid, bool simulcast, int seconds);
json_t *limen_event_body_slow(const struct limen_media_event *ev, const char *mid);
/* All statistics of a connection, an array: an object for each m-line and each layer that comes.
 * lean: members that say nothing (0 of a count, 100 of a quality) are left out. */
json_t *limen_event_body_stats(const struct limen_stats_peer *s, bool lean);

#endif
