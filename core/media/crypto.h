/*
 * SRTP and SRTCP with keys that a plugin agreed on by itself: srtp.h under the names of the suites
 * of SDP (RFC 4568, RFC 7714). Thread: one at a time.
 */
#ifndef LIMEN_MEDIA_CRYPTO_H
#define LIMEN_MEDIA_CRYPTO_H

#include <limen/media.h>

/* See include/limen/media.h. */
int limen_crypto_new(struct limen_crypto **out, const char *suite, const uint8_t *local,
	const uint8_t *remote, size_t len);
void limen_crypto_free(struct limen_crypto *c);
int limen_crypto_protect(struct limen_crypto *c, uint8_t *bytes, size_t *len, size_t cap);
int limen_crypto_protect_rtcp(struct limen_crypto *c, uint8_t *bytes, size_t *len, size_t cap);
int limen_crypto_unprotect(struct limen_crypto *c, uint8_t *bytes, size_t *len);
int limen_crypto_unprotect_rtcp(struct limen_crypto *c, uint8_t *bytes, size_t *len);

#endif
