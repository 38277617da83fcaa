/*
 * Compounds from anybody, after decryption: no more may be told than their bytes can hold. One
 * thread.
 */
#include "core/media/rtcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct told {
	size_t bytes; /* that what was told takes in a compound */
	unsigned nacks;
};

static void on_sender(const struct limen_rtcp_sender *sr, void *arg)
{
	struct told *t = arg;

	(void)sr;
	t->bytes += 28;
}

static void on_block(const struct limen_rtcp_block *block, void *arg)
{
	struct told *t = arg;

	if (block->lost < -0x800000 || block->lost > 0x7fffff)
		__builtin_trap();
	t->bytes += 24;
}

static void on_keyframe(uint32_t ssrc, void *arg)
{
	struct told *t = arg;

	(void)ssrc;
	t->bytes += 8;
}

static void on_nack(uint32_t ssrc, uint16_t seq, void *arg)
{
	struct told *t = arg;

	(void)ssrc, (void)seq;
	t->nacks++;
}

static void on_remb(uint64_t bps, void *arg)
{
	struct told *t = arg;

	(void)bps;
	t->bytes += 20;
}

static void on_bye(uint32_t ssrc, void *arg)
{
	struct told *t = arg;

	(void)ssrc;
	t->bytes += 4;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct limen_rtcp_events ev = { on_sender, on_block, on_keyframe, on_nack,
		on_remb, on_bye };
	struct told t = { 0 };
	const int err = limen_rtcp_read(data, size, &ev, &t);

	if (err && err != LIMEN_EPROTO)
		__builtin_trap();
	if (t.bytes > size || t.nacks > LIMEN_RTCP_NACKS_MAX || t.nacks / 17 * 4 > size)
		__builtin_trap();
	return 0;
}
