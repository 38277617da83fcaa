/*
 * The bottleneck that is told of in transport-wide feedback. Pure; thread: the peer's loop.
 */
#include "core/media/twcc_cap.h"
#include <glib.h>

bool limen_twcc_cap_pass(
	struct limen_twcc_cap *c, uint32_t bps, size_t len, int64_t now_us, int64_t *at_us)
{
	const int64_t begin_us = MAX(now_us, c->free_us);
	const int64_t end_us = begin_us + (int64_t)len * 8 * G_USEC_PER_SEC / MAX(bps, 1u);

	if (begin_us - now_us > LIMEN_TWCC_CAP_WAIT_US)
		return false;
	*at_us = c->free_us = end_us;
	return true;
}
