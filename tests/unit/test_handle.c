/*
 * A handle whose session ends while it attaches: the plugin hears attach() and then detach(), or
 * neither, whatever comes first. The session ends on one thread, the handle attaches from another,
 * as transports do.
 */
#include "core/session/handle.h"

#define ROUNDS 3000

static struct limen_core core;
static gint attached, detached, wrong; /* atomic */

static int attach(struct limen_handle *h)
{
	h->state = &core;
	g_atomic_int_inc(&attached);
	return 0;
}

static void detach(struct limen_handle *h)
{
	if (h->state != &core)
		g_atomic_int_inc(&wrong);
	g_atomic_int_inc(&detached);
}

static void send(uint64_t client, uint64_t request, uint64_t session, json_t *msg)
{
	(void)client, (void)request, (void)session;
	json_decref(msg);
}

static const struct limen_plugin plugin = { .attach = attach, .detach = detach };
static const struct limen_transport transport = { .send = send };
static gint turn; /* atomic: both threads begin a round together */

static void wait_for(gint n)
{
	while (g_atomic_int_get(&turn) < n)
		;
}

static gpointer end_sessions(gpointer arg)
{
	struct limen_session **session = arg;

	for (gint i = 1; i <= ROUNDS; i++) {
		wait_for(2 * i - 1);
		for (gint spin = 0; spin < (i * 37) % 4000; spin++)
			g_atomic_int_get(&turn);
		limen_session_end(*session, LIMEN_END_DESTROYED);
		g_atomic_int_set(&turn, 2 * i);
	}
	return NULL;
}

static void nothing(void *arg)
{
	(void)arg;
}

static void test_session_ends(void)
{
	struct limen_core_handle *h;
	struct limen_session *s = NULL;
	GThread *thread;

	core.sessions = limen_sessions_new(&core);
	core.loops = g_new0(struct limen_loop *, 1);
	g_assert_cmpint(limen_loop_new(&core.loops[0], 0), ==, 0);
	core.loop_count = 1;
	thread = g_thread_new("ends", end_sessions, &s);
	for (gint i = 1; i <= ROUNDS; i++) {
		g_assert_cmpint(limen_session_create(core.sessions, 0, &transport, 1, &s), ==, 0);
		g_atomic_int_set(&turn, 2 * i - 1);
		limen_handle_attach(&core, s, &plugin, NULL, NULL, -1, &h);
		limen_handle_unref(h);
		wait_for(2 * i);
		limen_session_unref(s);
	}
	g_thread_join(thread);
	limen_loop_call(core.loops[0], nothing, NULL);
	g_assert_cmpint(detached, ==, attached);
	g_assert_cmpint(wrong, ==, 0);
	limen_loop_free(core.loops[0]);
	g_free(core.loops);
	limen_sessions_free(core.sessions);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/handle/session-ends", test_session_ends);
	return g_test_run();
}
