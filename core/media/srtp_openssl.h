/*
 * The ciphers and the hash of SRTP, by OpenSSL, in the form that libsrtp2 takes. srtp.c puts them
 * in the place of the library's own once at start. Thread: register() once, before any session;
 * then each object belongs to its session's thread.
 */
#ifndef LIMEN_MEDIA_SRTP_OPENSSL_H
#define LIMEN_MEDIA_SRTP_OPENSSL_H

#include <stddef.h>
#include <srtp2/auth.h>
#include <srtp2/cipher.h>

extern const srtp_cipher_type_t limen_srtp_icm_128, limen_srtp_icm_256; /* RFC 3711, RFC 6188 */
extern const srtp_cipher_type_t limen_srtp_gcm_128, limen_srtp_gcm_256; /* RFC 7714 */
extern const srtp_auth_type_t limen_srtp_hmac_sha1;                     /* RFC 2104 */

/*
 * Replaces the library's own; it tests each against the vectors of both. After srtp_init().
 * LIMEN_ENOTSUP: OpenSSL lacks one; LIMEN_EIO: a test failed.
 */
int limen_srtp_openssl_register(void);

/*
 * Key derivation of RFC 3711 §4.3 with a rate of 0, as RFC 7714 §11 uses it: label 0 gives the
 * session key of RTP, 2 its salt. key: master key of 16 or 32 bytes; salt: master salt of 12. Any
 * thread. LIMEN_EIO
 */
int limen_srtp_openssl_derive(const uint8_t *key, size_t key_len, const uint8_t *salt,
	uint8_t label, uint8_t *out, size_t len);

#endif
