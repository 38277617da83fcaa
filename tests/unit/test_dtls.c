/*
 * Two DTLS ends in memory, with a wire between them that loses, repeats and shuffles by a seed. The
 * key agreement is proven by SRTP that passes both ways. Time is virtual. One thread.
 */
#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <limen/types.h>
#include "core/base/clock.h"
#include "core/media/dtls.h"
#include "core/media/dtls_record.h"
#include "tests/lib/virtual_time.h"

#define MTU 1200u
#define TURNS_MAX 400
#define HANDSHAKE_MAX 150000 /* bytes the library may hold for one handshake, come what may */

/* Bytes that OpenSSL holds; each block begins with its length. */
static size_t held;

static void *count_alloc(size_t len, const char *file, int line)
{
	max_align_t *p = malloc(sizeof(*p) + len);

	(void)file, (void)line;
	memcpy(p, &len, sizeof(len));
	held += len;
	return p + 1;
}

static void count_free(void *block, const char *file, int line)
{
	max_align_t *p = block;
	size_t len;

	(void)file, (void)line;
	if (!block)
		return;
	memcpy(&len, --p, sizeof(len));
	held -= len;
	free(p);
}

static void *count_realloc(void *block, size_t len, const char *file, int line)
{
	void *grown = len ? count_alloc(len, file, line) : NULL;
	size_t had = 0;

	if (block)
		memcpy(&had, (max_align_t *)block - 1, sizeof(had));
	if (grown && had)
		memcpy(grown, block, MIN(had, len));
	count_free(block, file, line);
	return grown;
}

struct end {
	struct limen_dtls *dtls;
	struct limen_srtp *srtp;
	struct limen_cert *cert;
	struct end *other;
	GQueue in; /* GBytes on their way here */
	unsigned handshakes_max;
	struct wire *wire;
	enum limen_srtp_profile profile;
	size_t mtu;
	unsigned sent, ups, closes, failures, datagrams, alerts;
	char why[200];
	bool answers; /* what comes goes back at once */
	GByteArray *data;
};

struct wire {
	struct end a, b; /* client, server */
	GRand *rand;
	double loss, repeat;
	bool shuffle;
	unsigned count, drop; /* datagrams sent; which of them is lost, 0 = none */
};

static void on_send(const uint8_t *bytes, size_t len, void *arg)
{
	struct end *e = arg;
	struct wire *w = e->wire;

	g_assert_cmpuint(len, >, 0);
	g_assert_cmpuint(len, <=, e->mtu);
	e->datagrams++;
	if (bytes[0] == 21)
		e->alerts++;
	if (++w->count == w->drop || g_rand_double(w->rand) < w->loss)
		return;
	g_queue_push_tail(&e->other->in, g_bytes_new(bytes, len));
	if (g_rand_double(w->rand) < w->repeat)
		g_queue_push_tail(&e->other->in, g_bytes_new(bytes, len));
}

static void on_up(const struct limen_srtp_keys *keys, void *arg)
{
	struct end *e = arg;

	e->ups++;
	e->profile = keys->profile;
	g_assert_null(e->srtp);
	g_assert_cmpint(limen_srtp_new(&e->srtp, keys), ==, 0);
}

static void on_closed(void *arg)
{
	((struct end *)arg)->closes++;
}

static void on_failed(const char *why, void *arg)
{
	struct end *e = arg;

	e->failures++;
	g_strlcpy(e->why, why, sizeof(e->why));
}

static void on_data(const uint8_t *bytes, size_t len, void *arg)
{
	struct end *e = arg;

	g_byte_array_append(e->data, bytes, (guint)len);
	if (e->answers)
		g_assert_cmpint(limen_dtls_send(e->dtls, bytes, len), ==, 0);
}

static const struct limen_dtls_events events = { on_send, on_up, on_closed, on_failed, on_data };

static void end_up(struct end *e, struct end *other, struct wire *w)
{
	e->other = other;
	e->wire = w;
	e->mtu = MTU;
	e->data = g_byte_array_new();
	g_queue_init(&e->in);
	g_assert_cmpint(limen_cert_new(&e->cert), ==, 0);
}

static void wire_up(struct wire *w, unsigned seed)
{
	memset(w, 0, sizeof(*w));
	w->rand = g_rand_new_with_seed(seed);
	end_up(&w->a, &w->b, w);
	end_up(&w->b, &w->a, w);
}

static void end_down(struct end *e)
{
	limen_dtls_free(e->dtls);
	limen_srtp_free(e->srtp);
	g_queue_clear_full(&e->in, (GDestroyNotify)g_bytes_unref);
}

static void wire_down(struct wire *w)
{
	end_down(&w->a);
	end_down(&w->b);
	g_queue_clear_full(&w->a.in, (GDestroyNotify)g_bytes_unref);
	limen_cert_free(w->a.cert);
	limen_cert_free(w->b.cert);
	g_byte_array_unref(w->a.data);
	g_byte_array_unref(w->b.data);
	g_rand_free(w->rand);
}

static void make(struct end *e, bool client, const char *hash, const char *fingerprint)
{
	const struct limen_dtls_config cfg = {
		.cert = e->cert,
		.client = client,
		.mtu = (unsigned)e->mtu,
		.handshakes_max = e->handshakes_max,
		.hash = hash,
		.fingerprint = fingerprint,
	};

	g_assert_cmpint(limen_dtls_new(&e->dtls, &cfg, &events, e), ==, 0);
}

static void make_both(struct wire *w)
{
	make(&w->a, true, "sha-256", limen_cert_fingerprint(w->b.cert));
	make(&w->b, false, "sha-256", limen_cert_fingerprint(w->a.cert));
}

static void start_both(struct wire *w)
{
	limen_dtls_start(w->b.dtls);
	limen_dtls_start(w->a.dtls);
}

static bool deliver(struct end *e)
{
	const guint waiting = g_queue_get_length(&e->in);
	GBytes *datagram;
	size_t len;
	const uint8_t *bytes;

	if (!waiting)
		return false;
	datagram = g_queue_pop_nth(&e->in,
		e->wire->shuffle ? (guint)g_rand_int_range(e->wire->rand, 0, (gint32)waiting) : 0);
	bytes = g_bytes_get_data(datagram, &len);
	limen_dtls_feed(e->dtls, bytes, len);
	g_bytes_unref(datagram);
	return true;
}

static bool deliver_both(struct wire *w)
{
	const bool to_a = deliver(&w->a), to_b = deliver(&w->b);

	return to_a || to_b;
}

static void settle(struct wire *w)
{
	for (int i = 0; i < TURNS_MAX; i++)
		if (!deliver_both(w))
			return;
	g_assert_not_reached();
}

/* Lets both ends finish though datagrams are lost. */
static void settle_with_time(struct wire *w)
{
	const int64_t until = limen_now_us() + 30 * G_USEC_PER_SEC;

	while (!(limen_dtls_is_up(w->a.dtls) && limen_dtls_is_up(w->b.dtls)) &&
		limen_now_us() < until) {
		const int64_t a = limen_dtls_timeout_us(w->a.dtls),
			      b = limen_dtls_timeout_us(w->b.dtls);

		settle(w);
		if (a == 0)
			limen_dtls_tick(w->a.dtls);
		if (b == 0)
			limen_dtls_tick(w->b.dtls);
		limen_clock_advance(10000);
	}
}

static void srtp_passes(struct end *from, struct end *to)
{
	const uint8_t plain[40] = { 0x80, 96, 0, (uint8_t)++from->sent, 0, 0, 0, 1, 1, 2, 3, 4, 'h',
		'e', 'l', 'l', 'o' };
	uint8_t bytes[sizeof(plain) + LIMEN_SRTP_TRAILER];
	size_t len = sizeof(plain);

	memcpy(bytes, plain, len);
	g_assert_cmpint(limen_srtp_protect(from->srtp, bytes, &len, sizeof(bytes)), ==, 0);
	g_assert_cmpint(limen_srtp_unprotect(to->srtp, bytes, &len), ==, 0);
	g_assert_cmpmem(bytes, len, plain, sizeof(plain));
}

static void both_up(struct wire *w)
{
	g_assert_cmpstr(w->a.why, ==, "");
	g_assert_cmpstr(w->b.why, ==, "");
	g_assert_cmpuint(w->a.ups, ==, 1);
	g_assert_cmpuint(w->b.ups, ==, 1);
	g_assert_true(limen_dtls_is_up(w->a.dtls));
	g_assert_true(limen_dtls_is_up(w->b.dtls));
	g_assert_cmpint(w->a.profile, ==, w->b.profile);
	srtp_passes(&w->a, &w->b);
	srtp_passes(&w->b, &w->a);
}

static void test_handshake(void)
{
	struct wire w;

	wire_up(&w, 1);
	make_both(&w);
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
	settle(&w);
	both_up(&w);
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
		make(&w.a, true, known[i].hash, text->str);
		make(&w.b, false, "sha-256", limen_cert_fingerprint(w.a.cert));
		start_both(&w);
		settle(&w);
		both_up(&w);
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
	make_both(&w);
	start_both(&w);
	settle(&w);
	both_up(&w);
	g_assert_cmpint(w.a.profile, ==, profile);
	wire_down(&w);
}

static void test_no_profile(void)
{
	struct wire w;

	wire_up(&w, 2);
	SSL_CTX_set_tlsext_use_srtp(limen_cert_context(w.a.cert), "SRTP_AEAD_AES_256_GCM");
	SSL_CTX_set_tlsext_use_srtp(limen_cert_context(w.b.cert), "SRTP_AEAD_AES_128_GCM");
	make_both(&w);
	start_both(&w);
	settle(&w);
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
		make(&w.a, true, hash, fingerprint);
		make(&w.b, false, "sha-256", limen_cert_fingerprint(w.a.cert));
	} else {
		make(&w.a, true, "sha-256", limen_cert_fingerprint(w.b.cert));
		make(&w.b, false, hash, fingerprint);
	}
	start_both(&w);
	settle(&w);
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
	make_both(&w);
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

static void test_bad_wire(void)
{
	for (unsigned seed = 1; seed <= 6; seed++) {
		struct wire w;

		wire_up(&w, seed);
		w.loss = 0.1;
		w.repeat = 0.3;
		w.shuffle = true;
		w.a.mtu = w.b.mtu = seed % 2 ? 256 : 400;
		make_both(&w);
		start_both(&w);
		settle_with_time(&w);
		both_up(&w);
		wire_down(&w);
	}
}

/* The server's last flight is lost: it is up, and answers the client's repeated Finished. */
static void test_last_flight_lost(void)
{
	struct wire w;

	wire_up(&w, 4);
	make_both(&w);
	start_both(&w);
	while (!limen_dtls_is_up(w.b.dtls))
		g_assert_true(deliver_both(&w));
	g_queue_clear_full(&w.a.in, (GDestroyNotify)g_bytes_unref);
	g_assert_false(limen_dtls_is_up(w.a.dtls));
	settle_with_time(&w);
	both_up(&w);
	wire_down(&w);
}

static void test_data(void)
{
	uint8_t bytes[MTU + 1];
	size_t max = MTU;
	struct wire w;

	memset(bytes, 'd', sizeof(bytes));
	wire_up(&w, 5);
	make_both(&w);
	g_assert_cmpint(limen_dtls_send(w.a.dtls, bytes, 1), ==, LIMEN_ESTATE);
	start_both(&w);
	settle(&w);
	g_assert_cmpint(limen_dtls_send(w.a.dtls, bytes, 0), ==, LIMEN_EINVAL);
	g_assert_cmpint(limen_dtls_send(w.a.dtls, bytes, 5), ==, 0);
	g_assert_cmpint(limen_dtls_send(w.b.dtls, bytes, 7), ==, 0);
	settle(&w);
	g_assert_cmpmem(w.b.data->data, w.b.data->len, "ddddd", 5);
	g_assert_cmpmem(w.a.data->data, w.a.data->len, "ddddddd", 7);
	while (limen_dtls_send(w.a.dtls, bytes, max) == LIMEN_ELIMIT)
		max--;
	g_assert_cmpuint(max, >, MTU - 100);
	settle(&w);
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
	make_both(&w);
	start_both(&w);
	settle(&w);
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
	settle(&w);
	g_assert_cmpmem(w.b.data->data, w.b.data->len, "onetwo", 6);
	g_assert_cmpmem(w.a.data->data, w.a.data->len, "onetwo", 6);
	wire_down(&w);
}

/* An association at rest holds nothing of the library's. */
static void test_memory(void)
{
	struct wire w;
	size_t before;

	wire_up(&w, 5);
	for (int round = 0; round < 2; round++) { /* the first makes what a thread keeps */
		before = held;
		make_both(&w);
		g_assert_cmpuint(held, ==, before);
		start_both(&w);
		g_assert_cmpuint(held, >, before);
		settle(&w);
		g_assert_true(limen_dtls_is_up(w.a.dtls) && limen_dtls_is_up(w.b.dtls));
		limen_srtp_free(g_steal_pointer(&w.a.srtp));
		limen_srtp_free(g_steal_pointer(&w.b.srtp));
		g_assert_cmpint(limen_dtls_send(w.a.dtls, (const uint8_t *)"there", 5), ==, 0);
		g_assert_cmpint(limen_dtls_send(w.b.dtls, (const uint8_t *)"back", 4), ==, 0);
		settle(&w);
		if (round)
			g_assert_cmpuint(held, ==, before);
		limen_dtls_free(w.a.dtls);
		settle(&w);
		limen_dtls_free(w.b.dtls);
		g_queue_clear_full(&w.a.in, (GDestroyNotify)g_bytes_unref);
	}
	g_assert_cmpuint(w.a.data->len + w.b.data->len, ==, 18);
	w.a.dtls = w.b.dtls = NULL;
	wire_down(&w);
}

/* Any one datagram of the handshake may be lost. */
static void lose_each(size_t mtu)
{
	unsigned all = 0;

	for (unsigned n = 0; n == 0 || n <= all; n++) {
		struct wire w;

		wire_up(&w, 5);
		w.a.mtu = w.b.mtu = mtu;
		w.drop = n;
		make_both(&w);
		start_both(&w);
		settle_with_time(&w);
		both_up(&w);
		if (n == 0)
			all = w.count;
		else
			g_assert_cmpuint(w.count, >, all);
		wire_down(&w);
	}
	g_assert_cmpuint(all, >=, mtu < MTU ? 8 : 4);
}

static void test_lose_each(void)
{
	lose_each(MTU);
	lose_each(256);
}

/* Before each datagram of the handshake, and afterwards, both ends get alerts from a stranger. */
static void test_forged_alerts(void)
{
	uint8_t alert[] = { 21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 2, 2, 40 };
	struct wire w;

	wire_up(&w, 5);
	make_both(&w);
	start_both(&w);
	do {
		for (int level = 1; level <= 2; level++) {
			alert[13] = (uint8_t)level;
			alert[14] = level == 1 ? 0 : 40;
			for (int epoch = 0; epoch <= 2; epoch++) {
				alert[4] = (uint8_t)epoch;
				limen_dtls_feed(w.a.dtls, alert, sizeof(alert));
				limen_dtls_feed(w.b.dtls, alert, sizeof(alert));
			}
		}
		limen_clock_advance(200000);
		limen_dtls_tick(w.a.dtls);
		limen_dtls_tick(w.b.dtls);
	} while (deliver_both(&w));
	both_up(&w);
	limen_clock_advance(60 * G_USEC_PER_SEC);
	limen_dtls_tick(w.a.dtls);
	limen_dtls_tick(w.b.dtls);
	both_up(&w);
	wire_down(&w);
}

/* What the process allows at once: others wait, servers for the client's next flight, clients by
 * the clock, and go on when one ends, however it does. */
static void test_handshakes_max(void)
{
	struct wire w, v;
	struct end u; /* another client, whose peer never answers */

	wire_up(&w, 5);
	wire_up(&v, 6);
	u = w.a;
	w.a.handshakes_max = w.b.handshakes_max = v.a.handshakes_max = v.b.handshakes_max = 2;
	make_both(&w);
	make_both(&v);
	start_both(&w);
	g_assert_cmpuint(limen_dtls_handshakes(), ==, 1);
	deliver(&w.b);
	g_assert_cmpuint(limen_dtls_handshakes(), ==, 2);
	start_both(&v);
	g_assert_cmpuint(v.a.datagrams, ==, 0);
	g_assert_true(limen_dtls_is_put_off(v.a.dtls));
	g_assert_false(limen_dtls_is_put_off(v.b.dtls));
	g_assert_cmpint(limen_dtls_timeout_us(v.a.dtls), >, 0);
	limen_clock_advance(G_USEC_PER_SEC);
	g_assert_cmpint(limen_dtls_timeout_us(v.a.dtls), ==, 0);
	limen_dtls_tick(v.a.dtls);
	g_assert_cmpuint(v.a.datagrams, ==, 0);
	settle(&w);
	both_up(&w);
	g_assert_cmpuint(limen_dtls_handshakes(), ==, 0);
	make(&u, true, "sha-256", limen_cert_fingerprint(w.a.cert));
	limen_dtls_start(u.dtls);
	limen_dtls_tick(v.a.dtls);
	g_assert_cmpuint(v.a.datagrams, ==, 1);
	deliver(&v.b);
	g_assert_true(limen_dtls_is_put_off(v.b.dtls));
	g_assert_cmpuint(v.b.datagrams, ==, 0);
	limen_dtls_free(g_steal_pointer(&u.dtls));
	settle_with_time(&v);
	both_up(&v);
	wire_down(&w);
	wire_down(&v);
	g_assert_cmpuint(limen_dtls_handshakes(), ==, 0);
}

/* A place is given back by a handshake that fails, and by one that is freed. */
static void test_places_return(void)
{
	struct wire w;

	wire_up(&w, 5);
	make(&w.a, true, "sha-256", limen_cert_fingerprint(w.b.cert));
	make(&w.b, false, "sha-256", limen_cert_fingerprint(w.b.cert));
	start_both(&w);
	settle(&w);
	g_assert_cmpuint(w.b.failures, ==, 1);
	g_assert_cmpuint(limen_dtls_handshakes(), ==, 1);
	wire_down(&w);
	g_assert_cmpuint(limen_dtls_handshakes(), ==, 0);
}

static void put_head(uint8_t *out, uint8_t type, uint16_t epoch, uint32_t seq, size_t len)
{
	out[0] = type;
	limen_put_u16(out + 1, 0xfefd);
	limen_put_u16(out + 3, epoch);
	limen_put_u16(out + 5, 0);
	limen_put_u32(out + 7, seq);
	limen_put_u16(out + 11, (uint16_t)len);
}

/* The first fragment of a message of len bytes. */
static void put_fragment(uint8_t *out, uint8_t type, uint32_t len, uint16_t number)
{
	memset(out, 0, 12);
	out[0] = type;
	limen_put_u16(out + 2, (uint16_t)len);
	out[1] = (uint8_t)(len >> 16);
	limen_put_u16(out + 4, number);
	out[11] = 8;
}

/* At each stage of a handshake a stranger sends what the library would keep: fragments of long
 * messages of every number, records of later epochs, ClientHellos. What is held stays bounded, and
 * once the stranger is silent the handshake goes on. */
static void test_flood(void)
{
	uint8_t bytes[1200] = { 0 };
	struct wire w;
	size_t before, most = 0;
	uint32_t seq = 1000;

	wire_up(&w, 5);
	make_both(&w);
	before = held;
	start_both(&w);
	do {
		for (unsigned i = 0; i < 300; i++) {
			put_head(bytes, 22, 0, seq++, 20);
			put_fragment(bytes + 13, i % 2 ? 11 : 1, i % 3 ? 8000 : 0xffffff,
				(uint16_t)(4 + i % 20));
			limen_dtls_feed(w.b.dtls, bytes, 33);
			put_head(bytes, i % 2 ? 22 : 23, (uint16_t)(1 + i % 3), seq++, 1187);
			limen_dtls_feed(w.b.dtls, bytes, sizeof(bytes));
			limen_dtls_feed(w.a.dtls, bytes, sizeof(bytes));
			most = MAX(most, held - before);
		}
	} while (deliver_both(&w));
	g_test_message("at most %zu bytes for both ends", most);
	g_assert_cmpuint(most, <, 2 * HANDSHAKE_MAX);
	both_up(&w);
	wire_down(&w);
}

/* A client that did not get the last flight repeats its own: each repeat is answered, and only
 * that. */
static void test_last_flight_repeated(void)
{
	struct wire w;

	wire_up(&w, 4);
	make_both(&w);
	start_both(&w);
	while (!limen_dtls_is_up(w.b.dtls))
		g_assert_true(deliver_both(&w));
	for (int i = 0; i < 3; i++) {
		const unsigned sent = w.b.datagrams;

		g_queue_clear_full(&w.a.in, (GDestroyNotify)g_bytes_unref);
		limen_clock_advance(limen_dtls_timeout_us(w.a.dtls) + 20000);
		limen_dtls_tick(w.a.dtls);
		while (deliver(&w.b))
			;
		g_assert_cmpuint(w.b.datagrams, ==, sent + 1);
	}
	settle(&w);
	both_up(&w);
	g_assert_cmpint(limen_dtls_send(w.b.dtls, (const uint8_t *)"x", 1), ==, 0);
	settle(&w);
	g_assert_cmpmem(w.a.data->data, w.a.data->len, "x", 1);
	wire_down(&w);
}

/* What an end says before ICE has a path is not heard. */
static void test_before_start(void)
{
	struct wire w;

	wire_up(&w, 4);
	make_both(&w);
	limen_dtls_start(w.a.dtls);
	deliver(&w.b);
	g_assert_cmpuint(w.b.datagrams, ==, 0);
	g_assert_cmpint(limen_dtls_timeout_us(w.b.dtls), ==, -1);
	limen_dtls_start(w.b.dtls);
	settle_with_time(&w);
	both_up(&w);
	wire_down(&w);
}

static void test_close(void)
{
	static const uint8_t byte = 1;
	struct wire w;

	wire_up(&w, 6);
	make_both(&w);
	start_both(&w);
	settle(&w);
	limen_dtls_free(g_steal_pointer(&w.a.dtls));
	g_assert_cmpuint(w.a.alerts, ==, 1);
	g_assert_true(deliver(&w.b));
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

static void feed_garbage(struct wire *w, struct limen_dtls *d, int record)
{
	for (size_t len = 0; len <= 2000; len++) {
		uint8_t *bytes = g_malloc(len);

		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)g_rand_int(w->rand);
		if (len >= 13 && record) {
			const uint8_t head[13] = { (uint8_t)record, 0xfe, 0xfd, 0,
				(uint8_t)(len & 1), 0, 0, 0, 0, 0, bytes[10],
				(uint8_t)((len - 13) >> 8), (uint8_t)(len - 13) };

			memcpy(bytes, head, sizeof(head));
		}
		limen_dtls_feed(d, bytes, len);
		g_free(bytes);
	}
}

static void test_garbage(void)
{
	struct wire w;

	wire_up(&w, 7);
	make_both(&w);
	feed_garbage(&w, w.a.dtls, 0);
	g_assert_cmpuint(w.a.datagrams, ==, 0);
	feed_garbage(&w, w.b.dtls, 0);
	start_both(&w);
	feed_garbage(&w, w.a.dtls, 0);
	settle(&w);
	both_up(&w);
	for (int type = 20; type <= 25; type++) {
		feed_garbage(&w, w.a.dtls, type);
		feed_garbage(&w, w.b.dtls, type);
	}
	feed_garbage(&w, w.b.dtls, 0);
	both_up(&w);
	wire_down(&w);
}

/* Plain handshake records are believed before the keys are there, so these may fail an end, once,
 * and never crash it or bring it up. */
static void test_garbage_records(void)
{
	for (int type = 20; type <= 25; type++) {
		struct wire w;

		wire_up(&w, 8);
		make_both(&w);
		start_both(&w);
		feed_garbage(&w, w.a.dtls, type);
		feed_garbage(&w, w.b.dtls, type);
		settle(&w);
		g_assert_cmpuint(w.a.failures, <=, 1);
		g_assert_cmpuint(w.b.failures, <=, 1);
		g_assert_cmpuint(w.a.closes + w.b.closes, ==, 0);
		wire_down(&w);
	}
}

static void test_after_failure(void)
{
	struct wire w;
	const struct limen_cert *c;

	wire_up(&w, 9);
	c = w.a.cert;
	make(&w.a, true, "sha-256", limen_cert_fingerprint(c));
	make(&w.b, false, "sha-256", limen_cert_fingerprint(c));
	start_both(&w);
	settle(&w);
	g_assert_cmpuint(w.a.failures, ==, 1);
	feed_garbage(&w, w.a.dtls, 22);
	start_both(&w);
	limen_dtls_tick(w.a.dtls);
	g_assert_cmpuint(w.a.failures, ==, 1);
	g_assert_cmpint(limen_dtls_timeout_us(w.a.dtls), ==, -1);
	wire_down(&w);
	limen_dtls_free(NULL);
}

int main(int argc, char **argv)
{
	if (CRYPTO_set_mem_functions(count_alloc, count_realloc, count_free) != 1)
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
	g_test_add_func("/dtls/bad-wire", test_bad_wire);
	g_test_add_func("/dtls/last-flight-lost", test_last_flight_lost);
	g_test_add_func("/dtls/data", test_data);
	g_test_add_func("/dtls/close", test_close);
	g_test_add_func("/dtls/garbage", test_garbage);
	g_test_add_func("/dtls/garbage-records", test_garbage_records);
	g_test_add_func("/dtls/answer-inside", test_answer_inside);
	g_test_add_func("/dtls/memory", test_memory);
	g_test_add_func("/dtls/lose-each", test_lose_each);
	g_test_add_func("/dtls/forged-alerts", test_forged_alerts);
	g_test_add_func("/dtls/handshakes-max", test_handshakes_max);
	g_test_add_func("/dtls/places-return", test_places_return);
	g_test_add_func("/dtls/flood", test_flood);
	g_test_add_func("/dtls/last-flight-repeated", test_last_flight_repeated);
	g_test_add_func("/dtls/before-start", test_before_start);
	g_test_add_func("/dtls/after-failure", test_after_failure);
	return g_test_run();
}
