/*
 * Metrics as text, in both formats. One thread.
 */
#include "core/base/openmetrics.h"
#include <stdlib.h>

static char *write_all(bool old)
{
	struct limen_histogram h = { .n = { 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3 }, .sum_us = 2500000 };
	struct limen_metrics m;

	limen_metrics_init(&m, old);
	limen_metrics_family(&m, "a_seconds", LIMEN_METRIC_COUNTER, "A.");
	limen_metrics_count(&m, "room", "x\"\\\ny", 18446744073709551615u);
	limen_metrics_family(&m, "b", LIMEN_METRIC_GAUGE, "B.");
	limen_metrics_gauge(&m, NULL, NULL, 0.5);
	limen_metrics_two_names(&m, "c", "C.", 7);
	limen_metrics_family(&m, "d", LIMEN_METRIC_HISTOGRAM, "D.");
	limen_metrics_histogram(&m, "v=\"1\"", &h);
	return limen_metrics_finish(&m);
}

#define HISTOGRAM                                                                                  \
	"# TYPE d histogram\n# HELP d D.\n"                                                        \
	"d_bucket{v=\"1\",le=\"0.0001\"} 1\nd_bucket{v=\"1\",le=\"0.0005\"} 3\n"                   \
	"d_bucket{v=\"1\",le=\"0.001\"} 3\nd_bucket{v=\"1\",le=\"0.0025\"} 3\n"                    \
	"d_bucket{v=\"1\",le=\"0.005\"} 3\nd_bucket{v=\"1\",le=\"0.01\"} 3\n"                      \
	"d_bucket{v=\"1\",le=\"0.05\"} 3\nd_bucket{v=\"1\",le=\"0.1\"} 3\n"                        \
	"d_bucket{v=\"1\",le=\"0.5\"} 3\nd_bucket{v=\"1\",le=\"1.0\"} 3\n"                         \
	"d_bucket{v=\"1\",le=\"+Inf\"} 6\nd_count{v=\"1\"} 6\nd_sum{v=\"1\"} 2.5\n"

static void test_openmetrics(void)
{
	g_autofree char *text = write_all(false);

	g_assert_cmpstr(text, ==,
		"# TYPE a_seconds counter\n# HELP a_seconds A.\n"
		"a_seconds_total{room=\"x\\\"\\\\\\ny\"} 18446744073709551615\n"
		"# TYPE b gauge\n# HELP b B.\nb 0.5\n"
		"# TYPE c unknown\n# HELP c C.\nc 7\n"
		"# TYPE c_total unknown\n# HELP c_total C.\nc_total 7\n" HISTOGRAM "# EOF\n");
}

static void test_old(void)
{
	g_autofree char *text = write_all(true);

	g_assert_cmpstr(text, ==,
		"# TYPE a_seconds_total counter\n# HELP a_seconds_total A.\n"
		"a_seconds_total{room=\"x\\\"\\\\\\ny\"} 18446744073709551615\n"
		"# TYPE b gauge\n# HELP b B.\nb 0.5\n"
		"# TYPE c untyped\n# HELP c C.\nc 7\n"
		"# TYPE c_total counter\n# HELP c_total C.\nc_total 7\n" HISTOGRAM);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/openmetrics/openmetrics", test_openmetrics);
	g_test_add_func("/openmetrics/old", test_old);
	return g_test_run();
}
