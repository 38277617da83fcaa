/*
 * Snapshots of a peer. Thread: the peer's loop.
 */
#include "core/media/stats.h"
#include "core/media/peer_priv.h"

static unsigned quality(uint8_t fraction)
{
	return 100u - (unsigned)fraction * 100u / 256u;
}

static double milliseconds(uint32_t units, const struct limen_codec_info *info)
{
	return info && info->clock_hz ? units * 1000.0 / info->clock_hz : 0;
}

static void fill_in(
	const struct limen_line *l, const struct limen_rx *rx, struct limen_stats_in *in)
{
	if (!rx)
		return;
	in->there = true;
	in->ssrc = rx->ssrc;
	in->rtx_ssrc = rx->rtx_ssrc;
	in->way.packets = rx->stats.received;
	in->way.bytes = rx->stats.bytes;
	in->way.bytes_last_second = rx->last_second;
	in->way.nacks = rx->nacked;
	in->way.retransmissions = rx->retransmissions;
	in->lost = rx->lost;
	in->jitter_ms = milliseconds((uint32_t)rx->stats.jitter, l->info);
	in->quality = quality(rx->fraction);
}

static void fill_line(const struct limen_line *l, struct limen_stats_line *out)
{
	*out = (struct limen_stats_line){
		.mindex = l->index,
		.kind = l->kind,
		.codec = l->codec,
		.sends = l->sends,
		.receives = l->receives,
		.nacks = l->nacks,
		.simulcast = l->simulcast,
		.pt = l->codec == LIMEN_CODEC_NONE ? -1 : l->pt,
		.rtx_pt = l->rtx_pt,
		.rid_count = l->rid_count,
		.out = { .packets = l->packets,
			.bytes = l->octets,
			.bytes_last_second = l->last_second,
			.nacks = l->nacked,
			.retransmissions = l->resent,
			.keyframe_requests = l->keyframes_wanted },
		.out_ssrc = l->sends ? l->ssrc : 0,
		.out_rtx_ssrc = l->sends && l->rtx_pt >= 0 ? l->rtx_ssrc : 0,
		.lost_by_remote = l->lost,
		.remote_jitter_ms = milliseconds(l->remote_jitter, l->info),
		.remote_quality = quality(l->remote_fraction),
	};
	g_strlcpy(out->mid, l->mid, sizeof(out->mid));
	for (unsigned k = 0; k < LIMEN_LAYERS_MAX; k++) {
		g_strlcpy(out->rid[k], l->rid[k], sizeof(out->rid[k]));
		fill_in(l, l->rx[k], &out->in[k]);
	}
	out->in[0].way.keyframe_requests = l->keyframes_asked;
}

static void add_all(GPtrArray *to, const GPtrArray *from)
{
	for (guint i = 0; from && i < from->len; i++)
		g_ptr_array_add(to, g_strdup(from->pdata[i]));
}

static const char *role(enum limen_sdp_setup setup)
{
	return setup == LIMEN_SETUP_ACTIVE     ? "active"
		: setup == LIMEN_SETUP_PASSIVE ? "passive"
					       : "actpass";
}

static const char *profile_name(const struct limen_peer *p)
{
	static const char *const names[] = {
		[LIMEN_SRTP_AES128_CM_SHA1_80] = "SRTP_AES128_CM_SHA1_80",
		[LIMEN_SRTP_AES128_CM_SHA1_32] = "SRTP_AES128_CM_SHA1_32",
		[LIMEN_SRTP_AEAD_AES_128_GCM] = "SRTP_AEAD_AES_128_GCM",
		[LIMEN_SRTP_AEAD_AES_256_GCM] = "SRTP_AEAD_AES_256_GCM",
	};

	return p->up ? names[p->srtp_profile] : NULL;
}

static void fill_texts(const struct limen_peer *p, struct limen_stats_peer *out)
{
	if (p->ice) {
		g_autoptr(GPtrArray) local = p->cfg->ice_ops->candidates(p->ice);

		add_all(out->local_candidates, local);
		if (p->local && p->cfg->ice_ops->gathered(p->ice))
			out->local = limen_peer_description(p);
	}
	add_all(out->trickled, p->trickled);
}

static void fill_dtls(const struct limen_peer *p, struct limen_stats_peer *out)
{
	out->has_dtls = p->dtls != NULL;
	out->dtls_role = role(p->setup);
	out->dtls_state = p->up ? "connected" : p->connected_us ? "trying" : "created";
	out->fingerprint = limen_cert_fingerprint(p->cfg->cert);
	out->srtp_profile = profile_name(p);
	out->dtls_started_us = p->connected_us;
	out->up_us = p->up_us;
}

static void fill_lines(const struct limen_peer *p, struct limen_stats_peer *out)
{
	for (guint i = 0; i < p->lines->len; i++) {
		const struct limen_line *l = limen_peer_line_if(p, i);
		struct limen_stats_line line;

		if (!l)
			continue;
		fill_line(l, &line);
		g_array_append_val(out->lines, line);
		for (unsigned e = 0; e < LIMEN_EXTS; e++)
			if (l->ext_id[e])
				out->ext_id[e] = l->ext_id[e];
	}
}

void limen_stats_peer(const struct limen_peer *p, bool texts, struct limen_stats_peer *out)
{
	*out = (struct limen_stats_peer){
		.exists = limen_peer_exists(p),
		.up = p->up,
		.negotiated = p->negotiated,
		.offered = p->offered,
		.remote_complete = p->remote_complete,
		.has_agent = p->ice != NULL,
		.ice_state = p->ice_state,
		.ice_mode = p->ice_cfg.ice_lite ? "lite" : "full",
		.controlling = p->ice_cfg.controlling,
		.created_us = p->began_us,
		.gathered_us = p->gathered_us,
		.connected_us = p->connected_us,
		.failed_us = p->failed_us,
		.rtt_us = p->rtt_us,
		.remb_bps = p->remb_bps,
		.cap_bps = p->cap_bps,
		.dropped = p->dropped,
		.local_candidates = g_ptr_array_new_with_free_func(g_free),
		.trickled = g_ptr_array_new_with_free_func(g_free),
		.lines = g_array_new(FALSE, TRUE, sizeof(struct limen_stats_line)),
	};
	if (!p->ice)
		return;
	out->paired = p->cfg->ice_ops->pair && p->cfg->ice_ops->pair(p->ice, &out->pair);
	fill_dtls(p, out);
	fill_lines(p, out);
	if (texts)
		fill_texts(p, out);
}

static void add_stream(struct limen_stats_brief *out, const struct limen_line *l, uint32_t bytes,
	uint8_t fraction, uint32_t jitter)
{
	if (!bytes)
		return;
	out->streams++;
	out->loss += fraction / 256.0;
	out->jitter_ms += milliseconds(jitter, l->info);
}

static void add_line(struct limen_stats_brief *out, const struct limen_line *l)
{
	for (unsigned k = 0; k < LIMEN_LAYERS_MAX; k++) {
		const struct limen_rx *rx = l->rx[k];

		if (!rx)
			continue;
		out->bits_in += rx->last_second * UINT64_C(8);
		add_stream(out, l, rx->last_second, rx->fraction, (uint32_t)rx->stats.jitter);
	}
	out->bits_out += l->last_second * UINT64_C(8);
	add_stream(out, l, l->last_second, l->remote_fraction, l->remote_jitter);
}

static enum limen_stats_state state_of(const struct limen_peer *p)
{
	if (!p->ice)
		return LIMEN_STATS_NEW;
	if (p->ice_state == LIMEN_ICE_FAILED)
		return LIMEN_STATS_FAILED;
	return p->up ? LIMEN_STATS_UP : LIMEN_STATS_CONNECTING;
}

void limen_stats_brief(const struct limen_peer *p, struct limen_stats_brief *out)
{
	*out = (struct limen_stats_brief){ .state = state_of(p), .rtt_us = p->rtt_us };
	for (guint i = 0; p->up && i < p->lines->len; i++)
		if (limen_peer_line_if(p, i))
			add_line(out, limen_peer_line_if(p, i));
	if (out->streams) {
		out->loss /= out->streams;
		out->jitter_ms /= out->streams;
	}
}

void limen_stats_clear(struct limen_stats_peer *s)
{
	g_ptr_array_unref(s->local_candidates);
	g_ptr_array_unref(s->trickled);
	g_array_unref(s->lines);
	g_free(s->local);
}
