/*
 * Lines of the log on their way out: a bounded queue and a thread that writes, so that no thread
 * that logs waits for a slow disk, a full pipe or a stopped terminal. What does not fit is dropped,
 * counted, and told by a line of its own. Thread: start and stop main; the rest any.
 */
#ifndef LIMEN_BASE_LOG_WRITER_H
#define LIMEN_BASE_LOG_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMEN_LOG_WRITER_BYTES_MAX (4u * 1024u * 1024u) /* of lines that wait */

/* Called on the writer's thread with each line, without its end. */
typedef void limen_log_watch_fn(int64_t wall_us, const char *line, void *arg);

/* From now on lines go to these descriptors (-1 = none), borrowed; false: no thread. */
bool limen_log_writer_start(const int fds[2]);
/* Writes what waits, but does not wait longer than a second for a reader, and ends the thread. */
void limen_log_writer_stop(void);
/* false: there is no thread, the caller writes by itself. line: without its end; copied */
bool limen_log_writer_push(int64_t wall_us, const char *line, size_t len);
/* Waits until all is written, a second at most. */
void limen_log_writer_flush(void);
/* NULL = nobody; when it returns, what watched before is no longer called. */
void limen_log_writer_watch(limen_log_watch_fn *fn, void *arg);
/* Lines dropped since the start */
uint64_t limen_log_writer_dropped(void);

#endif
