/*
 * What receivers count. Every packet is counted by its clear RTP header; one in 64 of each stream
 * is decrypted, must authenticate, and tells the latency by the time that its publisher wrote into
 * it. Thread: the main loop.
 */
#ifndef BENCH_SINK_H
#define BENCH_SINK_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "core/media/rtcp.h"
#include "core/media/srtp.h"

#define BENCH_STAMP_AT 16u /* where in a payload the time of sending stands */
#define BENCH_STAMP_MAGIC 0x4c494d454e424348u
#define BENCH_PAYLOAD_MIN 40u

/* In a payload, in the byte order of this machine. */
struct bench_stamp {
	uint64_t magic;
	int64_t wall_ns;
	uint32_t ssrc; /* that the publisher sent it with */
};

struct bench_counts {
	uint64_t received; /* media packets, without duplicates and retransmissions */
	uint64_t bytes, rtx, duplicate, reordered, rtcp, sampled, bad_auth, damaged;
};

struct bench_sink {
	struct bench_counts counts;
	unsigned streams;   /* heard so far */
	bool recording;     /* latencies are kept */
	GArray *latency_us; /* double */
};

/* The streams that one peer receives. */
struct bench_inbound {
	GArray *streams;
	unsigned offset; /* which packet of 64 is decrypted */
};

void bench_sink_init(struct bench_sink *sink);
void bench_sink_clear(struct bench_sink *sink);
void bench_inbound_init(struct bench_inbound *in);
void bench_inbound_clear(struct bench_inbound *in);

/* An SRTP packet that arrived at wall_ns; media: enum bench_media by payload type. Decrypted in
 * place when it is one of the sample. */
void bench_sink_take(struct bench_sink *sink, struct bench_inbound *in, struct limen_srtp *srtp,
	const uint8_t media[128], uint8_t *bytes, size_t len, int64_t wall_ns);
/* Adds a receiver report on the streams of a peer (at most 31 of them). */
void bench_inbound_report(const struct bench_inbound *in, struct limen_rtcp_writer *w);
/* The p-th part (0..1) of what was kept, in microseconds; -1: nothing was. Sorts. */
double bench_sink_latency(struct bench_sink *sink, double p);

#endif
