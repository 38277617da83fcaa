/*
 * A publisher that numbers its packets over all streams hears of each when it arrived. The
 * gateway's side is a whole peer, the publisher is made of DTLS and SRTP alone, over a simulated
 * network.
 */
#include <string.h>
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/media/demux.h"
#include "core/media/dtls.h"
#include "core/media/peer.h"
#include "core/media/rtcp.h"
#include "core/media/rtp.h"
#include "core/media/twcc.h"
#include "tests/lib/fake_net.h"

#define PACKETS 200u
#define BURST 1200u /* more than the window of arrivals holds */
#define SPACING_US 10000
#define EXT_ID 3
#define PT 96
#define SSRC 0x1000u
#define STRANGER 0x2000u /* an SSRC that no description names */
#define FIRST_SEQ 65400u /* wraps on the way */
#define EXTMAP                                                                                     \
	"a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"

enum { NOT_TOLD, LOST, ARRIVED };

static struct {
	struct limen_loop *loop;
	struct limen_cert *cert;
	struct limen_media_config cfg;
	struct limen_peer *peer;
	bool gathered;
	/* the publisher */
	struct limen_ice *ice;
	struct limen_dtls *dtls;
	struct limen_srtp *srtp;
	unsigned messages, statuses;
	uint8_t number; /* of the next message */
	uint8_t told[BURST];
	int64_t at_us[BURST];
} t;

static void on_gathered(void *arg)
{
	(void)arg;
	t.gathered = true;
}
static void on_candidate(const char *candidate, void *arg)
{
	(void)candidate, (void)arg;
}
static void on_nothing(void *arg)
{
	(void)arg;
}
static void on_down(const char *reason, void *arg)
{
	(void)reason, (void)arg;
}
static void on_packet(struct limen_packet *pkt, void *arg)
{
	(void)pkt, (void)arg;
}
static void on_rtcp(const struct limen_rtcp_event *ev, void *arg)
{
	(void)ev, (void)arg;
}
static void on_media(const struct limen_media_event *ev, const char *mid, bool simulcast, void *arg)
{
	(void)ev, (void)mid, (void)simulcast, (void)arg;
}

static const struct limen_peer_events peer_events = { .on_gathered = on_gathered,
	.on_candidate = on_candidate,
	.on_up = on_nothing,
	.on_down = on_down,
	.on_ice_failed = on_nothing,
	.on_packet = on_packet,
	.on_rtcp = on_rtcp,
	.on_media = on_media };

static void on_send(const uint8_t *bytes, size_t len, void *arg)
{
	(void)arg;
	fake_ice.send(t.ice, bytes, len);
}
static void on_keys(const struct limen_srtp_keys *keys, void *arg)
{
	(void)arg;
	g_assert_cmpint(limen_srtp_new(&t.srtp, keys), ==, 0);
}
static void on_failed(const char *why, void *arg)
{
	(void)arg;
	g_error("%s", why);
}
static void on_data(const uint8_t *bytes, size_t len, void *arg)
{
	(void)bytes, (void)len, (void)arg;
}

static const struct limen_dtls_events dtls_events = { on_send, on_keys, on_nothing, on_failed,
	on_data };

static void on_status(const struct limen_twcc_status *s, void *arg)
{
	const unsigned n = (uint16_t)(s->seq - FIRST_SEQ);

	(void)arg;
	g_assert_cmpuint(n, <, BURST);
	g_assert_cmpuint(t.told[n], ==, NOT_TOLD);
	t.told[n] = s->arrived ? ARRIVED : LOST;
	t.at_us[n] = s->at_us;
	t.statuses++;
}

/* Picks the feedback out of a compound. */
static void hear_rtcp(const uint8_t *bytes, size_t len)
{
	while (len) {
		const size_t whole = (limen_get_u16(bytes + 2) + 1u) * 4;
		const size_t padding = bytes[0] & 0x20 ? bytes[whole - 1] : 0;

		g_assert_cmpuint(whole, <=, len);
		if (bytes[1] == LIMEN_RTCP_RTPFB && (bytes[0] & 0x1f) == 15) {
			g_assert_cmpuint(bytes[19], ==, t.number++);
			t.messages++;
			g_assert_cmpint(
				limen_twcc_read(bytes + 12, whole - 12 - padding, on_status, NULL),
				==, 0);
		}
		bytes += whole;
		len -= whole;
	}
}

static void on_datagram(const uint8_t *bytes, size_t len, void *arg)
{
	uint8_t copy[2048];

	(void)arg;
	g_assert_cmpuint(len, <=, sizeof(copy));
	switch (limen_demux(bytes, len)) {
	case LIMEN_DATAGRAM_DTLS:
		limen_dtls_feed(t.dtls, bytes, len);
		break;
	case LIMEN_DATAGRAM_RTCP:
		memcpy(copy, bytes, len);
		g_assert_cmpint(limen_srtp_unprotect_rtcp(t.srtp, copy, &len), ==, 0);
		hear_rtcp(copy, len);
		break;
	default:
		break;
	}
}

static void on_state(enum limen_ice_state state, void *arg)
{
	(void)arg;
	if (state == LIMEN_ICE_CONNECTED)
		limen_dtls_start(t.dtls);
}

static const struct limen_ice_events ice_events = {
	.on_gathered = on_nothing,
	.on_candidate = on_candidate,
	.on_state = on_state,
	.on_datagram = on_datagram,
};

/* extmap and what else stands in the m-line. */
static struct limen_sdp *offer_of(const char *extmap)
{
	g_autoptr(GPtrArray) candidates = fake_ice.candidates(t.ice);
	g_autofree char *text = g_strdup_printf(
		"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
		"m=video 9 UDP/TLS/RTP/SAVPF %d\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\n"
		"a=rtcp-mux\r\na=rtpmap:%d VP8/90000\r\na=rtcp-fb:%d transport-cc\r\n%s"
		"a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 %s\r\n"
		"a=setup:actpass\r\na=ssrc:%u cname:x\r\na=%s\r\na=end-of-candidates\r\n",
		PT, PT, PT, extmap, fake_ice.ufrag(t.ice), fake_ice.pwd(t.ice),
		limen_cert_fingerprint(t.cert), SSRC, (char *)g_ptr_array_index(candidates, 0));
	g_autofree char *reason = NULL;
	struct limen_sdp *sdp;

	g_assert_cmpint(limen_sdp_parse(text, strlen(text), &sdp, &reason), ==, 0);
	return sdp;
}

static void set_up(unsigned period_ms)
{
	memset(&t, 0, sizeof(t));
	fake_net_start(1);
	g_assert_cmpint(limen_loop_new_manual(&t.loop, 0), ==, 0);
	g_assert_cmpint(limen_cert_new(&t.cert), ==, 0);
	t.cfg = (struct limen_media_config){ .ice_ops = &fake_ice,
		.cert = t.cert,
		.dtls_mtu = 1200,
		.twcc_period_ms = period_ms,
		.local_ip = "127.0.0.1" };
	t.peer = limen_peer_new(t.loop, &t.cfg, &peer_events, NULL);
}

/* Returns the gateway's answer; new. */
static char *connect(const char *extmap)
{
	const struct limen_answer_rules rules = { .exts = ~0u, .dir = LIMEN_RECVONLY };
	const struct limen_dtls_config dtls = { .cert = t.cert,
		.client = true,
		.mtu = 1200,
		.hash = "sha-256",
		.fingerprint = limen_cert_fingerprint(t.cert) };
	g_autoptr(limen_sdp) described = NULL;
	g_autofree char *reason = NULL;
	struct limen_sdp *remote, *answer;
	char *text;

	g_assert_cmpint(fake_ice.create(&t.ice, t.loop, &t.cfg.ice, &ice_events, NULL), ==, 0);
	g_assert_cmpint(limen_dtls_new(&t.dtls, &dtls, &dtls_events, NULL), ==, 0);
	remote = offer_of(extmap);
	g_assert_cmpint(limen_sdp_answer(remote, &rules, &answer), ==, 0);
	g_assert_cmpint(limen_peer_answer(t.peer, remote, answer, false), ==, 0);
	fake_net_run(t.loop, 10000);
	g_assert_true(t.gathered);
	text = limen_peer_description(t.peer);
	g_assert_cmpint(limen_sdp_parse(text, strlen(text), &described, &reason), ==, 0);
	fake_ice.add_candidate(t.ice, text);
	fake_ice.set_remote(t.ice, limen_sdp_ufrag(described), limen_sdp_pwd(described));
	fake_net_run(t.loop, 500000);
	g_assert_true(limen_peer_is_up(t.peer));
	g_assert_nonnull(t.srtp);
	return text;
}

static void tear_down(void)
{
	limen_peer_retire(t.peer);
	limen_peer_unref(t.peer);
	limen_dtls_free(t.dtls);
	limen_srtp_free(t.srtp);
	fake_ice.destroy(t.ice);
	fake_net_stop();
	limen_loop_free(t.loop);
	limen_cert_free(t.cert);
}

static void send_packet(unsigned n, uint32_t ssrc)
{
	const uint16_t seq = (uint16_t)(FIRST_SEQ + n);
	const uint8_t wire[2] = { (uint8_t)(seq >> 8), (uint8_t)seq };
	const struct limen_rtp_element number = { .id = EXT_ID, .len = 2, .data = wire };
	uint8_t bytes[LIMEN_RTP_HEADER_MAX + 100 + LIMEN_SRTP_TRAILER];
	size_t len = limen_rtp_write(bytes, true, PT, (uint16_t)n, n * 900u, ssrc, &number, 1);

	memset(bytes + len, 0x10, 100);
	len += 100;
	g_assert_cmpint(limen_srtp_protect(t.srtp, bytes, &len, sizeof(bytes)), ==, 0);
	fake_ice.send(t.ice, bytes, len);
}

/* Each seventh is lost on the way, each fifth is of an SSRC that nobody named. */
static bool is_lost(unsigned n)
{
	return n % 7 == 6;
}

static void send_all(void)
{
	for (unsigned n = 0; n < PACKETS; n++) {
		if (!is_lost(n))
			send_packet(n, n % 5 == 4 ? STRANGER : SSRC);
		fake_net_run(t.loop, SPACING_US);
	}
	fake_net_run(t.loop, 500000);
}

static void test_feedback(void)
{
	g_autofree char *answer = NULL;

	set_up(100);
	answer = connect(EXTMAP);
	g_assert_nonnull(strstr(answer, "a=rtcp-fb:96 transport-cc"));
	g_assert_nonnull(strstr(answer, "a=extmap:3 http://www.ietf.org/id/draft-holmer"));
	send_all();
	g_assert_cmpuint(t.messages, >=, 18);
	g_assert_cmpuint(t.messages, <=, 22);
	g_assert_cmpuint(t.statuses, ==, PACKETS);
	for (unsigned n = 0; n < PACKETS; n++) {
		g_assert_cmpuint(t.told[n], ==, is_lost(n) ? LOST : ARRIVED);
		if (t.told[n] == ARRIVED)
			g_assert_cmpint(t.at_us[n] - t.at_us[0], ==, n * SPACING_US);
	}
	/* Silence is not reported. */
	fake_net_run(t.loop, 2 * G_USEC_PER_SEC);
	g_assert_cmpuint(t.statuses, ==, PACKETS);
	tear_down();
}

/* A longer period: nothing before it is over, then all in one message. */
static void test_period(void)
{
	g_autofree char *answer = NULL;

	set_up(1000);
	answer = connect(EXTMAP);
	for (unsigned n = 0; n < PACKETS; n++)
		send_packet(n, SSRC);
	fake_net_run(t.loop, 900000);
	g_assert_cmpuint(t.messages, ==, 0);
	fake_net_run(t.loop, 200000);
	g_assert_cmpuint(t.messages, ==, 1);
	g_assert_cmpuint(t.statuses, ==, PACKETS);
	tear_down();
}

/* Arrivals that would leave the window untold are told before the period is over. */
static void test_burst(void)
{
	g_autofree char *answer = NULL;

	set_up(1000);
	answer = connect(EXTMAP);
	for (unsigned n = 0; n < BURST; n++)
		send_packet(n, SSRC);
	fake_net_run(t.loop, 100000);
	g_assert_cmpuint(t.statuses, >, BURST - LIMEN_TWCC_WINDOW);
	g_assert_cmpuint(t.statuses, <, BURST);
	fake_net_run(t.loop, 1000000);
	g_assert_cmpuint(t.statuses, ==, BURST);
	tear_down();
}

static void test_off(void)
{
	g_autofree char *answer = NULL;

	set_up(0);
	answer = connect(EXTMAP);
	send_all();
	g_assert_cmpuint(t.messages, ==, 0);
	tear_down();
}

/* The same bytes mean nothing when the extension was not negotiated. */
static void test_not_negotiated(void)
{
	g_autofree char *answer = NULL;

	set_up(100);
	answer = connect("");
	g_assert_null(strstr(answer, "transport-cc"));
	send_all();
	g_assert_cmpuint(t.messages, ==, 0);
	tear_down();
}

#define CAP_BPS 32000
#define REMB "a=rtcp-fb:96 goog-remb\r\n"

/* Packets at about three times the cap for two seconds. */
static void send_too_much(const char *extmap)
{
	g_autofree char *answer = NULL;

	set_up(100);
	answer = connect(extmap);
	limen_peer_bitrate(t.peer, CAP_BPS);
	send_all();
	g_assert_cmpuint(t.statuses, >=, PACKETS / 2);
}

static void test_cap(void)
{
	unsigned arrived = 0, first_lost = 0;

	send_too_much(EXTMAP);
	for (unsigned n = 0; n < PACKETS; n++) {
		arrived += t.told[n] == ARRIVED;
		if (t.told[n] == LOST && !is_lost(n) && !first_lost)
			first_lost = n;
	}
	/* first they are told to have come later and later, then to have been lost */
	g_assert_cmpuint(first_lost, >, 10);
	g_assert_cmpuint(first_lost, <, 40);
	g_assert_cmpint(t.at_us[12] - t.at_us[0], >, 12 * 2 * SPACING_US);
	g_assert_cmpuint(arrived, >, 40);
	g_assert_cmpuint(arrived, <, PACKETS / 2);
	tear_down();
}

static void test_cap_by_remb(void)
{
	send_too_much(EXTMAP REMB);
	for (unsigned n = 0; n < PACKETS; n++)
		g_assert_cmpuint(t.told[n], ==, is_lost(n) ? LOST : ARRIVED);
	g_assert_cmpint(t.at_us[27] - t.at_us[0], <=, 27 * SPACING_US);
	tear_down();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/flow/twcc/feedback", test_feedback);
	g_test_add_func("/flow/twcc/period", test_period);
	g_test_add_func("/flow/twcc/burst", test_burst);
	g_test_add_func("/flow/twcc/cap", test_cap);
	g_test_add_func("/flow/twcc/cap-by-remb", test_cap_by_remb);
	g_test_add_func("/flow/twcc/off", test_off);
	g_test_add_func("/flow/twcc/not-negotiated", test_not_negotiated);
	return g_test_run();
}
