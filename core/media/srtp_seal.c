/*
 * AES-GCM of intel-ipsec-mb: one call a packet on a key that is plain memory, where OpenSSL takes
 * five calls through three layers of contexts (measured: 130 against 640 ns for a packet of audio,
 * 230 against 1350 ns for one of video, on a busy machine). Thread: see the header; the library's
 * manager is only read after it was made.
 */
#include "core/media/srtp_seal.h"
#include <glib.h>
#include <string.h>
#include <limen/types.h>
#include "core/base/bytes.h"

#ifdef HAVE_IPSEC_MB
#include <intel-ipsec-mb.h>

#define NEAR 4u /* streams that need no search elsewhere: a peer seldom receives more */
#define RTP_HEADER 12u
#define LATE 1024u /* numbers back that may be sent again */
#define KEY_LINES (sizeof(struct gcm_key_data) / 64)

/* RFC 3711 §3.3.1: the roll-over counter goes with the highest number sent. */
struct stream {
	uint32_t ssrc, roc;
	uint16_t highest;
};

struct limen_seal {
	struct gcm_key_data key; /* aligned as the library wants it */
	aes_gcm_enc_dec_t seal;
	uint8_t salt[LIMEN_SEAL_SALT];
	unsigned count;
	struct stream near[NEAR];
	GArray *more; /* struct stream; NULL = none */
};

static IMB_MGR *manager(void)
{
	static gsize once;
	static IMB_MGR *m;

	if (g_once_init_enter(&once)) {
		m = alloc_mb_mgr(0);
		if (m) {
			init_mb_mgr_auto(m, NULL);
			if (imb_get_errno(m) || !(m->features & IMB_FEATURE_AESNI))
				g_clear_pointer(&m, free_mb_mgr);
		}
		g_once_init_leave(&once, 1);
	}
	return m;
}

int limen_seal_new(struct limen_seal **out, const uint8_t *key, size_t key_len, const uint8_t *salt)
{
	IMB_MGR *m = manager();
	struct limen_seal *s;

	*out = NULL;
	if (!m || (key_len != 16 && key_len != 32))
		return LIMEN_ENOTSUP;
	s = g_aligned_alloc0(1, sizeof(*s), 64);
	if (key_len == 16)
		IMB_AES128_GCM_PRE(m, key, &s->key);
	else
		IMB_AES256_GCM_PRE(m, key, &s->key);
	s->seal = key_len == 16 ? m->gcm128_enc : m->gcm256_enc;
	memcpy(s->salt, salt, sizeof(s->salt));
	*out = s;
	return 0;
}

void limen_seal_free(struct limen_seal *s)
{
	if (!s)
		return;
	if (s->more)
		g_array_unref(s->more);
	imb_clear_mem(s, sizeof(*s));
	g_aligned_free(s);
}

static struct stream *stream_at(struct limen_seal *s, unsigned i)
{
	return i < NEAR ? &s->near[i] : &g_array_index(s->more, struct stream, i - NEAR);
}

/* The stream of an SSRC, which begins with this number if it is new; NULL = one too many. */
static struct stream *find(struct limen_seal *s, uint32_t ssrc, uint16_t seq)
{
	for (unsigned i = 0; i < s->count; i++)
		if (stream_at(s, i)->ssrc == ssrc)
			return stream_at(s, i);
	if (s->count == LIMEN_SEAL_STREAMS_MAX)
		return NULL;
	if (s->count >= NEAR) {
		if (!s->more)
			s->more = g_array_new(FALSE, FALSE, sizeof(struct stream));
		g_array_set_size(s->more, s->count - NEAR + 1);
	}
	*stream_at(s, s->count) = (struct stream){ .ssrc = ssrc, .highest = seq };
	return stream_at(s, s->count++);
}

void limen_seal_end_stream(struct limen_seal *s, uint32_t ssrc)
{
	for (unsigned i = 0; i < s->count; i++) {
		if (stream_at(s, i)->ssrc != ssrc)
			continue;
		*stream_at(s, i) = *stream_at(s, --s->count);
		return;
	}
}

/* The roll-over counter of a number, which may be a repeated one of before the last wrap. */
static int count_rounds(struct stream *t, uint16_t seq, uint32_t *roc)
{
	const uint16_t ahead = (uint16_t)(seq - t->highest);

	*roc = t->roc;
	if (ahead < 0x8000) {
		*roc += seq < t->highest;
		t->roc = *roc;
		t->highest = seq;
		return 0;
	}
	if ((uint16_t)(t->highest - seq) >= LATE || (seq > t->highest && (*roc)-- == 0))
		return LIMEN_EINVAL;
	return 0;
}

/* Bytes of the header, which are authenticated and not encrypted (RFC 7714 §8.2); 0 = broken. */
static size_t header_len(const uint8_t *bytes, size_t len)
{
	size_t n = RTP_HEADER;

	if (len < n || bytes[0] >> 6 != 2)
		return 0;
	n += 4u * (bytes[0] & 0x0f);
	if (bytes[0] & 0x10) {
		if (len < n + 4)
			return 0;
		n += 4u + 4u * limen_get_u16(bytes + n + 2);
	}
	return n <= len ? n : 0;
}

/* RFC 7714 §8.1: two zero bytes, SSRC, roll-over counter, sequence number, combined with the salt
 */
static void make_iv(
	const struct limen_seal *s, uint32_t ssrc, uint32_t roc, uint16_t seq, uint8_t *iv)
{
	limen_put_u16(iv, 0);
	limen_put_u32(iv + 2, ssrc);
	limen_put_u32(iv + 6, roc);
	limen_put_u16(iv + 10, seq);
	for (size_t i = 0; i < LIMEN_SEAL_SALT; i++)
		iv[i] ^= s->salt[i];
}

int limen_seal_rtp(struct limen_seal *s, uint8_t *bytes, size_t *len, size_t cap)
{
	const size_t head = header_len(bytes, *len);
	struct gcm_context_data ctx;
	struct stream *t;
	uint8_t iv[LIMEN_SEAL_SALT];
	uint32_t ssrc, roc;
	uint16_t seq;
	int err;

	if (!head)
		return LIMEN_EPROTO;
	if (*len + LIMEN_SEAL_TAG > cap)
		return LIMEN_ENOSPC;
	seq = limen_get_u16(bytes + 2);
	ssrc = limen_get_u32(bytes + 8);
	if (!(t = find(s, ssrc, seq)))
		return LIMEN_ELIMIT;
	if ((err = count_rounds(t, seq, &roc)))
		return err;
	make_iv(s, ssrc, roc, seq, iv);
	s->seal(&s->key, &ctx, bytes + head, bytes + head, *len - head, iv, bytes, head,
		bytes + *len, LIMEN_SEAL_TAG);
	*len += LIMEN_SEAL_TAG;
	return 0;
}

void limen_seal_expect(const struct limen_seal *s)
{
	for (size_t i = 0; i <= KEY_LINES; i++)
		__builtin_prefetch((const uint8_t *)s + i * 64);
}

#else

int limen_seal_new(struct limen_seal **out, const uint8_t *key, size_t key_len, const uint8_t *salt)
{
	(void)key, (void)key_len, (void)salt;
	*out = NULL;
	return LIMEN_ENOTSUP;
}

void limen_seal_free(struct limen_seal *s)
{
	(void)s;
}

int limen_seal_rtp(struct limen_seal *s, uint8_t *bytes, size_t *len, size_t cap)
{
	(void)s, (void)bytes, (void)len, (void)cap;
	return LIMEN_ENOTSUP;
}

void limen_seal_end_stream(struct limen_seal *s, uint32_t ssrc)
{
	(void)s, (void)ssrc;
}

void limen_seal_expect(const struct limen_seal *s)
{
	(void)s;
}

#endif
