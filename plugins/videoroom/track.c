/*
 * A published m-line. Its packets go through a fan-out, past the plugin; the track knows which
 * slots hang on that fan-out. Thread: any, with the room locked; making a fan-out is the business
 * of answer.c on the publisher's loop.
 */
#include <string.h>
#include "plugins/videoroom/forward.h"
#include "plugins/videoroom/subscriber.h"

struct limen_track *limen_track_new(struct limen_publisher *p)
{
	struct limen_track *t = g_new0(struct limen_track, 1);

	t->publisher = p;
	t->send = true;
	t->playout_min = t->playout_max = -1;
	t->slots = g_ptr_array_new();
	return t;
}

void limen_track_free(struct limen_track *t)
{
	if (!t)
		return;
	g_assert(t->slots->len == 0);
	if (t->fanout)
		limen->fanout_free(t->fanout);
	limen_publish_clear(&t->facts);
	g_free(t->description);
	g_ptr_array_unref(t->slots);
	g_free(t);
}

void limen_track_silence(struct limen_track *t, GPtrArray *hit)
{
	while (t->slots->len > 0) {
		struct limen_slot *slot = g_ptr_array_index(t->slots, t->slots->len - 1);

		if (limen_slot_disconnect(slot, t) &&
			!g_ptr_array_find(hit, slot->subscriber, NULL))
			g_ptr_array_add(hit, slot->subscriber);
	}
	limen_forwarders_disconnect(t);
	if (t->fanout)
		limen->fanout_free(t->fanout);
	t->fanout = NULL;
	t->talking = false;
	if (t->publisher->room->dominant == t)
		t->publisher->room->dominant = NULL;
}

void limen_track_gate(struct limen_track *t)
{
	if (t->fanout)
		limen->fanout_gate(t->fanout, t->send && !t->moderated);
}

struct limen_track *limen_track_find(const struct limen_publisher *p, const char *mid)
{
	for (guint i = 0; i < p->tracks->len; i++) {
		struct limen_track *t = g_ptr_array_index(p->tracks, i);

		if (strcmp(t->facts.mid, mid) == 0)
			return t;
	}
	return NULL;
}

void limen_track_keyframe(const struct limen_track *t)
{
	if (t->facts.kind == LIMEN_VIDEO && t->fanout)
		limen->media->fanout_keyframe(t->fanout);
}
