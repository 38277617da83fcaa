/*
 * JSON Web Tokens (RFC 7519) as credentials: HS256, RS256 and ES256. The algorithm is the key's, so
 * a token cannot choose one: "none", or a public key taken for a secret, fits no key. Pure; any
 * thread.
 */
#ifndef LIMEN_SESSION_JWT_H
#define LIMEN_SESSION_JWT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMEN_JWT_MAX 8192u      /* characters of a token */
#define LIMEN_JWT_SECRET_MIN 32u /* bytes: as long as the hash (RFC 7518 §3.2) */
#define LIMEN_JWT_LEEWAY_S 30    /* by how much clocks may differ (RFC 7519 §4.1.4) */

/* What tokens are measured by: one key or two, and who they must be meant for. */
struct limen_jwt;

struct limen_jwt_config {
	const char *secret;     /* of HS256; NULL = none */
	const char *public_key; /* PEM text: RSA makes it RS256, P-256 ES256; NULL = none */
	const char *audience;   /* what "aud" must name; NULL = tokens must not have one */
};

/* Borrows the texts for the call. *out: new, NULL on error and when no key is given. LIMEN_EINVAL
 * with *reason new. */
int limen_jwt_new(struct limen_jwt **out, const struct limen_jwt_config *config, char **reason);
void limen_jwt_free(struct limen_jwt *j); /* NULL is fine */

/* What a token is shown for. */
struct limen_jwt_use {
	const char *plugin; /* must be in "plugins", where the token has that; NULL = any */
	const char *room;   /* must be in "rooms"; NULL = none is asked for */
	int64_t now_s;      /* seconds since 1970 */
};
/* Is it signed, in force, and good for this? token NULL is not. */
bool limen_jwt_valid(const struct limen_jwt *j, const char *token, const struct limen_jwt_use *use);

#endif
