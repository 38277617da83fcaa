/*
 * Parsing descriptions (RFC 8866) line by line; attributes are looked up in a table. What is not
 * known is kept as written. Limits and nonsense end the parse with a reason. Pure; any thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/sdp/sdp.h"

#define KIND_MAX 32 /* characters of the kind of an m-line */

struct parser {
	struct limen_sdp *sdp;
	struct limen_sdp_media *m; /* NULL at session level */
	unsigned line;
	bool has_origin, has_name;
	enum limen_dir session_dir;
	uint8_t session_ext_id[LIMEN_EXTS];
	char *simulcast; /* value of m's a=simulcast, read when all its rids are known; owned */
	char *reason;
};

typedef int (*attr_fn)(struct parser *p, char *value);

static int fail(struct parser *p, int err, const char *format, ...) G_GNUC_PRINTF(3, 4);
static int fail(struct parser *p, int err, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_free(p->reason);
	p->reason = g_strdup_printf("Invalid SDP (line %u: %s)", p->line, text);
	return err;
}

static struct limen_sdp_transport *transport(struct parser *p)
{
	struct limen_sdp_transport **t = p->m ? &p->m->transport : &p->sdp->transport;

	if (!*t)
		*t = limen_sdp_transport_new();
	return *t;
}

static bool number(const char *text, int64_t min, int64_t max, int64_t *out)
{
	return g_ascii_string_to_signed(text, 10, min, max, out, NULL);
}

static int set_text(
	struct parser *p, char **slot, const char *value, size_t min, size_t max, const char *what)
{
	const size_t len = strlen(value);

	if (len < min || len > max)
		return fail(p, LIMEN_EPROTO, "%s of %zu characters, expected %zu to %zu", what, len,
			min, max);
	g_free(*slot);
	*slot = g_strdup(value);
	return 0;
}

static int on_ufrag(struct parser *p, char *v)
{
	return set_text(p, &transport(p)->ufrag, v, 4, 256, "ice-ufrag");
}

static int on_pwd(struct parser *p, char *v)
{
	return set_text(p, &transport(p)->pwd, v, 22, 256, "ice-pwd");
}

/* "AB:CD:...": RFC 8122 §5. */
static bool is_fingerprint(const char *text)
{
	while (g_ascii_isxdigit(text[0]) && g_ascii_isxdigit(text[1]) && text[2] == ':')
		text += 3;
	return g_ascii_isxdigit(text[0]) && g_ascii_isxdigit(text[1]) && text[2] == '\0';
}

/* Of several on one level (RFC 8122 §5) the one by SHA-256 counts, else the first. */
static int on_fingerprint(struct parser *p, char *v)
{
	struct limen_sdp_transport *t = transport(p);
	char *space = strchr(v, ' ');

	if (!space)
		return fail(p, LIMEN_EPROTO, "fingerprint without a hash function");
	*space = '\0';
	g_strstrip(space + 1);
	if (!is_fingerprint(space + 1))
		return fail(p, LIMEN_EPROTO, "fingerprint is not of the form AB:CD:...");
	if (t->fingerprint && g_ascii_strcasecmp(v, "sha-256") != 0)
		return 0;
	if (set_text(p, &t->hash, v, 1, 16, "hash function"))
		return LIMEN_EPROTO;
	return set_text(p, &t->fingerprint, space + 1, 2, 3 * 64, "fingerprint");
}

static int on_setup(struct parser *p, char *v)
{
	static const char *const names[] = {
		[LIMEN_SETUP_ACTPASS] = "actpass",
		[LIMEN_SETUP_ACTIVE] = "active",
		[LIMEN_SETUP_PASSIVE] = "passive",
		[LIMEN_SETUP_HOLDCONN] = "holdconn",
	};

	for (int i = LIMEN_SETUP_ACTPASS; i <= LIMEN_SETUP_HOLDCONN; i++) {
		if (strcmp(names[i], v) == 0) {
			transport(p)->setup = (enum limen_sdp_setup)i;
			return 0;
		}
	}
	return fail(p, LIMEN_EPROTO, "setup is none of actpass, active, passive, holdconn");
}

static int on_ice_lite(struct parser *p, char *v)
{
	(void)v;
	transport(p)->ice_lite = true;
	return 0;
}

static int on_candidate(struct parser *p, char *v)
{
	GPtrArray *list = transport(p)->candidates;

	if (list->len >= LIMEN_SDP_ATTRS_MAX)
		return fail(p, LIMEN_ELIMIT, "more than %u candidates", LIMEN_SDP_ATTRS_MAX);
	g_ptr_array_add(list, g_strconcat("candidate:", v, NULL));
	return 0;
}

static int on_end_of_candidates(struct parser *p, char *v)
{
	(void)v;
	transport(p)->end_of_candidates = true;
	return 0;
}

/* Is this an m-line that carries RTP? Attributes of RTP mean nothing elsewhere. */
static bool has_rtp(const struct parser *p)
{
	return p->m && p->m->kind != LIMEN_DATA;
}

static bool read_ssrc(const char *text, uint32_t *out)
{
	int64_t n;

	if (!number(text, 1, UINT32_MAX, &n))
		return false;
	*out = (uint32_t)n;
	return true;
}

static int on_ssrc(struct parser *p, char *v)
{
	uint32_t ssrc;
	GArray *list;

	v[strcspn(v, " ")] = '\0';
	if (!has_rtp(p) || !read_ssrc(v, &ssrc))
		return 0;
	list = transport(p)->ssrcs;
	for (guint i = 0; i < list->len; i++)
		if (g_array_index(list, uint32_t, i) == ssrc)
			return 0;
	if (list->len >= LIMEN_SDP_ATTRS_MAX)
		return fail(p, LIMEN_ELIMIT, "more than %u SSRCs", LIMEN_SDP_ATTRS_MAX);
	g_array_append_val(list, ssrc);
	return 0;
}

static int on_ssrc_group(struct parser *p, char *v)
{
	g_auto(GStrv) part = g_strsplit(v, " ", 6);
	struct limen_sdp_group group = { .sim = g_strcmp0(part[0], "SIM") == 0 };

	if (!has_rtp(p) || (!group.sim && g_strcmp0(part[0], "FID") != 0))
		return 0;
	for (char **s = part + 1; *s && group.count < G_N_ELEMENTS(group.ssrc); s++)
		if (!read_ssrc(*s, &group.ssrc[group.count++]))
			return 0;
	if (transport(p)->groups->len >= LIMEN_SDP_ATTRS_MAX)
		return fail(p, LIMEN_ELIMIT, "more than %u ssrc-groups", LIMEN_SDP_ATTRS_MAX);
	g_array_append_val(transport(p)->groups, group);
	p->m->simulcast |= group.sim && group.count > 1;
	return 0;
}

/* A token of RFC 8866 §9, as mid must be: it stands in lists with spaces between. */
static bool is_token(const char *text)
{
	for (; *text; text++)
		if (!g_ascii_isgraph(*text) || strchr("\"(),/:;<=>?@[\\]", *text))
			return false;
	return true;
}

static int on_mid(struct parser *p, char *v)
{
	if (!p->m)
		return 0;
	if (!*v || strlen(v) > LIMEN_MID_MAX)
		return fail(p, LIMEN_EPROTO, "mid of %zu characters, expected 1 to %d", strlen(v),
			LIMEN_MID_MAX);
	if (!is_token(v))
		return fail(p, LIMEN_EPROTO, "mid is not a token");
	for (guint i = 0; i + 1 < p->sdp->media->len; i++)
		if (strcmp(limen_sdp_line(p->sdp, i)->mid, v) == 0)
			return fail(p, LIMEN_EPROTO, "mid \"%s\" is used twice", v);
	g_strlcpy(p->m->mid, v, sizeof(p->m->mid));
	return 0;
}

static int on_msid(struct parser *p, char *v)
{
	return has_rtp(p) ? set_text(p, &p->m->msid, v, 1, 1024, "msid") : 0;
}

static struct limen_sdp_format *find_format(const struct limen_sdp_media *m, int64_t pt)
{
	for (guint i = 0; m && i < m->formats->len; i++) {
		struct limen_sdp_format *f = g_ptr_array_index(m->formats, i);

		if (f->pt == pt)
			return f;
	}
	return NULL;
}

/* Splits "96 rest": the format it speaks of, or NULL; *rest is what follows. */
static struct limen_sdp_format *format_of(struct parser *p, char *v, char **rest)
{
	char *space = strchr(v, ' ');
	int64_t pt;

	if (!space)
		return NULL;
	*space = '\0';
	*rest = g_strstrip(space + 1);
	return number(v, 0, 127, &pt) ? find_format(p->m, pt) : NULL;
}

static enum limen_codec codec_of(enum limen_kind kind, const char *name, uint32_t clock_hz)
{
	for (int c = LIMEN_CODEC_NONE + 1; c < LIMEN_CODECS; c++) {
		const struct limen_codec_info *info = limen_codec_info((enum limen_codec)c);

		if (info->kind == kind && g_ascii_strcasecmp(info->rtpmap, name) == 0 &&
			info->clock_hz == clock_hz)
			return (enum limen_codec)c;
	}
	return LIMEN_CODEC_NONE;
}

static int on_rtpmap(struct parser *p, char *v)
{
	char *rest;
	struct limen_sdp_format *f = format_of(p, v, &rest);
	g_auto(GStrv) part = NULL;
	int64_t clock_hz, channels = 1;

	if (!f)
		return 0;
	part = g_strsplit(rest, "/", 3);
	if (!part[0] || !part[1] || !number(part[1], 1, 1000000, &clock_hz) ||
		(part[2] && !number(part[2], 1, 255, &channels)))
		return fail(p, LIMEN_EPROTO,
			"rtpmap of payload type %d is not NAME/CLOCK[/CHANNELS]", f->pt);
	g_free(f->name);
	f->name = g_strdup(part[0]);
	f->clock_hz = (uint32_t)clock_hz;
	f->channels = (uint8_t)channels;
	f->codec = codec_of(p->m->kind, f->name, f->clock_hz);
	return 0;
}

static int on_fmtp(struct parser *p, char *v)
{
	char *rest;
	struct limen_sdp_format *f = format_of(p, v, &rest);

	return f ? set_text(p, &f->fmtp, rest, 0, LIMEN_SDP_LINE_MAX, "fmtp") : 0;
}

static int on_rtcp_fb(struct parser *p, char *v)
{
	char *rest;
	struct limen_sdp_format *f = format_of(p, v, &rest);

	if (f && f->feedback->len < LIMEN_SDP_FORMATS_MAX)
		g_ptr_array_add(f->feedback, g_strdup(rest));
	return 0;
}

static int on_extmap(struct parser *p, char *v)
{
	g_auto(GStrv) part = g_strsplit(v, " ", 3);
	g_auto(GStrv) id_dir = g_strsplit(part[0] ? part[0] : "", "/", 2);
	enum limen_ext ext;
	int64_t id;

	if ((p->m && !has_rtp(p)) || !part[0] || !part[1])
		return 0;
	if (!id_dir[0] || !number(id_dir[0], 1, 255, &id))
		return fail(p, LIMEN_EPROTO, "extmap id is not 1 to 255");
	ext = limen_ext_by_uri(part[1]);
	if (ext < LIMEN_EXTS)
		(p->m ? p->m->ext_id : p->session_ext_id)[ext] = (uint8_t)id;
	return 0;
}

/* RFC 8851 §10 (its erratum takes "-" and "_" away again; some peers use them). */
static bool is_rid(const char *text)
{
	size_t len = strspn(text, "-_" G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS);

	return len > 0 && len <= LIMEN_RID_MAX && text[len] == '\0';
}

static struct limen_sdp_rid *find_rid(const struct limen_sdp_media *m, const char *id)
{
	for (guint i = 0; i < m->rids->len; i++) {
		struct limen_sdp_rid *r = &g_array_index(m->rids, struct limen_sdp_rid, i);

		if (strcmp(r->id, id) == 0)
			return r;
	}
	return NULL;
}

static int on_rid(struct parser *p, char *v)
{
	g_auto(GStrv) part = g_strsplit(v, " ", 3);
	struct limen_sdp_rid rid = { 0 };

	if (!has_rtp(p) || !part[0] || !part[1] || !is_rid(part[0]) || find_rid(p->m, part[0]))
		return 0;
	if (p->m->rids->len >= LIMEN_LAYERS_MAX)
		return 0;
	g_strlcpy(rid.id, part[0], sizeof(rid.id));
	rid.send = strcmp(part[1], "send") == 0;
	g_array_append_val(p->m->rids, rid);
	return 0;
}

static void mark_paused(struct limen_sdp_media *m, const char *list)
{
	g_auto(GStrv) names = g_strsplit_set(list, ";,", 0);

	for (char **n = names; *n; n++) {
		struct limen_sdp_rid *r = **n == '~' ? find_rid(m, *n + 1) : NULL;

		if (r)
			r->paused = true;
	}
}

static int on_simulcast(struct parser *p, char *v)
{
	if (has_rtp(p)) {
		g_free(p->simulcast);
		p->simulcast = g_strdup(v);
	}
	return 0;
}

/* Lines come in any order: a=simulcast may stand before the a=rid that it names. */
static void end_simulcast(struct parser *p)
{
	g_autofree char *v = g_steal_pointer(&p->simulcast);
	const char *list;

	if (!v)
		return;
	p->m->legacy_simulcast = strstr(v, "rid=") != NULL;
	list = p->m->legacy_simulcast ? strstr(v, "rid=") + 4 : strchr(v, ' ');
	if (list)
		mark_paused(p->m, *list == ' ' ? list + 1 : list);
	p->m->simulcast |= p->m->rids->len > 1;
}

static int set_dir(struct parser *p, enum limen_dir dir)
{
	if (p->m)
		p->m->dir = dir;
	else
		p->session_dir = dir;
	return 0;
}

static int on_sendrecv(struct parser *p, char *v)
{
	(void)v;
	return set_dir(p, LIMEN_SENDRECV);
}
static int on_sendonly(struct parser *p, char *v)
{
	(void)v;
	return set_dir(p, LIMEN_SENDONLY);
}
static int on_recvonly(struct parser *p, char *v)
{
	(void)v;
	return set_dir(p, LIMEN_RECVONLY);
}
static int on_inactive(struct parser *p, char *v)
{
	(void)v;
	return set_dir(p, LIMEN_INACTIVE);
}
static int on_ignored(struct parser *p, char *v)
{
	(void)p, (void)v;
	return 0;
}

/* RFC 9143 §7.2: the port is 0 although the m-line is meant, because it has no transport alone. */
static int on_bundle_only(struct parser *p, char *v)
{
	(void)v;
	if (p->m && !p->m->other)
		p->m->rejected = false;
	return 0;
}

static int on_sctp_port(struct parser *p, char *v)
{
	int64_t port;

	if (!number(v, 0, 65535, &port))
		return fail(p, LIMEN_EPROTO, "sctp-port is not 0 to 65535");
	transport(p)->sctp_port = (unsigned)port;
	return 0;
}

static int on_sctpmap(struct parser *p, char *v)
{
	transport(p)->sctpmap = true;
	transport(p)->sctp_port = (unsigned)(strtoul(v, NULL, 10) & 0xffff);
	return 0;
}

static const struct {
	const char *name;
	attr_fn fn;
} attributes[] = {
	{ "bundle-only", on_bundle_only },
	{ "candidate", on_candidate },
	{ "connection", on_ignored },
	{ "crypto", on_ignored },
	{ "end-of-candidates", on_end_of_candidates },
	{ "extmap", on_extmap },
	{ "extmap-allow-mixed", on_ignored },
	{ "fingerprint", on_fingerprint },
	{ "fmtp", on_fmtp },
	{ "group", on_ignored },
	{ "ice-lite", on_ice_lite },
	{ "ice-options", on_ignored },
	{ "ice-pwd", on_pwd },
	{ "ice-ufrag", on_ufrag },
	{ "inactive", on_inactive },
	{ "max-message-size", on_ignored },
	{ "mid", on_mid },
	{ "msid", on_msid },
	{ "msid-semantic", on_ignored },
	{ "recvonly", on_recvonly },
	{ "rid", on_rid },
	{ "rtcp", on_ignored },
	{ "rtcp-fb", on_rtcp_fb },
	{ "rtcp-mux", on_ignored },
	{ "rtcp-rsize", on_ignored },
	{ "rtpmap", on_rtpmap },
	{ "sctp-port", on_sctp_port },
	{ "sctpmap", on_sctpmap },
	{ "sendonly", on_sendonly },
	{ "sendrecv", on_sendrecv },
	{ "setup", on_setup },
	{ "simulcast", on_simulcast },
	{ "ssrc", on_ssrc },
	{ "ssrc-group", on_ssrc_group },
};

static int keep_attribute(struct parser *p, const char *name, const char *value)
{
	GPtrArray *list = p->m ? p->m->attrs : p->sdp->attrs;
	struct limen_sdp_attr *a;

	if (list->len >= LIMEN_SDP_ATTRS_MAX)
		return fail(p, LIMEN_ELIMIT, "more than %u attributes", LIMEN_SDP_ATTRS_MAX);
	a = g_new(struct limen_sdp_attr, 1);
	*a = (struct limen_sdp_attr){ g_strdup(name), g_strdup(value) };
	g_ptr_array_add(list, a);
	return 0;
}

static int parse_attribute(struct parser *p, char *text)
{
	char *value = strchr(text, ':');
	char none[1] = "";

	if (value)
		*value++ = '\0';
	for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++)
		if (strcmp(attributes[i].name, text) == 0)
			return attributes[i].fn(p, value ? value : none);
	return keep_attribute(p, text, value);
}

static int add_formats(struct parser *p, char *const *pts)
{
	for (; *pts; pts++) {
		enum limen_codec codec = LIMEN_CODEC_NONE;
		int64_t pt;

		if (!number(*pts, 0, 127, &pt))
			return fail(p, LIMEN_EPROTO, "payload type \"%s\" is not 0 to 127", *pts);
		if (p->m->formats->len >= LIMEN_SDP_FORMATS_MAX)
			return fail(p, LIMEN_ELIMIT, "more than %u payload types",
				LIMEN_SDP_FORMATS_MAX);
		for (int c = 1; c < LIMEN_CODECS; c++) {
			const struct limen_codec_info *info = limen_codec_info((enum limen_codec)c);

			if (info->static_pt == pt && info->kind == p->m->kind)
				codec = (enum limen_codec)c;
		}
		g_ptr_array_add(p->m->formats, limen_sdp_format_new((int)pt, codec));
	}
	return 0;
}

/* Notes RTX payload types; they need all fmtp lines. */
static void note_rtx(struct limen_sdp_media *m)
{
	for (guint i = 0; i < m->formats->len; i++) {
		const struct limen_sdp_format *f = g_ptr_array_index(m->formats, i);
		g_autofree char *apt = limen_sdp_fmtp_get(f->fmtp, "apt");
		struct limen_sdp_rtx rtx = { .pt = (uint8_t)f->pt };
		int64_t n;

		if (g_ascii_strcasecmp(f->name ? f->name : "", "rtx") != 0 || !apt ||
			!number(apt, 0, 127, &n))
			continue;
		rtx.apt = (uint8_t)n;
		g_array_append_val(m->transport->rtx, rtx);
	}
}

/* What needs all lines of an m-line. */
static void end_media(struct parser *p)
{
	if (!p->m)
		return;
	note_rtx(p->m);
	end_simulcast(p);
}

/* other: true for a kind that the gateway does not know. */
static enum limen_kind kind_of(const char *name, bool *other)
{
	*other = false;
	if (strcmp(name, "audio") == 0)
		return LIMEN_AUDIO;
	if (strcmp(name, "video") == 0)
		return LIMEN_VIDEO;
	*other = strcmp(name, "application") != 0;
	return LIMEN_DATA;
}

static int set_other(struct parser *p, const char *kind)
{
	if (!is_token(kind))
		return fail(p, LIMEN_EPROTO, "kind is not a token");
	p->m->rejected = true;
	return set_text(p, &p->m->other, kind, 1, KIND_MAX, "kind");
}

static int parse_media(struct parser *p, char *text)
{
	g_auto(GStrv) part = g_strsplit(text, " ", 0);
	enum limen_kind kind;
	int64_t port;
	bool other;

	if (g_strv_length(part) < 4)
		return fail(p, LIMEN_EPROTO, "m= needs kind, port, protocol and format");
	if (p->sdp->media->len >= LIMEN_MLINES_MAX)
		return fail(p, LIMEN_ELIMIT, "more than %d m-lines", LIMEN_MLINES_MAX);
	if (!number(part[1], 0, 65535, &port))
		return fail(p, LIMEN_EPROTO, "m= with port \"%s\"", part[1]);
	end_media(p);
	kind = kind_of(part[0], &other);
	p->m = limen_sdp_media_new(kind);
	p->m->dir = p->session_dir;
	p->m->rejected = port == 0;
	p->m->transport = limen_sdp_transport_new();
	g_ptr_array_add(p->sdp->media, p->m);
	if (set_text(p, &p->m->proto, part[2], 1, 64, "protocol") ||
		(other && set_other(p, part[0])))
		return LIMEN_EPROTO;
	if (kind == LIMEN_DATA)
		return 0;
	memcpy(p->m->ext_id, p->session_ext_id, sizeof(p->m->ext_id));
	return add_formats(p, part + 3);
}

static int parse_bandwidth(struct parser *p, const char *text)
{
	int64_t n;

	if (!p->m)
		return 0;
	if (g_str_has_prefix(text, "AS:") && number(text + 3, 0, 4000000, &n))
		p->m->bandwidth_bps = (uint32_t)n * 1000;
	else if (g_str_has_prefix(text, "TIAS:") && number(text + 5, 0, UINT32_MAX, &n))
		p->m->bandwidth_bps = (uint32_t)n;
	return 0;
}

static int parse_origin(struct parser *p, const char *text)
{
	p->has_origin = sscanf(text, "%*63s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, &p->sdp->id,
				&p->sdp->version) >= 1;
	return p->has_origin ? 0 : fail(p, LIMEN_EPROTO, "o= without a session id");
}

static int parse_line(struct parser *p, char *line)
{
	if (line[0] == '\0')
		return 0;
	if (line[1] != '=')
		return fail(p, LIMEN_EPROTO, "expected TYPE=VALUE");
	for (const char *c = line; *c; c++)
		if (g_ascii_iscntrl(*c) && *c != '\t')
			return fail(p, LIMEN_EPROTO, "holds a control character");
	switch (line[0]) {
	case 'o':
		return parse_origin(p, line + 2);
	case 's':
		p->has_name = true;
		return set_text(p, &p->sdp->name, line + 2, 0, 1024, "s=");
	case 'm':
		return parse_media(p, line + 2);
	case 'b':
		return parse_bandwidth(p, line + 2);
	case 'a':
		return parse_attribute(p, line + 2);
	default:
		return 0;
	}
}

static int parse_lines(struct parser *p, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
	int err;

	for (char **l = lines; *l; l++) {
		p->line++;
		if (strlen(*l) > LIMEN_SDP_LINE_MAX)
			return fail(p, LIMEN_ELIMIT, "longer than %u bytes", LIMEN_SDP_LINE_MAX);
		if ((err = parse_line(p, g_strchomp(*l))))
			return err;
	}
	return 0;
}

/* An m-line without a mid is known by its number. */
static int name_lines(struct parser *p)
{
	for (guint i = 0; i < p->sdp->media->len; i++) {
		g_autofree char *mid = g_strdup_printf("%u", i);

		p->m = limen_sdp_line(p->sdp, i);
		if (*p->m->mid)
			continue;
		for (guint k = 0; k < p->sdp->media->len; k++)
			if (strcmp(limen_sdp_line(p->sdp, k)->mid, mid) == 0)
				return fail(p, LIMEN_EPROTO,
					"m-line %u has no mid, and another the mid \"%s\"", i, mid);
		g_strlcpy(p->m->mid, mid, sizeof(p->m->mid));
	}
	return 0;
}

static int finish(struct parser *p)
{
	if (!p->has_origin || !p->has_name || p->sdp->media->len == 0) {
		p->reason = g_strdup("Missing mandatory lines (o=, s= or m=)");
		return LIMEN_EPROTO;
	}
	end_media(p);
	return name_lines(p);
}

int limen_sdp_parse(const char *text, size_t len, struct limen_sdp **out, char **reason)
{
	g_autoptr(limen_sdp) sdp = limen_sdp_new(NULL);
	g_autofree char *copy = NULL;
	struct parser p = { .sdp = sdp, .session_dir = LIMEN_SENDRECV };
	int err;

	*out = NULL;
	*reason = NULL;
	if (len > LIMEN_SDP_TEXT_MAX) {
		*reason = g_strdup_printf(
			"Invalid SDP (%zu bytes, expected at most %u)", len, LIMEN_SDP_TEXT_MAX);
		return LIMEN_ELIMIT;
	}
	copy = g_strndup(text, len);
	if (strlen(copy) != len) {
		*reason = g_strdup("Invalid SDP (holds a NUL)");
		return LIMEN_EPROTO;
	}
	if (!g_str_has_prefix(copy, "v=")) {
		*reason = g_strdup("Invalid SDP (doesn't start with v=)");
		return LIMEN_EPROTO;
	}
	err = parse_lines(&p, copy);
	if (!err)
		err = finish(&p);
	g_free(p.simulcast);
	*reason = p.reason;
	if (err)
		return err;
	*out = g_steal_pointer(&sdp);
	return 0;
}
