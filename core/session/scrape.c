/*
 * Visits of a scrape. Thread: each visit runs on its loop and fills what is its own; the last one
 * to end adds all up.
 */
#include "core/session/scrape.h"
#include "core/media/mos.h"
#include "core/session/handle.h"

struct visit {
	struct scrape *of;
	struct limen_loop *loop;
	GPtrArray *todo; /* struct limen_core_handle *, references */
	guint at;
	struct limen_scrape found;
};

struct scrape {
	struct limen_core *core;
	limen_scrape_fn fn;
	void *arg;
	gint open; /* visits that have not ended; atomic */
	struct visit visits[];
};

static void meeting_free(gpointer arg)
{
	struct limen_scrape_meeting *m = arg;

	g_free(m->id);
	g_free(m);
}

static struct limen_scrape_meeting *meeting_of(struct limen_scrape *s, const char *id)
{
	struct limen_scrape_meeting *m = g_hash_table_lookup(s->meetings, id);

	if (m)
		return m;
	m = g_new0(struct limen_scrape_meeting, 1);
	m->id = g_strdup(id);
	g_hash_table_insert(s->meetings, m->id, m);
	return m;
}

static void found_init(struct limen_scrape *s, struct limen_core *core)
{
	*s = (struct limen_scrape){
		.core = core,
		.handles = g_new0(unsigned, core->plugins->len),
		.meetings = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, meeting_free),
	};
}

static void found_clear(struct limen_scrape *s)
{
	g_free(s->handles);
	g_hash_table_unref(s->meetings);
}

static void add_quality(struct limen_scrape_meeting *m, double loss, double mos)
{
	m->heard++;
	m->loss += loss;
	m->mos += mos;
}

static void look_at_peer(
	struct limen_scrape *s, struct limen_scrape_meeting *m, const struct limen_peer *p)
{
	struct limen_stats_brief b;
	double mos;

	limen_stats_brief(p, &b);
	s->peers[b.state]++;
	s->bits_in += b.bits_in;
	s->bits_out += b.bits_out;
	if (!b.streams)
		return;
	s->jitter_ms += b.jitter_ms;
	s->rtt_ms += (double)b.rtt_us / 1000;
	s->timed += b.rtt_us > 0;
	mos = limen_mos(b.loss, (double)b.rtt_us / 1000, b.jitter_ms);
	add_quality(&s->all, b.loss, mos);
	if (m)
		add_quality(m, b.loss, mos);
}

static void look_at(struct visit *v, const struct limen_core_handle *h)
{
	struct limen_scrape *s = &v->found;
	struct limen_scrape_meeting *m;
	guint plugin;

	/* One that is just moving is counted the next time. */
	if (limen_peer_loop(h->peer) != v->loop || h->detached)
		return;
	if (g_ptr_array_find(s->core->plugins, h->plugin, &plugin))
		s->handles[plugin]++;
	m = h->meeting ? meeting_of(s, h->meeting) : NULL;
	if (m && h->participant) {
		m->participants++;
		s->all.participants++;
	}
	look_at_peer(s, m, h->peer);
}

void limen_scrape_meeting_add(
	struct limen_scrape_meeting *to, const struct limen_scrape_meeting *from)
{
	to->participants += from->participants;
	to->heard += from->heard;
	to->loss += from->loss;
	to->mos += from->mos;
}

static void merge(struct limen_scrape *to, const struct limen_scrape *from)
{
	GHashTableIter it;
	gpointer value;

	for (guint i = 0; i < to->core->plugins->len; i++)
		to->handles[i] += from->handles[i];
	for (unsigned i = 0; i < LIMEN_STATS_STATES; i++)
		to->peers[i] += from->peers[i];
	to->jitter_ms += from->jitter_ms;
	to->rtt_ms += from->rtt_ms;
	to->timed += from->timed;
	to->bits_in += from->bits_in;
	to->bits_out += from->bits_out;
	limen_scrape_meeting_add(&to->all, &from->all);
	g_hash_table_iter_init(&it, from->meetings);
	while (g_hash_table_iter_next(&it, NULL, &value)) {
		const struct limen_scrape_meeting *m = value;

		limen_scrape_meeting_add(meeting_of(to, m->id), m);
	}
}

static void finish(struct scrape *sc)
{
	struct limen_core *core = sc->core;

	for (unsigned i = 1; i < core->loop_count; i++)
		merge(&sc->visits[0].found, &sc->visits[i].found);
	sc->fn(&sc->visits[0].found, sc->arg);
	for (unsigned i = 0; i < core->loop_count; i++) {
		found_clear(&sc->visits[i].found);
		g_ptr_array_unref(sc->visits[i].todo);
	}
	g_free(sc);
	g_atomic_int_add(&core->receiving, -1);
}

static void visit_slice(void *arg)
{
	struct visit *v = arg;
	const guint end = MIN(v->at + LIMEN_SCRAPE_SLICE, v->todo->len);

	for (; v->at < end; v->at++)
		look_at(v, v->todo->pdata[v->at]);
	if (v->at < v->todo->len)
		limen_loop_post(v->loop, visit_slice, v);
	else if (g_atomic_int_dec_and_test(&v->of->open))
		finish(v->of);
}

static void drop_handle(gpointer h)
{
	limen_handle_unref(h);
}

/* Every handle is to be looked at on its loop. */
static void hand_out(struct scrape *sc, struct limen_session *session)
{
	g_autoptr(GPtrArray) handles = limen_session_handles(session);

	for (guint i = 0; i < handles->len; i++) {
		struct limen_core_handle *h = handles->pdata[i];
		const unsigned loop = limen_loop_index(limen_peer_loop(h->peer));

		g_ptr_array_add(sc->visits[loop].todo, limen_handle_ref(h));
	}
}

bool limen_scrape_start(struct limen_core *core, limen_scrape_fn fn, void *arg)
{
	g_autoptr(GPtrArray) sessions = NULL;
	struct scrape *sc;

	/* Whoever closes the gateway waits for those that are under way. */
	g_atomic_int_inc(&core->receiving);
	if (g_atomic_int_get(&core->closing)) {
		g_atomic_int_add(&core->receiving, -1);
		return false;
	}
	sc = g_malloc0(sizeof(*sc) + core->loop_count * sizeof(sc->visits[0]));
	*sc = (struct scrape){ core, fn, arg, (gint)core->loop_count };
	for (unsigned i = 0; i < core->loop_count; i++) {
		sc->visits[i].of = sc;
		sc->visits[i].loop = core->loops[i];
		sc->visits[i].todo = g_ptr_array_new_with_free_func(drop_handle);
		found_init(&sc->visits[i].found, core);
	}
	sessions = limen_sessions_all(core->sessions);
	for (guint i = 0; i < sessions->len; i++)
		hand_out(sc, sessions->pdata[i]);
	/* It may be over as soon as the last one is posted. */
	for (unsigned i = 0; i < core->loop_count; i++)
		limen_loop_post(core->loops[i], visit_slice, &sc->visits[i]);
	return true;
}
