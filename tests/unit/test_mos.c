/*
 * The E-model. One thread.
 */
#include "core/media/mos.h"
#include <glib.h>

/* G.107 annex B: R = 93.2 is a MOS of 4.41. */
static void test_best(void)
{
	g_assert_cmpfloat_with_epsilon(limen_mos(0, 0, 0), 4.41, 0.005);
	g_assert_cmpfloat_with_epsilon(limen_mos(0, 160, 0), 4.41, 0.005); /* 100 ms one way */
}

/* Figures that were worked out by hand from the equations. */
static void test_impaired(void)
{
	/* 5 % of 25.1 + 5: Ie-eff 15.78, R 77.42 */
	g_assert_cmpfloat_with_epsilon(limen_mos(0.05, 0, 0), 3.923, 0.005);
	/* 400 ms one way: X = 2, Idd = 25 (65^(1/6) - 3 (1 + (2/3)^6)^(1/6) + 2) = 24.02, R 69.18
	 */
	g_assert_cmpfloat_with_epsilon(limen_mos(0, 760, 0), 3.558, 0.02);
	g_assert_cmpfloat(limen_mos(0, 360, 100), ==, limen_mos(0, 760, 0));
}

static void test_bounds(void)
{
	double before = 5;

	g_assert_cmpfloat(limen_mos(1, 100000, 100000), ==, 1);
	for (unsigned percent = 0; percent <= 100; percent++) {
		const double mos = limen_mos(percent / 100.0, 50, 5);

		g_assert_true(mos >= 1 && mos <= before);
		before = mos;
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mos/best", test_best);
	g_test_add_func("/mos/impaired", test_impaired);
	g_test_add_func("/mos/bounds", test_bounds);
	return g_test_run();
}
