/*
 * The log. One line is built in a buffer and leaves whole, so that lines of several threads never
 * mix: through the writer's thread (log_writer.c) once the log has been started, at once before.
 * Control characters are shown as escapes: a client's text cannot forge lines.
 * Thread: any.
 */
#include "core/base/log.h"
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <limen/types.h>
#include "core/base/clock.h"
#include "core/base/log_writer.h"

static struct {
	gint level;
	bool to_stdout;
	int fd; /* the same number for life; -1 = no file */
	char *file;
	void (*capture)(const char *line, void *arg);
	void *capture_arg;
} logger = { .level = LIMEN_LOG_INFO, .to_stdout = true, .fd = -1 };

static const char *const names[] = { "error", "warn", "info", "debug", "trace" };

static int open_file(const char *file)
{
	return open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

int limen_log_start(enum limen_log_level level, bool to_stdout, const char *file)
{
	limen_log_stop();
	limen_log_level_set(level);
	logger.to_stdout = to_stdout;
	if (file) {
		logger.file = g_strdup(file);
		if ((logger.fd = open_file(file)) < 0)
			return LIMEN_EIO;
	}
	limen_log_writer_start((const int[2]){ to_stdout ? STDOUT_FILENO : -1, logger.fd });
	return 0;
}

/* dup3() puts the new file in the place of the old one at once, under the writers' feet. */
int limen_log_reopen(void)
{
	int fd, put;

	if (logger.fd < 0)
		return 0;
	limen_log_writer_flush(); /* what was said before belongs to the old file */
	if ((fd = open_file(logger.file)) < 0)
		return LIMEN_EIO;
	put = dup3(fd, logger.fd, O_CLOEXEC);
	close(fd);
	return put < 0 ? LIMEN_EIO : 0;
}

void limen_log_stop(void)
{
	limen_log_writer_stop();
	if (logger.fd >= 0)
		close(logger.fd);
	logger.fd = -1;
	g_clear_pointer(&logger.file, g_free);
}

void limen_log_level_set(enum limen_log_level level)
{
	g_atomic_int_set(&logger.level, (gint)level);
}

enum limen_log_level limen_log_level_get(void)
{
	return (enum limen_log_level)g_atomic_int_get(&logger.level);
}

bool limen_log_wanted(enum limen_log_level level)
{
	return (gint)level <= g_atomic_int_get(&logger.level);
}

bool limen_log_level_parse(const char *text, enum limen_log_level *out)
{
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (g_ascii_strcasecmp(text, names[i]) == 0) {
			*out = (enum limen_log_level)i;
			return true;
		}
	}
	return false;
}

void limen_log_capture(void (*fn)(const char *line, void *arg), void *arg)
{
	logger.capture = fn;
	logger.capture_arg = arg;
}

void limen_log_watch(void (*fn)(int64_t wall_us, const char *line, void *arg), void *arg)
{
	limen_log_writer_watch(fn, arg);
}

static void append_time(GString *line, int64_t wall_us)
{
	const time_t seconds = (time_t)(wall_us / G_USEC_PER_SEC);
	struct tm tm;
	char text[32];

	localtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%F %T", &tm);
	g_string_append_printf(line, "%s.%03d", text, (int)(wall_us / 1000 % 1000));
}

/* C0 and C1 controls: a terminal obeys both, the latter also as UTF-8 (U+0080..U+009F). */
static size_t control_len(const unsigned char *c)
{
	if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
		return 2;
	return c[0] != '\t' && (c[0] < 0x20 || c[0] == 0x7f);
}

static void append_escaped(GString *line, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c;) {
		size_t control = control_len(c);

		if (!control)
			g_string_append_c(line, (char)*c++);
		while (control--)
			g_string_append_printf(line, "\\x%02x", *c++);
	}
}

static void put(int fd, const GString *line)
{
	ssize_t n = write(fd, line->str, line->len);

	(void)n; /* a full disk or closed pipe must not stop media */
}

void limen_log_writev(enum limen_log_level level, const char *topic, uint64_t session,
	uint64_t handle, const char *format, va_list args)
{
	g_autoptr(GString) line = g_string_new(NULL);
	g_autofree char *text = NULL;
	const int64_t wall_us = limen_wall_us();

	if (!limen_log_wanted(level))
		return;
	text = g_strdup_vprintf(format, args);
	append_time(line, wall_us);
	g_string_append_printf(line, " %-5s %s: ", names[level], topic);
	if (session)
		g_string_append_printf(
			line, "[%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT "] ", session, handle);
	append_escaped(line, text);
	if (logger.capture) {
		logger.capture(line->str, logger.capture_arg);
		return;
	}
	if (limen_log_writer_push(wall_us, line->str, line->len))
		return;
	g_string_append_c(line, '\n');
	if (logger.to_stdout)
		put(STDOUT_FILENO, line);
	if (logger.fd >= 0)
		put(logger.fd, line);
}

void limen_log_write(enum limen_log_level level, const char *topic, uint64_t session,
	uint64_t handle, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	limen_log_writev(level, topic, session, handle, format, args);
	va_end(args);
}
