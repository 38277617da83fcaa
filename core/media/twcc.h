/*
 * Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): what arrived when,
 * over all streams of one peer, as its bandwidth estimate needs it. Writing it, and reading what a
 * peer writes. Pure; thread: the peer's loop.
 */
#ifndef LIMEN_MEDIA_TWCC_H
#define LIMEN_MEDIA_TWCC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMEN_TWCC_WINDOW 1024u /* newest sequence numbers whose arrival is known; power of 2 */
#define LIMEN_TWCC_ARRIVALS_MAX 400u  /* of one message */
#define LIMEN_TWCC_MESSAGE_MAX 1200u  /* bytes of one message */
#define LIMEN_TWCC_STATUSES_MAX 8192u /* taken from one message */

struct limen_twcc {
	bool started;
	uint8_t number;                 /* of the next message */
	int64_t begin, newest;          /* extended sequence numbers: not told yet, and last */
	uint32_t at[LIMEN_TWCC_WINDOW]; /* 250 us units; 0 = has not arrived */
};

void limen_twcc_init(struct limen_twcc *t);
/* Returns whether messages are due now, lest arrivals leave the window untold. */
bool limen_twcc_arrived(struct limen_twcc *t, uint16_t seq, int64_t now_us);
/*
 * The next message, a whole RTCP packet, into out[LIMEN_TWCC_MESSAGE_MAX]; returns its length, 0
 * when all is told. Lost packets are told as lost up to the newest arrival, once; one that comes
 * after all is told again, with those behind it.
 */
size_t limen_twcc_write(struct limen_twcc *t, uint32_t ssrc, uint32_t media_ssrc, uint8_t *out);

/* What a message says of one sequence number. */
struct limen_twcc_status {
	uint16_t seq;
	bool arrived;
	int64_t at_us; /* by the receiver's clock, which wraps after 2^24 * 64 ms */
};

/* What follows the two SSRCs of a message, without padding. LIMEN_EPROTO: cut short, a reserved
 * symbol, or more than LIMEN_TWCC_STATUSES_MAX; what was told before that stands. */
int limen_twcc_read(const uint8_t *data, size_t len,
	void (*on_status)(const struct limen_twcc_status *status, void *arg), void *arg);

#endif
