/*
 * What plugins, transports and event handlers have in common: the head of their struct, their
 * option tables, the field tables by which JSON is checked, and the services that every module
 * gets. A module exports one const struct named limen_module; LIMEN_PLUGIN(), LIMEN_TRANSPORT() and
 * LIMEN_EVENT_HANDLER() write it.
 */
#ifndef LIMEN_MODULE_H
#define LIMEN_MODULE_H

#include <glib.h>
#include <jansson.h>
#include <limen/log.h>
#include <limen/types.h>

#define LIMEN_ABI 1u
#define LIMEN_EXPORT __attribute__((visibility("default")))

/* One row of a module's configuration file. The core checks the file against the table before
 * start(). */
enum limen_option_type { LIMEN_OPT_BOOL, LIMEN_OPT_INT, LIMEN_OPT_STRING, LIMEN_OPT_CHOICE };
struct limen_option {
	const char *section; /* group in the file, "general"; "room-*" matches any group of that
				beginning */
	const char *name;    /* key */
	enum limen_option_type type;
	const char *fallback; /* default as text: "true", "3", "vp8"; NULL = unset */
	int64_t min, max;     /* LIMEN_OPT_INT; both 0 = any */
	const char *choices;  /* LIMEN_OPT_CHOICE: "a|b|c" */
	const char *help;     /* one sentence, with the unit; printed into the sample file and the
				 documentation */
};
#define LIMEN_OPTIONS_END                                                                          \
	{                                                                                          \
		.section = NULL                                                                    \
	}

/* One row of a field table: a member of a JSON object. */
enum limen_field_type {
	LIMEN_F_BOOL,
	LIMEN_F_INT,
	LIMEN_F_UINT /* "positive integer": >= 0 */,
	LIMEN_F_STRING,
	LIMEN_F_OBJECT,
	LIMEN_F_ARRAY,
	LIMEN_F_ID /* room or user id: positive integer, or string where the module says so */
};
struct limen_field {
	const char *name;
	enum limen_field_type type;
	bool required;
};
#define LIMEN_FIELDS_END                                                                           \
	{                                                                                          \
		.name = NULL                                                                       \
	}

enum limen_module_kind {
	LIMEN_MODULE_PLUGIN = 1,
	LIMEN_MODULE_TRANSPORT,
	LIMEN_MODULE_EVENT_HANDLER
};

/* The head of every module struct; everything is static and borrowed for the life of the process.
 */
struct limen_module_head {
	uint32_t abi;  /* LIMEN_ABI it was built with: must match */
	uint32_t size; /* sizeof its whole struct: a shorter one is an older one, missing members
			  count as zero */
	enum limen_module_kind kind;
	const char *name;  /* package name on the wire: "janus.plugin.echotest" */
	const char *title; /* human name */
	const char *author;
	const char *description;
	const char *version_string;
	int version;
	const struct limen_option *options;
	const void **services; /* the module's own pointer that the core fills before start() */
};

/* Services for every module. Thread: any, unless a line says otherwise. */
struct limen_base_services {
	/* Is a line of this level wanted? */
	bool (*log_wanted)(enum limen_log_level level);
	/* Writes a line; topic static; ids 0 when there are none. Use the limen_log() macro. */
	void (*log_write)(enum limen_log_level level, const char *topic, uint64_t session,
		uint64_t handle, const char *format, ...) __attribute__((format(printf, 5, 6)));
	/* Options of this module's checked configuration file; head = its own struct. The default
	 * when not set; string borrowed, may be NULL. */
	bool (*option_bool)(
		const struct limen_module_head *head, const char *section, const char *name);
	int64_t (*option_int)(
		const struct limen_module_head *head, const char *section, const char *name);
	const char *(*option_string)(
		const struct limen_module_head *head, const char *section, const char *name);
	/* Names of the groups that match "room-*"; NULL-terminated; new, g_strfreev() */
	char **(*option_groups)(const struct limen_module_head *head, const char *pattern);
	/* Has the file this key in this group? (to tell an absent option from its default) */
	bool (*option_set)(
		const struct limen_module_head *head, const char *section, const char *name);
	/* Microseconds of the gateway's monotonic clock, and of the wall clock since 1970 */
	int64_t (*now_us)(void);
	int64_t (*wall_us)(void);
	/* Random bytes from the gateway's one source */
	void (*random)(void *bytes, size_t len);
	/* The folder of configuration files; borrowed; NULL when running without */
	const char *(*config_dir)(void);
	/* Emits an event for event handlers (type LIMEN_EVENT_...); takes body. A plugin's body is
	 * what stands in "data" beside its name. */
	void (*emit)(const struct limen_module_head *head, unsigned type, uint64_t session,
		uint64_t handle, json_t *body);
};

#endif
