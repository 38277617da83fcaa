/*
 * JSON requests checked by field tables (include/limen/module.h). Pure; any thread.
 */
#ifndef LIMEN_BASE_JSON_H
#define LIMEN_BASE_JSON_H

#include <jansson.h>
#include <limen/module.h>

enum limen_field_fault { LIMEN_FIELD_OK, LIMEN_FIELD_MISSING, LIMEN_FIELD_TYPE };

/* Checks object's members against the table in table order; the first fault wins. JSON null counts
 * as the wrong type for a required member and as absent for an optional one. string_ids: LIMEN_F_ID
 * means a string, else a positive integer. *reason (new, only with a fault): "Missing mandatory
 * element (room)", "Invalid element type (room should be a positive integer)" / "a string" / "a
 * boolean" / "an integer" / "an object" / "an array". */
enum limen_field_fault limen_fields_check(
	const json_t *object, const struct limen_field *table, bool string_ids, char **reason);

/* Readers that never fail: the fallback when absent or of another type. */
const char *limen_json_string(const json_t *object, const char *name, const char *fallback);
int64_t limen_json_int(const json_t *object, const char *name, int64_t fallback);
bool limen_json_bool(const json_t *object, const char *name, bool fallback);

#endif
