/*
 * Addresses: literal ones, names, families, ports.
 */
#include "kit/address.h"
#include <glib.h>
#include <string.h>

static void test_literals(void)
{
	static const struct {
		const char *text;
		int family, err;
		const char *again;
	} cases[] = {
		{ "127.0.0.1", AF_UNSPEC, 0, "127.0.0.1" },
		{ "127.0.0.1", AF_INET, 0, "127.0.0.1" },
		{ "127.0.0.1", AF_INET6, LIMEN_ENOENT, NULL },
		{ "::1", AF_UNSPEC, 0, "::1" },
		{ "2001:db8:0::1", AF_INET6, 0, "2001:db8::1" },
		{ "::1", AF_INET, LIMEN_ENOENT, NULL },
		{ "localhost", AF_UNSPEC, LIMEN_ENOENT, NULL },
		{ "", AF_UNSPEC, LIMEN_ENOENT, NULL },
		{ "1.2.3.4.5", AF_UNSPEC, LIMEN_ENOENT, NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct sockaddr_storage a;
		char text[INET6_ADDRSTRLEN];

		g_assert_cmpint(
			limen_address_read(cases[i].text, cases[i].family, &a), ==, cases[i].err);
		if (cases[i].err)
			continue;
		limen_address_set_port(&a, 5004);
		g_assert_cmpuint(limen_address_port(&a), ==, 5004);
		limen_address_text(&a, text);
		g_assert_cmpstr(text, ==, cases[i].again);
	}
}

static void test_names(void)
{
	struct sockaddr_storage a;
	char text[INET6_ADDRSTRLEN];
	g_autofree char *long_name = g_strnfill(LIMEN_ADDRESS_NAME_MAX + 1, 'a');

	g_assert_cmpint(limen_address_resolve("localhost", AF_INET, &a), ==, 0);
	limen_address_text(&a, text);
	g_assert_cmpstr(text, ==, "127.0.0.1");
	g_assert_cmpint(limen_address_resolve("127.0.0.1", AF_UNSPEC, &a), ==, 0);
	g_assert_cmpint(limen_address_resolve(long_name, AF_UNSPEC, &a), ==, LIMEN_ENOENT);
	g_assert_cmpint(limen_address_resolve("", AF_UNSPEC, &a), ==, LIMEN_ENOENT);
	/* RFC 6761 §6.4: never exists */
	g_assert_cmpint(limen_address_resolve("nowhere.invalid", AF_UNSPEC, &a), ==, LIMEN_ENOENT);
}

static void test_family(void)
{
	int family;

	g_assert_cmpint(limen_address_family(NULL, &family), ==, 0);
	g_assert_cmpint(family, ==, AF_UNSPEC);
	g_assert_cmpint(limen_address_family("ipv4", &family), ==, 0);
	g_assert_cmpint(family, ==, AF_INET);
	g_assert_cmpint(limen_address_family("IPv6", &family), ==, 0);
	g_assert_cmpint(family, ==, AF_INET6);
	g_assert_cmpint(limen_address_family("ipx", &family), ==, LIMEN_EINVAL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/address/literals", test_literals);
	g_test_add_func("/address/names", test_names);
	g_test_add_func("/address/family", test_family);
	return g_test_run();
}
