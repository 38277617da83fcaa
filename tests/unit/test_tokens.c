/*
 * Stored tokens. One thread.
 */
#include "core/session/tokens.h"
#include <glib.h>
#include <limen/types.h>

static const char *const two[] = { "b", "a", NULL };
static const char *const one[] = { "a", NULL };
static const char *const none[] = { NULL };

static void assert_plugins(struct limen_tokens *t, const char *token, const char *expected)
{
	json_t *list = limen_tokens_plugins(t, token);
	char *text = json_dumps(list, JSON_COMPACT);

	g_assert_cmpstr(text, ==, expected);
	free(text);
	json_decref(list);
}

static void test_life(void)
{
	struct limen_tokens *t = limen_tokens_new();
	json_t *list;

	g_assert_false(limen_tokens_has(t, "x"));
	g_assert_cmpint(limen_tokens_add(t, "x", one), ==, 0);
	g_assert_true(limen_tokens_allows(t, "x", NULL));
	g_assert_true(limen_tokens_allows(t, "x", "a"));
	g_assert_false(limen_tokens_allows(t, "x", "b"));
	g_assert_false(limen_tokens_allows(t, "y", NULL));
	g_assert_cmpint(limen_tokens_add(t, "x", two), ==, 0);
	assert_plugins(t, "x", "[\"a\",\"b\"]");
	g_assert_cmpint(limen_tokens_disallow(t, "x", one), ==, 0);
	assert_plugins(t, "x", "[\"b\"]");
	g_assert_cmpint(limen_tokens_disallow(t, "y", one), ==, LIMEN_ENOENT);
	g_assert_cmpint(limen_tokens_add(t, "empty", none), ==, 0);
	list = limen_tokens_list(t);
	g_assert_cmpuint(json_array_size(list), ==, 1); /* without plugins it is not shown */
	json_decref(list);
	g_assert_true(limen_tokens_remove(t, "x"));
	g_assert_false(limen_tokens_remove(t, "x"));
	assert_plugins(t, "x", "[]");
	limen_tokens_free(t);
	limen_tokens_free(NULL);
}

static void test_too_long(void)
{
	struct limen_tokens *t = limen_tokens_new();
	g_autofree char *text = g_strnfill(LIMEN_TOKEN_MAX + 1, 'x');

	g_assert_cmpint(limen_tokens_add(t, text, one), ==, LIMEN_ELIMIT);
	text[LIMEN_TOKEN_MAX] = '\0';
	g_assert_cmpint(limen_tokens_add(t, text, one), ==, 0);
	limen_tokens_free(t);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tokens/life", test_life);
	g_test_add_func("/tokens/too-long", test_too_long);
	return g_test_run();
}
