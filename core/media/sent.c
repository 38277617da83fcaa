/*
 * A ring by outgoing sequence number.
 */
#include "core/media/sent.h"
#include <glib.h>

#define AGAIN_MIN_MS 40 /* a repeated NACK sooner than this or a round trip is the same one */
#define RESENDS_MAX 10

void limen_sent_init(struct limen_sent *s)
{
	*s = (struct limen_sent){ 0 };
}

void limen_sent_clear(struct limen_sent *s)
{
	g_clear_pointer(&s->ring, g_free);
}

struct limen_sent_packet *limen_sent_add(struct limen_sent *s, const struct limen_packet *p,
	const struct limen_rewritten *numbers, bool marker)
{
	struct limen_sent_packet *at;

	if (!s->ring)
		s->ring = g_new0(struct limen_sent_packet, LIMEN_SENT_PACKETS);
	at = &s->ring[numbers->seq % LIMEN_SENT_PACKETS];
	if (at->used && at->numbers.seq == numbers->seq && at->source_ts == p->ts)
		return NULL;
	*at = (struct limen_sent_packet){
		.numbers = *numbers,
		.source_seq = p->seq,
		.source_ts = p->ts,
		.substream = p->substream,
		.used = true,
		.marker = marker,
	};
	return at;
}

void limen_sent_forget(struct limen_sent *s)
{
	limen_sent_clear(s);
}

struct limen_sent_packet *limen_sent_take(
	struct limen_sent *s, uint16_t seq, int64_t now_us, int64_t rtt_us)
{
	struct limen_sent_packet *p = s->ring ? &s->ring[seq % LIMEN_SENT_PACKETS] : NULL;
	const uint32_t now_ms = (uint32_t)(now_us / 1000), pause_ms = (uint32_t)(rtt_us / 1000);

	if (!p || !p->used || p->numbers.seq != seq)
		return NULL;
	if (p->resends >= RESENDS_MAX ||
		(p->resends && now_ms - p->resent_ms < MAX(pause_ms, AGAIN_MIN_MS)))
		return NULL;
	p->resends++;
	p->resent_ms = now_ms;
	return p;
}
