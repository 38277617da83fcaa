/*
 * What participants do: join, publish, offer again, configure, unpublish, leave. Thread: the main
 * loop.
 */
#include <string.h>
#include "tests/soak/soak.h"

static const int join_codes[] = { 426, 432, 436, 0 };
static const int publish_codes[] = { 432, 434, 0 };
static const int unpublish_codes[] = { 435, 0 };

static GRand *dice(const struct soak_handle *h)
{
	return h->person->soak->rand;
}

static const char *answer_of(const json_t *msg)
{
	return json_string_value(json_object_get(json_object_get(msg, "jsep"), "sdp"));
}

/* Makes a PeerConnection and what it publishes; the offer, new. */
static json_t *first_offer(struct soak_handle *h)
{
	struct soak *s = h->person->soak;
	g_autofree char *sdp = NULL;

	soak_media_open(h);
	h->ssrc = s->next_ssrc += 10;
	h->audio = g_rand_int_range(dice(h), 0, 4) > 0;
	h->video = !h->audio || g_rand_int_range(dice(h), 0, 2);
	h->video_off = false;
	h->peer->local.audio_ssrc = h->audio ? h->ssrc : 0;
	h->peer->local.video_ssrc = h->video ? h->ssrc + 1 : 0;
	sdp = bench_describe_offer(&h->peer->local);
	h->pc = SOAK_PC_ASKED;
	return soak_jsep("offer", sdp);
}

/* The answer to an offer of a PeerConnection that ended meanwhile made a new one. */
static void give_up(struct soak_handle *h)
{
	if (h->phase != SOAK_IN)
		return;
	h->pc = SOAK_PC_AGREED;
	soak_handle_hangup(h);
}

static void take_first_answer(struct soak_handle *h, const char *sdp)
{
	h->pc = SOAK_PC_AGREED;
	if (h->real && bench_peer_connect(h->peer, sdp, true))
		soak_fail("an answer that cannot be used: %s", sdp);
}

static void take_later_answer(struct soak_handle *h, const char *sdp, bool restarted)
{
	g_autofree char *before = g_strdup(h->peer->remote.ufrag);

	if (!h->real)
		return;
	if (bench_peer_update(h->peer, sdp, true))
		soak_fail("an answer that cannot be used: %s", sdp);
	if (restarted == (strcmp(before, h->peer->remote.ufrag) == 0))
		soak_fail("ICE of handle %" JSON_INTEGER_FORMAT " %s", h->id,
			restarted ? "did not restart" : "restarted by itself");
}

static void on_offered(struct soak_ask *a, const json_t *msg, const json_t *data)
{
	struct soak_handle *h = a->handle;
	const char *sdp = answer_of(msg);

	(void)data;
	if (a->code && h->pc == SOAK_PC_ASKED && h->era == a->era) {
		soak_media_close(h);
		h->pc = SOAK_PC_NONE;
	}
	if (a->code)
		return;
	if (!sdp) {
		if (h->era == a->era && !h->hanging && h->phase == SOAK_IN)
			soak_fail("no answer to the offer of handle %" JSON_INTEGER_FORMAT, h->id);
	} else if (!h->peer || h->era != a->era) {
		give_up(h);
	} else if (h->pc == SOAK_PC_ASKED) {
		take_first_answer(h, sdp);
	} else {
		take_later_answer(h, sdp, a->arg != NULL);
	}
}

static void take_people(struct soak_handle *h, const json_t *list, bool publishing)
{
	const json_t *who;
	size_t i;

	json_array_foreach(list, i, who)
	{
		const json_int_t feed = json_integer_value(json_object_get(who, "id"));

		if (h->room->notify)
			g_hash_table_add(h->people, g_memdup2(&feed, sizeof(feed)));
		if (publishing)
			soak_view_set(h, who);
	}
}

static void on_joined(struct soak_ask *a, const json_t *msg, const json_t *data)
{
	struct soak_handle *h = a->handle;

	if (a->code) {
		h->phase = SOAK_FREE;
		h->room = NULL;
		soak_media_close(h);
		h->pc = SOAK_PC_NONE;
		return;
	}
	h->phase = SOAK_IN;
	h->role = SOAK_PUBLISHER;
	h->feed = json_integer_value(json_object_get(data, "id"));
	take_people(h, json_object_get(data, "publishers"), true);
	take_people(h, json_object_get(data, "attendees"), false);
	soak_note("handle %" JSON_INTEGER_FORMAT " is feed %" JSON_INTEGER_FORMAT
		  " in room %" JSON_INTEGER_FORMAT,
		h->id, h->feed, h->room->id);
	if (h->peer)
		on_offered(a, msg, data);
}

bool soak_join(struct soak_handle *h, struct soak_room *room, bool with_offer, bool duplicate)
{
	struct soak *s = h->person->soak;
	const struct soak_handle *twin = duplicate ? soak_handle_any(s, SOAK_PUBLISHER) : NULL;
	json_t *body, *jsep = NULL;

	if (h->phase != SOAK_FREE)
		return false;
	h->phase = SOAK_JOINING;
	h->room = twin ? twin->room : room;
	body = json_pack("{s:s, s:I, s:s, s:I}", "request",
		with_offer ? "joinandconfigure" : "join", "room", h->room->id, "ptype", "publisher",
		"id", twin ? twin->feed : ++s->next_feed);
	if (g_rand_int_range(dice(h), 0, 2))
		json_object_set_new(body, "display", json_string("first"));
	if (with_offer)
		jsep = first_offer(h);
	soak_message(h, true, body, jsep, on_joined, join_codes);
	return true;
}

static json_t *request(const char *name)
{
	return json_pack("{s:s}", "request", name);
}

bool soak_publish(struct soak_handle *h)
{
	if (!soak_is_in(h, SOAK_PUBLISHER) || h->pc != SOAK_PC_NONE || h->asked || h->hanging)
		return false;
	soak_message(h, true, request(g_rand_int_range(dice(h), 0, 2) ? "publish" : "configure"),
		first_offer(h), on_offered, publish_codes);
	return true;
}

bool soak_reoffer(struct soak_handle *h)
{
	const int way = g_rand_int_range(dice(h), 0, 4);
	g_autofree char *sdp = NULL;
	struct soak_ask *a;

	if (!soak_is_in(h, SOAK_PUBLISHER) || h->pc != SOAK_PC_UP || h->asked || h->hanging ||
		!h->peer)
		return false;
	if (way == 1)
		bench_ice_renew(&h->peer->ice);
	if (way == 2 && h->audio)
		h->video = true;
	if (way == 3 && h->video)
		h->video_off = !h->video_off;
	h->peer->local.video_ssrc = h->video ? h->ssrc + 1 : 0;
	h->peer->local.video_off = h->video_off;
	h->peer->local.version++;
	sdp = bench_describe_offer(&h->peer->local);
	a = soak_message(h, true, request("configure"), soak_jsep("offer", sdp), on_offered, NULL);
	a->arg = way == 1 ? h : NULL;
	return true;
}

static void on_unpublished(struct soak_ask *a, const json_t *msg, const json_t *data)
{
	struct soak_handle *h = a->handle;

	(void)msg, (void)data;
	if (a->code || h->phase != SOAK_IN || h->era != a->era)
		return;
	h->end_announced = true;
	h->hang_by_us = g_get_monotonic_time() + soak_limit_us(a->soak);
}

bool soak_unpublish(struct soak_handle *h)
{
	if (!soak_is_in(h, SOAK_PUBLISHER) || h->pc < SOAK_PC_AGREED || h->asked || h->hanging)
		return false;
	h->hanging = true;
	soak_message(h, true, request("unpublish"), NULL, on_unpublished, unpublish_codes);
	return true;
}

static void on_send(struct soak_ask *a, const json_t *msg, const json_t *data)
{
	const int what = GPOINTER_TO_INT(a->arg);

	(void)msg, (void)data;
	if (!a->code && a->era == a->handle->era)
		a->handle->send[what >> 1] = what & 1;
}

static bool configure_send(struct soak_handle *h)
{
	const int kind = h->audio && h->video ? g_rand_int_range(dice(h), 0, 2) : h->video;
	const bool send = g_rand_int_range(dice(h), 0, 2);
	json_t *body = json_pack("{s:s, s:[{s:s, s:b}]}", "request", "configure", "streams", "mid",
		kind && h->audio ? "1" : "0", "send", send);

	soak_message(h, true, body, NULL, on_send, NULL)->arg = GINT_TO_POINTER(kind << 1 | send);
	return true;
}

bool soak_configure(struct soak_handle *h)
{
	json_t *body;

	if (!soak_is_in(h, SOAK_PUBLISHER) || h->hanging)
		return false;
	if (h->pc == SOAK_PC_UP && h->asked == 0 && g_rand_int_range(dice(h), 0, 2))
		return configure_send(h);
	body = request("configure");
	json_object_set_new(body, "bitrate", json_integer(g_rand_int_range(dice(h), 0, 500000)));
	json_object_set_new(body, "keyframe", json_boolean(g_rand_int_range(dice(h), 0, 2)));
	json_object_set_new(body, "display", json_sprintf("%d", g_rand_int_range(dice(h), 0, 9)));
	soak_message(h, true, body, NULL, NULL, NULL);
	return true;
}

static void on_left(struct soak_ask *a, const json_t *msg, const json_t *data)
{
	struct soak_handle *h = a->handle;

	(void)msg, (void)data;
	if (a->code)
		return;
	h->phase = SOAK_OUT;
	if (h->role == SOAK_PUBLISHER)
		return; /* its PeerConnection stays until the client ends it */
	h->end_announced = true;
	if (h->pc >= SOAK_PC_AGREED)
		h->hang_by_us = g_get_monotonic_time() + soak_limit_us(a->soak);
}

bool soak_leave(struct soak_handle *h)
{
	if (h->phase != SOAK_IN || h->asked)
		return false;
	soak_message(h, true, request("leave"), NULL, on_left, NULL);
	return true;
}
