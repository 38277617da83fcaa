/*
 * Configuration files as text: names that are numbers, and changing one group while all else stays,
 * or nothing when it cannot be written.
 */
#include "core/base/config_file.h"
#include <glib/gstdio.h>
#include <unistd.h>
#include "core/base/config.h"

static const struct limen_option table[] = {
	{ "general", "string_ids", LIMEN_OPT_BOOL, "false", 0, 0, NULL, NULL },
	{ "general", "text", LIMEN_OPT_STRING, NULL, 0, 0, NULL, NULL },
	{ "general", "large", LIMEN_OPT_INT, NULL, 0, 0, NULL, NULL },
	{ "nat", "kind", LIMEN_OPT_STRING, NULL, 0, 0, NULL, NULL },
	{ "room-*", "size", LIMEN_OPT_INT, "3", 0, 0, NULL, NULL },
	{ "room-*", "open", LIMEN_OPT_BOOL, "false", 0, 0, NULL, NULL },
	{ "room-*", "pin", LIMEN_OPT_STRING, NULL, 0, 0, NULL, NULL },
	LIMEN_OPTIONS_END,
};

struct place {
	char *dir, *path;
};

static void begin(struct place *at, gconstpointer unused)
{
	(void)unused;
	at->dir = g_dir_make_tmp("limen-config-XXXXXX", NULL);
	at->path = g_build_filename(at->dir, "limen.jcfg", NULL);
}

static void end(struct place *at, gconstpointer unused)
{
	(void)unused;
	g_remove(at->path);
	g_assert_cmpint(g_rmdir(at->dir), ==, 0); /* no passing file was left */
	g_free(at->path);
	g_free(at->dir);
}

static void put(const struct place *at, const char *text)
{
	g_assert_true(g_file_set_contents(at->path, text, -1, NULL));
}

static struct limen_config *load(const struct place *at)
{
	g_autofree char *reason = NULL;
	struct limen_config *c;

	if (limen_config_load(&c, at->path, table, &reason) != 0)
		g_error("%s", reason);
	return c;
}

static int save(const struct place *at, const char *group, const char *keys, char **reason)
{
	json_t *o = keys ? json_loads(keys, 0, NULL) : NULL;
	int err;

	g_assert_true(!keys || o);
	err = limen_config_save(at->path, table, group, o, reason);
	json_decref(o);
	return err;
}

static void save_good(const struct place *at, const char *group, const char *keys)
{
	g_autofree char *reason = NULL;

	if (save(at, group, keys, &reason) != 0)
		g_error("%s", reason);
}

static void expect_groups(const struct limen_config *c, const char *pattern, const char *wanted)
{
	g_auto(GStrv) groups = limen_config_groups(c, pattern);
	g_autofree char *list = g_strjoinv(" ", groups);

	g_assert_cmpstr(list, ==, wanted);
}

static void test_names_that_are_numbers(struct place *at, gconstpointer unused)
{
	struct limen_config *c;

	(void)unused;
	put(at,
		"# 7: { }\n// 8: { }\n/* 9: { } */ general: { text = \"10: { \\\" 11 = { \" }\n"
		"1234: { size = 5 }\n5\n=\n{ size = 0x10; pin = \"a:b\" };room-6:{size=12}77:{}");
	c = load(at);
	expect_groups(c, "room-*", "1234 5 room-6 77");
	expect_groups(c, "*", "general 1234 5 room-6 77");
	g_assert_cmpint(limen_config_int(c, "1234", "size"), ==, 5);
	g_assert_cmpint(limen_config_int(c, "5", "size"), ==, 16);
	g_assert_cmpstr(limen_config_string(c, "5", "pin"), ==, "a:b");
	g_assert_cmpint(limen_config_int(c, "room-6", "size"), ==, 12);
	g_assert_cmpstr(limen_config_string(c, "general", "text"), ==, "10: { \" 11 = { ");
	limen_config_free(c);
}

static void expect_fault(const struct place *at, const char *text, const char *wanted)
{
	g_autofree char *reason = NULL, *full = g_strconcat(at->path, wanted, NULL);
	struct limen_config *c;

	put(at, text);
	g_assert_cmpint(limen_config_load(&c, at->path, table, &reason), ==, LIMEN_EINVAL);
	g_assert_cmpstr(reason, ==, full);
}

static void test_faults_name_file_and_line(struct place *at, gconstpointer unused)
{
	(void)unused;
	expect_fault(at, "\n\n12: {\n\tsizes = 5\n}", ":4: 12.sizes: unknown key");
	expect_fault(at, "\n12x: { }", ":2: syntax error");
	expect_fault(at, "general: { }\n\n1.5: { }", ":3: syntax error");
	expect_fault(at, "12: {\n size = 1\n}\n12: { }", ":4: duplicate setting name");
	expect_fault(at, "lobby: { size = 1 }", ":1: lobby: unknown group");
	expect_fault(at, "a = \"\\", ":1: syntax error");
}

static void test_names_where_ids_are_text(struct place *at, gconstpointer unused)
{
	struct limen_config *c;

	(void)unused;
	put(at, "lobby: { size = 8 }\ngeneral: { string_ids = true }\nnat: { }\nroom-x: { }");
	c = load(at);
	expect_groups(c, "room-*", "lobby room-x");
	g_assert_cmpint(limen_config_int(c, "lobby", "size"), ==, 8);
	limen_config_free(c);
	expect_fault(at, "general: { string_ids = true }\nnat: { size = 6 }",
		":2: nat.size: unknown key");
}

#define BEFORE                                                                                     \
	"# a comment\ngeneral: { text = \"a\\\"b\\n\\\\c\"; large = 5000000000L }\n"               \
	"room-1: { size = 1 }\n22: { size = 22; pin = \"*9 : \" }\nnat: { kind = \"udp\" }\n"

static void expect_others(const struct limen_config *c)
{
	g_assert_cmpstr(limen_config_string(c, "general", "text"), ==, "a\"b\n\\c");
	g_assert_cmpint(limen_config_int(c, "general", "large"), ==, 5000000000);
	g_assert_cmpint(limen_config_int(c, "22", "size"), ==, 22);
	g_assert_cmpstr(limen_config_string(c, "22", "pin"), ==, "*9 : ");
	g_assert_cmpstr(limen_config_string(c, "nat", "kind"), ==, "udp");
}

static void test_saving_keeps_all_else(struct place *at, gconstpointer unused)
{
	struct limen_config *c;

	(void)unused;
	put(at, BEFORE);
	save_good(at, "room-3",
		"{\"size\":4294967296,\"open\":true,\"pin\":\"\\u00e9\\\"\\n\\t\\\\ # //\"}");
	c = load(at);
	expect_groups(c, "*", "general room-1 22 nat room-3");
	g_assert_cmpint(limen_config_int(c, "room-3", "size"), ==, 4294967296);
	g_assert_true(limen_config_bool(c, "room-3", "open"));
	g_assert_cmpstr(limen_config_string(c, "room-3", "pin"), ==, "\xc3\xa9\"\n\t\\ # //");
	expect_others(c);
	limen_config_free(c);
	save_good(at, "room-1", "{\"open\":false,\"size\":-7}");
	save_good(at, "room-3", "{\"open\":true}");
	save_good(at, "room-3", "{}"); /* is there already */
	c = load(at);
	expect_groups(c, "*", "general room-1 22 nat room-3");
	g_assert_cmpint(limen_config_int(c, "room-1", "size"), ==, -7);
	g_assert_false(limen_config_set(c, "room-3", "size"));
	g_assert_true(limen_config_bool(c, "room-3", "open"));
	expect_others(c);
	limen_config_free(c);
	save_good(at, "room-3", NULL);
	save_good(at, "room-1", NULL);
	save_good(at, "room-4", NULL); /* is not there */
	c = load(at);
	expect_groups(c, "*", "general 22 nat");
	expect_others(c);
	limen_config_free(c);
}

/* "22" and "room-22" are one room, so they must not both be there; "room-nat" is not "nat". */
static void test_saving_replaces_the_short_name(struct place *at, gconstpointer unused)
{
	struct limen_config *c;

	(void)unused;
	put(at, BEFORE);
	save_good(at, "room-22", "{\"size\":5}");
	save_good(at, "room-nat", "{\"size\":6}");
	c = load(at);
	expect_groups(c, "*", "general room-1 nat room-22 room-nat");
	g_assert_cmpint(limen_config_int(c, "room-22", "size"), ==, 5);
	limen_config_free(c);
	put(at, BEFORE);
	save_good(at, "room-22", NULL);
	c = load(at);
	expect_groups(c, "*", "general room-1 nat");
	limen_config_free(c);
}

static void test_first_file(struct place *at, gconstpointer unused)
{
	struct limen_config *c;
	GStatBuf st;

	(void)unused;
	save_good(at, "room-1", NULL);
	g_assert_cmpint(g_access(at->path, F_OK), !=, 0);
	save_good(at, "room-1", "{\"pin\":\"p\"}");
	g_assert_cmpint(g_stat(at->path, &st), ==, 0);
	g_assert_cmpuint(st.st_mode & 0777, ==, 0600);
	c = load(at);
	expect_groups(c, "*", "room-1");
	limen_config_free(c);
}

static void test_mode_and_link_stay(struct place *at, gconstpointer unused)
{
	g_autofree char *real = g_build_filename(at->dir, "real", NULL);
	GStatBuf st;

	(void)unused;
	g_assert_true(g_file_set_contents(real, "", -1, NULL));
	g_assert_cmpint(g_chmod(real, 0640), ==, 0);
	g_assert_cmpint(symlink("real", at->path), ==, 0);
	save_good(at, "room-1", "{}");
	g_assert_cmpint(g_lstat(at->path, &st), ==, 0);
	g_assert_true(S_ISLNK(st.st_mode));
	g_assert_cmpint(g_stat(real, &st), ==, 0);
	g_assert_cmpuint(st.st_mode & 0777, ==, 0640);
	g_assert_cmpint(st.st_size, >, 0);
	g_remove(real);
}

static void expect_untouched(
	const struct place *at, const char *text, const char *group, const char *keys, int err)
{
	g_autofree char *reason = NULL, *now = NULL;

	g_assert_cmpint(save(at, group, keys, &reason), ==, err);
	g_assert_nonnull(reason);
	g_assert_true(g_file_get_contents(at->path, &now, NULL, NULL));
	g_assert_cmpstr(now, ==, text);
}

static void test_what_cannot_be_saved(struct place *at, gconstpointer unused)
{
	(void)unused;
	put(at, BEFORE);
	expect_untouched(at, BEFORE, "room-a b", "{}", LIMEN_EINVAL);
	expect_untouched(at, BEFORE, "room-\xc3\xa9", "{}", LIMEN_EINVAL);
	expect_untouched(at, BEFORE, "room-}\nx: {", "{}", LIMEN_EINVAL);
	expect_untouched(at, BEFORE, "", "{}", LIMEN_EINVAL);
	expect_untouched(at, BEFORE, "room-1", "{\"a b\":1}", LIMEN_EINVAL);
	put(at, "room-1: { size = ");
	expect_untouched(at, "room-1: { size = ", "room-2", "{}", LIMEN_EINVAL);
	expect_untouched(at, "room-1: { size = ", "room-1", NULL, LIMEN_EINVAL);
}

static void test_disk_refuses(struct place *at, gconstpointer unused)
{
	const struct place nowhere = { at->dir, g_build_filename(at->dir, "gone", "x.jcfg", NULL) };
	g_autofree char *reason = NULL;

	(void)unused;
	g_assert_cmpint(save(&nowhere, "room-1", "{}", &reason), ==, LIMEN_EIO);
	g_assert_nonnull(reason);
	g_free(nowhere.path);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*fn)(struct place *at, gconstpointer unused);
	} tests[] = {
		{ "/config-file/names-that-are-numbers", test_names_that_are_numbers },
		{ "/config-file/faults-name-file-and-line", test_faults_name_file_and_line },
		{ "/config-file/names-where-ids-are-text", test_names_where_ids_are_text },
		{ "/config-file/saving-keeps-all-else", test_saving_keeps_all_else },
		{ "/config-file/saving-replaces-the-short-name",
			test_saving_replaces_the_short_name },
		{ "/config-file/first-file", test_first_file },
		{ "/config-file/mode-and-link-stay", test_mode_and_link_stay },
		{ "/config-file/what-cannot-be-saved", test_what_cannot_be_saved },
		{ "/config-file/disk-refuses", test_disk_refuses },
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, struct place, NULL, begin, tests[i].fn, end);
	return g_test_run();
}
