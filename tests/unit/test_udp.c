/*
 * Plugins' sockets over real loopback: who a datagram is from in either family, bursts, ends from
 * inside and from another thread.
 */
#include "core/media/udp.h"
#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>
#include "core/base/loop.h"

struct seen {
	struct limen_udp *udp;
	unsigned count, done;
	size_t bytes;
	char last[32];
	struct sockaddr_storage from;
	bool closes;
};

static struct limen_loop *loop;

static void on_datagram(
	const uint8_t *bytes, size_t len, const struct sockaddr_storage *from, void *arg)
{
	struct seen *s = arg;

	g_assert_cmpuint(s->done, ==, 0);
	s->count++;
	s->bytes += len;
	g_snprintf(s->last, sizeof(s->last), "%.*s", (int)len, (const char *)bytes);
	s->from = *from;
	if (s->closes)
		limen_udp_close(s->udp);
}

static void on_done(void *arg)
{
	((struct seen *)arg)->done++;
}

static void set_up(struct seen *s, const char *address)
{
	const struct limen_udp_config cfg = {
		.address = address, .received = on_datagram, .arg = s, .done = on_done
	};

	memset(s, 0, sizeof(*s));
	if (!loop)
		g_assert_cmpint(limen_loop_new_manual(&loop, 0), ==, 0);
	g_assert_cmpint(limen_udp_open(&s->udp, loop, &cfg), ==, 0);
	g_assert_cmpuint(limen_udp_port(s->udp), >, 0);
}

static void run(void)
{
	while (limen_loop_step(loop))
		;
}

static void close_one(struct seen *s)
{
	limen_udp_close(s->udp);
	g_assert_cmpuint(s->done, ==, 0);
	run();
	g_assert_cmpuint(s->done, ==, 1);
}

static void tear_down(void)
{
	g_clear_pointer(&loop, limen_loop_free);
}

static struct sockaddr_storage address(const char *text, uint16_t port)
{
	struct sockaddr_storage out = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
	} else {
		out = (struct sockaddr_storage){ 0 };
		g_assert_cmpint(inet_pton(AF_INET6, text, &v6->sin6_addr), ==, 1);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
	}
	return out;
}

static void send_text(struct seen *from, const struct sockaddr_storage *to, const char *text)
{
	g_assert_cmpint(limen_udp_send(from->udp, to, (const uint8_t *)text, strlen(text)), ==, 0);
	run();
}

/* a, bound to at, reaches b, bound to everything, at an address; and back. */
static void talk(const char *at, const char *b_is_at, int family)
{
	struct sockaddr_storage to;
	struct seen a, b;

	set_up(&a, at);
	set_up(&b, NULL);
	to = address(b_is_at, limen_udp_port(b.udp));
	send_text(&a, &to, "ping");
	g_assert_cmpstr(b.last, ==, "ping");
	g_assert_cmpint(b.from.ss_family, ==, family);
	send_text(&b, &b.from, "pong");
	g_assert_cmpstr(a.last, ==, "pong");
	g_assert_cmpint(a.from.ss_family, ==, family);
	g_assert_cmpuint(((struct sockaddr_in *)&a.from)->sin_port, ==,
		((struct sockaddr_in *)&to)->sin_port);
	close_one(&a);
	close_one(&b);
	tear_down();
}

static void test_ipv4(void)
{
	talk("127.0.0.1", "127.0.0.1", AF_INET);
	talk(NULL, "127.0.0.1", AF_INET);
	talk("127.0.0.3", "127.0.0.9", AF_INET);
}

static bool has_ipv6(void)
{
	const struct sockaddr_storage to = address("::1", 0);
	const int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	const bool has =
		fd >= 0 && bind(fd, (const struct sockaddr *)&to, sizeof(struct sockaddr_in6)) == 0;

	if (fd >= 0)
		close(fd);
	return has;
}

static void test_ipv6(void)
{
	struct sockaddr_storage to;
	struct seen a;

	g_assert_true(has_ipv6());
	talk("::1", "::1", AF_INET6);
	talk(NULL, "::1", AF_INET6);
	/* An IPv4 socket has no way there, one of an IPv6 address none to IPv4. */
	set_up(&a, "127.0.0.1");
	to = address("::1", 9);
	g_assert_cmpint(limen_udp_send(a.udp, &to, (const uint8_t *)"x", 1), ==, LIMEN_EIO);
	close_one(&a);
	set_up(&a, "::1");
	to = address("127.0.0.1", 9);
	g_assert_cmpint(limen_udp_send(a.udp, &to, (const uint8_t *)"x", 1), ==, LIMEN_EIO);
	close_one(&a);
	tear_down();
}

/* More than a batch and more than a turn; an empty one; one that is too long. */
static void test_many(void)
{
	static uint8_t big[LIMEN_UDP_DATAGRAM_MAX + 1];
	struct sockaddr_storage to;
	struct seen a, b;

	set_up(&a, "127.0.0.1");
	set_up(&b, "127.0.0.1");
	to = address("127.0.0.1", limen_udp_port(b.udp));
	for (unsigned i = 0; i < 700; i++)
		g_assert_cmpint(limen_udp_send(a.udp, &to, big, 100), ==, 0);
	run();
	g_assert_cmpuint(b.count, >=, 200); /* as many as the system's limit lets wait */
	g_assert_cmpuint(b.bytes, ==, 100 * b.count);
	b.count = b.bytes = 0;
	g_assert_cmpint(limen_udp_send(a.udp, &to, big, 0), ==, 0);
	g_assert_cmpint(limen_udp_send(a.udp, &to, big, sizeof(big)), ==, 0);
	g_assert_cmpint(limen_udp_send(a.udp, &to, big, sizeof(big) - 1), ==, 0);
	run();
	g_assert_cmpuint(b.count, ==, 2);
	g_assert_cmpuint(b.bytes, ==, sizeof(big) - 1);
	close_one(&a);
	close_one(&b);
	tear_down();
}

/* Closed from its own callback: the rest of the batch does not come. */
static void test_close_inside(void)
{
	struct sockaddr_storage to;
	struct seen a, b;

	set_up(&a, "127.0.0.1");
	set_up(&b, "127.0.0.1");
	b.closes = true;
	to = address("127.0.0.1", limen_udp_port(b.udp));
	for (unsigned i = 0; i < 5; i++)
		g_assert_cmpint(limen_udp_send(a.udp, &to, (const uint8_t *)"x", 1), ==, 0);
	run();
	g_assert_cmpuint(b.count, ==, 1);
	g_assert_cmpuint(b.done, ==, 1);
	close_one(&a);
	limen_udp_close(NULL);
	tear_down();
}

/* What comes to a socket without a reader is thrown away. */
static void test_no_reader(void)
{
	const struct limen_udp_config cfg = { .address = "127.0.0.1" };
	struct sockaddr_storage to;
	struct limen_udp *sender;
	struct seen b;

	set_up(&b, "127.0.0.1");
	g_assert_cmpint(limen_udp_open(&sender, loop, &cfg), ==, 0);
	to = address("127.0.0.1", limen_udp_port(sender));
	send_text(&b, &to, "to nobody");
	to = address("127.0.0.1", limen_udp_port(b.udp));
	g_assert_cmpint(limen_udp_send(sender, &to, (const uint8_t *)"here", 4), ==, 0);
	run();
	g_assert_cmpstr(b.last, ==, "here");
	limen_udp_close(sender);
	close_one(&b);
	tear_down();
}

static gint received, finished;

static void count(const uint8_t *bytes, size_t len, const struct sockaddr_storage *from, void *arg)
{
	(void)bytes, (void)len, (void)from, (void)arg;
	g_assert_cmpint(g_atomic_int_get(&finished), ==, 0);
	g_atomic_int_inc(&received);
}

static void finish(void *arg)
{
	(void)arg;
	g_atomic_int_set(&finished, 1);
}

/* Closed here while datagrams come there. */
static void test_threads(void)
{
	const struct limen_udp_config cfg = {
		.address = "127.0.0.1", .received = count, .done = finish
	};
	struct sockaddr_storage to;
	struct limen_loop *other;
	struct limen_udp *u;
	struct seen a;

	set_up(&a, "127.0.0.1");
	g_assert_cmpint(limen_loop_new(&other, 1), ==, 0);
	g_assert_cmpint(limen_udp_open(&u, other, &cfg), ==, 0);
	to = address("127.0.0.1", limen_udp_port(u));
	while (g_atomic_int_get(&received) < 50)
		(void)limen_udp_send(a.udp, &to, (const uint8_t *)"x", 1);
	limen_udp_close(u);
	while (!g_atomic_int_get(&finished))
		(void)limen_udp_send(a.udp, &to, (const uint8_t *)"x", 1);
	limen_loop_free(other);
	close_one(&a);
	tear_down();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/unit/udp/ipv4", test_ipv4);
	g_test_add_func("/unit/udp/ipv6", test_ipv6);
	g_test_add_func("/unit/udp/many", test_many);
	g_test_add_func("/unit/udp/close-inside", test_close_inside);
	g_test_add_func("/unit/udp/no-reader", test_no_reader);
	g_test_add_func("/unit/udp/threads", test_threads);
	return g_test_run();
}
