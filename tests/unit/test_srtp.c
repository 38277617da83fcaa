/*
 * SRTP both ways between two ends with mirrored keys: every profile, replays, tampering, hostile
 * lengths. One thread.
 */
#include <glib.h>
#include <string.h>
#include <limen/types.h>
#include "core/media/srtp.h"

#define BUFFER 2200u
#define SSRC 0x01020304u

static const enum limen_srtp_profile profiles[] = {
	LIMEN_SRTP_AEAD_AES_128_GCM,
	LIMEN_SRTP_AEAD_AES_256_GCM,
	LIMEN_SRTP_AES128_CM_SHA1_80,
	LIMEN_SRTP_AES128_CM_SHA1_32,
};

struct pair {
	struct limen_srtp *a, *b;
};

static void pair_up(struct pair *p, enum limen_srtp_profile profile)
{
	struct limen_srtp_keys keys = { .profile = profile }, mirror;
	size_t key, salt;

	keys.len = limen_srtp_key_len(profile, &key, &salt);
	g_assert_cmpuint(keys.len, ==, key + salt);
	for (size_t i = 0; i < keys.len; i++) {
		keys.local[i] = (uint8_t)(i * 7 + 1);
		keys.remote[i] = (uint8_t)(i * 11 + 3);
	}
	mirror = keys;
	memcpy(mirror.local, keys.remote, sizeof(keys.remote));
	memcpy(mirror.remote, keys.local, sizeof(keys.local));
	g_assert_cmpint(limen_srtp_new(&p->a, &keys), ==, 0);
	g_assert_cmpint(limen_srtp_new(&p->b, &mirror), ==, 0);
}

static void pair_down(struct pair *p)
{
	limen_srtp_free(p->a);
	limen_srtp_free(p->b);
}

static size_t rtp(uint8_t *out, uint32_t ssrc, uint16_t seq, size_t payload)
{
	const uint8_t head[12] = { 0x80, 96, (uint8_t)(seq >> 8), (uint8_t)seq, 0, 0, 0, 1,
		(uint8_t)(ssrc >> 24), (uint8_t)(ssrc >> 16), (uint8_t)(ssrc >> 8), (uint8_t)ssrc };

	memcpy(out, head, sizeof(head));
	for (size_t i = 0; i < payload; i++)
		out[sizeof(head) + i] = (uint8_t)(i + seq);
	return sizeof(head) + payload;
}

static size_t rtcp(uint8_t *out, uint8_t last)
{
	const uint8_t report[8] = { 0x80, 201, 0, 1, 1, 2, 3, last };

	memcpy(out, report, sizeof(report));
	return sizeof(report);
}

static size_t protected_rtp(struct limen_srtp *s, uint8_t *out, uint32_t ssrc, uint16_t seq)
{
	size_t len = rtp(out, ssrc, seq, 100);

	g_assert_cmpint(limen_srtp_protect(s, out, &len, BUFFER), ==, 0);
	return len;
}

static size_t protected_rtcp(struct limen_srtp *s, uint8_t *out)
{
	size_t len = rtcp(out, 4);

	g_assert_cmpint(limen_srtp_protect_rtcp(s, out, &len, BUFFER), ==, 0);
	return len;
}

static void round_trip(struct limen_srtp *from, struct limen_srtp *to, uint16_t seq, size_t payload)
{
	uint8_t plain[BUFFER], wire[BUFFER];
	const size_t want = rtp(plain, SSRC, seq, payload);
	size_t len = want;

	memcpy(wire, plain, want);
	g_assert_cmpint(limen_srtp_protect(from, wire, &len, sizeof(wire)), ==, 0);
	g_assert_cmpuint(len, >, want);
	g_assert_cmpuint(len, <=, want + LIMEN_SRTP_TRAILER);
	if (payload >= 16)
		g_assert_cmpint(memcmp(wire + 12, plain + 12, payload), !=, 0);
	g_assert_cmpint(limen_srtp_unprotect(to, wire, &len), ==, 0);
	g_assert_cmpmem(wire, len, plain, want);
}

static void test_round_trip(gconstpointer profile)
{
	uint8_t plain[BUFFER], wire[BUFFER];
	const size_t want = rtcp(plain, 4);
	struct pair p;
	size_t len;

	pair_up(&p, *(const enum limen_srtp_profile *)profile);
	for (uint16_t i = 0; i < 200; i++) {
		round_trip(p.a, p.b, i, i * 9u);
		round_trip(p.b, p.a, (uint16_t)(i + 65500), i * 7u);
	}
	for (int i = 0; i < 3; i++) {
		memcpy(wire, plain, want);
		len = want;
		g_assert_cmpint(limen_srtp_protect_rtcp(p.b, wire, &len, sizeof(wire)), ==, 0);
		g_assert_cmpuint(len, <=, want + LIMEN_SRTP_TRAILER);
		g_assert_cmpint(limen_srtp_unprotect_rtcp(p.a, wire, &len), ==, 0);
		g_assert_cmpmem(wire, len, plain, want);
	}
	pair_down(&p);
}

static void test_tamper(gconstpointer profile)
{
	uint8_t wire[BUFFER], bad[BUFFER];
	struct pair p;
	size_t len, n;

	pair_up(&p, *(const enum limen_srtp_profile *)profile);
	len = protected_rtp(p.a, wire, SSRC, 5);
	for (size_t i = 1; i < len; i++) {
		memcpy(bad, wire, n = len);
		bad[i] ^= 0x01;
		g_assert_cmpint(limen_srtp_unprotect(p.b, bad, &n), !=, 0);
	}
	memcpy(bad, wire, n = len);
	bad[len - 1] ^= 0x80;
	g_assert_cmpint(limen_srtp_unprotect(p.b, bad, &n), ==, LIMEN_EAUTH);
	g_assert_cmpint(limen_srtp_unprotect(p.b, wire, &len), ==, 0);

	len = protected_rtcp(p.a, wire);
	for (size_t i = 0; i < len; i++) {
		memcpy(bad, wire, n = len);
		bad[i] ^= 0x01;
		g_assert_cmpint(limen_srtp_unprotect_rtcp(p.b, bad, &n), !=, 0);
	}
	g_assert_cmpint(limen_srtp_unprotect_rtcp(p.b, wire, &len), ==, 0);
	pair_down(&p);
}

static void test_replay(gconstpointer profile)
{
	uint8_t first[BUFFER], wire[BUFFER];
	size_t first_len, len;
	struct pair p;

	pair_up(&p, *(const enum limen_srtp_profile *)profile);
	first_len = protected_rtp(p.a, first, SSRC, 100);
	memcpy(wire, first, len = first_len);
	g_assert_cmpint(limen_srtp_unprotect(p.b, wire, &len), ==, 0);
	memcpy(wire, first, len = first_len);
	g_assert_cmpint(limen_srtp_unprotect(p.b, wire, &len), ==, LIMEN_EEXIST);
	/* The same packet may be sent again, as a retransmission, and is the same on the wire. */
	len = protected_rtp(p.a, wire, SSRC, 100);
	g_assert_cmpmem(wire, len, first, first_len);

	first_len = protected_rtcp(p.a, first);
	memcpy(wire, first, len = first_len);
	g_assert_cmpint(limen_srtp_unprotect_rtcp(p.b, wire, &len), ==, 0);
	memcpy(wire, first, len = first_len);
	g_assert_cmpint(limen_srtp_unprotect_rtcp(p.b, wire, &len), ==, LIMEN_EEXIST);
	pair_down(&p);
}

/* Late by most of the window is taken, late by more than the window is not. */
static void test_late(void)
{
	uint8_t late[BUFFER], too_late[BUFFER];
	size_t late_len, too_late_len;
	struct pair p;

	pair_up(&p, LIMEN_SRTP_AEAD_AES_128_GCM);
	round_trip(p.a, p.b, 1999, 10);
	too_late_len = protected_rtp(p.a, too_late, SSRC, 2000);
	late_len = protected_rtp(p.a, late, SSRC, 2101);
	for (uint16_t seq = 2102; seq < 3100; seq++)
		round_trip(p.a, p.b, seq, 10);
	g_assert_cmpint(limen_srtp_unprotect(p.b, late, &late_len), ==, 0);
	g_assert_cmpint(limen_srtp_unprotect(p.b, too_late, &too_late_len), ==, LIMEN_EEXIST);
	pair_down(&p);
}

/* Many publishers' streams in one session, each with its own roll-over. */
static void test_streams(void)
{
	uint8_t wire[BUFFER];
	struct pair p;
	size_t len;

	pair_up(&p, LIMEN_SRTP_AEAD_AES_128_GCM);
	for (uint32_t round = 0; round < 8; round++)
		for (uint32_t ssrc = 1; ssrc <= 100; ssrc++) {
			len = protected_rtp(p.a, wire, ssrc, (uint16_t)(65532 + round));
			g_assert_cmpint(limen_srtp_unprotect(p.b, wire, &len), ==, 0);
			g_assert_cmpuint(len, ==, 112);
		}
	pair_down(&p);
}

/* A peer that makes up SSRCs fills no memory: RTP and RTCP count together, known ones go on. */
static void test_many_streams(void)
{
	uint8_t wire[BUFFER];
	struct pair p;
	size_t len;

	pair_up(&p, LIMEN_SRTP_AEAD_AES_128_GCM);
	for (uint32_t i = 0; i < LIMEN_SRTP_STREAMS_MAX; i++) {
		len = protected_rtp(p.a, wire, SSRC + i, 1);
		g_assert_cmpint(limen_srtp_unprotect(p.b, wire, &len), ==, 0);
	}
	len = protected_rtp(p.a, wire, SSRC + LIMEN_SRTP_STREAMS_MAX, 1);
	g_assert_cmpint(limen_srtp_unprotect(p.b, wire, &len), ==, LIMEN_ELIMIT);
	len = protected_rtcp(p.a, wire);
	wire[4] ^= 0x80; /* another sender */
	g_assert_cmpint(limen_srtp_unprotect_rtcp(p.b, wire, &len), ==, LIMEN_ELIMIT);
	len = protected_rtp(p.a, wire, SSRC, 2);
	g_assert_cmpint(limen_srtp_unprotect(p.b, wire, &len), ==, 0);
	pair_down(&p);
}

/* After its end a stream has no past: what was too old to be sent is new. */
static void test_end_stream(void)
{
	uint8_t wire[BUFFER];
	struct pair p;
	size_t len;

	pair_up(&p, LIMEN_SRTP_AEAD_AES_128_GCM);
	protected_rtp(p.a, wire, SSRC, 5000);
	len = rtp(wire, SSRC, 10, 100);
	g_assert_cmpint(limen_srtp_protect(p.a, wire, &len, BUFFER), !=, 0);
	limen_srtp_end_stream(p.a, SSRC);
	limen_srtp_end_stream(p.a, SSRC + 1);
	protected_rtp(p.a, wire, SSRC, 10);
	pair_down(&p);
}

static void test_wrong_keys(void)
{
	uint8_t wire[BUFFER];
	struct pair p;
	size_t len;

	pair_up(&p, LIMEN_SRTP_AES128_CM_SHA1_80);
	len = protected_rtp(p.a, wire, SSRC, 1);
	g_assert_cmpint(limen_srtp_unprotect(p.a, wire, &len), ==, LIMEN_EAUTH);
	pair_down(&p);
}

static void test_no_room(void)
{
	uint8_t wire[BUFFER];
	struct pair p;
	size_t len;

	pair_up(&p, LIMEN_SRTP_AEAD_AES_256_GCM);
	len = rtp(wire, SSRC, 1, 100);
	g_assert_cmpint(limen_srtp_protect(p.a, wire, &len, len + LIMEN_SRTP_TRAILER - 1), ==,
		LIMEN_ENOSPC);
	g_assert_cmpuint(len, ==, 112);
	g_assert_cmpint(limen_srtp_protect(p.a, wire, &len, len + LIMEN_SRTP_TRAILER), ==, 0);
	len = rtcp(wire, 1);
	g_assert_cmpint(limen_srtp_protect_rtcp(p.a, wire, &len, len), ==, LIMEN_ENOSPC);
	pair_down(&p);
}

static void test_bad_keys(void)
{
	struct limen_srtp_keys keys = { .profile = 3, .len = 30 };
	struct limen_srtp *s = (struct limen_srtp *)1;
	size_t key, salt;

	g_assert_cmpint(limen_srtp_new(&s, &keys), ==, LIMEN_ENOTSUP);
	g_assert_null(s);
	keys.profile = LIMEN_SRTP_AEAD_AES_128_GCM;
	g_assert_cmpint(limen_srtp_new(&s, &keys), ==, LIMEN_ENOTSUP);
	g_assert_cmpuint(limen_srtp_key_len(3, &key, &salt), ==, 0);
	g_assert_cmpuint(limen_srtp_key_len(LIMEN_SRTP_AEAD_AES_256_GCM, &key, &salt), ==, 44);
	limen_srtp_free(NULL);
}

/* Each length, each with bytes on the heap of just that length, so that the sanitizer sees a byte
 * too far. */
static void test_garbage(gconstpointer profile)
{
	GRand *rand = g_rand_new_with_seed(7);
	struct pair p;

	pair_up(&p, *(const enum limen_srtp_profile *)profile);
	for (size_t len = 0; len <= 2000; len++) {
		uint8_t *bytes = g_malloc(len);
		size_t n = len;

		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)g_rand_int(rand);
		if (len > 1)
			bytes[0] = (uint8_t)(0x80 | (bytes[0] & 0x3f));
		g_assert_cmpint(limen_srtp_unprotect(p.a, bytes, &n), <, 0);
		n = len;
		g_assert_cmpint(limen_srtp_unprotect_rtcp(p.a, bytes, &n), <, 0);
		g_free(bytes);
	}
	round_trip(p.a, p.b, 1, 100);
	round_trip(p.b, p.a, 1, 100);
	g_rand_free(rand);
	pair_down(&p);
}

/* Packets cut short by any number of bytes are refused, and headers cut short when sent. */
static void test_short(gconstpointer profile)
{
	uint8_t wire[BUFFER];
	struct pair p;
	size_t len, n;

	pair_up(&p, *(const enum limen_srtp_profile *)profile);
	len = protected_rtp(p.a, wire, SSRC, 1);
	for (size_t cut = 1; cut <= len; cut++) {
		uint8_t *bytes = g_memdup2(wire, len);

		n = len - cut;
		g_assert_cmpint(limen_srtp_unprotect(p.b, bytes, &n), <, 0);
		g_free(bytes);
	}
	for (n = 0; n < 12; n++) {
		len = n;
		g_assert_cmpint(limen_srtp_protect(p.a, wire, &len, BUFFER), <, 0);
	}
	for (n = 0; n < 8; n++) {
		len = n;
		g_assert_cmpint(limen_srtp_protect_rtcp(p.a, wire, &len, BUFFER), <, 0);
	}
	pair_down(&p);
}

static void add(const char *name, GTestDataFunc fn)
{
	for (size_t i = 0; i < G_N_ELEMENTS(profiles); i++) {
		g_autofree char *path = g_strdup_printf("/srtp/%s/%d", name, (int)profiles[i]);

		g_test_add_data_func(path, &profiles[i], fn);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	add("round-trip", test_round_trip);
	add("tamper", test_tamper);
	add("replay", test_replay);
	add("garbage", test_garbage);
	add("short", test_short);
	g_test_add_func("/srtp/late", test_late);
	g_test_add_func("/srtp/streams", test_streams);
	g_test_add_func("/srtp/many-streams", test_many_streams);
	g_test_add_func("/srtp/end-stream", test_end_stream);
	g_test_add_func("/srtp/wrong-keys", test_wrong_keys);
	g_test_add_func("/srtp/no-room", test_no_room);
	g_test_add_func("/srtp/bad-keys", test_bad_keys);
	return g_test_run();
}
