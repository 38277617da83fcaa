/*
 * Static files below one folder. Thread: any, no state.
 */
#ifndef LIMEN_TRANSPORT_HTTP_FILES_H
#define LIMEN_TRANSPORT_HTTP_FILES_H

#include <limen/types.h>

struct http_file {
	int fd; /* the caller's, close() */
	size_t len;
	const char *type; /* content type, static */
	char etag[48];    /* with its quotes */
};

/*
 * Opens the file of a decoded path ("/", "/echotest/"): index.html for a folder. root: from
 * realpath(). LIMEN_ENOENT: nothing to show there, whatever the reason. LIMEN_EAGAIN: a folder
 * without its ending slash: redirect
 */
int http_file_open(const char *root, const char *path, struct http_file *out);

#endif
