/*
 * An operator's requests to a transport: "configure" and "connections". Threads: see query.h.
 */
#include "kit/query.h"

#include "kit/framing.h"

#include <string.h>

#define ERROR_UNKNOWN 411
#define ERROR_MISSING 412
#define ERROR_INVALID 413

void limen_query_init(struct limen_query_settings *s, bool events, const char *json)
{
	g_atomic_int_set(&s->events, events);
	g_atomic_int_set(&s->style, (int)limen_framing_style(json));
}

bool limen_query_events(const struct limen_query_settings *s)
{
	return g_atomic_int_get(&s->events);
}

size_t limen_query_style(const struct limen_query_settings *s)
{
	return (size_t)g_atomic_int_get(&s->style);
}

static json_t *error(int code, const char *text, const char *about)
{
	g_autofree char *reason = g_strdup_printf(text, about);

	return json_pack("{s:i, s:s}", "error_code", code, "error", reason);
}

/* NULL when the members that are there have their types. */
static json_t *check_configure(const json_t *request)
{
	json_t *events = json_object_get(request, "events");
	static const char *const texts[] = { "json", "logging" };

	if (events && !json_is_boolean(events))
		return error(
			ERROR_INVALID, "Invalid element type (%s should be boolean)", "events");
	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++) {
		json_t *text = json_object_get(request, texts[i]);

		if (text && !json_is_string(text))
			return error(ERROR_INVALID, "Invalid element type (%s should be string)",
				texts[i]);
	}
	return NULL;
}

static bool is_style(const char *json)
{
	return !strcmp(json, "indented") || !strcmp(json, "plain") || !strcmp(json, "compact");
}

/* "events" that is left out means false: clients of this API rely on it. */
static json_t *configure(const struct limen_query *q, const json_t *request)
{
	const char *json = json_string_value(json_object_get(request, "json"));
	const char *logging = json_string_value(json_object_get(request, "logging"));
	json_t *wrong = check_configure(request);
	json_t *notes;

	if (wrong)
		return wrong;
	notes = json_array();
	g_atomic_int_set(&q->settings->events, json_is_true(json_object_get(request, "events")));
	if (json && is_style(json))
		g_atomic_int_set(&q->settings->style, (int)limen_framing_style(json));
	else if (json)
		json_array_append_new(
			notes, json_string("Ignoring unsupported indentation format"));
	if (logging && q->logging)
		q->logging(logging);
	else if (logging)
		json_array_append_new(notes, json_string("Ignoring logging, which cannot be set"));
	if (json_array_size(notes) > 0)
		return json_pack("{s:i, s:o}", "result", 200, "notes", notes);
	json_decref(notes);
	return json_pack("{s:i}", "result", 200);
}

static json_t *connections(const struct limen_query *q)
{
	json_t *answer = json_pack("{s:i}", "result", 200);

	q->add_connections(answer);
	return answer;
}

json_t *limen_query_answer(const struct limen_query *q, const json_t *request)
{
	const json_t *kind = json_object_get(request, "request");
	const char *name = json_string_value(kind);

	if (!kind)
		return error(ERROR_MISSING, "Missing mandatory element (%s)", "request");
	if (!name)
		return error(
			ERROR_INVALID, "Invalid element type (%s should be string)", "request");
	if (!strcmp(name, "configure"))
		return configure(q, request);
	if (!strcmp(name, "connections") && q->add_connections)
		return connections(q);
	return error(ERROR_UNKNOWN, "Unknown request '%s'", name);
}
