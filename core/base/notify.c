/*
 * Telling the service manager: the few lines of libsystemd that this needs. Thread: any.
 */
#include "core/base/notify.h"
#include <glib.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <limen/types.h>

int limen_notify(const char *state)
{
	const char *path = g_getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	ssize_t sent;
	int fd;

	if (!path)
		return LIMEN_ENOTSUP;
	if ((*path != '/' && *path != '@') || strlen(path) >= sizeof(to.sun_path))
		return LIMEN_EINVAL;
	g_strlcpy(to.sun_path, path, sizeof(to.sun_path));
	if (*path == '@')
		to.sun_path[0] = '\0';
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
		return LIMEN_EIO;
	sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT, (const void *)&to,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
	close(fd);
	return sent == (ssize_t)strlen(state) ? 0 : LIMEN_EIO;
}

static bool for_us(const char *pid)
{
	guint64 number;

	return !pid ||
		(g_ascii_string_to_unsigned(pid, 10, 1, G_MAXINT32, &number, NULL) &&
			number == (guint64)getpid());
}

int64_t limen_notify_watchdog_us(void)
{
	const char *text = g_getenv("WATCHDOG_USEC");
	guint64 us;

	if (!text || !for_us(g_getenv("WATCHDOG_PID")) ||
		!g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT64, &us, NULL))
		return 0;
	return (int64_t)us;
}
