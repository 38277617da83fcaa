/*
 * Time and randomness, real and simulated. The simulated tests come last: nothing leads back.
 */
#include "core/base/clock.h"
#include <glib.h>
#include <string.h>
#include <time.h>

#define DRAWS 20000

static void test_real(void)
{
	const int64_t begun_us = limen_now_us();
	const int64_t wall_us = (int64_t)time(NULL) * G_USEC_PER_SEC;
	int64_t took_us;

	g_usleep(2000);
	took_us = limen_now_us() - begun_us;
	g_assert_cmpint(took_us, >=, 2000);
	g_assert_cmpint(took_us, <, 60 * G_USEC_PER_SEC);
	g_assert_cmpint(ABS(limen_wall_us() - wall_us), <, 60 * G_USEC_PER_SEC);
}

/* Every byte is written, and none beyond. */
static void test_random_fills(void)
{
	uint8_t bytes[66], touched[64] = { 0 };

	for (int round = 0; round < 64; round++) {
		memset(bytes, 0, sizeof(bytes));
		limen_random(bytes + 1, 64);
		g_assert_cmpuint(bytes[0] | bytes[65], ==, 0);
		for (int i = 0; i < 64; i++)
			touched[i] |= bytes[1 + i];
	}
	for (int i = 0; i < 64; i++)
		g_assert_cmpuint(touched[i], !=, 0);
	limen_random(bytes, 0);
}

static void test_random_numbers(void)
{
	g_autoptr(GHashTable) seen =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	uint64_t bits = 0;
	uint32_t bits32 = 0;

	for (int i = 0; i < DRAWS; i++) {
		uint64_t id = limen_random_id();
		uint32_t n = limen_random_u32();

		g_assert_cmpuint(id, >, 0);
		g_assert_cmpuint(id, <, UINT64_C(1) << 53);
		g_assert_true(g_hash_table_add(seen, g_memdup2(&id, sizeof(id))));
		g_assert_cmpuint(n, !=, 0);
		bits |= id;
		bits32 |= n;
	}
	g_assert_cmpuint(bits, ==, (UINT64_C(1) << 53) - 1);
	g_assert_cmpuint(bits32, ==, UINT32_MAX);
}

/* RFC 8839 §5.4: ice-char = ALPHA / DIGIT / "+" / "/" */
static void test_random_text(void)
{
	unsigned count[256] = { 0 };
	unsigned letters = 0;
	char text[34];

	for (int round = 0; round < 200; round++) {
		memset(text, '!', sizeof(text));
		limen_random_text(text, 32);
		g_assert_cmpuint(strlen(text), ==, 32);
		g_assert_cmpint(text[33], ==, '!');
		for (int i = 0; i < 32; i++) {
			g_assert_true(g_ascii_isalnum(text[i]) || text[i] == '+' || text[i] == '/');
			letters += count[(uint8_t)text[i]]++ == 0;
		}
	}
	g_assert_cmpuint(letters, ==, 64);
	limen_random_text(text, 0);
	g_assert_cmpstr(text, ==, "");
}

static void test_seeded(void)
{
	uint8_t first[40], again[40], other[40];

	limen_random_seed(7);
	limen_random(first, sizeof(first));
	limen_random_seed(7);
	/* The sequence does not depend on how it is cut. */
	limen_random(again, 3);
	limen_random(again + 3, sizeof(again) - 3);
	g_assert_cmpmem(first, sizeof(first), again, sizeof(again));
	limen_random_seed(8);
	limen_random(other, sizeof(other));
	g_assert_cmpint(memcmp(first, other, sizeof(first)), !=, 0);
	test_random_fills();
	test_random_numbers();
	test_random_text();
}

static void *draw(void *arg)
{
	GHashTable *mine = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);

	(void)arg;
	for (int i = 0; i < DRAWS / 4; i++) {
		uint64_t id = limen_random_id();

		g_assert_true(g_hash_table_add(mine, g_memdup2(&id, sizeof(id))));
	}
	return mine;
}

/* Threads share the seeded sequence and never get the same part of it. */
static void test_seeded_threads(void)
{
	GThread *threads[4];
	GHashTable *all = NULL;

	limen_random_seed(1);
	for (int i = 0; i < 4; i++)
		threads[i] = g_thread_new("draw", draw, NULL);
	for (int i = 0; i < 4; i++) {
		GHashTable *drawn = g_thread_join(threads[i]);
		GHashTableIter iter;
		gpointer id;

		if (!all) {
			all = drawn;
			continue;
		}
		g_hash_table_iter_init(&iter, drawn);
		while (g_hash_table_iter_next(&iter, &id, NULL))
			g_assert_true(g_hash_table_add(all, g_memdup2(id, sizeof(uint64_t))));
		g_hash_table_unref(drawn);
	}
	g_hash_table_unref(all);
}

static void test_simulated(void)
{
	int64_t wall_us;

	limen_clock_simulate(5000);
	g_usleep(1000);
	g_assert_cmpint(limen_now_us(), ==, 5000);
	wall_us = limen_wall_us();
	limen_clock_advance(0);
	g_assert_cmpint(limen_now_us(), ==, 5000);
	limen_clock_advance(1234567);
	g_assert_cmpint(limen_now_us(), ==, 1239567);
	g_assert_cmpint(limen_wall_us() - wall_us, ==, 1234567);
	limen_clock_simulate(0);
	g_assert_cmpint(limen_now_us(), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/clock/real", test_real);
	g_test_add_func("/clock/random-fills", test_random_fills);
	g_test_add_func("/clock/random-numbers", test_random_numbers);
	g_test_add_func("/clock/random-text", test_random_text);
	g_test_add_func("/clock/seeded", test_seeded);
	g_test_add_func("/clock/seeded-threads", test_seeded_threads);
	g_test_add_func("/clock/simulated", test_simulated);
	return g_test_run();
}
