/*
 * What the packets of one incoming stream say of themselves, read once for all its receivers:
 * payload descriptors and payloads (codec.h), dependency descriptors, and what only some packets
 * tell and the others are understood by. Pure; thread: the source's loop.
 */
#ifndef LIMEN_MEDIA_INSPECT_H
#define LIMEN_MEDIA_INSPECT_H

#include "core/media/dependency.h"

/* Embedded; zeroed = nothing was told yet. */
struct limen_inspect {
	uint8_t spatial_layers;              /* as it told last; 0 = not known */
	struct limen_dependency *dependency; /* NULL before the first descriptor */
};

/* Back to nothing: another stream begins, or it ends. */
void limen_inspect_clear(struct limen_inspect *i);
/* Fills layer and svc of a video packet. opaque: its payload is end-to-end encrypted. */
void limen_inspect_packet(struct limen_inspect *i, bool opaque, struct limen_packet *pkt);

#endif
