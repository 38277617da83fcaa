/*
 * Configuration files as text. A change is made to the file as it is now, not as it was at start:
 * the operator may have edited it since. Rejected: keeping comments, since libconfig does not keep
 * them. Thread: any; changes wait for each other.
 */
#include "core/base/config_file.h"
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_FILE_MODE 0600 /* it has secrets in it */

static GMutex one_at_a_time;

/* The end of a string or comment that begins here, or NULL when none does. */
static const char *skip_opaque(const char *at)
{
	const char *end = NULL;

	if (*at == '"') {
		for (at++; *at && *at != '"'; at++)
			at += *at == '\\' && at[1];
		return *at ? at + 1 : at;
	}
	if (g_str_has_prefix(at, "/*"))
		end = strstr(at + 2, "*/");
	else if (*at == '#' || g_str_has_prefix(at, "//"))
		return at + strcspn(at, "\n");
	else
		return NULL;
	return end ? end + 2 : at + strlen(at);
}

/* How many characters of a word stand here? */
static size_t word_len(const char *at)
{
	size_t n = 0;

	while (g_ascii_isalnum(at[n]) || (at[n] && strchr("_-*.+", at[n])))
		n++;
	return n;
}

/* A number that is followed by ":" or "=" can only be meant as a name. */
static bool is_number_name(const char *at, size_t len)
{
	return len > 0 && strspn(at, "0123456789") == len &&
		strchr(":=", at[len + strspn(at + len, " \t\r\n")]) &&
		at[len + strspn(at + len, " \t\r\n")];
}

/* With a "*" before each name that is a number; new */
static char *star_numbers(const char *text)
{
	GString *out = g_string_new(NULL);

	while (*text) {
		const char *end = skip_opaque(text);
		const size_t len = end ? (size_t)(end - text) : MAX(word_len(text), 1);

		if (!end && is_number_name(text, len))
			g_string_append_c(out, '*');
		g_string_append_len(out, text, (gssize)len);
		text += len;
	}
	return g_string_free(out, FALSE);
}

/* The reverse, for what libconfig has written: a top-level name begins its line; new */
static char *unstar_numbers(const char *text)
{
	GString *out = g_string_new(NULL);

	for (const char *line = text; *line;) {
		const size_t len = strcspn(line, "\n") + (strchr(line, '\n') ? 1 : 0);
		const size_t star = line[0] == '*' && g_ascii_isdigit(line[1]) ? 1 : 0;

		g_string_append_len(out, line + star, (gssize)(len - star));
		line += len;
	}
	return g_string_free(out, FALSE);
}

/* Why libconfig could not read a file. */
static char *read_fault(const config_t *file, const char *path)
{
	const char *where = config_error_file(file) ? config_error_file(file) : path;

	return g_strdup_printf(
		"%s:%d: %s", where, config_error_line(file), config_error_text(file));
}

int limen_config_file_read(config_t *file, const char *path, char **reason)
{
	g_autofree char *text = NULL, *starred = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL)) {
		*reason = g_strdup_printf("%s: cannot be read", path);
		return LIMEN_EINVAL;
	}
	starred = star_numbers(text);
	if (config_read_string(file, starred) == CONFIG_TRUE)
		return 0;
	*reason = read_fault(file, path);
	return LIMEN_EINVAL;
}

const char *limen_config_file_name(const config_setting_t *group)
{
	const char *name = config_setting_name(group);

	return name[0] == '*' && g_ascii_isdigit(name[1]) ? name + 1 : name;
}

config_setting_t *limen_config_file_find(const config_t *file, const char *name)
{
	const config_setting_t *root = config_root_setting(file);

	for (int i = 0; i < config_setting_length(root); i++) {
		config_setting_t *s = config_setting_get_elem(root, (unsigned)i);

		if (strcmp(limen_config_file_name(s), name) == 0)
			return s;
	}
	return NULL;
}

static bool set_member(config_setting_t *group, const char *name, const json_t *value)
{
	const bool large = json_is_integer(value) &&
		(json_integer_value(value) > G_MAXINT32 || json_integer_value(value) < G_MININT32);
	const int type = json_is_boolean(value) ? CONFIG_TYPE_BOOL
		: json_is_string(value)         ? CONFIG_TYPE_STRING
		: large                         ? CONFIG_TYPE_INT64
						: CONFIG_TYPE_INT;
	config_setting_t *s = config_setting_add(group, name, type);

	if (!s)
		return false;
	if (type == CONFIG_TYPE_BOOL)
		return config_setting_set_bool(s, json_is_true(value));
	if (type == CONFIG_TYPE_STRING)
		return config_setting_set_string(s, json_string_value(value));
	return large ? config_setting_set_int64(s, json_integer_value(value))
		     : config_setting_set_int(s, (int)json_integer_value(value));
}

/* The group, empty: where it stood, or at the end. NULL when group is no name. */
static config_setting_t *emptied_group(config_t *file, const char *group)
{
	g_autofree char *name = g_strconcat(g_ascii_isdigit(group[0]) ? "*" : "", group, NULL);
	config_setting_t *s = limen_config_file_find(file, group);

	if (!s || !config_setting_is_group(s))
		return config_setting_add(config_root_setting(file), name, CONFIG_TYPE_GROUP);
	while (config_setting_length(s) > 0)
		config_setting_remove_elem(s, 0);
	return s;
}

static bool remove_group(config_t *file, const char *group)
{
	config_setting_t *s = group ? limen_config_file_find(file, group) : NULL;

	return s &&
		config_setting_remove_elem(config_root_setting(file),
			(unsigned)config_setting_index(s)) == CONFIG_TRUE;
}

/* *changed: whether the file has to be written. */
static int change(
	config_t *file, const char *group, const char *alias, const json_t *keys, bool *changed)
{
	config_setting_t *s;
	const char *name;
	json_t *value;

	*changed = remove_group(file, alias);
	if (!keys) {
		*changed |= remove_group(file, group);
		return 0;
	}
	if (json_object_size(keys) == 0 && limen_config_file_find(file, group))
		return 0;
	*changed = true;
	if (!(s = emptied_group(file, group)))
		return LIMEN_EINVAL;
	json_object_foreach((json_t *)(uintptr_t)keys, name, value)
	{
		if (!set_member(s, name, value))
			return LIMEN_EINVAL;
	}
	return 0;
}

static char *text_of(const config_t *file)
{
	char *text = NULL, *out;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	config_write(file, f);
	out = fclose(f) == 0 ? unstar_numbers(text) : NULL;
	free(text);
	return out;
}

/* Into a new file of the same folder, which then takes the place and the mode of the old one; a
 * link stays one. */
static int write_file(const config_t *file, const char *path, char **reason)
{
	g_autofree char *text = text_of(file);
	g_autoptr(GError) error = NULL;
	char *target = realpath(path, NULL);
	struct stat old;
	const int mode =
		target && stat(target, &old) == 0 ? (int)(old.st_mode & 07777) : NEW_FILE_MODE;
	const bool written = text &&
		g_file_set_contents_full(target ? target : path, text, -1,
			G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, mode, &error);

	free(target);
	if (written)
		return 0;
	*reason = g_strdup(error ? error->message : "out of memory");
	return LIMEN_EIO;
}

static int save(config_t *file, const char *path, const char *group, const char *alias,
	const json_t *keys, char **reason)
{
	bool changed;
	int err;

	if (access(path, F_OK) == 0 && (err = limen_config_file_read(file, path, reason)))
		return err;
	if ((err = change(file, group, alias, keys, &changed))) {
		*reason = g_strdup_printf("%s: \"%s\" cannot be the name of a group", path, group);
		return err;
	}
	return changed ? write_file(file, path, reason) : 0;
}

int limen_config_file_save(
	const char *path, const char *group, const char *alias, const json_t *keys, char **reason)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&one_at_a_time);
	config_t file;
	int err;

	*reason = NULL;
	config_init(&file);
	err = save(&file, path, group, alias, keys, reason);
	config_destroy(&file);
	return err;
}
