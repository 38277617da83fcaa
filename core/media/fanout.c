/*
 * Fan-out. Receivers stand in an immutable snapshot sorted by loop; whoever publishes takes a
 * reference to it under a short lock and then works without one. The packets of a round make one
 * batch, of which each other loop gets its share by one task; the source's own loop is served at
 * once. Thread: any; publish and flush on the source's loop.
 */
#include "core/media/fanout.h"
#include <stdlib.h>
#include <string.h>
#include "core/base/clock.h"
#include "core/base/packet.h"
#include "core/media/store.h"
#include "core/media/tap.h"

#define BUSY 300 /* parts of 1000 of a loop's time */

struct receiver {
	struct limen_peer *peer;
	uint16_t mindex;
};

struct snapshot {
	gint refs;
	guint count, tap_count;
	struct limen_tap **taps; /* NULL = none */
	struct receiver receivers[];
};

struct source_clock {
	int64_t wall_us; /* 0 = not known */
	uint32_t ts, hz;
};

struct limen_fanout {
	gint refs;
	GMutex lock; /* of now, source, closed and clock */
	struct snapshot *now;
	struct limen_source source;
	bool closed;
	gint open; /* the gate; atomic */
	struct source_clock clock[LIMEN_LAYERS_MAX];
	struct limen_store *store;
	/* the source's loop */
	struct limen_deferred flush;
	struct limen_timer tick;
	int64_t tick_us, first_us; /* longest wait; when the first pending packet came */
	bool waiting;              /* packets are pending, and hold a reference */
	guint pending_count;
	struct limen_packet *pending[LIMEN_FANOUT_BATCH];
};

static struct snapshot *snapshot_new(guint count, guint tap_count)
{
	struct snapshot *s = g_malloc(sizeof(*s) + count * sizeof(s->receivers[0]));

	s->refs = 1;
	s->count = count;
	s->tap_count = tap_count;
	s->taps = tap_count ? g_new(struct limen_tap *, tap_count) : NULL;
	return s;
}

static void snapshot_unref(struct snapshot *s)
{
	if (!g_atomic_int_dec_and_test(&s->refs))
		return;
	for (guint i = 0; i < s->count; i++)
		limen_peer_unref(s->receivers[i].peer);
	for (guint i = 0; i < s->tap_count; i++)
		limen_tap_unref(s->taps[i]);
	g_free(s->taps);
	g_free(s);
}

static void on_flush(void *arg);
static void on_tick(struct limen_timer *t, void *arg);

struct limen_fanout *limen_fanout_new_of(const struct limen_source *source, int64_t tick_us)
{
	struct limen_fanout *f = g_new0(struct limen_fanout, 1);

	f->refs = 1;
	f->open = 1;
	f->source = limen_source_ref(source);
	f->now = snapshot_new(0, 0);
	f->store = limen_store_new();
	f->flush.fn = on_flush;
	f->flush.arg = f;
	limen_timer_init(&f->tick, on_tick, f);
	f->tick_us = tick_us;
	g_mutex_init(&f->lock);
	return f;
}

static void *ref_peer(void *peer)
{
	return limen_peer_ref(peer);
}

static void unref_peer(void *peer)
{
	limen_peer_unref(peer);
}

static struct limen_home *home_of_peer(void *peer)
{
	return limen_peer_home(peer);
}

static void ask_peer(void *peer, uint16_t mindex)
{
	limen_peer_keyframe(peer, mindex);
}

struct limen_fanout *limen_fanout_new(struct limen_peer *peer, uint16_t mindex)
{
	static const struct limen_source_ops ops = { ref_peer, unref_peer, home_of_peer, ask_peer };
	const struct limen_source source = { &ops, peer, mindex };

	return limen_fanout_new_of(&source, limen_peer_config(peer)->egress_tick_us);
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
	limen_store_free(f->store);
	limen_source_unref(&f->source);
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
	struct limen_source source;

	g_mutex_lock(&f->lock);
	f->closed = true;
	old = replace(f, snapshot_new(0, 0));
	source = f->source;
	f->source = (struct limen_source){ 0 };
	g_mutex_unlock(&f->lock);
	for (guint i = 0; i < old->count; i++)
		limen_peer_unsource(old->receivers[i].peer, old->receivers[i].mindex, f);
	snapshot_unref(old);
	limen_source_unref(&source);
}

static const struct receiver *find(
	const struct snapshot *s, const struct limen_peer *peer, uint16_t mindex)
{
	for (guint i = 0; i < s->count; i++)
		if (s->receivers[i].peer == peer && s->receivers[i].mindex == mindex)
			return &s->receivers[i];
	return NULL;
}

static gint by_loop(gconstpointer a, gconstpointer b)
{
	const struct receiver *x = a, *y = b;
	const uintptr_t i = (uintptr_t)limen_peer_loop(x->peer),
			j = (uintptr_t)limen_peer_loop(y->peer);

	return i < j ? -1 : i > j;
}

/* What one snapshot has other than that before it; NULL = none. */
struct change {
	const struct receiver *less, *more;
	struct limen_tap *tap_less, *tap_more;
};

static void copy_taps(struct snapshot *copy, const struct snapshot *s, const struct change *c)
{
	guint n = 0;

	for (guint i = 0; i < s->tap_count; i++)
		if (s->taps[i] != c->tap_less)
			copy->taps[n++] = limen_tap_ref(s->taps[i]);
	if (c->tap_more)
		copy->taps[n] = limen_tap_ref(c->tap_more);
}

/* A copy of s with a change, sorted by loop. */
static struct snapshot *copy_snapshot(const struct snapshot *s, const struct change *c)
{
	struct snapshot *copy = snapshot_new(s->count + (c->more != NULL) - (c->less != NULL),
		s->tap_count + (c->tap_more != NULL) - (c->tap_less != NULL));
	guint n = 0;

	copy_taps(copy, s, c);
	for (guint i = 0; i < s->count; i++)
		if (&s->receivers[i] != c->less)
			copy->receivers[n++] =
				(struct receiver){ limen_peer_ref(s->receivers[i].peer),
					s->receivers[i].mindex };
	if (c->more)
		copy->receivers[n++] =
			(struct receiver){ limen_peer_ref(c->more->peer), c->more->mindex };
	qsort(copy->receivers, n, sizeof(copy->receivers[0]), by_loop);
	return copy;
}

int limen_fanout_add(struct limen_fanout *f, struct limen_peer *receiver, uint16_t mindex)
{
	const struct receiver more = { receiver, mindex };
	struct snapshot *old = NULL;
	int err = 0;

	g_mutex_lock(&f->lock);
	if (f->closed)
		err = LIMEN_ESTATE;
	else if (find(f->now, receiver, mindex))
		err = LIMEN_EEXIST;
	else if (f->now->count >= LIMEN_FANOUT_RECEIVERS_MAX)
		err = LIMEN_ELIMIT;
	else
		old = replace(f, copy_snapshot(f->now, &(struct change){ .more = &more }));
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
	struct change c = { 0 };

	g_mutex_lock(&f->lock);
	c.less = find(f->now, receiver, mindex);
	if (c.less)
		old = replace(f, copy_snapshot(f->now, &c));
	g_mutex_unlock(&f->lock);
	if (!old)
		return;
	snapshot_unref(old);
	limen_peer_unsource(receiver, mindex, f);
}

int limen_fanout_tap(struct limen_fanout *f, struct limen_tap *tap)
{
	struct snapshot *old = NULL;
	int err = 0;

	g_mutex_lock(&f->lock);
	if (f->closed)
		err = LIMEN_ESTATE;
	else if (f->now->tap_count >= LIMEN_FANOUT_TAPS_MAX)
		err = LIMEN_ELIMIT;
	else
		old = replace(f, copy_snapshot(f->now, &(struct change){ .tap_more = tap }));
	g_mutex_unlock(&f->lock);
	if (old)
		snapshot_unref(old);
	return err;
}

void limen_fanout_untap(struct limen_fanout *f, struct limen_tap *tap)
{
	struct snapshot *old = NULL;

	g_mutex_lock(&f->lock);
	for (guint i = 0; i < f->now->tap_count && !old; i++)
		if (f->now->taps[i] == tap)
			old = replace(
				f, copy_snapshot(f->now, &(struct change){ .tap_less = tap }));
	g_mutex_unlock(&f->lock);
	if (old)
		snapshot_unref(old);
}

void limen_fanout_regroup(struct limen_fanout *f)
{
	struct snapshot *old;

	g_mutex_lock(&f->lock);
	old = replace(f, copy_snapshot(f->now, &(struct change){ 0 }));
	g_mutex_unlock(&f->lock);
	snapshot_unref(old);
}

struct limen_store *limen_fanout_store(const struct limen_fanout *f)
{
	return f->store;
}

void limen_fanout_gate(struct limen_fanout *f, bool open)
{
	g_atomic_int_set(&f->open, open);
}

/* The packets of one round with the receivers of that time. */
struct batch {
	gint refs;
	struct limen_fanout *fanout;
	struct snapshot *snapshot;
	guint count;
	struct limen_packet *packets[];
};

/* Takes the pending packets. */
static struct batch *batch_new(struct limen_fanout *f)
{
	struct batch *b = g_malloc(sizeof(*b) + f->pending_count * sizeof(b->packets[0]));

	b->refs = 1;
	b->fanout = limen_fanout_ref(f);
	b->count = f->pending_count;
	memcpy(b->packets, f->pending, b->count * sizeof(b->packets[0]));
	f->pending_count = 0;
	g_mutex_lock(&f->lock);
	b->snapshot = f->now;
	g_atomic_int_inc(&b->snapshot->refs);
	g_mutex_unlock(&f->lock);
	return b;
}

static void batch_unref(struct batch *b)
{
	if (!g_atomic_int_dec_and_test(&b->refs))
		return;
	for (guint i = 0; i < b->count; i++)
		limen_packet_unref(b->packets[i]);
	snapshot_unref(b->snapshot);
	limen_fanout_unref(b->fanout);
	g_free(b);
}

/* One loop's share of a batch. */
struct share {
	struct batch *batch;
	guint from, to; /* receivers */
};

static void deliver(const struct share *s)
{
	const struct batch *b = s->batch;
	const struct receiver *r = b->snapshot->receivers;

	for (guint i = s->from; i < s->to; i++) {
		if (i + 2 < s->to)
			limen_peer_expect(r[i + 2].peer);
		if (i + 1 < s->to)
			limen_peer_expect_line(r[i + 1].peer, r[i + 1].mindex);
		limen_peer_deliver(r[i].peer, r[i].mindex, b->fanout, b->packets, b->count);
	}
}

static void run_share(void *arg)
{
	struct share *s = arg;

	deliver(s);
	batch_unref(s->batch);
	g_free(s);
}

static void hand_over(struct share s, struct limen_loop *loop)
{
	if (limen_loop_current() == loop) {
		deliver(&s);
		return;
	}
	g_atomic_int_inc(&s.batch->refs);
	limen_loop_post(loop, run_share, g_memdup2(&s, sizeof(s)));
}

static void flush(struct limen_fanout *f)
{
	struct batch *b = batch_new(f);
	const struct receiver *r = b->snapshot->receivers;

	if (b->count && b->packets[0]->kind == LIMEN_VIDEO)
		limen_store_add(f->store, b->packets, b->count);
	for (guint i = 0; i < b->snapshot->tap_count; i++)
		limen_tap_deliver(b->snapshot->taps[i], b->packets, b->count);
	for (guint from = 0, to; from < b->snapshot->count; from = to) {
		struct limen_loop *loop = limen_peer_loop(r[from].peer);

		for (to = from + 1; to < b->snapshot->count; to++)
			if (limen_peer_loop(r[to].peer) != loop)
				break;
		hand_over((struct share){ b, from, to }, loop);
	}
	batch_unref(b);
}

static void flush_all(struct limen_fanout *f)
{
	limen_timer_stop(&f->tick);
	limen_deferred_cancel(&f->flush);
	f->waiting = false;
	flush(f);
	limen_fanout_unref(f);
}

/* A busy loop waits a little for the rest of a frame, because its packets are cheaper together; an
 * idle one lets each packet leave at once. */
static bool worth_waiting(const struct limen_fanout *f)
{
	const struct limen_packet *last =
		f->pending_count ? f->pending[f->pending_count - 1] : NULL;

	return f->tick_us && last && last->kind == LIMEN_VIDEO && !last->marker &&
		limen_loop_load(limen_loop_current()) >= BUSY &&
		limen_now_us() - f->first_us < f->tick_us;
}

static void on_flush(void *arg)
{
	struct limen_fanout *f = arg;

	if (!worth_waiting(f))
		flush_all(f);
	else if (!limen_timer_active(&f->tick))
		limen_loop_timer_set(limen_loop_current(), &f->tick, f->first_us + f->tick_us);
}

void limen_fanout_drain(struct limen_fanout *f)
{
	if (f->waiting)
		flush_all(f);
}

static void on_tick(struct limen_timer *t, void *arg)
{
	(void)t;
	flush_all(arg);
}

void limen_fanout_publish(struct limen_fanout *f, struct limen_packet *pkt)
{
	if (!g_atomic_int_get(&f->open))
		return;
	if (f->pending_count == LIMEN_FANOUT_BATCH)
		flush(f);
	f->pending[f->pending_count++] = limen_packet_ref(pkt);
	if (!f->waiting) {
		f->waiting = true;
		f->first_us = limen_now_us();
		limen_fanout_ref(f);
	}
	limen_loop_defer(limen_loop_current(), LIMEN_STAGE_FANOUT, &f->flush);
}

bool limen_fanout_source(struct limen_fanout *f, struct limen_source *out)
{
	g_mutex_lock(&f->lock);
	*out = limen_source_ref(&f->source);
	g_mutex_unlock(&f->lock);
	return out->of != NULL;
}

void limen_fanout_keyframe(struct limen_fanout *f)
{
	struct limen_source source;

	if (!limen_fanout_source(f, &source))
		return;
	source.ops->keyframe(source.of, source.mindex);
	limen_source_unref(&source);
}

void limen_fanout_clock_set(
	struct limen_fanout *f, int substream, int64_t wall_us, uint32_t ts, uint32_t clock_hz)
{
	g_mutex_lock(&f->lock);
	f->clock[substream] = (struct source_clock){ wall_us, ts, clock_hz };
	g_mutex_unlock(&f->lock);
}

bool limen_fanout_clock(struct limen_fanout *f, int substream, int64_t wall_us, uint32_t *ts)
{
	struct source_clock c;
	int64_t us;

	g_mutex_lock(&f->lock);
	c = f->clock[CLAMP(substream, 0, LIMEN_LAYERS_MAX - 1)];
	g_mutex_unlock(&f->lock);
	us = wall_us - c.wall_us; /* the source may name any time: second by second */
	*ts = c.ts + (uint32_t)(us / G_USEC_PER_SEC * c.hz) +
		(uint32_t)(us % G_USEC_PER_SEC * c.hz / G_USEC_PER_SEC);
	return c.wall_us != 0;
}
