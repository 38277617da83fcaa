/*
 * Binding: port ranges, even ports, groups on loopback, traffic class, bad addresses.
 */
#include "core/media/udp_bind.h"
#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>
#include "core/base/clock.h"

static uint16_t port_of(int fd)
{
	struct sockaddr_in6 a = { 0 }; /* the port has its place in both families */
	socklen_t size = sizeof(a);

	g_assert_cmpint(getsockname(fd, (struct sockaddr *)&a, &size), ==, 0);
	return ntohs(a.sin6_port);
}

static int open_one(const struct limen_udp_config *cfg)
{
	bool v6;
	int fd;

	g_assert_cmpint(limen_udp_bind(cfg, &fd, &v6), ==, 0);
	return fd;
}

static int refusal(const struct limen_udp_config *cfg)
{
	bool v6;
	int fd;

	return limen_udp_bind(cfg, &fd, &v6);
}

/* A range is used up, each port once, not in its order; then it is full. */
static void use_up(uint16_t min, unsigned ports, bool even)
{
	const struct limen_udp_config cfg = { .address = "127.0.0.1",
		.port_min = min,
		.port_max = (uint16_t)(min + 19),
		.even = even };
	int fds[20];
	bool used[20] = { false }, ordered = true;

	for (unsigned i = 0; i < ports; i++) {
		fds[i] = open_one(&cfg);
		g_assert_cmpuint(port_of(fds[i]), >=, min);
		g_assert_cmpuint(port_of(fds[i]), <=, min + 19);
		g_assert_false(used[port_of(fds[i]) - min]);
		g_assert_true(!even || port_of(fds[i]) % 2 == 0);
		used[port_of(fds[i]) - min] = true;
		ordered &= i == 0 || port_of(fds[i]) > port_of(fds[i - 1]);
	}
	g_assert_false(ordered);
	g_assert_cmpint(refusal(&cfg), ==, LIMEN_EEXIST);
	for (unsigned i = 0; i < ports; i++)
		close(fds[i]);
}

static void test_range(void)
{
	limen_random_seed(4); /* 20 ports in order by chance: not with this one */
	use_up(21000, 20, false);
	use_up(21000, 10, true);
	use_up(21001, 10, true);
}

static void test_one_port(void)
{
	struct limen_udp_config cfg = { .port_min = 21050, .port_max = 21050, .even = true };
	int fd = open_one(&cfg);

	g_assert_cmpuint(port_of(fd), ==, 21050);
	g_assert_cmpint(refusal(&cfg), ==, LIMEN_EEXIST);
	close(fd);
	cfg.port_min = cfg.port_max = 21051;
	g_assert_cmpint(refusal(&cfg), ==, LIMEN_EEXIST); /* none is even */
	cfg.even = false;
	fd = open_one(&cfg);
	g_assert_cmpuint(port_of(fd), ==, 21051);
	close(fd);
}

static void test_any_port(void)
{
	struct limen_udp_config cfg = { .address = "127.0.0.1" };
	int fd = open_one(&cfg);

	g_assert_cmpuint(port_of(fd), >, 0);
	close(fd);
	cfg.even = true;
	for (unsigned i = 0; i < 8; i++) {
		fd = open_one(&cfg);
		g_assert_cmpuint(port_of(fd), >, 0);
		g_assert_cmpuint(port_of(fd) % 2, ==, 0);
		close(fd);
	}
}

static void test_bad(void)
{
	g_assert_cmpint(
		refusal(&(struct limen_udp_config){ .address = "localhost" }), ==, LIMEN_EINVAL);
	g_assert_cmpint(
		refusal(&(struct limen_udp_config){ .address = "1.2.3" }), ==, LIMEN_EINVAL);
	g_assert_cmpint(refusal(&(struct limen_udp_config){ .address = "192.0.2.1" }), ==,
		LIMEN_EIO); /* nobody's, and not ours */
	g_assert_cmpint(refusal(&(struct limen_udp_config){ .port_min = 3000, .port_max = 2000 }),
		==, LIMEN_EINVAL);
	g_assert_cmpint(
		refusal(&(struct limen_udp_config){ .group = "127.0.0.1" }), ==, LIMEN_EINVAL);
	g_assert_cmpint(
		refusal(&(struct limen_udp_config){ .group = "239.1.1.1", .interface = "nope0" }),
		==, LIMEN_EINVAL);
}

static void test_class(void)
{
	const int fd = open_one(&(struct limen_udp_config){ .dscp = 46 });
	int class = 0;
	socklen_t size = sizeof(class);

	g_assert_cmpint(getsockopt(fd, IPPROTO_IP, IP_TOS, &class, &size), ==, 0);
	g_assert_cmpint(class, ==, 46 << 2);
	g_assert_cmpint(getsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &class, &size), ==, 0);
	g_assert_cmpint(class, ==, 46 << 2);
	close(fd);
}

/* Sends to a group through the loopback interface. */
static void send_to_group(const char *group, uint16_t port)
{
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);
	const struct in_addr through = { htonl(INADDR_LOOPBACK) };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };

	g_assert_cmpint(inet_pton(AF_INET, group, &to.sin_addr), ==, 1);
	g_assert_cmpint(
		setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &through, sizeof(through)), ==, 0);
	g_assert_cmpint(sendto(fd, group, strlen(group), 0, (struct sockaddr *)&to, sizeof(to)), ==,
		(ssize_t)strlen(group));
	close(fd);
}

static void expect(int fd, const char *text)
{
	char got[64] = "";

	g_assert_cmpint(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT), ==, (ssize_t)strlen(text));
	g_assert_cmpstr(got, ==, text);
}

/* Two sockets share a port of a group; one of another group at that port gets nothing of it. */
static void test_group(void)
{
	struct limen_udp_config cfg = {
		.group = "239.255.7.1", .interface = "lo", .port_min = 21070, .port_max = 21070
	};
	const int a = open_one(&cfg);
	int b, c;

	cfg.interface = NULL;
	cfg.address = "127.0.0.1";
	b = open_one(&cfg);
	cfg.group = "239.255.7.2";
	c = open_one(&cfg);
	send_to_group("239.255.7.1", 21070);
	expect(a, "239.255.7.1");
	expect(b, "239.255.7.1");
	send_to_group("239.255.7.2", 21070);
	expect(c, "239.255.7.2");
	g_assert_cmpint(recv(a, &(char){ 0 }, 1, MSG_DONTWAIT), <, 0);
	close(a);
	close(b);
	close(c);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/unit/udp_bind/range", test_range);
	g_test_add_func("/unit/udp_bind/one-port", test_one_port);
	g_test_add_func("/unit/udp_bind/any-port", test_any_port);
	g_test_add_func("/unit/udp_bind/bad", test_bad);
	g_test_add_func("/unit/udp_bind/class", test_class);
	g_test_add_func("/unit/udp_bind/group", test_group);
	return g_test_run();
}
