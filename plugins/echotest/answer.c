/*
 * Answering the offer of an EchoTest client, and pointing each m-line's fan-out back at its sender.
 * A renegotiation keeps the fan-outs of the m-lines that stay. Thread: the handle's loop.
 */
#include <string.h>
#include <strings.h>
#include "kit/body.h"
#include "kit/publish.h"
#include "plugins/echotest/echotest.h"

#define BIT(ext) (1u << (ext))

static const uint32_t accepted_exts = BIT(LIMEN_EXT_MID) | BIT(LIMEN_EXT_RID) |
	BIT(LIMEN_EXT_REPAIRED_RID) | BIT(LIMEN_EXT_AUDIO_LEVEL) | BIT(LIMEN_EXT_ORIENTATION) |
	BIT(LIMEN_EXT_PLAYOUT_DELAY) | BIT(LIMEN_EXT_TRANSPORT_CC) | BIT(LIMEN_EXT_DEPENDENCY) |
	BIT(LIMEN_EXT_ABS_SEND_TIME) | BIT(LIMEN_EXT_ABS_CAPTURE_TIME) | BIT(LIMEN_EXT_LAYERS);

/* The wish for one codec as the list that answer rules want; NULL where there is none. */
static const enum limen_codec *forced(
	const json_t *body, const char *name, enum limen_codec list[2])
{
	const char *text = limen_body_string(body, name, NULL);

	if (!text)
		return NULL;
	list[0] = limen_codec_by_name(text);
	list[1] = LIMEN_CODEC_NONE;
	return list;
}

static void set_profile(struct limen_answer_rules *rules, const json_t *body)
{
	const char *profile = limen_body_string(body, "videoprofile", NULL);

	if (!profile)
		return;
	/* profile-id is one digit, profile-level-id six hexadecimal ones */
	if (strlen(profile) < 6)
		rules->vp9_profile = profile;
	else
		rules->h264_profile = profile;
}

static void drop_lines_from(struct limen_echo *e, guint count)
{
	if (e->lines->len > count) {
		g_ptr_array_set_size(e->lines, (gint)count);
		g_array_set_size(e->kinds, count);
	}
}

static void loop_back(struct limen_handle *h, struct limen_echo *e, const struct limen_sdp_media *m,
	uint16_t mindex)
{
	const bool wanted = !m->rejected && m->kind != LIMEN_DATA && m->dir == LIMEN_SENDRECV;
	struct limen_fanout *f = g_ptr_array_index(e->lines, mindex);

	g_array_index(e->kinds, enum limen_kind, mindex) = m->kind;
	if (wanted && !f) {
		f = limen->fanout_new(h, mindex);
		limen->fanout_add(f, h, mindex);
		g_ptr_array_index(e->lines, mindex) = f;
	} else if (!wanted && f) {
		limen->fanout_free(f);
		g_ptr_array_index(e->lines, mindex) = NULL;
	}
}

static void take_lines(struct limen_handle *h, struct limen_echo *e, const struct limen_sdp *answer)
{
	e->audio_codec = e->video_codec = LIMEN_CODEC_NONE;
	e->simulcast = e->audio_red = false;
	drop_lines_from(e, answer->media->len);
	g_ptr_array_set_size(e->lines, (gint)answer->media->len);
	g_array_set_size(e->kinds, answer->media->len);
	for (guint i = 0; i < answer->media->len; i++) {
		struct limen_publish p;

		loop_back(h, e, g_ptr_array_index(answer->media, i), (uint16_t)i);
		limen_publish_read(answer, (uint16_t)i, &p);
		if (p.active && p.kind == LIMEN_AUDIO && !e->audio_codec) {
			e->audio_codec = p.codec;
			e->audio_red = p.red;
		}
		if (p.active && p.kind == LIMEN_VIDEO && !e->video_codec) {
			e->video_codec = p.codec;
			e->simulcast = p.simulcast;
		}
		limen_publish_clear(&p);
	}
}

int limen_echo_answer(struct limen_handle *h, struct limen_request *r)
{
	struct limen_echo *e = h->state;
	enum limen_codec audio[2], video[2];
	struct limen_answer_rules rules = {
		.audio = forced(r->body, "audiocodec", audio),
		.video = forced(r->body, "videocodec", video),
		.exts = accepted_exts,
		.dir = LIMEN_SENDRECV,
		.no_sendonly = true,
		.opus_dtx = true,
		.opus_stereo = true,
		.opus_red = limen_body_bool(r->body, "opusred", false) && !r->jsep->e2ee,
	};
	struct limen_sdp *answer;

	set_profile(&rules, r->body);
	if (limen->answer(r->jsep->sdp, &rules, &answer) != 0)
		return limen->fail(r, LIMEN_ECHO_SDP,
			"Error parsing offer: the description cannot be answered");
	take_lines(h, e, answer);
	e->e2ee = r->jsep->e2ee;
	if (json_array_size(r->jsep->svc) > 0)
		e->svc = true;
	r->answer = (struct limen_jsep){
		.type = LIMEN_JSEP_ANSWER, .sdp = answer, .update = r->jsep->update, .e2ee = e->e2ee
	};
	return 0;
}
