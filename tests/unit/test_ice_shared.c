/*
 * The shared port with real loopback sockets, two loops that the test drives, and a virtual clock:
 * clients' checks, addresses that change, restarts, consent, loops that pass on, floods.
 */
#include "core/media/ice_shared.h"
#include <arpa/inet.h>
#include <limen/types.h>
#include <string.h>
#include <unistd.h>
#include "core/base/clock.h"
#include "core/media/ice_switch.h"
#include "tests/lib/ice_client.h"

#define LOOPS 2
#define TRIES 64 /* sockets until the kernel has given one to each loop: 2^-63 to fail */

/* A peer's side of an object. */
struct peer {
	struct limen_ice *ice;
	unsigned gathered, candidates, states, datagrams, homes;
	enum limen_ice_state state;
	struct limen_loop *home;
	uint8_t last[64];
	size_t len;
};

static struct {
	struct limen_loop *loop[LOOPS];
	struct limen_ice_config cfg;
	char *enforce[2];
	uint16_t port;
} t;

static void on_gathered(void *arg)
{
	((struct peer *)arg)->gathered++;
}

static void on_candidate(const char *candidate, void *arg)
{
	struct peer *p = arg;

	g_assert_cmpuint(p->gathered, ==, 0);
	p->candidates++;
	if (candidate)
		g_assert_true(g_str_has_prefix(candidate, "candidate:"));
}

static void on_state(enum limen_ice_state state, void *arg)
{
	struct peer *p = arg;

	g_assert_cmpint(state, !=, p->state);
	p->state = state;
	p->states++;
}

static void on_datagram(const uint8_t *bytes, size_t len, void *arg)
{
	struct peer *p = arg;

	p->datagrams++;
	p->len = MIN(len, sizeof(p->last));
	memcpy(p->last, bytes, p->len);
}

static void on_home(struct limen_loop *loop, void *arg)
{
	struct peer *p = arg;

	p->home = loop;
	p->homes++;
}

static const struct limen_ice_events events = { on_gathered, on_candidate, on_state, on_datagram,
	on_home };

static void set_up(void)
{
	g_autofree char *reason = NULL;

	limen_clock_simulate(100 * G_USEC_PER_SEC);
	memset(&t, 0, sizeof(t));
	t.enforce[0] = (char *)"127.0.0.1";
	t.cfg = (struct limen_ice_config){ .ipv6 = true, .tcp = true, .enforce = t.enforce };
	for (unsigned i = 0; i < LOOPS; i++)
		g_assert_cmpint(limen_loop_new_manual(&t.loop[i], i), ==, 0);
	g_assert_cmpint(limen_ice_shared_start(t.loop, LOOPS, &t.cfg, &reason), ==, 0);
	t.port = limen_ice_switch_number();
}

static void tear_down(void)
{
	limen_ice_shared_quiet();
	for (unsigned i = 0; i < LOOPS; i++)
		limen_loop_free(t.loop[i]);
	limen_ice_shared_stop();
}

static void settle(void)
{
	for (unsigned i = 0; i < 20; i++)
		for (unsigned l = 0; l < LOOPS; l++)
			while (limen_loop_step(t.loop[l]))
				;
}

static void run(void)
{
	limen_clock_advance(2000);
	settle();
}

static uint64_t count(enum limen_ice_count what)
{
	uint64_t counts[LIMEN_ICE_COUNTS];

	limen_ice_shared_counts(counts);
	return counts[what];
}

static void peer_new(struct peer *p, unsigned loop)
{
	memset(p, 0, sizeof(*p));
	g_assert_cmpint(limen_ice_shared.create(&p->ice, t.loop[loop], &t.cfg, &events, p), ==, 0);
	g_assert_cmpint(limen_ice_shared.gather(p->ice), ==, 0);
}

static void peer_free(struct peer *p)
{
	limen_ice_shared.destroy(p->ice);
	run();
}

/* A check for the peer's present credentials. */
static struct ice_check check_of(const struct peer *p, bool use_candidate)
{
	return (struct ice_check){ .ufrag = limen_ice_shared.ufrag(p->ice),
		.pwd = limen_ice_shared.pwd(p->ice),
		.use_candidate = use_candidate };
}

/* Sends a check and reads the answer: 0, an error code, or -1 for none. */
static int check_with(int fd, const struct ice_check *c)
{
	uint8_t request[512], answer[1500];
	const size_t len = ice_check_write(c, request, sizeof(request));
	int n;

	g_assert_cmpint(send(fd, request, len, 0), ==, (ssize_t)len);
	run();
	n = ice_client_read(fd, answer, sizeof(answer));
	return n < 0 ? -1 : ice_answer_read(request, len, answer, (size_t)n, c->pwd, NULL);
}

static int check(int fd, const struct peer *p, bool use_candidate)
{
	const struct ice_check c = check_of(p, use_candidate);

	return check_with(fd, &c);
}

/* Does media from this socket reach the peer, as it was sent? */
static bool heard(int fd, struct peer *p)
{
	const unsigned before = p->datagrams;
	const uint8_t bytes[] = { 0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, (uint8_t)fd, 7 };

	g_assert_cmpint(send(fd, bytes, sizeof(bytes), 0), ==, sizeof(bytes));
	run();
	if (p->datagrams == before)
		return false;
	g_assert_cmpuint(p->datagrams, ==, before + 1);
	g_assert_cmpmem(p->last, p->len, bytes, sizeof(bytes));
	return true;
}

/* Does what the peer sends reach this socket? */
static bool reached(int fd, const struct peer *p)
{
	uint8_t bytes[64];

	if (limen_ice_shared.send(p->ice, (const uint8_t *)"media", 5) != 0)
		return false;
	settle(); /* it leaves at the end of the round */
	return ice_client_read(fd, bytes, sizeof(bytes)) == 5;
}

/* A socket whose datagrams the kernel gives to a loop. */
static int socket_at(unsigned loop)
{
	for (unsigned i = 0; i < TRIES; i++) {
		const int fd = ice_client_socket(t.port);
		struct ice_check c = { .ufrag = "nobody!!", .pwd = "none" };
		uint8_t bytes[512];
		const uint64_t before = count(LIMEN_ICE_COUNT_NOBODY);
		const size_t len = ice_check_write(&c, bytes, sizeof(bytes));
		bool here;

		g_assert_cmpint(send(fd, bytes, len, 0), ==, (ssize_t)len);
		while (limen_loop_step(t.loop[loop]))
			;
		here = count(LIMEN_ICE_COUNT_NOBODY) > before;
		run();
		if (here)
			return fd;
		close(fd);
	}
	g_error("no socket is served by loop %u", loop);
}

static void test_gathering(void)
{
	struct peer p;
	g_autoptr(GPtrArray) list = NULL;

	set_up();
	peer_new(&p, 0);
	g_assert_true(limen_ice_shared.gathered(p.ice));
	g_assert_cmpuint(p.gathered, ==, 0); /* not from inside the call */
	list = limen_ice_shared.candidates(p.ice);
	g_assert_cmpuint(list->len, ==, 2);
	run();
	g_assert_cmpuint(p.gathered, ==, 1);
	g_assert_cmpuint(p.candidates, ==, 3);
	g_assert_cmpuint(strlen(limen_ice_shared.ufrag(p.ice)), >=, 4);
	g_assert_cmpuint(strlen(limen_ice_shared.pwd(p.ice)), >=, 22);
	g_assert_cmpint(limen_ice_shared.send(p.ice, (const uint8_t *)"x", 1), ==, LIMEN_EAGAIN);
	peer_free(&p);
	tear_down();
}

static void test_check(void)
{
	struct peer p;
	int fd, stranger;

	set_up();
	peer_new(&p, 0);
	fd = socket_at(0);
	stranger = socket_at(0);
	g_assert_false(heard(fd, &p)); /* nothing before a check */
	g_assert_cmpint(check(fd, &p, false), ==, 0);
	g_assert_cmpint(p.state, ==, LIMEN_ICE_CONNECTED);
	g_assert_true(heard(fd, &p));
	g_assert_false(heard(stranger, &p));
	g_assert_cmpuint(count(LIMEN_ICE_COUNT_JUNK), ==, 2);
	g_assert_true(reached(fd, &p));
	g_assert_cmpuint(p.homes, ==, 0);
	peer_free(&p);
	g_assert_cmpint(check_with(fd, &(struct ice_check){ .ufrag = "gone", .pwd = "x" }), ==, -1);
	close(fd);
	close(stranger);
	tear_down();
}

static void test_refusals(void)
{
	struct peer p;
	struct ice_check c;
	int fd;

	set_up();
	peer_new(&p, 0);
	fd = socket_at(0);
	c = check_of(&p, true);
	c.pwd = "wrong";
	g_assert_cmpint(check_with(fd, &c), ==, 401);
	g_assert_cmpuint(count(LIMEN_ICE_COUNT_FORGED), ==, 1);
	c = check_of(&p, true);
	c.controlled = true;
	g_assert_cmpint(check_with(fd, &c), ==, 487);
	c.controlled = false;
	c.no_fingerprint = true;
	g_assert_cmpint(check_with(fd, &c), ==, 400);
	c = (struct ice_check){ .ufrag = "abcdefgh", .pwd = c.pwd };
	g_assert_cmpint(check_with(fd, &c), ==, -1);
	g_assert_false(heard(fd, &p));
	g_assert_false(reached(fd, &p));
	g_assert_cmpint(p.state, ==, LIMEN_ICE_NEW);
	peer_free(&p);
	close(fd);
	tear_down();
}

/* The last nomination counts; whoever only checks may be heard but is not sent to. */
static void test_address_change(void)
{
	struct peer p;
	int a, b;

	set_up();
	peer_new(&p, 0);
	a = socket_at(0);
	b = socket_at(1);
	g_assert_cmpint(check(a, &p, true), ==, 0);
	g_assert_cmpint(check(b, &p, false), ==, 0);
	g_assert_true(reached(a, &p));
	g_assert_true(heard(b, &p));
	g_assert_true(heard(a, &p));
	g_assert_cmpint(check(b, &p, true), ==, 0);
	g_assert_true(reached(b, &p));
	g_assert_true(heard(b, &p));
	g_assert_cmpint(check(a, &p, true), ==, 0);
	g_assert_true(reached(a, &p));
	g_assert_cmpuint(p.states, ==, 1);
	peer_free(&p);
	close(a);
	close(b);
	tear_down();
}

/* A client that moves its media to another proven address without nominating is followed, once the
 * old one is still; not while both send. */
static void test_media_moves(void)
{
	struct peer p;
	int a, b;

	set_up();
	peer_new(&p, 0);
	a = socket_at(0);
	b = socket_at(0);
	g_assert_cmpint(check(a, &p, true), ==, 0);
	g_assert_cmpint(check(b, &p, false), ==, 0);
	for (unsigned i = 0; i < 30; i++) {
		g_assert_true(heard(a, &p));
		g_assert_true(heard(b, &p));
		limen_clock_advance(100000);
	}
	g_assert_true(reached(a, &p));
	for (unsigned i = 0; i < 15; i++) {
		g_assert_true(heard(b, &p));
		limen_clock_advance(100000);
	}
	g_assert_true(reached(b, &p));
	peer_free(&p);
	close(a);
	close(b);
	tear_down();
}

/* Many proven addresses: the selected one is never given up, the stalest is. */
static void test_many_routes(void)
{
	int fds[LIMEN_ICE_ROUTES_MAX + 4];
	struct peer p;
	unsigned open = 0;

	set_up();
	peer_new(&p, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
		fds[i] = ice_client_socket(t.port);
		g_assert_cmpint(check(fds[i], &p, i == 0), ==, 0);
	}
	g_assert_true(reached(fds[0], &p));
	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
		open += heard(fds[i], &p);
	g_assert_cmpuint(open, ==, LIMEN_ICE_ROUTES_MAX);
	g_assert_true(heard(fds[0], &p));
	g_assert_true(heard(fds[G_N_ELEMENTS(fds) - 1], &p));
	peer_free(&p);
	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
		close(fds[i]);
	tear_down();
}

static void test_restart(void)
{
	struct ice_check old, unused;
	struct peer p;
	g_autofree char *ufrag = NULL, *pwd = NULL, *ufrag2 = NULL, *pwd2 = NULL;
	int fd;

	set_up();
	peer_new(&p, 0);
	fd = socket_at(0);
	g_assert_cmpint(check(fd, &p, true), ==, 0);
	old = check_of(&p, true);
	old.ufrag = ufrag = g_strdup(old.ufrag);
	old.pwd = pwd = g_strdup(old.pwd);
	g_assert_cmpint(limen_ice_shared.restart(p.ice), ==, 0);
	unused = check_of(&p, true);
	unused.ufrag = ufrag2 = g_strdup(unused.ufrag);
	unused.pwd = pwd2 = g_strdup(unused.pwd);
	g_assert_cmpint(limen_ice_shared.restart(p.ice), ==, 0);
	g_assert_cmpstr(ufrag, !=, limen_ice_shared.ufrag(p.ice));
	g_assert_true(reached(fd, &p)); /* media goes on */
	g_assert_true(heard(fd, &p));
	g_assert_cmpint(check_with(fd, &old), ==, 0); /* and so do the old checks */
	g_assert_cmpint(check_with(fd, &unused), ==, -1);
	g_assert_cmpint(check(fd, &p, true), ==, 0);
	g_assert_cmpint(check_with(fd, &old), ==, -1); /* until new ones come */
	g_assert_true(reached(fd, &p));
	g_assert_cmpuint(p.states, ==, 1);
	peer_free(&p);
	close(fd);
	tear_down();
}

static void test_consent(void)
{
	struct peer p;
	int fd;

	set_up();
	peer_new(&p, 0);
	fd = socket_at(0);
	g_assert_cmpint(check(fd, &p, true), ==, 0);
	for (unsigned i = 0; i < 5; i++) { /* checks keep it up */
		limen_clock_advance(LIMEN_ICE_CONSENT_US - G_USEC_PER_SEC);
		g_assert_cmpint(check(fd, &p, false), ==, 0);
	}
	g_assert_cmpint(p.state, ==, LIMEN_ICE_CONNECTED);
	limen_clock_advance(LIMEN_ICE_CONSENT_US - G_USEC_PER_SEC);
	g_assert_true(heard(fd, &p)); /* media is no consent */
	g_assert_true(reached(fd, &p));
	limen_clock_advance(2 * G_USEC_PER_SEC);
	run();
	g_assert_cmpint(p.state, ==, LIMEN_ICE_FAILED);
	g_assert_cmpint(limen_ice_shared.send(p.ice, (const uint8_t *)"x", 1), ==, LIMEN_EAGAIN);
	g_assert_cmpint(check(fd, &p, false), ==, 0);
	g_assert_cmpint(p.state, ==, LIMEN_ICE_CONNECTED);
	g_assert_true(reached(fd, &p));
	limen_clock_advance(LIMEN_ICE_CONSENT_US + G_USEC_PER_SEC);
	run();
	g_assert_cmpint(p.state, ==, LIMEN_ICE_FAILED);
	peer_free(&p);
	close(fd);
	tear_down();
}

/* An address that is not checked any more loses the call to one that is. */
static void test_consent_by_address(void)
{
	struct peer p;
	int a, b;

	set_up();
	peer_new(&p, 0);
	a = socket_at(0);
	b = socket_at(1);
	g_assert_cmpint(check(a, &p, true), ==, 0);
	for (unsigned i = 0; i < 2; i++) {
		limen_clock_advance(10 * G_USEC_PER_SEC);
		g_assert_cmpint(check(b, &p, false), ==, 0);
		g_assert_true(reached(a, &p));
	}
	limen_clock_advance(10 * G_USEC_PER_SEC);
	g_assert_cmpint(check(b, &p, false), ==, 0);
	g_assert_false(reached(a, &p));
	g_assert_cmpint(ice_client_read(b, (uint8_t[8]){ 0 }, 8), ==, 5);
	peer_free(&p);
	close(a);
	close(b);
	tear_down();
}

/* A client that never checks has no way to us. */
static void test_no_check(void)
{
	struct peer p;

	set_up();
	peer_new(&p, 0);
	limen_clock_advance(100 * G_USEC_PER_SEC); /* an offer may wait for long */
	run();
	g_assert_cmpint(p.state, ==, LIMEN_ICE_NEW);
	g_assert_cmpint(limen_ice_shared.set_remote(p.ice, "them", "password"), ==, 0);
	run();
	g_assert_cmpint(p.state, ==, LIMEN_ICE_CHECKING);
	limen_clock_advance(LIMEN_ICE_FIRST_CHECK_US + G_USEC_PER_SEC);
	run();
	g_assert_cmpint(p.state, ==, LIMEN_ICE_FAILED);
	peer_free(&p);
	tear_down();
}

/* The client's datagrams reach the other loop: everything works, and a move is suggested once. */
static void test_other_loop(void)
{
	struct peer p;
	uint64_t passed;
	int fd, again;

	set_up();
	peer_new(&p, 0);
	fd = socket_at(1);
	again = socket_at(1);
	g_assert_cmpint(check(fd, &p, true), ==, 0);
	g_assert_cmpint(p.state, ==, LIMEN_ICE_CONNECTED);
	g_assert_true(p.home == t.loop[1]);
	passed = count(LIMEN_ICE_COUNT_PASSED);
	g_assert_true(heard(fd, &p));
	g_assert_cmpuint(count(LIMEN_ICE_COUNT_PASSED), ==, passed + 1);
	g_assert_true(reached(fd, &p));
	g_assert_cmpint(check(fd, &p, false), ==, 0);
	g_assert_cmpint(check(again, &p, true), ==, 0);
	g_assert_true(heard(again, &p));
	g_assert_true(reached(again, &p));
	g_assert_cmpuint(p.homes, ==, 1);
	peer_free(&p);
	passed = count(LIMEN_ICE_COUNT_PASSED);
	g_assert_cmpint(
		check_with(fd, &(struct ice_check){ .ufrag = "12345678", .pwd = "x" }), ==, -1);
	g_assert_cmpuint(count(LIMEN_ICE_COUNT_PASSED), ==, passed); /* the path is forgotten */
	close(fd);
	close(again);
	tear_down();
}

static void move(struct peer *p, unsigned to)
{
	limen_ice_shared.leave(p->ice, t.loop[to]);
	g_assert_cmpint(limen_ice_shared.send(p->ice, (const uint8_t *)"x", 1), ==, LIMEN_EAGAIN);
	limen_ice_shared.moved(p->ice, t.loop[to]);
}

static void test_move(void)
{
	struct peer p;
	uint64_t passed;
	int fd, other;

	set_up();
	peer_new(&p, 0);
	fd = socket_at(1);
	other = socket_at(0);
	g_assert_cmpint(check(fd, &p, true), ==, 0);
	g_assert_cmpint(check(other, &p, false), ==, 0);
	g_assert_true(p.home == t.loop[1]);
	move(&p, 1);
	passed = count(LIMEN_ICE_COUNT_PASSED);
	g_assert_true(heard(fd, &p)); /* at home now */
	g_assert_true(reached(fd, &p));
	g_assert_cmpint(check(fd, &p, true), ==, 0);
	g_assert_cmpuint(count(LIMEN_ICE_COUNT_PASSED), ==, passed);
	g_assert_true(heard(other, &p)); /* this one is passed the other way by now */
	g_assert_cmpuint(count(LIMEN_ICE_COUNT_PASSED), ==, passed + 1);
	g_assert_cmpint(check(other, &p, true), ==, 0);
	g_assert_true(reached(other, &p));
	limen_clock_advance(LIMEN_ICE_CONSENT_US + G_USEC_PER_SEC); /* the timer came along */
	run();
	g_assert_cmpint(p.state, ==, LIMEN_ICE_FAILED);
	g_assert_cmpint(check(fd, &p, true), ==, 0);
	g_assert_cmpint(limen_ice_shared.restart(p.ice), ==, 0);
	g_assert_cmpint(check(other, &p, true), ==, 0);
	g_assert_cmpuint(p.homes, ==, 1);
	peer_free(&p);
	g_assert_false(heard(fd, &p) || heard(other, &p));
	close(fd);
	close(other);
	tear_down();
}

/* What arrives while the object is between two loops is lost at worst, never delivered early; and
 * an object may end there. */
static void test_moving(void)
{
	struct peer p, q;
	int fd;

	set_up();
	peer_new(&p, 0);
	fd = socket_at(1);
	g_assert_cmpint(check(fd, &p, true), ==, 0);
	limen_ice_shared.leave(p.ice, t.loop[1]);
	g_assert_false(heard(fd, &p));
	g_assert_cmpint(check(fd, &p, true), ==, -1);
	limen_ice_shared.moved(p.ice, t.loop[1]);
	g_assert_true(heard(fd, &p));
	peer_new(&q, 0);
	g_assert_cmpint(check(fd, &q, true), ==, 0);
	limen_ice_shared.leave(q.ice, t.loop[1]);
	limen_ice_shared.destroy(q.ice);
	run();
	peer_free(&p);
	g_assert_false(heard(fd, &p));
	close(fd);
	tear_down();
}

/* One client address, used for one call after the other, on whichever loop. */
static void test_address_again(void)
{
	struct peer p[4];
	int fd;

	set_up();
	fd = socket_at(1);
	for (unsigned i = 0; i < G_N_ELEMENTS(p); i++) {
		peer_new(&p[i], i % LOOPS);
		g_assert_cmpint(check(fd, &p[i], true), ==, 0);
		g_assert_true(heard(fd, &p[i]));
		g_assert_true(reached(fd, &p[i]));
		g_assert_cmpint(check(fd, &p[i], true), ==, 0);
		g_assert_true(heard(fd, &p[i]));
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(p) - 1; i++)
		peer_free(&p[i]);
	g_assert_cmpint(check(fd, &p[3], true), ==, 0);
	g_assert_true(heard(fd, &p[3]));
	peer_free(&p[3]);
	close(fd);
	tear_down();
}

/* Junk, checks for nobody and forged checks in numbers: counted, not answered with more than came,
 * and a call beside them loses nothing. */
static void test_floods(void)
{
	struct ice_check forged, nobody = { .ufrag = "nobody!!", .pwd = "x" };
	uint8_t bytes[600];
	struct peer p;
	int fd, bad;

	set_up();
	peer_new(&p, 0);
	fd = socket_at(1);
	bad = socket_at(1);
	g_assert_cmpint(check(fd, &p, true), ==, 0);
	forged = check_of(&p, true);
	forged.pwd = "guess";
	for (unsigned i = 0; i < 3000; i++) {
		size_t len = sizeof(bytes);

		if (i % 3 == 0)
			len = ice_check_write(&forged, bytes, len);
		else if (i % 3 == 1)
			len = ice_check_write(&nobody, bytes, len);
		else
			limen_random(bytes, len);
		g_assert_cmpint(send(bad, bytes, len, 0), ==, (ssize_t)len);
		if (i % 100 == 0)
			g_assert_true(heard(fd, &p));
	}
	run();
	g_assert_cmpuint(count(LIMEN_ICE_COUNT_FORGED), ==, 1000);
	g_assert_cmpuint(count(LIMEN_ICE_COUNT_NOBODY), >=, 1000);
	g_assert_cmpuint(p.datagrams, ==, 30);
	g_assert_true(reached(fd, &p));
	g_assert_cmpint(p.state, ==, LIMEN_ICE_CONNECTED);
	peer_free(&p);
	close(fd);
	close(bad);
	tear_down();
}

/* A loop that does not get to its inbox: what waits there is bounded, the rest is dropped. */
static void test_overflow(void)
{
	uint8_t bytes[1200] = { 0x80, 96 };
	struct peer p;
	int fd;

	set_up();
	peer_new(&p, 0);
	fd = socket_at(1);
	g_assert_cmpint(check(fd, &p, true), ==, 0);
	for (unsigned i = 0; i < 3000; i++) {
		g_assert_cmpint(send(fd, bytes, sizeof(bytes), 0), ==, sizeof(bytes));
		if (i % 50 == 0)
			while (limen_loop_step(t.loop[1]))
				;
	}
	while (limen_loop_step(t.loop[1]))
		;
	g_assert_cmpuint(count(LIMEN_ICE_COUNT_OVERFLOW), >, 1500);
	g_assert_cmpuint(p.datagrams, ==, 0);
	run();
	g_assert_cmpuint(p.datagrams + count(LIMEN_ICE_COUNT_OVERFLOW), ==, 3000);
	g_assert_true(heard(fd, &p));
	peer_free(&p);
	close(fd);
	tear_down();
}

static int tcp_client(void)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(t.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	g_assert_cmpint(connect(fd, (const struct sockaddr *)&to, sizeof(to)), ==, 0);
	return fd;
}

static void tcp_write(int fd, const uint8_t *bytes, size_t len)
{
	uint8_t frame[1500] = { (uint8_t)(len >> 8), (uint8_t)len };

	memcpy(frame + 2, bytes, len);
	g_assert_cmpint(send(fd, frame, len + 2, MSG_NOSIGNAL), ==, (ssize_t)len + 2);
	run();
}

/* -1: no answer but the end of the connection. */
static int tcp_check(int fd, const struct ice_check *c)
{
	uint8_t request[512], answer[1500];
	const size_t len = ice_check_write(c, request, sizeof(request));
	ssize_t n;

	tcp_write(fd, request, len);
	n = recv(fd, answer, sizeof(answer), MSG_DONTWAIT);
	if (n <= 2)
		return -1;
	g_assert_cmpint(answer[0] << 8 | answer[1], ==, n - 2);
	return ice_answer_read(request, len, answer + 2, (size_t)n - 2, c->pwd, NULL);
}

/* Over TCP, whichever loop accepts; back to UDP; and on when the connection ends. */
static void test_tcp(void)
{
	static const uint8_t media[] = { 0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7 };
	struct ice_check c;
	struct peer p;

	set_up();
	for (unsigned i = 0; i < 16; i++) { /* both loops accept some */
		uint8_t bytes[64];
		int fd, udp;

		peer_new(&p, 0);
		fd = tcp_client();
		c = check_of(&p, true);
		g_assert_cmpint(tcp_check(fd, &c), ==, 0);
		g_assert_cmpint(p.state, ==, LIMEN_ICE_CONNECTED);
		tcp_write(fd, media, sizeof(media));
		g_assert_cmpuint(p.datagrams, ==, 1);
		g_assert_cmpint(limen_ice_shared.send(p.ice, (const uint8_t *)"out", 3), ==, 0);
		g_assert_cmpint(recv(fd, bytes, sizeof(bytes), 0), ==, 5);
		g_assert_cmpmem(bytes, 5, "\0\3out", 5);
		if (i % 2)
			move(&p, 1);
		udp = ice_client_socket(t.port);
		g_assert_cmpint(check(udp, &p, false), ==, 0);
		g_assert_false(reached(udp, &p));
		g_assert_cmpint(recv(fd, bytes, sizeof(bytes), 0), ==, 7);
		close(fd);
		run();
		g_assert_true(reached(udp, &p));
		peer_free(&p);
		close(udp);
	}
	tear_down();
}

static void test_tcp_strangers(void)
{
	struct ice_check c;
	struct peer p;
	uint8_t byte;
	int fd;

	set_up();
	peer_new(&p, 0);
	fd = tcp_client();
	c = check_of(&p, true);
	c.pwd = "wrong";
	g_assert_cmpint(tcp_check(fd, &c), ==, 401);
	g_assert_cmpint(recv(fd, &byte, 1, MSG_DONTWAIT), ==, 0);
	close(fd);
	fd = tcp_client();
	tcp_write(fd, (const uint8_t *)"GET / HTTP/1.0", 14);
	g_assert_cmpint(recv(fd, &byte, 1, MSG_DONTWAIT), ==, 0);
	close(fd);
	fd = tcp_client();
	c = (struct ice_check){ .ufrag = "nobody!!", .pwd = "x" };
	g_assert_cmpint(tcp_check(fd, &c), ==, -1);
	close(fd);
	g_assert_cmpint(p.state, ==, LIMEN_ICE_NEW);
	peer_free(&p);
	tear_down();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ice-shared/gathering", test_gathering);
	g_test_add_func("/ice-shared/check", test_check);
	g_test_add_func("/ice-shared/refusals", test_refusals);
	g_test_add_func("/ice-shared/address-change", test_address_change);
	g_test_add_func("/ice-shared/media-moves", test_media_moves);
	g_test_add_func("/ice-shared/many-routes", test_many_routes);
	g_test_add_func("/ice-shared/restart", test_restart);
	g_test_add_func("/ice-shared/consent", test_consent);
	g_test_add_func("/ice-shared/consent-by-address", test_consent_by_address);
	g_test_add_func("/ice-shared/no-check", test_no_check);
	g_test_add_func("/ice-shared/other-loop", test_other_loop);
	g_test_add_func("/ice-shared/move", test_move);
	g_test_add_func("/ice-shared/moving", test_moving);
	g_test_add_func("/ice-shared/address-again", test_address_again);
	g_test_add_func("/ice-shared/floods", test_floods);
	g_test_add_func("/ice-shared/overflow", test_overflow);
	g_test_add_func("/ice-shared/tcp", test_tcp);
	g_test_add_func("/ice-shared/tcp-strangers", test_tcp_strangers);
	return g_test_run();
}
