/*
 * Layers end to end: a source of simulcast or of layered video, a viewer who changes its mind, over
 * a network with delay, loss and overtaking. What counts is what the viewer gets: one stream
 * without holes, the wanted layer a round trip after it was asked for, and each change told once.
 * And redundant audio to who takes it and who does not.
 */
#include <string.h>
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/media/codec.h"
#include "core/media/peer_priv.h"
#include "tests/lib/call.h"
#include "tests/lib/svc_source.h"

#define DELAY_US (30 * CALL_MS) /* one way */
#define FRAME_US (33 * CALL_MS)
#define HEAD(dir) "c=IN IP4 0.0.0.0\r\na=mid:0\r\na=rtcp-mux\r\na=" dir "\r\n"
#define EXTENSIONS                                                                                 \
	"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"                                       \
	"a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"                            \
	"a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n"                   \
	"a=extmap:12 https://aomediacodec.github.io/av1-rtp-spec/"                                 \
	"#dependency-descriptor-rtp-header-extension\r\n"
#define RIDS "a=rid:h send\r\na=rid:m send\r\na=rid:l send\r\na=simulcast:send h;m;l\r\n"
#define GROUP "a=ssrc-group:SIM 100 101 102\r\na=ssrc:100 cname:x\r\na=ssrc:101 cname:x\r\n"
#define VP8(dir)                                                                                   \
	"m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n" HEAD(                                              \
		dir) "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"     \
		     "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
#define OTHER(dir, name)                                                                           \
	"m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" HEAD(dir) "a=rtpmap:96 " name                         \
						       "/90000\r\na=rtcp-fb:96 nack pli\r\n"
#define OPUS(dir, formats)                                                                         \
	"m=audio 9 UDP/TLS/RTP/SAVPF " formats "\r\n" HEAD(dir) "a=rtpmap:111 opus/48000/2\r\n"
#define RED "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"

static struct call_end *in, *out; /* what the source sends to, what the viewer receives from */
static struct client *source, *viewer;
static struct limen_fanout *f;

/* One substream of the source. */
static struct {
	uint16_t seq, picture;
	uint32_t ts;
	bool key; /* its next frame is one */
} sub[LIMEN_LAYERS_MAX];
static bool encrypted, muted[LIMEN_LAYERS_MAX];

static void set_up(uint64_t seed, const char *offered, const char *wanted)
{
	call_start(seed, &fake_ice);
	in = call_end_new();
	out = call_end_new();
	source = client_new(call.loop);
	viewer = client_new(call.loop);
	call_join(in, source, offered, LIMEN_RECVONLY);
	call_join(out, viewer, wanted, LIMEN_SENDONLY);
	f = limen_fanout_new(in->peer, 0);
	limen_peer_publish(in->peer, 0, f);
	g_assert_cmpint(limen_fanout_add(f, out->peer, 0), ==, 0);
	fake_net.delay_us = DELAY_US;
	encrypted = false;
	memset(muted, 0, sizeof(muted));
	for (unsigned k = 0; k < LIMEN_LAYERS_MAX; k++) {
		sub[k].seq = (uint16_t)(65500 - 100 * k);
		sub[k].picture = (uint16_t)(0x7f00 + 999 * k);
		sub[k].ts = 0xffff0000u + 12345678u * k;
		sub[k].key = true;
	}
}

static void tear_down(void)
{
	limen_fanout_close(f);
	limen_fanout_unref(f);
	client_free(source);
	client_free(viewer);
	call_stop();
}

/* What the source hears: keyframes of the substreams that are named. */
static void hear(void)
{
	for (guint i = 0; i < source->plis->len; i++) {
		const uint32_t ssrc = g_array_index(source->plis, uint32_t, i);

		g_assert_cmpuint(ssrc - 100, <, LIMEN_LAYERS_MAX);
		sub[ssrc - 100].key = true;
	}
	g_array_set_size(source->plis, 0);
}

/* A VP8 payload (RFC 7741 §4.2) with all its numbers; the last bytes tell layer and sequence
 * number. Encrypted, nothing behind the descriptor can be read. */
static size_t vp8_payload(uint8_t out[32], unsigned k, bool first, bool key)
{
	const uint8_t head[] = { first ? 0x90 : 0x80, 0xe0, (uint8_t)(0x80 | sub[k].picture >> 8),
		(uint8_t)sub[k].picture, (uint8_t)sub[k].picture, key ? 0x20 : 0x00 };
	const uint8_t start[] = { key ? 0x10 : 0x11, 0x02, 0x00, 0x9d, 0x01, 0x2a };

	memset(out, 0xab, 32);
	memcpy(out, head, sizeof(head));
	if (first && !encrypted)
		memcpy(out + sizeof(head), start, sizeof(start));
	out[29] = (uint8_t)k;
	limen_put_u16(out + 30, sub[k].seq);
	return 32;
}

static void send_packet(unsigned k, bool first, bool key)
{
	static const char *const rids[] = { "l", "m", "h" };
	const struct limen_rtp_element e[] = { { 4, 1, "0" }, { 10, 1, rids[k] } };
	uint8_t payload[32];
	const size_t len = vp8_payload(payload, k, first, key);

	client_send(source,
		&(struct client_packet){ .pt = 96,
			.seq = sub[k].seq++,
			.ts = sub[k].ts,
			.ssrc = 100 + k,
			.marker = !first,
			.elements = e,
			.element_count = 2,
			.payload = payload,
			.payload_len = len });
}

/* Frames of two packets in every substream for so long. */
static void play(int64_t us)
{
	for (; us > 0; us -= FRAME_US) {
		hear();
		for (unsigned k = 0; k < LIMEN_LAYERS_MAX; k++) {
			if (!muted[k]) {
				send_packet(k, true, sub[k].key);
				send_packet(k, false, sub[k].key);
				sub[k].key = false;
			}
			sub[k].ts += 2970;
			sub[k].picture++;
		}
		call_run(FRAME_US);
	}
}

static void target(int substream)
{
	const struct limen_layers want = { (int8_t)substream, -1, -1, 0, -1, -1 };

	limen_peer_layers(out->peer, 0, &want);
}

static unsigned layer_of(const struct client_rtp *r)
{
	return r->bytes[r->rtp.header_len + 29];
}

static unsigned last_layer(void)
{
	return layer_of(client_got(viewer, viewer->rtp->len - 1));
}

/* Of all that came: sequence numbers, time stamps, picture ids and TL0PICIDX go on from packet to
 * packet; a new layer begins with a keyframe, and only there. */
static void expect_one_stream(void)
{
	struct limen_layer a, b;

	for (guint i = 1; i < viewer->rtp->len; i++) {
		const struct client_rtp *p = client_got(viewer, i - 1), *q = client_got(viewer, i);
		const int32_t ts = (int32_t)(q->rtp.ts - p->rtp.ts);

		limen_vp8_inspect(p->bytes + p->rtp.header_len, p->rtp.payload_len, &a);
		limen_vp8_inspect(q->bytes + q->rtp.header_len, q->rtp.payload_len, &b);
		g_assert_cmpuint(q->rtp.ssrc, ==, p->rtp.ssrc);
		g_assert_cmpuint(q->rtp.seq, ==, (uint16_t)(p->rtp.seq + 1));
		g_assert_cmpint(ts, >=, 0);
		g_assert_cmpint(ts, <, 90000);
		g_assert_cmpint(b.picture_id, ==, (a.picture_id + b.start) & 0x7fff);
		g_assert_cmpint(b.tl0_pic_idx, ==, (a.tl0_pic_idx + b.start) & 0xff);
		g_assert_true(
			layer_of(p) == layer_of(q) || (b.start && (b.switch_up || b.keyframe)));
	}
}

/* The events of layer changes that the viewer's side told, as digits; forgets them. New */
static char *told(void)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < out->media->len; i++) {
		const struct limen_media_event *ev =
			&g_array_index(out->media, struct call_media, i).event;

		if (ev->what == LIMEN_MEDIA_LAYER && ev->substream >= 0)
			g_string_append_printf(text, "%d", ev->substream);
	}
	g_array_set_size(out->media, 0);
	return g_string_free(text, FALSE);
}

static void expect_told(const char *want)
{
	g_autofree char *text = told();

	g_assert_cmpstr(text, ==, want);
}

/* Changes the target and plays on: how long until the first packet of that layer? */
static int64_t switch_time(int substream)
{
	const int64_t began_us = limen_now_us();
	const guint from = viewer->rtp->len;

	target(substream);
	play(CALL_S);
	for (guint i = from; i < viewer->rtp->len; i++)
		if (layer_of(client_got(viewer, i)) == (unsigned)substream)
			return client_got(viewer, i)->at_us - began_us;
	g_assert_not_reached();
}

/* Request to the source, keyframe to us, packet to the viewer; and a frame of the source's. */
static void expect_quick(int64_t us)
{
	g_test_message("%" G_GINT64_FORMAT " ms", us / 1000);
	g_assert_cmpint(us, >=, 3 * DELAY_US);
	g_assert_cmpint(us, <=, 3 * DELAY_US + 2 * FRAME_US);
}

static void test_switch(void)
{
	set_up(1, VP8("sendonly") EXTENSIONS RIDS, VP8("recvonly"));
	play(CALL_S);
	g_assert_cmpuint(last_layer(), ==, 2);
	expect_told("012");
	expect_quick(switch_time(0));
	expect_told("0");
	expect_quick(switch_time(2));
	expect_quick(switch_time(1));
	expect_quick(switch_time(0));
	expect_quick(switch_time(1));
	expect_one_stream();
	tear_down();
}

/* The same told by SSRCs, highest number highest layer. */
static void test_switch_by_group(void)
{
	set_up(2, VP8("sendonly") GROUP "a=ssrc:102 cname:x\r\n", VP8("recvonly"));
	play(CALL_S);
	g_assert_cmpuint(last_layer(), ==, 2);
	expect_quick(switch_time(0));
	expect_quick(switch_time(2));
	expect_one_stream();
	tear_down();
}

/* Many changes in a short time: the source is asked at its pace, and the last wish comes true. */
static void test_hurry(void)
{
	set_up(3, VP8("sendonly") EXTENSIONS RIDS, VP8("recvonly"));
	play(CALL_S);
	for (unsigned i = 0; i < 100; i++) {
		target((int)i % 3);
		play(FRAME_US);
	}
	target(1);
	play(2 * CALL_S);
	g_assert_cmpuint(last_layer(), ==, 1);
	expect_one_stream();
	tear_down();
}

/* For so long that all numbers of the source come round. */
static void test_wraps(void)
{
	unsigned switches = 0;

	set_up(4, VP8("sendonly") EXTENSIONS RIDS, VP8("recvonly"));
	fake_net.delay_us = 0;
	for (unsigned i = 0; i < 60; i++) {
		target((int)i % 3);
		play(4 * CALL_S);
		switches += last_layer() == i % 3;
		expect_one_stream();
		g_ptr_array_remove_range(viewer->rtp, 0, viewer->rtp->len - 1);
	}
	g_assert_cmpuint(switches, ==, 60);
	g_assert_cmpuint(sub[0].seq, <, 20000);
	tear_down();
}

/* A substream falls silent: the one below, until it is back. Each change is told once. */
static void test_fallback(void)
{
	set_up(5, VP8("sendonly") EXTENSIONS RIDS, VP8("recvonly"));
	play(2 * CALL_S);
	expect_told("012");
	muted[2] = true;
	play(CALL_S);
	g_assert_cmpuint(last_layer(), ==, 1);
	expect_told("1");
	muted[1] = true;
	play(2 * CALL_S);
	g_assert_cmpuint(last_layer(), ==, 0);
	expect_told("0");
	muted[2] = muted[1] = false;
	play(2 * CALL_S);
	g_assert_cmpuint(last_layer(), ==, 2);
	expect_told("12");
	play(5 * CALL_S);
	expect_told("");
	expect_one_stream();
	tear_down();
}

/* A patient viewer waits for the layer that it wants. */
static void test_fallback_option(void)
{
	const struct limen_layers patient = { -1, -1, -1, 3000 * CALL_MS, -1, -1 };
	guint before;

	set_up(6, VP8("sendonly") EXTENSIONS RIDS, VP8("recvonly"));
	limen_peer_layers(out->peer, 0, &patient);
	play(2 * CALL_S);
	muted[2] = true;
	play(200 * CALL_MS);
	before = viewer->rtp->len;
	play(2 * CALL_S);
	g_assert_cmpuint(viewer->rtp->len, ==, before);
	play(2 * CALL_S);
	g_assert_cmpuint(last_layer(), ==, 1);
	tear_down();
}

/* RFC 4588 §4: a lost packet of the layer that was left comes after the change. */
static void send_rtx(unsigned k, uint16_t seq, uint32_t ts)
{
	const struct limen_rtp_element e[] = { { 4, 1, "0" }, { 11, 1, "h" } };
	uint8_t payload[34] = { 0 };
	static uint16_t own;

	limen_put_u16(payload, seq);
	vp8_payload(payload + 2, k, true, false);
	client_send(source,
		&(struct client_packet){ .pt = 97,
			.seq = own++,
			.ts = ts,
			.ssrc = 202,
			.elements = e,
			.element_count = 2,
			.payload = payload,
			.payload_len = sizeof(payload) });
}

static void test_late_of_the_old_layer(void)
{
	uint16_t lost;
	guint before;

	set_up(7, VP8("sendonly") EXTENSIONS RIDS, VP8("recvonly"));
	play(CALL_S);
	lost = sub[2].seq++;
	target(0);
	sub[0].key = true;
	play(FRAME_US); /* the source has not heard of it yet */
	call_run(2 * DELAY_US);
	g_assert_cmpuint(last_layer(), ==, 0);
	before = viewer->rtp->len;
	send_rtx(2, lost, sub[2].ts - 2970);
	call_run(3 * DELAY_US);
	g_assert_cmpuint(call_received(in, 0), >, 0);
	g_assert_cmpuint(
		((struct limen_packet *)g_ptr_array_index(in->packets, in->packets->len - 1))->seq,
		==, lost); /* it did come */
	g_assert_cmpuint(viewer->rtp->len, ==, before);
	play(CALL_S);
	tear_down();
}

/* Packets are lost and overtaken on both ways while layers change; what the viewer gets under one
 * number never differs, and every hole is a loss. */
static void test_rough_network(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	unsigned changes = 0;

	set_up(8, VP8("sendonly") EXTENSIONS RIDS, VP8("recvonly"));
	play(CALL_S);
	fake_net.loss = 20;
	fake_net.reorder = 50;
	for (unsigned i = 0; i < 40; i++) {
		target((int)(i * 2) % 3);
		play(CALL_S);
		changes += last_layer() == (i * 2) % 3;
	}
	for (guint i = 0; i < viewer->rtp->len; i++) {
		const struct client_rtp *r = client_got(viewer, i);
		const size_t at = r->rtp.header_len;
		const guint what = 1 + (layer_of(r) << 16 | limen_get_u16(r->bytes + at + 30));
		const guint before =
			GPOINTER_TO_UINT(g_hash_table_lookup(seen, GUINT_TO_POINTER(r->rtp.seq)));

		if (r->rtp.pt == 96 && before)
			g_assert_cmpuint(before, ==, what);
		if (r->rtp.pt == 96)
			g_hash_table_replace(
				seen, GUINT_TO_POINTER(r->rtp.seq), GUINT_TO_POINTER(what));
	}
	g_assert_cmpuint(changes, >, 30);
	tear_down();
}

/* End-to-end encrypted: layers change although no keyframe can be seen but by its descriptor, and
 * nothing behind that is touched. */
static void test_encrypted(void)
{
	set_up(9, VP8("sendonly") EXTENSIONS RIDS, VP8("recvonly"));
	limen_peer_opaque(in->peer, true);
	encrypted = true;
	play(CALL_S);
	g_assert_cmpuint(last_layer(), ==, 2);
	expect_quick(switch_time(0));
	expect_quick(switch_time(1));
	expect_one_stream();
	for (guint i = 0; i < viewer->rtp->len; i++) {
		const struct client_rtp *r = client_got(viewer, i);

		for (size_t k = 6; k < 29; k++)
			g_assert_cmpuint(r->bytes[r->rtp.header_len + k], ==, 0xab);
	}
	tear_down();
}

/* Noise instead of payloads, whatever the codec, while layers change: no more goes out than came
 * in, and sound ones are served afterwards. */
static void send_noise(unsigned k)
{
	uint8_t payload[64];

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)g_test_rand_int();
	client_send(source,
		&(struct client_packet){ .pt = 96,
			.seq = sub[k].seq++,
			.ts = sub[k].ts += (uint32_t)g_test_rand_int_range(0, 2) * 2970,
			.ssrc = 100 + k,
			.elements = (const struct limen_rtp_element[]){ { 4, 1, "0" },
				{ 10, 1,
					k == 0           ? "l"
						: k == 1 ? "m"
							 : "h" },
				{ 12, (uint8_t)g_test_rand_int_range(1, 17), payload } },
			.element_count = 3,
			.payload = payload,
			.payload_len = (size_t)g_test_rand_int_range(1, sizeof(payload)) });
}

static void test_garbage(void)
{
	static const char *const names[] = { "VP8", "VP9", "H264", "H265", "AV1" };

	for (unsigned n = 0; n < G_N_ELEMENTS(names); n++) {
		g_autofree char *offered = g_strdup_printf(
			OTHER("sendonly", "%s") EXTENSIONS "%s", names[n], n % 2 ? "" : RIDS);
		g_autofree char *wanted = g_strdup_printf(OTHER("recvonly", "%s"), names[n]);

		set_up(20 + n, offered, wanted);
		for (unsigned i = 0; i < 3000; i++) {
			const struct limen_layers want = { (int8_t)g_test_rand_int_range(-1, 3),
				(int8_t)g_test_rand_int_range(-1, 3),
				(int8_t)g_test_rand_int_range(-1, 3), 0, -1, -1 };

			send_noise((unsigned)g_test_rand_int_range(0, n % 2 ? 1 : 3));
			if (i % 20 == 0)
				limen_peer_layers(out->peer, 0, &want);
			if (i % 4 == 0)
				call_run(5 * CALL_MS);
		}
		call_run(CALL_S);
		g_assert_cmpuint(viewer->rtp->len, <=, 3000);
		g_assert_cmpuint(source->plis->len, <, 100);
		g_assert_true(limen_peer_is_up(in->peer) && limen_peer_is_up(out->peer));
		tear_down();
	}
}

/* One frame of layered AV1 in one packet. */
static void send_av1(const struct svc_frame *frame, uint16_t seq, uint32_t ts)
{
	uint8_t payload[] = { frame->key && frame->spatial == 0 ? 0x18 : 0x10, 0x30, 0,
		(uint8_t)frame->spatial, (uint8_t)frame->temporal };

	client_send(source,
		&(struct client_packet){ .pt = 96,
			.seq = seq,
			.ts = ts,
			.ssrc = 100,
			.marker = frame->last,
			.elements = (const struct limen_rtp_element[]){ { 12,
				(uint8_t)frame->descriptor_len, frame->descriptor } },
			.element_count = 1,
			.payload = payload,
			.payload_len = sizeof(payload) });
}

static void play_av1(struct svc_source *s, int64_t us)
{
	static uint16_t seq = 65000;
	static uint32_t ts;

	for (; us > 0; us -= FRAME_US) {
		struct svc_frame frames[SVC_LAYERS];
		int count;

		s->key |= source->plis->len > 0;
		g_array_set_size(source->plis, 0);
		count = svc_next(s, frames);
		ts += 2970;
		for (int k = 0; k < count; k++)
			send_av1(&frames[k], seq++, ts);
		call_run(FRAME_US);
	}
}

/* Of what came since: no hole, at most these layers, and a marker at the end of each picture. */
static void expect_av1(guint from, int spatial, int temporal)
{
	int most_spatial = -1, most_temporal = -1;

	for (guint i = from; i < viewer->rtp->len; i++) {
		const struct client_rtp *p = client_got(viewer, i - 1), *q = client_got(viewer, i);
		const uint8_t *payload = q->bytes + q->rtp.header_len;

		g_assert_cmpuint(q->rtp.seq, ==, (uint16_t)(p->rtp.seq + 1));
		g_assert_true(p->rtp.marker == (p->rtp.ts != q->rtp.ts));
		most_spatial = MAX(most_spatial, payload[3]);
		most_temporal = MAX(most_temporal, payload[4]);
	}
	g_assert_cmpint(most_spatial, ==, spatial);
	g_assert_cmpint(most_temporal, ==, temporal);
}

static void choose_av1(struct svc_source *s, int spatial, int temporal)
{
	const struct limen_layers want = { -1, (int8_t)temporal, (int8_t)spatial, 0, -1, -1 };
	guint from;

	limen_peer_layers(out->peer, 0, &want);
	play_av1(s, CALL_S);
	from = viewer->rtp->len;
	play_av1(s, CALL_S / 2);
	expect_av1(from, spatial, temporal);
}

static void test_av1(void)
{
	static const enum svc_mode modes[] = { SVC_FULL, SVC_KEY, SVC_NONE };

	for (unsigned m = 0; m < G_N_ELEMENTS(modes); m++) {
		struct svc_source s;

		set_up(30 + m, OTHER("sendonly", "AV1") EXTENSIONS, OTHER("recvonly", "AV1"));
		svc_begin(&s, modes[m], 3, 3, 65000);
		for (int i = 8; i >= 0; i--)
			choose_av1(&s, i / 3, i % 3);
		for (int i = 0; i < 9; i++)
			choose_av1(&s, i % 3, i / 3);
		tear_down();
	}
}

/* RFC 2198: one earlier block of two bytes, and the one of now. */
static void send_red(uint16_t n)
{
	const uint8_t payload[] = { 0xef, 0x0f, 0x00, 0x02, 0x6f, 1, 2, 3, 4, (uint8_t)n };

	client_send(source,
		&(struct client_packet){ .pt = 63,
			.seq = n,
			.ts = n * 960u,
			.ssrc = 100,
			.payload = payload,
			.payload_len = sizeof(payload) });
	call_run(20 * CALL_MS);
}

static void send_plain(uint16_t n)
{
	const uint8_t payload[] = { 3, 4, (uint8_t)n };

	client_send(source,
		&(struct client_packet){ .pt = 111,
			.seq = n,
			.ts = n * 960u,
			.ssrc = 100,
			.payload = payload,
			.payload_len = sizeof(payload) });
	call_run(20 * CALL_MS);
}

/* The i-th packet, in this form, with bytes of its number. */
static void expect_audio(guint i, uint8_t pt, size_t len, uint8_t first)
{
	const struct client_rtp *r = client_got(viewer, i);
	const uint8_t *payload = r->bytes + r->rtp.header_len;

	g_assert_cmpuint(r->rtp.pt, ==, pt);
	g_assert_cmpuint(r->rtp.payload_len, ==, len);
	g_assert_cmphex(payload[0], ==, first);
	g_assert_cmpuint(payload[len - 1], ==, i);
	g_assert_cmpuint(r->rtp.seq, ==, (uint16_t)(client_got(viewer, 0)->rtp.seq + i));
}

static void red_to(const char *wanted)
{
	set_up(40, OPUS("sendonly", "111 63") RED, wanted);
	limen_peer_layers(out->peer, 0, &(struct limen_layers){ -1, -1, -1, 0, -1, -1 });
	for (uint16_t n = 0; n < 10; n++)
		n % 4 == 3 ? send_plain(n) : send_red(n);
	call_run(2 * DELAY_US);
	g_assert_cmpuint(viewer->rtp->len, ==, 10);
}

/* Redundancy goes on to who takes it, with the payload type that it was told. */
static void test_red(void)
{
	red_to("m=audio 9 UDP/TLS/RTP/SAVPF 45 109\r\n" HEAD(
		"recvonly") "a=rtpmap:109 opus/48000/2\r\na=rtpmap:45 red/48000/2\r\n"
			    "a=fmtp:45 109/109\r\n");
	for (guint i = 0; i < 10; i++) {
		if (i % 4 == 3)
			expect_audio(i, 109, 3, 3);
		else
			expect_audio(i, 45, 10, 0x80 | 109);
	}
	tear_down();
}

static void test_red_taken_off(void)
{
	red_to(OPUS("recvonly", "111"));
	for (guint i = 0; i < 10; i++)
		expect_audio(i, 111, 3, 3);
	tear_down();
}

/* Broken redundancy goes nowhere. */
static void test_red_broken(void)
{
	static const uint8_t broken[] = { 0xef, 0x0f, 0x00, 0xff, 0x6f, 1 };

	red_to(OPUS("recvonly", "111"));
	for (uint16_t n = 0; n < 20; n++)
		client_send(source,
			&(struct client_packet){ .pt = 63,
				.seq = (uint16_t)(10 + n),
				.ts = 9600,
				.ssrc = 100,
				.payload = broken,
				.payload_len = n % 2 ? sizeof(broken) : 1 });
	call_run(3 * DELAY_US);
	g_assert_cmpuint(viewer->rtp->len, ==, 10);
	g_assert_cmpuint(in->peer->dropped, ==, 20);
	tear_down();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/flow/layers/switch", test_switch);
	g_test_add_func("/flow/layers/switch-by-group", test_switch_by_group);
	g_test_add_func("/flow/layers/hurry", test_hurry);
	g_test_add_func("/flow/layers/wraps", test_wraps);
	g_test_add_func("/flow/layers/fallback", test_fallback);
	g_test_add_func("/flow/layers/fallback-option", test_fallback_option);
	g_test_add_func("/flow/layers/late-of-the-old-layer", test_late_of_the_old_layer);
	g_test_add_func("/flow/layers/rough-network", test_rough_network);
	g_test_add_func("/flow/layers/encrypted", test_encrypted);
	g_test_add_func("/flow/layers/garbage", test_garbage);
	g_test_add_func("/flow/layers/av1", test_av1);
	g_test_add_func("/flow/layers/red", test_red);
	g_test_add_func("/flow/layers/red-taken-off", test_red_taken_off);
	g_test_add_func("/flow/layers/red-broken", test_red_broken);
	return g_test_run();
}
