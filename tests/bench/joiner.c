/*
 * A session for all joins, a handle for each. Thread: the main loop.
 */
#include "tests/bench/joiner.h"

struct bench_joiner {
	struct bench_api *api;
	const struct bench_room *room;
	GArray *times_ms;
	json_int_t session, handle;
	int64_t sent_us;
	unsigned ups;
	bool publisher, done;
};

static json_int_t new_id(const json_t *message)
{
	return json_integer_value(json_object_get(json_object_get(message, "data"), "id"));
}

static json_t *verb(const struct bench_joiner *j, const char *name)
{
	json_t *request = json_pack("{s:s}", "janus", name);

	if (j->session)
		json_object_set_new(request, "session_id", json_integer(j->session));
	if (j->handle)
		json_object_set_new(request, "handle_id", json_integer(j->handle));
	return request;
}

static void on_detached(const json_t *message, void *arg)
{
	struct bench_joiner *j = arg;

	(void)message;
	j->handle = 0;
	j->done = true;
}

static void on_joined(const json_t *message, void *arg)
{
	struct bench_joiner *j = arg;
	const json_t *data = json_object_get(json_object_get(message, "plugindata"), "data");
	const double ms = (double)(bench_api_received_us(j->api) - j->sent_us) / 1000;
	const json_t *list = json_object_get(data, j->publisher ? "publishers" : "streams");

	if (json_array_size(list) != j->room->cfg.publishers)
		bench_die("a join was told of %zu publishers", json_array_size(list));
	g_array_append_val(j->times_ms, ms);
	bench_api_request(j->api, verb(j, "detach"), on_detached, j);
}

static void on_attached(const json_t *message, void *arg)
{
	struct bench_joiner *j = arg;
	json_t *body;

	j->handle = new_id(message);
	body = json_pack("{s:s, s:I, s:s}", "request", "join", "room", j->room->id, "ptype",
		j->publisher ? "publisher" : "subscriber");
	if (!j->publisher)
		json_object_set_new(body, "streams", bench_room_feeds(j->room));
	j->sent_us = g_get_monotonic_time();
	bench_api_message(j->api, j->session, j->handle, body, NULL, on_joined, j);
}

static void attach(struct bench_joiner *j)
{
	json_t *request = verb(j, "attach");

	json_object_set_new(request, "plugin", json_string("janus.plugin.videoroom"));
	bench_api_request(j->api, request, on_attached, j);
}

static void on_session(const json_t *message, void *arg)
{
	struct bench_joiner *j = arg;

	j->session = new_id(message);
	bench_api_keep(j->api, j->session, &j->ups);
	attach(j);
}

struct bench_joiner *bench_joiner_new(
	struct bench_api *api, const struct bench_room *room, bool publisher, GArray *times_ms)
{
	struct bench_joiner *j = g_new0(struct bench_joiner, 1);

	j->api = api;
	j->room = room;
	j->publisher = publisher;
	j->times_ms = times_ms;
	return j;
}

void bench_joiner_free(struct bench_joiner *j)
{
	g_free(j);
}

void bench_joiner_join(struct bench_joiner *j)
{
	j->done = false;
	if (j->session)
		attach(j);
	else
		bench_api_request(j->api, verb(j, "create"), on_session, j);
}

bool bench_joiner_is_done(const struct bench_joiner *j)
{
	return j->done;
}
