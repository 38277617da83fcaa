/*
 * The bodies of webrtc and media events. Pure.
 */
#include "core/session/event_bodies.h"
#include <string.h>
#include "core/session/handle_info.h"

static json_t *with_component(json_t *body)
{
	json_object_set_new(body, "stream_id", json_integer(1));
	json_object_set_new(body, "component_id", json_integer(1));
	return body;
}

json_t *limen_event_body_ice(const char *state)
{
	return with_component(json_pack("{s:s}", "ice", state));
}

static json_t *candidate_body(const char *name, const char *candidate)
{
	if (g_str_has_prefix(candidate, "candidate:"))
		candidate += strlen("candidate:");
	return with_component(json_pack("{s:s}", name, candidate));
}

json_t *limen_event_body_local_candidate(const char *candidate)
{
	return candidate_body("local-candidate", candidate);
}

json_t *limen_event_body_remote_candidate(const char *candidate)
{
	return candidate_body("remote-candidate", candidate);
}

static json_t *end(const struct limen_ice_end *e, const char *transport)
{
	return json_pack("{s:s,s:i,s:s,s:s,s:i}", "address", e->address, "port", (int)e->port,
		"type", e->type, "transport", transport, "family", strchr(e->address, ':') ? 6 : 4);
}

json_t *limen_event_body_pair(const struct limen_ice_pair *pair)
{
	g_autofree char *text = limen_handle_info_pair(pair);

	return with_component(json_pack("{s:s,s:{s:o,s:o}}", "selected-pair", text, "candidates",
		"local", end(&pair->local, pair->transport), "remote",
		end(&pair->remote, pair->transport)));
}

json_t *limen_event_body_dtls(const char *state)
{
	json_t *body = with_component(json_pack("{s:s}", "dtls", state));

	json_object_set_new(body, "retransmissions", json_integer(0));
	return body;
}

static const char *kind_name(enum limen_kind kind)
{
	static const char *const names[] = { "audio", "video", "data" };

	return names[kind];
}

json_t *limen_event_body_receiving(
	const struct limen_media_event *ev, const char *mid, bool simulcast, int seconds)
{
	json_t *body = json_pack("{s:s,s:s}", "media", kind_name(ev->kind), "mid", mid);

	if (simulcast)
		json_object_set_new(body, "substream", json_integer(ev->substream));
	json_object_set_new(body, "receiving", json_boolean(ev->receiving));
	if (!ev->receiving && seconds > 1)
		json_object_set_new(body, "seconds", json_integer(seconds));
	return body;
}

json_t *limen_event_body_slow(const struct limen_media_event *ev, const char *mid)
{
	return json_pack("{s:s,s:s,s:s,s:I}", "mid", mid, "media", kind_name(ev->kind), "slow_link",
		ev->uplink ? "uplink" : "downlink", "lost_lastsec", (json_int_t)ev->lost);
}

struct writer {
	json_t *o;
	bool lean;
};

static void put(const struct writer *w, const char *name, int64_t value, int64_t silent)
{
	if (!w->lean || value != silent)
		json_object_set_new(w->o, name, json_integer(value));
}

static void put_reports(const struct writer *w, const struct limen_stats_line *l, unsigned k,
	const struct limen_stats_peer *s)
{
	const struct limen_stats_in *in = &l->in[k];
	const int64_t quality = in->there ? in->quality : 100;

	if (k == 0)
		put(w, "rtt", s->rtt_us / 1000, 0);
	put(w, "lost", in->lost, 0);
	put(w, "lost-by-remote", k == 0 ? l->lost_by_remote : 0, 0);
	put(w, "jitter-local", (int64_t)in->jitter_ms, 0);
	put(w, "jitter-remote", k == 0 ? (int64_t)l->remote_jitter_ms : 0, 0);
	put(w, "in-link-quality", quality, 100);
	put(w, "in-media-link-quality", quality, 100);
	put(w, "out-link-quality", l->remote_quality, 100);
	put(w, "out-media-link-quality", l->remote_quality, 100);
}

/* What is sent is one stream, whatever layers come: it is told with the first one. */
static void put_counts(const struct writer *w, const struct limen_stats_line *l, unsigned k)
{
	static const struct limen_stats_way nothing;
	const struct limen_stats_way *in = &l->in[k].way, *out = k == 0 ? &l->out : &nothing;

	put(w, "packets-received", (int64_t)in->packets, 0);
	put(w, "packets-sent", (int64_t)out->packets, 0);
	put(w, "bytes-received", (int64_t)in->bytes, 0);
	put(w, "bytes-sent", (int64_t)out->bytes, 0);
	if (l->kind == LIMEN_DATA)
		return;
	put(w, "bytes-received-lastsec", in->bytes_last_second, 0);
	put(w, "bytes-sent-lastsec", out->bytes_last_second, 0);
	put(w, "nacks-received", out->nacks, 0);
	put(w, "nacks-sent", in->nacks, 0);
	put(w, "retransmissions-received", in->retransmissions, 0);
}

static json_t *layer_stats(
	const struct limen_stats_line *l, unsigned k, const struct limen_stats_peer *s, bool lean)
{
	const struct limen_codec_info *info = limen_codec_info(l->codec);
	const struct writer w = { json_object(), lean };

	json_object_set_new(w.o, "mid", json_string(l->mid));
	json_object_set_new(w.o, "mindex", json_integer(l->mindex));
	json_object_set_new(w.o, "media",
		k == 0 ? json_string(kind_name(l->kind))
		       : json_sprintf("%s-sim%u", kind_name(l->kind), k));
	if (l->kind != LIMEN_DATA) {
		if (info) {
			json_object_set_new(w.o, "codec", json_string(info->name));
			put(&w, "base", info->clock_hz, 0);
		}
		put_reports(&w, l, k, s);
	}
	put_counts(&w, l, k);
	if (l->mindex == 0 && k == 0 && s->remb_bps)
		put(&w, "remb-bitrate", s->remb_bps, 0);
	return w.o;
}

json_t *limen_event_body_stats(const struct limen_stats_peer *s, bool lean)
{
	json_t *all = json_array();

	for (guint i = 0; i < s->lines->len; i++) {
		const struct limen_stats_line *l =
			&g_array_index(s->lines, struct limen_stats_line, i);

		for (unsigned k = 0; k < LIMEN_LAYERS_MAX; k++)
			if (k == 0 || l->in[k].there)
				json_array_append_new(all, layer_stats(l, k, s, lean));
	}
	return all;
}
