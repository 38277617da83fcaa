/*
 * Reception statistics of one SSRC (RFC 3550 §6.4.1, appendices A.1, A.3, A.8). Pure; thread: the
 * sender's loop.
 */
#ifndef LIMEN_MEDIA_STATS_RX_H
#define LIMEN_MEDIA_STATS_RX_H

#include "core/media/rtcp.h"

struct limen_stats_rx {
	bool started;
	uint16_t base, highest;
	uint32_t cycles, received;
	uint64_t bytes;
	uint32_t expected_prior, received_prior;
	int64_t transit;
	double jitter;
	uint32_t lsr; /* middle 32 bits of the last SR's NTP time */
	int64_t sr_us;
	int64_t last_us;
};

void limen_stats_rx_packet(struct limen_stats_rx *s, uint16_t seq, uint32_t ts, size_t bytes,
	uint32_t clock_hz, int64_t now_us);
void limen_stats_rx_sender(
	struct limen_stats_rx *s, const struct limen_rtcp_sender *sr, int64_t now_us);
/* Fills a report block and begins the next interval; returns packets lost in the interval that
 * ends. */
uint32_t limen_stats_rx_report(
	struct limen_stats_rx *s, uint32_t ssrc, int64_t now_us, struct limen_rtcp_block *out);
/* Round trip from a block about us, microseconds; 0 if it does not tell (RFC 3550 §6.4.1, A = now).
 */
int64_t limen_rtt_us(const struct limen_rtcp_block *block, uint64_t now_ntp);

#endif
