/*
 * The shared port over real loopback sockets: who a datagram came from and to, splitting of what
 * the kernel joined, replies from the address that was used, two sockets of one number.
 */
#include "core/media/port.h"
#include <arpa/inet.h>
#include <limen/types.h>
#include <netinet/udp.h>
#include <string.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

struct seen {
	unsigned count;
	size_t bytes, shortest, longest;
	uint8_t last;
	struct limen_path from;
};

static void on_datagram(const uint8_t *bytes, size_t len, const struct limen_path *from, void *arg)
{
	struct seen *s = arg;

	s->shortest = s->count ? MIN(s->shortest, len) : len;
	s->longest = MAX(s->longest, len);
	s->count++;
	s->bytes += len;
	s->last = len ? bytes[len - 1] : 0;
	s->from = *from;
}

struct fixture {
	struct limen_loop *loop;
	struct limen_port *port;
	struct seen seen;
};

static void set_up(struct fixture *f, const char *address, bool ipv6)
{
	const struct limen_port_config cfg = { .address = address, .ipv6 = ipv6 };

	memset(f, 0, sizeof(*f));
	g_assert_cmpint(limen_loop_new_manual(&f->loop, 0), ==, 0);
	g_assert_cmpint(limen_port_new(&f->port, f->loop, &cfg, on_datagram, &f->seen), ==, 0);
	g_assert_cmpuint(limen_port_number(f->port), >, 0);
}

static void tear_down(struct fixture *f)
{
	limen_port_free(f->port);
	limen_loop_free(f->loop);
}

static void step(struct fixture *f)
{
	while (limen_loop_step(f->loop))
		;
}

/* A client's socket, connected to the port at an address. */
static int client_of(const struct fixture *f, const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(limen_port_number(f->port)) };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(limen_port_number(f->port)) };
	const bool v6 = strchr(address, ':') != NULL;
	const int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(inet_pton(v6 ? AF_INET6 : AF_INET, address,
				v6 ? (void *)&to6.sin6_addr : &to.sin_addr),
		==, 1);
	g_assert_cmpint(connect(fd, v6 ? (struct sockaddr *)&to6 : (struct sockaddr *)&to,
				v6 ? sizeof(to6) : sizeof(to)),
		==, 0);
	return fd;
}

static const char *text_of(const struct in6_addr *a)
{
	static char text[INET6_ADDRSTRLEN];

	return inet_ntop(AF_INET6, a, text, sizeof(text));
}

/* What is sent to an address is seen with it, and the reply passes the client's connected socket,
 * which takes nothing from elsewhere. */
static void echo_at(const char *bind_to, bool ipv6, const char *address, const char *local)
{
	struct fixture f;
	char reply[16] = "";
	int fd;

	set_up(&f, bind_to, ipv6);
	fd = client_of(&f, address);
	g_assert_cmpint(send(fd, "hi", 2, 0), ==, 2);
	step(&f);
	g_assert_cmpuint(f.seen.count, ==, 1);
	g_assert_cmpstr(text_of(&f.seen.from.local), ==, local);
	g_assert_cmpint(limen_port_send(f.port, &f.seen.from, (const uint8_t *)"you", 3), ==, 0);
	g_assert_cmpint(recv(fd, reply, sizeof(reply), 0), ==, 3);
	g_assert_cmpstr(reply, ==, "you");
	close(fd);
	tear_down(&f);
}

static void test_addresses(void)
{
	echo_at(NULL, true, "127.0.0.1", "::ffff:127.0.0.1");
	echo_at(NULL, true, "127.0.0.77", "::ffff:127.0.0.77");
	echo_at(NULL, false, "127.0.0.77", "::ffff:127.0.0.77");
	echo_at("127.0.0.3", true, "127.0.0.3", "::ffff:127.0.0.3");
	echo_at("127.0.0.3", false, "127.0.0.3", "::ffff:127.0.0.3");
}

static void test_ipv6(void)
{
	echo_at(NULL, true, "::1", "::1");
	echo_at("::1", true, "::1", "::1");
}

static void test_bad_address(void)
{
	const struct limen_port_config cfg = { .address = "192.0.2.1", .ipv6 = true };
	struct limen_loop *loop;
	struct limen_port *port;

	g_assert_cmpint(limen_loop_new_manual(&loop, 0), ==, 0);
	g_assert_cmpint(limen_port_new(&port, loop, &cfg, on_datagram, NULL), ==, LIMEN_EIO);
	g_assert_null(port);
	limen_loop_free(loop);
}

/* One send of ten segments of 300 bytes and a last of 100: eleven datagrams, joined or not. */
static void test_joined(void)
{
	const int segment = 300;
	uint8_t bytes[3100];
	struct fixture f;
	int fd;

	set_up(&f, "127.0.0.1", true);
	fd = client_of(&f, "127.0.0.1");
	memset(bytes, 1, sizeof(bytes));
	bytes[sizeof(bytes) - 1] = 9;
	g_assert_cmpint(setsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment)), ==, 0);
	g_assert_cmpint(send(fd, bytes, sizeof(bytes), 0), ==, sizeof(bytes));
	step(&f);
	g_assert_cmpuint(f.seen.count, ==, 11);
	g_assert_cmpuint(f.seen.bytes, ==, sizeof(bytes));
	g_assert_cmpuint(f.seen.shortest, ==, 100);
	g_assert_cmpuint(f.seen.longest, ==, 300);
	g_assert_cmpuint(f.seen.last, ==, 9);
	close(fd);
	tear_down(&f);
}

/* Sizes from nothing to the most that fits arrive whole, in more than one batch. */
static void test_sizes(void)
{
	static uint8_t bytes[60000];
	struct fixture f;
	size_t total = 0;
	int fd;

	set_up(&f, "127.0.0.1", true);
	fd = client_of(&f, "127.0.0.1");
	for (unsigned i = 0; i < 200; i++) {
		const size_t len = i == 0 ? 0 : i == 199 ? sizeof(bytes) : i * 7;

		g_assert_cmpint(send(fd, bytes, len, 0), ==, (ssize_t)len);
		total += len;
	}
	step(&f);
	g_assert_cmpuint(f.seen.count, ==, 200);
	g_assert_cmpuint(f.seen.bytes, ==, total);
	g_assert_cmpuint(f.seen.longest, ==, sizeof(bytes));
	close(fd);
	tear_down(&f);
}

/* A turn of the loop reads a bounded number of datagrams. */
static void test_turn(void)
{
	struct fixture f;
	int fd;

	set_up(&f, "127.0.0.1", true);
	fd = client_of(&f, "127.0.0.1");
	for (unsigned i = 0; i < 1000; i++)
		g_assert_cmpint(send(fd, "x", 1, 0), ==, 1);
	limen_loop_step(f.loop);
	g_assert_cmpuint(f.seen.count, >=, 64);
	g_assert_cmpuint(f.seen.count, <, 1000);
	step(&f);
	g_assert_cmpuint(f.seen.count, ==, 1000);
	close(fd);
	tear_down(&f);
}

/* Two loops, one number: each client reaches one of them, always the same. */
static void test_shared_number(void)
{
	struct fixture a, b = { 0 };
	struct limen_port_config cfg = { .address = "127.0.0.1", .ipv6 = true };
	unsigned at_a = 0;

	set_up(&a, "127.0.0.1", true);
	cfg.number = limen_port_number(a.port);
	g_assert_cmpint(limen_port_probe(&cfg), ==, LIMEN_EEXIST);
	g_assert_cmpint(limen_loop_new_manual(&b.loop, 1), ==, 0);
	g_assert_cmpint(limen_port_new(&b.port, b.loop, &cfg, on_datagram, &b.seen), ==, 0);
	for (unsigned i = 0; i < 40; i++) {
		const int fd = client_of(&a, "127.0.0.1");

		a.seen.count = b.seen.count = 0;
		for (unsigned k = 0; k < 3; k++)
			g_assert_cmpint(send(fd, "x", 1, 0), ==, 1);
		step(&a);
		step(&b);
		g_assert_true((a.seen.count == 3 && b.seen.count == 0) ||
			(a.seen.count == 0 && b.seen.count == 3));
		at_a += a.seen.count == 3;
		close(fd);
	}
	g_assert_cmpuint(at_a, >, 0);
	g_assert_cmpuint(at_a, <, 40);
	tear_down(&b);
	limen_port_free(a.port);
	g_assert_cmpint(limen_port_probe(&cfg), ==, 0);
	cfg.number = 0;
	g_assert_cmpint(limen_port_probe(&cfg), ==, 0);
	g_assert_cmpuint(cfg.number, >, 0);
	limen_loop_free(a.loop);
}

/* What cannot go this way is told apart from a full socket, and harms nothing. */
static void test_unusable(void)
{
	static uint8_t bytes[65535];
	struct fixture f;
	struct limen_path broadcast;
	int fd;

	set_up(&f, "127.0.0.1", true);
	fd = client_of(&f, "127.0.0.1");
	g_assert_cmpint(send(fd, "x", 1, 0), ==, 1);
	step(&f);
	broadcast = f.seen.from;
	memset(broadcast.remote.sin6_addr.s6_addr + 12, 255, 4);
	g_assert_cmpint(limen_port_send(f.port, &broadcast, bytes, 1), ==, LIMEN_EIO);
	g_assert_cmpint(limen_port_send(f.port, &f.seen.from, bytes, sizeof(bytes)), ==, LIMEN_EIO);
	g_assert_cmpint(limen_port_send(f.port, &f.seen.from, bytes, 1), ==, 0);
	g_assert_cmpint(recv(fd, bytes, sizeof(bytes), 0), ==, 1);
	close(fd);
	tear_down(&f);
}

static void test_paths(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(5) }, local = a;
	struct sockaddr_in6 b = { .sin6_family = AF_INET6, .sin6_port = htons(5) };
	struct limen_path x, y;

	inet_pton(AF_INET, "192.0.2.7", &a.sin_addr);
	inet_pton(AF_INET6, "::ffff:192.0.2.7", &b.sin6_addr);
	inet_pton(AF_INET, "192.0.2.1", &local.sin_addr);
	limen_path_set(&x, (struct sockaddr *)&a, (struct sockaddr *)&local);
	limen_path_set(&y, (struct sockaddr *)&b, (struct sockaddr *)&local);
	g_assert_true(limen_path_equal(&x, &y));
	g_assert_cmpuint(limen_path_hash(&x), ==, limen_path_hash(&y));
	y.remote.sin6_port = htons(6);
	g_assert_false(limen_path_equal(&x, &y));
	y = x;
	y.local.s6_addr[15]++;
	g_assert_false(limen_path_equal(&x, &y));
	g_assert_cmpuint(limen_path_hash(&x), !=, limen_path_hash(&y));
}

/* Only an address that the kernel would choose itself may be left to it. */
static void test_to_send(void)
{
	const struct sockaddr_in remote = { .sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in local = remote;
	struct limen_path path, out;

	limen_path_set(&path, (const struct sockaddr *)&remote, (const struct sockaddr *)&local);
	out = limen_path_to_send(&path);
	g_assert_true(IN6_IS_ADDR_UNSPECIFIED(&out.local));
	g_assert_cmpint(memcmp(&out.remote, &path.remote, sizeof(out.remote)), ==, 0);
	local.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 5);
	limen_path_set(&path, (const struct sockaddr *)&remote, (const struct sockaddr *)&local);
	out = limen_path_to_send(&path);
	g_assert_true(limen_path_equal(&out, &path));
}

/* The class that a datagram arrives with is what was asked for. */
static void test_dscp(void)
{
	const struct limen_port_config cfg = { .ipv6 = true, .dscp = 46 };
	struct limen_loop *loop;
	struct limen_port *port;
	int class = 0;
	socklen_t size = sizeof(class);

	g_assert_cmpint(limen_loop_new_manual(&loop, 0), ==, 0);
	g_assert_cmpint(limen_port_new(&port, loop, &cfg, NULL, NULL), ==, 0);
	g_assert_cmpint(getsockopt(limen_port_fd(port), IPPROTO_IP, IP_TOS, &class, &size), ==, 0);
	g_assert_cmpint(class, ==, 46 << 2);
	if (limen_port_is_v6(port)) {
		g_assert_cmpint(
			getsockopt(limen_port_fd(port), IPPROTO_IPV6, IPV6_TCLASS, &class, &size),
			==, 0);
		g_assert_cmpint(class, ==, 46 << 2);
	}
	limen_port_free(port);
	limen_loop_free(loop);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/port/addresses", test_addresses);
	g_test_add_func("/port/ipv6", test_ipv6);
	g_test_add_func("/port/bad-address", test_bad_address);
	g_test_add_func("/port/joined", test_joined);
	g_test_add_func("/port/sizes", test_sizes);
	g_test_add_func("/port/turn", test_turn);
	g_test_add_func("/port/shared-number", test_shared_number);
	g_test_add_func("/port/unusable", test_unusable);
	g_test_add_func("/port/paths", test_paths);
	g_test_add_func("/port/to-send", test_to_send);
	g_test_add_func("/port/dscp", test_dscp);
	return g_test_run();
}
