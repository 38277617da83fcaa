/*
 * What went out under which number: found again, pauses between resends, their limit, and nothing
 * of before a change of source.
 */
#include "core/media/sent.h"
#include <glib.h>

#define MS 1000

static struct limen_sent s;

static bool add(uint16_t seq)
{
	const struct limen_packet p = {
		.seq = (uint16_t)(seq + 1000), .ts = seq * 90u, .substream = 1
	};
	const struct limen_rewritten numbers = { .seq = seq, .ts = seq, .picture_id = 3 };

	return limen_sent_add(&s, &p, &numbers, seq % 2) != NULL;
}

static void test_found(void)
{
	const struct limen_sent_packet *p;

	limen_sent_init(&s);
	g_assert_null(limen_sent_take(&s, 0, 0, 0));
	add(65535);
	add(0);
	p = limen_sent_take(&s, 65535, 0, 0);
	g_assert_nonnull(p);
	g_assert_cmpuint(p->numbers.seq, ==, 65535);
	g_assert_cmpuint(p->numbers.picture_id, ==, 3);
	g_assert_cmpuint(p->source_seq, ==, 999);
	g_assert_cmpuint(p->source_ts, ==, 65535 * 90);
	g_assert_cmpint(p->substream, ==, 1);
	g_assert_true(p->marker);
	g_assert_nonnull(limen_sent_take(&s, 0, 0, 0));
	g_assert_null(limen_sent_take(&s, 1, 0, 0));
	limen_sent_clear(&s);
}

static void test_last_ones(void)
{
	limen_sent_init(&s);
	for (unsigned i = 0; i < 70000; i++)
		add((uint16_t)i);
	for (unsigned i = 70000 - 65536; i < 70000; i++)
		g_assert_cmpint(limen_sent_take(&s, (uint16_t)i, 0, 0) != NULL, ==,
			i >= 70000 - LIMEN_SENT_PACKETS);
	limen_sent_clear(&s);
}

/* A NACK that comes again within 40 ms or a round trip is the same one. */
static void test_pauses(void)
{
	const int64_t now_us = INT64_C(5000000000) * MS; /* past 32 bits of milliseconds */

	limen_sent_init(&s);
	add(9);
	g_assert_nonnull(limen_sent_take(&s, 9, now_us, 0));
	g_assert_null(limen_sent_take(&s, 9, now_us + 39 * MS, 0));
	g_assert_nonnull(limen_sent_take(&s, 9, now_us + 40 * MS, 0));
	g_assert_null(limen_sent_take(&s, 9, now_us + 139 * MS, 100 * MS));
	g_assert_nonnull(limen_sent_take(&s, 9, now_us + 140 * MS, 100 * MS));
	limen_sent_clear(&s);
}

static void test_limit(void)
{
	limen_sent_init(&s);
	add(9);
	for (int i = 0; i < 10; i++)
		g_assert_nonnull(limen_sent_take(&s, 9, i * 50 * MS, 0));
	g_assert_null(limen_sent_take(&s, 9, 1000 * MS, 0));
	g_assert_true(add(9 + LIMEN_SENT_PACKETS)); /* a packet of its own */
	g_assert_nonnull(limen_sent_take(&s, 9 + LIMEN_SENT_PACKETS, 1000 * MS, 0));
	limen_sent_clear(&s);
}

/* A packet goes out under its number once. */
static void test_again(void)
{
	limen_sent_init(&s);
	g_assert_true(add(9));
	g_assert_true(add(10));
	g_assert_false(add(9));
	limen_sent_forget(&s);
	g_assert_true(add(9));
	limen_sent_clear(&s);
}

/* However often the source changes. */
static void test_forget(void)
{
	limen_sent_init(&s);
	limen_sent_forget(&s);
	for (int changes = 1; changes < 600; changes++) {
		add(9);
		for (int i = 0; i < changes; i++)
			limen_sent_forget(&s);
		g_assert_null(limen_sent_take(&s, 9, 0, 0));
	}
	add(10);
	g_assert_nonnull(limen_sent_take(&s, 10, 0, 0));
	limen_sent_clear(&s);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sent/found", test_found);
	g_test_add_func("/sent/last-ones", test_last_ones);
	g_test_add_func("/sent/pauses", test_pauses);
	g_test_add_func("/sent/limit", test_limit);
	g_test_add_func("/sent/again", test_again);
	g_test_add_func("/sent/forget", test_forget);
	return g_test_run();
}
