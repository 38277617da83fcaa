/*
 * What transports over a broker do alike. Thread: any.
 */
#include "kit/broker_transport.h"
#include "kit/framing.h"

#include <string.h>

#define EVENT_TRANSPORT 128 /* LIMEN_EVENT_TRANSPORT, of the other kind of module */
#define QUERY_OK 200
#define QUERY_UNKNOWN 411
#define QUERY_MISSING 412
#define QUERY_INVALID 413

void limen_broker_transport_read(
	struct limen_broker_transport *t, const struct limen_transport *module)
{
	const struct limen_base_services *base = &limen->base;
	const struct limen_module_head *head = &module->head;

	t->module = module;
	t->enabled = base->option_bool(head, "general", "enabled");
	t->admin = base->option_bool(head, "admin", "admin_enabled");
	g_atomic_int_set(&t->events, base->option_bool(head, "general", "events"));
	g_atomic_int_set(
		&t->style, (gint)limen_framing_style(base->option_string(head, "general", "json")));
}

json_t *limen_broker_transport_parse(const char *bytes, size_t len, json_t **error)
{
	const struct limen_framing framing = { .bytes_max = LIMEN_FRAMING_BYTES_DEFAULT,
		.wording = LIMEN_FRAMING_MESSAGE };
	char reason[LIMEN_FRAMING_REASON_MAX];
	g_autoptr(GPtrArray) docs = NULL;

	*error = NULL;
	if (limen_framing_parse(&framing, bytes, len, &docs, reason)) {
		*error = limen_framing_error(LIMEN_API_INVALID_JSON, reason);
		return NULL;
	}
	return json_incref(g_ptr_array_index(docs, 0));
}

char *limen_broker_transport_print(struct limen_broker_transport *t, json_t *msg, size_t *len)
{
	char *text = limen_framing_print(msg, (size_t)g_atomic_int_get(&t->style), len);

	json_decref(msg);
	return text;
}

void limen_broker_transport_event(struct limen_broker_transport *t, const char *event)
{
	json_t *data;

	if (!g_atomic_int_get(&t->events))
		return;
	data = json_pack("{s:s}", "event", event);
	if (!strcmp(event, "failed"))
		json_object_set_new(data, "code", json_integer(-1));
	limen->base.emit(&t->module->head, EVENT_TRANSPORT, 0, 0,
		json_pack("{s:s,s:s,s:o}", "transport", t->module->head.name, "id", "1", "data",
			data));
}

static json_t *fail(int code, const char *error)
{
	return json_pack("{s:i,s:s}", "error_code", code, "error", error);
}

json_t *limen_broker_transport_query(struct limen_broker_transport *t, const json_t *request)
{
	const char *verb = json_string_value(json_object_get(request, "request"));
	const json_t *events = json_object_get(request, "events"),
		     *json = json_object_get(request, "json");

	if (!verb)
		return fail(QUERY_MISSING, "Missing mandatory element (request)");
	if (g_ascii_strcasecmp(verb, "configure") != 0)
		return fail(QUERY_UNKNOWN, "Unknown request");
	if (events && !json_is_boolean(events))
		return fail(QUERY_INVALID, "Invalid element type (events should be a boolean)");
	if (json && !json_is_string(json))
		return fail(QUERY_INVALID, "Invalid element type (json should be a string)");
	g_atomic_int_set(&t->events, json_is_true(events)); /* absent is false: spec §2.2 */
	if (json)
		g_atomic_int_set(&t->style, (gint)limen_framing_style(json_string_value(json)));
	return json_pack("{s:i}", "result", QUERY_OK);
}
