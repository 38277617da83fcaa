/*
 * JSON objects against field tables: which values fit, the exact texts of what does not, which
 * fault comes first.
 */
#include "core/base/json.h"
#include <glib.h>

static json_t *parse(const char *text)
{
	json_t *v = json_loads(text, JSON_DECODE_ANY, NULL);

	g_assert_nonnull(v);
	return v;
}

/* reason: what is expected, NULL when the object is to pass. */
static void expect(const char *text, const struct limen_field *table, bool string_ids,
	enum limen_field_fault wanted, const char *wanted_reason)
{
	g_autofree char *reason = NULL;
	json_t *object = parse(text);

	g_assert_cmpint(limen_fields_check(object, table, string_ids, &reason), ==, wanted);
	g_assert_cmpstr(reason, ==, wanted_reason);
	json_decref(object);
}

/* The values of one letter each: b boolean, n null, z 0, p positive, m negative, r real, s string,
 * e empty string, o object, a array. */
static const struct {
	char letter;
	const char *text;
} values[] = {
	{ 'b', "{\"x\":false}" },
	{ 'n', "{\"x\":null}" },
	{ 'z', "{\"x\":0}" },
	{ 'p', "{\"x\":9007199254740993}" },
	{ 'm', "{\"x\":-1}" },
	{ 'r', "{\"x\":1.0}" },
	{ 's', "{\"x\":\"1\"}" },
	{ 'e', "{\"x\":\"\"}" },
	{ 'o', "{\"x\":{}}" },
	{ 'a', "{\"x\":[]}" },
};

static void expect_fits(
	enum limen_field_type type, bool string_ids, const char *letters, const char *called)
{
	const struct limen_field needed[] = { { "x", type, true }, LIMEN_FIELDS_END };
	const struct limen_field optional[] = { { "x", type, false }, LIMEN_FIELDS_END };
	g_autofree char *reason = g_strdup_printf("Invalid element type (x should be %s)", called);

	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		const bool fits = strchr(letters, values[i].letter) != NULL;
		const bool absent = values[i].letter == 'n';

		expect(values[i].text, needed, string_ids, fits ? LIMEN_FIELD_OK : LIMEN_FIELD_TYPE,
			fits ? NULL : reason);
		expect(values[i].text, optional, string_ids,
			fits || absent ? LIMEN_FIELD_OK : LIMEN_FIELD_TYPE,
			fits || absent ? NULL : reason);
	}
	expect("{}", needed, string_ids, LIMEN_FIELD_MISSING, "Missing mandatory element (x)");
	expect("{\"X\":1}", needed, string_ids, LIMEN_FIELD_MISSING,
		"Missing mandatory element (x)");
	expect("{}", optional, string_ids, LIMEN_FIELD_OK, NULL);
}

static void test_types(void)
{
	expect_fits(LIMEN_F_BOOL, false, "b", "a boolean");
	expect_fits(LIMEN_F_INT, false, "zpm", "an integer");
	expect_fits(LIMEN_F_UINT, false, "zp", "a positive integer");
	expect_fits(LIMEN_F_STRING, false, "se", "a string");
	expect_fits(LIMEN_F_OBJECT, false, "o", "an object");
	expect_fits(LIMEN_F_ARRAY, false, "a", "an array");
}

static void test_ids(void)
{
	expect_fits(LIMEN_F_ID, false, "zp", "a positive integer");
	expect_fits(LIMEN_F_ID, true, "se", "a string");
	expect_fits(LIMEN_F_UINT, true, "zp", "a positive integer");
}

/* Table order decides, not the order of the members. */
static void test_first_fault(void)
{
	static const struct limen_field table[] = { { "a", LIMEN_F_INT, false },
		{ "room", LIMEN_F_ID, true }, { "c", LIMEN_F_STRING, true }, LIMEN_FIELDS_END };

	expect("{\"c\":1,\"room\":\"x\",\"a\":\"x\"}", table, false, LIMEN_FIELD_TYPE,
		"Invalid element type (a should be an integer)");
	expect("{\"c\":1,\"a\":1}", table, false, LIMEN_FIELD_MISSING,
		"Missing mandatory element (room)");
	expect("{\"c\":1,\"room\":-1}", table, false, LIMEN_FIELD_TYPE,
		"Invalid element type (room should be a positive integer)");
	expect("{\"c\":\"\",\"room\":1,\"d\":{}}", table, false, LIMEN_FIELD_OK, NULL);
}

static void test_no_object(void)
{
	static const struct limen_field table[] = { { "x", LIMEN_F_INT, true }, LIMEN_FIELDS_END };
	static const struct limen_field empty[] = { LIMEN_FIELDS_END };
	char *reason = NULL;

	expect("[1]", table, false, LIMEN_FIELD_MISSING, "Missing mandatory element (x)");
	expect("{\"x\":\"\"}", NULL, false, LIMEN_FIELD_OK, NULL);
	expect("{\"x\":\"\"}", empty, false, LIMEN_FIELD_OK, NULL);
	g_assert_cmpint(limen_fields_check(NULL, empty, false, &reason), ==, LIMEN_FIELD_OK);
	g_assert_cmpint(limen_fields_check(NULL, table, false, &reason), ==, LIMEN_FIELD_MISSING);
	g_free(reason);
}

static void test_readers(void)
{
	json_t *o = parse("{\"s\":\"t\",\"i\":-5,\"b\":true,\"f\":false,\"n\":null,\"r\":1.5}");

	g_assert_cmpstr(limen_json_string(o, "s", "?"), ==, "t");
	g_assert_cmpstr(limen_json_string(o, "i", "?"), ==, "?");
	g_assert_cmpstr(limen_json_string(o, "n", NULL), ==, NULL);
	g_assert_cmpint(limen_json_int(o, "i", 9), ==, -5);
	g_assert_cmpint(limen_json_int(o, "r", 9), ==, 9);
	g_assert_cmpint(limen_json_int(o, "b", 9), ==, 9);
	g_assert_true(limen_json_bool(o, "b", false));
	g_assert_false(limen_json_bool(o, "f", true));
	g_assert_true(limen_json_bool(o, "i", true));
	g_assert_false(limen_json_bool(o, "none", false));
	json_decref(o);
	g_assert_cmpstr(limen_json_string(NULL, "s", "?"), ==, "?");
	g_assert_cmpint(limen_json_int(NULL, "i", 9), ==, 9);
	g_assert_true(limen_json_bool(NULL, "b", true));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json/types", test_types);
	g_test_add_func("/json/ids", test_ids);
	g_test_add_func("/json/first-fault", test_first_fault);
	g_test_add_func("/json/no-object", test_no_object);
	g_test_add_func("/json/readers", test_readers);
	return g_test_run();
}
