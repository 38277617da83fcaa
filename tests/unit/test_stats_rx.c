/*
 * Reception statistics (RFC 3550 §6.4.1, A.1, A.3, A.8): counting over the wrap, loss, jitter,
 * round trips. One thread.
 */
#include <glib.h>
#include "core/media/stats_rx.h"

#define SSRC 0x11223344u
#define HZ 90000u
#define FRAME_US 20000
#define FRAME_TS 1800u

static struct limen_stats_rx s;
static struct limen_rtcp_block block;

static void packet(uint16_t seq)
{
	limen_stats_rx_packet(&s, seq, 0, 100, HZ, 1);
}

static void packets(uint16_t from, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		packet((uint16_t)(from + i));
}

static uint32_t report(void)
{
	return limen_stats_rx_report(&s, SSRC, 2, &block);
}

static void begin(void)
{
	s = (struct limen_stats_rx){ 0 };
}

static void test_no_loss(void)
{
	begin();
	packets(100, 50);
	g_assert_cmpuint(report(), ==, 0);
	g_assert_cmpuint(block.ssrc, ==, SSRC);
	g_assert_cmpuint(block.highest, ==, 149);
	g_assert_cmpint(block.lost, ==, 0);
	g_assert_cmpuint(block.fraction, ==, 0);
	g_assert_cmpuint(s.bytes, ==, 5000);
}

static void test_wrap(void)
{
	begin();
	packets(65530, 6);
	packet(1); /* 0 is late */
	packet(0);
	packet(65534); /* a late one of before the wrap, doubled */
	packets(2, 3);
	g_assert_cmpuint(report(), ==, 0);
	g_assert_cmpuint(block.highest, ==, 0x10004);
	g_assert_cmpint(block.lost, ==, -1);
	for (unsigned round = 0; round < 3; round++)
		packets((uint16_t)(round ? 0 : 5), round ? 65536 : 65531);
	report();
	g_assert_cmpuint(block.highest, ==, 0x3ffff);
}

/* RFC 3550 §6.4.1: the fraction's unit is 1/256. */
static void test_fraction(void)
{
	static const struct {
		unsigned received;
		uint16_t last;
		uint32_t lost, fraction;
	} cases[] = {
		{ 1, 1, 1, 128 },       /* one of two */
		{ 1, 3, 3, 192 },       /* three of four */
		{ 255, 255, 1, 1 },     /* one of 256 */
		{ 1, 2000, 2000, 255 }, /* nearly all, and no overflow */
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		begin();
		packet(0xffff);
		report();
		packets(0, cases[i].received - 1);
		packet(cases[i].last);
		g_assert_cmpuint(report(), ==, cases[i].lost);
		g_assert_cmpuint(block.fraction, ==, cases[i].fraction);
		g_assert_cmpint(block.lost, ==, (int32_t)cases[i].lost);
	}
}

static void test_intervals(void)
{
	begin();
	packets(0, 10);
	packet(12);
	g_assert_cmpuint(report(), ==, 2);
	g_assert_cmpint(block.lost, ==, 2);
	packets(13, 10);
	g_assert_cmpuint(report(), ==, 0);
	g_assert_cmpuint(block.fraction, ==, 0);
	g_assert_cmpint(block.lost, ==, 2);
	packet(10); /* retransmitted */
	packet(11);
	g_assert_cmpuint(report(), ==, 0);
	g_assert_cmpuint(block.fraction, ==, 0);
	g_assert_cmpint(block.lost, ==, 0);
	g_assert_cmpuint(report(), ==, 0);
	packet(25);
	g_assert_cmpuint(report(), ==, 2);
}

/* Duplicates make the loss negative, and it stays within 24 bits (RFC 3550 A.3). */
static void test_duplicates(void)
{
	begin();
	for (unsigned i = 0; i < 0x800010; i++)
		packet(7);
	g_assert_cmpuint(report(), ==, 0);
	g_assert_cmpint(block.lost, ==, -0x800000);
	g_assert_cmpuint(block.highest, ==, 7);
}

/* RFC 3550 A.1: a large step is a restart of the source, not loss. */
static void test_restart(void)
{
	begin();
	packets(60000, 10);
	report();
	packets(20000, 10);
	g_assert_cmpuint(report(), ==, 0);
	g_assert_cmpuint(block.highest, ==, 20009);
	g_assert_cmpint(block.lost, ==, 0);
	packet(20009 + 2999);
	g_assert_cmpuint(report(), ==, 2998);
	packet(20009 + 2999 + 3000);
	g_assert_cmpuint(report(), ==, 0);
	packet(20009 + 2999 + 3000 - 2999); /* late */
	report();
	g_assert_cmpuint(block.highest, ==, 20009 + 2999 + 3000);
}

static void frame(unsigned i, int64_t late_us, uint32_t first_ts)
{
	limen_stats_rx_packet(&s, (uint16_t)i, first_ts + i * FRAME_TS, 100, HZ,
		1000000 + (int64_t)i * FRAME_US + late_us);
}

static void test_even_has_no_jitter(void)
{
	begin();
	for (unsigned i = 0; i < 1000; i++)
		frame(i, 0, 0xffff0000u); /* the time stamp wraps on the way */
	report();
	g_assert_cmpuint(block.jitter, ==, 0);
}

/* Every difference of transit times is 10 ms = 900 units: the estimate ends there. */
static void test_jitter(void)
{
	begin();
	frame(0, 0, 5);
	frame(1, 16000, 5);
	report();
	g_assert_cmpuint(block.jitter, ==, 16 * 90 / 16);
	for (unsigned i = 2; i < 1000; i++)
		frame(i, i % 2 ? 10000 : 0, 5);
	report();
	g_assert_cmpuint(block.jitter, >=, 898);
	g_assert_cmpuint(block.jitter, <=, 900);
}

static void test_sender_report(void)
{
	const struct limen_rtcp_sender sr = { .ssrc = SSRC, .ntp = 0x1122334455667788u };

	begin();
	packets(0, 2);
	limen_stats_rx_report(&s, SSRC, 5000000, &block);
	g_assert_cmpuint(block.lsr, ==, 0);
	g_assert_cmpuint(block.dlsr, ==, 0);
	limen_stats_rx_sender(&s, &sr, 5000000);
	limen_stats_rx_report(&s, SSRC, 5500000, &block);
	g_assert_cmpuint(block.lsr, ==, 0x33445566u);
	g_assert_cmpuint(block.dlsr, ==, 0x8000);
	limen_stats_rx_report(&s, SSRC, 8000000, &block);
	g_assert_cmpuint(block.dlsr, ==, 0x30000);
}

static int64_t rtt(uint32_t lsr, uint32_t dlsr, uint32_t now)
{
	const struct limen_rtcp_block b = { .lsr = lsr, .dlsr = dlsr };

	return limen_rtt_us(&b, (uint64_t)now << 16 | 0x4321);
}

static void test_round_trip(void)
{
	/* The example of RFC 3550 §6.4.1, figure 2: 6.125 s. */
	g_assert_cmpint(rtt(0xb7052000u, 0x00054000u, 0xb7108000u), ==, 6125000);
	g_assert_cmpint(rtt(0xfffff000u, 0x800, 0x800), ==, 0x1000 * 15625 / 1024);
	g_assert_cmpint(rtt(0, 0x800, 0x800), ==, 0);
	g_assert_cmpint(
		rtt(0x1000, 0x1000, 0x1fff), ==, 0); /* the answer came before the question */
	g_assert_cmpint(rtt(0x1000, 0x1000, 0x2000), ==, 0);
	g_assert_cmpint(rtt(0x1000, 0xffffffffu, 0x2000), ==, 0x1001 * 15625 / 1024);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/stats_rx/no-loss", test_no_loss);
	g_test_add_func("/stats_rx/wrap", test_wrap);
	g_test_add_func("/stats_rx/fraction", test_fraction);
	g_test_add_func("/stats_rx/intervals", test_intervals);
	g_test_add_func("/stats_rx/duplicates", test_duplicates);
	g_test_add_func("/stats_rx/restart", test_restart);
	g_test_add_func("/stats_rx/even-has-no-jitter", test_even_has_no_jitter);
	g_test_add_func("/stats_rx/jitter", test_jitter);
	g_test_add_func("/stats_rx/sender-report", test_sender_report);
	g_test_add_func("/stats_rx/round-trip", test_round_trip);
	return g_test_run();
}
