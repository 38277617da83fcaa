/*
 * Loops. Two GSources serve everything: one for the task queue (an eventfd, written only when the
 * queue was empty), one for what happens between rounds: deferred work, then the timer wheel. The
 * latter works in its prepare function, which GLib calls once before each poll: no system call is
 * needed to get there, and setting a timer wakes nobody. GLib walks all sources in each iteration,
 * so there are no others per peer or timer, except those that libraries bring. Thread: see each
 * function.
 */
#include "core/base/loop.h"
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <limen/types.h>
#include "core/base/clock.h"
#include "core/base/log.h"

#define WATCHDOG_US 5000
#define LOAD_WINDOW_US 10000

struct task {
	limen_task_fn fn;
	void *arg;
};

struct limen_loop {
	unsigned index;
	bool manual;
	GThread *thread;
	GMainContext *context;
	GMainLoop *main;
	GSource *tasks, *rounds;
	struct limen_deferred *deferred[LIMEN_STAGES];
	struct limen_wheel *wheel;
	int event_fd;
	GMutex lock;   /* of queue */
	GArray *queue; /* struct task */
	GArray *spare; /* the other one of two, empty */
	int64_t warned_us;
	int64_t woken_us;              /* when the poll of this iteration returned */
	int64_t window_us, waited_us;  /* of the load: when it began, and idle time in it */
	struct limen_histogram worked; /* atomic: between polls */
	gint load;                     /* atomic: parts of 1000; written on the loop */
};

struct loop_source {
	GSource source;
	struct limen_loop *loop;
};

static GPrivate current;

static void watch(struct limen_loop *l, int64_t begun_us, const char *what, void (*fn)(void))
{
	const int64_t took_us = limen_now_us() - begun_us;
	Dl_info info = { 0 };

	if (took_us <= WATCHDOG_US || begun_us - l->warned_us < G_USEC_PER_SEC)
		return;
	l->warned_us = begun_us;
	dladdr(*(void **)&fn, &info);
	limen_warn("loop", "loop %u: a %s (%s%s) kept the loop for %.1f ms", l->index, what,
		info.dli_fname ? info.dli_fname : "?", info.dli_sname ? info.dli_sname : "",
		(double)took_us / 1000);
}

static bool run_tasks(struct limen_loop *l)
{
	GArray *batch;
	uint64_t n;
	bool any;

	while (read(l->event_fd, &n, sizeof(n)) < 0 && errno == EINTR)
		;
	g_mutex_lock(&l->lock);
	batch = l->queue;
	l->queue = l->spare ? g_steal_pointer(&l->spare)
			    : g_array_new(FALSE, FALSE, sizeof(struct task));
	g_mutex_unlock(&l->lock);
	for (guint i = 0; i < batch->len; i++) {
		struct task t = g_array_index(batch, struct task, i);
		const int64_t begun_us = limen_now_us();

		t.fn(t.arg);
		watch(l, begun_us, "task", (void (*)(void))t.fn);
	}
	any = batch->len > 0;
	g_array_set_size(batch, 0);
	if (l->spare)
		g_array_unref(batch);
	else
		l->spare = batch;
	return any;
}

static gboolean dispatch_tasks(GSource *source, GSourceFunc fn, gpointer arg)
{
	(void)fn, (void)arg;
	run_tasks(((struct loop_source *)source)->loop);
	return G_SOURCE_CONTINUE;
}

/* Whatever was deferred, also meanwhile, to whichever stage. */
static bool run_deferred(struct limen_loop *l)
{
	bool worked = false;
	unsigned stage = 0;

	while (stage < LIMEN_STAGES) {
		struct limen_deferred *d = l->deferred[stage];

		if (!d) {
			stage++;
			continue;
		}
		limen_deferred_cancel(d);
		d->fn(d->arg);
		worked = true;
		stage = 0;
	}
	return worked;
}

static gboolean prepare_round(GSource *source, gint *timeout_ms)
{
	struct limen_loop *l = ((struct loop_source *)source)->loop;
	const int64_t begun_us = limen_now_us();
	int64_t next_us;

	if (run_deferred(l))
		watch(l, begun_us, "deferred task", NULL);
	next_us = limen_wheel_next(l->wheel);
	*timeout_ms = -1;
	if (next_us != INT64_MAX)
		*timeout_ms = (gint)CLAMP((next_us - limen_now_us() + 999) / 1000, 0, G_MAXINT);
	return *timeout_ms == 0;
}

static gboolean check_round(GSource *source)
{
	return limen_wheel_next(((struct loop_source *)source)->loop->wheel) <= limen_now_us();
}

static gboolean dispatch_timers(GSource *source, GSourceFunc fn, gpointer arg)
{
	struct limen_loop *l = ((struct loop_source *)source)->loop;
	const int64_t begun_us = limen_now_us();

	(void)fn, (void)arg;
	limen_wheel_advance(l->wheel, begun_us);
	watch(l, begun_us, "timer", NULL);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs task_funcs = { .dispatch = dispatch_tasks };
static GSourceFuncs round_funcs = {
	.prepare = prepare_round, .check = check_round, .dispatch = dispatch_timers
};

static GSource *add_source(struct limen_loop *l, GSourceFuncs *funcs)
{
	GSource *s = g_source_new(funcs, sizeof(struct loop_source));

	((struct loop_source *)s)->loop = l;
	/* Nothing here recurses; but a source that may not is taken out of the poll while it is
	 * dispatched, which costs two writes, a read and a poll each time. */
	g_source_set_can_recurse(s, TRUE);
	g_source_attach(s, l->context);
	return s;
}

/* How much of the time between windows was not spent waiting, smoothed over about four of them. */
static void note_load(struct limen_loop *l, int64_t waited_us, int64_t now_us)
{
	const int64_t window_us = now_us - l->window_us;
	int busy;

	l->waited_us += waited_us;
	if (window_us < LOAD_WINDOW_US)
		return;
	busy = (int)(1000 - MIN(l->waited_us, window_us) * 1000 / window_us);
	g_atomic_int_set(&l->load, l->load + (busy - l->load) / 4);
	l->waited_us = 0;
	l->window_us = now_us;
}

/* What came between two polls is what the sources did: of a library's this is all that can be
 * measured. A slow task or timer has been named before, then watch() is silent. */
static gint poll_watched(GPollFD *fds, guint count, gint timeout_ms)
{
	struct limen_loop *l = g_private_get(&current);
	const int64_t begun_us = limen_now_us();
	gint ready;

	if (l->woken_us) {
		watch(l, l->woken_us, "source", NULL);
		limen_histogram_add(&l->worked, begun_us - l->woken_us);
	}
	ready = g_poll(fds, count, timeout_ms);
	l->woken_us = limen_now_us();
	note_load(l, l->woken_us - begun_us, l->woken_us);
	return ready;
}

/* NULL when there is no file descriptor left. */
static struct limen_loop *loop_new(unsigned index)
{
	const int event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct limen_loop *l;

	if (event_fd < 0)
		return NULL;
	l = g_new0(struct limen_loop, 1);
	l->index = index;
	l->event_fd = event_fd;
	l->context = g_main_context_new();
	l->queue = g_array_new(FALSE, FALSE, sizeof(struct task));
	g_mutex_init(&l->lock);
	limen_wheel_new(&l->wheel, limen_now_us());
	l->tasks = add_source(l, &task_funcs);
	g_source_add_unix_fd(l->tasks, l->event_fd, G_IO_IN);
	l->rounds = add_source(l, &round_funcs);
	return l;
}

static void loop_clear(struct limen_loop *l)
{
	g_source_destroy(l->tasks);
	g_source_unref(l->tasks);
	g_source_destroy(l->rounds);
	g_source_unref(l->rounds);
	limen_wheel_free(l->wheel);
	if (l->main)
		g_main_loop_unref(l->main);
	g_main_context_unref(l->context);
	g_array_unref(l->queue);
	if (l->spare)
		g_array_unref(l->spare);
	g_mutex_clear(&l->lock);
	close(l->event_fd);
	g_free(l);
}

static gpointer run(gpointer arg)
{
	struct limen_loop *l = arg;

	g_private_set(&current, l);
	g_main_context_push_thread_default(l->context);
	g_main_loop_run(l->main);
	while (run_tasks(l) || run_deferred(l))
		;
	g_main_context_pop_thread_default(l->context);
	return NULL;
}

int limen_loop_new(struct limen_loop **out, unsigned index)
{
	struct limen_loop *l = loop_new(index);
	g_autofree char *name = g_strdup_printf("loop %u", index);

	*out = NULL;
	if (!l)
		return LIMEN_EIO;
	g_main_context_set_poll_func(l->context, poll_watched);
	l->main = g_main_loop_new(l->context, FALSE);
	if (!(l->thread = g_thread_try_new(name, run, l, NULL))) {
		loop_clear(l);
		return LIMEN_EIO;
	}
	*out = l;
	return 0;
}

int limen_loop_new_manual(struct limen_loop **out, unsigned index)
{
	struct limen_loop *l = loop_new(index);

	*out = NULL;
	if (!l)
		return LIMEN_EIO;
	l->manual = true;
	g_private_set(&current, l);
	*out = l;
	return 0;
}

bool limen_loop_step(struct limen_loop *l)
{
	bool worked;

	g_private_set(&current, l);
	worked = run_tasks(l);
	worked |= limen_wheel_advance(l->wheel, limen_now_us()) > 0;
	worked |= run_deferred(l);
	worked |= g_main_context_iteration(l->context, FALSE);
	worked |= run_deferred(l);
	return worked;
}

static void quit(void *arg)
{
	g_main_loop_quit(((struct limen_loop *)arg)->main);
}

void limen_loop_stop(struct limen_loop *l)
{
	if (!l->thread)
		return;
	limen_loop_post(l, quit, l);
	g_thread_join(g_steal_pointer(&l->thread));
}

bool limen_loop_drain(struct limen_loop *l)
{
	struct limen_loop *before = limen_loop_current();
	bool any = false;

	g_private_set(&current, l);
	while (run_tasks(l) || run_deferred(l))
		any = true;
	g_private_set(&current, before);
	return any;
}

void limen_loop_free(struct limen_loop *l)
{
	if (!l)
		return;
	limen_loop_stop(l);
	limen_loop_drain(l);
	if (limen_loop_current() == l)
		g_private_set(&current, NULL);
	loop_clear(l);
}

void limen_loop_post(struct limen_loop *l, limen_task_fn fn, void *arg)
{
	const struct task t = { fn, arg };
	const uint64_t one = 1;
	bool was_empty;

	g_mutex_lock(&l->lock);
	was_empty = l->queue->len == 0;
	g_array_append_val(l->queue, t);
	g_mutex_unlock(&l->lock);
	if (was_empty)
		while (write(l->event_fd, &one, sizeof(one)) < 0 && errno == EINTR)
			;
}

struct waiter {
	limen_task_fn fn;
	void *arg;
	GMutex lock;
	GCond cond;
	bool done;
};

static void run_waited(void *arg)
{
	struct waiter *w = arg;

	w->fn(w->arg);
	g_mutex_lock(&w->lock);
	w->done = true;
	g_cond_signal(&w->cond);
	g_mutex_unlock(&w->lock);
}

void limen_loop_call(struct limen_loop *l, limen_task_fn fn, void *arg)
{
	struct waiter w = { .fn = fn, .arg = arg };

	if (l->manual || limen_loop_current() == l) {
		fn(arg);
		return;
	}
	g_mutex_init(&w.lock);
	g_cond_init(&w.cond);
	limen_loop_post(l, run_waited, &w);
	g_mutex_lock(&w.lock);
	while (!w.done)
		g_cond_wait(&w.cond, &w.lock);
	g_mutex_unlock(&w.lock);
	g_mutex_clear(&w.lock);
	g_cond_clear(&w.cond);
}

struct limen_loop *limen_loop_current(void)
{
	return g_private_get(&current);
}

void limen_loop_assert(const struct limen_loop *l)
{
	if (!l->manual && g_private_get(&current) != l)
		g_error("called on the wrong thread: not that of loop %u", l->index);
}

GMainContext *limen_loop_context(struct limen_loop *l)
{
	return l->context;
}

unsigned limen_loop_index(const struct limen_loop *l)
{
	return l->index;
}

void limen_loop_timer_set(struct limen_loop *l, struct limen_timer *t, int64_t at_us)
{
	limen_wheel_set(l->wheel, t, at_us);
}

void limen_loop_defer(struct limen_loop *l, enum limen_stage stage, struct limen_deferred *d)
{
	if (d->link)
		return;
	d->next = l->deferred[stage];
	d->link = &l->deferred[stage];
	if (d->next)
		d->next->link = &d->next;
	l->deferred[stage] = d;
}

void limen_deferred_cancel(struct limen_deferred *d)
{
	if (!d->link)
		return;
	*d->link = d->next;
	if (d->next)
		d->next->link = d->link;
	d->next = NULL;
	d->link = NULL;
}

unsigned limen_loop_load(const struct limen_loop *l)
{
	return (unsigned)g_atomic_int_get(&l->load);
}

void limen_loop_rounds(const struct limen_loop *l, struct limen_histogram *out)
{
	limen_histogram_read(&l->worked, out);
}

unsigned limen_loop_depth(struct limen_loop *l)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&l->lock);

	return l->queue->len;
}

void limen_loop_load_set(struct limen_loop *l, unsigned load)
{
	g_atomic_int_set(&l->load, (gint)load);
}
