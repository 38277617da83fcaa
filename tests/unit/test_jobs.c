/*
 * Jobs: work on other threads, answers on the loop, a bound on what waits, and an end that nothing
 * outlives. Real loops; a handle is any pointer, whose posts go to the loop until it has ended.
 */
#include "kit/jobs.h"
#include "core/base/loop.h"

#define THREADS 2u
#define WAITING 4u

static struct limen_loop *loop;
static gint ended;

static void post(struct limen_loop *to, void (*fn)(void *arg), void *arg)
{
	limen_loop_post(to, fn, arg);
}

struct task {
	struct limen_handle *h;
	void (*fn)(struct limen_handle *h, void *arg);
	void *arg;
	GDestroyNotify free;
};

static void run_task(void *arg)
{
	struct task *t = arg;

	if (g_atomic_int_get(&ended))
		t->free(t->arg);
	else
		t->fn(t->h, t->arg);
	g_free(t);
}

static void post_handle(struct limen_handle *h, void (*fn)(struct limen_handle *h, void *arg),
	void *arg, GDestroyNotify free)
{
	const struct task t = { h, fn, arg, free };

	limen_loop_post(loop, run_task, g_memdup2(&t, sizeof(t)));
}

static const struct limen_media_services media = { .post = post };
static const struct limen_plugin_services services = { .post = post_handle, .media = &media };
const struct limen_plugin_services *limen = &services;

/* What became of one job. */
struct order {
	gint worked, done, dropped;
	bool on_loop, work_elsewhere;
};

static GMutex gate; /* held: work() waits */

static void work(void *arg)
{
	struct order *o = arg;

	g_mutex_lock(&gate);
	g_mutex_unlock(&gate);
	o->work_elsewhere = limen_loop_current() != loop;
	g_atomic_int_inc(&o->worked);
}

static void done(void *arg)
{
	struct order *o = arg;

	o->on_loop = limen_loop_current() == loop;
	g_atomic_int_inc(&o->done);
}

static void dropped(void *arg)
{
	g_atomic_int_inc(&((struct order *)arg)->dropped);
}

static const struct limen_job job = { work, done, dropped };

static void nothing(void *arg)
{
	(void)arg;
}

static void wait_for(const gint *what)
{
	for (unsigned i = 0; i < 5000 && !g_atomic_int_get(what); i++)
		g_usleep(1000);
	g_assert_cmpint(g_atomic_int_get(what), ==, 1);
}

static void begin(void)
{
	g_atomic_int_set(&ended, 0);
	g_assert_cmpint(limen_loop_new(&loop, 0), ==, 0);
}

static void test_done(void)
{
	struct limen_jobs *j = limen_jobs_new(THREADS, WAITING);
	struct limen_request request = { .handle = (struct limen_handle *)(void *)&ended };
	struct order a = { 0 }, b = { 0 };

	begin();
	g_assert_cmpint(limen_jobs_run(j, loop, &job, &a), ==, 0);
	g_assert_cmpint(limen_jobs_run_request(j, &request, &job, &b), ==, 0);
	wait_for(&a.done);
	wait_for(&b.done);
	g_assert_true(a.on_loop && b.on_loop && a.work_elsewhere && b.work_elsewhere);
	limen_jobs_free(j);
	limen_loop_free(loop);
	g_assert_cmpint(a.done + b.done, ==, 2);
	g_assert_cmpint(a.dropped + b.dropped, ==, 0);
	limen_jobs_free(NULL);
}

static void test_handle_ended(void)
{
	struct limen_jobs *j = limen_jobs_new(THREADS, WAITING);
	struct limen_request request = { .handle = (struct limen_handle *)(void *)&ended };
	struct order a = { 0 };

	begin();
	g_atomic_int_set(&ended, 1);
	g_assert_cmpint(limen_jobs_run_request(j, &request, &job, &a), ==, 0);
	wait_for(&a.dropped);
	g_assert_cmpint(a.worked, ==, 1);
	g_assert_cmpint(a.done, ==, 0);
	limen_jobs_free(j);
	limen_loop_free(loop);
}

/* While the threads are busy only so many wait; when the pool ends, those are dropped unworked. */
static void test_bound_and_end(void)
{
	struct limen_jobs *j = limen_jobs_new(THREADS, WAITING);
	struct order all[THREADS + WAITING + 1] = { 0 };
	unsigned taken = 0;
	gint settled = 0;

	begin();
	g_mutex_lock(&gate);
	/* the threads take theirs in their own time */
	for (unsigned i = 0; i < 5000 && taken < THREADS + WAITING; i++) {
		if (limen_jobs_run(j, loop, &job, &all[taken]) == 0)
			taken++;
		else
			g_usleep(1000);
	}
	g_assert_cmpuint(taken, ==, THREADS + WAITING);
	g_assert_cmpint(limen_jobs_run(j, loop, &job, &all[taken]), ==, LIMEN_ELIMIT);
	g_mutex_unlock(&gate);
	limen_jobs_free(j);
	for (unsigned i = 0; i < taken; i++)
		settled += all[i].done; /* none changes any more */
	limen_loop_call(loop, nothing, NULL);
	for (unsigned i = 0; i < taken; i++) {
		settled -= all[i].done;
		g_assert_cmpint(all[i].done + all[i].dropped, ==, 1);
	}
	g_assert_cmpint(settled, ==, 0);
	g_assert_cmpint(all[taken].worked, ==, 0);
	limen_loop_free(loop);
}

static gpointer free_jobs(gpointer j)
{
	limen_jobs_free(j);
	return NULL;
}

/* The end comes while a job runs: it is waited for, and dropped after its work. */
static void test_end_while_working(void)
{
	struct limen_jobs *j = limen_jobs_new(1, G_MAXUINT);
	struct order first = { 0 }, second = { 0 }, more = { 0 };
	GThread *end;

	begin();
	g_mutex_lock(&gate);
	g_assert_cmpint(limen_jobs_run(j, loop, &job, &first), ==, 0);
	g_assert_cmpint(limen_jobs_run(j, loop, &job, &second), ==, 0);
	end = g_thread_new("end", free_jobs, j);
	/* nothing is taken any more once the end has begun */
	while (limen_jobs_run(j, loop, &job, &more) == 0)
		g_usleep(1000);
	g_mutex_unlock(&gate);
	g_thread_join(end);
	g_assert_cmpint(first.done, ==, 0);
	g_assert_cmpint(first.dropped, ==, 1);
	g_assert_cmpint(second.worked, ==, 0);
	g_assert_cmpint(second.dropped, ==, 1);
	limen_loop_free(loop);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/jobs/done", test_done);
	g_test_add_func("/jobs/handle-ended", test_handle_ended);
	g_test_add_func("/jobs/bound-and-end", test_bound_and_end);
	g_test_add_func("/jobs/end-while-working", test_end_while_working);
	return g_test_run();
}
