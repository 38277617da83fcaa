/*
 * The certificate by which the gateway's DTLS side is known: made at start, or loaded. Read-only
 * after it was made; any thread.
 */
#ifndef LIMEN_MEDIA_CERT_H
#define LIMEN_MEDIA_CERT_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes of one handshake message of a peer; the longest is that with its certificates. */
#define LIMEN_CERT_MESSAGE_MAX 8192u

struct limen_cert;

/* What the session description says of the peer's certificate (RFC 8122 §5). */
struct limen_cert_expected {
	char *hash;        /* "sha-256", "sha-1", "sha-384", "sha-512", case-insensitive */
	char *fingerprint; /* "AA:BB:...", case-insensitive */
	bool shown;        /* set by the handshake, before the peer's Finished is believed */
};

/* Makes an ECDSA P-256 key and a self-signed certificate. */
int limen_cert_new(struct limen_cert **out);
/*
 * Loads PEM files; password may be NULL. LIMEN_EIO: a file cannot be opened; LIMEN_EINVAL: its
 * content is wrong; with *reason new, naming the file.
 */
int limen_cert_load(struct limen_cert **out, const char *cert_pem, const char *key_pem,
	const char *password, char **reason);
/* NULL is fine. Not before the last DTLS object that uses it. */
void limen_cert_free(struct limen_cert *c);

/* When it ends, in seconds since 1970. */
int64_t limen_cert_end_s(const struct limen_cert *c);
/* SHA-256 of the certificate as "AA:BB:..." (RFC 8122 §5); borrowed. */
const char *limen_cert_fingerprint(const struct limen_cert *c);
/* Whether the certificate (X509 *) has this fingerprint. Unknown hash or any NULL: false. */
bool limen_fingerprint_check(const char *hash, const char *fingerprint, const void *x509);
/*
 * The library's own context (SSL_CTX *), for dtls.c. Each connection made from it has a struct
 * limen_cert_expected as its application data.
 */
void *limen_cert_context(const struct limen_cert *c);

/* Name and version of the crypto library; static. */
const char *limen_cert_library(void);

#endif
