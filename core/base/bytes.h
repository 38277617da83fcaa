/*
 * Reading bytes from the network without ever passing their end: after a read that did not fit, bad
 * is set and every later read gives 0. Big-endian. Pure; any thread.
 */
#ifndef LIMEN_BASE_BYTES_H
#define LIMEN_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct limen_bytes {
	const uint8_t *p, *end;
	bool bad;
};

static inline struct limen_bytes limen_bytes(const uint8_t *data, size_t len)
{
	return (struct limen_bytes){ data, data + len, false };
}

static inline size_t limen_bytes_left(const struct limen_bytes *b)
{
	return (size_t)(b->end - b->p);
}

/* The next n bytes, borrowed, or NULL when there are fewer. */
static inline const uint8_t *limen_bytes_take(struct limen_bytes *b, size_t n)
{
	const uint8_t *p = b->p;

	if (b->bad || limen_bytes_left(b) < n) {
		b->bad = true;
		return NULL;
	}
	b->p += n;
	return p;
}

static inline uint32_t limen_bytes_number(struct limen_bytes *b, size_t n)
{
	const uint8_t *p = limen_bytes_take(b, n);
	uint32_t v = 0;

	for (size_t i = 0; p && i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static inline uint8_t limen_bytes_u8(struct limen_bytes *b)
{
	return (uint8_t)limen_bytes_number(b, 1);
}
static inline uint16_t limen_bytes_u16(struct limen_bytes *b)
{
	return (uint16_t)limen_bytes_number(b, 2);
}
static inline uint32_t limen_bytes_u24(struct limen_bytes *b)
{
	return limen_bytes_number(b, 3);
}
static inline uint32_t limen_bytes_u32(struct limen_bytes *b)
{
	return limen_bytes_number(b, 4);
}

/* Writing into a buffer whose size the caller has checked. */
static inline void limen_put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void limen_put_u32(uint8_t *p, uint32_t v)
{
	limen_put_u16(p, (uint16_t)(v >> 16));
	limen_put_u16(p + 2, (uint16_t)v);
}

static inline uint16_t limen_get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}
static inline uint32_t limen_get_u32(const uint8_t *p)
{
	return (uint32_t)limen_get_u16(p) << 16 | limen_get_u16(p + 2);
}

#endif
