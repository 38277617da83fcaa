/*
 * Writing descriptions in the order of lines that clients of this API know (spec api-core §9.1).
 * Pure; any thread.
 */
#include <string.h>
#include "core/sdp/sdp.h"

static const char *kind_text(enum limen_kind kind)
{
	static const char *const names[] = { "audio", "video", "application" };

	return names[kind];
}

/* RFC 8866 §5.7 */
static int ip_version(const char *address)
{
	return strchr(address, ':') ? 6 : 4;
}

/* Ends a line with a text that may have been made of anything: an id or a profile that a client
 * chose does not begin a line of its own. */
static void print_rest(GString *out, const char *text)
{
	for (; *text; text++)
		g_string_append_c(out, g_ascii_iscntrl(*text) ? ' ' : *text);
	g_string_append(out, "\r\n");
}

static void print_session(
	GString *out, const struct limen_sdp *sdp, const struct limen_sdp_local *local)
{
	g_string_append_printf(out,
		"v=0\r\no=- %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " IN IP%d %s\r\ns=", sdp->id,
		sdp->version, ip_version(local->ip), local->ip);
	print_rest(out, sdp->name && *sdp->name ? sdp->name : "-");
	g_string_append(out, "t=0 0\r\na=group:BUNDLE");
	for (guint i = 0; i < sdp->media->len; i++)
		if (!limen_sdp_line(sdp, i)->rejected)
			g_string_append_printf(out, " %s", limen_sdp_line(sdp, i)->mid);
	g_string_append_printf(out, "\r\na=ice-options:trickle\r\na=fingerprint:sha-256 %s\r\n",
		local->fingerprint);
	g_string_append(out, "a=extmap-allow-mixed\r\na=msid-semantic: WMS *\r\n");
	if (local->ice_lite)
		g_string_append(out, "a=ice-lite\r\n");
}

static void print_m_line(GString *out, const struct limen_sdp_media *m, const char *ip)
{
	const bool data = m->kind == LIMEN_DATA && !m->other;
	const char *proto = m->proto ? m->proto : data ? "UDP/DTLS/SCTP" : "UDP/TLS/RTP/SAVPF";

	g_string_append_printf(out, "m=%s %d %s", m->other ? m->other : kind_text(m->kind),
		m->rejected ? 0 : 9, proto);
	if (data)
		g_string_append(
			out, strcmp(proto, "DTLS/SCTP") == 0 ? " 5000" : " webrtc-datachannel");
	for (guint i = 0; i < m->formats->len; i++)
		g_string_append_printf(out, " %d",
			((struct limen_sdp_format *)g_ptr_array_index(m->formats, i))->pt);
	if (!data && m->formats->len == 0)
		g_string_append(out, " 0");
	g_string_append_printf(out, "\r\nc=IN IP%d %s\r\n", ip_version(ip), ip);
}

static void print_transport(GString *out, const struct limen_sdp_local *local)
{
	static const char *const setups[] = { "actpass", "actpass", "active", "passive",
		"holdconn" };

	g_string_append_printf(out,
		"a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=ice-options:trickle\r\na=setup:%s\r\n",
		local->ufrag, local->pwd, setups[local->setup]);
}

static void print_format(GString *out, const struct limen_sdp_format *f)
{
	if (f->name && f->channels > 1)
		g_string_append_printf(
			out, "a=rtpmap:%d %s/%u/%u\r\n", f->pt, f->name, f->clock_hz, f->channels);
	else if (f->name)
		g_string_append_printf(out, "a=rtpmap:%d %s/%u\r\n", f->pt, f->name, f->clock_hz);
	if (f->fmtp) {
		g_string_append_printf(out, "a=fmtp:%d ", f->pt);
		print_rest(out, f->fmtp);
	}
	for (guint i = 0; i < f->feedback->len; i++)
		g_string_append_printf(out, "a=rtcp-fb:%d %s\r\n", f->pt,
			(char *)g_ptr_array_index(f->feedback, i));
}

static void print_rtp(GString *out, const struct limen_sdp_media *m)
{
	for (guint i = 0; i < m->formats->len; i++)
		print_format(out, g_ptr_array_index(m->formats, i));
	for (int e = 0; e < LIMEN_EXTS; e++)
		if (m->ext_id[e])
			g_string_append_printf(out, "a=extmap:%u %s\r\n", m->ext_id[e],
				limen_ext_uri((enum limen_ext)e));
	for (guint i = 0; i < m->attrs->len; i++) {
		const struct limen_sdp_attr *a = g_ptr_array_index(m->attrs, i);

		g_string_append_printf(out, "a=%s%s%s\r\n", a->name, a->value ? ":" : "",
			a->value ? a->value : "");
	}
}

/* With simulcast by rid there is neither RTX nor its group. */
static void print_sources(
	GString *out, const struct limen_sdp_media *m, const struct limen_sdp_local_line *line)
{
	const struct limen_sdp_format *f = limen_sdp_main_format(m);
	const bool sends = m->dir & LIMEN_SENDONLY;
	const bool rtx = line->rtx_pt >= 0 && f;
	const bool rtx_source = rtx && sends && line->rtx_ssrc && m->rids->len == 0;

	if (rtx)
		g_string_append_printf(out, "a=rtpmap:%d rtx/90000\r\na=fmtp:%d apt=%d\r\n",
			line->rtx_pt, line->rtx_pt, f->pt);
	if (m->dir == LIMEN_INACTIVE || !line->ssrc)
		return;
	if (rtx_source)
		g_string_append_printf(
			out, "a=ssrc-group:FID %u %u\r\n", line->ssrc, line->rtx_ssrc);
	if (sends && m->msid) {
		g_string_append(out, "a=msid:");
		print_rest(out, m->msid);
	} else if (sends) {
		g_string_append_printf(out, "a=msid:janus janus%s\r\n", m->mid);
	}
	g_string_append_printf(out, "a=ssrc:%u cname:janus\r\n", line->ssrc);
	if (rtx_source)
		g_string_append_printf(out, "a=ssrc:%u cname:janus\r\n", line->rtx_ssrc);
}

static void print_simulcast(GString *out, const struct limen_sdp_media *m)
{
	if (m->rids->len == 0)
		return;
	for (guint i = 0; i < m->rids->len; i++) {
		const struct limen_sdp_rid *r = &g_array_index(m->rids, struct limen_sdp_rid, i);

		g_string_append_printf(out, "a=rid:%s %s\r\n", r->id, r->send ? "send" : "recv");
	}
	g_string_append(out, m->legacy_simulcast ? "a=simulcast: recv rid=" : "a=simulcast:recv ");
	for (guint i = 0; i < m->rids->len; i++) {
		const struct limen_sdp_rid *r = &g_array_index(m->rids, struct limen_sdp_rid, i);

		g_string_append_printf(out, "%s%s%s", i ? ";" : "", r->paused ? "~" : "", r->id);
	}
	g_string_append(out, "\r\n");
}

static void print_candidates(GString *out, const struct limen_sdp_local *local)
{
	for (guint i = 0; local->candidates && i < local->candidates->len; i++)
		g_string_append_printf(
			out, "a=%s\r\n", (char *)g_ptr_array_index(local->candidates, i));
	if (local->end_of_candidates)
		g_string_append(out, "a=end-of-candidates\r\n");
}

static void print_data(GString *out, const struct limen_sdp_media *m)
{
	if (m->proto && strcmp(m->proto, "DTLS/SCTP") == 0)
		g_string_append(out, "a=sctpmap:5000 webrtc-datachannel 16\r\n");
	else
		g_string_append(out, "a=sctp-port:5000\r\n");
}

static void print_media(GString *out, const struct limen_sdp_media *m,
	const struct limen_sdp_local *local, const struct limen_sdp_local_line *line)
{
	const bool rtx = line->rtx_pt >= 0 && limen_sdp_main_format(m) && !m->rejected;
	gsize at;

	print_m_line(out, m, local->ip);
	if (m->rejected) {
		g_string_append_printf(out, "a=inactive\r\na=mid:%s\r\n", m->mid);
		return;
	}
	if (rtx) { /* its payload type belongs at the end of the m= line */
		g_autofree char *pt = g_strdup_printf(" %d", line->rtx_pt);

		at = (gsize)(g_strrstr(out->str, "\r\nc=") - out->str);
		g_string_insert(out, (gssize)at, pt);
	}
	if (m->bandwidth_bps)
		g_string_append_printf(out, "b=TIAS:%u\r\n", m->bandwidth_bps);
	g_string_append_printf(out, "a=%s\r\na=mid:%s\r\n", limen_sdp_dir_text(m->dir), m->mid);
	if (m->kind != LIMEN_DATA)
		g_string_append(out, "a=rtcp-mux\r\n");
	print_transport(out, local);
	if (m->kind == LIMEN_DATA) {
		print_data(out, m);
	} else {
		print_rtp(out, m);
		print_sources(out, m, line);
		print_simulcast(out, m);
	}
	print_candidates(out, local);
}

char *limen_sdp_print(const struct limen_sdp *sdp, const struct limen_sdp_local *local)
{
	GString *out = g_string_sized_new(2048);

	print_session(out, sdp, local);
	for (guint i = 0; i < sdp->media->len; i++)
		print_media(out, limen_sdp_line(sdp, i), local, &local->lines[i]);
	return g_string_free(out, FALSE);
}
