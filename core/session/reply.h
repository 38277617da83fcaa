/*
 * The shapes of replies and events (spec api-core §1): members in the order that clients see. Pure;
 * any thread. All results are new.
 */
#ifndef LIMEN_SESSION_REPLY_H
#define LIMEN_SESSION_REPLY_H

#include <jansson.h>
#include <stdint.h>

/* Codes of the envelope (spec api-core §4). */
enum limen_api_error {
	LIMEN_API_UNAUTHORIZED = 403,
	LIMEN_API_UNAUTHORIZED_PLUGIN = 405,
	LIMEN_API_UNKNOWN_REQUEST = 453,
	LIMEN_API_INVALID_JSON = 454,
	LIMEN_API_INVALID_OBJECT = 455,
	LIMEN_API_MISSING = 456,
	LIMEN_API_INVALID_PATH = 457,
	LIMEN_API_NO_SESSION = 458,
	LIMEN_API_NO_HANDLE = 459,
	LIMEN_API_NO_PLUGIN = 460,
	LIMEN_API_ATTACH_FAILED = 461,
	LIMEN_API_MESSAGE_FAILED = 462,
	LIMEN_API_JSEP_TYPE = 464,
	LIMEN_API_INVALID_SDP = 465,
	LIMEN_API_TRICKLE = 466,
	LIMEN_API_INVALID_TYPE = 467,
	LIMEN_API_SESSION_EXISTS = 468,
	LIMEN_API_UNEXPECTED_ANSWER = 469,
	LIMEN_API_WRONG_STATE = 471,
	LIMEN_API_NOT_ACCEPTING = 472,
	LIMEN_API_UNKNOWN = 490,
};

/* {"janus":kind, ["session_id"], ["transaction"]}; 0 and NULL leave out. */
json_t *limen_reply(const char *kind, uint64_t session, const char *transaction);
json_t *limen_reply_error(uint64_t session, const char *transaction, int code, const char *format,
	...) __attribute__((format(printf, 4, 5)));
/* {"janus":kind,"session_id","transaction"?,"sender","opaque_id"?} */
json_t *limen_event(const char *kind, uint64_t session, const char *transaction, uint64_t sender,
	const char *opaque_id);
/* Adds "plugindata":{"plugin","data"}; takes data. */
void limen_reply_plugindata(json_t *reply, const char *plugin, json_t *data);

#endif
