/*
 * SRTP through libsrtp2 with the ciphers of srtp_openssl.c, one session each way with templates for
 * any SSRC; only outgoing RTP under AES-GCM goes by srtp_seal.c, where the machine has what that
 * needs. Thread: the peer's loop.
 */
#include "core/media/srtp.h"
#include <arpa/inet.h>
#include <glib.h>
#include <limits.h>
#include <srtp2/srtp.h>
#include <string.h>
#include <limen/types.h>
#include "core/base/bytes.h"
#include "core/media/srtp_openssl.h"
#include "core/media/srtp_seal.h"

#define REPLAY_WINDOW 1024u
#define RTP_HEADER 12u
#define RTCP_HEADER 8u
#define SRTCP_INDEX 4u

enum { LABEL_KEY = 0, LABEL_SALT = 2 }; /* RFC 3711 §4.3.1 */

static bool without_seal;

struct limen_srtp {
	struct limen_seal *seal; /* does outgoing RTP, where it can; else NULL */
	srtp_t out, in;
	GHashTable *heard; /* SSRCs of the peer's, each of which the library keeps a stream for */
	size_t tag, rtcp_tag; /* bytes of authentication tag */
};

static const struct profile {
	enum limen_srtp_profile id;
	srtp_profile_t lib;
	size_t key, salt, tag, rtcp_tag;
} profiles[] = {
	{ LIMEN_SRTP_AEAD_AES_128_GCM, srtp_profile_aead_aes_128_gcm, 16, 12, 16, 16 },
	{ LIMEN_SRTP_AEAD_AES_256_GCM, srtp_profile_aead_aes_256_gcm, 32, 12, 16, 16 },
	{ LIMEN_SRTP_AES128_CM_SHA1_80, srtp_profile_aes128_cm_sha1_80, 16, 14, 10, 10 },
	/* RTCP keeps 80 bits (RFC 5764 §4.1.2). */
	{ LIMEN_SRTP_AES128_CM_SHA1_32, srtp_profile_aes128_cm_sha1_32, 16, 14, 4, 10 },
};

static const struct profile *find(enum limen_srtp_profile id)
{
	for (size_t i = 0; i < G_N_ELEMENTS(profiles); i++)
		if (profiles[i].id == id)
			return &profiles[i];
	return NULL;
}

size_t limen_srtp_key_len(enum limen_srtp_profile id, size_t *key_len, size_t *salt_len)
{
	const struct profile *p = find(id);

	*key_len = p ? p->key : 0;
	*salt_len = p ? p->salt : 0;
	return *key_len + *salt_len;
}

static bool library_up(void)
{
	static gsize once;
	static bool up;

	if (g_once_init_enter(&once)) {
		up = srtp_init() == srtp_err_status_ok && limen_srtp_openssl_register() == 0;
		g_once_init_leave(&once, 1);
	}
	return up;
}

static int make(
	srtp_t *out, const struct profile *p, srtp_ssrc_type_t direction, const uint8_t *key)
{
	srtp_policy_t policy;

	memset(&policy, 0, sizeof(policy));
	if (srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, p->lib) !=
			srtp_err_status_ok ||
		srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, p->lib) !=
			srtp_err_status_ok)
		return LIMEN_ENOTSUP;
	policy.ssrc.type = direction;
	policy.key = (unsigned char *)key;
	policy.window_size = REPLAY_WINDOW;
	policy.allow_repeat_tx = 1;
	return srtp_create(out, &policy) == srtp_err_status_ok ? 0 : LIMEN_EIO;
}

/* Not being able to is fine. */
static void make_seal(struct limen_srtp *s, const struct profile *p, const uint8_t *master)
{
	uint8_t key[32], salt[LIMEN_SEAL_SALT];

	if (without_seal || p->salt != LIMEN_SEAL_SALT)
		return;
	if (limen_srtp_openssl_derive(master, p->key, master + p->key, LABEL_KEY, key, p->key) ==
			0 &&
		limen_srtp_openssl_derive(
			master, p->key, master + p->key, LABEL_SALT, salt, sizeof(salt)) == 0)
		limen_seal_new(&s->seal, key, p->key, salt);
	explicit_bzero(key, sizeof(key));
}

int limen_srtp_new(struct limen_srtp **out, const struct limen_srtp_keys *keys)
{
	const struct profile *p = find(keys->profile);
	struct limen_srtp *s;
	int err;

	*out = NULL;
	if (!p || keys->len != p->key + p->salt)
		return LIMEN_ENOTSUP;
	if (!library_up())
		return LIMEN_EIO;
	s = g_new0(struct limen_srtp, 1);
	s->heard = g_hash_table_new(NULL, NULL);
	s->tag = p->tag;
	s->rtcp_tag = p->rtcp_tag;
	if ((err = make(&s->out, p, ssrc_any_outbound, keys->local)) ||
		(err = make(&s->in, p, ssrc_any_inbound, keys->remote))) {
		limen_srtp_free(s);
		return err;
	}
	make_seal(s, p, keys->local);
	*out = s;
	return 0;
}

void limen_srtp_free(struct limen_srtp *s)
{
	if (!s)
		return;
	limen_seal_free(s->seal);
	if (s->out)
		srtp_dealloc(s->out);
	if (s->in)
		srtp_dealloc(s->in);
	g_hash_table_destroy(s->heard);
	g_free(s);
}

static int result(srtp_err_status_t status)
{
	switch (status) {
	case srtp_err_status_ok:
		return 0;
	case srtp_err_status_auth_fail:
		return LIMEN_EAUTH;
	case srtp_err_status_replay_fail:
	case srtp_err_status_replay_old:
		return LIMEN_EEXIST;
	default:
		return LIMEN_EPROTO;
	}
}

typedef srtp_err_status_t (*transform)(srtp_t, void *, int *);

static int run(transform fn, srtp_t session, uint8_t *bytes, size_t *len)
{
	int n = (int)*len;
	srtp_err_status_t status;

	if (*len > INT_MAX / 2)
		return LIMEN_EPROTO;
	status = fn(session, bytes, &n);
	if (status == srtp_err_status_ok)
		*len = (size_t)n;
	return result(status);
}

int limen_srtp_protect(struct limen_srtp *s, uint8_t *bytes, size_t *len, size_t cap)
{
	if (*len + LIMEN_SRTP_TRAILER > cap)
		return LIMEN_ENOSPC;
	return s->seal ? limen_seal_rtp(s->seal, bytes, len, cap)
		       : run(srtp_protect, s->out, bytes, len);
}

int limen_srtp_protect_rtcp(struct limen_srtp *s, uint8_t *bytes, size_t *len, size_t cap)
{
	return *len + LIMEN_SRTP_TRAILER > cap ? LIMEN_ENOSPC
					       : run(srtp_protect_rtcp, s->out, bytes, len);
}

/* ssrc_at: where the packet has its SSRC. */
static int run_in(
	struct limen_srtp *s, transform fn, uint8_t *bytes, size_t *len, const uint8_t *ssrc_at)
{
	const gpointer ssrc = GUINT_TO_POINTER(limen_get_u32(ssrc_at));
	const bool known = g_hash_table_contains(s->heard, ssrc);
	int err;

	if (!known && g_hash_table_size(s->heard) >= LIMEN_SRTP_STREAMS_MAX)
		return LIMEN_ELIMIT;
	err = run(fn, s->in, bytes, len);
	if (!err && !known)
		g_hash_table_add(s->heard, ssrc);
	return err;
}

int limen_srtp_unprotect(struct limen_srtp *s, uint8_t *bytes, size_t *len)
{
	return *len < RTP_HEADER + s->tag ? LIMEN_EPROTO
					  : run_in(s, srtp_unprotect, bytes, len, bytes + 8);
}

int limen_srtp_unprotect_rtcp(struct limen_srtp *s, uint8_t *bytes, size_t *len)
{
	return *len < RTCP_HEADER + SRTCP_INDEX + s->rtcp_tag
		? LIMEN_EPROTO
		: run_in(s, srtp_unprotect_rtcp, bytes, len, bytes + 4);
}

void limen_srtp_end_stream(struct limen_srtp *s, uint32_t ssrc)
{
	srtp_remove_stream(s->out, htonl(ssrc)); /* not being there is fine */
	if (s->seal)
		limen_seal_end_stream(s->seal, ssrc);
}

void limen_srtp_expect(const struct limen_srtp *s)
{
	if (s->seal)
		limen_seal_expect(s->seal);
}

void limen_srtp_library_only(bool only)
{
	without_seal = only;
}

const char *limen_srtp_library(void)
{
	return srtp_get_version_string();
}
