/*
 * VideoRoom against a fake host: who is to be recorded, and who may say so. There is no recorder:
 * the plugin keeps the wish, shows it to operators, and says once that nothing comes of it.
 */
#include "tests/lib/fake_room.h"

static struct fake_client *alice, *bob;

static void begin(const char *settings)
{
	room_begin(settings);
	alice = room_join(1, "Alice");
	bob = room_join(2, "Bob");
	fake_warnings = 0;
}

static void end(void)
{
	fake_client_free(alice);
	fake_client_free(bob);
	fake_host_stop();
}

static void expect_info(struct fake_client *c, const char *wanted)
{
	json_t *info = limen_module.info(&c->handle);

	assert_has(info, "%s", wanted);
	json_decref(info);
}

static void configure(struct fake_client *c, const char *more)
{
	g_autofree char *body = g_strdup_printf("{'request':'configure',%s}", more);

	fake_ask(c, body);
	assert_next(c, EVENT("'configured':'ok'"));
	assert_silence();
}

/* First of all tests: the log has it once in the life of the process. */
static void test_said_once(void)
{
	begin("");
	configure(alice, "'record':false");
	g_assert_cmpuint(fake_warnings, ==, 0);
	configure(alice, "'record':true");
	configure(bob, "'record':true");
	fake_ask(alice, "{'request':'enable_recording','room':9,'record':true}");
	g_assert_cmpuint(fake_warnings, ==, 1);
	end();
}

static void test_own_recording(void)
{
	begin("");
	expect_info(alice, "{'record':false,'filename':null}");
	configure(alice, "'filename':'ignored'");
	expect_info(alice, "{'record':false,'filename':null}");
	configure(alice, "'record':true,'filename':'mine'");
	expect_info(alice, "{'record':true,'filename':'mine'}");
	configure(alice, "'record':false");
	expect_info(alice, "{'record':false}");
	configure(alice, "'record':true,'filename':''");
	expect_info(alice, "{'record':true,'filename':null}");
	expect_info(bob, "{'record':false}");
	end();
}

static void test_locked(void)
{
	begin("lock_record = true; secret = \"s\";");
	configure(alice, "'record':true,'filename':'mine'");
	configure(alice, "'record':true,'secret':'x'");
	expect_info(alice, "{'record':false,'filename':null}");
	configure(alice, "'record':true,'secret':'s','filename':'mine'");
	expect_info(alice, "{'record':true,'filename':'mine'}");
	configure(alice, "'record':false");
	expect_info(alice, "{'record':true}");
	fake_ask(alice, "{'request':'edit','room':9,'secret':'s','new_lock_record':false}");
	fake_forget();
	configure(alice, "'record':false");
	expect_info(alice, "{'record':false}");
	end();
}

static void test_whole_room(void)
{
	struct fake_client *carol;

	begin("secret = \"s\";");
	fake_ask(alice, "{'request':'enable_recording','room':9,'record':true,'secret':'s'}");
	assert_next(alice, "{'videoroom':'success','record':true}");
	assert_silence();
	g_assert_true(alice->sync);
	expect_info(alice, "{'record':true}");
	expect_info(bob, "{'record':true}");
	carol = room_join(3, "Carol");
	expect_info(carol, "{'record':true}");
	assert_has(fake_ask(carol, "{'request':'list'}"), "{'list':[{'record':true}]}");
	fake_ask(carol, "{'request':'enable_recording','room':9,'record':false,'secret':'s'}");
	assert_has(carol->reply, "{'videoroom':'success','record':false}");
	expect_info(alice, "{'record':false}");
	expect_info(carol, "{'record':false}");
	fake_client_free(carol);
	end();
}

static void test_room_that_records(void)
{
	begin("record = true;");
	expect_info(alice, "{'record':true}");
	end();
}

static void test_refused(void)
{
	static const struct room_refusal refusals[] = {
		{ "{'request':'enable_recording'}", 429, "Missing mandatory element (room)" },
		{ "{'request':'enable_recording','room':9}", 429,
			"Missing mandatory element (record)" },
		{ "{'request':'enable_recording','room':9,'record':1}", 430,
			"Invalid element type (record should be a boolean)" },
		{ "{'request':'enable_recording','room':9,'record':true}", 429,
			"Missing mandatory element (secret)" },
		{ "{'request':'enable_recording','room':9,'record':true,'secret':'x'}", 433,
			"Unauthorized (wrong secret)" },
		{ "{'request':'enable_recording','room':9,'record':true,'secret':5}", 430,
			"Invalid element type (secret should be a string)" },
		{ "{'request':'enable_recording','room':8,'record':true}", 426,
			"No such room (8)" },
		{ "{'request':'configure','record':'yes'}", 430,
			"Invalid element type (record should be a boolean)" },
		{ "{'request':'configure','record':true,'filename':7}", 430,
			"Invalid element type (filename should be a string)" },
	};

	begin("secret = \"s\";");
	room_refused(alice, refusals, G_N_ELEMENTS(refusals));
	expect_info(alice, "{'record':false}");
	assert_has(fake_ask(bob, "{'request':'list'}"), "{'list':[{'record':false}]}");
	end();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/videoroom/recording/said-once", test_said_once);
	g_test_add_func("/videoroom/recording/own", test_own_recording);
	g_test_add_func("/videoroom/recording/locked", test_locked);
	g_test_add_func("/videoroom/recording/whole-room", test_whole_room);
	g_test_add_func("/videoroom/recording/room-that-records", test_room_that_records);
	g_test_add_func("/videoroom/recording/refused", test_refused);
	return g_test_run();
}
