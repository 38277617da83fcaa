/*
 * Writing metrics as text: OpenMetrics 1.0.0, or the older text format 0.0.4 of Prometheus, which
 * name a counter differently. Every family is begun, then come its samples. Pure; any thread.
 */
#ifndef LIMEN_BASE_OPENMETRICS_H
#define LIMEN_BASE_OPENMETRICS_H

#include <stdbool.h>
#include <glib.h>
#include "core/base/counts.h"

enum limen_metric_type { LIMEN_METRIC_GAUGE, LIMEN_METRIC_COUNTER, LIMEN_METRIC_HISTOGRAM };

struct limen_metrics {
	bool old; /* 0.0.4 */
	GString *text;
	const char *name; /* of the family; borrowed */
	enum limen_metric_type type;
};

void limen_metrics_init(struct limen_metrics *m, bool old);
/* The text, complete; new (free()). */
char *limen_metrics_finish(struct limen_metrics *m);
/* name: without "_total"; borrowed until the next one begins. */
void limen_metrics_family(
	struct limen_metrics *m, const char *name, enum limen_metric_type type, const char *help);
/* label NULL: none. value: any text. */
void limen_metrics_count(struct limen_metrics *m, const char *label, const char *value, uint64_t n);
void limen_metrics_gauge(struct limen_metrics *m, const char *label, const char *value, double x);
/* labels: written out ("a=\"b\""), or NULL */
void limen_metrics_histogram(
	struct limen_metrics *m, const char *labels, const struct limen_histogram *h);
/* A whole family of one counter, which is there under its plain name too, for dashboards that know
 * it by that. A counter family would own both names and may not have the plain one, so in
 * OpenMetrics both are families of unknown type. */
void limen_metrics_two_names(
	struct limen_metrics *m, const char *name, const char *help, uint64_t n);

#endif
