/*
 * Certificates: made, loaded and refused, and fingerprints compared. One thread.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>
#include <limen/types.h>
#include "core/media/cert.h"

struct files {
	char *dir, *cert, *key, *other;
};

static X509 *x509_of(const struct limen_cert *c)
{
	return SSL_CTX_get0_certificate(limen_cert_context(c));
}

static void write_pem(const char *path, X509 *x509, EVP_PKEY *key, const char *password)
{
	BIO *b = BIO_new_file(path, "w");

	g_assert_nonnull(b);
	if (x509)
		g_assert_cmpint(PEM_write_bio_X509(b, x509), ==, 1);
	if (key)
		g_assert_cmpint(
			PEM_write_bio_PKCS8PrivateKey(b, key, password ? EVP_aes_128_cbc() : NULL,
				NULL, 0, NULL, (void *)password),
			==, 1);
	BIO_free(b);
}

static void files_up(struct files *f, gconstpointer password)
{
	struct limen_cert *c;
	EVP_PKEY *other = EVP_EC_gen("P-256");

	f->dir = g_dir_make_tmp("limen-cert-XXXXXX", NULL);
	f->cert = g_build_filename(f->dir, "cert.pem", NULL);
	f->key = g_build_filename(f->dir, "key.pem", NULL);
	f->other = g_build_filename(f->dir, "other.pem", NULL);
	g_assert_cmpint(limen_cert_new(&c), ==, 0);
	write_pem(f->cert, x509_of(c), NULL, NULL);
	write_pem(f->key, NULL, SSL_CTX_get0_privatekey(limen_cert_context(c)), password);
	write_pem(f->other, NULL, other, NULL);
	EVP_PKEY_free(other);
	limen_cert_free(c);
}

static void files_down(struct files *f, gconstpointer password)
{
	(void)password;
	g_unlink(f->cert);
	g_unlink(f->key);
	g_unlink(f->other);
	g_rmdir(f->dir);
	g_free(f->cert);
	g_free(f->key);
	g_free(f->other);
	g_free(f->dir);
}

static void refused(
	const char *cert, const char *key, const char *password, int err, const char *named)
{
	struct limen_cert *c = (struct limen_cert *)1;
	g_autofree char *reason = NULL;

	g_assert_cmpint(limen_cert_load(&c, cert, key, password, &reason), ==, err);
	g_assert_null(c);
	g_assert_nonnull(reason);
	g_assert_nonnull(strstr(reason, named));
}

static void test_made(void)
{
	struct limen_cert *a, *b;
	X509 *x;

	g_assert_cmpint(limen_cert_new(&a), ==, 0);
	g_assert_cmpint(limen_cert_new(&b), ==, 0);
	g_assert_cmpstr(limen_cert_fingerprint(a), !=, limen_cert_fingerprint(b));
	g_assert_cmpuint(strlen(limen_cert_fingerprint(a)), ==, 32 * 3 - 1);
	g_assert_true(g_regex_match_simple(
		"^[0-9A-F]{2}(:[0-9A-F]{2}){31}$", limen_cert_fingerprint(a), 0, 0));
	x = x509_of(a);
	g_assert_cmpint(EVP_PKEY_get_base_id(X509_get0_pubkey(x)), ==, EVP_PKEY_EC);
	g_assert_cmpint(X509_verify(x, X509_get0_pubkey(x)), ==, 1);
	g_assert_cmpint(X509_cmp_current_time(X509_get0_notBefore(x)), <, 0);
	g_assert_cmpint(X509_cmp_current_time(X509_get0_notAfter(x)), >, 0);
	limen_cert_free(a);
	limen_cert_free(b);
	limen_cert_free(NULL);
}

static void test_fingerprint(void)
{
	static const struct {
		const char *hash;
		const EVP_MD *(*md)(void);
	} known[] = {
		{ "sha-1", EVP_sha1 },
		{ "sha-256", EVP_sha256 },
		{ "SHA-384", EVP_sha384 },
		{ "Sha-512", EVP_sha512 },
	};
	struct limen_cert *c, *other;
	X509 *x;

	g_assert_cmpint(limen_cert_new(&c), ==, 0);
	g_assert_cmpint(limen_cert_new(&other), ==, 0);
	x = x509_of(c);
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
		unsigned char digest[EVP_MAX_MD_SIZE];
		unsigned len = 0;
		g_autoptr(GString) text = g_string_new(NULL);
		g_autofree char *lower = NULL;

		g_assert_cmpint(X509_digest(x, known[i].md(), digest, &len), ==, 1);
		for (unsigned j = 0; j < len; j++)
			g_string_append_printf(text, j ? ":%02X" : "%02X", digest[j]);
		lower = g_ascii_strdown(text->str, -1);
		g_assert_true(limen_fingerprint_check(known[i].hash, text->str, x));
		g_assert_true(limen_fingerprint_check(known[i].hash, lower, x));
		g_assert_false(limen_fingerprint_check(known[i].hash, text->str, x509_of(other)));
		g_assert_false(limen_fingerprint_check("md5", text->str, x));
		g_string_truncate(text, text->len - 1);
		g_assert_false(limen_fingerprint_check(known[i].hash, text->str, x));
	}
	g_assert_false(limen_fingerprint_check("sha-256", "", x));
	g_assert_false(limen_fingerprint_check("md5", "", x));
	g_assert_false(limen_fingerprint_check("sha-256", NULL, x));
	g_assert_false(limen_fingerprint_check(NULL, limen_cert_fingerprint(c), x));
	g_assert_false(limen_fingerprint_check("sha-256", limen_cert_fingerprint(c), NULL));
	limen_cert_free(c);
	limen_cert_free(other);
}

static void test_loaded(struct files *f, gconstpointer password)
{
	struct limen_cert *c;
	char *reason;

	g_assert_cmpint(limen_cert_load(&c, f->cert, f->key, password, &reason), ==, 0);
	g_assert_null(reason);
	g_assert_true(limen_fingerprint_check("sha-256", limen_cert_fingerprint(c), x509_of(c)));
	limen_cert_free(c);
}

static void test_refused(struct files *f, gconstpointer password)
{
	g_autofree char *missing = g_build_filename(f->dir, "missing.pem", NULL);

	(void)password;
	refused(missing, f->key, NULL, LIMEN_EIO, "missing.pem");
	refused(f->cert, missing, NULL, LIMEN_EIO, "missing.pem");
	refused(f->key, f->key, NULL, LIMEN_EINVAL, "key.pem: expected a certificate");
	refused(f->cert, f->cert, NULL, LIMEN_EINVAL, "cert.pem: expected a private key");
	refused(f->cert, f->other, NULL, LIMEN_EINVAL, "other.pem");
}

static void test_password(struct files *f, gconstpointer password)
{
	g_autofree char *endless = g_strnfill(5000, 'x');

	(void)password;
	refused(f->cert, f->key, NULL, LIMEN_EINVAL, "key.pem: expected a private key");
	refused(f->cert, f->key, "wrong", LIMEN_EINVAL, "password");
	refused(f->cert, f->key, "", LIMEN_EINVAL, "password");
	refused(f->cert, f->key, endless, LIMEN_EINVAL, "password");
}

static void test_end(void)
{
	const int64_t now_s = g_get_real_time() / G_USEC_PER_SEC, day_s = 86400;
	struct limen_cert *c;

	g_assert_cmpint(limen_cert_new(&c), ==, 0);
	g_assert_cmpint(limen_cert_end_s(c), >=, now_s + 364 * day_s);
	g_assert_cmpint(limen_cert_end_s(c), <=, now_s + 366 * day_s);
	limen_cert_free(c);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cert/made", test_made);
	g_test_add_func("/cert/fingerprint", test_fingerprint);
	g_test_add("/cert/loaded", struct files, NULL, files_up, test_loaded, files_down);
	g_test_add(
		"/cert/loaded-password", struct files, "secret", files_up, test_loaded, files_down);
	g_test_add("/cert/refused", struct files, NULL, files_up, test_refused, files_down);
	g_test_add("/cert/password", struct files, "secret", files_up, test_password, files_down);
	g_test_add_func("/cert/end", test_end);
	return g_test_run();
}
