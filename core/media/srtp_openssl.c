/*
 * AES and HMAC-SHA1 of OpenSSL under libsrtp2, whose own (Debian builds it on NSS) cost several
 * times as much a packet. A key is set up once; a packet changes the IV only. The context of a key
 * is made when the first packet needs it: a receiver of media never needs half of its four.
 * The hash works on plain SHA-1 states, which OpenSSL 3 calls deprecated: copying the state after
 * the key costs an assignment that way, but an allocation with EVP_MD_CTX_copy_ex() (measured: 750
 * against 830 ns for 1200 bytes; EVP_MAC takes 900). Thread: see the header.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/media/srtp_openssl.h"
#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>
#include <limen/types.h>

#define KEY_MAX 32u
#define ICM_SALT 14u
#define GCM_SALT 12u
#define BLOCK 16u /* of AES */
#define HASH SHA_DIGEST_LENGTH
#define HASH_BLOCK SHA_CBLOCK

struct cipher {
	srtp_cipher_t lib;
	EVP_CIPHER_CTX *ctx;  /* NULL until the first packet */
	uint8_t key[KEY_MAX]; /* until then */
	uint8_t salt[BLOCK];  /* counter mode: what the IV is combined with */
	unsigned tag;
	bool encrypts;
};

struct hash {
	srtp_auth_t lib;
	SHA_CTX inner, outer; /* after the padded key (RFC 2104 §4) */
	SHA_CTX now;
};

/* Fetched once: each fetch walks the providers under a lock. */
static struct {
	EVP_CIPHER *ctr_128, *ctr_256, *gcm_128, *gcm_256;
} evp;

static bool fetch(void)
{
	static gsize once;

	if (g_once_init_enter(&once)) {
		evp.ctr_128 = EVP_CIPHER_fetch(NULL, "AES-128-CTR", NULL);
		evp.ctr_256 = EVP_CIPHER_fetch(NULL, "AES-256-CTR", NULL);
		evp.gcm_128 = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
		evp.gcm_256 = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
		g_once_init_leave(&once, 1);
	}
	return evp.ctr_128 && evp.ctr_256 && evp.gcm_128 && evp.gcm_256;
}

static const EVP_CIPHER *cipher_of(const srtp_cipher_type_t *type)
{
	switch (type->id) {
	case SRTP_AES_ICM_128:
		return evp.ctr_128;
	case SRTP_AES_ICM_256:
		return evp.ctr_256;
	case SRTP_AES_GCM_128:
		return evp.gcm_128;
	default:
		return evp.gcm_256;
	}
}

static size_t key_size(const srtp_cipher_type_t *type)
{
	return type->id == SRTP_AES_ICM_128 || type->id == SRTP_AES_GCM_128 ? 16 : 32;
}

static srtp_err_status_t cipher_new(
	srtp_cipher_t **out, const srtp_cipher_type_t *type, int key_len, size_t salt, int tag_len)
{
	struct cipher *c;

	*out = NULL;
	if (!fetch())
		return srtp_err_status_alloc_fail;
	if (key_len < 0 || (size_t)key_len != key_size(type) + salt)
		return srtp_err_status_bad_param;
	c = g_new0(struct cipher, 1);
	c->lib.type = type;
	c->lib.state = c;
	c->lib.key_len = key_len;
	c->lib.algorithm = (int)type->id;
	c->tag = (unsigned)tag_len;
	*out = &c->lib;
	return srtp_err_status_ok;
}

static srtp_err_status_t icm_128_new(srtp_cipher_t **out, int key_len, int tag_len)
{
	(void)tag_len;
	return cipher_new(out, &limen_srtp_icm_128, key_len, ICM_SALT, 0);
}

static srtp_err_status_t icm_256_new(srtp_cipher_t **out, int key_len, int tag_len)
{
	(void)tag_len;
	return cipher_new(out, &limen_srtp_icm_256, key_len, ICM_SALT, 0);
}

/* RFC 7714 §13.1 has tags of 16 bytes; the library's own vectors have 8 too. */
static srtp_err_status_t gcm_new(
	srtp_cipher_t **out, const srtp_cipher_type_t *type, int key_len, int tag_len)
{
	if (tag_len != 8 && tag_len != 16)
		return srtp_err_status_bad_param;
	return cipher_new(out, type, key_len, GCM_SALT, tag_len);
}

static srtp_err_status_t gcm_128_new(srtp_cipher_t **out, int key_len, int tag_len)
{
	return gcm_new(out, &limen_srtp_gcm_128, key_len, tag_len);
}

static srtp_err_status_t gcm_256_new(srtp_cipher_t **out, int key_len, int tag_len)
{
	return gcm_new(out, &limen_srtp_gcm_256, key_len, tag_len);
}

static srtp_err_status_t cipher_free(srtp_cipher_t *lib)
{
	struct cipher *c = lib->state;

	EVP_CIPHER_CTX_free(c->ctx);
	OPENSSL_cleanse(c, sizeof(*c));
	g_free(c);
	return srtp_err_status_ok;
}

static srtp_err_status_t cipher_key(void *state, const uint8_t *key)
{
	struct cipher *c = state;

	g_clear_pointer(&c->ctx, EVP_CIPHER_CTX_free);
	memcpy(c->key, key, key_size(c->lib.type));
	return srtp_err_status_ok;
}

/* RFC 3711 §4.1.1: the last two bytes of the salt's block count blocks. */
static srtp_err_status_t icm_key(void *state, const uint8_t *key)
{
	struct cipher *c = state;

	memcpy(c->salt, key + key_size(c->lib.type), ICM_SALT);
	return cipher_key(state, key);
}

/* The context of the key, which is then forgotten here. */
static bool set_up(struct cipher *c)
{
	if (c->ctx)
		return true;
	c->ctx = EVP_CIPHER_CTX_new();
	if (!c->ctx ||
		EVP_CipherInit_ex2(c->ctx, cipher_of(c->lib.type), c->key, NULL, 1, NULL) != 1)
		return false;
	OPENSSL_cleanse(c->key, sizeof(c->key));
	return true;
}

static srtp_err_status_t set_iv(struct cipher *c, const uint8_t *iv)
{
	return set_up(c) && EVP_CipherInit_ex2(c->ctx, NULL, NULL, iv, c->encrypts, NULL) == 1
		? srtp_err_status_ok
		: srtp_err_status_cipher_fail;
}

/* Counter mode is its own inverse. */
static srtp_err_status_t icm_iv(void *state, uint8_t *iv, srtp_cipher_direction_t direction)
{
	struct cipher *c = state;
	uint8_t counter[BLOCK];

	(void)direction;
	for (size_t i = 0; i < BLOCK; i++)
		counter[i] = iv[i] ^ c->salt[i];
	c->encrypts = true;
	return set_iv(c, counter);
}

static srtp_err_status_t icm_run(void *state, uint8_t *bytes, unsigned *len)
{
	struct cipher *c = state;
	int n;

	return EVP_CipherUpdate(c->ctx, bytes, &n, bytes, (int)*len) == 1
		? srtp_err_status_ok
		: srtp_err_status_cipher_fail;
}

static srtp_err_status_t gcm_iv(void *state, uint8_t *iv, srtp_cipher_direction_t direction)
{
	struct cipher *c = state;

	c->encrypts = direction == srtp_direction_encrypt;
	return set_iv(c, iv);
}

static srtp_err_status_t gcm_aad(void *state, const uint8_t *aad, uint32_t len)
{
	struct cipher *c = state;
	int n;

	return EVP_CipherUpdate(c->ctx, NULL, &n, aad, (int)len) == 1 ? srtp_err_status_ok
								      : srtp_err_status_algo_fail;
}

/* All of the message; nothing of it when a report is only to be authenticated. */
static bool gcm_run(struct cipher *c, uint8_t *bytes, unsigned len)
{
	uint8_t none[BLOCK];
	int n;

	return (len == 0 || EVP_CipherUpdate(c->ctx, bytes, &n, bytes, (int)len) == 1) &&
		EVP_CipherFinal_ex(c->ctx, none, &n) == 1;
}

static srtp_err_status_t gcm_encrypt(void *state, uint8_t *bytes, unsigned *len)
{
	return gcm_run(state, bytes, *len) ? srtp_err_status_ok : srtp_err_status_cipher_fail;
}

static srtp_err_status_t gcm_tag(void *state, uint8_t *tag, uint32_t *len)
{
	struct cipher *c = state;

	*len = c->tag;
	return EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_GET_TAG, (int)c->tag, tag) == 1
		? srtp_err_status_ok
		: srtp_err_status_algo_fail;
}

static srtp_err_status_t gcm_decrypt(void *state, uint8_t *bytes, unsigned *len)
{
	struct cipher *c = state;

	if (*len < c->tag)
		return srtp_err_status_bad_param;
	*len -= c->tag;
	if (EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_SET_TAG, (int)c->tag, bytes + *len) != 1)
		return srtp_err_status_algo_fail;
	return gcm_run(c, bytes, *len) ? srtp_err_status_ok : srtp_err_status_auth_fail;
}

static srtp_err_status_t hash_new(srtp_auth_t **out, int key_len, int tag_len)
{
	struct hash *h;

	*out = NULL;
	if (key_len < 0 || key_len > HASH || tag_len < 0 || tag_len > HASH)
		return srtp_err_status_bad_param;
	h = g_new0(struct hash, 1);
	h->lib.type = &limen_srtp_hmac_sha1;
	h->lib.state = h;
	h->lib.key_len = key_len;
	h->lib.out_len = tag_len;
	*out = &h->lib;
	return srtp_err_status_ok;
}

static srtp_err_status_t hash_free(srtp_auth_t *lib)
{
	struct hash *h = lib->state;

	OPENSSL_cleanse(h, sizeof(*h));
	g_free(h);
	return srtp_err_status_ok;
}

static bool hash_pad(SHA_CTX *sha, const uint8_t *key, int key_len, uint8_t with)
{
	uint8_t block[HASH_BLOCK];
	bool done;

	for (int i = 0; i < HASH_BLOCK; i++)
		block[i] = (i < key_len ? key[i] : 0) ^ with;
	done = SHA1_Init(sha) == 1 && SHA1_Update(sha, block, sizeof(block)) == 1;
	OPENSSL_cleanse(block, sizeof(block));
	return done;
}

static srtp_err_status_t hash_key(void *state, const uint8_t *key, int key_len)
{
	struct hash *h = state;

	if (key_len < 0 || key_len > HASH_BLOCK)
		return srtp_err_status_bad_param;
	return hash_pad(&h->inner, key, key_len, 0x36) && hash_pad(&h->outer, key, key_len, 0x5c)
		? srtp_err_status_ok
		: srtp_err_status_auth_fail;
}

static srtp_err_status_t hash_start(void *state)
{
	struct hash *h = state;

	h->now = h->inner;
	return srtp_err_status_ok;
}

static srtp_err_status_t hash_update(void *state, const uint8_t *bytes, int len)
{
	struct hash *h = state;

	return SHA1_Update(&h->now, bytes, (size_t)len) == 1 ? srtp_err_status_ok
							     : srtp_err_status_auth_fail;
}

/* The rest of the message, and the tag of all that came since the start. */
static srtp_err_status_t hash_finish(
	void *state, const uint8_t *bytes, int len, int tag_len, uint8_t *tag)
{
	struct hash *h = state;
	uint8_t digest[HASH];

	if (tag_len < 0 || tag_len > HASH)
		return srtp_err_status_bad_param;
	if (SHA1_Update(&h->now, bytes, (size_t)len) != 1 || SHA1_Final(digest, &h->now) != 1)
		return srtp_err_status_auth_fail;
	h->now = h->outer;
	if (SHA1_Update(&h->now, digest, sizeof(digest)) != 1 || SHA1_Final(digest, &h->now) != 1)
		return srtp_err_status_auth_fail;
	memcpy(tag, digest, (size_t)tag_len);
	return srtp_err_status_ok;
}

static const uint8_t zeros[48];
static uint8_t no_index[BLOCK];

/* RFC 3711 §B.2: the key and the 14 bytes of salt. */
static const uint8_t icm_128_key_salt[] = { 0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab,
	0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7,
	0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd };
static const uint8_t icm_128_stream[] = { 0xe0, 0x3e, 0xad, 0x09, 0x35, 0xc9, 0x5e, 0x80, 0xe1,
	0x66, 0xb1, 0x6d, 0xd9, 0x2b, 0x4e, 0xb4, 0xd2, 0x35, 0x13, 0x16, 0x2b, 0x02, 0xd0, 0xf7,
	0x2a, 0x43, 0xa2, 0xfe, 0x4a, 0x5f, 0x97, 0xab, 0x41, 0xe9, 0x5b, 0x3b, 0xb0, 0xa2, 0xe8,
	0xdd, 0x47, 0x79, 0x01, 0xe4, 0xfc, 0xa8, 0x94, 0xc0 };
static const srtp_cipher_test_case_t icm_128_vector = {
	.key_length_octets = sizeof(icm_128_key_salt),
	.key = icm_128_key_salt,
	.idx = no_index,
	.plaintext_length_octets = sizeof(zeros),
	.plaintext = zeros,
	.ciphertext_length_octets = sizeof(icm_128_stream),
	.ciphertext = icm_128_stream,
};

/* RFC 6188 §7.1 */
static const uint8_t icm_256_key_salt[] = { 0x57, 0xf8, 0x2f, 0xe3, 0x61, 0x3f, 0xd1, 0x70, 0xa8,
	0x5e, 0xc9, 0x3c, 0x40, 0xb1, 0xf0, 0x92, 0x2e, 0xc4, 0xcb, 0x0d, 0xc0, 0x25, 0xb5, 0x82,
	0x72, 0x14, 0x7c, 0xc4, 0x38, 0x94, 0x4a, 0x98, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6,
	0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd };
static const uint8_t icm_256_stream[] = { 0x92, 0xbd, 0xd2, 0x8a, 0x93, 0xc3, 0xf5, 0x25, 0x11,
	0xc6, 0x77, 0xd0, 0x8b, 0x55, 0x15, 0xa4, 0x9d, 0xa7, 0x1b, 0x23, 0x78, 0xa8, 0x54, 0xf6,
	0x70, 0x50, 0x75, 0x6d, 0xed, 0x16, 0x5b, 0xac, 0x63, 0xc4, 0x86, 0x8b, 0x70, 0x96, 0xd8,
	0x84, 0x21, 0xb5, 0x63, 0xb8, 0xc9, 0x4c, 0x9a, 0x31 };
static const srtp_cipher_test_case_t icm_256_vector = {
	.key_length_octets = sizeof(icm_256_key_salt),
	.key = icm_256_key_salt,
	.idx = no_index,
	.plaintext_length_octets = sizeof(zeros),
	.plaintext = zeros,
	.ciphertext_length_octets = sizeof(icm_256_stream),
	.ciphertext = icm_256_stream,
};

/* RFC 7714 §16.1.1 and §16.2.1: the key, and the salt behind it. */
static const uint8_t gcm_128_key_salt[] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
	0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x51, 0x75, 0x69, 0x64, 0x20, 0x70, 0x72, 0x6f,
	0x20, 0x71, 0x75, 0x6f };
static const uint8_t gcm_256_key_salt[] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
	0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
	0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x51, 0x75, 0x69, 0x64, 0x20, 0x70, 0x72,
	0x6f, 0x20, 0x71, 0x75, 0x6f };
static uint8_t gcm_vector_iv[] = { 0x51, 0x75, 0x3c, 0x65, 0x80, 0xc2, 0x72, 0x6f, 0x20, 0x71, 0x84,
	0x14 };
static const uint8_t gcm_vector_aad[] = { 0x80, 0x40, 0xf1, 0x7b, 0x80, 0x41, 0xf8, 0xd3, 0x55,
	0x01, 0xa0, 0xb2 };
static const uint8_t gcm_vector_text[] = { 'G', 'a', 'l', 'l', 'i', 'a', ' ', 'e', 's', 't', ' ',
	'o', 'm', 'n', 'i', 's', ' ', 'd', 'i', 'v', 'i', 's', 'a', ' ', 'i', 'n', ' ', 'p', 'a',
	'r', 't', 'e', 's', ' ', 't', 'r', 'e', 's' };
static const uint8_t gcm_128_sealed[] = { 0xf2, 0x4d, 0xe3, 0xa3, 0xfb, 0x34, 0xde, 0x6c, 0xac,
	0xba, 0x86, 0x1c, 0x9d, 0x7e, 0x4b, 0xca, 0xbe, 0x63, 0x3b, 0xd5, 0x0d, 0x29, 0x4e, 0x6f,
	0x42, 0xa5, 0xf4, 0x7a, 0x51, 0xc7, 0xd1, 0x9b, 0x36, 0xde, 0x3a, 0xdf, 0x88, 0x33, 0x89,
	0x9d, 0x7f, 0x27, 0xbe, 0xb1, 0x6a, 0x91, 0x52, 0xcf, 0x76, 0x5e, 0xe4, 0x39, 0x0c, 0xce };
static const uint8_t gcm_256_sealed[] = { 0x32, 0xb1, 0xde, 0x78, 0xa8, 0x22, 0xfe, 0x12, 0xef,
	0x9f, 0x78, 0xfa, 0x33, 0x2e, 0x33, 0xaa, 0xb1, 0x80, 0x12, 0x38, 0x9a, 0x58, 0xe2, 0xf3,
	0xb5, 0x0b, 0x2a, 0x02, 0x76, 0xff, 0xae, 0x0f, 0x1b, 0xa6, 0x37, 0x99, 0xb8, 0x7b, 0x7a,
	0xa3, 0xdb, 0x36, 0xdf, 0xff, 0xd6, 0xb0, 0xf9, 0xbb, 0x78, 0x78, 0xd7, 0xa7, 0x6c, 0x13 };
static const srtp_cipher_test_case_t gcm_128_vector = {
	.key_length_octets = sizeof(gcm_128_key_salt),
	.key = gcm_128_key_salt,
	.idx = gcm_vector_iv,
	.plaintext_length_octets = sizeof(gcm_vector_text),
	.plaintext = gcm_vector_text,
	.ciphertext_length_octets = sizeof(gcm_128_sealed),
	.ciphertext = gcm_128_sealed,
	.aad_length_octets = sizeof(gcm_vector_aad),
	.aad = gcm_vector_aad,
	.tag_length_octets = 16,
};
static const srtp_cipher_test_case_t gcm_256_vector = {
	.key_length_octets = sizeof(gcm_256_key_salt),
	.key = gcm_256_key_salt,
	.idx = gcm_vector_iv,
	.plaintext_length_octets = sizeof(gcm_vector_text),
	.plaintext = gcm_vector_text,
	.ciphertext_length_octets = sizeof(gcm_256_sealed),
	.ciphertext = gcm_256_sealed,
	.aad_length_octets = sizeof(gcm_vector_aad),
	.aad = gcm_vector_aad,
	.tag_length_octets = 16,
};

/* RFC 2202 §3, first case */
static const uint8_t hash_vector_key[HASH] = { 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b,
	0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b };
static const uint8_t hash_vector_text[] = { 'H', 'i', ' ', 'T', 'h', 'e', 'r', 'e' };
static const uint8_t hash_vector_tag[HASH] = { 0xb6, 0x17, 0x31, 0x86, 0x55, 0x05, 0x72, 0x64, 0xe2,
	0x8b, 0xc0, 0xb6, 0xfb, 0x37, 0x8c, 0x8e, 0xf1, 0x46, 0xbe, 0x00 };
static const srtp_auth_test_case_t hash_vector = {
	.key_length_octets = sizeof(hash_vector_key),
	.key = hash_vector_key,
	.data_length_octets = sizeof(hash_vector_text),
	.data = hash_vector_text,
	.tag_length_octets = sizeof(hash_vector_tag),
	.tag = hash_vector_tag,
};

const srtp_cipher_type_t limen_srtp_icm_128 = {
	.alloc = icm_128_new,
	.dealloc = cipher_free,
	.init = icm_key,
	.encrypt = icm_run,
	.decrypt = icm_run,
	.set_iv = icm_iv,
	.description = "AES-128 counter mode, OpenSSL",
	.test_data = &icm_128_vector,
	.id = SRTP_AES_ICM_128,
};

const srtp_cipher_type_t limen_srtp_icm_256 = {
	.alloc = icm_256_new,
	.dealloc = cipher_free,
	.init = icm_key,
	.encrypt = icm_run,
	.decrypt = icm_run,
	.set_iv = icm_iv,
	.description = "AES-256 counter mode, OpenSSL",
	.test_data = &icm_256_vector,
	.id = SRTP_AES_ICM_256,
};

const srtp_cipher_type_t limen_srtp_gcm_128 = {
	.alloc = gcm_128_new,
	.dealloc = cipher_free,
	.init = cipher_key,
	.set_aad = gcm_aad,
	.encrypt = gcm_encrypt,
	.decrypt = gcm_decrypt,
	.set_iv = gcm_iv,
	.get_tag = gcm_tag,
	.description = "AES-128 GCM, OpenSSL",
	.test_data = &gcm_128_vector,
	.id = SRTP_AES_GCM_128,
};

const srtp_cipher_type_t limen_srtp_gcm_256 = {
	.alloc = gcm_256_new,
	.dealloc = cipher_free,
	.init = cipher_key,
	.set_aad = gcm_aad,
	.encrypt = gcm_encrypt,
	.decrypt = gcm_decrypt,
	.set_iv = gcm_iv,
	.get_tag = gcm_tag,
	.description = "AES-256 GCM, OpenSSL",
	.test_data = &gcm_256_vector,
	.id = SRTP_AES_GCM_256,
};

const srtp_auth_type_t limen_srtp_hmac_sha1 = {
	.alloc = hash_new,
	.dealloc = hash_free,
	.init = hash_key,
	.compute = hash_finish,
	.update = hash_update,
	.start = hash_start,
	.description = "HMAC-SHA1, OpenSSL",
	.test_data = &hash_vector,
	.id = SRTP_HMAC_SHA1,
};

int limen_srtp_openssl_register(void)
{
	static const srtp_cipher_type_t *const ciphers[] = { &limen_srtp_icm_128,
		&limen_srtp_icm_256, &limen_srtp_gcm_128, &limen_srtp_gcm_256 };

	if (!fetch())
		return LIMEN_ENOTSUP;
	for (size_t i = 0; i < G_N_ELEMENTS(ciphers); i++)
		if (srtp_replace_cipher_type(ciphers[i], ciphers[i]->id) != srtp_err_status_ok)
			return LIMEN_EIO;
	return srtp_replace_auth_type(&limen_srtp_hmac_sha1, SRTP_HMAC_SHA1) == srtp_err_status_ok
		? 0
		: LIMEN_EIO;
}

int limen_srtp_openssl_derive(const uint8_t *key, size_t key_len, const uint8_t *salt,
	uint8_t label, uint8_t *out, size_t len)
{
	uint8_t counter[BLOCK] = { 0 };
	EVP_CIPHER_CTX *ctx;
	int n, err = LIMEN_EIO;

	if (!fetch() || !(ctx = EVP_CIPHER_CTX_new()))
		return LIMEN_EIO;
	memcpy(counter, salt, GCM_SALT); /* of 112 bits the last 16 are 0 */
	counter[7] ^= label;
	memset(out, 0, len);
	if (EVP_EncryptInit_ex2(
		    ctx, key_len == 16 ? evp.ctr_128 : evp.ctr_256, key, counter, NULL) == 1 &&
		EVP_EncryptUpdate(ctx, out, &n, out, (int)len) == 1)
		err = 0;
	EVP_CIPHER_CTX_free(ctx);
	return err;
}
