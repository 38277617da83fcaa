/*
 * Counting by the clear header, with a window of sequence numbers per stream. Thread: the main
 * loop.
 */
#include "tests/bench/sink.h"
#include <string.h>
#include "core/base/bytes.h"
#include "core/media/rtp.h"
#include "tests/bench/describe.h"

#define SAMPLE 64u
#define BLOCKS_MAX 31u
#define OWN_SSRC 1u  /* of a receiver that sends nothing */
#define WINDOW 1024u /* sequence numbers remembered, a power of 2 */

struct stream {
	uint32_t ssrc;
	uint16_t highest;
	uint32_t cycles; /* of the sequence number, in the upper half */
	unsigned count;
	uint8_t seen[WINDOW / 8]; /* bit of a sequence number modulo WINDOW */
};

void bench_sink_init(struct bench_sink *sink)
{
	memset(sink, 0, sizeof(*sink));
	sink->latency_us = g_array_new(FALSE, FALSE, sizeof(double));
}

void bench_sink_clear(struct bench_sink *sink)
{
	g_array_unref(sink->latency_us);
}

void bench_inbound_init(struct bench_inbound *in)
{
	in->streams = g_array_new(FALSE, TRUE, sizeof(struct stream));
	in->offset = (unsigned)g_random_int_range(0, SAMPLE);
}

void bench_inbound_clear(struct bench_inbound *in)
{
	g_array_unref(in->streams);
}

static struct stream *find(struct bench_sink *sink, struct bench_inbound *in, uint32_t ssrc)
{
	struct stream fresh = { .ssrc = ssrc };

	for (guint i = 0; i < in->streams->len; i++) {
		struct stream *s = &g_array_index(in->streams, struct stream, i);

		if (s->ssrc == ssrc)
			return s;
	}
	sink->streams++;
	g_array_append_val(in->streams, fresh);
	return &g_array_index(in->streams, struct stream, in->streams->len - 1);
}

static void set_seen(struct stream *s, uint16_t seq, bool seen)
{
	const uint8_t bit = (uint8_t)(1u << (seq % 8));
	uint8_t *byte = &s->seen[seq % WINDOW / 8];

	*byte = seen ? *byte | bit : *byte & (uint8_t)~bit;
}

static bool was_seen(const struct stream *s, uint16_t seq)
{
	return s->seen[seq % WINDOW / 8] & (1u << (seq % 8));
}

/* Counts a packet of a stream. */
static void note(struct bench_sink *sink, struct stream *s, uint16_t seq)
{
	if (s->count == 0)
		s->highest = (uint16_t)(seq - 1);
	if (limen_seq_after(seq, s->highest)) {
		for (uint16_t skipped = (uint16_t)(s->highest + 1); skipped != seq; skipped++)
			set_seen(s, skipped, false);
		if (seq < s->highest)
			s->cycles += 0x10000;
		s->highest = seq;
	} else if (was_seen(s, seq)) {
		sink->counts.duplicate++;
		return;
	} else {
		sink->counts.reordered++;
	}
	set_seen(s, seq, true);
	s->count++;
	sink->counts.received++;
}

static void sample(struct bench_sink *sink, struct limen_srtp *srtp, uint8_t *bytes, size_t len,
	int64_t wall_ns)
{
	struct limen_rtp rtp;
	struct bench_stamp stamp = { 0 };
	double us;

	sink->counts.sampled++;
	if (limen_srtp_unprotect(srtp, bytes, &len) != 0) {
		sink->counts.bad_auth++;
		return;
	}
	if (limen_rtp_parse(bytes, len, &rtp) == 0 &&
		rtp.payload_len >= BENCH_STAMP_AT + sizeof(stamp))
		memcpy(&stamp, bytes + rtp.header_len + BENCH_STAMP_AT, sizeof(stamp));
	if (stamp.magic != BENCH_STAMP_MAGIC) {
		sink->counts.damaged++;
		return;
	}
	us = (double)(wall_ns - stamp.wall_ns) / 1000.0;
	if (sink->recording)
		g_array_append_val(sink->latency_us, us);
}

void bench_sink_take(struct bench_sink *sink, struct bench_inbound *in, struct limen_srtp *srtp,
	const uint8_t media[128], uint8_t *bytes, size_t len, int64_t wall_ns)
{
	const uint8_t pt = bytes[1] & 0x7f;
	struct stream *s;
	uint64_t before = sink->counts.received;

	sink->counts.bytes += len;
	if (media[pt] != BENCH_AUDIO && media[pt] != BENCH_VIDEO) {
		sink->counts.rtx++;
		return;
	}
	s = find(sink, in,
		(uint32_t)bytes[8] << 24 | (uint32_t)bytes[9] << 16 | (uint32_t)bytes[10] << 8 |
			bytes[11]);
	note(sink, s, (uint16_t)(bytes[2] << 8 | bytes[3]));
	/* The first packet of a stream tells libsrtp where the roll-over counter begins. */
	if (sink->counts.received > before &&
		(s->count == 1 || (s->count + in->offset) % SAMPLE == 0))
		sample(sink, srtp, bytes, len, wall_ns);
}

void bench_inbound_report(const struct bench_inbound *in, struct limen_rtcp_writer *w)
{
	struct limen_rtcp_block blocks[BLOCKS_MAX];
	size_t count = 0;

	for (guint i = 0; i < in->streams->len && count < BLOCKS_MAX; i++) {
		const struct stream *s = &g_array_index(in->streams, struct stream, i);

		blocks[count++] = (struct limen_rtcp_block){ .ssrc = s->ssrc,
			.highest = s->cycles | s->highest };
	}
	limen_rtcp_add_rr(w, OWN_SSRC, blocks, count);
	limen_rtcp_add_cname(w, OWN_SSRC, "bench");
}

static gint by_value(gconstpointer a, gconstpointer b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_sink_latency(struct bench_sink *sink, double p)
{
	const guint n = sink->latency_us->len;

	if (n == 0)
		return -1;
	g_array_sort(sink->latency_us, by_value);
	return g_array_index(sink->latency_us, double, (guint)(p * (n - 1) + 0.5));
}
