/*
 * One loop's UDP socket of the media port that all peers share. Every loop opens the same number
 * (SO_REUSEPORT), and the kernel spreads clients over the sockets by their addresses. Datagrams are
 * read in batches (recvmmsg, UDP_GRO) into buffers made once. Replies leave from the address that
 * the client used. Thread: the loop; new and free: any, while the loop does not use the port.
 */
#ifndef LIMEN_MEDIA_PORT_H
#define LIMEN_MEDIA_PORT_H

#include <netinet/in.h>
#include <sys/socket.h>
#include "core/base/loop.h"

/* Room for limen_port_address(): its own control message and 64 bytes for those of the caller. */
#define LIMEN_PORT_CONTROL_SPACE 128

struct limen_port;

/* Between which addresses datagrams go. Plain data without pointers; IPv4 is v4-mapped. */
struct limen_path {
	struct sockaddr_in6 remote; /* only family, port, address and scope are set */
	struct in6_addr local;      /* :: = the kernel chooses */
	uint32_t ifindex;           /* of a link-local address, otherwise 0 */
};

struct limen_port_config {
	const char *address; /* NULL = every address */
	uint16_t number;     /* 0 = any free one */
	bool ipv6;
	uint8_t dscp; /* of what is sent, 0..63 (RFC 2474) */
};

typedef void (*limen_port_fn)(
	const uint8_t *bytes, size_t len, const struct limen_path *from, void *arg);

/* The address to bind a socket of a family to: its size; 0 = it is not one of that family. */
socklen_t limen_port_bind_address(
	const struct limen_port_config *cfg, bool v6, struct sockaddr_in6 *out);
/* LIMEN_EEXIST: another process has the number; LIMEN_EIO. Number 0 becomes one that is free. For
 * use before limen_port_new(), whose sockets share a number with whoever shares his. */
int limen_port_probe(struct limen_port_config *cfg);
/* Opens it and reads as soon as the loop runs. on_datagram borrows bytes and path. */
int limen_port_new(struct limen_port **out, struct limen_loop *loop,
	const struct limen_port_config *cfg, limen_port_fn on_datagram, void *arg);
/* NULL is fine. */
void limen_port_free(struct limen_port *p);

uint16_t limen_port_number(const struct limen_port *p);
int limen_port_fd(const struct limen_port *p);
/* Is it a dual-stack socket? */
bool limen_port_is_v6(const struct limen_port *p);
/* LIMEN_EAGAIN: the socket is full; LIMEN_EIO: the way is not usable. Thread: any. */
int limen_port_send(
	struct limen_port *p, const struct limen_path *to, const uint8_t *bytes, size_t len);
/* Sets name and control of m for a path, which is borrowed as long as m is used. control_space:
 * LIMEN_PORT_CONTROL_SPACE bytes, aligned for a struct cmsghdr. More control messages may follow
 * at m->msg_control + m->msg_controllen. */
void limen_port_address(const struct limen_port *p, const struct limen_path *to, struct msghdr *m,
	void *control_space);

/* The same way for sending: without a local address where the kernel would choose that one itself,
 * because naming it costs with each packet. */
struct limen_path limen_path_to_send(const struct limen_path *path);

guint limen_path_hash(gconstpointer path);
gboolean limen_path_equal(gconstpointer a, gconstpointer b);
/* The path from a socket's own address and a remote one of either family. */
void limen_path_set(
	struct limen_path *path, const struct sockaddr *remote, const struct sockaddr *local);

#endif
