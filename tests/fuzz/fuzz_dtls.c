/*
 * Datagrams from anybody, fed to a fresh DTLS server and a started client: each is two bytes of
 * length, then that many bytes. One thread.
 */
#include <stdint.h>
#include "core/media/dtls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_send(const uint8_t *bytes, size_t len, void *arg)
{
	volatile uint8_t last = bytes[len - 1];

	(void)last, (void)arg;
}

/* Nobody who lacks the certificate's key may get this far. */
static void on_up(const struct limen_srtp_keys *keys, void *arg)
{
	(void)keys, (void)arg;
	__builtin_trap();
}

static void on_closed(void *arg)
{
	(void)arg;
}

static void on_failed(const char *why, void *arg)
{
	++*(int *)arg;
	if (!why || *(int *)arg > 1)
		__builtin_trap();
}

static void on_data(const uint8_t *bytes, size_t len, void *arg)
{
	(void)bytes, (void)len, (void)arg;
	__builtin_trap();
}

static const struct limen_dtls_events events = { on_send, on_up, on_closed, on_failed, on_data };

static void feed_all(const struct limen_cert *cert, bool client, const uint8_t *data, size_t size)
{
	const struct limen_dtls_config cfg = {
		.cert = cert,
		.client = client,
		.mtu = 1200,
		.hash = "sha-256",
		.fingerprint = limen_cert_fingerprint(cert),
	};
	struct limen_dtls *d;
	int failures = 0;

	if (limen_dtls_new(&d, &cfg, &events, &failures))
		__builtin_trap();
	limen_dtls_start(d);
	while (size > 2) {
		size_t len = (size_t)data[0] << 8 | data[1];

		data += 2;
		size -= 2;
		len = len < size ? len : size;
		limen_dtls_feed(d, data, len);
		limen_dtls_tick(d);
		data += len;
		size -= len;
	}
	limen_dtls_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct limen_cert *cert;

	if (!cert && limen_cert_new(&cert))
		__builtin_trap();
	feed_all(cert, false, data, size);
	feed_all(cert, true, data, size);
	return 0;
}
