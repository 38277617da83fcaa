/*
 * Telling the service manager: both kinds of socket, and when nobody listens. One thread.
 */
#include "core/base/notify.h"
#include <glib.h>
#include <glib/gstdio.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <limen/types.h>

static int listener(const char *name, size_t len)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	memcpy(at.sun_path, name, len);
	g_assert_cmpint(bind(fd, (const void *)&at,
				(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
		==, 0);
	return fd;
}

static void assert_heard(int fd, const char *expected)
{
	char text[64] = "";

	g_assert_cmpint(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT), ==, (int)strlen(expected));
	g_assert_cmpstr(text, ==, expected);
}

static void test_sockets(void)
{
	g_autofree char *folder = g_dir_make_tmp(NULL, NULL),
			*path = g_build_filename(folder, "notify", NULL),
			*abstract = g_strdup_printf("@limen-test-%d", getpid());
	g_autofree char *name = g_strdup(abstract);
	int fd;

	fd = listener(path, strlen(path));
	g_setenv("NOTIFY_SOCKET", path, TRUE);
	g_assert_cmpint(limen_notify("READY=1"), ==, 0);
	assert_heard(fd, "READY=1");
	close(fd);
	g_unlink(path);
	g_rmdir(folder);
	g_assert_cmpint(limen_notify("READY=1"), ==, LIMEN_EIO);
	name[0] = '\0';
	fd = listener(name, strlen(abstract));
	g_setenv("NOTIFY_SOCKET", abstract, TRUE);
	g_assert_cmpint(limen_notify("STOPPING=1\nSTATUS=x"), ==, 0);
	assert_heard(fd, "STOPPING=1\nSTATUS=x");
	close(fd);
}

static void test_nobody(void)
{
	g_autofree char *longer = g_strnfill(200, '/');

	g_unsetenv("NOTIFY_SOCKET");
	g_assert_cmpint(limen_notify("READY=1"), ==, LIMEN_ENOTSUP);
	g_setenv("NOTIFY_SOCKET", "relative", TRUE);
	g_assert_cmpint(limen_notify("READY=1"), ==, LIMEN_EINVAL);
	g_setenv("NOTIFY_SOCKET", longer, TRUE);
	g_assert_cmpint(limen_notify("READY=1"), ==, LIMEN_EINVAL);
}

static void test_watchdog(void)
{
	g_autofree char *us = g_strdup_printf("%d", getpid());

	g_unsetenv("WATCHDOG_USEC");
	g_assert_cmpint(limen_notify_watchdog_us(), ==, 0);
	g_setenv("WATCHDOG_USEC", "30000000", TRUE);
	g_assert_cmpint(limen_notify_watchdog_us(), ==, 30000000);
	g_setenv("WATCHDOG_PID", us, TRUE);
	g_assert_cmpint(limen_notify_watchdog_us(), ==, 30000000);
	g_setenv("WATCHDOG_PID", "1", TRUE);
	g_assert_cmpint(limen_notify_watchdog_us(), ==, 0);
	g_unsetenv("WATCHDOG_PID");
	g_setenv("WATCHDOG_USEC", "-5", TRUE);
	g_assert_cmpint(limen_notify_watchdog_us(), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/notify/sockets", test_sockets);
	g_test_add_func("/notify/nobody", test_nobody);
	g_test_add_func("/notify/watchdog", test_watchdog);
	return g_test_run();
}
