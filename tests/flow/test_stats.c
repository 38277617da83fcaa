/*
 * Snapshots of a connection: what has been counted both ways, and who the peer is.
 */
#include "core/media/stats.h"
#include <string.h>
#include "tests/lib/call.h"

static const struct limen_stats_line *line(const struct limen_stats_peer *s, guint i)
{
	g_assert_cmpuint(s->lines->len, >, i);
	return &g_array_index(s->lines, struct limen_stats_line, i);
}

static void test_nothing_yet(void)
{
	struct limen_stats_peer s;
	struct call_end *e;

	call_start(1, &fake_ice);
	e = call_end_new();
	limen_stats_peer(e->peer, true, &s);
	g_assert_false(s.exists);
	g_assert_false(s.has_agent);
	g_assert_cmpuint(s.lines->len, ==, 0);
	g_assert_cmpuint(s.local_candidates->len, ==, 0);
	limen_stats_clear(&s);
	call_stop();
}

static void test_call(void)
{
	struct limen_stats_peer from, to;
	struct call_end *a, *b;

	call_start(2, &fake_ice);
	a = call_end_new();
	b = call_end_new();
	call_connect(a, b, "va");
	for (uint16_t n = 0; n < 50; n++) {
		call_send(a, 0, n);
		call_run(20 * CALL_MS);
	}
	call_run(2 * CALL_S);
	limen_stats_peer(a->peer, true, &from);
	limen_stats_peer(b->peer, true, &to);
	g_assert_true(from.up && to.up && from.negotiated && to.exists);
	g_assert_cmpstr(from.dtls_state, ==, "connected");
	g_assert_nonnull(from.srtp_profile);
	g_assert_nonnull(from.fingerprint);
	g_assert_cmpint(from.up_us, >, from.created_us);
	g_assert_nonnull(strstr(from.local, "m=video"));
	g_assert_cmpuint(from.local_candidates->len, >, 0);
	g_assert_cmpuint(line(&from, 0)->out.packets, ==, 50);
	g_assert_cmpuint(line(&to, 0)->in[0].way.packets, ==, 50);
	g_assert_cmpuint(line(&to, 0)->in[0].ssrc, ==, line(&from, 0)->out_ssrc);
	g_assert_cmpuint(line(&to, 0)->in[0].quality, ==, 100);
	g_assert_cmpint(line(&to, 0)->in[0].lost, ==, 0);
	g_assert_cmpstr(line(&to, 0)->mid, ==, "0");
	g_assert_false(line(&to, 1)->in[0].there);
	g_assert_cmpint(line(&to, 1)->kind, ==, LIMEN_AUDIO);
	limen_stats_clear(&from);
	limen_stats_clear(&to);
	call_stop();
}

/* While media flows, and when it has stopped. */
static void test_brief(void)
{
	struct limen_stats_brief from, to;
	struct call_end *a, *b;

	call_start(3, &fake_ice);
	a = call_end_new();
	b = call_end_new();
	limen_stats_brief(a->peer, &from);
	g_assert_cmpint(from.state, ==, LIMEN_STATS_NEW);
	call_connect(a, b, "va");
	for (uint16_t n = 0; n < 200; n++) {
		if (n % 4)
			call_send(a, 0, n);
		call_run(20 * CALL_MS);
	}
	limen_stats_brief(a->peer, &from);
	limen_stats_brief(b->peer, &to);
	g_assert_cmpint(from.state, ==, LIMEN_STATS_UP);
	g_assert_cmpint(to.state, ==, LIMEN_STATS_UP);
	g_assert_cmpuint(to.streams, ==, 1);
	g_assert_cmpuint(from.streams, ==, 1);
	g_assert_cmpuint(from.bits_out, >, 0);
	g_assert_cmpuint(to.bits_in, >, 0);
	g_assert_cmpuint(from.bits_in + to.bits_out, ==, 0);
	call_run(3 * CALL_S);
	limen_stats_brief(b->peer, &to);
	g_assert_cmpuint(to.streams, ==, 0);
	g_assert_cmpuint(to.bits_in, ==, 0);
	call_stop();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/stats/nothing-yet", test_nothing_yet);
	g_test_add_func("/stats/call", test_call);
	g_test_add_func("/stats/brief", test_brief);
	return g_test_run();
}
