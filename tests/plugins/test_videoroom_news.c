/*
 * VideoRoom against a fake host: what event handlers are told, in order and in full.
 */
#include "tests/lib/fake_room.h"

#define NEWS(what, members) "{'event':'" what "','room':9" members "}"
#define PERSON(id, name) ",'id':" id ",'display':'" name "'"
#define ALICE                                                                                      \
	PERSON("1", "Alice")                                                                       \
	",'audio_codec':'opus','video_codec':'vp8','streams':[" AUDIO("0") "," VIDEO("1") "]"

static struct fake_client *alice;

static void ask(struct fake_client *c, const char *body, const char *wanted)
{
	assert_has(fake_ask(c, body), "%s", wanted);
}

static void begin(const char *settings)
{
	room_begin(settings);
	alice = fake_client_new();
}

static void end(void)
{
	fake_client_free(alice);
	fake_host_stop();
}

static void publish(void)
{
	ask(alice,
		"{'request':'join','room':9,'ptype':'publisher','id':1,'display':'Alice',"
		"'metadata':{'a':1}}",
		"{'videoroom':'joined'}");
	assert_has(fake_ask_offer(alice, "{'request':'publish'}", "av"), "{'configured':'ok'}");
	fake_up(alice);
}

static void test_rooms(void)
{
	begin("");
	ask(alice, "{'request':'create','room':9}", "{'error_code':427}");
	ask(alice, "{'request':'destroy','room':9}", "{'videoroom':'destroyed'}");
	ask(alice, "{'request':'create','room':9}", "{'videoroom':'created'}");
	ask(alice, "{'request':'edit','room':9,'new_pin':'p'}", "{'videoroom':'edited'}");
	assert_emitted(NEWS("destroyed", ""));
	assert_emitted(NEWS("created", ""));
	assert_emitted(NEWS("edited", ""));
	g_assert_cmpuint(fake_emitted, ==, 3);
	end();
}

static void test_publisher(void)
{
	begin("");
	publish();
	assert_emitted(NEWS("joined", PERSON("1", "Alice") ",'metadata':{'a':1},'private_id':'*'"));
	assert_emitted(NEWS("configured", ALICE ",'metadata':{'a':1}"));
	assert_emitted(NEWS("published", ALICE ",'metadata':{'a':1}"));
	fake_ask(alice, "{'request':'configure','metadata':{}}");
	assert_emitted(NEWS("configured", ALICE ",'metadata':{}"));
	fake_ask_offer(alice, "{'request':'configure'}", "av");
	assert_emitted(NEWS("updated", ALICE ",'metadata':{}"));
	assert_emitted(NEWS("configured", ALICE ",'metadata':{}"));
	fake_ask(alice, "{'request':'unpublish'}");
	assert_emitted(NEWS("unpublished", PERSON("1", "Alice") ",'metadata':{}"));
	fake_ask(alice, "{'request':'leave'}");
	assert_emitted(NEWS("leaving", PERSON("1", "Alice") ",'metadata':{}"));
	g_assert_cmpuint(fake_emitted, ==, 8);
	end();
	g_assert_cmpuint(fake_emitted, ==, 8);
}

/* However a publisher goes, it is told that it publishes no more before it is told that it goes. */
static void expect_end(void (*go)(void), const char *last)
{
	g_autofree char *text = g_strdup_printf(NEWS("%s", PERSON("1", "Alice")), last);

	begin("");
	ask(alice, "{'request':'join','room':9,'ptype':'publisher','id':1,'display':'Alice'}",
		"{'videoroom':'joined'}");
	fake_ask_offer(alice, "{'request':'publish'}", "av");
	fake_up(alice);
	fake_forget();
	go();
	assert_emitted(NEWS("unpublished", PERSON("1", "Alice")));
	assert_emitted("%s", text);
	g_assert_cmpuint(fake_emitted, ==, 5);
	end();
}

static void leave(void)
{
	fake_ask(alice, "{'request':'leave'}");
}

static void hang_up_and_leave(void)
{
	fake_down(alice);
	leave();
}

static void kick(void)
{
	fake_ask(alice, "{'request':'kick','room':9,'id':1}");
}

static void detach(void)
{
	fake_client_free(alice);
	alice = fake_client_new();
}

static void test_ways_to_go(void)
{
	expect_end(leave, "leaving");
	expect_end(hang_up_and_leave, "leaving");
	expect_end(kick, "kicked");
	expect_end(detach, "leaving");
}

static void test_moderated(void)
{
	begin("");
	publish();
	fake_forget();
	fake_ask(alice, "{'request':'moderate','room':9,'id':1,'mid':'0','mute':true}");
	assert_emitted(NEWS("moderated", ",'id':1,'mid':'0','moderation':'muted'"));
	end();
}

#define FED_ALICE "[" FED_AUDIO("0", "false", "1", "Alice", "0") "]"

static void test_subscriber(void)
{
	struct fake_client *sub;

	begin("");
	ask(alice, "{'request':'join','room':9,'ptype':'publisher','id':1,'display':'Alice'}",
		"{'videoroom':'joined'}");
	fake_ask_offer(alice, "{'request':'publish'}", "aa");
	fake_up(alice);
	fake_forget();
	sub = fake_client_new();
	ask(sub,
		"{'request':'join','room':9,'ptype':'subscriber','streams':[{'feed':1,'mid':'0'}]}",
		"{'videoroom':'attached'}");
	assert_emitted(NEWS("subscribing", ",'streams':" FED_ALICE));
	fake_start(sub);
	fake_up(sub);
	assert_emitted(
		NEWS("subscribed", ",'streams':[" FED_AUDIO("0", "true", "1", "Alice", "0") "]"));
	ask(sub, "{'request':'unsubscribe','streams':[{'sub_mid':'0'}]}",
		"{'videoroom':'updated'}");
	assert_emitted(NEWS("updated", ",'streams':[" EMPTY("audio", "0") "]"));
	fake_start(sub);
	ask(sub, "{'request':'subscribe','streams':[{'feed':1,'mid':'0'}]}",
		"{'videoroom':'updated'}");
	assert_emitted(NEWS("updated", ",'streams':" FED_ALICE));
	fake_start(sub);
	ask(sub, "{'request':'switch','streams':[{'feed':1,'mid':'1','sub_mid':'0'}]}",
		"{'switched':'ok'}");
	assert_emitted(NEWS("switched",
		",'changes':1,'streams':[" FED_AUDIO("0", "true", "1", "Alice", "1") "]"));
	ask(sub, "{'request':'leave'}", "{'left':'ok'}");
	assert_emitted(NEWS("unsubscribed", ""));
	fake_client_free(sub);
	g_assert_cmpuint(fake_emitted, ==, 9);
	end();
}

static void test_subscriber_ends(void)
{
	struct fake_client *a, *b;

	begin("");
	publish();
	a = room_subscribe("[{'feed':1}]");
	b = room_subscribe("[{'feed':1}]");
	fake_forget();
	fake_client_free(a);
	assert_emitted(NEWS("unsubscribed", ""));
	fake_ask(alice, "{'request':'destroy','room':9}");
	assert_emitted(NEWS("unsubscribed", ""));
	assert_emitted(NEWS("unpublished", PERSON("1", "Alice") ",'metadata':{'a':1}"));
	assert_emitted(NEWS("destroyed", ""));
	fake_client_free(b);
	fake_client_free(alice);
	alice = fake_client_new();
	g_assert_cmpuint(fake_emitted, ==, 3 + 2 * 2 + 4);
	end();
}

static void test_nothing_is_told_when_switched_off(void)
{
	fake_host_start(&limen_module, "general: { events = false }\nroom-9: { }");
	alice = fake_client_new();
	publish();
	g_assert_cmpuint(fake_emitted, ==, 0);
	end();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/videoroom/news/rooms", test_rooms);
	g_test_add_func("/videoroom/news/publisher", test_publisher);
	g_test_add_func("/videoroom/news/ways-to-go", test_ways_to_go);
	g_test_add_func("/videoroom/news/moderated", test_moderated);
	g_test_add_func("/videoroom/news/subscriber", test_subscriber);
	g_test_add_func("/videoroom/news/subscriber-ends", test_subscriber_ends);
	g_test_add_func("/videoroom/news/switched-off", test_nothing_is_told_when_switched_off);
	return g_test_run();
}
