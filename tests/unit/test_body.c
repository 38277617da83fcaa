/*
 * Request bodies: readers that never fail, and nested objects with the exact error texts.
 */
#include "kit/body.h"

static int fail(struct limen_request *r, int code, const char *format, ...)
{
	va_list args;

	g_assert_cmpint(r->error_code, ==, 0);
	r->error_code = code;
	va_start(args, format);
	r->error_text = g_strdup_vprintf(format, args);
	va_end(args);
	return LIMEN_EINVAL;
}

static const struct limen_plugin_services services = { .fail = fail };
const struct limen_plugin_services *limen = &services;

static const struct limen_plugin_errors codes = { 1, 2, 3, 444, 555 };

static const struct limen_field table[] = {
	{ "feed", LIMEN_F_ID, true },
	{ "mid", LIMEN_F_STRING, false },
	{ "layer", LIMEN_F_UINT, false },
	{ "shift", LIMEN_F_INT, false },
	{ "on", LIMEN_F_BOOL, false },
	{ "extra", LIMEN_F_OBJECT, false },
	{ "list", LIMEN_F_ARRAY, false },
	LIMEN_FIELDS_END,
};

static json_t *parse(const char *text)
{
	json_t *v = json_loads(text, 0, NULL);

	g_assert_nonnull(v);
	return v;
}

static void expect(const char *text, bool string_ids, int code, const char *reason)
{
	struct limen_request r = { 0 };
	json_t *v = parse(text);
	int err = json_is_array(v) ? limen_body_check_array(&r, &codes, v, table, string_ids)
				   : limen_body_check(&r, &codes, v, table, string_ids);

	g_assert_cmpint(err, ==, code ? LIMEN_EINVAL : 0);
	g_assert_cmpint(r.error_code, ==, code);
	g_assert_cmpstr(r.error_text, ==, reason);
	g_free(r.error_text);
	json_decref(v);
}

static void test_readers(void)
{
	json_t *o = parse("{\"s\":\"t\",\"i\":-5,\"b\":true,\"f\":false,\"n\":null,\"r\":1.5}");

	g_assert_cmpstr(limen_body_string(o, "s", "?"), ==, "t");
	g_assert_cmpstr(limen_body_string(o, "i", "?"), ==, "?");
	g_assert_cmpstr(limen_body_string(o, "none", NULL), ==, NULL);
	g_assert_cmpint(limen_body_int(o, "i", 9), ==, -5);
	g_assert_cmpint(limen_body_int(o, "r", 9), ==, 9);
	g_assert_cmpint(limen_body_int(NULL, "i", 9), ==, 9);
	g_assert_true(limen_body_bool(o, "b", false));
	g_assert_false(limen_body_bool(o, "f", true));
	g_assert_true(limen_body_bool(o, "s", true));
	g_assert_true(limen_body_has(o, "f"));
	g_assert_false(limen_body_has(o, "n"));
	g_assert_false(limen_body_has(o, "none"));
	g_assert_false(limen_body_has(NULL, "s"));
	json_decref(o);
}

static void test_object(void)
{
	expect("{\"feed\":1}", false, 0, NULL);
	expect("{\"feed\":0,\"mid\":null,\"layer\":null,\"other\":[]}", false, 0, NULL);
	expect("{\"feed\":\"a\"}", true, 0, NULL);
	expect("{\"feed\":1,\"mid\":\"\",\"layer\":0,\"shift\":-3,\"on\":false,\"extra\":{},"
	       "\"list\":[]}",
		false, 0, NULL);
	expect("{}", false, 444, "Missing mandatory element (feed)");
	expect("{\"feed\":null}", false, 555,
		"Invalid element type (feed should be a positive integer)");
	expect("{\"feed\":-1}", false, 555,
		"Invalid element type (feed should be a positive integer)");
	expect("{\"feed\":\"1\"}", false, 555,
		"Invalid element type (feed should be a positive integer)");
	expect("{\"feed\":1}", true, 555, "Invalid element type (feed should be a string)");
}

static void test_types(void)
{
	static const char *const faults[][2] = {
		{ "\"mid\":0", "mid should be a string" },
		{ "\"layer\":-1", "layer should be a positive integer" },
		{ "\"layer\":\"1\"", "layer should be a positive integer" },
		{ "\"shift\":1.0", "shift should be an integer" },
		{ "\"on\":1", "on should be a boolean" },
		{ "\"extra\":[]", "extra should be an object" },
		{ "\"list\":{}", "list should be an array" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(faults); i++) {
		g_autofree char *text = g_strdup_printf("{\"feed\":1,%s}", faults[i][0]);
		g_autofree char *reason =
			g_strdup_printf("Invalid element type (%s)", faults[i][1]);

		expect(text, false, 555, reason);
	}
}

static void test_array(void)
{
	struct limen_request r = { 0 };

	expect("[]", false, 0, NULL);
	expect("[{\"feed\":1},{\"feed\":2}]", false, 0, NULL);
	expect("[{\"feed\":1},{\"mid\":\"0\"}]", false, 444, "Missing mandatory element (feed)");
	expect("[{\"feed\":1},{\"feed\":1,\"mid\":2}]", false, 555,
		"Invalid element type (mid should be a string)");
	expect("[{\"feed\":1},5]", false, 555,
		"Invalid element type (array entries should be objects)");
	expect("[null]", false, 555, "Invalid element type (array entries should be objects)");
	g_assert_cmpint(limen_body_check_array(&r, &codes, NULL, table, false), ==, 0);
}

static void test_array_limit(void)
{
	struct limen_request r = { 0 };
	json_t *entry = parse("{\"feed\":1}"), *array = json_array();

	for (unsigned i = 0; i < LIMEN_BODY_ENTRIES_MAX; i++)
		json_array_append(array, entry);
	g_assert_cmpint(limen_body_check_array(&r, &codes, array, table, false), ==, 0);
	json_array_append_new(array, entry);
	g_assert_cmpint(limen_body_check_array(&r, &codes, array, table, false), ==, LIMEN_EINVAL);
	g_assert_cmpint(r.error_code, ==, 555);
	g_assert_cmpstr(r.error_text, ==, "Invalid element (more than 256 entries)");
	g_free(r.error_text);
	json_decref(array);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/body/readers", test_readers);
	g_test_add_func("/body/object", test_object);
	g_test_add_func("/body/types", test_types);
	g_test_add_func("/body/array", test_array);
	g_test_add_func("/body/array-limit", test_array_limit);
	return g_test_run();
}
