/*
 * VideoRoom against a fake host: publishing, renegotiating, configuring without an offer, and what
 * the others hear of it.
 */
#include "tests/lib/fake_room.h"

static struct fake_client *alice, *bob, *sub;

/* Alice publishes, Bob is there, and a third handle receives Alice. */
static void begin(const char *settings)
{
	room_begin(settings);
	alice = room_publish(1, "Alice", "av");
	bob = room_join(2, "Bob");
	sub = room_subscribe("[{'feed':1}]");
	alice->keyframes = 0;
}

static void end(void)
{
	fake_client_free(sub);
	fake_client_free(alice);
	fake_client_free(bob);
	fake_host_stop();
}

#define ALICE(streams)                                                                             \
	EVENT("'publishers':[{'id':1,'display':'Alice','audio_codec':'opus','video_codec':'vp8',"  \
	      "'streams':[" streams "]}]")

static void test_adding_a_track(void)
{
	begin("");
	fake_ask_offer(alice,
		"{'request':'configure','descriptions':[{'mid':'2','description':'second video'}]}",
		"avv");
	assert_next(bob,
		ALICE(AUDIO("0") "," VIDEO("1") ",{'type':'video','mindex':2,'mid':'2',"
						"'description':'second video','codec':'vp8'}"));
	assert_next(alice,
		"{'videoroom':'event','room':9,'configured':'ok','audio_codec':'opus','video_codec'"
		":'vp8',"
		"'streams':[" OWN_AUDIO("0") "," OWN_VIDEO(
			"1") ",{'type':'video','mindex':2,'mid':'2',"
			     "'description':'second "
			     "video','codec':'vp8','videoorient_ext_id':13,'playoutdelay_ext_id':5}"
			     "],"
			     "'jsep':'answer'}");
	assert_silence(); /* the subscriber has to ask for it */
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':1,'mid':'2'}]}");
	assert_next(sub,
		"{'videoroom':'updated','room':9,'streams':[" FED_AUDIO(
			"0", "true", "1", "Alice", "0") "," FED_VIDEO("1", "true", "1", "Alice",
			"1") ",{'type':'video','active':true,'mindex':2,'mid':'2',"
			     "'ready':false,'send':true,'feed_id':1,'feed_display':'Alice','feed_"
			     "mid':'2',"
			     "'feed_description':'second video','codec':'vp8'}],'jsep':'offer'}");
	end();
}

/* The receivers of the track get an offer with an empty m-line, as after unpublish. */
static void test_disabling_a_track(void)
{
	begin("");
	fake_ask_offer(alice, "{'request':'configure'}", "ai");
	assert_next(bob,
		EVENT("'publishers':[{'id':1,'display':'Alice','audio_codec':'opus','streams':"
		      "[" AUDIO("0") "," DISABLED("1") "]}]"));
	assert_next(alice,
		EVENT("'configured':'ok','audio_codec':'opus','streams':[" OWN_AUDIO(
			"0") "," DISABLED("1") "],'jsep':'answer'"));
	assert_next(sub,
		"{'videoroom':'updated','room':9,'streams':[" FED_AUDIO("0", "true", "1", "Alice",
			"0") "," EMPTY("video", "1") "],'jsep':'offer'}");
	assert_silence();
	g_assert_cmpuint(fake_host_fanouts(), ==, 1);
	end();
}

/* An ICE restart of the publisher is a new offer like any other; receivers stay. */
static void test_ice_restart(void)
{
	struct limen_fanout *audio;

	begin("");
	audio = alice->lines[0].to;
	fake_ask_offer(alice, "{'request':'configure','update':true,'restart':true}", "av");
	assert_next(bob, ALICE(AUDIO("0") "," VIDEO("1")));
	assert_next(alice,
		EVENT("'configured':'ok','audio_codec':'opus','video_codec':'vp8','streams':"
		      "[" OWN_AUDIO("0") "," OWN_VIDEO("1") "],'jsep':'answer'"));
	assert_silence();
	g_assert_true(alice->lines[0].to == audio && sub->lines[0].from == audio);
	end();
}

static void test_labels(void)
{
	begin("");
	fake_ask(alice,
		"{'request':'configure','descriptions':[{'mid':'1','description':'renamed'},"
		"{'mid':'8','description':'nowhere'}]}");
	assert_next(bob,
		ALICE(AUDIO("0") ",{'type':'video','mindex':1,'mid':'1','description':'renamed',"
				 "'codec':'vp8'}"));
	assert_next(alice, EVENT("'configured':'ok'"));
	assert_silence();
	end();
}

static void test_names(void)
{
	begin("");
	fake_ask(alice, "{'request':'configure','display':'Al'}");
	assert_next(bob, "{'videoroom':'event','id':1,'display':'Al'}");
	assert_next(alice, EVENT("'configured':'ok'"));
	fake_ask(alice, "{'request':'configure','display':'Al'}");
	assert_next(alice, EVENT("'configured':'ok'"));
	fake_ask(alice, "{'request':'configure','metadata':{'a':1}}"); /* the first is not told */
	assert_next(alice, EVENT("'configured':'ok'"));
	fake_ask(alice, "{'request':'configure','metadata':{'a':2}}");
	assert_next(bob, "{'videoroom':'event','id':1,'metadata':{'a':2}}");
	assert_next(alice, EVENT("'configured':'ok'"));
	fake_ask(alice, "{'request':'configure','display':'A','metadata':{'a':3}}");
	assert_next(bob, "{'videoroom':'event','id':1,'display':'A','metadata':{'a':3}}");
	assert_next(alice, EVENT("'configured':'ok'"));
	assert_silence();
	end();
}

static void test_first_name_is_not_told(void)
{
	struct fake_client *c;

	begin("");
	c = fake_client_new();
	fake_ask(c, "{'request':'join','room':9,'ptype':'publisher','id':5}");
	fake_forget();
	fake_ask(c, "{'request':'configure','display':'Eve'}");
	assert_next(c, EVENT("'configured':'ok'"));
	fake_ask(c, "{'request':'configure','display':'Eva'}");
	assert_next(alice, "{'videoroom':'event','id':5,'display':'Eva'}");
	assert_next(bob, "{'videoroom':'event','id':5,'display':'Eva'}");
	assert_next(c, EVENT("'configured':'ok'"));
	fake_client_free(c);
	end();
}

static void test_gates(void)
{
	begin("");
	fake_ask(alice, "{'request':'configure','streams':[{'mid':'1','send':false}]}");
	g_assert_false(fake_fanout_is_open(alice->lines[1].to));
	g_assert_true(fake_fanout_is_open(alice->lines[0].to));
	fake_ask(alice, "{'request':'configure','mid':'1','send':true}");
	g_assert_true(fake_fanout_is_open(alice->lines[1].to));
	g_assert_cmpuint(alice->keyframes, ==, 1);
	fake_ask(alice, "{'request':'configure','audio':false}");
	g_assert_false(fake_fanout_is_open(alice->lines[0].to));
	fake_ask(alice, "{'request':'configure','audio':true,'video':false}");
	g_assert_true(fake_fanout_is_open(alice->lines[0].to));
	g_assert_false(fake_fanout_is_open(alice->lines[1].to));
	fake_ask(alice, "{'request':'configure','send':false}");
	g_assert_false(fake_fanout_is_open(alice->lines[0].to));
	for (int i = 0; i < 5; i++)
		assert_next(alice, EVENT("'configured':'ok'"));
	assert_silence(); /* the others are not told */
	fake_ask_offer(alice, "{'request':'configure','audio':true,'video':true}", "av");
	g_assert_true(fake_fanout_is_open(alice->lines[0].to));
	end();
}

static void test_bitrate_and_keyframe(void)
{
	begin("bitrate = 256000;");
	g_assert_cmpuint(alice->bitrate, ==, 256000);
	fake_ask(alice, "{'request':'configure','bitrate':300000,'keyframe':true}");
	g_assert_cmpuint(alice->bitrate, ==, 300000);
	g_assert_cmpuint(alice->keyframes, ==, 1);
	fake_ask(alice,
		"{'request':'configure','keyframe':true,'streams':[{'mid':'0','send':true}]}");
	g_assert_cmpuint(alice->keyframes, ==, 2);
	fake_ask(alice, "{'request':'configure','streams':[{'mid':'1','keyframe':true}]}");
	g_assert_cmpuint(alice->keyframes, ==, 3);
	fake_ask(alice, "{'request':'configure','bitrate':9223372036854775807}");
	g_assert_cmpuint(alice->bitrate, ==, UINT32_MAX);
	fake_ask(alice, "{'request':'configure','bitrate':0}");
	g_assert_cmpuint(alice->bitrate, ==, 0);
	end();
}

static void test_playout_delay(void)
{
	begin("");
	fake_ask(alice,
		"{'request':'configure','streams':[{'mid':'1','min_delay':10,'max_delay':99999}]}");
	g_assert_cmpint(sub->lines[1].layers.playout_min, ==, 10);
	g_assert_cmpint(sub->lines[1].layers.playout_max, ==, 4095);
	fake_ask(alice, "{'request':'configure','min_delay':-5,'max_delay':-5}");
	g_assert_cmpint(sub->lines[1].layers.playout_min, <, 0);
	end();
}

static void test_unpublish_and_again(void)
{
	begin("");
	fake_ask(alice, "{'request':'unpublish'}");
	assert_next(bob, EVENT("'unpublished':1,'display':'Alice'"));
	assert_next(alice, EVENT("'unpublished':'ok'"));
	assert_next(sub,
		"{'videoroom':'updated','room':9,'streams':[" EMPTY("audio", "0") "," EMPTY(
			"video", "1") "],'jsep':'offer'}");
	assert_next(alice, "{'janus':'hangup','reason':'Close PC'}");
	assert_silence();
	g_assert_cmpuint(fake_host_fanouts(), ==, 0);
	fake_ask(alice, "{'request':'unpublish'}");
	assert_next(alice, FAILURE("435", "Can\\u0027t unpublish, not published"));
	fake_ask_offer(alice, "{'request':'publish'}", "a");
	assert_next(alice,
		EVENT("'configured':'ok','audio_codec':'opus','streams':[" OWN_AUDIO(
			"0") "],'jsep':'answer'"));
	fake_up(alice);
	assert_next(bob,
		EVENT("'publishers':[{'id':1,'display':'Alice','audio_codec':'opus','streams':"
		      "[" AUDIO("0") "]}]"));
	fake_ask(alice, "{'request':'publish'}");
	assert_next(alice, FAILURE("434", "Can\\u0027t publish, already published"));
	assert_silence();
	end();
}

/* An m-line that fits no codec of the room is answered inactive. */
static void test_rejected_media(void)
{
	struct fake_client *c;

	room_begin("");
	c = room_join(1, "Alice");
	fake_ask_offer(c, "{'request':'publish'}", "uh");
	assert_next(c,
		EVENT("'configured':'ok','streams':[{'type':'audio','mindex':0,'mid':'0','disabled'"
		      ":true}," DISABLED("1") "],'jsep':'answer'"));
	g_assert_cmpuint(fake_host_fanouts(), ==, 0);
	fake_client_free(c);
	fake_host_stop();
}

static void test_forced_codec(void)
{
	struct fake_client *c;

	room_begin("audiocodec = \"opus,pcmu\"; videocodec = \"vp8,vp9,h264\";");
	c = room_join(1, "Alice");
	fake_ask_offer(c, "{'request':'publish','audiocodec':'pcmu','videocodec':'h264'}", "av");
	assert_has(c->reply,
		"{'audio_codec':'pcmu','video_codec':'h264','streams':[{'codec':'pcmu','fec':null},"
		"{'codec':'h264','h264_profile':'42e01f'}]}");
	fake_client_free(c);
	c = room_join(1, "Alice");
	fake_ask_offer(c, "{'request':'publish','videocodec':'av1'}", "av");
	assert_has(c->reply, FAILURE("430", "Video codec unavailable in this room"));
	fake_ask_offer(c, "{'request':'publish','audiocodec':'nothing'}", "av");
	assert_has(c->reply, FAILURE("430", "Audio codec unavailable in this room"));
	g_assert_cmpuint(fake_host_fanouts(), ==, 0);
	assert_has(fake_ask(c, "{'request':'configure','audiocodec':'nothing'}"),
		"{'configured':'ok'}");
	fake_client_free(c);
	fake_host_stop();
}

static void test_simulcast_and_svc(void)
{
	struct fake_client *c;
	json_t *svc = json_pack("[{s:i,s:s}]", "mindex", 0, "svc", "L3T3");

	room_begin("videocodec = \"vp8,vp9\";");
	c = room_join(1, "Alice");
	fake_ask_offer(c, "{'request':'publish'}", "s");
	assert_has(c->reply,
		"{'streams':[{'type':'video','codec':'vp8','simulcast':true,'svc':null}]}");
	fake_client_free(c);
	c = room_join(1, "Alice");
	c->svc = svc;
	fake_ask_offer(c, "{'request':'publish'}", "9v");
	assert_has(c->reply,
		"{'streams':[{'codec':'vp9','svc':true,'vp9_profile':'0'},{'codec':'vp8','svc':"
		"null}]}");
	fake_client_free(c);
	json_decref(svc);
	fake_host_stop();
}

static void test_too_many_publishers(void)
{
	struct fake_client *c;

	begin("");
	fake_ask(bob, "{'request':'edit','room':9,'new_publishers':1}");
	fake_forget();
	fake_ask_offer(bob, "{'request':'publish'}", "av");
	assert_next(bob, FAILURE("432", "Maximum number of publishers (1) already reached"));
	assert_has(fake_ask(bob, "{'request':'configure'}"), "{'configured':'ok'}");
	assert_has(fake_ask_offer(alice, "{'request':'configure'}", "av"), "{'configured':'ok'}");
	c = fake_client_new();
	fake_forget();
	fake_ask_offer(c, "{'request':'joinandconfigure','room':9,'ptype':'publisher'}", "a");
	assert_next(c, FAILURE("432", "Maximum number of publishers (1) already reached"));
	assert_silence();
	fake_client_free(c);
	end();
}

static const struct room_refusal refusals[] = {
	{ "{'request':'configure','audiocodec':1}", 430,
		"Invalid element type (audiocodec should be a string)" },
	{ "{'request':'configure','videocodec':[]}", 430,
		"Invalid element type (videocodec should be a string)" },
	{ "{'request':'configure','bitrate':-1}", 430,
		"Invalid element type (bitrate should be a positive integer)" },
	{ "{'request':'configure','bitrate':1.5}", 430,
		"Invalid element type (bitrate should be a positive integer)" },
	{ "{'request':'configure','keyframe':1}", 430,
		"Invalid element type (keyframe should be a boolean)" },
	{ "{'request':'configure','record':'yes'}", 430,
		"Invalid element type (record should be a boolean)" },
	{ "{'request':'configure','filename':1}", 430,
		"Invalid element type (filename should be a string)" },
	{ "{'request':'configure','secret':1}", 430,
		"Invalid element type (secret should be a string)" },
	{ "{'request':'configure','display':false}", 430,
		"Invalid element type (display should be a string)" },
	{ "{'request':'configure','metadata':[]}", 430,
		"Invalid element type (metadata should be an object)" },
	{ "{'request':'configure','audio_level_average':-1}", 430,
		"Invalid element type (audio_level_average should be a positive integer)" },
	{ "{'request':'configure','audio_active_packets':'1'}", 430,
		"Invalid element type (audio_active_packets should be a positive integer)" },
	{ "{'request':'configure','descriptions':{}}", 430,
		"Invalid element type (descriptions should be an array)" },
	{ "{'request':'configure','descriptions':['x']}", 430,
		"Invalid element type (array entries should be objects)" },
	{ "{'request':'configure','descriptions':[{'mid':'1'}]}", 429,
		"Missing mandatory element (description)" },
	{ "{'request':'configure','descriptions':[{'mid':1,'description':'x'}]}", 430,
		"Invalid element type (mid should be a string)" },
	{ "{'request':'configure','streams':1}", 430,
		"Invalid element type (streams should be an array)" },
	{ "{'request':'configure','streams':[{'mid':'1','send':1}]}", 430,
		"Invalid element type (send should be a boolean)" },
	{ "{'request':'configure','streams':[{'mid':'1','keyframe':1}]}", 430,
		"Invalid element type (keyframe should be a boolean)" },
	{ "{'request':'configure','streams':[{'mid':'1','min_delay':'x'}]}", 430,
		"Invalid element type (min_delay should be an integer)" },
	{ "{'request':'configure','streams':[{'mid':'0','send':false},{'send':false}]}", 430,
		"mid can't be null in a streams array" },
	{ "{'request':'configure','display':'X','streams':[{'mid':'0','send':false},{'mid':'9'}]}",
		428, "No such mid '9' published" },
	{ "{'request':'configure','display':'X','mid':'9','send':false}", 428,
		"No such mid '9' published" },
	{ "{'request':'configure','send':'no'}", 430,
		"Invalid element type (send should be a boolean)" },
	{ "{'request':'configure','mid':1}", 430, "Invalid element type (mid should be a string)" },
	{ "{'request':'configure','max_delay':[]}", 430,
		"Invalid element type (max_delay should be an integer)" },
	{ "{'request':'configure','audio':1}", 430,
		"Invalid element type (audio should be a boolean)" },
	{ "{'request':'configure','video':'x'}", 430,
		"Invalid element type (video should be a boolean)" },
	{ "{'request':'configure','data':{}}", 430,
		"Invalid element type (data should be a boolean)" },
	{ "{'request':'configure','update':1}", 430,
		"Invalid element type (update should be a boolean)" },
	{ "{'request':'configure','restart':1}", 430,
		"Invalid element type (restart should be a boolean)" },
	{ "{'request':'publish'}", 434, "Can't publish, already published" },
};

static void test_refused(void)
{

	begin("");
	room_refused(alice, refusals, G_N_ELEMENTS(refusals));
	g_assert_true(fake_fanout_is_open(alice->lines[0].to));
	g_assert_cmpuint(alice->keyframes, ==, 0);
	assert_has(fake_ask(bob, "{'request':'listparticipants','room':9}"),
		"{'participants':[{'id':1,'display':'Alice','metadata':null,'publisher':true},{'id'"
		":2}]}");
	end();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/videoroom/publish/adding-a-track", test_adding_a_track);
	g_test_add_func("/videoroom/publish/disabling-a-track", test_disabling_a_track);
	g_test_add_func("/videoroom/publish/ice-restart", test_ice_restart);
	g_test_add_func("/videoroom/publish/labels", test_labels);
	g_test_add_func("/videoroom/publish/names", test_names);
	g_test_add_func("/videoroom/publish/first-name", test_first_name_is_not_told);
	g_test_add_func("/videoroom/publish/gates", test_gates);
	g_test_add_func("/videoroom/publish/bitrate-and-keyframe", test_bitrate_and_keyframe);
	g_test_add_func("/videoroom/publish/playout-delay", test_playout_delay);
	g_test_add_func("/videoroom/publish/unpublish-and-again", test_unpublish_and_again);
	g_test_add_func("/videoroom/publish/rejected-media", test_rejected_media);
	g_test_add_func("/videoroom/publish/forced-codec", test_forced_codec);
	g_test_add_func("/videoroom/publish/simulcast-and-svc", test_simulcast_and_svc);
	g_test_add_func("/videoroom/publish/too-many", test_too_many_publishers);
	g_test_add_func("/videoroom/publish/refused", test_refused);
	return g_test_run();
}
