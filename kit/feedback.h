/*
 * Keyframe requests in RTCP from receivers without a PeerConnection: PLI (RFC 4585 §6.3.1) and FIR
 * (RFC 5104 §4.3.1). Pure: bytes in, values out; any thread.
 */
#ifndef LIMEN_KIT_FEEDBACK_H
#define LIMEN_KIT_FEEDBACK_H

#include <limen/types.h>

/* Calls fn for each keyframe that a compound asks for: ssrc is the media's. LIMEN_EPROTO: a length
 * lies; what came before it was told. Other packets are skipped. */
int limen_feedback_read(
	const uint8_t *bytes, size_t len, void (*fn)(uint32_t ssrc, void *arg), void *arg);

#endif
