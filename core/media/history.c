/*
 * The ring of sent packets. Thread: the receiver's loop.
 */
#include "core/media/history.h"
#include <glib.h>
#include "core/base/packet.h"

#define AGAIN_MIN_US 40000
#define RESENDS_MAX 10
#define AGE_MAX_US 2000000

void limen_history_init(struct limen_history *h)
{
	h->ring = NULL;
}

void limen_history_clear(struct limen_history *h)
{
	for (unsigned i = 0; h->ring && i < LIMEN_HISTORY_PACKETS; i++)
		limen_packet_unref(h->ring[i].packet);
	g_clear_pointer(&h->ring, g_free);
}

void limen_history_add(struct limen_history *h, struct limen_packet *p,
	const struct limen_rewritten *numbers, bool marker)
{
	struct limen_sent *s;

	if (!h->ring)
		h->ring = g_new0(struct limen_sent, LIMEN_HISTORY_PACKETS);
	s = &h->ring[numbers->seq % LIMEN_HISTORY_PACKETS];
	limen_packet_unref(s->packet);
	*s = (struct limen_sent){
		.packet = limen_packet_ref(p), .numbers = *numbers, .marker = marker
	};
}

struct limen_sent *limen_history_take(
	struct limen_history *h, uint16_t seq, int64_t now_us, int64_t rtt_us)
{
	struct limen_sent *s = h->ring ? &h->ring[seq % LIMEN_HISTORY_PACKETS] : NULL;

	if (!s || !s->packet || s->numbers.seq != seq ||
		now_us - s->packet->arrived_us > AGE_MAX_US)
		return NULL;
	if (s->resends >= RESENDS_MAX ||
		(s->resends && now_us - s->resent_us < MAX(rtt_us, AGAIN_MIN_US)))
		return NULL;
	s->resends++;
	s->resent_us = now_us;
	return s;
}
