/*
 * Renumbering toward one receiver. Skipped packets shift what follows them; a few past shifts are
 * remembered, so that a packet which arrives late still gets the number that was left for it. Pure;
 * thread: the receiver's loop.
 */
#include "core/media/rewrite.h"
#include <string.h>
#include "core/media/rtp.h"

#define JUMP_MAX 3000 /* a larger step is a new start (MAX_DROPOUT of RFC 3550 A.1) */

void limen_rewrite_init(struct limen_rewrite *rw, uint32_t clock_hz)
{
	memset(rw, 0, sizeof(*rw));
	rw->clock_hz = clock_hz;
}

static bool jumps(const struct limen_rewrite *rw, uint16_t seq)
{
	const uint16_t ahead = (uint16_t)(seq - rw->last_in);

	return ahead >= JUMP_MAX && (uint16_t)-ahead >= JUMP_MAX;
}

static bool same_source(const struct limen_rewrite *rw, const struct limen_packet *p)
{
	return rw->started && !rw->resync && rw->source == p->source &&
		rw->substream == p->substream && rw->ssrc == p->ssrc && !jumps(rw, p->seq);
}

static void switch_source(struct limen_rewrite *rw, const struct limen_packet *p, int64_t now_us)
{
	const int64_t elapsed = rw->started ? (now_us - rw->last_us) * rw->clock_hz / 1000000 : 0;
	const uint32_t ts = rw->last_ts + (elapsed > 1 ? (uint32_t)elapsed : 1);

	rw->source = p->source;
	rw->substream = p->substream;
	rw->ssrc = p->ssrc;
	rw->base = rw->last_in = p->seq;
	rw->ts_offset = ts - p->ts;
	rw->spans = 1;
	rw->span[0] = (struct limen_rewrite_span){
		.from = p->seq,
		.offset = (uint16_t)(rw->last_seq + 1 - p->seq),
		.pid_offset = (uint16_t)(rw->last_pid + 1 - p->layer.picture_id),
	};
	rw->skipped_pid = -1;
	if (p->layer.tl0_pic_idx >= 0)
		rw->tl0_offset = (uint8_t)(rw->last_tl0 + 1 - p->layer.tl0_pic_idx);
	rw->started = true;
	rw->resync = false;
}

static void forget_span(struct limen_rewrite *rw)
{
	rw->spans--;
	memmove(rw->span, rw->span + 1, rw->spans * sizeof(rw->span[0]));
	if (limen_seq_after(rw->span[0].from, rw->base))
		rw->base = rw->span[0].from;
}

/* What is far behind is forgotten before it looks as if it were ahead, modulo 2^16. */
static void advance(struct limen_rewrite *rw, uint16_t seq)
{
	const uint16_t oldest = (uint16_t)(seq - JUMP_MAX);

	if (!limen_seq_after(seq, rw->last_in))
		return;
	rw->last_in = seq;
	while (rw->spans > 1 && !limen_seq_after(rw->span[1].from, oldest))
		forget_span(rw);
	if (limen_seq_after(oldest, rw->base))
		rw->base = rw->span[0].from = oldest;
}

static const struct limen_rewrite_span *span_of(const struct limen_rewrite *rw, uint16_t seq)
{
	unsigned i = rw->spans - 1;

	while (i > 0 && limen_seq_after(rw->span[i].from, seq))
		i--;
	return &rw->span[i];
}

static uint16_t picture_id(const struct limen_packet *p, const struct limen_rewrite_span *span)
{
	return (uint16_t)((p->layer.picture_id + span->pid_offset) & 0x7fff);
}

int limen_rewrite_packet(struct limen_rewrite *rw, const struct limen_packet *p, int64_t now_us,
	struct limen_rewritten *out)
{
	const struct limen_rewrite_span *span;

	if (!same_source(rw, p))
		switch_source(rw, p, now_us);
	else if (limen_seq_after(rw->base, p->seq))
		return LIMEN_EAGAIN;
	advance(rw, p->seq);
	span = span_of(rw, p->seq);
	out->seq = (uint16_t)(p->seq + span->offset);
	out->ts = p->ts + rw->ts_offset;
	out->picture_id = picture_id(p, span);
	out->tl0_pic_idx = (uint8_t)(p->layer.tl0_pic_idx + rw->tl0_offset);
	if (limen_seq_after(out->seq, rw->last_seq)) {
		rw->last_seq = out->seq;
		rw->last_ts = out->ts;
		rw->last_us = now_us;
		rw->last_pid = p->layer.picture_id >= 0 ? out->picture_id : rw->last_pid;
		rw->last_tl0 = p->layer.tl0_pic_idx >= 0 ? out->tl0_pic_idx : rw->last_tl0;
	}
	return 0;
}

/* Is this the first packet of a picture of which nothing was sent? */
static bool skips_picture(struct limen_rewrite *rw, const struct limen_packet *p,
	const struct limen_rewrite_span *span)
{
	const int32_t id = p->layer.picture_id;

	/* VP9 in non-flexible mode: references follow from the distance of picture ids (RFC 9628
	 * §4.2), so what was left out must show. */
	if (p->codec == LIMEN_VP9 || id < 0 || id == rw->skipped_pid ||
		picture_id(p, span) == rw->last_pid)
		return false;
	rw->skipped_pid = id;
	return true;
}

void limen_rewrite_skip(struct limen_rewrite *rw, const struct limen_packet *p)
{
	struct limen_rewrite_span span;

	/* A late one's number has been passed already. */
	if (!same_source(rw, p) || !limen_seq_after(p->seq, rw->last_in))
		return;
	advance(rw, p->seq);
	span = rw->span[rw->spans - 1];
	if (span.from == p->seq)
		rw->spans--; /* nothing was sent with it */
	else if (rw->spans == LIMEN_REWRITE_SPANS)
		forget_span(rw);
	if (skips_picture(rw, p, &span))
		span.pid_offset--;
	span.offset--;
	span.from = (uint16_t)(p->seq + 1);
	rw->span[rw->spans++] = span;
}

void limen_rewrite_break(struct limen_rewrite *rw)
{
	rw->resync = true;
}
