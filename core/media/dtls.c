/*
 * DTLS: the handshake by OpenSSL, with a datagram BIO of our own, and all that follows by
 * dtls_record.c. When the handshake is done the library's object, which holds 40 KB, is freed; of
 * it remain keys, sequence numbers and, at a server, its last flight for a client that asks again
 * (RFC 6347 §4.2.4). A client has nothing to repeat by then: the server's Finished answers all it
 * sent. So an association costs some hundred bytes, and the library sees nothing of what strangers
 * send later. Records are handed to it one by one, those left out that it would store on a
 * stranger's word. Thread: the peer's loop; the count of handshakes is of the process.
 */
#include "core/media/dtls.h"
#include <glib.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <limen/types.h>
#include "core/base/counts.h"
#include "core/base/clock.h"
#include "core/media/dtls_record.h"

#define MTU_MIN 256u  /* the least that the library's handshake works with */
#define MTU_MAX 2048u /* well under the 4096 bytes that the library gathers for one write */
/* RFC 6347 §4.2.4.1 has one second, and lets real-time applications go below it. */
#define TIMEOUT_FIRST_US 400000u
#define TIMEOUT_LAST_US 60000000u
#define RETRY_US 100000 /* a client's handshake that waits for others to end */
/* How long a handshake may stand still after a plain alert, which anybody can have sent. */
#define ALERT_PATIENCE_US (3 * G_USEC_PER_SEC)
#define FLIGHT_MAX 96u /* ChangeCipherSpec and Finished take 75 */
#define EPOCH_AT 3u    /* in the header of a record, and behind it its number */
#define SEQ_AT 5u
#define MESSAGE_HEADER 12u
#define CLIENT_HELLO 1
#define FINISHED 20
/* Types of messages, as bits (RFC 5246 §7.4, RFC 6347 §4.3.2): all but Finished, which is
 * encrypted, and those that belong to features that are off. */
#define OF_CLIENT (1u << CLIENT_HELLO | 1u << 11 | 1u << 15 | 1u << 16)
#define OF_SERVER (1u << 2 | 1u << 3 | 1u << 11 | 1u << 12 | 1u << 13 | 1u << 14 | 1u << 22)
#define WARNING 1
#define FATAL 2
#define CLOSE_NOTIFY 0

static const char not_the_peer[] =
	"the certificate does not have the fingerprint of the session description";

static gint under_way; /* handshakes of the process */

struct limen_dtls {
	SSL *ssl; /* during the handshake, else NULL */
	const struct limen_dtls_events *ev;
	void *arg;
	const struct limen_cert *cert;
	struct limen_cert_expected expected;
	const uint8_t *in; /* the record being fed to the library, or NULL */
	size_t in_len;
	uint32_t in_count; /* records of epoch 0 so far */
	unsigned mtu, handshakes_max;
	bool client, put_off;
	enum { IDLE, READY, HANDSHAKE, UP, OVER } state;
	int64_t due_us;   /* put off: when to try again */
	int64_t alert_us; /* when a plain alert came; 0 = none since the handshake went on */
	OSSL_HANDSHAKE_STATE alert_at;
	uint8_t *held; /* a Finished that overtook what comes before it */
	size_t held_len;
	struct limen_dtls_record record;
	uint8_t flight[FLIGHT_MAX]; /* a server's last one */
	size_t flight_len;
};

static bool is_of_last_flight(const struct limen_dtls_raw *raw)
{
	return raw->type == LIMEN_DTLS_CHANGE_CIPHER_SPEC ||
		(raw->epoch != 0 && raw->type == LIMEN_DTLS_HANDSHAKE);
}

static void keep_for_repeat(struct limen_dtls *d, const struct limen_dtls_raw *raw)
{
	if (raw->type == LIMEN_DTLS_CHANGE_CIPHER_SPEC)
		d->flight_len = 0;
	if (raw->len > FLIGHT_MAX - d->flight_len)
		return;
	memcpy(d->flight + d->flight_len, raw->bytes, raw->len);
	d->flight_len += raw->len;
}

/* A datagram that the library sends: what has to be known of it once the library is gone. */
static void note_sent(struct limen_dtls *d, const uint8_t *bytes, size_t len)
{
	struct limen_bytes datagram = limen_bytes(bytes, len);
	struct limen_dtls_raw raw;

	while (limen_dtls_raw_next(&datagram, &raw)) {
		if (is_of_last_flight(&raw))
			keep_for_repeat(d, &raw);
		limen_dtls_record_sent(&d->record, &raw);
	}
}

static int bio_write(BIO *b, const char *bytes, int len)
{
	struct limen_dtls *d = BIO_get_data(b);

	note_sent(d, (const uint8_t *)bytes, (size_t)len);
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
	/* Without encryption numbers prove nothing: a forged high one would shut out the peer's. */
	if (limen_get_u16(d->in + EPOCH_AT) == 0) {
		limen_put_u16((uint8_t *)out + SEQ_AT, 0);
		limen_put_u32((uint8_t *)out + SEQ_AT + 2, d->in_count++);
	}
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
	struct limen_dtls *d = *out = g_new0(struct limen_dtls, 1);

	d->ev = ev;
	d->arg = arg;
	d->cert = cfg->cert;
	d->client = cfg->client;
	d->handshakes_max = cfg->handshakes_max;
	d->expected.hash = g_strdup(cfg->hash);
	d->expected.fingerprint = g_strdup(cfg->fingerprint);
	d->mtu = CLAMP(cfg->mtu, MTU_MIN, MTU_MAX);
	return 0;
}

static bool make_library_object(struct limen_dtls *d)
{
	BIO *bio;

	d->ssl = SSL_new(limen_cert_context(d->cert));
	bio = d->ssl ? BIO_new(bio_method()) : NULL;
	if (!bio)
		return false;
	BIO_set_data(bio, d);
	BIO_set_init(bio, 1);
	SSL_set_bio(d->ssl, bio, bio);
	SSL_set_app_data(d->ssl, &d->expected);
	SSL_set_mtu(d->ssl, (long)d->mtu);
	DTLS_set_timer_cb(d->ssl, next_timeout_us);
	if (d->client)
		SSL_set_connect_state(d->ssl);
	else
		SSL_set_accept_state(d->ssl);
	return true;
}

/* Whatever its outcome. */
static void end_handshake(struct limen_dtls *d)
{
	if (d->state == HANDSHAKE)
		g_atomic_int_add(&under_way, -1);
	g_clear_pointer(&d->ssl, SSL_free);
	g_clear_pointer(&d->held, g_free);
	g_clear_pointer(&d->expected.hash, g_free);
	g_clear_pointer(&d->expected.fingerprint, g_free);
	ERR_clear_error();
}

static void send_record(
	struct limen_dtls *d, enum limen_dtls_type type, const uint8_t *bytes, size_t len)
{
	uint8_t record[MTU_MAX + LIMEN_DTLS_RECORD_ROOM];
	size_t n;

	if (limen_dtls_record_seal(&d->record, type, bytes, len, record, &n) == 0)
		d->ev->on_send(record, n, d->arg);
}

static void send_close_notify(struct limen_dtls *d)
{
	static const uint8_t alert[] = { WARNING, CLOSE_NOTIFY };

	send_record(d, LIMEN_DTLS_ALERT, alert, sizeof(alert));
}

void limen_dtls_free(struct limen_dtls *d)
{
	if (!d)
		return;
	if (d->state == UP)
		send_close_notify(d);
	end_handshake(d);
	OPENSSL_cleanse(&d->record, sizeof(d->record));
	g_free(d);
}

static void fail(struct limen_dtls *d, const char *why)
{
	end_handshake(d);
	d->state = OVER;
	limen_count(LIMEN_COUNT_DTLS_FAILED, 1);
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
	by_client = d->client ? keys->local : keys->remote;
	by_server = d->client ? keys->remote : keys->local;
	memcpy(by_client, material, key);
	memcpy(by_server, material + key, key);
	memcpy(by_client + key, material + 2 * key, salt);
	memcpy(by_server + key, material + 2 * key + salt, salt);
	OPENSSL_cleanse(material, sizeof(material));
	return true;
}

/* An extended master secret (RFC 7627) changes nothing in what is derived from it here. */
static int take_over(struct limen_dtls *d)
{
	uint8_t master[SSL_MAX_MASTER_KEY_LENGTH];
	struct limen_dtls_secrets s = {
		.suite = SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(d->ssl)),
		.client = d->client,
		.master = master,
		.master_len = SSL_SESSION_get_master_key(
			SSL_get0_session(d->ssl), master, sizeof(master)),
	};
	int err;

	SSL_get_client_random(d->ssl, s.client_random, sizeof(s.client_random));
	SSL_get_server_random(d->ssl, s.server_random, sizeof(s.server_random));
	err = d->record.out_seq ? limen_dtls_record_keys(&d->record, &s) : LIMEN_ESTATE;
	OPENSSL_cleanse(master, sizeof(master));
	return err;
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
	if (take_over(d)) {
		fail(d, "the keys cannot be taken over");
	} else {
		end_handshake(d);
		d->state = UP;
		limen_count(LIMEN_COUNT_DTLS_DONE, 1);
		d->ev->on_up(&keys, d->arg);
	}
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

/* Takes one of the places; false: the handshake waits. */
static bool begin(struct limen_dtls *d)
{
	const gint before = g_atomic_int_add(&under_way, 1);

	d->put_off = d->handshakes_max && (guint)before >= d->handshakes_max;
	if (d->put_off) {
		g_atomic_int_add(&under_way, -1);
		d->due_us = limen_now_us() + RETRY_US;
		return false;
	}
	d->state = HANDSHAKE;
	if (!make_library_object(d)) {
		fail(d, "no memory for a handshake");
		return false;
	}
	return true;
}

/*
 * RFC 6347 §4.1.2.7 wants an association to survive what anybody can forge, and during a handshake
 * that is every alert. So one is believed only if nothing goes on afterwards.
 */
static void doubt_alert(struct limen_dtls *d)
{
	if (d->alert_us)
		return;
	d->alert_us = limen_now_us();
	d->alert_at = SSL_get_state(d->ssl);
}

/* What is in a handshake record could be of the peer: messages that its role sends, whole
 * fragments, no length that only a stranger would have the library reserve. */
static bool is_plausible(const struct limen_dtls *d, const struct limen_dtls_raw *raw)
{
	struct limen_bytes b =
		limen_bytes(raw->bytes + LIMEN_DTLS_HEADER, raw->len - LIMEN_DTLS_HEADER);
	const uint32_t known = d->client ? OF_SERVER : OF_CLIENT;

	while (limen_bytes_left(&b)) {
		const uint8_t type = limen_bytes_u8(&b);
		const uint32_t len = limen_bytes_u24(&b);
		uint32_t fragment;

		limen_bytes_take(&b, 5); /* number of the message, offset of the fragment */
		fragment = limen_bytes_u24(&b);
		if (!limen_bytes_take(&b, fragment) || len > LIMEN_CERT_MESSAGE_MAX || type > 31 ||
			!(known >> type & 1))
			return false;
	}
	return true;
}

static bool awaits_finished(const struct limen_dtls *d)
{
	return SSL_get_state(d->ssl) == (d->client ? TLS_ST_CR_CHANGE : TLS_ST_SR_CHANGE);
}

/* The library would keep any hundred records of the next epoch; only one can be the Finished. */
static void hold(struct limen_dtls *d, const struct limen_dtls_raw *raw)
{
	if (raw->epoch != 1 || raw->type != LIMEN_DTLS_HANDSHAKE || raw->len > FLIGHT_MAX)
		return;
	g_free(d->held);
	d->held = g_memdup2(raw->bytes, raw->len);
	d->held_len = raw->len;
}

static void feed_library(struct limen_dtls *d, const uint8_t *record, size_t len)
{
	d->in = record;
	d->in_len = len;
	handshake(d);
	d->in = NULL;
	if (d->state == HANDSHAKE && d->alert_us && SSL_get_state(d->ssl) != d->alert_at)
		d->alert_us = 0;
}

static void feed_handshake(struct limen_dtls *d, const struct limen_dtls_raw *raw)
{
	if (raw->epoch == 0 && raw->type == LIMEN_DTLS_ALERT) {
		doubt_alert(d);
		return;
	}
	if (raw->epoch == 0 && raw->type == LIMEN_DTLS_HANDSHAKE && !is_plausible(d, raw))
		return;
	if (raw->epoch != 0 && (raw->type == LIMEN_DTLS_DATA || !awaits_finished(d))) {
		hold(d, raw);
		return;
	}
	feed_library(d, raw->bytes, raw->len);
	if (d->state == HANDSHAKE && d->held && awaits_finished(d)) {
		g_autofree uint8_t *held = g_steal_pointer(&d->held);

		feed_library(d, held, d->held_len);
	}
}

static void on_alert(struct limen_dtls *d, const uint8_t *alert, size_t len)
{
	if (len != 2)
		return;
	if (alert[1] == CLOSE_NOTIFY) {
		send_close_notify(d); /* RFC 5246 §7.2.1: it is answered */
		d->state = OVER;
		d->ev->on_closed(d->arg);
	} else if (alert[0] == FATAL) {
		fail(d, "the peer sent an alert");
	}
}

/* Handshake records ask for nothing but a server's last flight: there is no renegotiation. */
static void feed_up(struct limen_dtls *d, const struct limen_dtls_raw *raw)
{
	uint8_t content[LIMEN_DTLS_CONTENT_MAX];
	size_t len;

	if (limen_dtls_record_open(&d->record, raw, content, &len))
		return;
	if (raw->type == LIMEN_DTLS_DATA && len)
		d->ev->on_data(content, len, d->arg);
	else if (raw->type == LIMEN_DTLS_ALERT)
		on_alert(d, content, len);
	else if (raw->type == LIMEN_DTLS_HANDSHAKE && !d->client && len && content[0] == FINISHED)
		d->ev->on_send(d->flight, d->flight_len, d->arg);
}

static bool is_client_hello(const struct limen_dtls_raw *raw)
{
	return raw->type == LIMEN_DTLS_HANDSHAKE && raw->epoch == 0 &&
		raw->len >= LIMEN_DTLS_HEADER + MESSAGE_HEADER &&
		raw->bytes[LIMEN_DTLS_HEADER] == CLIENT_HELLO;
}

static void feed_record(struct limen_dtls *d, const struct limen_dtls_raw *raw)
{
	if (d->state == READY && !d->client && is_client_hello(raw) && is_plausible(d, raw))
		begin(d);
	if (d->state == HANDSHAKE)
		feed_handshake(d, raw);
	else if (d->state == UP)
		feed_up(d, raw);
}

void limen_dtls_feed(struct limen_dtls *d, const uint8_t *bytes, size_t len)
{
	struct limen_bytes datagram = limen_bytes(bytes, len);
	struct limen_dtls_raw raw;

	while (limen_dtls_raw_next(&datagram, &raw))
		feed_record(d, &raw);
}

void limen_dtls_start(struct limen_dtls *d)
{
	if (d->state != IDLE)
		return;
	d->state = READY;
	if (d->client && begin(d))
		handshake(d);
}

static int64_t due_us(struct limen_dtls *d)
{
	struct timeval left;
	int64_t due = INT64_MAX;

	if (d->state == READY && d->client)
		return d->due_us;
	if (d->state != HANDSHAKE)
		return due;
	if (DTLSv1_get_timeout(d->ssl, &left) == 1)
		due = limen_now_us() + (int64_t)left.tv_sec * G_USEC_PER_SEC + left.tv_usec;
	return d->alert_us ? MIN(due, d->alert_us + ALERT_PATIENCE_US) : due;
}

int64_t limen_dtls_timeout_us(struct limen_dtls *d)
{
	const int64_t due = due_us(d);

	return due == INT64_MAX ? -1 : MAX(due - limen_now_us(), 0);
}

void limen_dtls_tick(struct limen_dtls *d)
{
	if (d->state == READY && d->client && begin(d)) {
		handshake(d);
		return;
	}
	if (d->state != HANDSHAKE)
		return;
	if (d->alert_us && limen_now_us() - d->alert_us >= ALERT_PATIENCE_US) {
		fail(d, "the peer sent an alert");
		return;
	}
	ERR_clear_error();
	if (DTLSv1_handle_timeout(d->ssl) < 0)
		fail(d, "the peer does not answer");
}

int limen_dtls_send(struct limen_dtls *d, const uint8_t *bytes, size_t len)
{
	if (d->state != UP)
		return LIMEN_ESTATE;
	if (len == 0)
		return LIMEN_EINVAL;
	if (len + limen_dtls_record_room(&d->record) > d->mtu)
		return LIMEN_ELIMIT;
	send_record(d, LIMEN_DTLS_DATA, bytes, len);
	return 0;
}

bool limen_dtls_is_up(const struct limen_dtls *d)
{
	return d && d->state == UP;
}

bool limen_dtls_is_put_off(const struct limen_dtls *d)
{
	return d->state == READY && d->put_off;
}

unsigned limen_dtls_handshakes(void)
{
	return (unsigned)g_atomic_int_get(&under_way);
}
