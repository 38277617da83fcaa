/*
 * The Unix socket transport: its one state, its two listeners and their peers.
 * Threads: fields are written before the service thread starts; peers belong to that thread.
 */
#ifndef LIMEN_TRANSPORT_UNIX_H
#define LIMEN_TRANSPORT_UNIX_H

#include "kit/clients.h"
#include "kit/framing.h"
#include "kit/query.h"

#include <limen/transport.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Asked for; the system may give less. A packet goes whole into the buffer of a socket. */
#define UNIX_BUFFER_BYTES (8 * 1024 * 1024)

struct unix_listener {
	int fd;     /* -1: off */
	int type;   /* SOCK_... */
	char *path; /* the file to remove at the end; NULL: it is not ours */
	bool admin;
};

struct unix_transport {
	struct unix_listener listeners[2]; /* by admin */
	struct limen_clients *clients;
	struct limen_framing framing;
	struct limen_query_settings settings;
	unsigned connections_max;
	char *bytes; /* of the packet being read */
	GThread *thread;
	GHashTable *peers;     /* struct unix_peer *, set */
	GHashTable *by_path;   /* those of datagram sockets, by their path */
	int wake_fd, epoll_fd; /* -1: none */
	int stopping;          /* atomic */
};

extern struct unix_transport unix_transport;
extern const struct limen_transport limen_module;

/* Opens a listener at a path, or takes the inherited one that is bound there. A socket file that
 * nobody listens on is removed first. type: "SOCK_SEQPACKET", "SOCK_DGRAM", "SOCK_STREAM". mode: of
 * the file. LIMEN_EIO, LIMEN_EINVAL, logged */
int unix_listener_open(struct unix_listener *l, const char *path, const char *type, unsigned mode);
void unix_listener_close(struct unix_listener *l);

/* The service thread's function. */
void *unix_serve(void *transport);
void unix_wake(struct unix_transport *u);
/* Ends every peer; the service thread has ended. */
void unix_end_peers(struct unix_transport *u);

#endif
