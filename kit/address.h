/*
 * Addresses of other machines: from names to what sockets take, and back to text. Thread: any; only
 * limen_address_resolve() may block.
 */
#ifndef LIMEN_KIT_ADDRESS_H
#define LIMEN_KIT_ADDRESS_H

#include <limen/types.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define LIMEN_ADDRESS_NAME_MAX 253u /* characters of a host name (RFC 1035 §2.3.4) */

/* The family that clients ask for: NULL = any, "ipv4", "ipv6". LIMEN_EINVAL. */
int limen_address_family(const char *name, int *family);
/* Reads a literal address, no name. LIMEN_ENOENT: it is none of this family. Never blocks */
int limen_address_read(const char *text, int family, struct sockaddr_storage *out);
/* The same for names too: asks the system's resolver, and blocks meanwhile (kit/jobs.h).
 * LIMEN_ENOENT */
int limen_address_resolve(const char *host, int family, struct sockaddr_storage *out);

void limen_address_set_port(struct sockaddr_storage *a, uint16_t port);
uint16_t limen_address_port(const struct sockaddr_storage *a);
/* Without port. */
void limen_address_text(const struct sockaddr_storage *a, char text[INET6_ADDRSTRLEN]);

#endif
