/*
 * The plugin service table: thin doors from a plugin's handle to the session and media layers.
 * Thread: see include/limen/plugin.h.
 */
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/packet.h"
#include "core/host/host.h"
#include "core/media/fanout.h"
#include "core/session/auth.h"
#include "core/session/handle.h"
#include "core/session/message.h"

/* Extensions that the media path can serve today; others are not negotiated. */
#define EXTS_IN                                                                                    \
	(1u << LIMEN_EXT_MID | 1u << LIMEN_EXT_RID | 1u << LIMEN_EXT_REPAIRED_RID |                \
		1u << LIMEN_EXT_AUDIO_LEVEL | 1u << LIMEN_EXT_ORIENTATION |                        \
		1u << LIMEN_EXT_PLAYOUT_DELAY | 1u << LIMEN_EXT_ABS_SEND_TIME |                    \
		1u << LIMEN_EXT_DEPENDENCY | 1u << LIMEN_EXT_TRANSPORT_CC)
#define EXTS_OUT                                                                                   \
	(1u << LIMEN_EXT_MID | 1u << LIMEN_EXT_AUDIO_LEVEL | 1u << LIMEN_EXT_ORIENTATION |         \
		1u << LIMEN_EXT_PLAYOUT_DELAY | 1u << LIMEN_EXT_ABS_SEND_TIME |                    \
		1u << LIMEN_EXT_DEPENDENCY)

static struct limen_peer *peer_of(const struct limen_handle *h)
{
	return limen_handle_of(h)->peer;
}

/* A jsep that travels with an event to the handle's loop. */
struct pushed {
	json_t *data;
	struct limen_jsep jsep;
	unsigned ends; /* of connections, when it set out */
};

static void pushed_free(gpointer arg)
{
	struct pushed *p = arg;

	json_decref(p->data);
	limen_sdp_free(p->jsep.sdp);
	g_free(p);
}

static void push_now(struct limen_core_handle *h, void *arg)
{
	struct pushed *p = arg;

	/* An offer for a connection that has gone since does not begin another one. */
	limen_peer_settle(h->peer);
	limen_message_event(h, NULL, g_steal_pointer(&p->data),
		limen_peer_ends(h->peer) == p->ends ? &p->jsep : NULL);
	pushed_free(p);
}

static void svc_push(struct limen_handle *pub, json_t *data, struct limen_jsep *jsep)
{
	struct limen_core_handle *h = limen_handle_of(pub);
	struct pushed *p;

	/* Not from here when the plugin would first be told that the connection is gone: it may
	 * hold a lock that its callback takes. */
	if (!jsep || !jsep->sdp ||
		(limen_home_here(limen_peer_home(h->peer)) && !limen_peer_is_going_down(h->peer))) {
		limen_message_event(h, NULL, data, jsep);
		return;
	}
	p = g_new0(struct pushed, 1);
	p->data = data;
	p->jsep = *jsep;
	p->ends = limen_peer_ends(h->peer);
	jsep->sdp = NULL;
	limen_handle_post(h, push_now, p, pushed_free);
}

struct posted {
	void (*fn)(struct limen_handle *h, void *arg);
	void *arg;
	GDestroyNotify free;
};

static void run_posted(struct limen_core_handle *h, void *arg)
{
	struct posted *p = arg;

	/* The plugin hears of an end before it makes an offer for what follows. */
	limen_peer_settle(h->peer);
	p->fn(&h->pub, p->arg);
	g_free(p);
}

static void drop_posted(gpointer arg)
{
	struct posted *p = arg;

	if (p->free)
		p->free(p->arg);
	g_free(p);
}

static void svc_post(struct limen_handle *h, void (*fn)(struct limen_handle *h, void *arg),
	void *arg, GDestroyNotify free)
{
	struct posted *p = g_new(struct posted, 1);

	*p = (struct posted){ fn, arg, free };
	limen_handle_post(limen_handle_of(h), run_posted, p, drop_posted);
}

static void close_now(struct limen_core_handle *h, void *arg)
{
	(void)arg;
	limen_peer_hangup(h->peer, "Close PC");
}

static void svc_close_pc(struct limen_handle *h)
{
	limen_handle_post(limen_handle_of(h), close_now, NULL, NULL);
}

struct meeting {
	char *id;
	bool participant;
};

static void meeting_free(gpointer arg)
{
	struct meeting *m = arg;

	g_free(m->id);
	g_free(m);
}

static void meeting_now(struct limen_core_handle *h, void *arg)
{
	struct meeting *m = arg;

	g_free(h->meeting);
	h->meeting = g_steal_pointer(&m->id);
	h->participant = m->participant;
	meeting_free(m);
}

static void svc_meeting(struct limen_handle *h, const char *id, bool participant)
{
	struct meeting *m = g_new(struct meeting, 1);

	*m = (struct meeting){ g_strdup(id), participant };
	limen_handle_post(limen_handle_of(h), meeting_now, m, meeting_free);
}

static void end_now(struct limen_core_handle *h, void *arg)
{
	(void)arg;
	limen_handle_detach(h, true);
}

static void svc_end(struct limen_handle *h)
{
	limen_handle_post(limen_handle_of(h), end_now, NULL, NULL);
}

static bool svc_has_pc(const struct limen_handle *h)
{
	return limen_peer_exists(peer_of(h));
}

static bool svc_pc_up(const struct limen_handle *h)
{
	return limen_peer_is_up(peer_of(h));
}

static int svc_answer(const struct limen_sdp *offer, const struct limen_answer_rules *rules,
	struct limen_sdp **out)
{
	struct limen_answer_rules ours = *rules;

	ours.exts &= EXTS_IN;
	if (!limen_host_core->media.twcc_period_ms)
		ours.exts &= ~(1u << LIMEN_EXT_TRANSPORT_CC);
	ours.no_data = true; /* data channels are not served yet */
	return limen_sdp_answer(offer, &ours, out);
}

static struct limen_sdp_media *svc_sdp_add(struct limen_sdp *sdp, enum limen_kind kind,
	enum limen_codec codec, enum limen_dir dir, const char *mid, const char *fmtp,
	uint32_t exts)
{
	return limen_sdp_add(sdp, kind, codec, dir, mid, fmtp, exts & EXTS_OUT);
}

static void svc_send(struct limen_handle *h, uint16_t mindex, struct limen_packet *pkt)
{
	limen_peer_send(peer_of(h), mindex, pkt);
}

static int svc_send_data(struct limen_handle *h, bool binary, const char *label,
	const char *protocol, const uint8_t *bytes, size_t len)
{
	(void)h, (void)binary, (void)label, (void)protocol, (void)bytes, (void)len;
	return LIMEN_ENOTSUP;
}

static struct limen_fanout *svc_fanout_new(struct limen_handle *h, uint16_t mindex)
{
	struct limen_fanout *f = limen_fanout_new(peer_of(h), mindex);

	limen_peer_publish(peer_of(h), mindex, f);
	return f;
}

static void svc_fanout_free(struct limen_fanout *f)
{
	if (!f)
		return;
	limen_fanout_close(f);
	limen_fanout_unref(f);
}

static int svc_fanout_add(struct limen_fanout *f, struct limen_handle *receiver, uint16_t mindex)
{
	return limen_fanout_add(f, peer_of(receiver), mindex);
}

static void svc_fanout_remove(
	struct limen_fanout *f, struct limen_handle *receiver, uint16_t mindex)
{
	limen_fanout_remove(f, peer_of(receiver), mindex);
}

static void svc_layers(struct limen_handle *h, uint16_t mindex, const struct limen_layers *want)
{
	limen_peer_layers(peer_of(h), mindex, want);
}

static void svc_pause(struct limen_handle *h, uint16_t mindex, bool paused)
{
	limen_peer_pause(peer_of(h), mindex, paused);
}

static void svc_sending(struct limen_handle *h, uint16_t mindex, struct limen_sending *out)
{
	limen_peer_sending(peer_of(h), mindex, out);
}

static int svc_token_check(const char *token, const char *realm, const char *descriptor)
{
	return limen_auth_realm(&limen_host_core->set, token, realm, descriptor);
}

static void svc_keyframe(struct limen_handle *h, int mindex)
{
	limen_peer_keyframe(peer_of(h), mindex);
}

static void svc_bitrate(struct limen_handle *h, uint32_t bps)
{
	limen_peer_bitrate(peer_of(h), bps);
}

const struct limen_plugin_services limen_plugin_services_table = {
	.abi = LIMEN_ABI,
	.size = sizeof(struct limen_plugin_services),
	.base = LIMEN_BASE_SERVICES,
	.fail = limen_message_fail,
	.defer = limen_message_defer,
	.complete = limen_message_complete,
	.push = svc_push,
	.post = svc_post,
	.close_pc = svc_close_pc,
	.end = svc_end,
	.has_pc = svc_has_pc,
	.pc_up = svc_pc_up,
	.answer = svc_answer,
	.sdp_new = limen_sdp_new,
	.sdp_copy = limen_sdp_copy,
	.sdp_free = limen_sdp_free,
	.sdp_add = svc_sdp_add,
	.sdp_add_red = limen_sdp_add_red,
	.fmtp_get = limen_sdp_fmtp_get,
	.send = svc_send,
	.packet_ref = limen_packet_ref,
	.packet_unref = limen_packet_unref,
	.send_data = svc_send_data,
	.fanout_new = svc_fanout_new,
	.fanout_free = svc_fanout_free,
	.fanout_add = svc_fanout_add,
	.fanout_remove = svc_fanout_remove,
	.fanout_gate = limen_fanout_gate,
	.layers = svc_layers,
	.pause = svc_pause,
	.sending = svc_sending,
	.keyframe = svc_keyframe,
	.bitrate = svc_bitrate,
	.media = &limen_media_services_table,
	.push_for = limen_message_push,
	.token_check = svc_token_check,
	.config_save = limen_base_config_save,
	.meeting = svc_meeting,
};
