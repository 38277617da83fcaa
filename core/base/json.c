/*
 * Field tables against JSON objects. Pure; any thread.
 */
#include "core/base/json.h"
#include <glib.h>

static bool fits(const json_t *v, enum limen_field_type type, bool string_ids)
{
	switch (type) {
	case LIMEN_F_BOOL:
		return json_is_boolean(v);
	case LIMEN_F_INT:
		return json_is_integer(v);
	case LIMEN_F_UINT:
		return json_is_integer(v) && json_integer_value(v) >= 0;
	case LIMEN_F_STRING:
		return json_is_string(v);
	case LIMEN_F_OBJECT:
		return json_is_object(v);
	case LIMEN_F_ARRAY:
		return json_is_array(v);
	case LIMEN_F_ID:
		return string_ids ? json_is_string(v)
				  : json_is_integer(v) && json_integer_value(v) >= 0;
	}
	return false;
}

static const char *expected(enum limen_field_type type, bool string_ids)
{
	static const char *const names[] = {
		[LIMEN_F_BOOL] = "a boolean",
		[LIMEN_F_INT] = "an integer",
		[LIMEN_F_UINT] = "a positive integer",
		[LIMEN_F_STRING] = "a string",
		[LIMEN_F_OBJECT] = "an object",
		[LIMEN_F_ARRAY] = "an array",
		[LIMEN_F_ID] = "a positive integer",
	};

	return type == LIMEN_F_ID && string_ids ? "a string" : names[type];
}

enum limen_field_fault limen_fields_check(
	const json_t *object, const struct limen_field *table, bool string_ids, char **reason)
{
	for (; table && table->name; table++) {
		const json_t *v = json_object_get(object, table->name);

		if (!v && table->required) {
			*reason = g_strdup_printf("Missing mandatory element (%s)", table->name);
			return LIMEN_FIELD_MISSING;
		}
		if (!v || (json_is_null(v) && !table->required))
			continue;
		if (!fits(v, table->type, string_ids)) {
			*reason = g_strdup_printf("Invalid element type (%s should be %s)",
				table->name, expected(table->type, string_ids));
			return LIMEN_FIELD_TYPE;
		}
	}
	return LIMEN_FIELD_OK;
}

const char *limen_json_string(const json_t *object, const char *name, const char *fallback)
{
	const json_t *v = json_object_get(object, name);

	return json_is_string(v) ? json_string_value(v) : fallback;
}

int64_t limen_json_int(const json_t *object, const char *name, int64_t fallback)
{
	const json_t *v = json_object_get(object, name);

	return json_is_integer(v) ? json_integer_value(v) : fallback;
}

bool limen_json_bool(const json_t *object, const char *name, bool fallback)
{
	const json_t *v = json_object_get(object, name);

	return json_is_boolean(v) ? json_is_true(v) : fallback;
}
