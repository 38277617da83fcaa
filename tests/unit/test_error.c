/*
 * Texts of the error numbers: each has its own, and no number is without.
 */
#include <glib.h>
#include <limits.h>
#include <limen/types.h>

static void test_known(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (int err = 0; err >= LIMEN_ENOSPC; err--) {
		const char *text = limen_error_text(err);

		g_assert_nonnull(text);
		g_assert_cmpstr(text, !=, "unknown error");
		g_assert_true(g_hash_table_add(seen, (gpointer)text));
	}
	g_assert_cmpstr(limen_error_text(0), ==, "no error");
	g_assert_cmpstr(limen_error_text(LIMEN_EABI), ==, "built for another ABI");
}

static void test_unknown(void)
{
	static const int numbers[] = { 1, INT_MAX, LIMEN_ENOSPC - 1, -1000, INT_MIN + 1, INT_MIN };

	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
		g_assert_cmpstr(limen_error_text(numbers[i]), ==, "unknown error");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/error/known", test_known);
	g_test_add_func("/error/unknown", test_unknown);
	return g_test_run();
}
