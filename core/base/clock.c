/*
 * Time and randomness. Real by default; a simulation replaces both by a counter and a seeded
 * generator. Thread: any (the simulated values are atomic, their setters are for tests before loops
 * run).
 */
#include "core/base/clock.h"
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/random.h>

static struct {
	bool on;
	int64_t now_us;
} simulated;

static struct {
	bool on;
	GMutex lock;
	uint64_t state;
} seeded;

int64_t limen_now_us(void)
{
	if (__atomic_load_n(&simulated.on, __ATOMIC_RELAXED))
		return __atomic_load_n(&simulated.now_us, __ATOMIC_RELAXED);
	return g_get_monotonic_time();
}

int64_t limen_wall_us(void)
{
	const int64_t epoch_us = INT64_C(1700000000) * G_USEC_PER_SEC;

	if (__atomic_load_n(&simulated.on, __ATOMIC_RELAXED))
		return epoch_us + limen_now_us();
	return g_get_real_time();
}

void limen_clock_simulate(int64_t start_us)
{
	__atomic_store_n(&simulated.now_us, start_us, __ATOMIC_RELAXED);
	__atomic_store_n(&simulated.on, true, __ATOMIC_RELAXED);
}

void limen_clock_advance(int64_t us)
{
	__atomic_add_fetch(&simulated.now_us, us, __ATOMIC_RELAXED);
}

/* splitmix64: good enough for simulations, never used otherwise. */
static uint64_t next_seeded(void)
{
	uint64_t z = seeded.state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void fill_seeded(uint8_t *out, size_t len)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&seeded.lock);

	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)next_seeded();
}

void limen_random(void *bytes, size_t len)
{
	uint8_t *p = bytes;

	if (__atomic_load_n(&seeded.on, __ATOMIC_RELAXED)) {
		fill_seeded(p, len);
		return;
	}
	while (len) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			g_error("no randomness: %s", g_strerror(errno));
		p += n;
		len -= (size_t)n;
	}
}

void limen_random_seed(uint64_t seed)
{
	seeded.state = seed;
	__atomic_store_n(&seeded.on, true, __ATOMIC_RELAXED);
}

uint64_t limen_random_id(void)
{
	uint64_t id;

	do {
		limen_random(&id, sizeof(id));
		id >>= 11; /* 53 bits: safe in a double */
	} while (id == 0);
	return id;
}

uint32_t limen_random_u32(void)
{
	uint32_t n;

	do
		limen_random(&n, sizeof(n));
	while (n == 0);
	return n;
}

void limen_random_text(char *out, size_t len)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	limen_random(out, len);
	for (size_t i = 0; i < len; i++)
		out[i] = alphabet[(uint8_t)out[i] % 64];
	out[len] = '\0';
}
