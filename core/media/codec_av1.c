/*
 * The AV1 aggregation header (AV1 RTP specification §4.4): N says that a new coded video sequence
 * begins. Pure; any thread.
 */
#include "core/media/codec.h"

enum { Z = 0x80, N = 0x08 };

void limen_av1_inspect(const uint8_t *p, size_t len, struct limen_layer *out)
{
	if (len < 2)
		return;
	out->start = !(p[0] & Z);
	out->keyframe = (p[0] & N) && !(p[0] & Z);
}
