/*
 * VideoRoom against a fake host: coming into a room, in the order in which everybody hears of it
 * (the sequences of a conference and of a shared screen).
 */
#include "tests/lib/fake_room.h"

static void test_conference(void)
{
	struct fake_client *a, *b, *sub;

	room_begin("notify_joining = true;");
	a = fake_client_new();
	b = fake_client_new();
	sub = fake_client_new();
	fake_ask(a, "{'request':'join','room':9,'ptype':'publisher','id':1001,'display':'Alice'}");
	g_assert_false(a->sync);
	assert_next(a,
		"{'videoroom':'joined','room':9,'description':'Nine','id':1001,'private_id':'*',"
		"'publishers':[],'attendees':[]}");
	fake_ask_offer(a, "{'request':'configure','audio':true,'video':true}", "av");
	assert_next(a,
		"{'videoroom':'event','room':9,'configured':'ok','audio_codec':'opus','video_codec'"
		":'vp8',"
		"'streams':[" OWN_AUDIO("0") "," OWN_VIDEO("1") "],'jsep':'answer'}");
	fake_up(a);
	assert_silence();

	fake_ask(b,
		"{'request':'join','room':9,'ptype':'publisher','id':1002,'display':'Bob',"
		"'metadata':{'role':'guest'}}");
	assert_next(a, EVENT("'joining':{'id':1002,'display':'Bob','metadata':{'role':'guest'}}"));
	assert_next(b,
		"{'videoroom':'joined','room':9,'description':'Nine','id':1002,'private_id':'*',"
		"'publishers':[{'id':1001,'display':'Alice','audio_codec':'opus','video_codec':'"
		"vp8',"
		"'streams':[{'type':'audio','mindex':0,'mid':'0','codec':'opus','fec':true,"
		"'talking':false}," VIDEO("1") "],'talking':false}],'attendees':[]}");
	fake_ask_offer(
		b, "{'request':'publish','descriptions':[{'mid':'1','description':'cam'}]}", "avd");
	assert_next(b,
		"{'videoroom':'event','room':9,'configured':'ok','audio_codec':'opus','video_codec'"
		":'vp8',"
		"'streams':[" OWN_AUDIO(
			"0") ",{'type':'video','mindex':1,'mid':'1','description':'cam',"
			     "'codec':'vp8','videoorient_ext_id':13,'playoutdelay_ext_id':5}," DATA(
				     "2") "],'jsep':'answer'}");
	assert_silence(); /* the others hear of it when it is up */
	fake_up(b);
	assert_next(a,
		EVENT("'publishers':[{'id':1002,'display':'Bob','metadata':{'role':'guest'},"
		      "'audio_codec':'opus','video_codec':'vp8','streams':[" AUDIO(
			      "0") ",{'type':'video',"
				   "'mindex':1,'mid':'1','description':'cam','codec':'vp8'}," DATA(
					   "2") "]}]"));

	fake_ask(sub,
		"{'request':'join','ptype':'subscriber','room':9,'use_msid':true,'streams':["
		"{'feed':1001,'mid':'0','crossrefid':'x1'},{'feed':1001,'mid':'1'}]}");
	assert_next(sub,
		"{'videoroom':'attached','room':9,'streams':[{'type':'audio','active':true,'mindex'"
		":0,"
		"'mid':'0','crossrefid':'x1','ready':false,'send':true,'feed_id':1001,"
		"'feed_display':'Alice','feed_mid':'0','codec':'opus'}," FED_VIDEO(
			"1", "false", "1001", "Alice", "1") "],'jsep':'offer'}");
	g_assert_cmpstr(limen_sdp_line(sub->offer, 0)->msid, ==, "1001 0");
	g_assert_cmpstr(sub->offer->name, ==, "VideoRoom 9");
	g_assert_cmpint(limen_sdp_line(sub->offer, 1)->dir, ==, LIMEN_SENDONLY);
	fake_start(sub);
	assert_next(sub, EVENT("'started':'ok'"));
	fake_up(sub);
	g_assert_cmpuint(a->keyframes, >, 0);
	assert_silence();
	fake_client_free(sub);
	fake_client_free(a);
	fake_client_free(b);
	fake_host_stop();
}

/* A feed without a mid is all of its streams; data of all feeds share the last m-line. */
static void test_whole_feeds(void)
{
	struct fake_client *a, *b, *sub;

	room_begin("");
	a = room_publish(1001, "Alice", "av");
	b = room_publish(1002, "Bob", "avd");
	sub = fake_client_new();
	fake_ask(sub,
		"{'request':'join','ptype':'subscriber','room':9,'streams':[{'feed':1001},{'feed':"
		"1002}]}");
	assert_next(sub,
		"{'videoroom':'attached','room':9,'streams':[" FED_AUDIO("0", "false", "1001",
			"Alice",
			"0") "," FED_VIDEO("1", "false", "1001", "Alice", "1") "," FED_AUDIO("2",
			"false", "1002", "Bob", "0") "," FED_VIDEO("3", "false", "1002", "Bob",
			"1") ",{'type':'data','active':true,'mindex':4,'mid':'4','ready':false,'"
			     "send':true,'sources':1,"
			     "'source_ids':[1002]}],'jsep':'offer'}");
	g_assert_cmpstr(limen_sdp_line(sub->offer, 3)->msid, ==, "janus janus3");
	fake_client_free(sub);
	fake_client_free(a);
	fake_client_free(b);
	fake_host_stop();
}

/* One person with two handles; the second ends by detaching. */
static void test_screen_share(void)
{
	struct fake_client *camera, *screen, *bob, *sub;
	g_autofree char *body = NULL;

	room_begin("require_pvtid = true;");
	camera = room_publish(1001, "Alice", "av");
	bob = fake_client_new();
	fake_ask(bob, "{'request':'join','room':9,'ptype':'publisher','id':1002}");
	body = g_strdup_printf(
		"{'request':'join','room':9,'ptype':'subscriber','private_id':%" JSON_INTEGER_FORMAT
		",'streams':[{'feed':1001}]}",
		json_integer_value(json_object_get(bob->reply, "private_id")));
	fake_forget();
	screen = fake_client_new();
	fake_ask(screen,
		"{'request':'join','room':9,'ptype':'publisher','id':1011,'display':'Alice "
		"(screen)'}");
	assert_next(screen,
		"{'videoroom':'joined','room':9,'description':'Nine','id':1011,'private_id':'*',"
		"'publishers':[{'id':1001,'display':'Alice','audio_codec':'opus','video_codec':'"
		"vp8',"
		"'streams':'*','talking':false}]}");
	assert_silence(); /* without notify_joining nobody hears of it */
	fake_ask_offer(screen,
		"{'request':'publish','descriptions':[{'mid':'0','description':'screen'}]}", "v");
	fake_up(screen);
	fake_forget();

	sub = fake_client_new();
	fake_ask(sub, "{'request':'join','room':9,'ptype':'subscriber','streams':[{'feed':1011}]}");
	assert_next(sub, FAILURE("433", "Unauthorized (this room requires a valid private_id)"));
	fake_ask(sub,
		"{'request':'join','room':9,'ptype':'subscriber','private_id':4294967296,"
		"'streams':[{'feed':1011}]}");
	assert_next(sub, FAILURE("433", "Unauthorized (this room requires a valid private_id)"));
	assert_has(fake_ask(sub, body), "{'videoroom':'attached'}");
	fake_start(sub);
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':1011}]}");
	fake_start(sub);
	fake_forget();

	fake_client_free(screen);
	assert_next(camera, EVENT("'unpublished':1011,'display':'Alice (screen)'"));
	assert_next(bob, EVENT("'unpublished':1011,'display':'Alice (screen)'"));
	assert_next(camera, EVENT("'leaving':1011,'display':'Alice (screen)'"));
	assert_next(bob, EVENT("'leaving':1011,'display':'Alice (screen)'"));
	assert_next(sub,
		"{'videoroom':'updated','room':9,'streams':[" FED_AUDIO(
			"0", "true", "1001", "Alice", "0") "," FED_VIDEO("1", "true", "1001",
			"Alice", "1") "," EMPTY("video", "2") "],'jsep':'offer'}");
	g_assert_cmpint(limen_sdp_line(sub->offer, 2)->dir, ==, LIMEN_INACTIVE);
	fake_start(sub);
	assert_next(sub, EVENT("'started':'ok'"));
	assert_silence();
	fake_client_free(sub);
	fake_client_free(camera);
	fake_client_free(bob);
	fake_host_stop();
}

static void test_watching_a_screen_the_old_way(void)
{
	struct fake_client *a, *w;

	room_begin("");
	a = room_publish(1011, "Alice (screen)", "av");
	w = fake_client_new();
	fake_ask(w,
		"{'request':'join','ptype':'subscriber','room':9,'feed':1011,'offer_audio':false}");
	assert_next(w,
		"{'videoroom':'attached','room':9,'id':1011,'display':'Alice (screen)',"
		"'warning':'deprecated_api','streams':[" FED_VIDEO(
			"0", "false", "1011", "Alice (screen)", "1") "],'jsep':'offer'}");
	fake_client_free(w);
	w = fake_client_new();
	fake_ask(w,
		"{'request':'join','ptype':'subscriber','room':9,'feed':1011,'audio':false,'video':"
		"false}");
	assert_next(w, FAILURE("437", "Can\\u0027t offer an SDP with no stream"));
	fake_ask(w, "{'request':'join','ptype':'subscriber','room':9,'feed':4}");
	assert_next(w, FAILURE("428", "No such feed (4)"));
	fake_ask(w, "{'request':'join','ptype':'subscriber','room':9}");
	assert_next(w, FAILURE("429", "Missing mandatory element (feed)"));
	fake_client_free(w);
	fake_client_free(a);
	fake_host_stop();
}

static void test_join_and_configure(void)
{
	struct fake_client *a, *b;

	room_begin("notify_joining = true;");
	a = room_join(1, "Alice");
	b = fake_client_new();
	fake_ask_offer(b,
		"{'request':'joinandconfigure','room':9,'ptype':'publisher','id':2,'display':'Bob',"
		"'metadata':{'a':1},'descriptions':[{'mid':'1','description':'cam'}],'bitrate':"
		"300000}",
		"av");
	assert_next(a, EVENT("'joining':{'id':2,'display':'Bob','metadata':{'a':1}}"));
	assert_next(b,
		"{'videoroom':'joined','room':9,'description':'Nine','id':2,'private_id':'*','"
		"publishers':[],"
		"'attendees':[{'id':1,'display':'Alice'}],'audio_codec':'opus','video_codec':'vp8',"
		"'streams':[" OWN_AUDIO(
			"0") ",{'type':'video','mindex':1,'mid':'1','description':'cam','codec':'"
			     "vp8',"
			     "'videoorient_ext_id':13,'playoutdelay_ext_id':5}],'jsep':'answer'}");
	assert_silence();
	g_assert_cmpuint(b->bitrate, ==, 300000);
	fake_up(b);
	assert_next(a,
		"{'videoroom':'event','room':9,'publishers':[{'id':2,'display':'Bob',"
		"'metadata':{'a':1},'audio_codec':'opus','video_codec':'vp8','streams':'*'}]}");
	fake_ask(b, "{'request':'joinandconfigure','room':9,'ptype':'publisher'}");
	assert_next(b, FAILURE("425", "Already in as a publisher on this handle"));
	fake_client_free(a);
	fake_client_free(b);
	fake_host_stop();
}

/* A refused one leaves nobody in the room and tells nobody. */
static const struct room_refusal join_and_configure_refused_cases[] = {
	{ "{'request':'joinandconfigure','room':9,'ptype':'subscriber'}", 430,
		"Invalid element (ptype)" },
	{ "{'request':'joinandconfigure','room':9,'ptype':'publisher','bitrate':-1}", 430,
		"Invalid element type (bitrate should be a positive integer)" },
	{ "{'request':'joinandconfigure','room':9,'ptype':'publisher','descriptions':[{}]}", 429,
		"Missing mandatory element (mid)" },
	{ "{'request':'joinandconfigure','room':9,'ptype':'publisher','streams':[{'mid':'7'"
	  "}]}",
		428, "No such mid '7' published" },
};

static void test_join_and_configure_refused(void)
{
	struct fake_client *a, *b;

	room_begin("notify_joining = true; require_e2ee = true;");
	a = room_join(1, "Alice");
	b = fake_client_new();
	room_refused(b, join_and_configure_refused_cases,
		G_N_ELEMENTS(join_and_configure_refused_cases));
	fake_ask_offer(b, "{'request':'joinandconfigure','room':9,'ptype':'publisher'}", "av");
	assert_next(b, FAILURE("433", "Room requires end-to-end encrypted media"));
	b->encrypts = true;
	fake_ask_offer(b,
		"{'request':'joinandconfigure','room':9,'ptype':'publisher','videocodec':'h264'}",
		"av");
	assert_next(b, FAILURE("430", "Video codec unavailable in this room"));
	assert_silence();
	fake_ask(a, "{'request':'listparticipants','room':9}");
	assert_next(a,
		"{'videoroom':'participants','room':9,'participants':["
		"{'id':1,'display':'Alice','publisher':false}]}");
	g_assert_cmpuint(fake_host_fanouts(), ==, 0);
	fake_client_free(a);
	fake_client_free(b);
	fake_host_stop();
}

static const struct room_refusal refusals[] = {
	{ "{'request':'join','ptype':'publisher'}", 429, "Missing mandatory element (room)" },
	{ "{'request':'join','room':9}", 429, "Missing mandatory element (ptype)" },
	{ "{'request':'join','room':'9','ptype':'publisher'}", 430,
		"Invalid element type (room should be a positive integer)" },
	{ "{'request':'join','room':-9,'ptype':'publisher'}", 430,
		"Invalid element type (room should be a positive integer)" },
	{ "{'request':'join','room':9.0,'ptype':'publisher'}", 430,
		"Invalid element type (room should be a positive integer)" },
	{ "{'request':'join','room':9223372036854775807,'ptype':'publisher'}", 426,
		"No such room (9223372036854775807)" },
	{ "{'request':'join','room':0,'ptype':'publisher'}", 426, "No such room (0)" },
	{ "{'request':'join','room':9,'ptype':1}", 430,
		"Invalid element type (ptype should be a string)" },
	{ "{'request':'join','room':9,'ptype':'publisher'}", 429,
		"Missing mandatory element (pin)" },
	{ "{'request':'join','room':9,'ptype':'publisher','pin':5}", 430,
		"Invalid element type (pin should be a string)" },
	{ "{'request':'join','room':9,'ptype':'publisher','pin':'q'}", 433,
		"Unauthorized (wrong pin)" },
	{ "{'request':'join','room':9,'ptype':'subscriber','pin':'q','streams':[{'feed':1}]"
	  "}",
		433, "Unauthorized (wrong pin)" },
	{ "{'request':'join','room':9,'ptype':'boss','pin':'p'}", 430, "Invalid element (ptype)" },
	{ "{'request':'join','room':9,'ptype':'publisher','pin':'p','id':'x'}", 430,
		"Invalid element type (id should be a positive integer)" },
	{ "{'request':'join','room':9,'ptype':'publisher','pin':'p','id':1}", 436,
		"User ID 1 already exists" },
	{ "{'request':'join','room':9,'ptype':'publisher','pin':'p','display':7}", 430,
		"Invalid element type (display should be a string)" },
	{ "{'request':'join','room':9,'ptype':'publisher','pin':'p','metadata':'x'}", 430,
		"Invalid element type (metadata should be an object)" },
	{ "{'request':'join','room':9,'ptype':'publisher','pin':'p','token':1}", 430,
		"Invalid element type (token should be a string)" },
	{ "{'request':'join','room':9,'ptype':'publisher','pin':'p','audio_level_average':-"
	  "1}",
		430, "Invalid element type (audio_level_average should be a positive integer)" },
	{ "{'request':'join','room':9,'ptype':'publisher','pin':'p','audio_active_packets':"
	  "'x'}",
		430,
		"Invalid element type (audio_active_packets should be a positive "
		"integer)" },
	{ "{'request':'join','room':9,'ptype':'subscriber','pin':'p','streams':{}}", 430,
		"Invalid element type (streams should be an array)" },
	{ "{'request':'join','room':9,'ptype':'subscriber','pin':'p','streams':[3]}", 430,
		"Invalid element type (array entries should be objects)" },
	{ "{'request':'join','room':9,'ptype':'subscriber','pin':'p','streams':[{}]}", 429,
		"Missing mandatory element (feed)" },
	{ "{'request':'join','room':9,'ptype':'subscriber','pin':'p','streams':[{'feed':1}]"
	  "}",
		428, "No such feed (1)" },
	{ "{'request':'join','room':9,'ptype':'subscriber','pin':'p','private_id':-1,'"
	  "streams':[]}",
		430, "Invalid element type (private_id should be a positive integer)" },
	{ "{'request':'join','room':9,'ptype':'subscriber','pin':'p','use_msid':1,'streams'"
	  ":[]}",
		430, "Invalid element type (use_msid should be a boolean)" },
	{ "{'request':'join','room':9,'ptype':'subscriber','pin':'p','autoupdate':'x','"
	  "streams':[]}",
		430, "Invalid element type (autoupdate should be a boolean)" },
	{ "{'request':'join','room':9,'ptype':'subscriber','pin':'p','streams':[]}", 437,
		"Can't offer an SDP with no stream" },
	{ "{'request':'configure'}", 424, "Invalid request on unconfigured participant" },
	{ "{'request':'publish'}", 424, "Invalid request on unconfigured participant" },
	{ "{'request':'unpublish'}", 424, "Invalid request on unconfigured participant" },
	{ "{'request':'start'}", 424, "Invalid request on unconfigured participant" },
	{ "{'request':'update'}", 424, "Invalid request on unconfigured participant" },
	{ "{'request':'switch'}", 424, "Invalid request on unconfigured participant" },
	{ "{'request':'leave'}", 424, "Invalid request on unconfigured participant" },
	{ "{'request':'hangup'}", 423, "Unknown request 'hangup'" },
};

static void test_refused(void)
{
	struct fake_client *a, *c;

	room_begin("pin = \"p\"; notify_joining = true;");
	a = fake_client_new();
	fake_ask(a, "{'request':'join','room':9,'ptype':'publisher','id':1,'pin':'p'}");
	fake_forget();
	c = fake_client_new();
	room_refused(c, refusals, G_N_ELEMENTS(refusals));
	fake_ask_offer(c,
		"{'request':'join','room':9,'ptype':'subscriber','pin':'p','streams':[{'feed':1}]}",
		"a");
	assert_next(c, FAILURE("423", "Can\\u0027t send an offer to create subscribers"));
	assert_has(fake_ask(c, "{'request':'list'}"), "{'list':[{'room':9,'num_participants':1}]}");
	fake_client_free(c);
	fake_client_free(a);
	fake_host_stop();
}

static void test_what_does_not_fit_a_role(void)
{
	struct fake_client *a, *sub;

	room_begin("");
	a = room_publish(1, "Alice", "av");
	sub = room_subscribe("[{'feed':1}]");
	fake_ask(a, "{'request':'start'}");
	assert_next(a, FAILURE("423", "Unknown request \\u0027start\\u0027"));
	g_assert_false(a->sync);
	fake_ask(sub, "{'request':'publish'}");
	assert_next(sub, FAILURE("423", "Unknown request \\u0027publish\\u0027"));
	g_assert_false(sub->sync);
	fake_ask(a, "{'request':'join','room':9,'ptype':'publisher'}");
	assert_next(a, FAILURE("425", "Already in as a publisher on this handle"));
	fake_ask(sub, "{'request':'JOIN','room':9,'ptype':'subscriber','streams':[{'feed':1}]}");
	assert_next(sub, FAILURE("425", "Already in as a subscriber on this handle"));
	fake_client_free(sub);
	fake_client_free(a);
	fake_host_stop();
}

static void test_overrides_are_echoed(void)
{
	struct fake_client *a;

	room_begin("");
	a = fake_client_new();
	fake_ask(a,
		"{'request':'join','room':9,'ptype':'publisher','id':0,'audio_level_average':40,"
		"'audio_active_packets':10}");
	assert_next(a,
		"{'videoroom':'joined','room':9,'description':'Nine','id':'*','private_id':'*',"
		"'publishers':[],'audio_level_average':40,'audio_active_packets':10}");
	g_assert_cmpint(json_integer_value(json_object_get(a->reply, "id")), >, 0);
	fake_client_free(a);
	fake_host_stop();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/videoroom/join/conference", test_conference);
	g_test_add_func("/videoroom/join/whole-feeds", test_whole_feeds);
	g_test_add_func("/videoroom/join/screen-share", test_screen_share);
	g_test_add_func("/videoroom/join/watching-the-old-way", test_watching_a_screen_the_old_way);
	g_test_add_func("/videoroom/join/and-configure", test_join_and_configure);
	g_test_add_func("/videoroom/join/and-configure-refused", test_join_and_configure_refused);
	g_test_add_func("/videoroom/join/refused", test_refused);
	g_test_add_func("/videoroom/join/not-for-this-role", test_what_does_not_fit_a_role);
	g_test_add_func("/videoroom/join/overrides-are-echoed", test_overrides_are_echoed);
	return g_test_run();
}
