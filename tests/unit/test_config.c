/*
 * Configuration files: what is read, the exact texts of what is refused with file and line, and a
 * sample that is itself a file without fault.
 */
#include "core/base/config.h"
#include <glib/gstdio.h>
#include <string.h>

static const struct limen_option table[] = {
	{ "general", "log", LIMEN_OPT_BOOL, "true", 0, 0, NULL, "Log or not" },
	{ "general", "quiet", LIMEN_OPT_BOOL, NULL, 0, 0, NULL, "Be quiet" },
	{ "general", "timeout", LIMEN_OPT_INT, "60", 0, 86400, NULL, "Seconds" },
	{ "general", "offset", LIMEN_OPT_INT, "-5", -10, -1, NULL, NULL },
	{ "general", "any", LIMEN_OPT_INT, NULL, 0, 0, NULL, "Any number" },
	{ "general", "name", LIMEN_OPT_STRING, "my \"own\" \\ name", 0, 0, NULL, "A name" },
	{ "general", "secret", LIMEN_OPT_STRING, NULL, 0, 0, NULL, "A secret" },
	{ "general", "codec", LIMEN_OPT_CHOICE, "vp8", 0, 0, "vp8|vp9|h264", "The codec" },
	{ "room-*", "size", LIMEN_OPT_INT, "3", 1, 10, NULL, "Places" },
	{ "room-*", "pin", LIMEN_OPT_STRING, NULL, 0, 0, NULL, "Pin" },
	{ "nat", "kind", LIMEN_OPT_CHOICE, NULL, 0, 0, "udp|tcp", "How" },
	{ "general", "late", LIMEN_OPT_INT, NULL, 5, 9, NULL, "Of a group that stood above" },
	LIMEN_OPTIONS_END,
};

/* Loads a text; *path: new, of the file, which is gone by then. */
static int load(struct limen_config **c, const char *text, char **path, char **reason)
{
	g_autofree char *dir = g_dir_make_tmp("limen-config-XXXXXX", NULL);
	int err;

	*path = g_build_filename(dir, "limen.jcfg", NULL);
	g_assert_true(g_file_set_contents(*path, text, -1, NULL));
	err = limen_config_load(c, *path, table, reason);
	g_remove(*path);
	g_rmdir(dir);
	return err;
}

static struct limen_config *load_good(const char *text)
{
	g_autofree char *path = NULL, *reason = NULL;
	struct limen_config *c = NULL;

	g_assert_cmpint(load(&c, text, &path, &reason), ==, 0);
	g_assert_cmpstr(reason, ==, NULL);
	return c;
}

/* wanted: the lines of the reason without the file's path: ":2: general.log: ...\n:3: ..." */
static void expect_fault(const char *text, const char *wanted)
{
	g_autofree char *path = NULL, *reason = NULL, *full = NULL;
	struct limen_config *c = (void *)&path;
	g_auto(GStrv) lines = NULL;

	g_assert_cmpint(load(&c, text, &path, &reason), ==, LIMEN_EINVAL);
	g_assert_null(c);
	lines = g_strsplit(wanted, "\n", -1);
	for (char **l = lines; *l; l++) {
		char *line = g_strconcat(path, *l, NULL);

		g_free(*l);
		*l = line;
	}
	full = g_strjoinv("\n", lines);
	g_assert_cmpstr(reason, ==, full);
}

static void expect_defaults(const struct limen_config *c)
{
	g_assert_true(limen_config_bool(c, "general", "log"));
	g_assert_false(limen_config_bool(c, "general", "quiet"));
	g_assert_cmpint(limen_config_int(c, "general", "timeout"), ==, 60);
	g_assert_cmpint(limen_config_int(c, "general", "offset"), ==, -5);
	g_assert_cmpint(limen_config_int(c, "general", "any"), ==, 0);
	g_assert_cmpstr(limen_config_string(c, "general", "name"), ==, "my \"own\" \\ name");
	g_assert_cmpstr(limen_config_string(c, "general", "secret"), ==, NULL);
	g_assert_cmpstr(limen_config_string(c, "general", "codec"), ==, "vp8");
	g_assert_cmpint(limen_config_int(c, "room-77", "size"), ==, 3);
	g_assert_false(limen_config_set(c, "general", "log"));
	g_assert_false(limen_config_set(c, "room-77", "size"));
}

static void test_defaults(void)
{
	static const char *const texts[] = { "", "# nothing\n", "general: { }", "nat = {};" };
	g_autofree char *reason = NULL;
	struct limen_config *c = NULL;

	g_assert_cmpint(limen_config_load(&c, NULL, table, &reason), ==, 0);
	expect_defaults(c);
	limen_config_free(c);
	g_assert_cmpint(limen_config_load(&c, "/no/such/file.jcfg", table, &reason), ==, 0);
	g_assert_null(reason);
	expect_defaults(c);
	limen_config_free(c);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		c = load_good(texts[i]);
		expect_defaults(c);
		limen_config_free(c);
	}
	limen_config_free(NULL);
}

static void test_values(void)
{
	struct limen_config *c = load_good("general: {\n"
					   "\tlog = false\n"
					   "\tquiet: TRUE;\n"
					   "\ttimeout = 86400 // the most\n"
					   "\toffset = -10, any = -9007199254740993L\n"
					   "\tname = \"\"\n"
					   "\tsecret = \"a\\\"b\" \"c\"\n"
					   "\tcodec = \"h264\"\n"
					   "}\n"
					   "room-1: { size = 0xA }\n");

	g_assert_false(limen_config_bool(c, "general", "log"));
	g_assert_true(limen_config_bool(c, "general", "quiet"));
	g_assert_cmpint(limen_config_int(c, "general", "timeout"), ==, 86400);
	g_assert_cmpint(limen_config_int(c, "general", "offset"), ==, -10);
	g_assert_cmpint(limen_config_int(c, "general", "any"), ==, INT64_C(-9007199254740993));
	g_assert_cmpstr(limen_config_string(c, "general", "name"), ==, "");
	g_assert_cmpstr(limen_config_string(c, "general", "secret"), ==, "a\"bc");
	g_assert_cmpstr(limen_config_string(c, "general", "codec"), ==, "h264");
	g_assert_cmpint(limen_config_int(c, "room-1", "size"), ==, 10);
	g_assert_cmpint(limen_config_int(c, "room-2", "size"), ==, 3);
	g_assert_true(limen_config_set(c, "general", "log"));
	g_assert_true(limen_config_set(c, "room-1", "size"));
	g_assert_false(limen_config_set(c, "room-1", "pin"));
	limen_config_free(c);
}

/* Old files write numbers and truth values as text. */
static void test_text_values(void)
{
	static const struct {
		const char *text;
		bool value;
	} truths[] = { { "yes", true }, { "On", true }, { "1", true }, { "TRUE", true },
		{ "no", false }, { "off", false }, { "0", false }, { "false", false } };
	struct limen_config *c = load_good("general: { timeout = \"10\"; any = \"-77\" }");

	g_assert_cmpint(limen_config_int(c, "general", "timeout"), ==, 10);
	g_assert_cmpint(limen_config_int(c, "general", "any"), ==, -77);
	limen_config_free(c);
	for (size_t i = 0; i < G_N_ELEMENTS(truths); i++) {
		g_autofree char *text = g_strdup_printf("general: { log = \"%s\"; quiet = \"%s\" }",
			truths[i].text, truths[i].text);

		c = load_good(text);
		g_assert_cmpint(limen_config_bool(c, "general", "log"), ==, truths[i].value);
		g_assert_cmpint(limen_config_bool(c, "general", "quiet"), ==, truths[i].value);
		limen_config_free(c);
	}
}

static void test_types(void)
{
	static const char *const values[][2] = {
		{ "timeout = \"x\"", "timeout: expected an integer from 0 to 86400, not \"x\"" },
		{ "timeout = \"\"", "timeout: expected an integer from 0 to 86400, not \"\"" },
		{ "timeout = \"10 \"",
			"timeout: expected an integer from 0 to 86400, not \"10 \"" },
		{ "timeout = 1.5", "timeout: expected an integer from 0 to 86400, not 1.5" },
		{ "timeout = true", "timeout: expected an integer from 0 to 86400, not true" },
		{ "any = [1]", "any: expected an integer, not a list" },
		{ "any = \"99999999999999999999\"",
			"any: expected an integer, not \"99999999999999999999\"" },
		{ "log = 1", "log: expected true or false, not 1" },
		{ "log = \"maybe\"", "log: expected true or false, not \"maybe\"" },
		{ "log = { }", "log: expected true or false, not a group" },
		{ "name = 5", "name: expected a text in quotes, not 5" },
		{ "name = false", "name: expected a text in quotes, not false" },
		{ "name = (\"a\")", "name: expected a text in quotes, not a list" },
		{ "codec = 8", "codec: expected one of vp8|vp9|h264, not 8" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autofree char *text = g_strdup_printf("general: {\n%s\n}\n", values[i][0]);
		g_autofree char *wanted = g_strdup_printf(":2: general.%s", values[i][1]);

		expect_fault(text, wanted);
	}
}

static void test_ranges(void)
{
	expect_fault("general: { timeout = -1 }",
		":1: general.timeout: expected an integer from 0 to 86400, not -1");
	expect_fault("general: { timeout = \"86401\" }",
		":1: general.timeout: expected an integer from 0 to 86400, not \"86401\"");
	expect_fault("general: { timeout = 4294967297L }",
		":1: general.timeout: expected an integer from 0 to 86400, not 4294967297");
	expect_fault("general: { offset = 0 }",
		":1: general.offset: expected an integer from -10 to -1, not 0");
	expect_fault("room-x: {\n\n size = 11; }",
		":3: room-x.size: expected an integer from 1 to 10, not 11");
}

static void test_choices(void)
{
	static const char *const wrong[] = { "", "vp", "vp8|vp9", "VP8", "|" };

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autofree char *text = g_strdup_printf("general: { codec = \"%s\" }", wrong[i]);
		g_autofree char *wanted = g_strdup_printf(
			":1: general.codec: expected one of vp8|vp9|h264, not \"%s\"", wrong[i]);

		expect_fault(text, wanted);
	}
}

static void test_unknown(void)
{
	expect_fault("general: {\n tiemout = 5 }", ":2: general.tiemout: unknown key");
	expect_fault("# x\ngenerall: { }", ":2: generall: unknown group");
	expect_fault("timeout = 5;", ":1: timeout: unknown group");
	expect_fault("room: { size = 1 }", ":1: room: unknown group");
	expect_fault("general: { size = 1 }", ":1: general.size: unknown key");
	expect_fault("room-1: { timeout = 1 }", ":1: room-1.timeout: unknown key");
	expect_fault("general = 5", ":1: general: expected a group { ... }");
	expect_fault("room-1 = ( { size = 1 } )", ":1: room-1: expected a group { ... }");
}

/* All faults of a file, in its order, one a line. */
static void test_several(void)
{
	expect_fault("general: {\n timeout = \"x\"\n log = true\n foo = 1\n}\nbar: { }\n"
		     "room-1: { size = 0 }\n",
		":2: general.timeout: expected an integer from 0 to 86400, not \"x\"\n"
		":4: general.foo: unknown key\n"
		":6: bar: unknown group\n"
		":7: room-1.size: expected an integer from 1 to 10, not 0");
}

static void test_syntax(void)
{
	expect_fault("general: {\n log = true\n log = false\n}\n", ":3: duplicate setting name");
	expect_fault("general: { }\nnat: { }\ngeneral: { }\n", ":3: duplicate setting name");
	expect_fault("general: {\n log = }\n", ":2: syntax error");
	expect_fault("general: {\n name = \"x\n", ":3: syntax error");
	expect_fault("}", ":1: syntax error");
}

/* Faults of an included file are named with that file. */
static void test_include(void)
{
	g_autofree char *dir = g_dir_make_tmp("limen-config-XXXXXX", NULL);
	g_autofree char *outer = g_build_filename(dir, "outer.jcfg", NULL);
	g_autofree char *inner = g_build_filename(dir, "inner.jcfg", NULL);
	g_autofree char *text =
		g_strdup_printf("general: {\n@include \"%s\"\nquiet = 7 }\n", inner);
	g_autofree char *wanted =
		g_strdup_printf("%s:2: general.log: expected true or false, not 3\n"
				"%s:3: general.quiet: expected true or false, not 7",
			inner, outer);
	g_autofree char *reason = NULL;
	struct limen_config *c;

	g_assert_true(g_file_set_contents(inner, "timeout = 5\nlog = 3\n", -1, NULL));
	g_assert_true(g_file_set_contents(outer, text, -1, NULL));
	g_assert_cmpint(limen_config_load(&c, outer, table, &reason), ==, LIMEN_EINVAL);
	g_assert_cmpstr(reason, ==, wanted);
	g_remove(inner);
	g_remove(outer);
	g_rmdir(dir);
}

/* What is there and is no readable file must not pass for "no file". */
static void test_unreadable(void)
{
	g_autofree char *dir = g_dir_make_tmp("limen-config-XXXXXX", NULL);
	g_autofree char *wanted = g_strdup_printf("%s: cannot be read", dir);
	g_autofree char *reason = NULL;
	struct limen_config *c;

	g_assert_cmpint(limen_config_load(&c, dir, table, &reason), ==, LIMEN_EINVAL);
	g_assert_null(c);
	g_assert_cmpstr(reason, ==, wanted);
	g_rmdir(dir);
}

static void test_no_table(void)
{
	g_autofree char *dir = g_dir_make_tmp("limen-config-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "x.jcfg", NULL);
	g_autofree char *reason = NULL,
			*wanted = g_strdup_printf("%s:1: general: unknown group", path);
	struct limen_config *c;

	g_assert_true(g_file_set_contents(path, "general: { }", -1, NULL));
	g_assert_cmpint(limen_config_load(&c, path, NULL, &reason), ==, LIMEN_EINVAL);
	g_assert_cmpstr(reason, ==, wanted);
	g_remove(path);
	g_rmdir(dir);
}

static void expect_groups(const struct limen_config *c, const char *pattern, const char *wanted)
{
	g_auto(GStrv) groups = limen_config_groups(c, pattern);
	g_autofree char *text = g_strjoinv(" ", groups);

	g_assert_cmpstr(text, ==, wanted);
}

static void test_groups(void)
{
	struct limen_config *c = load_good("room-b: { }\ngeneral: { }\nroom-a: { size = 4 }\n"
					   "room-10: { }\nroom-: { }\n");

	expect_groups(c, "room-*", "room-b room-a room-10 room-");
	expect_groups(c, "room-?", "room-b room-a");
	expect_groups(c, "general", "general");
	expect_groups(c, "nat", "");
	expect_groups(c, "*", "room-b general room-a room-10 room-");
	g_assert_cmpint(limen_config_int(c, "room-a", "size"), ==, 4);
	g_assert_cmpint(limen_config_int(c, "room-b", "size"), ==, 3);
	limen_config_free(c);
}

/* Asking for what no table has is a mistake of the program. */
static void test_no_such_option(void)
{
	struct limen_config *c = NULL;
	char *reason;

	if (g_test_subprocess()) {
		limen_config_load(&c, NULL, table, &reason);
		limen_config_int(c, "general", "nonsense");
		return;
	}
	g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
	g_test_trap_assert_failed();
	g_test_trap_assert_stderr("*no option general.nonsense in the table*");
}

/* As it is printed, and with every line that shows a setting taken into use. */
static void test_sample(void)
{
	g_autofree char *sample = limen_config_sample(table, "a test");
	g_autoptr(GString) used = g_string_new(sample);
	struct limen_config *c;

	g_assert_true(g_str_has_prefix(sample, "# Configuration of a test."));
	c = load_good(sample);
	expect_defaults(c);
	limen_config_free(c);
	g_assert_cmpuint(g_string_replace(used, "\t#", "\t#\n\t", 0), >, 0);
	g_string_replace(used, "\t#\n\t ", "\t# ", 0);
	c = load_good(used->str);
	for (const struct limen_option *o = table; o->section; o++)
		g_assert_true(limen_config_set(
			c, strcmp(o->section, "room-*") == 0 ? "room-1" : o->section, o->name));
	g_assert_true(limen_config_bool(c, "general", "log"));
	g_assert_false(limen_config_bool(c, "general", "quiet"));
	g_assert_cmpint(limen_config_int(c, "general", "offset"), ==, -5);
	g_assert_cmpstr(limen_config_string(c, "general", "name"), ==, "my \"own\" \\ name");
	g_assert_cmpstr(limen_config_string(c, "general", "codec"), ==, "vp8");
	g_assert_cmpint(limen_config_int(c, "room-1", "size"), ==, 3);
	limen_config_free(c);
}

static void test_sample_texts(void)
{
	static const struct limen_option one[] = {
		{ "general", "timeout", LIMEN_OPT_INT, "60", 0, 86400, NULL,
			"Seconds of patience" },
		{ "general", "secret", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
			"What clients must say" },
		LIMEN_OPTIONS_END,
	};
	static const struct limen_option none[] = { LIMEN_OPTIONS_END };
	g_autofree char *sample = limen_config_sample(one, "limen");
	g_autofree char *empty = limen_config_sample(none, "limen");
	g_autofree char *no_table = limen_config_sample(NULL, "limen");

	g_assert_nonnull(strstr(sample,
		"\ngeneral: {\n"
		"\t# Seconds of patience (an integer from 0 to 86400)\n"
		"\t#timeout = 60\n"
		"\t# What clients must say (a text in quotes; not set)\n"
		"\t#secret = \"\"\n"
		"}\n"));
	g_assert_cmpstr(empty, ==, no_table);
	g_assert_null(strchr(empty, '{'));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/config/defaults", test_defaults);
	g_test_add_func("/config/values", test_values);
	g_test_add_func("/config/text-values", test_text_values);
	g_test_add_func("/config/types", test_types);
	g_test_add_func("/config/ranges", test_ranges);
	g_test_add_func("/config/choices", test_choices);
	g_test_add_func("/config/unknown", test_unknown);
	g_test_add_func("/config/several", test_several);
	g_test_add_func("/config/syntax", test_syntax);
	g_test_add_func("/config/include", test_include);
	g_test_add_func("/config/unreadable", test_unreadable);
	g_test_add_func("/config/no-table", test_no_table);
	g_test_add_func("/config/groups", test_groups);
	g_test_add_func("/config/no-such-option", test_no_such_option);
	g_test_add_func("/config/sample", test_sample);
	g_test_add_func("/config/sample-texts", test_sample_texts);
	return g_test_run();
}
