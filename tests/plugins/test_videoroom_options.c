/*
 * VideoRoom against a fake host: what the settings of a room do to those who publish in it.
 */
#include "tests/lib/fake_room.h"
#include "plugins/videoroom/talk.h"

/* Alice in a room with these settings, with her offer answered. */
static struct fake_client *publish(const char *settings, const char *body, const char *lines)
{
	struct fake_client *c;

	room_begin(settings);
	c = room_join(1, "Alice");
	fake_ask_offer(c, body, lines);
	return c;
}

static void end(struct fake_client *c)
{
	fake_client_free(c);
	fake_host_stop();
}

static void test_codecs_in_order_of_the_room(void)
{
	struct fake_client *c =
		publish("audiocodec = \"pcmu,opus\"; videocodec = \"h264,vp9,vp8\";",
			"{'request':'publish'}", "av9");

	assert_has(c->reply,
		"{'audio_codec':'pcmu','video_codec':'h264','streams':[{'codec':'pcmu'},"
		"{'codec':'h264'},{'codec':'vp9','vp9_profile':'0'}]}");
	g_assert_cmpint(limen_sdp_line(c->answer, 0)->dir, ==, LIMEN_RECVONLY);
	g_assert_cmpstr(c->answer->name, ==, "VideoRoom 9");
	end(c);
}

static void test_profiles(void)
{
	struct fake_client *c = publish(
		"videocodec = \"vp9,h264\"; vp9_profile = \"2\"; h264_profile = \"42e01f\";",
		"{'request':'publish'}", "v9h");

	assert_has(c->reply,
		"{'streams':[{'codec':'h264','h264_profile':'42e01f'},{'disabled':true},"
		"{'codec':'h264'}]}");
	end(c);
}

static void test_extensions_off(void)
{
	struct fake_client *c = publish(
		"audiolevel_ext = false; videoorient_ext = false; playoutdelay_ext = false; "
		"transport_wide_cc_ext = false;",
		"{'request':'publish'}", "av");
	const struct limen_sdp_media *m = limen_sdp_line(c->answer, 1);

	assert_has(c->reply,
		"{'streams':[{'audiolevel_ext_id':null},{'videoorient_ext_id':null,"
		"'playoutdelay_ext_id':null}]}");
	g_assert_cmpuint(m->ext_id[LIMEN_EXT_TRANSPORT_CC], ==, 0);
	g_assert_cmpuint(m->ext_id[LIMEN_EXT_MID], ==, 4);
	g_assert_cmpuint(m->ext_id[LIMEN_EXT_ABS_SEND_TIME], ==, 0); /* never in a room */
	end(c);
}

static void test_opus_parameters(void)
{
	struct fake_client *c =
		publish("opus_fec = false; opus_dtx = true;", "{'request':'publish'}", "a");

	assert_has(c->reply, "{'streams':[{'codec':'opus','fec':null}]}");
	end(c);
}

/* What a subscriber is offered for the first m-line of a feed. */
static const struct limen_sdp_media *offered(struct fake_client *sub)
{
	assert_has(
		fake_ask(sub,
			"{'request':'join','room':9,'ptype':'subscriber','streams':[{'feed':1}]}"),
		"{'videoroom':'attached'}");
	return limen_sdp_line(sub->offer, 0);
}

/* Redundant audio is accepted from who offers it, and offered to who receives that. */
static void test_redundant_audio(void)
{
	struct fake_client *c = publish("", "{'request':'publish'}", "r"), *sub = fake_client_new();
	const struct limen_sdp_media *m = limen_sdp_line(c->answer, 0);
	const struct limen_sdp_format *f = g_ptr_array_index(m->formats, 0);

	g_assert_cmpuint(m->formats->len, ==, 2);
	g_assert_cmpstr(f->name, ==, "red");
	g_assert_cmpint(f->pt, ==, 63);
	assert_has(c->reply, "{'streams':[{'codec':'opus','fec':true}]}");
	fake_up(c);
	m = offered(sub);
	g_assert_cmpuint(m->formats->len, ==, 2);
	f = g_ptr_array_index(m->formats, 0);
	g_assert_cmpstr(f->name, ==, "red");
	g_assert_cmpuint(f->clock_hz, ==, 48000);
	g_assert_cmpuint(f->channels, ==, 2);
	g_assert_cmpstr(f->fmtp, ==, "111/111");
	g_assert_cmpint(limen_sdp_main_format(m)->pt, ==, 111);
	fake_client_free(sub);
	end(c);
}

/* Of encrypted payloads it could not be taken off. */
static void test_no_redundant_audio(void)
{
	struct limen_jsep jsep = { .type = LIMEN_JSEP_OFFER, .sdp = fake_offer("r"), .e2ee = true };
	struct fake_client *c = publish("", "{'request':'publish'}", "a"), *sub = fake_client_new();

	g_assert_cmpuint(limen_sdp_line(c->answer, 0)->formats->len, ==, 1);
	fake_up(c);
	g_assert_cmpuint(offered(sub)->formats->len, ==, 1);
	fake_client_free(sub);
	end(c);
	room_begin("");
	c = room_join(1, "Alice");
	fake_ask_jsep(c, "{'request':'publish'}", &jsep);
	limen_sdp_free(jsep.sdp);
	g_assert_cmpuint(limen_sdp_line(c->answer, 0)->formats->len, ==, 1);
	g_assert_cmpint(limen_sdp_main_format(limen_sdp_line(c->answer, 0))->codec, ==, LIMEN_OPUS);
	end(c);
}

static void test_bitrate_cap(void)
{
	struct fake_client *c = publish("bitrate = 200000; bitrate_cap = true;",
		"{'request':'publish','bitrate':900000}", "av");

	g_assert_cmpuint(c->bitrate, ==, 200000);
	g_assert_cmpuint(limen_sdp_line(c->answer, 1)->bandwidth_bps, ==, 200000);
	fake_ask(c, "{'request':'configure','bitrate':0}");
	g_assert_cmpuint(c->bitrate, ==, 200000);
	fake_ask(c, "{'request':'configure','bitrate':100000}");
	g_assert_cmpuint(c->bitrate, ==, 100000);
	/* the description says what the room allows, since a later configure may ask for it */
	fake_ask_offer(c, "{'request':'configure'}", "av");
	g_assert_cmpuint(limen_sdp_line(c->answer, 1)->bandwidth_bps, ==, 200000);
	end(c);
}

static void test_bitrate_of_the_room(void)
{
	struct fake_client *c = publish("bitrate = 1000;", "{'request':'publish'}", "av");

	fake_up(c);
	g_assert_cmpuint(c->bitrate, ==, 64000);
	g_assert_cmpuint(limen_sdp_line(c->answer, 1)->bandwidth_bps, ==, 0);
	end(c);
}

static void test_end_to_end_encryption(void)
{
	struct fake_client *c = publish("require_e2ee = true;", "{'request':'publish'}", "av");

	assert_has(c->reply, FAILURE("433", "Room requires end-to-end encrypted media"));
	c->encrypts = true;
	assert_has(fake_ask_offer(c, "{'request':'publish'}", "av"), "{'configured':'ok'}");
	g_assert_true(c->e2ee);
	end(c);
}

static void packet(
	struct fake_client *c, enum limen_kind kind, uint16_t mindex, uint8_t level, bool keyframe)
{
	struct limen_packet *pkt = g_new0(struct limen_packet, 1);

	pkt->kind = kind;
	pkt->mindex = mindex;
	pkt->audio_level = level;
	pkt->arrived_us = fake_now_us;
	pkt->layer.keyframe = keyframe;
	limen_module.rtp(&c->handle, pkt);
	g_free(pkt);
}

#define TALKING(what, average)                                                                     \
	"{'videoroom':'" what "','room':9,'id':1,'mindex':0,'mid':'0',"                            \
	"'audio-level-dBov-avg':" average "}"

static void test_who_talks(void)
{
	struct fake_client *c = publish("audiolevel_event = true; audio_active_packets = 4; "
					"audio_level_average = 50;",
				   "{'request':'publish'}", "av"),
			   *b;

	fake_up(c);
	b = room_join(2, "Bob");
	for (int i = 0; i < 4; i++)
		packet(c, LIMEN_AUDIO, 0, (uint8_t)(20 + i), false);
	assert_next(c, TALKING("talking", "21.5")); /* the speaker too */
	assert_next(b, TALKING("talking", "21.5"));
	assert_has(fake_ask(b, "{'request':'listparticipants','room':9}"),
		"{'participants':[{'id':1,'talking':true},{'id':2,'talking':null}]}");
	fake_forget();
	for (int i = 0; i < 8; i++)
		packet(c, LIMEN_AUDIO, 0, 30, false);
	packet(c, LIMEN_AUDIO, 0, 255, false); /* without a level */
	assert_silence();
	for (int i = 0; i < 4; i++)
		packet(c, LIMEN_AUDIO, 0, 127, false);
	assert_next(c, TALKING("stopped-talking", "127.0"));
	assert_next(b, TALKING("stopped-talking", "127.0"));
	/* somebody's own measure */
	fake_ask(c, "{'request':'configure','audio_active_packets':1,'audio_level_average':10}");
	fake_forget();
	packet(c, LIMEN_AUDIO, 0, 10, false);
	assert_silence();
	packet(c, LIMEN_AUDIO, 0, 9, false);
	assert_next(c, TALKING("talking", "9.0"));
	fake_forget();
	/* who is muted is not said to talk */
	fake_ask(b, "{'request':'moderate','room':9,'id':1,'mid':'0','mute':true}");
	fake_forget();
	packet(c, LIMEN_AUDIO, 0, 100, false);
	packet(c, LIMEN_AUDIO, 0, 5, false);
	assert_silence();
	fake_client_free(b);
	end(c);
}

static void test_nobody_is_said_to_talk(void)
{
	struct fake_client *c = publish("", "{'request':'publish'}", "a");

	fake_up(c);
	fake_forget();
	for (int i = 0; i < 300; i++)
		packet(c, LIMEN_AUDIO, 0, 0, false);
	assert_silence();
	end(c);
}

/* The time counts from the last keyframe. */
static void test_keyframes_in_time(void)
{
	struct fake_client *c = publish("fir_freq = 2;", "{'request':'publish'}", "av");

	fake_up(c);
	c->keyframes = 0;
	fake_now_us += 1900000;
	packet(c, LIMEN_VIDEO, 1, 255, false);
	g_assert_cmpuint(c->keyframes, ==, 0);
	fake_now_us += 200000;
	packet(c, LIMEN_VIDEO, 1, 255, false);
	packet(c, LIMEN_VIDEO, 1, 255, false);
	g_assert_cmpuint(c->keyframes, ==, 1);
	fake_now_us += 1000000;
	packet(c, LIMEN_VIDEO, 1, 255, true);
	fake_now_us += 1900000;
	packet(c, LIMEN_VIDEO, 1, 255, false);
	g_assert_cmpuint(c->keyframes, ==, 1);
	fake_ask(c, "{'request':'edit','room':9,'new_fir_freq':0}");
	fake_now_us += 9000000;
	packet(c, LIMEN_VIDEO, 1, 255, false);
	g_assert_cmpuint(c->keyframes, ==, 1);
	end(c);
}

static void test_talk_alone(void)
{
	struct limen_talk t = { 0 };
	double average = -1;

	g_assert_false(limen_talk_feed(&t, 10, 2, 25, &average));
	g_assert_true(limen_talk_feed(&t, 20, 2, 25, &average));
	g_assert_cmpfloat(average, ==, 15);
	g_assert_true(t.talking);
	g_assert_false(
		limen_talk_feed(&t, 24, 0, 25, &average)); /* a window of none is one of one */
	g_assert_true(limen_talk_feed(&t, 25, 0, 25, &average));
	g_assert_false(t.talking);
}

static void test_string_ids(void)
{
	struct fake_client *a, *b, *sub;

	fake_host_start(&limen_module,
		"general: { string_ids = true }\nroom-lobby: { notify_joining = true; }");
	a = fake_client_new();
	b = fake_client_new();
	sub = fake_client_new();
	fake_ask(a, "{'request':'join','room':'lobby','ptype':'publisher','id':'ann'}");
	fake_ask_offer(a, "{'request':'publish'}", "v");
	fake_up(a);
	fake_forget();
	fake_ask(b, "{'request':'join','room':'lobby','ptype':'publisher','id':'bob'}");
	assert_next(a, "{'videoroom':'event','room':'lobby','joining':{'id':'bob'}}");
	assert_next(b,
		"{'videoroom':'joined','room':'lobby','description':'room-lobby','id':'bob','"
		"private_id':'*',"
		"'publishers':[{'id':'ann','video_codec':'vp8','streams':[" VIDEO(
			"0") "]}],'attendees':[]}");
	fake_ask(sub,
		"{'request':'join','room':'lobby','ptype':'subscriber','streams':[{'feed':'ann'}]"
		"}");
	assert_next(sub,
		"{'videoroom':'attached','room':'lobby','streams':[{'type':'video','active':true,'"
		"mindex':0,"
		"'mid':'0','ready':false,'send':true,'feed_id':'ann','feed_mid':'0','codec':'vp8'}]"
		","
		"'jsep':'offer'}");
	fake_ask(b, "{'request':'join','room':'lobby','ptype':'publisher'}");
	fake_forget();
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':7}]}");
	assert_next(sub, FAILURE("430", "Invalid element type (feed should be a string)"));
	fake_ask(a, "{'request':'leave'}");
	assert_next(b, "{'videoroom':'event','room':'lobby','leaving':'ann'}");
	fake_client_free(sub);
	fake_client_free(a);
	fake_client_free(b);
	fake_host_stop();
}

static void test_info(void)
{
	struct fake_client *c = publish("", "{'request':'publish'}", "av"), *sub;
	json_t *info;

	fake_up(c);
	sub = room_subscribe("[{'feed':1,'mid':'0'}]");
	info = limen_module.info(&c->handle);
	assert_has(info,
		"{'type':'publisher','room':9,'id':1,'display':'Alice','bitrate':0,'e2ee':false,"
		"'destroyed':false,'streams':[{'mid':'0','subscribers':1},{'mid':'1','subscribers':"
		"0}]}");
	json_decref(info);
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':1,'mid':'1'}]}");
	fake_ask(sub, "{'request':'subscribe','streams':[{'feed':1,'mid':'1'}]}");
	info = limen_module.info(&sub->handle);
	assert_has(info,
		"{'type':'subscriber','answered':true,'pending_offer':true,'pending_restart':false,"
		"'paused':false,'streams':[{'feed_id':1},{},{}]}");
	json_decref(info);
	fake_client_free(sub);
	end(c);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/videoroom/options/codecs-in-order", test_codecs_in_order_of_the_room);
	g_test_add_func("/videoroom/options/profiles", test_profiles);
	g_test_add_func("/videoroom/options/extensions-off", test_extensions_off);
	g_test_add_func("/videoroom/options/opus-parameters", test_opus_parameters);
	g_test_add_func("/videoroom/options/redundant-audio", test_redundant_audio);
	g_test_add_func("/videoroom/options/no-redundant-audio", test_no_redundant_audio);
	g_test_add_func("/videoroom/options/bitrate-cap", test_bitrate_cap);
	g_test_add_func("/videoroom/options/bitrate-of-the-room", test_bitrate_of_the_room);
	g_test_add_func("/videoroom/options/end-to-end-encryption", test_end_to_end_encryption);
	g_test_add_func("/videoroom/options/who-talks", test_who_talks);
	g_test_add_func("/videoroom/options/nobody-is-said-to-talk", test_nobody_is_said_to_talk);
	g_test_add_func("/videoroom/options/keyframes-in-time", test_keyframes_in_time);
	g_test_add_func("/videoroom/options/talk-alone", test_talk_alone);
	g_test_add_func("/videoroom/options/string-ids", test_string_ids);
	g_test_add_func("/videoroom/options/info", test_info);
	return g_test_run();
}
