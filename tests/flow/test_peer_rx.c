/*
 * The way in: to which m-line and substream packets go, retransmissions, what makes no sense, and
 * when what is missing is asked for.
 */
#include <string.h>
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/media/peer_priv.h"
#include "tests/lib/call.h"

#define HEAD "c=IN IP4 0.0.0.0\r\na=sendonly\r\na=rtcp-mux\r\n"
#define VIDEO                                                                                      \
	"m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n" HEAD "a=rtpmap:96 VP8/90000\r\n"                   \
	"a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtcp-fb:96 nack\r\n"                       \
	"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"                                       \
	"a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"                            \
	"a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n"
#define AUDIO                                                                                      \
	"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" HEAD "a=rtpmap:111 opus/48000/2\r\n"                 \
	"a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"                                       \
	"a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"

static struct call_end *end;
static struct client *c;

static void set_up(uint64_t seed, const char *lines)
{
	call_start(seed, &fake_ice);
	end = call_end_new();
	c = client_new(call.loop);
	call_join(end, c, lines, LIMEN_RECVONLY);
}

static void tear_down(void)
{
	client_free(c);
	call_stop();
}

static const struct limen_packet *last(void)
{
	g_assert_cmpuint(end->packets->len, >, 0);
	return g_ptr_array_index(end->packets, end->packets->len - 1);
}

static void video(uint32_t ssrc, uint16_t seq, bool key)
{
	client_send(c,
		&(struct client_packet){
			.pt = 96, .seq = seq, .ts = seq * 3000u, .ssrc = ssrc, .key = key });
	call_run(6 * CALL_MS);
}

/* RFC 4588 §4 */
static void rtx(uint32_t ssrc, uint16_t seq, uint16_t original,
	const struct limen_rtp_element *elements, size_t count)
{
	uint8_t payload[2 + CLIENT_VP8];

	limen_put_u16(payload, original);
	client_vp8(payload + 2, (uint8_t)original, false);
	client_send(c,
		&(struct client_packet){ .pt = 97,
			.seq = seq,
			.ts = original * 3000u,
			.ssrc = ssrc,
			.elements = elements,
			.element_count = count,
			.payload = payload,
			.payload_len = sizeof(payload) });
	call_run(6 * CALL_MS);
}

static void test_by_description(void)
{
	set_up(1,
		VIDEO "a=mid:0\r\na=ssrc-group:FID 10 11\r\na=ssrc:10 cname:x\r\n"
		      "a=ssrc:11 cname:x\r\n" VIDEO "a=mid:1\r\na=ssrc:20 cname:x\r\n");
	video(20, 1, true);
	g_assert_cmpuint(last()->mindex, ==, 1);
	g_assert_cmpuint(last()->seq, ==, 1);
	g_assert_cmpuint(last()->ts, ==, 3000);
	g_assert_true(last()->layer.keyframe);
	video(10, 1, false);
	g_assert_cmpuint(last()->mindex, ==, 0);
	g_assert_false(last()->layer.keyframe);
	g_assert_cmpuint(last()->source, !=, 0);
	video(30, 1, false); /* nobody's: two lines have this payload type */
	g_assert_cmpuint(end->packets->len, ==, 2);
	tear_down();
}

static void test_by_payload_type(void)
{
	set_up(2, VIDEO "a=mid:0\r\n" AUDIO "a=mid:1\r\n");
	video(30, 1, false);
	g_assert_cmpuint(last()->mindex, ==, 0);
	client_send(c, &(struct client_packet){ .pt = 111, .seq = 1, .ssrc = 31 });
	call_run(10 * CALL_MS);
	g_assert_cmpuint(last()->mindex, ==, 1);
	g_assert_cmpint(last()->kind, ==, LIMEN_AUDIO);
	g_assert_cmpuint(last()->audio_level, ==, 255);
	client_send(c, &(struct client_packet){ .pt = 50, .seq = 1, .ssrc = 32 });
	call_run(10 * CALL_MS);
	g_assert_cmpuint(end->packets->len, ==, 2);
	tear_down();
}

/* The extension is needed once. */
static void test_by_mid(void)
{
	const struct limen_rtp_element mid = { 4, 2, "v1" }, unknown = { 4, 2, "v9" };

	set_up(3, VIDEO "a=mid:v0\r\n" VIDEO "a=mid:v1\r\n");
	client_send(c,
		&(struct client_packet){
			.pt = 96, .ssrc = 30, .elements = &unknown, .element_count = 1 });
	call_run(10 * CALL_MS);
	g_assert_cmpuint(end->packets->len, ==, 0);
	client_send(c,
		&(struct client_packet){
			.pt = 96, .ssrc = 30, .seq = 1, .elements = &mid, .element_count = 1 });
	video(30, 2, false);
	g_assert_cmpuint(end->packets->len, ==, 2);
	g_assert_cmpuint(last()->mindex, ==, 1);
	tear_down();
}

#define RIDS                                                                                       \
	VIDEO "a=mid:0\r\na=rid:h send\r\na=rid:m send\r\na=rid:l send\r\n"                        \
	      "a=simulcast:send h;m;l\r\n"

static void with_rid(uint32_t ssrc, uint16_t seq, const char *rid)
{
	const struct limen_rtp_element e[] = { { 4, 1, "0" }, { 10, (uint8_t)strlen(rid), rid } };

	client_send(c,
		&(struct client_packet){ .pt = 96,
			.seq = seq,
			.ts = seq * 3000u,
			.ssrc = ssrc,
			.elements = e,
			.element_count = 2 });
	call_run(6 * CALL_MS);
}

static void test_by_rid(void)
{
	const struct limen_rtp_element repaired[] = { { 4, 1, "0" }, { 11, 1, "m" } };

	set_up(4, RIDS);
	with_rid(41, 1, "l");
	g_assert_cmpint(last()->substream, ==, 0);
	with_rid(42, 1, "m");
	g_assert_cmpint(last()->substream, ==, 1);
	with_rid(43, 1, "h");
	g_assert_cmpint(last()->substream, ==, 2);
	g_assert_true(last()->simulcast);
	with_rid(44, 1, "x");
	video(45, 1, false);
	g_assert_cmpuint(end->packets->len, ==, 3);
	video(42, 3, false);
	rtx(46, 500, 2, repaired, 2);
	g_assert_cmpint(last()->substream, ==, 1);
	g_assert_cmpuint(last()->seq, ==, 2);
	g_assert_cmpuint(last()->ssrc, ==, 42);
	tear_down();
}

/* Firefox names SSRCs beside rids, without telling which is which. */
static void test_rids_and_ssrcs(void)
{
	static const char *rid[] = { "l", "m", "h" };

	set_up(16,
		RIDS "a=ssrc:43 cname:x\r\na=ssrc:53 cname:x\r\na=ssrc:42 cname:x\r\n"
		     "a=ssrc:52 cname:x\r\na=ssrc:41 cname:x\r\na=ssrc:51 cname:x\r\n"
		     "a=ssrc-group:FID 43 53\r\na=ssrc-group:FID 42 52\r\n"
		     "a=ssrc-group:FID 41 51\r\n");
	for (uint32_t k = 0; k < 3; k++) {
		const struct limen_rtp_element repaired[] = { { 4, 1, "0" }, { 11, 1, rid[k] } };

		with_rid(41 + k, 1, rid[k]);
		video(41 + k, 3, false);
		g_assert_cmpint(last()->substream, ==, (int8_t)k);
		rtx(51 + k, 9, 2, repaired, 2);
		g_assert_cmpint(last()->substream, ==, (int8_t)k);
		g_assert_cmpuint(last()->seq, ==, 2);
	}
	g_assert_cmpuint(end->packets->len, ==, 9);
	tear_down();
}

static void test_sim_group(void)
{
	set_up(5,
		VIDEO "a=mid:0\r\na=ssrc-group:SIM 51 52 53\r\na=ssrc-group:FID 51 61\r\n"
		      "a=ssrc-group:FID 52 62\r\na=ssrc-group:FID 53 63\r\na=ssrc:51 cname:x\r\n"
		      "a=ssrc:52 cname:x\r\na=ssrc:53 cname:x\r\na=ssrc:61 cname:x\r\n"
		      "a=ssrc:62 cname:x\r\na=ssrc:63 cname:x\r\n");
	for (uint32_t k = 0; k < 3; k++) {
		video(51 + k, 1, true);
		video(51 + k, 3, false);
		rtx(61 + k, 9, 2, NULL, 0);
		g_assert_cmpint(last()->substream, ==, (int8_t)k);
		g_assert_cmpuint(last()->seq, ==, 2);
		g_assert_true(last()->simulcast);
	}
	g_assert_cmpuint(end->packets->len, ==, 9);
	tear_down();
}

#define WITH_RTX                                                                                   \
	VIDEO "a=mid:0\r\na=ssrc-group:FID 10 11\r\na=ssrc:10 cname:x\r\na=ssrc:11 cname:x\r\n"

static void test_rtx(void)
{
	set_up(6, WITH_RTX);
	rtx(11, 1, 5, NULL, 0); /* before there was any packet */
	video(10, 1, true);
	video(10, 4, false);
	rtx(11, 2, 2, NULL, 0);
	g_assert_cmpuint(end->packets->len, ==, 3);
	g_assert_cmpuint(last()->seq, ==, 2);
	g_assert_cmpuint(last()->ts, ==, 6000);
	g_assert_cmpuint(last()->ssrc, ==, 10);
	g_assert_cmpuint(last()->pt, ==, 96);
	g_assert_cmpuint(last()->payload_len, ==, CLIENT_VP8);
	g_assert_cmpuint(limen_packet_payload(last())[0], ==, 0x90);
	rtx(11, 3, 2, NULL, 0);   /* once more */
	rtx(11, 4, 1, NULL, 0);   /* of what came */
	rtx(11, 5, 400, NULL, 0); /* of what never was */
	rtx(11, 6, 40000, NULL, 0);
	client_send(c,
		&(struct client_packet){
			.pt = 97, .seq = 7, .ssrc = 11, .payload = "x", .payload_len = 1 });
	client_send(c,
		&(struct client_packet){
			.pt = 97, .seq = 8, .ssrc = 11, .payload = "", .payload_len = 0 });
	call_run(10 * CALL_MS);
	g_assert_cmpuint(end->packets->len, ==, 3);
	rtx(11, 9, 3, NULL, 0);
	g_assert_cmpuint(end->packets->len, ==, 4);
	tear_down();
}

/* Elements, padding and CSRCs that do not fit: no packet, and no harm to the next one. */
static void test_lies(void)
{
	uint8_t bytes[64];

	set_up(7, AUDIO "a=mid:0\r\na=ssrc:10 cname:x\r\n");
	for (unsigned trial = 0; trial < 2000; trial++) {
		limen_random(bytes, sizeof(bytes));
		bytes[0] = (uint8_t)(0x80 | (bytes[0] & 0x3f));
		bytes[1] = 111;
		limen_put_u16(bytes + 2, (uint16_t)trial);
		limen_put_u32(bytes + 8, 10);
		if (trial % 2) { /* a true extension with elements that lie */
			bytes[0] = 0x90;
			limen_put_u32(bytes + 12, 0xbede0004);
		}
		client_send_raw(c, bytes, sizeof(bytes) - trial % 32);
		if (trial % 50 == 0)
			call_run(6 * CALL_MS);
	}
	call_run(CALL_S / 10);
	for (guint i = 0; i < end->packets->len; i++) {
		const struct limen_packet *p = end->packets->pdata[i];

		g_assert_cmpuint(p->header_len + p->payload_len, ==, p->len);
		g_assert_cmpuint(p->len, <=, sizeof(bytes));
		g_assert_cmpuint(p->payload_len, >, 0);
	}
	g_ptr_array_set_size(end->packets, 0);
	client_send(c, &(struct client_packet){ .pt = 111, .seq = 2001, .ssrc = 10 });
	call_run(10 * CALL_MS);
	g_assert_cmpuint(end->packets->len, ==, 1);
	tear_down();
}

/* Padding is no payload; only padding is a probe, which is counted and not passed on. */
static void test_padding(void)
{
	uint8_t bytes[12 + CLIENT_VP8 + 20] = { 0xa0, 96, 0, 1 };

	set_up(8, WITH_RTX);
	limen_put_u32(bytes + 8, 10);
	client_vp8(bytes + 12, 1, true);
	bytes[sizeof(bytes) - 1] = 20;
	g_assert_true(client_send_raw(c, bytes, sizeof(bytes)));
	call_run(10 * CALL_MS);
	g_assert_cmpuint(last()->payload_len, ==, CLIENT_VP8);
	bytes[3] = 2;
	bytes[sizeof(bytes) - 1] = sizeof(bytes) - 12;
	g_assert_true(client_send_raw(c, bytes, sizeof(bytes)));
	video(10, 3, false);
	call_run(100 * CALL_MS);
	g_assert_cmpuint(end->packets->len, ==, 2);
	g_assert_cmpuint(c->nacks->len, ==, 0);
	tear_down();
}

static void test_bad_authentication(void)
{
	uint8_t bytes[200];
	uint64_t before;

	set_up(9, WITH_RTX);
	video(10, 1, true);
	before = end->peer->dropped;
	for (unsigned i = 0; i < 5000; i++) {
		limen_random(bytes, sizeof(bytes));
		bytes[0] = 0x80;
		bytes[1] = i % 3 ? 96 : 200;
		limen_put_u16(bytes + 2, (uint16_t)(i / 2));
		limen_put_u32(bytes + 8, 10);
		client_send_datagram(c, bytes, sizeof(bytes));
	}
	call_run(20 * CALL_MS);
	g_assert_cmpuint(end->peer->dropped, ==, before + 5000);
	g_assert_cmpuint(end->packets->len, ==, 1);
	video(10, 2, false);
	g_assert_cmpuint(end->packets->len, ==, 2);
	g_assert_cmpuint(c->nacks->len, ==, 0);
	tear_down();
}

static void test_replayed_and_reordered(void)
{
	bool seen[1000] = { false };

	set_up(10, WITH_RTX);
	fake_net.duplicate = 500;
	fake_net.reorder = 200;
	for (uint16_t n = 0; n < 1000; n++) {
		client_send(c,
			&(struct client_packet){
				.pt = 96, .seq = (uint16_t)(65300 + n), .ssrc = 10 });
		call_run(2 * CALL_MS);
	}
	fake_net.duplicate = fake_net.reorder = 0;
	call_run(50 * CALL_MS);
	g_assert_cmpuint(end->packets->len, ==, 1000);
	for (guint i = 0; i < 1000; i++) {
		const struct limen_packet *p = end->packets->pdata[i];
		const uint16_t n = (uint16_t)(p->seq - 65300);

		g_assert_cmpuint(n, <, 1000);
		g_assert_false(seen[n]);
		seen[n] = true;
	}
	g_assert_cmpuint(c->nacks->len, ==, 0);
	tear_down();
}

/* Datagrams of every length: up to what a packet may have, of every kind; beyond, DTLS seldom,
 * which alone looks at them. */
static void garbage(void)
{
	static const uint8_t firsts[] = { 0x00, 0x80, 0x81, 0xbf, 0xff, 0x14, 0x16, 0x17, 0x3f };
	static uint8_t bytes[65507];

	limen_random(bytes, sizeof(bytes));
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		const bool large = len > 2100;

		for (size_t i = 0; i < (large ? 1 : sizeof(firsts)); i++) {
			bytes[0] = firsts[(len + i) % (large && len % 64 ? 5 : sizeof(firsts))];
			bytes[1] = (uint8_t)(len % 2 ? 96 : 200);
			fake_net_inject(bytes, len);
		}
	}
	call_run(10 * CALL_MS);
}

static void test_garbage(void)
{
	call_start(11, &fake_ice);
	end = call_end_new();
	c = client_new(call.loop);
	garbage();
	call_join(end, c, WITH_RTX, LIMEN_RECVONLY);
	garbage();
	video(10, 1, true);
	g_assert_cmpuint(end->packets->len, ==, 1);
	g_assert_cmpuint(end->downs, ==, 0);
	tear_down();
}

/* SSRCs without end: a limited number is remembered, and who was there is served on. */
static void test_many_ssrcs(void)
{
	set_up(12, VIDEO "a=mid:0\r\na=ssrc:10 cname:x\r\n");
	for (uint32_t i = 0; i < 1000; i++)
		client_send(c, &(struct client_packet){ .pt = 96, .seq = 1, .ssrc = 1000 + i });
	call_run(20 * CALL_MS);
	g_assert_cmpuint(g_hash_table_size(end->peer->ssrcs), <=, LIMEN_PEER_SSRCS_MAX);
	g_ptr_array_set_size(end->packets, 0);
	video(10, 2, false);
	g_assert_cmpuint(end->packets->len, ==, 1);
	tear_down();
}

/* Two SSRCs that both claim a stream do not take turns: what is missing of the one is asked for,
 * the other is not passed on. */
static void test_two_ssrcs(void)
{
	set_up(19, VIDEO "a=mid:0\r\n");
	video(30, 1, true);
	for (uint16_t i = 2; i < 300; i++) {
		if (i != 250)
			video(30, i, false);
		video(31, (uint16_t)(7000 + i), false);
		g_assert_cmpuint(last()->ssrc, ==, 30);
	}
	call_run(20 * CALL_MS);
	g_assert_cmpuint(c->nacks->len, >=, 1);
	for (guint i = 0; i < c->nacks->len; i++)
		g_assert_cmpuint(g_array_index(c->nacks, uint16_t, i), ==, 250);
	g_assert_cmpuint(end->packets->len, ==, 298);
	/* the other one stays */
	call_run(CALL_S);
	video(31, 8000, true);
	g_assert_cmpuint(last()->ssrc, ==, 31);
	tear_down();
}

/* A stream that goes on under another SSRC does so from its first packet; what is late of the old
 * one is not taken for a way back. One that is described comes before one that is not. */
static void test_changed_ssrc(void)
{
	set_up(20, VIDEO "a=mid:0\r\na=ssrc:10 cname:x\r\n");
	for (uint16_t i = 0; i < 300; i++)
		video(30, i, i == 0);
	g_assert_cmpuint(last()->ssrc, ==, 30);
	video(10, 1, true);
	g_assert_cmpuint(last()->ssrc, ==, 10);
	video(30, 300, false);
	video(10, 2, false);
	video(30, 301, true);
	g_assert_cmpuint(last()->ssrc, ==, 10);
	g_assert_cmpuint(last()->seq, ==, 2);
	g_assert_cmpuint(end->packets->len, ==, 302);
	tear_down();
}

static void test_changed_again(void)
{
	set_up(21, VIDEO "a=mid:0\r\n");
	for (uint16_t i = 0; i < 300; i++)
		video(30, i, i == 0);
	video(31, 1, true);
	g_assert_cmpuint(last()->ssrc, ==, 31);
	video(30, 300, false);
	video(32, 1, false);
	g_assert_cmpuint(last()->ssrc, ==, 31);
	for (uint16_t i = 2; i < 300; i++)
		video(31, i, false);
	video(32, 2, false);
	g_assert_cmpuint(last()->ssrc, ==, 31);
	video(33, 1, false);
	g_assert_cmpuint(last()->ssrc, ==, 33);
	tear_down();
}

/* No further packet is needed for a request, nor for the next ones. */
static void test_nack_without_packets(void)
{
	set_up(13, WITH_RTX);
	video(10, 1, true);
	video(10, 4, false);
	call_run(40 * CALL_MS);
	g_assert_cmpuint(c->nacks->len, ==, 2);
	g_assert_cmpuint(g_array_index(c->nacks, uint16_t, 0), ==, 2);
	g_assert_cmpuint(g_array_index(c->nacks, uint16_t, 1), ==, 3);
	rtx(11, 1, 2, NULL, 0);
	client_forget(c);
	call_run(2 * CALL_S);
	g_assert_cmpuint(c->nacks->len, >, 1);
	g_assert_cmpuint(c->nacks->len, <=, 10);
	for (guint i = 0; i < c->nacks->len; i++)
		g_assert_cmpuint(g_array_index(c->nacks, uint16_t, i), ==, 3);
	tear_down();
}

/* Nothing before a keyframe is asked for; what is missing since its frame began is. */
static void test_keyframe_clears(void)
{
	set_up(14, WITH_RTX);
	video(10, 1, true);
	video(10, 4, false); /* 2, 3 */
	video(10, 6, true);  /* 5: of this frame or the one before */
	call_run(60 * CALL_MS);
	g_assert_cmpuint(c->nacks->len, >, 0);
	for (guint i = 0; i < c->nacks->len; i++)
		g_assert_cmpuint(g_array_index(c->nacks, uint16_t, i), ==, 5);
	client_forget(c);
	call_run(CALL_S);
	video(10, 8, false); /* 7 */
	video(10, 9, false);
	video(10, 12, false); /* 10, 11 */
	rtx(11, 1, 10, NULL, 0);
	client_forget(c);
	call_run(60 * CALL_MS);
	g_assert_cmpuint(c->nacks->len, >, 1);
	video(10, 13, true);
	call_run(10 * CALL_MS);
	client_forget(c);
	call_run(CALL_S);
	g_assert_cmpuint(c->nacks->len, ==, 0);
	tear_down();
}

/* A keyframe that comes late takes nothing away that is newer. */
static void test_late_keyframe(void)
{
	static const uint8_t key[] = { 0, 3, 0x90, 0x80, 3, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a,
		0x40, 0x01, 0xf0, 0x00 };

	set_up(15, WITH_RTX);
	video(10, 1, true);
	video(10, 5, false); /* 2, 3, 4 */
	client_send(c,
		&(struct client_packet){ .pt = 97,
			.seq = 1,
			.ts = 9000,
			.ssrc = 11,
			.payload = key,
			.payload_len = sizeof(key) });
	call_run(6 * CALL_MS);
	g_assert_true(last()->layer.keyframe);
	client_forget(c);
	call_run(60 * CALL_MS);
	g_assert_cmpuint(c->nacks->len, >, 0);
	g_assert_cmpuint(g_array_index(c->nacks, uint16_t, c->nacks->len - 1), ==, 4);
	tear_down();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/flow/peer-rx/by-description", test_by_description);
	g_test_add_func("/flow/peer-rx/by-payload-type", test_by_payload_type);
	g_test_add_func("/flow/peer-rx/by-mid", test_by_mid);
	g_test_add_func("/flow/peer-rx/by-rid", test_by_rid);
	g_test_add_func("/flow/peer-rx/rids-and-ssrcs", test_rids_and_ssrcs);
	g_test_add_func("/flow/peer-rx/sim-group", test_sim_group);
	g_test_add_func("/flow/peer-rx/rtx", test_rtx);
	g_test_add_func("/flow/peer-rx/lies", test_lies);
	g_test_add_func("/flow/peer-rx/padding", test_padding);
	g_test_add_func("/flow/peer-rx/bad-authentication", test_bad_authentication);
	g_test_add_func("/flow/peer-rx/replayed-and-reordered", test_replayed_and_reordered);
	g_test_add_func("/flow/peer-rx/garbage", test_garbage);
	g_test_add_func("/flow/peer-rx/many-ssrcs", test_many_ssrcs);
	g_test_add_func("/flow/peer-rx/two-ssrcs", test_two_ssrcs);
	g_test_add_func("/flow/peer-rx/changed-ssrc", test_changed_ssrc);
	g_test_add_func("/flow/peer-rx/changed-again", test_changed_again);
	g_test_add_func("/flow/peer-rx/nack-without-packets", test_nack_without_packets);
	g_test_add_func("/flow/peer-rx/keyframe-clears", test_keyframe_clears);
	g_test_add_func("/flow/peer-rx/late-keyframe", test_late_keyframe);
	return g_test_run();
}
