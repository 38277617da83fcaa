/*
 * Two agents of libnice on loopback in one manual loop: connecting, datagrams, a restart, and
 * candidates that are of no use. Real time.
 */
#include <string.h>
#include <limen/types.h>
#include "core/media/ice.h"

#define PATIENCE_S 10

static const struct limen_ice_ops *const ops = &limen_ice_agent;

struct side {
	struct limen_ice *ice;
	unsigned gathered, candidates, ends, datagrams, bytes;
	enum limen_ice_state state;
	uint8_t last;
};

static struct {
	struct limen_loop *loop;
	bool calling; /* no event may come from inside a call */
	struct side a, b;
} t;

static void on_gathered(void *arg)
{
	g_assert_false(t.calling);
	((struct side *)arg)->gathered++;
}

static void on_candidate(const char *candidate, void *arg)
{
	struct side *s = arg;

	g_assert_false(t.calling);
	g_assert_cmpuint(s->ends, ==, 0);
	s->candidates += candidate != NULL;
	s->ends += candidate == NULL;
	g_assert_true(!candidate || g_str_has_prefix(candidate, "candidate:"));
}

static void on_state(enum limen_ice_state state, void *arg)
{
	g_assert_false(t.calling);
	((struct side *)arg)->state = state;
}

static void on_datagram(const uint8_t *bytes, size_t len, void *arg)
{
	struct side *s = arg;

	g_assert_cmpuint(len, >, 0);
	s->datagrams++;
	s->bytes += (unsigned)len;
	s->last = bytes[len - 1];
}

static const struct limen_ice_events events = { .on_gathered = on_gathered,
	.on_candidate = on_candidate,
	.on_state = on_state,
	.on_datagram = on_datagram };

static char *loopback[] = { "127.0.0.1", NULL };

static void run_until(const unsigned *what, unsigned value)
{
	const gint64 until_us = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;

	while (*what < value && g_get_monotonic_time() < until_us)
		if (!limen_loop_step(t.loop))
			g_usleep(1000);
	g_assert_cmpuint(*what, >=, value);
}

static void run_until_connected(void)
{
	const gint64 until_us = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;

	while ((t.a.state != LIMEN_ICE_CONNECTED || t.b.state != LIMEN_ICE_CONNECTED) &&
		g_get_monotonic_time() < until_us)
		if (!limen_loop_step(t.loop))
			g_usleep(1000);
	g_assert_cmpint(t.a.state, ==, LIMEN_ICE_CONNECTED);
	g_assert_cmpint(t.b.state, ==, LIMEN_ICE_CONNECTED);
}

static void make(struct side *s, const struct limen_ice_config *cfg)
{
	t.calling = true;
	g_assert_cmpint(ops->create(&s->ice, t.loop, cfg, &events, s), ==, 0);
	g_assert_false(ops->gathered(s->ice));
	g_assert_cmpint(ops->gather(s->ice), ==, 0);
	t.calling = false;
}

static void set_up(void)
{
	static const struct limen_ice_config first = { .controlling = true, .enforce = loopback },
					     second = { .enforce = loopback };

	memset(&t, 0, sizeof(t));
	g_assert_cmpint(limen_loop_new_manual(&t.loop, 0), ==, 0);
	make(&t.a, &first);
	make(&t.b, &second);
	run_until(&t.a.gathered, 1);
	run_until(&t.b.gathered, 1);
}

static void tear_down(void)
{
	ops->destroy(t.a.ice);
	ops->destroy(t.b.ice);
	ops->destroy(NULL);
	while (limen_loop_step(t.loop))
		;
	limen_loop_free(t.loop);
}

static void tell(struct side *to, const struct side *of)
{
	g_autoptr(GPtrArray) list = ops->candidates(of->ice);

	t.calling = true;
	g_assert_cmpuint(list->len, >, 0);
	g_assert_cmpint(ops->set_remote(to->ice, ops->ufrag(of->ice), ops->pwd(of->ice)), ==, 0);
	for (guint i = 0; i < list->len; i++)
		g_assert_cmpint(ops->add_candidate(to->ice, list->pdata[i]), ==, 0);
	ops->remote_complete(to->ice);
	t.calling = false;
}

static void expect_way(struct side *from, struct side *to)
{
	uint8_t bytes[1200] = { 0x80 };
	const unsigned before = to->datagrams;

	for (unsigned i = 0; i < 10; i++) {
		bytes[sizeof(bytes) - 1] = (uint8_t)i;
		g_assert_cmpint(ops->send(from->ice, bytes, sizeof(bytes)), ==, 0);
		run_until(&to->datagrams, before + i + 1);
		g_assert_cmpuint(to->last, ==, i);
	}
	g_assert_cmpuint(to->bytes, ==, to->datagrams * sizeof(bytes));
}

static void test_gathering(void)
{
	g_autoptr(GPtrArray) list = NULL;

	set_up();
	list = ops->candidates(t.a.ice);
	g_assert_true(ops->gathered(t.a.ice));
	g_assert_cmpuint(t.a.gathered, ==, 1);
	g_assert_cmpuint(t.a.ends, ==, 1);
	g_assert_cmpuint(t.a.candidates, ==, list->len);
	g_assert_nonnull(strstr(list->pdata[0], " 127.0.0.1 "));
	g_assert_nonnull(strstr(list->pdata[0], " typ host"));
	g_assert_cmpuint(strlen(ops->ufrag(t.a.ice)), >=, 4); /* RFC 8839 §5.4 */
	g_assert_cmpuint(strlen(ops->pwd(t.a.ice)), >=, 22);
	g_assert_cmpstr(ops->ufrag(t.a.ice), !=, ops->ufrag(t.b.ice));
	g_assert_cmpint(ops->send(t.a.ice, (const uint8_t *)"x", 1), ==, LIMEN_EAGAIN);
	tear_down();
}

static void test_connect(void)
{
	set_up();
	tell(&t.a, &t.b);
	tell(&t.b, &t.a);
	run_until_connected();
	expect_way(&t.a, &t.b);
	expect_way(&t.b, &t.a);
	tear_down();
}

/* New credentials on both sides; the old pair goes on meanwhile. */
static void test_restart(void)
{
	g_autofree char *ufrag = NULL, *pwd = NULL;

	set_up();
	tell(&t.a, &t.b);
	tell(&t.b, &t.a);
	run_until_connected();
	ufrag = g_strdup(ops->ufrag(t.a.ice));
	pwd = g_strdup(ops->pwd(t.a.ice));
	g_assert_cmpint(ops->restart(t.a.ice), ==, 0);
	g_assert_cmpstr(ufrag, !=, ops->ufrag(t.a.ice));
	g_assert_cmpstr(pwd, !=, ops->pwd(t.a.ice));
	expect_way(&t.a, &t.b);
	g_assert_cmpint(ops->restart(t.b.ice), ==, 0);
	tell(&t.a, &t.b);
	tell(&t.b, &t.a);
	run_until_connected();
	expect_way(&t.a, &t.b);
	expect_way(&t.b, &t.a);
	tear_down();
}

static void expect_candidate(const char *text, int err)
{
	g_assert_cmpint(ops->add_candidate(t.a.ice, text), ==, err);
}

static void test_useless_candidates(void)
{
	set_up();
	g_assert_cmpint(ops->set_remote(t.a.ice, "abcd", "abcdefghijklmnopqrstuv"), ==, 0);
	expect_candidate(
		"candidate:1 1 udp 2113937151 0a1b2c3d-1111.local 5000 typ host", LIMEN_ENOTSUP);
	expect_candidate(
		"candidate:1 1 tcp 1518280447 127.0.0.1 9 typ host tcptype active", LIMEN_ENOTSUP);
	expect_candidate("candidate:1 2 udp 2113937150 127.0.0.1 5001 typ host", LIMEN_ENOTSUP);
	expect_candidate("candidate:1 1 udp 2113937151", LIMEN_EPROTO);
	expect_candidate("candidate:", LIMEN_EPROTO);
	expect_candidate("", LIMEN_EPROTO);
	expect_candidate("candidate:1 1 udp 2113937151 127.0.0.1 5000 typ host", 0);
	expect_candidate("2 1 udp 2113937151 127.0.0.1 5002 typ host", 0); /* without its name */
	tear_down();
}

static void test_limit(void)
{
	unsigned taken = 0;
	int err = 0;

	set_up();
	g_assert_cmpint(ops->set_remote(t.a.ice, "abcd", "abcdefghijklmnopqrstuv"), ==, 0);
	for (unsigned i = 0; i < 2 * LIMEN_ICE_CANDIDATES_MAX && !err; i++) {
		g_autofree char *text = g_strdup_printf(
			"candidate:%u 1 udp 2113937151 127.0.0.1 %u typ host", i, 5000 + i);

		err = ops->add_candidate(t.a.ice, text);
		taken += err == 0;
	}
	g_assert_cmpint(err, ==, LIMEN_ELIMIT);
	g_assert_cmpuint(taken, ==, LIMEN_ICE_CANDIDATES_MAX);
	tear_down();
}

/* Nobody is where the candidates say. */
static void test_failure(void)
{
	const gint64 until_us = g_get_monotonic_time() + 6 * PATIENCE_S * G_USEC_PER_SEC;

	set_up();
	g_assert_cmpint(ops->set_remote(t.a.ice, "abcd", "abcdefghijklmnopqrstuv"), ==, 0);
	expect_candidate("candidate:1 1 udp 2113937151 127.0.0.1 9 typ host", 0);
	ops->remote_complete(t.a.ice);
	while (t.a.state != LIMEN_ICE_FAILED && g_get_monotonic_time() < until_us)
		if (!limen_loop_step(t.loop))
			g_usleep(1000);
	g_assert_cmpint(t.a.state, ==, LIMEN_ICE_FAILED);
	tear_down();
}

static void test_public_address(void)
{
	char *public[] = { "192.0.2.1", "192.0.2.2", NULL };
	struct limen_ice_config cfg = { .enforce = loopback, .nat_1_1 = public };
	g_autoptr(GPtrArray) replaced = NULL, kept = NULL;

	memset(&t, 0, sizeof(t));
	g_assert_cmpint(limen_loop_new_manual(&t.loop, 0), ==, 0);
	make(&t.a, &cfg);
	run_until(&t.a.gathered, 1);
	replaced = ops->candidates(t.a.ice);
	g_assert_cmpuint(replaced->len, ==, 2);
	for (guint i = 0; i < 2; i++) {
		g_auto(GStrv) field = g_strsplit(replaced->pdata[i], " ", 0);

		g_assert_cmpstr(field[4], ==, public[i]);
	}
	cfg.keep_private_host = true;
	kept = ops->candidates(t.a.ice);
	g_assert_cmpuint(kept->len, ==, 3);
	g_assert_nonnull(strstr(kept->pdata[2], " 127.0.0.1 "));
	tear_down();
}

static void test_port_range(void)
{
	const struct limen_ice_config cfg = {
		.enforce = loopback, .port_min = 41000, .port_max = 41009
	};
	g_autoptr(GPtrArray) list = NULL;

	memset(&t, 0, sizeof(t));
	g_assert_cmpint(limen_loop_new_manual(&t.loop, 0), ==, 0);
	make(&t.a, &cfg);
	make(&t.b, &cfg);
	run_until(&t.a.gathered, 1);
	run_until(&t.b.gathered, 1);
	list = ops->candidates(t.b.ice);
	g_assert_cmpuint(list->len, ==, 1);
	for (guint i = 0; i < list->len; i++) {
		g_auto(GStrv) field = g_strsplit(list->pdata[i], " ", 0);
		const guint64 port = g_ascii_strtoull(field[5], NULL, 10);

		g_assert_cmpuint(port, >=, 41000);
		g_assert_cmpuint(port, <=, 41009);
	}
	tear_down();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ice-agent/gathering", test_gathering);
	g_test_add_func("/ice-agent/connect", test_connect);
	g_test_add_func("/ice-agent/restart", test_restart);
	g_test_add_func("/ice-agent/useless-candidates", test_useless_candidates);
	g_test_add_func("/ice-agent/limit", test_limit);
	g_test_add_func("/ice-agent/failure", test_failure);
	g_test_add_func("/ice-agent/public-address", test_public_address);
	g_test_add_func("/ice-agent/port-range", test_port_range);
	return g_test_run();
}
