/*
 * The media side of the fake host, which other tests rely on: what a plugin feeds is seen, what is
 * pushed comes out of taps, sockets and ticks follow the fake clock.
 */
#include <netinet/in.h>
#include <string.h>
#include "core/base/bytes.h"
#include "tests/lib/fake_host.h"

static const struct limen_plugin_services *limen_of_test;

static void on_media(struct limen_handle *h, const struct limen_media_event *ev)
{
	(void)h, (void)ev;
}

static const struct limen_request_row rows[] = { LIMEN_REQUESTS_END };
static const struct limen_option options[] = { LIMEN_OPTIONS_END };
static const struct limen_plugin plugin = {
	.head = { .abi = LIMEN_ABI,
		.size = sizeof(plugin),
		.kind = LIMEN_MODULE_PLUGIN,
		.name = "test.plugin.media",
		.options = options,
		.services = (const void **)&limen_of_test },
	.key = "media",
	.requests = rows,
	.media = on_media,
};

static const struct limen_media_services *media(void)
{
	return limen_of_test->media;
}

struct seen {
	unsigned calls, done;
	uint16_t seq;
	bool marker;
	char text[16];
	struct sockaddr_storage from;
};

static void on_done(void *arg)
{
	((struct seen *)arg)->done++;
}

static void on_call(void *arg)
{
	((struct seen *)arg)->calls++;
}

static void on_packet(struct limen_packet *pkt, const struct limen_numbers *n, void *arg)
{
	struct seen *s = arg;

	s->calls++;
	s->seq = n->seq;
	s->marker = n->marker;
	g_assert_cmpuint(pkt->payload_len, ==, 3);
}

static void on_datagram(
	const uint8_t *bytes, size_t len, const struct sockaddr_storage *from, void *arg)
{
	struct seen *s = arg;

	s->calls++;
	g_snprintf(s->text, sizeof(s->text), "%.*s", (int)len, (const char *)bytes);
	s->from = *from;
}

static size_t rtp(uint8_t out[15], uint16_t seq)
{
	memset(out, 0, 15);
	out[0] = 0x80;
	out[1] = 0x80 | 111;
	limen_put_u16(out + 2, seq);
	limen_put_u32(out + 8, 77);
	return 15;
}

static void test_feed(void)
{
	struct seen seen = { 0 }, wanted = { 0 };
	const struct limen_feed_config cfg = { .kind = LIMEN_VIDEO,
		.codec = LIMEN_H264,
		.mindex = 3,
		.keyframe = on_call,
		.arg = &wanted,
		.done = on_done };
	const struct limen_tap_config tap_cfg = {
		.packet = on_packet, .arg = &seen, .done = on_done
	};
	struct fake_client *viewer;
	struct limen_fanout *f;
	struct limen_feed *feed;
	struct limen_tap *tap;
	uint8_t bytes[15];

	fake_host_start(&plugin, NULL);
	viewer = fake_client_new();
	feed = media()->feed_new(media()->loop(NULL), &cfg, &f);
	g_assert_cmpint(media()->tap_new(&tap, f, &tap_cfg), ==, 0);
	g_assert_cmpint(limen_of_test->fanout_add(f, &viewer->handle, 0), ==, 0);
	g_assert_true(viewer->lines[0].from == f);
	g_assert_cmpint(media()->feed_rtp(feed, 0, bytes, rtp(bytes, 9)), ==, 0);
	fake_run(0);
	g_assert_cmpuint(seen.calls, ==, 1);
	g_assert_cmpuint(seen.seq, ==, 9);
	g_assert_true(seen.marker);
	g_assert_cmpuint(fake_fanout_packets(f)->len, ==, 1);
	g_assert_cmpuint(
		((struct limen_packet *)g_ptr_array_index(fake_fanout_packets(f), 0))->mindex, ==,
		3);
	media()->fanout_keyframe(f);
	fake_run(0);
	g_assert_cmpuint(wanted.calls, ==, 1);
	limen_of_test->fanout_remove(f, &viewer->handle, 0);
	fake_client_free(viewer);
	limen_of_test->fanout_free(f);
	media()->tap_free(tap);
	media()->feed_free(feed);
	fake_host_stop();
	g_assert_cmpuint(seen.done, ==, 1);
	g_assert_cmpuint(wanted.done, ==, 1);
}

/* A publisher's fan-out: the test is the publisher. */
static void test_push(void)
{
	struct seen seen = { 0 };
	const struct limen_tap_config cfg = { .packet = on_packet, .arg = &seen };
	struct fake_client *c;
	struct limen_packet *pkt;
	struct limen_fanout *f;
	struct limen_tap *tap;
	uint8_t bytes[15];

	fake_host_start(&plugin, NULL);
	c = fake_client_new();
	f = limen_of_test->fanout_new(&c->handle, 1);
	g_assert_cmpint(media()->tap_new(&tap, f, &cfg), ==, 0);
	pkt = fake_packet(LIMEN_AUDIO, LIMEN_OPUS, bytes, rtp(bytes, 500));
	fake_fanout_push(f, pkt);
	g_assert_cmpuint(seen.calls, ==, 1);
	g_assert_cmpuint(seen.seq, ==, 500);
	limen_of_test->fanout_gate(f, false);
	fake_fanout_push(f, pkt);
	g_assert_cmpuint(seen.calls, ==, 1);
	limen_of_test->packet_unref(pkt);
	media()->fanout_keyframe(f);
	g_assert_cmpuint(c->keyframes, ==, 1);
	media()->tap_free(tap);
	limen_of_test->fanout_free(f);
	g_assert_cmpuint(fake_host_fanouts(), ==, 0);
	fake_client_free(c);
	fake_host_stop();
}

static void test_udp(void)
{
	struct seen a = { 0 }, b = { 0 };
	struct limen_udp_config cfg = {
		.address = "127.0.0.1", .received = on_datagram, .arg = &a, .done = on_done
	};
	struct sockaddr_storage to = { 0 };
	struct limen_udp *one, *two;

	fake_host_start(&plugin, NULL);
	g_assert_cmpint(media()->udp_open(&one, media()->loop(NULL), &cfg), ==, 0);
	cfg.arg = &b;
	g_assert_cmpint(media()->udp_open(&two, media()->loop(NULL), &cfg), ==, 0);
	*(struct sockaddr_in *)&to = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons(media()->udp_port(two)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	g_assert_cmpint(media()->udp_send(one, &to, (const uint8_t *)"hi", 2), ==, 0);
	fake_run(0);
	g_assert_cmpstr(b.text, ==, "hi");
	g_assert_cmpint(media()->udp_send(two, &b.from, (const uint8_t *)"you", 3), ==, 0);
	fake_run(0);
	g_assert_cmpstr(a.text, ==, "you");
	media()->udp_close(one);
	media()->udp_close(two);
	fake_host_stop();
	g_assert_cmpuint(a.done + b.done, ==, 2);
}

static void test_tick(void)
{
	struct seen seen = { 0 };
	struct limen_tick *t;

	fake_host_start(&plugin, NULL);
	t = media()->tick_new(media()->loop(NULL), 100, on_call, &seen);
	fake_run(G_USEC_PER_SEC + 500);
	g_assert_cmpuint(seen.calls, ==, 10);
	media()->post(media()->loop(NULL), on_done, &seen);
	fake_run(0);
	g_assert_cmpuint(seen.done, ==, 1);
	media()->tick_free(t, on_done);
	fake_host_stop();
	g_assert_cmpuint(seen.done, ==, 2);
	g_assert_cmpuint(seen.calls, ==, 10);
}

/* What stop() leaves open fails the test. */
static void test_leak(void)
{
	if (g_test_subprocess()) {
		fake_host_start(&plugin, NULL);
		media()->tick_new(media()->loop(NULL), 100, on_call, NULL);
		fake_host_stop();
		return;
	}
	g_test_trap_subprocess(NULL, 0, 0);
	g_test_trap_assert_failed();
	g_test_trap_assert_stderr("*live == 0*");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plugins/fake-media/feed", test_feed);
	g_test_add_func("/plugins/fake-media/push", test_push);
	g_test_add_func("/plugins/fake-media/udp", test_udp);
	g_test_add_func("/plugins/fake-media/tick", test_tick);
	g_test_add_func("/plugins/fake-media/leak", test_leak);
	return g_test_run();
}
