/*
 * The sockets that clients reach: bound here, or inherited from the service manager (LISTEN_FDS).
 * Thread: main.
 */
#include "transports/unix/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG 128
#define INHERITED_FIRST 3 /* sd_listen_fds(3) */
#define INHERITED_MAX 16

static int type_of(const char *name)
{
	if (!g_strcmp0(name, "SOCK_STREAM"))
		return SOCK_STREAM;
	return !g_strcmp0(name, "SOCK_DGRAM") ? SOCK_DGRAM : SOCK_SEQPACKET;
}

static bool is_bound_to(int fd, const struct sockaddr_un *at)
{
	struct sockaddr_un name = { 0 };
	socklen_t len = sizeof(name);

	return !getsockname(fd, (struct sockaddr *)&name, &len) && name.sun_family == AF_UNIX &&
		!strncmp(name.sun_path, at->sun_path, sizeof(name.sun_path));
}

static uint64_t number_of(const char *variable)
{
	const char *text = getenv(variable);
	uint64_t number = 0;

	return text && g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT, &number, NULL) ? number
											: 0;
}

static int inherited(const struct sockaddr_un *at, int type)
{
	uint64_t pid = number_of("LISTEN_PID");
	int n = (int)MIN(number_of("LISTEN_FDS"), INHERITED_MAX);

	if (pid != (uint64_t)getpid())
		return -1;
	for (int fd = INHERITED_FIRST; fd < INHERITED_FIRST + n; fd++) {
		int found = 0;
		socklen_t len = sizeof(found);

		if (is_bound_to(fd, at) && !getsockopt(fd, SOL_SOCKET, SO_TYPE, &found, &len) &&
			found == type && !fcntl(fd, F_SETFD, FD_CLOEXEC) &&
			!fcntl(fd, F_SETFL, O_NONBLOCK))
			return fd;
	}
	return -1;
}

/* A file that a gateway left when it was killed. One that is in use stays, and bind() fails. */
static void remove_stale(const struct sockaddr_un *at, int type)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (fd < 0)
		return;
	if (!lstat(at->sun_path, &st) && S_ISSOCK(st.st_mode) &&
		connect(fd, (const struct sockaddr *)at, sizeof(*at)) && errno == ECONNREFUSED)
		unlink(at->sun_path);
	close(fd);
}

/* The mode is set on the socket before it has a file, so that nobody gets in between. */
static int bound(const struct sockaddr_un *at, int type, unsigned mode)
{
	const int size = UNIX_BUFFER_BYTES;
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (fchmod(fd, mode) || bind(fd, (const struct sockaddr *)at, sizeof(*at))) {
		close(fd);
		return -1;
	}
	if (chmod(at->sun_path, mode) || (type != SOCK_DGRAM && listen(fd, BACKLOG))) {
		unlink(at->sun_path);
		close(fd);
		return -1;
	}
	return fd;
}

int unix_listener_open(struct unix_listener *l, const char *path, const char *type, unsigned mode)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	if (!path || !*path || strlen(path) >= sizeof(at.sun_path)) {
		limen_log(LIMEN_LOG_ERROR, "pfunix", "pfunix: %s needs a path of 1 to %zu bytes",
			l->admin ? "admin_path" : "path", sizeof(at.sun_path) - 1);
		return LIMEN_EINVAL;
	}
	g_strlcpy(at.sun_path, path, sizeof(at.sun_path));
	l->type = type_of(type);
	l->fd = inherited(&at, l->type);
	if (l->fd < 0) {
		remove_stale(&at, l->type);
		l->fd = bound(&at, l->type, mode);
		if (l->fd < 0) {
			limen_log(LIMEN_LOG_ERROR, "pfunix", "pfunix: cannot listen on %s: %s",
				path, g_strerror(errno));
			return LIMEN_EIO;
		}
		l->path = g_strdup(path);
	}
	limen_log(LIMEN_LOG_INFO, "pfunix", "pfunix: listening on %s%s", path,
		l->admin ? " (admin)" : "");
	return 0;
}

void unix_listener_close(struct unix_listener *l)
{
	if (l->fd >= 0)
		close(l->fd);
	if (l->path)
		unlink(l->path);
	g_free(l->path);
	*l = (struct unix_listener){ .fd = -1, .admin = l->admin };
}
