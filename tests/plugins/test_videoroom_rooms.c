/*
 * VideoRoom against a fake host: making, changing, ending, listing rooms; secrets, lists,
 * configuration.
 */
#include <string.h>
#include "tests/lib/fake_host.h"

extern const struct limen_plugin limen_module;

static struct fake_client *begin_with(const char *config)
{
	fake_host_start(&limen_module, config);
	return fake_client_new();
}

static struct fake_client *begin(void)
{
	return begin_with("general: { }");
}

static void end(struct fake_client *c)
{
	fake_client_free(c);
	fake_host_stop();
}

static void test_demo_room(void)
{
	struct fake_client *c = begin_with(NULL);

	assert_has(fake_ask(c, "{'request':'list'}"),
		"{'videoroom':'success','list':[{'room':1234,'description':'Demo Room',"
		"'max_publishers':6,'pin_required':false,'is_private':false,'num_participants':0,'"
		"audiocodec':'opus'}]}");
	g_assert_true(c->sync);
	end(c);
}

static void test_no_demo_room_when_configured(void)
{
	struct fake_client *c = begin();

	assert_has(fake_ask(c, "{'request':'list'}"), "{'list':[]}");
	end(c);
}

static void test_configured_rooms(void)
{
	struct fake_client *c =
		begin_with("general: { admin_key = \"k\" }\nroom-77: { description = \"Mine\"; "
			   "publishers = 9; bitrate = 1000;"
			   " videocodec = \"h264, vp9\"; secret = \"s\"; notify_joining = true; "
			   "vp9_profile = \"2\" }\nroom-5: { is_private = true }");

	assert_has(fake_ask(c, "{'request':'list'}"),
		"{'list':[{'room':77,'description':'Mine','max_publishers':9,'bitrate':64000,"
		"'videocodec':'h264,vp9','notify_joining':true}]}");
	assert_has(fake_ask(c, "{'request':'list','admin_key':'k'}"),
		"{'list':[{'room':77},{'room':5,'description':'room-5'}]}");
	g_assert_cmpint(fake_error(fake_ask(c, "{'request':'list','admin_key':'x'}")), ==, 433);
	end(c);
}

static void test_wrong_configuration(void)
{
	g_assert_cmpint(fake_host_try(&limen_module, "room-abc: { }"), <, 0);
	g_assert_cmpint(fake_host_try(&limen_module, "room-0: { }"), <, 0);
	g_assert_cmpint(fake_host_try(&limen_module, "room-1: { audiocodec = \"mp3\" }"), <, 0);
	g_assert_cmpint(fake_host_try(&limen_module, "room-1: { videocodec = \"opus\" }"), <, 0);
}

static void test_create(void)
{
	struct fake_client *c = begin();
	const json_t *reply;

	assert_has(fake_ask(c, "{'request':'create','room':9,'bitrate':5}"),
		"{'videoroom':'created','room':9,'permanent':false}");
	g_assert_true(c->sync);
	assert_has(fake_ask(c, "{'request':'CREATE','room':9}"),
		"{'videoroom':'event','error_code':427,'error':'Room 9 already exists'}");
	reply = fake_ask(c, "{'request':'create','room':0}");
	g_assert_cmpint(json_integer_value(json_object_get(reply, "room")), >, 0);
	assert_has(fake_ask(c, "{'request':'list'}"),
		"{'list':[{'room':9,'bitrate':64000,'description':'Room 9'},{}]}");
	end(c);
}

static void test_create_with_wrong_members(void)
{
	static const struct {
		const char *body;
		int code;
	} cases[] = {
		{ "{'request':'create','room':-1}", 430 },
		{ "{'request':'create','room':'a'}", 430 },
		{ "{'request':'create','publishers':-1}", 430 },
		{ "{'request':'create','is_private':1}", 430 },
		{ "{'request':'create','audiocodec':'mp3'}", 430 },
		{ "{'request':'create','videocodec':'vp8,vp8,vp8,vp8,vp8,vp8'}", 430 },
		{ "{'request':'create','videocodec':''}", 430 },
		{ "{'request':'create','allowed':[1]}", 430 },
		{ "{'request':'create','allowed':'x'}", 430 },
		{ "{'request':'create','permanent':true}", 499 },
		{ "{'request':5}", 430 },
		{ "{}", 429 },
		{ "{'request':'nonsense'}", 423 },
		{ "{'request':'rtp_forward'}", 423 },
	};
	struct fake_client *c = begin();

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const int code = fake_error(fake_ask(c, cases[i].body));

		if (strcmp(cases[i].body, "{'request':5}") != 0)
			g_assert_cmpint(code, ==, cases[i].code);
		g_assert_true(c->sync);
	}
	assert_has(fake_ask(c, "{'request':'nonsense'}"),
		"{'videoroom':'event','error':'Unknown request \\u0027nonsense\\u0027'}");
	assert_has(fake_ask(c, "{'request':'list'}"), "{'list':[]}");
	end(c);
}

static void test_admin_key(void)
{
	struct fake_client *c = begin_with("general: { admin_key = \"king\" }");

	assert_has(fake_ask(c, "{'request':'create'}"),
		"{'error_code':429,'error':'Missing mandatory element (admin_key)'}");
	assert_has(fake_ask(c, "{'request':'create','admin_key':'kin'}"), "{'error_code':433}");
	assert_has(fake_ask(c, "{'request':'create','room':1,'admin_key':'king'}"),
		"{'videoroom':'created'}");
	end(c);
}

static void test_edit(void)
{
	struct fake_client *c = begin();

	fake_ask(c, "{'request':'create','room':9,'secret':'s','pin':'p'}");
	assert_has(fake_ask(c, "{'request':'edit','room':9}"),
		"{'error_code':429,'error':'Missing mandatory element (secret)'}");
	assert_has(fake_ask(c, "{'request':'edit','room':9,'secret':'x'}"),
		"{'error_code':433,'error':'Unauthorized (wrong secret)'}");
	assert_has(fake_ask(c,
			   "{'request':'edit','room':9,'secret':'s','new_description':'D','new_pin'"
			   ":'','new_publishers':7,'new_bitrate':1,"
			   "'new_secret':'t'}"),
		"{'videoroom':'edited','room':9,'permanent':false}");
	assert_has(fake_ask(c, "{'request':'list'}"),
		"{'list':[{'description':'D','max_publishers':7,'bitrate':64000,'pin_required':"
		"true}]}");
	g_assert_cmpint(
		fake_error(fake_ask(c, "{'request':'edit','room':9,'secret':'s'}")), ==, 433);
	g_assert_cmpint(fake_error(fake_ask(c, "{'request':'edit','room':8}")), ==, 426);
	end(c);
}

static void test_exists(void)
{
	struct fake_client *c = begin();

	fake_ask(c, "{'request':'create','room':9}");
	assert_has(fake_ask(c, "{'request':'exists','room':9}"),
		"{'videoroom':'success','room':9,'exists':true}");
	assert_has(fake_ask(c, "{'request':'exists','room':8}"),
		"{'videoroom':'success','room':8,'exists':false}");
	g_assert_cmpint(fake_error(fake_ask(c, "{'request':'exists'}")), ==, 429);
	assert_has(fake_ask(c, "{'request':'exists','room':'9'}"),
		"{'error_code':430,'error':'Invalid element type (room should be a positive "
		"integer)'}");
	end(c);
}

static void test_destroy(void)
{
	struct fake_client *c = begin(), *a = fake_client_new(), *b = fake_client_new();

	fake_ask(c, "{'request':'create','room':9,'secret':'s'}");
	fake_ask(a, "{'request':'join','room':9,'ptype':'publisher','id':1}");
	fake_ask_offer(a, "{'request':'configure'}", "av");
	fake_up(a);
	fake_ask(b, "{'request':'join','room':9,'ptype':'subscriber','streams':[{'feed':1}]}");
	g_assert_cmpint(fake_error(fake_ask(c, "{'request':'destroy','room':9}")), ==, 429);
	assert_has(fake_ask(c, "{'request':'destroy','room':9,'secret':'s'}"),
		"{'videoroom':'destroyed','room':9,'permanent':false}");
	assert_has(fake_event(a), "{'videoroom':'destroyed','room':9}");
	g_assert_null(fake_event(a));
	g_assert_null(fake_event(b));
	g_assert_cmpuint(a->closed, ==, 1);
	g_assert_cmpuint(b->closed, ==, 0);
	g_assert_cmpuint(fake_host_fanouts(), ==, 0);
	assert_has(fake_ask(a, "{'request':'configure'}"),
		"{'error_code':426,'error':'No such room'}");
	assert_has(fake_ask(a, "{'request':'join','room':9,'ptype':'publisher'}"),
		"{'error_code':425,'error':'Not in a room (create a new handle)'}");
	g_assert_cmpint(fake_error(fake_ask(b, "{'request':'configure'}")), ==, 426);
	assert_has(fake_ask(c, "{'request':'create','room':9}"), "{'videoroom':'created'}");
	fake_client_free(a);
	fake_client_free(b);
	end(c);
}

static void test_allowed(void)
{
	struct fake_client *c = begin(), *a = fake_client_new();

	fake_ask(c, "{'request':'create','room':9,'allowed':['x']}");
	assert_has(fake_ask(a, "{'request':'join','room':9,'ptype':'publisher'}"),
		"{'error_code':433,'error':'Unauthorized (not in the allowed list)'}");
	assert_has(fake_ask(c, "{'request':'allowed','room':9,'action':'add','allowed':['y']}"),
		"{'videoroom':'success','room':9}");
	g_assert_cmpuint(json_array_size(json_object_get(c->reply, "allowed")), ==, 2);
	assert_has(fake_ask(c, "{'request':'allowed','room':9,'action':'remove','allowed':['x']}"),
		"{'allowed':['y']}");
	g_assert_cmpint(fake_error(fake_ask(
				a, "{'request':'join','room':9,'ptype':'publisher','token':'x'}")),
		==, 433);
	assert_has(fake_ask(c, "{'request':'allowed','room':9,'action':'disable'}"),
		"{'videoroom':'success','allowed':null}");
	assert_has(fake_ask(c, "{'request':'allowed','room':9,'action':'enable'}"),
		"{'allowed':['y']}");
	assert_has(fake_ask(a, "{'request':'join','room':9,'ptype':'publisher','token':'y'}"),
		"{'videoroom':'joined'}");
	g_assert_cmpint(
		fake_error(fake_ask(c, "{'request':'allowed','room':9,'action':'add'}")), ==, 429);
	g_assert_cmpint(fake_error(fake_ask(
				c, "{'request':'allowed','room':9,'action':'add','allowed':[3]}")),
		==, 430);
	g_assert_cmpint(
		fake_error(fake_ask(c, "{'request':'allowed','room':9,'action':'fly'}")), ==, 430);
	fake_client_free(a);
	end(c);
}

static void test_string_ids(void)
{
	struct fake_client *c = begin_with("general: { string_ids = true }\nroom-lobby: { }"),
			   *a = fake_client_new();
	const json_t *id;

	assert_has(fake_ask(c, "{'request':'list'}"), "{'list':[{'room':'lobby'}]}");
	g_assert_cmpint(fake_error(fake_ask(c, "{'request':'exists','room':5}")), ==, 430);
	assert_has(fake_ask(a, "{'request':'join','room':'lobby','ptype':'publisher','id':'ann'}"),
		"{'videoroom':'joined','id':'ann'}");
	id = json_object_get(
		fake_ask(c, "{'request':'join','room':'lobby','ptype':'publisher'}"), "id");
	g_assert_cmpuint(json_string_length(id), ==, 36);
	g_assert_true(json_is_integer(json_object_get(c->reply, "private_id")));
	fake_client_free(a);
	end(c);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/videoroom/rooms/demo-room", test_demo_room);
	g_test_add_func(
		"/videoroom/rooms/no-demo-room-when-configured", test_no_demo_room_when_configured);
	g_test_add_func("/videoroom/rooms/configured", test_configured_rooms);
	g_test_add_func("/videoroom/rooms/wrong-configuration", test_wrong_configuration);
	g_test_add_func("/videoroom/rooms/create", test_create);
	g_test_add_func(
		"/videoroom/rooms/create-with-wrong-members", test_create_with_wrong_members);
	g_test_add_func("/videoroom/rooms/admin-key", test_admin_key);
	g_test_add_func("/videoroom/rooms/edit", test_edit);
	g_test_add_func("/videoroom/rooms/exists", test_exists);
	g_test_add_func("/videoroom/rooms/destroy", test_destroy);
	g_test_add_func("/videoroom/rooms/allowed", test_allowed);
	g_test_add_func("/videoroom/rooms/string-ids", test_string_ids);
	return g_test_run();
}
