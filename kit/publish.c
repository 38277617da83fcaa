/*
 * What a client publishes, read from our answer: by then the codec, its parameters and the
 * extensions are what both sides agreed on. Any thread.
 */
#include "kit/publish.h"
#include <string.h>

static bool agreed(const char *fmtp, const char *parameter)
{
	g_autofree char *value = limen->fmtp_get(fmtp, parameter);

	return value && strcmp(value, "1") == 0;
}

/* The format that carries the medium; redundancy formats stand beside it. */
static const struct limen_sdp_format *main_format(const struct limen_sdp_media *m)
{
	for (guint i = 0; i < m->formats->len; i++) {
		const struct limen_sdp_format *f = g_ptr_array_index(m->formats, i);

		if (f->codec != LIMEN_CODEC_NONE)
			return f;
	}
	return NULL;
}

static bool has_red(const struct limen_sdp_media *m)
{
	for (guint i = 0; i < m->formats->len; i++) {
		const struct limen_sdp_format *f = g_ptr_array_index(m->formats, i);

		if (f->name && g_ascii_strcasecmp(f->name, "red") == 0)
			return true;
	}
	return false;
}

static void set_format(struct limen_publish *out, enum limen_codec codec, const char *fmtp)
{
	out->codec = codec;
	out->fmtp = g_strdup(fmtp);
	if (!fmtp)
		return;
	if (codec == LIMEN_OPUS || codec == LIMEN_MULTIOPUS) {
		out->fec = agreed(fmtp, "useinbandfec");
		out->dtx = agreed(fmtp, "usedtx");
		out->stereo = agreed(fmtp, "stereo");
	}
	if (codec == LIMEN_H264)
		out->profile = limen->fmtp_get(fmtp, "profile-level-id");
	if (codec == LIMEN_VP9)
		out->profile = limen->fmtp_get(fmtp, "profile-id");
}

void limen_publish_read(const struct limen_sdp *answer, uint16_t mindex, struct limen_publish *out)
{
	const struct limen_sdp_media *m = g_ptr_array_index(answer->media, mindex);
	const struct limen_sdp_format *f = main_format(m);

	memset(out, 0, sizeof(*out));
	out->kind = m->kind;
	out->mindex = mindex;
	if (m->mid[0])
		memcpy(out->mid, m->mid, sizeof(out->mid));
	else
		g_snprintf(out->mid, sizeof(out->mid), "%u", mindex);
	out->active = !m->rejected && (m->kind == LIMEN_DATA || (f && (m->dir & LIMEN_RECVONLY)));
	if (!out->active || m->kind == LIMEN_DATA)
		return;
	set_format(out, f->codec, f->fmtp);
	out->simulcast = m->simulcast;
	out->red = out->codec == LIMEN_OPUS && has_red(m);
	memcpy(out->ext_id, m->ext_id, sizeof(out->ext_id));
}

void limen_publish_make(struct limen_publish *out, uint16_t mindex, enum limen_kind kind,
	enum limen_codec codec, const char *fmtp)
{
	memset(out, 0, sizeof(*out));
	out->kind = kind;
	out->mindex = mindex;
	g_snprintf(out->mid, sizeof(out->mid), "%u", mindex);
	out->active = true;
	set_format(out, codec, fmtp);
}

void limen_publish_clear(struct limen_publish *p)
{
	g_clear_pointer(&p->profile, g_free);
	g_clear_pointer(&p->fmtp, g_free);
}

const char *limen_publish_kind(enum limen_kind kind)
{
	return kind == LIMEN_AUDIO ? "audio" : kind == LIMEN_VIDEO ? "video" : "data";
}

int limen_publish_codecs(
	const char *list, enum limen_kind kind, enum limen_codec out[LIMEN_PUBLISH_CODECS_MAX + 1])
{
	g_auto(GStrv) names = g_strsplit(list, ",", LIMEN_PUBLISH_CODECS_MAX + 1);
	size_t n = 0;

	for (; names[n]; n++) {
		const enum limen_codec codec = limen_codec_by_name(g_strstrip(names[n]));

		if (n == LIMEN_PUBLISH_CODECS_MAX)
			return LIMEN_ELIMIT;
		if (codec == LIMEN_CODEC_NONE || limen_codec_info(codec)->kind != kind)
			return LIMEN_EINVAL;
		out[n] = codec;
	}
	out[n] = LIMEN_CODEC_NONE;
	return n > 0 ? 0 : LIMEN_EINVAL;
}

bool limen_publish_has(const enum limen_codec *codecs, enum limen_codec codec)
{
	for (; *codecs != LIMEN_CODEC_NONE; codecs++)
		if (*codecs == codec)
			return true;
	return false;
}

char *limen_publish_codecs_text(const enum limen_codec *codecs)
{
	GString *text = g_string_new(NULL);

	for (; *codecs != LIMEN_CODEC_NONE; codecs++)
		g_string_append_printf(
			text, "%s%s", text->len ? "," : "", limen_codec_info(*codecs)->name);
	return g_string_free(text, FALSE);
}
