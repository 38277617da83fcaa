/*
 * Configuration files (libconfig) checked against option tables (include/limen/module.h): unknown
 * groups and keys, wrong types and impossible values are reported with file, line and what was
 * expected. Read-only after loading; then any thread.
 */
#ifndef LIMEN_BASE_CONFIG_H
#define LIMEN_BASE_CONFIG_H

#include <glib.h>
#include <limen/module.h>

struct limen_config;

/* Loads and checks. path NULL or a file that does not exist: all defaults. table borrowed for the
 * life of *out. LIMEN_EINVAL with *reason new ("limen.jcfg:12: general.session_timeout: expected an
 * integer from 0 to 86400, not \"x\""); all problems of a file are reported, one a line. A number
 * may be written as text where it parses ("10"), as old files do. */
int limen_config_load(struct limen_config **out, const char *path, const struct limen_option *table,
	char **reason);
void limen_config_free(struct limen_config *c);

/* Values by group and key; the table's default when unset. Aborts when the table has no such row (a
 * programming error). */
bool limen_config_bool(const struct limen_config *c, const char *section, const char *name);
int64_t limen_config_int(const struct limen_config *c, const char *section, const char *name);
const char *limen_config_string(const struct limen_config *c, const char *section,
	const char *name); /* borrowed, may be NULL */
bool limen_config_set(const struct limen_config *c, const char *section, const char *name);
/* For a message about a value: "limen.jcfg:12: general.loops: ", without the place where it is not
 * set. New */
char *limen_config_where(const struct limen_config *c, const char *section, const char *name);
/* Groups of the file that match "room-*" (GLib pattern), or are named by the id alone ("1234", any
 * name where general.string_ids is true), in file order; new, g_strfreev(). */
char **limen_config_groups(const struct limen_config *c, const char *pattern);

/* Writes the group "room-1234" with these members into a file, in the place of "1234" too; keys
 * NULL: takes it out. All else in the file stays, but for comments; after an error it is as it was.
 * LIMEN_EINVAL, LIMEN_EIO with *reason new. Blocks; any thread */
int limen_config_save(const char *path, const struct limen_option *table, const char *group,
	const json_t *keys, char **reason);

/* A commented sample file of a table: every group and key with default, range and help. New. */
char *limen_config_sample(const struct limen_option *table, const char *title);

#endif
