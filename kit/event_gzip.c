/*
 * A text as gzip. Pure.
 */
#include "kit/event_gzip.h"
#include <limits.h>
#include <zlib.h>

#define WINDOW_GZIP (15 + 16) /* largest window, with gzip's header */
#define MEMORY 8              /* zlib's default */

GByteArray *limen_event_gzip(const char *text, size_t len, int level)
{
	z_stream z = { .next_in = (Bytef *)text, .avail_in = (uInt)len };
	GByteArray *out;
	int code;

	if (len > UINT_MAX / 2 ||
		deflateInit2(&z, level, Z_DEFLATED, WINDOW_GZIP, MEMORY, Z_DEFAULT_STRATEGY) !=
			Z_OK)
		return NULL;
	out = g_byte_array_new();
	g_byte_array_set_size(out, (guint)deflateBound(&z, (uLong)len));
	z.next_out = out->data;
	z.avail_out = out->len;
	code = deflate(&z, Z_FINISH);
	g_byte_array_set_size(out, (guint)z.total_out);
	deflateEnd(&z);
	if (code != Z_STREAM_END)
		g_clear_pointer(&out, g_byte_array_unref);
	return out;
}
