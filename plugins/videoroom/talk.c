/*
 * What the plugin does with a participant's packets, which otherwise pass it by: it notices who
 * talks, and asks for a keyframe when none came for the room's fir_freq. Thread: the participant's
 * loop. The room's settings read here are fixed at its creation, but for fir_freq_s, which may be
 * seen late.
 */
#include "plugins/videoroom/talk.h"
#include "kit/ids.h"
#include "plugins/videoroom/events.h"

bool limen_talk_feed(struct limen_talk *t, uint8_t level, int64_t window_packets, int64_t threshold,
	double *average)
{
	bool talking;

	t->sum += level;
	if (++t->packets < window_packets)
		return false;
	*average = (double)t->sum / (double)t->packets;
	t->packets = t->sum = 0;
	talking = *average < (double)threshold;
	if (talking == t->talking)
		return false;
	t->talking = talking;
	return true;
}

struct limen_talk *limen_publisher_talk(struct limen_publisher *p, uint16_t mindex)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = NULL;

	if (mindex >= p->talk->len) {
		lock = g_mutex_locker_new(&p->room->lock);
		g_array_set_size(p->talk, mindex + 1u);
	}
	return &g_array_index(p->talk, struct limen_talk, mindex);
}

static void tell(struct limen_publisher *p, uint16_t mindex, bool talking, double average)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&p->room->lock);
	const char *what = talking ? "talking" : "stopped-talking";
	struct limen_track *t;
	json_t *event;

	if (p->gone != LIMEN_PRESENT || !p->published || mindex >= p->tracks->len)
		return;
	t = g_ptr_array_index(p->tracks, mindex);
	if (!t->facts.active || t->moderated)
		return;
	t->talking = talking;
	event = limen_events_new(p->room, what);
	json_object_set_new(event, "id", limen_ids_json(p->id, limen_videoroom.string_ids));
	json_object_set_new(event, "mindex", json_integer(mindex));
	json_object_set_new(event, "mid", json_string(t->facts.mid));
	json_object_set_new(event, "audio-level-dBov-avg", json_real(average));
	limen_events_emit(p->room, p->handle, what, json_deep_copy(event));
	limen_events_send(p->room, NULL, event);
}

static void listen(struct limen_publisher *p, const struct limen_packet *pkt)
{
	const struct limen_room *room = p->room;
	const int64_t window =
		p->audio_active_packets >= 0 ? p->audio_active_packets : room->audio_active_packets;
	const int64_t threshold =
		p->audio_level_average >= 0 ? p->audio_level_average : room->audio_level_average;
	struct limen_talk *t = limen_publisher_talk(p, pkt->mindex);
	double average;

	if (limen_talk_feed(t, pkt->audio_level, window, threshold, &average))
		tell(p, pkt->mindex, t->talking, average);
}

static void hear(struct limen_publisher *p, const struct limen_packet *pkt)
{
	if (p->room->audiolevel_event)
		listen(p, pkt);
	if (p->room->dominant_speaker)
		limen_publisher_hear(p, pkt->mindex, pkt->audio_level, pkt->voice, pkt->arrived_us);
}

static void ask_for_keyframe(
	struct limen_publisher *p, const struct limen_packet *pkt, int64_t every_us)
{
	if (pkt->layer.keyframe)
		p->keyframe_us = pkt->arrived_us;
	if (pkt->arrived_us - p->keyframe_us < every_us)
		return;
	p->keyframe_us = pkt->arrived_us;
	limen_publisher_keyframe(p);
}

void limen_publisher_packet(struct limen_publisher *p, const struct limen_packet *pkt)
{
	const int64_t fir_freq_s = __atomic_load_n(&p->room->fir_freq_s, __ATOMIC_RELAXED);

	if (pkt->kind == LIMEN_AUDIO && pkt->audio_level <= 127 && pkt->mindex < LIMEN_MLINES_MAX)
		hear(p, pkt);
	else if (pkt->kind == LIMEN_VIDEO && fir_freq_s > 0)
		ask_for_keyframe(p, pkt, fir_freq_s * G_USEC_PER_SEC);
}
