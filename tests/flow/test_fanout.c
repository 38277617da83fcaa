/*
 * Fan-out: every receiver gets every packet once and in order, from one loop or across two, while
 * receivers come, go and move. Receivers are peers that are up from the start; what they send is
 * decrypted and its number noted. Thread: the test's, and two loops.
 */
#include "core/media/fanout.h"
#include <string.h>
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/packet.h"
#include "core/media/peer_priv.h"
#include "tests/lib/call.h"

/* A receiver. */
struct sink {
	struct limen_peer *peer;
	struct limen_srtp *reader;
	GArray *numbers; /* uint16_t; its loop */
	struct limen_loop *last_loop;
	gint count; /* atomic */
};

static void sink_destroy(struct limen_ice *ice)
{
	(void)ice;
}

static int sink_send(struct limen_ice *ice, const uint8_t *bytes, size_t len)
{
	struct sink *s = (struct sink *)(void *)ice;
	uint8_t copy[2048];
	uint16_t n;

	memcpy(copy, bytes, len);
	g_assert_cmpint(limen_srtp_unprotect(s->reader, copy, &len), ==, 0);
	n = limen_get_u16(copy + len - 2);
	g_array_append_val(s->numbers, n);
	s->last_loop = limen_loop_current();
	g_atomic_int_inc(&s->count);
	return 0;
}

static const struct limen_ice_ops ops = { .destroy = sink_destroy, .send = sink_send };
static struct limen_media_config cfg = { .ice_ops = &ops };
static const struct limen_peer_events events;

static struct sink *sink_new(struct limen_loop *loop)
{
	const struct limen_srtp_keys keys = { .profile = LIMEN_SRTP_AEAD_AES_128_GCM, .len = 28 };
	struct sink *s = g_new0(struct sink, 1);
	struct limen_line *l;

	s->peer = limen_peer_new(loop, &cfg, &events, NULL);
	s->numbers = g_array_new(FALSE, FALSE, sizeof(uint16_t));
	s->peer->ice = (struct limen_ice *)(void *)s;
	g_assert_cmpint(limen_srtp_new(&s->peer->srtp, &keys), ==, 0);
	g_assert_cmpint(limen_srtp_new(&s->reader, &keys), ==, 0);
	l = limen_peer_line(s->peer, 0);
	l->kind = LIMEN_VIDEO;
	l->codec = LIMEN_VP8;
	l->info = limen_codec_info(LIMEN_VP8);
	l->sends = true;
	limen_rewrite_init(&l->rewrite, l->info->clock_hz);
	return s;
}

static void retire(void *peer)
{
	limen_peer_retire(peer);
}

static void sink_free(struct sink *s)
{
	limen_loop_call(limen_peer_loop(s->peer), retire, s->peer);
	limen_peer_unref(s->peer);
	limen_srtp_free(s->reader);
	g_array_unref(s->numbers);
	g_free(s);
}

static void join(struct limen_fanout *f, struct sink *s)
{
	limen_peer_source(s->peer, 0, f);
	g_assert_cmpint(limen_fanout_add(f, s->peer, 0), ==, 0);
}

/* Numbers came one after the other, count of them from first on. */
static void expect(const struct sink *s, uint16_t first, unsigned count)
{
	g_assert_cmpuint(s->numbers->len, ==, count);
	for (guint i = 0; i < count; i++)
		g_assert_cmpuint(g_array_index(s->numbers, uint16_t, i), ==, (uint16_t)(first + i));
}

static void publish(struct limen_fanout *f, uint16_t from, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct limen_packet *p = call_packet(LIMEN_VIDEO, 7, (uint16_t)(from + i));

		limen_fanout_publish(f, p);
		limen_packet_unref(p);
	}
}

static struct {
	struct limen_loop *loop;
	struct limen_peer *source;
	struct limen_fanout *f;
	struct sink *sinks[3];
} t;

static void run(void)
{
	while (limen_loop_step(t.loop))
		;
}

static void set_up(void)
{
	g_assert_cmpint(limen_loop_new_manual(&t.loop, 0), ==, 0);
	t.source = limen_peer_new(t.loop, &cfg, &events, NULL);
	t.f = limen_fanout_new(t.source, 0);
	for (unsigned i = 0; i < G_N_ELEMENTS(t.sinks); i++)
		t.sinks[i] = sink_new(t.loop);
}

static void tear_down(void)
{
	limen_fanout_close(t.f);
	run();
	limen_fanout_unref(t.f);
	for (unsigned i = 0; i < G_N_ELEMENTS(t.sinks); i++) {
		g_assert_cmpint(t.sinks[i]->peer->refs, ==, 1);
		sink_free(t.sinks[i]);
	}
	g_assert_cmpint(t.source->refs, ==, 1);
	limen_peer_unref(t.source);
	limen_loop_free(t.loop);
}

/* Nothing goes out before the end of the round, then all, to all. */
static void test_round(void)
{
	set_up();
	for (unsigned i = 0; i < G_N_ELEMENTS(t.sinks); i++)
		join(t.f, t.sinks[i]);
	publish(t.f, 0, 10);
	g_assert_cmpuint(t.sinks[0]->numbers->len, ==, 0);
	run();
	publish(t.f, 10, 1);
	run();
	for (unsigned i = 0; i < G_N_ELEMENTS(t.sinks); i++)
		expect(t.sinks[i], 0, 11);
	tear_down();
}

/* More than a batch holds, in one round. */
static void test_many(void)
{
	set_up();
	join(t.f, t.sinks[0]);
	publish(t.f, 0, LIMEN_FANOUT_BATCH);
	run();
	publish(t.f, LIMEN_FANOUT_BATCH, 5 * LIMEN_FANOUT_BATCH + 7);
	run();
	expect(t.sinks[0], 0, 6 * LIMEN_FANOUT_BATCH + 7);
	tear_down();
}

static void publish_one(uint16_t number, bool marker)
{
	struct limen_packet *p = call_packet(LIMEN_VIDEO, 7, number);

	p->marker = marker;
	limen_fanout_publish(t.f, p);
	limen_packet_unref(p);
	run();
}

/* A busy loop waits for the frame's end, but not for longer than a tick; an idle one does not. */
static void test_tick(void)
{
	cfg.egress_tick_us = 2000;
	limen_clock_simulate(G_USEC_PER_SEC);
	set_up();
	join(t.f, t.sinks[0]);
	publish_one(0, false);
	expect(t.sinks[0], 0, 1);
	limen_loop_load_set(t.loop, 900);
	publish_one(1, false);
	publish_one(2, false);
	expect(t.sinks[0], 0, 1);
	publish_one(3, true);
	expect(t.sinks[0], 0, 4);
	publish_one(4, false);
	limen_clock_advance(1000);
	run();
	expect(t.sinks[0], 0, 4);
	limen_clock_advance(2000);
	run();
	expect(t.sinks[0], 0, 5);
	publish_one(5, false);
	limen_fanout_drain(t.f);
	expect(t.sinks[0], 0, 6);
	tear_down();
	cfg.egress_tick_us = 0;
}

static void test_gate(void)
{
	set_up();
	join(t.f, t.sinks[0]);
	publish(t.f, 0, 3);
	limen_fanout_gate(t.f, false);
	publish(t.f, 3, 3);
	run();
	expect(t.sinks[0], 0, 3);
	limen_fanout_gate(t.f, true);
	publish(t.f, 3, 3);
	run();
	expect(t.sinks[0], 0, 6);
	tear_down();
}

static void test_close(void)
{
	set_up();
	join(t.f, t.sinks[0]);
	publish(t.f, 0, 3);
	limen_fanout_close(t.f);
	limen_fanout_close(t.f);
	run();
	publish(t.f, 3, 3);
	run();
	expect(t.sinks[0], 0, 0);
	g_assert_null(limen_peer_line_if(t.sinks[0]->peer, 0)->from);
	g_assert_cmpint(limen_fanout_add(t.f, t.sinks[1]->peer, 0), ==, LIMEN_ESTATE);
	limen_fanout_keyframe(t.f); /* nobody to ask */
	tear_down();
}

/* The last reference goes with packets pending. */
static void test_unref(void)
{
	struct limen_fanout *f;

	set_up();
	f = limen_fanout_new(t.source, 1);
	join(f, t.sinks[0]);
	publish(f, 0, 3);
	limen_fanout_unref(f);
	run();
	expect(t.sinks[0], 0, 3);
	limen_fanout_close(limen_peer_line_if(t.sinks[0]->peer, 0)->from);
	run();
	tear_down();
}

static void test_members(void)
{
	set_up();
	join(t.f, t.sinks[0]);
	g_assert_cmpint(limen_fanout_add(t.f, t.sinks[0]->peer, 0), ==, LIMEN_EEXIST);
	publish(t.f, 0, 2);
	join(t.f, t.sinks[1]); /* in time for the round */
	run();
	publish(t.f, 2, 2);
	limen_fanout_remove(t.f, t.sinks[0]->peer, 0);
	limen_fanout_remove(t.f, t.sinks[0]->peer, 0);
	limen_fanout_remove(t.f, t.sinks[2]->peer, 0);
	run();
	limen_fanout_regroup(t.f);
	publish(t.f, 4, 2);
	run();
	expect(t.sinks[0], 0, 2);
	expect(t.sinks[1], 0, 6);
	expect(t.sinks[2], 0, 0);
	tear_down();
}

/* A member whose m-line has another source by now gets nothing of this one. */
static void test_other_source(void)
{
	struct limen_fanout *other;

	set_up();
	other = limen_fanout_new(t.source, 1);
	join(t.f, t.sinks[0]);
	limen_peer_source(t.sinks[0]->peer, 0, other);
	publish(t.f, 0, 2);
	run();
	expect(t.sinks[0], 0, 0);
	limen_fanout_remove(t.f, t.sinks[0]->peer, 0);
	g_assert_true(limen_peer_line_if(t.sinks[0]->peer, 0)->from == other);
	limen_peer_unsource(t.sinks[0]->peer, 0, other);
	limen_fanout_close(other);
	limen_fanout_unref(other);
	tear_down();
}

static void test_clock(void)
{
	uint32_t ts;

	set_up();
	g_assert_false(limen_fanout_clock(t.f, 0, 1000000, &ts));
	limen_fanout_clock_set(t.f, 1, 1000000, 0xffffff00, 90000);
	g_assert_false(limen_fanout_clock(t.f, 0, 1000000, &ts));
	g_assert_true(limen_fanout_clock(t.f, 1, 1500000, &ts));
	g_assert_cmpuint(ts, ==, 45000 - 0x100);
	g_assert_true(limen_fanout_clock(t.f, 1, 500000, &ts));
	g_assert_cmpuint(ts, ==, 0xffffff00 - 45000);
	limen_fanout_clock_set(t.f, 2, -(INT64_C(1) << 52), 5, 90000); /* as a source may say */
	g_assert_true(limen_fanout_clock(t.f, 2, 0, &ts));
	g_assert_cmpuint(ts, ==,
		(uint32_t)(5 + INT64_C(4503599627) * 90000 + 370496 * INT64_C(90000) / 1000000));
	tear_down();
}

#define RECEIVERS 60
#define ROUND 20
#define PACKETS 2000

static struct {
	struct limen_loop *loop[2];
	struct limen_peer *source;
	struct limen_fanout *f;
	struct sink *sinks[RECEIVERS];
	unsigned next; /* the source's loop */
	gint going_on; /* atomic: publish more than PACKETS */
	gint done;     /* atomic */
} two;

/* A round of the source: then the next one, until all are out. */
static void publish_round(void *arg)
{
	publish(two.f, (uint16_t)two.next, ROUND);
	two.next += ROUND;
	if (two.next < PACKETS || g_atomic_int_get(&two.going_on))
		limen_loop_post(two.loop[0], publish_round, arg);
	else
		g_atomic_int_set(&two.done, 1);
}

static void nothing(void *arg)
{
	(void)arg;
}

/* What was posted before, and what that posted, has run on both. */
static void settle(void)
{
	for (unsigned i = 0; i < 4; i++) {
		limen_loop_call(two.loop[0], nothing, NULL);
		limen_loop_call(two.loop[1], nothing, NULL);
	}
}

static void publish_all(void)
{
	g_atomic_int_set(&two.done, 0);
	limen_loop_post(two.loop[0], publish_round, NULL);
}

static void wait_for_all(void)
{
	while (!g_atomic_int_get(&two.done))
		g_thread_yield();
	settle();
}

static void set_up_two(void)
{
	memset(&two, 0, sizeof(two));
	for (unsigned i = 0; i < 2; i++)
		g_assert_cmpint(limen_loop_new(&two.loop[i], i), ==, 0);
	two.source = limen_peer_new(two.loop[0], &cfg, &events, NULL);
	two.f = limen_fanout_new(two.source, 0);
	for (unsigned i = 0; i < RECEIVERS; i++)
		two.sinks[i] = sink_new(two.loop[i % 2]);
}

static void tear_down_two(void)
{
	limen_fanout_close(two.f);
	settle();
	for (unsigned i = 0; i < RECEIVERS; i++) {
		g_assert_cmpint(two.sinks[i]->peer->refs, ==, 1);
		sink_free(two.sinks[i]);
	}
	limen_fanout_unref(two.f);
	limen_peer_unref(two.source);
	limen_loop_free(two.loop[0]);
	limen_loop_free(two.loop[1]);
}

static void test_loops(void)
{
	set_up_two();
	for (unsigned i = 0; i < RECEIVERS; i++)
		join(two.f, two.sinks[i]);
	publish_all();
	wait_for_all();
	for (unsigned i = 0; i < RECEIVERS; i++) {
		expect(two.sinks[i], 0, PACKETS);
		g_assert_true(two.sinks[i]->last_loop == two.loop[i % 2]);
	}
	tear_down_two();
}

/* Who comes and goes meanwhile gets all of between, without a hole. */
static void test_churn(void)
{
	set_up_two();
	g_atomic_int_set(&two.going_on, 1);
	publish_all();
	for (unsigned i = 0; i < RECEIVERS; i++) {
		join(two.f, two.sinks[i]);
		if (i && i % 3 == 0)
			limen_fanout_remove(two.f, two.sinks[i / 3]->peer, 0);
		g_thread_yield();
	}
	settle();
	g_atomic_int_set(&two.going_on, 0);
	wait_for_all();
	for (unsigned i = 0; i < RECEIVERS; i++) {
		const GArray *numbers = two.sinks[i]->numbers;
		const bool stayed = i == 0 || i >= RECEIVERS / 3;

		g_assert_true(numbers->len || !stayed);
		if (!numbers->len)
			continue;
		expect(two.sinks[i], g_array_index(numbers, uint16_t, 0), numbers->len);
		if (stayed)
			g_assert_cmpuint(g_array_index(numbers, uint16_t, numbers->len - 1), ==,
				(uint16_t)(two.next - 1));
	}
	tear_down_two();
}

static void move(void *sink)
{
	limen_home_move(&((struct sink *)sink)->peer->home, two.loop[1], nothing, nothing, NULL);
	limen_fanout_regroup(two.f);
}

/* Receivers that moved to the other loop are served there. */
static void test_moved(void)
{
	set_up_two();
	for (unsigned i = 0; i < RECEIVERS; i++)
		join(two.f, two.sinks[i]);
	settle();
	for (unsigned i = 0; i < RECEIVERS; i += 4)
		limen_loop_post(two.loop[0], move, two.sinks[i]);
	settle();
	publish_all();
	wait_for_all();
	for (unsigned i = 0; i < RECEIVERS; i++) {
		expect(two.sinks[i], 0, PACKETS);
		g_assert_true(two.sinks[i]->last_loop == two.loop[i % 4 == 0 || i % 2 ? 1 : 0]);
	}
	tear_down_two();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/flow/fanout/round", test_round);
	g_test_add_func("/flow/fanout/many", test_many);
	g_test_add_func("/flow/fanout/gate", test_gate);
	g_test_add_func("/flow/fanout/close", test_close);
	g_test_add_func("/flow/fanout/unref", test_unref);
	g_test_add_func("/flow/fanout/members", test_members);
	g_test_add_func("/flow/fanout/other-source", test_other_source);
	g_test_add_func("/flow/fanout/clock", test_clock);
	g_test_add_func("/flow/fanout/loops", test_loops);
	g_test_add_func("/flow/fanout/churn", test_churn);
	g_test_add_func("/flow/fanout/moved", test_moved);
	g_test_add_func("/flow/fanout/tick", test_tick);
	return g_test_run();
}
