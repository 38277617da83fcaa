/*
 * Counters of several threads, and histograms.
 */
#include "core/base/counts.h"
#include <glib.h>

#define THREADS 4u
#define EACH 1000u

static gpointer count(gpointer arg)
{
	(void)arg;
	for (unsigned i = 0; i < EACH; i++)
		limen_count(LIMEN_COUNT_PACKETS_IN, 2);
	return NULL;
}

/* What threads counted that have ended is still there. */
static void test_threads(void)
{
	GThread *threads[THREADS];
	uint64_t sum[LIMEN_COUNTS];

	for (unsigned i = 0; i < THREADS; i++)
		threads[i] = g_thread_new("count", count, NULL);
	count(NULL);
	for (unsigned i = 0; i < THREADS; i++)
		g_thread_join(threads[i]);
	limen_counts_read(sum);
	g_assert_cmpuint(sum[LIMEN_COUNT_PACKETS_IN], ==, 2 * EACH * (THREADS + 1));
	g_assert_cmpuint(sum[LIMEN_COUNT_BYTES_IN], ==, 0);
}

static void test_histogram(void)
{
	struct limen_histogram h = { .sum_us = 0 }, copy;

	limen_histogram_add(&h, 0);
	limen_histogram_add(&h, 100); /* a bound belongs to what is below it */
	limen_histogram_add(&h, 101);
	limen_histogram_add(&h, 1000001);
	limen_histogram_read(&h, &copy);
	g_assert_cmpuint(copy.n[0], ==, 2);
	g_assert_cmpuint(copy.n[1], ==, 1);
	g_assert_cmpuint(copy.n[LIMEN_HISTOGRAM_BOUNDS], ==, 1);
	g_assert_cmpuint(copy.sum_us, ==, 1000202);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/counts/threads", test_threads);
	g_test_add_func("/counts/histogram", test_histogram);
	return g_test_run();
}
