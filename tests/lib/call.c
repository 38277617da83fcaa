/*
 * Calls for tests. Thread: the test's.
 */
#include "tests/lib/call.h"
#include <string.h>
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/packet.h"

struct call call;

static void on_gathered(void *arg)
{
	((struct call_end *)arg)->gathered = true;
}

static void on_candidate(const char *candidate, void *arg)
{
	(void)candidate, (void)arg;
}

static void on_up(void *arg)
{
	((struct call_end *)arg)->ups++;
}

static void on_down(const char *reason, void *arg)
{
	struct call_end *e = arg;

	e->downs++;
	g_free(e->down);
	e->down = g_strdup(reason);
}

static void on_ice_failed(void *arg)
{
	((struct call_end *)arg)->ice_failures++;
}

static void on_packet(struct limen_packet *pkt, void *arg)
{
	g_ptr_array_add(((struct call_end *)arg)->packets, limen_packet_ref(pkt));
}

static void on_rtcp(const struct limen_rtcp_event *ev, void *arg)
{
	struct call_end *e = arg;

	e->keyframes += ev->what == LIMEN_RTCP_KEYFRAME;
	if (ev->what != LIMEN_RTCP_REMB)
		return;
	e->rembs++;
	e->remb_bps = ev->bitrate_bps;
}

static void on_media(const struct limen_media_event *ev, const char *mid, bool simulcast, void *arg)
{
	struct call_media m = { .event = *ev, .simulcast = simulcast };

	g_strlcpy(m.mid, mid, sizeof(m.mid));
	g_array_append_val(((struct call_end *)arg)->media, m);
}

static const struct limen_peer_events events = { .on_gathered = on_gathered,
	.on_candidate = on_candidate,
	.on_up = on_up,
	.on_down = on_down,
	.on_ice_failed = on_ice_failed,
	.on_packet = on_packet,
	.on_rtcp = on_rtcp,
	.on_media = on_media };

static void end_free(gpointer end)
{
	struct call_end *e = end;

	limen_peer_retire(e->peer);
	limen_peer_unref(e->peer);
	g_ptr_array_unref(e->packets);
	g_array_unref(e->media);
	g_free(e->down);
	g_free(e);
}

void call_start(uint64_t seed, const struct limen_ice_ops *ops)
{
	fake_net_start(seed);
	memset(&call, 0, sizeof(call));
	g_assert_cmpint(limen_loop_new_manual(&call.loop, 0), ==, 0);
	g_assert_cmpint(limen_cert_new(&call.cert), ==, 0);
	call.cfg = (struct limen_media_config){ .ice_ops = ops,
		.cert = call.cert,
		.dtls_mtu = 1200,
		.no_media_timer_s = 1,
		.local_ip = "127.0.0.1" };
	call.ends = g_ptr_array_new_with_free_func(end_free);
}

void call_stop(void)
{
	g_ptr_array_unref(call.ends);
	fake_net_stop();
	limen_loop_free(call.loop);
	limen_cert_free(call.cert);
}

struct call_end *call_end_new(void)
{
	struct call_end *e = g_new0(struct call_end, 1);

	e->peer = limen_peer_new(call.loop, &call.cfg, &events, e);
	e->packets = g_ptr_array_new_with_free_func((GDestroyNotify)limen_packet_unref);
	e->media = g_array_new(FALSE, FALSE, sizeof(struct call_media));
	g_ptr_array_add(call.ends, e);
	return e;
}

struct limen_sdp *call_parse(const char *text)
{
	struct limen_sdp *sdp;
	g_autofree char *reason = NULL;

	limen_sdp_parse(text, strlen(text), &sdp, &reason);
	g_assert_cmpstr(reason, ==, NULL);
	return sdp;
}

struct limen_sdp *call_lines(const char *letters, enum limen_dir dir)
{
	struct limen_sdp *sdp = limen_sdp_new("flow");

	for (unsigned i = 0; letters[i]; i++) {
		const bool video = g_ascii_tolower(letters[i]) == 'v';
		g_autofree char *mid = g_strdup_printf("%u", i);

		limen_sdp_add(sdp, video ? LIMEN_VIDEO : LIMEN_AUDIO,
			video ? LIMEN_VP8 : LIMEN_OPUS, dir, mid, NULL,
			1u << LIMEN_EXT_MID | 1u << LIMEN_EXT_ORIENTATION |
				1u << LIMEN_EXT_AUDIO_LEVEL)
			->rejected = g_ascii_isupper(letters[i]);
	}
	return sdp;
}

char *call_offer(struct call_end *from, struct limen_sdp *offer, bool restart)
{
	g_assert_cmpint(limen_peer_offer(from->peer, offer, restart), ==, 0);
	call_run(10 * CALL_MS);
	g_assert_true(from->gathered && limen_peer_ready(from->peer));
	return limen_peer_description(from->peer);
}

void call_answer(struct call_end *from, struct call_end *to, const char *offer, enum limen_dir dir)
{
	const struct limen_answer_rules rules = { .exts = ~0u, .dir = dir };
	struct limen_sdp *remote = call_parse(offer), *answer;
	g_autofree char *text = NULL, *reason = NULL;

	g_assert_cmpint(limen_peer_check(to->peer, remote, true, &reason), ==, 0);
	g_assert_cmpint(limen_sdp_answer(remote, &rules, &answer), ==, 0);
	g_assert_cmpint(limen_peer_answer(to->peer, remote, answer, false), ==, 0);
	call_run(10 * CALL_MS);
	text = limen_peer_description(to->peer);
	remote = call_parse(text);
	g_assert_cmpint(limen_peer_check(from->peer, remote, false, &reason), ==, 0);
	g_assert_cmpint(limen_peer_accept(from->peer, remote, false), ==, 0);
	call_run(CALL_S / 2);
}

void call_connect(struct call_end *from, struct call_end *to, const char *letters)
{
	g_autofree char *offer = call_offer(from, call_lines(letters, LIMEN_SENDONLY), false);

	call_answer(from, to, offer, LIMEN_RECVONLY);
	g_assert_cmpuint(from->ups, ==, 1);
	g_assert_cmpuint(to->ups, ==, 1);
}

void call_join(struct call_end *end, struct client *c, const char *lines, enum limen_dir dir)
{
	const struct limen_answer_rules rules = { .exts = ~0u, .dir = dir, .opus_red = true };
	g_autofree char *offer = client_describe(c, "actpass", lines), *text = NULL;
	struct limen_sdp *remote = call_parse(offer), *answer;

	g_assert_cmpint(limen_sdp_answer(remote, &rules, &answer), ==, 0);
	g_assert_cmpint(limen_peer_answer(end->peer, remote, answer, false), ==, 0);
	call_run(10 * CALL_MS);
	text = limen_peer_description(end->peer);
	answer = call_parse(text);
	client_connect(c, answer);
	limen_sdp_free(answer);
	call_run(CALL_S / 2);
	g_assert_true(c->srtp && limen_peer_is_up(end->peer));
}

struct limen_packet *call_packet(enum limen_kind kind, uint64_t source, uint16_t n)
{
	struct limen_packet *p = limen_packet_new();
	const bool key = n % 100 == 0;

	p->arrived_us = limen_now_us();
	p->source = source;
	p->kind = kind;
	p->codec = kind == LIMEN_VIDEO ? LIMEN_VP8 : LIMEN_OPUS;
	p->seq = (uint16_t)(65400 + n);
	p->ts = n * (kind == LIMEN_VIDEO ? 3000u : 960u);
	p->marker = true;
	p->header_len = 12;
	p->payload_len = CLIENT_VP8;
	client_vp8(p->data + p->header_len, (uint8_t)n, key);
	limen_put_u16(p->data + p->header_len + CLIENT_VP8 - 2, n);
	p->len = (uint16_t)(p->header_len + p->payload_len);
	if (kind != LIMEN_VIDEO)
		return p;
	p->layer.keyframe = key;
	p->layer.start = true;
	p->layer.picture_id = n & 0x7f;
	p->orientation = 1;
	return p;
}

void call_send(struct call_end *from, uint16_t mindex, uint16_t n)
{
	struct limen_packet *p = call_packet(LIMEN_VIDEO, 7, n);

	limen_peer_send(from->peer, mindex, p);
	limen_packet_unref(p);
}

unsigned call_received(const struct call_end *e, uint16_t mindex)
{
	unsigned n = 0;

	for (guint i = 0; i < e->packets->len; i++)
		n += ((struct limen_packet *)e->packets->pdata[i])->mindex == mindex;
	return n;
}

void call_expect_in_order(const struct call_end *e, uint16_t mindex, unsigned count)
{
	const struct limen_packet *last = NULL;
	unsigned n = 0;

	for (guint i = 0; i < e->packets->len; i++) {
		const struct limen_packet *p = e->packets->pdata[i];

		if (p->mindex != mindex)
			continue;
		if (last)
			g_assert_cmpuint(p->seq, ==, (uint16_t)(last->seq + 1));
		last = p;
		n++;
	}
	g_assert_cmpuint(n, ==, count);
}
