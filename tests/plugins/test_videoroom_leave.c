/*
 * VideoRoom against a fake host: what the others hear when somebody leaves, hangs up, detaches.
 */
#include "tests/lib/fake_room.h"

static struct fake_client *alice, *bob, *sub;

/* Alice publishes, Bob is there, a third handle receives Alice. */
static void begin(void)
{
	room_begin("");
	alice = room_publish(1001, "Alice", "av");
	bob = room_join(1002, "Bob");
	sub = room_subscribe("[{'feed':1001}]");
}

static void end(void)
{
	fake_client_free(sub);
	fake_client_free(bob);
	fake_host_stop();
}

#define WITHOUT_ALICE                                                                              \
	"{'videoroom':'updated','room':9,'streams':[" EMPTY("audio", "0") "," EMPTY(               \
		"video", "1") "],'jsep':'offer'}"

/* Its PeerConnection stays until the client closes it, which nobody hears of. */
static void test_leave(void)
{
	begin();
	fake_ask(alice, "{'request':'leave'}");
	assert_next(bob, EVENT("'leaving':1001,'display':'Alice'"));
	assert_next(alice, EVENT("'leaving':'ok'"));
	assert_next(sub, WITHOUT_ALICE);
	assert_silence();
	g_assert_true(alice->pc);
	fake_ask(alice, "{'request':'configure','audio':true}");
	assert_next(alice, FAILURE("426", "No such room"));
	fake_ask(alice, "{'request':'unpublish'}");
	assert_next(alice, FAILURE("426", "No such room"));
	fake_ask(alice, "{'request':'join','room':9,'ptype':'publisher'}");
	assert_next(alice, FAILURE("425", "Not in a room (create a new handle)"));
	fake_down(alice);
	assert_next(alice, "{'janus':'hangup','reason':'DTLS alert'}");
	fake_client_free(alice);
	assert_silence();
	end();
}

static void test_hangup(void)
{
	begin();
	fake_down(alice);
	assert_next(bob, EVENT("'unpublished':1001,'display':'Alice'"));
	assert_next(alice, "{'janus':'hangup','reason':'DTLS alert'}");
	assert_next(sub, WITHOUT_ALICE);
	assert_silence();
	g_assert_cmpuint(fake_host_fanouts(), ==, 0);
	/* still a participant, and may publish again */
	assert_has(fake_ask_offer(alice, "{'request':'publish'}", "a"), "{'configured':'ok'}");
	fake_forget();
	fake_down(alice); /* it was never up: nobody knows of it */
	assert_next(alice, "{'janus':'hangup','reason':'DTLS alert'}");
	assert_silence();
	fake_client_free(alice);
	end();
}

static void test_detach(void)
{
	begin();
	fake_client_free(alice);
	assert_next(bob, EVENT("'unpublished':1001,'display':'Alice'"));
	assert_next(bob, EVENT("'leaving':1001,'display':'Alice'"));
	assert_next(sub, WITHOUT_ALICE);
	assert_silence();
	end();
}

static void test_detach_without_publishing(void)
{
	struct fake_client *c;

	begin();
	c = fake_client_new();
	fake_ask(c, "{'request':'join','room':9,'ptype':'publisher','id':5,'metadata':{'m':1}}");
	fake_forget();
	fake_client_free(c);
	assert_next(alice, EVENT("'unpublished':5,'metadata':{'m':1}"));
	assert_next(bob, EVENT("'unpublished':5,'metadata':{'m':1}"));
	assert_next(alice, EVENT("'leaving':5,'metadata':{'m':1}"));
	assert_next(bob, EVENT("'leaving':5,'metadata':{'m':1}"));
	assert_silence();
	fake_client_free(alice);
	end();
}

/* After unpublish the participant's end is told once. */
static void test_unpublish_then_leave(void)
{
	begin();
	fake_ask(alice, "{'request':'unpublish'}");
	fake_start(sub);
	fake_forget();
	fake_ask(alice, "{'request':'leave'}");
	assert_next(bob, EVENT("'leaving':1001,'display':'Alice'"));
	assert_next(alice, EVENT("'leaving':'ok'"));
	fake_client_free(alice);
	assert_silence();
	end();
}

/* Subscribers are seen by nobody. */
static void test_subscriber_goes(void)
{
	begin();
	fake_client_free(sub);
	assert_silence();
	g_assert_cmpuint(fake_host_receivers(), ==, 0);
	sub = fake_client_new();
	fake_client_free(alice);
	end();
}

/* An id is free again when its bearer has left; the room takes no notice of the old handle then. */
static void test_id_is_free_again(void)
{
	struct fake_client *again;

	begin();
	fake_ask(alice, "{'request':'leave'}");
	again = room_join(1001, "Alice");
	fake_client_free(alice);
	assert_silence();
	assert_has(fake_ask(bob, "{'request':'listparticipants','room':9}"),
		"{'participants':[{'id':1002},{'id':1001}]}");
	fake_client_free(again);
	end();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/videoroom/leave/leave", test_leave);
	g_test_add_func("/videoroom/leave/hangup", test_hangup);
	g_test_add_func("/videoroom/leave/detach", test_detach);
	g_test_add_func(
		"/videoroom/leave/detach-without-publishing", test_detach_without_publishing);
	g_test_add_func("/videoroom/leave/unpublish-then-leave", test_unpublish_then_leave);
	g_test_add_func("/videoroom/leave/subscriber-goes", test_subscriber_goes);
	g_test_add_func("/videoroom/leave/id-is-free-again", test_id_is_free_again);
	return g_test_run();
}
