/*
 * Two peers whose DTLS has a hard time: every datagram of the handshake lost in turn, shuffled
 * fragments, strangers before, during and after it, and a limit of handshakes. Everything, the
 * handshake's clock too, follows a seed; a call counts when media passes.
 */
#include <string.h>
#include "core/media/demux.h"
#include "core/media/dtls.h"
#include "tests/lib/call.h"
#include "tests/lib/virtual_time.h"

#define PACKETS 10
#define DTLS_GIVE_UP (20 * CALL_S)

static struct {
	struct limen_ice_ops ops; /* of the fake network, looked into */
	unsigned sent, drop;      /* DTLS datagrams; the one to lose, 0 = none */
	bool deaf;                /* no DTLS passes at all */
	bool stranger;            /* speaks every millisecond of let_talk() */
	GBytes *hello;            /* the first one ever sent */
} t;

/* Alerts as anybody can write them: plain, and of the epochs to come, without keys. */
static void inject_alerts(void)
{
	uint8_t alert[] = { 21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 2, 2, 40 };

	for (uint8_t epoch = 0; epoch < 3; epoch++) {
		alert[4] = epoch;
		alert[13] = 2;
		alert[14] = 40; /* handshake_failure */
		fake_net_inject(alert, sizeof(alert));
		alert[13] = 1;
		alert[14] = 0; /* close_notify */
		fake_net_inject(alert, sizeof(alert));
	}
}

static void inject_hello(void)
{
	fake_net_inject(g_bytes_get_data(t.hello, NULL), g_bytes_get_size(t.hello));
}

static int watched_send(struct limen_ice *ice, const uint8_t *bytes, size_t len)
{
	if (limen_demux(bytes, len) != LIMEN_DATAGRAM_DTLS)
		return fake_ice.send(ice, bytes, len);
	if (!t.hello)
		t.hello = g_bytes_new(bytes, len);
	if (++t.sent == t.drop || t.deaf)
		return 0;
	return fake_ice.send(ice, bytes, len);
}

static void set_up(uint64_t seed)
{
	memset(&t, 0, sizeof(t));
	t.ops = fake_ice;
	t.ops.send = watched_send;
	call_start(seed, &t.ops);
}

static void tear_down(void)
{
	call_stop();
	g_assert_cmpuint(limen_dtls_handshakes(), ==, 0);
	g_clear_pointer(&t.hello, g_bytes_unref);
}

/* Two ends: a offers video to b, which answers; a has not heard of it yet. */
static char *answered(struct call_end **a, struct call_end **b)
{
	const struct limen_answer_rules rules = { .exts = ~0u, .dir = LIMEN_RECVONLY };
	g_autofree char *text = NULL;
	struct limen_sdp *remote, *answer;

	*a = call_end_new();
	*b = call_end_new();
	text = call_offer(*a, call_lines("v", LIMEN_SENDONLY), false);
	remote = call_parse(text);
	g_assert_cmpint(limen_sdp_answer(remote, &rules, &answer), ==, 0);
	g_assert_cmpint(limen_peer_answer((*b)->peer, remote, answer, false), ==, 0);
	return limen_peer_description((*b)->peer);
}

static void accepted(const struct call_end *a, const char *answer)
{
	g_assert_cmpint(limen_peer_accept(a->peer, call_parse(answer), false), ==, 0);
}

static void begin(struct call_end **a, struct call_end **b)
{
	g_autofree char *answer = answered(a, b);

	call_run(10 * CALL_MS);
	accepted(*a, answer);
}

static bool both_up(const struct call_end *a, const struct call_end *b)
{
	return a->ups && b->ups;
}

static void let_talk(const struct call_end *a, const struct call_end *b, int64_t us)
{
	for (int64_t i = 0; i < us && !both_up(a, b); i += CALL_MS) {
		call_run(CALL_MS);
		if (t.stranger)
			inject_alerts();
	}
	g_assert_true(both_up(a, b));
}

/* The call stands: what one end sends the other gets. */
static void media_passes(struct call_end *a, struct call_end *b)
{
	const unsigned before = call_received(b, 0);

	for (uint16_t n = 0; n < PACKETS; n++) {
		call_send(a, 0, (uint16_t)(before + n));
		call_run(10 * CALL_MS);
	}
	call_run(100 * CALL_MS);
	g_assert_cmpuint(call_received(b, 0) - before, ==, PACKETS);
	g_assert_cmpstr(a->down, ==, NULL);
	g_assert_cmpstr(b->down, ==, NULL);
}

/* Returns how many datagrams the handshake took. */
static unsigned lose(unsigned mtu, unsigned n)
{
	struct call_end *a, *b;
	unsigned took;

	set_up(n + 1);
	call.cfg.dtls_mtu = mtu;
	t.drop = n;
	begin(&a, &b);
	let_talk(a, b, 5 * CALL_S);
	media_passes(a, b);
	took = t.sent;
	tear_down();
	return took;
}

/* Whichever datagram of the handshake is lost: it is repeated in time. */
static void test_lose_each(gconstpointer mtu)
{
	const unsigned all = lose(GPOINTER_TO_UINT(mtu), 0);

	g_assert_cmpuint(all, >=, GPOINTER_TO_UINT(mtu) > 256 ? 4 : 8);
	for (unsigned n = 1; n <= all; n++)
		g_assert_cmpuint(lose(GPOINTER_TO_UINT(mtu), n), >, all);
}

/* Flights in small fragments that overtake each other, come twice or not at all. */
static void test_shuffled(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct call_end *a, *b;

		set_up(seed);
		call.cfg.dtls_mtu = 256;
		fake_net.reorder = 400;
		fake_net.duplicate = 200;
		fake_net.loss = seed % 2 ? 0 : 100;
		begin(&a, &b);
		let_talk(a, b, 15 * CALL_S);
		fake_net.reorder = fake_net.duplicate = fake_net.loss = 0;
		media_passes(a, b);
		tear_down();
	}
}

/* Has strangers speak a ClientHello: of a handshake that two others make. */
static void other_hello(void)
{
	struct call_end *a, *b;

	begin(&a, &b);
	let_talk(a, b, CALL_S);
}

/* Who speaks DTLS before ICE has found a path is not heard, and costs nothing. */
static void test_stranger_before(void)
{
	g_autofree char *answer = NULL;
	struct call_end *a, *b;

	set_up(1);
	other_hello();
	call_run(100 * CALL_MS);
	answer = answered(&a, &b);
	t.sent = 0;
	for (int i = 0; i < 1000; i++) {
		inject_hello();
		inject_alerts();
	}
	g_assert_cmpuint(t.sent, ==, 0);
	g_assert_cmpuint(limen_dtls_handshakes(), ==, 0);
	call_run(10 * CALL_MS);
	accepted(a, answer);
	let_talk(a, b, CALL_S);
	media_passes(a, b);
	tear_down();
}

/* Alerts from the path itself, every millisecond until both are up. */
static void test_stranger_during(void)
{
	struct call_end *a, *b;

	set_up(1);
	t.stranger = true;
	begin(&a, &b);
	let_talk(a, b, 5 * CALL_S);
	media_passes(a, b);
	call_run(30 * CALL_S);
	media_passes(a, b);
	tear_down();
}

static void test_stranger_after(void)
{
	struct call_end *a, *b;

	set_up(1);
	other_hello();
	begin(&a, &b);
	let_talk(a, b, CALL_S);
	media_passes(a, b);
	t.sent = 0;
	for (int i = 0; i < 1000; i++) {
		inject_hello();
		inject_alerts();
	}
	call_run(30 * CALL_S);
	media_passes(a, b);
	g_assert_cmpuint(t.sent, ==, 0);
	limen_peer_hangup(a->peer, "Close PC");
	call_run(100 * CALL_MS);
	g_assert_cmpstr(b->down, ==, "DTLS alert");
	tear_down();
}

/* A client that begins again and again has one handshake. */
static void test_hello_flood(void)
{
	g_autofree char *answer = NULL;
	struct call_end *a, *b;

	set_up(1);
	other_hello();
	call_run(100 * CALL_MS);
	t.deaf = true;
	answer = answered(&a, &b);
	call_run(10 * CALL_MS);
	accepted(a, answer);
	call_run(10 * CALL_MS);
	t.sent = 0;
	for (int i = 0; i < 1000; i++)
		inject_hello();
	g_assert_cmpuint(limen_dtls_handshakes(), <=, 2);
	g_assert_cmpuint(t.sent, <, 10);
	call_run(DTLS_GIVE_UP + CALL_S);
	g_assert_cmpstr(a->down, ==, "DTLS timeout");
	g_assert_cmpstr(b->down, ==, "DTLS timeout");
	g_assert_cmpuint(limen_dtls_handshakes(), ==, 0);
	tear_down();
}

/* More calls than handshakes are allowed: none fails, though all begin at once and the first are
 * dead ones that keep their places until their time is over. */
static void test_limit(void)
{
	struct call_end *a[6], *b[6];

	set_up(1);
	call.cfg.dtls_handshakes_max = 3;
	t.deaf = true;
	for (unsigned i = 0; i < 3; i++)
		begin(&a[i], &b[i]);
	call_run(100 * CALL_MS);
	g_assert_cmpuint(limen_dtls_handshakes(), ==, 3);
	t.deaf = false;
	for (unsigned i = 3; i < 6; i++)
		begin(&a[i], &b[i]);
	call_run(DTLS_GIVE_UP - CALL_S);
	for (unsigned i = 3; i < 6; i++)
		g_assert_false(a[i]->ups || b[i]->ups || a[i]->downs || b[i]->downs);
	for (int ms = 0; ms < 20000; ms += 100) {
		g_assert_cmpuint(limen_dtls_handshakes(), <=, 3);
		call_run(100 * CALL_MS);
	}
	for (unsigned i = 3; i < 6; i++)
		media_passes(a[i], b[i]);
	tear_down();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/flow/dtls/lose-each", GUINT_TO_POINTER(1200), test_lose_each);
	g_test_add_data_func("/flow/dtls/lose-each-256", GUINT_TO_POINTER(256), test_lose_each);
	g_test_add_func("/flow/dtls/shuffled", test_shuffled);
	g_test_add_func("/flow/dtls/stranger-before", test_stranger_before);
	g_test_add_func("/flow/dtls/stranger-during", test_stranger_during);
	g_test_add_func("/flow/dtls/stranger-after", test_stranger_after);
	g_test_add_func("/flow/dtls/hello-flood", test_hello_flood);
	g_test_add_func("/flow/dtls/limit", test_limit);
	return g_test_run();
}
