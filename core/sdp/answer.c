/*
 * Answering an offer by a plugin's rules: per m-line one codec, a direction, the extensions both
 * sides want. Pure; any thread.
 */
#include <string.h>
#include "core/sdp/sdp.h"

static bool profile_fits(const struct limen_sdp_format *f, const struct limen_answer_rules *rules)
{
	const char *want = f->codec == LIMEN_VP9 ? rules->vp9_profile
		: f->codec == LIMEN_H264         ? rules->h264_profile
						 : NULL;
	g_autofree char *have = limen_sdp_fmtp_get(
		f->fmtp, f->codec == LIMEN_VP9 ? "profile-id" : "profile-level-id");

	if (!want)
		return true;
	if (!have)
		return f->codec == LIMEN_VP9 && strcmp(want, "0") == 0;
	return g_ascii_strcasecmp(have, want) == 0;
}

/* H.264 in single NAL mode is taken only when nothing better was offered (RFC 6184 §6.2). */
static bool is_poor(const struct limen_sdp_format *f)
{
	g_autofree char *mode =
		f->codec == LIMEN_H264 ? limen_sdp_fmtp_get(f->fmtp, "packetization-mode") : NULL;

	return f->codec == LIMEN_H264 && (!mode || strcmp(mode, "0") == 0);
}

static struct limen_sdp_format *find_codec(const struct limen_sdp_media *m, enum limen_codec codec,
	const struct limen_answer_rules *rules)
{
	struct limen_sdp_format *poor = NULL;

	for (guint i = 0; i < m->formats->len; i++) {
		struct limen_sdp_format *f = g_ptr_array_index(m->formats, i);

		if (f->codec != codec || codec == LIMEN_CODEC_NONE || !profile_fits(f, rules))
			continue;
		if (!is_poor(f))
			return f;
		poor = poor ? poor : f;
	}
	return poor;
}

static const struct limen_sdp_format *choose(
	const struct limen_sdp_media *m, const struct limen_answer_rules *rules)
{
	const enum limen_codec *list = m->kind == LIMEN_AUDIO ? rules->audio : rules->video;
	const struct limen_sdp_format *f = NULL;

	for (; list && *list != LIMEN_CODEC_NONE && !f; list++)
		f = find_codec(m, *list, rules);
	if (m->kind == LIMEN_AUDIO ? rules->audio : rules->video)
		return f;
	f = limen_sdp_main_format(m);
	return f ? find_codec(m, f->codec, rules) : NULL;
}

static bool offered(const struct limen_sdp_format *f, const char *parameter)
{
	g_autofree char *v = limen_sdp_fmtp_get(f->fmtp, parameter);

	return v && strcmp(v, "1") == 0;
}

static void add_parameter(GString *fmtp, const char *text)
{
	g_string_append_printf(fmtp, "%s%s", fmtp->len ? ";" : "", text);
}

static char *opus_fmtp(const struct limen_sdp_format *f, const struct limen_answer_rules *rules)
{
	GString *fmtp = g_string_new(NULL);
	const bool empty = !f->fmtp;

	if ((offered(f, "useinbandfec") || empty) && !rules->no_opus_fec)
		add_parameter(fmtp, "useinbandfec=1");
	if (offered(f, "usedtx") && rules->opus_dtx)
		add_parameter(fmtp, "usedtx=1");
	if ((offered(f, "stereo") || offered(f, "sprop-stereo")) && rules->opus_stereo)
		add_parameter(fmtp, "stereo=1");
	return g_string_free(fmtp, fmtp->len == 0);
}

static void add_feedback(struct limen_sdp_format *f, enum limen_kind kind, bool transport_cc)
{
	static const char *const video[] = { "ccm fir", "nack", "nack pli", "goog-remb" };

	g_ptr_array_set_size(f->feedback, 0);
	for (size_t i = 0; kind == LIMEN_VIDEO && i < G_N_ELEMENTS(video); i++)
		g_ptr_array_add(f->feedback, g_strdup(video[i]));
	if (transport_cc)
		g_ptr_array_add(f->feedback, g_strdup("transport-cc"));
}

static enum limen_dir reversed(enum limen_dir dir)
{
	return (enum limen_dir)(((dir & LIMEN_SENDONLY) ? LIMEN_RECVONLY : 0) |
		((dir & LIMEN_RECVONLY) ? LIMEN_SENDONLY : 0));
}

static enum limen_dir direction(
	const struct limen_sdp_media *m, const struct limen_answer_rules *rules)
{
	const enum limen_dir most = rules->dir ? rules->dir : LIMEN_SENDRECV;
	const enum limen_dir dir = (enum limen_dir)(reversed(m->dir) & most);

	return rules->no_sendonly && dir == LIMEN_SENDONLY ? LIMEN_INACTIVE : dir;
}

static void accept(struct limen_sdp_media *a, const struct limen_sdp_media *m,
	const struct limen_sdp_format *f, const struct limen_answer_rules *rules)
{
	struct limen_sdp_format *mine = limen_sdp_format_copy(f);

	for (int e = 0; e < LIMEN_EXTS; e++)
		if (rules->exts & (1u << e))
			a->ext_id[e] = m->ext_id[e];
	add_feedback(mine, m->kind, a->ext_id[LIMEN_EXT_TRANSPORT_CC] != 0);
	if (f->codec == LIMEN_OPUS) {
		g_free(mine->fmtp);
		mine->fmtp = opus_fmtp(f, rules);
	}
	g_ptr_array_add(a->formats, mine);
	a->dir = direction(m, rules);
	if (!(a->dir & LIMEN_RECVONLY))
		return;
	a->simulcast = m->simulcast;
	a->legacy_simulcast = m->legacy_simulcast;
	for (guint i = 0; m->simulcast && m->rids->len > 1 && i < m->rids->len; i++) {
		struct limen_sdp_rid r = g_array_index(m->rids, struct limen_sdp_rid, i);

		if (!r.send)
			continue;
		r.send = false;
		g_array_append_val(a->rids, r);
	}
}

static void add_red(struct limen_sdp_media *a, const struct limen_sdp_media *m)
{
	for (guint i = 0; i < m->formats->len; i++) {
		const struct limen_sdp_format *f = g_ptr_array_index(m->formats, i);

		if (!limen_sdp_is_red(f))
			continue;
		g_ptr_array_insert(a->formats, 0, limen_sdp_format_copy(f));
		return;
	}
}

static struct limen_sdp_media *answer_media(
	const struct limen_sdp_media *m, const struct limen_answer_rules *rules)
{
	struct limen_sdp_media *a = limen_sdp_media_new(m->kind);
	const struct limen_sdp_format *f;

	memcpy(a->mid, m->mid, sizeof(a->mid));
	a->proto = g_strdup(m->proto);
	a->other = g_strdup(m->other);
	a->dir = LIMEN_INACTIVE;
	a->rejected = m->rejected || (m->kind == LIMEN_DATA && rules->no_data);
	if (a->rejected)
		return a;
	if (m->kind == LIMEN_DATA) {
		a->dir = LIMEN_SENDRECV;
		return a;
	}
	if ((f = choose(m, rules)))
		accept(a, m, f, rules);
	else if (m->formats->len)
		g_ptr_array_add(
			a->formats, limen_sdp_format_copy(g_ptr_array_index(m->formats, 0)));
	if (f && f->codec == LIMEN_OPUS && rules->opus_red)
		add_red(a, m);
	return a;
}

int limen_sdp_answer(const struct limen_sdp *offer, const struct limen_answer_rules *rules,
	struct limen_sdp **out)
{
	struct limen_sdp *answer = limen_sdp_new(offer->name);

	answer->id = offer->id;
	answer->version = offer->version;
	for (guint i = 0; i < offer->media->len; i++)
		g_ptr_array_add(answer->media, answer_media(limen_sdp_line(offer, i), rules));
	*out = answer;
	return 0;
}
