/*
 * DTLS 1.2 records with AEAD ciphers. A thread has one context per cipher, which takes the key anew
 * for each record: records are rare here (alerts, data channels), so this costs less than a context
 * in every association.
 */
#include "core/media/dtls_record.h"
#include <glib.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <string.h>
#include <limen/types.h>

#define DTLS_1_2 0xfefdu
#define EPOCH 1u
#define SEQ_END (UINT64_C(1) << 48)
#define WINDOW 64u /* RFC 6347 §4.1.2.6 */
#define TAG 16u
#define NONCE 12u
#define EXPLICIT 8u /* RFC 5288 §3 */
#define AAD 13u
#define BLOCK_MAX (2 * sizeof(struct limen_dtls_key))

enum cipher { AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305, CIPHERS };

static const struct {
	const char *name, *digest;
	size_t key, salt, explicit;
} ciphers[CIPHERS] = {
	[AES_128_GCM] = { "AES-128-GCM", "SHA256", 16, 4, EXPLICIT },
	[AES_256_GCM] = { "AES-256-GCM", "SHA384", 32, 4, EXPLICIT },
	[CHACHA20_POLY1305] = { "ChaCha20-Poly1305", "SHA256", 32, 12, 0 },
};

struct contexts {
	EVP_CIPHER_CTX *of[CIPHERS];
};

static void contexts_free(gpointer p)
{
	struct contexts *c = p;

	for (unsigned i = 0; i < CIPHERS; i++)
		EVP_CIPHER_CTX_free(c->of[i]);
	g_free(c);
}

static GPrivate contexts = G_PRIVATE_INIT(contexts_free);

/* CIPHERS: not one of ours. */
static enum cipher cipher_of(uint16_t suite)
{
	switch (suite) {
	case 0xc02b: /* ECDHE-ECDSA, and below it ECDHE-RSA */
	case 0xc02f:
		return AES_128_GCM;
	case 0xc02c:
	case 0xc030:
		return AES_256_GCM;
	case 0xcca9:
	case 0xcca8:
		return CHACHA20_POLY1305;
	default:
		return CIPHERS;
	}
}

static EVP_CIPHER_CTX *context_new(enum cipher c)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, ciphers[c].name, NULL);

	if (!ctx || !cipher || EVP_CipherInit_ex(ctx, cipher, NULL, NULL, NULL, 1) != 1)
		g_clear_pointer(&ctx, EVP_CIPHER_CTX_free);
	EVP_CIPHER_free(cipher);
	return ctx;
}

static EVP_CIPHER_CTX *context(enum cipher c)
{
	struct contexts *mine = g_private_get(&contexts);

	if (!mine)
		g_private_set(&contexts, mine = g_new0(struct contexts, 1));
	if (!mine->of[c])
		mine->of[c] = context_new(c);
	return mine->of[c];
}

static uint64_t get_u64(const uint8_t *p)
{
	return (uint64_t)limen_get_u32(p) << 32 | limen_get_u32(p + 4);
}

static void put_u64(uint8_t *p, uint64_t v)
{
	limen_put_u32(p, (uint32_t)(v >> 32));
	limen_put_u32(p + 4, (uint32_t)v);
}

bool limen_dtls_raw_next(struct limen_bytes *datagram, struct limen_dtls_raw *out)
{
	const uint8_t *start = datagram->p;
	size_t len;

	out->type = limen_bytes_u8(datagram);
	out->version = limen_bytes_u16(datagram);
	out->epoch = limen_bytes_u16(datagram);
	out->seq = (uint64_t)limen_bytes_u16(datagram) << 32;
	out->seq |= limen_bytes_u32(datagram);
	len = limen_bytes_u16(datagram);
	out->bytes = start;
	out->len = LIMEN_DTLS_HEADER + len;
	return limen_bytes_take(datagram, len) != NULL;
}

void limen_dtls_record_sent(struct limen_dtls_record *r, const struct limen_dtls_raw *raw)
{
	if (raw->epoch != EPOCH || raw->seq < r->out_seq)
		return;
	r->out_seq = raw->seq + 1;
	/* RFC 5288 §3 leaves the explicit part to the sender, and the library begins anywhere. */
	if (raw->len >= LIMEN_DTLS_HEADER + EXPLICIT)
		r->out_nonce = get_u64(raw->bytes + LIMEN_DTLS_HEADER) + 1;
}

/* RFC 5246 §6.3 */
static bool expand(
	const struct limen_dtls_secrets *s, const char *digest, uint8_t *block, size_t len)
{
	static const char label[] = "key expansion";
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)digest, strlen(digest)),
		OSSL_PARAM_octet_string(OSSL_KDF_PARAM_SECRET, (void *)s->master, s->master_len),
		OSSL_PARAM_octet_string(OSSL_KDF_PARAM_SEED, (void *)label, strlen(label)),
		OSSL_PARAM_octet_string(
			OSSL_KDF_PARAM_SEED, (void *)s->server_random, sizeof(s->server_random)),
		OSSL_PARAM_octet_string(
			OSSL_KDF_PARAM_SEED, (void *)s->client_random, sizeof(s->client_random)),
		OSSL_PARAM_END,
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	const bool done = ctx && EVP_KDF_derive(ctx, block, len, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return done;
}

int limen_dtls_record_keys(struct limen_dtls_record *r, const struct limen_dtls_secrets *s)
{
	const enum cipher c = cipher_of(s->suite);
	struct limen_dtls_key *client = s->client ? &r->out : &r->in,
			      *server = s->client ? &r->in : &r->out;
	uint8_t block[BLOCK_MAX];
	size_t key, salt;

	if (c == CIPHERS)
		return LIMEN_ENOTSUP;
	key = ciphers[c].key;
	salt = ciphers[c].salt;
	if (!expand(s, ciphers[c].digest, block, 2 * (key + salt))) {
		ERR_clear_error();
		return LIMEN_EIO;
	}
	r->suite = s->suite;
	memcpy(client->key, block, key);
	memcpy(server->key, block + key, key);
	memcpy(client->salt, block + 2 * key, salt);
	memcpy(server->salt, block + 2 * key + salt, salt);
	OPENSSL_cleanse(block, sizeof(block));
	return 0;
}

size_t limen_dtls_record_room(const struct limen_dtls_record *r)
{
	const enum cipher c = cipher_of(r->suite);

	return LIMEN_DTLS_HEADER + TAG + (c == CIPHERS ? 0 : ciphers[c].explicit);
}

/* RFC 5288 §3: salt and explicit part. RFC 7905 §2: the padded number, combined with the salt. */
static void make_nonce(enum cipher c, const struct limen_dtls_key *key, const uint8_t *explicit,
	uint64_t epoch_seq, uint8_t nonce[NONCE])
{
	uint8_t number[8];

	memcpy(nonce, key->salt, ciphers[c].salt);
	if (ciphers[c].explicit) {
		memcpy(nonce + ciphers[c].salt, explicit, EXPLICIT);
		return;
	}
	put_u64(number, epoch_seq);
	for (size_t i = 0; i < sizeof(number); i++)
		nonce[NONCE - sizeof(number) + i] ^= number[i];
}

/* RFC 5246 §6.2.3.3: the number, then type, version and length of the content. */
static void make_aad(uint64_t epoch_seq, uint8_t type, size_t len, uint8_t aad[AAD])
{
	put_u64(aad, epoch_seq);
	aad[8] = type;
	limen_put_u16(aad + 9, DTLS_1_2);
	limen_put_u16(aad + 11, (uint16_t)len);
}

static bool feed_cipher(
	EVP_CIPHER_CTX *ctx, const uint8_t aad[AAD], const uint8_t *in, size_t len, uint8_t *out)
{
	uint8_t none[TAG];
	int n;

	return EVP_CipherUpdate(ctx, NULL, &n, aad, AAD) == 1 &&
		(len == 0 || EVP_CipherUpdate(ctx, out, &n, in, (int)len) == 1) &&
		EVP_CipherFinal_ex(ctx, none, &n) == 1;
}

static uint64_t epoch_seq(uint64_t seq)
{
	return (uint64_t)EPOCH << 48 | seq;
}

int limen_dtls_record_seal(struct limen_dtls_record *r, enum limen_dtls_type type,
	const uint8_t *bytes, size_t len, uint8_t *out, size_t *out_len)
{
	const enum cipher c = cipher_of(r->suite);
	const uint64_t number = epoch_seq(r->out_seq);
	EVP_CIPHER_CTX *ctx = c == CIPHERS ? NULL : context(c);
	uint8_t nonce[NONCE], aad[AAD], *body = out + LIMEN_DTLS_HEADER;

	if (!ctx)
		return LIMEN_ENOTSUP;
	if (len > LIMEN_DTLS_CONTENT_MAX || r->out_seq >= SEQ_END)
		return LIMEN_ELIMIT;
	out[0] = (uint8_t)type;
	limen_put_u16(out + 1, DTLS_1_2);
	put_u64(out + 3, number);
	limen_put_u16(out + 11, (uint16_t)(ciphers[c].explicit + len + TAG));
	if (ciphers[c].explicit)
		put_u64(body, r->out_nonce);
	make_nonce(c, &r->out, body, number, nonce);
	make_aad(number, (uint8_t)type, len, aad);
	body += ciphers[c].explicit;
	/* Used up even if the cipher fails: a number is never taken twice. */
	r->out_seq++;
	r->out_nonce++;
	if (EVP_CipherInit_ex(ctx, NULL, NULL, r->out.key, nonce, 1) != 1 ||
		!feed_cipher(ctx, aad, bytes, len, body) ||
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, body + len) != 1) {
		ERR_clear_error();
		return LIMEN_EIO;
	}
	*out_len = (size_t)(body - out) + len + TAG;
	return 0;
}

static bool is_new(const struct limen_dtls_record *r, uint64_t seq)
{
	const uint64_t age = r->in_next - 1 - seq;

	return seq >= r->in_next || (age < WINDOW && !(r->in_seen >> age & 1));
}

static void mark_seen(struct limen_dtls_record *r, uint64_t seq)
{
	if (seq >= r->in_next) {
		const uint64_t ahead = seq + 1 - r->in_next;

		r->in_seen = ahead < WINDOW ? r->in_seen << ahead : 0;
		r->in_next = seq + 1;
	}
	r->in_seen |= UINT64_C(1) << (r->in_next - 1 - seq);
}

int limen_dtls_record_open(struct limen_dtls_record *r, const struct limen_dtls_raw *raw,
	uint8_t *out, size_t *out_len)
{
	const enum cipher c = cipher_of(r->suite);
	EVP_CIPHER_CTX *ctx = c == CIPHERS ? NULL : context(c);
	const uint8_t *body = raw->bytes + LIMEN_DTLS_HEADER;
	uint8_t nonce[NONCE], aad[AAD];
	size_t room, len;

	if (!ctx || raw->epoch != EPOCH || raw->version != DTLS_1_2)
		return LIMEN_EPROTO;
	room = limen_dtls_record_room(r);
	if (raw->len < room || raw->len - room > LIMEN_DTLS_CONTENT_MAX)
		return LIMEN_EPROTO;
	if (!is_new(r, raw->seq))
		return LIMEN_ESTATE;
	len = raw->len - room;
	make_nonce(c, &r->in, body, epoch_seq(raw->seq), nonce);
	make_aad(epoch_seq(raw->seq), raw->type, len, aad);
	body += ciphers[c].explicit;
	if (EVP_CipherInit_ex(ctx, NULL, NULL, r->in.key, nonce, 0) != 1 ||
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, (void *)(body + len)) != 1 ||
		!feed_cipher(ctx, aad, body, len, out)) {
		ERR_clear_error();
		return LIMEN_EAUTH;
	}
	mark_seen(r, raw->seq);
	*out_len = len;
	return 0;
}
