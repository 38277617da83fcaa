/*
 * Egress over real loopback sockets: what is collected arrives whole and in order, with and without
 * segmentation, in as many calls as it should.
 */
#include "core/media/egress.h"
#include <arpa/inet.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include <limen/types.h>

static struct {
	struct limen_loop *loop;
	struct limen_port *port;
	struct limen_egress *egress;
	int clients[2];
	struct limen_path to[2];
} t;

static void on_datagram(const uint8_t *bytes, size_t len, const struct limen_path *from, void *arg)
{
	(void)bytes, (void)len, (void)from, (void)arg;
}

static void open_client(unsigned i)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct sockaddr_in any = { .sin_family = AF_INET };
	const struct timeval limit = { 2, 0 };
	socklen_t len = sizeof(at);

	t.clients[i] = socket(AF_INET, SOCK_DGRAM, 0);
	g_assert_cmpint(bind(t.clients[i], (struct sockaddr *)&at, len), ==, 0);
	g_assert_cmpint(getsockname(t.clients[i], (struct sockaddr *)&at, &len), ==, 0);
	setsockopt(t.clients[i], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	limen_path_set(&t.to[i], (struct sockaddr *)&at, (const struct sockaddr *)&any);
	memset(&t.to[i].local, 0, sizeof(t.to[i].local));
}

static void set_up(bool segmentation)
{
	const struct limen_port_config cfg = { .address = "127.0.0.1" };

	g_assert_cmpint(limen_loop_new_manual(&t.loop, 0), ==, 0);
	g_assert_cmpint(limen_port_new(&t.port, t.loop, &cfg, on_datagram, NULL), ==, 0);
	t.egress = limen_egress_new(t.loop, t.port, segmentation);
	open_client(0);
	open_client(1);
}

static void tear_down(void)
{
	limen_egress_free(t.egress);
	limen_port_free(t.port);
	close(t.clients[0]);
	close(t.clients[1]);
	limen_loop_free(t.loop);
}

static void put(unsigned client, uint8_t number, size_t len)
{
	uint8_t *room = limen_egress_reserve(t.egress);

	memset(room, number, len);
	limen_egress_commit(t.egress, &t.to[client], len);
}

static void expect(unsigned client, uint8_t number, size_t len)
{
	uint8_t bytes[LIMEN_EGRESS_DATAGRAM_MAX + 1];

	g_assert_cmpint(recv(t.clients[client], bytes, sizeof(bytes), 0), ==, (ssize_t)len);
	for (size_t i = 0; i < len; i++)
		g_assert_cmpuint(bytes[i], ==, number);
}

static void check_stats(uint64_t datagrams, uint64_t messages)
{
	const struct limen_egress_stats *s = limen_egress_stats(t.egress);

	g_assert_cmpuint(s->datagrams, ==, datagrams);
	g_assert_cmpuint(s->messages, ==, messages);
	g_assert_cmpuint(s->dropped, ==, 0);
}

/* Three equal and a smaller one, another client's, and one that is larger than what went before. */
static void send_mixture(void)
{
	static const size_t sizes[] = { 1200, 1200, 1200, 700 };

	for (uint8_t i = 0; i < 4; i++)
		put(0, i, sizes[i]);
	put(1, 9, 1200);
	put(0, 4, 300);
	put(0, 5, 301);
	while (limen_loop_step(t.loop))
		;
	for (uint8_t i = 0; i < 4; i++)
		expect(0, i, sizes[i]);
	expect(0, 4, 300);
	expect(0, 5, 301);
	expect(1, 9, 1200);
}

static void test_segments(void)
{
	set_up(true);
	send_mixture();
	g_assert_true(limen_egress_segments(t.egress));
	check_stats(7, 4);
	tear_down();
}

static void test_one_by_one(void)
{
	set_up(false);
	send_mixture();
	check_stats(7, 7);
	tear_down();
}

/* More than the buffer holds: the first part leaves before the round ends. */
static void test_full(void)
{
	set_up(true);
	for (unsigned i = 0; i < 300; i++)
		put(i % 2, (uint8_t)i, 100);
	g_assert_cmpuint(limen_egress_stats(t.egress)->datagrams, ==, 288);
	limen_egress_flush(t.egress);
	for (unsigned i = 0; i < 300; i++)
		expect(i % 2, (uint8_t)i, 100);
	tear_down();
}

/* A segment that does not fit the interface is refused; datagrams then leave alone, in fragments.
 */
static void test_refused(void)
{
	int one = 1;

	set_up(true);
	/* Checksums off: the kernel refuses segments without (EINVAL). */
	g_assert_cmpint(
		setsockopt(limen_port_fd(t.port), SOL_SOCKET, SO_NO_CHECK, &one, sizeof(one)), ==,
		0);
	send_mixture();
	g_assert_false(limen_egress_segments(t.egress));
	g_assert_cmpuint(limen_egress_stats(t.egress)->datagrams, ==, 7);
	g_assert_cmpuint(limen_egress_stats(t.egress)->dropped, ==, 0);
	tear_down();
}

/* One path that refuses segments is no reason to send one by one to others. */
static void test_bad_path(void)
{
	set_up(true);
	send_mixture();
	t.to[1].remote.sin6_port = 0;
	put(1, 0, 900);
	put(1, 1, 900);
	limen_egress_flush(t.egress);
	g_assert_cmpuint(limen_egress_stats(t.egress)->dropped, ==, 2);
	g_assert_true(limen_egress_segments(t.egress));
	put(0, 0, 900);
	put(0, 1, 900);
	limen_egress_flush(t.egress);
	g_assert_cmpuint(limen_egress_stats(t.egress)->messages, ==, 4 + 3 + 1);
	expect(0, 0, 900);
	expect(0, 1, 900);
	tear_down();
}

/* Where segments never worked they are tried again after a while. */
static void test_tried_again(void)
{
	int one = 1, zero = 0;

	set_up(true);
	setsockopt(limen_port_fd(t.port), SOL_SOCKET, SO_NO_CHECK, &one, sizeof(one));
	send_mixture();
	g_assert_false(limen_egress_segments(t.egress));
	setsockopt(limen_port_fd(t.port), SOL_SOCKET, SO_NO_CHECK, &zero, sizeof(zero));
	for (unsigned i = 0; i < 1000; i++) {
		put(1, 1, 100);
		limen_egress_flush(t.egress);
		expect(1, 1, 100);
	}
	g_assert_true(limen_egress_segments(t.egress));
	send_mixture();
	g_assert_true(limen_egress_segments(t.egress));
	tear_down();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/egress/segments", test_segments);
	g_test_add_func("/egress/one-by-one", test_one_by_one);
	g_test_add_func("/egress/full", test_full);
	g_test_add_func("/egress/refused", test_refused);
	g_test_add_func("/egress/bad-path", test_bad_path);
	g_test_add_func("/egress/tried-again", test_tried_again);
	return g_test_run();
}
