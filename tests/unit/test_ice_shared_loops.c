/*
 * The shared port with loops that run on threads of their own: clients on both, objects that move
 * to the loop that their client reaches while it sends, and objects that end under traffic.
 */
#include "core/media/ice_shared.h"
#include <limen/types.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "core/base/home.h"
#include "core/media/ice_switch.h"
#include "tests/lib/ice_client.h"

#define LOOPS 2
#define PEERS 24
#define ROUNDS 40
#define PATIENCE_MS 200
#define LOST_MAX 3 /* of a client's datagrams, while its object moves */

struct peer {
	struct limen_ice *ice;
	struct limen_loop *loop; /* its home by now; own loop, or after settle() */
	bool moved;
	char ufrag[64], pwd[64];
	int fd;
};

static struct {
	struct limen_loop *loop[LOOPS];
	struct limen_ice_config cfg;
	struct peer peer[PEERS];
} t;

static void on_gathered(void *arg)
{
	(void)arg;
}

static void on_candidate(const char *candidate, void *arg)
{
	(void)candidate, (void)arg;
}

static void on_state(enum limen_ice_state state, void *arg)
{
	(void)arg;
	g_assert_cmpint(state, ==, LIMEN_ICE_CONNECTED);
}

/* Echoes. */
static void on_datagram(const uint8_t *bytes, size_t len, void *arg)
{
	struct peer *p = arg;

	limen_loop_assert(p->loop);
	limen_ice_shared.send(p->ice, bytes, len);
}

static void arrive(void *arg)
{
	struct peer *p = arg;

	limen_ice_shared.moved(p->ice, p->loop);
	p->moved = true;
}

static void depart(void *arg)
{
	struct peer *p = arg;
	struct limen_loop *to = p->loop == t.loop[0] ? t.loop[1] : t.loop[0];

	limen_ice_shared.leave(p->ice, to);
	p->loop = to;
	limen_loop_post(to, arrive, p);
}

static void on_home(struct limen_loop *loop, void *arg)
{
	struct peer *p = arg;

	limen_loop_assert(p->loop);
	g_assert_true(loop != p->loop);
	limen_loop_post(p->loop, depart, p);
}

static const struct limen_ice_events events = { on_gathered, on_candidate, on_state, on_datagram,
	on_home };

static void make(void *arg)
{
	struct peer *p = arg;

	g_assert_cmpint(limen_ice_shared.create(&p->ice, p->loop, &t.cfg, &events, p), ==, 0);
	g_assert_cmpint(limen_ice_shared.gather(p->ice), ==, 0);
	g_strlcpy(p->ufrag, limen_ice_shared.ufrag(p->ice), sizeof(p->ufrag));
	g_strlcpy(p->pwd, limen_ice_shared.pwd(p->ice), sizeof(p->pwd));
}

static void end(void *arg)
{
	limen_ice_shared.destroy(((struct peer *)arg)->ice);
}

static void set_up(void)
{
	static char *enforce[] = { (char *)"127.0.0.1", NULL };
	g_autofree char *reason = NULL;

	memset(&t, 0, sizeof(t));
	t.cfg = (struct limen_ice_config){ .ipv6 = true, .tcp = true, .enforce = enforce };
	for (unsigned i = 0; i < LOOPS; i++)
		g_assert_cmpint(limen_loop_new(&t.loop[i], i), ==, 0);
	g_assert_cmpint(limen_ice_shared_start(t.loop, LOOPS, &t.cfg, &reason), ==, 0);
	for (unsigned i = 0; i < PEERS; i++) {
		t.peer[i].loop = t.loop[i % LOOPS];
		limen_loop_call(t.peer[i].loop, make, &t.peer[i]);
		t.peer[i].fd = ice_client_socket(limen_ice_switch_number());
	}
}

static void tear_down(void)
{
	limen_ice_shared_quiet();
	for (unsigned i = 0; i < LOOPS; i++)
		limen_loop_free(t.loop[i]);
	limen_ice_shared_stop();
}

static int wait_for(int fd, uint8_t *out, size_t cap)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, PATIENCE_MS) == 1 ? ice_client_read(fd, out, cap) : -1;
}

/* Asks until an answer comes, as a client would. */
static void connect_client(struct peer *p)
{
	const struct ice_check c = { .ufrag = p->ufrag, .pwd = p->pwd, .use_candidate = true };
	uint8_t request[512], answer[1500];

	for (unsigned tries = 0; tries < 20; tries++) {
		const size_t len = ice_check_write(&c, request, sizeof(request));
		int n;

		g_assert_cmpint(send(p->fd, request, len, 0), ==, (ssize_t)len);
		n = wait_for(p->fd, answer, sizeof(answer));
		if (n > 0 && ice_answer_read(request, len, answer, (size_t)n, p->pwd, NULL) == 0)
			return;
	}
	g_error("no answer to checks");
}

static void nothing(void *arg)
{
	(void)arg;
}

/* Moves under way have happened afterwards: a check's end, leaving, arriving. */
static void settle(void)
{
	for (unsigned i = 0; i < 3 * LOOPS; i++)
		limen_loop_call(t.loop[i % LOOPS], nothing, NULL);
}

/* Sends numbered datagrams and counts those whose echo does not come. */
static unsigned talk(struct peer *p)
{
	uint8_t bytes[100] = { 0x80, 96 }, echo[1500];
	unsigned lost = 0;

	for (uint8_t i = 0; i < ROUNDS; i++) {
		int n;

		bytes[3] = i;
		g_assert_cmpint(send(p->fd, bytes, sizeof(bytes), 0), ==, sizeof(bytes));
		do
			n = wait_for(p->fd, echo, sizeof(echo));
		while (n > 0 && (echo[0] != 0x80 || echo[3] != i));
		lost += n <= 0;
	}
	return lost;
}

static void test_moving_under_traffic(void)
{
	unsigned moved = 0;

	set_up();
	for (unsigned i = 0; i < PEERS; i++) {
		connect_client(&t.peer[i]);
		g_assert_cmpuint(talk(&t.peer[i]), <=, LOST_MAX);
	}
	settle();
	for (unsigned i = 0; i < PEERS; i++) {
		g_assert_cmpuint(talk(&t.peer[i]), ==, 0);
		moved += t.peer[i].moved;
	}
	g_assert_cmpuint(moved, >, 0);
	g_assert_cmpuint(moved, <, PEERS);
	for (unsigned i = 0; i < PEERS; i++) {
		limen_loop_call(t.peer[i].loop, end, &t.peer[i]);
		close(t.peer[i].fd);
	}
	tear_down();
}

/* Objects end while their clients send on, and the port closes under that. */
static void test_ending_under_traffic(void)
{
	uint8_t bytes[1000] = { 0x80, 96 };

	set_up();
	for (unsigned i = 0; i < PEERS; i++)
		connect_client(&t.peer[i]);
	settle();
	for (unsigned i = 0; i < PEERS; i++) {
		for (unsigned k = 0; k < 20 * PEERS; k++)
			(void)send(t.peer[k % PEERS].fd, bytes, sizeof(bytes), 0);
		limen_loop_call(t.peer[i].loop, end, &t.peer[i]);
	}
	tear_down();
	for (unsigned i = 0; i < PEERS; i++)
		close(t.peer[i].fd);
}

static struct limen_home home;
static bool settled, told;

static void tell(void *arg)
{
	*(bool *)arg = true;
}

static void doze(void *arg)
{
	(void)arg;
	g_usleep(20000);
}

static void move_slowly(void *arg)
{
	doze(NULL);
	limen_loop_post(t.loop[1], doze, NULL); /* before the marker of the move */
	limen_home_move(&home, t.loop[0], doze, tell, &settled);
	limen_home_post(&home, tell, arg);
}

/* The port closes while something is on its way from the last loop to the first, which ends first.
 */
static void test_ending_in_a_move(void)
{
	set_up();
	limen_home_init(&home, t.loop[1]);
	limen_loop_post(t.loop[1], move_slowly, &told);
	limen_ice_shared_quiet();
	g_assert_true(settled);
	g_assert_true(told);
	for (unsigned i = 0; i < PEERS; i++)
		limen_loop_call(t.peer[i].loop, end, &t.peer[i]);
	tear_down();
	for (unsigned i = 0; i < PEERS; i++)
		close(t.peer[i].fd);
	limen_home_clear(&home);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ice-shared-loops/moving-under-traffic", test_moving_under_traffic);
	g_test_add_func("/ice-shared-loops/ending-under-traffic", test_ending_under_traffic);
	g_test_add_func("/ice-shared-loops/ending-in-a-move", test_ending_in_a_move);
	return g_test_run();
}
