/*
 * Transport-wide feedback. Arrivals stand in a ring by sequence number, so that a message can be
 * written from any of them, and again when a late packet fills a gap that was told as lost. Time is
 * kept in the unit of the wire, 250 us, in 32 bits: the upper 24 are the reference time in units of
 * 64 ms, and wrap as it does. Pure; thread: the peer's loop.
 */
#include "core/media/twcc.h"
#include <string.h>
#include <limen/types.h>
#include "core/base/bytes.h"

#define TICK_US 250
#define REFERENCE_TICKS 256 /* 64 ms */
#define HEAD 20u            /* bytes before the chunks: RTCP header, SSRCs, and six fields */
#define RUN_MAX 8191u
#define VECTOR_ONE 14u /* symbols of a status vector of one bit, and of two */
#define VECTOR_TWO 7u
#define FORMAT 15 /* of transport layer feedback */
#define RTPFB 205
#define DUE (LIMEN_TWCC_WINDOW / 2)

enum symbol { LOST, SMALL, LARGE, RESERVED };

/* The newest number has always arrived, so a message tells at least one arrival. */
static bool all_told(const struct limen_twcc *t)
{
	return !t->started || t->begin > t->newest;
}

/* One message while it is put together. */
struct draft {
	size_t count, arrivals, delta_bytes;
	uint8_t symbol[LIMEN_TWCC_WINDOW];
	int16_t delta[LIMEN_TWCC_WINDOW];
	uint32_t reference; /* ticks */
};

void limen_twcc_init(struct limen_twcc *t)
{
	memset(t, 0, sizeof(*t));
}

static uint32_t *place(struct limen_twcc *t, int64_t seq)
{
	return &t->at[(uint64_t)seq % LIMEN_TWCC_WINDOW];
}

/* 0 means that a packet has not arrived, so one moment in twelve days is told 250 us late. */
static uint32_t ticks(int64_t now_us)
{
	const uint32_t t = (uint32_t)(now_us / TICK_US);

	return t ? t : 1;
}

static void start(struct limen_twcc *t, int64_t seq)
{
	memset(t->at, 0, sizeof(t->at));
	t->started = true;
	t->begin = t->newest = seq;
}

/* Makes room up to seq. A step over the whole window, here or back, is a new start, not loss. */
static void advance(struct limen_twcc *t, int64_t seq)
{
	if (seq - t->newest >= (int64_t)LIMEN_TWCC_WINDOW) {
		start(t, seq);
		return;
	}
	while (t->newest < seq)
		*place(t, ++t->newest) = 0;
	if (seq - t->begin >= (int64_t)LIMEN_TWCC_WINDOW)
		t->begin = seq - (int64_t)LIMEN_TWCC_WINDOW + 1;
}

bool limen_twcc_arrived(struct limen_twcc *t, uint16_t seq, int64_t now_us)
{
	bool newer;
	int64_t full;

	if (!t->started)
		start(t, seq);
	full = t->newest + (int16_t)(uint16_t)(seq - (uint16_t)t->newest);
	newer = full > t->newest;
	if (newer)
		advance(t, full);
	else if (t->newest - full >= (int64_t)LIMEN_TWCC_WINDOW)
		start(t, full);
	else if (*place(t, full))
		return false;
	*place(t, full) = ticks(now_us);
	if (full < t->begin)
		t->begin = full;
	return newer && t->newest - t->begin >= (int64_t)DUE;
}

static size_t message_len(const struct draft *d)
{
	const size_t chunks = (d->count + VECTOR_TWO - 1) / VECTOR_TWO;

	return (HEAD + 2 * chunks + d->delta_bytes + 3) / 4 * 4;
}

/* Adds the arrival behind so many lost ones; false, and nothing added, when it does not fit. */
static bool add_arrival(struct draft *d, size_t lost, uint32_t at, uint32_t last)
{
	const int32_t delta = (int32_t)(at - last);
	struct draft longer;

	if (delta < INT16_MIN || delta > INT16_MAX || d->arrivals == LIMEN_TWCC_ARRIVALS_MAX)
		return false;
	longer.count = d->count + lost + 1;
	longer.delta_bytes = d->delta_bytes + (delta >= 0 && delta <= UINT8_MAX ? 1 : 2);
	if (message_len(&longer) > LIMEN_TWCC_MESSAGE_MAX)
		return false;
	memset(d->symbol + d->count, LOST, lost);
	d->symbol[longer.count - 1] = delta >= 0 && delta <= UINT8_MAX ? SMALL : LARGE;
	d->delta[d->arrivals++] = (int16_t)delta;
	d->count = longer.count;
	d->delta_bytes = longer.delta_bytes;
	return true;
}

static void put_together(struct limen_twcc *t, struct draft *d)
{
	uint32_t last = 0;
	size_t lost = 0;

	d->count = d->arrivals = d->delta_bytes = 0;
	d->reference = 0;
	for (int64_t seq = t->begin; seq <= t->newest; seq++) {
		const uint32_t at = *place(t, seq);

		if (!at) {
			lost++;
			continue;
		}
		if (!d->arrivals)
			last = d->reference = at & ~(uint32_t)(REFERENCE_TICKS - 1);
		if (!add_arrival(d, lost, at, last))
			return;
		last = at;
		lost = 0;
	}
}

static size_t run_of(const struct draft *d, size_t from)
{
	size_t n = 1;

	while (from + n < d->count && n < RUN_MAX && d->symbol[from + n] == d->symbol[from])
		n++;
	return n;
}

static bool one_bit_is_enough(const struct draft *d, size_t from)
{
	for (size_t i = from; i < d->count && i < from + VECTOR_ONE; i++)
		if (d->symbol[i] == LARGE)
			return false;
	return true;
}

static uint16_t vector(const struct draft *d, size_t from, size_t room, unsigned bits)
{
	uint16_t v = bits == 1 ? 0x8000 : 0xc000;

	for (size_t i = 0; i < room && from + i < d->count; i++)
		v |= (uint16_t)(d->symbol[from + i] << (VECTOR_ONE - bits * (i + 1)));
	return v;
}

/* One chunk for symbols from here on; returns how many it holds. Each but the last holds 7 or more,
 * which message_len() relies on. */
static size_t put_chunk(const struct draft *d, size_t from, uint8_t *out)
{
	const size_t run = run_of(d, from);
	const bool one_bit = one_bit_is_enough(d, from);
	const size_t room = one_bit ? VECTOR_ONE : VECTOR_TWO;

	if (run > room || from + run == d->count) {
		limen_put_u16(out, (uint16_t)(d->symbol[from] << 13 | run));
		return run;
	}
	limen_put_u16(out, vector(d, from, room, one_bit ? 1 : 2));
	return room;
}

static uint8_t *put_deltas(const struct draft *d, uint8_t *p)
{
	for (size_t i = 0; i < d->arrivals; i++) {
		if (d->delta[i] >= 0 && d->delta[i] <= UINT8_MAX) {
			*p++ = (uint8_t)d->delta[i];
		} else {
			limen_put_u16(p, (uint16_t)d->delta[i]);
			p += 2;
		}
	}
	return p;
}

/* RFC 3550 §6.4.1: the last byte of padding counts it. */
static size_t pad(uint8_t *message, size_t len)
{
	const size_t padding = (4 - len % 4) % 4;

	if (padding) {
		memset(message + len, 0, padding);
		message[len + padding - 1] = (uint8_t)padding;
		message[0] |= 0x20;
	}
	return len + padding;
}

size_t limen_twcc_write(struct limen_twcc *t, uint32_t ssrc, uint32_t media_ssrc, uint8_t *out)
{
	uint8_t *p = out + HEAD;
	struct draft d;
	size_t len;

	if (all_told(t))
		return 0;
	put_together(t, &d);
	out[0] = 0x80 | FORMAT;
	out[1] = RTPFB;
	limen_put_u32(out + 4, ssrc);
	limen_put_u32(out + 8, media_ssrc);
	limen_put_u16(out + 12, (uint16_t)t->begin);
	limen_put_u16(out + 14, (uint16_t)d.count);
	limen_put_u32(out + 16, d.reference | t->number++);
	for (size_t i = 0; i < d.count; p += 2)
		i += put_chunk(&d, i, p);
	p = put_deltas(&d, p);
	len = pad(out, (size_t)(p - out));
	limen_put_u16(out + 2, (uint16_t)(len / 4 - 1));
	t->begin += (int64_t)d.count;
	return len;
}

/* Walks the chunks of a message: one symbol after the other. */
struct chunks {
	struct limen_bytes b;
	unsigned left; /* symbols of the chunk */
	unsigned bits; /* of each; 0 = all are alike */
	uint16_t chunk;
};

static enum symbol next_symbol(struct chunks *c)
{
	if (c->left == 0) {
		c->chunk = limen_bytes_u16(&c->b);
		c->bits = c->chunk & 0x8000 ? (c->chunk & 0x4000 ? 2 : 1) : 0;
		c->left = c->bits == 0 ? c->chunk & RUN_MAX
			: c->bits == 1 ? VECTOR_ONE
				       : VECTOR_TWO;
		if (c->left == 0)
			c->b.bad = true; /* a run of nothing */
	}
	if (c->b.bad)
		return RESERVED;
	c->left--;
	if (c->bits == 0)
		return (enum symbol)(c->chunk >> 13);
	return (enum symbol)(c->chunk >> c->left * c->bits & (c->bits == 1 ? 1 : 3));
}

/* Passes over the chunks; the deltas stand behind them. */
static bool skip_chunks(struct limen_bytes *b, unsigned count)
{
	struct chunks c = { .b = *b };

	while (count--)
		if (next_symbol(&c) == RESERVED)
			return false;
	*b = c.b;
	return true;
}

int limen_twcc_read(const uint8_t *data, size_t len,
	void (*on_status)(const struct limen_twcc_status *status, void *arg), void *arg)
{
	struct limen_bytes b = limen_bytes(data, len);
	struct limen_twcc_status status = { .seq = limen_bytes_u16(&b) };
	const unsigned count = limen_bytes_u16(&b);
	const int32_t reference = (int32_t)(limen_bytes_u24(&b) << 8);
	int64_t at = reference; /* signed, as the draft has it; 64 ms are 256 ticks */
	struct chunks c;

	limen_bytes_u8(&b);
	c = (struct chunks){ .b = b };
	if (b.bad || count == 0 || count > LIMEN_TWCC_STATUSES_MAX || !skip_chunks(&b, count))
		return LIMEN_EPROTO;
	for (unsigned i = 0; i < count; i++, status.seq++) {
		const enum symbol s = next_symbol(&c);

		if (s == SMALL)
			at += limen_bytes_u8(&b);
		else if (s == LARGE)
			at += (int16_t)limen_bytes_u16(&b);
		if (b.bad)
			return LIMEN_EPROTO;
		status.arrived = s != LOST;
		status.at_us = status.arrived ? at * TICK_US : 0;
		on_status(&status, arg);
	}
	return 0;
}
