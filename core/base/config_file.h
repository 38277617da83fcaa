/*
 * Configuration files as text: read, and changed by one group at a time. Operators write
 * "1234: { ... }", which libconfig does not know as a name; inside it is called "*1234". Thread:
 * any.
 */
#ifndef LIMEN_BASE_CONFIG_FILE_H
#define LIMEN_BASE_CONFIG_FILE_H

#include <jansson.h>
#include <libconfig.h>
#include <limen/types.h>

/* Reads a file into file, which is initialised already. LIMEN_EINVAL with *reason new. */
int limen_config_file_read(config_t *file, const char *path, char **reason);
/* The name of a top-level group as it stands in the file; borrowed. */
const char *limen_config_file_name(const config_setting_t *group);
/* The top-level setting of this name, or NULL; borrowed. */
config_setting_t *limen_config_file_find(const config_t *file, const char *name);

/* Writes one group with these members (booleans, integers, strings) into a file and leaves its
 * other groups as they are; keys NULL: takes the group out; none: makes it unless it is there. A
 * second group, alias (may be NULL), is taken out too. The file is replaced as a whole or, after an
 * error, not at all; without one it is made. Comments go. LIMEN_EINVAL: the file cannot be read as
 * it is, or group is no name; LIMEN_EIO: it cannot be written. *reason new then. Blocks; one at a
 * time. */
int limen_config_file_save(
	const char *path, const char *group, const char *alias, const json_t *keys, char **reason);

#endif
