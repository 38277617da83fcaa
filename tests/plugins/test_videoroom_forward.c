/*
 * VideoRoom against a fake host: RTP forwarders, asked for in the present and in the old form,
 * until their publisher goes. What they send is read from sockets on loopback.
 */
#include "core/base/packet.h"
#include "tests/lib/fake_room.h"
#include "tests/lib/sink.h"

static struct fake_client *alice, *any;
static struct sink sink, second, third;
static bool simulcast;

/* Alice publishes these m-lines; any has not joined. */
static void begin(const char *config, const char *lines)
{
	simulcast = strchr(lines, 's') != NULL;
	sink = sink_open();
	second = sink_open();
	third = sink_open();
	fake_host_start(&limen_module, config);
	alice = room_publish(1001, "Alice", lines);
	any = fake_client_new();
}

static void end(void)
{
	if (alice)
		fake_client_free(alice);
	fake_client_free(any);
	fake_host_stop();
	sink_close(&sink);
	sink_close(&second);
	sink_close(&third);
}

#define ROOM "room-9: { description = \"Nine\"; publishers = 9; secret = \"s\"; }"
#define FORWARD                                                                                    \
	"'request':'rtp_forward','room':9,'secret':'s','publisher_id':1001,'host':'127.0.0.1'"
#define FORWARDED "'videoroom':'rtp_forward','room':9,'publisher_id':1001"

static const json_t *ask(const char *format, ...) G_GNUC_PRINTF(1, 2);
static const json_t *ask(const char *format, ...)
{
	g_autofree char *body = NULL;
	va_list args;

	va_start(args, format);
	body = g_strdup_vprintf(format, args);
	va_end(args);
	return fake_ask(any, body);
}

/* An RTP packet arrives on an m-line of Alice's. */
static void push(uint16_t mindex, int8_t substream, uint8_t pt, uint32_t ssrc)
{
	const uint8_t bytes[] = { 0x80, pt, 0, 1, 0, 0, 0, 9, (uint8_t)(ssrc >> 24),
		(uint8_t)(ssrc >> 16), (uint8_t)(ssrc >> 8), (uint8_t)ssrc, 0x10, 0, 0, 0, 0x9d,
		0x01, 0x2a, 0x40, 0, 1, 0 };
	struct limen_packet *pkt = fake_packet(mindex ? LIMEN_VIDEO : LIMEN_AUDIO,
		mindex ? LIMEN_VP8 : LIMEN_OPUS, bytes, sizeof(bytes));

	pkt->mindex = mindex;
	pkt->substream = substream;
	pkt->simulcast = simulcast;
	fake_fanout_push(alice->lines[mindex].to, pkt);
	limen_packet_unref(pkt);
}

/* The sink got one RTP packet with these numbers. */
static void expect_rtp(struct sink *s, uint8_t pt, uint32_t ssrc)
{
	uint8_t got[128];

	g_assert_cmpint(sink_read(s, got, sizeof(got)), ==, 23);
	g_assert_cmpuint(got[1] & 0x7f, ==, pt);
	g_assert_cmpuint(
		(uint32_t)got[8] << 24 | (uint32_t)got[9] << 16 | (uint32_t)got[10] << 8 | got[11],
		==, ssrc);
}

static json_int_t id_of(size_t i)
{
	return json_integer_value(json_object_get(
		json_array_get(json_object_get(any->reply, "forwarders"), i), "stream_id"));
}

static void say(const char *text)
{
	limen_module.data(&alice->handle, 2, false, "x", "", (const uint8_t *)text, strlen(text));
}

static void test_streams(void)
{
	json_int_t audio, video, data;
	json_t *info;

	begin(ROOM, "avd");
	fake_emitted = 0;
	ask("{" FORWARD
	    ",'streams':[{'mid':'0','port':%u,'pt':100,'ssrc':11},{'mid':'1','port':%u},"
	    "{'mid':'2','port':%u},{'mid':'7','port':9}]}",
		sink.port, second.port, third.port);
	g_assert_true(any->sync);
	audio = id_of(0);
	video = id_of(1);
	data = id_of(2);
	g_assert_true(audio > 0 && video > 0 && data > 0 && audio != video && video != data);
	assert_next(any,
		"{" FORWARDED ",'forwarders':["
		"{'stream_id':%lld,'host':'127.0.0.1','port':%u,'type':'audio','pt':100,'ssrc':11},"
		"{'stream_id':%lld,'host':'127.0.0.1','port':%u,'type':'video'},"
		"{'stream_id':%lld,'host':'127.0.0.1','port':%u,'type':'data'}]}",
		(long long)audio, sink.port, (long long)video, second.port, (long long)data,
		third.port);
	assert_silence();
	g_assert_cmpuint(fake_emitted, ==, 3);
	push(0, 0, 111, 5);
	push(1, 0, 96, 6);
	say("hello");
	expect_rtp(&sink, 100, 11);
	expect_rtp(&second, 96, 6);
	sink_expect(&third, "hello", 5);
	sink_expect_nothing(&sink);
	sink_expect_nothing(&second);
	sink_expect_nothing(&third);
	info = limen_module.info(&alice->handle);
	assert_has(info,
		"{'forwarders':[{'stream_id':%lld,'host':'127.0.0.1','port':%u,'packets':1,"
		"'bytes':23,'dropped':0,'remote_id':null},{'packets':1},{'bytes':5}]}",
		(long long)audio, sink.port);
	json_decref(info);
	ask("{'request':'stop_rtp_forward','room':9,'secret':'s','publisher_id':1001,"
	    "'stream_id':%lld}",
		(long long)audio);
	assert_next(any,
		"{'videoroom':'stop_rtp_forward','room':9,'publisher_id':1001,'stream_id':%lld}",
		(long long)audio);
	g_assert_cmpuint(fake_emitted, ==, 4);
	push(0, 0, 111, 5);
	push(1, 0, 96, 6);
	sink_expect_nothing(&sink);
	expect_rtp(&second, 96, 6);
	ask("{'request':'stop_rtp_forward','room':9,'secret':'s','publisher_id':1001,"
	    "'stream_id':%lld}",
		(long long)audio);
	assert_next(any, FAILURE("428", "No such stream (%lld)"), (long long)audio);
	end();
}

/* One forwarder a substream, the first with a way back for keyframe requests. */
static void test_substreams(void)
{
	static const uint8_t pli[] = { 0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 6 };
	static const uint8_t empty[12] = { 0x80 };
	struct sink rtcp;
	unsigned before;

	begin(ROOM, "as");
	rtcp = sink_open();
	assert_has(ask("{" FORWARD ",'streams':[{'mid':'1','port':%u,'rtcp_port':%u,'port_2':%u,"
		       "'pt_2':97,'port_3':%u,'ssrc_3':77}]}",
			   sink.port, rtcp.port, second.port, third.port),
		"{'forwarders':["
		"{'port':%u,'remote_rtcp_port':%u,'pt':null,'substream':null,'srtp':null},"
		"{'port':%u,'pt':97,'substream':1,'remote_rtcp_port':null,'local_rtcp_port':null},"
		"{'port':%u,'ssrc':77,'pt':null,'substream':2}]}",
		sink.port, rtcp.port, second.port, third.port);
	push(1, 0, 96, 6);
	push(1, 1, 96, 7);
	push(1, 2, 96, 8);
	expect_rtp(&sink, 96, 6);
	expect_rtp(&second, 97, 7);
	expect_rtp(&third, 96, 77);
	sink_expect_nothing(&sink);
	sink_expect(&rtcp, empty, sizeof(empty));
	sink_expect(&rtcp, empty, sizeof(empty));
	sink_expect_nothing(&rtcp);
	g_assert_cmpuint(ntohs(rtcp.from.sin_port), ==,
		json_integer_value(json_object_get(
			json_array_get(json_object_get(any->reply, "forwarders"), 0),
			"local_rtcp_port")));
	before = alice->keyframes;
	sink_reply(&rtcp, pli, sizeof(pli));
	fake_run(1000);
	g_assert_cmpuint(alice->keyframes, ==, before + 1);
	sink_close(&rtcp);
	end();
}

/* "simulcast": one stream out of all, under the number of the forwarder. */
static void test_best(void)
{
	begin(ROOM, "as");
	ask("{" FORWARD ",'streams':[{'mid':'1','port':%u,'simulcast':true,'port_2':%u}]}",
		sink.port, second.port);
	assert_next(any,
		"{" FORWARDED ",'forwarders':[{'stream_id':%lld,'host':'127.0.0.1','port':%u,"
		"'type':'video','ssrc':%lld}]}",
		(long long)id_of(0), sink.port, (long long)id_of(0));
	push(1, 0, 96, 6);
	push(1, 2, 96, 8);
	push(1, 0, 96, 6);
	expect_rtp(&sink, 96, (uint32_t)id_of(0));
	expect_rtp(&sink, 96, (uint32_t)id_of(0));
	sink_expect_nothing(&sink);
	sink_expect_nothing(&second);
	end();
}

static void test_old_form(void)
{
	const json_t *stream;
	json_int_t audio, video, high;
	unsigned before;

	begin(ROOM, "avd");
	before = alice->keyframes;
	stream = json_object_get(
		ask("{" FORWARD ",'audio_port':%u,'audio_pt':100,'video_port':%u,"
		    "'video_rtcp_port':9,'video_ssrc':12,'video_port_2':9,'data_port':%u}",
			sink.port, second.port, third.port),
		"rtp_stream");
	audio = json_integer_value(json_object_get(stream, "audio_stream_id"));
	video = json_integer_value(json_object_get(stream, "video_stream_id"));
	high = json_integer_value(json_object_get(stream, "video_stream_id_2"));
	g_assert_true(audio > 0 && video > 0 && high > 0 && audio != video && video != high);
	assert_next(any,
		"{" FORWARDED ",'rtp_stream':{'host':'127.0.0.1','audio':%u,'audio_stream_id':%lld,"
		"'video':%u,'video_stream_id':%lld,'video_rtcp':%lld,'video_2':9,"
		"'video_stream_id_2':%lld,'data':%u,'data_stream_id':%lld,"
		"'warning':'deprecated_api'}}",
		sink.port, (long long)audio, second.port, (long long)video,
		(long long)json_integer_value(json_object_get(stream, "video_rtcp")),
		(long long)high, third.port,
		(long long)json_integer_value(json_object_get(stream, "data_stream_id")));
	g_assert_cmpint(json_integer_value(json_object_get(stream, "video_rtcp")), >, 0);
	g_assert_cmpuint(alice->keyframes, >, before);
	push(0, 0, 111, 5);
	push(1, 0, 96, 6);
	say("hello");
	expect_rtp(&sink, 100, 5);
	expect_rtp(&second, 96, 12);
	sink_expect(&third, "hello", 5);
	/* what is not published is left out */
	fake_ask_offer(alice, "{'request':'configure'}", "aid");
	assert_has(ask("{" FORWARD ",'audio_port':%u}", sink.port),
		"{'rtp_stream':{'audio':%u,'video':null,'data':null}}", sink.port);
	end();
}

static void test_list(void)
{
	begin(ROOM, "av");
	ask("{'request':'listforwarders','room':9,'secret':'s'}");
	assert_next(any, "{'videoroom':'forwarders','room':9,'publishers':[]}");
	ask("{" FORWARD ",'srtp_suite':80,'srtp_crypto':"
	    "'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNk','streams':[{'mid':'0','port':%u}]}",
		sink.port);
	assert_next(any,
		"{" FORWARDED ",'forwarders':[{'stream_id':%lld,'host':'127.0.0.1','port':%u,"
		"'type':'audio','srtp':true}]}",
		(long long)id_of(0), sink.port);
	ask("{'request':'listforwarders','room':9,'secret':'s'}");
	assert_next(any,
		"{'videoroom':'forwarders','room':9,'publishers':[{'publisher_id':1001,"
		"'display':'Alice','forwarders':[{'stream_id':'*','host':'127.0.0.1','port':%u,"
		"'type':'audio','srtp':true}]}]}",
		sink.port);
	end();
}

/* What the publisher or a moderator holds back goes nowhere. */
static void test_gate(void)
{
	begin(ROOM, "avd");
	ask("{" FORWARD ",'streams':[{'mid':'0','port':%u},{'mid':'2','port':%u}]}", sink.port,
		third.port);
	ask("{'request':'moderate','room':9,'secret':'s','id':1001,'mid':'0','mute':true}");
	ask("{'request':'moderate','room':9,'secret':'s','id':1001,'mid':'2','mute':true}");
	push(0, 0, 111, 5);
	say("hello");
	sink_expect_nothing(&sink);
	sink_expect_nothing(&third);
	ask("{'request':'moderate','room':9,'secret':'s','id':1001,'mid':'0','mute':false}");
	push(0, 0, 111, 5);
	expect_rtp(&sink, 111, 5);
	fake_ask(alice, "{'request':'configure','audio':false}");
	push(0, 0, 111, 5);
	sink_expect_nothing(&sink);
	end();
}

/* A track that is taken back and given again is forwarded again. */
static void test_renegotiation(void)
{
	begin(ROOM, "av");
	ask("{" FORWARD ",'streams':[{'mid':'1','port':%u}]}", sink.port);
	fake_ask_offer(alice, "{'request':'configure'}", "ai");
	g_assert_null(alice->lines[1].to);
	fake_ask_offer(alice, "{'request':'configure'}", "av");
	push(1, 0, 96, 6);
	expect_rtp(&sink, 96, 6);
	sink_expect_nothing(&sink);
	end();
}

static unsigned forwarders(void)
{
	unsigned n = 0;
	size_t i;
	const json_t *p;

	json_array_foreach(
		json_object_get(
			ask("{'request':'listforwarders','room':9,'secret':'s'}"), "publishers"),
		i, p) n += (unsigned)json_array_size(json_object_get(p, "forwarders"));
	return n;
}

/* Forwarders end with the PeerConnection, however that ends. */
static void test_end(void)
{
	static const char *const ways[] = { "unpublish", "down", "kick", "leave", "detach",
		"destroy" };

	for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
		begin(ROOM, "av");
		ask("{" FORWARD ",'streams':[{'mid':'0','port':%u,'rtcp_port':9}]}", sink.port);
		g_assert_cmpuint(forwarders(), ==, 1);
		if (g_str_equal(ways[i], "down"))
			fake_down(alice);
		else if (g_str_equal(ways[i], "kick"))
			ask("{'request':'kick','room':9,'secret':'s','id':1001}");
		else if (g_str_equal(ways[i], "destroy"))
			ask("{'request':'destroy','room':9,'secret':'s'}");
		else if (g_str_equal(ways[i], "detach"))
			fake_client_free(g_steal_pointer(&alice));
		else
			fake_ask(alice, i == 0 ? "{'request':'unpublish'}" : "{'request':'leave'}");
		if (!g_str_equal(ways[i], "destroy"))
			g_assert_cmpuint(forwarders(), ==, 0);
		if (i < 2) {
			fake_ask_offer(alice, "{'request':'configure'}", "av");
			fake_up(alice);
			g_assert_cmpuint(forwarders(), ==, 0);
			push(0, 0, 111, 5);
			sink_expect_nothing(&sink);
		}
		end();
	}
}

#define NAMED                                                                                      \
	"{'request':'rtp_forward','room':9,'secret':'s','publisher_id':1001,'host':'localhost',"   \
	"'host_family':'ipv4','streams':[{'mid':'0','port':%u}]}"

/* Names are looked up elsewhere; the request stays one that is answered by its success. */
static void test_names(void)
{
	begin(ROOM, "av");
	assert_has(ask(NAMED, sink.port), "{'forwarders':[{'host':'127.0.0.1','port':%u}]}",
		sink.port);
	g_assert_true(any->sync);
	push(0, 0, 111, 5);
	expect_rtp(&sink, 111, 5);
	fake_forget();
	ask("{'request':'rtp_forward','room':9,'secret':'s','publisher_id':1001,'host':'127.0.0.1',"
	    "'streams':[{'mid':'0','port':9},{'mid':'1','port':9,'host':'nowhere.invalid'}]}");
	assert_next(any, FAILURE("430", "Could not resolve address (nowhere.invalid)..."));
	assert_silence();
	g_assert_cmpuint(forwarders(), ==, 1);
	end();
}

static void ask_named(struct fake_client *c)
{
	g_autofree char *body = g_strdup_printf(NAMED, sink.port);

	fake_ask_later(c, body);
}

/* While a name is looked up the one who asked, the publisher, the room, or everybody goes. */
static void test_names_too_late(void)
{
	struct fake_client *other;

	begin(ROOM, "av");
	other = fake_client_new();
	ask_named(other);
	fake_client_free(other);
	fake_wait();
	g_assert_cmpuint(forwarders(), ==, 0);
	ask_named(any);
	fake_client_free(alice);
	fake_wait();
	assert_has(any->reply, "{'error_code':428,'error':'No such feed (1001)'}");
	alice = room_publish(1001, "Another Alice", "av");
	ask_named(any);
	fake_client_free(alice);
	alice = room_publish(1001, "A third", "av");
	fake_wait();
	g_assert_cmpint(fake_error(any->reply), ==, 428);
	g_assert_cmpuint(forwarders(), ==, 0);
	ask_named(any);
	other = fake_client_new();
	fake_ask(other, "{'request':'destroy','room':9,'secret':'s'}");
	fake_client_free(other);
	fake_wait();
	g_assert_cmpint(fake_error(any->reply), ==, 426);
	end();
}

/* While a name is looked up the publisher adds an m-line that the request names, with an address of
 * its own that nobody has looked up for it yet. */
static void test_line_while_waiting(void)
{
	begin(ROOM, "a");
	fake_ask_later(any,
		"{'request':'rtp_forward','room':9,'secret':'s','publisher_id':1001,"
		"'host':'localhost','host_family':'ipv4','streams':[{'mid':'0','port':9},"
		"{'mid':'1','port':9,'host':'127.0.0.2'}]}");
	fake_ask_offer(alice, "{'request':'configure'}", "av");
	fake_wait();
	assert_has(any->reply, "{'forwarders':[{'host':'127.0.0.1'},{'host':'127.0.0.2'}]}");
	end();
}

/* The plugin stops. */
static void test_stop_while_waiting(void)
{
	begin(ROOM, "av");
	ask_named(any);
	end();
}

static void test_limit(void)
{
	begin(ROOM, "avd");
	for (unsigned i = 0; i < 21; i++)
		g_assert_cmpint(
			fake_error(ask("{" FORWARD ",'streams':[{'mid':'0','port':9},{'mid':'1',"
				       "'port':9},{'mid':'2','port':9}]}")),
			==, 0);
	g_assert_cmpuint(forwarders(), ==, 63);
	fake_forget();
	ask("{" FORWARD ",'streams':[{'mid':'0','port':9},{'mid':'1','port':9}]}");
	assert_next(any, FAILURE("499", "Too many forwarders of one publisher (at most 64)"));
	g_assert_cmpuint(forwarders(), ==, 63);
	g_assert_cmpint(fake_error(ask("{" FORWARD ",'streams':[{'mid':'0','port':9}]}")), ==, 0);
	g_assert_cmpuint(forwarders(), ==, 64);
	end();
}

/* Somebody who is there and publishes nothing has nothing to forward. */
static void test_nothing_published(void)
{
	struct fake_client *bob;

	begin(ROOM, "av");
	bob = room_join(1002, "Bob");
	ask("{'request':'rtp_forward','room':9,'secret':'s','publisher_id':1002,"
	    "'host':'127.0.0.1','streams':[{'mid':'0','port':9}]}");
	assert_next(
		any, "{'videoroom':'rtp_forward','room':9,'publisher_id':1002,'forwarders':[]}");
	fake_client_free(bob);
	end();
}

static void test_lock(void)
{
	static const char *const requests[] = {
		("'request':'rtp_forward','host':'127.0.0.1',"
		 "'streams':[{'mid':'0','port':9}]"),
		"'request':'stop_rtp_forward','stream_id':1",
		"'request':'publish_remotely','host':'127.0.0.1','port':9,'remote_id':'x'",
	};

	begin("general: { admin_key = \"k\"; lock_rtp_forward = true; } " ROOM, "av");
	for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
		const char *all = "'room':9,'secret':'s','publisher_id':1001";

		fake_forget();
		ask("{%s,%s}", requests[i], all);
		assert_next(any, FAILURE("429", "Missing mandatory element (admin_key)"));
		ask("{%s,%s,'admin_key':'x'}", requests[i], all);
		assert_next(any, FAILURE("433", "Unauthorized (wrong admin_key)"));
		g_assert_cmpint(fake_error(ask("{%s,%s,'admin_key':'k'}", requests[i], all)), ==,
			i == 1 ? 428 : 0);
	}
	end();
	/* without a key there is no lock */
	begin("general: { lock_rtp_forward = true; } " ROOM, "av");
	g_assert_cmpint(fake_error(ask("{" FORWARD ",'streams':[{'mid':'0','port':9}]}")), ==, 0);
	end();
}

#define KEY "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNk"
#define WITH(members) "{" FORWARD "," members "}"
#define ONE(members) WITH("'streams':[{'mid':'0','port':9,'host':'127.0.0.1'},{" members "}]")
#define STOP(members) "{'request':'stop_rtp_forward'" members "}"

static const struct room_refusal refusals[] = {
	{ "{'request':'rtp_forward'}", 429, "Missing mandatory element (room)" },
	{ "{'request':'rtp_forward','room':9}", 429, "Missing mandatory element (publisher_id)" },
	{ "{'request':'rtp_forward','room':9,'publisher_id':1001}", 429,
		"Missing mandatory element (host)" },
	{ "{'request':'rtp_forward','room':9,'publisher_id':1001,'host':'127.0.0.1'}", 429,
		"Missing mandatory element (secret)" },
	{ "{'request':'rtp_forward','room':9,'publisher_id':1001,'host':'127.0.0.1','secret':'S'}",
		433, "Unauthorized (wrong secret)" },
	{ "{'request':'rtp_forward','room':8,'publisher_id':1001,'host':'127.0.0.1','secret':'s'}",
		426, "No such room (8)" },
	{ "{'request':'rtp_forward','room':9,'publisher_id':1,'host':'127.0.0.1','secret':'s',"
	  "'streams':[]}",
		428, "No such feed (1)" },
	{ "{'request':'rtp_forward','room':9,'publisher_id':'1001','host':'127.0.0.1'}", 430,
		"Invalid element type (publisher_id should be a positive integer)" },
	{ "{'request':'rtp_forward','room':9,'publisher_id':1001,'host':5}", 430,
		"Invalid element type (host should be a string)" },
	{ "{" FORWARD "}", 429, "Missing mandatory element (streams)" },
	{ WITH("'streams':{}"), 430, "Invalid element type (streams should be an array)" },
	{ WITH("'streams':[5]"), 430, "Invalid element type (array entries should be objects)" },
	{ ONE("'port':9"), 429, "Missing mandatory element (mid)" },
	{ ONE("'mid':1,'port':9"), 430, "Invalid element type (mid should be a string)" },
	{ ONE("'mid':'1'"), 429, "Missing mandatory element (port)" },
	{ ONE("'mid':'1','port':'9'"), 430,
		"Invalid element type (port should be a positive integer)" },
	{ ONE("'mid':'1','port':-1"), 430,
		"Invalid element type (port should be a positive integer)" },
	{ ONE("'mid':'1','port':0"), 430, "Invalid element (port)" },
	{ ONE("'mid':'1','port':65536"), 430, "Invalid element (port)" },
	{ ONE("'mid':'7','port':65536"), 430, "Invalid element (port)" },
	{ ONE("'mid':'1','port':9,'port_2':65536"), 430, "Invalid element (port_2)" },
	{ ONE("'mid':'1','port':9,'port_3':4294967297"), 430, "Invalid element (port_3)" },
	{ ONE("'mid':'1','port':9,'rtcp_port':65536"), 430, "Invalid element (rtcp_port)" },
	{ ONE("'mid':'1','port':9,'pt':128"), 430, "Invalid element (pt)" },
	{ ONE("'mid':'1','port':9,'pt_3':128"), 430, "Invalid element (pt_3)" },
	{ ONE("'mid':'1','port':9,'ssrc':4294967296"), 430, "Invalid element (ssrc)" },
	{ ONE("'mid':'1','port':9,'ssrc_2':4294967296"), 430, "Invalid element (ssrc_2)" },
	{ ONE("'mid':'1','port':9,'simulcast':1"), 430,
		"Invalid element type (simulcast should be a boolean)" },
	{ ONE("'mid':'1','port':9,'host_family':'ipx'"), 430, "Invalid element (host_family)" },
	{ ONE("'mid':'1','port':9,'host':''"), 430, "Could not resolve address ()..." },
	{ ONE("'mid':'1','port':9,'host':'::1','host_family':'ipv4'"), 430,
		"Could not resolve address (::1)..." },
	{ WITH("'host_family':'ipx','streams':[]"), 430, "Invalid element (host_family)" },
	{ WITH("'srtp_suite':81,'srtp_crypto':'" KEY "','streams':[]"), 430, "Invalid SRTP suite" },
	{ WITH("'srtp_crypto':'" KEY "','streams':[]"), 430, "Invalid SRTP suite" },
	{ WITH("'srtp_suite':80,'streams':[]"), 429, "Missing mandatory element (srtp_crypto)" },
	{ WITH("'srtp_suite':80,'srtp_crypto':'AAAA','streams':[]"), 430, "Invalid SRTP crypto" },
	{ WITH("'audio_port':65536"), 430, "Invalid element (port)" },
	{ WITH("'audio_port':9,'audio_pt':128"), 430, "Invalid element (pt)" },
	{ WITH("'video_port':'9'"), 430,
		"Invalid element type (video_port should be a positive integer)" },
	{ STOP(""), 429, "Missing mandatory element (room)" },
	{ STOP(",'room':9"), 429, "Missing mandatory element (publisher_id)" },
	{ STOP(",'room':9,'publisher_id':1001"), 429, "Missing mandatory element (stream_id)" },
	{ STOP(",'room':9,'publisher_id':1001,'stream_id':5"), 429,
		"Missing mandatory element (secret)" },
	{ STOP(",'room':9,'publisher_id':1001,'stream_id':5,'secret':'S'"), 433,
		"Unauthorized (wrong secret)" },
	{ STOP(",'room':9,'publisher_id':5,'stream_id':5,'secret':'s'"), 428, "No such feed (5)" },
	{ STOP(",'room':9,'publisher_id':1001,'stream_id':5,'secret':'s'"), 428,
		"No such stream (5)" },
	{ STOP(",'room':9,'publisher_id':1001,'stream_id':'5','secret':'s'"), 430,
		"Invalid element type (stream_id should be a positive integer)" },
	{ "{'request':'listforwarders'}", 429, "Missing mandatory element (room)" },
	{ "{'request':'listforwarders','room':9}", 429, "Missing mandatory element (secret)" },
	{ "{'request':'listforwarders','room':9,'secret':'S'}", 433,
		"Unauthorized (wrong secret)" },
	{ "{'request':'listforwarders','room':8,'secret':'s'}", 426, "No such room (8)" },
};

static void test_refusals(void)
{
	begin(ROOM, "av");
	room_refused(any, refusals, G_N_ELEMENTS(refusals));
	g_assert_cmpuint(forwarders(), ==, 0);
	end();
}

static void test_many_hosts(void)
{
	g_autoptr(GString) streams = g_string_new("{'mid':'0','port':9}");

	begin(ROOM, "av");
	for (unsigned i = 0; i < 16; i++)
		g_string_append_printf(streams, ",{'mid':'0','port':9,'host':'127.0.1.%u'}", i);
	ask("{" FORWARD ",'streams':[%s]}", streams->str);
	assert_next(any, FAILURE("430", "Invalid element (more than 16 hosts)"));
	g_assert_cmpuint(forwarders(), ==, 0);
	end();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/videoroom/forward/streams", test_streams);
	g_test_add_func("/videoroom/forward/substreams", test_substreams);
	g_test_add_func("/videoroom/forward/best", test_best);
	g_test_add_func("/videoroom/forward/old-form", test_old_form);
	g_test_add_func("/videoroom/forward/list", test_list);
	g_test_add_func("/videoroom/forward/gate", test_gate);
	g_test_add_func("/videoroom/forward/renegotiation", test_renegotiation);
	g_test_add_func("/videoroom/forward/end", test_end);
	g_test_add_func("/videoroom/forward/names", test_names);
	g_test_add_func("/videoroom/forward/names-too-late", test_names_too_late);
	g_test_add_func("/videoroom/forward/line-while-waiting", test_line_while_waiting);
	g_test_add_func("/videoroom/forward/stop-while-waiting", test_stop_while_waiting);
	g_test_add_func("/videoroom/forward/limit", test_limit);
	g_test_add_func("/videoroom/forward/nothing-published", test_nothing_published);
	g_test_add_func("/videoroom/forward/lock", test_lock);
	g_test_add_func("/videoroom/forward/refusals", test_refusals);
	g_test_add_func("/videoroom/forward/many-hosts", test_many_hosts);
	return g_test_run();
}
