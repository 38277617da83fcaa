/*
 * In a program that includes this, once, the C library's gettimeofday() follows the virtual clock,
 * and with it the retransmission timers of OpenSSL's DTLS. Thread: any.
 */
#ifndef LIMEN_TESTS_VIRTUAL_TIME_H
#define LIMEN_TESTS_VIRTUAL_TIME_H

#include <sys/time.h>
#include "core/base/clock.h"

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	const int64_t us = limen_now_us();

	(void)zone;
	*tv = (struct timeval){ .tv_sec = us / 1000000, .tv_usec = us % 1000000 };
	return 0;
}

#endif
