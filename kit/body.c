/*
 * Reading request bodies. The host has checked the top level by the plugin's field table; entries
 * of arrays are checked here by the same kind of table, so that their error texts are the same.
 * Thread: that of the request.
 */
#include "kit/body.h"

const char *limen_body_string(const json_t *body, const char *name, const char *fallback)
{
	const json_t *v = json_object_get(body, name);

	return json_is_string(v) ? json_string_value(v) : fallback;
}

int64_t limen_body_int(const json_t *body, const char *name, int64_t fallback)
{
	const json_t *v = json_object_get(body, name);

	return json_is_integer(v) ? json_integer_value(v) : fallback;
}

bool limen_body_bool(const json_t *body, const char *name, bool fallback)
{
	const json_t *v = json_object_get(body, name);

	return json_is_boolean(v) ? json_is_true(v) : fallback;
}

json_t *limen_body_array(const json_t *body, const char *name)
{
	json_t *v = json_object_get(body, name);

	return json_is_array(v) ? v : NULL;
}

bool limen_body_has(const json_t *body, const char *name)
{
	const json_t *v = json_object_get(body, name);

	return v && !json_is_null(v);
}

static bool is_unsigned(const json_t *v)
{
	return json_is_integer(v) && json_integer_value(v) >= 0;
}

/* What a value of this type is called in an error text; NULL when v is one. */
static const char *type_fault(const json_t *v, enum limen_field_type type, bool string_ids)
{
	switch (type) {
	case LIMEN_F_BOOL:
		return json_is_boolean(v) ? NULL : "a boolean";
	case LIMEN_F_INT:
		return json_is_integer(v) ? NULL : "an integer";
	case LIMEN_F_UINT:
		return is_unsigned(v) ? NULL : "a positive integer";
	case LIMEN_F_STRING:
		return json_is_string(v) ? NULL : "a string";
	case LIMEN_F_OBJECT:
		return json_is_object(v) ? NULL : "an object";
	case LIMEN_F_ARRAY:
		return json_is_array(v) ? NULL : "an array";
	case LIMEN_F_ID:
		return string_ids ? type_fault(v, LIMEN_F_STRING, false)
				  : type_fault(v, LIMEN_F_UINT, false);
	}
	return "known";
}

int limen_body_check(struct limen_request *r, const struct limen_plugin_errors *codes,
	const json_t *object, const struct limen_field *table, bool string_ids)
{
	for (; table->name; table++) {
		const json_t *v = json_object_get(object, table->name);
		const char *expected;

		if (!v && table->required)
			return limen->fail(
				r, codes->missing, "Missing mandatory element (%s)", table->name);
		if (!v || (json_is_null(v) && !table->required))
			continue;
		if ((expected = type_fault(v, table->type, string_ids)))
			return limen->fail(r, codes->invalid,
				"Invalid element type (%s should be %s)", table->name, expected);
	}
	return 0;
}

int limen_body_check_array(struct limen_request *r, const struct limen_plugin_errors *codes,
	const json_t *array, const struct limen_field *table, bool string_ids)
{
	size_t i;
	json_t *entry;
	int err;

	if (json_array_size(array) > LIMEN_BODY_ENTRIES_MAX)
		return limen->fail(r, codes->invalid, "Invalid element (more than %u entries)",
			LIMEN_BODY_ENTRIES_MAX);
	json_array_foreach(array, i, entry)
	{
		if (!json_is_object(entry))
			return limen->fail(r, codes->invalid,
				"Invalid element type (array entries should be objects)");
		if ((err = limen_body_check(r, codes, entry, table, string_ids)))
			return err;
	}
	return 0;
}
