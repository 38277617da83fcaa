/*
 * Comparing JSON values with what a test expects. Pure.
 */
#ifndef LIMEN_TESTS_JSON_DIFFERENCE_H
#define LIMEN_TESTS_JSON_DIFFERENCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline const char *json_difference(const json_t *actual, const json_t *expected, bool exact);

static inline const char *json_object_difference(
	const json_t *actual, const json_t *expected, bool exact)
{
	const char *key, *found = NULL;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)expected, key, value) if (!found &&
		json_difference(json_object_get(actual, key), value, exact)) found = key;
	json_object_foreach((json_t *)(uintptr_t)actual, key,
		value) if (exact && !found && !json_object_get(expected, key)) found = key;
	return found;
}

/* Where the two differ; NULL when actual has all of expected, and nothing else if exact. */
static inline const char *json_difference(const json_t *actual, const json_t *expected, bool exact)
{
	const char *found = NULL;
	json_t *value;
	size_t i;

	if (json_is_null(expected))
		return actual ? "a member that should not be there" : NULL;
	if (actual && json_is_string(expected) && strcmp(json_string_value(expected), "*") == 0)
		return NULL;
	if (json_is_object(expected) && json_is_object(actual))
		return json_object_difference(actual, expected, exact);
	if (json_is_array(expected) && json_is_array(actual) &&
		json_array_size(actual) == json_array_size(expected)) {
		json_array_foreach(expected, i, value) if (!found) found =
			json_difference(json_array_get(actual, i), value, exact);
		return found;
	}
	return actual && json_equal(actual, expected) ? NULL : "value";
}

#endif
