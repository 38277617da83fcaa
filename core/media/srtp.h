/*
 * SRTP and SRTCP (RFC 3711, RFC 7714) of one peer through libsrtp2. Thread: the peer's loop.
 */
#ifndef LIMEN_MEDIA_SRTP_H
#define LIMEN_MEDIA_SRTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMEN_SRTP_TRAILER 64u       /* room wanted behind a packet, for tag and SRTCP index */
#define LIMEN_SRTP_KEY_MAX 46u       /* AES-256 key (32) and salt (14) */
#define LIMEN_SRTP_STREAMS_MAX 1024u /* SSRCs of one peer: each costs memory for good */

/* Numbers of the DTLS-SRTP registry (RFC 5764 §4.1.2, RFC 7714 §14.2). */
enum limen_srtp_profile {
	LIMEN_SRTP_AES128_CM_SHA1_80 = 1,
	LIMEN_SRTP_AES128_CM_SHA1_32 = 2,
	LIMEN_SRTP_AEAD_AES_128_GCM = 7,
	LIMEN_SRTP_AEAD_AES_256_GCM = 8,
};

/* Key and salt, one after the other, for each way. */
struct limen_srtp_keys {
	enum limen_srtp_profile profile;
	size_t len; /* bytes used in each */
	uint8_t local[LIMEN_SRTP_KEY_MAX];
	uint8_t remote[LIMEN_SRTP_KEY_MAX];
};

struct limen_srtp;

/* Length of key and salt of a profile, 0 if it is not known: *key_len and *salt_len are set. */
size_t limen_srtp_key_len(enum limen_srtp_profile profile, size_t *key_len, size_t *salt_len);

/* LIMEN_ENOTSUP: unknown profile. Keys are copied. */
int limen_srtp_new(struct limen_srtp **out, const struct limen_srtp_keys *keys);
void limen_srtp_free(struct limen_srtp *s);

/* In place; cap: bytes of the buffer. LIMEN_ENOSPC, LIMEN_EIO. */
int limen_srtp_protect(struct limen_srtp *s, uint8_t *bytes, size_t *len, size_t cap);
int limen_srtp_protect_rtcp(struct limen_srtp *s, uint8_t *bytes, size_t *len, size_t cap);
/* In place. LIMEN_EAUTH: tag wrong; LIMEN_EEXIST: replayed; LIMEN_EPROTO: malformed; LIMEN_ELIMIT:
 * one SSRC too many. */
int limen_srtp_unprotect(struct limen_srtp *s, uint8_t *bytes, size_t *len);
int limen_srtp_unprotect_rtcp(struct limen_srtp *s, uint8_t *bytes, size_t *len);
/* Nothing is sent under this SSRC any more. */
void limen_srtp_end_stream(struct limen_srtp *s, uint32_t ssrc);
/* Tells the processor that packets come to be protected. */
void limen_srtp_expect(const struct limen_srtp *s);
/* Sessions to come use libsrtp2 for all: for tests. */
void limen_srtp_library_only(bool only);

/* Name and version of the SRTP library. Any thread */
const char *limen_srtp_library(void);

#endif
