/*
 * Requests that come while the gateway ends: a transport hears nothing once it may be freed. The
 * requests come from a thread of their own, as transports have it.
 */
#include "core/session/handle.h"
#include "core/session/request.h"

#define ROUNDS 30
#define HANDLES 4

static struct limen_core core;
static struct limen_session *session;
static struct limen_core_handle *handles[HANDLES];
static gint freed, too_late, sent, over; /* atomic */

static int work(struct limen_handle *h, struct limen_request *r)
{
	(void)h;
	g_usleep(100);
	r->reply = json_object();
	return 0;
}

static const struct limen_request_row requests[] = {
	{ "work", 0, 0, NULL, work, NULL },
	LIMEN_REQUESTS_END,
};
static const struct limen_plugin plugin = {
	.head = { .name = "test" }, .key = "test", .requests = requests
};

static void send(uint64_t client, uint64_t request, uint64_t of, json_t *msg)
{
	(void)client, (void)request, (void)of;
	g_atomic_int_inc(g_atomic_int_get(&freed) ? &too_late : &sent);
	json_decref(msg);
}

static const struct limen_transport transport = { .send = send };

static gpointer ask(gpointer arg)
{
	for (unsigned i = 0; !g_atomic_int_get(&over); i++)
		limen_request_receive(&core, &transport, 1, 1,
			json_pack("{s:s,s:s,s:I,s:I,s:{s:s}}", "janus", "message", "transaction",
				"t", "session_id", (json_int_t)limen_session_id(session),
				"handle_id", (json_int_t)handles[i % HANDLES]->pub.id, "body",
				"request", "work"));
	return arg;
}

static void round_of_requests(void)
{
	struct limen_loop *loops[2];
	GThread *thread;

	core = (struct limen_core){ .loops = loops, .loop_count = G_N_ELEMENTS(loops) };
	core.sessions = limen_sessions_new(&core);
	for (unsigned i = 0; i < core.loop_count; i++)
		g_assert_cmpint(limen_loop_new(&loops[i], i), ==, 0);
	g_assert_cmpint(limen_session_create(core.sessions, 0, &transport, 1, &session), ==, 0);
	for (unsigned i = 0; i < HANDLES; i++)
		g_assert_cmpint(
			limen_handle_attach(&core, session, &plugin, NULL, NULL, -1, &handles[i]),
			==, 0);
	freed = over = 0;
	thread = g_thread_new("requests", ask, NULL);
	g_usleep(2000);
	limen_requests_close(&core);
	g_atomic_int_set(&freed, 1);
	g_usleep(2000);
	g_atomic_int_set(&over, 1);
	g_thread_join(thread);
	for (unsigned i = 0; i < core.loop_count; i++)
		limen_loop_free(loops[i]);
	for (unsigned i = 0; i < HANDLES; i++)
		limen_handle_unref(handles[i]);
	limen_session_unref(session);
	g_assert_cmpuint(limen_sessions_count(core.sessions), ==, 0);
	limen_sessions_free(core.sessions);
}

static void test_close(void)
{
	for (unsigned i = 0; i < ROUNDS; i++)
		round_of_requests();
	g_assert_cmpint(sent, >, 0);
	g_assert_cmpint(too_late, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/request/close", test_close);
	return g_test_run();
}
