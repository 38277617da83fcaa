/*
 * Histograms by verb and result. The names are those of the verb tables, so that a client cannot
 * make more. Thread: any.
 */
#include "core/session/verb_times.h"
#include <strings.h>
#include "core/session/request.h"

#define VERBS_MAX 32u /* in both tables; the last place is that of all other names */

static struct limen_histogram times[VERBS_MAX][2]; /* good, failed; atomic */

static const char *name_at(unsigned place)
{
	unsigned i = 0;

	for (const struct limen_verb *v = limen_verbs_session; v->name; v++)
		if (i++ == place)
			return v->name;
	for (const struct limen_verb *v = limen_verbs_handle; v->name; v++)
		if (i++ == place)
			return v->name;
	return NULL;
}

static unsigned place_of(const char *verb)
{
	const char *name;

	for (unsigned i = 0; verb && i < VERBS_MAX - 1 && (name = name_at(i)); i++)
		if (strcasecmp(name, verb) == 0)
			return i;
	return VERBS_MAX - 1;
}

void limen_verb_times_note(const char *verb, bool failed, int64_t us)
{
	limen_histogram_add(&times[place_of(verb)][failed], us);
}

void limen_verb_times_write(struct limen_metrics *m)
{
	for (unsigned i = 0; i < VERBS_MAX; i++) {
		const char *name = i < VERBS_MAX - 1 ? name_at(i) : "other";

		for (unsigned failed = 0; name && failed < 2; failed++) {
			g_autofree char *labels = g_strdup_printf(
				"verb=\"%s\",result=\"%s\"", name, failed ? "error" : "success");
			struct limen_histogram h;

			limen_histogram_read(&times[i][failed], &h);
			limen_metrics_histogram(m, labels, &h);
		}
	}
}
