/*
 * The registry: references, order, limits, another's id, and many threads at once.
 */
#include "kit/registry.h"

struct item {
	gint refs;
	unsigned number;
};

static gpointer item_ref(gpointer p)
{
	struct item *i = p;

	g_assert_cmpint(g_atomic_int_add(&i->refs, 1), >=, 1);
	return i;
}

/* Items are on the test's stack: with no reference left they are only not to be touched. */
static void item_unref(gpointer p)
{
	struct item *i = p;

	g_assert_cmpint(g_atomic_int_add(&i->refs, -1), >=, 1);
}

static void expect_order(struct limen_registry *t, const char *wanted)
{
	g_autoptr(GPtrArray) list = limen_registry_list(t);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < list->len; i++)
		g_string_append_printf(text, "%u", ((struct item *)list->pdata[i])->number);
	g_assert_cmpstr(text->str, ==, wanted);
}

static void test_references(void)
{
	struct limen_registry *t = limen_registry_new(item_ref, item_unref, 10);
	struct item a = { 1, 1 };
	GPtrArray *list;

	g_assert_cmpint(limen_registry_add(t, "a", &a), ==, 0);
	g_assert_cmpint(a.refs, ==, 2);
	g_assert_true(limen_registry_find(t, "a") == &a);
	g_assert_cmpint(a.refs, ==, 3);
	item_unref(&a);
	list = limen_registry_list(t);
	g_assert_cmpint(a.refs, ==, 3);
	g_ptr_array_unref(list);
	g_assert_true(limen_registry_remove(t, "a", &a));
	g_assert_cmpint(a.refs, ==, 1);
	g_assert_false(limen_registry_remove(t, "a", &a));
	g_assert_null(limen_registry_find(t, "a"));
	g_assert_cmpint(a.refs, ==, 1);
	g_assert_cmpint(limen_registry_add(t, "a", &a), ==, 0);
	limen_registry_free(t);
	g_assert_cmpint(a.refs, ==, 1);
	limen_registry_free(NULL);
}

static void test_order(void)
{
	struct limen_registry *t = limen_registry_new(item_ref, item_unref, 10);
	struct item items[5];
	static const char *const ids[] = { "z", "10", "9", "a", "" };

	expect_order(t, "");
	for (unsigned i = 0; i < 5; i++) {
		items[i] = (struct item){ 1, i };
		g_assert_cmpint(limen_registry_add(t, ids[i], &items[i]), ==, 0);
	}
	expect_order(t, "01234");
	g_assert_true(limen_registry_remove(t, "10", &items[1]));
	expect_order(t, "0234");
	g_assert_cmpint(limen_registry_add(t, "10", &items[1]), ==, 0);
	expect_order(t, "02341");
	limen_registry_free(t);
}

static void test_limits(void)
{
	struct limen_registry *t = limen_registry_new(item_ref, item_unref, 2);
	struct item items[3] = { { 1, 0 }, { 1, 1 }, { 1, 2 } };

	g_assert_cmpint(limen_registry_add(t, "a", &items[0]), ==, 0);
	g_assert_cmpint(limen_registry_add(t, "a", &items[1]), ==, LIMEN_EEXIST);
	g_assert_cmpint(limen_registry_add(t, "b", &items[1]), ==, 0);
	g_assert_cmpint(limen_registry_add(t, "c", &items[2]), ==, LIMEN_ELIMIT);
	g_assert_cmpint(limen_registry_add(t, "a", &items[2]), ==, LIMEN_EEXIST);
	g_assert_cmpint(items[2].refs, ==, 1);
	g_assert_true(limen_registry_remove(t, "a", &items[0]));
	g_assert_cmpint(limen_registry_add(t, "c", &items[2]), ==, 0);
	limen_registry_free(t);
	for (int i = 0; i < 3; i++)
		g_assert_cmpint(items[i].refs, ==, 1);
}

/* An item that is late to go must not take its successor's place away. */
static void test_successor(void)
{
	struct limen_registry *t = limen_registry_new(item_ref, item_unref, 10);
	struct item old = { 1, 1 }, young = { 1, 2 };
	g_autofree char *id = g_strdup("room");

	g_assert_cmpint(limen_registry_add(t, id, &old), ==, 0);
	g_assert_true(limen_registry_remove(t, "room", &old));
	g_assert_cmpint(limen_registry_add(t, id, &young), ==, 0);
	id[0] = 'x'; /* the caller's text is not kept */
	g_assert_false(limen_registry_remove(t, "room", &old));
	expect_order(t, "2");
	g_assert_null(limen_registry_find(t, "xoom"));
	limen_registry_free(t);
}

#define ROUNDS 2000

static struct limen_registry *shared;

/* Adds, finds and removes its own item while others do the same with theirs. */
static void *churn(void *arg)
{
	struct item mine = { 1, GPOINTER_TO_UINT(arg) };
	g_autofree char *id = g_strdup_printf("%u", mine.number);

	for (int i = 0; i < ROUNDS; i++) {
		g_autoptr(GPtrArray) list = NULL;
		struct item *found;

		g_assert_cmpint(limen_registry_add(shared, id, &mine), ==, 0);
		found = limen_registry_find(shared, id);
		g_assert_true(found == &mine);
		item_unref(found);
		list = limen_registry_list(shared);
		g_assert_true(g_ptr_array_find(list, &mine, NULL));
		g_assert_true(limen_registry_remove(shared, id, &mine));
	}
	/* Others may still hold it by their lists. */
	while (g_atomic_int_get(&mine.refs) > 1)
		g_usleep(100);
	return NULL;
}

static void test_threads(void)
{
	GThread *threads[3];

	shared = limen_registry_new(item_ref, item_unref, 3);
	for (unsigned i = 0; i < 3; i++)
		threads[i] = g_thread_new("churn", churn, GUINT_TO_POINTER(i + 1));
	for (unsigned i = 0; i < 3; i++)
		g_thread_join(threads[i]);
	expect_order(shared, "");
	limen_registry_free(shared);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/registry/references", test_references);
	g_test_add_func("/registry/order", test_order);
	g_test_add_func("/registry/limits", test_limits);
	g_test_add_func("/registry/successor", test_successor);
	g_test_add_func("/registry/threads", test_threads);
	return g_test_run();
}
