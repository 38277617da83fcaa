/*
 * VideoRoom against a fake host: adding feeds to a subscription and taking them away again; one
 * offer at a time, m-lines that are used again.
 */
#include "tests/lib/fake_room.h"

static struct fake_client *alice, *carol, *sub;

/* Alice and Carol publish; a third handle receives Alice. */
static void begin(void)
{
	room_begin("");
	alice = room_publish(1001, "Alice", "av");
	carol = room_publish(1003, "Carol", "v");
	sub = room_subscribe("[{'feed':1001}]");
	fake_forget();
}

static void end(void)
{
	fake_client_free(sub);
	fake_client_free(alice);
	fake_client_free(carol);
	fake_host_stop();
}

#define OF_ALICE                                                                                   \
	FED_AUDIO("0", "true", "1001", "Alice", "0")                                               \
	"," FED_VIDEO("1", "true", "1001", "Alice", "1")
#define UPDATED(streams) "{'videoroom':'updated','room':9,'streams':[" streams "],'jsep':'offer'}"
#define PLAIN "{'videoroom':'updated','room':9}"
#define UPDATING "{'videoroom':'updating','room':9}"
#define STARTED EVENT("'started':'ok'")

static void test_adding_and_removing(void)
{
	begin();
	fake_ask(sub, "{'request':'update','subscribe':[{'feed':1003,'mid':'0'}]}");
	g_assert_false(sub->sync);
	assert_next(sub, UPDATED(OF_ALICE "," FED_VIDEO("2", "false", "1003", "Carol", "0")));
	fake_start(sub);
	assert_next(sub, STARTED);
	fake_ask(sub, "{'request':'unsubscribe','streams':[{'sub_mid':'2'}]}");
	assert_next(sub, UPDATED(OF_ALICE "," EMPTY("video", "2")));
	g_assert_cmpint(limen_sdp_line(sub->offer, 2)->dir, ==, LIMEN_INACTIVE);
	g_assert_null(limen_sdp_line(sub->offer, 2)->msid);
	fake_start(sub);
	assert_next(sub, STARTED);
	fake_ask(sub,
		"{'request':'subscribe','streams':[{'feed':1003,'mid':'0','crossrefid':'c'}]}");
	assert_next(sub,
		UPDATED(OF_ALICE
			",{'type':'video','active':true,'mindex':2,'mid':'2','crossrefid':'c',"
			"'ready':false,'send':true,'feed_id':1003,'feed_display':'Carol','feed_mid'"
			":'0',"
			"'codec':'vp8'}"));
	g_assert_true(sub->lines[2].from == carol->lines[0].to);
	assert_silence();
	end();
}

/* What is asked while an offer is unanswered goes into the next, behind "started". */
static void test_two_requests_before_the_answer(void)
{
	begin();
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':1003,'mid':'0'}]}");
	assert_next(sub, UPDATED(OF_ALICE "," FED_VIDEO("2", "false", "1003", "Carol", "0")));
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':1001,'mid':'1'}]}");
	assert_next(sub, UPDATING);
	fake_ask(sub, "{'request':'unsubscribe','streams':[{'sub_mid':'0'}]}");
	assert_next(sub, UPDATING);
	assert_silence();
	fake_start(sub);
	assert_next(sub, STARTED);
	assert_next(sub,
		UPDATED(EMPTY("audio", "0") "," FED_VIDEO(
			"1", "true", "1001", "Alice", "1") "," FED_VIDEO("2", "true", "1003",
			"Carol", "0") "," FED_VIDEO("3", "false", "1001", "Alice", "1")));
	fake_start(sub);
	assert_next(sub, STARTED);
	assert_silence();
	end();
}

static void test_nothing_changes(void)
{
	static const char *const bodies[] = {
		"{'request':'unsubscribe','streams':[{'sub_mid':'77'}]}",
		"{'request':'unsubscribe','streams':[{'sub_mid':'01'}]}",
		"{'request':'unsubscribe','streams':[{'sub_mid':'x'}]}",
		"{'request':'unsubscribe','streams':[{'feed':5}]}",
		"{'request':'unsubscribe','streams':[{'feed':1003}]}",
		"{'request':'update','unsubscribe':[{'feed':1001,'mid':'8'}]}",
	};

	begin();
	for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++) {
		fake_ask(sub, bodies[i]);
		assert_next(sub, PLAIN);
	}
	assert_silence();
	end();
}

/* First what goes, then what comes, in one offer: the m-line is used again at once. */
static void test_update_reuses(void)
{
	begin();
	fake_ask(sub,
		"{'request':'update','subscribe':[{'feed':1003}],'unsubscribe':[{'feed':1001,'mid':"
		"'1'}]}");
	assert_next(sub,
		UPDATED(FED_AUDIO("0", "true", "1001", "Alice", "0") "," FED_VIDEO(
			"1", "false", "1003", "Carol", "0")));
	g_assert_cmpuint(sub->offer->media->len, ==, 2);
	g_assert_cmpuint(fake_host_receivers(), ==, 2);
	end();
}

/* An empty m-line serves its own kind and codec only. */
static void test_other_codec_is_appended(void)
{
	struct fake_client *dave;

	begin();
	fake_ask(alice, "{'request':'create','room':8,'videocodec':'vp8,h264'}");
	fake_client_free(sub);
	dave = fake_client_new();
	fake_ask(dave, "{'request':'join','room':8,'ptype':'publisher','id':4,'display':'Dave'}");
	fake_ask_offer(dave, "{'request':'publish'}", "vh");
	fake_up(dave);
	sub = fake_client_new();
	fake_ask(sub,
		"{'request':'join','room':8,'ptype':'subscriber','streams':[{'feed':4,'mid':'0'}]"
		"}");
	fake_start(sub);
	fake_ask(sub, "{'request':'unsubscribe','streams':[{'sub_mid':'0'}]}");
	fake_start(sub);
	fake_forget();
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':4,'mid':'1'}]}");
	assert_next(sub,
		"{'videoroom':'updated','room':8,'streams':[" EMPTY(
			"video", "0") ",{'type':'video',"
				      "'active':true,'mindex':1,'mid':'1','ready':false,'send':"
				      "true,'feed_id':4,"
				      "'feed_display':'Dave','feed_mid':'1','codec':'h264','h264-"
				      "profile':'42e01f'}],"
				      "'jsep':'offer'}");
	fake_client_free(dave);
	end();
}

/* The feeds that go are told at once, by one offer; what the client asks about it is plain. */
static void test_feed_goes(void)
{
	begin();
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':1003}]}");
	fake_start(sub);
	fake_forget();
	fake_ask(carol, "{'request':'unpublish'}");
	assert_next(alice, EVENT("'unpublished':1003,'display':'Carol'"));
	assert_next(carol, EVENT("'unpublished':'ok'"));
	assert_next(sub, UPDATED(OF_ALICE "," EMPTY("video", "2")));
	assert_next(carol, "{'janus':'hangup','reason':'Close PC'}");
	fake_ask(sub, "{'request':'unsubscribe','streams':[{'feed':1003}]}");
	assert_next(sub, PLAIN);
	fake_start(sub);
	assert_next(sub, STARTED);
	fake_ask(sub, "{'request':'unsubscribe','streams':[{'feed':1003}]}");
	assert_next(sub, PLAIN);
	assert_silence();
	end();
}

static void test_two_feeds_go_at_once(void)
{
	begin();
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':1003}]}");
	fake_start(sub);
	fake_down(carol);
	fake_down(alice);
	fake_forget();
	fake_start(sub);
	assert_next(sub, STARTED);
	assert_next(
		sub, UPDATED(EMPTY("audio", "0") "," EMPTY("video", "1") "," EMPTY("video", "2")));
	fake_start(sub);
	assert_next(sub, STARTED);
	assert_silence();
	end();
}

/* Without autoupdate the next request collects what has happened. */
static void test_no_autoupdate(void)
{
	struct fake_client *c;

	begin();
	c = fake_client_new();
	fake_ask(c,
		"{'request':'join','room':9,'ptype':'subscriber','autoupdate':false,"
		"'streams':[{'feed':1003},{'feed':1001,'mid':'1'}]}");
	fake_start(c);
	fake_ask(carol, "{'request':'unpublish'}");
	g_assert_null(fake_event(c));
	fake_forget();
	fake_ask(c, "{'request':'unsubscribe','streams':[{'sub_mid':'99'}]}");
	assert_next(
		c, UPDATED(EMPTY("video", "0") "," FED_VIDEO("1", "true", "1001", "Alice", "1")));
	fake_start(c);
	assert_next(c, STARTED);
	fake_ask(c, "{'request':'unsubscribe','streams':[{'sub_mid':'99'}]}");
	assert_next(c, PLAIN);
	fake_client_free(c);
	end();
}

/* Data of all feeds: one m-line, which neither goes nor asks for an offer. */
static void test_data(void)
{
	struct fake_client *d;

	begin();
	d = room_publish(7, "Dan", "d");
	fake_ask_offer(carol, "{'request':'configure'}", "vd");
	fake_forget();
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':7}]}");
	assert_next(sub,
		UPDATED(OF_ALICE ",{'type':'data','active':true,'mindex':2,'mid':'2','ready':false,"
				 "'send':true,'sources':1,'source_ids':[7]}"));
	fake_start(sub);
	assert_next(sub, STARTED);
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':1003,'mid':'1'}]}");
	assert_next(sub, PLAIN);
	limen_module.data(&d->handle, 0, false, "any", "", (const uint8_t *)"hi", 2);
	limen_module.data(&carol->handle, 1, true, "any", "", (const uint8_t *)"yo", 2);
	g_assert_cmpuint(sub->messages.length, ==, 2);
	g_assert_cmpstr(g_queue_peek_head(&sub->messages), ==, "text|7|hi");
	g_assert_cmpstr(g_queue_peek_tail(&sub->messages), ==, "binary|1003|yo");
	fake_ask(sub, "{'request':'unsubscribe','streams':[{'feed':7}]}");
	assert_next(sub, PLAIN);
	fake_ask(sub, "{'request':'unsubscribe','streams':[{'sub_mid':'2'}]}");
	assert_next(sub, PLAIN);
	fake_ask(sub, "{'request':'unsubscribe','streams':[{'sub_mid':'1'}]}");
	assert_next(sub,
		UPDATED(FED_AUDIO("0", "true", "1001", "Alice", "0") "," EMPTY(
			"video", "1") ",{'type':'data','active':true,'mindex':2,'mid':'2','ready':"
				      "false,'send':true}"));
	limen_module.data(&d->handle, 0, false, "any", "", (const uint8_t *)"hi", 2);
	g_assert_cmpuint(sub->messages.length, ==, 2);
	fake_client_free(d);
	end();
}

/* A new subscription has an m-line for what is disabled, an existing one skips it. */
static void test_disabled_streams(void)
{
	struct fake_client *c;

	begin();
	fake_ask_offer(alice, "{'request':'configure'}", "aiv");
	fake_start(sub);
	c = fake_client_new();
	fake_forget();
	fake_ask(c, "{'request':'join','room':9,'ptype':'subscriber','streams':[{'feed':1001}]}");
	assert_next(c,
		"{'videoroom':'attached','room':9,'streams':[" FED_AUDIO(
			"0", "false", "1001", "Alice", "0") "," EMPTY("video",
			"1") "," FED_VIDEO("2", "false", "1001", "Alice", "2") "],'jsep':'offer'}");
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':1001,'mid':'1'}]}");
	assert_next(sub, PLAIN);
	fake_client_free(c);
	end();
}

static void test_encrypted_feeds(void)
{
	struct fake_client *d, *c;

	begin();
	d = room_join(7, "Dan");
	d->encrypts = true;
	fake_ask_offer(d, "{'request':'publish'}", "av");
	g_assert_true(d->e2ee);
	fake_up(d);
	c = fake_client_new();
	fake_forget();
	fake_ask(c,
		"{'request':'join','room':9,'ptype':'subscriber','streams':[{'feed':7},{'feed':"
		"1001}]}");
	assert_has(c->reply, "{'error_code':438}");
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':7}]}");
	assert_has(sub->reply, "{'error_code':438}");
	fake_ask(c, "{'request':'join','room':9,'ptype':'subscriber','streams':[{'feed':7}]}");
	assert_has(c->reply, "{'videoroom':'attached'}");
	g_assert_true(c->e2ee);
	fake_client_free(c);
	fake_client_free(d);
	end();
}

static void test_too_many_lines(void)
{
	g_autoptr(GString) body = g_string_new("{'request':'subscribe','streams':[");

	begin();
	for (int i = 0; i < 256; i++)
		g_string_append_printf(body, "%s{'feed':1001,'mid':'1'}", i ? "," : "");
	g_string_append(body, "]}");
	assert_has(fake_ask(sub, body->str),
		FAILURE("430", "Invalid element (more than 256 streams)"));
	g_string_truncate(body, body->len - 2);
	g_string_append(body, ",{'feed':1001,'mid':'1'}]}");
	assert_has(fake_ask(sub, body->str),
		FAILURE("430", "Invalid element (more than 256 entries)"));
	fake_forget();
	fake_ask(sub, "{'request':'unsubscribe','streams':[{'sub_mid':'2'}]}");
	assert_next(sub, PLAIN);
	end();
}

/* After the PeerConnection has gone the subscription is empty, and starts anew. */
static void test_connection_goes(void)
{
	begin();
	fake_down(sub);
	assert_next(sub, "{'janus':'hangup','reason':'DTLS alert'}");
	g_assert_cmpuint(fake_host_receivers(), ==, 0);
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':1003}]}");
	assert_next(sub, UPDATED(FED_VIDEO("0", "false", "1003", "Carol", "0")));
	assert_silence();
	end();
}

static const struct room_refusal refusals[] = {
	{ "{'request':'subscribe'}", 429, "Missing mandatory element (streams)" },
	{ "{'request':'subscribe','streams':{}}", 430,
		"Invalid element type (streams should be an array)" },
	{ "{'request':'subscribe','streams':null}", 430,
		"Invalid element type (streams should be an array)" },
	{ "{'request':'subscribe','streams':[]}", 430, "Empty subscription list" },
	{ "{'request':'subscribe','streams':[1]}", 430,
		"Invalid element type (array entries should be objects)" },
	{ "{'request':'subscribe','streams':[{'mid':'0'}]}", 429,
		"Missing mandatory element (feed)" },
	{ "{'request':'subscribe','streams':[{'feed':'x'}]}", 430,
		"Invalid element type (feed should be a positive integer)" },
	{ "{'request':'subscribe','streams':[{'feed':-1}]}", 430,
		"Invalid element type (feed should be a positive integer)" },
	{ "{'request':'subscribe','streams':[{'feed':9223372036854775807}]}", 428,
		"No such feed (9223372036854775807)" },
	{ "{'request':'subscribe','streams':[{'feed':1003},{'feed':0}]}", 428, "No such feed (0)" },
	{ "{'request':'subscribe','streams':[{'feed':1003},{'feed':1003,'mid':'5'}]}", 428,
		"No such mid '5' in feed (1003)" },
	{ "{'request':'subscribe','streams':[{'feed':1003,'mid':0}]}", 430,
		"Invalid element type (mid should be a string)" },
	{ "{'request':'subscribe','streams':[{'feed':1003,'crossrefid':0}]}", 430,
		"Invalid element type (crossrefid should be a string)" },
	{ "{'request':'subscribe','streams':[{'feed':1003,'send':0}]}", 430,
		"Invalid element type (send should be a boolean)" },
	{ "{'request':'subscribe','streams':[{'feed':1003,'substream':3}]}", 430,
		"Invalid value (substream/spatial_layer should be 0, 1 or 2)" },
	{ "{'request':'subscribe','streams':[{'feed':1003,'spatial_layer':4294967296}]}", 430,
		"Invalid value (substream/spatial_layer should be 0, 1 or 2)" },
	{ "{'request':'subscribe','streams':[{'feed':1003,'temporal':3}]}", 430,
		"Invalid value (temporal/temporal_layer should be 0, 1 or 2)" },
	{ "{'request':'subscribe','streams':[{'feed':1003,'temporal_layer':-1}]}", 430,
		"Invalid element type (temporal_layer should be a positive integer)" },
	{ "{'request':'subscribe','streams':[{'feed':1003,'fallback':'x'}]}", 430,
		"Invalid element type (fallback should be a positive integer)" },
	{ "{'request':'subscribe','streams':[{'feed':1003,'min_delay':1.5}]}", 430,
		"Invalid element type (min_delay should be an integer)" },
	{ "{'request':'unsubscribe'}", 429, "Missing mandatory element (streams)" },
	{ "{'request':'unsubscribe','streams':[]}", 430, "Empty unsubscription list" },
	{ "{'request':'unsubscribe','streams':['x']}", 430,
		"Invalid element type (array entries should be objects)" },
	{ "{'request':'unsubscribe','streams':[{'sub_mid':'0'},{}]}", 429,
		"Missing mandatory element (feed)" },
	{ "{'request':'unsubscribe','streams':[{'sub_mid':0}]}", 430,
		"Invalid element type (sub_mid should be a string)" },
	{ "{'request':'unsubscribe','streams':[{'feed':'x'}]}", 430,
		"Invalid element type (feed should be a positive integer)" },
	{ "{'request':'update'}", 429,
		"At least one of either 'subscribe' or 'unsubscribe' must be present" },
	{ "{'request':'update','subscribe':null}", 429,
		"At least one of either 'subscribe' or 'unsubscribe' must be present" },
	{ "{'request':'update','subscribe':[]}", 430, "Empty subscription list" },
	{ "{'request':'update','unsubscribe':[]}", 430, "Empty unsubscription list" },
	{ "{'request':'update','subscribe':5}", 430,
		"Invalid element type (subscribe should be an array)" },
	{ "{'request':'update','unsubscribe':'x'}", 430,
		"Invalid element type (unsubscribe should be an array)" },
	{ "{'request':'update','unsubscribe':[{'sub_mid':'0'}],'subscribe':[{'feed':5}]}", 428,
		"No such feed (5)" },
	{ "{'request':'update','subscribe':[{'feed':1003}],'unsubscribe':[{'mid':'0'}]}", 429,
		"Missing mandatory element (feed)" },
};

static void test_refused(void)
{

	begin();
	room_refused(sub, refusals, G_N_ELEMENTS(refusals));
	fake_ask_offer(sub, "{'request':'subscribe','streams':[{'feed':1003}]}", "a");
	assert_next(sub, FAILURE("431", "Only publishers send offers"));
	fake_ask(sub, "{'request':'unsubscribe','streams':[{'sub_mid':'2'}]}");
	assert_next(sub, PLAIN); /* still as it was */
	g_assert_cmpuint(fake_host_receivers(), ==, 2);
	end();
}

/* Browsers put the spatial layers of AV1 together by the descriptor only. */
static void test_dependency_descriptor(void)
{
	room_begin("videocodec = \"av1,vp8\";");
	alice = room_publish(1001, "Alice", "1v");
	sub = room_subscribe("[{'feed':1001}]");
	g_assert_cmpuint(limen_sdp_line(sub->offer, 0)->ext_id[LIMEN_EXT_DEPENDENCY], !=, 0);
	g_assert_cmpuint(limen_sdp_line(sub->offer, 1)->ext_id[LIMEN_EXT_DEPENDENCY], ==, 0);
	fake_client_free(sub);
	fake_client_free(alice);
	fake_host_stop();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/videoroom/subscribe/adding-and-removing", test_adding_and_removing);
	g_test_add_func(
		"/videoroom/subscribe/two-before-the-answer", test_two_requests_before_the_answer);
	g_test_add_func("/videoroom/subscribe/nothing-changes", test_nothing_changes);
	g_test_add_func("/videoroom/subscribe/update-reuses", test_update_reuses);
	g_test_add_func(
		"/videoroom/subscribe/other-codec-is-appended", test_other_codec_is_appended);
	g_test_add_func("/videoroom/subscribe/feed-goes", test_feed_goes);
	g_test_add_func("/videoroom/subscribe/two-feeds-go-at-once", test_two_feeds_go_at_once);
	g_test_add_func("/videoroom/subscribe/no-autoupdate", test_no_autoupdate);
	g_test_add_func("/videoroom/subscribe/data", test_data);
	g_test_add_func("/videoroom/subscribe/disabled-streams", test_disabled_streams);
	g_test_add_func("/videoroom/subscribe/encrypted-feeds", test_encrypted_feeds);
	g_test_add_func("/videoroom/subscribe/too-many-lines", test_too_many_lines);
	g_test_add_func("/videoroom/subscribe/connection-goes", test_connection_goes);
	g_test_add_func("/videoroom/subscribe/refused", test_refused);
	g_test_add_func("/videoroom/subscribe/dependency-descriptor", test_dependency_descriptor);
	return g_test_run();
}
