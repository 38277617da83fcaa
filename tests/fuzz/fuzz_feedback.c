/*
 * Keyframe requests from anybody who finds the port of a back channel: no more of them are told
 * than the bytes have room for. One thread.
 */
#include "kit/feedback.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(uint32_t ssrc, void *arg)
{
	(void)ssrc;
	++*(size_t *)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t told = 0;
	const int err = limen_feedback_read(data, size, count, &told);

	if (told > size / 8 || (err != 0 && err != LIMEN_EPROTO))
		__builtin_trap();
	return 0;
}
