/*
 * Outgoing RTP under AES-GCM (RFC 7714): the one SRTP transform that runs for every packet and
 * receiver, so it is done without libsrtp2 and with the fastest library there is. All else of SRTP
 * stays in srtp.c. Thread: the peer's loop.
 */
#ifndef LIMEN_MEDIA_SRTP_SEAL_H
#define LIMEN_MEDIA_SRTP_SEAL_H

#include <stddef.h>
#include <stdint.h>

#define LIMEN_SEAL_TAG 16u           /* bytes (RFC 7714 §13.1) */
#define LIMEN_SEAL_SALT 12u          /* bytes (RFC 7714 §11) */
#define LIMEN_SEAL_STREAMS_MAX 4096u /* SSRCs of one peer */

struct limen_seal;

/* From the session key (16 or 32 bytes) and the session salt, which are copied. LIMEN_ENOTSUP:
 * built without the library, or a processor that it has no fast code for. */
int limen_seal_new(
	struct limen_seal **out, const uint8_t *key, size_t key_len, const uint8_t *salt);
void limen_seal_free(struct limen_seal *s);
/* In place; cap: bytes of the buffer. LIMEN_ENOSPC, LIMEN_EPROTO: not an RTP packet, LIMEN_ELIMIT:
 * one SSRC too many, LIMEN_EINVAL: 1024 numbers old, or
 * of before the stream began. */
int limen_seal_rtp(struct limen_seal *s, uint8_t *bytes, size_t *len, size_t cap);
/* Nothing is sent under this SSRC any more. */
void limen_seal_end_stream(struct limen_seal *s, uint32_t ssrc);
/* Tells the processor that packets come to be sealed. */
void limen_seal_expect(const struct limen_seal *s);

#endif
