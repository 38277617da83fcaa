/*
 * A UDP socket of a plugin's, bound to a port of a range or joined to a multicast group
 * (include/limen/media.h). It lives on one loop. Thread: any; datagrams come on the loop.
 */
#ifndef LIMEN_MEDIA_UDP_H
#define LIMEN_MEDIA_UDP_H

#include <limen/media.h>

#define LIMEN_UDP_DATAGRAM_MAX 2048u /* longer ones are thrown away */

/* *out is set before anything comes. Without a socket cfg->done is not called. A group's socket is
 * bound to the group; then cfg->address names the interface, if nothing else does. */
int limen_udp_open(
	struct limen_udp **out, struct limen_loop *loop, const struct limen_udp_config *cfg);
void limen_udp_close(struct limen_udp *u); /* NULL is fine */
uint16_t limen_udp_port(const struct limen_udp *u);
int limen_udp_send(
	struct limen_udp *u, const struct sockaddr_storage *to, const uint8_t *bytes, size_t len);

#endif
