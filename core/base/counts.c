/*
 * Counters per thread, and histograms. A set is never freed: what a thread counted goes on counting
 * when it has ended. Thread: any.
 */
#include "core/base/counts.h"
#include <stdbool.h>
#include <glib.h>

__thread struct limen_counts *limen_counts_mine;

static struct limen_counts *all; /* atomic; grows at its head */

const uint32_t limen_histogram_bounds_us[LIMEN_HISTOGRAM_BOUNDS] = { 100, 500, 1000, 2500, 5000,
	10000, 50000, 100000, 500000, 1000000 };

struct limen_counts *limen_counts_begin(void)
{
	struct limen_counts *c = g_new0(struct limen_counts, 1);

	c->next = __atomic_load_n(&all, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(
		&all, &c->next, c, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	limen_counts_mine = c;
	return c;
}

void limen_counts_read(uint64_t out[LIMEN_COUNTS])
{
	const struct limen_counts *c = __atomic_load_n(&all, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; i < LIMEN_COUNTS; i++)
		out[i] = 0;
	for (; c; c = c->next)
		for (unsigned i = 0; i < LIMEN_COUNTS; i++)
			out[i] += __atomic_load_n(&c->n[i], __ATOMIC_RELAXED);
}

void limen_histogram_add(struct limen_histogram *h, int64_t us)
{
	unsigned i = 0;

	while (i < LIMEN_HISTOGRAM_BOUNDS && us > (int64_t)limen_histogram_bounds_us[i])
		i++;
	__atomic_add_fetch(&h->n[i], 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&h->sum_us, (uint64_t)MAX(us, 0), __ATOMIC_RELAXED);
}

void limen_histogram_read(const struct limen_histogram *h, struct limen_histogram *out)
{
	for (unsigned i = 0; i <= LIMEN_HISTOGRAM_BOUNDS; i++)
		out->n[i] = __atomic_load_n(&h->n[i], __ATOMIC_RELAXED);
	out->sum_us = __atomic_load_n(&h->sum_us, __ATOMIC_RELAXED);
}
