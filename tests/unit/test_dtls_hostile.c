/*
 * DTLS on networks that lose and shuffle and with strangers that interfere, and what it costs in
 * memory. One thread.
 */
#include <string.h>
#include <limen/types.h>
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/media/dtls_record.h"
#include "tests/lib/dtls_wire.h"

#define HANDSHAKE_MAX 150000 /* bytes the library may hold for one handshake, come what may */

static void test_bad_wire(void)
{
	for (unsigned seed = 1; seed <= 6; seed++) {
		struct wire w;

		wire_up(&w, seed);
		w.loss = 0.1;
		w.repeat = 0.3;
		w.shuffle = true;
		w.a.mtu = w.b.mtu = seed % 2 ? 256 : 400;
		wire_make_both(&w);
		wire_start(&w);
		wire_settle_with_time(&w);
		wire_both_up(&w);
		wire_down(&w);
	}
}

/* The server's last flight is lost: it is up, and answers the client's repeated Finished. */
static void test_last_flight_lost(void)
{
	struct wire w;

	wire_up(&w, 4);
	wire_make_both(&w);
	wire_start(&w);
	while (!limen_dtls_is_up(w.b.dtls))
		g_assert_true(wire_deliver_both(&w));
	g_queue_clear_full(&w.a.in, (GDestroyNotify)g_bytes_unref);
	g_assert_false(limen_dtls_is_up(w.a.dtls));
	wire_settle_with_time(&w);
	wire_both_up(&w);
	wire_down(&w);
}

/* An association at rest holds nothing of the library's. */
static void test_memory(void)
{
	struct wire w;
	size_t before;

	wire_up(&w, 5);
	for (int round = 0; round < 2; round++) { /* the first makes what a thread keeps */
		before = wire_held;
		wire_make_both(&w);
		g_assert_cmpuint(wire_held, ==, before);
		wire_start(&w);
		g_assert_cmpuint(wire_held, >, before);
		wire_settle(&w);
		g_assert_true(limen_dtls_is_up(w.a.dtls) && limen_dtls_is_up(w.b.dtls));
		limen_srtp_free(g_steal_pointer(&w.a.srtp));
		limen_srtp_free(g_steal_pointer(&w.b.srtp));
		g_assert_cmpint(limen_dtls_send(w.a.dtls, (const uint8_t *)"there", 5), ==, 0);
		g_assert_cmpint(limen_dtls_send(w.b.dtls, (const uint8_t *)"back", 4), ==, 0);
		wire_settle(&w);
		if (round)
			g_assert_cmpuint(wire_held, ==, before);
		limen_dtls_free(w.a.dtls);
		wire_deliver(&w.b);
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
		wire_make_both(&w);
		wire_start(&w);
		wire_settle_with_time(&w);
		wire_both_up(&w);
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
	wire_make_both(&w);
	wire_start(&w);
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
	} while (wire_deliver_both(&w));
	wire_both_up(&w);
	limen_clock_advance(60 * G_USEC_PER_SEC);
	limen_dtls_tick(w.a.dtls);
	limen_dtls_tick(w.b.dtls);
	wire_both_up(&w);
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
	wire_make_both(&w);
	wire_make_both(&v);
	wire_start(&w);
	g_assert_cmpuint(limen_dtls_handshakes(), ==, 1);
	wire_deliver(&w.b);
	g_assert_cmpuint(limen_dtls_handshakes(), ==, 2);
	wire_start(&v);
	g_assert_cmpuint(v.a.datagrams, ==, 0);
	g_assert_true(limen_dtls_is_put_off(v.a.dtls));
	g_assert_false(limen_dtls_is_put_off(v.b.dtls));
	g_assert_cmpint(limen_dtls_timeout_us(v.a.dtls), >, 0);
	limen_clock_advance(G_USEC_PER_SEC);
	g_assert_cmpint(limen_dtls_timeout_us(v.a.dtls), ==, 0);
	limen_dtls_tick(v.a.dtls);
	g_assert_cmpuint(v.a.datagrams, ==, 0);
	wire_settle(&w);
	wire_both_up(&w);
	g_assert_cmpuint(limen_dtls_handshakes(), ==, 0);
	wire_make(&u, true, "sha-256", limen_cert_fingerprint(w.a.cert));
	limen_dtls_start(u.dtls);
	limen_dtls_tick(v.a.dtls);
	g_assert_cmpuint(v.a.datagrams, ==, 1);
	wire_deliver(&v.b);
	g_assert_true(limen_dtls_is_put_off(v.b.dtls));
	g_assert_cmpuint(v.b.datagrams, ==, 0);
	limen_dtls_free(g_steal_pointer(&u.dtls));
	wire_settle_with_time(&v);
	wire_both_up(&v);
	wire_down(&w);
	wire_down(&v);
	g_assert_cmpuint(limen_dtls_handshakes(), ==, 0);
}

/* A place is given back by a handshake that fails, and by one that is freed. */
static void test_places_return(void)
{
	struct wire w;

	wire_up(&w, 5);
	wire_make(&w.a, true, "sha-256", limen_cert_fingerprint(w.b.cert));
	wire_make(&w.b, false, "sha-256", limen_cert_fingerprint(w.b.cert));
	wire_start(&w);
	wire_settle(&w);
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
 * messages of every number, records of later epochs, ClientHellos. What is wire_held stays bounded,
 * and once the stranger is silent the handshake goes on. */
static void test_flood(void)
{
	uint8_t bytes[1200] = { 0 };
	struct wire w;
	size_t before, most = 0;
	uint32_t seq = 1000;

	wire_up(&w, 5);
	wire_make_both(&w);
	before = wire_held;
	wire_start(&w);
	do {
		for (unsigned i = 0; i < 300; i++) {
			put_head(bytes, 22, 0, seq++, 20);
			put_fragment(bytes + 13, i % 2 ? 11 : 1, i % 3 ? 8000 : 0xffffff,
				(uint16_t)(4 + i % 20));
			limen_dtls_feed(w.b.dtls, bytes, 33);
			put_head(bytes, i % 2 ? 22 : 23, (uint16_t)(1 + i % 3), seq++, 1187);
			limen_dtls_feed(w.b.dtls, bytes, sizeof(bytes));
			limen_dtls_feed(w.a.dtls, bytes, sizeof(bytes));
			most = MAX(most, wire_held - before);
		}
	} while (wire_deliver_both(&w));
	g_test_message("at most %zu bytes for both ends", most);
	g_assert_cmpuint(most, <, 2 * HANDSHAKE_MAX);
	wire_both_up(&w);
	wire_down(&w);
}

/* A client that did not get the last flight repeats its own: each repeat is answered, and only
 * that. */
static void test_last_flight_repeated(void)
{
	struct wire w;

	wire_up(&w, 4);
	wire_make_both(&w);
	wire_start(&w);
	while (!limen_dtls_is_up(w.b.dtls))
		g_assert_true(wire_deliver_both(&w));
	for (int i = 0; i < 3; i++) {
		const unsigned sent = w.b.datagrams;

		g_queue_clear_full(&w.a.in, (GDestroyNotify)g_bytes_unref);
		limen_clock_advance(limen_dtls_timeout_us(w.a.dtls) + 20000);
		limen_dtls_tick(w.a.dtls);
		while (wire_deliver(&w.b))
			;
		g_assert_cmpuint(w.b.datagrams, ==, sent + 1);
	}
	wire_settle(&w);
	wire_both_up(&w);
	g_assert_cmpint(limen_dtls_send(w.b.dtls, (const uint8_t *)"x", 1), ==, 0);
	wire_settle(&w);
	g_assert_cmpmem(w.a.data->data, w.a.data->len, "x", 1);
	wire_down(&w);
}

/* The client's Finished arrives before all that it sent earlier in that flight. */
static void test_finished_first(void)
{
	struct wire w;
	guint count;

	wire_up(&w, 4);
	w.a.mtu = w.b.mtu = 256;
	wire_make_both(&w);
	wire_start(&w);
	wire_deliver(&w.b);
	while (wire_deliver(&w.a))
		;
	count = g_queue_get_length(&w.b.in);
	g_assert_cmpuint(count, >=, 3);
	for (guint i = 0; i < count; i++) {
		GBytes *datagram = g_queue_pop_tail(&w.b.in);
		gsize len;
		const uint8_t *bytes = g_bytes_get_data(datagram, &len);
		struct limen_bytes rest = limen_bytes(bytes, len);
		struct limen_dtls_raw raw;

		while (limen_dtls_raw_next(&rest, &raw))
			if (raw.epoch == 1)
				limen_dtls_feed(w.b.dtls, raw.bytes, raw.len);
			else
				g_queue_push_head(&w.a.in, g_bytes_new(raw.bytes, raw.len));
		g_bytes_unref(datagram);
	}
	g_assert_false(limen_dtls_is_up(w.b.dtls));
	while (!g_queue_is_empty(&w.a.in)) /* in the order in which they were sent */
		g_queue_push_tail(&w.b.in, g_queue_pop_head(&w.a.in));
	wire_settle(&w);
	wire_both_up(&w);
	wire_down(&w);
}

/* What an end says before ICE has a path is not heard. */
static void test_before_start(void)
{
	struct wire w;

	wire_up(&w, 4);
	wire_make_both(&w);
	limen_dtls_start(w.a.dtls);
	wire_deliver(&w.b);
	g_assert_cmpuint(w.b.datagrams, ==, 0);
	g_assert_cmpint(limen_dtls_timeout_us(w.b.dtls), ==, -1);
	limen_dtls_start(w.b.dtls);
	wire_settle_with_time(&w);
	wire_both_up(&w);
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
	wire_make_both(&w);
	feed_garbage(&w, w.a.dtls, 0);
	g_assert_cmpuint(w.a.datagrams, ==, 0);
	feed_garbage(&w, w.b.dtls, 0);
	wire_start(&w);
	feed_garbage(&w, w.a.dtls, 0);
	wire_settle(&w);
	wire_both_up(&w);
	for (int type = 20; type <= 25; type++) {
		feed_garbage(&w, w.a.dtls, type);
		feed_garbage(&w, w.b.dtls, type);
	}
	feed_garbage(&w, w.b.dtls, 0);
	wire_both_up(&w);
	wire_down(&w);
}

/* Plain handshake records are believed before the keys are there, so these may fail an end, once,
 * and never crash it or bring it up. */
static void test_garbage_records(void)
{
	for (int type = 20; type <= 25; type++) {
		struct wire w;

		wire_up(&w, 8);
		wire_make_both(&w);
		wire_start(&w);
		feed_garbage(&w, w.a.dtls, type);
		feed_garbage(&w, w.b.dtls, type);
		wire_settle(&w);
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
	wire_make(&w.a, true, "sha-256", limen_cert_fingerprint(c));
	wire_make(&w.b, false, "sha-256", limen_cert_fingerprint(c));
	wire_start(&w);
	wire_settle(&w);
	g_assert_cmpuint(w.a.failures, ==, 1);
	feed_garbage(&w, w.a.dtls, 22);
	wire_start(&w);
	limen_dtls_tick(w.a.dtls);
	g_assert_cmpuint(w.a.failures, ==, 1);
	g_assert_cmpint(limen_dtls_timeout_us(w.a.dtls), ==, -1);
	wire_down(&w);
	limen_dtls_free(NULL);
}

int main(int argc, char **argv)
{
	if (!wire_count())
		return 1;
	limen_clock_simulate(G_USEC_PER_SEC);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dtls_hostile/bad-wire", test_bad_wire);
	g_test_add_func("/dtls_hostile/last-flight-lost", test_last_flight_lost);
	g_test_add_func("/dtls_hostile/garbage", test_garbage);
	g_test_add_func("/dtls_hostile/garbage-records", test_garbage_records);
	g_test_add_func("/dtls_hostile/memory", test_memory);
	g_test_add_func("/dtls_hostile/lose-each", test_lose_each);
	g_test_add_func("/dtls_hostile/forged-alerts", test_forged_alerts);
	g_test_add_func("/dtls_hostile/handshakes-max", test_handshakes_max);
	g_test_add_func("/dtls_hostile/places-return", test_places_return);
	g_test_add_func("/dtls_hostile/flood", test_flood);
	g_test_add_func("/dtls_hostile/last-flight-repeated", test_last_flight_repeated);
	g_test_add_func("/dtls_hostile/before-start", test_before_start);
	g_test_add_func("/dtls_hostile/finished-first", test_finished_first);
	g_test_add_func("/dtls_hostile/after-failure", test_after_failure);
	return g_test_run();
}
