/*
 * VideoRoom against a fake host: how a subscriber receives. Layers, gates, pause, switch, restart,
 * leave.
 */
#include "tests/lib/fake_room.h"

static struct fake_client *alice, *carol, *sub;

/* Alice publishes the m-lines given, Carol a video; a third handle receives a stream of Alice's. */
static void begin(const char *lines, const char *streams)
{
	room_begin("");
	alice = room_publish(1001, "Alice", lines);
	carol = room_publish(1003, "Carol", "v");
	sub = room_subscribe(streams);
	alice->keyframes = carol->keyframes = 0;
	fake_forget();
}

static void end(void)
{
	fake_client_free(sub);
	fake_client_free(alice);
	fake_client_free(carol);
	fake_host_stop();
}

#define CONFIGURED EVENT("'configured':'ok'")
#define STARTED EVENT("'started':'ok'")

static void layer(int8_t substream, int8_t temporal, int8_t spatial)
{
	sub->lines[0].sending.substream = substream;
	sub->lines[0].sending.temporal = temporal;
	sub->lines[0].sending.spatial = spatial;
	fake_media(sub,
		&(struct limen_media_event){ .what = LIMEN_MEDIA_LAYER,
			.kind = LIMEN_VIDEO,
			.substream = substream,
			.temporal = temporal,
			.spatial = spatial });
}

static void test_simulcast(void)
{
	begin("as", "[{'feed':1001,'mid':'1'}]");
	g_assert_cmpint(sub->lines[0].layers.substream, ==, 2);
	g_assert_cmpint(sub->lines[0].layers.temporal, ==, 2);
	layer(2, -1, -1);
	assert_next(sub, EVENT("'mid':'0','substream':2"));
	fake_ask(sub, "{'request':'configure','mid':'0','substream':0}");
	assert_next(sub, CONFIGURED);
	g_assert_cmpint(sub->lines[0].layers.substream, ==, 0);
	g_assert_cmpuint(alice->keyframes, ==, 1);
	layer(1, -1, -1);
	assert_next(sub, EVENT("'mid':'0','substream':1"));
	layer(0, -1, -1);
	assert_next(sub, EVENT("'mid':'0','substream':0"));
	fake_ask(sub, "{'request':'configure','substream':0}");
	assert_next(
		sub, EVENT("'mid':'0','substream':0")); /* reached already: told before the reply */
	assert_next(sub, CONFIGURED);
	g_assert_cmpuint(alice->keyframes, ==, 1);
	fake_ask(sub, "{'request':'configure','streams':[{'mid':'0','temporal':0}]}");
	assert_next(sub, CONFIGURED);
	layer(-1, 0, -1);
	assert_next(sub, EVENT("'mid':'0','temporal':0"));
	fake_ask(sub, "{'request':'configure','fallback':400000,'spatial_layer':1}");
	assert_next(sub, CONFIGURED);
	g_assert_cmpint(sub->lines[0].layers.fallback_us, ==, 400000);
	assert_silence();
	end();
}

static void test_simulcast_targets_at_join(void)
{
	begin("as", "[{'feed':1001,'mid':'1','substream':1,'temporal':0,'fallback':1000}]");
	g_assert_cmpint(sub->lines[0].layers.substream, ==, 1);
	g_assert_cmpint(sub->lines[0].layers.temporal, ==, 0);
	sub->lines[0].sending.substream = 1;
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':1001,'mid':'1'}]}");
	assert_next(sub,
		"{'videoroom':'updated','room':9,'streams':[{'type':'video','active':true,'mindex':"
		"0,"
		"'mid':'0','ready':true,'send':true,'feed_id':1001,'feed_display':'Alice',"
		"'feed_mid':'1','codec':'vp8','simulcast':{'substream':1,'substream-target':1,"
		"'temporal-layer':-1,'temporal-layer-target':0,'fallback':1000}},{'type':'video',"
		"'active':true,'mindex':1,'mid':'1','ready':false,'send':true,'feed_id':1001,"
		"'feed_display':'Alice','feed_mid':'1','codec':'vp8','simulcast':{'substream':-1,"
		"'substream-target':2,'temporal-layer':-1,'temporal-layer-target':2}}],'jsep':'"
		"offer'}");
	end();
}

static void test_svc(void)
{
	json_t *svc = json_pack("[{s:s,s:s}]", "mid", "0", "svc", "L3T3");

	room_begin("videocodec = \"vp9\";");
	alice = room_join(1001, "Alice");
	alice->svc = svc;
	fake_ask_offer(alice, "{'request':'publish'}", "9");
	fake_up(alice);
	carol = room_join(1003, "Carol");
	sub = fake_client_new();
	fake_forget();
	fake_ask(sub,
		"{'request':'join','room':9,'ptype':'subscriber','streams':[{'feed':1001,'spatial_"
		"layer':1}]}");
	assert_next(sub,
		"{'videoroom':'attached','room':9,'streams':[{'type':'video','active':true,'mindex'"
		":0,"
		"'mid':'0','ready':false,'send':true,'feed_id':1001,'feed_display':'Alice',"
		"'feed_mid':'0','codec':'vp9','vp9-profile':'0','svc':{'spatial-layer':-1,"
		"'target-spatial-layer':1,'temporal-layer':-1,'target-temporal-layer':2}}],"
		"'jsep':'offer'}");
	fake_start(sub);
	fake_forget();
	layer(-1, 2, 1);
	assert_next(sub, EVENT("'mid':'0','spatial_layer':1"));
	assert_next(sub, EVENT("'mid':'0','temporal_layer':2"));
	fake_ask(sub, "{'request':'configure','spatial_layer':0,'temporal_layer':2}");
	assert_next(sub, EVENT("'mid':'0','temporal_layer':2"));
	assert_next(sub, CONFIGURED);
	g_assert_cmpint(sub->lines[0].layers.spatial, ==, 0);
	json_decref(svc);
	end();
}

static void test_gate_of_a_stream(void)
{
	begin("av", "[{'feed':1001}]");
	fake_ask(sub, "{'request':'configure','streams':[{'mid':'1','send':false}]}");
	assert_next(sub, CONFIGURED);
	g_assert_true(sub->lines[1].paused);
	g_assert_false(sub->lines[0].paused);
	fake_ask(sub, "{'request':'configure','streams':[{'mid':'1','send':true}]}");
	assert_next(sub, CONFIGURED);
	g_assert_false(sub->lines[1].paused);
	g_assert_cmpuint(alice->keyframes, ==, 1);
	fake_ask(sub, "{'request':'configure','audio':false,'video':true}");
	assert_next(sub, CONFIGURED);
	g_assert_true(sub->lines[0].paused);
	g_assert_false(sub->lines[1].paused);
	assert_silence();
	end();
}

static void test_pause_and_resume(void)
{
	begin("av", "[{'feed':1001}]");
	fake_ask(sub, "{'request':'configure','mid':'0','send':false}");
	fake_forget();
	fake_ask(sub, "{'request':'pause'}");
	assert_next(sub, EVENT("'paused':'ok'"));
	g_assert_true(sub->lines[0].paused && sub->lines[1].paused);
	fake_ask(sub, "{'request':'start','room':9}");
	assert_next(sub, STARTED);
	g_assert_true(sub->lines[0].paused);
	g_assert_false(sub->lines[1].paused);
	g_assert_cmpuint(alice->keyframes, ==, 1);
	assert_silence();
	/* a stream that stays closed needs no keyframe */
	fake_ask(sub, "{'request':'configure','mid':'1','send':false}");
	fake_ask(sub, "{'request':'pause'}");
	fake_ask(sub, "{'request':'start'}");
	g_assert_true(sub->lines[1].paused);
	g_assert_cmpuint(alice->keyframes, ==, 1);
	end();
}

static void test_restart(void)
{
	begin("av", "[{'feed':1001}]");
	fake_ask(sub, "{'request':'configure','restart':true}");
	assert_next(sub, EVENT("'configured':'ok','jsep':'offer'"));
	g_assert_true(sub->restart);
	fake_start(sub);
	assert_next(sub, STARTED);
	fake_ask(sub, "{'request':'configure','update':true}");
	assert_next(sub, EVENT("'configured':'ok','jsep':'offer'"));
	g_assert_false(sub->restart);
	assert_silence();
	end();
}

/* While an offer is unanswered a restart waits for the next. */
static void test_restart_behind_an_offer(void)
{
	begin("av", "[{'feed':1001,'mid':'0'}]");
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':1003}]}");
	fake_forget();
	fake_ask(sub, "{'request':'configure','restart':true}");
	assert_next(sub, CONFIGURED);
	g_assert_false(sub->restart);
	fake_start(sub);
	assert_next(sub, STARTED);
	assert_next(sub,
		"{'videoroom':'updated','room':9,'streams':[" FED_AUDIO("0", "true", "1001",
			"Alice",
			"0") "," FED_VIDEO("1", "true", "1003", "Carol", "0") "],'jsep':'offer'}");
	g_assert_true(sub->restart);
	assert_silence();
	end();
}

#define SWITCH(entry) "{'request':'switch','streams':[" entry "]}"
#define SWITCHED(changes, streams)                                                                 \
	EVENT("'switched':'ok','changes':" changes ",'streams':[" streams "]")

static void test_switch(void)
{
	begin("av", "[{'feed':1001,'crossrefid':'x'}]");
	fake_ask(sub, "{'request':'configure','mid':'1','send':false}");
	fake_forget();
	fake_ask(sub, SWITCH("{'feed':1003,'mid':'0','sub_mid':'1'}"));
	assert_next(sub,
		SWITCHED("1",
			"{'type':'audio','active':true,'mindex':0,'mid':'0','crossrefid':'x',"
			"'ready':true,'send':true,'feed_id':1001,'feed_display':'Alice',"
			"'feed_mid':'0','codec':'opus'},{'type':'video','active':true,'mindex':1,"
			"'mid':'1','crossrefid':'x','ready':true,'send':true,'feed_id':1003,"
			"'feed_display':'Carol','feed_mid':'0','codec':'vp8'}"));
	g_assert_true(sub->lines[1].from == carol->lines[0].to);
	g_assert_cmpuint(carol->keyframes, ==, 1);
	g_assert_false(sub->offered);
	g_assert_false(sub->lines[1].paused);
	/* what does not fit the m-line is passed over */
	fake_ask(sub, SWITCH("{'feed':1003,'mid':'0','sub_mid':'0'}"));
	assert_has(sub->reply, "{'switched':'ok','changes':0}");
	g_assert_true(sub->lines[0].from == alice->lines[0].to);
	end();
}

static void test_switch_into_an_empty_line(void)
{
	begin("av", "[{'feed':1001,'mid':'1'}]");
	fake_ask(sub, "{'request':'unsubscribe','streams':[{'sub_mid':'0'}]}");
	fake_start(sub);
	fake_forget();
	fake_ask(sub, SWITCH("{'feed':1003,'mid':'0','sub_mid':'0'}"));
	assert_next(sub,
		"{'videoroom':'updated','room':9,'streams':[" FED_VIDEO("0", "false", "1003",
			"Carol", "0") "],'jsep':'offer','transaction':'same'}");
	assert_next(sub, SWITCHED("1", FED_VIDEO("0", "false", "1003", "Carol", "0")));
	assert_silence();
	end();
}

static void test_leave(void)
{
	begin("av", "[{'feed':1001}]");
	fake_ask(sub, "{'request':'leave'}");
	assert_next(sub, EVENT("'left':'ok'"));
	assert_next(sub, "{'janus':'hangup','reason':'Close PC'}");
	assert_silence();
	g_assert_cmpuint(fake_host_receivers(), ==, 0);
	fake_ask(sub, "{'request':'join','room':9,'ptype':'subscriber','streams':[{'feed':1001}]}");
	assert_next(sub, FAILURE("425", "Already in as a subscriber on this handle"));
	fake_ask(sub, "{'request':'configure'}");
	assert_next(sub, FAILURE("426", "No such room"));
	fake_ask(alice, "{'request':'unpublish'}");
	g_assert_null(fake_event(sub));
	end();
}

static void test_slow_link(void)
{
	begin("av", "[{'feed':1001}]");
	fake_media(sub,
		&(struct limen_media_event){
			.what = LIMEN_MEDIA_SLOW, .kind = LIMEN_VIDEO, .uplink = true });
	assert_next(sub, "{'videoroom':'slow_link'}");
	fake_ask(alice, "{'request':'configure','bitrate':200000}");
	fake_forget();
	fake_media(alice,
		&(struct limen_media_event){ .what = LIMEN_MEDIA_SLOW, .kind = LIMEN_VIDEO });
	assert_next(alice, "{'videoroom':'slow_link','current-bitrate':200000}");
	fake_media(alice, &(struct limen_media_event){ .what = LIMEN_MEDIA_SLOW, .uplink = true });
	fake_media(sub, &(struct limen_media_event){ .what = LIMEN_MEDIA_SLOW });
	assert_silence();
	end();
}

static const struct room_refusal refusals[] = {
	{ "{'request':'configure','substream':3}", 430,
		"Invalid value (substream/spatial_layer should be 0, 1 or 2)" },
	{ "{'request':'configure','spatial_layer':9223372036854775807}", 430,
		"Invalid value (substream/spatial_layer should be 0, 1 or 2)" },
	{ "{'request':'configure','temporal':3}", 430,
		"Invalid value (temporal/temporal_layer should be 0, 1 or 2)" },
	{ "{'request':'configure','substream':-1}", 430,
		"Invalid element type (substream should be a positive integer)" },
	{ "{'request':'configure','temporal':'1'}", 430,
		"Invalid element type (temporal should be a positive integer)" },
	{ "{'request':'configure','fallback':true}", 430,
		"Invalid element type (fallback should be a positive integer)" },
	{ "{'request':'configure','mid':'9'}", 428, "No such mid '9' in subscription" },
	{ "{'request':'configure','mid':9}", 430, "Invalid element type (mid should be a string)" },
	{ "{'request':'configure','send':'x'}", 430,
		"Invalid element type (send should be a boolean)" },
	{ "{'request':'configure','min_delay':'x'}", 430,
		"Invalid element type (min_delay should be an integer)" },
	{ "{'request':'configure','max_delay':{}}", 430,
		"Invalid element type (max_delay should be an integer)" },
	{ "{'request':'configure','audio':0}", 430,
		"Invalid element type (audio should be a boolean)" },
	{ "{'request':'configure','video':0}", 430,
		"Invalid element type (video should be a boolean)" },
	{ "{'request':'configure','data':0}", 430,
		"Invalid element type (data should be a boolean)" },
	{ "{'request':'configure','update':0}", 430,
		"Invalid element type (update should be a boolean)" },
	{ "{'request':'configure','restart':0}", 430,
		"Invalid element type (restart should be a boolean)" },
	{ "{'request':'configure','streams':{}}", 430,
		"Invalid element type (streams should be an array)" },
	{ "{'request':'configure','streams':[[]]}", 430,
		"Invalid element type (array entries should be objects)" },
	{ "{'request':'configure','streams':[{'mid':'0','send':false},{'mid':'7'}]}", 428,
		"No such mid '7' in subscription" },
	{ "{'request':'configure','streams':[{'mid':'0','send':false},{'send':false}]}", 430,
		"mid can't be null in a streams array" },
	{ "{'request':'configure','streams':[{'mid':'0','send':false},{'mid':'0','substream':5}]}",
		430, "Invalid value (substream/spatial_layer should be 0, 1 or 2)" },
	{ "{'request':'switch'}", 430, "Empty switch list" },
	{ "{'request':'switch','feed':1003}", 430, "Empty switch list" },
	{ "{'request':'switch','streams':null}", 430, "Empty switch list" },
	{ "{'request':'switch','streams':[]}", 428, "No such feed (0)" },
	{ "{'request':'switch','streams':5}", 430,
		"Invalid element type (streams should be an array)" },
	{ "{'request':'switch','streams':[{'mid':'0','sub_mid':'0'}]}", 429,
		"Missing mandatory element (feed)" },
	{ "{'request':'switch','streams':[{'feed':1003,'sub_mid':'0'}]}", 429,
		"Missing mandatory element (mid)" },
	{ "{'request':'switch','streams':[{'feed':1003,'mid':'0'}]}", 429,
		"Missing mandatory element (sub_mid)" },
	{ "{'request':'switch','streams':[{'feed':'x','mid':'0','sub_mid':'0'}]}", 430,
		"Invalid element type (feed should be a positive integer)" },
	{ "{'request':'switch','streams':[{'feed':1003,'mid':'0','sub_mid':'0','substream':3}]}",
		430, "Invalid value (substream/spatial_layer should be 0, 1 or 2)" },
	{ "{'request':'switch','streams':[{'feed':1003,'mid':'0','sub_mid':'0'},"
	  "{'feed':7,'mid':'0','sub_mid':'0'}]}",
		428, "No such feed (7)" },
	{ "{'request':'switch','streams':[{'feed':1003,'mid':'0','sub_mid':'0'},"
	  "{'feed':1003,'mid':'4','sub_mid':'0'}]}",
		428, "No such mid '4' in feed (1003)" },
	{ "{'request':'switch','streams':[{'feed':1003,'mid':'0','sub_mid':'0'},"
	  "{'feed':1003,'mid':'0','sub_mid':'6'}]}",
		428, "No such mid '6' in subscription" },
};

static void test_refused(void)
{

	begin("av", "[{'feed':1001,'mid':'1'}]");
	room_refused(sub, refusals, G_N_ELEMENTS(refusals));
	g_assert_false(sub->lines[0].paused);
	g_assert_true(sub->lines[0].from == alice->lines[1].to);
	g_assert_cmpuint(alice->keyframes + carol->keyframes, ==, 0);
	fake_ask_offer(sub, "{'request':'start'}", "a");
	assert_next(sub, FAILURE("431", "Only publishers send offers"));
	end();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/videoroom/steer/simulcast", test_simulcast);
	g_test_add_func(
		"/videoroom/steer/simulcast-targets-at-join", test_simulcast_targets_at_join);
	g_test_add_func("/videoroom/steer/svc", test_svc);
	g_test_add_func("/videoroom/steer/gate-of-a-stream", test_gate_of_a_stream);
	g_test_add_func("/videoroom/steer/pause-and-resume", test_pause_and_resume);
	g_test_add_func("/videoroom/steer/restart", test_restart);
	g_test_add_func("/videoroom/steer/restart-behind-an-offer", test_restart_behind_an_offer);
	g_test_add_func("/videoroom/steer/switch", test_switch);
	g_test_add_func(
		"/videoroom/steer/switch-into-an-empty-line", test_switch_into_an_empty_line);
	g_test_add_func("/videoroom/steer/leave", test_leave);
	g_test_add_func("/videoroom/steer/slow-link", test_slow_link);
	g_test_add_func("/videoroom/steer/refused", test_refused);
	return g_test_run();
}
