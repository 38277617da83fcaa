/*
 * The log: the form of a line, levels, what cannot be forged, files, and lines of many threads.
 */
#include "core/base/log.h"
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <limen/types.h>
#include "core/base/clock.h"

static GPtrArray *lines;

static void keep(const char *line, void *arg)
{
	g_ptr_array_add(arg, g_strdup(line));
}

static void capture(void)
{
	lines = g_ptr_array_new_with_free_func(g_free);
	limen_log_capture(keep, lines);
}

static void capture_end(void)
{
	limen_log_capture(NULL, NULL);
	g_clear_pointer(&lines, g_ptr_array_unref);
	limen_log_level_set(LIMEN_LOG_INFO);
}

/* The n-th line without its time. */
static const char *said(unsigned n)
{
	static const char form[] = "2000-01-01 00:00:00.000 ";

	g_assert_cmpuint(n, <, lines->len);
	g_assert_cmpuint(strlen(lines->pdata[n]), >, sizeof(form) - 1);
	return (const char *)lines->pdata[n] + sizeof(form) - 1;
}

static void test_form(void)
{
	capture();
	limen_error("ice", "no %s for %d", "route", 7);
	limen_warn("loop", "late");
	limen_info("core", "100%%");
	limen_log_write(LIMEN_LOG_INFO, "room", UINT64_MAX, 5, "joined");
	limen_log_write(LIMEN_LOG_INFO, "room", 3, 0, "%s", "");
	g_assert_cmpuint(lines->len, ==, 5);
	g_assert_cmpstr(said(0), ==, "error ice: no route for 7");
	g_assert_cmpstr(said(1), ==, "warn  loop: late");
	g_assert_cmpstr(said(2), ==, "info  core: 100%");
	g_assert_cmpstr(said(3), ==, "info  room: [18446744073709551615/5] joined");
	g_assert_cmpstr(said(4), ==, "info  room: [3/0] ");
	capture_end();
}

static void test_time(void)
{
	int year, month, day, hour, minute, second, ms, end = 0;
	struct tm tm = { .tm_isdst = -1 };

	capture();
	limen_info("x", "now");
	g_assert_cmpint(sscanf(lines->pdata[0], "%4d-%2d-%2d %2d:%2d:%2d.%3d %n", &year, &month,
				&day, &hour, &minute, &second, &ms, &end),
		==, 7);
	g_assert_cmpint(end, ==, 24);
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = second;
	g_assert_cmpint(ABS(mktime(&tm) - time(NULL)), <, 60);
	capture_end();
}

static int asked;

static int ask(void)
{
	return ++asked;
}

static void test_levels(void)
{
	capture();
	for (int level = LIMEN_LOG_ERROR; level <= LIMEN_LOG_TRACE; level++) {
		limen_log_level_set((enum limen_log_level)level);
		g_assert_cmpint(limen_log_level_get(), ==, level);
		g_ptr_array_set_size(lines, 0);
		for (int i = LIMEN_LOG_ERROR; i <= LIMEN_LOG_TRACE; i++) {
			g_assert_cmpint(limen_log_wanted((enum limen_log_level)i), ==, i <= level);
			limen_log_write((enum limen_log_level)i, "x", 0, 0, "%d", i);
		}
		g_assert_cmpuint(lines->len, ==, level + 1);
	}
	g_assert_cmpstr(said(3), ==, "debug x: 3");
	g_assert_cmpstr(said(4), ==, "trace x: 4");
	/* What nobody wants is not even computed. */
	limen_log_level_set(LIMEN_LOG_INFO);
	limen_debug("x", "%d", ask());
	g_assert_cmpint(asked, ==, 0);
	limen_log_level_set(LIMEN_LOG_DEBUG);
	limen_debug("x", "%d", ask());
	g_assert_cmpint(asked, ==, 1);
	capture_end();
}

static void test_parse(void)
{
	static const char *const names[] = { "error", "warn", "info", "debug", "trace" };
	static const char *const wrong[] = { "", "warning", "inf", "debug ", "3" };
	enum limen_log_level level;

	for (int i = 0; i < 5; i++) {
		g_autofree char *upper = g_ascii_strup(names[i], -1);

		g_assert_true(limen_log_level_parse(names[i], &level));
		g_assert_cmpint(level, ==, i);
		g_assert_true(limen_log_level_parse(upper, &level));
		g_assert_cmpint(level, ==, i);
	}
	for (int i = 0; i < 5; i++)
		g_assert_false(limen_log_level_parse(wrong[i], &level));
	g_assert_cmpint(level, ==, LIMEN_LOG_TRACE);
}

/* A client's text must neither begin a line of its own nor steer the terminal. */
static void test_forged(void)
{
	capture();
	limen_info("x", "%s", "name\n2000-01-01 00:00:00.000 error core: down");
	limen_info("x", "%s", "\x1b[2J\r\b\x7f\x01|\ttab, \xc3\xa9\xe2\x82\xac");
	limen_info("x", "%s",
		"\xc2\x9b"
		"2J \xc2\x85 \xc2\xa0");
	g_assert_cmpstr(said(0), ==, "info  x: name\\x0a2000-01-01 00:00:00.000 error core: down");
	g_assert_cmpstr(
		said(1), ==, "info  x: \\x1b[2J\\x0d\\x08\\x7f\\x01|\ttab, \xc3\xa9\xe2\x82\xac");
	g_assert_cmpstr(said(2), ==, "info  x: \\xc2\\x9b2J \\xc2\\x85 \xc2\xa0");
	capture_end();
}

static void test_long(void)
{
	g_autofree char *text = g_strnfill(100000, 'a');

	capture();
	limen_info("x", "%s.", text);
	g_assert_cmpuint(strlen(said(0)), ==, strlen("info  x: ") + 100001);
	g_assert_true(g_str_has_suffix(said(0), "a."));
	capture_end();
}

static char *read_file(const char *path)
{
	char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

static void test_file(void)
{
	g_autofree char *dir = g_dir_make_tmp("limen-log-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "limen.log", NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) parts = NULL;
	struct stat st;

	g_assert_true(g_file_set_contents(path, "before\n", -1, NULL));
	g_assert_cmpint(limen_log_start(LIMEN_LOG_WARN, false, path), ==, 0);
	limen_warn("x", "first");
	limen_info("x", "not this");
	limen_error("x", "second");
	limen_log_stop();
	limen_error("x", "after the end");
	limen_log_stop();
	text = read_file(path);
	parts = g_strsplit(text, "\n", -1);
	g_assert_cmpuint(g_strv_length(parts), ==, 4);
	g_assert_cmpstr(parts[0], ==, "before");
	g_assert_true(g_str_has_suffix(parts[1], " warn  x: first"));
	g_assert_true(g_str_has_suffix(parts[2], " error x: second"));
	g_assert_cmpstr(parts[3], ==, "");
	g_remove(path);
	/* A new file is not for everybody: lines may hold names. */
	g_assert_cmpint(limen_log_start(LIMEN_LOG_INFO, false, path), ==, 0);
	limen_log_stop();
	g_assert_cmpint(stat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07, ==, 0);
	g_remove(path);
	g_rmdir(dir);
}

static void test_no_file(void)
{
	g_assert_cmpint(
		limen_log_start(LIMEN_LOG_INFO, false, "/nowhere/at/all.log"), ==, LIMEN_EIO);
	limen_error("x", "goes nowhere");
	limen_log_stop();
}

/* Starting once more takes the new file in place of the old one. */
static void test_restart(void)
{
	g_autofree char *dir = g_dir_make_tmp("limen-log-XXXXXX", NULL);
	g_autofree char *one = g_build_filename(dir, "one", NULL);
	g_autofree char *two = g_build_filename(dir, "two", NULL);
	g_autofree char *first = NULL, *second = NULL;
	int fd_before, fd_after;

	g_assert_cmpint(limen_log_start(LIMEN_LOG_INFO, false, one), ==, 0);
	limen_info("x", "one");
	fd_before = dup(STDIN_FILENO);
	g_assert_cmpint(limen_log_start(LIMEN_LOG_INFO, false, two), ==, 0);
	limen_info("x", "two");
	limen_log_stop();
	close(fd_before);
	fd_after = dup(STDIN_FILENO);
	g_assert_cmpint(fd_after, <, fd_before); /* the first file was closed too */
	close(fd_after);
	first = read_file(one);
	second = read_file(two);
	g_assert_true(g_str_has_suffix(first, " x: one\n"));
	g_assert_true(g_str_has_suffix(second, " x: two\n"));
	g_remove(one);
	g_remove(two);
	g_rmdir(dir);
}

#define THREADS 4
#define LINES 500

static void *write_lines(void *arg)
{
	g_autofree char *text = g_strnfill(300, (char)GPOINTER_TO_INT(arg));

	for (int i = 0; i < LINES; i++)
		limen_info("x", "%03d%s", i, text);
	return NULL;
}

static void test_threads(void)
{
	g_autofree char *dir = g_dir_make_tmp("limen-log-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "limen.log", NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) parts = NULL;
	GThread *threads[THREADS];
	int next[THREADS] = { 0 };

	g_assert_cmpint(limen_log_start(LIMEN_LOG_INFO, false, path), ==, 0);
	for (int i = 0; i < THREADS; i++)
		threads[i] = g_thread_new("writer", write_lines, GINT_TO_POINTER('A' + i));
	for (int i = 0; i < THREADS; i++)
		g_thread_join(threads[i]);
	limen_log_stop();
	text = read_file(path);
	parts = g_strsplit(text, "\n", -1);
	g_assert_cmpuint(g_strv_length(parts), ==, THREADS * LINES + 1);
	for (int i = 0; i < THREADS * LINES; i++) {
		const char *body = strstr(parts[i], " x: ") + 4;
		const int who = body[3] - 'A';

		g_assert_cmpuint(strlen(parts[i]), ==, 24 + strlen("info  x: 000") + 300);
		g_assert_cmpuint(strspn(body + 3, (char[]){ body[3], '\0' }), ==, 300);
		g_assert_cmpint(strtol(body, NULL, 10), ==, next[who]++);
	}
	g_remove(path);
	g_rmdir(dir);
}

static void test_stdout(void)
{
	if (g_test_subprocess()) {
		limen_log_start(LIMEN_LOG_INFO, true, NULL);
		limen_info("x", "on stdout");
		limen_log_start(LIMEN_LOG_INFO, false, NULL);
		limen_info("x", "in silence");
		return;
	}
	g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
	g_test_trap_assert_passed();
	g_test_trap_assert_stdout("* info  x: on stdout\n*");
	g_test_trap_assert_stdout_unmatched("*in silence*");
}

static char *text_of(const char *path)
{
	char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

static void test_reopen(void)
{
	g_autofree char *folder = g_dir_make_tmp(NULL, NULL),
			*path = g_build_filename(folder, "log", NULL),
			*moved = g_build_filename(folder, "moved", NULL), *old = NULL, *new = NULL;

	g_assert_cmpint(limen_log_reopen(), ==, 0); /* there is none */
	g_assert_cmpint(limen_log_start(LIMEN_LOG_INFO, false, path), ==, 0);
	limen_info("x", "first");
	g_assert_cmpint(g_rename(path, moved), ==, 0);
	limen_info("x", "second");
	g_assert_cmpint(limen_log_reopen(), ==, 0);
	limen_info("x", "third");
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
	g_assert_cmpint(limen_log_reopen(), ==, LIMEN_EIO); /* and goes on as before */
	limen_info("x", "lost");
	g_assert_cmpint(g_rmdir(path), ==, 0);
	g_assert_cmpint(limen_log_reopen(), ==, 0);
	limen_info("x", "fourth");
	limen_log_stop();
	old = text_of(moved);
	new = text_of(path);
	g_assert_nonnull(strstr(old, "first"));
	g_assert_nonnull(strstr(old, "second"));
	g_assert_null(strstr(old, "third"));
	g_assert_nonnull(strstr(new, "fourth"));
	g_assert_null(strstr(new, "lost"));
	g_unlink(path);
	g_unlink(moved);
	g_rmdir(folder);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/log/form", test_form);
	g_test_add_func("/log/time", test_time);
	g_test_add_func("/log/levels", test_levels);
	g_test_add_func("/log/parse", test_parse);
	g_test_add_func("/log/forged", test_forged);
	g_test_add_func("/log/long", test_long);
	g_test_add_func("/log/file", test_file);
	g_test_add_func("/log/no-file", test_no_file);
	g_test_add_func("/log/restart", test_restart);
	g_test_add_func("/log/threads", test_threads);
	g_test_add_func("/log/stdout", test_stdout);
	g_test_add_func("/log/reopen", test_reopen);
	return g_test_run();
}
