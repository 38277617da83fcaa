/*
 * Static files below one folder. A path is refused by its text first (dot components, backslashes),
 * then by where it really leads, so that a symbolic link cannot show a file outside of the folder.
 * Thread: any.
 */
#include "transports/http/files.h"

#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *end, *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".mjs", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".json", "application/json" },
	{ ".map", "application/json" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".jpg", "image/jpeg" },
	{ ".jpeg", "image/jpeg" },
	{ ".gif", "image/gif" },
	{ ".webp", "image/webp" },
	{ ".ico", "image/x-icon" },
	{ ".txt", "text/plain; charset=utf-8" },
	{ ".md", "text/plain; charset=utf-8" },
	{ ".wasm", "application/wasm" },
	{ ".webm", "video/webm" },
	{ ".mp4", "video/mp4" },
	{ ".mp3", "audio/mpeg" },
	{ ".ogg", "audio/ogg" },
	{ ".wav", "audio/wav" },
	{ ".woff2", "font/woff2" },
	{ ".woff", "font/woff" },
	{ ".pdf", "application/pdf" },
	{ ".xml", "application/xml" },
};

static const char *type_of(const char *name)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(types); i++)
		if (g_str_has_suffix(name, types[i].end))
			return types[i].type;
	return "application/octet-stream";
}

/* No component begins with a dot: neither "..", nor ".git". */
static bool harmless(const char *path)
{
	return path[0] == '/' && !strstr(path, "/.") && !strchr(path, '\\');
}

static bool below(const char *root, const char *path)
{
	size_t len = strlen(root);

	return !strncmp(root, path, len) &&
		(path[len] == '/' || path[len] == '\0' || root[len - 1] == '/');
}

static int open_regular(const char *name, struct http_file *out)
{
	struct stat st;
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return LIMEN_ENOENT;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return LIMEN_ENOENT;
	}
	*out = (struct http_file){ .fd = fd, .len = (size_t)st.st_size, .type = type_of(name) };
	snprintf(out->etag, sizeof(out->etag), "\"%llx-%llx%08lx\"", (unsigned long long)st.st_size,
		(unsigned long long)st.st_mtim.tv_sec, (unsigned long)st.st_mtim.tv_nsec);
	return 0;
}

int http_file_open(const char *root, const char *path, struct http_file *out)
{
	g_autofree char *name = NULL, *index = NULL;
	char *real;
	struct stat st;
	int err;

	if (!harmless(path))
		return LIMEN_ENOENT;
	name = g_build_filename(root, path, NULL);
	if (!stat(name, &st) && S_ISDIR(st.st_mode)) {
		if (!g_str_has_suffix(path, "/"))
			return LIMEN_EAGAIN;
		index = g_build_filename(name, "index.html", NULL);
	} else if (g_str_has_suffix(path, "/")) {
		return LIMEN_ENOENT;
	}
	real = realpath(index ? index : name, NULL);
	err = real && below(root, real) ? open_regular(real, out) : LIMEN_ENOENT;
	free(real);
	return err;
}
