/*
 * Requests by transaction number, over one WebSocket for all clients. Thread: the main loop.
 */
#include "tests/bench/api.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/bench/ws.h"

#define KEEPALIVE_US (25 * G_USEC_PER_SEC)

struct bench_api {
	struct bench_ws *ws;
	GHashTable *waiting; /* transaction number -> struct waiter */
	GArray *sessions;    /* json_int_t */
	GHashTable *ups;     /* session -> unsigned *, borrowed */
	int64_t received_us; /* when the message at hand came */
	int64_t keep_us;     /* when the next keep-alives are due */
	unsigned next, hangups;
};

struct waiter {
	bench_answer_fn fn;
	void *arg;
};

void bench_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("limen-bench: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(EXIT_FAILURE);
}

struct bench_api *bench_api_new(const char *url)
{
	struct bench_api *api = g_new0(struct bench_api, 1);

	if (bench_ws_new(&api->ws, url))
		bench_die("%s: expected a URL like ws://127.0.0.1:8188/", url);
	api->waiting = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	api->sessions = g_array_new(FALSE, FALSE, sizeof(json_int_t));
	api->ups = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	api->keep_us = g_get_monotonic_time() + KEEPALIVE_US;
	api->next = 1;
	return api;
}

void bench_api_free(struct bench_api *api)
{
	bench_ws_free(api->ws);
	g_hash_table_unref(api->waiting);
	g_array_unref(api->sessions);
	g_hash_table_unref(api->ups);
	g_free(api);
}

void bench_api_request(struct bench_api *api, json_t *request, bench_answer_fn fn, void *arg)
{
	const unsigned number = api->next++;
	g_autofree char *transaction = g_strdup_printf("%u", number);
	struct waiter *w = g_new(struct waiter, 1);
	char *text;

	*w = (struct waiter){ fn, arg };
	g_hash_table_insert(api->waiting, GUINT_TO_POINTER(number), w);
	json_object_set_new(request, "transaction", json_string(transaction));
	text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	bench_ws_send(api->ws, g_strdup(text));
	free(text);
}

void bench_api_message(struct bench_api *api, json_int_t session, json_int_t handle, json_t *body,
	json_t *jsep, bench_answer_fn fn, void *arg)
{
	json_t *request = json_pack("{s:s, s:I, s:I, s:o}", "janus", "message", "session_id",
		session, "handle_id", handle, "body", body);

	if (jsep)
		json_object_set_new(request, "jsep", jsep);
	bench_api_request(api, request, fn, arg);
}

void bench_api_keep(struct bench_api *api, json_int_t session, unsigned *ups)
{
	g_array_append_val(api->sessions, session);
	g_hash_table_insert(api->ups, g_memdup2(&session, sizeof(session)), ups);
}

static void keep_alive(struct bench_api *api)
{
	for (guint i = 0; i < api->sessions->len; i++) {
		g_autofree char *text = NULL;

		text = g_strdup_printf("{\"janus\":\"keepalive\",\"session_id\":%" G_GINT64_FORMAT
				       ",\"transaction\":\"keep\"}",
			(gint64)g_array_index(api->sessions, json_int_t, i));
		bench_ws_send(api->ws, g_steal_pointer(&text));
	}
}

static const char *member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void check(const json_t *message, const char *text)
{
	const json_t *data = json_object_get(json_object_get(message, "plugindata"), "data");

	if (strcmp(member(message, "janus"), "error") == 0 || json_object_get(data, "error_code"))
		bench_die("the server refused: %s", text);
	if (strcmp(member(message, "janus"), "timeout") == 0)
		bench_die("the server ended a session: %s", text);
}

static void count_up(struct bench_api *api, const json_t *message)
{
	const json_int_t session = json_integer_value(json_object_get(message, "session_id"));
	unsigned *ups = g_hash_table_lookup(api->ups, &session);

	if (ups)
		*ups += 1;
}

static void take(struct bench_api *api, const json_t *message)
{
	const char *kind = member(message, "janus");
	guint64 number = 0;
	struct waiter *found, w;

	if (strcmp(kind, "ack") == 0)
		return;
	if (strcmp(kind, "hangup") == 0)
		api->hangups++;
	if (strcmp(kind, "webrtcup") == 0)
		count_up(api, message);
	if (!g_ascii_string_to_unsigned(
		    member(message, "transaction"), 10, 1, G_MAXUINT, &number, NULL))
		return;
	found = g_hash_table_lookup(api->waiting, GUINT_TO_POINTER((guint)number));
	if (!found)
		return;
	w = *found;
	g_hash_table_remove(api->waiting, GUINT_TO_POINTER((guint)number));
	w.fn(message, w.arg);
}

void bench_api_poll(struct bench_api *api, int64_t now_us)
{
	char *text;

	while ((text = bench_ws_take(api->ws, &api->received_us))) {
		json_t *message = json_loads(text, 0, NULL);

		if (!message)
			bench_die("the server sent something that is not JSON: %s", text);
		check(message, text);
		take(api, message);
		json_decref(message);
		g_free(text);
	}
	if (bench_ws_is_over(api->ws))
		bench_die("no connection to the server, or it was lost");
	if (now_us >= api->keep_us) {
		api->keep_us = now_us + KEEPALIVE_US;
		keep_alive(api);
	}
}

int64_t bench_api_received_us(const struct bench_api *api)
{
	return api->received_us;
}

unsigned bench_api_hangups(const struct bench_api *api)
{
	return api->hangups;
}
