/*
 * RTP forwarders of a publisher. Media goes by kit/forward past the plugin; here is which track
 * each one takes, also after a renegotiation has given the track another fan-out. Thread: any, with
 * the room locked.
 */
#include "plugins/videoroom/forward.h"
#include <string.h>
#include "kit/address.h"
#include "kit/ids.h"
#include "kit/replies.h"

#define SSRCS_A_LINE 10u
#define PT_TEXT 0
#define PT_BINARY 1

int limen_forwarder_new(struct limen_forwarder **out, struct limen_publisher *p,
	const struct limen_forward_config *cfg)
{
	struct limen_forwarder *f = g_new0(struct limen_forwarder, 1);
	int err;

	*out = NULL;
	if ((err = limen_forward_new(&f->out, limen->media->loop(p->handle), cfg))) {
		g_free(f);
		return err;
	}
	f->publisher = p;
	limen_address_text(&cfg->to, f->host);
	f->port = limen_address_port(&cfg->to);
	f->rtcp_port = cfg->rtcp_port;
	f->srtp = cfg->srtp_suite != 0;
	*out = f;
	return 0;
}

void limen_forwarder_free(struct limen_forwarder *f)
{
	if (!f)
		return;
	limen_forward_free(f->out);
	g_free(f->remote_id);
	g_free(f);
}

static uint32_t remote_ssrc(const struct limen_track *t)
{
	return LIMEN_FORWARD_REMOTE_SSRC + SSRCS_A_LINE * t->facts.mindex;
}

static bool takes(const struct limen_forwarder *f, const struct limen_track *t)
{
	return f->remote_id || (f->mindex == t->facts.mindex && f->kind == t->facts.kind);
}

static void connect_track(const struct limen_forwarder *f, const struct limen_track *t)
{
	struct limen_forward_line line = f->line;

	if (!takes(f, t) || !t->fanout)
		return;
	if (f->remote_id) {
		line.what = LIMEN_FORWARD_ALL;
		line.ssrc = remote_ssrc(t);
	}
	line.video = t->facts.kind == LIMEN_VIDEO;
	if (limen_forward_add(f->out, t->fanout, &line) != 0)
		limen_log(LIMEN_LOG_WARN, "videoroom", t->publisher->handle,
			"m-line %s has too many receivers: it is not forwarded to %s", t->facts.mid,
			f->host);
	limen_track_keyframe(t);
}

void limen_forwarder_start(struct limen_forwarder *f)
{
	const struct limen_publisher *p = f->publisher;

	g_ptr_array_add(p->forwarders, f);
	for (guint i = 0; i < p->tracks->len; i++)
		connect_track(f, g_ptr_array_index(p->tracks, i));
}

void limen_forwarders_connect(const struct limen_track *t)
{
	const GPtrArray *all = t->publisher->forwarders;

	for (guint i = 0; i < all->len; i++)
		connect_track(g_ptr_array_index(all, i), t);
}

void limen_forwarders_disconnect(const struct limen_track *t)
{
	const GPtrArray *all = t->publisher->forwarders;

	for (guint i = 0; t->fanout && i < all->len; i++)
		limen_forward_remove(
			((struct limen_forwarder *)g_ptr_array_index(all, i))->out, t->fanout);
}

void limen_forwarders_data(
	const struct limen_track *t, bool binary, const uint8_t *bytes, size_t len)
{
	const GPtrArray *all = t->publisher->forwarders;

	for (guint i = 0; i < all->len; i++) {
		const struct limen_forwarder *f = g_ptr_array_index(all, i);

		if (f->remote_id)
			limen_forward_data_rtp(
				f->out, binary ? PT_BINARY : PT_TEXT, remote_ssrc(t), bytes, len);
		else if (takes(f, t))
			limen_forward_data(f->out, bytes, len);
	}
}

struct limen_forwarder *limen_forwarder_find(const struct limen_publisher *p, int64_t stream_id)
{
	for (guint i = 0; i < p->forwarders->len; i++) {
		struct limen_forwarder *f = g_ptr_array_index(p->forwarders, i);

		if (!f->remote_id && f->stream_id == stream_id)
			return f;
	}
	return NULL;
}

struct limen_forwarder *limen_forwarder_find_remote(
	const struct limen_publisher *p, const char *remote_id)
{
	for (guint i = 0; i < p->forwarders->len; i++) {
		struct limen_forwarder *f = g_ptr_array_index(p->forwarders, i);

		if (g_strcmp0(f->remote_id, remote_id) == 0)
			return f;
	}
	return NULL;
}

static void add_number(json_t *o, const char *name, json_int_t value)
{
	if (value)
		json_object_set_new(o, name, json_integer(value));
}

json_t *limen_forwarder_view(const struct limen_forwarder *f)
{
	json_t *o = json_pack("{s:I,s:s,s:i,s:s}", "stream_id", (json_int_t)f->stream_id, "host",
		f->host, "port", (int)f->port, "type", limen_publish_kind(f->kind));

	add_number(o, "local_rtcp_port", limen_forward_rtcp_port(f->out));
	add_number(o, "remote_rtcp_port", f->rtcp_port);
	add_number(o, "pt", f->line.pt);
	add_number(o, "ssrc", f->line.ssrc);
	add_number(o, "substream", f->part);
	limen_replies_add_true(o, "srtp", f->srtp);
	return o;
}

json_t *limen_forwarder_info(const struct limen_forwarder *f)
{
	struct limen_forward_stats stats;
	json_t *o;

	limen_forward_stats(f->out, &stats);
	o = json_pack("{s:s,s:i,s:I,s:I,s:I}", "host", f->host, "port", (int)f->port, "packets",
		(json_int_t)stats.packets, "bytes", (json_int_t)stats.bytes, "dropped",
		(json_int_t)stats.dropped);
	limen_replies_add_text(o, "remote_id", f->remote_id);
	add_number(o, "stream_id", f->stream_id);
	return o;
}
