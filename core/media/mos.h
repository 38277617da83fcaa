/*
 * The quality of a call in the ear of its listener, by the E-model. Pure; any thread.
 */
#ifndef LIMEN_MEDIA_MOS_H
#define LIMEN_MEDIA_MOS_H

/* 1 (bad) to 4.5 (as good as it gets). loss: 0..1 of the packets; times in milliseconds. */
double limen_mos(double loss, double rtt_ms, double jitter_ms);

#endif
