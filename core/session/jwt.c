/*
 * JSON Web Tokens. The payload is not looked at before the signature has been found right; the
 * header is, for its "alg", which must be the one of the key. Pure; any thread: keys are only read
 * once they are made.
 */
#include "core/session/jwt.h"
#include <glib.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>
#include <limen/types.h>

#define KEYS 2
#define HEADER_MAX 1024u    /* characters of the encoded header */
#define LIST_MAX 1000u      /* plugins, rooms or audiences in a token */
#define RSA_BITS_MIN 2048   /* RFC 7518 §3.3 */
#define ES256_HALF 32       /* bytes of R and of S (RFC 7518 §3.4) */
#define ES256_DER_MAX 80    /* of the two in the form that the library reads */
#define HS256_LEN 32u       /* bytes of a digest */
#define ROOM_DIGITS_MAX 24u /* characters of a room id that is a number */

enum algorithm { HS256, RS256, ES256 };
static const char *const names[] = { "HS256", "RS256", "ES256" };

struct key {
	enum algorithm algorithm;
	EVP_PKEY *pkey;
};

struct limen_jwt {
	struct key keys[KEYS];
	unsigned count;
	char *audience; /* or NULL */
};

/* A token in its parts; all borrow from it but what was decoded. */
struct parts {
	const char *signed_text; /* header.payload */
	size_t signed_len;
	json_t *header;
	uint8_t *payload, *signature;
	size_t payload_len, signature_len;
};

static void parts_clear(struct parts *p)
{
	json_decref(p->header);
	g_free(p->payload);
	g_free(p->signature);
}

static int digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* base64url without padding (RFC 7515 §2), in the one form that an encoder writes: bits that are
 * left over are zero. New, or NULL. */
static uint8_t *decode(const char *text, size_t len, size_t *out_len)
{
	g_autofree uint8_t *out = g_malloc(len / 4 * 3 + 3);
	uint32_t bits = 0;
	unsigned have = 0;

	*out_len = 0;
	for (size_t i = 0; i < len; i++) {
		const int value = digit(text[i]);

		if (value < 0)
			return NULL;
		bits = bits << 6 | (uint32_t)value;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[(*out_len)++] = (uint8_t)(bits >> have);
			bits &= (1u << have) - 1;
		}
	}
	return bits || have == 6 ? NULL : g_steal_pointer(&out);
}

static json_t *parse_object(const uint8_t *bytes, size_t len)
{
	json_t *o =
		bytes ? json_loadb((const char *)bytes, len, JSON_REJECT_DUPLICATES, NULL) : NULL;

	if (json_is_object(o))
		return o;
	json_decref(o);
	return NULL;
}

/* false: not a token of this kind. What it filled must be cleared anyway. */
static bool split(const char *token, struct parts *p)
{
	const char *first = strchr(token, '.'), *second = first ? strchr(first + 1, '.') : NULL;
	g_autofree uint8_t *header = NULL;
	size_t header_len;

	if (!second || strlen(token) > LIMEN_JWT_MAX || (size_t)(first - token) > HEADER_MAX)
		return false;
	p->signed_text = token;
	p->signed_len = (size_t)(second - token);
	header = decode(token, (size_t)(first - token), &header_len);
	p->payload = decode(first + 1, (size_t)(second - first - 1), &p->payload_len);
	p->signature = decode(second + 1, strlen(second + 1), &p->signature_len);
	p->header = parse_object(header, header_len);
	return p->header && p->payload && p->signature;
}

static bool hmac_right(const struct parts *p, EVP_PKEY *pkey)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t want[HS256_LEN];
	size_t want_len = sizeof(want);
	const bool made = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
		EVP_DigestSign(
			ctx, want, &want_len, (const uint8_t *)p->signed_text, p->signed_len) == 1;

	EVP_MD_CTX_free(ctx);
	return made && p->signature_len == want_len &&
		CRYPTO_memcmp(p->signature, want, want_len) == 0;
}

static bool signature_right(
	const struct parts *p, EVP_PKEY *pkey, const uint8_t *signature, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const bool right = ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
		EVP_DigestVerify(
			ctx, signature, len, (const uint8_t *)p->signed_text, p->signed_len) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return right;
}

/* The two numbers stand side by side in a token; the library wants them as ASN.1. */
static bool ecdsa_right(const struct parts *p, EVP_PKEY *pkey)
{
	ECDSA_SIG *pair;
	BIGNUM *r, *s;
	uint8_t der[ES256_DER_MAX], *end = der;
	int len = 0;

	if (p->signature_len != 2 * ES256_HALF || !(pair = ECDSA_SIG_new()))
		return false;
	r = BN_bin2bn(p->signature, ES256_HALF, NULL);
	s = BN_bin2bn(p->signature + ES256_HALF, ES256_HALF, NULL);
	if (r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
		if (i2d_ECDSA_SIG(pair, NULL) <= ES256_DER_MAX)
			len = i2d_ECDSA_SIG(pair, &end);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(pair);
	return len > 0 && signature_right(p, pkey, der, (size_t)len);
}

/* An extension that must be understood is none of ours (RFC 7515 §4.1.11). */
static bool made_by(const struct parts *p, const struct key *k)
{
	const char *alg = json_string_value(json_object_get(p->header, "alg"));

	if (!alg || strcmp(alg, names[k->algorithm]) != 0 || json_object_get(p->header, "crit"))
		return false;
	switch (k->algorithm) {
	case HS256:
		return hmac_right(p, k->pkey);
	case RS256:
		return signature_right(p, k->pkey, p->signature, p->signature_len);
	case ES256:
		return ecdsa_right(p, k->pkey);
	}
	return false;
}

/* RFC 7519 §4.1.4, §4.1.5. Without an end a token could never be taken back, so "exp" must be. */
static bool in_force(const json_t *claims, int64_t now_s)
{
	const json_t *exp = json_object_get(claims, "exp"), *nbf = json_object_get(claims, "nbf");
	const double now = (double)now_s;

	if (!json_is_number(exp) || now - LIMEN_JWT_LEEWAY_S >= json_number_value(exp))
		return false;
	return !nbf || (json_is_number(nbf) && now + LIMEN_JWT_LEEWAY_S >= json_number_value(nbf));
}

/* Does a value of a claim say this? Room ids may be numbers. */
static bool says(const json_t *value, const char *text)
{
	char number[ROOM_DIGITS_MAX];

	if (json_is_string(value))
		return json_string_length(value) == strlen(text) &&
			strcmp(json_string_value(value), text) == 0;
	if (!json_is_integer(value))
		return false;
	g_snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return strcmp(number, text) == 0;
}

static bool lists(const json_t *claim, const char *text)
{
	if (!json_is_array(claim) || json_array_size(claim) > LIST_MAX)
		return false;
	for (size_t i = 0; i < json_array_size(claim); i++)
		if (says(json_array_get(claim, i), text))
			return true;
	return false;
}

/* RFC 7519 §4.1.3: whoever is not named in "aud" refuses the token. */
static bool meant_for(const json_t *claims, const char *audience)
{
	const json_t *aud = json_object_get(claims, "aud");

	if (!audience)
		return !aud;
	return json_is_string(aud) ? says(aud, audience) : lists(aud, audience);
}

static bool allows(const json_t *claims, const struct limen_jwt_use *use)
{
	const json_t *plugins = json_object_get(claims, "plugins");

	if (plugins && !json_is_array(plugins))
		return false;
	if (use->plugin && plugins && !lists(plugins, use->plugin))
		return false;
	return !use->room || lists(json_object_get(claims, "rooms"), use->room);
}

static bool claims_good(
	const struct limen_jwt *j, const struct parts *p, const struct limen_jwt_use *use)
{
	json_t *claims = parse_object(p->payload, p->payload_len);
	const bool good = claims && in_force(claims, use->now_s) &&
		meant_for(claims, j->audience) && allows(claims, use);

	json_decref(claims);
	return good;
}

bool limen_jwt_valid(const struct limen_jwt *j, const char *token, const struct limen_jwt_use *use)
{
	struct parts p = { 0 };
	bool good = false;

	if (token && split(token, &p))
		for (unsigned i = 0; i < j->count && !good; i++)
			good = made_by(&p, &j->keys[i]) && claims_good(j, &p, use);
	parts_clear(&p);
	return good;
}

static int add_key(struct limen_jwt *j, enum algorithm algorithm, EVP_PKEY *pkey)
{
	j->keys[j->count++] = (struct key){ algorithm, pkey };
	return 0;
}

static int add_secret(struct limen_jwt *j, const char *secret, char **reason)
{
	EVP_PKEY *pkey = NULL;

	if (strstr(secret, "-----BEGIN"))
		*reason = g_strdup("a key in PEM form is no secret: it belongs in a file for "
				   "jwt_public_key");
	else if (strlen(secret) < LIMEN_JWT_SECRET_MIN)
		*reason = g_strdup_printf(
			"expected at least %u characters", (unsigned)LIMEN_JWT_SECRET_MIN);
	else if (!(pkey = EVP_PKEY_new_raw_private_key(
			   EVP_PKEY_HMAC, NULL, (const uint8_t *)secret, strlen(secret))))
		*reason = g_strdup("the key cannot be used");
	return pkey ? add_key(j, HS256, pkey) : LIMEN_EINVAL;
}

static bool is_p256(const EVP_PKEY *pkey)
{
	char curve[32] = "";

	return EVP_PKEY_base_id(pkey) == EVP_PKEY_EC &&
		EVP_PKEY_get_group_name(pkey, curve, sizeof(curve), NULL) == 1 &&
		strcmp(curve, "prime256v1") == 0;
}

static int add_public(struct limen_jwt *j, const char *pem, char **reason)
{
	BIO *text = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *pkey = text ? PEM_read_bio_PUBKEY(text, NULL, NULL, NULL) : NULL;

	BIO_free(text);
	ERR_clear_error();
	if (pkey && EVP_PKEY_base_id(pkey) == EVP_PKEY_RSA && EVP_PKEY_bits(pkey) >= RSA_BITS_MIN)
		return add_key(j, RS256, pkey);
	if (pkey && is_p256(pkey))
		return add_key(j, ES256, pkey);
	EVP_PKEY_free(pkey);
	*reason = g_strdup_printf("expected a public key in PEM form, RSA of %d bits or more or "
				  "elliptic curve P-256",
		RSA_BITS_MIN);
	return LIMEN_EINVAL;
}

int limen_jwt_new(struct limen_jwt **out, const struct limen_jwt_config *config, char **reason)
{
	struct limen_jwt *j;
	int err = 0;

	*out = NULL;
	if (!config->secret && !config->public_key)
		return 0;
	j = g_new0(struct limen_jwt, 1);
	j->audience = g_strdup(config->audience);
	if (config->secret)
		err = add_secret(j, config->secret, reason);
	if (!err && config->public_key)
		err = add_public(j, config->public_key, reason);
	if (err)
		limen_jwt_free(j);
	else
		*out = j;
	return err;
}

void limen_jwt_free(struct limen_jwt *j)
{
	if (!j)
		return;
	for (unsigned i = 0; i < j->count; i++)
		EVP_PKEY_free(j->keys[i].pkey);
	g_free(j->audience);
	g_free(j);
}
