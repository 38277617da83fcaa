/*
 * What the whole gateway counted since its start: a set of counters per thread, so that counting is
 * one addition to memory that no other thread writes; whoever reads adds the sets up. A histogram
 * is written by any thread and belongs to what it measures. Thread: any.
 */
#ifndef LIMEN_BASE_COUNTS_H
#define LIMEN_BASE_COUNTS_H

#include <stdint.h>

enum limen_count {
	LIMEN_COUNT_PACKETS_IN, /* RTP, authentic */
	LIMEN_COUNT_BYTES_IN,   /* their payloads and headers */
	LIMEN_COUNT_PACKETS_OUT,
	LIMEN_COUNT_BYTES_OUT,
	LIMEN_COUNT_RTX_IN,
	LIMEN_COUNT_RTX_OUT,
	LIMEN_COUNT_LOST_IN,  /* packets, as our reports say */
	LIMEN_COUNT_NACK_OUT, /* packets that we asked for */
	LIMEN_COUNT_NACK_IN,
	LIMEN_COUNT_PLI_OUT,
	LIMEN_COUNT_PLI_IN,
	/* Datagrams of a peer that were of no use, by reason */
	LIMEN_COUNT_DROP_KIND,  /* neither RTP nor RTCP nor of the handshake */
	LIMEN_COUNT_DROP_SRTP,  /* RTP before there were keys, forged, repeated or malformed */
	LIMEN_COUNT_DROP_RTCP,  /* the same of RTCP */
	LIMEN_COUNT_DROP_SSRC,  /* of no m-line, or of one that another SSRC sends on */
	LIMEN_COUNT_DROP_CODEC, /* the payload is none of its codec */
	LIMEN_COUNT_DROP_SEND,  /* could not be encrypted or sent */
	LIMEN_COUNT_DTLS_DONE,
	LIMEN_COUNT_DTLS_FAILED,
	LIMEN_COUNT_EGRESS_DATAGRAMS,
	LIMEN_COUNT_EGRESS_BYTES,
	LIMEN_COUNT_EGRESS_MESSAGES,
	LIMEN_COUNT_EGRESS_DROPPED,
	LIMEN_COUNTS /* count */
};

struct limen_counts {
	uint64_t n[LIMEN_COUNTS];
	struct limen_counts *next; /* private */
};

/* This thread's. Never NULL; stays when the thread ends. */
extern __thread struct limen_counts *limen_counts_mine;
struct limen_counts *limen_counts_begin(void);

static inline void limen_count(enum limen_count what, uint64_t n)
{
	struct limen_counts *c = limen_counts_mine ? limen_counts_mine : limen_counts_begin();

	__atomic_store_n(&c->n[what], c->n[what] + n, __ATOMIC_RELAXED);
}

/* The sums over all threads. */
void limen_counts_read(uint64_t out[LIMEN_COUNTS]);

#define LIMEN_HISTOGRAM_BOUNDS 10u

/* How many of the measured times were not above each bound; the last one of n has no bound. */
struct limen_histogram {
	uint64_t n[LIMEN_HISTOGRAM_BOUNDS + 1];
	uint64_t sum_us;
};

extern const uint32_t limen_histogram_bounds_us[LIMEN_HISTOGRAM_BOUNDS];
void limen_histogram_add(struct limen_histogram *h, int64_t us);
/* A copy of what another thread may be adding to. */
void limen_histogram_read(const struct limen_histogram *h, struct limen_histogram *out);

#endif
