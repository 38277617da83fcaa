/*
 * A handle and its connection in JSON, member by member in the order of the spec (api-admin §5).
 * Thread: the handle's loop.
 */
#include "core/session/handle_info.h"
#include <string.h>
#include "core/base/clock.h"
#include "core/media/stats.h"

static void set_int(json_t *o, const char *name, int64_t value)
{
	json_object_set_new(o, name, json_integer(value));
}

static void set_int_if(json_t *o, const char *name, int64_t value)
{
	if (value)
		set_int(o, name, value);
}

static void set_bool(json_t *o, const char *name, bool value)
{
	json_object_set_new(o, name, json_boolean(value));
}

static void set_text_if(json_t *o, const char *name, const char *value)
{
	if (value)
		json_object_set_new(o, name, json_string(value));
}

static json_t *way(const struct limen_stats_way *w)
{
	json_t *o = json_object();

	set_int(o, "packets", (int64_t)w->packets);
	set_int(o, "bytes", (int64_t)w->bytes);
	set_int(o, "bytes_lastsec", w->bytes_last_second);
	set_int(o, "nacks", w->nacks);
	return o;
}

static json_t *stats(const struct limen_stats_line *l)
{
	json_t *in = way(&l->in[0].way);

	set_int_if(in, "retransmissions", l->in[0].way.retransmissions);
	for (unsigned k = 1; k < LIMEN_LAYERS_MAX; k++) {
		g_autofree char *name = g_strdup_printf("video-simulcast-%u", k);

		if (l->in[k].there)
			json_object_set_new(in, name, way(&l->in[k].way));
	}
	return json_pack("{s:o,s:o}", "in", in, "out", way(&l->out));
}

static json_t *ssrcs(const struct limen_stats_line *l)
{
	json_t *o = json_object();

	set_int_if(o, "ssrc", l->out_ssrc);
	set_int_if(o, "ssrc-rtx", l->out_rtx_ssrc);
	set_int_if(o, "ssrc-peer", l->in[0].ssrc);
	set_int_if(o, "ssrc-peer-sim-1", l->in[1].ssrc);
	set_int_if(o, "ssrc-peer-sim-2", l->in[2].ssrc);
	set_int_if(o, "ssrc-peer-rtx", l->in[0].rtx_ssrc);
	set_int_if(o, "ssrc-peer-sim-1-rtx", l->in[1].rtx_ssrc);
	set_int_if(o, "ssrc-peer-sim-2-rtx", l->in[2].rtx_ssrc);
	return o;
}

/* rids stand by substream, lowest first; the description has the best first. */
static json_t *rids(const struct limen_stats_line *l, const struct limen_stats_peer *s)
{
	json_t *o = json_object(), *list = json_array();

	for (unsigned k = l->rid_count; k > 0; k--)
		json_array_append_new(list, json_string(l->rid[k - 1]));
	json_object_set_new(o, "rid", list);
	set_int(o, "rid-ext-id", s->ext_id[LIMEN_EXT_RID]);
	set_int_if(o, "ridrtx-ext-id", s->ext_id[LIMEN_EXT_REPAIRED_RID]);
	json_object_set_new(o, "rid-order", json_string("hml"));
	return o;
}

static json_t *codecs(const struct limen_stats_line *l)
{
	const struct limen_codec_info *info = limen_codec_info(l->codec);
	json_t *o = json_object();

	if (l->pt >= 0)
		set_int(o, "pt", l->pt);
	if (l->rtx_pt >= 0)
		set_int(o, "rtx-pt", l->rtx_pt);
	set_text_if(o, "codec", info ? info->name : NULL);
	return o;
}

static json_t *rtcp_of(
	const struct limen_stats_line *l, unsigned k, const struct limen_stats_peer *s)
{
	const struct limen_codec_info *info = limen_codec_info(l->codec);
	const struct limen_stats_in *in = &l->in[k];
	json_t *o = json_object();

	set_int_if(o, "base", info ? info->clock_hz : 0);
	if (k == 0)
		set_int(o, "rtt", s->rtt_us / 1000);
	set_int(o, "lost", in->lost);
	set_int(o, "lost-by-remote", k == 0 ? l->lost_by_remote : 0);
	set_int(o, "jitter-local", (int64_t)in->jitter_ms);
	set_int(o, "jitter-remote", k == 0 ? (int64_t)l->remote_jitter_ms : 0);
	set_int(o, "in-link-quality", in->there ? in->quality : 100);
	set_int(o, "in-media-link-quality", in->there ? in->quality : 100);
	set_int(o, "out-link-quality", l->remote_quality);
	set_int(o, "out-media-link-quality", l->remote_quality);
	return o;
}

static json_t *rtcp(const struct limen_stats_line *l, const struct limen_stats_peer *s)
{
	json_t *o = json_pack("{s:o}", "main", rtcp_of(l, 0, s));

	if (l->in[1].there)
		json_object_set_new(o, "sim1", rtcp_of(l, 1, s));
	if (l->in[2].there)
		json_object_set_new(o, "sim2", rtcp_of(l, 2, s));
	return o;
}

static json_t *medium(const struct limen_stats_line *l, const struct limen_stats_peer *s)
{
	static const char *const kinds[] = { "audio", "video", "data" };
	json_t *o = json_object();

	json_object_set_new(o, "type", json_string(kinds[l->kind]));
	set_int(o, "mindex", l->mindex);
	json_object_set_new(o, "mid", json_string(l->mid));
	if (l->kind == LIMEN_DATA) {
		json_object_set_new(o, "stats", stats(l));
		return o;
	}
	set_bool(o, "do_nacks", l->nacks);
	set_int(o, "nack-queue-ms", 1000);
	json_object_set_new(o, "ssrc", ssrcs(l));
	if (l->rid_count)
		json_object_set_new(o, "rid-simulcast", rids(l, s));
	json_object_set_new(
		o, "direction", json_pack("{s:b,s:b}", "send", l->sends, "recv", l->receives));
	json_object_set_new(o, "codecs", codecs(l));
	json_object_set_new(o, "rtcp", rtcp(l, s));
	json_object_set_new(o, "stats", stats(l));
	return o;
}

/* Adds candidates without the "candidate:" in front. */
static void add_candidates(json_t *to, const GPtrArray *list)
{
	for (guint i = 0; i < list->len; i++) {
		const char *text = list->pdata[i];

		json_array_append_new(to,
			json_string(g_str_has_prefix(text, "candidate:")
					? text + strlen("candidate:")
					: text));
	}
}

/* What follows a prefix in the lines of a description: char *, new. */
static GPtrArray *lines_with(const char *description, const char *prefix)
{
	GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) lines = g_strsplit_set(description ? description : "", "\r\n", -1);

	for (char **l = lines; *l; l++)
		if (g_str_has_prefix(*l, prefix))
			g_ptr_array_add(found, g_strdup(*l + strlen(prefix)));
	return found;
}

char *limen_handle_info_pair(const struct limen_ice_pair *p)
{
	return g_strdup_printf("%s:%u [%s,%s] <-> %s:%u [%s,%s]", p->local.address, p->local.port,
		p->local.type, p->transport, p->remote.address, p->remote.port, p->remote.type,
		p->transport);
}

const char *limen_handle_info_ice_state(enum limen_ice_state state, bool up)
{
	switch (state) {
	case LIMEN_ICE_CHECKING:
		return "connecting";
	case LIMEN_ICE_CONNECTED:
		return up ? "ready" : "connected";
	case LIMEN_ICE_FAILED:
		return "failed";
	default:
		return "gathering";
	}
}

static json_t *ice(const struct limen_core_handle *h, const struct limen_stats_peer *s)
{
	g_autoptr(GPtrArray) described = lines_with(h->remote_text, "a=candidate:");
	json_t *o = json_object(), *local = json_array(), *remote = json_array();

	set_int(o, "stream_id", 1);
	set_int(o, "component_id", 1);
	json_object_set_new(
		o, "state", json_string(limen_handle_info_ice_state(s->ice_state, s->up)));
	if (s->ice_state == LIMEN_ICE_FAILED) {
		set_int(o, "failed-detected", s->failed_us);
		set_bool(o, "icetimer-started", true);
	}
	set_int_if(o, "gathered", s->gathered_us);
	set_int_if(o, "connected", s->connected_us);
	add_candidates(local, s->local_candidates);
	add_candidates(remote, described);
	add_candidates(remote, s->trickled);
	json_object_set_new(o, "local-candidates", local);
	json_object_set_new(o, "remote-candidates", remote);
	if (s->paired) {
		g_autofree char *pair = limen_handle_info_pair(&s->pair);

		json_object_set_new(o, "selected-pair", json_string(pair));
	}
	set_int(o, "ready", s->up);
	return o;
}

/* "sha-256 AA:BB:..." of the peer's description */
static void add_remote_fingerprint(json_t *o, const struct limen_core_handle *h)
{
	g_autoptr(GPtrArray) found = lines_with(h->remote_text, "a=fingerprint:");
	g_auto(GStrv) parts = found->len ? g_strsplit(found->pdata[0], " ", 2) : NULL;

	if (!parts || !parts[0] || !parts[1])
		return;
	json_object_set_new(o, "remote-fingerprint", json_string(parts[1]));
	json_object_set_new(o, "remote-fingerprint-hash", json_string(parts[0]));
}

static json_t *dtls(const struct limen_core_handle *h, const struct limen_stats_peer *s)
{
	json_t *o = json_object();

	json_object_set_new(o, "fingerprint", json_string(s->fingerprint));
	add_remote_fingerprint(o, h);
	json_object_set_new(o, "dtls-role", json_string(s->dtls_role));
	json_object_set_new(o, "dtls-state", json_string(s->dtls_state));
	set_int(o, "retransmissions", 0);
	set_bool(o, "valid", s->up);
	set_text_if(o, "srtp-profile", s->srtp_profile);
	set_bool(o, "ready", s->up);
	set_int_if(o, "handshake-started", s->dtls_started_us);
	set_int_if(o, "connected", s->up_us);
	set_bool(o, "sctp-association", false);
	return o;
}

static json_t *extensions(const struct limen_stats_peer *s)
{
	json_t *o = json_object();

	for (unsigned e = 0; e < LIMEN_EXTS; e++)
		set_int_if(o, limen_ext_uri((enum limen_ext)e), s->ext_id[e]);
	return o;
}

static json_t *webrtc(const struct limen_core_handle *h, const struct limen_stats_peer *s)
{
	json_t *o = json_object(), *media = json_object(), *bwe = json_object();

	json_object_set_new(o, "ice", ice(h, s));
	json_object_set_new(o, "dtls", dtls(h, s));
	json_object_set_new(o, "extensions", extensions(s));
	set_bool(bwe, "twcc", s->ext_id[LIMEN_EXT_TRANSPORT_CC] > 0);
	set_int_if(bwe, "twcc-ext-id", s->ext_id[LIMEN_EXT_TRANSPORT_CC]);
	json_object_set_new(o, "bwe", bwe);
	for (guint i = 0; i < s->lines->len; i++) {
		const struct limen_stats_line *l =
			&g_array_index(s->lines, struct limen_stats_line, i);

		json_object_set_new(media, l->mid, medium(l, s));
	}
	json_object_set_new(o, "media", media);
	return o;
}

static bool any_rtx(const struct limen_stats_peer *s)
{
	for (guint i = 0; i < s->lines->len; i++)
		if (g_array_index(s->lines, struct limen_stats_line, i).rtx_pt >= 0)
			return true;
	return false;
}

static json_t *flags(const struct limen_core_handle *h, const struct limen_stats_peer *s)
{
	const struct {
		const char *name;
		bool value;
	} all[] = {
		{ "got-offer", s->negotiated || s->offered },
		{ "got-answer", s->negotiated },
		{ "negotiated", s->negotiated },
		{ "processing-offer", s->offered },
		{ "starting", s->has_agent && !s->up },
		{ "ice-restart", false },
		{ "ready", s->up },
		{ "stopped", !s->exists },
		{ "alert", s->has_agent && !s->exists },
		{ "trickle", !s->remote_complete },
		{ "all-trickles", s->remote_complete },
		{ "resend-trickles", false },
		{ "trickle-synced", s->negotiated },
		{ "data-channels", false },
		{ "has-audio", false },
		{ "has-video", false },
		{ "new-datachan-sdp", false },
		{ "rfc4588-rtx", any_rtx(s) },
		{ "cleaning", false },
		{ "e2ee", h->e2ee },
	};
	json_t *o = json_object();

	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		set_bool(o, all[i].name, all[i].value);
	return o;
}

static json_t *sdps(const struct limen_core_handle *h, const struct limen_stats_peer *s)
{
	g_autoptr(GPtrArray) lines = lines_with(s->has_agent ? h->remote_text : NULL, "m=");
	g_auto(GStrv) words = lines->len ? g_strsplit(lines->pdata[0], " ", 4) : NULL;
	json_t *o = json_object();

	if (words && g_strv_length(words) > 2)
		json_object_set_new(o, "profile", json_string(words[2]));
	set_text_if(o, "local", s->local);
	set_text_if(o, "remote", s->has_agent ? h->remote_text : NULL);
	return o;
}

static json_t *head(struct limen_core_handle *h)
{
	struct limen_session_view session;
	json_t *o = json_object();

	limen_session_look(h->session, &session);
	set_int(o, "session_id", (int64_t)h->pub.session);
	set_int(o, "session_last_activity", session.active_us);
	set_int(o, "session_timeout", session.timeout_s);
	json_object_set_new(o, "session_transport", json_string(session.transport));
	set_int(o, "handle_id", (int64_t)h->pub.id);
	set_text_if(o, "opaque_id", h->pub.opaque_id);
	set_text_if(o, "token", h->pub.token);
	set_bool(o, "loop-running", true);
	set_int(o, "created", h->created_us);
	set_int(o, "current_time", limen_now_us());
	json_object_set_new(o, "plugin", json_string(h->plugin->head.name));
	json_object_set_new(o, "plugin_specific",
		h->plugin->info && !h->detached ? h->plugin->info(&h->pub) : json_object());
	return o;
}

json_t *limen_handle_info(struct limen_core_handle *h, bool plugin_only)
{
	json_t *o = head(h);
	struct limen_stats_peer s;

	if (plugin_only)
		return o;
	limen_stats_peer(h->peer, true, &s);
	json_object_set_new(o, "flags", flags(h, &s));
	if (s.has_agent) {
		set_int(o, "agent-created", s.created_us);
		set_int(o, "agent-started", s.created_us);
		json_object_set_new(o, "ice-mode", json_string(s.ice_mode));
		json_object_set_new(
			o, "ice-role", json_string(s.controlling ? "controlling" : "controlled"));
	}
	json_object_set_new(o, "sdps", sdps(h, &s));
	set_int_if(o, "pending-trickles", h->early->len);
	set_int(o, "queued-packets", 0);
	if (s.has_agent)
		json_object_set_new(o, "webrtc", webrtc(h, &s));
	limen_stats_clear(&s);
	return o;
}
