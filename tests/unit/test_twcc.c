/*
 * Transport-wide feedback: messages byte by byte, what they say of random networks, hostile
 * messages. One thread.
 */
#include <glib.h>
#include <string.h>
#include <limen/types.h>
#include "core/base/bytes.h"
#include "core/media/twcc.h"

#define SSRC 0x11223344u
#define MEDIA 0x55667788u
#define HEAD 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88
#define T0 (1000 * INT64_C(64000)) /* reference time 0x3e8 */
#define WRAP ((INT64_C(1) << 24) * 64000)
#define PACKETS 6000
#define MESSAGES_US 100000

enum { NOT_TOLD, LOST, ARRIVED };

/* What messages told of packets 0 ... PACKETS-1. */
struct told {
	uint16_t first; /* sequence number of packet 0 */
	unsigned last;  /* packet near which messages are */
	unsigned messages, arrived, lost, in_message;
	uint8_t state[PACKETS];
	uint32_t ticks[PACKETS];
};

static void on_status(const struct limen_twcc_status *s, void *arg)
{
	struct told *told = arg;
	const int n = (int)told->last +
		(int16_t)(uint16_t)(s->seq - (uint16_t)(told->first + told->last));

	g_assert_cmpint(n, >=, 0);
	g_assert_cmpint(n, <, PACKETS);
	told->last = (unsigned)n;
	told->state[n] = s->arrived ? ARRIVED : LOST;
	told->ticks[n] = (uint32_t)(s->at_us / 250);
	told->arrived += s->arrived;
	told->in_message += s->arrived;
	told->lost += !s->arrived;
}

/* One message: its frame is checked, its statuses are noted. */
static bool take(struct limen_twcc *t, struct told *told)
{
	uint8_t m[LIMEN_TWCC_MESSAGE_MAX];
	const size_t len = limen_twcc_write(t, SSRC, MEDIA, m);

	if (!len)
		return false;
	g_assert_cmpuint(len, <=, sizeof(m));
	g_assert_cmpuint(len % 4, ==, 0);
	g_assert_cmphex(m[0] & ~0x20, ==, 0x80 | 15);
	g_assert_cmpuint(m[1], ==, 205);
	g_assert_cmpuint(limen_get_u16(m + 2), ==, len / 4 - 1);
	g_assert_cmphex(limen_get_u32(m + 4), ==, SSRC);
	g_assert_cmphex(limen_get_u32(m + 8), ==, MEDIA);
	g_assert_cmpuint(m[19], ==, told->messages++ & 0xff);
	told->in_message = 0;
	g_assert_cmpint(
		limen_twcc_read(m + 12, len - 12 - (m[0] & 0x20 ? m[len - 1] : 0), on_status, told),
		==, 0);
	g_assert_cmpuint(told->in_message, >, 0);
	g_assert_cmpuint(told->in_message, <=, LIMEN_TWCC_ARRIVALS_MAX);
	return true;
}

static void take_all(struct limen_twcc *t, struct told *told)
{
	while (take(t, told))
		;
}

static void expect(struct limen_twcc *t, const uint8_t *want, size_t want_len)
{
	uint8_t m[LIMEN_TWCC_MESSAGE_MAX];
	const size_t len = limen_twcc_write(t, SSRC, MEDIA, m);

	g_assert_cmpmem(m, len, want, want_len);
}

/* Each form of chunk and delta, over the wrap of the sequence number. */
static void test_bytes(void)
{
	static const uint8_t run[] = { 0xaf, 205, 0, 6, HEAD, 0xff, 0xfe, 0, 4, 0, 0x03, 0xe8, 0,
		0x20, 0x04, 4, 4, 4, 4, 0, 2 };
	static const uint8_t one_bit[] = { 0x8f, 205, 0, 5, HEAD, 0, 2, 0, 3, 0, 0x03, 0xe8, 1,
		0xa8, 0x00, 40, 40 };
	static const uint8_t two_bit[] = { 0xaf, 205, 0, 6, HEAD, 0, 5, 0, 3, 0, 0x03, 0xe8, 2,
		0xd2, 0x00, 120, 0x01, 0x90, 0, 0, 3 };
	static const uint8_t negative[] = { 0xaf, 205, 0, 6, HEAD, 0, 8, 0, 2, 0, 0x03, 0xeb, 3,
		0xd8, 0x00, 36, 0xff, 0xfc, 0, 0, 3 };
	struct limen_twcc t;

	limen_twcc_init(&t);
	expect(&t, NULL, 0);
	for (int i = 0; i < 4; i++)
		limen_twcc_arrived(&t, (uint16_t)(0xfffe + i), T0 + 1000 * (1 + i));
	expect(&t, run, sizeof(run));
	expect(&t, NULL, 0);
	limen_twcc_arrived(&t, 2, T0 + 10000);
	limen_twcc_arrived(&t, 4, T0 + 20000);
	expect(&t, one_bit, sizeof(one_bit));
	limen_twcc_arrived(&t, 5, T0 + 30000);
	limen_twcc_arrived(&t, 7, T0 + 130000);
	expect(&t, two_bit, sizeof(two_bit));
	limen_twcc_arrived(&t, 9, T0 + 200000);
	limen_twcc_arrived(&t, 8, T0 + 201000);
	expect(&t, negative, sizeof(negative));
	expect(&t, NULL, 0);
}

/* A long loss is one run of 600; what comes after all is told again, and not as lost. */
static void test_late(void)
{
	static const uint8_t lost[] = { 0xaf, 205, 0, 6, HEAD, 0, 101, 0x02, 0x59, 0, 0x03, 0xe8, 1,
		0x02, 0x58, 0x20, 0x01, 8, 0, 0, 3 };
	static const uint8_t again[] = { 0xaf, 205, 0, 6, HEAD, 0x02, 0xbb, 0, 3, 0, 0x03, 0xe8, 2,
		0xd2, 0x00, 12, 0xff, 0xfc, 0, 0, 3 };
	struct limen_twcc t;
	uint8_t m[LIMEN_TWCC_MESSAGE_MAX];

	limen_twcc_init(&t);
	limen_twcc_arrived(&t, 100, T0);
	g_assert_cmpuint(limen_twcc_write(&t, SSRC, MEDIA, m), >, 0);
	limen_twcc_arrived(&t, 701, T0 + 2000);
	expect(&t, lost, sizeof(lost));
	g_assert_false(limen_twcc_arrived(&t, 699, T0 + 3000));
	expect(&t, again, sizeof(again));
	limen_twcc_arrived(&t, 699, T0 + 9000);
	expect(&t, NULL, 0);
	/* However late, it waits for its turn: many of its kind would make a message each. */
	g_assert_false(limen_twcc_arrived(&t, 102, T0 + 10000));
	g_assert_true(limen_twcc_arrived(&t, 702, T0 + 10000));
}

/* One packet of a random network. */
struct arrival {
	int64_t at_us;
	unsigned packet;
};

static gint by_time(gconstpointer a, gconstpointer b)
{
	const struct arrival *x = a, *y = b;

	return x->at_us < y->at_us ? -1 : x->at_us > y->at_us;
}

static GArray *random_network(GRand *rand, int64_t start_us)
{
	const double loss = g_rand_double_range(rand, 0, 0.3);
	const int jitter_us = g_rand_int_range(rand, 1, 60000);
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct arrival));
	int64_t now_us = start_us;

	for (unsigned i = 0; i < PACKETS; i++) {
		struct arrival a = { .packet = i };

		now_us += g_rand_int_range(rand, 0, 1500);
		if (g_rand_int_range(rand, 0, 2000) == 0)
			now_us += 20 * G_USEC_PER_SEC; /* more than a delta can say */
		a.at_us = now_us + g_rand_int_range(rand, 0, jitter_us);
		if (g_rand_double(rand) >= loss)
			g_array_append_val(all, a);
		if (g_rand_double(rand) < 0.02)
			g_array_append_val(all, a); /* twice, or late instead of lost */
	}
	g_array_sort(all, by_time);
	return all;
}

/* Every arrival is told with its time, everything else between them as lost. */
static void check(const struct told *told, const GArray *all, unsigned first, unsigned last)
{
	g_autofree bool *arrived = g_new0(bool, PACKETS);

	for (guint i = 0; i < all->len; i++) {
		const struct arrival *a = &g_array_index(all, struct arrival, i);

		if (arrived[a->packet])
			continue;
		arrived[a->packet] = true;
		g_assert_cmpuint(told->state[a->packet], ==, ARRIVED);
		g_assert_cmpuint(told->ticks[a->packet], ==, MAX(1, (uint32_t)(a->at_us / 250)));
	}
	for (unsigned i = first; i < last; i++)
		g_assert_cmpuint(told->state[i], ==, arrived[i] ? ARRIVED : LOST);
}

static void test_networks(void)
{
	g_autofree struct told *told = g_new(struct told, 1);

	for (guint32 seed = 1; seed <= 30; seed++) {
		GRand *rand = g_rand_new_with_seed(seed);
		const int64_t start_us = seed % 2 ? T0 : WRAP - 2 * G_USEC_PER_SEC;
		GArray *all = random_network(rand, start_us);
		int64_t due_us = start_us + MESSAGES_US;
		unsigned first = PACKETS, last = 0;
		struct limen_twcc t;

		memset(told, 0, sizeof(*told));
		told->first = (uint16_t)g_rand_int(rand);
		limen_twcc_init(&t);
		for (guint i = 0; i < all->len; i++) {
			const struct arrival *a = &g_array_index(all, struct arrival, i);

			if (a->at_us >= due_us) {
				take_all(&t, told);
				due_us = a->at_us + MESSAGES_US;
			}
			first = MIN(first, a->packet);
			last = MAX(last, a->packet);
			if (limen_twcc_arrived(&t, (uint16_t)(told->first + a->packet), a->at_us))
				take_all(&t, told);
		}
		take_all(&t, told);
		check(told, all, first, last);
		g_array_unref(all);
		g_rand_free(rand);
	}
}

/* A burst of the worst kind: no two deltas alike in size, so that two bits are wanted. */
static void test_full(void)
{
	g_autofree struct told *told = g_new0(struct told, 1);
	struct limen_twcc t;
	int64_t now_us = T0;
	bool due = false;

	limen_twcc_init(&t);
	for (unsigned i = 0; i < LIMEN_TWCC_WINDOW; i++) {
		now_us += i % 3 ? 100000 : 250;
		due = limen_twcc_arrived(&t, (uint16_t)i, now_us);
		g_assert_true(due == (i >= LIMEN_TWCC_WINDOW / 2));
	}
	take_all(&t, told);
	g_assert_cmpuint(told->messages, >=, 3);
	g_assert_cmpuint(told->arrived, ==, LIMEN_TWCC_WINDOW);
	g_assert_cmpuint(told->lost, ==, 0);
}

/* More unsaid than the window holds: the oldest is given up, the rest is right. */
static void test_overflow(void)
{
	g_autofree struct told *told = g_new0(struct told, 1);
	struct limen_twcc t;

	limen_twcc_init(&t);
	for (unsigned i = 0; i < 3000; i++)
		limen_twcc_arrived(&t, (uint16_t)i, T0 + i * 250);
	told->last = 3000;
	take_all(&t, told);
	g_assert_cmpuint(told->arrived, ==, LIMEN_TWCC_WINDOW);
	g_assert_cmpuint(told->state[2999], ==, ARRIVED);
	g_assert_cmpuint(told->state[2999 - LIMEN_TWCC_WINDOW], ==, NOT_TOLD);
}

/* A sender that starts anew elsewhere, ahead or behind, is followed at once. */
static void test_jump(void)
{
	static const uint16_t starts[] = { 1000, 30000, 2000, 40000, 7000 };
	struct limen_twcc t;
	uint8_t m[LIMEN_TWCC_MESSAGE_MAX];

	limen_twcc_init(&t);
	for (size_t i = 0; i < G_N_ELEMENTS(starts); i++) {
		limen_twcc_arrived(&t, starts[i], T0);
		limen_twcc_arrived(&t, (uint16_t)(starts[i] + 1), T0);
		g_assert_cmpuint(limen_twcc_write(&t, SSRC, MEDIA, m), >, 0);
		g_assert_cmpuint(limen_get_u16(m + 12), ==, starts[i]);
		g_assert_cmpuint(limen_get_u16(m + 14), ==, 2);
		g_assert_cmpuint(limen_twcc_write(&t, SSRC, MEDIA, m), ==, 0);
	}
}

static void count(const struct limen_twcc_status *s, void *arg)
{
	(void)s;
	++*(unsigned *)arg;
}

/* On the heap with its exact length, so that the sanitizer sees a byte too far. */
static int read_exact(const uint8_t *bytes, size_t len, unsigned *statuses)
{
	uint8_t *copy = g_memdup2(bytes, len);
	int err;

	*statuses = 0;
	err = limen_twcc_read(copy, len, count, statuses);
	g_free(copy);
	return err;
}

static void test_hostile(void)
{
	static const uint8_t good[] = { 0, 1, 0, 10, 0, 0, 1, 0, 0x20, 7, 0xd2, 0, 1, 2, 3, 4, 5, 6,
		7, 8, 1, 0 };
	static const uint8_t none[] = { 0, 1, 0, 0, 0, 0, 1, 0, 0x20, 1, 1, 0 };
	static const uint8_t empty_run[] = { 0, 1, 0, 2, 0, 0, 1, 0, 0x20, 0, 0x20, 2, 1, 1 };
	static const uint8_t reserved_run[] = { 0, 1, 0, 1, 0, 0, 1, 0, 0x60, 1, 1, 1 };
	static const uint8_t reserved[] = { 0, 1, 0, 1, 0, 0, 1, 0, 0xf0, 0, 1, 1 };
	static const uint8_t many[] = { 0, 1, 0x20, 0x01, 0, 0, 1, 0, 0x1f, 0xff, 0x1f, 0xff };
	static const uint8_t most[] = { 0, 1, 0x20, 0x00, 0, 0, 1, 0, 0x1f, 0xff, 0x1f, 0xff };
	unsigned n;

	g_assert_cmpint(read_exact(good, sizeof(good), &n), ==, 0);
	g_assert_cmpuint(n, ==, 10);
	for (size_t len = 0; len < sizeof(good); len++)
		g_assert_cmpint(read_exact(good, len, &n), ==, LIMEN_EPROTO);
	g_assert_cmpint(read_exact(none, sizeof(none), &n), ==, LIMEN_EPROTO);
	g_assert_cmpint(read_exact(empty_run, sizeof(empty_run), &n), ==, LIMEN_EPROTO);
	g_assert_cmpint(read_exact(reserved_run, sizeof(reserved_run), &n), ==, LIMEN_EPROTO);
	g_assert_cmpint(read_exact(reserved, sizeof(reserved), &n), ==, LIMEN_EPROTO);
	g_assert_cmpuint(n, ==, 0);
	g_assert_cmpint(read_exact(many, sizeof(many), &n), ==, LIMEN_EPROTO);
	g_assert_cmpint(read_exact(most, sizeof(most), &n), ==, 0);
	g_assert_cmpuint(n, ==, LIMEN_TWCC_STATUSES_MAX);
}

/* The reference time is signed. */
static void test_negative_reference(void)
{
	static const uint8_t m[] = { 0, 0, 0, 1, 0xff, 0xff, 0xff, 0, 0x20, 1, 2, 0 };
	g_autofree struct told *told = g_new0(struct told, 1);

	g_assert_cmpint(limen_twcc_read(m, sizeof(m), on_status, told), ==, 0);
	g_assert_cmpint((int32_t)told->ticks[0], ==, -256 + 2);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/twcc/bytes", test_bytes);
	g_test_add_func("/twcc/late", test_late);
	g_test_add_func("/twcc/networks", test_networks);
	g_test_add_func("/twcc/full", test_full);
	g_test_add_func("/twcc/overflow", test_overflow);
	g_test_add_func("/twcc/jump", test_jump);
	g_test_add_func("/twcc/hostile", test_hostile);
	g_test_add_func("/twcc/negative-reference", test_negative_reference);
	return g_test_run();
}
