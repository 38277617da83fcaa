/*
 * VideoRoom against a fake host: remote publishers, whose media the test sends over loopback as
 * another gateway would.
 */
#include "tests/lib/fake_room.h"
#include "tests/lib/sink.h"

#define HEADER 12u
#define PATIENCE_MS 2000 /* for a datagram to arrive */
#define SECOND 1000000

static struct fake_client *alice, *sub;
static int source = -1; /* the other gateway's socket */
static uint16_t port, rtcp_port;

#define STREAM_AUDIO                                                                               \
	"{'type':'audio','mindex':0,'mid':'0','codec':'opus','fec':true,'audiolevel_ext_id':1}"
#define STREAM_VIDEO                                                                               \
	"{'type':'video','mindex':1,'mid':'1','codec':'vp8','simulcast':true,"                     \
	"'videoorient_ext_id':13,'playoutdelay_ext_id':5}"
#define STREAM_DATA "{'type':'data','mindex':2,'mid':'2'}"
#define ADD(members) "{'request':'add_remote_publisher','room':9,'id':777," members "}"
#define ADD_BOB                                                                                    \
	ADD("'display':'Bob','metadata':{'from':'B'},'streams':[" STREAM_AUDIO "," STREAM_VIDEO "]")
#define UPDATE(members) "{'request':'update_remote_publisher','room':9,'id':777," members "}"
#define REMOVE "{'request':'remove_remote_publisher','room':9,'id':777}"
#define REMOTE_VIDEO(mid)                                                                          \
	"{'type':'video','mindex':" mid ",'mid':'" mid "','codec':'vp8','simulcast':true}"
#define BOB(streams)                                                                               \
	"{'id':777,'display':'Bob','metadata':{'from':'B'},'audio_codec':'opus',"                  \
	"'video_codec':'vp8','streams':[" streams "]}"
#define TWO AUDIO("0") "," REMOTE_VIDEO("1")
#define SUCCESS "{'videoroom':'success'}"

/* Room 9 of these settings, and Alice in it. */
static void begin(const char *settings)
{
	const struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	room_begin(settings);
	alice = room_join(1001, "Alice");
	source = socket(AF_INET, SOCK_DGRAM, 0);
	g_assert_cmpint(bind(source, (const struct sockaddr *)&a, sizeof(a)), ==, 0);
}

static void end(void)
{
	fake_client_free(alice);
	close(source);
	fake_host_stop();
	g_assert_cmpuint(fake_warnings, ==, 0);
}

static uint16_t number(const json_t *reply, const char *name)
{
	return (uint16_t)json_integer_value(json_object_get(reply, name));
}

/* The same with a remote publisher. */
static void begin_with(const char *settings, const char *add)
{
	begin(settings);
	assert_has(fake_ask(alice, add), SUCCESS);
	port = number(alice->reply, "port");
	rtcp_port = number(alice->reply, "rtcp_port");
	fake_forget();
}

static void send_to(uint16_t to_port, const void *bytes, size_t len)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(to_port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	g_assert_cmpint(sendto(source, bytes, len, 0, (const struct sockaddr *)&to, sizeof(to)), ==,
		(ssize_t)len);
}

/* A packet with an audio level of the loudest under extension id 1. */
static void send_rtp(uint32_t ssrc, uint16_t seq)
{
	const uint8_t b[] = { 0x90, 96, (uint8_t)(seq >> 8), (uint8_t)seq, 0, 0, 1, 0,
		(uint8_t)(ssrc >> 24), (uint8_t)(ssrc >> 16), (uint8_t)(ssrc >> 8), (uint8_t)ssrc,
		0xbe, 0xde, 0, 1, 0x10, 0x80, 0, 0, 'p', 'a', 'y', 'l', 'o', 'a', 'd' };

	send_to(port, b, sizeof(b));
}

static void send_text(uint32_t ssrc, const char *text)
{
	uint8_t b[64] = { 0x80, 0, 0, 1, 0, 0, 0, 0, (uint8_t)(ssrc >> 24), (uint8_t)(ssrc >> 16),
		(uint8_t)(ssrc >> 8), (uint8_t)ssrc };

	memcpy(b + HEADER, text, strlen(text));
	send_to(port, b, HEADER + strlen(text));
}

/* What the fan-out of the subscriber's m-line has carried, when n packets should have come. */
static const struct limen_packet *arrived(uint16_t mindex, guint n)
{
	const GPtrArray *packets = fake_fanout_packets(sub->lines[mindex].from);

	for (int i = 0; i < PATIENCE_MS && packets->len < n; i++) {
		g_usleep(1000);
		fake_run(0);
	}
	g_assert_cmpuint(packets->len, ==, n);
	return n ? g_ptr_array_index(packets, n - 1) : NULL;
}

static void open_way(void)
{
	static const uint8_t empty[HEADER] = { 0x80 };

	send_to(rtcp_port, empty, sizeof(empty));
	for (int i = 0; i < 50; i++) {
		g_usleep(1000);
		fake_run(0);
	}
}

/* How many PLIs for this m-line have come. */
static unsigned plis(uint32_t ssrc)
{
	const uint8_t media[4] = { (uint8_t)(ssrc >> 24), (uint8_t)(ssrc >> 16),
		(uint8_t)(ssrc >> 8), (uint8_t)ssrc };
	uint8_t b[64];
	unsigned n = 0;

	fake_run(0);
	while (recv(source, b, sizeof(b), MSG_DONTWAIT) == 12) {
		g_assert_cmpmem(b, 4, "\x81\xce\x00\x02", 4);
		g_assert_cmpmem(b + 8, 4, media, 4);
		n++;
	}
	return n;
}

static void test_add(void)
{
	struct fake_client *carol;

	begin("notify_joining = true");
	carol = room_join(1003, "Carol");
	fake_forget();
	fake_ask(alice, ADD_BOB);
	g_assert_true(alice->sync);
	assert_next(alice, EVENT("'publishers':[" BOB(TWO) "]"));
	assert_next(carol, EVENT("'publishers':[" BOB(TWO) "]"));
	assert_next(alice, "{'videoroom':'success','room':9,'id':777,'port':'*','rtcp_port':'*'}");
	assert_silence();
	g_assert_cmpuint(number(alice->reply, "port"), >=, 10000);
	fake_ask(alice, "{'request':'listparticipants','room':9}");
	assert_next(alice,
		"{'videoroom':'participants','room':9,'participants':["
		"{'id':1001,'display':'Alice','publisher':false},"
		"{'id':1003,'display':'Carol','publisher':false},"
		"{'id':777,'display':'Bob','metadata':{'from':'B'},'remote':true,"
		"'publisher':true,'talking':false}]}");
	assert_has(fake_ask(alice, "{'request':'list'}"), "{'list':[{'num_participants':3}]}");
	fake_client_free(carol);
	/* whoever comes later sees it, not as an attendee */
	carol = fake_client_new();
	assert_has(fake_ask(carol, "{'request':'join','room':9,'ptype':'publisher'}"),
		"{'publishers':[{'id':777,'dummy':null,'remote':null,'streams':[{'mid':'0',"
		"'audiolevel_ext_id':null},{'mid':'1','simulcast':true}]}],'attendees':[{'id':"
		"1001}]}");
	fake_client_free(carol);
	end();
}

/* An id is chosen; ports and the interface are as asked for. */
static void test_add_as_asked(void)
{
	uint16_t taken;
	g_autofree char *again = NULL;

	begin("");
	assert_has(fake_ask(alice,
			   "{'request':'add_remote_publisher','room':9,'iface':'lo','streams':"
			   "[" STREAM_AUDIO "]}"),
		"{'id':'*','ip':'127.0.0.1','port':'*','rtcp_port':'*'}");
	taken = number(alice->reply, "port");
	again = g_strdup_printf(
		ADD("'iface':'lo','port':%u,'rtcp_port':0,'streams':[" STREAM_AUDIO "]"), taken);
	g_assert_cmpint(fake_error(fake_ask(alice, again)), ==, 499);
	g_free(again);
	again = g_strdup_printf(
		ADD("'iface':'lo','rtcp_port':%u,'streams':[" STREAM_AUDIO "]"), taken);
	g_assert_cmpint(fake_error(fake_ask(alice, again)), ==, 499);
	assert_has(fake_ask(alice, "{'request':'listparticipants','room':9}"),
		"{'participants':[{'id':1001},{'remote':true}]}");
	assert_has(fake_ask(alice,
			   ADD("'srtp_suite':80,'srtp_crypto':"
			       "'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd',"
			       "'streams':[" STREAM_AUDIO "]")),
		"{'id':777,'ip':null}");
	end();
}

#define ONE "'streams':[" STREAM_AUDIO "]"
#define WITH(stream) ADD("'streams':[" stream "]")
static const struct room_refusal refusals[] = {
	{ ADD("'x':1"), 429, "Missing mandatory element (streams)" },
	{ ADD("'streams':5"), 430, "Invalid element type (streams should be an array)" },
	{ ADD("'streams':[]"), 430, "Empty streams list" },
	{ WITH("5"), 430, "Invalid element type (array entries should be objects)" },
	{ WITH("{'mindex':0,'mid':'0'}"), 429, "Missing mandatory element (type)" },
	{ WITH("{'type':'audio','mid':'0'}"), 429, "Missing mandatory element (mindex)" },
	{ WITH("{'type':'audio','mindex':0}"), 429, "Missing mandatory element (mid)" },
	{ WITH("{'type':'image','mindex':0,'mid':'0'}"), 430,
		"Invalid element (type should be audio, video or data)" },
	{ WITH("{'type':'audio','mindex':-1,'mid':'0'}"), 430,
		"Invalid element type (mindex should be a positive integer)" },
	{ WITH("{'type':'audio','mindex':256,'mid':'0'}"), 430,
		"Invalid element (mindex should be less than 256)" },
	{ WITH("{'type':'audio','mindex':0,'mid':'0','codec':5}"), 430,
		"Invalid element type (codec should be a string)" },
	{ WITH("{'type':'audio','mindex':0,'mid':'0','disabled':1}"), 430,
		"Invalid element type (disabled should be a boolean)" },
	{ WITH("{'type':'audio','mindex':0,'mid':'0','audiolevel_ext_id':256}"), 430,
		"Invalid element (audiolevel_ext_id should be at most 255)" },
	{ WITH(STREAM_AUDIO "," STREAM_AUDIO), 430, "Invalid element (mindex 0 is there twice)" },
	{ ADD(ONE ",'port':65536"), 430, "Invalid element (port should be at most 65535)" },
	{ ADD(ONE ",'rtcp_port':65536"), 430,
		"Invalid element (rtcp_port should be at most 65535)" },
	{ ADD(ONE ",'port':40000,'rtcp_port':40000"), 430,
		"Invalid element (port and rtcp_port should differ)" },
	{ ADD(ONE ",'port':'x'"), 430, "Invalid element type (port should be a positive integer)" },
	{ ADD(ONE ",'iface':'nosuch0'"), 430, "Invalid element (mcast or iface)" },
	{ ADD(ONE ",'mcast':'nosuch'"), 430, "Invalid element (mcast or iface)" },
	{ ADD(ONE ",'srtp_suite':81,'srtp_crypto':'x'"), 430, "Invalid SRTP suite" },
	{ ADD(ONE ",'srtp_suite':80,'srtp_crypto':'x'"), 430, "Invalid SRTP crypto" },
	{ ADD(ONE ",'srtp_suite':80"), 429, "Missing mandatory element (srtp_crypto)" },
	{ ADD(ONE ",'srtp_crypto':'x'"), 429, "Missing mandatory element (srtp_suite)" },
	{ ADD(ONE ",'display':5"), 430, "Invalid element type (display should be a string)" },
	{ ADD(ONE ",'metadata':5"), 430, "Invalid element type (metadata should be an object)" },
	{ "{'request':'add_remote_publisher','room':9,'id':1001," ONE "}", 436,
		"User ID 1001 already exists" },
	{ "{'request':'add_remote_publisher','room':8," ONE "}", 426, "No such room (8)" },
	{ "{'request':'add_remote_publisher'," ONE "}", 429, "Missing mandatory element (room)" },
	{ UPDATE("'x':1"), 429, "Missing mandatory element (streams)" },
	{ UPDATE("'streams':[]"), 428, "No such remote publisher (777)" },
	{ REMOVE, 428, "No such remote publisher (777)" },
	{ "{'request':'remove_remote_publisher','room':9}", 429, "Missing mandatory element (id)" },
	{ "{'request':'remove_remote_publisher','room':9,'id':1001}", 428,
		"No such remote publisher (1001)" },
	{ "{'request':'update_remote_publisher','room':9,'id':1001,'streams':[]}", 428,
		"No such remote publisher (1001)" },
};

static void test_refused(void)
{
	begin("");
	room_refused(alice, refusals, G_N_ELEMENTS(refusals));
	assert_has(fake_ask(alice, "{'request':'listparticipants','room':9}"),
		"{'participants':[{'id':1001}]}");
	end();
}

static void test_secret(void)
{
	static const struct room_refusal cases[] = {
		{ ADD(ONE), 429, "Missing mandatory element (secret)" },
		{ ADD(ONE ",'secret':'x'"), 433, "Unauthorized (wrong secret)" },
		{ UPDATE("'streams':[]"), 429, "Missing mandatory element (secret)" },
		{ UPDATE("'streams':[],'secret':'x'"), 433, "Unauthorized (wrong secret)" },
		{ REMOVE, 429, "Missing mandatory element (secret)" },
		{ "{'request':'remove_remote_publisher','room':9,'id':777,'secret':'x'}", 433,
			"Unauthorized (wrong secret)" },
	};

	begin("secret = \"s\"");
	room_refused(alice, cases, G_N_ELEMENTS(cases));
	assert_has(fake_ask(alice, ADD(ONE ",'secret':'s'")), SUCCESS);
	end();
}

/* A remote one takes a publisher's place. */
static void test_limits(void)
{
	begin_with("", ADD_BOB);
	fake_ask(alice, "{'request':'edit','room':9,'new_publishers':1}");
	g_assert_cmpint(fake_error(fake_ask_offer(alice, "{'request':'publish'}", "a")), ==, 432);
	fake_ask(alice, "{'request':'add_remote_publisher','room':9," ONE "}");
	g_assert_cmpint(fake_error(alice->reply), ==, 432);
	assert_has(fake_ask(alice, REMOVE), SUCCESS);
	assert_has(fake_ask_offer(alice, "{'request':'publish'}", "a"), "{'configured':'ok'}");
	end();
}

/* Codecs that the room does not have are disabled; so is what the source has disabled. */
static void test_disabled(void)
{
	begin("videoorient_ext = false");
	fake_ask(alice,
		ADD("'streams':[{'type':'audio','mindex':0,'mid':'a','codec':'pcmu'},"
		    "{'type':'video','mindex':4,'mid':'v','codec':'vp8','svc':true},"
		    "{'type':'video','mindex':5,'mid':'w','disabled':true},"
		    "{'type':'video','mindex':6,'mid':'x','codec':'opus'},"
		    "{'type':'video','mindex':7,'mid':'y'}]"));
	assert_next(alice,
		EVENT("'publishers':[{'id':777,'video_codec':'vp8','streams':["
		      "{'type':'audio','mindex':0,'mid':'0','disabled':true},"
		      "{'type':'video','mindex':1,'mid':'1','codec':'vp8','svc':true}," DISABLED(
			      "2") "," DISABLED("3") "," DISABLED("4") "]}]"));
	g_assert_cmpuint(fake_host_fanouts(), ==, 1);
	end();
}

static void test_media(void)
{
	const struct limen_packet *pkt;

	begin_with("", ADD_BOB);
	sub = room_subscribe("[{'feed':777}]");
	send_rtp(1000, 500);
	pkt = arrived(0, 1);
	g_assert_cmpuint(pkt->seq, ==, 500);
	g_assert_cmpint(pkt->codec, ==, LIMEN_OPUS);
	send_rtp(1012, 7);
	pkt = arrived(1, 1);
	g_assert_cmpint(pkt->substream, ==, 2);
	assert_has(
		fake_ask(alice, "{'request':'moderate','room':9,'id':777,'mid':'0','mute':true}"),
		SUCCESS);
	assert_next(alice, EVENT("'id':777,'mid':'0','moderation':'muted'"));
	fake_forget();
	send_rtp(1000, 501);
	send_rtp(1012, 8);
	arrived(1, 2);
	arrived(0, 1);
	assert_has(
		fake_ask(alice, "{'request':'moderate','room':9,'id':777,'mid':'0','mute':false}"),
		SUCCESS);
	send_rtp(1000, 502);
	arrived(0, 2);
	fake_client_free(sub);
	end();
}

static void test_data(void)
{
	g_autofree char *text = NULL;

	begin_with("", ADD("'streams':[" STREAM_AUDIO "," STREAM_DATA "]"));
	sub = room_subscribe("[{'feed':777}]");
	send_text(1020, "hello");
	for (int i = 0; i < PATIENCE_MS && sub->messages.length < 1; i++) {
		g_usleep(1000);
		fake_run(0);
	}
	text = g_queue_pop_head(&sub->messages);
	g_assert_cmpstr(text, ==, "text|777|hello");
	assert_has(
		fake_ask(alice, "{'request':'moderate','room':9,'id':777,'mid':'1','mute':true}"),
		SUCCESS);
	send_text(1020, "not heard");
	send_rtp(1000, 1); /* behind it */
	arrived(0, 1);
	g_assert_cmpuint(sub->messages.length, ==, 0);
	fake_client_free(sub);
	end();
}

/* Whoever needs a keyframe has the source asked, as soon as it is known. */
static void test_keyframes(void)
{
	begin_with("", ADD_BOB);
	sub = room_subscribe("[{'feed':777}]");
	g_assert_cmpuint(plis(1010), ==, 0);
	open_way();
	g_assert_cmpuint(plis(1010), ==, 1);
	fake_run(10 * SECOND);
	plis(1010);
	fake_ask(sub, "{'request':'configure','mid':'1','substream':0}");
	g_assert_cmpuint(plis(1010), ==, 1);
	fake_client_free(sub);
	end();
}

/* fir_freq: nothing comes but packets without a keyframe. */
static void test_fir_freq(void)
{
	begin_with("fir_freq = 5", ADD_BOB);
	open_way();
	sub = room_subscribe("[{'feed':777,'mid':'1'}]");
	fake_run(2 * SECOND);
	plis(1010);
	send_rtp(1010, 1);
	arrived(0, 1);
	g_assert_cmpuint(plis(1010), ==, 0);
	fake_run(5 * SECOND);
	send_rtp(1010, 2);
	arrived(0, 2);
	g_assert_cmpuint(plis(1010), ==, 1);
	fake_client_free(sub);
	end();
}

static void test_talking(void)
{
	begin_with("audiolevel_event = true; audio_active_packets = 3", ADD_BOB);
	sub = room_subscribe("[{'feed':777,'mid':'0'}]");
	for (uint16_t i = 1; i <= 3; i++)
		send_rtp(1000, i);
	arrived(0, 3);
	assert_next(alice,
		"{'videoroom':'talking','room':9,'id':777,'mindex':0,'mid':'0',"
		"'audio-level-dBov-avg':0.0}");
	assert_silence();
	assert_has(fake_ask(alice, "{'request':'listparticipants','room':9}"),
		"{'participants':[{'id':1001},{'id':777,'talking':true}]}");
	fake_client_free(sub);
	end();
}

static void test_dominant_speaker(void)
{
	begin_with("dominant_speaker = true;", ADD_BOB);
	sub = room_subscribe("[{'feed':777,'mid':'0'}]");
	for (uint16_t i = 1; i <= 60; i++) {
		fake_now_us += 20000;
		send_rtp(1000, i);
		arrived(0, i);
	}
	assert_next(alice, EVENT("'dominant_speaker':777,'mid':'0'"));
	assert_silence();
	fake_client_free(sub);
	end();
}

#define UPDATED_WITHOUT_BOB                                                                        \
	"{'videoroom':'updated','room':9,'streams':[" EMPTY("audio", "0") "," EMPTY(               \
		"video", "1") "],'jsep':'offer'}"

static void test_remove(void)
{
	begin_with("", ADD_BOB);
	sub = room_subscribe("[{'feed':777}]");
	fake_ask(alice, REMOVE);
	assert_next(alice, EVENT("'leaving':777,'display':'Bob','metadata':{'from':'B'}"));
	assert_next(alice, SUCCESS);
	assert_next(sub, UPDATED_WITHOUT_BOB);
	assert_silence();
	g_assert_cmpuint(fake_host_fanouts(), ==, 0);
	g_assert_cmpint(fake_error(fake_ask(alice, REMOVE)), ==, 428);
	/* its id and, with time, its ports are free again */
	assert_has(fake_ask(alice, ADD_BOB), SUCCESS);
	fake_client_free(sub);
	end();
}

static void test_kick(void)
{
	begin_with("", ADD_BOB);
	sub = room_subscribe("[{'feed':777}]");
	fake_ask(alice, "{'request':'kick','room':9,'id':777}");
	assert_next(alice, EVENT("'kicked':777,'display':'Bob','metadata':{'from':'B'}"));
	assert_next(alice, SUCCESS);
	assert_next(sub, UPDATED_WITHOUT_BOB);
	assert_silence();
	g_assert_cmpint(fake_error(fake_ask(alice, REMOVE)), ==, 428);
	/* nobody will come back with that id to be told */
	g_assert_cmpint(
		fake_error(fake_ask(alice, "{'request':'kick','room':9,'id':777}")), ==, 428);
	fake_client_free(sub);
	end();
}

static void test_destroy(void)
{
	begin_with("", ADD_BOB);
	sub = room_subscribe("[{'feed':777}]");
	fake_ask(alice, "{'request':'destroy','room':9}");
	assert_next(alice, "{'videoroom':'destroyed','room':9}");
	assert_next(alice, "{'videoroom':'destroyed','room':9,'permanent':false}");
	assert_silence();
	send_rtp(1000, 1);
	fake_run(0);
	fake_client_free(sub);
	end();
}

/* The source has one more stream; its packets come, and may be subscribed to. */
static void test_update_adds(void)
{
	begin_with("", ADD_BOB);
	sub = room_subscribe("[{'feed':777}]");
	fake_ask(alice,
		UPDATE("'streams':[{'type':'video','mindex':2,'mid':'x','codec':'vp8',"
		       "'description':'Slides'}]"));
	assert_next(alice,
		EVENT("'publishers':[" BOB(TWO ",{'type':'video','mindex':2,'mid':'2','codec':"
					       "'vp8','description':'Slides'}") "]"));
	assert_next(alice, SUCCESS);
	assert_silence();
	assert_has(fake_ask(sub, "{'request':'subscribe','streams':[{'feed':777,'mid':'2'}]}"),
		"{'videoroom':'updated','streams':[{},{},{'active':true,'feed_mid':'2',"
		"'feed_description':'Slides'}]}");
	send_rtp(1020, 1);
	arrived(2, 1);
	fake_client_free(sub);
	end();
}

/* A stream goes and comes again, with another codec of the room. */
static void test_update_disables(void)
{
	begin_with("videocodec = \"vp8,vp9\"", ADD_BOB);
	sub = room_subscribe("[{'feed':777}]");
	fake_ask(
		alice, UPDATE("'streams':[{'type':'video','mindex':1,'mid':'1','disabled':true}]"));
	assert_next(alice,
		EVENT("'publishers':[{'id':777,'display':'Bob','metadata':{'from':'B'},"
		      "'audio_codec':'opus','streams':[" AUDIO("0") "," DISABLED("1") "]}]"));
	assert_next(alice, SUCCESS);
	assert_has(fake_event(sub),
		"{'videoroom':'updated','streams':[{'active':true},{'active':false}]}");
	fake_start(sub);
	fake_forget();
	send_rtp(1010, 1);
	send_rtp(1000, 1);
	arrived(0, 1);
	g_assert_cmpuint(fake_host_fanouts(), ==, 1);
	fake_ask(alice,
		UPDATE("'streams':[{'type':'video','mindex':1,'mid':'1','codec':'vp9',"
		       "'vp9_profile':'0'}]"));
	assert_next(alice,
		EVENT("'publishers':[{'id':777,'display':'Bob','metadata':{'from':'B'},"
		      "'audio_codec':'opus','video_codec':'vp9','streams':[" AUDIO(
			      "0") ",{'type':'video','mindex':1,'mid':'1','codec':'vp9',"
				   "'vp9_profile':'0'}]}]"));
	assert_next(alice, SUCCESS);
	assert_silence();
	assert_has(fake_ask(sub, "{'request':'subscribe','streams':[{'feed':777,'mid':'1'}]}"),
		"{'streams':[{},{'active':false},{'active':true,'codec':'vp9'}]}");
	send_rtp(1010, 2);
	arrived(2, 1);
	fake_client_free(sub);
	end();
}

/* Streams keep the m-line that they have at the source, in whatever order they were listed. */
static void test_update_by_index(void)
{
	begin_with("",
		ADD("'streams':[{'type':'video','mindex':3,'mid':'v','codec':'vp8'},"
		    "{'type':'audio','mindex':1,'mid':'a','codec':'opus'}]"));
	g_assert_cmpint(
		fake_error(fake_ask(alice, UPDATE("'streams':[" STREAM_DATA "]"))), ==, 430);
	fake_ask(alice,
		UPDATE("'streams':[{'type':'data','mindex':4,'mid':'d'},{'type':'audio',"
		       "'mindex':1,'mid':'a','description':'Voice'}]"));
	assert_has(alice->reply, SUCCESS);
	fake_forget();
	fake_ask(alice, UPDATE("'streams':[]"));
	assert_next(alice,
		EVENT("'publishers':[{'id':777,'audio_codec':'opus','video_codec':'vp8','streams':"
		      "[" VIDEO("0") ",{'type':'audio','mindex':1,'mid':'1','description':'Voice',"
				     "'codec':'opus'}," DATA("2") "]}]"));
	sub = room_subscribe("[{'feed':777}]");
	send_rtp(1030, 1);
	arrived(0, 1);
	send_rtp(1010, 1);
	arrived(1, 1);
	fake_client_free(sub);
	end();
}

/* Of a stream that goes on, nothing but the description changes. */
static void test_update_describes(void)
{
	begin_with("", ADD_BOB);
	fake_ask(alice,
		UPDATE("'display':'Bobby','streams':[{'type':'audio','mindex':0,'mid':'0','codec':"
		       "'pcmu','description':'Microphone','fec':false}]"));
	assert_next(
		alice, "{'videoroom':'event','id':777,'display':'Bobby','metadata':{'from':'B'}}");
	assert_next(alice,
		EVENT("'publishers':[{'id':777,'display':'Bobby','metadata':{'from':'B'},"
		      "'audio_codec':'opus','video_codec':'vp8','streams':[{'type':'audio',"
		      "'mindex':0,'mid':'0','description':'Microphone','codec':'opus','fec':true}"
		      "," REMOTE_VIDEO("1") "]}]"));
	assert_next(alice, SUCCESS);
	assert_silence();
	end();
}

/* Nothing of a refused update is done, not even what was right. */
static void test_update_refused(void)
{
	static const struct room_refusal cases[] = {
		{ UPDATE("'streams':[" STREAM_DATA
			 ",{'type':'video','mindex':4,'mid':'4','codec':'vp8'}]"),
			430, "Invalid element (mindex of a new stream should be 3)" },
		{ UPDATE("'streams':[" STREAM_DATA "," STREAM_DATA "]"), 430,
			"Invalid element (mindex of a new stream should be 3)" },
		{ UPDATE("'streams':[" STREAM_VIDEO "," STREAM_VIDEO "]"), 430,
			"Invalid element (mindex 1 is there twice)" },
		{ UPDATE("'display':'X','streams':[{'type':'video','mindex':0,'mid':'0'}]"), 430,
			"Invalid element (the type of a stream can't change)" },
		{ UPDATE("'streams':[{'type':'audio','mindex':0,'mid':'0','description':'x'},"
			 "{'type':'audio'}]"),
			429, "Missing mandatory element (mindex)" },
		{ ADD(ONE), 436, "User ID 777 already exists" },
	};

	begin_with("", ADD_BOB);
	room_refused(alice, cases, G_N_ELEMENTS(cases));
	fake_ask(alice, UPDATE("'streams':[]"));
	assert_next(alice, EVENT("'publishers':[" BOB(TWO) "]"));
	assert_next(alice, SUCCESS);
	end();
}

/* The m-lines of a remote one fit where a local one's were. */
static void test_switch(void)
{
	struct fake_client *carol;

	begin_with("", ADD_BOB);
	carol = room_publish(1003, "Carol", "av");
	sub = room_subscribe("[{'feed':1003}]");
	assert_has(fake_ask(sub,
			   "{'request':'switch','streams':[{'feed':777,'mid':'0','sub_mid':'0'},"
			   "{'feed':777,'mid':'1','sub_mid':'1'}]}"),
		"{'switched':'ok','changes':2}");
	g_assert_cmpuint(sub->offers, ==, 1);
	send_rtp(1000, 1);
	arrived(0, 1);
	fake_client_free(carol);
	fake_client_free(sub);
	end();
}

/* Only those that are here can be sent on to a third gateway. */
static void test_not_cascaded_again(void)
{
	begin_with("", ADD_BOB);
	fake_ask(alice,
		"{'request':'publish_remotely','room':9,'publisher_id':777,'remote_id':'x',"
		"'host':'127.0.0.1','port':5000}");
	assert_next(alice, FAILURE("430", "Only local publishers can be remotized"));
	assert_silence();
	end();
}

/* The sequence number of the next packet that a forwarder has sent. */
static int forwarded(struct sink *to)
{
	uint8_t b[256];

	for (int i = 0; i < PATIENCE_MS; i++) {
		fake_run(0);
		if (sink_read(to, b, sizeof(b)) > (ssize_t)HEADER)
			return b[2] << 8 | b[3];
		g_usleep(1000);
	}
	return -1;
}

/* What goes to a receiver elsewhere goes on when a stream has been away. */
static void test_forwarded(void)
{
	struct sink to = sink_open();
	g_autofree char *body = g_strdup_printf(
		"{'request':'rtp_forward','room':9,'publisher_id':777,'host':'127.0.0.1',"
		"'streams':[{'mid':'0','port':%u}]}",
		to.port);

	begin_with("", ADD_BOB);
	assert_has(fake_ask(alice, body), "{'videoroom':'rtp_forward','publisher_id':777}");
	send_rtp(1000, 41);
	g_assert_cmpint(forwarded(&to), ==, 41);
	fake_ask(
		alice, UPDATE("'streams':[{'type':'audio','mindex':0,'mid':'0','disabled':true}]"));
	fake_ask(alice, UPDATE("'streams':[" STREAM_AUDIO "]"));
	send_rtp(1000, 42);
	g_assert_cmpint(forwarded(&to), ==, 42);
	end();
	sink_close(&to);
}

/* In a room that wants encrypted media, what comes from elsewhere is taken to be encrypted. */
static void test_e2ee(void)
{
	begin_with("require_e2ee = true", ADD_BOB);
	sub = room_subscribe("[{'feed':777}]");
	g_assert_true(sub->e2ee);
	fake_client_free(sub);
	end();
}

static void test_option(void)
{
	static const char *const wrong[] = { "x", "20000", "20000-10000", "0-10", "1-65536" };

	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autofree char *config =
			g_strdup_printf("general: { rtp_port_range = \"%s\"; }", wrong[i]);

		g_assert_cmpint(fake_host_try(&limen_module, config), ==, LIMEN_EINVAL);
	}
	fake_host_start(&limen_module,
		"general: { rtp_port_range = \"42000-42009\"; }; room-9: { publishers = 9; }");
	alice = room_join(1001, "Alice");
	for (int i = 0; i < 5; i++) {
		assert_has(fake_ask(alice, "{'request':'add_remote_publisher','room':9," ONE "}"),
			SUCCESS);
		g_assert_cmpuint(number(alice->reply, "port"), >=, 42000);
		g_assert_cmpuint(number(alice->reply, "rtcp_port"), <=, 42009);
	}
	fake_ask(alice, "{'request':'add_remote_publisher','room':9," ONE "}");
	g_assert_cmpint(fake_error(alice->reply), ==, 499);
	fake_client_free(alice);
	fake_host_stop();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/videoroom/remote/add", test_add);
	g_test_add_func("/videoroom/remote/add-as-asked", test_add_as_asked);
	g_test_add_func("/videoroom/remote/refused", test_refused);
	g_test_add_func("/videoroom/remote/secret", test_secret);
	g_test_add_func("/videoroom/remote/limits", test_limits);
	g_test_add_func("/videoroom/remote/disabled", test_disabled);
	g_test_add_func("/videoroom/remote/media", test_media);
	g_test_add_func("/videoroom/remote/data", test_data);
	g_test_add_func("/videoroom/remote/keyframes", test_keyframes);
	g_test_add_func("/videoroom/remote/fir-freq", test_fir_freq);
	g_test_add_func("/videoroom/remote/talking", test_talking);
	g_test_add_func("/videoroom/remote/dominant-speaker", test_dominant_speaker);
	g_test_add_func("/videoroom/remote/remove", test_remove);
	g_test_add_func("/videoroom/remote/kick", test_kick);
	g_test_add_func("/videoroom/remote/destroy", test_destroy);
	g_test_add_func("/videoroom/remote/update-adds", test_update_adds);
	g_test_add_func("/videoroom/remote/update-disables", test_update_disables);
	g_test_add_func("/videoroom/remote/update-by-index", test_update_by_index);
	g_test_add_func("/videoroom/remote/update-describes", test_update_describes);
	g_test_add_func("/videoroom/remote/update-refused", test_update_refused);
	g_test_add_func("/videoroom/remote/switch", test_switch);
	g_test_add_func("/videoroom/remote/not-cascaded-again", test_not_cascaded_again);
	g_test_add_func("/videoroom/remote/forwarded", test_forwarded);
	g_test_add_func("/videoroom/remote/e2ee", test_e2ee);
	g_test_add_func("/videoroom/remote/option", test_option);
	return g_test_run();
}
