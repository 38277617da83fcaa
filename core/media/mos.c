/*
 * The E-model (ITU-T G.107 06/2015) with its default values (table 2), where all that a gateway
 * does not know (noise, echo, loudness) has its default. Pure; any thread.
 */
#include "core/media/mos.h"
#include <math.h>

#define R_DEFAULT 93.2 /* §7.1 with all values of table 2: Ro - Is, without delay and loss */
/* G.113 appendix I gives Ie = 0 and Bpl = 25.1 for a codec that conceals single losses. */
#define IE 0.0
#define BPL 25.1
/* Packets of 20 ms and a jitter buffer of twice the jitter on top of the network's delay. */
#define PACKET_MS 20.0
#define JITTER_BUFFERS 2.0

/* Idd, equations (7-27) and (7-28). */
static double delay_impairment(double delay_ms)
{
	double x;

	if (delay_ms <= 100)
		return 0;
	x = log2(delay_ms / 100);
	return 25 * (pow(1 + pow(x, 6), 1.0 / 6) - 3 * pow(1 + pow(x / 3, 6), 1.0 / 6) + 2);
}

/* Ie-eff, equation (7-29), with random loss: BurstR = 1. */
static double loss_impairment(double percent)
{
	return IE + (95 - IE) * percent / (percent + BPL);
}

double limen_mos(double loss, double rtt_ms, double jitter_ms)
{
	const double delay_ms = rtt_ms / 2 + JITTER_BUFFERS * jitter_ms + PACKET_MS;
	const double r = R_DEFAULT - delay_impairment(delay_ms) - loss_impairment(loss * 100);

	/* Annex B, equation (B-4) */
	if (r <= 0)
		return 1;
	if (r >= 100)
		return 4.5;
	return fmax(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}
