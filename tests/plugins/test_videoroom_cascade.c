/*
 * VideoRoom against a fake host: a publisher is sent to another gateway, all its m-lines on one UDP
 * port. What leaves is read from a socket on loopback.
 */
#include "core/base/packet.h"
#include "tests/lib/fake_room.h"
#include "tests/lib/sink.h"

static struct fake_client *alice, *any;
static struct sink sink, rtcp;

static void begin(const char *lines)
{
	sink = sink_open();
	rtcp = sink_open();
	room_begin("secret = \"s\";");
	alice = room_publish(1001, "Alice", lines);
	any = fake_client_new();
}

static void end(void)
{
	fake_client_free(alice);
	fake_client_free(any);
	fake_host_stop();
	sink_close(&sink);
	sink_close(&rtcp);
}

#define OF_ALICE "'room':9,'secret':'s','publisher_id':1001"
#define SUCCESS "'videoroom':'success','room':9,'id':1001"

static const json_t *publish(const char *id, const char *more)
{
	g_autofree char *body =
		g_strdup_printf("{'request':'publish_remotely'," OF_ALICE
				",'remote_id':'%s','host':'127.0.0.1','port':%u,'rtcp_port':%u%s}",
			id, sink.port, rtcp.port, more);

	return fake_ask(any, body);
}

static void push(uint16_t mindex, int8_t substream)
{
	const uint8_t bytes[] = { 0x80, 0xe0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 6, 0x10, 0, 0, 0 };
	struct limen_packet *pkt = fake_packet(mindex ? LIMEN_VIDEO : LIMEN_AUDIO,
		mindex ? LIMEN_VP8 : LIMEN_OPUS, bytes, sizeof(bytes));

	pkt->mindex = mindex;
	pkt->substream = substream;
	fake_fanout_push(alice->lines[mindex].to, pkt);
	limen_packet_unref(pkt);
}

static void expect_ssrc(uint32_t ssrc)
{
	const uint8_t bytes[] = { 0x80, 0xe0, 0, 1, 0, 0, 0, 9, 0, 0, (uint8_t)(ssrc >> 8),
		(uint8_t)ssrc, 0x10, 0, 0, 0 };

	sink_expect(&sink, bytes, sizeof(bytes));
}

static void say(bool binary, const char *text)
{
	limen_module.data(&alice->handle, 2, binary, "x", "", (const uint8_t *)text, strlen(text));
}

static void test_all_lines(void)
{
	uint8_t text[] = { 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x03, 0xfc, 'h', 'i' };
	uint8_t got[64];

	begin("asd");
	publish("b", "");
	assert_next(any, "{" SUCCESS ",'remote_id':'b'}");
	g_assert_true(any->sync);
	push(0, 0);
	push(1, 0);
	push(1, 1);
	push(1, 2);
	expect_ssrc(1000);
	expect_ssrc(1010);
	expect_ssrc(1011);
	expect_ssrc(1012);
	say(false, "hi");
	say(true, "hi");
	for (unsigned i = 0; i < 2; i++) {
		g_assert_cmpint(sink_read(&sink, got, sizeof(got)), ==, sizeof(text));
		text[1] = (uint8_t)i; /* text, binary */
		text[3] = (uint8_t)i; /* numbered */
		memcpy(text + 4, got + 4, 4);
		g_assert_cmpmem(got, sizeof(text), text, sizeof(text));
	}
	sink_expect_nothing(&sink);
	end();
}

static void test_requests(void)
{
	begin("av");
	publish("b", "");
	publish("c", ",'srtp_suite':32,'srtp_crypto':'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNk'");
	fake_forget();
	fake_ask(any, "{'request':'listremotes'," OF_ALICE "}");
	assert_next(any,
		"{" SUCCESS
		",'list':[{'remote_id':'b','host':'127.0.0.1','port':%u,'rtcp_port':%u},"
		"{'remote_id':'c','host':'127.0.0.1','port':%u,'rtcp_port':%u}]}",
		sink.port, rtcp.port, sink.port, rtcp.port);
	fake_ask(any, "{'request':'list_remotes'," OF_ALICE "}");
	assert_has(any->reply, "{'list':[{'remote_id':'b'},{'remote_id':'c'}]}");
	fake_forget();
	/* they do not show among the RTP forwarders, their publisher does */
	fake_ask(any, "{'request':'listforwarders','room':9,'secret':'s'}");
	assert_next(any,
		"{'videoroom':'forwarders','room':9,'publishers':[{'publisher_id':1001,"
		"'display':'Alice','forwarders':[]}]}");
	fake_ask(any, "{'request':'stop_rtp_forward'," OF_ALICE ",'stream_id':0}");
	assert_next(any, FAILURE("428", "No such stream (0)"));
	publish("b", "");
	assert_next(any, FAILURE("436", "Remotization already exists"));
	fake_ask(any, "{'request':'unpublish_remotely'," OF_ALICE ",'remote_id':'b'}");
	assert_next(any, "{" SUCCESS "}");
	fake_ask(any, "{'request':'unpublish_remotely'," OF_ALICE ",'remote_id':'b'}");
	assert_next(any, FAILURE("428", "No such remotization (b)"));
	fake_ask(any, "{'request':'listremotes'," OF_ALICE "}");
	assert_has(any->reply, "{'list':[{'remote_id':'c'}]}");
	/* the publisher goes, and is not sent when it comes back */
	fake_down(alice);
	fake_ask(any, "{'request':'listremotes'," OF_ALICE "}");
	assert_has(any->reply, "{'list':[]}");
	fake_ask_offer(alice, "{'request':'configure'}", "av");
	fake_up(alice);
	push(0, 0);
	sink_expect_nothing(&sink);
	end();
}

/* What the publisher adds later follows. */
static void test_added_line(void)
{
	begin("a");
	publish("b", "");
	fake_ask_offer(alice, "{'request':'configure'}", "av");
	push(1, 0);
	expect_ssrc(1010);
	fake_ask_offer(alice, "{'request':'configure'}", "ai");
	fake_ask_offer(alice, "{'request':'configure'}", "av");
	push(1, 0);
	push(0, 0);
	expect_ssrc(1010);
	expect_ssrc(1000);
	sink_expect_nothing(&sink);
	end();
}

/* The other gateway asks for a keyframe of an m-line, by the SSRC that it gets. */
static void test_keyframes(void)
{
	static const uint8_t audio[] = { 0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0x03, 0xe8 };
	static const uint8_t video[] = { 0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0x03, 0xf2 };
	static const uint8_t empty[12] = { 0x80 };
	unsigned before;

	begin("av");
	publish("b", "");
	before = alice->keyframes;
	g_assert_cmpuint(before, >, 0); /* its receivers have no picture yet */
	sink_expect(&rtcp, empty, sizeof(empty));
	sink_expect(&rtcp, empty, sizeof(empty));
	sink_reply(&rtcp, audio, sizeof(audio));
	fake_run(1000);
	g_assert_cmpuint(alice->keyframes, ==, before);
	sink_reply(&rtcp, video, sizeof(video));
	fake_run(1000);
	g_assert_cmpuint(alice->keyframes, ==, before + 1);
	end();
}

#define PUBLISH(members) "{'request':'publish_remotely'" members "}"
#define TO(members) PUBLISH("," OF_ALICE ",'remote_id':'b','host':'127.0.0.1'" members)
#define STOP(members) "{'request':'unpublish_remotely'" members "}"
#define LIST(members) "{'request':'listremotes'" members "}"

static const struct room_refusal refusals[] = {
	{ PUBLISH(""), 429, "Missing mandatory element (room)" },
	{ PUBLISH(",'room':9"), 429, "Missing mandatory element (publisher_id)" },
	{ PUBLISH(",'room':9,'publisher_id':1001"), 429, "Missing mandatory element (remote_id)" },
	{ PUBLISH(",'room':9,'publisher_id':1001,'remote_id':1"), 430,
		"Invalid element type (remote_id should be a string)" },
	{ PUBLISH(",'room':9,'publisher_id':1001,'remote_id':'b'"), 429,
		"Missing mandatory element (host)" },
	{ PUBLISH(",'room':9,'publisher_id':1001,'remote_id':'b','host':'127.0.0.1'"), 429,
		"Missing mandatory element (port)" },
	{ PUBLISH(",'room':9,'publisher_id':1001,'remote_id':'b','host':'127.0.0.1','port':9"), 429,
		"Missing mandatory element (secret)" },
	{ PUBLISH(",'room':9,'secret':'s','publisher_id':5,'remote_id':'b','host':'127.0.0.1',"
		  "'port':9"),
		428, "No such feed (5)" },
	{ TO(",'port':0"), 430, "Invalid element (port)" },
	{ TO(",'port':65536"), 430, "Invalid element (port)" },
	{ TO(",'port':9,'rtcp_port':65536"), 430, "Invalid element (rtcp_port)" },
	{ TO(",'port':9,'host_family':'x'"), 430, "Invalid element (host_family)" },
	{ TO(",'port':9,'srtp_suite':1,'srtp_crypto':'x'"), 430, "Invalid SRTP suite" },
	{ TO(",'port':9,'srtp_suite':80,'srtp_crypto':'x'"), 430, "Invalid SRTP crypto" },
	{ PUBLISH("," OF_ALICE ",'remote_id':'b','host':'nowhere.invalid','port':9"), 430,
		"Could not resolve address (nowhere.invalid)..." },
	{ STOP(""), 429, "Missing mandatory element (room)" },
	{ STOP(",'room':9,'publisher_id':1001"), 429, "Missing mandatory element (remote_id)" },
	{ STOP(",'room':9,'publisher_id':1001,'remote_id':'b','secret':'S'"), 433,
		"Unauthorized (wrong secret)" },
	{ STOP("," OF_ALICE ",'remote_id':'b'"), 428, "No such remotization (b)" },
	{ LIST(""), 429, "Missing mandatory element (room)" },
	{ LIST(",'room':9"), 429, "Missing mandatory element (publisher_id)" },
	{ LIST(",'room':9,'publisher_id':1001"), 429, "Missing mandatory element (secret)" },
	{ LIST(",'room':9,'publisher_id':5,'secret':'s'"), 428, "No such feed (5)" },
	{ LIST(",'room':8,'publisher_id':5,'secret':'s'"), 426, "No such room (8)" },
};

static void test_refusals(void)
{
	begin("av");
	room_refused(any, refusals, G_N_ELEMENTS(refusals));
	fake_ask(any, LIST("," OF_ALICE));
	assert_has(any->reply, "{'list':[]}");
	end();
}

static void test_limit(void)
{
	begin("av");
	for (unsigned i = 0; i < 64; i++) {
		g_autofree char *id = g_strdup_printf("%u", i);

		assert_has(publish(id, ""), "{'videoroom':'success'}");
	}
	fake_forget();
	publish("more", "");
	assert_next(any, FAILURE("499", "Too many forwarders of one publisher (at most 64)"));
	end();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/videoroom/cascade/all-lines", test_all_lines);
	g_test_add_func("/videoroom/cascade/requests", test_requests);
	g_test_add_func("/videoroom/cascade/added-line", test_added_line);
	g_test_add_func("/videoroom/cascade/keyframes", test_keyframes);
	g_test_add_func("/videoroom/cascade/refusals", test_refusals);
	g_test_add_func("/videoroom/cascade/limit", test_limit);
	return g_test_run();
}
