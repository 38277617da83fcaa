/*
 * Waiting for the end of all PeerConnections. Only a handle's loop knows whether its peer is up, so
 * each handle is asked there, in rounds; nothing is counted while the gateway is not draining. Main
 * thread; the questions run on the handles' loops.
 */
#include "core/drain.h"
#include "core/base/clock.h"
#include "core/session/handle.h"

#define ROUND_MS 20

/* One question to all handles. */
struct round {
	gint refs; /* atomic: of those that have not answered, and of the asker */
	gint up;   /* atomic */
};

struct limen_drain {
	struct limen_core *core;
	int64_t end_us;
	struct round *round; /* or NULL */
	guint timer;
	void (*done)(void *arg);
	void *arg;
};

static void round_unref(gpointer arg)
{
	struct round *r = arg;

	if (r && g_atomic_int_dec_and_test(&r->refs))
		g_free(r);
}

static void count(struct limen_core_handle *h, void *arg)
{
	struct round *r = arg;

	if (limen_peer_is_up(h->peer))
		g_atomic_int_inc(&r->up);
	round_unref(r);
}

static struct round *ask(struct limen_core *core)
{
	g_autoptr(GPtrArray) sessions = limen_sessions_all(core->sessions);
	struct round *r = g_new0(struct round, 1);

	r->refs = 1;
	for (guint i = 0; i < sessions->len; i++) {
		g_autoptr(GPtrArray) handles = limen_session_handles(sessions->pdata[i]);

		for (guint k = 0; k < handles->len; k++) {
			g_atomic_int_inc(&r->refs);
			limen_handle_post(handles->pdata[k], count, r, round_unref);
		}
	}
	return r;
}

static gboolean look(gpointer arg)
{
	struct limen_drain *d = arg;
	const bool answered = d->round && g_atomic_int_get(&d->round->refs) == 1;

	if ((answered && g_atomic_int_get(&d->round->up) == 0) || limen_now_us() >= d->end_us) {
		d->timer = 0;
		d->done(d->arg);
		return G_SOURCE_REMOVE;
	}
	if (answered || !d->round) {
		round_unref(d->round);
		d->round = ask(d->core);
	}
	return G_SOURCE_CONTINUE;
}

struct limen_drain *limen_drain_new(
	struct limen_core *core, int seconds, void (*done)(void *arg), void *arg)
{
	struct limen_drain *d = g_new0(struct limen_drain, 1);

	limen_setting_set(&core->set.accepting_sessions, false);
	*d = (struct limen_drain){ .core = core, .done = done, .arg = arg };
	d->end_us = limen_now_us() + seconds * G_USEC_PER_SEC;
	d->round = ask(core);
	d->timer = g_timeout_add(seconds ? ROUND_MS : 0, look, d);
	return d;
}

void limen_drain_free(struct limen_drain *d)
{
	if (!d)
		return;
	if (d->timer)
		g_source_remove(d->timer);
	round_unref(d->round);
	g_free(d);
}
