/*
 * The cap that is told through arrival times: what single packets are told, and where senders
 * settle that adapt to it. One thread.
 */
#include <glib.h>
#include "core/media/twcc_cap.h"

#define CAP 500000u
#define PACKET 1200u
#define PACKET_US (PACKET * INT64_C(8000000) / CAP) /* its time in the bottleneck */

static void test_below_the_cap(void)
{
	struct limen_twcc_cap c = { 0 };
	int64_t now_us = G_USEC_PER_SEC, at_us;

	for (unsigned i = 0; i < 1000; i++) {
		g_assert_true(limen_twcc_cap_pass(&c, CAP, PACKET, now_us, &at_us));
		g_assert_cmpint(at_us, ==, now_us + PACKET_US);
		now_us += PACKET_US;
	}
}

static void test_above_the_cap(void)
{
	struct limen_twcc_cap c = { 0 };
	const int64_t begin_us = G_USEC_PER_SEC;
	int64_t at_us, last_us = begin_us;
	unsigned passed = 0;

	for (unsigned i = 0; i < 1000; i++) { /* twice the cap */
		const int64_t now_us = begin_us + i * PACKET_US / 2;

		if (!limen_twcc_cap_pass(&c, CAP, PACKET, now_us, &at_us))
			continue;
		g_assert_cmpint(at_us, ==, last_us + PACKET_US);
		g_assert_cmpint(at_us - now_us, <=, LIMEN_TWCC_CAP_WAIT_US + PACKET_US);
		last_us = at_us;
		passed++;
	}
	g_assert_cmpuint(passed, >=, 500);
	g_assert_cmpuint(passed, <=, 502 + LIMEN_TWCC_CAP_WAIT_US / PACKET_US);
	/* it is over as soon as the queue has run empty */
	g_assert_true(limen_twcc_cap_pass(&c, CAP, PACKET, last_us + 1, &at_us));
	g_assert_cmpint(at_us, ==, last_us + 1 + PACKET_US);
}

/* A keyframe, ten packets at once, passes whole. */
static void test_burst(void)
{
	struct limen_twcc_cap c = { 0 };
	int64_t at_us;

	for (int i = 1; i <= 10; i++) {
		g_assert_true(limen_twcc_cap_pass(&c, CAP, PACKET, G_USEC_PER_SEC, &at_us));
		g_assert_cmpint(at_us, ==, G_USEC_PER_SEC + i * PACKET_US);
	}
}

static void test_cap_is_changed(void)
{
	struct limen_twcc_cap c = { 0 };
	int64_t at_us, before_us;

	for (unsigned i = 0; i < 100; i++)
		limen_twcc_cap_pass(&c, 64000, PACKET, G_USEC_PER_SEC, &before_us);
	g_assert_false(limen_twcc_cap_pass(&c, CAP, PACKET, G_USEC_PER_SEC, &at_us));
	g_assert_true(limen_twcc_cap_pass(&c, UINT32_MAX, LIMEN_TWCC_CAP_WAIT_US,
		G_USEC_PER_SEC + LIMEN_TWCC_CAP_WAIT_US, &at_us));
	g_assert_cmpint(at_us, >=, before_us);
}

/* A sender that looks at the delay only, each 100 ms: while the way takes longer and longer it
 * falls to 85 % of what arrives, otherwise it grows by 8 % a second (draft-ietf-rmcat-gcc-02 §5.5).
 */
struct sender {
	double bps;
	int64_t base_us, sent, received; /* least delay seen; bytes of this period */
	int64_t delay_us, lost;
};

static void adapt(struct sender *s)
{
	const bool overuse = s->lost || s->delay_us - s->base_us > 25000;

	s->bps = overuse ? MIN(s->bps, 0.85 * (double)s->received * 80) : s->bps * 1.008;
	s->bps = MAX(s->bps, 50000);
	s->received = s->sent = s->lost = 0;
}

/* The mean of what is sent over the last 20 of 40 seconds. */
static double settled(uint32_t cap_bps, double begin_bps, size_t len)
{
	struct limen_twcc_cap c = { 0 };
	struct sender s = { .bps = begin_bps, .base_us = G_MAXINT64 };
	int64_t at_us, adapt_us = 0, total = 0;
	double now_us = 1000000;
	const double end_us = now_us + 40e6;

	while (now_us < end_us) {
		if (limen_twcc_cap_pass(&c, cap_bps, len, (int64_t)now_us, &at_us)) {
			s.delay_us = at_us - (int64_t)now_us;
			s.base_us = MIN(s.base_us, s.delay_us);
			s.received += (int64_t)len;
		} else {
			s.lost++;
		}
		total += now_us > end_us - 20e6 ? (int64_t)len : 0;
		if ((int64_t)now_us > adapt_us) {
			adapt(&s);
			adapt_us = (int64_t)now_us + 100000;
		}
		now_us += (double)len * 8e6 / s.bps;
	}
	return (double)total * 8 / 20;
}

static void test_senders_settle(void)
{
	static const uint32_t caps[] = { 128000, 500000, 2000000 };

	for (unsigned i = 0; i < G_N_ELEMENTS(caps); i++) {
		const double from_above = settled(caps[i], 4.0 * caps[i], 1000),
			     from_below = settled(caps[i], 0.3 * caps[i], 1000);

		g_assert_cmpfloat(from_above, >, 0.6 * caps[i]);
		g_assert_cmpfloat(from_above, <, 1.15 * caps[i]);
		g_assert_cmpfloat(from_below, >, 0.6 * caps[i]);
		g_assert_cmpfloat(from_below, <, 1.15 * caps[i]);
	}
	/* without a cap worth the name the same sender goes up and up */
	g_assert_cmpfloat(settled(UINT32_MAX, 500000, 1000), >, 2000000);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/twcc-cap/below", test_below_the_cap);
	g_test_add_func("/twcc-cap/above", test_above_the_cap);
	g_test_add_func("/twcc-cap/burst", test_burst);
	g_test_add_func("/twcc-cap/changed", test_cap_is_changed);
	g_test_add_func("/twcc-cap/senders-settle", test_senders_settle);
	return g_test_run();
}
