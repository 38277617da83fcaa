/*
 * The log's own thread. Descriptors stay in blocking mode, as others may share them: the thread
 * waits until they take something, and writes no more at once than a pipe then has room for.
 */
#include "core/base/log_writer.h"
#include <errno.h>
#include <glib.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_US G_USEC_PER_SEC /* at the end, with a reader that does not read */
#define LOOK_MS 100                /* how often a wait looks whether it should end */
#define CRASH_LOOKS 100            /* of 10 ms, for the thread to finish before the process dies */

struct line {
	int64_t wall_us;
	size_t len;
	char text[]; /* ends with a newline and a NUL */
};

static struct {
	GMutex lock; /* of what follows, to dropped */
	GCond came, written;
	GQueue lines; /* struct line * */
	size_t bytes;
	uint64_t dropped, told;
	int64_t end_us; /* 0 = it goes on */
	GThread *thread;
	gint pending; /* atomic: lines that are not written yet */
	int fds[2];
	GMutex watch_lock; /* held while watch runs */
	limen_log_watch_fn *watch;
	void *watch_arg;
} writer;

static bool given_up(void)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&writer.lock);

	return writer.end_us && g_get_monotonic_time() >= writer.end_us;
}

static bool wait_for(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	while (!given_up()) {
		const int n = poll(&p, 1, LOOK_MS);

		if (n > 0)
			return !(p.revents & (POLLERR | POLLNVAL));
		if (n < 0 && errno != EINTR)
			return false;
	}
	return false;
}

/* A full disk or closed pipe loses the line, no more. */
static void put(int fd, const char *bytes, size_t len)
{
	while (len && wait_for(fd)) {
		const ssize_t n = write(fd, bytes, MIN(len, PIPE_BUF));

		if (n < 0 && errno != EINTR)
			return;
		bytes += MAX(n, 0);
		len -= (size_t)MAX(n, 0);
	}
}

static void put_all(const char *bytes, size_t len)
{
	for (size_t i = 0; i < G_N_ELEMENTS(writer.fds); i++)
		if (writer.fds[i] >= 0)
			put(writer.fds[i], bytes, len);
}

static void carry(struct line *l)
{
	put_all(l->text, l->len + 1);
	l->text[l->len] = '\0';
	g_mutex_lock(&writer.watch_lock);
	if (writer.watch)
		writer.watch(l->wall_us, l->text, writer.watch_arg);
	g_mutex_unlock(&writer.watch_lock);
	g_free(l);
}

/* The next line; NULL: there is none, and the thread ends. *lost: dropped before it. */
static struct line *next_line(uint64_t *lost)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&writer.lock);
	struct line *l;

	while (g_queue_is_empty(&writer.lines) && !writer.end_us)
		g_cond_wait(&writer.came, &writer.lock);
	if ((l = g_queue_pop_head(&writer.lines)))
		writer.bytes -= l->len;
	*lost = writer.dropped - writer.told;
	writer.told = writer.dropped;
	return l;
}

static void tell_lost(uint64_t lost)
{
	g_autofree char *text = g_strdup_printf(
		"%" G_GUINT64_FORMAT " lines of the log were dropped: they leave too slowly\n",
		lost);

	put_all(text, strlen(text));
}

static void one_written(void)
{
	g_mutex_lock(&writer.lock);
	g_atomic_int_add(&writer.pending, -1);
	g_cond_broadcast(&writer.written);
	g_mutex_unlock(&writer.lock);
}

static gpointer run(gpointer arg)
{
	struct line *l;
	uint64_t lost;

	while ((l = next_line(&lost))) {
		carry(l);
		if (lost)
			tell_lost(lost);
		one_written();
	}
	return arg;
}

/* The thread goes on while the one that crashed waits here; nothing else is safe in a handler. */
static void on_crash(int signum)
{
	const struct timespec nap = { .tv_nsec = 10 * 1000 * 1000 };

	(void)signum;
	for (int i = 0; i < CRASH_LOOKS && g_atomic_int_get(&writer.pending) > 0; i++)
		nanosleep(&nap, NULL);
}

/* The handler leaves by return: the fault, or abort(), then ends the process as without it. Those
 * of a sanitizer or debugger stay. */
static void watch_crashes(void)
{
	static const int signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	struct sigaction ours = { .sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND }, now;

	for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
		if (!sigaction(signals[i], NULL, &now) && now.sa_handler == SIG_DFL)
			sigaction(signals[i], &ours, NULL);
}

bool limen_log_writer_start(const int fds[2])
{
	static bool at_exit;

	limen_log_writer_stop();
	writer.fds[0] = fds[0];
	writer.fds[1] = fds[1];
	writer.end_us = 0;
	writer.dropped = writer.told = 0;
	if (!(writer.thread = g_thread_try_new("log", run, NULL, NULL)))
		return false;
	watch_crashes();
	if (!at_exit)
		at_exit = atexit(limen_log_writer_stop) == 0;
	return true;
}

void limen_log_writer_stop(void)
{
	GThread *thread;

	g_mutex_lock(&writer.lock);
	thread = g_steal_pointer(&writer.thread);
	writer.end_us = g_get_monotonic_time() + PATIENCE_US;
	g_cond_broadcast(&writer.came);
	g_mutex_unlock(&writer.lock);
	if (thread)
		g_thread_join(thread);
}

bool limen_log_writer_push(int64_t wall_us, const char *line, size_t len)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&writer.lock);
	struct line *l;

	if (!writer.thread)
		return false;
	if (writer.bytes + len > LIMEN_LOG_WRITER_BYTES_MAX) {
		writer.dropped++;
		return true;
	}
	l = g_malloc(sizeof(*l) + len + 2);
	l->wall_us = wall_us;
	l->len = len;
	memcpy(l->text, line, len);
	memcpy(l->text + len, "\n", 2);
	g_queue_push_tail(&writer.lines, l);
	writer.bytes += len;
	g_atomic_int_inc(&writer.pending);
	g_cond_signal(&writer.came);
	return true;
}

void limen_log_writer_flush(void)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&writer.lock);
	const int64_t until_us = g_get_monotonic_time() + PATIENCE_US;

	while (g_atomic_int_get(&writer.pending) > 0 && writer.thread)
		if (!g_cond_wait_until(&writer.written, &writer.lock, until_us))
			return;
}

void limen_log_writer_watch(limen_log_watch_fn *fn, void *arg)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&writer.watch_lock);

	writer.watch = fn;
	writer.watch_arg = arg;
}

uint64_t limen_log_writer_dropped(void)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&writer.lock);

	return writer.dropped;
}
