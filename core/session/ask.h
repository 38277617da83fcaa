/*
 * Questions to the network that wait for an answer: never on a loop. Thread: any that may wait.
 */
#ifndef LIMEN_SESSION_ASK_H
#define LIMEN_SESSION_ASK_H

#include <stdint.h>
#include <sys/socket.h>

/* The first address of a name; 0, or LIMEN_ENOENT. port NULL = none. */
int limen_ask_address(
	const char *name, const char *port, struct sockaddr_storage *out, socklen_t *len);
/* An address without its port; new. */
char *limen_ask_text(const struct sockaddr_storage *a, socklen_t len);
/* Where a STUN server sees a socket of ours (local_port 0 = any). *ip: new. LIMEN_ENOENT: no such
 * name; LIMEN_EIO, LIMEN_EAGAIN: no answer. */
int limen_ask_stun(
	const char *name, uint16_t port, uint16_t local_port, char **ip, uint16_t *seen_port);

#endif
