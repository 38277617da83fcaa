/*
 * VideoRoom against a fake host: clients that ask without end, that never answer, that vanish in
 * the middle.
 */
#include "tests/lib/fake_room.h"

#define MANY 10000

static void test_many_configures(void)
{
	struct fake_client *alice, *sub;

	room_begin("bitrate = 500000;");
	alice = room_publish(1, "Alice", "av");
	sub = room_subscribe("[{'feed':1}]");
	for (int i = 0; i < MANY; i++) {
		g_autofree char *own = g_strdup_printf(
			"{'request':'configure','bitrate':%d,'audio':%s,'display':'Alice %d'}",
			i * 100, i % 2 ? "true" : "false", i);
		g_autofree char *theirs =
			g_strdup_printf("{'request':'configure','streams':[{'mid':'0','send':%s}]}",
				i % 2 ? "true" : "false");

		fake_ask(alice, own);
		assert_next(alice, EVENT("'configured':'ok'"));
		fake_ask(sub, theirs);
		assert_next(sub, EVENT("'configured':'ok'"));
		assert_silence();
		fake_forget();
	}
	g_assert_cmpuint(alice->bitrate, ==, (MANY - 1) * 100);
	g_assert_true(fake_fanout_is_open(alice->lines[0].to));
	g_assert_false(sub->lines[0].paused);
	g_assert_cmpuint(sub->offers, ==, 1);
	g_assert_cmpuint(fake_host_fanouts(), ==, 2);
	g_assert_cmpuint(fake_host_receivers(), ==, 2);
	fake_client_free(sub);
	fake_client_free(alice);
	fake_host_stop();
}

static void test_many_renegotiations(void)
{
	struct fake_client *alice, *sub;

	room_begin("");
	alice = room_publish(1, "Alice", "av");
	sub = room_subscribe("[{'feed':1}]");
	for (int i = 0; i < MANY / 10; i++) {
		fake_ask_offer(alice, "{'request':'configure'}", i % 2 ? "av" : "ai");
		fake_ask_offer(alice, "{'request':'configure'}", "av");
		fake_ask(sub, "{'request':'update','subscribe':[{'feed':1,'mid':'1'}]}");
		if (sub->offered)
			fake_start(sub);
		if (sub->offered)
			fake_start(sub);
		fake_forget();
		if (sub->offer->media->len > 6)
			break; /* each round may add an m-line, up to the most there can be */
	}
	fake_client_free(sub);
	fake_client_free(alice);
	fake_host_stop();
}

/* One offer stays unanswered: there is never a second, and what happens meanwhile is not kept. */
static void test_subscriber_that_never_answers(void)
{
	struct fake_client *alice, *sub;

	room_begin("");
	alice = room_publish(1, "Alice", "av");
	sub = fake_client_new();
	fake_ask(sub, "{'request':'join','room':9,'ptype':'subscriber','streams':[{'feed':1}]}");
	fake_forget();
	for (int i = 0; i < MANY / 10; i++) {
		struct fake_client *bob = room_publish(2, "Bob", "av");

		fake_ask(sub, "{'request':'subscribe','streams':[{'feed':2}]}");
		assert_next(sub, "{'videoroom':'updating','room':9}");
		fake_client_free(bob);
		fake_forget();
		fake_ask(sub, "{'request':'unsubscribe','streams':[{'feed':2}]}");
		assert_next(sub, "{'videoroom':'updating','room':9}");
		assert_silence();
		fake_ask(sub, "{'request':'configure','restart':true}");
		assert_next(sub, EVENT("'configured':'ok'"));
		assert_silence();
		fake_forget();
	}
	g_assert_cmpuint(sub->offers, ==, 1);
	/* it is the only one who misses anything */
	fake_ask_offer(alice, "{'request':'configure'}", "av");
	assert_has(alice->reply, "{'configured':'ok'}");
	fake_forget();
	/* and once it does answer, one offer tells all */
	fake_start(sub);
	assert_next(sub, EVENT("'started':'ok'"));
	assert_next(sub,
		"{'videoroom':'updated','room':9,'streams':[" FED_AUDIO(
			"0", "true", "1", "Alice", "0") "," FED_VIDEO("1", "true", "1", "Alice",
			"1") "," EMPTY("audio", "2") "," EMPTY("video", "3") "],'jsep':'offer'}");
	assert_silence();
	g_assert_true(sub->restart);
	g_assert_cmpuint(sub->offers, ==, 2);
	fake_client_free(sub);
	fake_client_free(alice);
	fake_host_stop();
}

/* Silent for ever, and then gone: nothing of it is left. */
static void test_subscriber_goes_without_an_answer(void)
{
	struct fake_client *alice, *sub;

	room_begin("");
	alice = room_publish(1, "Alice", "av");
	sub = fake_client_new();
	fake_ask(sub, "{'request':'join','room':9,'ptype':'subscriber','streams':[{'feed':1}]}");
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':1}]}");
	fake_down(sub);
	g_assert_cmpuint(fake_host_receivers(), ==, 0);
	fake_forget();
	/* it may begin again on the same handle */
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':1,'mid':'0'}]}");
	assert_next(sub,
		"{'videoroom':'updated','room':9,'streams':[" FED_AUDIO(
			"0", "false", "1", "Alice", "0") "],'jsep':'offer'}");
	fake_client_free(sub);
	g_assert_cmpuint(fake_host_receivers(), ==, 0);
	fake_client_free(alice);
	fake_host_stop();
}

/* The publisher goes after its subscriber was made an offer that has it in, and before the answer.
 */
static void vanish(void (*go)(struct fake_client *c))
{
	struct fake_client *alice, *sub;

	room_begin("");
	alice = room_publish(1, "Alice", "av");
	sub = room_subscribe("[{'feed':1,'mid':'0'}]");
	fake_ask_offer(alice, "{'request':'configure'}", "avv");
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':1,'mid':'2'}]}");
	assert_has(sub->reply, "{'videoroom':'updated'}");
	g_assert_true(sub->offered);
	go(alice);
	g_assert_cmpuint(fake_host_fanouts(), ==, 0);
	fake_forget();
	fake_start(sub);
	assert_next(sub, EVENT("'started':'ok'"));
	assert_next(sub,
		"{'videoroom':'updated','room':9,'streams':[" EMPTY("audio", "0") "," EMPTY(
			"video", "1") "],'jsep':'offer'}");
	assert_silence();
	fake_start(sub);
	assert_next(sub, EVENT("'started':'ok'"));
	assert_silence();
	/* the emptied lines serve the next one */
	alice = room_publish(3, "Carol", "av");
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':3}]}");
	assert_next(sub,
		"{'videoroom':'updated','room':9,'streams':[" FED_AUDIO("0", "false", "3", "Carol",
			"0") "," FED_VIDEO("1", "false", "3", "Carol", "1") "],'jsep':'offer'}");
	fake_client_free(sub);
	fake_client_free(alice);
	fake_host_stop();
}

static void hang_up(struct fake_client *c)
{
	fake_down(c);
	fake_client_free(c);
}

static void leave(struct fake_client *c)
{
	fake_ask(c, "{'request':'leave'}");
	fake_client_free(c);
}

static void renegotiate_and_detach(struct fake_client *c)
{
	fake_ask_offer(c, "{'request':'configure'}", "aii");
	fake_client_free(c);
}

static void test_publisher_vanishes(void)
{
	vanish(fake_client_free);
	vanish(hang_up);
	vanish(leave);
	vanish(renegotiate_and_detach);
}

/* The publisher's own first negotiation: it goes before it was ever up. */
static void test_publisher_vanishes_before_it_is_up(void)
{
	struct fake_client *alice, *bob;

	room_begin("");
	bob = room_join(2, "Bob");
	alice = room_join(1, "Alice");
	fake_ask_offer(alice, "{'request':'publish'}", "av");
	fake_forget();
	fake_down(alice);
	assert_next(alice, "{'janus':'hangup','reason':'DTLS alert'}");
	assert_silence(); /* nobody was told that it publishes */
	assert_has(fake_ask_offer(alice, "{'request':'publish'}", "a"), "{'configured':'ok'}");
	fake_up(alice);
	assert_has(fake_event(bob), "{'publishers':[{'id':1}]}");
	fake_client_free(alice);
	fake_client_free(bob);
	g_assert_cmpuint(fake_host_fanouts(), ==, 0);
	fake_host_stop();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/videoroom/endurance/many-configures", test_many_configures);
	g_test_add_func("/videoroom/endurance/many-renegotiations", test_many_renegotiations);
	g_test_add_func("/videoroom/endurance/subscriber-that-never-answers",
		test_subscriber_that_never_answers);
	g_test_add_func("/videoroom/endurance/subscriber-goes-without-an-answer",
		test_subscriber_goes_without_an_answer);
	g_test_add_func("/videoroom/endurance/publisher-vanishes", test_publisher_vanishes);
	g_test_add_func("/videoroom/endurance/publisher-vanishes-before-it-is-up",
		test_publisher_vanishes_before_it_is_up);
	return g_test_run();
}
