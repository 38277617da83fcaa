/*
 * Bytes to JSON documents: what is accepted, and the exact texts of what is not.
 */
#include "kit/framing.h"

#include <stdlib.h>
#include <string.h>

static const struct limen_framing message = { .bytes_max = 1000, .several = true };
static const struct limen_framing http = { .bytes_max = 1000, .wording = LIMEN_FRAMING_HTTP };

static unsigned parse(const struct limen_framing *f, const char *text, size_t len, char *reason)
{
	g_autoptr(GPtrArray) docs = NULL;
	int err = limen_framing_parse(f, text, len, &docs, reason);

	g_assert_cmpint(err == 0, ==, docs != NULL);
	if (!err)
		reason[0] = '\0';
	return docs ? docs->len : 0;
}

static void expect_docs(const struct limen_framing *f, const char *text, unsigned count)
{
	char reason[LIMEN_FRAMING_REASON_MAX];

	g_assert_cmpuint(parse(f, text, strlen(text), reason), ==, count);
	g_assert_cmpstr(reason, ==, "");
}

static void expect_reason(const struct limen_framing *f, const char *text, const char *wanted)
{
	char reason[LIMEN_FRAMING_REASON_MAX];

	g_assert_cmpuint(parse(f, text, strlen(text), reason), ==, 0);
	g_assert_cmpstr(reason, ==, wanted);
}

static void test_documents(void)
{
	expect_docs(&message, "{}", 1);
	expect_docs(&message, " {\"a\":1}\r\n\t ", 1);
	expect_docs(&message, "{}{}", 2);
	expect_docs(&message, "{} \n[1] {\"b\":[]} ", 3);
	expect_docs(&http, "{} ", 1);
}

static void test_order(void)
{
	g_autoptr(GPtrArray) docs = NULL;
	char reason[LIMEN_FRAMING_REASON_MAX];
	const char *text = "{\"n\":0} {\"n\":1}{\"n\":2}";

	g_assert_cmpint(limen_framing_parse(&message, text, strlen(text), &docs, reason), ==, 0);
	g_assert_cmpuint(docs->len, ==, 3);
	for (unsigned i = 0; i < docs->len; i++)
		g_assert_cmpint(json_integer_value(json_object_get(docs->pdata[i], "n")), ==, i);
}

static void test_texts(void)
{
	expect_reason(&message, "nope",
		"Invalid Janus API request - <string>(1,4): '[' or '{' expected near 'nope'");
	expect_reason(&http, "not", "JSON error: on line 1: '[' or '{' expected near 'not'");
	expect_reason(&http, "{} {}", "JSON error: on line 1: end of file expected near '{'");
	expect_reason(&message, "",
		"Invalid Janus API request - <string>(1,0): '[' or '{' expected near end of file");
}

static void test_refused(void)
{
	static const char *const bad[] = { "{\"a\":1,\"a\":2}", "{\"a\":\"\\u0000\"}", "{}{", "{}x",
		"{\"a\":\"\xff\"}", "\"text\"", "5", "{\"a\":01}", "{\"a\":1e999}",
		"{\"a\":99999999999999999999}" };
	char reason[LIMEN_FRAMING_REASON_MAX];

	for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_assert_cmpuint(parse(&message, bad[i], strlen(bad[i]), reason), ==, 0);
		g_assert_true(g_str_has_prefix(reason, "Invalid Janus API request - <string>("));
		g_assert_true(g_utf8_validate(reason, -1, NULL));
	}
	/* A NUL byte inside the text is not its end. */
	g_assert_cmpuint(parse(&message, "{}\0{}", 5, reason), ==, 0);
}

static void test_depth(void)
{
	g_autofree char *open = g_strnfill(LIMEN_FRAMING_DEPTH_MAX, '[');
	g_autofree char *close = g_strnfill(LIMEN_FRAMING_DEPTH_MAX, ']');
	g_autofree char *full = g_strconcat(open, close, NULL);
	g_autofree char *over = g_strconcat("\n", open, "[", close, "]", NULL);
	g_autofree char *quoted = g_strconcat("[\"\\\"", open, open, "\"]", NULL);

	expect_docs(&message, full, 1);
	expect_docs(&message, quoted, 1);
	expect_reason(&message, over,
		"Invalid Janus API request - <string>(2,65): nesting deeper than 64 levels");
	expect_reason(&http, over, "JSON error: on line 2: nesting deeper than 64 levels");
}

static void test_size(void)
{
	g_autofree char *full = g_strnfill(1000, ' ');
	g_autofree char *over = g_strconcat(full, " ", NULL);

	full[0] = '{';
	full[1] = '}';
	expect_docs(&message, full, 1);
	expect_reason(&message, over,
		"Invalid Janus API request - <string>(1,1): message longer than the limit of 1000 "
		"bytes");
}

static void test_count(void)
{
	g_autoptr(GString) many = g_string_new(NULL);

	for (unsigned i = 0; i < LIMEN_FRAMING_DOCS_MAX; i++)
		g_string_append(many, "{}");
	expect_docs(&message, many->str, LIMEN_FRAMING_DOCS_MAX);
	g_string_append(many, "{}");
	expect_reason(&message, many->str,
		"Invalid Janus API request - <string>(1,1): too many documents in one message");
}

/* The reason quotes what was read; a long quotation must not end inside a character. */
static void test_long_quotation(void)
{
	char reason[LIMEN_FRAMING_REASON_MAX];

	for (unsigned shift = 0; shift < 4; shift++) {
		g_autoptr(GString) text = g_string_new("[\"");

		for (unsigned i = 0; i < shift; i++)
			g_string_append_c(text, 'x');
		for (unsigned i = 0; i < 200; i++)
			g_string_append(text, "\xf0\x9f\x98\x80");
		g_string_append(text, "\"x");
		g_assert_cmpuint(parse(&message, text->str, text->len, reason), ==, 0);
		g_assert_true(g_utf8_validate(reason, -1, NULL));
	}
}

static void test_print(void)
{
	static const struct {
		const char *style, *text;
	} cases[] = {
		{ "compact", "{\"b\":1,\"a\":[2]}" },
		{ NULL, "{\"b\":1,\"a\":[2]}" },
		{ "plain", "{\"b\": 1, \"a\": [2]}" },
		{ "indented", "{\n   \"b\": 1,\n   \"a\": [\n      2\n   ]\n}" },
	};
	json_t *value = json_pack("{s:i, s:[i]}", "b", 1, "a", 2);

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		size_t len;
		char *text = limen_framing_print(value, limen_framing_style(cases[i].style), &len);

		g_assert_cmpstr(text, ==, cases[i].text);
		g_assert_cmpuint(len, ==, strlen(text));
		free(text);
	}
	json_decref(value);
}

static void test_error(void)
{
	json_t *value = limen_framing_error(457, "why");
	size_t len;
	char *text = limen_framing_print(value, limen_framing_style(NULL), &len);

	g_assert_cmpstr(
		text, ==, "{\"janus\":\"error\",\"error\":{\"code\":457,\"reason\":\"why\"}}");
	free(text);
	json_decref(value);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/framing/documents", test_documents);
	g_test_add_func("/framing/order", test_order);
	g_test_add_func("/framing/texts", test_texts);
	g_test_add_func("/framing/refused", test_refused);
	g_test_add_func("/framing/depth", test_depth);
	g_test_add_func("/framing/size", test_size);
	g_test_add_func("/framing/count", test_count);
	g_test_add_func("/framing/long-quotation", test_long_quotation);
	g_test_add_func("/framing/print", test_print);
	g_test_add_func("/framing/error", test_error);
	return g_test_run();
}
