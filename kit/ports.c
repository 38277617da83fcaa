/*
 * Ranges of ports. Any thread.
 */
#include "kit/ports.h"
#include <glib.h>

static bool read_port(const char *text, uint16_t *port)
{
	guint64 n;

	if (!g_ascii_string_to_unsigned(text, 10, 1, UINT16_MAX, &n, NULL))
		return false;
	*port = (uint16_t)n;
	return true;
}

int limen_ports_read(const char *text, uint16_t *min, uint16_t *max)
{
	g_auto(GStrv) parts = g_strsplit(text, "-", 3);

	if (g_strv_length(parts) != 2 || !read_port(g_strstrip(parts[0]), min) ||
		!read_port(g_strstrip(parts[1]), max))
		return LIMEN_EINVAL;
	return *min < *max ? 0 : LIMEN_EINVAL;
}
