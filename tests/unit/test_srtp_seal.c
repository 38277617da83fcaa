/*
 * Outgoing RTP under AES-GCM: the vectors of RFC 7714, and byte for byte the same as what libsrtp2
 * makes of it. One thread.
 */
#include <glib.h>
#include <string.h>
#include <limen/types.h>
#include "core/base/bytes.h"
#include "core/media/srtp.h"
#include "core/media/srtp_seal.h"

#define BUFFER 2200u

/* RFC 7714 §16: one packet, under keys of both sizes. */
static const uint8_t key[32] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a,
	0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19,
	0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f };
static const uint8_t salt[LIMEN_SEAL_SALT] = { 0x51, 0x75, 0x69, 0x64, 0x20, 0x70, 0x72, 0x6f, 0x20,
	0x71, 0x75, 0x6f };
static const uint8_t plain[] = { 0x80, 0x40, 0xf1, 0x7b, 0x80, 0x41, 0xf8, 0xd3, 0x55, 0x01, 0xa0,
	0xb2, 'G', 'a', 'l', 'l', 'i', 'a', ' ', 'e', 's', 't', ' ', 'o', 'm', 'n', 'i', 's', ' ',
	'd', 'i', 'v', 'i', 's', 'a', ' ', 'i', 'n', ' ', 'p', 'a', 'r', 't', 'e', 's', ' ', 't',
	'r', 'e', 's' };
static const uint8_t sealed_128[] = { 0xf2, 0x4d, 0xe3, 0xa3, 0xfb, 0x34, 0xde, 0x6c, 0xac, 0xba,
	0x86, 0x1c, 0x9d, 0x7e, 0x4b, 0xca, 0xbe, 0x63, 0x3b, 0xd5, 0x0d, 0x29, 0x4e, 0x6f, 0x42,
	0xa5, 0xf4, 0x7a, 0x51, 0xc7, 0xd1, 0x9b, 0x36, 0xde, 0x3a, 0xdf, 0x88, 0x33, 0x89, 0x9d,
	0x7f, 0x27, 0xbe, 0xb1, 0x6a, 0x91, 0x52, 0xcf, 0x76, 0x5e, 0xe4, 0x39, 0x0c, 0xce };
static const uint8_t sealed_256[] = { 0x32, 0xb1, 0xde, 0x78, 0xa8, 0x22, 0xfe, 0x12, 0xef, 0x9f,
	0x78, 0xfa, 0x33, 0x2e, 0x33, 0xaa, 0xb1, 0x80, 0x12, 0x38, 0x9a, 0x58, 0xe2, 0xf3, 0xb5,
	0x0b, 0x2a, 0x02, 0x76, 0xff, 0xae, 0x0f, 0x1b, 0xa6, 0x37, 0x99, 0xb8, 0x7b, 0x7a, 0xa3,
	0xdb, 0x36, 0xdf, 0xff, 0xd6, 0xb0, 0xf9, 0xbb, 0x78, 0x78, 0xd7, 0xa7, 0x6c, 0x13 };

static struct limen_seal *seal_new(size_t key_len)
{
	struct limen_seal *s;

	g_assert_cmpint(limen_seal_new(&s, key, key_len, salt), ==, 0);
	return s;
}

static void check_vector(size_t key_len, const uint8_t *sealed, size_t sealed_len)
{
	struct limen_seal *s = seal_new(key_len);
	uint8_t bytes[BUFFER];
	size_t len = sizeof(plain);

	memcpy(bytes, plain, len);
	g_assert_cmpint(limen_seal_rtp(s, bytes, &len, sizeof(bytes)), ==, 0);
	g_assert_cmpmem(bytes, 12, plain, 12);
	g_assert_cmpmem(bytes + 12, len - 12, sealed, sealed_len);
	limen_seal_free(s);
}

static void test_vectors(void)
{
	check_vector(16, sealed_128, sizeof(sealed_128));
	check_vector(32, sealed_256, sizeof(sealed_256));
}

/* A packet with CSRCs and extensions as the number has them. */
static size_t make(uint8_t *out, uint32_t ssrc, uint16_t seq, unsigned n)
{
	const unsigned csrcs = n % 4, words = n % 3;
	size_t len = 12;

	out[0] = (uint8_t)(0x80 | csrcs | (words ? 0x10 : 0));
	out[1] = 96;
	limen_put_u16(out + 2, seq);
	limen_put_u32(out + 4, n * 3000);
	limen_put_u32(out + 8, ssrc);
	for (unsigned i = 0; i < csrcs; i++, len += 4)
		limen_put_u32(out + len, i);
	if (words) {
		limen_put_u16(out + len, 0xbede);
		limen_put_u16(out + len + 2, (uint16_t)words);
		memset(out + len + 4, 0x10, words * 4);
		len += 4 + words * 4;
	}
	for (unsigned i = 0; i < n * 7 % 1300; i++)
		out[len++] = (uint8_t)(i * 3 + n);
	return len;
}

static struct limen_srtp *session(enum limen_srtp_profile profile, bool library_only)
{
	struct limen_srtp_keys keys = { .profile = profile };
	struct limen_srtp *s;
	size_t k, t;

	keys.len = limen_srtp_key_len(profile, &k, &t);
	for (size_t i = 0; i < keys.len; i++)
		keys.local[i] = (uint8_t)(i * 7 + 1);
	limen_srtp_library_only(library_only);
	g_assert_cmpint(limen_srtp_new(&s, &keys), ==, 0);
	limen_srtp_library_only(false);
	return s;
}

static void assert_same(
	struct limen_srtp *a, struct limen_srtp *b, uint32_t ssrc, uint16_t seq, unsigned n)
{
	uint8_t one[BUFFER], other[BUFFER];
	size_t one_len = make(one, ssrc, seq, n), other_len = make(other, ssrc, seq, n);

	g_assert_cmpint(limen_srtp_protect(a, one, &one_len, sizeof(one)), ==, 0);
	g_assert_cmpint(limen_srtp_protect(b, other, &other_len, sizeof(other)), ==, 0);
	g_assert_cmpmem(one, one_len, other, other_len);
}

/* Wraps, repeats of before and behind a wrap, leaps, many streams */
static void compare(enum limen_srtp_profile profile)
{
	struct limen_srtp *a = session(profile, false), *b = session(profile, true);
	uint16_t seq = 65000;
	unsigned n = 0;

	for (; n < 3000; n++) {
		seq = (uint16_t)(seq + 1 + (n % 50 == 0 ? 900 : 0));
		assert_same(a, b, 1 + n % 9, seq, n);
		if (n > 400 && n % 5 == 0)
			assert_same(a, b, 1 + n % 9, (uint16_t)(seq - 400), n);
	}
	limen_srtp_free(a);
	limen_srtp_free(b);
}

static void test_same_as_library(void)
{
	compare(LIMEN_SRTP_AEAD_AES_128_GCM);
	compare(LIMEN_SRTP_AEAD_AES_256_GCM);
}

static void test_refusals(void)
{
	struct limen_seal *s = seal_new(16);
	uint8_t bytes[BUFFER];
	size_t len;

	for (len = 0; len < 12; len++) {
		size_t n = len;

		make(bytes, 1, 1, 0);
		g_assert_cmpint(limen_seal_rtp(s, bytes, &n, sizeof(bytes)), ==, LIMEN_EPROTO);
	}
	len = make(bytes, 1, 1, 0);
	bytes[0] = 0x40;
	g_assert_cmpint(limen_seal_rtp(s, bytes, &len, sizeof(bytes)), ==, LIMEN_EPROTO);
	bytes[0] = 0x8f; /* CSRCs beyond the end */
	g_assert_cmpint(limen_seal_rtp(s, bytes, &len, sizeof(bytes)), ==, LIMEN_EPROTO);
	bytes[0] = 0x90; /* an extension beyond the end */
	len = 16;
	limen_put_u16(bytes + 14, 1);
	g_assert_cmpint(limen_seal_rtp(s, bytes, &len, sizeof(bytes)), ==, LIMEN_EPROTO);
	len = make(bytes, 1, 1, 8);
	g_assert_cmpint(limen_seal_rtp(s, bytes, &len, len + 15), ==, LIMEN_ENOSPC);
	limen_seal_free(s);
	g_assert_cmpint(limen_seal_new(&s, key, 24, salt), ==, LIMEN_ENOTSUP);
	g_assert_null(s);
}

/* Before the first round there is none; what is long gone is not sent again. */
static void test_too_old(void)
{
	struct limen_seal *s = seal_new(16);
	uint8_t bytes[BUFFER];
	size_t len = make(bytes, 1, 5, 3);

	g_assert_cmpint(limen_seal_rtp(s, bytes, &len, sizeof(bytes)), ==, 0);
	len = make(bytes, 1, 65000, 3);
	g_assert_cmpint(limen_seal_rtp(s, bytes, &len, sizeof(bytes)), ==, LIMEN_EINVAL);
	len = make(bytes, 1, 6, 3);
	g_assert_cmpint(limen_seal_rtp(s, bytes, &len, sizeof(bytes)), ==, 0);
	len = make(bytes, 1, 3000, 3);
	g_assert_cmpint(limen_seal_rtp(s, bytes, &len, sizeof(bytes)), ==, 0);
	len = make(bytes, 1, 3000 - 1023, 3);
	g_assert_cmpint(limen_seal_rtp(s, bytes, &len, sizeof(bytes)), ==, 0);
	len = make(bytes, 1, 3000 - 1024, 3);
	g_assert_cmpint(limen_seal_rtp(s, bytes, &len, sizeof(bytes)), ==, LIMEN_EINVAL);
	limen_seal_free(s);
}

static void test_streams(void)
{
	struct limen_seal *s = seal_new(16);
	uint8_t bytes[BUFFER];
	size_t len;

	for (uint32_t ssrc = 1; ssrc <= LIMEN_SEAL_STREAMS_MAX; ssrc++) {
		len = make(bytes, ssrc, 1, 1);
		g_assert_cmpint(limen_seal_rtp(s, bytes, &len, sizeof(bytes)), ==, 0);
	}
	len = make(bytes, 0, 1, 1);
	g_assert_cmpint(limen_seal_rtp(s, bytes, &len, sizeof(bytes)), ==, LIMEN_ELIMIT);
	limen_seal_end_stream(s, 2);
	limen_seal_end_stream(s, 77777);
	len = make(bytes, 0, 1, 1);
	g_assert_cmpint(limen_seal_rtp(s, bytes, &len, sizeof(bytes)), ==, 0);
	limen_seal_free(s);
}

/* 0: as the first packet of a stream, or a later one. */
static int seal_at(struct limen_seal *s, uint32_t ssrc, uint16_t seq)
{
	uint8_t bytes[BUFFER];
	size_t len = make(bytes, ssrc, seq, 1);

	return limen_seal_rtp(s, bytes, &len, sizeof(bytes));
}

/* Whichever streams end and begin, the others go on: what is long gone stays so for them. */
static void test_others_go_on(void)
{
	static const uint32_t ended[] = { 2, 6, 1, 8 }, begun[] = { 9, 2, 10 },
			      kept[] = { 3, 4, 5, 7 };
	struct limen_seal *s = seal_new(16);

	for (uint32_t ssrc = 1; ssrc <= 8; ssrc++)
		g_assert_cmpint(seal_at(s, ssrc, 3000), ==, 0);
	for (size_t round = 0; round < 2; round++) {
		for (size_t i = 0; i < G_N_ELEMENTS(kept); i++)
			g_assert_cmpint(seal_at(s, kept[i], 1000), ==, LIMEN_EINVAL);
		for (size_t i = 0; i < G_N_ELEMENTS(ended); i++)
			limen_seal_end_stream(s, ended[i]);
		for (size_t i = 0; i < G_N_ELEMENTS(kept); i++)
			g_assert_cmpint(seal_at(s, kept[i], 1000), ==, LIMEN_EINVAL);
		for (size_t i = 0; i < G_N_ELEMENTS(begun); i++)
			g_assert_cmpint(seal_at(s, begun[i], 1000), ==, 0);
	}
	limen_seal_free(s);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/srtp_seal/vectors", test_vectors);
	g_test_add_func("/srtp_seal/same-as-library", test_same_as_library);
	g_test_add_func("/srtp_seal/refusals", test_refusals);
	g_test_add_func("/srtp_seal/too-old", test_too_old);
	g_test_add_func("/srtp_seal/streams", test_streams);
	g_test_add_func("/srtp_seal/others-go-on", test_others_go_on);
	return g_test_run();
}
