/*
 * Homes. A task carries its home; one that finds itself on the loop that was left passes itself on.
 * Behind the last of those, a marker makes the new loop release what was held. Thread: see home.h.
 */
#include "core/base/home.h"

struct home_task {
	struct limen_home *home;
	limen_task_fn fn;
	void *arg;
};

void limen_home_init(struct limen_home *home, struct limen_loop *loop)
{
	g_mutex_init(&home->lock);
	home->loop = loop;
	home->held = NULL;
}

void limen_home_clear(struct limen_home *home)
{
	g_mutex_clear(&home->lock);
}

struct limen_loop *limen_home_loop(const struct limen_home *home)
{
	return g_atomic_pointer_get(&((struct limen_home *)home)->loop);
}

bool limen_home_here(const struct limen_home *home)
{
	return limen_loop_current() == limen_home_loop(home);
}

static void run_here(void *arg)
{
	struct home_task *t = arg;
	struct limen_loop *loop = limen_home_loop(t->home);

	if (limen_loop_current() != loop) {
		limen_loop_post(loop, run_here, t);
		return;
	}
	t->fn(t->arg);
	g_free(t);
}

void limen_home_post(struct limen_home *home, limen_task_fn fn, void *arg)
{
	struct home_task *t = g_new(struct home_task, 1);
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&home->lock);

	*t = (struct home_task){ home, fn, arg };
	if (home->held)
		g_queue_push_tail(home->held, t);
	else
		limen_loop_post(home->loop, run_here, t);
}

struct move {
	struct limen_home *home;
	limen_task_fn settled;
	void *arg;
};

static void release(void *arg)
{
	struct move *m = arg;
	struct home_task *t;

	g_mutex_lock(&m->home->lock);
	while ((t = g_queue_pop_head(m->home->held)))
		limen_loop_post(m->home->loop, run_here, t);
	g_queue_free(g_steal_pointer(&m->home->held));
	g_mutex_unlock(&m->home->lock);
	m->settled(m->arg);
	g_free(m);
}

/* The last task on the old loop: all before it were passed on. */
static void mark(void *arg)
{
	struct move *m = arg;

	limen_loop_post(limen_home_loop(m->home), release, m);
}

void limen_home_move(struct limen_home *home, struct limen_loop *to, limen_task_fn arrive,
	limen_task_fn settled, void *arg)
{
	struct limen_loop *from = home->loop;
	struct move *m = g_new(struct move, 1);
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&home->lock);

	*m = (struct move){ home, settled, arg };
	home->held = g_queue_new();
	g_atomic_pointer_set(&home->loop, to);
	limen_loop_post(to, arrive, arg);
	limen_loop_post(from, mark, m);
}
