/*
 * Feedback from anybody, as it stands behind the two SSRCs. What it says has arrived is then told
 * in messages of our own, which must say the same. One thread.
 */
#include <stdlib.h>
#include "core/media/twcc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
	struct limen_twcc twcc;
	unsigned statuses, arrivals;
	uint16_t last; /* sequence number that arrived last */
};

static void on_status(const struct limen_twcc_status *s, void *arg)
{
	struct heard *h = arg;

	h->statuses++;
	if (!s->arrived)
		return;
	h->arrivals++;
	h->last = s->seq;
	limen_twcc_arrived(&h->twcc, s->seq, s->at_us + (INT64_C(1) << 40));
}

static void on_own(const struct limen_twcc_status *s, void *arg)
{
	*(uint16_t *)arg = s->seq;
}

/* Every message can be read, and the last ends with the newest arrival. */
static void write_all(struct heard *h)
{
	uint8_t m[LIMEN_TWCC_MESSAGE_MAX];
	uint16_t last = (uint16_t)~h->last;
	size_t len;

	while ((len = limen_twcc_write(&h->twcc, 1, 2, m))) {
		const size_t padding = m[0] & 0x20 ? m[len - 1] : 0;

		if (len > sizeof(m) || limen_twcc_read(m + 12, len - 12 - padding, on_own, &last))
			__builtin_trap();
	}
	if (h->arrivals && last != h->last)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heard *h = calloc(1, sizeof(*h));

	if (!h)
		abort();
	limen_twcc_init(&h->twcc);
	limen_twcc_read(data, size, on_status, h);
	if (h->statuses > LIMEN_TWCC_STATUSES_MAX)
		__builtin_trap();
	write_all(h);
	free(h);
	return 0;
}
