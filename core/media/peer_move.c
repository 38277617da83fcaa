/*
 * A peer moves, once, to the loop on whose socket its packets arrive, before there is any media: so
 * nothing has to cross loops later. Its timers and its ICE go with it; what is posted to it keeps
 * its order (home.h). Thread: see each function.
 */
#include "core/media/peer_priv.h"

/* The timers of a peer that ran when it left. */
struct luggage {
	struct limen_peer *peer; /* a reference */
	unsigned running;
};

static struct limen_timer *timer(struct limen_peer *p, unsigned i)
{
	struct limen_timer *all[] = { &p->down, &p->dtls_timer, &p->second, &p->soon, &p->failing };

	return i < G_N_ELEMENTS(all) ? all[i] : NULL;
}

/* The new loop. */
static void arrive(void *arg)
{
	struct luggage *g = arg;
	struct limen_peer *p = g->peer;
	struct limen_timer *t;

	for (unsigned i = 0; (t = timer(p, i)); i++)
		if (g->running & 1u << i)
			limen_peer_timer(p, t, t->at_us);
	if (p->ice && p->cfg->ice_ops->moved)
		p->cfg->ice_ops->moved(p->ice, limen_peer_loop(p));
	for (guint i = 0; i < p->lines->len; i++) {
		const struct limen_line *l = limen_peer_line_if(p, i);

		if (l && l->from)
			limen_fanout_regroup(l->from);
	}
}

static void settled(void *arg)
{
	struct luggage *g = arg;

	limen_peer_unref(g->peer);
	g_free(g);
}

struct departure {
	struct limen_peer *peer; /* a reference */
	struct limen_loop *to;
};

/* The old loop. */
static void depart(void *arg)
{
	struct departure *d = arg;
	struct limen_peer *p = d->peer;
	struct luggage *g;
	struct limen_timer *t;

	if (p->moved || p->up || !p->ice || limen_peer_loop(p) == d->to) {
		limen_peer_unref(p);
		g_free(d);
		return;
	}
	p->moved = true;
	g = g_new0(struct luggage, 1);
	g->peer = p;
	for (unsigned i = 0; (t = timer(p, i)); i++) {
		g->running |= limen_timer_active(t) ? 1u << i : 0;
		limen_timer_stop(t);
	}
	if (p->cfg->ice_ops->leave)
		p->cfg->ice_ops->leave(p->ice, d->to);
	limen_home_move(&p->home, d->to, arrive, settled, g);
	g_free(d);
}

/* Not at once: it comes from inside the ICE of the peer. */
void limen_peer_on_home(struct limen_loop *loop, void *arg)
{
	struct limen_peer *p = arg;
	struct departure *d = g_new(struct departure, 1);

	*d = (struct departure){ limen_peer_ref(p), loop };
	limen_home_post(&p->home, depart, d);
}
