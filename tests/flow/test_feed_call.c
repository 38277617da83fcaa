/*
 * From a feed to subscribers over the simulated network, and back: media, keyframe requests,
 * retransmission, reports on the source's clock; with a tap beside.
 */
#include <string.h>
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/packet.h"
#include "core/media/feed.h"
#include "core/media/packet_write.h"
#include "core/media/peer_priv.h"
#include "core/media/tap.h"
#include "tests/lib/call.h"

#define LINES                                                                                      \
	"m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=recvonly\r\n"          \
	"a=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\n"
#define VIEWERS 2

static struct call_end *ends[VIEWERS];
static struct client *viewers[VIEWERS];
static struct limen_feed *feed;
static struct limen_fanout *f;
static struct limen_tap *tap;
static unsigned wanted, done, written;

static void on_keyframe(void *arg)
{
	(void)arg;
	wanted++;
}

static void on_done(void *arg)
{
	(void)arg;
	done++;
}

/* What the tap writes is what was fed. */
static void on_packet(struct limen_packet *pkt, const struct limen_numbers *numbers, void *arg)
{
	uint8_t out[LIMEN_PACKET_MAX];
	const size_t len = limen_packet_write(pkt, numbers, -1, 0, out, sizeof(out));

	(void)arg;
	g_assert_cmpmem(out, len, pkt->data, pkt->len);
	written++;
}

static void set_up(uint64_t seed)
{
	const struct limen_feed_config cfg = {
		.kind = LIMEN_VIDEO, .codec = LIMEN_VP8, .keyframe = on_keyframe, .done = on_done
	};
	const struct limen_tap_config tap_cfg = { .packet = on_packet, .done = on_done };

	wanted = done = written = 0;
	call_start(seed, &fake_ice);
	feed = limen_feed_new(call.loop, &cfg, 0, &f);
	g_assert_cmpint(limen_tap_new(&tap, f, &tap_cfg), ==, 0);
	for (unsigned i = 0; i < VIEWERS; i++) {
		ends[i] = call_end_new();
		viewers[i] = client_new(call.loop);
		call_join(ends[i], viewers[i], LINES, LIMEN_SENDONLY);
		g_assert_cmpint(limen_fanout_add(f, ends[i]->peer, 0), ==, 0);
	}
	call_run(10 * CALL_MS);
}

static void tear_down(void)
{
	limen_tap_free(tap);
	limen_feed_free(feed);
	limen_fanout_close(f);
	limen_fanout_unref(f);
	call_run(10 * CALL_MS);
	g_assert_cmpuint(done, ==, 2);
	for (unsigned i = 0; i < VIEWERS; i++)
		client_free(viewers[i]);
	call_stop();
}

static uint32_t ts_of(int64_t us)
{
	return (uint32_t)(us * 90000 / CALL_S) + 77777;
}

/* One picture of one packet with two CSRCs, which stay behind; its last two bytes are its number.
 */
static void play(uint16_t from, unsigned count)
{
	for (uint16_t n = from; n < from + count; n++) {
		uint8_t bytes[20 + CLIENT_VP8] = { 0x82, 0x80 | 100 };

		limen_put_u16(bytes + 2, (uint16_t)(65500 + n));
		limen_put_u32(bytes + 4, ts_of(limen_now_us()));
		limen_put_u32(bytes + 8, 1234);
		client_vp8(bytes + 20, (uint8_t)n, n == 0);
		limen_put_u16(bytes + sizeof(bytes) - 2, n);
		g_assert_cmpint(limen_feed_rtp(feed, 0, bytes, sizeof(bytes)), ==, 0);
		call_run(20 * CALL_MS);
	}
}

static void test_media(void)
{
	set_up(1);
	g_assert_cmpuint(wanted, ==, VIEWERS); /* they came half a second apart */
	play(0, 100);
	call_run(100 * CALL_MS);
	for (unsigned i = 0; i < VIEWERS; i++) {
		g_assert_cmpuint(viewers[i]->rtp->len, ==, 100);
		for (guint n = 0; n < 100; n++) {
			const struct client_rtp *r = client_got(viewers[i], n);

			g_assert_cmpuint(limen_get_u16(r->bytes + r->len - 2), ==, n);
			g_assert_cmpuint(r->rtp.pt, ==, 96);
			g_assert_cmpuint(r->rtp.header_len, ==, 12);
			g_assert_cmpuint(
				r->rtp.seq, ==, (uint16_t)(client_got(viewers[i], 0)->rtp.seq + n));
		}
	}
	g_assert_cmpuint(written, ==, 100);
	tear_down();
}

static void test_keyframe(void)
{
	struct limen_rtcp_writer w;

	set_up(2);
	play(0, 50);
	for (unsigned i = 0; i < VIEWERS; i++) {
		limen_rtcp_begin(&w);
		limen_rtcp_add_pli(&w, 1, limen_peer_line_if(ends[i]->peer, 0)->ssrc);
		client_send_rtcp(viewers[i], &w);
	}
	call_run(100 * CALL_MS);
	g_assert_cmpuint(wanted, ==, VIEWERS + 1);
	tear_down();
}

static void test_resend(void)
{
	struct limen_rtcp_writer w;
	uint16_t seq;

	set_up(3);
	play(0, 10);
	seq = client_got(viewers[0], 4)->rtp.seq;
	limen_rtcp_begin(&w);
	limen_rtcp_add_nack(&w, 1, limen_peer_line_if(ends[0]->peer, 0)->ssrc, &seq, 1);
	client_send_rtcp(viewers[0], &w);
	call_run(100 * CALL_MS);
	g_assert_cmpuint(viewers[0]->rtp->len + (guint)viewers[0]->garbage, ==, 11);
	g_assert_cmpuint(viewers[1]->rtp->len, ==, 10);
	tear_down();
}

/* Reports to viewers follow the feed's clock, not the times at which packets came. */
static void test_reports(void)
{
	const struct client_sr *sr;
	int64_t captured_us;
	uint32_t last;

	set_up(4);
	limen_feed_clock(feed, 0, limen_wall_us() + CALL_S / 10, ts_of(limen_now_us()));
	play(0, 100);
	last = client_got(viewers[0], 99)->rtp.ts;
	g_assert_cmpuint(viewers[0]->senders->len, >=, 1);
	sr = &g_array_index(viewers[0]->senders, struct client_sr, viewers[0]->senders->len - 1);
	captured_us =
		limen_ntp_us(sr->sr.ntp) + (int32_t)(last - sr->sr.ts) * CALL_S / INT64_C(90000);
	/* The last packet was fed 20 ms ago, as a source sees it whose clock is 100 ms ahead. */
	g_assert_cmpint(ABS(captured_us - (limen_wall_us() + 80 * CALL_MS)), <, 2 * CALL_MS);
	tear_down();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/flow/feed/media", test_media);
	g_test_add_func("/flow/feed/keyframe", test_keyframe);
	g_test_add_func("/flow/feed/resend", test_resend);
	g_test_add_func("/flow/feed/reports", test_reports);
	return g_test_run();
}
