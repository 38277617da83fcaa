/*
 * Ranges of ports as operators write them, and what is refused.
 */
#include "kit/ports.h"
#include <glib.h>

static void test_read(void)
{
	uint16_t min, max;

	g_assert_cmpint(limen_ports_read("10000-60000", &min, &max), ==, 0);
	g_assert_cmpuint(min, ==, 10000);
	g_assert_cmpuint(max, ==, 60000);
	g_assert_cmpint(limen_ports_read(" 1 - 65535 ", &min, &max), ==, 0);
	g_assert_cmpuint(min, ==, 1);
	g_assert_cmpuint(max, ==, 65535);
}

static void test_refused(void)
{
	static const char *const cases[] = { "", "-", "10000", "10000-", "-60000", "0-10",
		"10-65536", "20-10", "10-10", "10-20-30", "a-b", "10 20", "+10-20", "1e2-200" };
	uint16_t min, max;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpint(limen_ports_read(cases[i], &min, &max), ==, LIMEN_EINVAL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ports/read", test_read);
	g_test_add_func("/ports/refused", test_refused);
	return g_test_run();
}
