/*
 * Addresses and the system's resolver. Thread: any.
 */
#include "kit/address.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>
#include <strings.h>

int limen_address_family(const char *name, int *family)
{
	*family = AF_UNSPEC;
	if (!name)
		return 0;
	if (strcasecmp(name, "ipv4") == 0)
		*family = AF_INET;
	else if (strcasecmp(name, "ipv6") == 0)
		*family = AF_INET6;
	return *family == AF_UNSPEC ? LIMEN_EINVAL : 0;
}

static int look_up(const char *host, int family, int flags, struct sockaddr_storage *out)
{
	const struct addrinfo hints = {
		.ai_family = family, .ai_socktype = SOCK_DGRAM, .ai_flags = flags
	};
	struct addrinfo *found;
	int err = LIMEN_ENOENT;

	if (!*host || strlen(host) > LIMEN_ADDRESS_NAME_MAX ||
		getaddrinfo(host, NULL, &hints, &found) != 0)
		return LIMEN_ENOENT;
	if (found->ai_addrlen <= sizeof(*out)) {
		memset(out, 0, sizeof(*out));
		memcpy(out, found->ai_addr, found->ai_addrlen);
		err = 0;
	}
	freeaddrinfo(found);
	return err;
}

int limen_address_read(const char *text, int family, struct sockaddr_storage *out)
{
	return look_up(text, family, AI_NUMERICHOST, out);
}

int limen_address_resolve(const char *host, int family, struct sockaddr_storage *out)
{
	return look_up(host, family, 0, out);
}

void limen_address_set_port(struct sockaddr_storage *a, uint16_t port)
{
	if (a->ss_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)a)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)(void *)a)->sin_port = htons(port);
}

uint16_t limen_address_port(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)(const void *)a)->sin6_port);
	return ntohs(((const struct sockaddr_in *)(const void *)a)->sin_port);
}

void limen_address_text(const struct sockaddr_storage *a, char text[INET6_ADDRSTRLEN])
{
	const void *bytes = a->ss_family == AF_INET6
		? (const void *)&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr
		: (const void *)&((const struct sockaddr_in *)(const void *)a)->sin_addr;

	if (!inet_ntop(a->ss_family, bytes, text, INET6_ADDRSTRLEN))
		text[0] = '\0';
}
