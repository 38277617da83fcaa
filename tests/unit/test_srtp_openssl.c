/*
 * OpenSSL's ciphers under libsrtp2: published vectors, and packets both ways with a child process
 * that uses libsrtp2 as it comes. The child is forked before anything is registered. One thread.
 */
#include <glib.h>
#include <srtp2/srtp.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <limen/types.h>
#include "core/media/srtp.h"
#include "core/media/srtp_openssl.h"

#define BUFFER 2000u
#define WINDOW 1024

static const enum limen_srtp_profile profiles[] = {
	LIMEN_SRTP_AEAD_AES_128_GCM,
	LIMEN_SRTP_AEAD_AES_256_GCM,
	LIMEN_SRTP_AES128_CM_SHA1_80,
	LIMEN_SRTP_AES128_CM_SHA1_32,
};

enum op { OPEN, PROTECT, UNPROTECT, PROTECT_RTCP, UNPROTECT_RTCP };

/* What goes to the child and comes back; status is libsrtp2's. */
struct job {
	enum op op;
	int status, len;
	enum limen_srtp_profile profile;
	uint8_t bytes[BUFFER];
};

static struct {
	int to, from; /* pipes */
	pid_t pid;
} child;

/* Key and salt of one way, as both processes know them. */
static void make_key(uint8_t *out, bool from_child)
{
	for (unsigned i = 0; i < LIMEN_SRTP_KEY_MAX; i++)
		out[i] = (uint8_t)(from_child ? i * 13 + 5 : i * 7 + 1);
}

static srtp_t plain_session(srtp_profile_t profile, srtp_ssrc_type_t way, bool from_child)
{
	uint8_t key[LIMEN_SRTP_KEY_MAX];
	srtp_policy_t policy;
	srtp_t s = NULL;

	memset(&policy, 0, sizeof(policy));
	make_key(key, from_child);
	srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profile);
	srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profile);
	policy.ssrc.type = way;
	policy.key = key;
	policy.window_size = WINDOW;
	return srtp_create(&s, &policy) == srtp_err_status_ok ? s : NULL;
}

static int run_job(struct job *j, srtp_t *out, srtp_t *in)
{
	switch (j->op) {
	case OPEN:
		*out = plain_session((srtp_profile_t)j->profile, ssrc_any_outbound, true);
		*in = plain_session((srtp_profile_t)j->profile, ssrc_any_inbound, false);
		return *out && *in ? 0 : -1;
	case PROTECT:
		return (int)srtp_protect(*out, j->bytes, &j->len);
	case UNPROTECT:
		return (int)srtp_unprotect(*in, j->bytes, &j->len);
	case PROTECT_RTCP:
		return (int)srtp_protect_rtcp(*out, j->bytes, &j->len);
	default:
		return (int)srtp_unprotect_rtcp(*in, j->bytes, &j->len);
	}
}

static bool transfer(int fd, void *data, size_t len, bool writing)
{
	uint8_t *p = data;

	while (len) {
		const ssize_t n = writing ? write(fd, p, len) : read(fd, p, len);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* Sessions of earlier jobs are left to the end of the process. */
static void child_main(int from, int to)
{
	srtp_t out = NULL, in = NULL;
	struct job j;

	if (srtp_init() != srtp_err_status_ok)
		_exit(1);
	while (transfer(from, &j, sizeof(j), false)) {
		j.status = run_job(&j, &out, &in);
		if (!transfer(to, &j, sizeof(j), true))
			break;
	}
	_exit(0);
}

static void start_child(void)
{
	int there[2], back[2];

	g_assert_cmpint(pipe(there), ==, 0);
	g_assert_cmpint(pipe(back), ==, 0);
	child.pid = fork();
	g_assert_cmpint(child.pid, >=, 0);
	if (child.pid == 0) {
		close(there[1]);
		close(back[0]);
		child_main(there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
	child.to = there[1];
	child.from = back[0];
}

static void stop_child(void)
{
	int status = 0;

	close(child.to);
	close(child.from);
	g_assert_cmpint(waitpid(child.pid, &status, 0), ==, child.pid);
	g_assert_cmpint(status, ==, 0);
}

/* Has the child do it, in place; libsrtp2's status. */
static int ask(enum op op, uint8_t *bytes, size_t *len)
{
	struct job j = { .op = op, .len = (int)*len };

	g_assert_cmpuint(*len, <, BUFFER - LIMEN_SRTP_TRAILER);
	memcpy(j.bytes, bytes, *len);
	g_assert_true(transfer(child.to, &j, sizeof(j), true));
	g_assert_true(transfer(child.from, &j, sizeof(j), false));
	if (j.status == 0) {
		*len = (size_t)j.len;
		memcpy(bytes, j.bytes, *len);
	}
	return j.status;
}

static struct limen_srtp *open_both(enum limen_srtp_profile profile)
{
	struct limen_srtp_keys keys = { .profile = profile };
	struct job j = { .op = OPEN, .profile = profile };
	struct limen_srtp *s;
	size_t key, salt;

	keys.len = limen_srtp_key_len(profile, &key, &salt);
	make_key(keys.local, false);
	make_key(keys.remote, true);
	g_assert_cmpint(limen_srtp_new(&s, &keys), ==, 0);
	g_assert_true(transfer(child.to, &j, sizeof(j), true));
	g_assert_true(transfer(child.from, &j, sizeof(j), false));
	g_assert_cmpint(j.status, ==, 0);
	return s;
}

static size_t rtp(uint8_t *out, uint16_t seq, size_t payload)
{
	const uint8_t head[12] = { 0x80, 96, (uint8_t)(seq >> 8), (uint8_t)seq, 0, 0, 0, 1, 1, 2, 3,
		4 };

	memcpy(out, head, sizeof(head));
	for (size_t i = 0; i < payload; i++)
		out[sizeof(head) + i] = (uint8_t)(i * 3 + seq);
	return sizeof(head) + payload;
}

static size_t rtcp(uint8_t *out, uint8_t extra)
{
	memset(out, extra, 8 + 4u * extra);
	out[0] = 0x80;
	out[1] = 201;
	out[2] = 0;
	out[3] = (uint8_t)(1 + extra);
	return 8 + 4u * extra;
}

static void rtp_out(struct limen_srtp *s, uint16_t seq, size_t payload)
{
	uint8_t plain[BUFFER], wire[BUFFER];
	const size_t want = rtp(plain, seq, payload);
	size_t len = want;

	memcpy(wire, plain, want);
	g_assert_cmpint(limen_srtp_protect(s, wire, &len, sizeof(wire)), ==, 0);
	g_assert_cmpint(ask(UNPROTECT, wire, &len), ==, srtp_err_status_ok);
	g_assert_cmpmem(wire, len, plain, want);
}

static void rtp_in(struct limen_srtp *s, uint16_t seq, size_t payload)
{
	uint8_t plain[BUFFER], wire[BUFFER];
	const size_t want = rtp(plain, seq, payload);
	size_t len = want;

	memcpy(wire, plain, want);
	g_assert_cmpint(ask(PROTECT, wire, &len), ==, srtp_err_status_ok);
	g_assert_cmpint(limen_srtp_unprotect(s, wire, &len), ==, 0);
	g_assert_cmpmem(wire, len, plain, want);
}

/* Both ways, every length of the last cipher block, over two roll-overs of the sequence number. */
static void test_rtp(gconstpointer profile)
{
	struct limen_srtp *s = open_both(*(const enum limen_srtp_profile *)profile);

	for (uint16_t i = 0; i < 40; i++) {
		rtp_out(s, (uint16_t)(65520 + i), i);
		rtp_in(s, (uint16_t)(65510 + i), 1160u + i);
	}
	for (uint32_t seq = 20000; seq < 131000; seq += 15000) {
		rtp_out(s, (uint16_t)seq, 200);
		rtp_in(s, (uint16_t)seq, 200);
	}
	limen_srtp_free(s);
}

static void test_rtcp(gconstpointer profile)
{
	struct limen_srtp *s = open_both(*(const enum limen_srtp_profile *)profile);
	uint8_t plain[BUFFER], wire[BUFFER];
	size_t len;

	for (uint8_t extra = 0; extra < 20; extra++) {
		const size_t want = rtcp(plain, extra);

		memcpy(wire, plain, len = want);
		g_assert_cmpint(limen_srtp_protect_rtcp(s, wire, &len, sizeof(wire)), ==, 0);
		g_assert_cmpint(ask(UNPROTECT_RTCP, wire, &len), ==, srtp_err_status_ok);
		g_assert_cmpmem(wire, len, plain, want);
		memcpy(wire, plain, len = want);
		g_assert_cmpint(ask(PROTECT_RTCP, wire, &len), ==, srtp_err_status_ok);
		g_assert_cmpint(limen_srtp_unprotect_rtcp(s, wire, &len), ==, 0);
		g_assert_cmpmem(wire, len, plain, want);
	}
	limen_srtp_free(s);
}

static void test_replay(gconstpointer profile)
{
	struct limen_srtp *s = open_both(*(const enum limen_srtp_profile *)profile);
	uint8_t first[BUFFER], wire[BUFFER];
	size_t first_len = rtp(first, 7, 300), len;

	g_assert_cmpint(limen_srtp_protect(s, first, &first_len, sizeof(first)), ==, 0);
	memcpy(wire, first, len = first_len);
	g_assert_cmpint(ask(UNPROTECT, wire, &len), ==, srtp_err_status_ok);
	memcpy(wire, first, len = first_len);
	g_assert_cmpint(ask(UNPROTECT, wire, &len), ==, srtp_err_status_replay_fail);

	first_len = rtcp(first, 3);
	g_assert_cmpint(ask(PROTECT_RTCP, first, &first_len), ==, srtp_err_status_ok);
	memcpy(wire, first, len = first_len);
	g_assert_cmpint(limen_srtp_unprotect_rtcp(s, wire, &len), ==, 0);
	memcpy(wire, first, len = first_len);
	g_assert_cmpint(limen_srtp_unprotect_rtcp(s, wire, &len), ==, LIMEN_EEXIST);
	limen_srtp_free(s);
}

/* Any bit of tag or payload changed is refused by either, and the right packet is taken after. */
static void test_bad_tag(gconstpointer profile)
{
	struct limen_srtp *s = open_both(*(const enum limen_srtp_profile *)profile);
	uint8_t ours[BUFFER], theirs[BUFFER], bad[BUFFER];
	size_t ours_len = rtp(ours, 9, 40), theirs_len = rtp(theirs, 9, 40), len;

	g_assert_cmpint(limen_srtp_protect(s, ours, &ours_len, sizeof(ours)), ==, 0);
	g_assert_cmpint(ask(PROTECT, theirs, &theirs_len), ==, srtp_err_status_ok);
	g_assert_cmpuint(ours_len, ==, theirs_len);
	for (size_t i = 12; i < ours_len; i++) {
		memcpy(bad, ours, len = ours_len);
		bad[i] ^= (uint8_t)(1u << i % 8);
		g_assert_cmpint(ask(UNPROTECT, bad, &len), ==, srtp_err_status_auth_fail);
		memcpy(bad, theirs, len = theirs_len);
		bad[i] ^= (uint8_t)(1u << i % 8);
		g_assert_cmpint(limen_srtp_unprotect(s, bad, &len), ==, LIMEN_EAUTH);
	}
	g_assert_cmpint(ask(UNPROTECT, ours, &ours_len), ==, srtp_err_status_ok);
	g_assert_cmpint(limen_srtp_unprotect(s, theirs, &theirs_len), ==, 0);
	limen_srtp_free(s);
}

static void parse_hex(GByteArray *out, const char *hex)
{
	for (; *hex; hex += 2) {
		const uint8_t byte =
			(uint8_t)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));

		g_byte_array_append(out, &byte, 1);
	}
}

/* A vector in hexadecimal; sealed: cipher text and tag. wrong: the byte of it that is changed. */
static srtp_err_status_t try_cipher(const srtp_cipher_type_t *type, const char *key, const char *iv,
	const char *aad, const char *text, const char *sealed, int wrong)
{
	g_autoptr(GByteArray) all = g_byte_array_new();
	const char *const part[] = { key, iv, aad, text, sealed };
	size_t at[6] = { 0 };
	srtp_cipher_test_case_t v;

	for (unsigned i = 0; i < 5; i++) {
		parse_hex(all, part[i]);
		at[i + 1] = all->len;
	}
	if (wrong >= 0)
		all->data[at[4] + (size_t)wrong] ^= 1;
	v = (srtp_cipher_test_case_t){
		.key_length_octets = (int)at[1],
		.key = all->data,
		.idx = all->data + at[1],
		.aad_length_octets = (int)(at[3] - at[2]),
		.aad = all->data + at[2],
		.plaintext_length_octets = (unsigned)(at[4] - at[3]),
		.plaintext = all->data + at[3],
		.ciphertext_length_octets = (unsigned)(at[5] - at[4]),
		.ciphertext = all->data + at[4],
		.tag_length_octets = type->set_aad ? 16 : 0,
	};
	return srtp_cipher_type_test(type, &v);
}

/* RFC 3711 §B.2 from its second and third block on: counters 1 and 2 are set by the IV. */
static void test_counter_vectors(void)
{
	static const char key[] = "2b7e151628aed2a6abf7158809cf4f3cf0f1f2f3f4f5f6f7f8f9fafbfcfd";
	static const char second[] = "d23513162b02d0f72a43a2fe4a5f97ab";
	static const char third[] = "41e95b3bb0a2e8dd477901e4fca894c0";
	static const char zeros[] = "00000000000000000000000000000000";

	g_assert_cmpint(srtp_cipher_type_self_test(&limen_srtp_icm_128), ==, srtp_err_status_ok);
	g_assert_cmpint(srtp_cipher_type_self_test(&limen_srtp_icm_256), ==, srtp_err_status_ok);
	g_assert_cmpint(try_cipher(&limen_srtp_icm_128, key, "00000000000000000000000000000001", "",
				zeros, second, -1),
		==, srtp_err_status_ok);
	g_assert_cmpint(try_cipher(&limen_srtp_icm_128, key, "00000000000000000000000000000002", "",
				zeros, third, -1),
		==, srtp_err_status_ok);
	g_assert_cmpint(try_cipher(&limen_srtp_icm_128, key, "00000000000000000000000000000002", "",
				zeros, third, 15),
		==, srtp_err_status_algo_fail);
}

/* The Galois/Counter Mode of Operation (McGrew, Viega), test cases 2 and 14; salt is unused. */
static void test_gcm_vectors(void)
{
	static const char zeros[] = "00000000000000000000000000000000";
	static const char salt[] = "000000000000000000000000";
	g_autofree char *key_128 = g_strconcat(zeros, salt, NULL);
	g_autofree char *key_256 = g_strconcat(zeros, zeros, salt, NULL);
	static const char sealed_128[] =
		"0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf";
	static const char sealed_256[] =
		"cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919";

	g_assert_cmpint(srtp_cipher_type_self_test(&limen_srtp_gcm_128), ==, srtp_err_status_ok);
	g_assert_cmpint(srtp_cipher_type_self_test(&limen_srtp_gcm_256), ==, srtp_err_status_ok);
	g_assert_cmpint(try_cipher(&limen_srtp_gcm_128, key_128, salt, "", zeros, sealed_128, -1),
		==, srtp_err_status_ok);
	g_assert_cmpint(try_cipher(&limen_srtp_gcm_256, key_256, salt, "", zeros, sealed_256, -1),
		==, srtp_err_status_ok);
	g_assert_cmpint(try_cipher(&limen_srtp_gcm_128, key_128, salt, "", zeros, sealed_128, 3),
		==, srtp_err_status_algo_fail);
	g_assert_cmpint(try_cipher(&limen_srtp_gcm_256, key_256, salt, "", zeros, sealed_256, 31),
		==, srtp_err_status_algo_fail);
}

/* RFC 2202 §3, cases 2 and 3 */
static void test_hash_vectors(void)
{
	static const uint8_t key[20] = { 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa,
		0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa };
	g_autoptr(GByteArray) tags = g_byte_array_new();
	uint8_t data[50];
	srtp_auth_test_case_t v = { .key_length_octets = 4,
		.key = (const uint8_t *)"Jefe",
		.data_length_octets = 28,
		.data = (const uint8_t *)"what do ya want for nothing?",
		.tag_length_octets = 20 };

	parse_hex(tags, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	parse_hex(tags, "125d7342b9ac11cd91a39af48aa17b4f63f175d3");
	g_assert_cmpint(srtp_auth_type_self_test(&limen_srtp_hmac_sha1), ==, srtp_err_status_ok);
	v.tag = tags->data;
	g_assert_cmpint(srtp_auth_type_test(&limen_srtp_hmac_sha1, &v), ==, srtp_err_status_ok);
	memset(data, 0xdd, sizeof(data));
	v = (srtp_auth_test_case_t){ 20, key, sizeof(data), data, 20, tags->data + 20, NULL };
	g_assert_cmpint(srtp_auth_type_test(&limen_srtp_hmac_sha1, &v), ==, srtp_err_status_ok);
	data[49] ^= 1;
	g_assert_cmpint(
		srtp_auth_type_test(&limen_srtp_hmac_sha1, &v), ==, srtp_err_status_algo_fail);
}

/* Sizes that no profile has. */
static void test_bad_sizes(void)
{
	srtp_cipher_t *c;
	srtp_auth_t *a;

	g_assert_cmpint(limen_srtp_icm_128.alloc(&c, 16, 0), ==, srtp_err_status_bad_param);
	g_assert_cmpint(limen_srtp_icm_256.alloc(&c, -1, 0), ==, srtp_err_status_bad_param);
	g_assert_cmpint(limen_srtp_gcm_128.alloc(&c, 28, 12), ==, srtp_err_status_bad_param);
	g_assert_cmpint(limen_srtp_gcm_256.alloc(&c, 28, 16), ==, srtp_err_status_bad_param);
	g_assert_null(c);
	g_assert_cmpint(limen_srtp_hmac_sha1.alloc(&a, 20, 21), ==, srtp_err_status_bad_param);
	g_assert_null(a);
}

static void add(const char *name, GTestDataFunc fn)
{
	for (size_t i = 0; i < G_N_ELEMENTS(profiles); i++) {
		g_autofree char *path =
			g_strdup_printf("/srtp_openssl/%s/%d", name, (int)profiles[i]);

		g_test_add_data_func(path, &profiles[i], fn);
	}
}

int main(int argc, char **argv)
{
	int failed;

	start_child();
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/srtp_openssl/vectors/counter", test_counter_vectors);
	g_test_add_func("/srtp_openssl/vectors/gcm", test_gcm_vectors);
	g_test_add_func("/srtp_openssl/vectors/hash", test_hash_vectors);
	g_test_add_func("/srtp_openssl/bad-sizes", test_bad_sizes);
	add("rtp", test_rtp);
	add("rtcp", test_rtcp);
	add("replay", test_replay);
	add("bad-tag", test_bad_tag);
	failed = g_test_run();
	stop_child();
	return failed;
}
