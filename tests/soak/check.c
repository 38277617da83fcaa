/*
 * What must hold while nobody does anything: the lists say what the clients know of themselves, and
 * each participant was told what the lists say. Thread: the main loop.
 */
#include <stdio.h>
#include <string.h>
#include "tests/soak/soak.h"

#define SETTLE_US (200 * G_TIME_SPAN_MILLISECOND)
#define LISTEN_US (700 * G_TIME_SPAN_MILLISECOND)
#define PATIENCE_US (30 * G_USEC_PER_SEC)

static void wait_until_settled(struct soak *s)
{
	const int64_t end = g_get_monotonic_time() + PATIENCE_US * s->slowness;
	const char *what;

	while ((what = soak_people_unsettled(s))) {
		if (g_get_monotonic_time() > end)
			soak_fail("still waiting for %s", what);
		soak_turn(s);
	}
}

static const struct soak_handle *member_of(
	const struct soak_room *room, const struct soak *s, json_int_t feed, unsigned *count)
{
	const struct soak_handle *found = NULL;

	*count = 0;
	for (guint i = 0; i < s->people->len; i++) {
		const struct soak_person *p = s->people->pdata[i];

		for (guint j = 0; j < p->handles->len; j++) {
			const struct soak_handle *h = p->handles->pdata[j];

			if (h->room != room || !soak_is_in(h, SOAK_PUBLISHER))
				continue;
			*count += 1;
			if (h->feed == feed)
				found = h;
		}
	}
	return found;
}

/* The list against what each client knows of itself. */
static void check_list(
	const struct soak *s, const struct soak_room *room, const json_t *participants)
{
	const json_t *entry;
	unsigned count;
	size_t i;

	member_of(room, s, 0, &count);
	if (count != json_array_size(participants))
		soak_fail("room %" JSON_INTEGER_FORMAT " has %u participants by what they know, "
			  "the list has %zu: %s",
			room->id, count, json_array_size(participants),
			json_dumps(participants, JSON_COMPACT));
	json_array_foreach(participants, i, entry)
	{
		const json_int_t feed = json_integer_value(json_object_get(entry, "id"));
		const struct soak_handle *h = member_of(room, s, feed, &count);

		if (!h)
			soak_fail("%" JSON_INTEGER_FORMAT " is listed and is not there", feed);
		if (json_is_true(json_object_get(entry, "publisher")) != (h->pc == SOAK_PC_UP))
			soak_fail("%" JSON_INTEGER_FORMAT " is listed as %s", feed,
				json_dumps(entry, JSON_COMPACT));
	}
}

/* What a participant was told of the others against the list. */
static void check_view(const struct soak_handle *h, const json_t *participants)
{
	const json_t *entry;
	guint publishing = 0;
	size_t i;

	json_array_foreach(participants, i, entry)
	{
		const json_int_t feed = json_integer_value(json_object_get(entry, "id"));

		if (feed == h->feed)
			continue;
		if (h->room->notify && !g_hash_table_contains(h->people, &feed))
			soak_fail("%" JSON_INTEGER_FORMAT " was not told of %" JSON_INTEGER_FORMAT,
				h->feed, feed);
		if (!json_is_true(json_object_get(entry, "publisher")))
			continue;
		publishing++;
		if (!g_hash_table_contains(h->view, &feed))
			soak_fail("%" JSON_INTEGER_FORMAT " was not told that %" JSON_INTEGER_FORMAT
				  " publishes",
				h->feed, feed);
	}
	if (publishing != g_hash_table_size(h->view))
		soak_fail("%" JSON_INTEGER_FORMAT " was told of %u who publish, there are %u",
			h->feed, g_hash_table_size(h->view), publishing);
	if (h->room->notify && json_array_size(participants) != g_hash_table_size(h->people) + 1u)
		soak_fail("%" JSON_INTEGER_FORMAT " knows %u others, there are %zu", h->feed,
			g_hash_table_size(h->people), json_array_size(participants) - 1);
}

/* Whoever looks sees the same streams of a feed. */
static void check_agreement(GHashTable *seen, const struct soak_handle *h)
{
	GHashTableIter it;
	gpointer feed, streams;

	g_hash_table_iter_init(&it, h->view);
	while (g_hash_table_iter_next(&it, &feed, &streams)) {
		const json_t *first = g_hash_table_lookup(seen, feed);

		if (!first)
			g_hash_table_insert(seen, feed, streams);
		else if (!json_equal(first, streams))
			soak_fail("two views of feed %" JSON_INTEGER_FORMAT ": %s and %s",
				*(json_int_t *)feed, json_dumps(first, JSON_COMPACT),
				json_dumps(streams, JSON_COMPACT));
	}
}

/* Each asks over its own handle: what was sent to it before has arrived when the list has. */
static void on_list(struct soak_ask *a, const json_t *msg, const json_t *data)
{
	const json_t *participants = json_object_get(data, "participants");

	(void)msg;
	check_list(a->soak, a->handle->room, participants);
	check_view(a->handle, participants);
	check_agreement(a->arg, a->handle);
}

static void ask_for_list(struct soak_handle *h, void *seen)
{
	soak_message(h, false,
		json_pack("{s:s, s:I}", "request", "listparticipants", "room", h->room->id), NULL,
		on_list, NULL)
		->arg = seen;
}

static void for_handles(struct soak *s, void (*fn)(struct soak_handle *h, void *arg), void *arg)
{
	for (guint i = 0; i < s->people->len; i++) {
		struct soak_person *p = s->people->pdata[i];

		for (guint j = 0; j < p->handles->len; j++)
			fn(p->handles->pdata[j], arg);
	}
}

static void ask_participant(struct soak_handle *h, void *seen)
{
	if (!soak_is_in(h, SOAK_PUBLISHER))
		return;
	if (h->room->gone)
		soak_fail("handle %" JSON_INTEGER_FORMAT " was not told that room "
			  "%" JSON_INTEGER_FORMAT " is gone",
			h->id, h->room->id);
	ask_for_list(h, seen);
}

/* An active stream has a feed that is there and publishes. */
static void check_streams(struct soak_handle *h, void *arg)
{
	const json_t *stream;
	unsigned count;
	size_t i;

	(void)arg;
	if (!soak_is_in(h, SOAK_SUBSCRIBER) || h->manual || h->room->gone)
		return;
	json_array_foreach(h->streams, i, stream)
	{
		const json_t *id = json_object_get(stream, "feed_id");
		const struct soak_handle *p =
			member_of(h->room, h->person->soak, json_integer_value(id), &count);

		if (json_is_true(json_object_get(stream, "active")) != (id != NULL))
			soak_fail("handle %" JSON_INTEGER_FORMAT ": %s", h->id,
				json_dumps(stream, JSON_COMPACT));
		if (id && (!p || p->pc != SOAK_PC_UP))
			soak_fail("handle %" JSON_INTEGER_FORMAT " was not told of the end of: %s",
				h->id, json_dumps(stream, JSON_COMPACT));
	}
}

static void count_handle(struct soak_handle *h, void *arg)
{
	unsigned *counts = arg;

	if (soak_is_in(h, SOAK_PUBLISHER))
		counts[h->pc == SOAK_PC_UP ? 1 : 0]++;
	if (soak_is_in(h, SOAK_SUBSCRIBER))
		counts[h->pc == SOAK_PC_UP ? 3 : 2]++;
}

static void print_crowd(struct soak *s)
{
	unsigned counts[4] = { 0 };

	for_handles(s, count_handle, counts);
	printf("quiet: %u participants and %u who publish, %u subscribers and %u who receive\n",
		counts[0], counts[1], counts[2], counts[3]);
}

void soak_check_quiet(struct soak *s)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_int64_hash, g_int64_equal);

	s->resting = true;
	wait_until_settled(s);
	soak_run_for(s, SETTLE_US * s->slowness);
	wait_until_settled(s);
	print_crowd(s);
	for_handles(s, ask_participant, seen);
	wait_until_settled(s);
	for_handles(s, check_streams, NULL);
	soak_media_listen_anew(s);
	soak_run_for(s, LISTEN_US + (s->slowness > 1 ? LISTEN_US : 0));
	soak_media_check(s);
	s->figures.quiet_points++;
	s->resting = false;
	soak_note("noise");
}

static void on_rooms(struct soak_ask *a, const json_t *msg, const json_t *data)
{
	const json_t *list = json_object_get(data, "list"), *room;
	size_t i;

	(void)msg;
	json_array_foreach(list, i,
		room) if (json_integer_value(json_object_get(room, "num_participants")) != 0)
		soak_fail("a room is not empty: %s", json_dumps(room, JSON_COMPACT));
	if (a->arg && json_array_size(list) != 1)
		soak_fail("%zu rooms are left, one is configured", json_array_size(list));
}

static void ask_for_rooms(struct soak *s, void *ended)
{
	soak_message(s->monitor->handles->pdata[0], false, json_pack("{s:s}", "request", "list"),
		NULL, on_rooms, NULL)
		->arg = ended;
	wait_until_settled(s);
}

void soak_check_empty(struct soak *s)
{
	wait_until_settled(s);
	soak_run_for(s, SETTLE_US * s->slowness);
	ask_for_rooms(s, NULL);
	for (guint i = 0; i < s->rooms->len; i++)
		if (!((struct soak_room *)s->rooms->pdata[i])->gone)
			soak_room_destroy(s, s->rooms->pdata[i]);
	wait_until_settled(s);
	ask_for_rooms(s, s);
}
