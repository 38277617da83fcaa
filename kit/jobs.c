/*
 * Blocking work on a few threads. They are the pool's own and joined at its end, as GThreadPool's
 * are not: a module may be unloaded then. Thread: any; work() on those of the pool.
 */
#include "kit/jobs.h"

struct limen_jobs {
	gint refs; /* the owner's and one of each job */
	guint threads_max, waiting_max;
	GMutex lock;        /* of all below */
	GPtrArray *threads; /* GThread *: begun when there is work for one more */
	guint free;         /* of them, those that wait for work */
	GCond more, idle;
	bool stopping;
	GQueue waiting;  /* struct given *: work() has not begun, or the pool stops */
	guint answering; /* done() that run now */
};

struct given {
	struct limen_jobs *jobs;
	const struct limen_job *job;
	void *arg;
	struct limen_loop *loop;     /* where to answer, or */
	struct limen_handle *handle; /* whose loop; alive because its request is */
};

static void jobs_unref(struct limen_jobs *j)
{
	if (!g_atomic_int_dec_and_test(&j->refs))
		return;
	g_ptr_array_unref(j->threads);
	g_mutex_clear(&j->lock);
	g_cond_clear(&j->more);
	g_cond_clear(&j->idle);
	g_free(j);
}

static void given_free(struct given *g)
{
	jobs_unref(g->jobs);
	g_free(g);
}

static void drop(gpointer arg)
{
	struct given *g = arg;

	if (g->job->drop)
		g->job->drop(g->arg);
	given_free(g);
}

/* false: the pool stops. */
static bool begin_answer(struct limen_jobs *j)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&j->lock);

	j->answering += !j->stopping;
	return !j->stopping;
}

static void end_answer(struct limen_jobs *j)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&j->lock);

	if (--j->answering == 0)
		g_cond_signal(&j->idle);
}

static void answer(void *arg)
{
	struct given *g = arg;

	if (!begin_answer(g->jobs)) {
		drop(g);
		return;
	}
	g->job->done(g->arg);
	end_answer(g->jobs);
	given_free(g);
}

static void answer_handle(struct limen_handle *h, void *arg)
{
	(void)h;
	answer(arg);
}

/* The next job, waited for; NULL: the pool stops. */
static struct given *next(struct limen_jobs *j)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&j->lock);

	while (!j->stopping && g_queue_is_empty(&j->waiting)) {
		j->free++;
		g_cond_wait(&j->more, &j->lock);
		j->free--;
	}
	return j->stopping ? NULL : g_queue_pop_head(&j->waiting);
}

/* Nothing is posted once the pool stops: true, it will be dropped. */
static bool keep(struct limen_jobs *j, struct given *g)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&j->lock);

	if (j->stopping)
		g_queue_push_tail(&j->waiting, g);
	return j->stopping;
}

static gpointer run(gpointer pool)
{
	struct limen_jobs *j = pool;
	struct given *g;

	while ((g = next(j))) {
		g->job->work(g->arg);
		if (keep(j, g))
			break;
		if (g->handle)
			limen->post(g->handle, answer_handle, g, drop);
		else
			limen->media->post(g->loop, answer, g);
	}
	return NULL;
}

struct limen_jobs *limen_jobs_new(unsigned threads, unsigned waiting_max)
{
	struct limen_jobs *j = g_new0(struct limen_jobs, 1);

	j->refs = 1;
	j->waiting_max = waiting_max;
	g_mutex_init(&j->lock);
	g_cond_init(&j->more);
	g_cond_init(&j->idle);
	g_queue_init(&j->waiting);
	j->threads = g_ptr_array_new();
	j->threads_max = threads;
	return j;
}

/* Is there a thread for one job more? Locked */
static bool staff(struct limen_jobs *j)
{
	GThread *t;

	if (j->free <= j->waiting.length && j->threads->len < j->threads_max &&
		(t = g_thread_try_new("jobs", run, j, NULL)))
		g_ptr_array_add(j->threads, t);
	return j->threads->len > 0;
}

void limen_jobs_free(struct limen_jobs *j)
{
	struct given *g;

	if (!j)
		return;
	g_mutex_lock(&j->lock);
	j->stopping = true;
	g_cond_broadcast(&j->more);
	while (j->answering > 0)
		g_cond_wait(&j->idle, &j->lock);
	g_mutex_unlock(&j->lock);
	for (guint i = 0; i < j->threads->len; i++)
		g_thread_join(g_ptr_array_index(j->threads, i));
	while ((g = g_queue_pop_head(&j->waiting)))
		drop(g);
	jobs_unref(j);
}

static int give(struct limen_jobs *j, struct given g)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&j->lock);

	if (j->waiting.length >= j->waiting_max || j->stopping || !staff(j))
		return LIMEN_ELIMIT;
	g.jobs = j;
	g_atomic_int_inc(&j->refs);
	g_queue_push_tail(&j->waiting, g_memdup2(&g, sizeof(g)));
	g_cond_signal(&j->more);
	return 0;
}

int limen_jobs_run(
	struct limen_jobs *j, struct limen_loop *loop, const struct limen_job *job, void *arg)
{
	return give(j, (struct given){ .job = job, .arg = arg, .loop = loop });
}

int limen_jobs_run_request(struct limen_jobs *j, struct limen_request *deferred,
	const struct limen_job *job, void *arg)
{
	return give(j, (struct given){ .job = job, .arg = arg, .handle = deferred->handle });
}
