/*
 * Blocking work on a bounded pool of threads. What the pool has not done when it ends is kept until
 * its threads have gone, so that drop() needs no thought of threads. Thread: any; work() on those
 * of the pool.
 */
#include "kit/jobs.h"

struct limen_jobs {
	gint refs; /* the owner's and one of each job */
	GThreadPool *pool;
	GMutex lock; /* of all below */
	GCond idle;
	bool stopping;
	guint waiting, waiting_max; /* given, and work() has not begun */
	guint answering;            /* done() that run now */
	GQueue dropped;
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
	g_mutex_clear(&j->lock);
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

/* Takes a job out of those that wait; false: it is dropped, the pool stops. */
static bool begin_work(struct limen_jobs *j, struct given *g)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&j->lock);

	j->waiting--;
	if (j->stopping)
		g_queue_push_tail(&j->dropped, g);
	return !j->stopping;
}

/* Nothing is posted once the pool stops: false, as above. */
static bool keep(struct limen_jobs *j, struct given *g)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&j->lock);

	if (j->stopping)
		g_queue_push_tail(&j->dropped, g);
	return j->stopping;
}

static void run(gpointer data, gpointer pool)
{
	struct limen_jobs *j = pool;
	struct given *g = data;

	if (!begin_work(j, g))
		return;
	g->job->work(g->arg);
	if (keep(j, g))
		return;
	if (g->handle)
		limen->post(g->handle, answer_handle, g, drop);
	else
		limen->media->post(g->loop, answer, g);
}

struct limen_jobs *limen_jobs_new(unsigned threads, unsigned waiting_max)
{
	struct limen_jobs *j = g_new0(struct limen_jobs, 1);

	j->refs = 1;
	j->waiting_max = waiting_max;
	g_mutex_init(&j->lock);
	g_cond_init(&j->idle);
	g_queue_init(&j->dropped);
	/* threads begin when there is work; one that cannot be started is missed, no more */
	j->pool = g_thread_pool_new(run, j, (gint)threads, FALSE, NULL);
	return j;
}

void limen_jobs_free(struct limen_jobs *j)
{
	struct given *g;

	if (!j)
		return;
	g_mutex_lock(&j->lock);
	j->stopping = true;
	while (j->answering > 0)
		g_cond_wait(&j->idle, &j->lock);
	g_mutex_unlock(&j->lock);
	g_thread_pool_free(j->pool, FALSE, TRUE);
	while ((g = g_queue_pop_head(&j->dropped)))
		drop(g);
	jobs_unref(j);
}

static int give(struct limen_jobs *j, struct given g)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&j->lock);

	if (j->waiting >= j->waiting_max || j->stopping)
		return LIMEN_ELIMIT;
	j->waiting++;
	g.jobs = j;
	g_atomic_int_inc(&j->refs);
	g_thread_pool_push(j->pool, g_memdup2(&g, sizeof(g)), NULL);
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
