/*
 * A text as gzip (RFC 1952). Pure; any thread. Users link zlib ($(ZLIB_LIBS)).
 */
#ifndef LIMEN_KIT_EVENT_GZIP_H
#define LIMEN_KIT_EVENT_GZIP_H

#include <glib.h>

/* level: 0..9. New; NULL when zlib refuses. */
GByteArray *limen_event_gzip(const char *text, size_t len, int level);

#endif
