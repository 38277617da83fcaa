/*
 * What a publisher sends: one stream of packets in the shape of a real encoder's. Sizes come from a
 * seed, so that every server is given the same. Thread: the main loop.
 */
#ifndef BENCH_SOURCE_H
#define BENCH_SOURCE_H

#include "tests/bench/peer.h"

enum bench_shape {
	BENCH_FRAMES, /* VP8: 30 frames a second, the packets of a frame back to back */
	BENCH_EVEN,   /* VP8: one packet at a time, evenly spaced */
	BENCH_OPUS,   /* audio: a packet each 20 ms */
	BENCH_SILENT, /* audio of somebody who listens (DTX): a packet each 400 ms */
};

struct bench_source;

/* peer: borrowed for life, is up. bitrate: of video, bits of payload a second. Begins at start_us.
 */
struct bench_source *bench_source_new(struct bench_peer *peer, enum bench_shape shape,
	unsigned bitrate, uint32_t ssrc, int64_t start_us, guint32 seed);
void bench_source_free(struct bench_source *s);
/* Sends what is due; returns when the next packet is. */
int64_t bench_source_send(struct bench_source *s, int64_t now_us);
uint64_t bench_source_sent(const struct bench_source *s);

#endif
