/*
 * SRTP for plugins: two ends with keys swapped understand each other in every suite, and what is
 * wrong is told.
 */
#include "core/media/crypto.h"
#include <string.h>

static const struct suite {
	const char *name;
	size_t len, tag, rtcp_tag;
} suites[] = {
	{ "AES_CM_128_HMAC_SHA1_80", 30, 10, 14 },
	{ "AES_CM_128_HMAC_SHA1_32", 30, 4, 14 },
	{ "AEAD_AES_128_GCM", 28, 16, 20 },
	{ "AEAD_AES_256_GCM", 44, 16, 20 },
};
static const uint8_t rtp[] = { 0x80, 96, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4, 'm', 'e', 'd', 'i', 'a' };
static const uint8_t rtcp[] = { 0x81, 206, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8 };

static void pair(const struct suite *s, struct limen_crypto **a, struct limen_crypto **b)
{
	uint8_t one[64], two[64];

	memset(one, 17, sizeof(one));
	memset(two, 34, sizeof(two));
	g_assert_cmpint(limen_crypto_new(a, s->name, one, two, s->len), ==, 0);
	g_assert_cmpint(limen_crypto_new(b, s->name, two, one, s->len), ==, 0);
}

static void test_both_ways(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(suites); i++) {
		struct limen_crypto *a, *b;
		uint8_t buf[128], again[128];
		size_t len = sizeof(rtp), again_len;

		pair(&suites[i], &a, &b);
		memcpy(buf, rtp, len);
		g_assert_cmpint(limen_crypto_protect(a, buf, &len, sizeof(buf)), ==, 0);
		g_assert_cmpuint(len, ==, sizeof(rtp) + suites[i].tag);
		memcpy(again, buf, again_len = len);
		g_assert_cmpint(limen_crypto_unprotect(b, buf, &len), ==, 0);
		g_assert_cmpmem(buf, len, rtp, sizeof(rtp));
		g_assert_cmpint(limen_crypto_unprotect(b, again, &again_len), ==, LIMEN_EEXIST);
		memcpy(buf, rtcp, len = sizeof(rtcp));
		g_assert_cmpint(limen_crypto_protect_rtcp(b, buf, &len, sizeof(buf)), ==, 0);
		g_assert_cmpuint(len, ==, sizeof(rtcp) + suites[i].rtcp_tag);
		g_assert_cmpint(limen_crypto_unprotect_rtcp(a, buf, &len), ==, 0);
		g_assert_cmpmem(buf, len, rtcp, sizeof(rtcp));
		limen_crypto_free(a);
		limen_crypto_free(b);
	}
}

static void test_wrong(void)
{
	struct limen_crypto *a, *b;
	uint8_t key[64] = { 0 }, buf[128];
	size_t len = sizeof(rtp);

	g_assert_cmpint(
		limen_crypto_new(&a, "F8_128_HMAC_SHA1_80", key, key, 30), ==, LIMEN_ENOTSUP);
	g_assert_null(a);
	g_assert_cmpint(limen_crypto_new(&a, "AEAD_AES_128_GCM", key, key, 30), ==, LIMEN_EINVAL);
	g_assert_null(a);
	pair(&suites[0], &a, &b);
	memcpy(buf, rtp, len);
	g_assert_cmpint(limen_crypto_protect(a, buf, &len, len + 10), ==, LIMEN_ENOSPC);
	g_assert_cmpint(limen_crypto_protect(a, buf, &len, len + 64), ==, 0);
	buf[len - 1] ^= 1;
	g_assert_cmpint(limen_crypto_unprotect(b, buf, &len), ==, LIMEN_EAUTH);
	len = 5;
	g_assert_cmpint(limen_crypto_unprotect(b, buf, &len), ==, LIMEN_EPROTO);
	g_assert_cmpint(limen_crypto_unprotect_rtcp(b, buf, &len), ==, LIMEN_EPROTO);
	g_assert_cmpint(limen_crypto_protect(a, buf, &len, sizeof(buf)), ==, LIMEN_EPROTO);
	g_assert_cmpint(limen_crypto_protect_rtcp(a, buf, &len, sizeof(buf)), ==, LIMEN_EPROTO);
	limen_crypto_free(a);
	limen_crypto_free(b);
	limen_crypto_free(NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/unit/crypto/both-ways", test_both_ways);
	g_test_add_func("/unit/crypto/wrong", test_wrong);
	return g_test_run();
}
