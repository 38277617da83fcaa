/*
 * Whose sessions end when a client's connection goes: those that it owns then, and no others,
 * whatever was claimed meanwhile; and that it does not take longer the more others there are.
 */
#include "core/session/session.h"

#define CLIENTS 20000

static struct limen_core core;
static unsigned over, lost, claimed; /* told to transports */

static void send(uint64_t client, uint64_t request, uint64_t session, json_t *msg)
{
	(void)client, (void)request, (void)session;
	json_decref(msg);
}

static void session(uint64_t client, uint64_t id, enum limen_session_change what)
{
	(void)client, (void)id;
	over += what == LIMEN_SESSION_OVER;
	lost += what == LIMEN_SESSION_LOST;
	claimed += what == LIMEN_SESSION_CLAIMED;
}

static const struct limen_transport one = { .send = send, .session = session },
				    other = { .send = send, .session = session };

static void set_up(int reclaim_timeout_s)
{
	core = (struct limen_core){ .set.reclaim_timeout_s = reclaim_timeout_s };
	core.sessions = limen_sessions_new(&core);
	over = lost = claimed = 0;
}

static void tear_down(void)
{
	limen_sessions_end_all(core.sessions);
	g_assert_cmpuint(limen_sessions_count(core.sessions), ==, 0);
	limen_sessions_free(core.sessions);
}

static void create(uint64_t id, const struct limen_transport *owner, uint64_t client)
{
	struct limen_session *s;

	g_assert_cmpint(limen_session_create(core.sessions, id, owner, client, &s), ==, 0);
	limen_session_unref(s);
}

static bool is_there(uint64_t id)
{
	struct limen_session *s = limen_session_find(core.sessions, id);

	limen_session_unref(s);
	return s != NULL;
}

static void claim(uint64_t id, const struct limen_transport *owner, uint64_t client)
{
	struct limen_session *s = limen_session_find(core.sessions, id);

	limen_session_claim(s, owner, client);
	limen_session_unref(s);
}

static void test_gone(void)
{
	set_up(0);
	create(1, &one, 7);
	create(2, &one, 7);
	create(3, &one, 8);
	create(4, &other, 7);
	limen_sessions_client_gone(core.sessions, &one, 7);
	g_assert_false(is_there(1) || is_there(2));
	g_assert_true(is_there(3) && is_there(4));
	limen_sessions_client_gone(core.sessions, &one, 7);
	limen_sessions_client_gone(core.sessions, &one, 99);
	g_assert_cmpuint(limen_sessions_count(core.sessions), ==, 2);
	create(1, &one, 7); /* an id and a client may come back */
	limen_sessions_client_gone(core.sessions, &one, 7);
	g_assert_false(is_there(1));
	tear_down();
}

static void test_claimed(void)
{
	set_up(0);
	create(1, &one, 7);
	create(2, &one, 7);
	claim(1, &other, 9);
	claim(1, &other, 9); /* has it */
	g_assert_cmpuint(lost, ==, 1);
	g_assert_cmpuint(claimed, ==, 1);
	limen_sessions_client_gone(core.sessions, &one, 7);
	g_assert_true(is_there(1));
	g_assert_false(is_there(2));
	limen_sessions_client_gone(core.sessions, &other, 9);
	g_assert_false(is_there(1));
	tear_down();
}

static void test_reclaimed(void)
{
	set_up(60);
	create(1, &one, 7);
	limen_sessions_client_gone(core.sessions, &one, 7);
	g_assert_true(is_there(1));
	claim(1, &one, 8);
	g_assert_cmpuint(lost, ==, 0);
	g_assert_cmpuint(claimed, ==, 1);
	core.set.reclaim_timeout_s = 0;
	limen_sessions_client_gone(core.sessions, &one, 7); /* again: not its any more */
	g_assert_true(is_there(1));
	limen_sessions_client_gone(core.sessions, &one, 8);
	g_assert_false(is_there(1));
	tear_down();
}

static void test_ended_before(void)
{
	struct limen_session *s;

	set_up(0);
	create(1, &one, 7);
	create(2, &one, 7);
	s = limen_session_find(core.sessions, 1);
	limen_session_end(s, LIMEN_END_DESTROYED);
	limen_session_claim(s, &other, 9); /* too late */
	limen_session_unref(s);
	g_assert_cmpuint(over, ==, 1);
	limen_sessions_client_gone(core.sessions, &other, 9);
	limen_sessions_client_gone(core.sessions, &one, 7);
	g_assert_cmpuint(limen_sessions_count(core.sessions), ==, 0);
	tear_down();
}

/* All connections break at once, as when a proxy in front goes: each must look at its own sessions
 * only. Walking over all of them takes ten times as long as is allowed here. */
static void test_many(void)
{
	int64_t began_us;

	set_up(0);
	for (uint64_t i = 1; i <= CLIENTS; i++)
		create(i, &one, i);
	began_us = g_get_monotonic_time();
	for (uint64_t i = 1; i <= CLIENTS; i++)
		limen_sessions_client_gone(core.sessions, &one, i);
	g_assert_cmpint(g_get_monotonic_time() - began_us, <, 4 * G_USEC_PER_SEC);
	g_assert_cmpuint(limen_sessions_count(core.sessions), ==, 0);
	tear_down();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/session/gone", test_gone);
	g_test_add_func("/session/claimed", test_claimed);
	g_test_add_func("/session/reclaimed", test_reclaimed);
	g_test_add_func("/session/ended-before", test_ended_before);
	g_test_add_func("/session/many", test_many);
	return g_test_run();
}
