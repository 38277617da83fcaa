/*
 * ICE-TCP connections over loopback: framing however it is cut, strangers' limits, clients that do
 * not read, handing a connection to another loop.
 */
#include "core/media/ice_tcp.h"
#include <arpa/inet.h>
#include <errno.h>
#include <limen/types.h>
#include <string.h>
#include <unistd.h>
#include "core/base/clock.h"

struct end {
	struct limen_loop *loop;
	struct limen_ice_tcp *tcp;
	struct limen_ice_tcp_conn *conn; /* the last that sent a frame */
	unsigned frames, closed;
	size_t len;
	uint8_t last[LIMEN_ICE_TCP_FRAME_MAX];
	bool claim, close, detach;
};

static void on_frame(struct limen_ice_tcp_conn *c, const uint8_t *bytes, size_t len, void *arg)
{
	struct end *e = arg;

	e->frames++;
	e->conn = c;
	e->len = len;
	memcpy(e->last, bytes, len);
	if (e->claim)
		limen_ice_tcp_claim(c, e);
	if (e->close)
		limen_ice_tcp_close(c);
	if (e->detach)
		limen_ice_tcp_detach(c);
}

static void on_closed(struct limen_ice_tcp_conn *c, void *arg)
{
	struct end *e = arg;

	e->closed++;
	if (e->conn == c)
		e->conn = NULL;
}

static const struct limen_ice_tcp_events events = { on_frame, on_closed };

static uint16_t free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(a);
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	g_assert_cmpint(bind(fd, (struct sockaddr *)&a, size), ==, 0);
	g_assert_cmpint(getsockname(fd, (struct sockaddr *)&a, &size), ==, 0);
	close(fd);
	return ntohs(a.sin_port);
}

static uint16_t port;

static void set_up(struct end *e)
{
	struct limen_port_config cfg = { .address = "127.0.0.1", .ipv6 = true };

	memset(e, 0, sizeof(*e));
	limen_clock_simulate(G_USEC_PER_SEC);
	cfg.number = port = free_port();
	g_assert_cmpint(limen_loop_new_manual(&e->loop, 0), ==, 0);
	g_assert_cmpint(limen_ice_tcp_new(&e->tcp, e->loop, &cfg, &events, e), ==, 0);
}

static void tear_down(struct end *e)
{
	limen_ice_tcp_free(e->tcp);
	limen_loop_free(e->loop);
}

static void step(struct end *e)
{
	for (unsigned i = 0; i < 50; i++)
		limen_loop_step(e->loop);
}

static int client(void)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	g_assert_cmpint(connect(fd, (const struct sockaddr *)&to, sizeof(to)), ==, 0);
	return fd;
}

static void write_all(int fd, const void *bytes, size_t len)
{
	g_assert_cmpint(send(fd, bytes, len, MSG_NOSIGNAL), ==, (ssize_t)len);
}

/* Has the server closed it? */
static bool is_closed(int fd)
{
	uint8_t byte;
	const ssize_t n = recv(fd, &byte, 1, MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN);
}

static void test_framing(void)
{
	static const char stream[] = "\0\5hello\0\0\0\3you";
	struct end e;
	int fd;

	set_up(&e);
	fd = client();
	write_all(fd, stream, sizeof(stream) - 1); /* two frames and an empty one at once */
	step(&e);
	g_assert_cmpuint(e.frames, ==, 2);
	g_assert_cmpmem(e.last, e.len, "you", 3);
	for (size_t i = 0; i < sizeof(stream) - 1; i++) { /* the same, byte by byte */
		write_all(fd, stream + i, 1);
		step(&e);
		g_assert_cmpuint(e.frames, ==, i < 6 ? 2 : i < 13 ? 3 : 4);
	}
	g_assert_cmpstr(inet_ntop(AF_INET6, &limen_ice_tcp_path(e.conn)->local,
				(char[INET6_ADDRSTRLEN]){ 0 }, INET6_ADDRSTRLEN),
		==, "::ffff:127.0.0.1");
	close(fd);
	step(&e);
	g_assert_cmpuint(e.closed, ==, 1);
	tear_down(&e);
}

static void test_too_long(void)
{
	struct end e;
	int fd;

	set_up(&e);
	fd = client();
	write_all(fd, "\x08\x01x", 3); /* 2049 bytes to come */
	step(&e);
	g_assert_true(is_closed(fd));
	g_assert_cmpuint(e.frames, ==, 0);
	g_assert_cmpuint(e.closed, ==, 1);
	close(fd);
	tear_down(&e);
}

static void test_patience(void)
{
	struct end e;
	int stranger, friend;

	set_up(&e);
	e.claim = true;
	stranger = client();
	friend = client();
	write_all(friend, "\0\1x", 3);
	write_all(stranger, "\0", 1);
	step(&e);
	limen_clock_advance(LIMEN_ICE_TCP_PATIENCE_US - G_USEC_PER_SEC);
	step(&e);
	g_assert_false(is_closed(stranger));
	limen_clock_advance(3 * G_USEC_PER_SEC);
	step(&e);
	g_assert_true(is_closed(stranger));
	g_assert_false(is_closed(friend));
	close(stranger);
	close(friend);
	tear_down(&e);
}

/* More strangers than are borne: the last are turned away, and a free place is used again. */
static void test_strangers(void)
{
	int fds[LIMEN_ICE_TCP_STRANGERS_MAX + 20];
	unsigned open = 0;
	struct end e;

	set_up(&e);
	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
		fds[i] = client();
	step(&e);
	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
		open += !is_closed(fds[i]);
	g_assert_cmpuint(open, ==, LIMEN_ICE_TCP_STRANGERS_MAX);
	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
		close(fds[i]);
	step(&e);
	fds[0] = client();
	write_all(fds[0], "\0\1x", 3);
	step(&e);
	g_assert_cmpuint(e.frames, ==, 1);
	close(fds[0]);
	tear_down(&e);
}

#define SIZE 1000

struct reader {
	int fd;
	unsigned count, before;
	size_t have;
	uint8_t frame[2 + SIZE];
};

/* Reads frames whose content is their number, and checks that none is torn. */
static void read_frames(struct reader *r)
{
	uint8_t *f = r->frame;
	ssize_t n;

	while ((n = recv(r->fd, f + r->have, sizeof(r->frame) - r->have, MSG_DONTWAIT)) > 0) {
		r->have += (size_t)n;
		if (r->have < sizeof(r->frame))
			continue;
		g_assert_cmpuint((unsigned)(f[0] << 8 | f[1]), ==, SIZE);
		g_assert_cmpuint((unsigned)(f[2] << 8 | f[3]), >=, r->before);
		r->before = (unsigned)(f[2] << 8 | f[3]);
		for (size_t i = 4; i < sizeof(r->frame); i++)
			g_assert_cmpuint(f[i], ==, f[3]);
		r->count++;
		r->have = 0;
	}
}

static void read_until(struct end *e, struct reader *r, unsigned count)
{
	for (unsigned i = 0; i < 5000 && r->count < count; i++) {
		read_frames(r);
		step(e);
		g_usleep(100);
	}
	g_assert_cmpuint(r->count, ==, count);
	g_assert_cmpuint(r->have, ==, 0);
}

/* A client that does not read loses whole frames, costs bounded memory, and is served again. */
static void test_slow_reader(void)
{
	uint8_t bytes[SIZE];
	unsigned accepted = 0, refused = 0;
	struct reader r = { 0 };
	struct end e;

	set_up(&e);
	e.claim = true;
	r.fd = client();
	write_all(r.fd, "\0\1x", 3);
	step(&e);
	for (unsigned i = 0; i < 20000; i++) {
		memset(bytes, (uint8_t)i, sizeof(bytes));
		bytes[0] = (uint8_t)(i >> 8);
		if (limen_ice_tcp_send(e.conn, bytes, sizeof(bytes)) == 0)
			accepted++;
		else
			refused++;
	}
	g_assert_cmpuint(refused, >, 0);
	read_until(&e, &r, accepted);
	g_assert_cmpint(limen_ice_tcp_send(e.conn, bytes, sizeof(bytes)), ==, 0);
	read_until(&e, &r, accepted + 1);
	g_assert_cmpint(
		limen_ice_tcp_send(e.conn, bytes, LIMEN_ICE_TCP_FRAME_MAX + 1), ==, LIMEN_EINVAL);
	close(r.fd);
	tear_down(&e);
}

/* Closing a connection from inside its frame ends the telling of the frames behind. */
static void test_close_inside(void)
{
	struct end e;
	int fd;

	set_up(&e);
	e.close = true;
	fd = client();
	write_all(fd, "\0\1x\0\1y", 6);
	step(&e);
	g_assert_cmpuint(e.frames, ==, 1);
	g_assert_cmpuint(e.closed, ==, 0);
	g_assert_true(is_closed(fd));
	close(fd);
	tear_down(&e);
}

static void test_handing_over(void)
{
	struct end a, b = { 0 };
	uint8_t bytes[8];
	int fd;

	set_up(&a);
	a.detach = true;
	g_assert_cmpint(limen_loop_new_manual(&b.loop, 1), ==, 0);
	g_assert_cmpint(limen_ice_tcp_new(&b.tcp, b.loop,
				&(struct limen_port_config){ .address = "127.0.0.1", .ipv6 = true },
				&events, &b),
		==, 0);
	fd = client();
	write_all(fd, "\0\1x\0\2yz", 7); /* half of it is read with the first frame already */
	step(&a);
	g_assert_cmpuint(a.frames, ==, 1);
	limen_ice_tcp_attach(a.conn, b.tcp);
	limen_ice_tcp_claim(a.conn, &b);
	step(&b);
	g_assert_cmpuint(b.frames, ==, 1); /* what came before needs nothing more to be told */
	write_all(fd, "\0\1!", 3);
	step(&a);
	step(&b);
	g_assert_cmpuint(a.frames, ==, 1);
	g_assert_cmpuint(b.frames, ==, 2);
	g_assert_cmpmem(b.last, b.len, "!", 1);
	g_assert_true(limen_ice_tcp_owner(b.conn) == &b);
	g_assert_cmpint(limen_ice_tcp_send(b.conn, (const uint8_t *)"ok", 2), ==, 0);
	g_assert_cmpint(recv(fd, bytes, sizeof(bytes), 0), ==, 4);
	g_assert_cmpmem(bytes, 4, "\0\2ok", 4);
	close(fd);
	step(&b);
	g_assert_cmpuint(b.closed, ==, 1);
	g_assert_cmpuint(a.closed, ==, 0);
	limen_ice_tcp_free(b.tcp);
	limen_loop_free(b.loop);
	tear_down(&a);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ice-tcp/framing", test_framing);
	g_test_add_func("/ice-tcp/too-long", test_too_long);
	g_test_add_func("/ice-tcp/patience", test_patience);
	g_test_add_func("/ice-tcp/strangers", test_strangers);
	g_test_add_func("/ice-tcp/slow-reader", test_slow_reader);
	g_test_add_func("/ice-tcp/close-inside", test_close_inside);
	g_test_add_func("/ice-tcp/handing-over", test_handing_over);
	return g_test_run();
}
