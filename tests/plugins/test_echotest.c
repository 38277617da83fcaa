/*
 * EchoTest against a fake host: the request, the answer, the way back of the media, events.
 */
#include "tests/lib/fake_host.h"

extern const struct limen_plugin limen_module;

static struct fake_client *begin(void)
{
	fake_host_start(&limen_module, NULL);
	return fake_client_new();
}

static void end(struct fake_client *c)
{
	fake_client_free(c);
	fake_host_stop();
}

static void test_body_alone(void)
{
	struct fake_client *c = begin();

	assert_has(fake_ask(c, "{'audio':true,'video':true}"),
		"{'echotest':'event','result':'ok','error':null}");
	g_assert_false(c->sync);
	g_assert_cmpstr(c->hint, ==, "I'm taking my time!");
	g_assert_null(c->answer);
	end(c);
}

static void test_useless_bodies(void)
{
	static const char *const bodies[] = { "{}", "{'svc':true}", "{'audiocodec':'opus'}",
		"{'filename':'x'}", "{'other':1}", "{'audio':null}", "{'request':'x'}" };
	struct fake_client *c = begin();

	for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++)
		g_assert_cmpint(fake_error(fake_ask(c, bodies[i])), ==, 413);
	g_assert_cmpint(fake_error(fake_ask_offer(c, "{}", "a")), ==, 0);
	end(c);
}

static void test_wrong_values(void)
{
	static const char *const bodies[] = { "'audio':1", "'audio':'true'", "'video':0",
		"'bitrate':-1", "'bitrate':1.5", "'bitrate':'x'", "'record':1", "'filename':5",
		"'substream':3", "'substream':-1", "'substream':9223372036854775807",
		"'substream':true", "'temporal':3", "'temporal':'x'", "'fallback':-1",
		"'fallback':'x'", "'svc':1", "'spatial_layer':3", "'spatial_layer':[]",
		"'temporal_layer':9", "'temporal_layer':{}", "'audiocodec':1", "'audiocodec':'vp8'",
		"'videocodec':'opus'", "'videocodec':'xyz'", "'videocodec':7", "'videoprofile':2",
		"'opusred':'x'", "'min_delay':'x'", "'max_delay':1.0" };
	struct fake_client *c = begin();

	fake_ask_offer(c, "{}", "as");
	fake_forget();
	for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++) {
		g_autofree char *body = g_strdup_printf(
			"{'audio':false,'temporal':0,'bitrate':1000,%s}", bodies[i]);

		fake_ask(c, body);
		assert_next(c, "{'echotest':'event','error_code':413,'error':'*'}");
		fake_ask_offer(c, body, "ai");
		assert_next(c, "{'echotest':'event','error_code':413,'error':'*'}");
		assert_silence();
	}
	/* nothing has changed */
	g_assert_true(fake_fanout_is_open(c->lines[0].to));
	g_assert_nonnull(c->lines[1].to);
	g_assert_cmpint(c->lines[1].layers.temporal, ==, 2);
	g_assert_cmpuint(c->bitrate, ==, 0);
	end(c);
}

static void test_echo_of_media(void)
{
	struct fake_client *c = begin();
	const struct limen_sdp_media *m;

	assert_has(fake_ask_offer(c, "{'audio':true,'video':true}", "avd"),
		"{'echotest':'event','result':'ok'}");
	g_assert_nonnull(c->answer);
	g_assert_cmpuint(c->answer->media->len, ==, 3);
	m = limen_sdp_line(c->answer, 0);
	g_assert_cmpint(m->dir, ==, LIMEN_SENDRECV);
	g_assert_cmpint(limen_sdp_main_format(m)->codec, ==, LIMEN_OPUS);
	g_assert_cmpint(limen_sdp_main_format(limen_sdp_line(c->answer, 1))->codec, ==, LIMEN_VP8);
	g_assert_false(limen_sdp_line(c->answer, 2)->rejected);
	g_assert_cmpuint(fake_host_fanouts(), ==, 2);
	g_assert_true(c->lines[0].from && c->lines[0].from == c->lines[0].to);
	g_assert_true(c->lines[1].from && c->lines[1].from == c->lines[1].to);
	g_assert_null(c->lines[2].to);
	end(c);
}

/* The stock demo: wishes first, then the same with the offer, and the end. */
static void test_demo(void)
{
	struct fake_client *c = begin();

	fake_ask(c, "{'audio':true,'video':true}");
	assert_next(c, "{'echotest':'event','result':'ok'}");
	fake_ask_offer(c, "{'audio':true,'video':true}", "avd");
	assert_next(c, "{'echotest':'event','result':'ok','jsep':'answer'}");
	fake_up(c);
	g_assert_cmpuint(c->keyframes, >, 0);
	fake_ask(c, "{'video':false}");
	assert_next(c, "{'echotest':'event','result':'ok'}");
	fake_media(
		c, &(struct limen_media_event){ .what = LIMEN_MEDIA_RECEIVING, .receiving = true });
	assert_silence();
	fake_down(c);
	assert_next(c, "{'echotest':'event','result':'done'}");
	assert_next(c, "{'janus':'hangup','reason':'DTLS alert'}");
	assert_silence();
	end(c);
}

static void test_encryption_is_passed_on(void)
{
	struct fake_client *c = begin();

	c->encrypts = true;
	fake_ask_offer(c, "{}", "av");
	g_assert_true(c->e2ee);
	end(c);
}

static void test_recvonly_becomes_inactive(void)
{
	struct fake_client *c = begin();

	fake_ask_offer(c, "{}", "ao");
	g_assert_cmpint(limen_sdp_line(c->answer, 1)->dir, ==, LIMEN_INACTIVE);
	g_assert_cmpuint(fake_host_fanouts(), ==, 1);
	end(c);
}

static void test_forced_codec(void)
{
	struct fake_client *c = begin();

	fake_ask_offer(c, "{'videocodec':'h264','videoprofile':'42e01f'}", "av");
	g_assert_cmpint(limen_sdp_main_format(limen_sdp_line(c->answer, 1))->codec, ==, LIMEN_H264);
	fake_ask_offer(c, "{'videocodec':'h264','videoprofile':'640c1f'}", "av");
	g_assert_cmpint(limen_sdp_line(c->answer, 1)->dir, ==, LIMEN_INACTIVE);
	fake_ask_offer(c, "{'audiocodec':'pcmu'}", "av");
	g_assert_cmpint(limen_sdp_main_format(limen_sdp_line(c->answer, 0))->codec, ==, LIMEN_PCMU);
	end(c);
}

static void test_gates_and_bitrate(void)
{
	struct fake_client *c = begin();

	fake_ask_offer(c, "{'audio':true,'video':false,'bitrate':200000}", "av");
	g_assert_true(fake_fanout_is_open(c->lines[0].to));
	g_assert_false(fake_fanout_is_open(c->lines[1].to));
	g_assert_cmpuint(c->bitrate, ==, 200000);
	c->keyframes = 0;
	fake_ask(c, "{'video':true}");
	g_assert_true(fake_fanout_is_open(c->lines[1].to));
	g_assert_cmpuint(c->keyframes, >, 0);
	fake_ask(c, "{'audio':false,'bitrate':0}");
	g_assert_false(fake_fanout_is_open(c->lines[0].to));
	g_assert_cmpuint(c->bitrate, ==, 0);
	end(c);
}

static void test_layers(void)
{
	struct fake_client *c = begin();

	fake_ask_offer(c, "{'substream':1,'temporal':0,'fallback':500000}", "as");
	g_assert_true(limen_sdp_line(c->answer, 1)->simulcast);
	g_assert_cmpint(c->lines[1].layers.substream, ==, 1);
	g_assert_cmpint(c->lines[1].layers.temporal, ==, 0);
	g_assert_cmpint(c->lines[1].layers.fallback_us, ==, 500000);
	g_assert_false(c->lines[0].layers_set);
	fake_media(c,
		&(struct limen_media_event){ .what = LIMEN_MEDIA_LAYER,
			.mindex = 1,
			.kind = LIMEN_VIDEO,
			.substream = 1,
			.temporal = -1,
			.spatial = -1 });
	assert_has(fake_event(c),
		"{'echotest':'event','videocodec':'vp8','substream':1,'result':null}");
	fake_media(c,
		&(struct limen_media_event){ .what = LIMEN_MEDIA_LAYER,
			.mindex = 1,
			.kind = LIMEN_VIDEO,
			.substream = -1,
			.temporal = 0,
			.spatial = -1 });
	assert_has(fake_event(c), "{'substream':1,'temporal':0}");
	end(c);
}

static void test_svc_layers(void)
{
	struct fake_client *c = begin();

	fake_ask_offer(c, "{'svc':true,'spatial_layer':1}", "a9");
	g_assert_cmpint(c->lines[1].layers.spatial, ==, 1);
	fake_media(c,
		&(struct limen_media_event){ .what = LIMEN_MEDIA_LAYER,
			.mindex = 1,
			.kind = LIMEN_VIDEO,
			.substream = -1,
			.temporal = 2,
			.spatial = 1 });
	assert_has(fake_event(c),
		"{'videocodec':'vp9','spatial_layer':1,'temporal_layer':2,'substream':null}");
	end(c);
}

static void test_playout_delay(void)
{
	struct fake_client *c = begin();

	fake_ask_offer(c, "{'min_delay':100}", "av");
	g_assert_cmpint(c->lines[1].layers.playout_min, <, 0);
	fake_ask(c, "{'max_delay':50}");
	g_assert_cmpint(c->lines[1].layers.playout_min, ==, 5);
	g_assert_cmpint(c->lines[1].layers.playout_max, ==, 5);
	fake_ask(c, "{'min_delay':200}");
	g_assert_cmpint(c->lines[1].layers.playout_min, ==, 20);
	g_assert_cmpint(c->lines[1].layers.playout_max, ==, 20);
	fake_ask(c, "{'min_delay':-1}");
	g_assert_cmpint(c->lines[1].layers.playout_min, ==, -2);
	end(c);
}

static void test_renegotiation(void)
{
	struct fake_client *c = begin();
	struct limen_fanout *audio;

	fake_ask_offer(c, "{}", "av");
	audio = c->lines[0].to;
	assert_has(fake_ask_offer(c, "{}", "aiv"), "{'result':'ok'}");
	g_assert_true(c->lines[0].to == audio);
	g_assert_null(c->lines[1].to);
	g_assert_nonnull(c->lines[2].to);
	end(c);
}

static void test_hangup(void)
{
	struct fake_client *c = begin();

	fake_ask_offer(c, "{'audio':false}", "av");
	fake_up(c);
	fake_down(c);
	assert_has(fake_event(c), "{'echotest':'event','result':'done'}");
	g_assert_null(fake_event(c));
	g_assert_cmpuint(fake_host_fanouts(), ==, 0);
	fake_ask_offer(c, "{}", "av");
	g_assert_true(fake_fanout_is_open(c->lines[0].to));
	end(c);
}

static void test_data(void)
{
	struct fake_client *c = begin();
	char *message;

	fake_ask_offer(c, "{}", "d");
	limen_module.data(&c->handle, 0, false, "chat", "p", (const uint8_t *)"hi", 2);
	limen_module.data(&c->handle, 0, true, "chat", "p", (const uint8_t *)"\1\2", 2);
	limen_module.data(&c->handle, 0, false, "chat", "", (const uint8_t *)"", 0);
	message = g_queue_pop_head(&c->messages);
	g_assert_cmpstr(message, ==, "text|chat|Janus EchoTest here! You wrote: hi");
	g_free(message);
	message = g_queue_pop_head(&c->messages);
	g_assert_cmpstr(message, ==, "binary|chat|\1\2");
	g_free(message);
	message = g_queue_pop_head(&c->messages);
	g_assert_cmpstr(message, ==, "text|chat|Janus EchoTest here! You wrote: ");
	g_free(message);
	end(c);
}

static void test_slow_link(void)
{
	struct fake_client *c = begin();

	fake_ask_offer(c, "{'bitrate':128000}", "av");
	fake_media(c,
		&(struct limen_media_event){
			.what = LIMEN_MEDIA_SLOW, .kind = LIMEN_VIDEO, .uplink = true, .lost = 9 });
	assert_has(fake_event(c),
		"{'echotest':'event','event':'slow_link','media':'video','current-bitrate':"
		"128000}");
	end(c);
}

static void test_recording_is_said_to_be_missing(void)
{
	struct fake_client *c = begin();

	assert_has(fake_ask(c, "{'record':true,'filename':'x'}"), "{'result':'ok'}");
	fake_ask(c, "{'record':true}");
	g_assert_cmpuint(fake_warnings, ==, 1);
	end(c);
}

static void test_info(void)
{
	struct fake_client *c = begin();
	json_t *info;

	fake_ask_offer(c, "{'video':false,'bitrate':5}", "as");
	info = limen_module.info(&c->handle);
	assert_has(info,
		"{'audio_active':true,'video_active':false,'audio_codec':'opus','video_codec':'vp8'"
		",'bitrate':5,'simulcast':true,"
		"'substream':-1,'substream-target':2}");
	json_decref(info);
	end(c);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/echotest/body-alone", test_body_alone);
	g_test_add_func("/echotest/useless-bodies", test_useless_bodies);
	g_test_add_func("/echotest/wrong-values", test_wrong_values);
	g_test_add_func("/echotest/echo-of-media", test_echo_of_media);
	g_test_add_func("/echotest/demo", test_demo);
	g_test_add_func("/echotest/encryption-is-passed-on", test_encryption_is_passed_on);
	g_test_add_func("/echotest/recvonly-becomes-inactive", test_recvonly_becomes_inactive);
	g_test_add_func("/echotest/forced-codec", test_forced_codec);
	g_test_add_func("/echotest/gates-and-bitrate", test_gates_and_bitrate);
	g_test_add_func("/echotest/layers", test_layers);
	g_test_add_func("/echotest/svc-layers", test_svc_layers);
	g_test_add_func("/echotest/playout-delay", test_playout_delay);
	g_test_add_func("/echotest/renegotiation", test_renegotiation);
	g_test_add_func("/echotest/hangup", test_hangup);
	g_test_add_func("/echotest/data", test_data);
	g_test_add_func("/echotest/slow-link", test_slow_link);
	g_test_add_func(
		"/echotest/recording-is-said-to-be-missing", test_recording_is_said_to_be_missing);
	g_test_add_func("/echotest/info", test_info);
	return g_test_run();
}
