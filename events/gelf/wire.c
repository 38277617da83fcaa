/*
 * GELF messages on their way. Thread: one at a time.
 */
#include "events/gelf/wire.h"
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEND_SECONDS 3

static int connect_to(const struct addrinfo *a)
{
	const struct timeval patience = { .tv_sec = SEND_SECONDS };
	const int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);

	if (fd < 0)
		return -1;
	/* On Linux the time to send also limits connect(). */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (!connect(fd, a->ai_addr, a->ai_addrlen))
		return fd;
	close(fd);
	return -1;
}

int gelf_wire_open(struct gelf_wire *w, const char *host, int port, bool tcp)
{
	const struct addrinfo hints = { .ai_socktype = tcp ? SOCK_STREAM : SOCK_DGRAM };
	g_autofree char *service = g_strdup_printf("%d", port);
	struct addrinfo *list;

	gelf_wire_close(w);
	w->tcp = tcp;
	if (getaddrinfo(host, service, &hints, &list))
		return LIMEN_EIO;
	for (const struct addrinfo *a = list; a && w->fd < 0; a = a->ai_next)
		w->fd = connect_to(a);
	freeaddrinfo(list);
	return w->fd < 0 ? LIMEN_EIO : 0;
}

void gelf_wire_close(struct gelf_wire *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

int gelf_wire_stream(struct gelf_wire *w, const char *text, size_t len)
{
	for (len++; len;) {
		const ssize_t n = send(w->fd, text, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			gelf_wire_close(w);
			return LIMEN_EIO;
		}
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A receiver that is not there shows by ICMP at the next datagram, which then is tried once more.
 */
static int put(const struct gelf_wire *w, const void *bytes, size_t len)
{
	if (send(w->fd, bytes, len, MSG_NOSIGNAL) >= 0)
		return 0;
	return errno == ECONNREFUSED && send(w->fd, bytes, len, MSG_NOSIGNAL) >= 0 ? 0 : LIMEN_EIO;
}

int gelf_wire_datagrams(const struct gelf_wire *w, const uint8_t *bytes, size_t len, size_t max)
{
	const size_t room = max - GELF_CHUNK_HEAD;
	const size_t count = (len + room - 1) / room;
	g_autofree uint8_t *chunk = NULL;
	int err = 0;

	if (len <= max)
		return put(w, bytes, len);
	if (count > GELF_CHUNKS_MAX)
		return LIMEN_ELIMIT;
	chunk = g_malloc(max);
	chunk[0] = 0x1e;
	chunk[1] = 0x0f;
	limen->base.random(chunk + 2, 8);
	chunk[11] = (uint8_t)count;
	for (size_t i = 0; i < count && !err; i++) {
		const size_t n = MIN(room, len - i * room);

		chunk[10] = (uint8_t)i;
		memcpy(chunk + GELF_CHUNK_HEAD, bytes + i * room, n);
		err = put(w, chunk, GELF_CHUNK_HEAD + n);
	}
	return err;
}
