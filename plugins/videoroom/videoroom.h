/*
 * What all files of the VideoRoom plugin share: error numbers, roles, settings. Constants after
 * start(); any thread.
 *
 * Locks: the table of rooms (registry), then the room. Everything below a room (participants,
 * tracks, subscribers, slots) belongs to the room's lock; requests run on the loop of their handle,
 * take it, change things and push events under it, so that everybody sees the changes of a room in
 * one order. Another participant's handle is only used under the lock and while the participant is
 * in the room.
 */
#ifndef LIMEN_VIDEOROOM_H
#define LIMEN_VIDEOROOM_H

#include <limen/plugin.h>

enum limen_videoroom_error {
	VIDEOROOM_NO_MESSAGE = 421,
	VIDEOROOM_INVALID_JSON = 422,
	VIDEOROOM_INVALID_REQUEST = 423,
	VIDEOROOM_JOIN_FIRST = 424,
	VIDEOROOM_ALREADY_JOINED = 425,
	VIDEOROOM_NO_SUCH_ROOM = 426,
	VIDEOROOM_ROOM_EXISTS = 427,
	VIDEOROOM_NO_SUCH_FEED = 428,
	VIDEOROOM_MISSING = 429,
	VIDEOROOM_INVALID = 430,
	VIDEOROOM_SDP_TYPE = 431,
	VIDEOROOM_FULL = 432,
	VIDEOROOM_UNAUTHORIZED = 433,
	VIDEOROOM_ALREADY_PUBLISHED = 434,
	VIDEOROOM_NOT_PUBLISHED = 435,
	VIDEOROOM_ID_EXISTS = 436,
	VIDEOROOM_INVALID_SDP = 437,
	VIDEOROOM_INVALID_FEED = 438,
	VIDEOROOM_UNKNOWN = 499,
};

enum limen_videoroom_role { VIDEOROOM_NOBODY, VIDEOROOM_PUBLISHER, VIDEOROOM_SUBSCRIBER };

/* Why a handle is in its room no more. */
enum limen_gone { LIMEN_PRESENT, LIMEN_GONE_LEFT, LIMEN_GONE_KICKED, LIMEN_GONE_DESTROYED };

/* Options of the group "general". */
struct limen_videoroom_settings {
	const char *admin_key; /* borrowed; NULL = everybody may create rooms */
	bool string_ids;
	bool events;
	bool lock_rtp_forward;
	uint16_t port_min, port_max; /* for the media of remote publishers */
};

extern struct limen_videoroom_settings limen_videoroom; /* room_config.c */
extern const struct limen_plugin limen_module;          /* videoroom.c */

#endif
