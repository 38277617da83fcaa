/*
 * A UDP socket on loopback that a test looks into: what a forwarder sends ends here. Loopback
 * delivers within the call that sends, so nothing is waited for. Thread: the test's.
 */
#ifndef LIMEN_TESTS_SINK_H
#define LIMEN_TESTS_SINK_H

#include <arpa/inet.h>
#include <glib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct sink {
	int fd;
	uint16_t port;
	struct sockaddr_in from; /* of the last datagram */
};

static inline struct sink sink_open(void)
{
	struct sink s = { .fd = socket(AF_INET, SOCK_DGRAM, 0) };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(a);

	g_assert_cmpint(s.fd, >=, 0);
	g_assert_cmpint(bind(s.fd, (struct sockaddr *)&a, size), ==, 0);
	g_assert_cmpint(getsockname(s.fd, (struct sockaddr *)&a, &size), ==, 0);
	s.port = ntohs(a.sin_port);
	return s;
}

static inline void sink_close(struct sink *s)
{
	close(s->fd);
}

/* The next datagram's length, -1 when there is none. */
static inline ssize_t sink_read(struct sink *s, uint8_t *bytes, size_t cap)
{
	socklen_t size = sizeof(s->from);

	return recvfrom(s->fd, bytes, cap, MSG_DONTWAIT, (struct sockaddr *)&s->from, &size);
}

/* Sends to where the last datagram came from. */
static inline void sink_reply(struct sink *s, const uint8_t *bytes, size_t len)
{
	g_assert_cmpint(sendto(s->fd, bytes, len, 0, (struct sockaddr *)&s->from, sizeof(s->from)),
		==, (ssize_t)len);
}

static inline void sink_expect(struct sink *s, const void *bytes, size_t len)
{
	uint8_t got[2048];
	const ssize_t n = sink_read(s, got, sizeof(got));

	g_assert_cmpint(n, >=, 0);
	g_assert_cmpmem(got, (size_t)n, bytes, len);
}

static inline void sink_expect_nothing(struct sink *s)
{
	uint8_t got[2048];

	g_assert_cmpint(sink_read(s, got, sizeof(got)), ==, -1);
}

#endif
