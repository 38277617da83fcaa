/*
 * Candidates of the shared port: texts, priorities, public addresses in place of local ones.
 */
#include "core/media/ice_candidates.h"
#include <string.h>

static GPtrArray *candidates(const struct limen_ice_config *cfg, const char *const *addresses)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);

	for (; *addresses; addresses++)
		g_ptr_array_add(list, (char *)*addresses);
	limen_ice_candidates(cfg, list, 10000, out);
	return out;
}

/* The addresses that are announced, in order. */
static void expect_addresses(
	const struct limen_ice_config *cfg, const char *const *addresses, const char *wanted)
{
	g_autoptr(GPtrArray) list = candidates(cfg, addresses);
	g_autoptr(GString) got = g_string_new(NULL);

	for (guint i = 0; i < list->len; i++) {
		g_auto(GStrv) field = g_strsplit(list->pdata[i], " ", 0);

		g_string_append_printf(got, "%s%s/%s", i ? " " : "", field[4], field[2]);
	}
	g_assert_cmpstr(got->str, ==, wanted);
}

static void test_texts(void)
{
	const char *const addresses[] = { "192.0.2.1", NULL };
	const struct limen_ice_config cfg = { .tcp = true };
	g_autoptr(GPtrArray) list = candidates(&cfg, addresses);

	g_assert_cmpuint(list->len, ==, 2);
	g_assert_cmpstr(
		list->pdata[0], ==, "candidate:1 1 udp 2130706431 192.0.2.1 10000 typ host");
	g_assert_cmpstr(list->pdata[1], ==,
		"candidate:2 1 tcp 1520435199 192.0.2.1 10000 typ host tcptype passive");
}

static void test_addresses(void)
{
	const char *const addresses[] = { "10.0.0.1", "2001:db8::1", "10.0.0.2", NULL };
	char *v4[] = { "192.0.2.1", NULL }, *both[] = { "192.0.2.1", "2001:db8::9", NULL };
	struct limen_ice_config cfg = { 0 };

	expect_addresses(&cfg, addresses, "10.0.0.1/udp 2001:db8::1/udp 10.0.0.2/udp");
	cfg.nat_1_1 = v4;
	expect_addresses(&cfg, addresses, "192.0.2.1/udp 2001:db8::1/udp");
	cfg.nat_1_1 = both;
	expect_addresses(&cfg, addresses, "192.0.2.1/udp 2001:db8::9/udp");
	cfg.keep_private_host = true;
	cfg.nat_1_1 = v4;
	expect_addresses(
		&cfg, addresses, "192.0.2.1/udp 10.0.0.1/udp 2001:db8::1/udp 10.0.0.2/udp");
	cfg = (struct limen_ice_config){ .tcp = true };
	expect_addresses(&cfg, addresses,
		"10.0.0.1/udp 2001:db8::1/udp 10.0.0.2/udp 10.0.0.1/tcp 2001:db8::1/tcp "
		"10.0.0.2/tcp");
}

static void test_zone(void)
{
	const char *const addresses[] = { "fe80::1%eth0", NULL };
	const struct limen_ice_config cfg = { .tcp = true };

	expect_addresses(&cfg, addresses, "fe80::1/udp fe80::1/tcp");
}

/* Each comes before the next, and no two share a foundation. */
static void test_order(void)
{
	const char *const addresses[] = { "10.0.0.1", "10.0.0.2", "10.0.0.3", NULL };
	const struct limen_ice_config cfg = { .tcp = true };
	g_autoptr(GPtrArray) list = candidates(&cfg, addresses);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	guint64 before = G_MAXUINT64;

	for (guint i = 0; i < list->len; i++) {
		g_auto(GStrv) field = g_strsplit(list->pdata[i], " ", 0);
		const guint64 priority = g_ascii_strtoull(field[3], NULL, 10);

		g_assert_cmpuint(priority, <, before);
		g_assert_cmpuint(priority, >, 0);
		before = priority;
		g_assert_true(g_hash_table_add(seen, g_strdup(field[0])));
	}
	g_assert_cmpuint(list->len, ==, 6);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ice-candidates/texts", test_texts);
	g_test_add_func("/ice-candidates/addresses", test_addresses);
	g_test_add_func("/ice-candidates/zone", test_zone);
	g_test_add_func("/ice-candidates/order", test_order);
	return g_test_run();
}
