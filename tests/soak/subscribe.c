/*
 * What subscribers do: join, change what they receive, steer it, and answer offers, of which one at
 * most may be unanswered. Thread: the main loop.
 */
#include <stdio.h>
#include <string.h>
#include "tests/soak/soak.h"

#define ENTRIES_MAX 4
#define ANSWER_MS_MAX 300

static const int join_codes[] = { 426, 428, 437, 0 };
static const int feed_codes[] = { 428, 0 };

static GRand *dice(const struct soak_handle *h)
{
	return h->person->soak->rand;
}

static bool flip(const struct soak_handle *h)
{
	return g_rand_int_range(dice(h), 0, 2);
}

static const char *mid_of(const struct soak_handle *publisher, bool video)
{
	return video && publisher->audio ? "1" : "0";
}

/* Streams to ask for: mostly of those who publish, at times of somebody who does not. */
static json_t *entries(struct soak_handle *h, const struct soak_room *room)
{
	const int count = g_rand_int_range(dice(h), 1, ENTRIES_MAX + 1);
	json_t *list = json_array();

	for (int i = 0; i < count * 4 && (int)json_array_size(list) < count; i++) {
		const struct soak_handle *p = soak_handle_any(h->person->soak, SOAK_PUBLISHER);
		const bool unlikely = g_rand_int_range(dice(h), 0, 20) == 0;
		json_t *entry;

		if (!p || p->room != room || (p->pc != SOAK_PC_UP && !unlikely))
			continue;
		entry = json_pack("{s:I}", "feed", p->feed);
		if (flip(h))
			json_object_set_new(
				entry, "mid", json_string(mid_of(p, p->video && flip(h))));
		json_array_append_new(list, entry);
	}
	return list;
}

/* SSRCs by m-line of an offer. */
static void read_ssrcs(struct soak_handle *h, const char *sdp)
{
	g_auto(GStrv) lines = g_strsplit(sdp, "\n", -1);
	unsigned at = G_MAXUINT, ssrc;

	memset(h->ssrcs, 0, sizeof(h->ssrcs));
	for (char **line = lines; *line; line++) {
		if (g_str_has_prefix(*line, "m="))
			at++;
		else if (at < SOAK_MLINES && h->ssrcs[at] == 0 &&
			sscanf(*line, "a=ssrc:%u", &ssrc) == 1)
			h->ssrcs[at] = ssrc;
	}
}

static void take_streams(struct soak_handle *h, const json_t *data)
{
	const json_t *streams = json_object_get(data, "streams");

	if (!streams)
		return;
	json_decref(h->streams);
	h->streams = json_deep_copy(streams);
}

void soak_take_offer(struct soak_handle *h, const json_t *msg, const json_t *data)
{
	const json_t *jsep = json_object_get(msg, "jsep");
	const char *sdp = json_string_value(json_object_get(jsep, "sdp"));

	if (g_strcmp0(json_string_value(json_object_get(jsep, "type")), "offer") != 0)
		soak_fail("not an offer: %s", json_dumps(msg, JSON_COMPACT));
	if (h->offer || h->starting)
		soak_fail("handle %" JSON_INTEGER_FORMAT " gets an offer while one is %s: %s",
			h->id, h->offer ? "unanswered" : "not \"started\"",
			json_dumps(msg, JSON_COMPACT));
	take_streams(h, data);
	read_ssrcs(h, sdp);
	h->offer = g_strdup(sdp);
	h->answer_us = g_get_monotonic_time() +
		g_rand_int_range(dice(h), 0, ANSWER_MS_MAX) * G_TIME_SPAN_MILLISECOND;
	soak_note("an offer for handle %" JSON_INTEGER_FORMAT, h->id);
}

static void on_started(struct soak_ask *a, const json_t *msg, const json_t *data)
{
	struct soak_handle *h = a->handle;

	(void)msg, (void)data;
	if (h->era != a->era)
		return;
	if (a->arg)
		h->starting = false;
	if (a->code)
		return;
	h->paused = false;
	if (h->pc == SOAK_PC_ASKED)
		h->pc = SOAK_PC_AGREED;
}

/* Follows the offer with the own side; a restart of ICE needs credentials of its own. */
static void follow(struct soak_handle *h, const char *sdp)
{
	struct bench_remote remote;

	if (!h->peer || !h->peer->dtls)
		return;
	if (bench_remote_read(&remote, sdp))
		soak_fail("an offer that cannot be used: %s", sdp);
	if (strcmp(remote.ufrag, h->peer->remote.ufrag) != 0)
		bench_ice_renew(&h->peer->ice);
	bench_remote_clear(&remote);
}

void soak_answer(struct soak_handle *h)
{
	g_autofree char *offer = g_steal_pointer(&h->offer), *answer = NULL;
	const bool first = h->pc == SOAK_PC_NONE;

	follow(h, offer);
	if (first) {
		soak_media_close(h);
		soak_media_open(h);
		h->pc = SOAK_PC_ASKED;
	}
	if (!h->peer) { /* it has fallen silent and is about to be hung up */
		h->starting = false;
		return;
	}
	h->peer->local.version++;
	answer = bench_describe_answer(offer, &h->peer->local);
	h->starting = true;
	soak_message(h, true, json_pack("{s:s}", "request", "start"), soak_jsep("answer", answer),
		on_started, NULL)
		->arg = h;
	if (h->real &&
		(first ? bench_peer_connect(h->peer, offer, false)
		       : bench_peer_update(h->peer, offer, false)))
		soak_fail("an offer that cannot be used: %s", offer);
}

/* "publishers" goes out before a feed can be subscribed to: a participant of the same person has
 * heard of it. */
static void check_known(const struct soak_handle *h)
{
	const json_t *stream;
	size_t i;

	json_array_foreach(h->streams, i, stream)
	{
		const json_t *id = json_object_get(stream, "feed_id");
		const json_int_t feed = json_integer_value(id);

		for (guint j = 0; id && j < h->person->handles->len; j++) {
			const struct soak_handle *other = h->person->handles->pdata[j];

			if (soak_is_in(other, SOAK_PUBLISHER) && other->room == h->room &&
				other->feed != feed && !g_hash_table_contains(other->seen, &feed))
				soak_fail("feed %" JSON_INTEGER_FORMAT " can be subscribed to "
					  "before \"publishers\" tells of it",
					feed);
		}
	}
}

static void on_joined(struct soak_ask *a, const json_t *msg, const json_t *data)
{
	struct soak_handle *h = a->handle;

	if (a->code) {
		h->phase = SOAK_FREE;
		h->room = NULL;
		return;
	}
	h->phase = SOAK_IN;
	h->role = SOAK_SUBSCRIBER;
	if (!json_object_get(msg, "jsep"))
		soak_fail("\"attached\" without an offer");
	soak_take_offer(h, msg, data);
	check_known(h);
}

bool soak_subscriber_join(struct soak_handle *h, struct soak_room *room)
{
	json_t *list, *body;

	if (h->phase != SOAK_FREE)
		return false;
	list = entries(h, room);
	if (json_array_size(list) == 0) {
		json_decref(list);
		return false;
	}
	h->phase = SOAK_JOINING;
	h->room = room;
	h->manual = g_rand_int_range(dice(h), 0, 5) == 0;
	body = json_pack("{s:s, s:I, s:s, s:o, s:b, s:b}", "request", "join", "room", room->id,
		"ptype", "subscriber", "streams", list, "autoupdate", !h->manual, "use_msid",
		flip(h));
	soak_message(h, true, body, NULL, on_joined, join_codes);
	return true;
}

static void on_changed(struct soak_ask *a, const json_t *msg, const json_t *data)
{
	struct soak_handle *h = a->handle;

	if (a->code || h->phase != SOAK_IN)
		return;
	if (json_object_get(msg, "jsep")) {
		soak_take_offer(h, msg, data);
		check_known(h);
	} else {
		take_streams(h, data);
	}
}

static json_t *going(struct soak_handle *h)
{
	const json_t *stream = json_array_get(
		h->streams, (size_t)g_rand_int_range(dice(h), 0, (int)json_array_size(h->streams)));

	if (flip(h) && json_object_get(stream, "feed_id"))
		return json_pack("[{s:O}]", "feed", json_object_get(stream, "feed_id"));
	return json_pack("[{s:O}]", "sub_mid", json_object_get(stream, "mid"));
}

bool soak_change(struct soak_handle *h)
{
	const int way = g_rand_int_range(dice(h), 0, 3);
	static const char *const names[] = { "subscribe", "unsubscribe", "update" };
	json_t *body, *coming;

	if (!soak_is_in(h, SOAK_SUBSCRIBER) || h->asked > 2 || h->hanging ||
		json_array_size(h->streams) == 0 || json_array_size(h->streams) > 20)
		return false;
	coming = way == 1 ? NULL : entries(h, h->room);
	if (coming && json_array_size(coming) == 0) {
		json_decref(coming);
		return false;
	}
	body = json_pack("{s:s}", "request", names[way]);
	if (way == 0)
		json_object_set_new(body, "streams", coming);
	else if (way == 1)
		json_object_set_new(body, "streams", going(h));
	if (way == 2) {
		json_object_set_new(body, "subscribe", coming);
		json_object_set_new(body, "unsubscribe", going(h));
	}
	soak_message(h, true, body, NULL, on_changed, feed_codes);
	return true;
}

static const json_t *any_stream(struct soak_handle *h)
{
	const size_t count = json_array_size(h->streams);

	return count ? json_array_get(h->streams, (size_t)g_rand_int_range(dice(h), 0, (int)count))
		     : NULL;
}

bool soak_switch(struct soak_handle *h)
{
	const json_t *stream = any_stream(h);
	const struct soak_handle *to = soak_handle_any(h->person->soak, SOAK_PUBLISHER);
	json_t *body;
	bool video;

	if (!soak_is_in(h, SOAK_SUBSCRIBER) || h->asked || h->hanging || !stream || !to ||
		to->room != h->room || to->pc != SOAK_PC_UP)
		return false;
	video = strcmp(json_string_value(json_object_get(stream, "type")), "video") == 0;
	body = json_pack("{s:s, s:[{s:I, s:s, s:O}]}", "request", "switch", "streams", "feed",
		to->feed, "mid", mid_of(to, video), "sub_mid", json_object_get(stream, "mid"));
	soak_message(h, true, body, NULL, on_changed, feed_codes);
	return true;
}

static void on_configured(struct soak_ask *a, const json_t *msg, const json_t *data)
{
	struct soak_handle *h = a->handle;
	const int what = GPOINTER_TO_INT(a->arg);

	if (a->code || h->era != a->era || h->phase != SOAK_IN)
		return;
	if (what > 0)
		json_object_set_new(json_array_get(h->streams, (size_t)(what >> 1) - 1), "send",
			json_boolean(what & 1));
	if (json_object_get(msg, "jsep"))
		soak_take_offer(h, msg, data);
}

bool soak_steer(struct soak_handle *h)
{
	const int way = g_rand_int_range(dice(h), 0, 4);
	const json_t *stream = any_stream(h);
	json_t *body;
	int arg = 0;

	if (!soak_is_in(h, SOAK_SUBSCRIBER) || h->asked || h->hanging || !stream ||
		h->pc != SOAK_PC_UP)
		return false;
	body = json_pack(
		"{s:s, s:O}", "request", "configure", "mid", json_object_get(stream, "mid"));
	if (way == 0) {
		const bool send = flip(h);

		json_object_set_new(body, "send", json_boolean(send));
		arg = ((int)json_integer_value(json_object_get(stream, "mindex")) + 1) << 1 | send;
	} else if (way == 1) {
		json_object_set_new(body, "restart", json_true());
	} else {
		json_object_set_new(
			body, "substream", json_integer(g_rand_int_range(dice(h), 0, 3)));
		json_object_set_new(
			body, "temporal", json_integer(g_rand_int_range(dice(h), 0, 3)));
	}
	soak_message(h, true, body, NULL, on_configured, NULL)->arg = GINT_TO_POINTER(arg);
	return true;
}

static void on_paused(struct soak_ask *a, const json_t *msg, const json_t *data)
{
	(void)msg, (void)data;
	if (!a->code && a->era == a->handle->era)
		a->handle->paused = true;
}

bool soak_pause(struct soak_handle *h)
{
	const bool pause = flip(h);

	if (!soak_is_in(h, SOAK_SUBSCRIBER) || h->hanging || h->pc != SOAK_PC_UP)
		return false;
	soak_message(h, true, json_pack("{s:s}", "request", pause ? "pause" : "start"), NULL,
		pause ? on_paused : on_started, NULL);
	return true;
}
