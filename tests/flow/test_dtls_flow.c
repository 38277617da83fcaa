/*
 * Two peers whose DTLS has a hard time: every datagram of the handshake lost in turn, shuffled
 * fragments, strangers before, during and after it, and a limit of handshakes. Everything, the
 * handshake's clock too, follows a seed; a call counts when media passes.
 */
#include <string.h>
#include "core/base/clock.h"
#include "core/base/packet.h"
#include "core/media/demux.h"
#include "core/media/dtls.h"
#include "core/media/peer.h"
#include "tests/lib/fake_net.h"
#include "tests/lib/virtual_time.h"

#define PACKETS 10
#define MS 1000
#define S G_USEC_PER_SEC
#define DTLS_GIVE_UP (20 * S)

struct end {
	struct limen_peer *peer;
	bool up;
	char *down;
	unsigned packets;
};

static struct {
	struct limen_loop *loop;
	struct limen_cert *cert;
	struct limen_media_config cfg;
	struct limen_ice_ops ops; /* of the fake network, looked into */
	unsigned sent, drop;      /* DTLS datagrams; the one to lose, 0 = none */
	bool deaf;                /* no DTLS passes at all */
	bool stranger;            /* speaks after each of them */
	GBytes *hello;            /* the first one ever sent */
} t;

static void on_nothing(void *arg)
{
	(void)arg;
}
static void on_candidate(const char *candidate, void *arg)
{
	(void)candidate, (void)arg;
}
static void on_up(void *arg)
{
	((struct end *)arg)->up = true;
}
static void on_down(const char *reason, void *arg)
{
	struct end *e = arg;

	g_free(e->down);
	e->down = g_strdup(reason);
}
static void on_packet(struct limen_packet *pkt, void *arg)
{
	(void)pkt;
	((struct end *)arg)->packets++;
}
static void on_rtcp(const struct limen_rtcp_event *ev, void *arg)
{
	(void)ev, (void)arg;
}
static void on_media(const struct limen_media_event *ev, const char *mid, bool simulcast, void *arg)
{
	(void)ev, (void)mid, (void)simulcast, (void)arg;
}

static const struct limen_peer_events events = { on_nothing, on_candidate, on_up, on_down,
	on_nothing, on_packet, on_rtcp, on_media };

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
	fake_net_start(seed);
	g_clear_pointer(&t.hello, g_bytes_unref);
	memset(&t, 0, sizeof(t));
	g_assert_cmpint(limen_loop_new_manual(&t.loop, 0), ==, 0);
	g_assert_cmpint(limen_cert_new(&t.cert), ==, 0);
	t.ops = fake_ice;
	t.ops.send = watched_send;
	t.cfg = (struct limen_media_config){
		.ice_ops = &t.ops, .cert = t.cert, .dtls_mtu = 1200, .local_ip = "127.0.0.1"
	};
}

static void tear_down(void)
{
	g_assert_cmpuint(limen_dtls_handshakes(), ==, 0);
	fake_net_stop();
	limen_loop_free(t.loop);
	limen_cert_free(t.cert);
	g_clear_pointer(&t.hello, g_bytes_unref);
}

static struct limen_sdp *parsed(const char *text)
{
	struct limen_sdp *sdp;
	g_autofree char *reason = NULL;

	g_assert_cmpint(limen_sdp_parse(text, strlen(text), &sdp, &reason), ==, 0);
	return sdp;
}

/* a offers video to b, which answers; a hears of it only with hang_up(). */
static char *answered(struct end *a, struct end *b)
{
	const struct limen_answer_rules rules = { .exts = ~0u, .dir = LIMEN_RECVONLY };
	struct limen_sdp *offer = limen_sdp_new("flow"), *remote, *answer;
	g_autofree char *text = NULL;

	*a = *b = (struct end){ NULL };
	a->peer = limen_peer_new(t.loop, &t.cfg, &events, a);
	b->peer = limen_peer_new(t.loop, &t.cfg, &events, b);
	limen_sdp_add(offer, LIMEN_VIDEO, LIMEN_VP8, LIMEN_SENDONLY, "0", NULL, 0);
	g_assert_cmpint(limen_peer_offer(a->peer, offer, false), ==, 0);
	fake_net_run(t.loop, 10 * MS);
	text = limen_peer_description(a->peer);
	remote = parsed(text);
	g_assert_cmpint(limen_sdp_answer(remote, &rules, &answer), ==, 0);
	g_assert_cmpint(limen_peer_answer(b->peer, remote, answer, false), ==, 0);
	return limen_peer_description(b->peer);
}

static void call(struct end *a, struct end *b)
{
	g_autofree char *answer = answered(a, b);

	fake_net_run(t.loop, 10 * MS);
	g_assert_cmpint(limen_peer_accept(a->peer, parsed(answer), false), ==, 0);
}

static void let_talk(const struct end *a, const struct end *b, int64_t us)
{
	for (int64_t i = 0; i < us && !(a->up && b->up); i += MS) {
		fake_net_run(t.loop, MS);
		if (t.stranger)
			inject_alerts();
	}
}

static void hang_up(struct end *a, struct end *b)
{
	struct end *both[] = { a, b };

	for (unsigned i = 0; i < 2; i++) {
		limen_peer_retire(both[i]->peer);
		limen_peer_unref(both[i]->peer);
		g_free(both[i]->down);
	}
}

static void send_packet(const struct end *from, uint16_t n)
{
	static const uint8_t key[] = { 0x90, 0x80, 0x80, 0, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a,
		0x40, 0x01, 0xf0, 0x00 };
	struct limen_packet *p = limen_packet_new();

	memcpy(p->data + 12, key, sizeof(key));
	p->arrived_us = limen_now_us();
	p->source = 7;
	p->kind = LIMEN_VIDEO;
	p->codec = LIMEN_VP8;
	p->seq = n;
	p->ts = n * 3000u;
	p->marker = true;
	p->header_len = 12;
	p->payload_len = sizeof(key);
	p->len = 12 + sizeof(key);
	limen_peer_send(from->peer, 0, p);
	limen_packet_unref(p);
}

/* The call stands: what one end sends the other gets. */
static void media_passes(struct end *a, struct end *b)
{
	const unsigned before = b->packets;

	g_assert_true(a->up && b->up);
	for (uint16_t n = 0; n < PACKETS; n++) {
		send_packet(a, (uint16_t)(before + n));
		fake_net_run(t.loop, 10 * MS);
	}
	fake_net_run(t.loop, 100 * MS);
	g_assert_cmpuint(b->packets - before, ==, PACKETS);
	g_assert_null(a->down);
	g_assert_null(b->down);
}

/* Returns how many datagrams the handshake took. */
static unsigned lose(unsigned mtu, unsigned n)
{
	struct end a, b;
	unsigned took;

	set_up(n + 1);
	t.cfg.dtls_mtu = mtu;
	t.drop = n;
	call(&a, &b);
	let_talk(&a, &b, 5 * S);
	media_passes(&a, &b);
	took = t.sent;
	hang_up(&a, &b);
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
		struct end a, b;

		set_up(seed);
		t.cfg.dtls_mtu = 256;
		fake_net.reorder = 400;
		fake_net.duplicate = 200;
		fake_net.loss = seed % 2 ? 0 : 100;
		call(&a, &b);
		let_talk(&a, &b, 15 * S);
		g_assert_true(a.up && b.up);
		fake_net.reorder = fake_net.duplicate = fake_net.loss = 0;
		media_passes(&a, &b);
		hang_up(&a, &b);
		tear_down();
	}
}

/* A ClientHello as the strangers' ones below: of a handshake with somebody else. */
static GBytes *other_hello(void)
{
	struct end a, b;

	call(&a, &b);
	let_talk(&a, &b, S);
	g_assert_true(a.up && b.up);
	hang_up(&a, &b);
	return t.hello;
}

/* Who speaks DTLS before ICE has found a path is not heard, and costs nothing. */
static void test_stranger_before(void)
{
	g_autofree char *answer = NULL;
	struct end a, b;

	set_up(1);
	other_hello();
	fake_net_run(t.loop, 100 * MS);
	answer = answered(&a, &b);
	t.sent = 0;
	for (int i = 0; i < 1000; i++) {
		inject_hello();
		inject_alerts();
	}
	g_assert_cmpuint(t.sent, ==, 0);
	g_assert_cmpuint(limen_dtls_handshakes(), ==, 0);
	fake_net_run(t.loop, 10 * MS);
	g_assert_cmpint(limen_peer_accept(a.peer, parsed(answer), false), ==, 0);
	let_talk(&a, &b, S);
	media_passes(&a, &b);
	hang_up(&a, &b);
	tear_down();
}

/* Alerts from the path itself, every millisecond until both are up. */
static void test_stranger_during(void)
{
	struct end a, b;

	set_up(1);
	t.stranger = true;
	call(&a, &b);
	let_talk(&a, &b, 5 * S);
	media_passes(&a, &b);
	fake_net_run(t.loop, 30 * S);
	media_passes(&a, &b);
	hang_up(&a, &b);
	tear_down();
}

static void test_stranger_after(void)
{
	struct end a, b;

	set_up(1);
	other_hello();
	call(&a, &b);
	let_talk(&a, &b, S);
	media_passes(&a, &b);
	t.sent = 0;
	for (int i = 0; i < 1000; i++) {
		inject_hello();
		inject_alerts();
	}
	fake_net_run(t.loop, 30 * S);
	media_passes(&a, &b);
	g_assert_cmpuint(t.sent, ==, 0);
	limen_peer_hangup(a.peer, "Close PC");
	fake_net_run(t.loop, 100 * MS);
	g_assert_cmpstr(b.down, ==, "DTLS alert");
	hang_up(&a, &b);
	tear_down();
}

/* A client that begins again and again has one handshake. */
static void test_hello_flood(void)
{
	g_autofree char *answer = NULL;
	struct end a, b;

	set_up(1);
	other_hello();
	fake_net_run(t.loop, 100 * MS);
	t.deaf = true;
	answer = answered(&a, &b);
	fake_net_run(t.loop, 10 * MS);
	g_assert_cmpint(limen_peer_accept(a.peer, parsed(answer), false), ==, 0);
	fake_net_run(t.loop, 10 * MS);
	t.sent = 0;
	for (int i = 0; i < 1000; i++)
		inject_hello();
	g_assert_cmpuint(limen_dtls_handshakes(), <=, 2);
	g_assert_cmpuint(t.sent, <, 10);
	fake_net_run(t.loop, DTLS_GIVE_UP + S);
	g_assert_cmpstr(a.down, ==, "DTLS timeout");
	g_assert_cmpstr(b.down, ==, "DTLS timeout");
	g_assert_cmpuint(limen_dtls_handshakes(), ==, 0);
	hang_up(&a, &b);
	tear_down();
}

/* More calls than handshakes are allowed: none fails, though all begin at once and the first are
 * dead ones that keep their places until their time is over. */
static void test_limit(void)
{
	struct end a[6], b[6];

	set_up(1);
	t.cfg.dtls_handshakes_max = 3;
	t.deaf = true;
	for (unsigned i = 0; i < 3; i++)
		call(&a[i], &b[i]);
	fake_net_run(t.loop, 100 * MS);
	g_assert_cmpuint(limen_dtls_handshakes(), ==, 3);
	t.deaf = false;
	for (unsigned i = 3; i < 6; i++)
		call(&a[i], &b[i]);
	fake_net_run(t.loop, DTLS_GIVE_UP - S);
	for (unsigned i = 3; i < 6; i++)
		g_assert_false(a[i].up || b[i].up || a[i].down || b[i].down);
	for (int ms = 0; ms < 20000; ms += 100) {
		g_assert_cmpuint(limen_dtls_handshakes(), <=, 3);
		fake_net_run(t.loop, 100 * MS);
	}
	for (unsigned i = 3; i < 6; i++)
		media_passes(&a[i], &b[i]);
	for (unsigned i = 0; i < 6; i++)
		hang_up(&a[i], &b[i]);
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
