/*
 * UDP sockets of plugins. A turn of the loop reads at most DATAGRAMS_A_TURN datagrams of one: a
 * flood must not starve the others. The buffers are shared by all sockets of a thread, so that
 * thousands of them cost little. Thread: see udp.h.
 */
#include "core/media/udp.h"
#include <errno.h>
#include <unistd.h>
#include "core/base/loop.h"
#include "core/media/address.h"
#include "core/media/udp_bind.h"

#define BATCH 32
#define DATAGRAMS_A_TURN 512

struct limen_udp {
	struct limen_loop *loop;
	limen_udp_fn received;
	void (*done)(void *arg);
	void *arg;
	int fd;
	bool v6;
	uint16_t port;
	gint gone;       /* atomic: closed by its owner */
	GSource *source; /* NULL when nobody reads */
};

struct udp_source {
	GSource source;
	struct limen_udp *udp;
};

/* Room for one batch. */
struct room {
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_storage names[BATCH];
	uint8_t bytes[BATCH][LIMEN_UDP_DATAGRAM_MAX];
};

static GPrivate rooms = G_PRIVATE_INIT(g_free);

static struct room *own_room(void)
{
	struct room *r = g_private_get(&rooms);

	if (!r) {
		r = g_new0(struct room, 1);
		g_private_set(&rooms, r);
	}
	return r;
}

static void prepare(struct room *r)
{
	for (int i = 0; i < BATCH; i++) {
		r->iov[i] = (struct iovec){ r->bytes[i], LIMEN_UDP_DATAGRAM_MAX };
		r->msgs[i].msg_hdr = (struct msghdr){ .msg_name = &r->names[i],
			.msg_namelen = sizeof(r->names[i]),
			.msg_iov = &r->iov[i],
			.msg_iovlen = 1 };
	}
}

/* An IPv4 sender looks the same whichever socket got its datagram. */
static void show_v4(struct sockaddr_storage *from)
{
	const struct sockaddr_in6 v6 = limen_address_as_v6((const struct sockaddr *)from);
	const struct sockaddr_in v4 = limen_address_as_v4(&v6);

	if (from->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
		memcpy(from, &v4, sizeof(v4));
}

static void deliver(struct limen_udp *u, struct room *r, int count)
{
	for (int i = 0; i < count && !g_atomic_int_get(&u->gone); i++) {
		if (r->msgs[i].msg_hdr.msg_flags & MSG_TRUNC)
			continue;
		show_v4(&r->names[i]);
		u->received(r->bytes[i], r->msgs[i].msg_len, &r->names[i], u->arg);
	}
}

static gboolean on_readable(GSource *source, GSourceFunc fn, gpointer arg)
{
	struct limen_udp *u = ((struct udp_source *)source)->udp;
	struct room *r = own_room();
	int n, total = 0;

	(void)fn, (void)arg;
	do {
		prepare(r);
		n = recvmmsg(u->fd, r->msgs, BATCH, MSG_DONTWAIT, NULL);
		deliver(u, r, n);
		total += n;
	} while (n == BATCH && total < DATAGRAMS_A_TURN && !g_atomic_int_get(&u->gone));
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = { .dispatch = on_readable };

static void attach(struct limen_udp *u)
{
	u->source = g_source_new(&source_funcs, sizeof(struct udp_source));
	((struct udp_source *)u->source)->udp = u;
	g_source_add_unix_fd(u->source, u->fd, G_IO_IN);
	g_source_set_can_recurse(u->source, TRUE); /* spares GLib two wake-ups a dispatch */
	g_source_attach(u->source, limen_loop_context(u->loop));
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage bound = { 0 };
	socklen_t size = sizeof(bound);

	if (getsockname(fd, (struct sockaddr *)&bound, &size) != 0)
		return 0;
	return ntohs(limen_address_as_v6((const struct sockaddr *)&bound).sin6_port);
}

int limen_udp_open(
	struct limen_udp **out, struct limen_loop *loop, const struct limen_udp_config *cfg)
{
	struct limen_udp *u;
	bool v6;
	int fd, err;

	*out = NULL;
	if ((err = limen_udp_bind(cfg, &fd, &v6)))
		return err;
	u = g_new0(struct limen_udp, 1);
	u->loop = loop;
	u->received = cfg->received;
	u->done = cfg->done;
	u->arg = cfg->arg;
	u->fd = fd;
	u->v6 = v6;
	u->port = port_of(fd);
	*out = u;
	if (u->received)
		attach(u);
	return 0;
}

static void end(void *arg)
{
	struct limen_udp *u = arg;

	if (u->source) {
		g_source_destroy(u->source);
		g_source_unref(u->source);
	}
	close(u->fd);
	if (u->done)
		u->done(u->arg);
	g_free(u);
}

void limen_udp_close(struct limen_udp *u)
{
	if (!u)
		return;
	g_atomic_int_set(&u->gone, 1);
	limen_loop_post(u->loop, end, u);
}

uint16_t limen_udp_port(const struct limen_udp *u)
{
	return u->port;
}

int limen_udp_send(
	struct limen_udp *u, const struct sockaddr_storage *to, const uint8_t *bytes, size_t len)
{
	const struct sockaddr_in6 v6 = limen_address_as_v6((const struct sockaddr *)to);
	const struct sockaddr_in v4 = limen_address_as_v4(&v6);
	ssize_t n;

	if (!u->v6 && !IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
		return LIMEN_EIO; /* no way there from an IPv4 socket */
	do
		n = u->v6 ? sendto(u->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL,
				    (const struct sockaddr *)&v6, sizeof(v6))
			  : sendto(u->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL,
				    (const struct sockaddr *)&v4, sizeof(v4));
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	return errno == EAGAIN || errno == ENOBUFS ? LIMEN_EAGAIN : LIMEN_EIO;
}
