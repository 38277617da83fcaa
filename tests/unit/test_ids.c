/*
 * Ids: text and wire forms lead back to each other; random ones keep their promises.
 */
#include "kit/ids.h"
#include <string.h>

/* What random() gives next: a byte that is repeated; 0 once, then this. */
static uint8_t given;
static unsigned zeros;

static void random_bytes(void *bytes, size_t len)
{
	memset(bytes, zeros > 0 ? 0 : given, len);
	zeros -= zeros > 0;
}

static const struct limen_plugin_services services = { .base.random = random_bytes };
const struct limen_plugin_services *limen = &services;

static void expect_text(json_t *id, const char *wanted)
{
	g_autofree char *text = limen_ids_text(id);

	g_assert_cmpstr(text, ==, wanted);
	json_decref(id);
}

static void test_text(void)
{
	expect_text(json_integer(1234), "1234");
	expect_text(json_integer(INT64_C(9007199254740991)), "9007199254740991");
	expect_text(json_integer(INT64_MAX), "9223372036854775807");
	expect_text(json_string("room 1"), "room 1");
	expect_text(json_string("0"), "0");
	/* "choose one for me" */
	expect_text(json_integer(0), NULL);
	expect_text(json_string(""), NULL);
	expect_text(json_null(), NULL);
	expect_text(json_true(), NULL);
	expect_text(json_real(1.0), NULL);
	expect_text(NULL, NULL);
}

static void test_json(void)
{
	static const char *const numbers[] = { "1", "4294967296", "9007199254740991",
		"9223372036854775807" };

	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		json_t *number = limen_ids_json(numbers[i], false);
		json_t *string = limen_ids_json(numbers[i], true);

		g_assert_true(json_is_integer(number));
		g_assert_cmpstr(json_string_value(string), ==, numbers[i]);
		expect_text(number, numbers[i]);
		expect_text(string, numbers[i]);
	}
}

static void test_numeric(void)
{
	static const char *const good[] = { "1", "10", "9007199254740991", "9223372036854775807" };
	static const char *const bad[] = { "", "0", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1e3",
		"room", "9223372036854775808", "99999999999999999999", "007", "01" };

	for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_true(limen_ids_numeric(good[i]));
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(limen_ids_numeric(bad[i]));
	g_assert_false(limen_ids_numeric(NULL));
}

static void test_random(void)
{
	g_autofree char *most = NULL, *some = NULL, *uuid = NULL, *zero = NULL;

	given = 0xff;
	zeros = 1; /* an id is never 0 */
	most = limen_ids_random(false);
	g_assert_cmpstr(most, ==, "9007199254740991");
	given = 1;
	some = limen_ids_random(false);
	g_assert_cmpstr(some, ==, "282578800148737");
	g_assert_true(limen_ids_numeric(some));
	zeros = 2;
	g_assert_cmpuint(limen_ids_random32(), ==, 0x01010101);
	/* RFC 9562 §5.4: version 4, variant 10 */
	given = 0xff;
	uuid = limen_ids_random(true);
	g_assert_cmpstr(uuid, ==, "ffffffff-ffff-4fff-bfff-ffffffffffff");
	g_assert_true(g_uuid_string_is_valid(uuid));
	given = 0;
	zero = limen_ids_random(true);
	g_assert_cmpstr(zero, ==, "00000000-0000-4000-8000-000000000000");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ids/text", test_text);
	g_test_add_func("/ids/json", test_json);
	g_test_add_func("/ids/numeric", test_numeric);
	g_test_add_func("/ids/random", test_random);
	return g_test_run();
}
