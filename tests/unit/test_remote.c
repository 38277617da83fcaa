/*
 * The receiving side of remote publishers with real sockets on loopback: a source sends, what comes
 * out of the fan-outs is looked at. The clock is virtual.
 */
#include "kit/remote.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "core/base/clock.h"
#include "core/base/packet.h"
#include "core/media/crypto.h"
#include "core/media/fanout.h"
#include "core/media/feed.h"
#include "core/media/tap.h"
#include "core/media/udp.h"

#define HEADER 12u
#define KEY "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
#define RANGE_MIN 41000
#define RANGE_MAX 41099
#define PATIENCE_MS 2000 /* for a datagram to arrive */
#define QUIET_MS 50      /* in which nothing may */

static struct limen_loop *loop;
static struct limen_remote *remote;
static int source = -1, other = -1; /* sockets of the far side */
static unsigned packets, messages, ended;
static struct limen_packet last; /* without its bytes' owner */
static struct {
	uint16_t mindex;
	bool binary;
	char text[64];
} message;

static struct limen_loop *svc_loop(const struct limen_handle *h)
{
	(void)h;
	return loop;
}

static struct limen_feed *svc_feed_new(
	struct limen_loop *l, const struct limen_feed_config *cfg, struct limen_fanout **fanout)
{
	return limen_feed_new(l, cfg, 0, fanout);
}

static const struct limen_media_services media = {
	.loop = svc_loop,
	.post = limen_loop_post,
	.udp_open = limen_udp_open,
	.udp_close = limen_udp_close,
	.udp_port = limen_udp_port,
	.udp_send = limen_udp_send,
	.crypto_new = limen_crypto_new,
	.crypto_free = limen_crypto_free,
	.unprotect = limen_crypto_unprotect,
	.feed_new = svc_feed_new,
	.feed_free = limen_feed_free,
	.feed_rtp = limen_feed_rtp,
	.tap_new = limen_tap_new,
	.tap_free = limen_tap_free,
};
static const struct limen_plugin_services services = { .media = &media };
const struct limen_plugin_services *limen = &services;

static void on_packet(const struct limen_packet *pkt, void *arg)
{
	g_assert_true(arg == &remote);
	packets++;
	last = *pkt;
}

static void on_data(uint16_t mindex, bool binary, const uint8_t *bytes, size_t len, void *arg)
{
	g_assert_true(arg == &remote);
	messages++;
	message.mindex = mindex;
	message.binary = binary;
	g_assert_cmpuint(len, <, sizeof(message.text));
	memcpy(message.text, bytes, len);
	message.text[len] = 0;
}

static void on_done(void *arg)
{
	g_assert_true(arg == &remote);
	ended++;
}

static void run(void)
{
	while (limen_loop_step(loop))
		;
}

/* Runs until *counter is n, or for a while to see that it stays less. */
static void run_until(const unsigned *counter, unsigned n)
{
	const gint64 end = g_get_monotonic_time() + PATIENCE_MS * 1000;

	for (run(); *counter < n && g_get_monotonic_time() < end; run())
		g_usleep(1000);
	g_assert_cmpuint(*counter, ==, n);
}

static void run_quiet(void)
{
	for (int i = 0; i < QUIET_MS; i++) {
		run();
		g_usleep(1000);
	}
}

static struct limen_remote_config config(void)
{
	return (struct limen_remote_config){
		.port_min = RANGE_MIN,
		.port_max = RANGE_MAX,
		.packet = on_packet,
		.data = on_data,
		.arg = &remote,
		.done = on_done,
	};
}

static int open_source(void)
{
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);
	const struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(bind(fd, (const struct sockaddr *)&a, sizeof(a)), ==, 0);
	return fd;
}

static void begin(const struct limen_remote_config *cfg)
{
	limen_clock_simulate(1000000);
	g_assert_cmpint(limen_loop_new_manual(&loop, 0), ==, 0);
	packets = messages = ended = 0;
	g_assert_cmpint(limen_remote_new(&remote, cfg), ==, 0);
	source = open_source();
	other = open_source();
}

static void end(void)
{
	limen_remote_free(remote);
	g_assert_cmpuint(ended, ==, 0); /* never from inside a call */
	run();
	g_assert_cmpuint(ended, ==, 1);
	g_clear_pointer(&loop, limen_loop_free);
	close(source);
	close(other);
}

static void send_to(int fd, uint16_t port, const void *bytes, size_t len)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	g_assert_cmpint(sendto(fd, bytes, len, 0, (const struct sockaddr *)&to, sizeof(to)), ==,
		(ssize_t)len);
}

/* A packet of this SSRC, with an audio level of 33 under extension id 5, and a payload. */
static size_t write_rtp(uint8_t *b, uint8_t pt, uint32_t ssrc, uint16_t seq, const char *payload)
{
	const uint8_t head[HEADER + 8] = { 0x90, pt, (uint8_t)(seq >> 8), (uint8_t)seq, 0, 0, 1, 0,
		(uint8_t)(ssrc >> 24), (uint8_t)(ssrc >> 16), (uint8_t)(ssrc >> 8), (uint8_t)ssrc,
		0xbe, 0xde, 0, 1, 0x50, 33, 0, 0 };

	memcpy(b, head, sizeof(head));
	memcpy(b + sizeof(head), payload, strlen(payload));
	return sizeof(head) + strlen(payload);
}

static void send_rtp(uint32_t ssrc, uint16_t seq)
{
	uint8_t b[128];

	send_to(source, limen_remote_port(remote), b, write_rtp(b, 96, ssrc, seq, "payload"));
}

static void send_data(uint8_t version, uint8_t pt, uint32_t ssrc, const char *text)
{
	uint8_t b[128] = { version, pt, 0, 1, 0, 0, 0, 0, (uint8_t)(ssrc >> 24),
		(uint8_t)(ssrc >> 16), (uint8_t)(ssrc >> 8), (uint8_t)ssrc };

	memcpy(b + HEADER, text, strlen(text));
	send_to(source, limen_remote_port(remote), b, HEADER + strlen(text));
}

static struct limen_fanout *add(
	uint16_t index, uint16_t mindex, enum limen_kind kind, bool simulcast)
{
	const struct limen_remote_stream stream = {
		.index = index,
		.mindex = mindex,
		.kind = kind,
		.codec = kind == LIMEN_AUDIO  ? LIMEN_OPUS
			: kind == LIMEN_VIDEO ? LIMEN_VP8
					      : LIMEN_CODEC_NONE,
		.simulcast = simulcast,
		.ext_id[LIMEN_EXT_AUDIO_LEVEL] = 5,
	};
	struct limen_fanout *f;

	g_assert_cmpint(limen_remote_add(remote, &stream, &f), ==, 0);
	g_assert_true((f == NULL) == (kind == LIMEN_DATA));
	return f;
}

static void let_go(struct limen_fanout *f)
{
	limen_fanout_close(f);
	limen_fanout_unref(f);
}

static void test_ports(void)
{
	struct limen_remote_config cfg = config();
	struct limen_remote *second;
	uint16_t rtp, rtcp;

	begin(&cfg);
	rtp = limen_remote_port(remote);
	rtcp = limen_remote_rtcp_port(remote);
	g_assert_cmpuint(rtp, >=, RANGE_MIN);
	g_assert_cmpuint(rtp, <=, RANGE_MAX);
	g_assert_cmpuint(rtp % 2, ==, 0);
	g_assert_cmpuint(rtcp, ==, rtp + 1);
	g_assert_null(limen_remote_ip(remote));
	cfg.port = rtp;
	g_assert_cmpint(limen_remote_new(&second, &cfg), ==, LIMEN_EEXIST);
	cfg.port = 0;
	cfg.rtcp_port = rtcp; /* the first socket of the second one closes again */
	g_assert_cmpint(limen_remote_new(&second, &cfg), ==, LIMEN_EEXIST);
	g_assert_null(second);
	run();
	g_assert_cmpuint(ended, ==, 0);
	end();
}

/* The port after that of RTP is taken, or out of the range: another one of the range. */
static void test_rtcp_elsewhere(void)
{
	struct limen_remote_config cfg = config();
	const int taken = socket(AF_INET, SOCK_DGRAM, 0);
	const struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(RANGE_MIN + 1) };

	g_assert_cmpint(bind(taken, (const struct sockaddr *)&a, sizeof(a)), ==, 0);
	cfg.port = RANGE_MIN;
	begin(&cfg);
	g_assert_cmpuint(limen_remote_port(remote), ==, RANGE_MIN);
	g_assert_cmpuint(limen_remote_rtcp_port(remote), >, RANGE_MIN + 1);
	g_assert_cmpuint(limen_remote_rtcp_port(remote), <=, RANGE_MAX);
	end();
	close(taken);
	cfg.port = RANGE_MAX;
	begin(&cfg);
	g_assert_cmpuint(limen_remote_rtcp_port(remote), <, RANGE_MAX);
	end();
}

static void test_interface(void)
{
	struct limen_remote_config cfg = config();

	cfg.interface = "lo";
	begin(&cfg);
	g_assert_cmpstr(limen_remote_ip(remote), ==, "127.0.0.1");
	cfg.interface = "nosuch0";
	g_assert_cmpint(limen_remote_new(&(struct limen_remote *){ NULL }, &cfg), ==, LIMEN_EINVAL);
	cfg.interface = NULL;
	cfg.group = "not a group";
	g_assert_cmpint(limen_remote_new(&(struct limen_remote *){ NULL }, &cfg), ==, LIMEN_EINVAL);
	end();
}

static void test_multicast(void)
{
	struct limen_remote_config cfg = config();
	const struct in_addr lo = { htonl(INADDR_LOOPBACK) };
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct limen_fanout *f;
	uint8_t b[128];
	size_t len;

	cfg.group = "239.255.41.1";
	cfg.interface = "lo";
	begin(&cfg);
	g_assert_cmpstr(limen_remote_ip(remote), ==, "239.255.41.1");
	f = add(0, 0, LIMEN_AUDIO, false);
	to.sin_port = htons(limen_remote_port(remote));
	inet_pton(AF_INET, "239.255.41.1", &to.sin_addr);
	g_assert_cmpint(setsockopt(source, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof(lo)), ==, 0);
	len = write_rtp(b, 111, 1000, 1, "payload");
	run();
	g_assert_cmpint(sendto(source, b, len, 0, (const struct sockaddr *)&to, sizeof(to)), ==,
		(ssize_t)len);
	run_until(&packets, 1);
	let_go(f);
	end();
}

static void test_streams(void)
{
	static const uint32_t strangers[] = { 0, 999, 1001, 1002, 1010, 1029, 1033, 1039, 1041,
		1050, 1000 + 10 * LIMEN_REMOTE_STREAMS_MAX, UINT32_MAX };
	struct limen_remote_config cfg = config();
	struct limen_fanout *audio, *video, *single;

	begin(&cfg);
	audio = add(0, 0, LIMEN_AUDIO, false);
	video = add(3, 1, LIMEN_VIDEO, true);
	single = add(4, 2, LIMEN_VIDEO, false);
	send_rtp(1000, 500);
	run_until(&packets, 1);
	g_assert_cmpuint(last.mindex, ==, 0);
	g_assert_cmpint(last.kind, ==, LIMEN_AUDIO);
	g_assert_cmpint(last.codec, ==, LIMEN_OPUS);
	g_assert_cmpuint(last.seq, ==, 500);
	g_assert_cmpuint(last.ts, ==, 256);
	g_assert_cmpuint(last.pt, ==, 96);
	g_assert_cmpuint(last.audio_level, ==, 33);
	for (uint32_t i = 0; i < 3; i++) {
		send_rtp(1030 + i, 7);
		run_until(&packets, 2 + i);
		g_assert_cmpuint(last.mindex, ==, 1);
		g_assert_cmpint(last.substream, ==, i);
		g_assert_true(last.simulcast);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(strangers); i++)
		send_rtp(strangers[i], 8);
	send_rtp(1040, 9); /* behind all those */
	run_until(&packets, 5);
	g_assert_cmpuint(last.mindex, ==, 2);
	let_go(audio);
	let_go(video);
	let_go(single);
	end();
}

static void test_data(void)
{
	struct limen_remote_config cfg = config();
	struct limen_fanout *audio;

	begin(&cfg);
	audio = add(0, 0, LIMEN_AUDIO, false);
	add(2, 1, LIMEN_DATA, false);
	send_data(0x80, 0, 1020, "a text");
	run_until(&messages, 1);
	g_assert_cmpuint(message.mindex, ==, 1);
	g_assert_false(message.binary);
	g_assert_cmpstr(message.text, ==, "a text");
	send_data(0x80, 1, 1020, "bytes");
	run_until(&messages, 2);
	g_assert_true(message.binary);
	send_data(0x80, 0, 1020, "");
	run_until(&messages, 3);
	g_assert_cmpstr(message.text, ==, "");
	send_data(0x80, 2, 1020, "another payload type");
	send_data(0x90, 0, 1020, "an extension");
	send_data(0xa0, 0, 1020, "padding");
	send_data(0x40, 0, 1020, "another version");
	send_data(0x80, 0, 1021, "a substream");
	send_data(0x80, 0, 1000, "not the data m-line");
	run_quiet();
	g_assert_cmpuint(messages, ==, 3);
	let_go(audio);
	end();
}

static void test_hostile(void)
{
	struct limen_remote_config cfg = config();
	struct limen_fanout *f;
	uint8_t b[2100];

	begin(&cfg);
	f = add(0, 0, LIMEN_AUDIO, false);
	write_rtp(b, 96, 1000, 1, "payload");
	for (size_t len = 0; len < HEADER + 8; len++) /* every way of being cut */
		send_to(source, limen_remote_port(remote), b, len);
	b[0] = 0xbf; /* fifteen CSRCs, an extension and padding that are not there */
	send_to(source, limen_remote_port(remote), b, 30);
	b[0] = 0x50;
	send_to(source, limen_remote_port(remote), b, 30);
	memset(b, 0xff, sizeof(b));
	send_to(source, limen_remote_port(remote), b, sizeof(b));
	for (size_t len = 0; len < 8; len++)
		send_to(source, limen_remote_rtcp_port(remote), b, len);
	run_quiet();
	g_assert_cmpuint(packets, ==, 0);
	send_rtp(1000, 1);
	run_until(&packets, 1);
	let_go(f);
	end();
}

static void test_srtp(void)
{
	struct limen_remote_config cfg = config();
	struct limen_crypto *ours, *strange;
	struct limen_fanout *f;
	uint8_t b[256], again[256], key[LIMEN_SDES_KEY];
	size_t len, again_len;

	cfg.suite = limen_sdes_suite(80);
	g_assert_cmpint(limen_sdes_key(KEY, cfg.key), ==, 0);
	begin(&cfg);
	memcpy(key, cfg.key, sizeof(key));
	g_assert_cmpint(limen_crypto_new(&ours, cfg.suite, key, key, sizeof(key)), ==, 0);
	key[0] ^= 1;
	g_assert_cmpint(limen_crypto_new(&strange, cfg.suite, key, key, sizeof(key)), ==, 0);
	f = add(0, 0, LIMEN_AUDIO, false);
	add(1, 1, LIMEN_DATA, false);
	send_rtp(1000, 1); /* in the clear */
	len = write_rtp(b, 96, 1000, 2, "payload");
	g_assert_cmpint(limen_crypto_protect(strange, b, &len, sizeof(b)), ==, 0);
	send_to(source, limen_remote_port(remote), b, len);
	len = write_rtp(b, 96, 1000, 3, "payload");
	g_assert_cmpint(limen_crypto_protect(ours, b, &len, sizeof(b)), ==, 0);
	memcpy(again, b, len);
	again_len = len;
	send_to(source, limen_remote_port(remote), b, len);
	run_until(&packets, 1);
	g_assert_cmpuint(last.seq, ==, 3);
	g_assert_cmpuint(last.payload_len, ==, strlen("payload"));
	send_to(source, limen_remote_port(remote), again, again_len);
	len = HEADER + 5;
	memcpy(b, "\x80\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03\xf2hello", len);
	g_assert_cmpint(limen_crypto_protect(ours, b, &len, sizeof(b)), ==, 0);
	send_to(source, limen_remote_port(remote), b, len);
	run_until(&messages, 1);
	g_assert_cmpstr(message.text, ==, "hello");
	g_assert_cmpuint(packets, ==, 1);
	limen_crypto_free(ours);
	limen_crypto_free(strange);
	let_go(f);
	end();
}

static void test_wrong_key(void)
{
	struct limen_remote_config cfg = config();
	struct limen_remote *second;

	begin(&cfg);
	cfg.suite = "no suite";
	g_assert_cmpint(limen_remote_new(&second, &cfg), ==, LIMEN_ENOTSUP);
	g_assert_null(second);
	end();
}

static void open_way(int fd)
{
	static const uint8_t empty[HEADER] = { 0x80 };

	send_to(fd, limen_remote_rtcp_port(remote), empty, sizeof(empty));
	run_quiet();
}

/* The PLI for this m-line is there, and nothing else. */
static void assert_pli(int fd, uint32_t ssrc)
{
	const uint8_t pli[12] = { 0x81, 206, 0, 2, 0, 0, 0x03, 0xe8, (uint8_t)(ssrc >> 24),
		(uint8_t)(ssrc >> 16), (uint8_t)(ssrc >> 8), (uint8_t)ssrc };
	uint8_t b[64];

	run_quiet();
	g_assert_cmpint(recv(fd, b, sizeof(b), MSG_DONTWAIT), ==, sizeof(pli));
	g_assert_cmpmem(b, sizeof(pli), pli, sizeof(pli));
	g_assert_cmpint(recv(fd, b, sizeof(b), MSG_DONTWAIT), ==, -1);
}

static void assert_nothing(int fd)
{
	uint8_t b[64];

	run_quiet();
	g_assert_cmpint(recv(fd, b, sizeof(b), MSG_DONTWAIT), ==, -1);
}

static void test_keyframes(void)
{
	struct limen_remote_config cfg = config();
	struct limen_fanout *audio, *video;

	begin(&cfg);
	audio = add(0, 0, LIMEN_AUDIO, false);
	video = add(7, 1, LIMEN_VIDEO, false);
	limen_fanout_keyframe(audio);
	limen_fanout_keyframe(video); /* nobody to ask yet */
	assert_nothing(source);
	open_way(source);
	assert_pli(source, 1070);
	open_way(source); /* asks for nothing by itself */
	assert_nothing(source);
	limen_clock_advance(10 * G_USEC_PER_SEC);
	limen_fanout_keyframe(video);
	assert_pli(source, 1070);
	open_way(other); /* the source has moved */
	limen_clock_advance(10 * G_USEC_PER_SEC);
	limen_fanout_keyframe(video);
	assert_pli(other, 1070);
	assert_nothing(source);
	let_go(audio);
	let_go(video);
	end();
}

static void test_remove(void)
{
	struct limen_remote_config cfg = config();
	const struct limen_remote_stream twice = { .index = 1, .kind = LIMEN_DATA };
	const struct limen_remote_stream high = { .index = LIMEN_REMOTE_STREAMS_MAX };
	struct limen_fanout *video, *again, *none;

	begin(&cfg);
	video = add(1, 0, LIMEN_VIDEO, false);
	g_assert_cmpint(limen_remote_add(remote, &twice, &none), ==, LIMEN_EEXIST);
	g_assert_cmpint(limen_remote_add(remote, &high, &none), ==, LIMEN_ELIMIT);
	send_rtp(1010, 1);
	run_until(&packets, 1);
	send_rtp(1010, 2); /* on its way when its stream goes */
	limen_remote_remove(remote, 1);
	limen_remote_remove(remote, 1);
	limen_remote_remove(remote, LIMEN_REMOTE_STREAMS_MAX);
	let_go(video);
	again = add(1, 5, LIMEN_AUDIO, false);
	run_quiet();
	send_rtp(1010, 3);
	run_quiet();
	g_assert_cmpuint(last.seq, ==, 3);
	g_assert_cmpuint(last.mindex, ==, 5);
	limen_remote_remove(remote, 1); /* before its fan-out */
	send_rtp(1010, 4);
	run_quiet();
	g_assert_cmpuint(last.seq, ==, 3);
	let_go(again);
	end();
}

/* All at once, with packets and requests under way; nothing comes after done(). */
static void test_free(void)
{
	struct limen_remote_config cfg = config();
	struct limen_fanout *f;

	begin(&cfg);
	f = add(0, 0, LIMEN_VIDEO, false);
	open_way(source);
	send_rtp(1000, 1);
	limen_fanout_keyframe(f);
	end();
	g_assert_cmpuint(packets, <=, 1);
	let_go(f);
	limen_remote_free(NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/remote/ports", test_ports);
	g_test_add_func("/remote/rtcp-elsewhere", test_rtcp_elsewhere);
	g_test_add_func("/remote/interface", test_interface);
	g_test_add_func("/remote/multicast", test_multicast);
	g_test_add_func("/remote/streams", test_streams);
	g_test_add_func("/remote/data", test_data);
	g_test_add_func("/remote/hostile", test_hostile);
	g_test_add_func("/remote/srtp", test_srtp);
	g_test_add_func("/remote/wrong-key", test_wrong_key);
	g_test_add_func("/remote/keyframes", test_keyframes);
	g_test_add_func("/remote/remove", test_remove);
	g_test_add_func("/remote/free", test_free);
	return g_test_run();
}
