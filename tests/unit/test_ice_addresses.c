/*
 * Local addresses: what the lists and flags of the configuration leave of those that this machine
 * has. Loopback is the one that every machine has.
 */
#include <string.h>
#include "core/media/ice.h"

static bool has(GPtrArray *list, const char *address)
{
	return g_ptr_array_find_with_equal_func(list, address, g_str_equal, NULL);
}

static unsigned beginning(const GPtrArray *list, const char *prefix)
{
	unsigned n = 0;

	for (guint i = 0; i < list->len; i++)
		n += g_str_has_prefix(list->pdata[i], prefix);
	return n;
}

/* All that there is. */
static GPtrArray *everything(void)
{
	const struct limen_ice_config cfg = { .ipv6 = true, .link_local = true, .loopback = true };

	return limen_ice_addresses(&cfg);
}

static bool is_loopback(const char *address)
{
	return g_str_has_prefix(address, "127.") || strcmp(address, "::1") == 0;
}

static void test_everything(void)
{
	g_autoptr(GPtrArray) all = everything();

	g_assert_true(has(all, "127.0.0.1"));
	for (guint i = 0; i < all->len; i++)
		g_assert_true(g_hostname_is_ip_address(all->pdata[i]));
}

/* Loopback unless there is something else. */
static void test_default(void)
{
	const struct limen_ice_config cfg = { 0 };
	g_autoptr(GPtrArray) all = everything(), list = limen_ice_addresses(&cfg);
	unsigned others = 0;

	for (guint i = 0; i < all->len; i++)
		others += !strchr(all->pdata[i], ':') && !is_loopback(all->pdata[i]);
	g_assert_cmpuint(list->len, >, 0);
	g_assert_cmpuint(beginning(list, "127."), ==, others ? 0 : list->len);
	g_assert_cmpuint(list->len, ==, others ? others : beginning(all, "127."));
}

static void test_families(void)
{
	struct limen_ice_config cfg = { .loopback = true };
	g_autoptr(GPtrArray) all = everything(), v4 = limen_ice_addresses(&cfg), v6 = NULL;

	cfg.ipv6 = true;
	v6 = limen_ice_addresses(&cfg);
	for (guint i = 0; i < v4->len; i++)
		g_assert_null(strchr(v4->pdata[i], ':'));
	g_assert_cmpuint(beginning(v6, "fe80:"), ==, 0);
	g_assert_cmpuint(v6->len, ==, all->len - beginning(all, "fe80:"));
}

static void test_enforce(void)
{
	char *by_address[] = { "127.0.0.1", NULL }, *by_name[] = { "nothing", "lo", NULL },
	     *none[] = { "no-such-interface", NULL };
	struct limen_ice_config cfg = { .enforce = by_address };
	g_autoptr(GPtrArray) address = limen_ice_addresses(&cfg), name = NULL, both = NULL,
			     nothing = NULL;

	g_assert_cmpuint(address->len, ==, 1);
	g_assert_cmpstr(address->pdata[0], ==, "127.0.0.1");
	cfg.ignore = by_address; /* the other list wins */
	both = limen_ice_addresses(&cfg);
	g_assert_cmpuint(both->len, ==, 1);
	cfg.enforce = by_name;
	name = limen_ice_addresses(&cfg);
	g_assert_true(has(name, "127.0.0.1"));
	g_assert_cmpuint(beginning(name, "127."), ==, name->len);
	cfg.enforce = none;
	nothing = limen_ice_addresses(&cfg);
	g_assert_cmpuint(nothing->len, ==, 0);
}

static void test_ignore(void)
{
	char *loopback[] = { "127.", NULL };
	struct limen_ice_config cfg = { .loopback = true, .ignore = loopback };
	g_autoptr(GPtrArray) all = everything(), some = limen_ice_addresses(&cfg), left = NULL;
	g_autoptr(GPtrArray) others = g_ptr_array_new();

	g_assert_cmpuint(beginning(some, "127."), ==, 0);
	for (guint i = 0; i < all->len; i++)
		if (!is_loopback(all->pdata[i]))
			g_ptr_array_add(others, all->pdata[i]);
	g_ptr_array_add(others, NULL);
	cfg = (struct limen_ice_config){ .ignore = (char **)others->pdata };
	left = limen_ice_addresses(&cfg);
	g_assert_true(has(left, "127.0.0.1")); /* nothing else is left */
	g_assert_cmpuint(beginning(left, "127."), ==, left->len);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ice-addresses/everything", test_everything);
	g_test_add_func("/ice-addresses/default", test_default);
	g_test_add_func("/ice-addresses/families", test_families);
	g_test_add_func("/ice-addresses/enforce", test_enforce);
	g_test_add_func("/ice-addresses/ignore", test_ignore);
	return g_test_run();
}
