/*
 * VideoRoom against a fake host: making, changing, ending, listing rooms; secrets, lists,
 * configuration.
 */
#include "tests/lib/fake_room.h"

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

#define AS_MADE                                                                                    \
	"{'room':9,'description':'Room 9','pin_required':false,'is_private':false,"                \
	"'max_publishers':3,'bitrate':0,'fir_freq':0,'require_pvtid':false,'require_e2ee':false,"  \
	"'dummy_publisher':false,'notify_joining':false,'audiocodec':'opus','videocodec':'vp8',"   \
	"'opus_fec':true,'record':false,'lock_record':false,'num_participants':0,"                 \
	"'audiolevel_ext':true,'audiolevel_event':false,'videoorient_ext':true,"                   \
	"'playoutdelay_ext':true,'transport_wide_cc_ext':true}"

static const struct room_refusal refusals[] = {
	{ "{'request':'create','is_private':1}", 430,
		"Invalid element type (is_private should be a boolean)" },
	{ "{'request':'create','require_pvtid':1}", 430,
		"Invalid element type (require_pvtid should be a boolean)" },
	{ "{'request':'create','signed_tokens':1}", 430,
		"Invalid element type (signed_tokens should be a boolean)" },
	{ "{'request':'create','require_e2ee':1}", 430,
		"Invalid element type (require_e2ee should be a boolean)" },
	{ "{'request':'create','bitrate_cap':1}", 430,
		"Invalid element type (bitrate_cap should be a boolean)" },
	{ "{'request':'create','opus_fec':1}", 430,
		"Invalid element type (opus_fec should be a boolean)" },
	{ "{'request':'create','opus_dtx':1}", 430,
		"Invalid element type (opus_dtx should be a boolean)" },
	{ "{'request':'create','audiolevel_ext':1}", 430,
		"Invalid element type (audiolevel_ext should be a boolean)" },
	{ "{'request':'create','videoorient_ext':1}", 430,
		"Invalid element type (videoorient_ext should be a boolean)" },
	{ "{'request':'create','playoutdelay_ext':1}", 430,
		"Invalid element type (playoutdelay_ext should be a boolean)" },
	{ "{'request':'create','transport_wide_cc_ext':1}", 430,
		"Invalid element type (transport_wide_cc_ext should be a boolean)" },
	{ "{'request':'create','audiolevel_event':1}", 430,
		"Invalid element type (audiolevel_event should be a boolean)" },
	{ "{'request':'create','record':1}", 430,
		"Invalid element type (record should be a boolean)" },
	{ "{'request':'create','lock_record':1}", 430,
		"Invalid element type (lock_record should be a boolean)" },
	{ "{'request':'create','notify_joining':1}", 430,
		"Invalid element type (notify_joining should be a boolean)" },
	{ "{'request':'create','dummy_publisher':1}", 430,
		"Invalid element type (dummy_publisher should be a boolean)" },
	{ "{'request':'create','dummy_e2ee':1}", 430,
		"Invalid element type (dummy_e2ee should be a boolean)" },
	{ "{'request':'create','permanent':1}", 430,
		"Invalid element type (permanent should be a boolean)" },
	{ "{'request':'create','description':1}", 430,
		"Invalid element type (description should be a string)" },
	{ "{'request':'create','secret':1}", 430,
		"Invalid element type (secret should be a string)" },
	{ "{'request':'create','pin':1}", 430, "Invalid element type (pin should be a string)" },
	{ "{'request':'create','audiocodec':1}", 430,
		"Invalid element type (audiocodec should be a string)" },
	{ "{'request':'create','videocodec':1}", 430,
		"Invalid element type (videocodec should be a string)" },
	{ "{'request':'create','vp9_profile':1}", 430,
		"Invalid element type (vp9_profile should be a string)" },
	{ "{'request':'create','h264_profile':1}", 430,
		"Invalid element type (h264_profile should be a string)" },
	{ "{'request':'create','rec_dir':1}", 430,
		"Invalid element type (rec_dir should be a string)" },
	{ "{'request':'create','admin_key':1}", 430,
		"Invalid element type (admin_key should be a string)" },
	{ "{'request':'create','room':-1}", 430,
		"Invalid element type (room should be a positive integer)" },
	{ "{'request':'create','publishers':-1}", 430,
		"Invalid element type (publishers should be a positive integer)" },
	{ "{'request':'create','bitrate':-1}", 430,
		"Invalid element type (bitrate should be a positive integer)" },
	{ "{'request':'create','fir_freq':-1}", 430,
		"Invalid element type (fir_freq should be a positive integer)" },
	{ "{'request':'create','audio_active_packets':-1}", 430,
		"Invalid element type (audio_active_packets should be a positive integer)" },
	{ "{'request':'create','audio_level_average':-1}", 430,
		"Invalid element type (audio_level_average should be a positive integer)" },
	{ "{'request':'create','threads':-1}", 430,
		"Invalid element type (threads should be a positive integer)" },
	{ "{'request':'create','room':'7'}", 430,
		"Invalid element type (room should be a positive integer)" },
	{ "{'request':'create','publishers':'7'}", 430,
		"Invalid element type (publishers should be a positive integer)" },
	{ "{'request':'create','bitrate':'7'}", 430,
		"Invalid element type (bitrate should be a positive integer)" },
	{ "{'request':'create','publishers':1.0}", 430,
		"Invalid element type (publishers should be a positive integer)" },
	{ "{'request':'create','bitrate':1.0}", 430,
		"Invalid element type (bitrate should be a positive integer)" },
	{ "{'request':'create','allowed':{}}", 430,
		"Invalid element type (allowed should be an array)" },
	{ "{'request':'create','dummy_streams':{}}", 430,
		"Invalid element type (dummy_streams should be an array)" },
	{ "{'request':'create','audiocodec':'opus,mp3'}", 430, NULL },
	{ "{'request':'create','audiocodec':'vp8'}", 430, NULL },
	{ "{'request':'create','videocodec':''}", 430, NULL },
	{ "{'request':'create','videocodec':'vp8,vp8,vp8,vp8,vp8,vp8'}", 430, NULL },
	{ "{'request':'create','allowed':['a',1]}", 430,
		"Invalid element in the allowed array (not a string)" },
	{ "{'request':'create','dummy_streams':[{'fmtp':'x'}]}", 430,
		"Invalid element in the dummy_streams array" },
	{ "{'request':'create','dummy_streams':['vp8']}", 430,
		"Invalid element in the dummy_streams array" },
	{ "{'request':'create','permanent':true}", 499,
		"No configuration file, can't make the change permanent" },
	{ "{'request':'create','room':9}", 427, "Room 9 already exists" },
	{ "{'request':'edit','room':9,'secret':'s','new_is_private':'x'}", 430,
		"Invalid element type (new_is_private should be a boolean)" },
	{ "{'request':'edit','room':9,'secret':'s','new_require_pvtid':'x'}", 430,
		"Invalid element type (new_require_pvtid should be a boolean)" },
	{ "{'request':'edit','room':9,'secret':'s','new_lock_record':'x'}", 430,
		"Invalid element type (new_lock_record should be a boolean)" },
	{ "{'request':'edit','room':9,'secret':'s','permanent':'x'}", 430,
		"Invalid element type (permanent should be a boolean)" },
	{ "{'request':'edit','room':9,'secret':'s','new_description':5}", 430,
		"Invalid element type (new_description should be a string)" },
	{ "{'request':'edit','room':9,'secret':'s','new_secret':5}", 430,
		"Invalid element type (new_secret should be a string)" },
	{ "{'request':'edit','room':9,'secret':'s','new_pin':5}", 430,
		"Invalid element type (new_pin should be a string)" },
	{ "{'request':'edit','room':9,'secret':'s','new_rec_dir':5}", 430,
		"Invalid element type (new_rec_dir should be a string)" },
	{ "{'request':'edit','room':9,'secret':'s','new_bitrate':-5}", 430,
		"Invalid element type (new_bitrate should be a positive integer)" },
	{ "{'request':'edit','room':9,'secret':'s','new_fir_freq':-5}", 430,
		"Invalid element type (new_fir_freq should be a positive integer)" },
	{ "{'request':'edit','room':9,'secret':'s','new_publishers':-5}", 430,
		"Invalid element type (new_publishers should be a positive integer)" },
	{ "{'request':'edit'}", 429, "Missing mandatory element (room)" },
	{ "{'request':'edit','room':9}", 429, "Missing mandatory element (secret)" },
	{ "{'request':'edit','room':9,'secret':'x','new_pin':'y'}", 433,
		"Unauthorized (wrong secret)" },
	{ "{'request':'edit','room':9,'secret':'s','new_pin':'y','permanent':true}", 499,
		"No configuration file, can't make the change permanent" },
	{ "{'request':'edit','room':8}", 426, "No such room (8)" },
	{ "{'request':'edit','room':[]}", 430,
		"Invalid element type (room should be a positive integer)" },
	{ "{'request':'exists'}", 429, "Missing mandatory element (room)" },
	{ "{'request':'exists','room':null}", 430,
		"Invalid element type (room should be a positive integer)" },
	{ "{'request':'list','admin_key':5}", 430,
		"Invalid element type (admin_key should be a string)" },
	{ "{'request':'allowed','room':9}", 429, "Missing mandatory element (action)" },
	{ "{'request':'allowed','room':9,'action':'enable'}", 429,
		"Missing mandatory element (secret)" },
	{ "{'request':'allowed','room':9,'secret':'s','action':5}", 430,
		"Invalid element type (action should be a string)" },
	{ "{'request':'allowed','room':9,'secret':'s','action':'fly'}", 430,
		"Unsupported action 'fly' (allowed)" },
	{ "{'request':'allowed','room':9,'secret':'s','action':'add'}", 429,
		"Missing mandatory element (allowed)" },
	{ "{'request':'allowed','room':9,'secret':'s','action':'add','allowed':['a',2]}", 430,
		"Invalid element in the allowed array (not a string)" },
	{ "{}", 429, "Missing mandatory element (request)" },
	{ "{'request':5}", 430, "Invalid element type (request should be a string)" },
	{ "{'request':null}", 430, "Invalid element type (request should be a string)" },
	{ "{'request':'nonsense'}", 423, "Unknown request 'nonsense'" },
	{ "{'request':''}", 423, "Unknown request ''" },
};

static void test_refused(void)
{
	struct fake_client *c = begin();

	fake_ask(c, "{'request':'create','room':9,'secret':'s'}");
	fake_forget();
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		room_refused(c, &refusals[i], 1);
		g_assert_true(c->sync);
	}
	fake_ask(c, "{'request':'list'}");
	assert_next(c, "{'videoroom':'success','list':[" AS_MADE "]}");
	end(c);
}

static void test_all_settings(void)
{
	struct fake_client *c = begin();

	fake_ask(c,
		"{'request':'create','room':9,'description':'D','secret':'s','pin':'p',"
		"'require_pvtid':true,'signed_tokens':false,'require_e2ee':true,'publishers':"
		"9223372036854775807,"
		"'bitrate':9223372036854775807,'bitrate_cap':true,'fir_freq':7,'audiocodec':'PCMU,"
		"opus',"
		"'videocodec':'vp9','vp9_profile':'2','h264_profile':'42e01f','opus_fec':false,"
		"'opus_dtx':true,'audiolevel_ext':false,'audiolevel_event':true,"
		"'audio_active_packets':50,'audio_level_average':30,'videoorient_ext':false,"
		"'playoutdelay_ext':false,'transport_wide_cc_ext':false,'record':true,'rec_dir':'/"
		"r',"
		"'lock_record':true,'notify_joining':true,'allowed':null,'threads':4,'permanent':"
		"false}");
	assert_next(c, "{'videoroom':'created','room':9,'permanent':false}");
	fake_ask(c, "{'request':'list'}");
	assert_next(c,
		"{'videoroom':'success','list':[{'room':9,'description':'D','pin_required':true,"
		"'is_private':false,'max_publishers':4294967295,'bitrate':4294967295,"
		"'bitrate_cap':true,'fir_freq':7,'require_pvtid':true,'require_e2ee':true,"
		"'dummy_publisher':false,'notify_joining':true,'audiocodec':'pcmu,opus',"
		"'videocodec':'vp9','opus_dtx':true,'record':true,'rec_dir':'/"
		"r','lock_record':true,"
		"'num_participants':0,'audiolevel_ext':false,'audiolevel_event':true,"
		"'audio_active_packets':50,'audio_level_average':30,'videoorient_ext':false,"
		"'playoutdelay_ext':false,'transport_wide_cc_ext':false}]}");
	/* "allowed":null is no list */
	assert_has(fake_ask(c, "{'request':'join','room':9,'ptype':'publisher','pin':'p'}"),
		"{'videoroom':'joined'}");
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
	g_test_add_func("/videoroom/rooms/refused", test_refused);
	g_test_add_func("/videoroom/rooms/all-settings", test_all_settings);
	g_test_add_func("/videoroom/rooms/admin-key", test_admin_key);
	g_test_add_func("/videoroom/rooms/edit", test_edit);
	g_test_add_func("/videoroom/rooms/exists", test_exists);
	g_test_add_func("/videoroom/rooms/destroy", test_destroy);
	g_test_add_func("/videoroom/rooms/allowed", test_allowed);
	g_test_add_func("/videoroom/rooms/string-ids", test_string_ids);
	return g_test_run();
}
