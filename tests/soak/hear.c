/*
 * What comes without a request: the fate of sessions, handles and PeerConnections, and the events
 * of rooms. The order that clients rely on is checked here, and what each participant was told of
 * the others is kept for the quiet points. Thread: the main loop.
 */
#include <stdlib.h>
#include <string.h>
#include "tests/soak/soak.h"

#define NOTED_MAX 160

static const char *member(const json_t *o, const char *name)
{
	const char *text = json_string_value(json_object_get(o, name));

	return text ? text : "";
}

static json_int_t number(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

static void broken(const struct soak_handle *h, const char *why, const json_t *msg)
{
	soak_fail("handle %" JSON_INTEGER_FORMAT ": %s: %s", h->id, why,
		json_dumps(msg, JSON_COMPACT));
}

void soak_view_set(struct soak_handle *h, const json_t *publisher)
{
	json_int_t *feed = g_new(json_int_t, 1);
	json_t *streams = json_deep_copy(json_object_get(publisher, "streams")), *stream;
	size_t i;

	*feed = number(publisher, "id");
	json_array_foreach(streams, i, stream) json_object_del(stream, "talking");
	g_hash_table_replace(h->view, feed, streams);
	g_hash_table_add(h->seen, g_memdup2(feed, sizeof(*feed)));
}

static void on_publishers(struct soak_handle *h, const json_t *data, const json_t *msg)
{
	const json_t *list = json_object_get(data, "publishers"), *publisher;
	size_t i;

	json_array_foreach(list, i, publisher)
	{
		const json_int_t feed = number(publisher, "id");

		if (feed == h->feed)
			broken(h, "is told of itself", msg);
		if (h->room->notify && !g_hash_table_contains(h->people, &feed))
			broken(h, "\"publishers\" before \"joining\"", msg);
		soak_view_set(h, publisher);
	}
}

static void on_joining(struct soak_handle *h, const json_t *who, const json_t *msg)
{
	const json_int_t feed = number(who, "id");

	if (!h->room->notify || feed == h->feed)
		broken(h, "a \"joining\" that is not for it", msg);
	if (!g_hash_table_add(h->people, g_memdup2(&feed, sizeof(feed))))
		broken(h, "somebody joins twice", msg);
}

static void on_unpublished(struct soak_handle *h, json_int_t feed)
{
	g_hash_table_remove(h->view, &feed);
}

static void on_departed(struct soak_handle *h, json_int_t feed, const json_t *msg)
{
	if (h->room->notify && !g_hash_table_contains(h->people, &feed))
		broken(h, "somebody goes who was not there", msg);
	g_hash_table_remove(h->people, &feed);
	g_hash_table_remove(h->view, &feed);
}

static void moderate_view(json_t *streams, const char *mid, bool muted)
{
	json_t *stream;
	size_t i;

	json_array_foreach(streams, i, stream)
	{
		/* of a disabled stream nothing is told */
		if (strcmp(member(stream, "mid"), mid) != 0 || json_object_get(stream, "disabled"))
			continue;
		if (muted)
			json_object_set_new(stream, "moderated", json_true());
		else
			json_object_del(stream, "moderated");
	}
}

static void on_moderation(struct soak_handle *h, const json_t *data)
{
	const json_int_t feed = number(data, "id");
	const char *mid = member(data, "mid");
	const bool muted = strcmp(member(data, "moderation"), "muted") == 0;

	if (feed == h->feed)
		h->muted[strcmp(mid, "1") == 0 || !h->audio] = muted;
	moderate_view(g_hash_table_lookup(h->view, &feed), mid, muted);
}

static void on_out(struct soak_handle *h, const json_t *msg)
{
	if (h->phase == SOAK_OUT)
		broken(h, "has left already", msg);
	soak_note("handle %" JSON_INTEGER_FORMAT " is out", h->id);
	h->phase = SOAK_OUT;
	h->end_announced = true;
	if (h->pc >= SOAK_PC_AGREED && !h->hang_by_us)
		h->hang_by_us = g_get_monotonic_time() + soak_limit_us(h->person->soak);
}

/* One of the events of a room that have the form {"videoroom":"event", ...}. */
static void on_room_event(struct soak_handle *h, const json_t *data, const json_t *msg)
{
	static const char *const departures[] = { "leaving", "kicked" };

	if (json_object_get(data, "publishers"))
		on_publishers(h, data, msg);
	if (json_object_get(data, "joining"))
		on_joining(h, json_object_get(data, "joining"), msg);
	if (json_is_integer(json_object_get(data, "unpublished")))
		on_unpublished(h, number(data, "unpublished"));
	for (size_t i = 0; i < G_N_ELEMENTS(departures); i++)
		if (json_is_integer(json_object_get(data, departures[i])))
			on_departed(h, number(data, departures[i]), msg);
	if (json_object_get(data, "moderation"))
		on_moderation(h, data);
	if (strcmp(member(data, "leaving"), "ok") == 0)
		on_out(h, msg);
}

static void on_participant(struct soak_handle *h, const json_t *data, const json_t *msg)
{
	const char *what = member(data, "videoroom");

	if (h->phase != SOAK_IN && h->phase != SOAK_GOING)
		broken(h, "is not in the room", msg);
	if (h->phase == SOAK_GOING)
		return;
	if (json_object_get(data, "room") && number(data, "room") != h->room->id)
		broken(h, "an event of another room", msg);
	if (strcmp(what, "destroyed") == 0)
		on_out(h, msg);
	else if (strcmp(what, "event") == 0)
		on_room_event(h, data, msg);
}

static void on_subscriber(struct soak_handle *h, const json_t *data, const json_t *msg)
{
	if (h->phase == SOAK_GOING)
		return;
	if (h->phase != SOAK_IN)
		broken(h, "has not joined, or has left", msg);
	if (json_object_get(msg, "jsep"))
		soak_take_offer(h, msg, data);
}

static void on_plugin(struct soak_handle *h, const json_t *msg)
{
	const json_t *data = json_object_get(json_object_get(msg, "plugindata"), "data");

	if (h->role == SOAK_PUBLISHER)
		on_participant(h, data, msg);
	else if (h->role == SOAK_SUBSCRIBER)
		on_subscriber(h, data, msg);
	else
		broken(h, "an event for a handle in no room", msg);
}

static void on_up(struct soak_handle *h, const json_t *msg)
{
	if (h->phase == SOAK_GOING || h->hanging)
		return;
	if (h->role == SOAK_PUBLISHER && h->pc != SOAK_PC_AGREED)
		broken(h, "\"webrtcup\" before the answer", msg);
	h->pc = SOAK_PC_UP;
}

/* What hung on the PeerConnection is over. */
static void on_hangup(struct soak_handle *h, const json_t *msg)
{
	if (strcmp(member(msg, "reason"), "Close PC") == 0 && !h->end_announced &&
		h->phase != SOAK_GOING)
		broken(h, "the gateway hung up without having said why", msg);
	soak_note("hangup of handle %" JSON_INTEGER_FORMAT ": %s", h->id, member(msg, "reason"));
	soak_media_close(h);
	h->pc = SOAK_PC_NONE;
	h->hanging = h->end_announced = h->starting = h->paused = false;
	h->hang_by_us = 0;
	h->era++;
	json_array_clear(h->streams);
	g_clear_pointer(&h->offer, g_free);
}

static void on_session_end(struct soak *s, const json_t *msg)
{
	const json_int_t session = number(msg, "session_id");

	for (guint i = 0; i < s->people->len; i++) {
		struct soak_person *p = s->people->pdata[i];

		if (p->session != session)
			continue;
		if (p->presence != SOAK_ASLEEP)
			soak_fail("the session of person %u timed out, who was awake", p->number);
		soak_note("person %u timed out", p->number);
		soak_person_gone(p);
		return;
	}
	soak_fail("\"timeout\" of a session that is not there");
}

static void note(const char *kind, json_int_t sender, const json_t *msg)
{
	char *data = json_dumps(
		json_object_get(json_object_get(msg, "plugindata"), "data"), JSON_COMPACT);

	soak_note("%" JSON_INTEGER_FORMAT " hears %s%s %.*s", sender, kind,
		json_object_get(msg, "jsep") ? " with an offer" : "", NOTED_MAX, data ? data : "");
	free(data);
}

void soak_hear(struct soak *s, struct soak_line *line, const json_t *msg)
{
	const char *kind = member(msg, "janus");
	const json_int_t sender = number(msg, "sender");
	struct soak_handle *h = g_hash_table_lookup(s->handles, &sender);

	s->figures.events++;
	note(kind, sender, msg);
	if (strcmp(kind, "timeout") == 0) {
		on_session_end(s, msg);
		return;
	}
	if (g_hash_table_contains(s->ended, &sender))
		soak_fail("after \"detached\": %s", json_dumps(msg, JSON_COMPACT));
	if (!h)
		return; /* of a session that was given up */
	if (h->person->line != line)
		broken(h, "comes over another's connection", msg);
	if (strcmp(kind, "event") == 0)
		on_plugin(h, msg);
	else if (strcmp(kind, "webrtcup") == 0)
		on_up(h, msg);
	else if (strcmp(kind, "hangup") == 0)
		on_hangup(h, msg);
	else if (strcmp(kind, "detached") == 0)
		g_hash_table_add(s->ended, g_memdup2(&sender, sizeof(sender)));
}
