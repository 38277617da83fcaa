/*
 * ICE over TCP, the passive side (RFC 6544): one loop's listener on the number of the media port
 * and its connections, with the framing of RFC 4571. Strangers are few and short-lived: whoever
 * does not authenticate in time is closed. A connection may be handed to another loop. One epoll
 * descriptor serves all connections of a loop, so that GLib sees one source. Thread: the loop.
 */
#ifndef LIMEN_MEDIA_ICE_TCP_H
#define LIMEN_MEDIA_ICE_TCP_H

#include "core/media/port.h"

#define LIMEN_ICE_TCP_STRANGERS_MAX 256 /* in the process, not yet authenticated */
#define LIMEN_ICE_TCP_PATIENCE_US (10 * G_USEC_PER_SEC)
#define LIMEN_ICE_TCP_FRAME_MAX 2048       /* longer frames end the connection */
#define LIMEN_ICE_TCP_BACKLOG (128 * 1024) /* bytes kept for a client that does not read */

struct limen_ice_tcp;
struct limen_ice_tcp_conn;

struct limen_ice_tcp_events {
	/* A frame; borrowed. The connection may be closed or detached inside. */
	void (*on_frame)(struct limen_ice_tcp_conn *c, const uint8_t *bytes, size_t len, void *arg);
	/* It ended by itself and is freed after the call. */
	void (*on_closed)(struct limen_ice_tcp_conn *c, void *arg);
};

/* Listens as soon as the loop runs. Any thread before that. LIMEN_EIO. */
int limen_ice_tcp_new(struct limen_ice_tcp **out, struct limen_loop *loop,
	const struct limen_port_config *cfg, const struct limen_ice_tcp_events *ev, void *arg);
/* Closes its connections, tells nobody. After the loop has ended, or on it. NULL is fine. */
void limen_ice_tcp_free(struct limen_ice_tcp *t);

/* The other end; no two connections that live have the same one. */
const struct limen_path *limen_ice_tcp_path(const struct limen_ice_tcp_conn *c);
/* Whose connection it is by now; NULL = a stranger's. */
void *limen_ice_tcp_owner(const struct limen_ice_tcp_conn *c);
/* It has authenticated: the time limit ends. */
void limen_ice_tcp_claim(struct limen_ice_tcp_conn *c, void *owner);
/* Sends a frame, whole or not at all. LIMEN_EAGAIN: the client does not read; LIMEN_EIO. */
int limen_ice_tcp_send(struct limen_ice_tcp_conn *c, const uint8_t *bytes, size_t len);
/* Tells nobody. */
void limen_ice_tcp_close(struct limen_ice_tcp_conn *c);
/* Takes it out of its loop, and into another; in between nothing but close may be called. */
void limen_ice_tcp_detach(struct limen_ice_tcp_conn *c);
void limen_ice_tcp_attach(struct limen_ice_tcp_conn *c, struct limen_ice_tcp *t);

#endif
