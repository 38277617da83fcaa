/*
 * Two peers in one process over a simulated network, with real DTLS and SRTP: one offers a video
 * m-line and sends, the other answers and receives. Everything but the handshake's own clock
 * follows a seed.
 */
#include <string.h>
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/packet.h"
#include "core/media/fanout.h"
#include "tests/lib/fake_net.h"

#define PACKETS 400

struct end {
	struct limen_peer *peer;
	bool gathered, up;
	char *down;
	unsigned packets, keyframe_requests, doubles, receiving;
	uint16_t highest;
	bool seen[65536];
};

static struct {
	struct limen_loop *loop;
	struct limen_cert *cert;
	struct limen_media_config cfg;
	struct end a, b;
} t;

static void on_gathered(void *arg)
{
	((struct end *)arg)->gathered = true;
}
static void on_candidate(const char *candidate, void *arg)
{
	(void)candidate, (void)arg;
}
static void on_up(void *arg)
{
	((struct end *)arg)->up = true;
}
static void on_ice_failed(void *arg)
{
	(void)arg;
}

static void on_down(const char *reason, void *arg)
{
	struct end *e = arg;

	g_free(e->down);
	e->down = g_strdup(reason);
}

static void on_packet(struct limen_packet *pkt, void *arg)
{
	struct end *e = arg;

	e->packets++;
	e->doubles += e->seen[pkt->seq];
	e->seen[pkt->seq] = true;
	e->highest = MAX(e->highest, pkt->seq);
}

static void on_rtcp(const struct limen_rtcp_event *ev, void *arg)
{
	((struct end *)arg)->keyframe_requests += ev->what == LIMEN_RTCP_KEYFRAME;
}

static void on_media(const struct limen_media_event *ev, const char *mid, bool simulcast, void *arg)
{
	(void)mid, (void)simulcast;
	((struct end *)arg)->receiving += ev->what == LIMEN_MEDIA_RECEIVING && ev->receiving;
}

static const struct limen_peer_events events = { on_gathered, on_candidate, on_up, on_down,
	on_ice_failed, on_packet, on_rtcp, on_media };

static void set_up(uint64_t seed)
{
	fake_net_start(seed);
	memset(&t, 0, sizeof(t));
	g_assert_cmpint(limen_loop_new_manual(&t.loop, 0), ==, 0);
	g_assert_cmpint(limen_cert_new(&t.cert), ==, 0);
	t.cfg = (struct limen_media_config){ .ice_ops = &fake_ice,
		.cert = t.cert,
		.dtls_mtu = 1200,
		.no_media_timer_s = 1,
		.local_ip = "127.0.0.1" };
	t.a.peer = limen_peer_new(t.loop, &t.cfg, &events, &t.a);
	t.b.peer = limen_peer_new(t.loop, &t.cfg, &events, &t.b);
}

static void tear_down(void)
{
	limen_peer_retire(t.a.peer);
	limen_peer_retire(t.b.peer);
	limen_peer_unref(t.a.peer);
	limen_peer_unref(t.b.peer);
	fake_net_stop();
	limen_loop_free(t.loop);
	limen_cert_free(t.cert);
	g_free(t.a.down);
	g_free(t.b.down);
}

static struct limen_sdp *parsed(const char *text)
{
	struct limen_sdp *sdp;
	g_autofree char *reason = NULL;

	g_assert_cmpint(limen_sdp_parse(text, strlen(text), &sdp, &reason), ==, 0);
	return sdp;
}

static char *make_offer(void)
{
	struct limen_sdp *offer = limen_sdp_new("flow");

	limen_sdp_add(offer, LIMEN_VIDEO, LIMEN_VP8, LIMEN_SENDONLY, "0", NULL,
		1u << LIMEN_EXT_MID | 1u << LIMEN_EXT_ORIENTATION);
	g_assert_cmpint(limen_peer_offer(t.a.peer, offer, false), ==, 0);
	fake_net_run(t.loop, 10000);
	g_assert_true(t.a.gathered && limen_peer_ready(t.a.peer));
	return limen_peer_description(t.a.peer);
}

/* from, to: what stands in the middle changes in the offer. */
static void connect(const char *from, const char *to)
{
	g_autofree char *offer = make_offer(), *answer_text = NULL;
	const struct limen_answer_rules rules = { .exts = ~0u, .dir = LIMEN_RECVONLY };
	struct limen_sdp *remote, *answer;
	char *at;

	if (from) {
		at = strstr(offer, from);
		g_assert_nonnull(at);
		memcpy(at, to, strlen(to));
	}
	remote = parsed(offer);
	g_assert_cmpint(limen_sdp_answer(remote, &rules, &answer), ==, 0);
	g_assert_cmpint(limen_peer_answer(t.b.peer, remote, answer, false), ==, 0);
	fake_net_run(t.loop, 10000);
	answer_text = limen_peer_description(t.b.peer);
	g_assert_cmpint(limen_peer_accept(t.a.peer, parsed(answer_text), false), ==, 0);
	fake_net_run(t.loop, 500000);
}

/* A VP8 packet of a picture of its own; the first is a keyframe. */
static void send_packet(uint16_t n)
{
	static const uint8_t key[] = { 0x90, 0x80, 0x80, 0, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a,
		0x40, 0x01, 0xf0, 0x00 };
	struct limen_packet *p = limen_packet_new();

	memcpy(p->data + 12, key, sizeof(key));
	p->data[12 + 3] = (uint8_t)n;
	p->data[12 + 4] = n % 100 ? 0x11 : 0x10;
	p->arrived_us = limen_now_us();
	p->source = 7;
	p->kind = LIMEN_VIDEO;
	p->codec = LIMEN_VP8;
	p->seq = (uint16_t)(65400 + n);
	p->ts = n * 3000u;
	p->marker = true;
	p->orientation = 1;
	p->header_len = 12;
	p->payload_len = sizeof(key);
	p->len = 12 + sizeof(key);
	p->layer.picture_id = n;
	limen_peer_send(t.a.peer, 0, p);
	limen_packet_unref(p);
}

static void send_all(void)
{
	for (uint16_t n = 0; n < PACKETS; n++) {
		send_packet(n);
		fake_net_run(t.loop, 10000);
	}
}

static void test_clean(void)
{
	set_up(1);
	connect(NULL, NULL);
	g_assert_true(t.a.up && t.b.up);
	send_all();
	fake_net_run(t.loop, 500000);
	g_assert_cmpuint(t.b.packets, ==, PACKETS);
	g_assert_cmpuint(t.b.doubles, ==, 0);
	g_assert_cmpuint(t.b.receiving, ==, 1);
	tear_down();
}

/* What is lost is asked for and sent again, as RTX. */
static void test_loss(void)
{
	set_up(2);
	connect(NULL, NULL);
	g_assert_true(t.b.up);
	fake_net.loss = 100;
	fake_net.reorder = 50;
	send_all();
	fake_net.loss = 0;
	send_packet(PACKETS);
	fake_net_run(t.loop, 1000000);
	g_assert_cmpuint(fake_net.lost, >, PACKETS / 20);
	g_assert_cmpuint(t.b.packets, >=, PACKETS);
	tear_down();
}

static void test_duplicates(void)
{
	set_up(3);
	connect(NULL, NULL);
	fake_net.duplicate = 500;
	send_all();
	fake_net_run(t.loop, 200000);
	g_assert_cmpuint(t.b.packets, ==, PACKETS);
	tear_down();
}

static void test_wrong_fingerprint(void)
{
	g_autofree char *wrong = g_strdup_printf("a=fingerprint:sha-256 %s", "00:00:00:00");

	set_up(4);
	connect("a=fingerprint:sha-256 ", wrong);
	g_assert_false(t.b.up);
	g_assert_nonnull(t.b.down);
	g_assert_cmpuint(t.b.packets, ==, 0);
	tear_down();
}

static void test_hangup(void)
{
	set_up(5);
	connect(NULL, NULL);
	limen_peer_hangup(t.a.peer, "Close PC");
	fake_net_run(t.loop, 100000);
	g_assert_cmpstr(t.a.down, ==, "Close PC");
	g_assert_cmpstr(t.b.down, ==, "DTLS alert");
	g_assert_false(limen_peer_exists(t.a.peer) || limen_peer_exists(t.b.peer));
	tear_down();
}

/* Datagrams of every length and kind before and after the handshake harm nothing. */
static void test_garbage(void)
{
	static const uint8_t firsts[] = { 0x00, 0x16, 0x17, 0x80, 0x81, 0xbf, 0xff };
	uint8_t bytes[2048];

	set_up(6);
	connect(NULL, NULL);
	for (size_t len = 0; len < sizeof(bytes); len++) {
		limen_random(bytes, sizeof(bytes));
		bytes[0] = firsts[len % sizeof(firsts)];
		fake_net_inject(bytes, len);
	}
	send_all();
	fake_net_run(t.loop, 200000);
	g_assert_cmpuint(t.b.packets, ==, PACKETS);
	tear_down();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/flow/call/clean", test_clean);
	g_test_add_func("/flow/call/loss", test_loss);
	g_test_add_func("/flow/call/duplicates", test_duplicates);
	g_test_add_func("/flow/call/wrong-fingerprint", test_wrong_fingerprint);
	g_test_add_func("/flow/call/hangup", test_hangup);
	g_test_add_func("/flow/call/garbage", test_garbage);
	return g_test_run();
}
