/*
 * Binding. Ports of a range are tried in a random order, because whoever knows the order could
 * guess where media will come in. Thread: any.
 */
#include "core/media/udp_bind.h"
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <unistd.h>
#include "core/base/clock.h"
#include "core/media/address.h"

#define DYNAMIC_MIN 49152u /* dynamic ports (RFC 6335 §6) */
#define DYNAMIC_MAX 65535u
#define BUFFER_BYTES (1 << 20)

/* What is bound: an address of which the port is to be chosen. */
struct place {
	bool v6, dual, shared;
	struct sockaddr_in6 address; /* v4-mapped for IPv4 */
};

static bool parse_address(const char *text, struct place *p)
{
	struct in_addr v4;

	p->v6 = inet_pton(AF_INET, text, &v4) != 1;
	if (!p->v6)
		p->address.sin6_addr = limen_address_mapped(v4);
	return !p->v6 || inet_pton(AF_INET6, text, &p->address.sin6_addr) == 1;
}

static bool is_multicast(const struct place *p)
{
	return p->v6 ? IN6_IS_ADDR_MULTICAST(&p->address.sin6_addr)
		     : IN_MULTICAST(ntohl(limen_address_unmapped(&p->address.sin6_addr).s_addr));
}

static int find_place(const struct limen_udp_config *cfg, struct place *p)
{
	const char *text = cfg->group ? cfg->group : cfg->address;

	*p = (struct place){ .shared = cfg->group != NULL };
	p->address.sin6_family = AF_INET6;
	p->dual = p->v6 = !text; /* every address of both families */
	if (text && !parse_address(text, p))
		return LIMEN_EINVAL;
	return cfg->group && !is_multicast(p) ? LIMEN_EINVAL : 0;
}

static int bind_to(int fd, const struct place *p)
{
	const struct sockaddr_in v4 = limen_address_as_v4(&p->address);

	return p->v6 ? bind(fd, (const struct sockaddr *)&p->address, sizeof(p->address))
		     : bind(fd, (const struct sockaddr *)&v4, sizeof(v4));
}

/* A bound socket, or -1 with errno. */
static int open_bound(const struct place *p)
{
	const int on = 1, v6_only = !p->dual;
	const int fd =
		socket(p->v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if ((p->v6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof(v6_only)) != 0) ||
		(p->shared && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0) ||
		bind_to(fd, p) != 0) {
		const int why = errno;

		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

static unsigned common_divisor(unsigned a, unsigned b)
{
	while (b) {
		const unsigned rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* Ports first, first + step, ... count of them, in a random order: from a random one on by strides
 * that reach each once. */
static int try_ports(struct place *p, unsigned first, unsigned step, unsigned count, int *fd)
{
	unsigned at = limen_random_u32() % count, stride;
	bool taken = false;

	do
		stride = limen_random_u32() % count + 1;
	while (common_divisor(stride, count) != 1);
	for (unsigned i = 0; i < count; i++, at = (at + stride) % count) {
		p->address.sin6_port = htons((uint16_t)(first + at * step));
		if ((*fd = open_bound(p)) >= 0)
			return 0;
		if (errno != EADDRINUSE && errno != EACCES)
			return LIMEN_EIO;
		taken |= errno == EADDRINUSE;
	}
	return taken ? LIMEN_EEXIST : LIMEN_EIO;
}

static int choose_port(const struct limen_udp_config *cfg, struct place *p, int *fd)
{
	const unsigned step = cfg->even ? 2 : 1;
	unsigned first = cfg->port_min ? cfg->port_min : 1, last = cfg->port_max;

	if (!cfg->port_min && !cfg->port_max) {
		if (!cfg->even)
			return (*fd = open_bound(p)) >= 0 ? 0 : LIMEN_EIO;
		first = DYNAMIC_MIN;
		last = DYNAMIC_MAX;
	}
	if (cfg->even)
		first += first % 2;
	if (first > last)
		return cfg->port_min > cfg->port_max ? LIMEN_EINVAL : LIMEN_EEXIST;
	return try_ports(p, first, step, (last - first) / step + 1, fd);
}

static bool has_address(const struct ifaddrs *i, const struct place *want)
{
	struct sockaddr_in6 have;

	if (!i->ifa_addr)
		return false;
	have = limen_address_as_v6(i->ifa_addr);
	return IN6_ARE_ADDR_EQUAL(&have.sin6_addr, &want->address.sin6_addr);
}

/* Index of an interface by name or by one of its addresses; 0: there is none. */
static unsigned interface_index(const char *text)
{
	unsigned index = if_nametoindex(text);
	struct place p = { 0 };
	struct ifaddrs *list;

	if (index || !parse_address(text, &p) || getifaddrs(&list) != 0)
		return index;
	for (const struct ifaddrs *i = list; i && !index; i = i->ifa_next)
		if (has_address(i, &p))
			index = if_nametoindex(i->ifa_name);
	freeifaddrs(list);
	return index;
}

/* Only what comes for the group on this interface; by default a socket gets what any socket of the
 * host joined. */
static int join(int fd, const struct place *p, const char *interface)
{
	const unsigned index = interface ? interface_index(interface) : 0;
	const struct ipv6_mreq v6 = { p->address.sin6_addr, index };
	const struct ip_mreqn v4 = { .imr_multiaddr = limen_address_unmapped(&p->address.sin6_addr),
		.imr_ifindex = (int)index };
	const int off = 0;

	if (interface && !index)
		return LIMEN_EINVAL;
	if (p->v6)
		return setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &v6, sizeof(v6)) == 0
			? 0
			: LIMEN_EIO;
	(void)setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof(off));
	return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &v4, sizeof(v4)) == 0 ? 0 : LIMEN_EIO;
}

/* None of these is worth a refusal. What nobody reads is to take no memory. */
static void set_options(int fd, bool v6, const struct limen_udp_config *cfg)
{
	const int class = cfg->dscp << 2, in = cfg->received ? BUFFER_BYTES : 0, out = BUFFER_BYTES;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &in, sizeof(in));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &out, sizeof(out));
	/* A dual-stack socket has a class of its own for each family. */
	(void)setsockopt(fd, IPPROTO_IP, IP_TOS, &class, sizeof(class));
	if (v6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &class, sizeof(class));
}

int limen_udp_bind(const struct limen_udp_config *cfg, int *fd, bool *v6)
{
	const char *interface = cfg->interface ? cfg->interface : cfg->address;
	struct place p;
	int err = find_place(cfg, &p);

	if (err)
		return err;
	err = choose_port(cfg, &p, fd);
	if (err == LIMEN_EIO && p.dual) { /* no IPv6 here */
		p.dual = p.v6 = false;
		p.address.sin6_addr = limen_address_mapped((struct in_addr){ INADDR_ANY });
		err = choose_port(cfg, &p, fd);
	}
	if (err)
		return err;
	*v6 = p.v6;
	set_options(*fd, p.v6, cfg);
	if (cfg->group && (err = join(*fd, &p, interface)))
		close(*fd);
	return err;
}
