/*
 * Suites and keys of SRTP as the JSON API has them.
 */
#include "kit/sdes.h"
#include <glib.h>
#include <string.h>

static void test_suites(void)
{
	g_assert_cmpstr(limen_sdes_suite(80), ==, "AES_CM_128_HMAC_SHA1_80");
	g_assert_cmpstr(limen_sdes_suite(32), ==, "AES_CM_128_HMAC_SHA1_32");
	g_assert_null(limen_sdes_suite(0));
	g_assert_null(limen_sdes_suite(INT64_C(80) + (INT64_C(1) << 32)));
}

static void test_keys(void)
{
	static const char *const wrong[] = { "", "AAAA",
		/* 29 and 31 bytes */
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxw=",
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==",
		/* 30 bytes, and a character too many, or of no alphabet */
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd ",
		"AAECAwQF.gcICQoLDA0ODxAREhMUFRYXGBkaGxwdAA" };
	uint8_t key[LIMEN_SDES_KEY];

	g_assert_cmpint(limen_sdes_key("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd", key), ==, 0);
	for (size_t i = 0; i < sizeof(key); i++)
		g_assert_cmpuint(key[i], ==, i);
	g_assert_cmpint(limen_sdes_key(NULL, key), ==, LIMEN_EINVAL);
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
		g_assert_cmpint(limen_sdes_key(wrong[i], key), ==, LIMEN_EINVAL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sdes/suites", test_suites);
	g_test_add_func("/sdes/keys", test_keys);
	return g_test_run();
}
