/*
 * The retransmission store: what is found, what has gone, references, and finding from other
 * threads while packets come.
 */
#include "core/media/store.h"
#include <glib.h>
#include "core/base/packet.h"

static struct limen_packet *packet(int8_t substream, uint16_t seq)
{
	struct limen_packet *p = limen_packet_new();

	p->substream = substream;
	p->seq = seq;
	p->ts = (uint32_t)substream << 16 | seq;
	return p;
}

static void add(struct limen_store *s, int8_t substream, uint16_t seq)
{
	struct limen_packet *p = packet(substream, seq);

	limen_store_add(s, &p, 1);
	limen_packet_unref(p);
}

static void expect(struct limen_store *s, int substream, uint16_t seq, bool there)
{
	struct limen_packet *p = limen_store_find(s, substream, seq);

	g_assert_cmpint(p != NULL, ==, there);
	if (p)
		g_assert_cmpuint(p->ts, ==, (uint32_t)substream << 16 | seq);
	limen_packet_unref(p);
}

static void test_empty(void)
{
	struct limen_store *s = limen_store_new();

	expect(s, 0, 0, false);
	expect(s, -1, 0, false);
	expect(s, LIMEN_LAYERS_MAX, 0, false);
	limen_store_free(s);
	limen_store_free(NULL);
}

/* The last LIMEN_STORE_PACKETS are there, across the wrap; no others. */
static void test_last_ones(void)
{
	struct limen_store *s = limen_store_new();
	const uint16_t first = 65000;
	const unsigned count = 2000;

	for (unsigned i = 0; i < count; i++)
		add(s, 0, (uint16_t)(first + i));
	for (unsigned i = 0; i < count; i++)
		expect(s, 0, (uint16_t)(first + i), i >= count - LIMEN_STORE_PACKETS);
	expect(s, 0, (uint16_t)(first + count), false);
	limen_store_free(s);
}

static void test_substreams(void)
{
	struct limen_store *s = limen_store_new();

	add(s, 0, 7);
	add(s, 2, 7);
	add(s, 2, 8);
	expect(s, 0, 7, true);
	expect(s, 0, 8, false);
	expect(s, 1, 7, false);
	expect(s, 2, 7, true);
	expect(s, 2, 8, true);
	limen_store_free(s);
}

/* A substream that is not known counts as the lowest, one out of range as the highest. */
static void test_odd_substreams(void)
{
	struct limen_store *s = limen_store_new();
	struct limen_packet *none = packet(-1, 1), *many = packet(100, 2), *p;

	limen_store_add(s, &none, 1);
	limen_store_add(s, &many, 1);
	p = limen_store_find(s, 0, 1);
	g_assert_true(p == none);
	limen_packet_unref(p);
	p = limen_store_find(s, LIMEN_LAYERS_MAX - 1, 2);
	g_assert_true(p == many);
	limen_packet_unref(p);
	limen_packet_unref(none);
	limen_packet_unref(many);
	limen_store_free(s);
}

/* What was found stays, although its place was taken and the store is gone. */
static void test_references(void)
{
	struct limen_store *s = limen_store_new();
	struct limen_packet *p, *found;

	p = packet(0, 5);
	g_assert_cmpint(p->refs, ==, 1);
	limen_store_add(s, &p, 1);
	g_assert_cmpint(p->refs, ==, 2);
	limen_store_add(s, &p, 1);
	g_assert_cmpint(p->refs, ==, 2);
	found = limen_store_find(s, 0, 5);
	g_assert_cmpint(p->refs, ==, 3);
	add(s, 0, 5 + LIMEN_STORE_PACKETS);
	g_assert_cmpint(p->refs, ==, 2);
	limen_store_free(s);
	limen_packet_unref(found);
	g_assert_cmpint(p->refs, ==, 1);
	limen_packet_unref(p);
}

static gint done;

static gpointer find_all(gpointer store)
{
	unsigned found = 0;

	/* A thread that got no turn in time still finds the last ones. */
	while (!g_atomic_int_get(&done) || !found) {
		for (unsigned i = 0; i < 65536; i += 61) {
			struct limen_packet *p = limen_store_find(store, 0, (uint16_t)i);

			g_assert_true(!p || p->seq == i);
			found += p != NULL;
			limen_packet_unref(p);
		}
	}
	return GUINT_TO_POINTER(found);
}

static void test_threads(void)
{
	struct limen_store *s = limen_store_new();
	GThread *threads[2];

	for (unsigned i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("find", find_all, s);
	for (unsigned i = 0; i < 300000; i++)
		add(s, 0, (uint16_t)i);
	g_atomic_int_set(&done, 1);
	for (unsigned i = 0; i < G_N_ELEMENTS(threads); i++)
		g_assert_cmpuint(GPOINTER_TO_UINT(g_thread_join(threads[i])), >, 0);
	limen_store_free(s);
}

static void add_at(struct limen_store *s, uint16_t seq, int64_t arrived_us)
{
	struct limen_packet *p = packet(0, seq);

	p->arrived_us = arrived_us;
	limen_store_add(s, &p, 1);
	limen_packet_unref(p);
}

/* A hundred a second: those of the last second stay, whatever jumps, gaps and late ones there are.
 */
static void test_age(void)
{
	struct limen_store *s = limen_store_new();

	for (unsigned i = 0; i < 399; i++)
		if (i % 7)
			add_at(s, (uint16_t)(65400 + i), i * 10000);
	for (unsigned i = 0; i < 399; i++)
		expect(s, 0, (uint16_t)(65400 + i), i % 7 && i > 398 - 100);
	add_at(s, (uint16_t)(65400 + 350), 4000000); /* 350 is a multiple of 7: late */
	expect(s, 0, (uint16_t)(65400 + 350), true);
	expect(s, 0, (uint16_t)(65400 + 398), true);
	add_at(s, (uint16_t)(65400 + 30000), 4010000);
	expect(s, 0, (uint16_t)(65400 + 30000), true);
	add_at(s, (uint16_t)(65400 + 30001), 6000000);
	expect(s, 0, (uint16_t)(65400 + 30000), false);
	limen_store_free(s);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/empty", test_empty);
	g_test_add_func("/store/last-ones", test_last_ones);
	g_test_add_func("/store/substreams", test_substreams);
	g_test_add_func("/store/odd-substreams", test_odd_substreams);
	g_test_add_func("/store/references", test_references);
	g_test_add_func("/store/threads", test_threads);
	g_test_add_func("/store/age", test_age);
	return g_test_run();
}
