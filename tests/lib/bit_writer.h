/*
 * Writing bits, for tests of parsers. One thread.
 */
#ifndef LIMEN_TESTS_BIT_WRITER_H
#define LIMEN_TESTS_BIT_WRITER_H

#include <glib.h>
#include <stdint.h>
#include <string.h>

#define BIT_WRITER_BYTES 1024u

/* All zero at the beginning. */
struct bit_writer {
	uint8_t bytes[BIT_WRITER_BYTES];
	size_t at; /* bits */
};

/* n: 32 at most */
static inline void bit_put(struct bit_writer *w, uint32_t v, unsigned n)
{
	for (; n > 0; n--, w->at++) {
		g_assert_cmpuint(w->at / 8, <, BIT_WRITER_BYTES);
		w->bytes[w->at / 8] |= (uint8_t)((v >> (n - 1) & 1) << (7 - w->at % 8));
	}
}

/* "1 0 000001": blanks are skipped. */
static inline void bit_put_text(struct bit_writer *w, const char *text)
{
	for (; *text; text++)
		if (*text != ' ')
			bit_put(w, *text == '1', 1);
}

/* ns(n) of the AV1 specification, §4.10.7. */
static inline void bit_put_below(struct bit_writer *w, uint32_t v, uint32_t n)
{
	unsigned width = 0;
	uint32_t less;

	while (n >> width)
		width++;
	less = (1u << width) - n;
	if (v < less)
		bit_put(w, v, width - 1);
	else
		bit_put(w, v + less, width);
}

static inline size_t bit_writer_len(const struct bit_writer *w)
{
	return (w->at + 7) / 8;
}

#endif
