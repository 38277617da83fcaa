/*
 * A simulated network under the table of functions of core/media/ice.h: two ends know each other by
 * their candidates, datagrams travel with a delay and are lost, doubled or overtaken as a seed
 * decides. Time is the virtual clock of core/base/clock.h. Thread: the test's.
 */
#ifndef LIMEN_TESTS_FAKE_NET_H
#define LIMEN_TESTS_FAKE_NET_H

#include "core/media/ice.h"

/* What happens to datagrams; parts of 1000. */
struct fake_net {
	unsigned loss, duplicate, reorder;
	int64_t delay_us;
	uint64_t sent, lost;
	bool dead; /* no pair works: who would be connected is told that ICE failed */
};
extern struct fake_net fake_net;

extern const struct limen_ice_ops fake_ice;
/* The same, collecting datagrams in a buffer of its own; what is committed is noted. */
extern const struct limen_ice_ops fake_ice_batched;
extern GArray *fake_net_commits; /* size_t: lengths, in order */

/* Starts a simulation with this seed: the clock, randomness, a network without faults. */
void fake_net_start(uint64_t seed);
/* Lets time pass in steps of 1 ms: delivers datagrams, steps the loop. */
void fake_net_run(struct limen_loop *loop, int64_t us);
/* A stranger's datagram to every end. */
void fake_net_inject(const uint8_t *bytes, size_t len);
/* Every end is told that ICE is in this state now. */
void fake_net_state(enum limen_ice_state state);
/* Forgets datagrams under way. */
void fake_net_stop(void);

#endif
