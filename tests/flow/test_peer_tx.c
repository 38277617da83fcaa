/*
 * The way out: one continuous stream whatever its sources do, packets of equal size in batches,
 * retransmissions, extensions under the receiver's ids.
 */
#include <string.h>
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/packet.h"
#include "core/media/peer_priv.h"
#include "tests/lib/call.h"

#define HEAD                                                                                       \
	"c=IN IP4 0.0.0.0\r\na=mid:vid\r\na=recvonly\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n"
#define PLAIN "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" HEAD
#define WITH_RTX                                                                                   \
	"m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n" HEAD "a=rtpmap:97 rtx/90000\r\na=fmtp:97 "         \
	"apt=96\r\n"
#define WITH_EXTENSIONS                                                                            \
	PLAIN "a=extmap:7 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:5 urn:3gpp:video-"       \
	      "orientation\r\na=extmap:9 https://aomediacodec.github.io/av1-rtp-spec/"             \
	      "#dependency-descriptor-rtp-header-extension\r\n"

static struct call_end *end;
static struct client *c;
static struct limen_peer *publisher; /* of fan-outs; has no connection */

static void set_up(uint64_t seed, const struct limen_ice_ops *ops, const char *lines)
{
	call_start(seed, ops);
	end = call_end_new();
	publisher = call_end_new()->peer;
	c = client_new(call.loop);
	call_join(end, c, lines, LIMEN_SENDONLY);
}

static void tear_down(void)
{
	client_free(c);
	call_stop();
}

static void send(struct limen_packet *p)
{
	limen_peer_send(end->peer, 0, p);
	limen_packet_unref(p);
	call_run(10 * CALL_MS);
}

static void send_some(uint64_t source, uint16_t from, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		send(call_packet(LIMEN_VIDEO, source, (uint16_t)(from + i)));
}

/* Numbers without a hole, time stamps that grow, count of them. */
static void expect_continuous(unsigned count)
{
	g_assert_cmpuint(c->rtp->len, ==, count);
	for (guint i = 1; i < count; i++) {
		const struct limen_rtp *a = &client_got(c, i - 1)->rtp, *b = &client_got(c, i)->rtp;

		g_assert_cmpuint(b->ssrc, ==, a->ssrc);
		g_assert_cmpuint(b->pt, ==, 96);
		g_assert_cmpuint(b->seq, ==, (uint16_t)(a->seq + 1));
		g_assert_cmpint((int32_t)(b->ts - a->ts), >, 0);
		g_assert_cmpint((int32_t)(b->ts - a->ts), <, 90000);
	}
}

static void test_sources(void)
{
	set_up(1, &fake_ice, PLAIN);
	send_some(7, 0, 20);
	send_some(8, 40000, 20);
	send_some(9, 100, 20);
	send_some(7, 20, 20);
	expect_continuous(80);
	tear_down();
}

/* One m-line is fed by fan-outs in turn. */
static void test_fanouts(void)
{
	struct limen_fanout *f[2];

	set_up(2, &fake_ice, PLAIN);
	for (unsigned i = 0; i < 2; i++) {
		f[i] = limen_fanout_new(publisher, (uint16_t)i);
		g_assert_cmpint(limen_fanout_add(f[i], end->peer, 0), ==, 0);
	}
	for (unsigned turn = 0; turn < 10; turn++) {
		limen_peer_source(end->peer, 0, f[turn % 2]);
		for (unsigned n = 0; n < 5; n++) { /* both go on; one is heard */
			for (unsigned i = 0; i < 2; i++) {
				struct limen_packet *p = call_packet(
					LIMEN_VIDEO, 7 + i, (uint16_t)(30000 * i + turn * 5 + n));

				limen_fanout_publish(f[i], p);
				limen_packet_unref(p);
			}
			call_run(10 * CALL_MS);
		}
	}
	expect_continuous(50);
	for (unsigned i = 0; i < 2; i++) {
		limen_fanout_close(f[i]);
		limen_fanout_unref(f[i]);
	}
	tear_down();
}

static void test_pause(void)
{
	set_up(3, &fake_ice, PLAIN);
	send_some(7, 0, 10);
	limen_peer_pause(end->peer, 0, true);
	send_some(7, 10, 50);
	g_assert_cmpuint(c->rtp->len, ==, 10);
	g_assert_cmpuint(end->keyframes, ==, 1); /* that of the beginning */
	limen_peer_pause(end->peer, 0, false);
	limen_peer_pause(end->peer, 0, false);
	g_assert_cmpuint(end->keyframes, ==, 1); /* never from inside the owner's call */
	call_run(CALL_MS);
	g_assert_cmpuint(end->keyframes, ==, 2);
	send_some(7, 60, 10);
	expect_continuous(20);
	g_assert_cmpint((int32_t)(client_got(c, 10)->rtp.ts - client_got(c, 9)->rtp.ts), >, 30000);
	tear_down();
}

/* A packet of this size; the last one of a frame may say how the picture is turned. */
static struct limen_packet *sized(uint16_t n, uint16_t payload_len, bool turned)
{
	struct limen_packet *p = call_packet(LIMEN_VIDEO, 7, n);

	for (unsigned i = CLIENT_VP8; i < payload_len; i++)
		p->data[12 + i] = (uint8_t)(n + i);
	p->payload_len = payload_len;
	p->len = (uint16_t)(12 + payload_len);
	p->orientation = turned ? 1 : -1;
	return p;
}

/* In what left, runs of one size: how many datagrams could the kernel not cut from one? */
static unsigned runs(void)
{
	const size_t *len = (const size_t *)(void *)fake_net_commits->data;
	unsigned n = 0;

	for (guint i = 0; i < fake_net_commits->len;) {
		guint k = i + 1;

		while (k < fake_net_commits->len && len[k] == len[i])
			k++;
		if (k < fake_net_commits->len && len[k] < len[i])
			k++; /* a smaller one may be the last */
		n++;
		i = k;
	}
	return n;
}

/* Publishes packets of these sizes in one round. turned: the last one has an extension more. */
static void round_of(const uint16_t *sizes, unsigned count, bool turned, unsigned want_runs)
{
	struct limen_fanout *f = limen_fanout_new(publisher, 0);
	static uint16_t next;

	g_array_set_size(fake_net_commits, 0);
	client_forget(c);
	limen_peer_source(end->peer, 0, f);
	g_assert_cmpint(limen_fanout_add(f, end->peer, 0), ==, 0);
	for (unsigned i = 0; i < count; i++) {
		struct limen_packet *p = sized(next++, sizes[i], turned && i == count - 1);

		limen_fanout_publish(f, p);
		limen_packet_unref(p);
	}
	call_run(20 * CALL_MS);
	g_assert_cmpuint(c->rtp->len, ==, count);
	for (unsigned i = 0; i < count; i++) {
		const struct client_rtp *r = client_got(c, i);
		const size_t padding = r->len - r->rtp.header_len - r->rtp.payload_len;

		g_assert_cmpuint(r->rtp.payload_len, ==, sizes[i]);
		g_assert_cmpuint(padding, <=, 32);
		for (unsigned k = CLIENT_VP8; k < sizes[i]; k++)
			g_assert_cmpuint(r->bytes[r->rtp.header_len + k], ==,
				(uint8_t)(next - count + i + k));
	}
	g_assert_cmpuint(fake_net_commits->len, ==, count);
	g_assert_cmpuint(runs(), ==, want_runs);
	limen_fanout_close(f);
	limen_fanout_unref(f);
}

/* Publishes packets of these sizes, from this number on, in one round. */
static void send_round(struct limen_fanout *f, const uint16_t *sizes, unsigned count, uint16_t from)
{
	for (unsigned i = 0; i < count; i++) {
		struct limen_packet *p = sized((uint16_t)(from + i), sizes[i], false);

		limen_fanout_publish(f, p);
		limen_packet_unref(p);
	}
	call_run(20 * CALL_MS);
}

static void test_equal_sizes(void)
{
	static const uint16_t frame[] = { 1100, 1101, 1100, 1098, 1101, 300 },
			      grows[] = { 1000, 1010, 1020, 1030, 1031 },
			      far[] = { 200, 1000, 200, 1000 }, one[] = { 500 },
			      falls[] = { 1000, 969, 968, 967, 900, 900 };
	uint16_t many[200];

	set_up(4, &fake_ice_batched, WITH_EXTENSIONS);
	round_of(frame, G_N_ELEMENTS(frame), false, 1);
	round_of(frame, 5, true, 1);
	round_of(frame, G_N_ELEMENTS(frame), true, 1);
	round_of(grows, G_N_ELEMENTS(grows), false, 1);
	round_of(far, G_N_ELEMENTS(far), false, 3);
	round_of(one, 1, true, 1);
	round_of(falls, G_N_ELEMENTS(falls), false, 2);
	for (unsigned i = 0; i < G_N_ELEMENTS(many); i++)
		many[i] = (uint16_t)(1150 + i % 7);
	round_of(many, G_N_ELEMENTS(many), false, 4); /* batches */
	tear_down();
}

static void nack(uint16_t seq)
{
	struct limen_rtcp_writer w;

	limen_rtcp_begin(&w);
	limen_rtcp_add_nack(&w, 1, limen_peer_line_if(end->peer, 0)->ssrc, &seq, 1);
	client_send_rtcp(c, &w);
	call_run(20 * CALL_MS);
}

/* The last packet that came is the n-th one again, in the RTX stream. */
static void expect_resent(uint16_t n)
{
	const struct limen_line *l = limen_peer_line_if(end->peer, 0);
	const struct client_rtp *first = client_got(c, n), *r;

	g_assert_cmpuint(c->rtp->len, >, n + 1u);
	r = client_got(c, c->rtp->len - 1);
	g_assert_cmpuint(r->rtp.pt, ==, 97);
	g_assert_cmpuint(r->rtp.ssrc, ==, l->rtx_ssrc);
	g_assert_cmpuint(r->rtp.ts, ==, first->rtp.ts);
	g_assert_cmpuint(limen_get_u16(r->bytes + r->rtp.header_len), ==, first->rtp.seq);
	g_assert_cmpuint(r->rtp.payload_len, ==, first->rtp.payload_len + 2);
	g_assert_cmpint(memcmp(r->bytes + r->rtp.header_len + 2,
				first->bytes + first->rtp.header_len, first->rtp.payload_len),
		==, 0);
}

static void test_resend_rtx(void)
{
	set_up(6, &fake_ice, WITH_RTX);
	send_some(7, 0, 30);
	for (uint16_t n = 0; n < 30; n += 3) {
		nack(client_got(c, n)->rtp.seq);
		expect_resent(n);
		g_assert_cmpuint(client_got(c, c->rtp->len - 1)->rtp.seq, ==, n / 3);
	}
	nack((uint16_t)(client_got(c, 29)->rtp.seq + 1)); /* not sent yet */
	g_assert_cmpuint(c->rtp->len, ==, 40);
	tear_down();
}

/* Without RTX the packet itself is repeated; that the receiver has it already shows as a replay. */
static void test_resend_plain(void)
{
	set_up(7, &fake_ice, PLAIN);
	send_some(7, 0, 3);
	fake_net.loss = 1000;
	send_some(7, 3, 1);
	fake_net.loss = 0;
	send_some(7, 4, 3);
	g_assert_cmpuint(c->rtp->len, ==, 6);
	nack((uint16_t)(client_got(c, 2)->rtp.seq + 1));
	g_assert_cmpuint(c->rtp->len, ==, 7);
	g_assert_cmpuint(client_got(c, 6)->rtp.seq, ==, (uint16_t)(client_got(c, 2)->rtp.seq + 1));
	g_assert_cmpuint(client_got(c, 6)->rtp.ssrc, ==, client_got(c, 2)->rtp.ssrc);
	g_assert_cmpuint(c->garbage, ==, 0);
	nack(client_got(c, 5)->rtp.seq);
	g_assert_cmpuint(c->garbage, ==, 1);
	tear_down();
}

/* A repeated packet is the same, byte for byte: the time of sending too, and the padding. */
static void test_resend_same(void)
{
	static const uint16_t sizes[] = { 600, 590, 600 };
	struct limen_fanout *f;
	const struct client_rtp *r;
	uint32_t times[3] = { 0 };

	set_up(12, &fake_ice_batched,
		PLAIN "a=extmap:3 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n");
	f = limen_fanout_new(publisher, 0);
	limen_peer_source(end->peer, 0, f);
	g_assert_cmpint(limen_fanout_add(f, end->peer, 0), ==, 0);
	send_round(f, sizes, 3, 0);
	fake_net.loss = 1000;
	send_round(f, sizes, 3, 3);
	fake_net.loss = 0;
	send_round(f, sizes, 3, 6);
	g_assert_cmpuint(c->rtp->len, ==, 6);
	call_run(700 * CALL_MS);
	nack((uint16_t)(client_got(c, 2)->rtp.seq + 2));
	g_assert_cmpuint(c->rtp->len, ==, 7);
	r = client_got(c, 6);
	g_assert_cmpuint(r->len, ==, client_got(c, 1)->len);
	for (unsigned i = 0; i < 3; i++) {
		const guint at[] = { 2, 6, 3 };
		size_t len;
		const uint8_t *e = limen_rtp_ext(&client_got(c, at[i])->rtp, 3, &len);

		g_assert_true(e && len == 3);
		times[i] = (uint32_t)e[0] << 16 | limen_get_u16(e + 1);
	}
	g_assert_cmpuint((times[1] - times[0]) & 0xffffff, <, (times[2] - times[0]) & 0xffffff);
	limen_fanout_close(f);
	limen_fanout_unref(f);
	tear_down();
}

/* What a publisher's retransmission brought already is not sent again when it comes late. */
static void test_doubled(void)
{
	set_up(13, &fake_ice, PLAIN);
	send_some(7, 0, 10);
	send_some(7, 4, 3);
	send_some(7, 10, 2);
	expect_continuous(12);
	g_assert_cmpuint(c->garbage, ==, 0);
	tear_down();
}

/* From the store of the fan-out; after another source came, nothing of the old one. */
static void test_resend_of_sources(void)
{
	struct limen_fanout *f[2];
	uint16_t old;

	set_up(8, &fake_ice, WITH_RTX);
	for (unsigned i = 0; i < 2; i++) {
		f[i] = limen_fanout_new(publisher, (uint16_t)i);
		g_assert_cmpint(limen_fanout_add(f[i], end->peer, 0), ==, 0);
	}
	for (unsigned turn = 0; turn < 2; turn++) {
		limen_peer_source(end->peer, 0, f[turn]);
		for (uint16_t n = 0; n < 10; n++) { /* the same numbers of the publishers' */
			struct limen_packet *p = call_packet(LIMEN_VIDEO, 7 + turn, n);

			p->ts += turn;
			limen_fanout_publish(f[turn], p);
			limen_packet_unref(p);
			call_run(10 * CALL_MS);
		}
		if (turn == 0) {
			nack(client_got(c, 5)->rtp.seq);
			expect_resent(5);
		}
	}
	old = client_got(c, 4)->rtp.seq;
	g_assert_cmpuint(c->rtp->len, ==, 21);
	nack(old);
	g_assert_cmpuint(c->rtp->len, ==, 21);
	nack(client_got(c, 15)->rtp.seq);
	expect_resent(15);
	limen_peer_unsource(end->peer, 0, f[1]);
	send_some(9, 0, 10); /* a plugin's own, with the same numbers again */
	g_assert_cmpuint(c->rtp->len, ==, 32);
	nack(client_got(c, 16)->rtp.seq);
	g_assert_cmpuint(c->rtp->len, ==, 32);
	for (unsigned i = 0; i < 2; i++) {
		limen_fanout_close(f[i]);
		limen_fanout_unref(f[i]);
	}
	tear_down();
}

/* A plugin sends packets of two sources that have the same numbers. */
static void test_resend_of_mixed(void)
{
	guint len;

	set_up(9, &fake_ice, WITH_RTX);
	send_some(7, 0, 10);
	for (uint16_t n = 0; n < 10; n++) {
		struct limen_packet *p = call_packet(LIMEN_VIDEO, 8, n);

		p->ts += 12345;
		send(p);
	}
	len = c->rtp->len;
	nack(client_got(c, 4)->rtp.seq);
	g_assert_cmpuint(c->rtp->len, ==, len);
	nack(client_got(c, 14)->rtp.seq);
	expect_resent(14);
	tear_down();
}

static void ask_for_all(void)
{
	uint16_t seqs[128];

	for (unsigned from = 0; from < 65536; from += G_N_ELEMENTS(seqs)) {
		struct limen_rtcp_writer w;

		for (unsigned i = 0; i < G_N_ELEMENTS(seqs); i++)
			seqs[i] = (uint16_t)(from + i);
		limen_rtcp_begin(&w);
		limen_rtcp_add_nack(
			&w, 1, limen_peer_line_if(end->peer, 0)->ssrc, seqs, G_N_ELEMENTS(seqs));
		client_send_rtcp(c, &w);
	}
	call_run(10 * CALL_MS);
}

/* However much is asked for: what is kept, not sooner than after 40 ms again, and ten times. */
static void test_nack_storm(void)
{
	set_up(10, &fake_ice, WITH_RTX);
	for (uint16_t n = 0; n < 1000; n++) {
		call_send(end, 0, n);
		if (n % 20 == 0)
			call_run(CALL_MS);
	}
	call_run(20 * CALL_MS);
	g_assert_cmpuint(c->rtp->len, ==, 1000);
	client_forget(c);
	ask_for_all();
	ask_for_all();
	g_assert_cmpuint(c->rtp->len, <=, LIMEN_SENT_PACKETS);
	g_assert_cmpuint(c->rtp->len, >, 0);
	for (unsigned i = 0; i < 30; i++) {
		ask_for_all();
		call_run(50 * CALL_MS);
	}
	g_assert_cmpuint(c->rtp->len, ==, 10 * LIMEN_SENT_PACKETS);
	tear_down();
}

/* However many keyframe requests a receiver puts into a datagram, and however many of those. */
static void test_keyframe_storm(void)
{
	struct limen_rtcp_writer w;
	unsigned before;

	set_up(14, &fake_ice, PLAIN);
	before = end->keyframes;
	for (unsigned i = 0; i < 100; i++) {
		limen_rtcp_begin(&w);
		for (unsigned k = 0; k < 80; k++)
			limen_rtcp_add_pli(&w, 1, limen_peer_line_if(end->peer, 0)->ssrc);
		client_send_rtcp(c, &w);
		call_run(CALL_MS);
	}
	call_run(100 * CALL_MS);
	g_assert_cmpuint(end->keyframes, >=, before + 1);
	g_assert_cmpuint(end->keyframes, <=, before + 6);
	tear_down();
}

/* What packets say goes on under the ids that the receiver gave, and nothing else does. */
static void test_extensions(void)
{
	static const uint8_t descriptor[] = { 0xc0, 0x12, 0x34, 0x55 };
	struct limen_packet *p;
	const struct limen_rtp *r;
	const uint8_t *data;
	char mid[8];
	size_t len;

	set_up(11, &fake_ice, WITH_EXTENSIONS);
	p = call_packet(LIMEN_VIDEO, 7, 0);
	p->orientation = 3;
	p->audio_level = 20;
	p->playout_min = p->playout_max = 10;
	memmove(p->data + 40, p->data + 12, p->payload_len);
	memcpy(p->data + 20, descriptor, sizeof(descriptor));
	p->header_len = 40;
	p->dependency_at = 20;
	p->dependency_len = sizeof(descriptor);
	send(p);
	g_assert_cmpuint(c->rtp->len, ==, 1);
	r = &client_got(c, 0)->rtp;
	g_assert_true(limen_rtp_ext_text(r, 7, mid, sizeof(mid)));
	g_assert_cmpstr(mid, ==, "vid");
	data = limen_rtp_ext(r, 5, &len);
	g_assert_true(data && len == 1 && data[0] == 3);
	data = limen_rtp_ext(r, 9, &len);
	g_assert_true(data && len == sizeof(descriptor) && memcmp(data, descriptor, len) == 0);
	for (uint8_t id = 1; id < 15; id++)
		g_assert_true(id == 5 || id == 7 || id == 9 || !limen_rtp_ext(r, id, &len));
	tear_down();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/flow/peer-tx/sources", test_sources);
	g_test_add_func("/flow/peer-tx/fanouts", test_fanouts);
	g_test_add_func("/flow/peer-tx/pause", test_pause);
	g_test_add_func("/flow/peer-tx/equal-sizes", test_equal_sizes);
	g_test_add_func("/flow/peer-tx/resend-rtx", test_resend_rtx);
	g_test_add_func("/flow/peer-tx/resend-plain", test_resend_plain);
	g_test_add_func("/flow/peer-tx/resend-same", test_resend_same);
	g_test_add_func("/flow/peer-tx/doubled", test_doubled);
	g_test_add_func("/flow/peer-tx/resend-of-sources", test_resend_of_sources);
	g_test_add_func("/flow/peer-tx/resend-of-mixed", test_resend_of_mixed);
	g_test_add_func("/flow/peer-tx/nack-storm", test_nack_storm);
	g_test_add_func("/flow/peer-tx/keyframe-storm", test_keyframe_storm);
	g_test_add_func("/flow/peer-tx/extensions", test_extensions);
	return g_test_run();
}
