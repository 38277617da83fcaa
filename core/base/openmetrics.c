/*
 * Metrics as text. Pure; any thread.
 */
#include "core/base/openmetrics.h"
#include <inttypes.h>
#include <string.h>

void limen_metrics_init(struct limen_metrics *m, bool old)
{
	*m = (struct limen_metrics){ .old = old, .text = g_string_sized_new(16384) };
}

char *limen_metrics_finish(struct limen_metrics *m)
{
	if (!m->old)
		g_string_append(m->text, "# EOF\n");
	return g_string_free(g_steal_pointer(&m->text), FALSE);
}

static void head(struct limen_metrics *m, const char *name, const char *suffix, const char *type,
	const char *help)
{
	g_string_append_printf(m->text, "# TYPE %s%s %s\n# HELP %s%s %s\n", name, suffix, type,
		name, suffix, help);
}

void limen_metrics_family(
	struct limen_metrics *m, const char *name, enum limen_metric_type type, const char *help)
{
	static const char *const types[] = { "gauge", "counter", "histogram" };

	m->name = name;
	m->type = type;
	head(m, name, m->old && type == LIMEN_METRIC_COUNTER ? "_total" : "", types[type], help);
}

static void append_escaped(GString *text, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n')
			g_string_append(text, "\\n");
		else if (*value == '"' || *value == '\\')
			g_string_append_printf(text, "\\%c", *value);
		else
			g_string_append_c(text, *value);
	}
}

static void append_name(struct limen_metrics *m, const char *label, const char *value)
{
	g_string_append(m->text, m->name);
	if (m->type == LIMEN_METRIC_COUNTER)
		g_string_append(m->text, "_total");
	if (label) {
		g_string_append_printf(m->text, "{%s=\"", label);
		append_escaped(m->text, value);
		g_string_append(m->text, "\"}");
	}
}

void limen_metrics_count(struct limen_metrics *m, const char *label, const char *value, uint64_t n)
{
	append_name(m, label, value);
	g_string_append_printf(m->text, " %" PRIu64 "\n", n);
}

void limen_metrics_gauge(struct limen_metrics *m, const char *label, const char *value, double x)
{
	char number[G_ASCII_DTOSTR_BUF_SIZE];

	append_name(m, label, value);
	g_string_append_printf(
		m->text, " %s\n", g_ascii_formatd(number, sizeof(number), "%.15g", x));
}

void limen_metrics_histogram(
	struct limen_metrics *m, const char *labels, const struct limen_histogram *h)
{
	char number[G_ASCII_DTOSTR_BUF_SIZE];
	uint64_t sum = 0;

	for (unsigned i = 0; i <= LIMEN_HISTOGRAM_BOUNDS; i++) {
		const double bound =
			i < LIMEN_HISTOGRAM_BOUNDS ? limen_histogram_bounds_us[i] / 1e6 : 0;

		sum += h->n[i];
		g_ascii_formatd(number, sizeof(number), "%g", bound);
		g_string_append_printf(m->text, "%s_bucket{%s%sle=\"%s%s\"} %" PRIu64 "\n", m->name,
			labels ? labels : "", labels ? "," : "",
			i < LIMEN_HISTOGRAM_BOUNDS ? number : "+Inf",
			i < LIMEN_HISTOGRAM_BOUNDS && !strchr(number, '.') ? ".0" : "", sum);
	}
	g_string_append_printf(m->text, "%s_count%s%s%s %" PRIu64 "\n", m->name, labels ? "{" : "",
		labels ? labels : "", labels ? "}" : "", sum);
	g_ascii_formatd(number, sizeof(number), "%.15g", (double)h->sum_us / 1e6);
	g_string_append_printf(m->text, "%s_sum%s%s%s %s\n", m->name, labels ? "{" : "",
		labels ? labels : "", labels ? "}" : "", number);
}

void limen_metrics_two_names(
	struct limen_metrics *m, const char *name, const char *help, uint64_t n)
{
	head(m, name, "", m->old ? "untyped" : "unknown", help);
	g_string_append_printf(m->text, "%s %" PRIu64 "\n", name, n);
	head(m, name, "_total", m->old ? "counter" : "unknown", help);
	g_string_append_printf(m->text, "%s_total %" PRIu64 "\n", name, n);
}
