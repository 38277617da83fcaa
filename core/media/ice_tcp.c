/*
 * ICE-TCP connections of a loop. A frame that the socket takes in part is kept and finished: the
 * stream must never lose its framing; whole frames are dropped when too much waits, as a network
 * would do. Thread: the loop.
 */
#include "core/media/ice_tcp.h"
#include <arpa/inet.h>
#include <errno.h>
#include <limen/types.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>
#include "core/base/bytes.h"
#include "core/base/clock.h"

#define READY_MAX 32
#define ACCEPTS_A_TURN 32
#define PREFIX 2 /* RFC 4571 §2: the length before each frame */
#define FRAME_ROOM (PREFIX + LIMEN_ICE_TCP_FRAME_MAX)
#define READ_BYTES 16384
#define LOOK_US G_USEC_PER_SEC

struct limen_ice_tcp_conn {
	struct limen_ice_tcp *tcp; /* NULL between two loops */
	GList link;                /* in tcp->strangers or tcp->owned */
	int fd;
	struct limen_path path;
	void *owner;
	int64_t until_us; /* for a stranger */
	size_t out_at, out_len;
	uint8_t *out; /* LIMEN_ICE_TCP_BACKLOG bytes, while something waits */
	size_t in_len;
	uint8_t in[FRAME_ROOM];
};

struct limen_ice_tcp {
	struct limen_loop *loop;
	const struct limen_ice_tcp_events *ev;
	void *arg;
	int epoll_fd, listen_fd;
	bool deaf; /* no descriptors are left: accepting waits */
	GSource *source;
	GQueue strangers, owned; /* strangers: oldest first */
	struct limen_timer look;
	struct limen_ice_tcp_conn *reading; /* NULL once it went while its frames were told */
	const uint8_t *rest, *rest_end;     /* of reading: behind the frame being told */
	struct epoll_event ready[READY_MAX];
	int ready_count;
	uint8_t buffer[FRAME_ROOM + READ_BYTES];
};

struct tcp_source {
	GSource source;
	struct limen_ice_tcp *tcp;
};

static gint strangers; /* in the process; atomic */

static void watch(struct limen_ice_tcp *t, int operation, int fd, uint32_t events, void *what)
{
	struct epoll_event e = { .events = events, .data.ptr = what };

	/* Can fail for lack of memory only; then the connection is silent and times out. */
	(void)epoll_ctl(t->epoll_fd, operation, fd, &e);
}

static void look_soon(struct limen_ice_tcp *t)
{
	if (!limen_timer_active(&t->look))
		limen_loop_timer_set(t->loop, &t->look, limen_now_us() + LOOK_US);
}

/* What was read of the connection beyond the present frame stays with it. */
static void keep_rest(struct limen_ice_tcp *t, struct limen_ice_tcp_conn *c)
{
	const size_t len = (size_t)(t->rest_end - t->rest);

	t->reading = NULL;
	c->in_len = 0;
	if (len > sizeof(c->in)) /* a client that sends so much before an answer: it may go */
		shutdown(c->fd, SHUT_RDWR);
	else
		memcpy(c->in, t->rest, c->in_len = len);
}

void limen_ice_tcp_detach(struct limen_ice_tcp_conn *c)
{
	struct limen_ice_tcp *t = c->tcp;

	watch(t, EPOLL_CTL_DEL, c->fd, 0, NULL);
	g_queue_unlink(c->owner ? &t->owned : &t->strangers, &c->link);
	if (t->reading == c)
		keep_rest(t, c);
	for (int i = 0; i < t->ready_count; i++)
		if (t->ready[i].data.ptr == c)
			t->ready[i].data.ptr = t->ready; /* nobody's */
	c->tcp = NULL;
}

static bool has_kept_frame(const struct limen_ice_tcp_conn *c)
{
	return c->in_len >= PREFIX && c->in_len >= PREFIX + (size_t)limen_get_u16(c->in);
}

/* A socket is nearly always writable: asking for that gets a kept frame its turn. */
static void watch_on(struct limen_ice_tcp_conn *c, int operation)
{
	watch(c->tcp, operation, c->fd, EPOLLIN | (c->out || has_kept_frame(c) ? EPOLLOUT : 0), c);
}

void limen_ice_tcp_attach(struct limen_ice_tcp_conn *c, struct limen_ice_tcp *t)
{
	c->tcp = t;
	g_queue_push_tail_link(c->owner ? &t->owned : &t->strangers, &c->link);
	watch_on(c, EPOLL_CTL_ADD);
	if (!c->owner)
		look_soon(t);
}

void limen_ice_tcp_close(struct limen_ice_tcp_conn *c)
{
	if (c->tcp)
		limen_ice_tcp_detach(c);
	if (!c->owner)
		g_atomic_int_add(&strangers, -1);
	close(c->fd);
	g_free(c->out);
	g_free(c);
}

static void closed_by_itself(struct limen_ice_tcp *t, struct limen_ice_tcp_conn *c)
{
	t->ev->on_closed(c, t->arg);
	limen_ice_tcp_close(c);
}

const struct limen_path *limen_ice_tcp_path(const struct limen_ice_tcp_conn *c)
{
	return &c->path;
}

void *limen_ice_tcp_owner(const struct limen_ice_tcp_conn *c)
{
	return c->owner;
}

void limen_ice_tcp_claim(struct limen_ice_tcp_conn *c, void *owner)
{
	if (!c->owner) {
		g_atomic_int_add(&strangers, -1);
		g_queue_unlink(&c->tcp->strangers, &c->link);
		g_queue_push_tail_link(&c->tcp->owned, &c->link);
	}
	c->owner = owner;
}

static int keep(struct limen_ice_tcp_conn *c, const uint8_t *prefix, const uint8_t *bytes,
	size_t len, size_t sent)
{
	if (!c->out) {
		c->out = g_malloc(LIMEN_ICE_TCP_BACKLOG);
		c->out_at = 0;
		watch_on(c, EPOLL_CTL_MOD);
	}
	if (c->out_at + c->out_len + PREFIX + len > LIMEN_ICE_TCP_BACKLOG) {
		memmove(c->out, c->out + c->out_at, c->out_len);
		c->out_at = 0;
	}
	if (c->out_len + PREFIX + len > LIMEN_ICE_TCP_BACKLOG)
		return LIMEN_EAGAIN;
	for (; sent < PREFIX; sent++)
		c->out[c->out_at + c->out_len++] = prefix[sent];
	memcpy(c->out + c->out_at + c->out_len, bytes + (sent - PREFIX), len - (sent - PREFIX));
	c->out_len += len - (sent - PREFIX);
	return 0;
}

int limen_ice_tcp_send(struct limen_ice_tcp_conn *c, const uint8_t *bytes, size_t len)
{
	const uint8_t prefix[PREFIX] = { (uint8_t)(len >> 8), (uint8_t)len };
	const struct iovec iov[] = { { (void *)prefix, PREFIX }, { (void *)bytes, len } };
	const struct msghdr m = { .msg_iov = (struct iovec *)iov, .msg_iovlen = 2 };
	ssize_t n = 0;

	if (len > LIMEN_ICE_TCP_FRAME_MAX)
		return LIMEN_EINVAL;
	if (!c->out_len)
		n = sendmsg(c->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return LIMEN_EIO;
	n = MAX(n, 0);
	return (size_t)n == PREFIX + len ? 0 : keep(c, prefix, bytes, len, (size_t)n);
}

/* false: the connection is broken. */
static bool flush(struct limen_ice_tcp_conn *c)
{
	const ssize_t n = send(c->fd, c->out + c->out_at, c->out_len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->out_at += (size_t)n;
	c->out_len -= (size_t)n;
	if (c->out_len)
		return true;
	g_clear_pointer(&c->out, g_free);
	watch_on(c, EPOLL_CTL_MOD);
	return true;
}

/* Tells whole frames and keeps the rest. false: the framing is not one of ours. The connection may
 * be gone afterwards: tcp->reading says so. */
static bool tell_frames(struct limen_ice_tcp *t, struct limen_ice_tcp_conn *c, size_t len)
{
	const uint8_t *p = t->buffer, *end = p + len;

	while (end - p >= PREFIX) {
		const size_t frame = limen_get_u16(p);

		if (frame > LIMEN_ICE_TCP_FRAME_MAX)
			return false;
		if ((size_t)(end - p) < PREFIX + frame)
			break;
		t->rest = p + PREFIX + frame;
		t->rest_end = end;
		if (frame)
			t->ev->on_frame(c, p + PREFIX, frame, t->arg);
		if (t->reading != c)
			return true;
		p += PREFIX + frame;
	}
	c->in_len = (size_t)(end - p);
	memcpy(c->in, p, c->in_len);
	return true;
}

/* len bytes are in the buffer. */
static void take(struct limen_ice_tcp *t, struct limen_ice_tcp_conn *c, size_t len)
{
	t->reading = c;
	t->rest = t->rest_end = t->buffer;
	if (!tell_frames(t, c, len))
		closed_by_itself(t, c);
	t->reading = NULL;
}

static void read_conn(struct limen_ice_tcp *t, struct limen_ice_tcp_conn *c)
{
	ssize_t n;

	memcpy(t->buffer, c->in, c->in_len);
	n = recv(c->fd, t->buffer + c->in_len, READ_BYTES, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		closed_by_itself(t, c);
	else
		take(t, c, c->in_len + (size_t)n);
}

static void take_kept(struct limen_ice_tcp *t, struct limen_ice_tcp_conn *c)
{
	const size_t len = c->in_len;

	memcpy(t->buffer, c->in, len);
	c->in_len = 0;
	watch_on(c, EPOLL_CTL_MOD);
	take(t, c, len);
}

static void serve(struct limen_ice_tcp *t, struct limen_ice_tcp_conn *c, uint32_t events)
{
	if ((events & EPOLLOUT) && c->out && !flush(c))
		closed_by_itself(t, c);
	else if (has_kept_frame(c))
		take_kept(t, c);
	else if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		read_conn(t, c);
}

static void add_conn(struct limen_ice_tcp *t, int fd, const struct sockaddr_in6 *remote)
{
	struct limen_ice_tcp_conn *c;
	struct sockaddr_in6 local = { 0 };
	socklen_t size = sizeof(local);
	const int on = 1;

	if (getsockname(fd, (struct sockaddr *)&local, &size) != 0 ||
		g_atomic_int_add(&strangers, 1) >= LIMEN_ICE_TCP_STRANGERS_MAX) {
		g_atomic_int_add(&strangers, -1);
		close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c = g_new0(struct limen_ice_tcp_conn, 1);
	c->fd = fd;
	c->link.data = c;
	c->until_us = limen_now_us() + LIMEN_ICE_TCP_PATIENCE_US;
	limen_path_set(&c->path, (const struct sockaddr *)remote, (const struct sockaddr *)&local);
	limen_ice_tcp_attach(c, t);
}

static void accept_some(struct limen_ice_tcp *t)
{
	for (unsigned i = 0; i < ACCEPTS_A_TURN; i++) {
		struct sockaddr_in6 remote = { 0 };
		socklen_t size = sizeof(remote);
		const int fd = accept4(t->listen_fd, (struct sockaddr *)&remote, &size,
			SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			add_conn(t, fd, &remote);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE) {
			t->deaf = true;
			watch(t, EPOLL_CTL_MOD, t->listen_fd, 0, t);
			look_soon(t);
		}
		return;
	}
}

static gboolean on_ready(GSource *source, GSourceFunc fn, gpointer arg)
{
	struct limen_ice_tcp *t = ((struct tcp_source *)source)->tcp;

	(void)fn, (void)arg;
	t->ready_count = MAX(epoll_wait(t->epoll_fd, t->ready, READY_MAX, 0), 0);
	for (int i = 0; i < t->ready_count; i++) {
		void *what = t->ready[i].data.ptr;

		if (what == t)
			accept_some(t);
		else if (what != t->ready)
			serve(t, what, t->ready[i].events);
	}
	t->ready_count = 0;
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = { .dispatch = on_ready };

static void on_look(struct limen_timer *timer, void *arg)
{
	struct limen_ice_tcp *t = arg;
	struct limen_ice_tcp_conn *c;

	(void)timer;
	if (t->deaf) {
		t->deaf = false;
		watch(t, EPOLL_CTL_MOD, t->listen_fd, EPOLLIN, t);
	}
	while ((c = g_queue_peek_head(&t->strangers)) && c->until_us <= limen_now_us())
		closed_by_itself(t, c);
	if (!g_queue_is_empty(&t->strangers))
		look_soon(t);
}

/* 0 or -1. */
static int listen_at(struct limen_ice_tcp *t, const struct limen_port_config *cfg)
{
	struct sockaddr_in6 address;
	const socklen_t size = limen_port_bind_address(cfg, cfg->ipv6, &address);
	const int on = 1, off = 0;

	t->listen_fd = socket(
		cfg->ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (t->listen_fd < 0 || size == 0)
		return -1;
	if (cfg->ipv6 &&
		setsockopt(t->listen_fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0)
		return -1;
	if (setsockopt(t->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
		setsockopt(t->listen_fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
		bind(t->listen_fd, (const struct sockaddr *)&address, size) != 0)
		return -1;
	return listen(t->listen_fd, SOMAXCONN);
}

int limen_ice_tcp_new(struct limen_ice_tcp **out, struct limen_loop *loop,
	const struct limen_port_config *cfg, const struct limen_ice_tcp_events *ev, void *arg)
{
	struct limen_ice_tcp *t = g_new0(struct limen_ice_tcp, 1);

	*out = NULL;
	t->loop = loop;
	t->ev = ev;
	t->arg = arg;
	g_queue_init(&t->strangers);
	g_queue_init(&t->owned);
	limen_timer_init(&t->look, on_look, t);
	t->listen_fd = -1;
	t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (t->epoll_fd < 0 || listen_at(t, cfg) != 0) {
		limen_ice_tcp_free(t);
		return LIMEN_EIO;
	}
	watch(t, EPOLL_CTL_ADD, t->listen_fd, EPOLLIN, t);
	t->source = g_source_new(&source_funcs, sizeof(struct tcp_source));
	((struct tcp_source *)t->source)->tcp = t;
	g_source_add_unix_fd(t->source, t->epoll_fd, G_IO_IN);
	g_source_set_can_recurse(t->source, TRUE); /* spares GLib two wake-ups a dispatch */
	g_source_attach(t->source, limen_loop_context(loop));
	*out = t;
	return 0;
}

void limen_ice_tcp_free(struct limen_ice_tcp *t)
{
	if (!t)
		return;
	limen_timer_stop(&t->look);
	if (t->source) {
		g_source_destroy(t->source);
		g_source_unref(t->source);
	}
	while (!g_queue_is_empty(&t->strangers))
		limen_ice_tcp_close(g_queue_peek_head(&t->strangers));
	while (!g_queue_is_empty(&t->owned))
		limen_ice_tcp_close(g_queue_peek_head(&t->owned));
	if (t->listen_fd >= 0)
		close(t->listen_fd);
	if (t->epoll_fd >= 0)
		close(t->epoll_fd);
	g_free(t);
}
