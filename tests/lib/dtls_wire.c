/*
 * A wire between two DTLS ends. Thread: the test's.
 */
#include "tests/lib/dtls_wire.h"
#include <openssl/crypto.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <limen/types.h>
#include "tests/lib/virtual_time.h"

#define TURNS_MAX 400

/* Each block begins with its length. */
size_t wire_held;

static void *count_alloc(size_t len, const char *file, int line)
{
	max_align_t *p = malloc(sizeof(*p) + len);

	(void)file, (void)line;
	memcpy(p, &len, sizeof(len));
	wire_held += len;
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
	wire_held -= len;
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

void wire_up(struct wire *w, unsigned seed)
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

void wire_down(struct wire *w)
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

void wire_make(struct end *e, bool client, const char *hash, const char *fingerprint)
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

void wire_make_both(struct wire *w)
{
	wire_make(&w->a, true, "sha-256", limen_cert_fingerprint(w->b.cert));
	wire_make(&w->b, false, "sha-256", limen_cert_fingerprint(w->a.cert));
}

void wire_start(struct wire *w)
{
	limen_dtls_start(w->b.dtls);
	limen_dtls_start(w->a.dtls);
}

bool wire_deliver(struct end *e)
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

bool wire_deliver_both(struct wire *w)
{
	const bool to_a = wire_deliver(&w->a), to_b = wire_deliver(&w->b);

	return to_a || to_b;
}

void wire_settle(struct wire *w)
{
	for (int i = 0; i < TURNS_MAX; i++)
		if (!wire_deliver_both(w))
			return;
	g_assert_not_reached();
}

void wire_settle_with_time(struct wire *w)
{
	const int64_t until = limen_now_us() + 30 * G_USEC_PER_SEC;

	while (!(limen_dtls_is_up(w->a.dtls) && limen_dtls_is_up(w->b.dtls)) &&
		limen_now_us() < until) {
		const int64_t a = limen_dtls_timeout_us(w->a.dtls),
			      b = limen_dtls_timeout_us(w->b.dtls);

		wire_settle(w);
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

void wire_both_up(struct wire *w)
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

bool wire_count(void)
{
	return CRYPTO_set_mem_functions(count_alloc, count_realloc, count_free) == 1;
}
