/*
 * Certificate and key, with the one SSL_CTX that every DTLS connection is made from. OpenSSL
 * contexts may be used by all threads once they are set up.
 */
#include "core/media/cert.h"
#include <glib.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>
#include <limen/types.h>

#define DAYS_VALID 365
/* RFC 8827 §6.5; these, with ECDSA and RSA, are what dtls_record.c goes on with. */
#define CIPHERS                                                                                    \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                               \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"                               \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
/* AES-128 GCM first: fastest, and every browser has it (design §4.1). */
#define PROFILES                                                                                   \
	"SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:"                                             \
	"SRTP_AES128_CM_SHA1_80:SRTP_AES128_CM_SHA1_32"

struct limen_cert {
	X509 *x509;
	EVP_PKEY *key;
	SSL_CTX *ctx;
	char *fingerprint;
};

static char *fingerprint_text(const X509 *x509, const EVP_MD *md)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	GString *text = g_string_new(NULL);
	unsigned len = 0;

	if (X509_digest(x509, md, digest, &len) != 1)
		len = 0;
	for (unsigned i = 0; i < len; i++)
		g_string_append_printf(text, "%s%02X", i ? ":" : "", digest[i]);
	return g_string_free(text, FALSE);
}

static const EVP_MD *digest_by_name(const char *hash)
{
	static const struct {
		const char *name;
		const EVP_MD *(*md)(void);
	} digests[] = {
		{ "sha-256", EVP_sha256 },
		{ "sha-1", EVP_sha1 },
		{ "sha-384", EVP_sha384 },
		{ "sha-512", EVP_sha512 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(digests); i++)
		if (g_ascii_strcasecmp(digests[i].name, hash) == 0)
			return digests[i].md();
	return NULL;
}

bool limen_fingerprint_check(const char *hash, const char *fingerprint, const void *x509)
{
	const EVP_MD *md = hash ? digest_by_name(hash) : NULL;
	g_autofree char *text = md && x509 ? fingerprint_text(x509, md) : NULL;

	return text && *text && fingerprint && g_ascii_strcasecmp(text, fingerprint) == 0;
}

/*
 * The fingerprint alone says who the peer is, so no chain is built from what it sent: that is much
 * hostile input for nothing. A refusal here makes the library send the alert bad_certificate
 * (RFC 8122 §6.2).
 */
static int check_peer(X509_STORE_CTX *store, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct limen_cert_expected *expected = SSL_get_app_data(ssl);

	(void)arg;
	expected->shown = limen_fingerprint_check(
		expected->hash, expected->fingerprint, X509_STORE_CTX_get0_cert(store));
	if (!expected->shown)
		X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
	return expected->shown;
}

static int make_context(struct limen_cert *c)
{
	SSL_CTX *ctx = c->ctx = SSL_CTX_new(DTLS_method());

	if (!ctx)
		return LIMEN_EIO;
	SSL_CTX_set_options(ctx, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, check_peer, NULL);
	SSL_CTX_set_max_cert_list(ctx, LIMEN_CERT_MESSAGE_MAX);
	SSL_CTX_set_read_ahead(ctx, 1);
	if (SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) != 1 ||
		SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION) != 1 ||
		SSL_CTX_set_cipher_list(ctx, CIPHERS) != 1 ||
		SSL_CTX_set1_groups_list(ctx, "X25519:P-256") != 1 ||
		SSL_CTX_use_certificate(ctx, c->x509) != 1 ||
		SSL_CTX_use_PrivateKey(ctx, c->key) != 1 || SSL_CTX_check_private_key(ctx) != 1)
		return LIMEN_EINVAL;
	/* Unlike the calls above, this one answers 0 for success. */
	return SSL_CTX_set_tlsext_use_srtp(ctx, PROFILES) == 0 ? 0 : LIMEN_EIO;
}

static int finish(struct limen_cert *c)
{
	c->fingerprint = fingerprint_text(c->x509, EVP_sha256());
	return *c->fingerprint ? make_context(c) : LIMEN_EIO;
}

static bool fill(X509 *x, EVP_PKEY *key)
{
	X509_NAME *name = X509_get_subject_name(x);
	ASN1_INTEGER *serial = X509_get_serialNumber(x);
	uint64_t number;

	if (RAND_bytes((unsigned char *)&number, sizeof(number)) != 1 ||
		ASN1_INTEGER_set_uint64(serial, number >> 1) != 1)
		return false;
	return X509_set_version(x, 2) == 1 && X509_gmtime_adj(X509_getm_notBefore(x), -24 * 3600) &&
		X509_gmtime_adj(X509_getm_notAfter(x), DAYS_VALID * 24L * 3600) &&
		X509_set_pubkey(x, key) == 1 &&
		X509_NAME_add_entry_by_txt(
			name, "CN", MBSTRING_ASC, (const unsigned char *)"limen", -1, -1, 0) == 1 &&
		X509_set_issuer_name(x, name) == 1 && X509_sign(x, key, EVP_sha256()) > 0;
}

int limen_cert_new(struct limen_cert **out)
{
	struct limen_cert *c = g_new0(struct limen_cert, 1);

	*out = NULL;
	c->key = EVP_EC_gen("P-256");
	c->x509 = X509_new();
	if (!c->key || !c->x509 || !fill(c->x509, c->key) || finish(c)) {
		limen_cert_free(c);
		return LIMEN_EIO;
	}
	*out = c;
	return 0;
}

/* The library would ask on the terminal; a missing password is an error instead. */
static int no_prompt(char *buf, int size, int rwflag, void *arg)
{
	(void)rwflag;
	return arg && g_strlcpy(buf, arg, (gsize)size) < (gsize)size ? (int)strlen(arg) : -1;
}

static int read_files(struct limen_cert *c, const char *cert_pem, const char *key_pem,
	const char *password, char **reason)
{
	BIO *cert = BIO_new_file(cert_pem, "r"), *key = BIO_new_file(key_pem, "r");
	int err;

	if (cert)
		c->x509 = PEM_read_bio_X509(cert, NULL, no_prompt, NULL);
	if (key)
		c->key = PEM_read_bio_PrivateKey(key, NULL, no_prompt, (void *)password);
	if (!cert || !key)
		*reason = g_strdup_printf("%s: cannot be opened", cert ? key_pem : cert_pem);
	else if (!c->x509)
		*reason = g_strdup_printf("%s: expected a certificate in PEM form", cert_pem);
	else if (!c->key)
		*reason = g_strdup_printf("%s: expected a private key in PEM form, %s", key_pem,
			password ? "opened by the password that was given"
				 : "not encrypted, as no password was given");
	err = !*reason ? 0 : cert && key ? LIMEN_EINVAL : LIMEN_EIO;
	BIO_free(cert);
	BIO_free(key);
	ERR_clear_error();
	return err;
}

int limen_cert_load(struct limen_cert **out, const char *cert_pem, const char *key_pem,
	const char *password, char **reason)
{
	struct limen_cert *c = g_new0(struct limen_cert, 1);
	int err;

	*out = NULL;
	*reason = NULL;
	err = read_files(c, cert_pem, key_pem, password, reason);
	if (!err && (err = finish(c)))
		*reason = g_strdup_printf(
			"%s and %s do not belong together or are too weak", cert_pem, key_pem);
	if (err) {
		limen_cert_free(c);
		return err;
	}
	*out = c;
	return 0;
}

void limen_cert_free(struct limen_cert *c)
{
	if (!c)
		return;
	SSL_CTX_free(c->ctx);
	X509_free(c->x509);
	EVP_PKEY_free(c->key);
	g_free(c->fingerprint);
	g_free(c);
}

int64_t limen_cert_end_s(const struct limen_cert *c)
{
	struct tm end;

	return ASN1_TIME_to_tm(X509_get0_notAfter(c->x509), &end) == 1 ? timegm(&end) : 0;
}

const char *limen_cert_fingerprint(const struct limen_cert *c)
{
	return c->fingerprint;
}

void *limen_cert_context(const struct limen_cert *c)
{
	return c->ctx;
}

const char *limen_cert_library(void)
{
	return OpenSSL_version(OPENSSL_VERSION);
}
