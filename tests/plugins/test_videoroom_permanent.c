/*
 * VideoRoom against a fake host that has a configuration file: rooms that outlive a restart, and
 * what happens when the file cannot be written. A restart is a stop and a start with the same file.
 */
#include "tests/lib/fake_room.h"
#include <glib/gstdio.h>
#include <unistd.h>

struct place {
	char *dir, *path;
	struct fake_client *c;
};

static void begin(struct place *at, gconstpointer unused)
{
	(void)unused;
	at->dir = g_dir_make_tmp("limen-rooms-XXXXXX", NULL);
	at->path = g_build_filename(at->dir, "limen.plugin.videoroom.jcfg", NULL);
	fake_config_path = at->path;
}

static void end(struct place *at, gconstpointer unused)
{
	(void)unused;
	fake_client_free(at->c);
	fake_host_stop();
	fake_config_path = NULL;
	g_remove(at->path);
	g_assert_cmpint(g_rmdir(at->dir), ==, 0);
	g_free(at->path);
	g_free(at->dir);
}

static void start(struct place *at, const char *config)
{
	fake_host_start(&limen_module, config);
	at->c = fake_client_new();
}

static void restart(struct place *at)
{
	fake_client_free(at->c);
	fake_host_stop();
	start(at, NULL);
}

static char *contents(const struct place *at)
{
	char *text;

	g_assert_true(g_file_get_contents(at->path, &text, NULL, NULL));
	return text;
}

#define EVERY_OPTION                                                                               \
	"'description':'D \\\"\\\\ \\u00e9','is_private':false,'secret':'s','pin':'p',"            \
	"'require_pvtid':true,'signed_tokens':true,'require_e2ee':true,"                           \
	"'publishers':9223372036854775807,'bitrate':3000000000,'bitrate_cap':true,'fir_freq':7,"   \
	"'audiocodec':'PCMU,opus','videocodec':'vp9,h264','vp9_profile':'2',"                      \
	"'h264_profile':'42e01f','opus_fec':false,'opus_dtx':true,'audiolevel_ext':false,"         \
	"'audiolevel_event':true,'audio_active_packets':0,'audio_level_average':200,"              \
	"'videoorient_ext':false,'playoutdelay_ext':false,'transport_wide_cc_ext':false,"          \
	"'record':true,'rec_dir':'/r','lock_record':true,'notify_joining':true,'threads':4"
#define LISTED                                                                                     \
	"{'room':9,'description':'D \\\"\\\\ \\u00e9','pin_required':true,'is_private':false,"     \
	"'max_publishers':4294967295,'bitrate':3000000000,'bitrate_cap':true,'fir_freq':7,"        \
	"'require_pvtid':true,'require_e2ee':true,'dummy_publisher':'*','notify_joining':true,"    \
	"'audiocodec':'pcmu,opus','videocodec':'vp9,h264','opus_dtx':true,'record':true,"          \
	"'rec_dir':'/r','lock_record':true,'num_participants':0,'audiolevel_ext':false,"           \
	"'audiolevel_event':true,'audio_active_packets':0,'audio_level_average':127,"              \
	"'videoorient_ext':false,'playoutdelay_ext':false,'transport_wide_cc_ext':false}"

static void test_every_option_comes_back(struct place *at, gconstpointer unused)
{
	(void)unused;
	start(at, "general: { admin_key = \"k\" }");
	fake_ask(at->c,
		"{'request':'create','admin_key':'k','permanent':true,'room':9," EVERY_OPTION "}");
	assert_next(at->c, "{'videoroom':'created','room':9,'permanent':true}");
	g_assert_true(at->c->sync);
	for (int i = 0; i < 3; i++) {
		fake_ask(at->c, "{'request':'list'}");
		assert_next(at->c, "{'videoroom':'success','list':[" LISTED "]}");
		assert_silence();
		restart(at);
	}
	/* what the list does not show */
	assert_has(fake_ask(at->c, "{'request':'create','room':1}"), "{'error_code':429}");
	assert_has(
		fake_ask(at->c, "{'request':'edit','room':9,'secret':'x'}"), "{'error_code':433}");
	assert_has(fake_ask(at->c, "{'request':'join','room':9,'ptype':'publisher','pin':'x'}"),
		"{'error_code':433}");
	assert_has(fake_ask(at->c, "{'request':'edit','room':9,'secret':'s','permanent':true}"),
		"{'videoroom':'edited','permanent':true}");
	for (const char *const *kept =
			(const char *const[]){ "vp9_profile = \"2\"", "h264_profile = \"42e01f\"",
				"threads = 4", "signed_tokens = true", "opus_fec = false", NULL };
		*kept; kept++) {
		g_autofree char *text = contents(at);

		g_assert_nonnull(strstr(text, *kept));
	}
}

static void test_room_without_an_id(struct place *at, gconstpointer unused)
{
	json_int_t id;

	(void)unused;
	start(at, "general: { }");
	id = json_integer_value(
		json_object_get(fake_ask(at->c, "{'request':'create','permanent':true}"), "room"));
	restart(at);
	assert_has(fake_ask(at->c, "{'request':'list'}"),
		"{'list':[{'room':%lld,'description':'Room %lld','rec_dir':null}]}", (long long)id,
		(long long)id);
}

static void test_edit(struct place *at, gconstpointer unused)
{
	(void)unused;
	start(at, "general: { }\nroom-9: { description = \"A\"; secret = \"s\"; bitrate = 70000 }");
	fake_ask(at->c, "{'request':'edit','room':9,'secret':'s','new_publishers':5}");
	assert_next(at->c, "{'videoroom':'edited','room':9,'permanent':false}");
	restart(at);
	assert_has(fake_ask(at->c, "{'request':'list'}"), "{'list':[{'max_publishers':3}]}");
	/* what was changed for this run before is saved with it: the room as it is now */
	fake_ask(at->c, "{'request':'edit','room':9,'secret':'s','new_publishers':5}");
	fake_ask(at->c,
		"{'request':'edit','room':9,'secret':'s','permanent':true,'new_description':'B',"
		"'new_secret':'t','new_pin':'p','new_is_private':false,'new_require_pvtid':true,"
		"'new_bitrate':1,'new_fir_freq':3,'new_lock_record':true,'new_rec_dir':'/x'}");
	restart(at);
	assert_has(fake_ask(at->c, "{'request':'list'}"),
		"{'list':[{'description':'B','max_publishers':5,'bitrate':64000,'fir_freq':3,"
		"'pin_required':true,'require_pvtid':true,'lock_record':true,'rec_dir':'/x'}]}");
	assert_has(
		fake_ask(at->c, "{'request':'edit','room':9,'secret':'s'}"), "{'error_code':433}");
	/* an empty text clears nothing */
	assert_has(fake_ask(at->c,
			   "{'request':'edit','room':9,'secret':'t','permanent':true,"
			   "'new_secret':'','new_pin':''}"),
		"{'permanent':true}");
	restart(at);
	assert_has(
		fake_ask(at->c, "{'request':'edit','room':9,'secret':'s'}"), "{'error_code':433}");
}

static void test_destroy(struct place *at, gconstpointer unused)
{
	struct fake_client *a;

	(void)unused;
	start(at, "general: { }\nroom-9: { secret = \"s\" }\nroom-8: { }");
	fake_ask(at->c, "{'request':'destroy','room':8}");
	restart(at);
	assert_has(fake_ask(at->c, "{'request':'list'}"), "{'list':[{'room':9},{'room':8}]}");
	a = room_publish(1, "Alice", "av");
	fake_ask(at->c, "{'request':'destroy','room':9,'permanent':true}");
	assert_next(at->c, FAILURE("429", "Missing mandatory element (secret)"));
	fake_ask(at->c, "{'request':'destroy','room':9,'secret':'s','permanent':true}");
	assert_next(a, "{'videoroom':'destroyed','room':9}");
	assert_next(a, "{'janus':'hangup','reason':'Close PC'}");
	assert_next(at->c, "{'videoroom':'destroyed','room':9,'permanent':true}");
	assert_silence();
	fake_client_free(a);
	assert_has(fake_ask(at->c, "{'request':'list'}"), "{'list':[{'room':8}]}");
	restart(at);
	assert_has(fake_ask(at->c, "{'request':'list'}"), "{'list':[{'room':8}]}");
	assert_has(fake_ask(at->c, "{'request':'create','room':9,'permanent':true}"),
		"{'videoroom':'created'}");
	/* a room that was never in the file */
	fake_ask(at->c, "{'request':'create','room':7}");
	assert_has(fake_ask(at->c, "{'request':'destroy','room':7,'permanent':true}"),
		"{'videoroom':'destroyed','permanent':true}");
}

static void test_all_else_stays(struct place *at, gconstpointer unused)
{
	(void)unused;
	start(at,
		"general: { admin_key = \"k\"; events = false }\n"
		"room-5: { description = \"Five\"; pin = \"p\" }\n6: { description = \"Six\" }");
	assert_has(fake_ask(at->c,
			   "{'request':'create','room':9,'permanent':true,'admin_key':'k',"
			   "'is_private':true}"),
		"{'permanent':true}");
	assert_has(fake_ask(at->c, "{'request':'edit','room':6,'permanent':true,'new_pin':'q'}"),
		"{'permanent':true}");
	restart(at);
	assert_has(fake_ask(at->c, "{'request':'list','admin_key':'k'}"),
		"{'list':[{'room':5,'description':'Five','pin_required':true},"
		"{'room':9,'is_private':true},"
		"{'room':6,'description':'Six','pin_required':true}]}");
	assert_has(fake_ask(at->c, "{'request':'list'}"), "{'list':[{'room':5},{'room':6}]}");
	g_assert_cmpuint(fake_emitted, ==, 0);
}

static void test_rooms_by_bare_id(struct place *at, gconstpointer unused)
{
	(void)unused;
	start(at, "general: { }\n77: { description = \"Mine\"; publishers = 9 }\n5: { }");
	assert_has(fake_ask(at->c, "{'request':'list'}"),
		"{'list':[{'room':77,'description':'Mine','max_publishers':9},"
		"{'room':5,'description':'5'}]}");
	assert_has(fake_ask(at->c, "{'request':'destroy','room':77,'permanent':true}"),
		"{'permanent':true}");
	restart(at);
	assert_has(fake_ask(at->c, "{'request':'list'}"), "{'list':[{'room':5}]}");
}

static void test_rooms_by_bare_name(struct place *at, gconstpointer unused)
{
	(void)unused;
	start(at, "lobby: { }\ngeneral: { string_ids = true }\nroom-attic: { }");
	assert_has(fake_ask(at->c, "{'request':'list'}"),
		"{'list':[{'room':'lobby','description':'lobby'},{'room':'attic'}]}");
	assert_has(fake_ask(at->c, "{'request':'create','room':'cellar','permanent':true}"),
		"{'room':'cellar','permanent':true}");
	/* libconfig has no such names */
	fake_forget();
	fake_ask(at->c, "{'request':'create','room':'my room','permanent':true}");
	assert_next(at->c,
		FAILURE("499",
			"The configuration file can\\u0027t be written, nothing was "
			"changed"));
	assert_has(fake_ask(at->c, "{'request':'create','room':'my room'}"),
		"{'videoroom':'created'}");
	restart(at);
	assert_has(fake_ask(at->c, "{'request':'list'}"),
		"{'list':[{'room':'lobby'},{'room':'attic'},{'room':'cellar'}]}");
}

static void test_one_room_twice(struct place *at, gconstpointer unused)
{
	(void)unused;
	g_assert_cmpint(fake_host_try(&limen_module, "5: { }\nroom-5: { }"), <, 0);
	start(at, "general: { }");
}

static void test_dummy_comes_back(struct place *at, gconstpointer unused)
{
	g_autofree char *nowhere = g_build_filename(at->dir, "gone", "x.jcfg", NULL);

	(void)unused;
	start(at, "general: { }");
	fake_config_path = nowhere;
	assert_has(fake_ask(at->c,
			   "{'request':'create','room':9,'permanent':true,"
			   "'dummy_publisher':true}"),
		"{'error_code':499}");
	fake_config_path = at->path;
	assert_has(fake_ask(at->c, "{'request':'list'}"), "{'list':[]}");
	assert_has(fake_ask(at->c,
			   "{'request':'create','room':9,'permanent':true,"
			   "'dummy_publisher':true,'dummy_e2ee':true}"),
		"{'permanent':true}");
	for (int i = 0; i < 2; i++) {
		assert_has(fake_ask(at->c, "{'request':'list'}"),
			"{'list':[{'room':9,'dummy_publisher':true}]}");
		assert_has(fake_ask(at->c, "{'request':'listparticipants','room':9}"),
			"{'participants':[{'dummy':true}]}");
		restart(at);
	}
}

static void test_demo_room_stays(struct place *at, gconstpointer unused)
{
	(void)unused;
	start(at, NULL);
	fake_ask(at->c, "{'request':'create','room':9,'permanent':true}");
	restart(at);
	assert_has(fake_ask(at->c, "{'request':'list'}"),
		"{'list':[{'room':1234,'description':'Demo Room','videocodec':'vp8,h264,vp9,av1'},"
		"{'room':9}]}");
}

static void test_demo_room_goes(struct place *at, gconstpointer unused)
{
	(void)unused;
	start(at, NULL);
	assert_has(fake_ask(at->c, "{'request':'destroy','room':1234,'permanent':true}"),
		"{'videoroom':'destroyed','permanent':true}");
	restart(at);
	assert_has(fake_ask(at->c, "{'request':'list'}"), "{'list':[]}");
}

/* What an operator has written for the next start is not lost when the demo room is saved. */
static void test_demo_room_and_operator(struct place *at, gconstpointer unused)
{
	g_autofree char *text = NULL;

	(void)unused;
	start(at, NULL);
	g_assert_true(g_file_set_contents(at->path, "general: { admin_key = \"k\"; }\n", -1, NULL));
	fake_ask(at->c, "{'request':'create','room':9,'permanent':true}");
	text = contents(at);
	g_assert_nonnull(strstr(text, "admin_key = \"k\";"));
	restart(at);
	assert_has(fake_ask(at->c, "{'request':'list'}"), "{'list':[{'room':1234},{'room':9}]}");
}

/* What was there before is there after: rooms, who is in them, the file. */
static void expect_unchanged(struct place *at, const char *body)
{
	g_autofree char *before = contents(at), *after = NULL;
	json_t *list = json_deep_copy(fake_ask(at->c, "{'request':'list'}"));

	fake_forget();
	fake_ask(at->c, body);
	assert_next(at->c,
		FAILURE("499",
			"The configuration file can\\u0027t be written, nothing was "
			"changed"));
	assert_silence();
	g_assert_true(json_equal(list, fake_ask(at->c, "{'request':'list'}")));
	json_decref(list);
	after = contents(at);
	g_assert_cmpstr(before, ==, after);
}

static void test_file_that_cannot_be_read(struct place *at, gconstpointer unused)
{
	struct fake_client *a;

	(void)unused;
	start(at, "general: { }\nroom-9: { description = \"Nine\" }");
	a = room_publish(1, "Alice", "av");
	g_assert_true(g_file_set_contents(at->path, "room-9: { half", -1, NULL));
	expect_unchanged(at, "{'request':'create','room':10,'permanent':true}");
	expect_unchanged(at, "{'request':'edit','room':9,'permanent':true,'new_pin':'p'}");
	expect_unchanged(at, "{'request':'destroy','room':9,'permanent':true}");
	assert_has(fake_ask(at->c, "{'request':'exists','room':10}"), "{'exists':false}");
	assert_has(fake_ask(at->c, "{'request':'create','room':10}"), "{'videoroom':'created'}");
	assert_has(fake_ask(a, "{'request':'configure'}"), "{'configured':'ok'}");
	fake_client_free(a);
}

static void test_disk_refuses(struct place *at, gconstpointer unused)
{
	g_autofree char *nowhere = g_build_filename(at->dir, "gone", "x.jcfg", NULL);

	(void)unused;
	start(at, "general: { }\nroom-9: { }");
	fake_config_path = nowhere;
	fake_ask(at->c, "{'request':'create','room':10,'permanent':true}");
	assert_next(at->c,
		FAILURE("499",
			"The configuration file can\\u0027t be written, nothing was "
			"changed"));
	fake_config_path = at->path;
	assert_has(fake_ask(at->c, "{'request':'list'}"), "{'list':[{'room':9}]}");
	assert_has(fake_ask(at->c, "{'request':'create','room':10,'permanent':true}"),
		"{'videoroom':'created'}");
}

static void test_no_folder(struct place *at, gconstpointer unused)
{
	static const struct room_refusal refusals[] = {
		{ "{'request':'create','room':10,'permanent':true}", 499,
			"No configuration file, can't make the change permanent" },
		{ "{'request':'edit','room':9,'permanent':true,'new_pin':'p'}", 499,
			"No configuration file, can't make the change permanent" },
		{ "{'request':'destroy','room':9,'permanent':true}", 499,
			"No configuration file, can't make the change permanent" },
	};

	(void)unused;
	fake_config_path = NULL;
	start(at, "room-9: { }");
	room_refused(at->c, refusals, G_N_ELEMENTS(refusals));
	assert_has(fake_ask(at->c, "{'request':'list'}"),
		"{'list':[{'room':9,'pin_required':false}]}");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*fn)(struct place *at, gconstpointer unused);
	} tests[] = {
		{ "/videoroom/permanent/every-option-comes-back", test_every_option_comes_back },
		{ "/videoroom/permanent/room-without-an-id", test_room_without_an_id },
		{ "/videoroom/permanent/edit", test_edit },
		{ "/videoroom/permanent/destroy", test_destroy },
		{ "/videoroom/permanent/all-else-stays", test_all_else_stays },
		{ "/videoroom/permanent/rooms-by-bare-id", test_rooms_by_bare_id },
		{ "/videoroom/permanent/rooms-by-bare-name", test_rooms_by_bare_name },
		{ "/videoroom/permanent/one-room-twice", test_one_room_twice },
		{ "/videoroom/permanent/dummy-comes-back", test_dummy_comes_back },
		{ "/videoroom/permanent/demo-room-stays", test_demo_room_stays },
		{ "/videoroom/permanent/demo-room-goes", test_demo_room_goes },
		{ "/videoroom/permanent/demo-room-and-operator", test_demo_room_and_operator },
		{ "/videoroom/permanent/file-that-cannot-be-read", test_file_that_cannot_be_read },
		{ "/videoroom/permanent/disk-refuses", test_disk_refuses },
		{ "/videoroom/permanent/no-folder", test_no_folder },
	};

	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, struct place, NULL, begin, tests[i].fn, end);
	return g_test_run();
}
