/*
 * Packets come from a small free list per thread, so that steady traffic does not allocate. Thread:
 * any; a packet may end on another thread than it began on.
 */
#include "core/base/packet.h"
#include <glib.h>
#include <string.h>

#define POOL_MAX 256

struct pool {
	struct limen_packet *list[POOL_MAX];
	unsigned count;
};

static void pool_free(gpointer arg)
{
	struct pool *p = arg;

	while (p->count)
		g_free(p->list[--p->count]);
	g_free(p);
}

static GPrivate pools = G_PRIVATE_INIT(pool_free);

static struct pool *own_pool(void)
{
	struct pool *p = g_private_get(&pools);

	if (!p) {
		p = g_new0(struct pool, 1);
		g_private_set(&pools, p);
	}
	return p;
}

struct limen_packet *limen_packet_new(void)
{
	struct pool *pool = own_pool();
	struct limen_packet *p = pool->count ? pool->list[--pool->count] : g_malloc(sizeof(*p));

	memset(p, 0, offsetof(struct limen_packet, data));
	p->refs = 1;
	p->layer.spatial = p->layer.temporal = -1;
	p->layer.picture_id = -1;
	p->layer.tl0_pic_idx = -1;
	p->audio_level = 255;
	p->orientation = -1;
	p->playout_min = p->playout_max = -1;
	return p;
}

struct limen_packet *limen_packet_ref(struct limen_packet *p)
{
	g_atomic_int_inc(&p->refs);
	return p;
}

void limen_packet_unref(struct limen_packet *p)
{
	struct pool *pool;

	if (!p || !g_atomic_int_dec_and_test(&p->refs))
		return;
	pool = own_pool();
	if (pool->count < POOL_MAX)
		pool->list[pool->count++] = p;
	else
		g_free(p);
}
