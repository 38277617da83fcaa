/*
 * Renumbering toward one receiver. Skipped packets shift what follows them; a few past shifts are
 * remembered, so that a packet which arrives late still gets the number that was left for it. Pure;
 * thread: the receiver's loop.
 */
#include "core/media/rewrite.h"
#include <string.h>
#include "core/media/rtp.h"

void limen_rewrite_init(struct limen_rewrite *rw, uint32_t clock_hz)
{
	memset(rw, 0, sizeof(*rw));
	rw->clock_hz = clock_hz;
}

static bool same_source(const struct limen_rewrite *rw, const struct limen_packet *p)
{
	return rw->started && !rw->resync && rw->source == p->source &&
		rw->substream == p->substream && rw->ssrc == p->ssrc;
}

static void switch_source(struct limen_rewrite *rw, const struct limen_packet *p, int64_t now_us)
{
	const int64_t elapsed = rw->started ? (now_us - rw->last_us) * rw->clock_hz / 1000000 : 0;
	const uint32_t ts = rw->last_ts + (elapsed > 1 ? (uint32_t)elapsed : 1);

	rw->source = p->source;
	rw->substream = p->substream;
	rw->ssrc = p->ssrc;
	rw->base = p->seq;
	rw->ts_offset = ts - p->ts;
	rw->spans = 1;
	rw->span[0] = (struct limen_rewrite_span){ p->seq, (uint16_t)(rw->last_seq + 1 - p->seq) };
	if (p->layer.picture_id >= 0)
		rw->pid_offset = (uint16_t)(rw->last_pid + 1 - p->layer.picture_id);
	if (p->layer.tl0_pic_idx >= 0)
		rw->tl0_offset = (uint8_t)(rw->last_tl0 + 1 - p->layer.tl0_pic_idx);
	rw->started = true;
	rw->resync = false;
}

static uint16_t offset_for(const struct limen_rewrite *rw, uint16_t seq)
{
	unsigned i = rw->spans - 1;

	while (i > 0 && limen_seq_after(rw->span[i].from, seq))
		i--;
	return rw->span[i].offset;
}

int limen_rewrite_packet(struct limen_rewrite *rw, const struct limen_packet *p, int64_t now_us,
	struct limen_rewritten *out)
{
	if (!same_source(rw, p))
		switch_source(rw, p, now_us);
	else if (limen_seq_after(rw->base, p->seq))
		return LIMEN_EAGAIN;
	out->seq = (uint16_t)(p->seq + offset_for(rw, p->seq));
	out->ts = p->ts + rw->ts_offset;
	out->picture_id = (uint16_t)((p->layer.picture_id + rw->pid_offset) & 0x7fff);
	out->tl0_pic_idx = (uint8_t)(p->layer.tl0_pic_idx + rw->tl0_offset);
	if (limen_seq_after(out->seq, rw->last_seq) || rw->last_us == 0) {
		rw->last_seq = out->seq;
		rw->last_ts = out->ts;
		rw->last_us = now_us;
		rw->last_pid = p->layer.picture_id >= 0 ? out->picture_id : rw->last_pid;
		rw->last_tl0 = p->layer.tl0_pic_idx >= 0 ? out->tl0_pic_idx : rw->last_tl0;
	}
	return 0;
}

void limen_rewrite_skip(struct limen_rewrite *rw, const struct limen_packet *p)
{
	struct limen_rewrite_span *last = rw->spans ? &rw->span[rw->spans - 1] : NULL;
	const uint16_t next = (uint16_t)(p->seq + 1);

	if (!same_source(rw, p) || !last || limen_seq_after(last->from, p->seq))
		return;
	if (last->from == p->seq && rw->spans > 1) {
		last->from = next;
		last->offset--;
		return;
	}
	if (rw->spans == LIMEN_REWRITE_SPANS) {
		memmove(rw->span, rw->span + 1, sizeof(rw->span) - sizeof(rw->span[0]));
		rw->spans--;
		last--;
	}
	rw->span[rw->spans++] = (struct limen_rewrite_span){ next, (uint16_t)(last->offset - 1) };
	if (limen_seq_after(rw->span[0].from, rw->base))
		rw->base = rw->span[0].from;
}

void limen_rewrite_break(struct limen_rewrite *rw)
{
	rw->resync = true;
}
