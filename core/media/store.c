/*
 * One ring a substream, indexed by sequence number, allocated with the first packet. What is too
 * old to be of use goes as new packets come, so that a store is no larger than its source's rate.
 */
#include "core/media/store.h"
#include <glib.h>
#include "core/base/packet.h"

struct ring {
	struct limen_packet **places; /* NULL before the first packet */
	uint16_t oldest;              /* no packet before this number is kept */
};

struct limen_store {
	GMutex lock; /* of the rings */
	struct ring ring[LIMEN_LAYERS_MAX];
};

struct limen_store *limen_store_new(void)
{
	struct limen_store *s = g_new0(struct limen_store, 1);

	g_mutex_init(&s->lock);
	return s;
}

void limen_store_free(struct limen_store *s)
{
	if (!s)
		return;
	for (unsigned k = 0; k < LIMEN_LAYERS_MAX; k++) {
		for (unsigned i = 0; s->ring[k].places && i < LIMEN_STORE_PACKETS; i++)
			limen_packet_unref(s->ring[k].places[i]);
		g_free(s->ring[k].places);
	}
	g_mutex_clear(&s->lock);
	g_free(s);
}

static struct limen_packet **place(const struct ring *r, uint16_t seq)
{
	return &r->places[seq % LIMEN_STORE_PACKETS];
}

/* Lets go what is too old, up to the packet that has just come. */
static void expire(struct ring *r, const struct limen_packet *newest)
{
	for (; r->oldest != newest->seq; r->oldest++) {
		struct limen_packet **at = place(r, r->oldest);

		if (*at && newest->arrived_us - (*at)->arrived_us < LIMEN_STORE_AGE_US)
			return;
		limen_packet_unref(g_steal_pointer(at));
	}
}

static void add(struct ring *r, struct limen_packet *p)
{
	struct limen_packet **at;

	if (!r->places) {
		r->places = g_new0(struct limen_packet *, LIMEN_STORE_PACKETS);
		r->oldest = p->seq;
	}
	at = place(r, p->seq);
	limen_packet_unref(*at);
	*at = limen_packet_ref(p);
	/* A jump, or a late one: what is kept begins within a ring's length before it. */
	if ((uint16_t)(p->seq - r->oldest) >= LIMEN_STORE_PACKETS)
		r->oldest = (uint16_t)(p->seq - LIMEN_STORE_PACKETS + 1);
	expire(r, p);
}

void limen_store_add(struct limen_store *s, struct limen_packet *const *packets, size_t count)
{
	g_mutex_lock(&s->lock);
	for (size_t i = 0; i < count; i++)
		add(&s->ring[CLAMP(packets[i]->substream, 0, LIMEN_LAYERS_MAX - 1)], packets[i]);
	g_mutex_unlock(&s->lock);
}

struct limen_packet *limen_store_find(struct limen_store *s, int substream, uint16_t seq)
{
	struct limen_packet *found = NULL, *there;

	if (substream < 0 || substream >= LIMEN_LAYERS_MAX)
		return NULL;
	g_mutex_lock(&s->lock);
	there = s->ring[substream].places ? *place(&s->ring[substream], seq) : NULL;
	if (there && there->seq == seq)
		found = limen_packet_ref(there);
	g_mutex_unlock(&s->lock);
	return found;
}
