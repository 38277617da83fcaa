/*
 * What event handlers share: which events they want, how they print and group them, and what an
 * operator may change while they run. Thread: any; limen_event_common_read() in start().
 */
#ifndef LIMEN_KIT_EVENT_H
#define LIMEN_KIT_EVENT_H

#include <limen/event.h>

#define LIMEN_EVENT_GROUP_MAX 100u /* events in one array */

/* Rows of every handler's option table. */
#define LIMEN_EVENT_OPTIONS                                                                        \
	{ "general", "enabled", LIMEN_OPT_BOOL, "false", 0, 0, NULL,                               \
		"Is the handler used at all?" },                                                   \
		{ "general", "events", LIMEN_OPT_STRING, NULL, 0, 0, NULL,                         \
			"What is sent: \"all\", \"none\", or a comma list of sessions, handles, "  \
			"external, jsep, webrtc, media, plugins, transports, core; unset = "       \
			"none" },                                                                  \
	{                                                                                          \
		"general", "json", LIMEN_OPT_CHOICE, "compact", 0, 0, "indented|plain|compact",    \
			"How events are printed"                                                   \
	}
#define LIMEN_EVENT_OPTION_GROUPING                                                                \
	{                                                                                          \
		"general", "grouping", LIMEN_OPT_BOOL, "true", 0, 0, NULL,                         \
			"Send several events at once, up to 100 in an array"                       \
	}

/* Members change by tweaks: read them by the functions below. */
struct limen_event_common {
	bool enabled;
	gint mask;     /* atomic: types wanted */
	gint grouping; /* atomic */
	size_t style;  /* jansson's flags */
};

/* "all", "none" or a comma list of labels, whatever their case → bits; unknown words count for
 * nothing, like NULL. */
unsigned limen_event_mask(const char *labels);
/* "sessions", "handles" ... of one bit; NULL for others. Static */
const char *limen_event_label(unsigned type);
/* "Sessions", "Handles" ... as in messages; NULL for others. Static */
const char *limen_event_name(unsigned type);

/* From the handler's options; one that is not enabled wants nothing. */
void limen_event_common_read(
	struct limen_event_common *c, const struct limen_module_head *head, bool groups);
/* For .wanted */
unsigned limen_event_wanted(struct limen_event_common *c);
bool limen_event_groups(struct limen_event_common *c);

/* Answers of .query: {"result":200}, or {"error_code":code,"error":text}; new */
#define LIMEN_EVENT_UNKNOWN_REQUEST 411
#define LIMEN_EVENT_MISSING 412
#define LIMEN_EVENT_INVALID 413
#define LIMEN_EVENT_OTHER 499
json_t *limen_event_done(void);
json_t *limen_event_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Is it a "tweak" whose members have the types of fields, which end with LIMEN_FIELDS_END? NULL, or
 * the error to answer; new. */
json_t *limen_event_tweak_check(const json_t *request, const struct limen_field *fields);
/* Takes over its "events" and "grouping", where there. */
void limen_event_tweak(struct limen_event_common *c, const json_t *request);

#endif
