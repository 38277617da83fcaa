/*
 * The certificate by which the gateway's DTLS side is known: made at start, or loaded. Read-only after it was made; any thread.
 */
#ifndef LIMEN_MEDIA_CERT_H
#define LIMEN_MEDIA_CERT_H

struct limen_cert;

/* Makes an ECDSA P-256 key and a self-signed certificate. */
int limen_cert_new(struct limen_cert **out);
/* Loads PEM files; password may be NULL. LIMEN_EIO or LIMEN_EINVAL with *reason new, naming the file. */
int limen_cert_load(struct limen_cert **out, const char *cert_pem, const char *key_pem, const char *password, char **reason);
/* NULL is fine. Not before the last DTLS object that uses it. */
void limen_cert_free(struct limen_cert *c);

/* SHA-256 of the certificate as "AA:BB:..." (RFC 8122 §5); borrowed. */
const char *limen_cert_fingerprint(const struct limen_cert *c);
/* The library's own context (SSL_CTX *), for dtls.c. */
void *limen_cert_context(const struct limen_cert *c);

#endif
