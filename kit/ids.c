/*
 * Ids as text inside, integers or strings on the wire. Any thread.
 */
#include "kit/ids.h"

#define ID_MASK                                                                                    \
	((UINT64_C(1) << 53) - 1) /* 2^53 - 1: the largest integer that a double holds exactly */

char *limen_ids_text(const json_t *id)
{
	if (json_is_integer(id) && json_integer_value(id) != 0)
		return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(id));
	if (json_is_string(id) && json_string_length(id) > 0)
		return g_strdup(json_string_value(id));
	return NULL;
}

json_t *limen_ids_json(const char *text, bool strings)
{
	return strings ? json_string(text)
		       : json_integer((json_int_t)g_ascii_strtoull(text, NULL, 10));
}

char *limen_ids_random(bool strings)
{
	uint8_t b[16];
	uint64_t n = 0;

	if (strings) {
		/* RFC 9562 §5.4: a version 4 UUID */
		limen->base.random(b, sizeof(b));
		b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
		b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
		return g_strdup_printf(
			"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
			b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
			b[12], b[13], b[14], b[15]);
	}
	while (n == 0) {
		limen->base.random(&n, sizeof(n));
		n &= ID_MASK;
	}
	return g_strdup_printf("%" G_GUINT64_FORMAT, n);
}

uint32_t limen_ids_random32(void)
{
	uint32_t n = 0;

	while (n == 0)
		limen->base.random(&n, sizeof(n));
	return n;
}

bool limen_ids_numeric(const char *text)
{
	guint64 n;

	/* A leading zero would not come back from the wire: "007" would be found as "7" only. */
	return text && text[0] != '0' &&
		g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT64, &n, NULL);
}
