/*
 * Our records against OpenSSL's: two of its ends make a handshake over queues, then one of them is
 * freed and dtls_record.c speaks in its place, as client and as server, with every suite. One
 * thread.
 */
#include <glib.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>
#include <limen/types.h>
#include "core/base/clock.h"
#include "core/media/dtls_record.h"

#define DATAGRAM_MAX 2048u
#define WARM_UP 3u /* records that the library's end sends before it is replaced */

struct end {
	SSL_CTX *ctx;
	SSL *ssl;
	GQueue in; /* GBytes */
	struct end *other;
	struct limen_dtls_record sent; /* counts what the end sends */
};

static struct {
	struct end us, peer;
	struct limen_dtls_record r;
	BIO_METHOD *method;
} t;

static int bio_write(BIO *b, const char *bytes, int len)
{
	struct end *e = BIO_get_data(b);
	struct limen_bytes datagram = limen_bytes((const uint8_t *)bytes, (size_t)len);
	struct limen_dtls_raw raw;

	while (limen_dtls_raw_next(&datagram, &raw))
		limen_dtls_record_sent(&e->sent, &raw);
	g_assert_cmpuint(limen_bytes_left(&datagram), ==, 0);
	g_queue_push_tail(&e->other->in, g_bytes_new(bytes, (gsize)len));
	return len;
}

static int bio_read(BIO *b, char *out, int size)
{
	struct end *e = BIO_get_data(b);
	GBytes *datagram = g_queue_pop_head(&e->in);
	gsize len;

	BIO_clear_retry_flags(b);
	if (!datagram) {
		BIO_set_retry_read(b);
		return -1;
	}
	len = MIN(g_bytes_get_size(datagram), (gsize)size);
	memcpy(out, g_bytes_get_data(datagram, NULL), len);
	g_bytes_unref(datagram);
	return (int)len;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	(void)b, (void)num, (void)ptr;
	return cmd == BIO_CTRL_FLUSH;
}

static X509 *self_signed(EVP_PKEY *key)
{
	X509 *x = X509_new();

	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	g_assert_cmpint(X509_sign(x, key, EVP_sha256()), >, 0);
	return x;
}

static SSL_CTX *context(const char *cipher)
{
	SSL_CTX *ctx = SSL_CTX_new(DTLS_method());
	EVP_PKEY *key = strstr(cipher, "RSA-") ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	X509 *x = self_signed(key);

	SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU);
	g_assert_cmpint(SSL_CTX_set_cipher_list(ctx, cipher), ==, 1);
	g_assert_cmpint(SSL_CTX_use_certificate(ctx, x), ==, 1);
	g_assert_cmpint(SSL_CTX_use_PrivateKey(ctx, key), ==, 1);
	X509_free(x);
	EVP_PKEY_free(key);
	return ctx;
}

static void end_init(struct end *e, struct end *other, const char *cipher)
{
	BIO *bio = BIO_new(t.method);

	memset(e, 0, sizeof(*e));
	e->other = other;
	g_queue_init(&e->in);
	e->ctx = context(cipher);
	e->ssl = SSL_new(e->ctx);
	BIO_set_data(bio, e);
	BIO_set_init(bio, 1);
	SSL_set_bio(e->ssl, bio, bio);
	SSL_set_mtu(e->ssl, 1400);
}

static void shake_hands(bool client)
{
	struct end *c = client ? &t.us : &t.peer, *s = c->other;
	int done = 0;

	SSL_set_connect_state(c->ssl);
	SSL_set_accept_state(s->ssl);
	for (int i = 0; i < 20 && done != 2; i++)
		done = (SSL_do_handshake(c->ssl) == 1) + (SSL_do_handshake(s->ssl) == 1);
	g_assert_cmpint(done, ==, 2);
}

/* The content of the record that came for the peer, or NULL. */
static GBytes *peer_reads(void)
{
	uint8_t bytes[DATAGRAM_MAX];
	const int n = SSL_read(t.peer.ssl, bytes, sizeof(bytes));

	return n > 0 ? g_bytes_new(bytes, (gsize)n) : NULL;
}

static void assert_peer_reads(const void *content, size_t len)
{
	g_autoptr(GBytes) got = peer_reads();

	g_assert_nonnull(got);
	g_assert_cmpmem(g_bytes_get_data(got, NULL), g_bytes_get_size(got), content, len);
}

static void take_over(bool client)
{
	uint8_t master[48];
	struct limen_dtls_secrets s = {
		.suite = SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(t.us.ssl)),
		.client = client,
		.master = master,
		.master_len = SSL_SESSION_get_master_key(
			SSL_get0_session(t.us.ssl), master, sizeof(master)),
	};

	SSL_get_client_random(t.us.ssl, s.client_random, 32);
	SSL_get_server_random(t.us.ssl, s.server_random, 32);
	t.r = t.us.sent;
	g_assert_cmpint(limen_dtls_record_keys(&t.r, &s), ==, 0);
	g_clear_pointer(&t.us.ssl, SSL_free);
}

static void set_up(const char *cipher, bool client)
{
	if (!t.method) {
		t.method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "queue");
		BIO_meth_set_write(t.method, bio_write);
		BIO_meth_set_read(t.method, bio_read);
		BIO_meth_set_ctrl(t.method, bio_ctrl);
	}
	end_init(&t.us, &t.peer, cipher);
	end_init(&t.peer, &t.us, cipher);
	if (client) /* once without RFC 7627 */
		SSL_set_options(t.us.ssl, SSL_OP_NO_EXTENDED_MASTER_SECRET);
	shake_hands(client);
	for (unsigned i = 0; i < WARM_UP; i++) {
		g_assert_cmpint(SSL_write(t.us.ssl, "warm", 4), ==, 4);
		assert_peer_reads("warm", 4);
	}
	take_over(client);
	g_queue_clear_full(&t.us.in, (GDestroyNotify)g_bytes_unref);
}

static void end_clear(struct end *e)
{
	SSL_free(e->ssl);
	SSL_CTX_free(e->ctx);
	g_queue_clear_full(&e->in, (GDestroyNotify)g_bytes_unref);
}

static void tear_down(void)
{
	end_clear(&t.us);
	end_clear(&t.peer);
	g_clear_pointer(&t.method, BIO_meth_free);
}

/* A record of ours. */
static GBytes *sealed(enum limen_dtls_type type, const void *content, size_t len)
{
	uint8_t out[DATAGRAM_MAX + LIMEN_DTLS_RECORD_ROOM];
	size_t n;

	g_assert_cmpint(limen_dtls_record_seal(&t.r, type, content, len, out, &n), ==, 0);
	g_assert_cmpuint(n, ==, len + limen_dtls_record_room(&t.r));
	return g_bytes_new(out, n);
}

static void to_peer(GBytes *datagram)
{
	g_queue_push_tail(&t.peer.in, g_bytes_ref(datagram));
}

/* A record of the peer. */
static GBytes *from_peer(const char *text)
{
	g_assert_cmpint(SSL_write(t.peer.ssl, text, (int)strlen(text)), ==, (int)strlen(text));
	return g_queue_pop_head(&t.us.in);
}

static int open_bytes(const void *bytes, size_t len, char *out, size_t *n)
{
	struct limen_bytes datagram = limen_bytes(bytes, len);
	uint8_t *content = g_malloc(LIMEN_DTLS_CONTENT_MAX);
	struct limen_dtls_raw raw;
	int err = LIMEN_ENOENT;

	if (limen_dtls_raw_next(&datagram, &raw))
		err = limen_dtls_record_open(&t.r, &raw, content, n);
	if (!err)
		memcpy(out, content, *n);
	g_free(content);
	return err;
}

static int open_datagram(GBytes *datagram, const char *text)
{
	char got[DATAGRAM_MAX];
	size_t n;
	const int err =
		open_bytes(g_bytes_get_data(datagram, NULL), g_bytes_get_size(datagram), got, &n);

	if (!err)
		g_assert_cmpmem(got, n, text, strlen(text));
	return err;
}

static void data_passes(void)
{
	static const size_t lens[] = { 1, 15, 16, 17, 100, 1300 };
	uint8_t content[1300];

	memset(content, 'c', sizeof(content));
	for (size_t i = 0; i < G_N_ELEMENTS(lens); i++) {
		g_autoptr(GBytes) out = sealed(LIMEN_DTLS_DATA, content, lens[i]);
		g_autofree char *text = g_strndup((const char *)content, lens[i]);
		g_autoptr(GBytes) in = from_peer(text);

		to_peer(out);
		assert_peer_reads(content, lens[i]);
		g_assert_cmpint(open_datagram(in, text), ==, 0);
	}
}

static void replays_are_refused(void)
{
	g_autoptr(GBytes) out = sealed(LIMEN_DTLS_DATA, "once", 4), in = from_peer("once");

	to_peer(out);
	to_peer(out);
	assert_peer_reads("once", 4);
	g_assert_null(peer_reads());
	g_assert_cmpint(open_datagram(in, "once"), ==, 0);
	g_assert_cmpint(open_datagram(in, "once"), ==, LIMEN_ESTATE);
}

/* 64 records in any order pass, each once; what is older does not. */
static void order_is_free(void)
{
	GBytes *old = from_peer("old"), *in[64];

	for (unsigned i = 0; i < G_N_ELEMENTS(in); i++)
		in[i] = from_peer("any");
	for (int round = 0; round < 2; round++)
		for (unsigned i = 0; i < G_N_ELEMENTS(in); i++)
			g_assert_cmpint(open_datagram(in[(i * 37 + 63) % G_N_ELEMENTS(in)], "any"),
				==, round ? LIMEN_ESTATE : 0);
	g_assert_cmpint(open_datagram(old, "old"), ==, LIMEN_ESTATE);
	for (unsigned i = 0; i < G_N_ELEMENTS(in); i++)
		g_bytes_unref(in[i]);
	g_bytes_unref(old);
	for (unsigned i = 0; i < 200; i++)
		g_bytes_unref(from_peer("lost"));
	old = from_peer("far");
	g_assert_cmpint(open_datagram(old, "far"), ==, 0);
	g_assert_cmpint(open_datagram(old, "far"), ==, LIMEN_ESTATE);
	g_bytes_unref(old);
}

/* Every byte changed, every length, and then the real one. */
static void forgeries_are_refused(void)
{
	g_autoptr(GBytes) in = from_peer("genuine");
	gsize len;
	const uint8_t *bytes = g_bytes_get_data(in, &len);
	char got[DATAGRAM_MAX];
	size_t n;

	for (gsize i = 0; i < len; i++) {
		g_autofree uint8_t *copy = g_memdup2(bytes, len);

		copy[i] ^= (uint8_t)(1u << i % 8);
		g_assert_cmpint(open_bytes(copy, len, got, &n), !=, 0);
	}
	for (gsize cut = 0; cut < len; cut++) {
		g_autofree uint8_t *copy = g_memdup2(bytes, cut);

		g_assert_cmpint(open_bytes(copy, cut, got, &n), ==, LIMEN_ENOENT);
		if (cut < LIMEN_DTLS_HEADER)
			continue;
		limen_put_u16(copy + 11, (uint16_t)(cut - LIMEN_DTLS_HEADER));
		g_assert_cmpint(open_bytes(copy, cut, got, &n), !=, 0);
	}
	g_assert_cmpint(open_datagram(in, "genuine"), ==, 0);
}

static void garbage_is_refused(void)
{
	for (size_t len = 0; len <= DATAGRAM_MAX; len++) {
		g_autofree uint8_t *bytes = g_malloc(len);
		char got[DATAGRAM_MAX];
		size_t n;

		limen_random(bytes, len);
		if (len >= LIMEN_DTLS_HEADER && len % 2) {
			bytes[0] = LIMEN_DTLS_DATA;
			limen_put_u32(bytes + 1, 0xfefd0001);
			limen_put_u16(bytes + 11, (uint16_t)(len - LIMEN_DTLS_HEADER));
		}
		g_assert_cmpint(open_bytes(bytes, len, got, &n), !=, 0);
	}
}

/* Several records in one datagram are found one after the other. */
static void records_are_told_apart(void)
{
	g_autoptr(GBytes) one = from_peer("one"), two = from_peer("two");
	g_autoptr(GByteArray) both = g_byte_array_new();
	uint8_t content[LIMEN_DTLS_CONTENT_MAX];
	struct limen_bytes datagram;
	struct limen_dtls_raw raw;
	size_t n;

	g_byte_array_append(both, g_bytes_get_data(one, NULL), (guint)g_bytes_get_size(one));
	g_byte_array_append(both, g_bytes_get_data(two, NULL), (guint)g_bytes_get_size(two));
	datagram = limen_bytes(both->data, both->len);
	g_assert_true(limen_dtls_raw_next(&datagram, &raw));
	g_assert_cmpint(limen_dtls_record_open(&t.r, &raw, content, &n), ==, 0);
	g_assert_cmpmem(content, n, "one", 3);
	g_assert_true(limen_dtls_raw_next(&datagram, &raw));
	g_assert_cmpint(limen_dtls_record_open(&t.r, &raw, content, &n), ==, 0);
	g_assert_cmpmem(content, n, "two", 3);
	g_assert_false(limen_dtls_raw_next(&datagram, &raw));
}

/* It is plain data: a copy goes on where it was. */
static void state_is_data(void)
{
	g_autofree struct limen_dtls_record *copy = g_memdup2(&t.r, sizeof(t.r));

	memset(&t.r, 0xaa, sizeof(t.r));
	t.r = *copy;
	data_passes();
}

static void close_passes(void)
{
	static const uint8_t close_notify[] = { 1, 0 };
	g_autoptr(GBytes) out = sealed(LIMEN_DTLS_ALERT, close_notify, 2), in = NULL;
	char got[DATAGRAM_MAX];
	size_t n;

	to_peer(out);
	g_assert_null(peer_reads());
	g_assert_cmpint(SSL_get_shutdown(t.peer.ssl) & SSL_RECEIVED_SHUTDOWN, !=, 0);
	SSL_shutdown(t.peer.ssl);
	in = g_queue_pop_head(&t.us.in);
	g_assert_cmpint(
		open_bytes(g_bytes_get_data(in, NULL), g_bytes_get_size(in), got, &n), ==, 0);
	g_assert_cmpuint(((const uint8_t *)g_bytes_get_data(in, NULL))[0], ==, LIMEN_DTLS_ALERT);
	g_assert_cmpmem(got, n, close_notify, 2);
}

/* What the library's end had sent is continued: neither number nor nonce comes twice. */
static void numbers_go_on(void)
{
	const struct limen_dtls_record before = t.us.sent;
	g_autoptr(GBytes) out = sealed(LIMEN_DTLS_DATA, "next", 4);
	const uint8_t *bytes = g_bytes_get_data(out, NULL);

	g_assert_cmpuint(before.out_seq, ==, 1 + WARM_UP); /* Finished was the first */
	g_assert_cmpuint(limen_get_u16(bytes + 3), ==, 1);
	g_assert_cmpuint(limen_get_u32(bytes + 7), ==, before.out_seq);
	if (limen_dtls_record_room(&t.r) == LIMEN_DTLS_RECORD_ROOM)
		g_assert_cmpuint(limen_get_u32(bytes + 17), ==, (uint32_t)before.out_nonce);
	to_peer(out);
	assert_peer_reads("next", 4);
}

static void test_suite(gconstpointer cipher)
{
	for (int client = 0; client < 2; client++) {
		set_up(cipher, client);
		numbers_go_on();
		data_passes();
		replays_are_refused();
		order_is_free();
		forgeries_are_refused();
		garbage_is_refused();
		records_are_told_apart();
		state_is_data();
		close_passes();
		tear_down();
	}
}

static void test_limits(void)
{
	static uint8_t content[LIMEN_DTLS_CONTENT_MAX + 1],
		out[LIMEN_DTLS_CONTENT_MAX + LIMEN_DTLS_RECORD_ROOM];
	const struct limen_dtls_secrets other = { .suite = 0xc013, .master = content };
	struct limen_dtls_record none = { 0 };
	struct limen_dtls_raw raw = { .version = 0xfefd, .epoch = 1, .bytes = out, .len = 100 };
	size_t n;

	g_assert_cmpint(limen_dtls_record_keys(&none, &other), ==, LIMEN_ENOTSUP);
	g_assert_cmpint(limen_dtls_record_seal(&none, LIMEN_DTLS_DATA, content, 1, out, &n), !=, 0);
	g_assert_cmpint(limen_dtls_record_open(&none, &raw, content, &n), ==, LIMEN_EPROTO);
	set_up("ECDHE-ECDSA-AES128-GCM-SHA256", true);
	g_assert_cmpint(limen_dtls_record_seal(
				&t.r, LIMEN_DTLS_DATA, content, sizeof(content) - 1, out, &n),
		==, 0);
	g_assert_cmpint(
		limen_dtls_record_seal(&t.r, LIMEN_DTLS_DATA, content, sizeof(content), out, &n),
		==, LIMEN_ELIMIT);
	t.r.out_seq = (UINT64_C(1) << 48) - 1;
	g_assert_cmpint(limen_dtls_record_seal(&t.r, LIMEN_DTLS_DATA, content, 1, out, &n), ==, 0);
	g_assert_cmpuint(limen_get_u32(out + 7), ==, 0xffffffff);
	g_assert_cmpuint(limen_get_u16(out + 3), ==, 1);
	g_assert_cmpint(limen_dtls_record_seal(&t.r, LIMEN_DTLS_DATA, content, 1, out, &n), ==,
		LIMEN_ELIMIT);
	tear_down();
}

int main(int argc, char **argv)
{
	static const char *const suites[] = { "ECDHE-ECDSA-AES128-GCM-SHA256",
		"ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
		"ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
		"ECDHE-RSA-CHACHA20-POLY1305" };

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(suites); i++) {
		g_autofree char *path = g_strdup_printf("/dtls_record/%s", suites[i]);

		g_test_add_data_func(path, suites[i], test_suite);
	}
	g_test_add_func("/dtls_record/limits", test_limits);
	return g_test_run();
}
