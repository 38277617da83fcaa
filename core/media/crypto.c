/*
 * SRTP for plugins. Thread: one at a time.
 */
#include "core/media/crypto.h"
#include <string.h>
#include "core/media/srtp.h"

struct limen_crypto {
	struct limen_srtp *srtp;
};

static const struct {
	const char *suite;
	enum limen_srtp_profile profile;
} suites[] = {
	{ "AES_CM_128_HMAC_SHA1_80", LIMEN_SRTP_AES128_CM_SHA1_80 },
	{ "AES_CM_128_HMAC_SHA1_32", LIMEN_SRTP_AES128_CM_SHA1_32 },
	{ "AEAD_AES_128_GCM", LIMEN_SRTP_AEAD_AES_128_GCM },
	{ "AEAD_AES_256_GCM", LIMEN_SRTP_AEAD_AES_256_GCM },
};

static bool find(const char *suite, enum limen_srtp_profile *profile)
{
	for (size_t i = 0; i < G_N_ELEMENTS(suites); i++) {
		if (strcmp(suites[i].suite, suite) == 0) {
			*profile = suites[i].profile;
			return true;
		}
	}
	return false;
}

int limen_crypto_new(struct limen_crypto **out, const char *suite, const uint8_t *local,
	const uint8_t *remote, size_t len)
{
	struct limen_srtp_keys keys = { .len = len };
	struct limen_srtp *srtp;
	size_t key, salt;
	int err;

	*out = NULL;
	if (!find(suite, &keys.profile))
		return LIMEN_ENOTSUP;
	if (limen_srtp_key_len(keys.profile, &key, &salt) != len)
		return LIMEN_EINVAL;
	memcpy(keys.local, local, len);
	memcpy(keys.remote, remote, len);
	if ((err = limen_srtp_new(&srtp, &keys)))
		return err;
	*out = g_new(struct limen_crypto, 1);
	(*out)->srtp = srtp;
	return 0;
}

void limen_crypto_free(struct limen_crypto *c)
{
	if (!c)
		return;
	limen_srtp_free(c->srtp);
	g_free(c);
}

int limen_crypto_protect(struct limen_crypto *c, uint8_t *bytes, size_t *len, size_t cap)
{
	return limen_srtp_protect(c->srtp, bytes, len, cap);
}

int limen_crypto_protect_rtcp(struct limen_crypto *c, uint8_t *bytes, size_t *len, size_t cap)
{
	return limen_srtp_protect_rtcp(c->srtp, bytes, len, cap);
}

int limen_crypto_unprotect(struct limen_crypto *c, uint8_t *bytes, size_t *len)
{
	return limen_srtp_unprotect(c->srtp, bytes, len);
}

int limen_crypto_unprotect_rtcp(struct limen_crypto *c, uint8_t *bytes, size_t *len)
{
	return limen_srtp_unprotect_rtcp(c->srtp, bytes, len);
}
