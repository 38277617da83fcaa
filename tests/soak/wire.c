/*
 * Requests by number over several connections. Every request has a limit for its answer; one of the
 * plugin's asynchronous requests is acknowledged first, a synchronous one is not. What comes in and
 * answers nothing goes to hear.c. Thread: the main loop.
 */
#include <stdlib.h>
#include <string.h>
#include "tests/soak/soak.h"

#define LIMIT_US (5 * G_USEC_PER_SEC)

int64_t soak_limit_us(const struct soak *s)
{
	return LIMIT_US * s->slowness;
}

struct soak_line *soak_line_new(struct soak *s)
{
	struct soak_line *line = g_new0(struct soak_line, 1);

	if (bench_ws_new(&line->ws, s->url))
		soak_fail("%s: not a URL of a WebSocket", s->url);
	g_ptr_array_add(s->lines, line);
	return line;
}

static gboolean is_of_line(gpointer number, gpointer ask, gpointer line)
{
	(void)number;
	return ((struct soak_ask *)ask)->line == line;
}

void soak_line_free(struct soak *s, struct soak_line *line)
{
	g_hash_table_foreach_remove(s->asks, is_of_line, line);
	g_ptr_array_remove(s->lines, line);
	bench_ws_free(line->ws);
	g_free(line);
}

static void send_json(struct soak_line *line, json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);

	bench_ws_send(line->ws, g_strdup(text));
	free(text);
	json_decref(request);
}

struct soak_ask *soak_ask(struct soak_person *p, struct soak_handle *h, const char *what,
	json_t *request, soak_answer_fn fn)
{
	struct soak *s = p->soak;
	struct soak_ask *a = g_new0(struct soak_ask, 1);

	a->soak = s;
	a->number = s->next_ask++;
	a->what = what;
	a->line = p->line;
	a->person = p;
	a->handle = h;
	a->era = h ? h->era : 0;
	a->sent_us = g_get_monotonic_time();
	a->fn = fn;
	g_hash_table_insert(s->asks, GUINT_TO_POINTER(a->number), a);
	json_object_set_new(request, "transaction", json_sprintf("%u", a->number));
	if (p->session)
		json_object_set_new(request, "session_id", json_integer(p->session));
	if (h && h->id)
		json_object_set_new(request, "handle_id", json_integer(h->id));
	soak_note("%u > %s of person %u, handle %" JSON_INTEGER_FORMAT, a->number, what, p->number,
		h ? h->id : 0);
	send_json(p->line, request);
	s->figures.requests++;
	return a;
}

struct soak_ask *soak_message(struct soak_handle *h, bool async, json_t *body, json_t *jsep,
	soak_answer_fn fn, const int *allowed)
{
	/* Lives as long as the interned names: the requests are few. */
	const char *what = g_intern_string(json_string_value(json_object_get(body, "request")));
	json_t *request = json_pack("{s:s, s:o}", "janus", "message", "body", body);
	struct soak_ask *a;

	if (jsep)
		json_object_set_new(request, "jsep", jsep);
	a = soak_ask(h->person, h, what, request, fn);
	a->message = true;
	a->async = async;
	a->allowed = allowed;
	h->asked++;
	return a;
}

struct whose {
	const struct soak_person *person;
	const struct soak_handle *handle;
};

static gboolean is_of(gpointer number, gpointer value, gpointer arg)
{
	const struct soak_ask *a = value;
	const struct whose *w = arg;

	(void)number;
	return a->person == w->person && (!w->handle || a->handle == w->handle);
}

void soak_wire_forget(struct soak_person *p, const struct soak_handle *h)
{
	struct whose w = { p, h };

	g_hash_table_foreach_remove(p->soak->asks, is_of, &w);
}

void soak_wire_keep(struct soak_person *p)
{
	send_json(p->line,
		json_pack("{s:s, s:I, s:s}", "janus", "keepalive", "session_id", p->session,
			"transaction", "keep"));
}

static const char *member(const json_t *o, const char *name)
{
	const char *text = json_string_value(json_object_get(o, name));

	return text ? text : "";
}

static int error_of(const json_t *msg, const json_t *data)
{
	if (strcmp(member(msg, "janus"), "error") == 0)
		return (int)json_integer_value(
			json_object_get(json_object_get(msg, "error"), "code"));
	return (int)json_integer_value(json_object_get(data, "error_code"));
}

/* Things have changed under the request: any refusal is understandable. */
static bool is_overtaken(const struct soak_ask *a)
{
	const struct soak_handle *h = a->handle;

	return h &&
		(h->era != a->era || h->hanging || h->phase == SOAK_OUT ||
			(h->room && h->room->gone));
}

static bool is_allowed(const struct soak_ask *a)
{
	if (a->code == 0 || is_overtaken(a))
		return true;
	for (const int *code = a->allowed; code && *code; code++)
		if (*code == a->code)
			return true;
	return false;
}

static char *text_of(const json_t *msg)
{
	return json_dumps(msg, JSON_COMPACT);
}

static void finish(struct soak *s, struct soak_ask *a, const json_t *msg)
{
	const json_t *data = json_object_get(json_object_get(msg, "plugindata"), "data");
	const int64_t took_us = g_get_monotonic_time() - a->sent_us;

	a->code = error_of(msg, data);
	soak_note("%u < %s of handle %" JSON_INTEGER_FORMAT ", error %d, %.1f ms", a->number,
		a->what, a->handle ? a->handle->id : 0, a->code, (double)took_us / 1000);
	if (!is_allowed(a))
		soak_fail("\"%s\" was refused without reason: %s", a->what, text_of(msg));
	if (a->async && !a->acked && strcmp(member(msg, "janus"), "error") != 0)
		soak_fail("\"%s\" was not acknowledged before %s", a->what, text_of(msg));
	if (!a->async && a->acked)
		soak_fail("\"%s\" was acknowledged, but is synchronous", a->what);
	s->figures.slowest_us = MAX(s->figures.slowest_us, took_us);
	g_hash_table_steal(s->asks, GUINT_TO_POINTER(a->number));
	if (a->message)
		a->handle->asked--;
	if (a->fn)
		a->fn(a, msg, data);
	g_free(a);
}

static void take(struct soak *s, struct soak_line *line, const json_t *msg)
{
	const char *transaction = member(msg, "transaction");
	guint64 number = 0;
	struct soak_ask *a;

	if (strcmp(transaction, "keep") == 0)
		return;
	if (!g_ascii_string_to_unsigned(transaction, 10, 0, G_MAXUINT, &number, NULL)) {
		soak_hear(s, line, msg);
		return;
	}
	a = g_hash_table_lookup(s->asks, GUINT_TO_POINTER((guint)number));
	if (!a && number < s->next_ask)
		return; /* of a handle or session that went meanwhile */
	if (!a || a->line != line)
		soak_fail("an answer to nothing: %s", text_of(msg));
	if (strcmp(member(msg, "janus"), "ack") != 0)
		finish(s, a, msg);
	else if (a->acked)
		soak_fail("\"%s\" was acknowledged twice", a->what);
	else
		a->acked = true;
}

static void poll_line(struct soak *s, struct soak_line *line)
{
	char *text;

	while ((text = bench_ws_take(line->ws, NULL))) {
		json_t *msg = json_loads(text, 0, NULL);

		if (!msg)
			soak_fail("not JSON: %s", text);
		take(s, line, msg);
		json_decref(msg);
		g_free(text);
	}
	if (bench_ws_is_over(line->ws))
		soak_fail("the gateway closed a connection");
}

void soak_wire_poll(struct soak *s)
{
	const int64_t late_us = g_get_monotonic_time() - soak_limit_us(s);
	GHashTableIter it;
	gpointer value;

	for (guint i = s->lines->len; i > 0; i--)
		poll_line(s, s->lines->pdata[i - 1]);
	g_hash_table_iter_init(&it, s->asks);
	while (g_hash_table_iter_next(&it, NULL, &value)) {
		const struct soak_ask *a = value;

		if (a->sent_us < late_us)
			soak_fail("request %u, \"%s\" of handle %" JSON_INTEGER_FORMAT
				  ", has no answer",
				a->number, a->what, a->handle ? a->handle->id : 0);
	}
}
