/*
 * Configuration: libconfig reads, the option table judges. All faults of a file are collected, each
 * with file and line, so that an operator mends them in one go. Read-only after loading; then any
 * thread.
 */
#include "core/base/config.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/base/config_file.h"

struct limen_config {
	config_t file;
	const struct limen_option *table;
	char *path;    /* or NULL */
	bool text_ids; /* general.string_ids: a bare id is any name */
};

static bool is_literal(const struct limen_option *table, const char *section)
{
	for (; table->section; table++)
		if (strcmp(table->section, section) == 0)
			return true;
	return false;
}

/* "room-*" is also for a group that is named by the id alone: "1234", or "lobby" where ids are
 * text. */
static bool fits_section(const struct limen_config *c, const char *pattern, const char *section)
{
	if (g_pattern_match_simple(pattern, section))
		return true;
	if (!g_str_has_suffix(pattern, "-*"))
		return false;
	return strspn(section, "0123456789") == strlen(section) ||
		(c->text_ids && !is_literal(c->table, section));
}

static const struct limen_option *find_row(
	const struct limen_config *c, const char *section, const char *name)
{
	for (const struct limen_option *o = c->table; o->section; o++)
		if (fits_section(c, o->section, section) && strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

static bool known_section(const struct limen_config *c, const char *section)
{
	for (const struct limen_option *o = c->table; o->section; o++)
		if (fits_section(c, o->section, section))
			return true;
	return false;
}

static bool read_bool(const config_setting_t *s, bool *out)
{
	static const char *const yes[] = { "true", "yes", "on", "1", NULL },
				 *const no[] = { "false", "no", "off", "0", NULL };
	const char *text =
		config_setting_type(s) == CONFIG_TYPE_STRING ? config_setting_get_string(s) : NULL;
	g_autofree char *lower = text ? g_ascii_strdown(text, -1) : NULL;

	if (config_setting_type(s) == CONFIG_TYPE_BOOL)
		*out = config_setting_get_bool(s);
	else if (lower && (g_strv_contains(yes, lower) || g_strv_contains(no, lower)))
		*out = g_strv_contains(yes, lower);
	else
		return false;
	return true;
}

static bool read_int(const config_setting_t *s, int64_t *out)
{
	const int type = config_setting_type(s);

	if (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64)
		*out = type == CONFIG_TYPE_INT ? config_setting_get_int(s)
					       : config_setting_get_int64(s);
	else if (type != CONFIG_TYPE_STRING ||
		!g_ascii_string_to_signed(
			config_setting_get_string(s), 10, G_MININT64, G_MAXINT64, out, NULL))
		return false;
	return true;
}

static bool is_choice(const char *choices, const char *value)
{
	g_auto(GStrv) list = g_strsplit(choices, "|", 0);

	return g_strv_contains((const gchar *const *)list, value);
}

static bool in_range(const struct limen_option *o, int64_t n)
{
	return (o->min == 0 && o->max == 0) || (n >= o->min && n <= o->max);
}

static bool fits(const struct limen_option *o, const config_setting_t *s)
{
	int64_t n;
	bool b;

	switch (o->type) {
	case LIMEN_OPT_BOOL:
		return read_bool(s, &b);
	case LIMEN_OPT_INT:
		return read_int(s, &n) && in_range(o, n);
	case LIMEN_OPT_STRING:
		return config_setting_type(s) == CONFIG_TYPE_STRING;
	case LIMEN_OPT_CHOICE:
		return config_setting_type(s) == CONFIG_TYPE_STRING &&
			is_choice(o->choices, config_setting_get_string(s));
	}
	return false;
}

static char *expectation(const struct limen_option *o)
{
	switch (o->type) {
	case LIMEN_OPT_BOOL:
		return g_strdup("true or false");
	case LIMEN_OPT_INT:
		if (o->min || o->max)
			return g_strdup_printf("an integer from %" G_GINT64_FORMAT
					       " to %" G_GINT64_FORMAT,
				o->min, o->max);
		return g_strdup("an integer");
	case LIMEN_OPT_STRING:
		return g_strdup("a text in quotes");
	case LIMEN_OPT_CHOICE:
		return g_strdup_printf("one of %s", o->choices);
	}
	return g_strdup("?");
}

/* What a setting holds, for a message. */
static char *shown(const config_setting_t *s)
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_STRING:
		return g_strdup_printf("\"%s\"", config_setting_get_string(s));
	case CONFIG_TYPE_BOOL:
		return g_strdup(config_setting_get_bool(s) ? "true" : "false");
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return g_strdup_printf("%lld", config_setting_get_int64(s));
	case CONFIG_TYPE_FLOAT:
		return g_strdup_printf("%g", config_setting_get_float(s));
	case CONFIG_TYPE_GROUP:
		return g_strdup("a group");
	default:
		return g_strdup("a list");
	}
}

static void fault(GString *faults, const config_setting_t *s, const char *path, const char *format,
	...) G_GNUC_PRINTF(4, 5);
static void fault(
	GString *faults, const config_setting_t *s, const char *path, const char *format, ...)
{
	const char *file = config_setting_source_file(s);
	va_list args;

	g_string_append_printf(faults, "%s%s:%u: ", faults->len ? "\n" : "", file ? file : path,
		config_setting_source_line(s));
	va_start(args, format);
	g_string_append_vprintf(faults, format, args);
	va_end(args);
}

static void check_key(const struct limen_config *c, const char *section, const config_setting_t *s,
	const char *path, GString *faults)
{
	const char *name = config_setting_name(s);
	const struct limen_option *o = find_row(c, section, name);
	g_autofree char *expected = NULL, *found = NULL;

	if (!o) {
		fault(faults, s, path, "%s.%s: unknown key", section, name);
		return;
	}
	if (fits(o, s))
		return;
	expected = expectation(o);
	found = shown(s);
	fault(faults, s, path, "%s.%s: expected %s, not %s", section, name, expected, found);
}

static void check_section(
	const struct limen_config *c, const config_setting_t *s, const char *path, GString *faults)
{
	const char *section = limen_config_file_name(s);

	if (!known_section(c, section)) {
		fault(faults, s, path, "%s: unknown group", section);
		return;
	}
	if (!config_setting_is_group(s)) {
		fault(faults, s, path, "%s: expected a group { ... }", section);
		return;
	}
	for (int i = 0; i < config_setting_length(s); i++)
		check_key(c, section, config_setting_get_elem(s, (unsigned)i), path, faults);
}

static int check_file(const struct limen_config *c, const char *path, char **reason)
{
	const config_setting_t *root = config_root_setting(&c->file);
	g_autoptr(GString) faults = g_string_new(NULL);

	for (int i = 0; i < config_setting_length(root); i++)
		check_section(c, config_setting_get_elem(root, (unsigned)i), path, faults);
	if (faults->len == 0)
		return 0;
	*reason = g_strdup(faults->str);
	return LIMEN_EINVAL;
}

int limen_config_load(struct limen_config **out, const char *path, const struct limen_option *table,
	char **reason)
{
	static const struct limen_option none[] = { LIMEN_OPTIONS_END };
	struct limen_config *c = g_new0(struct limen_config, 1);
	int err;

	*out = NULL;
	*reason = NULL;
	config_init(&c->file);
	c->table = table ? table : none;
	c->path = g_strdup(path);
	if (!path || access(path, F_OK) != 0) {
		*out = c;
		return 0;
	}
	if ((err = limen_config_file_read(&c->file, path, reason)) == 0) {
		c->text_ids = find_row(c, "general", "string_ids") &&
			limen_config_bool(c, "general", "string_ids");
		err = check_file(c, path, reason);
	}
	if (err) {
		limen_config_free(c);
		return err;
	}
	*out = c;
	return 0;
}

void limen_config_free(struct limen_config *c)
{
	if (!c)
		return;
	config_destroy(&c->file);
	g_free(c->path);
	g_free(c);
}

static const config_setting_t *find_value(
	const struct limen_config *c, const char *section, const char *name)
{
	const config_setting_t *group = limen_config_file_find(&c->file, section);

	return group && config_setting_is_group(group) ? config_setting_get_member(group, name)
						       : NULL;
}

static const struct limen_option *need_row(
	const struct limen_config *c, const char *section, const char *name)
{
	const struct limen_option *o = find_row(c, section, name);

	if (!o)
		g_error("no option %s.%s in the table", section, name);
	return o;
}

bool limen_config_bool(const struct limen_config *c, const char *section, const char *name)
{
	const struct limen_option *o = need_row(c, section, name);
	const config_setting_t *s = find_value(c, section, name);
	bool value = false;

	if (s && read_bool(s, &value))
		return value;
	return o->fallback && strcmp(o->fallback, "true") == 0;
}

int64_t limen_config_int(const struct limen_config *c, const char *section, const char *name)
{
	const struct limen_option *o = need_row(c, section, name);
	const config_setting_t *s = find_value(c, section, name);
	int64_t value = 0;

	if (s && read_int(s, &value))
		return value;
	return o->fallback ? strtoll(o->fallback, NULL, 10) : 0;
}

const char *limen_config_string(const struct limen_config *c, const char *section, const char *name)
{
	const struct limen_option *o = need_row(c, section, name);
	const config_setting_t *s = find_value(c, section, name);

	return s && config_setting_type(s) == CONFIG_TYPE_STRING ? config_setting_get_string(s)
								 : o->fallback;
}

bool limen_config_set(const struct limen_config *c, const char *section, const char *name)
{
	return find_value(c, section, name) != NULL;
}

char **limen_config_groups(const struct limen_config *c, const char *pattern)
{
	const config_setting_t *root = config_root_setting(&c->file);
	g_autoptr(GStrvBuilder) list = g_strv_builder_new();

	for (int i = 0; i < config_setting_length(root); i++) {
		const config_setting_t *s = config_setting_get_elem(root, (unsigned)i);

		if (config_setting_is_group(s) &&
			fits_section(c, pattern, limen_config_file_name(s)))
			g_strv_builder_add(list, limen_config_file_name(s));
	}
	return g_strv_builder_end(list);
}

char *limen_config_where(const struct limen_config *c, const char *section, const char *name)
{
	const config_setting_t *s = find_value(c, section, name);

	if (!s)
		return g_strdup_printf("%s.%s: ", section, name);
	return g_strdup_printf(
		"%s:%u: %s.%s: ", c->path, config_setting_source_line(s), section, name);
}

/* What a row of the sample shows: the default, or a value that would do where there is none. New */
static char *sample_value(const struct limen_option *o)
{
	static const char *const empty[] = { "false", NULL, "", NULL };
	g_autoptr(GString) text = g_string_new(o->fallback ? o->fallback : empty[o->type]);

	if (!o->fallback && o->type == LIMEN_OPT_INT)
		g_string_printf(text, "%" G_GINT64_FORMAT, o->min);
	if (!o->fallback && o->type == LIMEN_OPT_CHOICE)
		g_string_append_len(text, o->choices, (gssize)strcspn(o->choices, "|"));
	if (o->type == LIMEN_OPT_STRING || o->type == LIMEN_OPT_CHOICE) {
		g_string_replace(text, "\\", "\\\\", 0);
		g_string_replace(text, "\"", "\\\"", 0);
		g_string_prepend_c(text, '"');
		g_string_append_c(text, '"');
	}
	return g_strdup(text->str);
}

static void sample_row(GString *out, const struct limen_option *o)
{
	g_autofree char *expected = expectation(o), *value = sample_value(o);
	const bool unset = !o->fallback && o->type != LIMEN_OPT_BOOL;

	g_string_append_printf(out, "\t# %s (%s%s)\n", o->help ? o->help : o->name, expected,
		unset ? "; not set" : "");
	g_string_append_printf(out, "\t#%s = %s\n", o->name, value);
}

static bool same_section(const struct limen_option *a, const struct limen_option *b)
{
	return strcmp(a->section, b->section) == 0;
}

/* The other name of a group "room-1234": "1234", unless that is a group of its own kind. */
static const char *alias_of(const struct limen_option *table, const char *group)
{
	for (const struct limen_option *o = table; o->section; o++) {
		const size_t prefix = strlen(o->section) - 1;

		if (g_str_has_suffix(o->section, "-*") && strncmp(group, o->section, prefix) == 0 &&
			group[prefix] && !is_literal(table, group + prefix))
			return group + prefix;
	}
	return NULL;
}

int limen_config_save(const char *path, const struct limen_option *table, const char *group,
	const json_t *keys, char **reason)
{
	return limen_config_file_save(path, group, alias_of(table, group), keys, reason);
}

/* One group with all its rows, wherever they stand in the table. */
static void sample_section(
	GString *out, const struct limen_option *table, const struct limen_option *first)
{
	g_autofree char *name = g_strdelimit(g_strdup(first->section), "*", '1');

	for (const struct limen_option *o = table; o < first; o++)
		if (same_section(o, first))
			return;
	g_string_append_printf(out, "\n%s: {\n", name);
	for (const struct limen_option *o = first; o->section; o++)
		if (same_section(o, first))
			sample_row(out, o);
	g_string_append(out, "}\n");
}

char *limen_config_sample(const struct limen_option *table, const char *title)
{
	GString *out = g_string_new(NULL);

	g_string_append_printf(out,
		"# Configuration of %s. Every line that is commented out shows the default.\n",
		title);
	for (const struct limen_option *o = table; o && o->section; o++)
		sample_section(out, table, o);
	return g_string_free(out, FALSE);
}
