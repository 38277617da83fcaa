/*
 * A peer moves to another loop while its connection is being made: its timers, its ICE and what was
 * posted to it go with it. Two real loops, a virtual clock; two peers whose ICE hands datagrams
 * over in memory and reports when a call comes on the wrong loop.
 */
#include <string.h>
#include "core/base/clock.h"
#include "core/base/packet.h"
#include "core/media/peer_priv.h"
#include "tests/lib/call.h"

#define ORDERS 2000

/* Lives until the end of the test. */
struct limen_ice {
	const struct limen_ice_events *ev;
	struct limen_peer *peer;
	struct limen_ice *other;
	struct limen_loop *loop; /* NULL between leave and moved */
	bool gone;
	unsigned left, moved;
	uint64_t calls;
};

struct end {
	struct limen_peer *peer;
	struct limen_ice *ice;
	gint up, down, packets, wrong; /* atomic */
	struct limen_loop *down_loop, *packet_loop;
	uint16_t last_seq;
};

static struct {
	struct limen_loop *a, *b;
	struct limen_cert *cert;
	struct limen_media_config cfg;
	struct end sender, mover;
	GPtrArray *ices;
	gint orders; /* atomic: those that ran */
	unsigned next, wrong;
} t;

static void check_loop(const struct limen_ice *ice)
{
	g_assert_true(limen_loop_current() == ice->loop);
	((struct limen_ice *)ice)->calls++;
}

static int move_create(struct limen_ice **out, struct limen_loop *loop,
	const struct limen_ice_config *cfg, const struct limen_ice_events *ev, void *arg)
{
	struct limen_ice *ice = g_new0(struct limen_ice, 1);
	struct end *e = &t.mover;

	(void)cfg;
	if (t.sender.peer == arg)
		e = &t.sender;
	*ice = (struct limen_ice){ .ev = ev, .peer = arg, .loop = loop };
	e->ice = *out = ice;
	g_ptr_array_add(t.ices, ice);
	return 0;
}

static void move_destroy(struct limen_ice *ice)
{
	check_loop(ice);
	ice->gone = true;
}

static int move_gather(struct limen_ice *ice)
{
	check_loop(ice);
	return 0;
}

static bool move_gathered(const struct limen_ice *ice)
{
	check_loop(ice);
	return true;
}

static const char *move_ufrag(const struct limen_ice *ice)
{
	check_loop(ice);
	return "abcd";
}

static const char *move_pwd(const struct limen_ice *ice)
{
	check_loop(ice);
	return "abcdefghijklmnopqrstuv";
}

static int move_set_remote(struct limen_ice *ice, const char *ufrag, const char *pwd)
{
	(void)ufrag, (void)pwd;
	check_loop(ice);
	return 0;
}

static int move_add_candidate(struct limen_ice *ice, const char *text)
{
	(void)text;
	check_loop(ice);
	return 0;
}

static void move_remote_complete(struct limen_ice *ice)
{
	check_loop(ice);
}

static GPtrArray *move_candidates(const struct limen_ice *ice)
{
	check_loop(ice);
	return g_ptr_array_new_with_free_func(g_free);
}

struct datagram {
	struct limen_ice *to;
	struct limen_peer *peer; /* a reference */
	size_t len;
	uint8_t bytes[2048];
};

static void deliver(void *arg)
{
	struct datagram *d = arg;

	if (!d->to->gone) {
		check_loop(d->to);
		d->to->ev->on_datagram(d->bytes, d->len, d->peer);
	}
	limen_peer_unref(d->peer);
	g_free(d);
}

static int move_send(struct limen_ice *ice, const uint8_t *bytes, size_t len)
{
	struct datagram *d = g_new(struct datagram, 1);

	check_loop(ice);
	d->to = ice->other;
	d->peer = limen_peer_ref(ice->other->peer);
	d->len = len;
	g_assert_cmpuint(len, <=, sizeof(d->bytes));
	memcpy(d->bytes, bytes, len);
	limen_home_post(limen_peer_home(d->peer), deliver, d);
	return 0;
}

static void move_leave(struct limen_ice *ice, struct limen_loop *to)
{
	check_loop(ice);
	g_assert_true(to != ice->loop);
	ice->loop = NULL;
	ice->left++;
}

static void move_moved(struct limen_ice *ice, struct limen_loop *loop)
{
	g_assert_null(ice->loop);
	g_assert_true(limen_loop_current() == loop);
	ice->loop = loop;
	ice->moved++;
}

static const struct limen_ice_ops ops = {
	.create = move_create,
	.destroy = move_destroy,
	.gather = move_gather,
	.gathered = move_gathered,
	.ufrag = move_ufrag,
	.pwd = move_pwd,
	.set_remote = move_set_remote,
	.add_candidate = move_add_candidate,
	.remote_complete = move_remote_complete,
	.candidates = move_candidates,
	.send = move_send,
	.leave = move_leave,
	.moved = move_moved,
};

static void on_gathered(void *arg)
{
	(void)arg;
}

static void on_candidate(const char *candidate, void *arg)
{
	(void)candidate, (void)arg;
}

static void on_up(void *arg)
{
	g_atomic_int_inc(&((struct end *)arg)->up);
}

static void on_down(const char *reason, void *arg)
{
	struct end *e = arg;

	g_assert_nonnull(reason);
	e->down_loop = limen_loop_current();
	g_atomic_int_inc(&e->down);
}

static void on_ice_failed(void *arg)
{
	(void)arg;
}

static void on_packet(struct limen_packet *pkt, void *arg)
{
	struct end *e = arg;

	if (e->packets && pkt->seq != (uint16_t)(e->last_seq + 1))
		g_atomic_int_inc(&e->wrong);
	e->last_seq = pkt->seq;
	e->packet_loop = limen_loop_current();
	g_atomic_int_inc(&e->packets);
}

static void on_rtcp(const struct limen_rtcp_event *ev, void *arg)
{
	(void)ev, (void)arg;
}

static void on_media(const struct limen_media_event *ev, const char *mid, bool simulcast, void *arg)
{
	(void)ev, (void)mid, (void)simulcast, (void)arg;
}

static const struct limen_peer_events events = { .on_gathered = on_gathered,
	.on_candidate = on_candidate,
	.on_up = on_up,
	.on_down = on_down,
	.on_ice_failed = on_ice_failed,
	.on_packet = on_packet,
	.on_rtcp = on_rtcp,
	.on_media = on_media };

/* On loop a: both descriptions are exchanged. */
static void negotiate(void *arg)
{
	const struct limen_answer_rules rules = { .dir = LIMEN_RECVONLY };
	g_autofree char *offer = NULL, *text = NULL;
	struct limen_sdp *remote, *answer;

	(void)arg;
	g_assert_cmpint(
		limen_peer_offer(t.sender.peer, call_lines("v", LIMEN_SENDONLY), false), ==, 0);
	offer = limen_peer_description(t.sender.peer);
	remote = call_parse(offer);
	g_assert_cmpint(limen_sdp_answer(remote, &rules, &answer), ==, 0);
	g_assert_cmpint(limen_peer_answer(t.mover.peer, remote, answer, false), ==, 0);
	text = limen_peer_description(t.mover.peer);
	g_assert_cmpint(limen_peer_accept(t.sender.peer, call_parse(text), false), ==, 0);
	t.sender.ice->other = t.mover.ice;
	t.mover.ice->other = t.sender.ice;
}

static void set_up(void)
{
	memset(&t, 0, sizeof(t));
	limen_clock_simulate(CALL_S);
	g_assert_cmpint(limen_loop_new(&t.a, 0), ==, 0);
	g_assert_cmpint(limen_loop_new(&t.b, 1), ==, 0);
	g_assert_cmpint(limen_cert_new(&t.cert), ==, 0);
	t.ices = g_ptr_array_new_with_free_func(g_free);
	t.cfg = (struct limen_media_config){
		.ice_ops = &ops, .cert = t.cert, .dtls_mtu = 1200, .local_ip = "127.0.0.1"
	};
	t.sender.peer = limen_peer_new(t.a, &t.cfg, &events, &t.sender);
	t.mover.peer = limen_peer_new(t.a, &t.cfg, &events, &t.mover);
	limen_loop_call(t.a, negotiate, NULL);
}

static void nothing(void *arg)
{
	(void)arg;
}

/* What was posted, and what that posted, has run; timers that are due, too. */
static void settle(void)
{
	for (unsigned i = 0; i < 8; i++) {
		limen_loop_call(t.a, nothing, NULL);
		limen_loop_call(t.b, nothing, NULL);
	}
}

static void retire(void *arg)
{
	limen_peer_retire(arg);
	limen_peer_unref(arg);
}

static void tear_down(void)
{
	struct limen_peer *peers[] = { t.sender.peer, t.mover.peer };

	for (unsigned i = 0; i < 2; i++)
		limen_home_post(limen_peer_home(peers[i]), retire, limen_peer_ref(peers[i]));
	settle();
	for (unsigned i = 0; i < 2; i++) {
		g_assert_cmpint(peers[i]->refs, ==, 1);
		limen_peer_unref(peers[i]);
	}
	limen_loop_free(t.a);
	limen_loop_free(t.b);
	g_ptr_array_unref(t.ices);
	limen_cert_free(t.cert);
}

/* From its ICE: packets of the mover come in on this loop. */
static void come_home(void *loop)
{
	t.mover.ice->ev->on_home(loop, t.mover.peer);
}

static void move(struct limen_loop *to)
{
	limen_loop_call(limen_peer_loop(t.mover.peer), come_home, to);
}

static void expect_moved(void)
{
	settle();
	g_assert_true(limen_peer_loop(t.mover.peer) == t.b);
	g_assert_cmpuint(t.mover.ice->left, ==, 1);
	g_assert_cmpuint(t.mover.ice->moved, ==, 1);
}

static void tell_connected(void *end)
{
	struct end *e = end;

	e->ice->ev->on_state(LIMEN_ICE_CONNECTED, e->peer);
}

static void tell_failed(void *end)
{
	struct end *e = end;

	e->ice->ev->on_state(LIMEN_ICE_FAILED, e->peer);
}

static void wait_until_up(void)
{
	for (unsigned i = 0; i < 500; i++) {
		settle();
		if (g_atomic_int_get(&t.mover.up) && g_atomic_int_get(&t.sender.up))
			break;
	}
	g_assert_cmpint(t.mover.up, ==, 1);
	g_assert_cmpint(t.sender.up, ==, 1);
}

static void connect(void)
{
	limen_home_post(limen_peer_home(t.mover.peer), tell_connected, &t.mover);
	limen_home_post(limen_peer_home(t.sender.peer), tell_connected, &t.sender);
	wait_until_up();
}

static void send_media(unsigned count)
{
	for (unsigned n = 0; n < count; n++) {
		struct limen_packet *p = call_packet(LIMEN_VIDEO, 7, (uint16_t)n);

		limen_peer_send(t.sender.peer, 0, p);
		limen_packet_unref(p);
	}
	settle();
	g_assert_cmpint(t.mover.packets, ==, (int)count);
	g_assert_cmpint(t.mover.wrong, ==, 0);
}

static void test_handshake_after(void)
{
	set_up();
	move(t.b);
	expect_moved();
	connect();
	send_media(500);
	g_assert_true(t.mover.packet_loop == t.b);
	move(t.a); /* once in its life */
	settle();
	g_assert_true(limen_peer_loop(t.mover.peer) == t.b);
	tear_down();
}

static void begin_and_go(void *loop)
{
	tell_connected(&t.mover);
	tell_connected(&t.sender);
	come_home(loop);
}

/* In the middle of the handshake: what was under way arrives. */
static void test_handshake_across(void)
{
	set_up();
	limen_loop_call(t.a, begin_and_go, t.b);
	wait_until_up();
	expect_moved();
	send_media(100);
	g_assert_true(t.mover.packet_loop == t.b);
	tear_down();
}

static void test_too_late(void)
{
	set_up();
	connect();
	move(t.b);
	settle();
	g_assert_true(limen_peer_loop(t.mover.peer) == t.a);
	send_media(50);
	g_assert_true(t.mover.packet_loop == t.a);
	tear_down();
}

static void test_same_loop(void)
{
	set_up();
	move(t.a);
	settle();
	g_assert_cmpuint(t.mover.ice->left, ==, 0);
	move(t.b); /* that one was not the move of its life */
	expect_moved();
	tear_down();
}

static void run_order(void *arg)
{
	t.wrong += t.next++ != GPOINTER_TO_UINT(arg);
	g_assert_true(limen_home_here(limen_peer_home(t.mover.peer)));
	g_atomic_int_inc(&t.orders);
}

static void test_orders(void)
{
	struct limen_layers want = { -1, -1, -1, 0, -1, -1 };
	struct limen_sending now;

	set_up();
	for (unsigned i = 0; i < ORDERS; i++) {
		if (i == ORDERS / 2)
			limen_loop_post(t.a, come_home, t.b);
		want.substream = (int8_t)(i % 3);
		limen_peer_layers(t.mover.peer, 0, &want);
		limen_home_post(limen_peer_home(t.mover.peer), run_order, GUINT_TO_POINTER(i));
	}
	while (g_atomic_int_get(&t.orders) < ORDERS)
		g_thread_yield();
	expect_moved();
	g_assert_cmpuint(t.wrong, ==, 0);
	limen_peer_sending(t.mover.peer, 0, &now);
	g_assert_cmpint(now.substream_target, ==, (ORDERS - 1) % 3);
	tear_down();
}

/* A failure of before the move is noticed after it, in its time. */
static void test_timers(void)
{
	set_up();
	limen_loop_call(t.a, tell_failed, &t.mover);
	move(t.b);
	expect_moved();
	for (unsigned i = 0; i < 9; i++) {
		limen_clock_advance(CALL_S / 2);
		settle();
	}
	g_assert_cmpint(t.mover.down, ==, 0);
	for (unsigned i = 0; i < 3; i++) {
		limen_clock_advance(CALL_S / 2);
		settle();
	}
	g_assert_cmpint(t.mover.down, ==, 1);
	g_assert_true(t.mover.down_loop == t.b);
	tear_down();
}

static void hang_up_and_go(void *loop)
{
	limen_peer_hangup(t.mover.peer, "Close PC");
	come_home(loop);
}

/* Ended just before: it is told, wherever that is. */
static void test_hangup_before(void)
{
	set_up();
	limen_loop_call(t.a, hang_up_and_go, t.b);
	settle();
	limen_clock_advance(CALL_MS);
	settle();
	g_assert_cmpint(t.mover.down, ==, 1);
	g_assert_true(t.mover.down_loop == limen_peer_loop(t.mover.peer));
	tear_down();
}

/* Retired right behind the move, and before it is done. */
static void test_retire(void)
{
	for (unsigned i = 0; i < 100; i++) {
		set_up();
		limen_loop_post(t.a, come_home, t.b);
		if (i % 2)
			limen_home_post(limen_peer_home(t.mover.peer), tell_connected, &t.mover);
		tear_down();
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/flow/peer-move/handshake-after", test_handshake_after);
	g_test_add_func("/flow/peer-move/handshake-across", test_handshake_across);
	g_test_add_func("/flow/peer-move/too-late", test_too_late);
	g_test_add_func("/flow/peer-move/same-loop", test_same_loop);
	g_test_add_func("/flow/peer-move/orders", test_orders);
	g_test_add_func("/flow/peer-move/timers", test_timers);
	g_test_add_func("/flow/peer-move/hangup-before", test_hangup_before);
	g_test_add_func("/flow/peer-move/retire", test_retire);
	return g_test_run();
}
