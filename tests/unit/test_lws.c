/*
 * Address lists: whole addresses, networks and beginnings, and what must not pass for them.
 */
#include "kit/lws.h"

static void test_everybody(void)
{
	g_assert_true(limen_lws_acl(NULL, "10.0.0.1"));
	g_assert_true(limen_lws_acl("", "::1"));
}

static void test_whole_address(void)
{
	g_assert_true(limen_lws_acl("10.0.0.1", "10.0.0.1"));
	g_assert_true(limen_lws_acl(" 10.0.0.9 , 10.0.0.1 ", "10.0.0.1"));
	g_assert_false(limen_lws_acl("10.0.0.1", "10.0.0.10"));
	g_assert_false(limen_lws_acl("10.0.0.1", "10.0.0.100"));
	g_assert_false(limen_lws_acl("10.0.0.1", "110.0.0.1"));
	g_assert_true(limen_lws_acl("fd00::1", "fd00::1"));
	g_assert_true(limen_lws_acl("fd00:0:0::1", "fd00::1"));
	g_assert_false(limen_lws_acl("fd00::1", "fd00::10"));
	g_assert_true(limen_lws_acl("::1", "::1"));
}

static void test_networks(void)
{
	g_assert_true(limen_lws_acl("10.0.0.0/8", "10.255.0.3"));
	g_assert_false(limen_lws_acl("10.0.0.0/8", "11.0.0.1"));
	g_assert_true(limen_lws_acl("192.168.1.0/30", "192.168.1.3"));
	g_assert_false(limen_lws_acl("192.168.1.0/30", "192.168.1.4"));
	g_assert_true(limen_lws_acl("fd00::/8", "fdff::2"));
	g_assert_false(limen_lws_acl("fd00::/8", "fe00::2"));
	g_assert_false(limen_lws_acl("10.0.0.0/8", "::1"));
	g_assert_false(limen_lws_acl("::/0", "10.0.0.1"));
}

static void test_beginnings(void)
{
	g_assert_true(limen_lws_acl("127.", "127.0.0.1"));
	g_assert_false(limen_lws_acl("10.1.", "10.10.0.1"));
	g_assert_false(limen_lws_acl("10.1", "10.1.0.1"));
	g_assert_true(limen_lws_acl("fd00:", "fd00:1::2"));
	g_assert_false(limen_lws_acl("fd0:", "fd00:1::2"));
}

static void test_nonsense(void)
{
	static const char *const lists[] = { ",", " ", "x", "10.0.0.0/33", "10.0.0.1/", "/8",
		"10.0.0.1 10.0.0.2", "*", "10.0.0.256" };

	for (unsigned i = 0; i < G_N_ELEMENTS(lists); i++)
		g_assert_false(limen_lws_acl(lists[i], "10.0.0.1"));
	g_assert_false(limen_lws_acl("10.0.0.0/8", ""));
	g_assert_false(limen_lws_acl("10.0.0.0/8", "10.0.0.1, 8.8.8.8"));
	g_assert_false(limen_lws_acl("0.0.0.0/0", "nobody"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/lws/everybody", test_everybody);
	g_test_add_func("/lws/whole-address", test_whole_address);
	g_test_add_func("/lws/networks", test_networks);
	g_test_add_func("/lws/beginnings", test_beginnings);
	g_test_add_func("/lws/nonsense", test_nonsense);
	return g_test_run();
}
