/*
 * The log's writer: order and completeness, a reader that does not read, the bound and its count,
 * who watches, and what is left when the process aborts.
 */
#include "core/base/log_writer.h"
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void push(const char *line)
{
	g_assert_true(limen_log_writer_push(1, line, strlen(line)));
}

/* All that comes out of a pipe until nothing does. */
static char *drain(int fd)
{
	GString *all = g_string_new(NULL);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char bytes[65536];
	ssize_t n;

	while (poll(&p, 1, 300) > 0 && (n = read(fd, bytes, sizeof(bytes))) > 0)
		g_string_append_len(all, bytes, n);
	return g_string_free(all, FALSE);
}

static void test_order(void)
{
	g_autofree char *got = NULL;
	int fds[2];

	g_assert_false(limen_log_writer_push(1, "x", 1));
	g_assert_cmpint(pipe(fds), ==, 0);
	g_assert_true(limen_log_writer_start((const int[2]){ -1, fds[1] }));
	push("one");
	push("");
	push("three");
	limen_log_writer_flush();
	got = drain(fds[0]);
	g_assert_cmpstr(got, ==, "one\n\nthree\n");
	limen_log_writer_stop();
	g_assert_false(limen_log_writer_push(1, "x", 1));
	close(fds[0]);
	close(fds[1]);
}

/* Nobody waits for a pipe that is full; what is lost is counted, and told once it can be. */
static void test_full_pipe(void)
{
	g_autofree char *line = g_strnfill(1000, 'a'), *got = NULL;
	const int64_t began_us = g_get_monotonic_time();
	uint64_t dropped;
	char *told;
	int fds[2];

	g_assert_cmpint(pipe(fds), ==, 0);
	g_assert_true(limen_log_writer_start((const int[2]){ fds[1], -1 }));
	for (int i = 0; i < 10000; i++)
		push(line);
	g_assert_cmpint(g_get_monotonic_time() - began_us, <, 5 * G_USEC_PER_SEC);
	dropped = limen_log_writer_dropped();
	g_assert_cmpuint(dropped, >, 10000 - LIMEN_LOG_WRITER_BYTES_MAX / 1000 - 200);
	got = drain(fds[0]);
	told = strstr(got, " lines of the log were dropped");
	g_assert_nonnull(told);
	while (g_ascii_isdigit(told[-1]))
		told--;
	g_assert_cmpuint(strtoull(told, NULL, 10), ==, dropped);
	limen_log_writer_stop();
	close(fds[0]);
	close(fds[1]);
}

/* It also ends when nobody reads at all. */
static void test_end_with_a_full_pipe(void)
{
	g_autofree char *line = g_strnfill(1000, 'a');
	int64_t began_us;
	int fds[2];

	g_assert_cmpint(pipe(fds), ==, 0);
	g_assert_true(limen_log_writer_start((const int[2]){ fds[1], -1 }));
	for (int i = 0; i < 1000; i++)
		push(line);
	began_us = g_get_monotonic_time();
	limen_log_writer_stop();
	g_assert_cmpint(g_get_monotonic_time() - began_us, <, 10 * G_USEC_PER_SEC);
	close(fds[0]);
	close(fds[1]);
}

static void count(int64_t wall_us, const char *line, void *arg)
{
	g_assert_cmpint(wall_us, ==, 1);
	g_assert_null(strchr(line, '\n'));
	g_atomic_int_inc((gint *)arg);
}

static void test_watch(void)
{
	gint seen = 0;

	g_assert_true(limen_log_writer_start((const int[2]){ -1, -1 }));
	limen_log_writer_watch(count, &seen);
	push("one");
	push("two");
	limen_log_writer_flush();
	g_assert_cmpint(g_atomic_int_get(&seen), ==, 2);
	limen_log_writer_watch(NULL, NULL);
	push("three");
	limen_log_writer_flush();
	g_assert_cmpint(g_atomic_int_get(&seen), ==, 2);
	limen_log_writer_stop();
}

/* The child of the next test. */
static void abort_at_once(void)
{
	g_assert_true(limen_log_writer_start((const int[2]){ STDERR_FILENO, -1 }));
	for (int i = 0; i < 2000; i++)
		push("before the end");
	push("the last line");
	abort();
}

static void test_abort(void)
{
	if (g_test_subprocess())
		abort_at_once();
	g_test_trap_subprocess(NULL, 10 * G_USEC_PER_SEC, 0);
	g_test_trap_assert_failed();
	g_test_trap_assert_stderr("*before the end\nthe last line\n*");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/log_writer/order", test_order);
	g_test_add_func("/log_writer/full_pipe", test_full_pipe);
	g_test_add_func("/log_writer/end_with_a_full_pipe", test_end_with_a_full_pipe);
	g_test_add_func("/log_writer/watch", test_watch);
	g_test_add_func("/log_writer/abort", test_abort);
	return g_test_run();
}
