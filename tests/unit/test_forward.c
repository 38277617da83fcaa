/*
 * RTP forwarders with real fan-outs, sockets and SRTP, on a loop that the test drives: a feed takes
 * packets in, a socket on loopback sees what leaves.
 */
#include "kit/forward.h"
#include <string.h>
#include <sys/resource.h>
#include "core/base/clock.h"
#include "core/host/host.h"
#include "core/media/crypto.h"
#include "core/media/udp.h"
#include "kit/address.h"
#include "tests/lib/hex.h"

const struct limen_plugin_services *limen = &limen_plugin_services_table;

#define KEY "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNk"

static struct limen_loop *loop;
static struct limen_feed *feed;
static struct limen_fanout *fanout;
static struct limen_udp *sink, *rtcp_sink;
static GQueue datagrams, rtcp_datagrams; /* GBytes * */
static struct sockaddr_storage back;     /* where the last RTCP datagram came from */
static unsigned keyframes;
static struct limen_core core;

static void keep(const uint8_t *bytes, size_t len, const struct sockaddr_storage *from, void *arg)
{
	if (arg == &rtcp_datagrams)
		back = *from;
	g_queue_push_tail(arg, g_bytes_new(bytes, len));
}

static void count_keyframe(void *arg)
{
	(void)arg;
	keyframes++;
}

static struct limen_udp *open_sink(GQueue *into)
{
	const struct limen_udp_config cfg = {
		.address = "127.0.0.1", .received = keep, .arg = into
	};
	struct limen_udp *u;

	g_assert_cmpint(limen_udp_open(&u, loop, &cfg), ==, 0);
	return u;
}

/* Until loopback has delivered: it does so within the call that sends. */
static void settle(void)
{
	for (unsigned still = 0; still < 3; still++)
		while (limen_loop_step(loop))
			still = 0;
}

static void begin(enum limen_kind kind, enum limen_codec codec, bool simulcast)
{
	const struct limen_feed_config cfg = {
		.kind = kind, .codec = codec, .simulcast = simulcast, .keyframe = count_keyframe
	};

	limen_clock_simulate(1000000);
	limen_host_core = &core;
	g_assert_cmpint(limen_loop_new_manual(&loop, 0), ==, 0);
	feed = limen->media->feed_new(loop, &cfg, &fanout);
	g_queue_init(&datagrams);
	g_queue_init(&rtcp_datagrams);
	sink = open_sink(&datagrams);
	rtcp_sink = open_sink(&rtcp_datagrams);
	keyframes = 0;
}

static void end(void)
{
	limen->media->feed_free(feed);
	limen_udp_close(sink);
	limen_udp_close(rtcp_sink);
	if (fanout)
		limen->fanout_free(fanout);
	settle();
	g_queue_clear_full(&datagrams, (GDestroyNotify)g_bytes_unref);
	g_queue_clear_full(&rtcp_datagrams, (GDestroyNotify)g_bytes_unref);
	limen_loop_free(loop);
}

static struct limen_forward_config to_sink(void)
{
	struct limen_forward_config cfg = { 0 };

	g_assert_cmpint(limen_address_read("127.0.0.1", AF_INET, &cfg.to), ==, 0);
	limen_address_set_port(&cfg.to, limen_udp_port(sink));
	return cfg;
}

static struct limen_forward *forward_new(const struct limen_forward_config *cfg)
{
	struct limen_forward *f;

	g_assert_cmpint(limen_forward_new(&f, loop, cfg), ==, 0);
	return f;
}

static void add(struct limen_forward *f, struct limen_forward_line line)
{
	g_assert_cmpint(limen_forward_add(f, fanout, &line), ==, 0);
}

static void feed_hex(int substream, const char *hex)
{
	size_t len;
	g_autofree uint8_t *bytes = hex_new(hex, &len);

	g_assert_cmpint(limen->media->feed_rtp(feed, substream, bytes, len), ==, 0);
	settle();
}

/* The next datagram is exactly this. */
static void expect_hex(GQueue *from, const char *hex)
{
	size_t len, got;
	g_autofree uint8_t *bytes = hex_new(hex, &len);
	g_autoptr(GBytes) datagram = g_queue_pop_head(from);
	const uint8_t *p;

	g_assert_nonnull(datagram);
	p = g_bytes_get_data(datagram, &got);
	g_assert_cmpmem(p, got, bytes, len);
}

#define expect_nothing(from) g_assert_cmpuint((from)->length, ==, 0)

/* Opus with an audio level and another extension, one CSRC */
#define AUDIO "91ef1001 00002000 0000abcd 00000001 bede0001 108a2001 01020304"

static void test_as_it_comes(void)
{
	struct limen_forward_config cfg;
	struct limen_forward *f;
	struct limen_forward_stats stats;

	begin(LIMEN_AUDIO, LIMEN_OPUS, false);
	cfg = to_sink();
	f = forward_new(&cfg);
	add(f, (struct limen_forward_line){ 0 });
	feed_hex(0, AUDIO);
	expect_hex(&datagrams, AUDIO);
	expect_nothing(&datagrams);
	limen_forward_stats(f, &stats);
	g_assert_cmpuint(stats.packets, ==, 1);
	g_assert_cmpuint(stats.bytes, ==, 28);
	g_assert_cmpuint(stats.dropped, ==, 0);
	g_assert_cmpuint(limen_forward_rtcp_port(f), ==, 0);
	limen_forward_remove(f, fanout);
	limen_forward_remove(f, fanout);
	feed_hex(0, AUDIO);
	expect_nothing(&datagrams);
	limen_forward_free(f);
	end();
}

static void test_other_numbers(void)
{
	struct limen_forward_config cfg;
	struct limen_forward *f;

	begin(LIMEN_AUDIO, LIMEN_OPUS, false);
	cfg = to_sink();
	f = forward_new(&cfg);
	add(f, (struct limen_forward_line){ .pt = 100, .ssrc = 0x01020304 });
	feed_hex(0, AUDIO);
	expect_hex(&datagrams, "91e41001 00002000 01020304 00000001 bede0001 108a2001 01020304");
	limen_forward_free(f);
	end();
}

/* VP8: with a picture id of 15 bits; a keyframe, and none. */
#define VP8_KEY(seq, ts, ssrc, pid)                                                                \
	"80e0" seq " " ts " " ssrc " 908080" pid " 100000 9d012a 40010001"
#define VP8_DELTA(seq, ts, ssrc, pid) "80e0" seq " " ts " " ssrc " 908080" pid " 11000000 00000000"

static void test_one_substream(void)
{
	struct limen_forward_config cfg;
	struct limen_forward *f;

	begin(LIMEN_VIDEO, LIMEN_VP8, true);
	cfg = to_sink();
	f = forward_new(&cfg);
	add(f, (struct limen_forward_line){ .substream = 1 });
	feed_hex(0, VP8_KEY("0001", "00000100", "0000000a", "01"));
	feed_hex(2, VP8_KEY("0001", "00000100", "0000000c", "01"));
	expect_nothing(&datagrams);
	feed_hex(1, VP8_KEY("0001", "00000100", "0000000b", "01"));
	expect_hex(&datagrams, VP8_KEY("0001", "00000100", "0000000b", "01"));
	limen_forward_free(f);
	end();
}

static void test_all_substreams(void)
{
	struct limen_forward_config cfg;
	struct limen_forward *f;

	begin(LIMEN_VIDEO, LIMEN_VP8, true);
	cfg = to_sink();
	f = forward_new(&cfg);
	add(f, (struct limen_forward_line){ .what = LIMEN_FORWARD_ALL, .ssrc = 1010 });
	for (int substream = 0; substream < 3; substream++)
		feed_hex(substream, VP8_KEY("0001", "00000100", "0000000a", "01"));
	expect_hex(&datagrams, VP8_KEY("0001", "00000100", "000003f2", "01"));
	expect_hex(&datagrams, VP8_KEY("0001", "00000100", "000003f3", "01"));
	expect_hex(&datagrams, VP8_KEY("0001", "00000100", "000003f4", "01"));
	limen_forward_free(f);
	end();
}

static uint16_t next_seq(const char *ssrc_hex)
{
	g_autoptr(GBytes) datagram = g_queue_pop_head(&datagrams);
	const uint8_t *p;
	size_t len;
	g_autofree char *ssrc = NULL;

	g_assert_nonnull(datagram);
	p = g_bytes_get_data(datagram, &len);
	g_assert_cmpuint(len, >, 12);
	ssrc = g_strdup_printf("%02x%02x%02x%02x", p[8], p[9], p[10], p[11]);
	g_assert_cmpstr(ssrc, ==, ssrc_hex);
	return (uint16_t)(p[2] << 8 | p[3]);
}

/* The lowest substream until a higher one begins with a keyframe, then that; one stream in all. */
static void test_best(void)
{
	struct limen_forward_config cfg;
	struct limen_forward *f;
	uint16_t first;

	begin(LIMEN_VIDEO, LIMEN_VP8, true);
	cfg = to_sink();
	f = forward_new(&cfg);
	add(f, (struct limen_forward_line){ .what = LIMEN_FORWARD_BEST, .ssrc = 0x77 });
	settle();
	g_assert_cmpuint(keyframes, ==, 1); /* a receiver without a picture wants one */
	feed_hex(0, VP8_KEY("1000", "00000100", "0000000a", "01"));
	first = next_seq("00000077");
	limen_clock_advance(33000);
	feed_hex(2, VP8_DELTA("5000", "00090000", "0000000c", "41"));
	expect_nothing(&datagrams);
	feed_hex(2, VP8_KEY("5001", "00090bb8", "0000000c", "42"));
	g_assert_cmpuint(next_seq("00000077"), ==, (uint16_t)(first + 1));
	feed_hex(0, VP8_DELTA("1001", "00000cb8", "0000000a", "02"));
	expect_nothing(&datagrams);
	feed_hex(2, VP8_DELTA("5002", "00091770", "0000000c", "43"));
	g_assert_cmpuint(next_seq("00000077"), ==, (uint16_t)(first + 2));
	limen_forward_free(f);
	end();
}

static void test_srtp(void)
{
	static const struct {
		unsigned suite;
		const char *name;
		size_t tag;
	} suites[] = { { 80, "AES_CM_128_HMAC_SHA1_80", 10 },
		{ 32, "AES_CM_128_HMAC_SHA1_32", 4 } };
	size_t clear_len;
	g_autofree uint8_t *clear = hex_new(AUDIO, &clear_len);

	for (size_t i = 0; i < G_N_ELEMENTS(suites); i++) {
		struct limen_forward_config cfg;
		struct limen_forward *f;
		struct limen_crypto *crypto;
		uint8_t bytes[256];
		gsize key_len, len;
		g_autofree guchar *key = g_base64_decode(KEY, &key_len);
		g_autoptr(GBytes) datagram = NULL;

		begin(LIMEN_AUDIO, LIMEN_OPUS, false);
		cfg = to_sink();
		cfg.srtp_suite = suites[i].suite;
		cfg.srtp_crypto = KEY;
		f = forward_new(&cfg);
		add(f, (struct limen_forward_line){ 0 });
		feed_hex(0, AUDIO);
		datagram = g_queue_pop_head(&datagrams);
		g_assert_nonnull(datagram);
		len = g_bytes_get_size(datagram);
		g_assert_cmpuint(len, ==, clear_len + suites[i].tag);
		memcpy(bytes, g_bytes_get_data(datagram, NULL), len);
		g_assert_cmpint(
			limen_crypto_new(&crypto, suites[i].name, key, key, key_len), ==, 0);
		g_assert_cmpint(limen_crypto_unprotect(crypto, bytes, &len), ==, 0);
		g_assert_cmpmem(bytes, len, clear, clear_len);
		limen_crypto_free(crypto);
		limen_forward_free(f);
		end();
	}
}

static void test_bad_keys(void)
{
	static const struct {
		int64_t suite;
		const char *crypto;
		int err;
	} cases[] = {
		{ 80, KEY, 0 },
		{ 32, KEY, 0 },
		{ 0, KEY, LIMEN_ENOTSUP },
		{ 81, KEY, LIMEN_ENOTSUP },
		{ -80, KEY, LIMEN_ENOTSUP },
		{ 80, NULL, LIMEN_EINVAL },
		{ 80, "", LIMEN_EINVAL },
		{ 80, "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYg==", LIMEN_EINVAL },
		{ 80, "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZQ==", LIMEN_EINVAL },
		{ 80, "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmN!", LIMEN_EINVAL },
		{ 80, "MDEyMzQ1Njc4OWFiY2RlZjAx\nMjM0NTY3ODlhYmNk", LIMEN_EINVAL },
	};
	struct limen_forward_config cfg;
	struct limen_forward *f;

	begin(LIMEN_AUDIO, LIMEN_OPUS, false);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_assert_cmpint(limen_forward_check_srtp(cases[i].suite, cases[i].crypto), ==,
			cases[i].err);
		if (!cases[i].err || !cases[i].suite)
			continue;
		cfg = to_sink();
		cfg.srtp_suite = cases[i].suite;
		cfg.srtp_crypto = cases[i].crypto;
		g_assert_cmpint(limen_forward_new(&f, loop, &cfg), ==, cases[i].err);
		g_assert_null(f);
	}
	end();
}

#define EMPTY "80000000 00000000 00000000"

static void send_back(const char *hex)
{
	size_t len;
	g_autofree uint8_t *bytes = hex_new(hex, &len);

	g_assert_cmpint(limen_udp_send(rtcp_sink, &back, bytes, len), ==, 0);
	limen_clock_advance(3 * G_USEC_PER_SEC); /* keyframes are asked for at a pace */
	settle();
}

static struct limen_forward *with_back_channel(struct limen_forward_config *cfg)
{
	struct limen_forward *f;

	*cfg = to_sink();
	cfg->rtcp_port = limen_udp_port(rtcp_sink);
	cfg->srtp_suite = 0;
	f = forward_new(cfg);
	settle();
	expect_hex(&rtcp_datagrams, EMPTY);
	expect_hex(&rtcp_datagrams, EMPTY);
	expect_nothing(&rtcp_datagrams);
	g_assert_cmpuint(limen_address_port(&back), ==, limen_forward_rtcp_port(f));
	return f;
}

static void test_back_channel(void)
{
	struct limen_forward_config cfg;
	struct limen_forward *f;

	begin(LIMEN_VIDEO, LIMEN_VP8, false);
	f = with_back_channel(&cfg);
	add(f, (struct limen_forward_line){ .video = true });
	send_back("81ce0002 00000001 12345678"); /* whatever it calls the stream */
	g_assert_cmpuint(keyframes, ==, 1);
	send_back("84ce0004 00000001 00000000 12345678 01000000");
	g_assert_cmpuint(keyframes, ==, 2);
	send_back("81ce0009 00000001 12345678");
	send_back("00");
	send_back("80c90001 00000001");
	g_assert_cmpuint(keyframes, ==, 2);
	/* the fan-out has gone, and what asks for it may still come */
	limen_forward_remove(f, fanout);
	limen->fanout_free(g_steal_pointer(&fanout));
	send_back("81ce0002 00000001 12345678");
	limen_forward_free(f);
	end();
}

static void test_back_channel_by_ssrc(void)
{
	struct limen_forward_config cfg;
	struct limen_forward *f;

	begin(LIMEN_VIDEO, LIMEN_VP8, true);
	f = with_back_channel(&cfg);
	add(f,
		(struct limen_forward_line){
			.what = LIMEN_FORWARD_ALL, .ssrc = 1010, .video = true });
	send_back("81ce0002 00000001 000003f1");
	send_back("81ce0002 00000001 000003f5");
	g_assert_cmpuint(keyframes, ==, 0);
	send_back("81ce0002 00000001 000003f2");
	g_assert_cmpuint(keyframes, ==, 1);
	send_back("81ce0002 00000001 000003f4");
	g_assert_cmpuint(keyframes, ==, 2);
	limen_forward_free(f);
	end();
}

/* A receiver's RTCP under our key is understood. */
static void test_back_channel_srtp(void)
{
	struct limen_forward_config cfg;
	struct limen_forward *f;
	struct limen_crypto *crypto;
	gsize key_len;
	g_autofree guchar *key = g_base64_decode(KEY, &key_len);
	uint8_t bytes[128];
	size_t len;
	g_autofree uint8_t *pli = hex_new("81ce0002 00000001 12345678", &len);

	begin(LIMEN_VIDEO, LIMEN_VP8, false);
	cfg = to_sink();
	cfg.rtcp_port = limen_udp_port(rtcp_sink);
	cfg.srtp_suite = 80;
	cfg.srtp_crypto = KEY;
	f = forward_new(&cfg);
	add(f, (struct limen_forward_line){ .video = true });
	settle();
	memcpy(bytes, pli, len);
	g_assert_cmpint(
		limen_crypto_new(&crypto, "AES_CM_128_HMAC_SHA1_80", key, key, key_len), ==, 0);
	g_assert_cmpint(limen_crypto_protect_rtcp(crypto, bytes, &len, sizeof(bytes)), ==, 0);
	g_assert_cmpint(limen_udp_send(rtcp_sink, &back, bytes, len), ==, 0);
	settle();
	g_assert_cmpuint(keyframes, ==, 1);
	limen_crypto_free(crypto);
	limen_forward_free(f);
	end();
}

static void test_data(void)
{
	struct limen_forward_config cfg;
	struct limen_forward *f;
	struct limen_forward_stats stats;
	g_autofree uint8_t *large = g_malloc0(LIMEN_FORWARD_DATA_MAX + 1);
	uint8_t head[12];
	GBytes *datagram;

	begin(LIMEN_AUDIO, LIMEN_OPUS, false);
	cfg = to_sink();
	f = forward_new(&cfg);
	limen_forward_data(f, (const uint8_t *)"hello", 5);
	settle();
	expect_hex(&datagrams, "68656c6c6f");
	limen_forward_data_rtp(f, 1, 1020, (const uint8_t *)"hello", 5);
	limen_forward_data_rtp(f, 0, 1020, (const uint8_t *)"", 0);
	settle();
	/* 1 s since the start of the clock, in milliseconds */
	expect_hex(&datagrams, "80010000 000003e8 000003fc 68656c6c6f");
	expect_hex(&datagrams, "80000001 000003e8 000003fc");
	limen_forward_data(f, large, LIMEN_FORWARD_DATA_MAX);
	limen_forward_data(f, large, LIMEN_FORWARD_DATA_MAX + 1);
	limen_forward_data_rtp(f, 1, 1020, large, LIMEN_FORWARD_DATA_MAX + 1);
	limen_forward_stats(f, &stats);
	g_assert_cmpuint(stats.packets, ==, 4);
	g_assert_cmpuint(stats.dropped, ==, 2);
	settle();
	while ((datagram = g_queue_pop_head(&datagrams)))
		g_bytes_unref(datagram);
	limen_forward_free(f);
	/* with keys the header stays readable, the message does not */
	cfg.srtp_suite = 80;
	cfg.srtp_crypto = KEY;
	f = forward_new(&cfg);
	limen_forward_data_rtp(f, 1, 1020, (const uint8_t *)"hello", 5);
	settle();
	datagram = g_queue_pop_head(&datagrams);
	g_assert_cmpuint(g_bytes_get_size(datagram), ==, 12 + 5 + 10);
	memcpy(head, g_bytes_get_data(datagram, NULL), sizeof(head));
	g_assert_cmpuint(head[1], ==, 1);
	g_assert_true(memcmp((const uint8_t *)g_bytes_get_data(datagram, NULL) + 12, "hello", 5));
	g_bytes_unref(datagram);
	limen_forward_free(f);
	end();
}

/* A destination that cannot be sent to takes nothing and harms nothing. */
static void test_dropped(void)
{
	struct limen_forward_config cfg;
	struct limen_forward *f;
	struct limen_forward_stats stats;

	begin(LIMEN_AUDIO, LIMEN_OPUS, false);
	cfg = to_sink();
	limen_address_set_port(&cfg.to, 0);
	f = forward_new(&cfg);
	add(f, (struct limen_forward_line){ 0 });
	feed_hex(0, AUDIO);
	limen_forward_stats(f, &stats);
	g_assert_cmpuint(stats.packets, ==, 0);
	g_assert_cmpuint(stats.dropped, ==, 1);
	/* the owner goes first, then the fan-out, in one round of the loop */
	limen_forward_free(f);
	limen->fanout_free(g_steal_pointer(&fanout));
	end();
}

static void test_no_socket(void)
{
	struct rlimit old, none;
	struct limen_forward_config cfg;
	struct limen_forward *f;

	begin(LIMEN_AUDIO, LIMEN_OPUS, false);
	cfg = to_sink();
	cfg.rtcp_port = 9;
	cfg.srtp_suite = 80;
	cfg.srtp_crypto = KEY;
	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &old), ==, 0);
	none = (struct rlimit){ 0, old.rlim_max };
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
	g_assert_cmpint(limen_forward_new(&f, loop, &cfg), ==, LIMEN_EIO);
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &old), ==, 0);
	g_assert_null(f);
	limen_forward_free(NULL);
	end();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/forward/as-it-comes", test_as_it_comes);
	g_test_add_func("/forward/other-numbers", test_other_numbers);
	g_test_add_func("/forward/one-substream", test_one_substream);
	g_test_add_func("/forward/all-substreams", test_all_substreams);
	g_test_add_func("/forward/best", test_best);
	g_test_add_func("/forward/srtp", test_srtp);
	g_test_add_func("/forward/bad-keys", test_bad_keys);
	g_test_add_func("/forward/back-channel", test_back_channel);
	g_test_add_func("/forward/back-channel-by-ssrc", test_back_channel_by_ssrc);
	g_test_add_func("/forward/back-channel-srtp", test_back_channel_srtp);
	g_test_add_func("/forward/data", test_data);
	g_test_add_func("/forward/dropped", test_dropped);
	g_test_add_func("/forward/no-socket", test_no_socket);
	return g_test_run();
}
