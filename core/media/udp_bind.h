/*
 * Making and binding the sockets of udp.c. Thread: any, no state.
 */
#ifndef LIMEN_MEDIA_UDP_BIND_H
#define LIMEN_MEDIA_UDP_BIND_H

#include <limen/media.h>

/* A socket bound as cfg says, *v6: it is of IPv6. Errors as udp_open of include/limen/media.h. */
int limen_udp_bind(const struct limen_udp_config *cfg, int *fd, bool *v6);

#endif
