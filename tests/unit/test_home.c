/*
 * Homes: order of posts of several threads across a move, nothing lost, the right loop.
 */
#include "core/base/home.h"
#include <glib.h>

#define POSTERS 4
#define POSTS 20000

struct poster {
	unsigned next; /* what its next task must bring; on the home's loop */
	gint wrong;
};

static struct {
	struct limen_loop *a, *b;
	struct limen_home home;
	struct poster posters[POSTERS];
	gint on_a, on_b, arrived, settled, early;
} t;

struct job {
	unsigned poster, number;
};

static void run_job(void *arg)
{
	struct job *j = arg;
	struct poster *p = &t.posters[j->poster];

	if (p->next++ != j->number)
		p->wrong++;
	if (limen_loop_current() == t.a)
		g_atomic_int_inc(&t.on_a);
	else if (limen_loop_current() == t.b)
		g_atomic_int_inc(&t.on_b);
	if (limen_loop_current() == t.b && !g_atomic_int_get(&t.arrived))
		t.early++;
	g_free(j);
}

static gpointer post_all(gpointer arg)
{
	for (unsigned n = 0; n < POSTS; n++) {
		struct job *j = g_new(struct job, 1);

		*j = (struct job){ GPOINTER_TO_UINT(arg), n };
		limen_home_post(&t.home, run_job, j);
		if (n % 64 == 0)
			g_thread_yield();
	}
	return NULL;
}

static void on_arrive(void *arg)
{
	(void)arg;
	g_assert_true(limen_home_here(&t.home));
	g_atomic_int_set(&t.arrived, 1);
}

static void on_settled(void *arg)
{
	(void)arg;
	g_atomic_int_set(&t.settled, 1);
}

static void move(void *arg)
{
	(void)arg;
	limen_home_move(&t.home, t.b, on_arrive, on_settled, NULL);
}

static void nothing(void *arg)
{
	(void)arg;
}

static void test_move(void)
{
	GThread *threads[POSTERS];
	unsigned done = 0;

	g_assert_cmpint(limen_loop_new(&t.a, 0), ==, 0);
	g_assert_cmpint(limen_loop_new(&t.b, 1), ==, 0);
	limen_home_init(&t.home, t.a);
	for (unsigned i = 0; i < POSTERS; i++)
		threads[i] = g_thread_new("poster", post_all, GUINT_TO_POINTER(i));
	while (g_atomic_int_get(&t.on_a) < POSTS / 2)
		g_thread_yield();
	limen_home_post(&t.home, move, NULL);
	for (unsigned i = 0; i < POSTERS; i++)
		g_thread_join(threads[i]);
	for (unsigned i = 0; i < 3; i++) { /* passed on, marked, released */
		limen_loop_call(t.a, nothing, NULL);
		limen_loop_call(t.b, nothing, NULL);
	}
	for (unsigned i = 0; i < POSTERS; i++) {
		g_assert_cmpint(t.posters[i].wrong, ==, 0);
		done += t.posters[i].next;
	}
	g_assert_cmpuint(done, ==, POSTERS * POSTS);
	g_assert_cmpint(t.on_a + t.on_b, ==, POSTERS * POSTS);
	g_assert_cmpint(t.on_b, >, 0);
	g_assert_cmpint(t.early, ==, 0);
	g_assert_cmpint(t.settled, ==, 1);
	limen_home_clear(&t.home);
	limen_loop_free(t.a);
	limen_loop_free(t.b);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/home/move", test_move);
	return g_test_run();
}
