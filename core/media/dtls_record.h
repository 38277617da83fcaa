/*
 * The record layer of an established DTLS 1.2 association (RFC 6347 §4.1) with the AEAD suites that
 * WebRTC peers agree on (RFC 5288, RFC 7905). The library's own keeps some 40 KB for each
 * association; this one keeps keys, sequence numbers and a replay window: plain data that may be
 * copied, written out and read back. Pure but for one cipher context a thread. Thread: any, one at
 * a time for each struct.
 */
#ifndef LIMEN_MEDIA_DTLS_RECORD_H
#define LIMEN_MEDIA_DTLS_RECORD_H

#include "core/base/bytes.h"

#define LIMEN_DTLS_HEADER 13u
#define LIMEN_DTLS_RECORD_ROOM 37u /* the most that a record is longer than its content */
#define LIMEN_DTLS_CONTENT_MAX 16384u

/* RFC 5246 §6.2.1 */
enum limen_dtls_type {
	LIMEN_DTLS_CHANGE_CIPHER_SPEC = 20,
	LIMEN_DTLS_ALERT = 21,
	LIMEN_DTLS_HANDSHAKE = 22,
	LIMEN_DTLS_DATA = 23,
};

/* A record as it stands in a datagram. */
struct limen_dtls_raw {
	uint8_t type;
	uint16_t version, epoch;
	uint64_t seq;         /* 48 bits */
	const uint8_t *bytes; /* with its header; borrowed */
	size_t len;
};

struct limen_dtls_key {
	uint8_t key[32], salt[12]; /* what is shorter stands at the beginning */
};

/* An association after its one handshake: epoch 1, both ways. Zeroed is a valid beginning. */
struct limen_dtls_record {
	uint16_t suite; /* IANA number; 0 = no keys yet */
	struct limen_dtls_key in, out;
	uint64_t out_seq, out_nonce; /* of the next record; the nonce is the explicit one of GCM */
	uint64_t in_next;            /* the highest sequence number that came, plus 1 */
	uint64_t in_seen;            /* bit i: in_next - 1 - i came */
};

struct limen_dtls_secrets {
	uint16_t suite;
	bool client; /* we are */
	const uint8_t *master;
	size_t master_len;
	uint8_t client_random[32], server_random[32];
};

/* The next whole record of a datagram; false: none is left, or what follows is garbage. */
bool limen_dtls_raw_next(struct limen_bytes *datagram, struct limen_dtls_raw *out);

/* Notes a record of epoch 1 that another layer has written under the same keys, before or after
 * these are known here: what is sealed later repeats neither its number nor its nonce. */
void limen_dtls_record_sent(struct limen_dtls_record *r, const struct limen_dtls_raw *raw);
/* Derives the keys. LIMEN_ENOTSUP: another suite; LIMEN_EIO: the crypto library failed. */
int limen_dtls_record_keys(struct limen_dtls_record *r, const struct limen_dtls_secrets *s);
/* How many bytes longer than its content a record is. */
size_t limen_dtls_record_room(const struct limen_dtls_record *r);
/* Writes a record: out holds len + LIMEN_DTLS_RECORD_ROOM. LIMEN_ELIMIT: content too long, or all
 * sequence numbers are used. */
int limen_dtls_record_seal(struct limen_dtls_record *r, enum limen_dtls_type type,
	const uint8_t *bytes, size_t len, uint8_t *out, size_t *out_len);
/* Reads a record: out holds LIMEN_DTLS_CONTENT_MAX. LIMEN_EPROTO: not one of this association;
 * LIMEN_ESTATE: seen before, or too old to tell; LIMEN_EAUTH: forged. */
int limen_dtls_record_open(struct limen_dtls_record *r, const struct limen_dtls_raw *raw,
	uint8_t *out, size_t *out_len);

#endif
