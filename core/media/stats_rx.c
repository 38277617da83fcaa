/*
 * Reception statistics. Pure; thread: the sender's loop.
 */
#include "core/media/stats_rx.h"
#include "core/media/rtp.h"

#define JUMP_MAX 3000 /* MAX_DROPOUT of RFC 3550 A.1 */

static void restart(struct limen_stats_rx *s, uint16_t seq)
{
	s->started = true;
	s->base = s->highest = seq;
	s->cycles = s->received = 0;
	s->expected_prior = s->received_prior = 0;
	s->transit = INT64_MIN;
}

static void count_seq(struct limen_stats_rx *s, uint16_t seq)
{
	const uint16_t ahead = (uint16_t)(seq - s->highest);

	if (!s->started || (ahead >= JUMP_MAX && (uint16_t)-ahead >= JUMP_MAX)) {
		restart(s, seq);
		return;
	}
	if (ahead >= JUMP_MAX || ahead == 0)
		return;
	if (seq < s->highest)
		s->cycles += 1u << 16;
	s->highest = seq;
}

void limen_stats_rx_packet(struct limen_stats_rx *s, uint16_t seq, uint32_t ts, size_t bytes,
	uint32_t clock_hz, int64_t now_us)
{
	int64_t transit, d;

	count_seq(s, seq);
	s->received++;
	s->bytes += bytes;
	s->last_us = now_us;
	transit = now_us * clock_hz / 1000000 - ts;
	if (s->transit != INT64_MIN) {
		d = (int32_t)(uint32_t)(transit - s->transit);
		s->jitter += ((double)(d < 0 ? -d : d) - s->jitter) / 16;
	}
	s->transit = transit;
}

void limen_stats_rx_sender(
	struct limen_stats_rx *s, const struct limen_rtcp_sender *sr, int64_t now_us)
{
	s->lsr = (uint32_t)(sr->ntp >> 16);
	s->sr_us = now_us;
}

uint32_t limen_stats_rx_report(
	struct limen_stats_rx *s, uint32_t ssrc, int64_t now_us, struct limen_rtcp_block *out)
{
	const uint32_t highest = s->cycles + s->highest, expected = highest - s->base + 1;
	const uint32_t expected_now = expected - s->expected_prior,
		       received_now = s->received - s->received_prior;
	const int64_t lost_now = (int64_t)expected_now - received_now;
	int64_t lost = (int64_t)expected - s->received;

	s->expected_prior = expected;
	s->received_prior = s->received;
	lost = lost > 0x7fffff ? 0x7fffff : lost < -0x800000 ? -0x800000 : lost;
	*out = (struct limen_rtcp_block){
		.ssrc = ssrc,
		/* Below 256: who makes us expect more has arrived. */
		.fraction = lost_now > 0 ? (uint8_t)(lost_now * 256 / expected_now) : 0,
		.lost = (int32_t)lost,
		.highest = highest,
		.jitter = (uint32_t)s->jitter,
		.lsr = s->lsr,
		.dlsr = s->lsr ? (uint32_t)((now_us - s->sr_us) * 65536 / 1000000) : 0,
	};
	return lost_now > 0 ? (uint32_t)lost_now : 0;
}

int64_t limen_rtt_us(const struct limen_rtcp_block *block, uint64_t now_ntp)
{
	const uint32_t now = (uint32_t)(now_ntp >> 16);
	const int64_t rtt = (int32_t)(now - block->lsr - block->dlsr);

	if (!block->lsr || rtt < 0)
		return 0;
	return rtt * 1000000 / 65536;
}
