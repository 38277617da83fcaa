/*
 * The shared UDP port of a loop. One dual-stack socket serves both families where IPv6 works, so
 * that a path has one form. A turn of the loop reads at most DATAGRAMS_A_TURN datagrams: a flood
 * must not starve timers and tasks. Thread: the loop.
 */
#include "core/media/port.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <string.h>
#include <unistd.h>
#include <limen/types.h>
#include "core/media/address.h"

#ifndef UDP_GRO
#define UDP_GRO 104 /* linux/udp.h; older C libraries lack it */
#endif

#define BATCH 64
#define DATAGRAMS_A_TURN 512
#define DATAGRAM_MAX 65535 /* what UDP_GRO may join to one */
#define BUFFER_BYTES (4 << 20)

union control {
	struct cmsghdr align;
	uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int)) + 64];
};

struct limen_port {
	int fd;
	bool v6;
	uint16_t number;
	GSource *source;
	limen_port_fn fn;
	void *arg;
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	union control control[BATCH];
	struct sockaddr_in6 names[BATCH]; /* also large enough for IPv4 */
	uint8_t *buffers;                 /* BATCH times DATAGRAM_MAX */
};

struct port_source {
	GSource source;
	struct limen_port *port;
};

guint limen_path_hash(gconstpointer path)
{
	const struct limen_path *p = path;
	uint32_t r[4], l[4];
	guint h = p->remote.sin6_port;

	memcpy(r, &p->remote.sin6_addr, sizeof(r));
	memcpy(l, &p->local, sizeof(l));
	for (size_t i = 0; i < G_N_ELEMENTS(r); i++)
		h = (h ^ r[i] ^ (l[i] * 31u)) * 2654435761u;
	return h ^ (h >> 15);
}

gboolean limen_path_equal(gconstpointer a, gconstpointer b)
{
	const struct limen_path *x = a, *y = b;

	return x->remote.sin6_port == y->remote.sin6_port && x->ifindex == y->ifindex &&
		x->remote.sin6_scope_id == y->remote.sin6_scope_id &&
		IN6_ARE_ADDR_EQUAL(&x->remote.sin6_addr, &y->remote.sin6_addr) &&
		IN6_ARE_ADDR_EQUAL(&x->local, &y->local);
}

void limen_path_set(
	struct limen_path *path, const struct sockaddr *remote, const struct sockaddr *local)
{
	*path = (struct limen_path){ .remote = limen_address_as_v6(remote),
		.local = limen_address_as_v6(local).sin6_addr };
	if (IN6_IS_ADDR_LINKLOCAL(&path->local))
		path->ifindex = limen_address_as_v6(local).sin6_scope_id;
}

struct limen_path limen_path_to_send(const struct limen_path *path)
{
	struct limen_path out = *path;
	struct sockaddr_in6 chosen = { 0 };
	socklen_t size = sizeof(chosen);
	const int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	/* Connecting a datagram socket sends nothing: it only looks the way up. */
	if (fd >= 0 && path->ifindex == 0 &&
		connect(fd, (const struct sockaddr *)&path->remote, sizeof(path->remote)) == 0 &&
		getsockname(fd, (struct sockaddr *)&chosen, &size) == 0 &&
		IN6_ARE_ADDR_EQUAL(&chosen.sin6_addr, &path->local))
		out.local = in6addr_any;
	if (fd >= 0)
		close(fd);
	return out;
}

socklen_t limen_port_bind_address(
	const struct limen_port_config *cfg, bool v6, struct sockaddr_in6 *out)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(cfg->number) };
	const bool is_v4 = cfg->address && inet_pton(AF_INET, cfg->address, &v4.sin_addr) == 1;

	*out = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(cfg->number) };
	if (!v6) {
		if (cfg->address && !is_v4)
			return 0;
		memcpy(out, &v4, sizeof(v4));
		return sizeof(v4);
	}
	if (is_v4)
		out->sin6_addr = limen_address_mapped(v4.sin_addr);
	else if (cfg->address && inet_pton(AF_INET6, cfg->address, &out->sin6_addr) != 1)
		return 0;
	return sizeof(*out);
}

/* A bound socket, or -1 with errno. */
static int open_socket(const struct limen_port_config *cfg, bool v6, bool shared)
{
	const int on = 1, off = 0;
	struct sockaddr_in6 address;
	const socklen_t size = limen_port_bind_address(cfg, v6, &address);
	int fd;

	if (size == 0) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if ((v6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0) ||
		(shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0) ||
		bind(fd, (const struct sockaddr *)&address, size) != 0) {
		const int why = errno;

		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

/* Dual-stack if it can be had. */
static int open_either(const struct limen_port_config *cfg, bool shared, bool *v6)
{
	int fd = cfg->ipv6 ? open_socket(cfg, true, shared) : -1;

	*v6 = fd >= 0;
	if (fd >= 0 || (cfg->ipv6 && errno == EADDRINUSE))
		return fd;
	return open_socket(cfg, false, shared);
}

static uint16_t number_of(int fd)
{
	struct sockaddr_in6 bound = { 0 };
	socklen_t size = sizeof(bound);

	if (getsockname(fd, (struct sockaddr *)&bound, &size) != 0)
		return 0;
	return ntohs(limen_address_as_v6((const struct sockaddr *)&bound).sin6_port);
}

int limen_port_probe(struct limen_port_config *cfg)
{
	bool v6;
	const int fd = open_either(cfg, false, &v6);

	if (fd < 0)
		return errno == EADDRINUSE ? LIMEN_EEXIST : LIMEN_EIO;
	cfg->number = number_of(fd);
	close(fd);
	return cfg->number ? 0 : LIMEN_EIO;
}

static void enlarge(int fd, int option, int forced)
{
	const int bytes = BUFFER_BYTES;

	/* Forced above the system's limit where we may; the kernel's own limit otherwise. */
	if (setsockopt(fd, SOL_SOCKET, forced, &bytes, sizeof(bytes)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, option, &bytes, sizeof(bytes));
}

static int set_options(struct limen_port *p, uint8_t dscp)
{
	const int on = 1, class = dscp << 2;

	enlarge(p->fd, SO_RCVBUF, SO_RCVBUFFORCE);
	enlarge(p->fd, SO_SNDBUF, SO_SNDBUFFORCE);
	/* Kernels before 5.0 know no GRO: they deliver one by one. */
	(void)setsockopt(p->fd, SOL_UDP, UDP_GRO, &on, sizeof(on));
	/* A dual-stack socket has a class of its own for each family. */
	(void)setsockopt(p->fd, IPPROTO_IP, IP_TOS, &class, sizeof(class));
	if (p->v6)
		(void)setsockopt(p->fd, IPPROTO_IPV6, IPV6_TCLASS, &class, sizeof(class));
	return p->v6 ? setsockopt(p->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on))
		     : setsockopt(p->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
}

/* recvmmsg() changes the lengths; they are set anew for the messages that it used. */
static void prepare(struct limen_port *p, int count)
{
	for (int i = 0; i < count; i++) {
		p->iov[i] = (struct iovec){ p->buffers + (size_t)i * DATAGRAM_MAX, DATAGRAM_MAX };
		p->msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &p->names[i],
			.msg_namelen = sizeof(p->names[i]),
			.msg_iov = &p->iov[i],
			.msg_iovlen = 1,
			.msg_control = &p->control[i],
			.msg_controllen = sizeof(p->control[i]),
		};
	}
}

/* Where a message came from and to, and the size of the datagrams that it was joined from. */
static void read_control(struct msghdr *m, struct limen_path *path, size_t *segment)
{
	*path = (struct limen_path){ .remote = limen_address_as_v6(m->msg_name) };
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			path->local = info.ipi6_addr;
			if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
				path->ifindex = info.ipi6_ifindex;
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			path->local = limen_address_mapped(info.ipi_addr);
		} else if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
			int size;

			memcpy(&size, CMSG_DATA(c), sizeof(size));
			*segment = size > 0 ? (size_t)size : *segment;
		}
	}
}

static int deliver(struct limen_port *p, struct mmsghdr *m)
{
	const uint8_t *bytes = m->msg_hdr.msg_iov->iov_base;
	size_t left = m->msg_len, segment = left;
	struct limen_path path;
	int count = 0;

	read_control(&m->msg_hdr, &path, &segment);
	do {
		const size_t len = MIN(left, segment);

		p->fn(bytes, len, &path, p->arg);
		bytes += len;
		left -= len;
		count++;
	} while (left);
	return count;
}

static gboolean on_readable(GSource *source, GSourceFunc fn, gpointer arg)
{
	struct limen_port *p = ((struct port_source *)source)->port;
	int n, total = 0;

	(void)fn, (void)arg;
	do {
		n = recvmmsg(p->fd, p->msgs, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++)
			total += deliver(p, &p->msgs[i]);
		prepare(p, MAX(n, 0));
	} while (n == BATCH && total < DATAGRAMS_A_TURN);
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = { .dispatch = on_readable };

static void attach(struct limen_port *p, struct limen_loop *loop)
{
	p->source = g_source_new(&source_funcs, sizeof(struct port_source));
	((struct port_source *)p->source)->port = p;
	g_source_add_unix_fd(p->source, p->fd, G_IO_IN);
	g_source_set_can_recurse(p->source, TRUE); /* spares GLib two wake-ups a dispatch */
	g_source_attach(p->source, limen_loop_context(loop));
}

int limen_port_new(struct limen_port **out, struct limen_loop *loop,
	const struct limen_port_config *cfg, limen_port_fn on_datagram, void *arg)
{
	struct limen_port *p = g_new0(struct limen_port, 1);

	*out = NULL;
	p->fn = on_datagram;
	p->arg = arg;
	p->fd = open_either(cfg, true, &p->v6);
	if (p->fd < 0 || set_options(p, cfg->dscp) != 0 || !(p->number = number_of(p->fd))) {
		limen_port_free(p);
		return LIMEN_EIO;
	}
	p->buffers = g_malloc((size_t)BATCH * DATAGRAM_MAX);
	prepare(p, BATCH);
	attach(p, loop);
	*out = p;
	return 0;
}

void limen_port_free(struct limen_port *p)
{
	if (!p)
		return;
	if (p->source) {
		g_source_destroy(p->source);
		g_source_unref(p->source);
	}
	if (p->fd >= 0)
		close(p->fd);
	g_free(p->buffers);
	g_free(p);
}

uint16_t limen_port_number(const struct limen_port *p)
{
	return p->number;
}

bool limen_port_is_v6(const struct limen_port *p)
{
	return p->v6;
}

int limen_port_fd(const struct limen_port *p)
{
	return p->fd;
}

static void set_v6(const struct limen_path *to, struct msghdr *m)
{
	const struct in6_pktinfo info = { to->local, to->ifindex };
	struct cmsghdr *c = m->msg_control;

	m->msg_controllen = CMSG_SPACE(sizeof(info));
	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(info)),
		.cmsg_level = IPPROTO_IPV6,
		.cmsg_type = IPV6_PKTINFO };
	memcpy(CMSG_DATA(c), &info, sizeof(info));
}

static void set_v4(const struct limen_path *to, struct msghdr *m)
{
	const struct in_pktinfo info = { .ipi_spec_dst = limen_address_unmapped(&to->local) };
	struct cmsghdr *c = m->msg_control;

	m->msg_controllen = CMSG_SPACE(sizeof(info));
	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(info)),
		.cmsg_level = IPPROTO_IP,
		.cmsg_type = IP_PKTINFO };
	memcpy(CMSG_DATA(c), &info, sizeof(info));
}

void limen_port_address(const struct limen_port *p, const struct limen_path *to, struct msghdr *m,
	void *control_space)
{
	struct sockaddr_in *v4 = control_space; /* the head of the space holds an IPv4 name */

	m->msg_name = (void *)&to->remote;
	m->msg_namelen = sizeof(to->remote);
	m->msg_control = (uint8_t *)control_space + sizeof(*v4);
	m->msg_controllen = 0;
	if (!p->v6) {
		*v4 = limen_address_as_v4(&to->remote);
		m->msg_name = v4;
		m->msg_namelen = sizeof(*v4);
	}
	if (IN6_IS_ADDR_UNSPECIFIED(&to->local))
		return;
	if (p->v6)
		set_v6(to, m);
	else
		set_v4(to, m);
}

int limen_port_send(
	struct limen_port *p, const struct limen_path *to, const uint8_t *bytes, size_t len)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[LIMEN_PORT_CONTROL_SPACE];
	} space;
	struct iovec iov = { (void *)bytes, len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	limen_port_address(p, to, &m, &space);
	if (m.msg_controllen == 0)
		m.msg_control = NULL;
	do
		n = sendmsg(p->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	return errno == EAGAIN || errno == ENOBUFS ? LIMEN_EAGAIN : LIMEN_EIO;
}
