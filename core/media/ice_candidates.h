/*
 * The candidates of a gateway that has one port for all: a host candidate for each address, UDP
 * and, behind it in priority, passive TCP. Pure; any thread.
 */
#ifndef LIMEN_MEDIA_ICE_CANDIDATES_H
#define LIMEN_MEDIA_ICE_CANDIDATES_H

#include <netinet/in.h>
#include "core/media/ice.h"

/* Appends values of a=candidate (new texts) for these addresses. Public addresses of the
 * configuration stand in place of those of their family, or before them with keep_private_host. */
void limen_ice_candidates(const struct limen_ice_config *cfg, const GPtrArray *addresses,
	uint16_t port, GPtrArray *out);

/* Fills one end of a pair; a v4-mapped address is written as IPv4. type static. */
void limen_ice_end_set(
	struct limen_ice_end *end, const struct in6_addr *address, uint16_t port, const char *type);

#endif
