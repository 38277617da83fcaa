/*
 * Payloads from anybody: the first byte chooses the codec, the rest is inspected and, for VP8,
 * renumbered and inspected again. One thread.
 */
#include <stdlib.h>
#include <string.h>
#include "core/media/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct limen_layer *l)
{
	if (l->spatial < -1 || l->spatial > 7 || l->temporal < -1 || l->temporal > 7)
		__builtin_trap();
	if (l->picture_id < -1 || l->picture_id > 0x7fff || l->tl0_pic_idx < -1 ||
		l->tl0_pic_idx > 255)
		__builtin_trap();
	if (l->keyframe && !l->start)
		__builtin_trap();
}

/* New numbers are in place, everything else is as it was. */
static void renumber(const uint8_t *data, size_t size, const struct limen_layer *before)
{
	uint8_t *scratch = malloc(size ? size : 1);
	struct limen_layer after;

	if (!scratch)
		return;
	if (size)
		memcpy(scratch, data, size);
	limen_vp8_renumber(scratch, size, 0x5a5a, 0xa5);
	limen_codec_inspect(LIMEN_VP8, scratch, size, &after);
	if (before->picture_id >= 0 && (after.picture_id & 0x7f) != 0x5a)
		__builtin_trap();
	if (before->tl0_pic_idx >= 0 && after.tl0_pic_idx != 0xa5)
		__builtin_trap();
	if (after.keyframe != before->keyframe || after.temporal != before->temporal ||
		(after.picture_id < 0) != (before->picture_id < 0))
		__builtin_trap();
	free(scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum limen_codec codecs[] = { LIMEN_VP8, LIMEN_VP9, LIMEN_H264, LIMEN_H265,
		LIMEN_AV1 };
	enum limen_codec codec;
	struct limen_layer l;

	if (size == 0)
		return 0;
	codec = codecs[data[0] % (sizeof(codecs) / sizeof(codecs[0]))];
	limen_codec_inspect(codec, data + 1, size - 1, &l);
	check(&l);
	if (codec == LIMEN_VP8)
		renumber(data + 1, size - 1, &l);
	return 0;
}
