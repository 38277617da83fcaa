/*
 * Which peer a datagram belongs to, when all peers share one port. Each loop has a switch with its
 * sockets and a table of the paths that clients have proven to be theirs. A check from an address
 * that is not in it finds its object through a process-wide table of local user fragments; anything
 * else from there is dropped. A client whose packets the kernel gives to another loop than that of
 * its object is passed on: the other loop learns "this path belongs to that loop", nothing more, so
 * an object is touched by its own loop only. Thread: the switch's loop, unless a line says
 * otherwise.
 */
#ifndef LIMEN_MEDIA_ICE_SWITCH_H
#define LIMEN_MEDIA_ICE_SWITCH_H

#include "core/media/egress.h"
#include "core/media/ice.h"
#include "core/media/ice_shared.h"
#include "core/media/ice_tcp.h"
#include "core/media/port.h"

#define LIMEN_ICE_SHARED_UFRAG 8 /* characters; RFC 8445 §5.3: at least 4 */

struct limen_ice_switch;

/* Something from a client on its way to an object. */
struct limen_ice_arrival {
	const uint8_t *bytes;
	size_t len;
	const struct limen_path *from;
	struct limen_ice_switch *via;    /* whose socket it came through */
	struct limen_ice_tcp_conn *conn; /* NULL = UDP */
	bool known;                      /* via knows already where the path leads */
	uint8_t hops;                    /* times that it was passed on */
};

/* What objects do, on their loop. */
struct limen_ice_switch_events {
	/* false: it is for another object's credentials. */
	bool (*on_check)(struct limen_ice *ice, const struct limen_ice_arrival *a);
	void (*on_data)(struct limen_ice *ice, const struct limen_ice_arrival *a);
	/* The connection is freed after the call. */
	void (*on_closed)(struct limen_ice *ice, struct limen_ice_tcp_conn *conn);
};

/* Opens the port on every loop. Main thread. *reason new on errors. */
int limen_ice_switch_start(struct limen_loop *const *loops, unsigned count,
	const struct limen_ice_config *cfg, const struct limen_ice_switch_events *ev,
	char **reason);
/* Nothing is passed between loops any more, and moves that have begun are done; before the first
 * of them ends. Main thread. */
void limen_ice_switch_quiet(void);
/* After all loops have ended. Main thread. */
void limen_ice_switch_stop(void);

/* The switch of a loop, or NULL. Any thread. */
struct limen_ice_switch *limen_ice_switch_of(const struct limen_loop *loop);
struct limen_loop *limen_ice_switch_loop(const struct limen_ice_switch *s); /* any thread */
/* The port's number, once started. Any thread. */
uint16_t limen_ice_switch_number(void);
struct limen_port *limen_ice_switch_port(const struct limen_ice_switch *s);
struct limen_egress *limen_ice_switch_egress(const struct limen_ice_switch *s);
struct limen_ice_tcp *limen_ice_switch_tcp(const struct limen_ice_switch *s);
/* The counter of one reason, to be increased on the switch's loop. */
void limen_ice_switch_count(struct limen_ice_switch *s, enum limen_ice_count what);
/* Sums over all loops. Any thread. */
void limen_ice_switch_counts(uint64_t out[LIMEN_ICE_COUNTS]);

/* A user fragment leads to an object on this loop. false: it is taken. */
bool limen_ice_switch_name(struct limen_ice_switch *s, const char *ufrag, struct limen_ice *ice);
/* ... to the same object, which is moving to loop s. Any thread. */
void limen_ice_switch_rename(struct limen_ice_switch *s, const char *ufrag);
void limen_ice_switch_unname(const char *ufrag); /* any thread */

/* Datagrams from a path are the object's. */
void limen_ice_switch_add(
	struct limen_ice_switch *s, const struct limen_path *path, struct limen_ice *ice);
/* ... are to be passed on to another loop. */
void limen_ice_switch_pass(
	struct limen_ice_switch *s, const struct limen_path *path, struct limen_ice_switch *to);
/* ... are nobody's, unless another object has taken them over. */
void limen_ice_switch_remove(
	struct limen_ice_switch *s, const struct limen_path *path, const struct limen_ice *ice);
/* Another loop is to pass a path's datagrams to loop s, and then to send a reply to it. */
void limen_ice_switch_point(struct limen_ice_switch *s, const struct limen_path *path,
	struct limen_ice_switch *via, const uint8_t *reply, size_t len);
/* Loops that pass this path's datagrams to s stop that. Any thread. */
void limen_ice_switch_unpoint(const struct limen_ice_switch *s, const struct limen_path *path);

#endif
