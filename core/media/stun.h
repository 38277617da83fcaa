/*
 * STUN for the passive side of ICE: reading and answering the connectivity checks of a client
 * against our short-term credentials (RFC 8489, RFC 8445 §7.3). A lite agent is always controlled
 * and sends no checks of its own. The only user of libnice's stun library. Pure; any thread.
 */
#ifndef LIMEN_MEDIA_STUN_H
#define LIMEN_MEDIA_STUN_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMEN_STUN_REPLY_MAX                                                                       \
	576 /* no answer is longer: RFC 8489 §6.1, the size that always fits                      \
	     */
#define LIMEN_STUN_CHECK_MAX 1280 /* longer requests are not looked at */
#define LIMEN_STUN_ID 12          /* bytes of a transaction id */

/* What a check asks for. */
struct limen_stun_check {
	bool use_candidate;
	uint32_t priority;
	uint8_t id[LIMEN_STUN_ID];
};

/* What answers it. */
struct limen_stun_reply {
	size_t len; /* 0 = no answer is due */
	uint8_t bytes[LIMEN_STUN_REPLY_MAX];
};

/* Is it a binding request of a sensible size whose USERNAME names somebody? Then *ufrag (borrowed
 * from bytes) is the part before the colon: that of whom the check is for. Not authenticated; costs
 * a walk over a few attributes. */
bool limen_stun_ufrag(const uint8_t *bytes, size_t len, const char **ufrag, size_t *ufrag_len);

/* Checks a request for (ufrag, pwd) that came from an address (IPv4: v4-mapped), and writes the
 * answer to it.
 * 0: authentic. LIMEN_EAUTH: not (answer 401). LIMEN_EPROTO: not well-formed (answer 400, 420 or
 * none). LIMEN_ESTATE: authentic, but the client claims to be controlled (answer 487). */
int limen_stun_answer(const uint8_t *bytes, size_t len, const char *ufrag, const char *pwd,
	const struct sockaddr_in6 *from, struct limen_stun_check *check,
	struct limen_stun_reply *reply);

/* The client's side, to learn how a server sees us. Writes a binding request with a random
 * transaction id into LIMEN_STUN_REPLY_MAX bytes; returns its length. */
size_t limen_stun_request(uint8_t *request);
/* The address in the answer to it. LIMEN_EPROTO: it is none. */
int limen_stun_mapped(
	const uint8_t *request, const uint8_t *answer, size_t len, struct sockaddr_storage *out);

#endif
