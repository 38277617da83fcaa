/*
 * A bitrate cap for senders that listen to transport-wide feedback alone: it tells arrivals as if
 * packets had passed a bottleneck of that rate, with a queue of bounded length. The sender's own
 * congestion control does the rest. Packets themselves are neither delayed nor dropped. Pure;
 * thread: the peer's loop.
 */
#ifndef LIMEN_MEDIA_TWCC_CAP_H
#define LIMEN_MEDIA_TWCC_CAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest wait in the queue: enough for a keyframe of a capped stream to pass. */
#define LIMEN_TWCC_CAP_WAIT_US 300000

struct limen_twcc_cap {
	int64_t free_us; /* when the bottleneck has passed all that it took; zeroed: it is free */
};

/* A packet of len bytes arrives: *at_us is when it would have come out of a bottleneck of bps;
 * false when it would have been dropped. */
bool limen_twcc_cap_pass(
	struct limen_twcc_cap *c, uint32_t bps, size_t len, int64_t now_us, int64_t *at_us);

#endif
