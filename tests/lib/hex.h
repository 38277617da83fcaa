/*
 * Byte vectors as hex text, for tests of parsers: each is copied into a block of its exact size, so
 * that a sanitizer sees a read past its end. One thread.
 */
#ifndef LIMEN_TESTS_HEX_H
#define LIMEN_TESTS_HEX_H

#include <glib.h>
#include <stdint.h>
#include <string.h>

/* The bytes of "90 80 1f" (blanks are skipped) and their count. New */
static inline uint8_t *hex_new(const char *text, size_t *len)
{
	uint8_t *bytes = g_malloc(strlen(text) / 2 + 1);
	unsigned digits = 0;

	for (; *text; text++) {
		if (*text == ' ')
			continue;
		g_assert_cmpint(g_ascii_xdigit_value(*text), >=, 0);
		bytes[digits / 2] = (uint8_t)((digits % 2 ? bytes[digits / 2] << 4 : 0) |
			g_ascii_xdigit_value(*text));
		digits++;
	}
	g_assert_cmpuint(digits % 2, ==, 0);
	*len = digits / 2;
	return g_realloc(bytes, *len ? *len : 1);
}

/* The first len bytes in a block of exactly that size, of one byte for none. New */
static inline uint8_t *hex_cut(const uint8_t *bytes, size_t len)
{
	return g_memdup2(bytes, len ? len : 1);
}

#endif
