/*
 * Reading bits from the network without ever passing their end: after a read that did not fit, bad
 * is set and every later read gives 0. Most significant bit first. Pure; any thread.
 */
#ifndef LIMEN_BASE_BITS_H
#define LIMEN_BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct limen_bits {
	const uint8_t *data;
	size_t at, end; /* bits */
	bool bad;
};

static inline struct limen_bits limen_bits(const uint8_t *data, size_t len)
{
	return (struct limen_bits){ data, 0, len * 8, false };
}

/* The next n bits, at most 32, as a number. */
static inline uint32_t limen_bits_get(struct limen_bits *b, unsigned n)
{
	uint32_t v = 0;

	if (b->bad || b->end - b->at < n) {
		b->bad = true;
		return 0;
	}
	for (; n > 0; n--, b->at++)
		v = v << 1 | (b->data[b->at / 8] >> (7 - b->at % 8) & 1);
	return v;
}

static inline bool limen_bits_flag(struct limen_bits *b)
{
	return limen_bits_get(b, 1);
}

/* A number below n, n > 0: ns(n) of the AV1 specification, §4.10.7. */
static inline uint32_t limen_bits_below(struct limen_bits *b, uint32_t n)
{
	unsigned width = 0;
	uint32_t less, v;

	while (n >> width)
		width++;
	less = (1u << width) - n;
	v = limen_bits_get(b, width - 1);
	return v < less ? v : (v << 1) - less + limen_bits_get(b, 1);
}

#endif
