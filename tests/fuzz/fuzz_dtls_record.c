/*
 * A receiver of DTLS records, against a model of the replay window. The first byte chooses suite
 * and role, then come steps: a byte below 128 has the peer seal a record with the sequence number
 * in the next two bytes and as many bytes of content; any other feeds as many bytes from the net,
 * at most 127, which nobody can have sealed. One thread.
 */
#include <stdlib.h>
#include <string.h>
#include <limen/types.h>
#include "core/media/dtls_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct limen_dtls_record us, peer;
	bool seen[65536];
	int highest; /* -1 = none */
} t;

static void start(uint8_t choice)
{
	static const uint16_t suites[] = { 0xc02b, 0xc02c, 0xcca9, 0xc02f, 0xc030, 0xcca8 };
	static const uint8_t master[48] = "not a secret";
	struct limen_dtls_secrets s = { .suite = suites[choice % 6],
		.client = choice & 0x80,
		.master = master,
		.master_len = sizeof(master) };

	memset(&t, 0, sizeof(t));
	t.highest = -1;
	if (limen_dtls_record_keys(&t.us, &s))
		abort();
	s.client = !s.client;
	if (limen_dtls_record_keys(&t.peer, &s))
		abort();
}

static int feed(const uint8_t *bytes, size_t len, uint8_t *content, size_t *n)
{
	struct limen_bytes datagram = limen_bytes(bytes, len);
	struct limen_dtls_raw raw;
	int err = LIMEN_ENOENT;

	while (limen_dtls_raw_next(&datagram, &raw))
		err = limen_dtls_record_open(&t.us, &raw, content, n);
	return err;
}

static bool may_pass(int seq)
{
	return seq > t.highest || (t.highest - seq < 64 && !t.seen[seq]);
}

static void genuine(struct limen_bytes *in, size_t len)
{
	uint8_t record[128 + LIMEN_DTLS_RECORD_ROOM], content[LIMEN_DTLS_CONTENT_MAX];
	const int seq = limen_bytes_u16(in);
	const uint8_t *bytes = limen_bytes_take(in, len);
	size_t record_len, n;

	if (!bytes)
		return;
	t.peer.out_seq = (uint64_t)seq;
	if (limen_dtls_record_seal(&t.peer, LIMEN_DTLS_DATA, bytes, len, record, &record_len))
		abort();
	if ((feed(record, record_len, content, &n) == 0) != may_pass(seq))
		abort();
	if (may_pass(seq) && (n != len || memcmp(content, bytes, len) != 0))
		abort();
	t.seen[seq] = true;
	t.highest = seq > t.highest ? seq : t.highest;
}

static void forged(struct limen_bytes *in, size_t len)
{
	const uint8_t *bytes = limen_bytes_take(in, len);
	uint8_t content[LIMEN_DTLS_CONTENT_MAX];
	size_t n;

	if (bytes && feed(bytes, len, content, &n) == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct limen_bytes in = limen_bytes(data, size);

	start(limen_bytes_u8(&in));
	while (limen_bytes_left(&in) && !in.bad) {
		const uint8_t step = limen_bytes_u8(&in);

		if (step < 128)
			genuine(&in, step);
		else
			forged(&in, step - 128u);
	}
	return 0;
}
