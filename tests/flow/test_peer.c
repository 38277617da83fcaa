/*
 * A peer's connection: made from either side, renegotiated, restarted, refused, failed and ended.
 */
#include <string.h>
#include "core/base/clock.h"
#include "core/base/packet.h"
#include "core/media/peer_priv.h"
#include "tests/lib/call.h"

#define VIDEO                                                                                      \
	"m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendrecv\r\n"          \
	"a=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n"

static struct call_end *a, *b;

static void set_up(uint64_t seed)
{
	call_start(seed, &fake_ice);
	a = call_end_new();
	b = call_end_new();
}

static void send_some(struct call_end *from, uint16_t mindex, unsigned count)
{
	static uint16_t next[2];

	for (unsigned i = 0; i < count; i++) {
		call_send(from, mindex, next[mindex]++);
		call_run(CALL_MS);
	}
	call_run(20 * CALL_MS);
}

/* Offers from here, answers there; then media goes both ways. */
static void both_ways(struct call_end *from, struct call_end *to)
{
	g_autofree char *offer = call_offer(from, call_lines("v", LIMEN_SENDRECV), false);

	g_assert_true(limen_peer_offered(from->peer));
	g_assert_false(limen_peer_negotiated(from->peer));
	call_answer(from, to, offer, LIMEN_SENDRECV);
	g_assert_true(limen_peer_is_up(from->peer) && limen_peer_is_up(to->peer));
	g_assert_true(limen_peer_negotiated(from->peer) && !limen_peer_offered(from->peer));
	send_some(from, 0, 10);
	send_some(to, 0, 20);
	call_expect_in_order(to, 0, 10);
	call_expect_in_order(from, 0, 20);
}

static void test_offer(void)
{
	set_up(1);
	both_ways(a, b);
	call_stop();
}

/* The answerer as the DTLS client. */
static void test_answer_active(void)
{
	set_up(2);
	call.cfg.dtls_active = true;
	both_ways(b, a);
	call_stop();
}

static void renegotiate(
	struct call_end *from, struct call_end *to, const char *letters, enum limen_dir dir)
{
	g_autofree char *offer = call_offer(from, call_lines(letters, LIMEN_SENDRECV), false);

	call_answer(from, to, offer, dir);
	g_assert_cmpuint(from->ups, ==, 1);
	g_assert_cmpuint(to->ups, ==, 1);
	g_assert_cmpuint(from->downs + to->downs, ==, 0);
}

/* Lines come and go; the others run on with their numbers. */
static void test_renegotiation(void)
{
	set_up(3);
	call_connect(a, b, "v");
	send_some(a, 0, 5);
	renegotiate(a, b, "vv", LIMEN_SENDRECV);
	send_some(a, 0, 5);
	send_some(a, 1, 5);
	renegotiate(b, a, "Vv", LIMEN_SENDRECV);
	send_some(a, 0, 5);
	send_some(a, 1, 5);
	send_some(b, 1, 5);
	call_expect_in_order(b, 0, 10);
	call_expect_in_order(b, 1, 10);
	call_expect_in_order(a, 1, 5);
	renegotiate(a, b, "vv", LIMEN_SENDRECV); /* the first one again */
	send_some(a, 0, 5);
	call_expect_in_order(b, 0, 15);
	call_stop();
}

static void test_direction(void)
{
	set_up(4);
	call_connect(a, b, "v");
	send_some(a, 0, 5);
	renegotiate(a, b, "v", LIMEN_SENDONLY); /* on hold */
	send_some(a, 0, 5);
	g_assert_cmpuint(call_received(b, 0), ==, 5);
	send_some(b, 0, 5);
	call_expect_in_order(a, 0, 5);
	renegotiate(a, b, "v", LIMEN_SENDRECV);
	send_some(a, 0, 5);
	call_expect_in_order(b, 0, 10);
	call_stop();
}

/* Another codec on a line that was used: the numbers go on, so that SRTP lets them pass. */
static void test_codec_change(void)
{
	struct limen_sdp *offer;
	g_autofree char *text = NULL;
	const struct limen_packet *last;
	struct limen_packet *p;

	set_up(5);
	call_connect(a, b, "v");
	send_some(a, 0, 300);
	offer = limen_sdp_new("flow");
	limen_sdp_add(offer, LIMEN_VIDEO, LIMEN_H264, LIMEN_SENDONLY, "0", NULL, 0);
	text = call_offer(a, offer, false);
	call_answer(a, b, text, LIMEN_RECVONLY);
	p = call_packet(LIMEN_VIDEO, 8, 1000);
	p->codec = LIMEN_H264;
	limen_peer_send(a->peer, 0, p);
	limen_packet_unref(p);
	call_run(20 * CALL_MS);
	call_expect_in_order(b, 0, 301);
	last = b->packets->pdata[300];
	g_assert_cmpint(last->codec, ==, LIMEN_H264);
	call_stop();
}

/* New credentials from us or from the peer; media goes on over the old pair meanwhile. */
static void restart(struct call_end *from, struct call_end *to)
{
	g_autofree char *ufrag = g_strdup(fake_ice.ufrag(from->peer->ice)),
			*other = g_strdup(fake_ice.ufrag(to->peer->ice)), *offer = NULL;

	offer = call_offer(from, call_lines("v", LIMEN_SENDRECV), true);
	g_assert_cmpstr(ufrag, !=, fake_ice.ufrag(from->peer->ice));
	send_some(a, 0, 5);
	call_answer(from, to, offer, LIMEN_SENDRECV);
	g_assert_cmpstr(other, !=, fake_ice.ufrag(to->peer->ice));
	g_assert_cmpstr(to->peer->remote_ufrag, ==, fake_ice.ufrag(from->peer->ice));
	g_assert_cmpstr(from->peer->remote_ufrag, ==, fake_ice.ufrag(to->peer->ice));
	send_some(a, 0, 5);
}

static void test_restart(void)
{
	set_up(6);
	call_connect(a, b, "v");
	send_some(a, 0, 5);
	restart(a, b);
	restart(b, a);
	call_expect_in_order(b, 0, 25);
	g_assert_cmpuint(a->ups + b->ups, ==, 2);
	g_assert_cmpuint(a->downs + b->downs, ==, 0);
	call_stop();
}

/* A description is the same again: nothing is restarted. */
static void test_no_restart(void)
{
	g_autofree char *ufrag = NULL;

	set_up(7);
	call_connect(a, b, "v");
	ufrag = g_strdup(fake_ice.ufrag(b->peer->ice));
	renegotiate(a, b, "v", LIMEN_SENDRECV);
	g_assert_cmpstr(ufrag, ==, fake_ice.ufrag(b->peer->ice));
	call_stop();
}

static void expect_check(const char *text, bool is_offer, int err)
{
	g_autoptr(limen_sdp) sdp = call_parse(text);
	g_autofree char *reason = NULL;

	g_assert_cmpint(limen_peer_check(b->peer, sdp, is_offer, &reason), ==, err);
	g_assert_cmpint(reason != NULL, ==, err != 0);
}

/* The text without its lines that begin so. */
static char *without(const char *text, const char *prefix)
{
	g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);
	GString *out = g_string_new(NULL);

	for (char **l = lines; *l; l++)
		if (**l && !g_str_has_prefix(*l, prefix))
			g_string_append_printf(out, "%s\r\n", *l);
	return g_string_free(out, FALSE);
}

static void test_wrong_descriptions(void)
{
	static const char *const needed[] = { "a=ice-ufrag", "a=ice-pwd", "a=fingerprint" };
	g_autofree char *one = NULL, *two = NULL, *audio = NULL, *ours = NULL;

	set_up(8);
	two = call_offer(call_end_new(), call_lines("vv", LIMEN_SENDONLY), false);
	audio = call_offer(call_end_new(), call_lines("a", LIMEN_SENDONLY), false);
	one = call_offer(a, call_lines("v", LIMEN_SENDONLY), false);
	for (unsigned i = 0; i < G_N_ELEMENTS(needed); i++) {
		g_autofree char *less = without(one, needed[i]);

		expect_check(less, true, LIMEN_EINVAL);
	}
	expect_check(audio, true, 0); /* nothing before that it could contradict */
	call_answer(a, b, one, LIMEN_RECVONLY);
	expect_check(one, true, 0);
	expect_check(two, true, 0);
	expect_check(audio, true, LIMEN_ESTATE);
	ours = call_offer(b, call_lines("vv", LIMEN_SENDONLY), false);
	expect_check(one, false, LIMEN_ESTATE); /* an answer to fewer lines than offered */
	expect_check(two, false, 0);
	g_assert_true(limen_peer_is_up(b->peer));
	call_stop();
}

static void test_hangup(void)
{
	set_up(9);
	limen_peer_hangup(a->peer, "nothing there"); /* is fine */
	call_connect(a, b, "v");
	limen_peer_hangup(a->peer, "Close PC");
	limen_peer_hangup(a->peer, "once more");
	g_assert_false(limen_peer_exists(a->peer) || limen_peer_is_up(a->peer));
	g_assert_cmpuint(a->downs, ==, 0); /* never from inside the call */
	call_run(100 * CALL_MS);
	g_assert_cmpstr(a->down, ==, "Close PC");
	g_assert_cmpstr(b->down, ==, "DTLS alert");
	g_assert_cmpuint(a->downs, ==, 1);
	g_assert_cmpuint(b->downs, ==, 1);
	g_assert_false(limen_peer_exists(a->peer) || limen_peer_exists(b->peer));
	call_run(30 * CALL_S);
	g_assert_cmpuint(a->downs + b->downs, ==, 2);
	call_stop();
}

/* A peer may be used again after its connection ended. */
static void test_again(void)
{
	g_autofree char *offer = NULL;

	set_up(10);
	call_connect(a, b, "v");
	limen_peer_hangup(a->peer, "Close PC");
	call_run(100 * CALL_MS);
	g_ptr_array_set_size(b->packets, 0);
	offer = call_offer(b, call_lines("v", LIMEN_SENDRECV), false);
	call_answer(b, a, offer, LIMEN_SENDRECV);
	g_assert_cmpuint(a->ups, ==, 2);
	send_some(a, 0, 5);
	call_expect_in_order(b, 0, 5);
	call_stop();
}

static void expect_down_after(int64_t us, const char *reason)
{
	call_run(us - 100 * CALL_MS);
	g_assert_cmpuint(b->downs, ==, 0);
	call_run(600 * CALL_MS); /* it looks twice a second */
	g_assert_cmpstr(b->down, ==, reason);
	g_assert_cmpuint(b->ice_failures, ==, 0);
}

/* Spec api-core §8.1: five seconds when all candidates are known, else fifteen. */
static void fail_ice(bool trickles, int64_t after_us)
{
	const struct limen_answer_rules rules = { .dir = LIMEN_RECVONLY };
	g_autofree char *offer = NULL, *more = NULL;
	struct limen_sdp *remote, *answer;

	fake_net.dead = true;
	offer = call_offer(a, call_lines("v", LIMEN_SENDONLY), false);
	more = without(offer, "a=end-of-candidates");
	remote = call_parse(more);
	g_assert_cmpint(limen_sdp_answer(remote, &rules, &answer), ==, 0);
	g_assert_cmpint(limen_peer_answer(b->peer, remote, answer, trickles), ==, 0);
	expect_down_after(after_us, "ICE failed");
	call_stop();
}

static void test_ice_fails(void)
{
	set_up(11);
	fail_ice(false, 5 * CALL_S);
}

static void test_ice_fails_trickling(void)
{
	set_up(12);
	fail_ice(true, 15 * CALL_S);
}

/* Lost after having been connected: told, and borne until it is clear that it stays so. */
static void test_ice_lost(void)
{
	set_up(13);
	call_connect(a, b, "v");
	fake_net_state(LIMEN_ICE_FAILED);
	call_run(4 * CALL_S);
	fake_net_state(LIMEN_ICE_CONNECTED);
	call_run(30 * CALL_S);
	g_assert_cmpuint(a->downs + b->downs, ==, 0);
	g_assert_cmpuint(b->ice_failures, ==, 1);
	fake_net_state(LIMEN_ICE_FAILED);
	call_run(6 * CALL_S);
	g_assert_cmpuint(b->ice_failures, ==, 2);
	g_assert_cmpstr(b->down, ==, "ICE failed");
	call_stop();
}

static void test_ice_lost_at_once(void)
{
	set_up(14);
	call.cfg.hangup_on_failed = true;
	call_connect(a, b, "v");
	fake_net_state(LIMEN_ICE_FAILED);
	call_run(10 * CALL_MS);
	g_assert_cmpuint(b->ice_failures, ==, 1);
	g_assert_cmpstr(b->down, ==, "ICE failed");
	call_stop();
}

/* ICE works, but the other side never speaks DTLS: whichever of us was to begin. */
static void dtls_times_out(const char *setup)
{
	const struct limen_answer_rules rules = { .dir = LIMEN_RECVONLY };
	struct client *c = client_new(call.loop);
	g_autofree char *offer = client_describe(c, setup, VIDEO), *text = NULL;
	struct limen_sdp *remote = call_parse(offer), *answer;

	c->silent = true;
	g_assert_cmpint(limen_sdp_answer(remote, &rules, &answer), ==, 0);
	g_assert_cmpint(limen_peer_answer(b->peer, remote, answer, false), ==, 0);
	call_run(10 * CALL_MS);
	text = limen_peer_description(b->peer);
	answer = call_parse(text);
	client_connect(c, answer);
	limen_sdp_free(answer);
	call_run(19 * CALL_S);
	g_assert_cmpuint(b->downs, ==, 0);
	call_run(2 * CALL_S);
	g_assert_cmpstr(b->down, ==, "DTLS timeout");
	client_free(c);
	call_stop();
}

static void test_dtls_timeout_as_server(void)
{
	set_up(15);
	dtls_times_out("active");
}

static void test_dtls_timeout_as_client(void)
{
	set_up(16);
	dtls_times_out("passive");
}

/* The owner goes at any moment of a call: nothing is told any more, nothing breaks. */
static void test_retire(void)
{
	for (int64_t at_ms = 0; at_ms < 60; at_ms++) {
		const struct limen_answer_rules rules = { .dir = LIMEN_RECVONLY };
		g_autofree char *offer = NULL, *text = NULL;
		struct limen_sdp *remote, *answer;
		unsigned ups;

		set_up(17);
		offer = call_offer(a, call_lines("v", LIMEN_SENDONLY), false);
		remote = call_parse(offer);
		g_assert_cmpint(limen_sdp_answer(remote, &rules, &answer), ==, 0);
		g_assert_cmpint(limen_peer_answer(b->peer, remote, answer, false), ==, 0);
		call_run(2 * CALL_MS);
		text = limen_peer_description(b->peer);
		g_assert_cmpint(limen_peer_accept(a->peer, call_parse(text), false), ==, 0);
		call_run(at_ms * CALL_MS);
		if (at_ms % 3 == 0)
			limen_peer_hangup(b->peer, "Close PC");
		call_send(a, 0, 0);
		ups = b->ups;
		limen_peer_retire(b->peer);
		limen_peer_send(b->peer, 0, &(struct limen_packet){ .refs = 1 });
		limen_peer_keyframe(b->peer, -1);
		call_run(100 * CALL_MS);
		g_assert_cmpuint(b->ups, ==, ups);
		g_assert_cmpuint(b->downs, ==, 0);
		call_stop();
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/flow/peer/offer", test_offer);
	g_test_add_func("/flow/peer/answer-active", test_answer_active);
	g_test_add_func("/flow/peer/renegotiation", test_renegotiation);
	g_test_add_func("/flow/peer/direction", test_direction);
	g_test_add_func("/flow/peer/codec-change", test_codec_change);
	g_test_add_func("/flow/peer/restart", test_restart);
	g_test_add_func("/flow/peer/no-restart", test_no_restart);
	g_test_add_func("/flow/peer/wrong-descriptions", test_wrong_descriptions);
	g_test_add_func("/flow/peer/hangup", test_hangup);
	g_test_add_func("/flow/peer/again", test_again);
	g_test_add_func("/flow/peer/ice-fails", test_ice_fails);
	g_test_add_func("/flow/peer/ice-fails-trickling", test_ice_fails_trickling);
	g_test_add_func("/flow/peer/ice-lost", test_ice_lost);
	g_test_add_func("/flow/peer/ice-lost-at-once", test_ice_lost_at_once);
	g_test_add_func("/flow/peer/dtls-timeout-as-server", test_dtls_timeout_as_server);
	g_test_add_func("/flow/peer/dtls-timeout-as-client", test_dtls_timeout_as_client);
	g_test_add_func("/flow/peer/retire", test_retire);
	return g_test_run();
}
