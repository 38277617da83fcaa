/*
 * What event handlers share: masks from labels, tweaks, the buffer's order, bounds and groups, and
 * the sender's retries.
 */
#include "kit/event.h"
#include "kit/event_buffer.h"
#include "kit/event_sender.h"
#include <string.h>

static gint logged; /* atomic */

static bool log_wanted(enum limen_log_level level)
{
	(void)level;
	return true;
}

static void log_write(enum limen_log_level level, const char *topic, uint64_t session,
	uint64_t handle, const char *format, ...)
{
	(void)level, (void)topic, (void)session, (void)handle, (void)format;
	g_atomic_int_inc(&logged);
}

static const struct limen_event_services services = { .base = { .log_wanted = log_wanted,
							      .log_write = log_write } };
const struct limen_event_services *limen = &services;

static void test_masks(void)
{
	g_assert_cmpuint(limen_event_mask(NULL), ==, 0);
	g_assert_cmpuint(limen_event_mask(""), ==, 0);
	g_assert_cmpuint(limen_event_mask("none"), ==, 0);
	g_assert_cmpuint(limen_event_mask("ALL"), ==, 511);
	g_assert_cmpuint(limen_event_mask(" Sessions ,cORE,nonsense,,media"), ==, 1 + 256 + 32);
	g_assert_cmpuint(limen_event_mask("session"), ==, 0);
	for (unsigned bit = 1; bit <= 256; bit <<= 1)
		g_assert_cmpuint(limen_event_mask(limen_event_label(bit)), ==, bit);
	g_assert_cmpstr(limen_event_name(16), ==, "WebRTC");
	g_assert_null(limen_event_name(3));
	g_assert_null(limen_event_label(512));
}

static int code_of(const char *text, const struct limen_field *fields)
{
	json_t *request = json_loads(text, 0, NULL), *error;
	int code;

	g_assert_nonnull(request);
	error = limen_event_tweak_check(request, fields);
	code = (int)json_integer_value(json_object_get(error, "error_code"));
	g_assert_cmpint(code != 0, ==, error != NULL);
	json_decref(error);
	json_decref(request);
	return code;
}

static void test_tweaks(void)
{
	static const struct limen_field fields[] = { { "port", LIMEN_F_UINT, true },
		{ "events", LIMEN_F_STRING, false }, { "grouping", LIMEN_F_BOOL, false },
		LIMEN_FIELDS_END };
	struct limen_event_common common = { .enabled = true, .mask = 3, .grouping = 1 };
	json_t *request = json_pack("{s:s,s:b}", "events", "jsep", "grouping", 0);

	g_assert_cmpint(code_of("{}", fields), ==, LIMEN_EVENT_MISSING);
	g_assert_cmpint(code_of("{\"request\":1}", fields), ==, LIMEN_EVENT_INVALID);
	g_assert_cmpint(code_of("{\"request\":\"x\"}", fields), ==, LIMEN_EVENT_UNKNOWN_REQUEST);
	g_assert_cmpint(code_of("{\"request\":\"tweak\"}", fields), ==, LIMEN_EVENT_MISSING);
	g_assert_cmpint(
		code_of("{\"request\":\"tweak\",\"port\":-1}", fields), ==, LIMEN_EVENT_INVALID);
	g_assert_cmpint(code_of("{\"request\":\"Tweak\",\"port\":1,\"grouping\":1}", fields), ==,
		LIMEN_EVENT_INVALID);
	g_assert_cmpint(code_of("{\"request\":\"tweak\",\"port\":1}", fields), ==, 0);
	limen_event_tweak(&common, request);
	g_assert_cmpuint(limen_event_wanted(&common), ==, 8);
	g_assert_false(limen_event_groups(&common));
	common.enabled = false;
	g_assert_cmpuint(limen_event_wanted(&common), ==, 0);
	json_decref(request);
}

static void push(struct limen_event_buffer *b, int n)
{
	json_t *event = json_integer(n);

	limen_event_buffer_push(b, event);
	json_decref(event);
}

static void expect(json_t *taken, int n)
{
	g_assert_cmpint(json_integer_value(taken), ==, n);
	json_decref(taken);
}

/* The oldest go, they are counted, and the log hears of it once a second at most. */
static void test_bounds(void)
{
	struct limen_event_buffer *b = limen_event_buffer_new("test", 3);

	g_atomic_int_set(&logged, 0);
	for (int n = 0; n < 10; n++)
		push(b, n);
	g_assert_cmpuint(limen_event_buffer_len(b), ==, 3);
	g_assert_cmpuint(limen_event_buffer_dropped(b), ==, 7);
	g_assert_cmpint(g_atomic_int_get(&logged), ==, 1);
	expect(limen_event_buffer_take(b, false), 7);
	limen_event_buffer_limit(b, 1);
	expect(limen_event_buffer_take(b, false), 9);
	g_assert_null(limen_event_buffer_take(b, false));
	g_assert_null(limen_event_buffer_take(b, true));
	g_assert_null(limen_event_buffer_wait(b, true, g_get_monotonic_time() + 1000));
	limen_event_buffer_free(b);
}

static void test_groups(void)
{
	struct limen_event_buffer *b = limen_event_buffer_new("test", 0);
	json_t *group;

	for (int n = 0; n < 101; n++)
		push(b, n);
	group = limen_event_buffer_take(b, true);
	g_assert_cmpuint(json_array_size(group), ==, 100);
	g_assert_cmpint(json_integer_value(json_array_get(group, 99)), ==, 99);
	json_decref(group);
	group = limen_event_buffer_take(b, true);
	g_assert_true(json_is_array(group));
	g_assert_cmpuint(json_array_size(group), ==, 1);
	json_decref(group);
	limen_event_buffer_free(b);
}

/* Fails a number of times before each text that it takes. */
struct receiver {
	int failures, left;
	GString *texts;
	gint calls; /* atomic */
};

static int receive(const char *text, size_t len, void *arg)
{
	struct receiver *r = arg;

	g_assert_cmpuint(strlen(text), ==, len);
	g_atomic_int_inc(&r->calls);
	if (r->left-- > 0)
		return LIMEN_EIO;
	r->left = r->failures;
	g_string_append_printf(r->texts, "%s;", text);
	return 0;
}

static int send_three(struct receiver *r, int times)
{
	struct limen_event_common common = { .enabled = true, .style = JSON_COMPACT };
	struct limen_event_retry retry = { times, 1 };
	const struct limen_event_sender_config cfg = {
		.topic = "test", .common = &common, .retry = &retry, .send = receive, .arg = r
	};
	struct limen_event_sender *s;

	r->left = r->failures;
	r->texts = g_string_new(NULL);
	g_assert_cmpint(limen_event_sender_new(&s, &cfg), ==, 0);
	for (int n = 1; n <= 3; n++) {
		json_t *event = json_pack("{s:i}", "n", n);

		limen_event_sender_push(s, event);
		json_decref(event);
		/* At the end there are no retries: each is waited for here. */
		for (int i = 0;
			i < 2000 && g_atomic_int_get(&r->calls) < n * (MIN(times, r->failures) + 1);
			i++)
			g_usleep(1000);
	}
	limen_event_sender_free(s);
	return g_atomic_int_get(&r->calls);
}

static void test_retries(void)
{
	struct receiver patient = { .failures = 2 }, absent = { .failures = 100 };

	g_assert_cmpint(send_three(&patient, 2), ==, 9);
	g_assert_cmpstr(patient.texts->str, ==, "{\"n\":1};{\"n\":2};{\"n\":3};");
	g_atomic_int_set(&logged, 0);
	g_assert_cmpint(send_three(&absent, 1), ==, 6);
	g_assert_cmpstr(absent.texts->str, ==, "");
	g_assert_cmpint(g_atomic_int_get(&logged), ==, 3);
	g_string_free(patient.texts, TRUE);
	g_string_free(absent.texts, TRUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/event/masks", test_masks);
	g_test_add_func("/event/tweaks", test_tweaks);
	g_test_add_func("/event/bounds", test_bounds);
	g_test_add_func("/event/groups", test_groups);
	g_test_add_func("/event/retries", test_retries);
	return g_test_run();
}
