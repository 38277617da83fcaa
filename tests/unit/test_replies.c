/*
 * Shapes of replies, secrets, and events for event handlers.
 */
#include "kit/replies.h"
#include <stdlib.h>

static struct {
	const struct limen_module_head *head;
	unsigned type;
	uint64_t session, handle;
	json_t *body;
} emitted;

static void emit(const struct limen_module_head *head, unsigned type, uint64_t session,
	uint64_t handle, json_t *body)
{
	json_decref(emitted.body);
	emitted.head = head;
	emitted.type = type;
	emitted.session = session;
	emitted.handle = handle;
	emitted.body = body;
}

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

static const struct limen_plugin_services services = { .base.emit = emit, .fail = fail };
const struct limen_plugin_services *limen = &services;

static const struct limen_plugin_errors codes = { 1, 2, 3, 444, 555 };

static void expect_json(json_t *v, const char *wanted)
{
	char *text = json_dumps(v, JSON_COMPACT);

	g_assert_cmpstr(text, ==, wanted);
	free(text);
	json_decref(v);
}

static void test_shapes(void)
{
	json_t *reply = limen_replies_new("videoroom", "event");
	json_t *object = json_object();

	limen_replies_add_text(reply, "display", NULL);
	limen_replies_add_text(reply, "room", "a");
	limen_replies_add_json(reply, "metadata", NULL);
	limen_replies_add_json(reply, "data", object);
	limen_replies_add_true(reply, "talking", false);
	limen_replies_add_true(reply, "muted", true);
	g_assert_cmpuint(object->refcount, ==, 2); /* borrowed: the caller still has its own */
	json_decref(object);
	expect_json(reply, "{\"videoroom\":\"event\",\"room\":\"a\",\"data\":{},\"muted\":true}");
}

static void test_same_secret(void)
{
	static const char *const secrets[] = { "", "a", "b", "aa", "ab", "aaa", "secret", "secre",
		"secrets", "secretsecret", "Secret",
		("s\xc3\xa9"
		 "cret") };

	for (size_t i = 0; i < G_N_ELEMENTS(secrets); i++) {
		for (size_t j = 0; j < G_N_ELEMENTS(secrets); j++)
			g_assert_cmpint(
				limen_replies_same_secret(secrets[i], secrets[j]), ==, i == j);
		g_assert_false(limen_replies_same_secret(secrets[i], NULL));
		g_assert_false(limen_replies_same_secret(NULL, secrets[i]));
	}
	g_assert_false(limen_replies_same_secret(NULL, NULL));
}

static void expect_secret(const char *body, const char *wanted, int code, const char *reason)
{
	struct limen_request r = { .body = json_loads(body, 0, NULL) };
	int err = limen_replies_check_secret(&r, &codes, "pin", wanted, 433);

	g_assert_cmpint(err, ==, code ? LIMEN_EINVAL : 0);
	g_assert_cmpint(r.error_code, ==, code);
	g_assert_cmpstr(r.error_text, ==, reason);
	g_free(r.error_text);
	json_decref(r.body);
}

static void test_check_secret(void)
{
	expect_secret("{}", NULL, 0, NULL);
	expect_secret("{\"pin\":5}", NULL, 0, NULL);
	expect_secret("{\"pin\":\"1234\"}", "1234", 0, NULL);
	expect_secret("{}", "1234", 444, "Missing mandatory element (pin)");
	expect_secret(
		"{\"pin\":1234}", "1234", 555, "Invalid element type (pin should be a string)");
	expect_secret(
		"{\"pin\":null}", "1234", 555, "Invalid element type (pin should be a string)");
	expect_secret("{\"pin\":\"123\"}", "1234", 433, "Unauthorized (wrong pin)");
	expect_secret("{\"pin\":\"\"}", "1234", 433, "Unauthorized (wrong pin)");
	expect_secret("{\"pin\":\"12341234\"}", "1234", 433, "Unauthorized (wrong pin)");
}

static void test_emit(void)
{
	static const struct limen_module_head head = { .name = "test" };
	struct limen_handle h = { .id = 7, .session = 6 };

	limen_replies_emit(&head, &h, json_object());
	g_assert_true(emitted.head == &head);
	g_assert_cmpuint(emitted.type, ==, 64);
	g_assert_cmpuint(emitted.session, ==, 6);
	g_assert_cmpuint(emitted.handle, ==, 7);
	g_assert_cmpuint(emitted.body->refcount, ==, 1);
	limen_replies_emit(&head, NULL, json_object());
	g_assert_cmpuint(emitted.session, ==, 0);
	g_assert_cmpuint(emitted.handle, ==, 0);
	json_decref(emitted.body);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/replies/shapes", test_shapes);
	g_test_add_func("/replies/same-secret", test_same_secret);
	g_test_add_func("/replies/check-secret", test_check_secret);
	g_test_add_func("/replies/emit", test_emit);
	return g_test_run();
}
