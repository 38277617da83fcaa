/*
 * One ring a substream, indexed by sequence number, allocated with the first packet.
 */
#include "core/media/store.h"
#include <glib.h>
#include "core/base/packet.h"

struct limen_store {
	GMutex lock; /* of the rings */
	struct limen_packet **ring[LIMEN_LAYERS_MAX];
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
		for (unsigned i = 0; s->ring[k] && i < LIMEN_STORE_PACKETS; i++)
			limen_packet_unref(s->ring[k][i]);
		g_free(s->ring[k]);
	}
	g_mutex_clear(&s->lock);
	g_free(s);
}

static struct limen_packet **place(struct limen_store *s, int substream, uint16_t seq)
{
	if (substream < 0 || substream >= LIMEN_LAYERS_MAX || !s->ring[substream])
		return NULL;
	return &s->ring[substream][seq % LIMEN_STORE_PACKETS];
}

void limen_store_add(struct limen_store *s, struct limen_packet *const *packets, size_t count)
{
	struct limen_packet *old;

	g_mutex_lock(&s->lock);
	for (size_t i = 0; i < count; i++) {
		const int k = CLAMP(packets[i]->substream, 0, LIMEN_LAYERS_MAX - 1);

		if (!s->ring[k])
			s->ring[k] = g_new0(struct limen_packet *, LIMEN_STORE_PACKETS);
		old = s->ring[k][packets[i]->seq % LIMEN_STORE_PACKETS];
		s->ring[k][packets[i]->seq % LIMEN_STORE_PACKETS] = limen_packet_ref(packets[i]);
		limen_packet_unref(old);
	}
	g_mutex_unlock(&s->lock);
}

struct limen_packet *limen_store_find(struct limen_store *s, int substream, uint16_t seq)
{
	struct limen_packet *found = NULL, **at;

	g_mutex_lock(&s->lock);
	at = place(s, substream, seq);
	if (at && *at && (*at)->seq == seq)
		found = limen_packet_ref(*at);
	g_mutex_unlock(&s->lock);
	return found;
}
