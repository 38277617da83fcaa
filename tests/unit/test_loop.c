/*
 * Loops: order of tasks, calls that wait, timers on the loop's thread, what runs at the end, the
 * watchdog, and manual loops under a simulated clock (last: nothing leads back to the real one).
 */
#include "core/base/loop.h"
#include <glib-unix.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>
#include <limen/types.h>
#include "core/base/clock.h"
#include "core/base/log.h"

#define POSTERS 4
#define POSTS 5000
#define HOUR_US (INT64_C(3600) * G_USEC_PER_SEC)

static struct limen_loop *loop_new(unsigned index)
{
	struct limen_loop *l = NULL;

	g_assert_cmpint(limen_loop_new(&l, index), ==, 0);
	return l;
}

static void where(void *arg)
{
	*(struct limen_loop **)arg = limen_loop_current();
}

static void nothing(void *arg)
{
	(void)arg;
}

static void test_identity(void)
{
	struct limen_loop *a = loop_new(3), *b = loop_new(4), *seen = NULL;

	g_assert_cmpuint(limen_loop_index(a), ==, 3);
	g_assert_cmpuint(limen_loop_index(b), ==, 4);
	g_assert_true(limen_loop_context(a) != limen_loop_context(b));
	g_assert_null(limen_loop_current());
	limen_loop_call(a, where, &seen);
	g_assert_true(seen == a);
	limen_loop_call(b, where, &seen);
	g_assert_true(seen == b);
	g_assert_null(limen_loop_current());
	limen_loop_free(a);
	limen_loop_free(b);
	limen_loop_free(NULL);
}

struct order {
	struct limen_loop *loop;
	unsigned next[POSTERS];
	unsigned seen;
};

struct numbered {
	struct order *order;
	unsigned poster, number;
};

static void check_number(void *arg)
{
	struct numbered *n = arg;

	limen_loop_assert(n->order->loop);
	g_assert_cmpuint(n->order->next[n->poster], ==, n->number);
	n->order->next[n->poster]++;
	n->order->seen++;
	g_free(n);
}

struct poster {
	struct order *order;
	unsigned index;
};

static void *post_many(void *arg)
{
	const struct poster *p = arg;

	for (unsigned i = 0; i < POSTS; i++) {
		struct numbered *n = g_new(struct numbered, 1);

		*n = (struct numbered){ p->order, p->index, i };
		limen_loop_post(p->order->loop, check_number, n);
	}
	return NULL;
}

/* No task is lost and those of one thread keep their order, whatever the others post meanwhile. */
static void test_order(void)
{
	struct order order = { .loop = loop_new(0) };
	struct poster posters[POSTERS];
	GThread *threads[POSTERS];

	for (unsigned i = 0; i < POSTERS; i++) {
		posters[i] = (struct poster){ &order, i };
		threads[i] = g_thread_new("poster", post_many, &posters[i]);
	}
	for (unsigned i = 0; i < POSTERS; i++)
		g_thread_join(threads[i]);
	limen_loop_call(order.loop, nothing, NULL);
	g_assert_cmpuint(order.seen, ==, POSTERS * POSTS);
	limen_loop_free(order.loop);
}

/* A task at a time with pauses, so that each finds the loop asleep: a lost wake-up hangs here. */
static void test_wakes(void)
{
	struct limen_loop *l = loop_new(0), *seen;

	for (int i = 0; i < 2000; i++) {
		seen = NULL;
		limen_loop_call(l, where, &seen);
		g_assert_true(seen == l);
	}
	limen_loop_free(l);
}

/* Two loops that hand a ball to each other. */
struct ball {
	struct limen_loop *loops[2];
	GMutex lock;
	GCond cond;
	unsigned passes;
};

static void pass(void *arg)
{
	struct ball *b = arg;
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&b->lock);

	limen_loop_assert(b->loops[b->passes % 2]);
	if (++b->passes == 1000)
		g_cond_signal(&b->cond);
	else
		limen_loop_post(b->loops[b->passes % 2], pass, b);
}

static void test_ping_pong(void)
{
	struct ball b = { .loops = { loop_new(0), loop_new(1) } };

	g_mutex_init(&b.lock);
	g_cond_init(&b.cond);
	limen_loop_post(b.loops[0], pass, &b);
	g_mutex_lock(&b.lock);
	while (b.passes < 1000)
		g_cond_wait(&b.cond, &b.lock);
	g_mutex_unlock(&b.lock);
	limen_loop_free(b.loops[0]);
	limen_loop_free(b.loops[1]);
	g_mutex_clear(&b.lock);
	g_cond_clear(&b.cond);
}

static void call_inside(void *arg)
{
	struct limen_loop *l = limen_loop_current(), *seen = NULL;

	limen_loop_call(l, where, &seen);
	*(bool *)arg = seen == l;
}

static void test_call_on_itself(void)
{
	struct limen_loop *l = loop_new(0);
	bool right = false;

	limen_loop_call(l, call_inside, &right);
	g_assert_true(right);
	limen_loop_free(l);
}

struct chain {
	struct limen_loop *loop;
	gint open; /* the gate */
	unsigned ran, left;
};

static void wait_at_gate(void *arg)
{
	struct chain *c = arg;

	while (!g_atomic_int_get(&c->open))
		g_usleep(1000);
}

static void link_on(void *arg)
{
	struct chain *c = arg;

	limen_loop_assert(c->loop);
	c->ran++;
	if (c->left > 0) {
		c->left--;
		limen_loop_post(c->loop, link_on, c);
	}
}

static void *open_gate(void *arg)
{
	struct chain *c = arg;

	g_usleep(20000);
	g_atomic_int_set(&c->open, 1);
	return NULL;
}

/* Free while the loop is held up: what is queued still runs, on the loop, and what that posts. */
static void test_free_runs_queue(void)
{
	struct chain c = { .loop = loop_new(0), .left = 50 };
	GThread *opener;

	limen_loop_post(c.loop, wait_at_gate, &c);
	for (int i = 0; i < 100; i++)
		limen_loop_post(c.loop, link_on, &c);
	opener = g_thread_new("opener", open_gate, &c);
	limen_loop_free(c.loop);
	g_thread_join(opener);
	g_assert_cmpuint(c.ran, ==, 150);
}

static void test_wrong_thread(void)
{
	if (g_test_subprocess()) {
		limen_loop_assert(loop_new(6));
		return;
	}
	g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
	g_test_trap_assert_failed();
	g_test_trap_assert_stderr("*called on the wrong thread: not that of loop 6*");
}

/* No file descriptor left: an error, not an abort. */
static void test_no_descriptor(void)
{
	struct limen_loop *l = (void *)&l, *manual = (void *)&l;
	struct rlimit none;
	rlim_t all;

	if (g_test_subprocess()) {
		g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &none), ==, 0);
		all = none.rlim_cur;
		none.rlim_cur = 0;
		g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
		g_assert_cmpint(limen_loop_new(&l, 0), ==, LIMEN_EIO);
		g_assert_null(l);
		g_assert_cmpint(limen_loop_new_manual(&manual, 0), ==, LIMEN_EIO);
		g_assert_null(manual);
		none.rlim_cur = all;
		g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
		return;
	}
	g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
	g_test_trap_assert_passed();
}

struct clocked {
	struct limen_timer timer;
	struct limen_loop *loop;
	GMutex lock;
	GCond cond;
	int64_t fired_us;
	unsigned fired;
};

static void on_timer(struct limen_timer *t, void *arg)
{
	struct clocked *c = arg;
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&c->lock);

	limen_loop_assert(c->loop);
	g_assert_false(limen_timer_active(t));
	c->fired_us = limen_now_us();
	c->fired++;
	g_cond_signal(&c->cond);
}

static void clocked_init(struct clocked *c, struct limen_loop *l)
{
	*c = (struct clocked){ .loop = l };
	g_mutex_init(&c->lock);
	g_cond_init(&c->cond);
	limen_timer_init(&c->timer, on_timer, c);
}

static void clocked_clear(struct clocked *c)
{
	g_mutex_clear(&c->lock);
	g_cond_clear(&c->cond);
}

static void wait_fired(struct clocked *c)
{
	g_mutex_lock(&c->lock);
	while (!c->fired)
		g_cond_wait(&c->cond, &c->lock);
	g_mutex_unlock(&c->lock);
}

static void set_far(void *arg)
{
	struct clocked *c = arg;

	limen_loop_timer_set(c->loop, &c->timer, limen_now_us() + HOUR_US);
}

static void set_near(void *arg)
{
	struct clocked *c = arg;

	limen_loop_timer_set(c->loop, &c->timer, limen_now_us() + 15000);
}

static void stop_timer(void *arg)
{
	limen_timer_stop(&((struct clocked *)arg)->timer);
}

/* A timer that is set while the loop sleeps on a far one, and one that was stopped. */
static void test_timer(void)
{
	struct limen_loop *l = loop_new(0);
	struct clocked far, near, stopped;
	const int64_t begun_us = limen_now_us();

	clocked_init(&far, l);
	clocked_init(&near, l);
	clocked_init(&stopped, l);
	limen_loop_call(l, set_far, &far);
	limen_loop_call(l, set_near, &stopped);
	limen_loop_call(l, stop_timer, &stopped);
	limen_loop_call(l, set_near, &near);
	wait_fired(&near);
	g_assert_cmpint(near.fired_us - begun_us, >=, 15000);
	limen_loop_free(l);
	g_assert_cmpuint(near.fired, ==, 1);
	g_assert_cmpuint(far.fired, ==, 0);
	g_assert_cmpuint(stopped.fired, ==, 0);
	g_assert_false(limen_timer_active(&far.timer));
	clocked_clear(&far);
	clocked_clear(&near);
	clocked_clear(&stopped);
}

/* The callback of a periodic timer ends it and its loop's other timer. */
struct period {
	struct clocked c; /* first */
	unsigned left;
};

static void tick(struct limen_timer *t, void *arg)
{
	struct period *p = arg;

	if (--p->left > 0)
		limen_loop_timer_set(p->c.loop, t, t->at_us + 1000);
	else
		on_timer(t, arg);
}

static void test_periodic(void)
{
	struct limen_loop *l = loop_new(0);
	struct period p = { .left = 30 };
	const int64_t begun_us = limen_now_us();

	clocked_init(&p.c, l);
	p.c.timer.fn = tick;
	limen_loop_call(l, set_near, &p.c);
	wait_fired(&p.c);
	g_assert_cmpint(p.c.fired_us - begun_us, >=, 15000 + 29 * 1000);
	g_assert_cmpuint(p.left, ==, 0);
	limen_loop_free(l);
	clocked_clear(&p.c);
}

static void dawdle(void *arg)
{
	(void)arg;
	g_usleep(8000);
}

static void dawdle_timer(struct limen_timer *t, void *arg)
{
	g_usleep(8000);
	on_timer(t, arg);
}

static gboolean dawdle_source(gint fd, GIOCondition condition, gpointer arg)
{
	struct clocked *c = arg;

	(void)fd, (void)condition;
	dawdle(NULL);
	on_timer(&c->timer, c);
	return G_SOURCE_REMOVE;
}

static void keep_line(const char *line, void *arg)
{
	g_async_queue_push(arg, g_strdup(line));
}

/* Does one slow thing on a fresh loop make this line, once? */
static bool warns(void (*act)(struct clocked *c), const char *pattern)
{
	g_autoptr(GAsyncQueue) lines = g_async_queue_new_full(g_free);
	g_autofree char *line = NULL;
	struct limen_loop *l;
	struct clocked c;

	limen_log_capture(keep_line, lines);
	l = loop_new(5);
	clocked_init(&c, l);
	act(&c);
	line = g_async_queue_timeout_pop(lines, 5 * G_USEC_PER_SEC);
	limen_loop_call(l, nothing, NULL);
	limen_loop_free(l);
	limen_log_capture(NULL, NULL);
	clocked_clear(&c);
	return line && g_pattern_match_simple(pattern, line) && g_async_queue_length(lines) == 0;
}

/* On a busy machine something else may be slow first, and is named instead. */
static void expect_warning(void (*act)(struct clocked *c), const char *pattern)
{
	for (int i = 0; i < 20; i++)
		if (warns(act, pattern))
			return;
	g_error("never said: %s", pattern);
}

/* The second one within a second is not reported. */
static void slow_tasks(struct clocked *c)
{
	limen_loop_post(c->loop, dawdle, NULL);
	limen_loop_post(c->loop, dawdle, NULL);
}

static void slow_timer(struct clocked *c)
{
	c->timer.fn = dawdle_timer;
	limen_loop_call(c->loop, set_near, c);
}

static void slow_source(struct clocked *c)
{
	const int fd = eventfd(1, EFD_CLOEXEC);
	GSource *source = g_unix_fd_source_new(fd, G_IO_IN);

	g_source_set_callback(source, G_SOURCE_FUNC(dawdle_source), c, NULL);
	g_source_attach(source, limen_loop_context(c->loop));
	wait_fired(c);
	g_source_unref(source);
	close(fd);
}

static void test_watchdog(void)
{
	expect_warning(slow_tasks, "* warn  loop: loop 5: a task (*) kept the loop for * ms");
	expect_warning(slow_timer, "* warn  loop: loop 5: a timer * kept the loop for * ms");
	expect_warning(slow_source, "* warn  loop: loop 5: a source * kept the loop for * ms");
}

static void count(void *arg)
{
	++*(unsigned *)arg;
}

struct note {
	struct limen_deferred deferred;
	struct limen_loop *loop;
	GString *order;
	char letter;
	struct note *then; /* deferred by this one, to its stage */
	enum limen_stage stage;
};

static void write_note(void *arg)
{
	struct note *n = arg;

	g_assert_false(limen_deferred_waits(&n->deferred));
	g_string_append_c(n->order, n->letter);
	if (n->then)
		limen_loop_defer(n->loop, n->then->stage, &n->then->deferred);
}

static void note_init(
	struct note *n, struct limen_loop *l, GString *order, char letter, enum limen_stage stage)
{
	*n = (struct note){ .loop = l, .order = order, .letter = letter, .stage = stage };
	n->deferred.fn = write_note;
	n->deferred.arg = n;
}

/* Stages keep their order, each piece of work runs once, what was cancelled does not. */
static void test_deferred(void)
{
	g_autoptr(GString) order = g_string_new(NULL);
	struct limen_loop *l = NULL;
	struct note late, early, gone;

	g_assert_cmpint(limen_loop_new_manual(&l, 0), ==, 0);
	note_init(&late, l, order, 'E', LIMEN_STAGE_EGRESS);
	note_init(&early, l, order, 'F', LIMEN_STAGE_FANOUT);
	note_init(&gone, l, order, 'x', LIMEN_STAGE_FANOUT);
	limen_loop_defer(l, LIMEN_STAGE_EGRESS, &late.deferred);
	limen_loop_defer(l, LIMEN_STAGE_FANOUT, &gone.deferred);
	limen_loop_defer(l, LIMEN_STAGE_FANOUT, &early.deferred);
	limen_loop_defer(l, LIMEN_STAGE_FANOUT, &early.deferred);
	g_assert_true(limen_deferred_waits(&early.deferred));
	limen_deferred_cancel(&gone.deferred);
	limen_deferred_cancel(&gone.deferred);
	g_assert_true(limen_loop_step(l));
	g_assert_cmpstr(order->str, ==, "FE");
	g_assert_false(limen_loop_step(l));
	limen_loop_defer(l, LIMEN_STAGE_EGRESS, &late.deferred);
	limen_loop_free(l);
	g_assert_cmpstr(order->str, ==, "FEE");
}

/* GLib wakes a young context for itself; a test of what happens without that waits until it has. */
static void settle(struct limen_loop *l)
{
	for (int i = 0; i < 3; i++) {
		limen_loop_call(l, nothing, NULL);
		g_usleep(5000);
	}
}

static void start_note(void *arg)
{
	struct note *n = arg;

	limen_loop_defer(n->loop, n->stage, &n->deferred);
}

static void finish_note(void *arg)
{
	g_async_queue_push(arg, arg);
}

/* The last stage defers to the first: that too is done before the loop sleeps. */
static void test_deferred_back(void)
{
	g_autoptr(GAsyncQueue) done = g_async_queue_new();
	g_autoptr(GString) order = g_string_new(NULL);
	struct limen_loop *l = loop_new(0);
	struct note late, early, end;

	note_init(&late, l, order, 'E', LIMEN_STAGE_EGRESS);
	note_init(&early, l, order, 'F', LIMEN_STAGE_FANOUT);
	note_init(&end, l, order, '.', LIMEN_STAGE_EGRESS);
	late.then = &early;
	early.then = &end;
	end.deferred.fn = finish_note;
	end.deferred.arg = done;
	settle(l);
	limen_loop_post(l, start_note, &late);
	g_assert_nonnull(g_async_queue_timeout_pop(done, 10 * G_USEC_PER_SEC));
	limen_loop_free(l);
	g_assert_cmpstr(order->str, ==, "EF");
}

static void count_timer(struct limen_timer *t, void *arg)
{
	(void)t;
	++*(unsigned *)arg;
}

static gboolean count_source(gint fd, GIOCondition condition, gpointer arg)
{
	(void)fd, (void)condition;
	++*(unsigned *)arg;
	return G_SOURCE_REMOVE;
}

static void test_manual(void)
{
	struct limen_loop *l = NULL;
	struct limen_timer t;
	unsigned counted = 0;

	limen_clock_simulate(1000000);
	g_assert_cmpint(limen_loop_new_manual(&l, 9), ==, 0);
	limen_loop_assert(l);
	g_assert_false(limen_loop_step(l));
	limen_loop_post(l, count, &counted);
	limen_loop_post(l, count, &counted);
	g_assert_cmpuint(counted, ==, 0);
	g_assert_true(limen_loop_step(l));
	g_assert_cmpuint(counted, ==, 2);
	limen_loop_call(l, count, &counted);
	g_assert_cmpuint(counted, ==, 3);
	limen_timer_init(&t, count_timer, &counted);
	limen_loop_timer_set(l, &t, 1000000 + HOUR_US);
	limen_clock_advance(HOUR_US - G_USEC_PER_SEC);
	g_assert_false(limen_loop_step(l));
	limen_clock_advance(G_USEC_PER_SEC);
	g_assert_true(limen_loop_step(l));
	g_assert_cmpuint(counted, ==, 4);
	g_assert_false(limen_loop_step(l));
	limen_loop_post(l, count, &counted);
	limen_loop_free(l);
	g_assert_cmpuint(counted, ==, 5);
	g_assert_null(limen_loop_current());
}

static void test_manual_source(void)
{
	const int fd = eventfd(1, EFD_CLOEXEC);
	GSource *source = g_unix_fd_source_new(fd, G_IO_IN);
	struct limen_loop *l = NULL;
	unsigned counted = 0;

	g_assert_cmpint(limen_loop_new_manual(&l, 0), ==, 0);
	g_source_set_callback(source, G_SOURCE_FUNC(count_source), &counted, NULL);
	g_source_attach(source, limen_loop_context(l));
	g_assert_true(limen_loop_step(l));
	g_assert_cmpuint(counted, ==, 1);
	g_assert_false(limen_loop_step(l));
	g_source_unref(source);
	close(fd);
	limen_loop_free(l);
}

/* Several on one thread, as a simulation has them. */
static void test_two_manual(void)
{
	struct limen_loop *a = NULL, *b = NULL, *seen = NULL;

	g_assert_cmpint(limen_loop_new_manual(&a, 0), ==, 0);
	g_assert_cmpint(limen_loop_new_manual(&b, 1), ==, 0);
	limen_loop_post(a, where, &seen);
	g_assert_true(limen_loop_step(a));
	g_assert_true(seen == a);
	limen_loop_post(b, where, &seen);
	g_assert_true(limen_loop_step(b));
	g_assert_true(seen == b);
	limen_loop_free(a);
	g_assert_true(limen_loop_current() == b);
	limen_loop_free(b);
	g_assert_null(limen_loop_current());
}

static gint ran;

static void note_loop(void *loop)
{
	g_assert_true(limen_loop_current() == loop);
	g_atomic_int_inc(&ran);
}

/* What is posted after the stop waits, and then runs as if on the loop. */
static void test_stop(void)
{
	struct limen_loop *l;

	g_assert_cmpint(limen_loop_new(&l, 0), ==, 0);
	limen_loop_post(l, note_loop, l);
	limen_loop_stop(l);
	limen_loop_stop(l);
	g_assert_cmpint(g_atomic_int_get(&ran), ==, 1);
	g_assert_false(limen_loop_drain(l));
	limen_loop_post(l, note_loop, l);
	g_usleep(1000);
	g_assert_cmpint(g_atomic_int_get(&ran), ==, 1);
	g_assert_true(limen_loop_drain(l));
	g_assert_cmpint(g_atomic_int_get(&ran), ==, 2);
	g_assert_null(limen_loop_current());
	limen_loop_post(l, note_loop, l);
	limen_loop_free(l);
	g_assert_cmpint(g_atomic_int_get(&ran), ==, 3);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/loop/identity", test_identity);
	g_test_add_func("/loop/order", test_order);
	g_test_add_func("/loop/wakes", test_wakes);
	g_test_add_func("/loop/ping-pong", test_ping_pong);
	g_test_add_func("/loop/call-on-itself", test_call_on_itself);
	g_test_add_func("/loop/free-runs-queue", test_free_runs_queue);
	g_test_add_func("/loop/stop", test_stop);
	g_test_add_func("/loop/wrong-thread", test_wrong_thread);
	g_test_add_func("/loop/no-descriptor", test_no_descriptor);
	g_test_add_func("/loop/timer", test_timer);
	g_test_add_func("/loop/periodic", test_periodic);
	g_test_add_func("/loop/deferred-back", test_deferred_back);
	g_test_add_func("/loop/watchdog", test_watchdog);
	g_test_add_func("/loop/manual", test_manual);
	g_test_add_func("/loop/manual-source", test_manual_source);
	g_test_add_func("/loop/deferred", test_deferred);
	g_test_add_func("/loop/two-manual", test_two_manual);
	return g_test_run();
}
