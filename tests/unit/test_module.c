/*
 * Loading modules: right ones, older and newer ones, and each way to be wrong, with its text. The
 * modules are built from tests/modules/.
 */
#include "core/base/module.h"
#include <dlfcn.h>
#include <glib/gstdio.h>
#include <string.h>
#include <limen/types.h>
#include "tests/modules/module.h"

static char *modules; /* the folder */

static int open_module(struct limen_module **m, const char *name, char **reason)
{
	g_autofree char *file = g_strconcat(name, ".so", NULL);
	g_autofree char *path = g_build_filename(modules, file, NULL);
	int err;

	g_assert_true(g_file_test(path, G_FILE_TEST_IS_REGULAR));
	err = limen_module_open(m, path, LIMEN_MODULE_PLUGIN, sizeof(struct test_module), reason);
	if (!err)
		g_assert_cmpstr((*m)->path, ==, path);
	return err;
}

static struct limen_module *open_good(const char *name)
{
	g_autofree char *reason = NULL;
	struct limen_module *m = NULL;

	g_assert_cmpint(open_module(&m, name, &reason), ==, 0);
	g_assert_cmpstr(reason, ==, NULL);
	g_assert_cmpstr(m->head->name, ==, "test.module");
	return m;
}

static void expect_fault(const char *name, int wanted, const char *wanted_reason)
{
	g_autofree char *reason = NULL;
	struct limen_module *m = (void *)&reason;

	g_assert_cmpint(open_module(&m, name, &reason), ==, wanted);
	g_assert_null(m);
	g_assert_cmpstr(reason, ==, wanted_reason);
}

static void test_full(void)
{
	struct limen_module *m = open_good("full");
	const struct test_module *t = (const struct test_module *)m->head;

	g_assert_cmpint(t->first, ==, 11);
	g_assert_cmpint(t->added, ==, 22);
	g_assert_null(m->padded);
	limen_module_close(m);
	limen_module_close(NULL);
}

/* An older one: what it has is seen, what came later is zero. */
static void test_short(void)
{
	struct limen_module *m = open_good("short");
	const struct test_module *t = (const struct test_module *)m->head;

	g_assert_cmpint(t->first, ==, 11);
	g_assert_cmpint(t->added, ==, 0);
	g_assert_nonnull(t->head.services);
	limen_module_close(m);
}

static void test_long(void)
{
	struct limen_module *m = open_good("long");
	const struct test_module *t = (const struct test_module *)m->head;

	g_assert_cmpint(t->first, ==, 11);
	g_assert_cmpint(t->added, ==, 22);
	limen_module_close(m);
}

/* The place for services is the module's own, also when the core sees a copy. */
static void test_services(void)
{
	struct limen_module *m = open_good("short");
	const struct limen_module_head *original = dlsym(m->handle, "limen_module");

	g_assert_true(m->head != original);
	g_assert_true(m->head->services == original->services);
	*m->head->services = m;
	g_assert_true(*original->services == m);
	limen_module_close(m);
}

static void test_wrong(void)
{
	g_autofree char *abi = g_strdup_printf(
		"it was built for ABI %u, this gateway has ABI %u", LIMEN_ABI + 1, LIMEN_ABI);
	g_autofree char *kind =
		g_strdup_printf("its limen_module is broken or of another kind (kind 2, size %zu)",
			sizeof(struct test_module));
	g_autofree char *too_short =
		g_strdup_printf("its limen_module is broken or of another kind (kind 1, size %zu)",
			sizeof(struct limen_module_head) - 1);
	g_autofree char *incomplete =
		g_strdup_printf("its limen_module is broken or of another kind (kind 1, size %zu)",
			sizeof(struct test_module));

	expect_fault("other_abi", LIMEN_EABI, abi);
	expect_fault("other_kind", LIMEN_EINVAL, kind);
	expect_fault("too_short", LIMEN_EINVAL, too_short);
	expect_fault("nameless", LIMEN_EINVAL, incomplete);
	expect_fault("serviceless", LIMEN_EINVAL, incomplete);
	expect_fault("none", LIMEN_EINVAL, "it exports no limen_module");
}

static void test_no_library(void)
{
	g_autofree char *dir = g_dir_make_tmp("limen-module-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "text.so", NULL);
	struct limen_module *m = (void *)&m;
	char *reason = NULL;

	g_assert_true(g_file_set_contents(path, "no library at all", -1, NULL));
	g_assert_cmpint(
		limen_module_open(&m, path, LIMEN_MODULE_PLUGIN, 0, &reason), ==, LIMEN_EIO);
	g_assert_null(m);
	g_assert_nonnull(strstr(reason, path));
	g_free(reason);
	g_remove(path);
	g_assert_cmpint(
		limen_module_open(&m, path, LIMEN_MODULE_PLUGIN, 0, &reason), ==, LIMEN_EIO);
	g_assert_nonnull(strstr(reason, path));
	g_free(reason);
	g_rmdir(dir);
}

static void test_list(void)
{
	static const char *const files[] = { "b.so", "a.so", "c.la", "libz.so.1", "B.so", "so" };
	static const char *const wanted[] = { "B.so", "a.so", "b.so" };
	g_autofree char *dir = g_dir_make_tmp("limen-module-XXXXXX", NULL);
	g_autoptr(GPtrArray) list = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(dir, files[i], NULL);

		g_assert_true(g_file_set_contents(path, "", 0, NULL));
	}
	list = limen_module_list(dir);
	g_assert_cmpuint(list->len, ==, G_N_ELEMENTS(wanted));
	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
		g_autofree char *path = g_build_filename(dir, wanted[i], NULL);

		g_assert_cmpstr(list->pdata[i], ==, path);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(dir, files[i], NULL);

		g_remove(path);
	}
	g_rmdir(dir);
}

static void test_no_folder(void)
{
	g_autoptr(GPtrArray) list = limen_module_list("/no/such/folder");

	g_assert_cmpuint(list->len, ==, 0);
}

int main(int argc, char **argv)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *unit = g_path_get_dirname(self);

	modules = g_build_filename(unit, "..", "modules", NULL);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/module/full", test_full);
	g_test_add_func("/module/short", test_short);
	g_test_add_func("/module/long", test_long);
	g_test_add_func("/module/services", test_services);
	g_test_add_func("/module/wrong", test_wrong);
	g_test_add_func("/module/no-library", test_no_library);
	g_test_add_func("/module/list", test_list);
	g_test_add_func("/module/no-folder", test_no_folder);
	return g_test_run();
}
