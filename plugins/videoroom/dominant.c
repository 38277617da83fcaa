/*
 * The dominant speaker of a room (option dominant_speaker). Each packet adds its level to its
 * m-line's trace, without a lock; every so often one of them also elects, if the room's lock
 * happens to be free: no timer is needed, and where nobody sends anything nobody is elected.
 * Thread: the participant's loop.
 */
#include "kit/ids.h"
#include "plugins/videoroom/events.h"
#include "plugins/videoroom/talk.h"

static bool may_be_elected(const struct limen_track *t)
{
	const struct limen_publisher *p = t->publisher;

	return p->published && t->facts.kind == LIMEN_AUDIO && t->facts.active && t->send &&
		!t->moderated && t->facts.mindex < p->talk->len;
}

const struct limen_track *limen_room_dominant(const struct limen_room *room)
{
	return room->dominant && may_be_elected(room->dominant) ? room->dominant : NULL;
}

static void tell(struct limen_room *room)
{
	const struct limen_track *t = room->dominant;
	json_t *event = limen_events_new(room, "event");

	json_object_set_new(event, "dominant_speaker",
		limen_ids_json(t->publisher->id, limen_videoroom.string_ids));
	json_object_set_new(event, "mid", json_string(t->facts.mid));
	limen_events_emit(room, t->publisher->handle, "dominant-speaker", json_deep_copy(event));
	limen_events_send(room, NULL, event);
}

static void add_candidates(const struct limen_publisher *p, GPtrArray *tracks, GPtrArray *speakers)
{
	for (guint i = 0; i < p->tracks->len; i++) {
		struct limen_track *t = g_ptr_array_index(p->tracks, i);

		if (!may_be_elected(t))
			continue;
		g_ptr_array_add(tracks, t);
		g_ptr_array_add(speakers,
			&g_array_index(p->talk, struct limen_talk, t->facts.mindex).speaker);
	}
}

static void elect(struct limen_room *room, int64_t now_us)
{
	g_autoptr(GPtrArray) tracks = g_ptr_array_new(), speakers = g_ptr_array_new();
	guint present;
	int elected;

	for (guint i = 0; i < room->publishers->len; i++)
		add_candidates(g_ptr_array_index(room->publishers, i), tracks, speakers);
	if (!g_ptr_array_find(tracks, room->dominant, &present)) {
		room->dominant = NULL;
		present = G_MAXUINT;
	}
	elected = limen_speaker_elect((const struct limen_speaker *const *)speakers->pdata,
		speakers->len, (int)present, now_us);
	if (elected == (int)present)
		return;
	room->dominant = g_ptr_array_index(tracks, elected);
	tell(room);
}

void limen_publisher_hear(
	struct limen_publisher *p, uint16_t mindex, uint8_t level, bool voice, int64_t now_us)
{
	struct limen_room *room = p->room;

	limen_speaker_hear(&limen_publisher_talk(p, mindex)->speaker, level, voice, now_us);
	if (now_us < __atomic_load_n(&room->election_us, __ATOMIC_RELAXED) ||
		!g_mutex_trylock(&room->lock))
		return;
	if (now_us >= room->election_us) {
		__atomic_store_n(
			&room->election_us, now_us + LIMEN_SPEAKER_DECISION_US, __ATOMIC_RELAXED);
		elect(room, now_us);
	}
	g_mutex_unlock(&room->lock);
}
