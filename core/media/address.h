/*
 * Socket addresses of both families in one form: IPv4 as v4-mapped IPv6 (RFC 4291 §2.5.5.2), and
 * back. Pure; any thread.
 */
#ifndef LIMEN_MEDIA_ADDRESS_H
#define LIMEN_MEDIA_ADDRESS_H

#include <netinet/in.h>
#include <string.h>

static inline struct in6_addr limen_address_mapped(struct in_addr a)
{
	struct in6_addr out = { 0 };

	out.s6_addr[10] = out.s6_addr[11] = 0xff;
	memcpy(out.s6_addr + 12, &a, sizeof(a));
	return out;
}

static inline struct in_addr limen_address_unmapped(const struct in6_addr *a)
{
	struct in_addr out;

	memcpy(&out, a->s6_addr + 12, sizeof(out));
	return out;
}

/* Zeroed for other families. Scopes are kept of link-local addresses. */
static inline struct sockaddr_in6 limen_address_as_v6(const struct sockaddr *sa)
{
	struct sockaddr_in6 out = { .sin6_family = AF_INET6 };

	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)sa;

		out.sin6_port = v4->sin_port;
		out.sin6_addr = limen_address_mapped(v4->sin_addr);
	} else if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const void *)sa;

		out.sin6_port = v6->sin6_port;
		out.sin6_addr = v6->sin6_addr;
		out.sin6_scope_id = IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) ? v6->sin6_scope_id : 0;
	}
	return out;
}

/* Of a v4-mapped one. */
static inline struct sockaddr_in limen_address_as_v4(const struct sockaddr_in6 *v6)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = v6->sin6_port,
		.sin_addr = limen_address_unmapped(&v6->sin6_addr) };
}

#endif
