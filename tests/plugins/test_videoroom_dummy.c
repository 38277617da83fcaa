/*
 * VideoRoom against a fake host: the dummy publisher of a room. Whoever joins sees it, a subscriber
 * negotiates its m-lines and switches real feeds in without an offer.
 */
#include <string.h>
#include "tests/lib/fake_room.h"

static struct fake_client *alice, *sub;
static char *dummy; /* its id, as it stands in JSON */

#define DUMMY_OPUS "{'type':'audio','mindex':0,'mid':'0','codec':'opus','fec':true}"
#define DUMMY_VIDEO(mid, codec)                                                                    \
	"{'type':'video','mindex':" mid ",'mid':'" mid "','codec':'" codec "'}"
#define DUMMY(streams)                                                                             \
	"{'id':'*','display':'Dummy publisher','dummy':true,'audio_codec':'opus',"                 \
	"'video_codec':'vp8','streams':[" streams "]}"
#define TWO_STREAMS DUMMY_OPUS "," DUMMY_VIDEO("1", "vp8")

/* A room of these settings with a dummy, and Alice in it. */
static void begin(const char *settings)
{
	g_autofree char *all = g_strdup_printf("dummy_publisher = true; %s", settings);
	const json_t *list;

	room_begin(all);
	alice = fake_client_new();
	fake_ask(alice,
		"{'request':'join','room':9,'ptype':'publisher','id':1001,'display':'Alice'}");
	list = json_object_get(alice->reply, "publishers");
	g_assert_cmpuint(json_array_size(list), ==, 1);
	dummy = json_dumps(json_object_get(json_array_get(list, 0), "id"), JSON_ENCODE_ANY);
}

static void end(void)
{
	fake_client_free(alice);
	free(dummy);
	fake_host_stop();
}

static void test_who_sees_it(void)
{
	begin("notify_joining = true");
	assert_next(alice,
		"{'videoroom':'joined','room':9,'description':'Nine','id':1001,'private_id':'*',"
		"'publishers':[" DUMMY(TWO_STREAMS) "],'attendees':[]}");
	fake_ask(alice, "{'request':'listparticipants','room':9}");
	assert_next(alice,
		"{'videoroom':'participants','room':9,'participants':[{'id':%s,"
		"'display':'Dummy publisher','dummy':true,'publisher':true},"
		"{'id':1001,'display':'Alice','publisher':false}]}",
		dummy);
	assert_has(fake_ask(alice, "{'request':'list'}"),
		"{'list':[{'room':9,'dummy_publisher':true,'num_participants':2}]}");
	end();
}

/* It does not count as a publisher, and its id is taken. */
static void test_limits(void)
{
	g_autofree char *body = NULL;
	struct fake_client *c;

	begin("");
	fake_ask(alice, "{'request':'edit','room':9,'new_publishers':1}");
	assert_has(fake_ask_offer(alice, "{'request':'publish'}", "av"), "{'configured':'ok'}");
	c = fake_client_new();
	body = g_strdup_printf("{'request':'join','room':9,'ptype':'publisher','id':%s}", dummy);
	g_assert_cmpint(fake_error(fake_ask(c, body)), ==, 436);
	fake_client_free(c);
	end();
}

static void test_kick(void)
{
	g_autofree char *body = NULL;

	begin("secret = \"s\"");
	fake_forget();
	body = g_strdup_printf("{'request':'kick','room':9,'id':%s,'secret':'s'}", dummy);
	fake_ask(alice, body);
	g_assert_cmpint(fake_error(alice->reply), ==, 428);
	g_assert_cmpstr(json_string_value(json_object_get(alice->reply, "error")), ==,
		"Can't kick dummy users");
	assert_next(alice, "{'videoroom':'event','error_code':428,'error':'*'}");
	assert_silence();
	assert_has(fake_ask(alice, "{'request':'listparticipants','room':9}"),
		"{'participants':[{'dummy':true},{'id':1001,'dummy':null}]}");
	end();
}

/* A handle of its own that subscribed to all of the dummy and has answered. */
static void subscribe(void)
{
	g_autofree char *streams = g_strdup_printf("[{'feed':%s}]", dummy);

	sub = room_subscribe(streams);
}

#define SLOT(type, codec, mid, feed, display, feed_mid)                                            \
	"{'type':'" type "','active':true,'mindex':" mid ",'mid':'" mid                            \
	"','ready':true,'send':true,'feed_id':" feed ",'feed_display':'" display                   \
	"','feed_mid':'" feed_mid "','codec':'" codec "'}"

static void test_switch(void)
{
	const struct limen_sdp_media *video;

	begin("");
	assert_has(fake_ask_offer(alice, "{'request':'publish'}", "av"), "{'configured':'ok'}");
	fake_up(alice);
	subscribe();
	g_assert_cmpuint(sub->offers, ==, 1);
	video = g_ptr_array_index(sub->offer->media, 1);
	g_assert_cmpint(video->dir, ==, LIMEN_SENDONLY);
	/* what the real feed will need has been offered */
	g_assert_cmpuint(video->ext_id[LIMEN_EXT_ORIENTATION], ==, 13);
	g_assert_cmpuint(fake_host_receivers(), ==, 0);
	fake_ask(sub,
		"{'request':'switch','streams':[{'feed':1001,'mid':'0','sub_mid':'0'},"
		"{'feed':1001,'mid':'1','sub_mid':'1'}]}");
	assert_next(sub,
		EVENT("'switched':'ok','changes':2,'streams':[" SLOT("audio", "opus", "0", "1001",
			"Alice", "0") "," SLOT("video", "vp8", "1", "1001", "Alice", "1") "]"));
	assert_silence();
	g_assert_cmpuint(sub->offers, ==, 1);
	g_assert_true(sub->lines[1].from == alice->lines[1].to);
	fake_client_free(sub);
	end();
}

/* And back: the m-lines are kept, without media. */
static void test_switch_back(void)
{
	g_autofree char *body = NULL;

	begin("");
	assert_has(fake_ask_offer(alice, "{'request':'publish'}", "av"), "{'configured':'ok'}");
	fake_up(alice);
	subscribe();
	fake_ask(sub, "{'request':'switch','streams':[{'feed':1001,'mid':'1','sub_mid':'1'}]}");
	body = g_strdup_printf(
		"{'request':'switch','streams':[{'feed':%s,'mid':'1','sub_mid':'1'}]}", dummy);
	assert_has(fake_ask(sub, body), "{'switched':'ok','changes':1}");
	g_assert_cmpuint(fake_host_receivers(), ==, 0);
	g_assert_cmpuint(sub->offers, ==, 1);
	fake_client_free(sub);
	end();
}

/* A subscriber may let its m-lines go and take them again. */
static void test_unsubscribe(void)
{
	g_autofree char *leave = NULL, *come = NULL;

	begin("");
	subscribe();
	leave = g_strdup_printf("{'request':'unsubscribe','streams':[{'feed':%s}]}", dummy);
	come = g_strdup_printf("{'request':'subscribe','streams':[{'feed':%s,'mid':'1'}]}", dummy);
	fake_ask(sub, leave);
	assert_next(sub,
		"{'videoroom':'updated','room':9,'streams':[" EMPTY("audio", "0") "," EMPTY(
			"video", "1") "],'jsep':'offer'}");
	fake_start(sub);
	assert_has(fake_ask(sub, come),
		"{'videoroom':'updated','streams':[{'active':false},{'active':true,'mid':'1'}]}");
	fake_client_free(sub);
	end();
}

/* All codecs of the room, the audio ones first, with the parameters that the room asks for. */
static void test_codecs_of_the_room(void)
{
	begin("audiocodec = \"opus,pcmu\"; videocodec = \"vp8,vp9,h264\"; opus_dtx = true; "
	      "vp9_profile = \"2\"; h264_profile = \"42e01f\"");
	assert_has(alice->reply,
		"{'publishers':[{'streams':[{'codec':'opus','fec':true,'dtx':true,'stereo':null},"
		"{'codec':'pcmu'},{'codec':'vp8'},{'codec':'vp9','vp9_profile':'2'},"
		"{'codec':'h264','h264_profile':'42e01f','mindex':4,'mid':'4'}]}]}");
	end();
}

#define CREATE "{'request':'create','room':5,'dummy_publisher':true,"

/* Joins room 5 and looks at the publishers; then the room is destroyed. */
static void assert_dummy(const char *create, const char *publishers)
{
	struct fake_client *c = fake_client_new();

	assert_has(fake_ask(c, create), "{'videoroom':'created'}");
	fake_ask(c, "{'request':'join','room':5,'ptype':'publisher'}");
	fake_assert_has(json_object_get(c->reply, "publishers"), publishers);
	assert_has(fake_ask(c, "{'request':'destroy','room':5}"), "{'videoroom':'destroyed'}");
	fake_client_free(c);
}

static void test_streams_by_request(void)
{
	begin("");
	assert_dummy(CREATE "'videocodec':'vp8,h264'}",
		"[{'dummy':true,'streams':[{'codec':'opus'},{'codec':'vp8'},{'codec':'h264'}]}]");
	assert_dummy(CREATE "'dummy_streams':[]}",
		"[{'dummy':true,'streams':[{'codec':'opus'},{'codec':'vp8'}]}]");
	assert_dummy(CREATE "'videocodec':'vp8,h264','dummy_streams':[{'codec':'h264',"
			    "'fmtp':'profile-level-id=640c1f;packetization-mode=1'},"
			    "{'codec':'opus','fmtp':'stereo=1'}]}",
		"[{'streams':[{'codec':'h264','h264_profile':'640c1f','mid':'0'},"
		"{'codec':'opus','stereo':true,'fec':null,'mid':'1'}]}]");
	assert_dummy("{'request':'create','room':5,'dummy_streams':[{'codec':'vp8'}]}", "[]");
	end();
}

/* Nothing is left of a room that was refused, not even its dummy. */
static void test_refused(void)
{
	static const struct room_refusal cases[] = {
		{ CREATE "'dummy_streams':[{'codec':'vp9'}]}", 430,
			"Invalid element in the dummy_streams array (vp9 is not a codec of this "
			"room)" },
		{ CREATE "'dummy_streams':[{'codec':'strange'}]}", 430,
			"Invalid element in the dummy_streams array (strange is not a codec of "
			"this room)" },
		{ CREATE "'dummy_streams':[{'codec':'vp8','fmtp':5}]}", 430,
			"Invalid element in the dummy_streams array" },
		{ "{'request':'create','room':9,'dummy_publisher':true}", 427,
			"Room 9 already exists" },
	};
	g_autoptr(GString) many = g_string_new(CREATE "'dummy_streams':[{'codec':'vp8'}");

	begin("");
	fake_forget();
	room_refused(alice, cases, G_N_ELEMENTS(cases));
	for (int i = 0; i < 64; i++)
		g_string_append(many, ",{'codec':'vp8'}");
	g_string_append(many, "]}");
	room_refused(alice,
		&(struct room_refusal){
			many->str, 430, "Invalid element (more than 64 entries in dummy_streams)" },
		1);
	end();
}

/* A dummy for encrypted feeds does not go with clear ones. */
static void test_e2ee(void)
{
	begin("dummy_e2ee = true");
	assert_has(fake_ask_offer(alice, "{'request':'publish'}", "av"), "{'configured':'ok'}");
	fake_up(alice);
	subscribe();
	g_assert_true(sub->e2ee);
	g_assert_cmpint(
		fake_error(fake_ask(sub, "{'request':'subscribe','streams':[{'feed':1001}]}")), ==,
		438);
	assert_has(fake_ask(sub,
			   "{'request':'switch','streams':[{'feed':1001,'mid':'1',"
			   "'sub_mid':'1'}]}"),
		"{'changes':0}");
	fake_client_free(sub);
	end();
	begin("require_e2ee = true"); /* the default of dummy_e2ee */
	subscribe();
	g_assert_true(sub->e2ee);
	fake_client_free(sub);
	end();
}

/* It goes with its room; whoever receives it is in no room then. */
static void test_destroy(void)
{
	begin("");
	subscribe();
	fake_forget();
	fake_ask(alice, "{'request':'destroy','room':9}");
	assert_next(alice, "{'videoroom':'destroyed','room':9}");
	assert_next(alice, "{'videoroom':'destroyed','room':9,'permanent':false}");
	assert_silence();
	fake_client_free(sub);
	end();
}

/* Nobody is left out or told twice because a dummy cannot hear. */
static void test_events_pass_it_by(void)
{
	struct fake_client *bob;

	begin("");
	bob = room_join(1002, "Bob");
	assert_has(fake_ask_offer(alice, "{'request':'publish'}", "v"), "{'configured':'ok'}");
	fake_forget();
	fake_up(alice);
	assert_next(bob,
		EVENT("'publishers':[{'id':1001,'display':'Alice','video_codec':'vp8','streams':"
		      "[" VIDEO("0") "]}]"));
	assert_silence();
	fake_client_free(bob);
	end();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/videoroom/dummy/who-sees-it", test_who_sees_it);
	g_test_add_func("/videoroom/dummy/limits", test_limits);
	g_test_add_func("/videoroom/dummy/kick", test_kick);
	g_test_add_func("/videoroom/dummy/switch", test_switch);
	g_test_add_func("/videoroom/dummy/switch-back", test_switch_back);
	g_test_add_func("/videoroom/dummy/unsubscribe", test_unsubscribe);
	g_test_add_func("/videoroom/dummy/codecs-of-the-room", test_codecs_of_the_room);
	g_test_add_func("/videoroom/dummy/streams-by-request", test_streams_by_request);
	g_test_add_func("/videoroom/dummy/refused", test_refused);
	g_test_add_func("/videoroom/dummy/e2ee", test_e2ee);
	g_test_add_func("/videoroom/dummy/destroy", test_destroy);
	g_test_add_func("/videoroom/dummy/events-pass-it-by", test_events_pass_it_by);
	return g_test_run();
}
