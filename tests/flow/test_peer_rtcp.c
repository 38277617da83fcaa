/*
 * Control, both ways: reports, their clocks, round trips, limits on bit rate, keyframe requests and
 * what the owner is told of silence and loss.
 */
#include "core/base/clock.h"
#include "core/base/packet.h"
#include "core/media/peer_priv.h"
#include "tests/lib/call.h"

#define LINES(dir)                                                                                 \
	"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=rtcp-mux\r\na=" dir   \
	"\r\na=rtpmap:111 opus/48000/2\r\n"                                                        \
	"m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=rtcp-mux\r\na=" dir    \
	"\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\n"
#define HOURS_OFF (-7 * 3600 * CALL_S) /* the source's clock */

enum { AUDIO, VIDEO };

static struct call_end *in, *out; /* what a source sends to, what a viewer receives from */
static struct client *source, *viewer;
static struct limen_fanout *f[2];

static void set_up(uint64_t seed)
{
	call_start(seed, &fake_ice);
	in = call_end_new();
	out = call_end_new();
	source = client_new(call.loop);
	viewer = client_new(call.loop);
	call_join(in, source, LINES("sendonly"), LIMEN_RECVONLY);
	call_join(out, viewer, LINES("recvonly"), LIMEN_SENDONLY);
	for (uint16_t i = 0; i < 2; i++) {
		f[i] = limen_fanout_new(in->peer, i);
		limen_peer_publish(in->peer, i, f[i]);
		limen_peer_source(out->peer, i, f[i]);
		g_assert_cmpint(limen_fanout_add(f[i], out->peer, i), ==, 0);
	}
}

static void tear_down(void)
{
	for (unsigned i = 0; i < 2; i++) {
		limen_fanout_close(f[i]);
		limen_fanout_unref(f[i]);
	}
	client_free(source);
	client_free(viewer);
	call_stop();
}

static uint32_t clock_hz(unsigned line)
{
	return line == AUDIO ? 48000 : 90000;
}

/* What the source's streams say of a time: their clocks began at numbers of their own. */
static uint32_t ts_of(unsigned line, int64_t us)
{
	return (uint32_t)(us * clock_hz(line) / CALL_S) + (line == AUDIO ? 0xfffff000u : 12345678u);
}

static void send_media(unsigned line, bool key)
{
	static uint16_t seq[2];

	client_send(source,
		&(struct client_packet){ .pt = line == AUDIO ? 111 : 96,
			.seq = seq[line]++,
			.ts = ts_of(line, limen_now_us()),
			.ssrc = 100 + line,
			.key = key });
}

static void send_sr(unsigned line)
{
	const struct limen_rtcp_sender sr = { .ssrc = 100 + line,
		.ntp = limen_ntp(limen_wall_us() + HOURS_OFF),
		.ts = ts_of(line, limen_now_us()) };
	struct limen_rtcp_writer w;

	limen_rtcp_begin(&w);
	limen_rtcp_add_sr(&w, &sr);
	client_send_rtcp(source, &w);
}

/* Media of both lines for so long; reports once a second, not at one time. */
static void play(int64_t us, bool with_reports)
{
	for (int64_t t = 0; t < us; t += 20 * CALL_MS) {
		send_media(AUDIO, false);
		send_media(VIDEO, t == 0);
		if (with_reports && t % CALL_S == 100 * CALL_MS)
			send_sr(AUDIO);
		if (with_reports && t % CALL_S == 400 * CALL_MS)
			send_sr(VIDEO);
		call_run(20 * CALL_MS);
	}
}

static uint32_t ssrc_of(const struct call_end *e, unsigned line)
{
	return limen_peer_line_if(e->peer, line)->ssrc;
}

/* The last report on an outgoing line. */
static const struct client_sr *report_of(unsigned line)
{
	for (guint i = viewer->senders->len; i > 0; i--) {
		const struct client_sr *s =
			&g_array_index(viewer->senders, struct client_sr, i - 1);

		if (s->sr.ssrc == ssrc_of(out, line))
			return s;
	}
	g_assert_not_reached();
}

static const struct client_rtp *last_of(unsigned line)
{
	for (guint i = viewer->rtp->len; i > 0; i--)
		if (client_got(viewer, i - 1)->rtp.ssrc == ssrc_of(out, line))
			return client_got(viewer, i - 1);
	g_assert_not_reached();
}

/* When, by the gateway's clock, the source captured the last packet of a line, as the viewer
 * concludes from reports. */
static int64_t captured_us(unsigned line)
{
	const struct client_sr *s = report_of(line);
	const int32_t ticks = (int32_t)(last_of(line)->rtp.ts - s->sr.ts);

	return limen_ntp_us(s->sr.ntp) + ticks * CALL_S / (int64_t)clock_hz(line);
}

static void test_each_second(void)
{
	unsigned senders[2] = { 0, 0 };

	set_up(1);
	play(5 * CALL_S, true);
	for (guint i = 0; i < viewer->senders->len; i++)
		senders[g_array_index(viewer->senders, struct client_sr, i).sr.ssrc ==
			ssrc_of(out, VIDEO)]++;
	for (unsigned i = 0; i < 2; i++) {
		g_assert_cmpuint(senders[i], >=, 4);
		g_assert_cmpuint(senders[i], <=, 5);
	}
	g_assert_cmpuint(report_of(AUDIO)->sr.packets, >, 190);
	g_assert_cmpuint(
		report_of(AUDIO)->sr.octets, ==, report_of(AUDIO)->sr.packets * CLIENT_VP8);
	g_assert_cmpuint(source->blocks->len, >=, 8);
	g_assert_cmpuint(source->blocks->len, <=, 10);
	g_assert_cmpuint(source->senders->len, ==, 0); /* nothing is sent there */
	tear_down();
}

/* The two lines of a source stay in step, although its clock is hours off and the viewer sees
 * other time stamps than it wrote. */
static void test_lip_sync(void)
{
	set_up(2);
	fake_net.delay_us = 30 * CALL_MS;
	play(6 * CALL_S, true);
	send_media(AUDIO, false); /* captured at one time */
	send_media(VIDEO, false);
	call_run(100 * CALL_MS);
	g_assert_cmpint(ABS(captured_us(AUDIO) - captured_us(VIDEO)), <, 2 * CALL_MS);
	g_assert_cmpint(ABS(captured_us(AUDIO) - (limen_wall_us() - 70 * CALL_MS)), <, 3 * CALL_MS);
	tear_down();
}

/* Without reports of the source: from its packets on. */
static void test_no_reports(void)
{
	set_up(3);
	play(3 * CALL_S, false);
	g_assert_cmpint(ABS(captured_us(AUDIO) - captured_us(VIDEO)), <, 2 * CALL_MS);
	tear_down();
}

/* A new source is chosen and silent at first: reports go on with the old clock, not with one made
 * of the clocks of both. */
static void test_source_change(void)
{
	struct limen_fanout *other;
	const struct client_sr *s;
	uint32_t ts;
	int64_t at_us;

	set_up(4);
	play(3 * CALL_S, true);
	ts = report_of(VIDEO)->sr.ts;
	at_us = limen_ntp_us(report_of(VIDEO)->sr.ntp);
	other = limen_fanout_new(in->peer, 1);
	limen_fanout_clock_set(other, 0, limen_wall_us(), 0x77777777, 90000);
	limen_peer_source(out->peer, VIDEO, other);
	call_run(1500 * CALL_MS);
	s = report_of(VIDEO);
	g_assert_cmpint(
		ABS((int32_t)(s->sr.ts - ts) - (limen_ntp_us(s->sr.ntp) - at_us) * 90000 / CALL_S),
		<, 90 * 50);
	limen_peer_unsource(out->peer, VIDEO, other);
	limen_fanout_close(other);
	limen_fanout_unref(other);
	tear_down();
}

static void answer_reports(int64_t hold_us)
{
	const struct client_sr *s = report_of(VIDEO);
	struct limen_rtcp_block block = { .ssrc = s->sr.ssrc,
		.lsr = (uint32_t)(s->sr.ntp >> 16),
		.dlsr = (uint32_t)((limen_now_us() - s->at_us + hold_us) * 65536 / CALL_S) };
	struct limen_rtcp_writer w;

	call_run(hold_us);
	limen_rtcp_begin(&w);
	limen_rtcp_add_rr(&w, 1, &block, 1);
	client_send_rtcp(viewer, &w);
}

static void test_round_trip(void)
{
	set_up(5);
	fake_net.delay_us = 70 * CALL_MS;
	play(2 * CALL_S, true);
	answer_reports(300 * CALL_MS);
	call_run(100 * CALL_MS);
	g_assert_cmpint(ABS(out->peer->rtt_us - 140 * CALL_MS), <, 3 * CALL_MS);
	tear_down();
}

static uint64_t remb(guint i)
{
	g_assert_cmpuint(source->rembs->len, >, i);
	return g_array_index(source->rembs, uint64_t, i);
}

/* At once, and again each second; taken back at once, too. */
static void test_bitrate(void)
{
	set_up(6);
	limen_peer_bitrate(in->peer, 256000);
	call_run(CALL_S);
	g_assert_cmpuint(source->rembs->len, ==, 0); /* there is nothing to limit yet */
	send_media(VIDEO, true);
	call_run(50 * CALL_MS);
	g_assert_cmpuint(source->rembs->len, ==, 1);
	g_assert_cmpuint(remb(0), ==, 256000);
	play(1100 * CALL_MS, false);
	client_forget(source);
	limen_peer_bitrate(in->peer, 128000);
	call_run(50 * CALL_MS);
	g_assert_cmpuint(remb(0), ==, 128000);
	client_forget(source);
	play(5 * CALL_S, false);
	g_assert_cmpuint(source->rembs->len, >=, 4);
	for (guint i = 0; i < source->rembs->len; i++)
		g_assert_cmpuint(remb(i), ==, 128000);
	client_forget(source);
	limen_peer_bitrate(in->peer, 0);
	call_run(50 * CALL_MS);
	g_assert_cmpuint(source->rembs->len, ==, 1);
	g_assert_cmpuint(remb(0), ==, 0);
	play(3 * CALL_S, false);
	g_assert_cmpuint(source->rembs->len, ==, 1);
	tear_down();
}

static void send_pli(void)
{
	struct limen_rtcp_writer w;

	limen_rtcp_begin(&w);
	limen_rtcp_add_pli(&w, 1, ssrc_of(out, VIDEO));
	client_send_rtcp(viewer, &w);
}

/* However many ask, the source hears it once a second on average, never twice within 200 ms; a
 * single request passes at once, and who asked meanwhile is not forgotten. */
static void test_keyframe_requests(void)
{
	int64_t first_us;

	set_up(7);
	play(4 * CALL_S, false);
	client_forget(source);
	for (unsigned i = 0; i < 150; i++) {
		send_pli();
		call_run(CALL_MS);
	}
	g_assert_cmpuint(source->plis->len, ==, 1);
	g_assert_cmpuint(g_array_index(source->plis, uint32_t, 0), ==, 101);
	first_us = source->pli_us;
	call_run(3 * CALL_S);
	g_assert_cmpuint(source->plis->len, ==, 2);
	g_assert_cmpint(source->pli_us - first_us, >=, CALL_S / 5);
	g_assert_cmpint(source->pli_us - first_us, <, CALL_S / 5 + 50 * CALL_MS);
	client_forget(source);
	for (unsigned i = 0; i < 1000; i++) {
		send_pli();
		call_run(10 * CALL_MS);
	}
	g_assert_cmpuint(source->plis->len, >=, 11);
	g_assert_cmpuint(source->plis->len, <=, 13);
	call_run(4 * CALL_S);
	client_forget(source);
	send_pli();
	call_run(50 * CALL_MS);
	g_assert_cmpuint(source->plis->len, ==, 1);
	tear_down();
}

static void expect_receiving(guint i, unsigned line, bool receiving)
{
	const struct call_media *m;

	g_assert_cmpuint(in->media->len, >, i);
	m = &g_array_index(in->media, struct call_media, i);
	g_assert_cmpint(m->event.what, ==, LIMEN_MEDIA_RECEIVING);
	g_assert_cmpuint(m->event.mindex, ==, line);
	g_assert_cmpint(m->event.kind, ==, line == AUDIO ? LIMEN_AUDIO : LIMEN_VIDEO);
	g_assert_cmpstr(m->mid, ==, line == AUDIO ? "0" : "1");
	g_assert_cmpint(m->event.receiving, ==, receiving);
}

static void test_receiving(void)
{
	set_up(8);
	play(CALL_S, false);
	g_assert_cmpuint(in->media->len, ==, 2);
	expect_receiving(0, AUDIO, true);
	expect_receiving(1, VIDEO, true);
	for (unsigned i = 0; i < 100; i++) { /* only audio goes on */
		send_media(AUDIO, false);
		call_run(30 * CALL_MS);
	}
	g_assert_cmpuint(in->media->len, ==, 3);
	expect_receiving(2, VIDEO, false);
	play(CALL_S, false);
	g_assert_cmpuint(in->media->len, ==, 4);
	expect_receiving(3, VIDEO, true);
	call_run(3 * CALL_S);
	g_assert_cmpuint(in->media->len, ==, 6);
	tear_down();
}

static void test_receiving_for_ever(void)
{
	set_up(9);
	call.cfg.no_media_timer_s = 0;
	play(CALL_S, false);
	call_run(10 * CALL_S);
	g_assert_cmpuint(in->media->len, ==, 2);
	tear_down();
}

static unsigned slow_events(const struct call_end *e, bool uplink, uint32_t *lost)
{
	unsigned n = 0;

	for (guint i = 0; i < e->media->len; i++) {
		const struct call_media *m = &g_array_index(e->media, struct call_media, i);

		if (m->event.what != LIMEN_MEDIA_SLOW || m->event.uplink != uplink)
			continue;
		*lost = m->event.lost;
		n++;
	}
	return n;
}

/* Loss of what the peer sends, seen here; and of what we send, as it reports it. */
static void test_slow_link(void)
{
	struct limen_rtcp_block lossy = { 0 };
	struct limen_rtcp_writer w;
	uint32_t lost = 0;

	set_up(10);
	call.cfg.slowlink_threshold = 4;
	play(2 * CALL_S, false);
	g_assert_cmpuint(slow_events(in, false, &lost), ==, 0);
	fake_net.loss = 300;
	play(3 * CALL_S, false);
	fake_net.loss = 0;
	g_assert_cmpuint(slow_events(in, false, &lost), >, 1);
	g_assert_cmpuint(lost, >=, 4);
	g_assert_cmpuint(slow_events(in, true, &lost), ==, 0);
	lossy.ssrc = ssrc_of(out, VIDEO);
	for (int i = 0; i < 3; i++) {
		lossy.lost += i == 1 ? 3 : 9;
		limen_rtcp_begin(&w);
		limen_rtcp_add_rr(&w, 1, &lossy, 1);
		client_send_rtcp(viewer, &w);
		call_run(CALL_S);
	}
	g_assert_cmpuint(slow_events(out, true, &lost), ==, 2);
	g_assert_cmpuint(lost, ==, 9);
	tear_down();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/flow/peer-rtcp/each-second", test_each_second);
	g_test_add_func("/flow/peer-rtcp/lip-sync", test_lip_sync);
	g_test_add_func("/flow/peer-rtcp/no-reports", test_no_reports);
	g_test_add_func("/flow/peer-rtcp/source-change", test_source_change);
	g_test_add_func("/flow/peer-rtcp/round-trip", test_round_trip);
	g_test_add_func("/flow/peer-rtcp/bitrate", test_bitrate);
	g_test_add_func("/flow/peer-rtcp/keyframe-requests", test_keyframe_requests);
	g_test_add_func("/flow/peer-rtcp/receiving", test_receiving);
	g_test_add_func("/flow/peer-rtcp/receiving-for-ever", test_receiving_for_ever);
	g_test_add_func("/flow/peer-rtcp/slow-link", test_slow_link);
	return g_test_run();
}
