/*
 * Making, copying and ending descriptions, and small questions about them. Pure; any thread.
 */
#include "core/sdp/sdp.h"
#include <string.h>

static void attr_free(gpointer p)
{
	struct limen_sdp_attr *a = p;

	g_free(a->name);
	g_free(a->value);
	g_free(a);
}

struct limen_sdp *limen_sdp_new(const char *name)
{
	struct limen_sdp *sdp = g_new0(struct limen_sdp, 1);

	sdp->name = g_strdup(name);
	sdp->media = g_ptr_array_new_with_free_func((GDestroyNotify)limen_sdp_media_free);
	sdp->attrs = g_ptr_array_new_with_free_func(attr_free);
	return sdp;
}

void limen_sdp_free(struct limen_sdp *sdp)
{
	if (!sdp)
		return;
	g_free(sdp->name);
	g_ptr_array_unref(sdp->media);
	g_ptr_array_unref(sdp->attrs);
	limen_sdp_transport_free(sdp->transport);
	g_free(sdp);
}

struct limen_sdp_media *limen_sdp_media_new(enum limen_kind kind)
{
	struct limen_sdp_media *m = g_new0(struct limen_sdp_media, 1);

	m->kind = kind;
	m->dir = LIMEN_SENDRECV;
	m->formats = g_ptr_array_new_with_free_func((GDestroyNotify)limen_sdp_format_free);
	m->rids = g_array_new(FALSE, TRUE, sizeof(struct limen_sdp_rid));
	m->attrs = g_ptr_array_new_with_free_func(attr_free);
	return m;
}

void limen_sdp_media_free(struct limen_sdp_media *m)
{
	if (!m)
		return;
	g_free(m->proto);
	g_ptr_array_unref(m->formats);
	g_array_unref(m->rids);
	g_free(m->msid);
	g_free(m->other);
	g_ptr_array_unref(m->attrs);
	limen_sdp_transport_free(m->transport);
	g_free(m);
}

struct limen_sdp_format *limen_sdp_format_new(int pt, enum limen_codec codec)
{
	const struct limen_codec_info *info = limen_codec_info(codec);
	struct limen_sdp_format *f = g_new0(struct limen_sdp_format, 1);

	f->pt = pt;
	f->codec = codec;
	f->name = g_strdup(info ? info->rtpmap : NULL);
	f->clock_hz = info && codec != LIMEN_G722 ? info->clock_hz : 8000;
	f->channels = info && info->channels ? info->channels : 1;
	f->feedback = g_ptr_array_new_with_free_func(g_free);
	return f;
}

struct limen_sdp_format *limen_sdp_format_copy(const struct limen_sdp_format *f)
{
	struct limen_sdp_format *copy = limen_sdp_format_new(f->pt, f->codec);

	g_free(copy->name);
	copy->name = g_strdup(f->name);
	copy->clock_hz = f->clock_hz;
	copy->channels = f->channels;
	copy->fmtp = g_strdup(f->fmtp);
	for (guint i = 0; i < f->feedback->len; i++)
		g_ptr_array_add(copy->feedback, g_strdup(g_ptr_array_index(f->feedback, i)));
	return copy;
}

void limen_sdp_format_free(struct limen_sdp_format *f)
{
	if (!f)
		return;
	g_free(f->name);
	g_free(f->fmtp);
	g_ptr_array_unref(f->feedback);
	g_free(f);
}

struct limen_sdp_transport *limen_sdp_transport_new(void)
{
	struct limen_sdp_transport *t = g_new0(struct limen_sdp_transport, 1);

	t->candidates = g_ptr_array_new_with_free_func(g_free);
	t->ssrcs = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	t->groups = g_array_new(FALSE, TRUE, sizeof(struct limen_sdp_group));
	t->rtx = g_array_new(FALSE, FALSE, sizeof(struct limen_sdp_rtx));
	return t;
}

void limen_sdp_transport_free(struct limen_sdp_transport *t)
{
	if (!t)
		return;
	g_free(t->ufrag);
	g_free(t->pwd);
	g_free(t->hash);
	g_free(t->fingerprint);
	g_ptr_array_unref(t->candidates);
	g_array_unref(t->ssrcs);
	g_array_unref(t->groups);
	g_array_unref(t->rtx);
	g_free(t);
}

static void copy_attrs(GPtrArray *to, const GPtrArray *from)
{
	for (guint i = 0; i < from->len; i++) {
		const struct limen_sdp_attr *a = g_ptr_array_index(from, i);
		struct limen_sdp_attr *copy = g_new(struct limen_sdp_attr, 1);

		*copy = (struct limen_sdp_attr){ g_strdup(a->name), g_strdup(a->value) };
		g_ptr_array_add(to, copy);
	}
}

static struct limen_sdp_media *copy_media(const struct limen_sdp_media *m)
{
	struct limen_sdp_media *copy = limen_sdp_media_new(m->kind);

	memcpy(copy->mid, m->mid, sizeof(copy->mid));
	memcpy(copy->ext_id, m->ext_id, sizeof(copy->ext_id));
	copy->rejected = m->rejected;
	copy->dir = m->dir;
	copy->proto = g_strdup(m->proto);
	for (guint i = 0; i < m->formats->len; i++)
		g_ptr_array_add(
			copy->formats, limen_sdp_format_copy(g_ptr_array_index(m->formats, i)));
	g_array_append_vals(copy->rids, m->rids->data, m->rids->len);
	copy->simulcast = m->simulcast;
	copy->legacy_simulcast = m->legacy_simulcast;
	copy->msid = g_strdup(m->msid);
	copy->bandwidth_bps = m->bandwidth_bps;
	copy->other = g_strdup(m->other);
	copy_attrs(copy->attrs, m->attrs);
	return copy;
}

/* Without transport parts. */
struct limen_sdp *limen_sdp_copy(const struct limen_sdp *sdp)
{
	struct limen_sdp *copy = limen_sdp_new(sdp->name);

	copy->id = sdp->id;
	copy->version = sdp->version;
	copy_attrs(copy->attrs, sdp->attrs);
	for (guint i = 0; i < sdp->media->len; i++)
		g_ptr_array_add(copy->media, copy_media(limen_sdp_line(sdp, i)));
	return copy;
}

struct limen_sdp_format *limen_sdp_main_format(const struct limen_sdp_media *m)
{
	for (guint i = 0; i < m->formats->len; i++) {
		struct limen_sdp_format *f = g_ptr_array_index(m->formats, i);

		if (f->codec != LIMEN_CODEC_NONE)
			return f;
	}
	return NULL;
}

bool limen_sdp_is_red(const struct limen_sdp_format *f)
{
	return f->name && g_ascii_strcasecmp(f->name, "red") == 0 && f->clock_hz == 48000;
}

char *limen_sdp_fmtp_get(const char *fmtp, const char *parameter)
{
	g_auto(GStrv) list = g_strsplit(fmtp ? fmtp : "", ";", 0);
	const size_t len = strlen(parameter);

	for (char **p = list; *p; p++) {
		const char *text = g_strstrip(*p);

		if (g_ascii_strncasecmp(text, parameter, len) == 0 && text[len] == '=')
			return g_strdup(text + len + 1);
	}
	return NULL;
}

int limen_sdp_rtx_of(const struct limen_sdp_media *m, int pt)
{
	const GArray *list = m->transport ? m->transport->rtx : NULL;

	for (guint i = 0; list && i < list->len; i++)
		if (g_array_index(list, struct limen_sdp_rtx, i).apt == pt)
			return g_array_index(list, struct limen_sdp_rtx, i).pt;
	return -1;
}

static bool hidden(const struct limen_sdp_format *f)
{
	static const char *const names[] = { "ulpfec", "flexfec-03", "rtx", NULL };

	for (const char *const *n = names; *n; n++)
		if (g_ascii_strcasecmp(f->name ? f->name : "", *n) == 0)
			return true;
	return g_ascii_strcasecmp(f->name ? f->name : "", "red") == 0 && f->clock_hz == 90000;
}

void limen_sdp_strip(struct limen_sdp *sdp)
{
	g_clear_pointer(&sdp->transport, limen_sdp_transport_free);
	for (guint i = 0; i < sdp->media->len; i++) {
		struct limen_sdp_media *m = limen_sdp_line(sdp, i);

		g_clear_pointer(&m->transport, limen_sdp_transport_free);
		for (guint k = m->formats->len; k-- > 0;)
			if (hidden(g_ptr_array_index(m->formats, k)))
				g_ptr_array_remove_index(m->formats, k);
	}
}

guint limen_sdp_first(const struct limen_sdp *sdp)
{
	for (guint i = 0; i < sdp->media->len; i++)
		if (!limen_sdp_line(sdp, i)->rejected)
			return i;
	return 0;
}

static const struct limen_sdp_transport *first_line(const struct limen_sdp *sdp)
{
	return sdp->media->len ? limen_sdp_line(sdp, limen_sdp_first(sdp))->transport : NULL;
}

const char *limen_sdp_ufrag(const struct limen_sdp *sdp)
{
	const struct limen_sdp_transport *t = first_line(sdp);

	return t && t->ufrag ? t->ufrag : sdp->transport ? sdp->transport->ufrag : NULL;
}

const char *limen_sdp_pwd(const struct limen_sdp *sdp)
{
	const struct limen_sdp_transport *t = first_line(sdp);

	return t && t->pwd ? t->pwd : sdp->transport ? sdp->transport->pwd : NULL;
}

const struct limen_sdp_transport *limen_sdp_fingerprint(const struct limen_sdp *sdp)
{
	const struct limen_sdp_transport *t = first_line(sdp);

	if (t && t->fingerprint)
		return t;
	return sdp->transport && sdp->transport->fingerprint ? sdp->transport : NULL;
}

enum limen_sdp_setup limen_sdp_setup(const struct limen_sdp *sdp)
{
	const struct limen_sdp_transport *t = first_line(sdp);

	if (t && t->setup != LIMEN_SETUP_NONE)
		return t->setup;
	return sdp->transport ? sdp->transport->setup : LIMEN_SETUP_NONE;
}

const char *limen_sdp_dir_text(enum limen_dir dir)
{
	static const char *const names[] = { "inactive", "sendonly", "recvonly", "sendrecv" };

	return names[dir & 3];
}

int limen_sdp_red_pt(const struct limen_sdp_media *m)
{
	for (guint i = 0; i < m->formats->len; i++) {
		const struct limen_sdp_format *f = g_ptr_array_index(m->formats, i);

		if (limen_sdp_is_red(f))
			return f->pt;
	}
	return -1;
}

bool limen_sdp_has_feedback(const struct limen_sdp_media *m, int pt, const char *feedback)
{
	for (guint i = 0; i < m->formats->len; i++) {
		const struct limen_sdp_format *f = g_ptr_array_index(m->formats, i);

		if (f->pt == pt)
			return g_ptr_array_find_with_equal_func(
				f->feedback, feedback, g_str_equal, NULL);
	}
	return false;
}
