/*
 * Questions to the network: names, and what a STUN server sees of us. Thread: any that may wait.
 */
#include "core/session/ask.h"
#include <glib.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>
#include <limen/types.h>
#include "core/media/stun.h"

#define STUN_TRIES 4 /* requests, 500 ms apart */
#define STUN_GAP_US 500000

int limen_ask_address(
	const char *name, const char *port, struct sockaddr_storage *out, socklen_t *len)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
	struct addrinfo *list = NULL;

	if (getaddrinfo(name, port, &hints, &list) || !list)
		return LIMEN_ENOENT;
	memcpy(out, list->ai_addr, list->ai_addrlen);
	*len = list->ai_addrlen;
	freeaddrinfo(list);
	return 0;
}

char *limen_ask_text(const struct sockaddr_storage *a, socklen_t len)
{
	char host[NI_MAXHOST];

	return getnameinfo((const void *)a, len, host, sizeof(host), NULL, 0, NI_NUMERICHOST)
		? g_strdup("")
		: g_strdup(host);
}

/* A socket that speaks to the server, from a port of its own (0 = any); -1 = it cannot be. */
static int open_socket(const struct sockaddr_storage *server, socklen_t len, uint16_t port)
{
	const struct timeval patience = { .tv_usec = STUN_GAP_US };
	struct sockaddr_in6 local = { .sin6_family = server->ss_family, .sin6_port = htons(port) };
	const int fd = socket(server->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (bind(fd, (const void *)&local, len) || connect(fd, (const void *)server, len)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int ask_stun(int fd, struct sockaddr_storage *public)
{
	uint8_t request[LIMEN_STUN_REPLY_MAX], answer[LIMEN_STUN_REPLY_MAX];
	const size_t len = limen_stun_request(request);

	for (unsigned i = 0; i < STUN_TRIES; i++) {
		ssize_t n;

		if (send(fd, request, len, MSG_NOSIGNAL) < 0)
			return LIMEN_EIO;
		n = recv(fd, answer, sizeof(answer), 0);
		if (n > 0 && limen_stun_mapped(request, answer, (size_t)n, public) == 0)
			return 0;
	}
	return LIMEN_EAGAIN;
}

int limen_ask_stun(
	const char *name, uint16_t port, uint16_t local_port, char **ip, uint16_t *seen_port)
{
	g_autofree char *service = g_strdup_printf("%u", port);
	struct sockaddr_storage server, seen;
	socklen_t len;
	int fd, err;

	if ((err = limen_ask_address(name, service, &server, &len)))
		return err;
	if ((fd = open_socket(&server, len, local_port)) < 0)
		return LIMEN_EIO;
	err = ask_stun(fd, &seen);
	close(fd);
	if (err)
		return err;
	*ip = limen_ask_text(&seen,
		seen.ss_family == AF_INET ? sizeof(struct sockaddr_in)
					  : sizeof(struct sockaddr_in6));
	*seen_port = ntohs(((const struct sockaddr_in *)(const void *)&seen)->sin_port);
	return 0;
}
