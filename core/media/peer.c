/*
 * A peer's connection: ICE, DTLS and SRTP, made from descriptions and ended by either side. The way
 * of packets is in peer_rx.c and peer_tx.c. What ends a connection is noted and done by a timer,
 * never from inside a library's callback. Thread: the peer's loop.
 */
#include <string.h>
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/media/demux.h"
#include "core/media/peer_priv.h"

#define ICE_PATIENCE_US (5 * G_USEC_PER_SEC)
#define ICE_GIVE_UP_US (15 * G_USEC_PER_SEC)
#define ICE_LOOK_US (G_USEC_PER_SEC / 2)
#define DTLS_GIVE_UP_US (20 * G_USEC_PER_SEC)
#define TRICKLED_MAX 32u /* candidates of the peer's that are remembered, to be shown */

static void on_ice_gathered(void *arg);
static void on_ice_candidate(const char *candidate, void *arg);
static void on_ice_state(enum limen_ice_state state, void *arg);
static void on_ice_datagram(const uint8_t *bytes, size_t len, void *arg);
static const struct limen_ice_events ice_events = {
	.on_gathered = on_ice_gathered,
	.on_candidate = on_ice_candidate,
	.on_state = on_ice_state,
	.on_datagram = on_ice_datagram,
	.on_home = limen_peer_on_home,
};

static void on_down(struct limen_timer *t, void *arg);
static void on_dtls_timer(struct limen_timer *t, void *arg);
static void on_failing(struct limen_timer *t, void *arg);

struct limen_peer *limen_peer_new(struct limen_loop *loop, const struct limen_media_config *cfg,
	const struct limen_peer_events *events, void *arg)
{
	struct limen_peer *p = g_new0(struct limen_peer, 1);

	p->refs = 1;
	limen_home_init(&p->home, loop);
	p->cfg = cfg;
	p->ev = events;
	p->arg = arg;
	p->lines = g_ptr_array_new();
	limen_timer_init(&p->down, on_down, p);
	limen_timer_init(&p->dtls_timer, on_dtls_timer, p);
	limen_timer_init(&p->failing, on_failing, p);
	limen_timer_init(&p->second, limen_peer_on_second, p);
	limen_timer_init(&p->soon, limen_peer_on_soon, p);
	return p;
}

struct limen_peer *limen_peer_ref(struct limen_peer *p)
{
	g_atomic_int_inc(&p->refs);
	return p;
}

/* Retired or never used by then: nothing of a connection is left. */
void limen_peer_unref(struct limen_peer *p)
{
	if (!p || !g_atomic_int_dec_and_test(&p->refs))
		return;
	g_ptr_array_unref(p->lines);
	limen_home_clear(&p->home);
	g_free(p);
}

struct limen_line *limen_peer_line_if(const struct limen_peer *p, unsigned index)
{
	if (index < LIMEN_PEER_NEAR)
		return p->near[index];
	return index < p->lines->len ? g_ptr_array_index(p->lines, index) : NULL;
}

struct limen_line *limen_peer_line(struct limen_peer *p, unsigned index)
{
	struct limen_line *l = limen_peer_line_if(p, index);

	if (l || index >= LIMEN_MLINES_MAX)
		return l;
	if (p->lines->len <= index)
		g_ptr_array_set_size(p->lines, (gint)index + 1);
	l = g_new0(struct limen_line, 1);
	l->index = (uint16_t)index;
	l->rtx_pt = l->red_pt = -1;
	l->playout_min = l->playout_max = -1;
	l->ssrc = limen_random_u32();
	l->rtx_ssrc = limen_random_u32();
	limen_random(&l->source, sizeof(l->source));
	l->source |= 1;
	limen_simulcast_init(&l->layers);
	limen_sent_init(&l->sent);
	p->lines->pdata[index] = l;
	if (index < LIMEN_PEER_NEAR)
		p->near[index] = l;
	return l;
}

static void line_free(struct limen_line *l)
{
	if (!l)
		return;
	limen_line_forget_rx(l);
	limen_sent_clear(&l->sent);
	limen_store_free(l->store);
	if (l->to)
		limen_fanout_drain(l->to);
	limen_fanout_unref(l->to);
	limen_fanout_unref(l->from);
	g_free(l);
}

static void free_lines(struct limen_peer *p)
{
	for (guint i = 0; i < p->lines->len; i++)
		line_free(g_ptr_array_index(p->lines, i));
	g_ptr_array_set_size(p->lines, 0);
	memset(p->near, 0, sizeof(p->near));
}

/* Ends whatever there is of a connection; tells nobody. */
static void tear_down(struct limen_peer *p)
{
	limen_timer_stop(&p->down);
	limen_timer_stop(&p->dtls_timer);
	limen_timer_stop(&p->failing);
	limen_timer_stop(&p->second);
	limen_timer_stop(&p->soon);
	limen_peer_twcc_free(p);
	g_clear_pointer(&p->dtls, limen_dtls_free);
	g_clear_pointer(&p->srtp, limen_srtp_free);
	if (p->ice)
		p->cfg->ice_ops->destroy(g_steal_pointer(&p->ice));
	g_clear_pointer(&p->local, limen_sdp_free);
	g_clear_pointer(&p->remote, limen_sdp_free);
	g_clear_pointer(&p->ssrcs, g_hash_table_destroy);
	g_clear_pointer(&p->remote_ufrag, g_free);
	g_clear_pointer(&p->down_reason, g_free);
	free_lines(p);
	p->offered = p->negotiated = p->up = p->ever_connected = p->remote_complete = false;
	p->ice_state = LIMEN_ICE_NEW;
	p->rtt_us = p->clock_offset_us = 0;
	p->cap_bps = 0;
	p->cap_changed = false;
	p->failed_us = p->gathered_us = p->up_us = 0;
	p->remb_bps = 0;
	g_clear_pointer(&p->trickled, g_ptr_array_unref);
}

void limen_peer_retire(struct limen_peer *p)
{
	p->ev = NULL;
	tear_down(p);
}

static void finish_down(struct limen_peer *p)
{
	g_autofree char *reason = g_steal_pointer(&p->down_reason);

	if (p->ev && p->ev->on_ending)
		p->ev->on_ending(p->arg);
	tear_down(p);
	g_atomic_int_inc(&p->ends);
	if (p->ev)
		p->ev->on_down(reason, p->arg);
}

static void on_down(struct limen_timer *t, void *arg)
{
	(void)t;
	finish_down(arg);
}

void limen_peer_hangup(struct limen_peer *p, const char *reason)
{
	if (!p->ice || p->down_reason)
		return;
	p->down_reason = g_strdup(reason);
	limen_peer_timer(p, &p->down, limen_now_us());
}

bool limen_peer_is_going_down(const struct limen_peer *p)
{
	return p->down_reason != NULL;
}

unsigned limen_peer_ends(const struct limen_peer *p)
{
	return (unsigned)g_atomic_int_get(&p->ends);
}

void limen_peer_settle(struct limen_peer *p)
{
	if (p->down_reason)
		finish_down(p);
}

struct limen_home *limen_peer_home(struct limen_peer *p)
{
	return &p->home;
}

const struct limen_media_config *limen_peer_config(const struct limen_peer *p)
{
	return p->cfg;
}

struct limen_loop *limen_peer_loop(const struct limen_peer *p)
{
	return limen_home_loop(&p->home);
}

void limen_peer_timer(struct limen_peer *p, struct limen_timer *t, int64_t at_us)
{
	limen_loop_timer_set(limen_home_loop(&p->home), t, at_us);
}

bool limen_peer_exists(const struct limen_peer *p)
{
	return p->ice && !p->down_reason;
}

bool limen_peer_is_up(const struct limen_peer *p)
{
	return p->up && !p->down_reason;
}

bool limen_peer_negotiated(const struct limen_peer *p)
{
	return p->negotiated && !p->down_reason;
}

bool limen_peer_offered(const struct limen_peer *p)
{
	return p->offered && !p->down_reason;
}

/* Always set until it is up: a server may wait in vain for a first flight. */
static void arm_dtls(struct limen_peer *p)
{
	int64_t at_us = p->connected_us + DTLS_GIVE_UP_US, left_us;

	if (!p->dtls || p->up || !p->connected_us)
		return;
	left_us = limen_dtls_timeout_us(p->dtls);
	if (left_us >= 0)
		at_us = MIN(at_us, limen_now_us() + left_us);
	limen_peer_timer(p, &p->dtls_timer, at_us);
}

static void on_dtls_timer(struct limen_timer *t, void *arg)
{
	struct limen_peer *p = arg;

	(void)t;
	if (!p->dtls || p->up)
		return;
	if (limen_dtls_is_put_off(p->dtls))
		p->connected_us = limen_now_us(); /* no fault of the client */
	if (limen_now_us() - p->connected_us >= DTLS_GIVE_UP_US) {
		limen_peer_hangup(p, "DTLS timeout");
		return;
	}
	limen_dtls_tick(p->dtls);
	arm_dtls(p);
}

static void on_dtls_send(const uint8_t *bytes, size_t len, void *arg)
{
	struct limen_peer *p = arg;

	if (p->ice)
		p->cfg->ice_ops->send(p->ice, bytes, len);
}

static void on_dtls_up(const struct limen_srtp_keys *keys, void *arg)
{
	struct limen_peer *p = arg;

	if (p->down_reason)
		return;
	if (limen_srtp_new(&p->srtp, keys)) {
		limen_peer_hangup(p, "DTLS-SRTP stack error");
		return;
	}
	p->up = true;
	p->up_us = limen_now_us();
	p->srtp_profile = keys->profile;
	p->own_ssrc = limen_random_u32();
	limen_peer_timer(p, &p->second, limen_now_us() + G_USEC_PER_SEC);
	if (p->ev)
		p->ev->on_up(p->arg);
	for (guint i = 0; i < p->lines->len; i++)
		if (limen_peer_line_if(p, i) && limen_peer_line_if(p, i)->sends &&
			limen_peer_line_if(p, i)->kind == LIMEN_VIDEO)
			limen_line_keyframe_wanted(p, limen_peer_line_if(p, i));
}

static void on_dtls_closed(void *arg)
{
	limen_peer_hangup(arg, "DTLS alert");
}

static void on_dtls_failed(const char *why, void *arg)
{
	limen_debug("dtls", "%s", why);
	limen_peer_hangup(arg, "DTLS error");
}

static void on_dtls_data(const uint8_t *bytes, size_t len, void *arg)
{
	(void)bytes, (void)len;
	limen_peer_drop(arg, LIMEN_COUNT_DROP_KIND); /* data channels are not negotiated yet */
}

static const struct limen_dtls_events dtls_events = { on_dtls_send, on_dtls_up, on_dtls_closed,
	on_dtls_failed, on_dtls_data };

static int make_dtls(struct limen_peer *p)
{
	const struct limen_sdp_transport *t = limen_sdp_fingerprint(p->remote);
	const struct limen_dtls_config cfg = {
		.cert = p->cfg->cert,
		.client = p->setup == LIMEN_SETUP_ACTIVE,
		.mtu = p->cfg->dtls_mtu,
		.handshakes_max = p->cfg->dtls_handshakes_max,
		.hash = t->hash,
		.fingerprint = t->fingerprint,
	};

	return p->dtls ? 0 : limen_dtls_new(&p->dtls, &cfg, &dtls_events, p);
}

static void on_ice_gathered(void *arg)
{
	struct limen_peer *p = arg;

	p->gathered_us = limen_now_us();
	if (p->ev)
		p->ev->on_gathered(p->arg);
}

static void on_ice_candidate(const char *candidate, void *arg)
{
	struct limen_peer *p = arg;

	if (p->ev && p->cfg->full_trickle)
		p->ev->on_candidate(candidate, p->arg);
}

static void start_dtls(struct limen_peer *p)
{
	if (!p->dtls || p->ice_state != LIMEN_ICE_CONNECTED || p->up)
		return;
	if (!p->connected_us)
		p->connected_us = limen_now_us();
	limen_dtls_start(p->dtls);
	arm_dtls(p);
}

/* Spec api-core §8.1: how long a failure is borne. */
static void on_failing(struct limen_timer *t, void *arg)
{
	struct limen_peer *p = arg;
	const int64_t since_us = limen_now_us() - p->failed_us;

	(void)t;
	if (p->ice_state != LIMEN_ICE_FAILED)
		return;
	if (since_us >= ICE_GIVE_UP_US ||
		(since_us >= ICE_PATIENCE_US && p->remote_complete && p->negotiated))
		limen_peer_hangup(p, "ICE failed");
	else
		limen_peer_timer(p, &p->failing, limen_now_us() + ICE_LOOK_US);
}

static void on_ice_failed(struct limen_peer *p)
{
	p->failed_us = limen_now_us();
	if (p->ever_connected && p->ev)
		p->ev->on_ice_failed(p->arg);
	if (p->ever_connected && p->cfg->hangup_on_failed)
		limen_peer_hangup(p, "ICE failed");
	else
		limen_peer_timer(p, &p->failing, p->failed_us + ICE_LOOK_US);
}

static void on_ice_state(enum limen_ice_state state, void *arg)
{
	struct limen_peer *p = arg;

	p->ice_state = state;
	if (p->ev && p->ev->on_ice_state)
		p->ev->on_ice_state(state, p->arg);
	if (state == LIMEN_ICE_CONNECTED) {
		p->ever_connected = true;
		limen_timer_stop(&p->failing);
		start_dtls(p);
	} else if (state == LIMEN_ICE_FAILED) {
		on_ice_failed(p);
	}
}

static void on_ice_datagram(const uint8_t *bytes, size_t len, void *arg)
{
	struct limen_peer *p = arg;

	if (p->down_reason)
		return;
	switch (limen_demux(bytes, len)) {
	case LIMEN_DATAGRAM_DTLS:
		if (!p->dtls)
			break;
		limen_dtls_feed(p->dtls, bytes, len);
		arm_dtls(p);
		return;
	case LIMEN_DATAGRAM_RTP:
		limen_peer_rtp(p, bytes, len);
		return;
	case LIMEN_DATAGRAM_RTCP:
		limen_peer_rtcp(p, bytes, len);
		return;
	default:
		break;
	}
	limen_peer_drop(p, LIMEN_COUNT_DROP_KIND);
}

static int open_connection(struct limen_peer *p, bool controlling)
{
	int err;

	p->ice_cfg = p->cfg->ice;
	p->ice_cfg.controlling = controlling && !p->ice_cfg.ice_lite; /* RFC 8445 §6.1.1 */
	p->ice_cfg.force_relay = p->force_relay && p->cfg->allow_force_relay;
	p->began_us = limen_now_us();
	p->connected_us = 0;
	if (!p->ssrcs)
		p->ssrcs = g_hash_table_new(NULL, NULL);
	p->sdp_id = (uint64_t)limen_wall_us();
	p->sdp_version = 0;
	if ((err = p->cfg->ice_ops->create(
		     &p->ice, limen_peer_loop(p), &p->ice_cfg, &ice_events, p)))
		return err;
	return p->cfg->ice_ops->gather(p->ice);
}

int limen_peer_check(
	struct limen_peer *p, const struct limen_sdp *remote, bool is_offer, char **reason)
{
	const struct limen_sdp *before = is_offer ? p->remote : p->local;

	*reason = NULL;
	if (!limen_sdp_ufrag(remote) || !limen_sdp_pwd(remote) || !limen_sdp_fingerprint(remote)) {
		*reason = g_strdup("Error processing SDP");
		return LIMEN_EINVAL;
	}
	if (!limen_peer_exists(p) || !before)
		return 0;
	if (limen_sdp_match(before, remote, reason))
		return LIMEN_ESTATE;
	if (!is_offer && remote->media->len != before->media->len) {
		*reason = g_strdup("the answer has other m-lines than the offer");
		return LIMEN_ESTATE;
	}
	return 0;
}

void limen_peer_rid_order(struct limen_peer *p, bool lowest_first)
{
	p->rid_lmh = lowest_first;
}

void limen_peer_opaque(struct limen_peer *p, bool opaque)
{
	p->opaque = opaque;
}

void limen_peer_force_relay(struct limen_peer *p, bool force)
{
	p->force_relay = force;
}

static void add_rids(
	const struct limen_peer *p, struct limen_line *l, const struct limen_sdp_media *local)
{
	l->rid_count = MIN(local->rids->len, LIMEN_LAYERS_MAX);
	for (guint i = 0; i < l->rid_count; i++) {
		const guint layer = p->rid_lmh ? i : l->rid_count - 1 - i;

		g_strlcpy(l->rid[layer], g_array_index(local->rids, struct limen_sdp_rid, i).id,
			sizeof(l->rid[layer]));
	}
}

static void set_codec(struct limen_line *l, const struct limen_sdp_format *f)
{
	const enum limen_codec codec = f ? f->codec : LIMEN_CODEC_NONE;

	if (!f || (l->codec == codec && l->pt == (uint8_t)f->pt))
		return;
	l->codec = codec;
	l->info = limen_codec_info(codec);
	l->pt = (uint8_t)f->pt;
	limen_sent_forget(&l->sent);
	/* The numbers go on: SRTP of the receiver takes none twice. */
	l->rewrite.clock_hz = l->info->clock_hz;
	limen_rewrite_break(&l->rewrite);
}

/* A line as both descriptions leave it. ours_first: our description was the offer. */
static void set_line(struct limen_peer *p, unsigned i, bool ours_first)
{
	const struct limen_sdp_media *local = limen_sdp_line(p->local, i),
				     *remote = limen_sdp_line(p->remote, i);
	const struct limen_sdp_media *last = ours_first ? remote : local;
	struct limen_line *l = limen_peer_line(p, i);
	const struct limen_sdp_format *f = limen_sdp_main_format(local);
	const bool dead = local->rejected || remote->rejected || local->kind == LIMEN_DATA;
	const bool sent = l->sends;

	l->kind = local->kind;
	if (strcmp(l->mid, local->mid) != 0 || memcmp(l->ext_id, last->ext_id, sizeof(l->ext_id)))
		limen_sent_forget(&l->sent);
	g_strlcpy(l->mid, local->mid, sizeof(l->mid));
	memcpy(l->ext_id, last->ext_id, sizeof(l->ext_id));
	set_codec(l, f);
	l->rtx_pt = f ? limen_sdp_rtx_of(remote, f->pt) : -1;
	l->red_pt = l->codec == LIMEN_OPUS ? limen_sdp_red_pt(last) : -1;
	l->sends = !dead && f && (local->dir & LIMEN_SENDONLY) && (remote->dir & LIMEN_RECVONLY);
	l->receives = !dead && f && (local->dir & LIMEN_RECVONLY) && (remote->dir & LIMEN_SENDONLY);
	if (l->sends != sent)
		limen_rewrite_break(&l->rewrite); /* what was not sent is no loss */
	l->nacks = l->kind == LIMEN_VIDEO;
	l->remb = f && limen_sdp_has_feedback(remote, f->pt, "goog-remb");
	l->simulcast = l->receives && local->simulcast;
	if (l->receives)
		add_rids(p, l, local);
	else
		limen_line_forget_rx(l);
}

/* One REMB is for all that the peer sends, so one m-line that takes it will do. */
static bool needs_cap_by_twcc(const struct limen_peer *p)
{
	bool video = false;

	for (guint i = 0; i < p->lines->len; i++) {
		const struct limen_line *l = limen_peer_line_if(p, i);

		if (!l || !l->receives || l->kind != LIMEN_VIDEO)
			continue;
		if (l->remb)
			return false;
		video = true;
	}
	return video;
}

static void set_lines(struct limen_peer *p, bool ours_first)
{
	for (guint i = 0; i < p->local->media->len && i < p->remote->media->len; i++)
		set_line(p, i, ours_first);
	p->cap_by_twcc = needs_cap_by_twcc(p);
	limen_peer_learn_ssrcs(p);
}

static void add_candidates(struct limen_peer *p, const struct limen_sdp_transport *t)
{
	for (guint i = 0; t && i < t->candidates->len; i++)
		p->cfg->ice_ops->add_candidate(p->ice, g_ptr_array_index(t->candidates, i));
}

static int set_remote_ice(struct limen_peer *p, bool trickles)
{
	const struct limen_sdp_transport *first =
		limen_sdp_line(p->remote, limen_sdp_first(p->remote))->transport;
	int err = p->cfg->ice_ops->set_remote(
		p->ice, limen_sdp_ufrag(p->remote), limen_sdp_pwd(p->remote));

	if (err)
		return err;
	g_free(p->remote_ufrag);
	p->remote_ufrag = g_strdup(limen_sdp_ufrag(p->remote));
	add_candidates(p, p->remote->transport);
	add_candidates(p, first);
	if (!trickles || (first && first->end_of_candidates))
		limen_peer_candidate(p, NULL);
	return 0;
}

static void replace(struct limen_sdp **slot, struct limen_sdp *with)
{
	limen_sdp_free(*slot);
	*slot = with;
}

static enum limen_sdp_setup role_for(const struct limen_peer *p, enum limen_sdp_setup remote)
{
	if (remote == LIMEN_SETUP_ACTIVE)
		return LIMEN_SETUP_PASSIVE;
	if (remote == LIMEN_SETUP_PASSIVE)
		return LIMEN_SETUP_ACTIVE;
	return p->cfg->dtls_active ? LIMEN_SETUP_ACTIVE : LIMEN_SETUP_PASSIVE;
}

/* Both descriptions are set: makes or renews what they speak of. */
static int negotiated(struct limen_peer *p, bool ours_first, bool trickles)
{
	const bool restarted =
		p->remote_ufrag && g_strcmp0(p->remote_ufrag, limen_sdp_ufrag(p->remote)) != 0;
	int err;

	if (restarted && !ours_first && (err = p->cfg->ice_ops->restart(p->ice)))
		return err;
	if (!p->dtls && ((err = make_dtls(p)) != 0))
		return err;
	p->negotiated = true;
	set_lines(p, ours_first);
	if ((!p->remote_ufrag || restarted) && (err = set_remote_ice(p, trickles)))
		return err;
	replace(&p->remote, limen_sdp_outline(p->remote)); /* the rest has been applied */
	start_dtls(p);
	return 0;
}

/* An m-line that stopped sending and begins again does so as a new stream: to Chromium, one that
 * returns under its old SSRC stays black. */
static void renew_ssrcs(struct limen_peer *p)
{
	for (guint i = 0; i < p->local->media->len; i++) {
		struct limen_line *l = limen_peer_line_if(p, i);

		if (!l)
			continue;
		if (!(limen_sdp_line(p->local, i)->dir & LIMEN_SENDONLY)) {
			l->stopped |= l->sends;
		} else if (l->stopped) {
			l->stopped = false;
			if (p->srtp) {
				limen_srtp_end_stream(p->srtp, l->ssrc);
				limen_srtp_end_stream(p->srtp, l->rtx_ssrc);
			}
			l->ssrc = limen_random_u32();
			l->rtx_ssrc = limen_random_u32();
			l->packets = l->octets = 0;
			limen_sent_forget(&l->sent);
		}
	}
}

int limen_peer_answer(struct limen_peer *p, struct limen_sdp *remote, struct limen_sdp *local,
	bool remote_trickles)
{
	int err = 0;

	limen_peer_settle(p);
	if (!p->ice)
		err = open_connection(p, false);
	replace(&p->remote, remote);
	replace(&p->local, local);
	renew_ssrcs(p);
	p->offered = false;
	if (!p->dtls)
		p->setup = role_for(p, limen_sdp_setup(remote));
	if (!err)
		err = negotiated(p, false, remote_trickles);
	if (err) {
		limen_warn("peer", "connection cannot be made: %s", limen_error_text(err));
		limen_peer_hangup(p, "ICE gathering error");
	}
	return err;
}

int limen_peer_offer(struct limen_peer *p, struct limen_sdp *local, bool restart)
{
	int err = 0;

	limen_peer_settle(p);
	if (!p->ice) {
		err = open_connection(p, true);
		p->setup = LIMEN_SETUP_ACTPASS;
	} else if (restart) {
		err = p->cfg->ice_ops->restart(p->ice);
	}
	local->id = p->sdp_id;
	local->version = ++p->sdp_version;
	replace(&p->local, local);
	renew_ssrcs(p);
	p->offered = true;
	if (err)
		limen_peer_hangup(p, "ICE gathering error");
	return err;
}

int limen_peer_accept(struct limen_peer *p, struct limen_sdp *remote, bool remote_trickles)
{
	int err;

	replace(&p->remote, remote);
	p->offered = false;
	if (!p->dtls)
		p->setup = limen_sdp_setup(remote) == LIMEN_SETUP_PASSIVE ? LIMEN_SETUP_ACTIVE
									  : LIMEN_SETUP_PASSIVE;
	if ((err = negotiated(p, true, remote_trickles)))
		limen_peer_hangup(p, "ICE gathering error");
	return err;
}

bool limen_peer_ready(const struct limen_peer *p)
{
	return p->ice && (p->cfg->full_trickle || p->cfg->ice_ops->gathered(p->ice));
}

/* The RTX payload type of a line that we offer: the next number that no format uses. */
static int own_rtx_pt(const struct limen_sdp_media *m)
{
	const struct limen_sdp_format *f = m->kind == LIMEN_VIDEO ? limen_sdp_main_format(m) : NULL;

	return f && !m->rejected ? f->pt + 1 : -1;
}

char *limen_peer_description(const struct limen_peer *p)
{
	g_autoptr(GPtrArray) candidates =
		p->cfg->full_trickle ? NULL : p->cfg->ice_ops->candidates(p->ice);
	g_autofree struct limen_sdp_local_line *lines =
		g_new0(struct limen_sdp_local_line, p->local->media->len);
	const struct limen_sdp_local local = {
		.ip = p->cfg->local_ip,
		.fingerprint = limen_cert_fingerprint(p->cfg->cert),
		.ufrag = p->cfg->ice_ops->ufrag(p->ice),
		.pwd = p->cfg->ice_ops->pwd(p->ice),
		.setup = p->offered ? LIMEN_SETUP_ACTPASS : p->setup,
		.ice_lite = p->ice_cfg.ice_lite,
		.end_of_candidates = !p->cfg->full_trickle,
		.candidates = candidates,
		.lines = lines,
	};

	for (guint i = 0; i < p->local->media->len; i++) {
		const struct limen_line *l = limen_peer_line((struct limen_peer *)p, i);

		lines[i].ssrc = l->ssrc;
		lines[i].rtx_ssrc = l->rtx_ssrc;
		lines[i].rtx_pt = p->offered ? own_rtx_pt(limen_sdp_line(p->local, i)) : l->rtx_pt;
	}
	return limen_sdp_print(p->local, &local);
}

/* Those of the description are in it already. */
static void note_candidate(struct limen_peer *p, const char *candidate)
{
	if (!p->trickled)
		p->trickled = g_ptr_array_new_with_free_func(g_free);
	if (p->trickled->len < TRICKLED_MAX)
		g_ptr_array_add(p->trickled, g_strdup(candidate));
}

int limen_peer_candidate(struct limen_peer *p, const char *candidate)
{
	if (!p->ice)
		return LIMEN_ESTATE;
	if (candidate) {
		note_candidate(p, candidate);
		return p->cfg->ice_ops->add_candidate(p->ice, candidate);
	}
	p->remote_complete = true;
	p->cfg->ice_ops->remote_complete(p->ice);
	return 0;
}
