/*
 * The path of an API request below the base path. Pure; any thread.
 */
#ifndef LIMEN_TRANSPORT_HTTP_PATH_H
#define LIMEN_TRANSPORT_HTTP_PATH_H

#include <limen/types.h>

enum http_path_kind {
	HTTP_PATH_OUTSIDE, /* not below the base path: a file */
	HTTP_PATH_ROOT,    /* /janus */
	HTTP_PATH_INFO,
	HTTP_PATH_PING,
	HTTP_PATH_SESSION, /* /janus/S */
	HTTP_PATH_HANDLE,  /* /janus/S/H */
	HTTP_PATH_BAD,     /* below the base path, and none of these */
};

struct http_path {
	enum http_path_kind kind;
	uint64_t session, handle; /* 1..2^53-1 where they are given */
};

/* base: "/janus", without an ending slash. An ending slash of path means nothing. */
struct http_path http_path_parse(const char *base, const char *path);

#endif
