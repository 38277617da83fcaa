/*
 * The admin API's view of a handle (spec api-admin §5). Thread: the handle's loop.
 */
#ifndef LIMEN_SESSION_HANDLE_INFO_H
#define LIMEN_SESSION_HANDLE_INFO_H

#include "core/media/ice.h"
#include "core/session/handle.h"

/* The "info" object; new. plugin_only: it ends behind plugin_specific. */
json_t *limen_handle_info(struct limen_core_handle *h, bool plugin_only);
/* "address:port [type,udp] <-> address:port [type,udp]"; new. Any thread */
char *limen_handle_info_pair(const struct limen_ice_pair *p);
/* "gathering", "connecting", "connected", "ready" (up), "failed". Static; any thread */
const char *limen_handle_info_ice_state(enum limen_ice_state state, bool up);

#endif
