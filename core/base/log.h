/*
 * The log: lines with time, level, topic and ids, to stdout and/or a file. Libraries inside the
 * core return errors; a line is written where an error is handled. Thread: any.
 */
#ifndef LIMEN_BASE_LOG_H
#define LIMEN_BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <limen/log.h>

/* file NULL = none; lines are added at its end. LIMEN_EIO when the file cannot be opened. From then
 * on lines are written by a thread of their own, and nobody waits for it: when too much waits,
 * lines are dropped and counted. Before other threads start. */
int limen_log_start(enum limen_log_level level, bool to_stdout, const char *file);
void limen_log_stop(void);
/* Opens the file anew under its name, for whoever moved it away. LIMEN_EIO: it cannot be, and lines
 * go on to the old one. One at a time. */
int limen_log_reopen(void);
void limen_log_level_set(enum limen_log_level level);
enum limen_log_level limen_log_level_get(void);
bool limen_log_wanted(enum limen_log_level level);
/* "error" .. "trace" → level; false if it is none of them. */
bool limen_log_level_parse(const char *text, enum limen_log_level *out);

void limen_log_write(enum limen_log_level level, const char *topic, uint64_t session,
	uint64_t handle, const char *format, ...) __attribute__((format(printf, 5, 6)));
void limen_log_writev(enum limen_log_level level, const char *topic, uint64_t session,
	uint64_t handle, const char *format, va_list args);

/* Each line, without its end, on the writer's thread, between limen_log_start() and _stop(). NULL =
 * nobody; when it returns, what watched before is no longer called. Not from fn itself. */
void limen_log_watch(void (*fn)(int64_t wall_us, const char *line, void *arg), void *arg);

/* Where lines go in tests: NULL restores. */
void limen_log_capture(void (*fn)(const char *line, void *arg), void *arg);

#define limen_error(topic, ...) limen_log_write(LIMEN_LOG_ERROR, topic, 0, 0, __VA_ARGS__)
#define limen_warn(topic, ...) limen_log_write(LIMEN_LOG_WARN, topic, 0, 0, __VA_ARGS__)
#define limen_info(topic, ...) limen_log_write(LIMEN_LOG_INFO, topic, 0, 0, __VA_ARGS__)
#define limen_debug(topic, ...)                                                                    \
	do {                                                                                       \
		if (limen_log_wanted(LIMEN_LOG_DEBUG))                                             \
			limen_log_write(LIMEN_LOG_DEBUG, topic, 0, 0, __VA_ARGS__);                \
	} while (0)

#endif
