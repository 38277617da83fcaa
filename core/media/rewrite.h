/*
 * The numbers of one m-line toward one receiver: however often its source changes, the receiver
 * sees one stream whose sequence numbers and picture ids have no holes but real losses, and whose
 * time stamps go on. Pure; thread: the receiver's loop.
 */
#ifndef LIMEN_MEDIA_REWRITE_H
#define LIMEN_MEDIA_REWRITE_H

#include <limen/packet.h>

#define LIMEN_REWRITE_SPANS 32u

/* From this incoming number on, out = in + offset. */
struct limen_rewrite_span {
	uint16_t from, offset, pid_offset; /* pid: VP8 or VP9 picture id */
};

struct limen_rewrite {
	uint32_t clock_hz;
	bool started, resync;
	uint64_t source;
	uint32_t ssrc;
	int8_t substream;
	uint16_t base;     /* older incoming numbers are late and dropped */
	uint16_t last_in;  /* highest incoming number of this source, skipped ones too */
	uint16_t last_seq; /* highest sent */
	uint32_t last_ts, ts_offset;
	int64_t last_us;
	unsigned spans;
	struct limen_rewrite_span span[LIMEN_REWRITE_SPANS];
	uint16_t last_pid;   /* highest sent */
	int32_t skipped_pid; /* incoming, left out last; -1: none */
	uint8_t tl0_offset, last_tl0;
};

struct limen_rewritten {
	uint16_t seq, picture_id;
	uint32_t ts;
	uint8_t tl0_pic_idx;
};

void limen_rewrite_init(struct limen_rewrite *rw, uint32_t clock_hz);
/* The numbers a packet gets. LIMEN_EAGAIN: a late one of before the switch, to be dropped. */
int limen_rewrite_packet(struct limen_rewrite *rw, const struct limen_packet *p, int64_t now_us,
	struct limen_rewritten *out);
/* The packet is left out on purpose: no hole shows. */
void limen_rewrite_skip(struct limen_rewrite *rw, const struct limen_packet *p);
/* The next packet continues as after a change of source. */
void limen_rewrite_break(struct limen_rewrite *rw);

#endif
