/*
 * DTLS through OpenSSL with a datagram BIO of our own: each write is one datagram for the peer,
 * each read takes the one that is being fed. Thread: the peer's loop.
 */
#include "core/media/dtls.h"
#include <glib.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <limen/types.h>

#define RECORD_MAX 16384
#define MTU_MIN 256u  /* the least that the library's handshake works with */
#define MTU_MAX 2048u /* well under the 4096 bytes that the library gathers for one write */
/* RFC 6347 §4.2.4.1 has one second, and lets real-time applications go below it. */
#define TIMEOUT_FIRST_US 400000u
#define TIMEOUT_LAST_US 60000000u

static const char not_the_peer[] =
	"the certificate does not have the fingerprint of the session description";

struct limen_dtls {
	SSL *ssl;
	const struct limen_dtls_events *ev;
	void *arg;
	struct limen_cert_expected expected;
	const uint8_t *in; /* the datagram being fed, or NULL */
	size_t in_len;
	unsigned mtu;
	enum { WAITING, HANDSHAKE, UP, OVER } state;
};

static int bio_write(BIO *b, const char *bytes, int len)
{
	struct limen_dtls *d = BIO_get_data(b);

	d->ev->on_send((const uint8_t *)bytes, (size_t)len, d->arg);
	return len;
}

static int bio_read(BIO *b, char *out, int size)
{
	struct limen_dtls *d = BIO_get_data(b);
	size_t n = d->in_len;

	BIO_clear_retry_flags(b);
	if (!d->in) {
		BIO_set_retry_read(b);
		return -1;
	}
	if (n > (size_t)size)
		n = (size_t)size;
	memcpy(out, d->in, n);
	d->in = NULL;
	d->in_len = 0;
	return (int)n;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	struct limen_dtls *d = BIO_get_data(b);

	(void)num, (void)ptr;
	switch (cmd) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_DGRAM_QUERY_MTU:
	case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
		return d->mtu;
	default:
		return 0;
	}
}

static unsigned next_timeout_us(SSL *ssl, unsigned last_us)
{
	(void)ssl;
	return last_us == 0 ? TIMEOUT_FIRST_US : MIN(last_us * 2, TIMEOUT_LAST_US);
}

static BIO_METHOD *bio_method(void)
{
	static BIO_METHOD *method;

	if (g_once_init_enter(&method)) {
		BIO_METHOD *m =
			BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "limen datagram");

		BIO_meth_set_write(m, bio_write);
		BIO_meth_set_read(m, bio_read);
		BIO_meth_set_ctrl(m, bio_ctrl);
		g_once_init_leave(&method, m);
	}
	return method;
}

int limen_dtls_new(struct limen_dtls **out, const struct limen_dtls_config *cfg,
	const struct limen_dtls_events *ev, void *arg)
{
	struct limen_dtls *d = g_new0(struct limen_dtls, 1);
	BIO *bio;

	*out = NULL;
	d->ev = ev;
	d->arg = arg;
	d->expected.hash = g_strdup(cfg->hash);
	d->expected.fingerprint = g_strdup(cfg->fingerprint);
	d->mtu = CLAMP(cfg->mtu, MTU_MIN, MTU_MAX);
	d->state = cfg->client ? WAITING : HANDSHAKE;
	d->ssl = SSL_new(limen_cert_context(cfg->cert));
	bio = d->ssl ? BIO_new(bio_method()) : NULL;
	if (!bio) {
		limen_dtls_free(d);
		return LIMEN_EIO;
	}
	BIO_set_data(bio, d);
	BIO_set_init(bio, 1);
	SSL_set_bio(d->ssl, bio, bio);
	SSL_set_app_data(d->ssl, &d->expected);
	SSL_set_mtu(d->ssl, (long)d->mtu);
	DTLS_set_timer_cb(d->ssl, next_timeout_us);
	if (cfg->client)
		SSL_set_connect_state(d->ssl);
	else
		SSL_set_accept_state(d->ssl);
	*out = d;
	return 0;
}

void limen_dtls_free(struct limen_dtls *d)
{
	if (!d)
		return;
	if (d->ssl && d->state == UP && SSL_alloc_buffers(d->ssl) == 1)
		SSL_shutdown(d->ssl);
	SSL_free(d->ssl);
	ERR_clear_error();
	g_free(d->expected.hash);
	g_free(d->expected.fingerprint);
	g_free(d);
}

static void fail(struct limen_dtls *d, const char *why)
{
	d->state = OVER;
	ERR_clear_error();
	d->ev->on_failed(why, d->arg);
}

static const char *library_reason(const struct limen_dtls *d)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	if (SSL_get_verify_result(d->ssl) == X509_V_ERR_CERT_REJECTED)
		return not_the_peer;
	return text ? text : "handshake failed";
}

/* RFC 5764 §4.2: client key, server key, client salt, server salt. */
static bool export_keys(struct limen_dtls *d, struct limen_srtp_keys *keys)
{
	static const char label[] = "EXTRACTOR-dtls_srtp";
	const SRTP_PROTECTION_PROFILE *p = SSL_get_selected_srtp_profile(d->ssl);
	uint8_t material[2 * LIMEN_SRTP_KEY_MAX];
	const bool client = !SSL_is_server(d->ssl);
	size_t key, salt;
	uint8_t *by_client, *by_server;

	if (!p)
		return false;
	keys->profile = (enum limen_srtp_profile)p->id;
	keys->len = limen_srtp_key_len(keys->profile, &key, &salt);
	if (!keys->len ||
		SSL_export_keying_material(
			d->ssl, material, 2 * keys->len, label, strlen(label), NULL, 0, 0) != 1)
		return false;
	by_client = client ? keys->local : keys->remote;
	by_server = client ? keys->remote : keys->local;
	memcpy(by_client, material, key);
	memcpy(by_server, material + key, key);
	memcpy(by_client + key, material + 2 * key, salt);
	memcpy(by_server + key, material + 2 * key + salt, salt);
	OPENSSL_cleanse(material, sizeof(material));
	return true;
}

static void go_up(struct limen_dtls *d)
{
	struct limen_srtp_keys keys;

	if (!d->expected.shown) {
		fail(d, not_the_peer);
		return;
	}
	if (!export_keys(d, &keys)) {
		SSL_shutdown(d->ssl);
		fail(d, "no SRTP profile was agreed");
		return;
	}
	d->state = UP;
	d->ev->on_up(&keys, d->arg);
	OPENSSL_cleanse(&keys, sizeof(keys));
}

static void handshake(struct limen_dtls *d)
{
	int ret, err;

	ERR_clear_error();
	ret = SSL_do_handshake(d->ssl);
	err = SSL_get_error(d->ssl, ret);
	if (ret == 1)
		go_up(d);
	else if (err != SSL_ERROR_WANT_READ && err != SSL_ERROR_WANT_WRITE)
		fail(d, library_reason(d));
}

static void read_data(struct limen_dtls *d)
{
	uint8_t record[RECORD_MAX];
	int n = 1;

	while (d->state == UP && n > 0) {
		ERR_clear_error();
		n = SSL_read(d->ssl, record, sizeof(record));
		if (n > 0)
			d->ev->on_data(record, (size_t)n, d->arg);
	}
	if (d->state != UP)
		return;
	if (SSL_get_shutdown(d->ssl) & SSL_RECEIVED_SHUTDOWN) {
		SSL_shutdown(d->ssl); /* RFC 5246 §7.2.1: a close_notify is answered */
		d->state = OVER;
		d->ev->on_closed(d->arg);
	} else if (SSL_get_error(d->ssl, n) == SSL_ERROR_SSL) {
		fail(d, library_reason(d));
	}
}

/*
 * Once it is up an association is silent, or carries a datagram now and then: the library's two
 * buffers of 16 KB, which it keeps for DTLS whatever the mode, are there only while one is handled.
 */
static void release_buffers(struct limen_dtls *d)
{
	if (d->state == UP)
		SSL_free_buffers(d->ssl);
}

void limen_dtls_start(struct limen_dtls *d)
{
	if (d->state != WAITING)
		return;
	d->state = HANDSHAKE;
	handshake(d);
}

void limen_dtls_feed(struct limen_dtls *d, const uint8_t *bytes, size_t len)
{
	if (d->state == WAITING || d->state == OVER || len == 0)
		return;
	d->in = bytes;
	d->in_len = len;
	if (d->state == HANDSHAKE)
		handshake(d);
	if (d->state == UP)
		read_data(d);
	release_buffers(d);
	d->in = NULL;
	d->in_len = 0;
}

int64_t limen_dtls_timeout_us(struct limen_dtls *d)
{
	struct timeval left;

	if (d->state != HANDSHAKE || DTLSv1_get_timeout(d->ssl, &left) != 1)
		return -1;
	return (int64_t)left.tv_sec * G_USEC_PER_SEC + left.tv_usec;
}

void limen_dtls_tick(struct limen_dtls *d)
{
	if (d->state != HANDSHAKE)
		return;
	ERR_clear_error();
	if (DTLSv1_handle_timeout(d->ssl) < 0)
		fail(d, "the peer does not answer");
}

int limen_dtls_send(struct limen_dtls *d, const uint8_t *bytes, size_t len)
{
	bool sent;

	if (d->state != UP)
		return LIMEN_ESTATE;
	if (len == 0)
		return LIMEN_EINVAL;
	/* The library would make one record of any length, and a datagram over the MTU of it. */
	if (len > DTLS_get_data_mtu(d->ssl))
		return LIMEN_ELIMIT;
	ERR_clear_error();
	sent = SSL_alloc_buffers(d->ssl) == 1 && SSL_write(d->ssl, bytes, (int)len) == (int)len;
	release_buffers(d);
	return sent ? 0 : LIMEN_EIO;
}

bool limen_dtls_is_up(const struct limen_dtls *d)
{
	return d && d->state == UP;
}
