/*
 * One admin request over HTTP: a connection of its own, read to its end. One thread; blocks.
 */
#include "tools/link.h"
#include <gio/gio.h>
#include <string.h>

#define ANSWER_MAX (16u << 20)
#define PATIENCE_S 30
#define PORT 7088

static char *request_text(
	const struct limen_link *l, uint64_t session, uint64_t handle, const char *body)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "POST %s", l->path);
	if (session)
		g_string_append_printf(text, "/%" G_GUINT64_FORMAT, session);
	if (handle)
		g_string_append_printf(text, "/%" G_GUINT64_FORMAT, handle);
	g_string_append_printf(text,
		" HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"
		"Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
		l->host, strlen(body), body);
	return g_string_free(text, FALSE);
}

static GString *exchange(const struct limen_link *l, const char *request, GError **error)
{
	g_autoptr(GSocketClient) client = g_socket_client_new();
	g_autoptr(GSocketConnection) c = NULL;
	g_autoptr(GString) answer = g_string_new(NULL);
	char part[4096];
	gssize n = -1;

	g_socket_client_set_timeout(client, PATIENCE_S);
	if (!(c = g_socket_client_connect_to_host(client, l->host, PORT, NULL, error)) ||
		!g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(c)), request,
			strlen(request), NULL, NULL, error))
		return NULL;
	while (answer->len < ANSWER_MAX &&
		(n = g_input_stream_read(g_io_stream_get_input_stream(G_IO_STREAM(c)), part,
			 sizeof(part), NULL, error)) > 0)
		g_string_append_len(answer, part, n);
	return n < 0 ? NULL : g_steal_pointer(&answer);
}

/* Takes answer; NULL when it is an error. */
static json_t *judged(json_t *answer, char **reason)
{
	const json_t *error = json_object_get(answer, "error");

	if (!error)
		return answer;
	*reason = g_strdup_printf("%s (%d)", json_string_value(json_object_get(error, "reason")),
		(int)json_integer_value(json_object_get(error, "code")));
	json_decref(answer);
	return NULL;
}

static json_t *parse(const GString *text, char **reason)
{
	const char *body = strstr(text->str, "\r\n\r\n");
	json_t *answer = body ? json_loads(body, 0, NULL) : NULL;

	if (json_is_object(answer))
		return judged(answer, reason);
	json_decref(answer);
	*reason = g_strdup_printf(
		"no answer of the admin API: %.*s", (int)strcspn(text->str, "\r\n"), text->str);
	return NULL;
}

json_t *limen_link_ask(const struct limen_link *l, const char *verb, uint64_t session,
	uint64_t handle, json_t *members, char **reason)
{
	json_t *o = members ? members : json_object();
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) text = NULL;
	g_autofree char *request = NULL;
	char *body;

	json_object_set_new(o, "janus", json_string(verb));
	json_object_set_new(o, "transaction", json_string("limenctl"));
	if (l->secret)
		json_object_set_new(o, "admin_secret", json_string(l->secret));
	body = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	request = request_text(l, session, handle, body);
	free(body);
	if ((text = exchange(l, request, &error)))
		return parse(text, reason);
	*reason = g_strdup_printf("%s: %s", l->host, error->message);
	return NULL;
}
