/*
 * VideoRoom against a fake host: what a moderator does, and in which order everybody hears of it:
 * mute, kick, destroy.
 */
#include "tests/lib/fake_room.h"

static struct fake_client *alice, *bob, *sub, *any;

/* Alice publishes, Bob is there and publishes too, a handle of Bob's receives Alice; any has not
 * joined. */
static void begin(const char *settings)
{
	g_autofree char *body = NULL;

	room_begin(settings);
	alice = room_publish(1001, "Alice", "avd");
	bob = fake_client_new();
	fake_ask(bob, "{'request':'join','room':9,'ptype':'publisher','id':1002,'display':'Bob'}");
	body = g_strdup_printf(
		"{'request':'join','room':9,'ptype':'subscriber','private_id':%" JSON_INTEGER_FORMAT
		",'streams':[{'feed':1001}]}",
		json_integer_value(json_object_get(bob->reply, "private_id")));
	fake_ask_offer(bob, "{'request':'publish'}", "a");
	fake_up(bob);
	sub = fake_client_new();
	fake_ask(sub, body);
	fake_start(sub);
	any = fake_client_new();
	fake_forget();
}

static void end(void)
{
	fake_client_free(sub);
	fake_client_free(alice);
	fake_client_free(bob);
	fake_client_free(any);
	fake_host_stop();
}

#define SUCCESS "{'videoroom':'success'}"
#define CLOSED "{'janus':'hangup','reason':'Close PC'}"
#define MODERATE(id, mid, mute)                                                                    \
	"{'request':'moderate','room':9,'secret':'s','id':" id ",'mid':'" mid "','mute':" mute "}"

static void test_mute(void)
{
	begin("secret = \"s\";");
	fake_ask(any, MODERATE("1001", "0", "true"));
	g_assert_true(any->sync);
	assert_next(alice, EVENT("'id':1001,'mid':'0','moderation':'muted'"));
	assert_next(bob, EVENT("'id':1001,'mid':'0','moderation':'muted'"));
	assert_next(any, SUCCESS);
	g_assert_false(fake_fanout_is_open(alice->lines[0].to));
	/* the publisher cannot undo it */
	fake_ask(alice, "{'request':'configure','audio':true,'streams':[{'mid':'0','send':true}]}");
	fake_ask_offer(alice, "{'request':'configure','audio':true}", "avd");
	g_assert_false(fake_fanout_is_open(alice->lines[0].to));
	assert_has(alice->reply,
		"{'streams':[{'mid':'0','moderated':true},{'mid':'1','moderated':null},{}]}");
	fake_forget();
	fake_ask(any, MODERATE("1001", "0", "false"));
	assert_next(alice, EVENT("'id':1001,'mid':'0','moderation':'unmuted'"));
	assert_next(bob, EVENT("'id':1001,'mid':'0','moderation':'unmuted'"));
	assert_next(any, SUCCESS);
	g_assert_true(fake_fanout_is_open(alice->lines[0].to));
	assert_silence();
	end();
}

static void test_mute_data(void)
{
	begin("secret = \"s\";");
	fake_ask(any, MODERATE("1001", "2", "true"));
	limen_module.data(&alice->handle, 2, false, "x", "", (const uint8_t *)"hi", 2);
	g_assert_cmpuint(sub->messages.length, ==, 0);
	fake_ask(any, MODERATE("1001", "2", "false"));
	limen_module.data(&alice->handle, 2, false, "x", "", (const uint8_t *)"hi", 2);
	g_assert_cmpuint(sub->messages.length, ==, 1);
	end();
}

#define KICK(id) "{'request':'kick','room':9,'secret':'s','id':" id "}"
#define WITHOUT_ALICE                                                                              \
	"{'videoroom':'updated','room':9,'streams':[" EMPTY("audio", "0") "," EMPTY(               \
		"video", "1") ",{'type':'data','active':true,'mindex':2,'mid':'2','ready':false,'" \
			      "send':true}],"                                                      \
			      "'jsep':'offer'}"

static void test_kick(void)
{
	begin("secret = \"s\";");
	fake_ask(any, KICK("1001"));
	g_assert_true(any->sync);
	assert_next(alice, EVENT("'leaving':'ok','reason':'kicked'"));
	assert_next(bob, EVENT("'kicked':1001,'display':'Alice'"));
	assert_next(any, SUCCESS);
	assert_next(alice, CLOSED);
	assert_next(sub, WITHOUT_ALICE);
	fake_ask(alice, "{'request':'configure'}");
	assert_next(alice, FAILURE("426", "No such room"));
	fake_ask(alice, "{'request':'leave'}");
	assert_next(alice, FAILURE("426", "No such room"));
	fake_ask(alice, "{'request':'join','room':9,'ptype':'publisher'}");
	assert_next(alice, FAILURE("425", "Not in a room (create a new handle)"));
	fake_ask(any, KICK("1001")); /* again: nothing to do */
	assert_next(any, SUCCESS);
	fake_start(sub);
	assert_next(sub, EVENT("'started':'ok'"));
	fake_client_free(alice);
	alice = fake_client_new();
	assert_silence();
	fake_ask(any, KICK("1001"));
	assert_next(any, FAILURE("428", "No such user 1001 in room 9"));
	end();
}

/* Whose private_id a subscription carries takes it along. */
static void test_kick_takes_subscriptions(void)
{
	begin("secret = \"s\"; require_pvtid = true;");
	fake_ask(any, KICK("1002"));
	assert_next(bob, EVENT("'leaving':'ok','reason':'kicked'"));
	assert_next(alice, EVENT("'kicked':1002,'display':'Bob'"));
	assert_next(any, SUCCESS);
	assert_next(bob, CLOSED);
	assert_silence();
	g_assert_cmpuint(fake_host_receivers(), ==, 0);
	fake_ask(sub, "{'request':'configure'}");
	assert_next(sub, FAILURE("433", "Unauthorized, you have been kicked"));
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':1001}]}");
	assert_next(sub, FAILURE("433", "Unauthorized, you have been kicked"));
	end();
}

static void test_kick_leaves_other_subscriptions(void)
{
	begin("secret = \"s\";");
	fake_ask(any, KICK("1002"));
	fake_forget();
	g_assert_cmpuint(fake_host_receivers(), ==, 2);
	fake_ask(sub, "{'request':'configure','audio':true}");
	assert_next(sub, EVENT("'configured':'ok'"));
	end();
}

static void test_destroy(void)
{
	begin("secret = \"s\";");
	fake_ask(any, "{'request':'destroy','room':9,'secret':'s'}");
	assert_next(alice, "{'videoroom':'destroyed','room':9}");
	assert_next(bob, "{'videoroom':'destroyed','room':9}");
	assert_next(any, "{'videoroom':'destroyed','room':9,'permanent':false}");
	assert_next(bob, CLOSED);
	assert_next(alice, CLOSED);
	assert_silence(); /* neither plugin event nor hangup for the subscriber */
	g_assert_true(sub->pc);
	fake_ask(sub, "{'request':'unsubscribe','streams':[{'feed':1001}]}");
	assert_next(sub, FAILURE("426", "No such room"));
	fake_ask(bob, "{'request':'configure'}");
	assert_next(bob, FAILURE("426", "No such room"));
	fake_ask(bob, "{'request':'join','room':9,'ptype':'publisher'}");
	assert_next(bob, FAILURE("425", "Not in a room (create a new handle)"));
	fake_ask(any, "{'request':'join','room':9,'ptype':'publisher'}");
	assert_next(any, FAILURE("426", "No such room (9)"));
	end();
}

static void test_participants(void)
{
	struct fake_client *c;

	begin("secret = \"s\"; pin = \"\";");
	c = fake_client_new();
	fake_ask(c, "{'request':'join','room':9,'ptype':'publisher','id':3,'metadata':{'a':1}}");
	fake_forget();
	fake_ask(any, "{'request':'listparticipants','room':9}");
	assert_next(any,
		"{'videoroom':'participants','room':9,'participants':["
		"{'id':1001,'display':'Alice','publisher':true,'talking':false},"
		"{'id':1002,'display':'Bob','publisher':true,'talking':false},"
		"{'id':3,'metadata':{'a':1},'publisher':false}]}");
	assert_has(fake_ask(any, "{'request':'list'}"), "{'list':[{'num_participants':3}]}");
	fake_client_free(c);
	end();
}

static const struct room_refusal refusals[] = {
	{ "{'request':'moderate'}", 429, "Missing mandatory element (room)" },
	{ "{'request':'moderate','room':9}", 429, "Missing mandatory element (id)" },
	{ "{'request':'moderate','room':9,'id':1001}", 429, "Missing mandatory element (mid)" },
	{ "{'request':'moderate','room':9,'id':1001,'mid':'0'}", 429,
		"Missing mandatory element (mute)" },
	{ "{'request':'moderate','room':9,'id':1001,'mid':'0','mute':true}", 429,
		"Missing mandatory element (secret)" },
	{ "{'request':'moderate','room':9,'secret':'S','id':1001,'mid':'0','mute':true}", 433,
		"Unauthorized (wrong secret)" },
	{ "{'request':'moderate','room':8,'secret':'s','id':1001,'mid':'0','mute':true}", 426,
		"No such room (8)" },
	{ "{'request':'moderate','room':'9','secret':'s','id':1001,'mid':'0','mute':true}", 430,
		"Invalid element type (room should be a positive integer)" },
	{ "{'request':'moderate','room':9,'secret':5,'id':1001,'mid':'0','mute':true}", 430,
		"Invalid element type (secret should be a string)" },
	{ "{'request':'moderate','room':9,'secret':'s','id':-1,'mid':'0','mute':true}", 430,
		"Invalid element type (id should be a positive integer)" },
	{ "{'request':'moderate','room':9,'secret':'s','id':1001,'mid':0,'mute':true}", 430,
		"Invalid element type (mid should be a string)" },
	{ "{'request':'moderate','room':9,'secret':'s','id':1001,'mid':'0','mute':1}", 430,
		"Invalid element type (mute should be a boolean)" },
	{ "{'request':'moderate','room':9,'secret':'s','id':9223372036854775807,'mid':'0','mute':"
	  "true}",
		428, "No such user 9223372036854775807 in room 9" },
	{ "{'request':'moderate','room':9,'secret':'s','id':1001,'mid':'9','mute':true}", 428,
		"No such mid '9' published" },
	{ "{'request':'kick'}", 429, "Missing mandatory element (room)" },
	{ "{'request':'kick','room':9}", 429, "Missing mandatory element (id)" },
	{ "{'request':'kick','room':9,'id':1001}", 429, "Missing mandatory element (secret)" },
	{ "{'request':'kick','room':9,'id':1001,'secret':'x'}", 433,
		"Unauthorized (wrong secret)" },
	{ "{'request':'kick','room':9,'id':'1001','secret':'s'}", 430,
		"Invalid element type (id should be a positive integer)" },
	{ "{'request':'kick','room':9,'id':7,'secret':'s'}", 428, "No such user 7 in room 9" },
	{ "{'request':'kick','room':9,'id':0,'secret':'s'}", 428, "No such user 0 in room 9" },
	{ "{'request':'kick','room':8,'id':7,'secret':'s'}", 426, "No such room (8)" },
	{ "{'request':'listparticipants'}", 429, "Missing mandatory element (room)" },
	{ "{'request':'listparticipants','room':true}", 430,
		"Invalid element type (room should be a positive integer)" },
	{ "{'request':'listparticipants','room':8}", 426, "No such room (8)" },
	{ "{'request':'destroy'}", 429, "Missing mandatory element (room)" },
	{ "{'request':'destroy','room':9}", 429, "Missing mandatory element (secret)" },
	{ "{'request':'destroy','room':9,'secret':''}", 433, "Unauthorized (wrong secret)" },
	{ "{'request':'destroy','room':9,'secret':'s','permanent':true}", 499,
		"No configuration file, can't make the change permanent" },
	{ "{'request':'destroy','room':9,'secret':'s','permanent':'x'}", 430,
		"Invalid element type (permanent should be a boolean)" },
	{ "{'request':'destroy','room':0,'secret':'s'}", 426, "No such room (0)" },
};

static void test_refused(void)
{

	begin("secret = \"s\";");
	room_refused(any, refusals, G_N_ELEMENTS(refusals));
	g_assert_true(fake_fanout_is_open(alice->lines[0].to));
	g_assert_cmpuint(fake_host_fanouts(), ==, 3);
	end();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/videoroom/moderate/mute", test_mute);
	g_test_add_func("/videoroom/moderate/mute-data", test_mute_data);
	g_test_add_func("/videoroom/moderate/kick", test_kick);
	g_test_add_func(
		"/videoroom/moderate/kick-takes-subscriptions", test_kick_takes_subscriptions);
	g_test_add_func(
		"/videoroom/moderate/kick-leaves-others", test_kick_leaves_other_subscriptions);
	g_test_add_func("/videoroom/moderate/destroy", test_destroy);
	g_test_add_func("/videoroom/moderate/participants", test_participants);
	g_test_add_func("/videoroom/moderate/refused", test_refused);
	return g_test_run();
}
