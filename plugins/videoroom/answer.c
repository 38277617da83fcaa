/*
 * Answering a publisher's offer by the room's settings, and taking the m-lines as tracks. A
 * renegotiation keeps the tracks whose m-line goes on with the same codec, and with them their
 * receivers. Thread: the publisher's loop, with the room locked.
 */
#include <string.h>
#include "kit/body.h"
#include "plugins/videoroom/forward.h"
#include "plugins/videoroom/subscriber.h"

static uint32_t accepted_exts(const struct limen_room *room)
{
	uint32_t exts = 1u << LIMEN_EXT_MID | 1u << LIMEN_EXT_RID | 1u << LIMEN_EXT_REPAIRED_RID |
		1u << LIMEN_EXT_DEPENDENCY;

	if (room->audiolevel_ext)
		exts |= 1u << LIMEN_EXT_AUDIO_LEVEL;
	if (room->videoorient_ext)
		exts |= 1u << LIMEN_EXT_ORIENTATION;
	if (room->playoutdelay_ext)
		exts |= 1u << LIMEN_EXT_PLAYOUT_DELAY;
	if (room->transport_wide_cc_ext)
		exts |= 1u << LIMEN_EXT_TRANSPORT_CC;
	return exts;
}

/* The client's wish for one codec of the room, or all that the room has. */
static const enum limen_codec *codecs(const json_t *body, const char *name,
	const enum limen_codec *of_room, enum limen_codec one[2])
{
	const char *wish = limen_body_string(body, name, NULL);

	if (!wish)
		return of_room;
	one[0] = limen_codec_by_name(wish);
	one[1] = LIMEN_CODEC_NONE;
	return one;
}

static bool is_svc(const json_t *svc, const struct limen_publish *facts)
{
	size_t i;
	const json_t *entry;

	if ((facts->codec != LIMEN_VP9 && facts->codec != LIMEN_AV1) || facts->simulcast)
		return false;
	json_array_foreach(svc, i, entry)
	{
		const char *mid = limen_body_string(entry, "mid", NULL);

		if (mid ? strcmp(mid, facts->mid) == 0
			: limen_body_int(entry, "mindex", -1) == facts->mindex)
			return true;
	}
	return false;
}

/* What the description says beyond the rules: the dependency descriptor is for AV1 only, and a cap
 * is written down. */
static void finish(struct limen_sdp *answer, const struct limen_publisher *p)
{
	for (guint i = 0; i < answer->media->len; i++) {
		struct limen_sdp_media *m = g_ptr_array_index(answer->media, i);
		const struct limen_sdp_format *f =
			m->formats->len > 0 ? g_ptr_array_index(m->formats, 0) : NULL;

		if (!f || f->codec != LIMEN_AV1)
			m->ext_id[LIMEN_EXT_DEPENDENCY] = 0;
		if (m->kind == LIMEN_VIDEO && m->dir == LIMEN_RECVONLY && p->room->bitrate_cap)
			m->bandwidth_bps = (uint32_t)p->room->bitrate_bps;
	}
	g_free(answer->name);
	answer->name = g_strdup_printf("VideoRoom %s", p->room->id);
}

static void take_track(struct limen_publisher *p, struct limen_track *t,
	struct limen_publish *facts, GPtrArray *hit)
{
	const bool goes_on = t->facts.active && facts->active && t->facts.codec == facts->codec &&
		t->facts.kind == facts->kind;

	if (!goes_on)
		limen_track_silence(t, hit);
	limen_publish_clear(&t->facts);
	t->facts = *facts;
	if (facts->active && facts->kind != LIMEN_DATA && !t->fanout) {
		t->fanout = limen->fanout_new(p->handle, facts->mindex);
		limen_track_gate(t);
		limen_forwarders_connect(t);
	}
}

static void take_tracks(
	struct limen_publisher *p, const struct limen_sdp *answer, const json_t *svc)
{
	g_autoptr(GPtrArray) hit = g_ptr_array_new();

	for (guint i = 0; i < answer->media->len; i++) {
		struct limen_publish facts;

		limen_publish_read(answer, (uint16_t)i, &facts);
		if (i == p->tracks->len)
			g_ptr_array_add(p->tracks, limen_track_new(p));
		take_track(p, g_ptr_array_index(p->tracks, i), &facts, hit);
		((struct limen_track *)g_ptr_array_index(p->tracks, i))->svc = is_svc(svc, &facts);
	}
	limen_offer_changed_all(hit);
}

int limen_publisher_answer(struct limen_publisher *p, struct limen_request *r)
{
	const struct limen_room *room = p->room;
	enum limen_codec audio[2], video[2];
	const struct limen_answer_rules rules = {
		.audio = codecs(r->body, "audiocodec", room->audio, audio),
		.video = codecs(r->body, "videocodec", room->video, video),
		.vp9_profile = room->vp9_profile,
		.h264_profile = room->h264_profile,
		.exts = accepted_exts(room),
		.dir = LIMEN_RECVONLY,
		.no_opus_fec = !room->opus_fec,
		.opus_dtx = room->opus_dtx,
		.opus_stereo = true,
		/* what is encrypted hides where the redundancy ends */
		.opus_red = !r->jsep->e2ee,
	};
	struct limen_sdp *answer;

	if (r->jsep->type != LIMEN_JSEP_OFFER)
		return 0;
	if (limen->answer(r->jsep->sdp, &rules, &answer) != 0)
		return limen->fail(r, VIDEOROOM_INVALID_SDP, "Error processing SDP offer");
	finish(answer, p);
	p->e2ee = r->jsep->e2ee;
	take_tracks(p, answer, r->jsep->svc);
	p->negotiated = true;
	r->answer = (struct limen_jsep){
		.type = LIMEN_JSEP_ANSWER, .sdp = answer, .update = r->jsep->update, .e2ee = p->e2ee
	};
	return 0;
}
