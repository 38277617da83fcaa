/*
 * Loss detection: what is missing, when it is asked for and for how long, across the wrap of
 * sequence numbers. One thread.
 */
#include <glib.h>
#include "core/media/nack.h"

#define MS 1000

static struct limen_nack n;

static void begin(uint16_t seq)
{
	limen_nack_init(&n);
	g_assert_true(limen_nack_arrived(&n, seq, 0));
}

/* Asks and compares with count numbers from first on. */
static void expect_due(int64_t now_us, int64_t rtt_us, size_t count, uint16_t first)
{
	uint16_t out[LIMEN_NACK_MISSING_MAX];

	g_assert_cmpuint(limen_nack_due(&n, now_us, rtt_us, out, G_N_ELEMENTS(out)), ==, count);
	for (size_t i = 0; i < count; i++)
		g_assert_cmpuint(out[i], ==, (uint16_t)(first + i));
}

static void test_in_order(void)
{
	begin(65000);
	for (unsigned i = 1; i < 70000; i++)
		g_assert_true(limen_nack_arrived(&n, (uint16_t)(65000 + i), i));
	g_assert_cmpuint(n.count, ==, 0);
	expect_due(G_MAXINT32, 0, 0, 0);
}

static void test_first_request_waits(void)
{
	begin(10);
	limen_nack_arrived(&n, 13, 5 * MS);
	expect_due(5 * MS, 0, 0, 0);
	expect_due(17 * MS - 1, 0, 0, 0);
	expect_due(17 * MS, 0, 2, 11);
}

static void test_wrap(void)
{
	begin(65533);
	g_assert_true(limen_nack_arrived(&n, 3, 0));
	expect_due(12 * MS, 0, 5, 65534);
	limen_nack_arrived(&n, 65535, 13 * MS);
	limen_nack_arrived(&n, 0, 13 * MS);
	g_assert_cmpuint(n.count, ==, 3);
	g_assert_cmpuint(n.missing[0].seq, ==, 65534);
	g_assert_cmpuint(n.missing[1].seq, ==, 1);
	g_assert_cmpuint(n.highest, ==, 3);
}

static void test_reordered(void)
{
	begin(10);
	limen_nack_arrived(&n, 12, 0);
	limen_nack_arrived(&n, 11, 1 * MS);
	expect_due(100 * MS, 0, 0, 0);
	g_assert_true(limen_nack_arrived(&n, 11, 2 * MS)); /* once more */
	g_assert_true(limen_nack_arrived(&n, 12, 2 * MS));
	g_assert_true(limen_nack_arrived(&n, 5, 2 * MS)); /* of before the start */
	g_assert_cmpuint(n.count, ==, 0);
	g_assert_cmpuint(n.highest, ==, 12);
}

/* Later requests are a round trip apart, and never closer than 40 ms. */
static void test_back_off(void)
{
	begin(10);
	limen_nack_arrived(&n, 12, 0);
	expect_due(12 * MS, 100 * MS, 1, 11);
	expect_due(112 * MS - 1, 100 * MS, 0, 0);
	expect_due(112 * MS, 100 * MS, 1, 11);
	expect_due(151 * MS, 5 * MS, 0, 0);
	expect_due(152 * MS, 5 * MS, 1, 11);
}

static void test_tries_end(void)
{
	begin(10);
	limen_nack_arrived(&n, 12, 0);
	for (int i = 0; i < 10; i++)
		expect_due((12 + 40 * i) * MS, 0, 1, 11);
	expect_due((12 + 400) * MS, 0, 0, 0);
	g_assert_cmpuint(n.count, ==, 0);
}

static void test_too_old(void)
{
	begin(10);
	limen_nack_arrived(&n, 12, 0);
	expect_due(1000 * MS, 0, 1, 11);
	expect_due(1000 * MS + 1, 0, 0, 0);
	g_assert_cmpuint(n.count, ==, 0);
}

/* What did not fit is asked for at the next occasion. */
static void test_at_most(void)
{
	uint16_t out[4];

	begin(0);
	limen_nack_arrived(&n, 11, 0);
	g_assert_cmpuint(limen_nack_due(&n, 20 * MS, 0, out, 4), ==, 4);
	g_assert_cmpuint(out[3], ==, 4);
	g_assert_cmpuint(limen_nack_due(&n, 20 * MS, 0, out, 4), ==, 4);
	g_assert_cmpuint(out[0], ==, 5);
	g_assert_cmpuint(limen_nack_due(&n, 20 * MS, 0, out, 4), ==, 2);
	g_assert_cmpuint(limen_nack_due(&n, 20 * MS, 0, out, 0), ==, 0);
	g_assert_cmpuint(n.count, ==, 10);
}

static void test_too_much(void)
{
	begin(0);
	g_assert_true(limen_nack_arrived(&n, LIMEN_NACK_MISSING_MAX + 1, 0));
	g_assert_cmpuint(n.count, ==, LIMEN_NACK_MISSING_MAX);
	g_assert_false(limen_nack_arrived(&n, LIMEN_NACK_MISSING_MAX + 3, 0));
	g_assert_cmpuint(n.count, ==, 0);
	g_assert_true(limen_nack_arrived(&n, LIMEN_NACK_MISSING_MAX + 4, 0));

	begin(0);
	g_assert_false(limen_nack_arrived(&n, LIMEN_NACK_MISSING_MAX + 2, 0));
	g_assert_cmpuint(n.highest, ==, LIMEN_NACK_MISSING_MAX + 2);
}

/* A step too large for loss is a new start, forwards as well as backwards. */
static void test_jump(void)
{
	begin(5000);
	g_assert_true(limen_nack_arrived(&n, 6001, 0));
	g_assert_cmpuint(n.count, ==, 0);
	g_assert_true(limen_nack_arrived(&n, 5001, 0));
	g_assert_cmpuint(n.highest, ==, 5001);
	g_assert_true(limen_nack_arrived(&n, 5001 + 32768, 0));
	g_assert_cmpuint(n.highest, ==, 5001 + 32768);
	g_assert_false(limen_nack_arrived(&n, 5001 + 32768 + 1000, 0));
}

static void test_forget(void)
{
	begin(65530);
	limen_nack_arrived(&n, 9, 0);
	limen_nack_forget(&n, 65530);
	g_assert_cmpuint(n.count, ==, 14);
	limen_nack_forget(&n, 6);
	expect_due(20 * MS, 0, 3, 6);
	limen_nack_forget(&n, 9);
	expect_due(100 * MS, 0, 0, 0);
	limen_nack_arrived(&n, 11, 20 * MS);
	expect_due(32 * MS, 0, 1, 10);
}

/* Whatever arrives, the list stays ascending, within its limit and free of what has arrived. */
static void test_noise(void)
{
	uint16_t seq = 65000;

	limen_nack_init(&n);
	for (int64_t i = 0; i < 50000; i++) {
		seq = (uint16_t)(seq + g_test_rand_int_range(-20, 30));
		limen_nack_arrived(&n, seq, i * MS);
		g_assert_cmpuint(n.count, <=, LIMEN_NACK_MISSING_MAX);
		for (unsigned k = 0; k < n.count; k++) {
			g_assert_cmpuint(n.missing[k].seq, !=, seq);
			g_assert_cmpint((int16_t)(n.highest - n.missing[k].seq), >, 0);
			if (k)
				g_assert_cmpint(
					(int16_t)(n.missing[k].seq - n.missing[k - 1].seq), >, 0);
		}
		if (i % 7 == 0) {
			uint16_t out[8];

			g_assert_cmpuint(limen_nack_due(&n, i * MS, 0, out, 8), <=, 8);
		}
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/nack/in-order", test_in_order);
	g_test_add_func("/nack/first-request-waits", test_first_request_waits);
	g_test_add_func("/nack/wrap", test_wrap);
	g_test_add_func("/nack/reordered", test_reordered);
	g_test_add_func("/nack/back-off", test_back_off);
	g_test_add_func("/nack/tries-end", test_tries_end);
	g_test_add_func("/nack/too-old", test_too_old);
	g_test_add_func("/nack/at-most", test_at_most);
	g_test_add_func("/nack/too-much", test_too_much);
	g_test_add_func("/nack/jump", test_jump);
	g_test_add_func("/nack/forget", test_forget);
	g_test_add_func("/nack/noise", test_noise);
	return g_test_run();
}
