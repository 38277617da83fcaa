/*
 * Time and randomness: the only doors to both, so that a simulation can replace them. Thread: any.
 */
#ifndef LIMEN_BASE_CLOCK_H
#define LIMEN_BASE_CLOCK_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

/* Monotonic microseconds; virtual in a simulation. */
int64_t limen_now_us(void);
/* Wall clock, microseconds since 1970-01-01 UTC; virtual in a simulation. */
int64_t limen_wall_us(void);

/* Replaces the clock by a virtual one that stands at start_us until it is advanced. For tests;
 * before any loop runs. */
void limen_clock_simulate(int64_t start_us);
/* Moves the virtual clock on by us >= 0. */
void limen_clock_advance(int64_t us);

/* Fills bytes from the kernel's source, or from the seed in a simulation. Aborts if there is no
 * randomness. */
void limen_random(void *bytes, size_t len);
/* A number in 1..2^53-1, as ids on the wire need. */
uint64_t limen_random_id(void);
/* A non-zero 32-bit number (SSRC). */
uint32_t limen_random_u32(void);
/* len characters of the ice-char alphabet (RFC 8839 §5.4) and a NUL: out holds len + 1. */
void limen_random_text(char *out, size_t len);
/* Makes limen_random() a sequence that depends on the seed only. For tests. */
void limen_random_seed(uint64_t seed);

#endif
