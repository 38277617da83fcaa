/*
 * What a handle does with its peer's news: events for the client, callbacks of the plugin. Thread:
 * the handle's loop.
 */
#ifndef LIMEN_SESSION_PEER_NEWS_H
#define LIMEN_SESSION_PEER_NEWS_H

#include "core/media/peer.h"

/* arg of every callback: the struct limen_core_handle. */
extern const struct limen_peer_events limen_handle_peer_events;

#endif
