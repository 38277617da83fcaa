/*
 * VideoRoom against a fake host: the dominant speaker of a room; who is told, and who cannot be
 * one.
 */
#include "tests/lib/fake_room.h"

#define SILENCE 100
#define VOICE 30

static struct fake_client *alice, *bob, *carol;

static void begin(const char *settings)
{
	room_begin(settings);
	alice = room_publish(1, "Alice", "va");
	bob = room_publish(2, "Bob", "a");
	carol = room_join(3, "Carol"); /* only listens */
	fake_forget();
}

static void end(void)
{
	fake_client_free(alice);
	fake_client_free(bob);
	fake_client_free(carol);
	fake_host_stop();
}

static void packet(struct fake_client *c, uint16_t mindex, uint8_t level)
{
	struct limen_packet *pkt = g_new0(struct limen_packet, 1);

	pkt->kind = LIMEN_AUDIO;
	pkt->mindex = mindex;
	pkt->audio_level = level;
	pkt->voice = level < 60;
	pkt->arrived_us = fake_now_us;
	limen_module.rtp(&c->handle, pkt);
	g_free(pkt);
}

/* Levels of Alice (on her second m-line) and Bob for two seconds, with a breath in each. */
static void talk(uint8_t of_alice, uint8_t of_bob)
{
	for (unsigned i = 0; i < 100; i++) {
		fake_now_us += 20000;
		packet(alice, 1, i == 20 ? SILENCE : of_alice);
		packet(bob, 0, i == 20 ? SILENCE : of_bob);
	}
}

#define ALICE EVENT("'dominant_speaker':1,'mid':'1'")
#define BOB EVENT("'dominant_speaker':2,'mid':'0'")
#define assert_told(event)                                                                         \
	do {                                                                                       \
		assert_next(alice, event);                                                         \
		assert_next(bob, event);                                                           \
		assert_next(carol, event);                                                         \
		assert_silence();                                                                  \
	} while (0)
#define MODERATE(id, mid, mute)                                                                    \
	"{'request':'moderate','room':9,'id':" id ",'mid':'" mid "','mute':" mute "}"

static void assert_joined(const char *expected)
{
	struct fake_client *c = fake_client_new();

	assert_has(fake_ask(c, "{'request':'join','room':9,'ptype':'publisher'}"), "%s", expected);
	fake_client_free(c);
	fake_forget();
}

static void test_told(void)
{
	unsigned emitted;

	begin("dominant_speaker = true;");
	assert_joined("{'videoroom':'joined','dominant_speaker':null}");
	talk(SILENCE, SILENCE);
	assert_silence();
	emitted = fake_emitted;
	talk(VOICE, SILENCE);
	assert_told(ALICE);
	g_assert_cmpuint(fake_emitted, ==, emitted + 1);
	talk(VOICE, SILENCE);
	talk(SILENCE, SILENCE);
	assert_silence();
	assert_joined("{'videoroom':'joined','dominant_speaker':1}");
	talk(SILENCE, VOICE);
	assert_told(BOB);
	assert_joined("{'videoroom':'joined','dominant_speaker':2}");
	end();
}

static void test_only_where_asked_for(void)
{
	begin("");
	talk(VOICE, SILENCE);
	assert_silence();
	assert_has(fake_ask(carol, "{'request':'list'}"), "{'list':[{'dominant_speaker':null}]}");
	assert_has(fake_ask(carol, "{'request':'create','room':8,'dominant_speaker':true}"),
		"{'videoroom':'created'}");
	assert_has(fake_ask(carol, "{'request':'list'}"),
		"{'list':[{'room':9},{'room':8,'dominant_speaker':true}]}");
	g_assert_cmpint(
		fake_error(fake_ask(carol, "{'request':'create','dominant_speaker':1}")), ==, 430);
	end();
}

static void test_muted_is_not_elected(void)
{
	begin("dominant_speaker = true;");
	fake_ask(carol, MODERATE("1", "1", "true"));
	fake_forget();
	talk(VOICE, SILENCE);
	assert_silence();
	fake_ask(carol, MODERATE("1", "1", "false"));
	fake_forget();
	talk(VOICE, SILENCE);
	assert_told(ALICE);
	/* who mutes himself is succeeded by the next one, and comes back as one */
	fake_ask(alice, "{'request':'configure','audio':false}");
	assert_joined("{'videoroom':'joined','dominant_speaker':null}");
	talk(VOICE, SILENCE);
	assert_silence();
	talk(VOICE, VOICE);
	assert_told(BOB);
	fake_ask(alice, "{'request':'configure','audio':true}");
	fake_forget();
	talk(VOICE, SILENCE);
	assert_told(ALICE);
	end();
}

static void test_leaves(void)
{
	begin("dominant_speaker = true;");
	talk(VOICE, SILENCE);
	assert_told(ALICE);
	fake_ask(alice, "{'request':'unpublish'}");
	assert_joined("{'videoroom':'joined','dominant_speaker':null}");
	talk(VOICE, SILENCE); /* late packets */
	assert_silence();
	assert_has(fake_ask_offer(alice, "{'request':'publish'}", "va"), "{'configured':'ok'}");
	fake_up(alice);
	fake_forget();
	talk(VOICE, SILENCE);
	assert_told(ALICE);
	fake_client_free(alice);
	alice = room_publish(1, "Alice", "va");
	talk(SILENCE, VOICE);
	assert_next(bob, BOB);
	assert_next(carol, BOB);
	assert_next(alice, BOB);
	/* the m-line ends, the participant stays */
	assert_has(fake_ask_offer(bob, "{'request':'configure'}", "u"), "{'configured':'ok'}");
	fake_forget();
	assert_joined("{'videoroom':'joined','dominant_speaker':null}");
	end();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/videoroom/dominant/told", test_told);
	g_test_add_func("/videoroom/dominant/only-where-asked-for", test_only_where_asked_for);
	g_test_add_func("/videoroom/dominant/muted-is-not-elected", test_muted_is_not_elected);
	g_test_add_func("/videoroom/dominant/leaves", test_leaves);
	return g_test_run();
}
