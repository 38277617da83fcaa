/*
 * Descriptions from anybody: parsed, answered by several rules, written and parsed again. What the
 * gateway writes itself must always be readable, and say the same. One thread.
 */
#include <stdlib.h>
#include <string.h>
#include "core/sdp/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		__builtin_trap();
}

static struct limen_sdp *answer_to(const struct limen_sdp *offer, uint8_t choice)
{
	static const enum limen_codec audio[] = { LIMEN_PCMA, LIMEN_OPUS, LIMEN_CODEC_NONE };
	static const enum limen_codec video[] = { LIMEN_H264, LIMEN_VP9, LIMEN_CODEC_NONE };
	const struct limen_answer_rules rules = {
		.audio = choice & 1 ? audio : NULL,
		.video = choice & 1 ? video : NULL,
		.vp9_profile = choice & 2 ? "2" : NULL,
		.h264_profile = choice & 2 ? "42e01f" : NULL,
		.exts = choice & 4 ? UINT32_MAX : 0,
		.dir = (enum limen_dir)(choice >> 3 & 3),
		.no_sendonly = choice & 32,
		.no_data = choice & 64,
		.opus_dtx = true,
		.opus_stereo = true,
		.opus_red = choice & 128,
	};
	struct limen_sdp *answer;

	must(limen_sdp_answer(offer, &rules, &answer) == 0);
	must(answer->media->len == offer->media->len);
	return answer;
}

static char *print(const struct limen_sdp *sdp, const struct limen_sdp *offer)
{
	g_autofree struct limen_sdp_local_line *lines =
		g_new0(struct limen_sdp_local_line, sdp->media->len);
	const struct limen_sdp_local local = {
		.ip = "192.0.2.1",
		.fingerprint = "AB:CD",
		.ufrag = "abcd",
		.pwd = "0123456789012345678901",
		.setup = LIMEN_SETUP_ACTIVE,
		.lines = lines,
	};

	for (guint i = 0; i < sdp->media->len; i++) {
		const struct limen_sdp_format *f = limen_sdp_main_format(limen_sdp_line(sdp, i));
		int rtx = f ? limen_sdp_rtx_of(limen_sdp_line(offer, i), f->pt) : -1;

		lines[i] = (struct limen_sdp_local_line){ 1 + 2 * i, 2 + 2 * i, rtx };
	}
	return limen_sdp_print(sdp, &local);
}

static void expect_same(const struct limen_sdp *a, const struct limen_sdp *b)
{
	g_autofree char *reason = NULL;

	must(a->id == b->id && a->version == b->version && a->media->len == b->media->len);
	for (guint i = 0; i < a->media->len; i++) {
		const struct limen_sdp_media *x = limen_sdp_line(a, i), *y = limen_sdp_line(b, i);

		must(x->kind == y->kind && strcmp(x->mid, y->mid) == 0);
		must(x->rejected == y->rejected);
		must(x->rejected || (x->dir == y->dir && x->rids->len == y->rids->len));
		must(x->rejected || memcmp(x->ext_id, y->ext_id, sizeof(x->ext_id)) == 0);
	}
	must(limen_sdp_match(a, b, &reason) == 0);
}

static void write_and_read(const struct limen_sdp *sdp, const struct limen_sdp *offer)
{
	g_autofree char *text = print(sdp, offer), *reason = NULL;
	g_autoptr(limen_sdp) again = NULL;

	must(limen_sdp_parse(text, strlen(text), &again, &reason) == 0);
	expect_same(sdp, again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t choices[] = { 0, 0x37, 0xff, 0x4d };
	g_autoptr(limen_sdp) offer = NULL, shown = NULL;
	g_autofree char *reason = NULL;

	if (limen_sdp_parse((const char *)data, size, &offer, &reason)) {
		must(reason && !offer);
		return 0;
	}
	must(!reason);
	shown = limen_sdp_copy(offer);
	limen_sdp_strip(shown);
	write_and_read(shown, offer);
	for (size_t i = 0; i < sizeof(choices); i++) {
		g_autoptr(limen_sdp) answer = answer_to(shown, choices[i]);

		write_and_read(answer, offer);
	}
	return 0;
}
