/*
 * A DTLS association between two ends in memory: handshake, certificates, SRTP profiles, data and
 * the end of it. One thread.
 */
#include <openssl/ssl.h>
#include <string.h>
#include <limen/types.h>
#include "core/base/clock.h"
#include "tests/lib/dtls_wire.h"

static void test_handshake(void)
{
	struct wire w;

	wire_up(&w, 1);
	wire_make_both(&w);
	g_assert_false(limen_dtls_is_up(w.a.dtls));
	g_assert_false(limen_dtls_is_up(NULL));
	limen_dtls_start(w.b.dtls);
	g_assert_cmpuint(w.b.datagrams, ==, 0);
	g_assert_cmpint(limen_dtls_timeout_us(w.a.dtls), ==, -1);
	limen_dtls_start(w.a.dtls);
	g_assert_cmpuint(w.a.datagrams, ==, 1);
	g_assert_cmpint(limen_dtls_timeout_us(w.a.dtls), >, 0);
	limen_dtls_start(w.a.dtls);
	g_assert_cmpuint(w.a.datagrams, ==, 1);
	wire_settle(&w);
	wire_both_up(&w);
	g_assert_cmpint(w.a.profile, ==, LIMEN_SRTP_AEAD_AES_128_GCM);
	g_assert_cmpint(limen_dtls_timeout_us(w.a.dtls), ==, -1);
	g_assert_cmpint(limen_dtls_timeout_us(w.b.dtls), ==, -1);
	wire_down(&w);
}

static void test_hashes(void)
{
	static const struct {
		const char *hash;
		const EVP_MD *(*md)(void);
	} known[] = {
		{ "SHA-1", EVP_sha1 },
		{ "sha-384", EVP_sha384 },
		{ "sha-512", EVP_sha512 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		unsigned char digest[EVP_MAX_MD_SIZE];
		unsigned len = 0;
		struct wire w;

		wire_up(&w, 1);
		X509_digest(SSL_CTX_get0_certificate(limen_cert_context(w.b.cert)), known[i].md(),
			digest, &len);
		for (unsigned j = 0; j < len; j++)
			g_string_append_printf(text, j ? ":%02x" : "%02x", digest[j]);
		wire_make(&w.a, true, known[i].hash, text->str);
		wire_make(&w.b, false, "sha-256", limen_cert_fingerprint(w.a.cert));
		wire_start(&w);
		wire_settle(&w);
		wire_both_up(&w);
		wire_down(&w);
	}
}

static void test_profile(gconstpointer data)
{
	static const char *const names[] = {
		[1] = "SRTP_AES128_CM_SHA1_80",
		[2] = "SRTP_AES128_CM_SHA1_32",
		[7] = "SRTP_AEAD_AES_128_GCM",
		[8] = "SRTP_AEAD_AES_256_GCM",
	};
	const int profile = GPOINTER_TO_INT(data);
	struct wire w;

	wire_up(&w, 2);
	g_assert_cmpint(
		SSL_CTX_set_tlsext_use_srtp(limen_cert_context(w.a.cert), names[profile]), ==, 0);
	wire_make_both(&w);
	wire_start(&w);
	wire_settle(&w);
	wire_both_up(&w);
	g_assert_cmpint(w.a.profile, ==, profile);
	wire_down(&w);
}

static void test_no_profile(void)
{
	struct wire w;

	wire_up(&w, 2);
	SSL_CTX_set_tlsext_use_srtp(limen_cert_context(w.a.cert), "SRTP_AEAD_AES_256_GCM");
	SSL_CTX_set_tlsext_use_srtp(limen_cert_context(w.b.cert), "SRTP_AEAD_AES_128_GCM");
	wire_make_both(&w);
	wire_start(&w);
	wire_settle(&w);
	g_assert_cmpuint(w.a.ups + w.b.ups, ==, 0);
	g_assert_cmpuint(w.a.failures, ==, 1);
	g_assert_cmpuint(w.b.failures, ==, 1);
	g_assert_nonnull(strstr(w.b.why, "SRTP"));
	wire_down(&w);
}

/* One end expects somebody else: it says so with an alert, and neither end ever has keys. */
static void mismatch(bool at_client, const char *hash, const char *fingerprint)
{
	struct wire w;
	struct end *wary = at_client ? &w.a : &w.b;

	wire_up(&w, 3);
	if (at_client) {
		wire_make(&w.a, true, hash, fingerprint);
		wire_make(&w.b, false, "sha-256", limen_cert_fingerprint(w.a.cert));
	} else {
		wire_make(&w.a, true, "sha-256", limen_cert_fingerprint(w.b.cert));
		wire_make(&w.b, false, hash, fingerprint);
	}
	wire_start(&w);
	wire_settle(&w);
	g_assert_cmpuint(w.a.ups + w.b.ups, ==, 0);
	g_assert_cmpuint(wary->failures, ==, 1);
	g_assert_nonnull(strstr(wary->why, "fingerprint"));
	g_assert_cmpuint(wary->alerts, ==, 1);
	g_assert_cmpuint(wary->other->failures, ==, 0); /* an alert that anybody can have sent */
	while (wary->other->failures == 0) {
		g_assert_cmpint(limen_dtls_timeout_us(wary->other->dtls), >=, 0);
		limen_clock_advance(limen_dtls_timeout_us(wary->other->dtls) + 1);
		limen_dtls_tick(wary->other->dtls);
	}
	g_assert_nonnull(strstr(wary->other->why, "alert"));
	wire_down(&w);
}

static void test_mismatch(void)
{
	struct limen_cert *else_;

	g_assert_cmpint(limen_cert_new(&else_), ==, 0);
	for (int client = 0; client < 2; client++) {
		mismatch(client, "sha-256", limen_cert_fingerprint(else_));
		mismatch(client, "sha-512", limen_cert_fingerprint(else_));
		mismatch(client, "md5", limen_cert_fingerprint(else_));
		mismatch(client, NULL, limen_cert_fingerprint(else_));
		mismatch(client, "sha-256", NULL);
		mismatch(client, "sha-256", "");
	}
	limen_cert_free(else_);
}

static void test_no_certificate(void)
{
	SSL_CTX *ctx = SSL_CTX_new(DTLS_client_method());
	SSL *ssl = SSL_new(ctx);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	uint8_t bytes[4096];
	struct wire w;
	int n;

	wire_up(&w, 1);
	wire_make_both(&w);
	limen_dtls_start(w.b.dtls);
	BIO_set_mem_eof_return(in, -1);
	SSL_set_bio(ssl, in, out);
	SSL_set_options(ssl, SSL_OP_NO_QUERY_MTU);
	SSL_set_mtu(ssl, 1200);
	SSL_set_tlsext_use_srtp(ssl, "SRTP_AEAD_AES_128_GCM");
	SSL_set_connect_state(ssl);
	for (int i = 0; i < 10; i++) {
		GBytes *datagram;

		SSL_do_handshake(ssl);
		if ((n = BIO_read(out, bytes, sizeof(bytes))) > 0)
			limen_dtls_feed(w.b.dtls, bytes, (size_t)n);
		while ((datagram = g_queue_pop_head(&w.a.in))) {
			BIO_write(in, g_bytes_get_data(datagram, NULL),
				(int)g_bytes_get_size(datagram));
			g_bytes_unref(datagram);
			SSL_do_handshake(ssl);
		}
	}
	g_assert_cmpuint(w.b.ups, ==, 0);
	g_assert_cmpuint(w.b.failures, ==, 1);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	wire_down(&w);
}

static void test_data(void)
{
	uint8_t bytes[MTU + 1];
	size_t max = MTU;
	struct wire w;

	memset(bytes, 'd', sizeof(bytes));
	wire_up(&w, 5);
	wire_make_both(&w);
	g_assert_cmpint(limen_dtls_send(w.a.dtls, bytes, 1), ==, LIMEN_ESTATE);
	wire_start(&w);
	wire_settle(&w);
	g_assert_cmpint(limen_dtls_send(w.a.dtls, bytes, 0), ==, LIMEN_EINVAL);
	g_assert_cmpint(limen_dtls_send(w.a.dtls, bytes, 5), ==, 0);
	g_assert_cmpint(limen_dtls_send(w.b.dtls, bytes, 7), ==, 0);
	wire_settle(&w);
	g_assert_cmpmem(w.b.data->data, w.b.data->len, "ddddd", 5);
	g_assert_cmpmem(w.a.data->data, w.a.data->len, "ddddddd", 7);
	while (limen_dtls_send(w.a.dtls, bytes, max) == LIMEN_ELIMIT)
		max--;
	g_assert_cmpuint(max, >, MTU - 100);
	wire_settle(&w);
	g_assert_cmpuint(w.b.data->len, ==, 5 + max);
	g_assert_cmpint(limen_dtls_send(w.a.dtls, bytes, sizeof(bytes)), ==, LIMEN_ELIMIT);
	wire_down(&w);
}

/* Two records in one datagram, each answered from inside the callback. */
static void test_answer_inside(void)
{
	g_autoptr(GByteArray) both = g_byte_array_new();
	struct wire w;

	wire_up(&w, 5);
	wire_make_both(&w);
	wire_start(&w);
	wire_settle(&w);
	w.b.answers = true;
	g_assert_cmpint(limen_dtls_send(w.a.dtls, (const uint8_t *)"one", 3), ==, 0);
	g_assert_cmpint(limen_dtls_send(w.a.dtls, (const uint8_t *)"two", 3), ==, 0);
	for (int i = 0; i < 2; i++) {
		GBytes *datagram = g_queue_pop_head(&w.b.in);

		g_byte_array_append(
			both, g_bytes_get_data(datagram, NULL), (guint)g_bytes_get_size(datagram));
		g_bytes_unref(datagram);
	}
	limen_dtls_feed(w.b.dtls, both->data, both->len);
	wire_settle(&w);
	g_assert_cmpmem(w.b.data->data, w.b.data->len, "onetwo", 6);
	g_assert_cmpmem(w.a.data->data, w.a.data->len, "onetwo", 6);
	wire_down(&w);
}

static void test_close(void)
{
	static const uint8_t byte = 1;
	struct wire w;

	wire_up(&w, 6);
	wire_make_both(&w);
	wire_start(&w);
	wire_settle(&w);
	limen_dtls_free(g_steal_pointer(&w.a.dtls));
	g_assert_cmpuint(w.a.alerts, ==, 1);
	g_assert_true(wire_deliver(&w.b));
	g_assert_cmpuint(w.b.closes, ==, 1);
	g_assert_cmpuint(w.b.failures, ==, 0);
	g_assert_false(limen_dtls_is_up(w.b.dtls));
	g_assert_cmpint(limen_dtls_send(w.b.dtls, &byte, 1), ==, LIMEN_ESTATE);
	g_assert_cmpint(limen_dtls_timeout_us(w.b.dtls), ==, -1);
	limen_dtls_tick(w.b.dtls);
	limen_dtls_feed(w.b.dtls, &byte, 1);
	g_assert_cmpuint(w.b.closes, ==, 1);
	wire_down(&w);
}

int main(int argc, char **argv)
{
	if (!wire_count())
		return 1;
	limen_clock_simulate(G_USEC_PER_SEC);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dtls/handshake", test_handshake);
	g_test_add_func("/dtls/hashes", test_hashes);
	g_test_add_data_func(
		"/dtls/profile/aes80", GINT_TO_POINTER(LIMEN_SRTP_AES128_CM_SHA1_80), test_profile);
	g_test_add_data_func(
		"/dtls/profile/aes32", GINT_TO_POINTER(LIMEN_SRTP_AES128_CM_SHA1_32), test_profile);
	g_test_add_data_func(
		"/dtls/profile/gcm128", GINT_TO_POINTER(LIMEN_SRTP_AEAD_AES_128_GCM), test_profile);
	g_test_add_data_func(
		"/dtls/profile/gcm256", GINT_TO_POINTER(LIMEN_SRTP_AEAD_AES_256_GCM), test_profile);
	g_test_add_func("/dtls/no-profile", test_no_profile);
	g_test_add_func("/dtls/mismatch", test_mismatch);
	g_test_add_func("/dtls/no-certificate", test_no_certificate);
	g_test_add_func("/dtls/data", test_data);
	g_test_add_func("/dtls/close", test_close);
	g_test_add_func("/dtls/answer-inside", test_answer_inside);
	return g_test_run();
}
