/*
 * What a loop sends, collected to the end of its round. Datagrams are written in place; equal-sized
 * ones for one client that follow each other leave in one system call, which the kernel cuts apart
 * (UDP_SEGMENT, Linux 4.18). Where it refuses that, they leave one by one. Thread: the loop.
 */
#ifndef LIMEN_MEDIA_EGRESS_H
#define LIMEN_MEDIA_EGRESS_H

#include "core/media/port.h"

#define LIMEN_EGRESS_DATAGRAM_MAX 2048u /* bytes of one datagram */

struct limen_egress;

struct limen_egress_stats {
	uint64_t datagrams, bytes;
	uint64_t messages; /* what the kernel was handed: a datagram each, or several as segments */
	uint64_t dropped;  /* the socket was full, or had no way to the client */
};

/* segmentation false: never tries to. port borrowed for life. */
struct limen_egress *limen_egress_new(
	struct limen_loop *loop, struct limen_port *port, bool segmentation);
/* Sends what waits. NULL is fine. */
void limen_egress_free(struct limen_egress *e);

/* Room for LIMEN_EGRESS_DATAGRAM_MAX bytes until the next call. Never NULL. */
uint8_t *limen_egress_reserve(struct limen_egress *e);
/* The first len bytes of the room go to a client. Copies the path. */
void limen_egress_commit(struct limen_egress *e, const struct limen_path *to, size_t len);
void limen_egress_flush(struct limen_egress *e);

const struct limen_egress_stats *limen_egress_stats(const struct limen_egress *e); /* borrowed */
bool limen_egress_segments(const struct limen_egress *e); /* does so for now */

#endif
