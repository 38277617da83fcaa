/*
 * Fan-out. Receivers stand in an immutable snapshot sorted by loop; whoever publishes takes a
 * reference to it under a short lock and then works without one. Each other loop gets one task per
 * packet with its part of the snapshot; the source's own loop is served at once. Thread: any;
 * publish on the source's loop.
 */
#include "core/media/fanout.h"
#include <string.h>
#include "core/base/packet.h"

struct receiver {
	struct limen_peer *peer;
	uint16_t mindex;
};

struct snapshot {
	gint refs;
	guint count;
	struct receiver receivers[];
};

struct limen_fanout {
	gint refs;
	GMutex lock; /* of now, source and closed */
	struct snapshot *now;
	struct limen_peer *source;
	uint16_t mindex;
	bool closed;
	gint open; /* the gate; atomic */
};

static struct snapshot *snapshot_new(guint count)
{
	struct snapshot *s = g_malloc(sizeof(*s) + count * sizeof(s->receivers[0]));

	s->refs = 1;
	s->count = count;
	return s;
}

static void snapshot_unref(struct snapshot *s)
{
	if (!g_atomic_int_dec_and_test(&s->refs))
		return;
	for (guint i = 0; i < s->count; i++)
		limen_peer_unref(s->receivers[i].peer);
	g_free(s);
}

struct limen_fanout *limen_fanout_new(struct limen_peer *source, uint16_t mindex)
{
	struct limen_fanout *f = g_new0(struct limen_fanout, 1);

	f->refs = 1;
	f->open = 1;
	f->source = limen_peer_ref(source);
	f->mindex = mindex;
	f->now = snapshot_new(0);
	g_mutex_init(&f->lock);
	return f;
}

struct limen_fanout *limen_fanout_ref(struct limen_fanout *f)
{
	g_atomic_int_inc(&f->refs);
	return f;
}

void limen_fanout_unref(struct limen_fanout *f)
{
	if (!f || !g_atomic_int_dec_and_test(&f->refs))
		return;
	snapshot_unref(f->now);
	limen_peer_unref(f->source);
	g_mutex_clear(&f->lock);
	g_free(f);
}

/* Puts a snapshot in place and returns the old one. */
static struct snapshot *replace(struct limen_fanout *f, struct snapshot *with)
{
	struct snapshot *old = f->now;

	f->now = with;
	return old;
}

void limen_fanout_close(struct limen_fanout *f)
{
	struct snapshot *old;
	struct limen_peer *source;

	g_mutex_lock(&f->lock);
	f->closed = true;
	old = replace(f, snapshot_new(0));
	source = g_steal_pointer(&f->source);
	g_mutex_unlock(&f->lock);
	for (guint i = 0; i < old->count; i++)
		limen_peer_unsource(old->receivers[i].peer, old->receivers[i].mindex, f);
	snapshot_unref(old);
	limen_peer_unref(source);
}

static gint find(const struct snapshot *s, const struct limen_peer *peer, uint16_t mindex)
{
	for (guint i = 0; i < s->count; i++)
		if (s->receivers[i].peer == peer && s->receivers[i].mindex == mindex)
			return (gint)i;
	return -1;
}

/* A copy of s with one more, kept sorted by loop. */
static struct snapshot *with(const struct snapshot *s, struct limen_peer *peer, uint16_t mindex)
{
	struct snapshot *copy = snapshot_new(s->count + 1);
	guint at = 0, n = 0;

	while (at < s->count && limen_peer_loop(s->receivers[at].peer) <= limen_peer_loop(peer))
		at++;
	for (guint i = 0; i <= s->count; i++) {
		if (i == at)
			copy->receivers[n++] = (struct receiver){ limen_peer_ref(peer), mindex };
		if (i < s->count)
			copy->receivers[n++] =
				(struct receiver){ limen_peer_ref(s->receivers[i].peer),
					s->receivers[i].mindex };
	}
	return copy;
}

static struct snapshot *without(const struct snapshot *s, guint at)
{
	struct snapshot *copy = snapshot_new(s->count - 1);
	guint n = 0;

	for (guint i = 0; i < s->count; i++)
		if (i != at)
			copy->receivers[n++] =
				(struct receiver){ limen_peer_ref(s->receivers[i].peer),
					s->receivers[i].mindex };
	return copy;
}

int limen_fanout_add(struct limen_fanout *f, struct limen_peer *receiver, uint16_t mindex)
{
	struct snapshot *old = NULL;
	int err = 0;

	g_mutex_lock(&f->lock);
	if (f->closed)
		err = LIMEN_ESTATE;
	else if (find(f->now, receiver, mindex) >= 0)
		err = LIMEN_EEXIST;
	else if (f->now->count >= LIMEN_FANOUT_RECEIVERS_MAX)
		err = LIMEN_ELIMIT;
	else
		old = replace(f, with(f->now, receiver, mindex));
	g_mutex_unlock(&f->lock);
	if (err)
		return err;
	snapshot_unref(old);
	limen_peer_source(receiver, mindex, f);
	return 0;
}

void limen_fanout_remove(struct limen_fanout *f, struct limen_peer *receiver, uint16_t mindex)
{
	struct snapshot *old = NULL;
	gint at;

	g_mutex_lock(&f->lock);
	at = find(f->now, receiver, mindex);
	if (at >= 0)
		old = replace(f, without(f->now, (guint)at));
	g_mutex_unlock(&f->lock);
	if (!old)
		return;
	snapshot_unref(old);
	limen_peer_unsource(receiver, mindex, f);
}

void limen_fanout_gate(struct limen_fanout *f, bool open)
{
	g_atomic_int_set(&f->open, open);
}

/* One loop's share of one packet. */
struct share {
	struct limen_fanout *fanout;
	struct snapshot *snapshot;
	guint from, to;
	struct limen_packet *packet;
};

static void deliver(const struct share *s)
{
	for (guint i = s->from; i < s->to; i++)
		limen_peer_deliver(s->snapshot->receivers[i].peer, s->snapshot->receivers[i].mindex,
			s->fanout, s->packet);
}

static void run_share(void *arg)
{
	struct share *s = arg;

	deliver(s);
	limen_fanout_unref(s->fanout);
	snapshot_unref(s->snapshot);
	limen_packet_unref(s->packet);
	g_free(s);
}

static void hand_over(struct share s)
{
	struct limen_loop *loop = limen_peer_loop(s.snapshot->receivers[s.from].peer);
	struct share *copy;

	if (limen_loop_current() == loop) {
		deliver(&s);
		return;
	}
	copy = g_memdup2(&s, sizeof(s));
	limen_fanout_ref(copy->fanout);
	g_atomic_int_inc(&copy->snapshot->refs);
	limen_packet_ref(copy->packet);
	limen_loop_post(loop, run_share, copy);
}

void limen_fanout_publish(struct limen_fanout *f, struct limen_packet *pkt)
{
	struct snapshot *s;

	if (!g_atomic_int_get(&f->open))
		return;
	g_mutex_lock(&f->lock);
	s = f->now;
	g_atomic_int_inc(&s->refs);
	g_mutex_unlock(&f->lock);
	for (guint from = 0, to; from < s->count; from = to) {
		for (to = from + 1; to < s->count; to++)
			if (limen_peer_loop(s->receivers[to].peer) !=
				limen_peer_loop(s->receivers[from].peer))
				break;
		hand_over((struct share){ f, s, from, to, pkt });
	}
	snapshot_unref(s);
}

void limen_fanout_keyframe(struct limen_fanout *f)
{
	struct limen_peer *source;

	g_mutex_lock(&f->lock);
	source = f->source ? limen_peer_ref(f->source) : NULL;
	g_mutex_unlock(&f->lock);
	if (!source)
		return;
	limen_peer_keyframe(source, f->mindex);
	limen_peer_unref(source);
}
