/*
 * janus.plugin.echotest: sends back what a client sends. The media takes a fan-out from each m-line
 * to itself, so that an echo goes the same way through the gateway (layer selection, rewriting,
 * retransmission) as a room's media does. Thread: everything runs on the loop of the handle
 * concerned, and nothing is shared between handles.
 */
#include <string.h>
#include "plugins/echotest/echotest.h"

static const struct limen_option options[] = {
	{ "general", "events", LIMEN_OPT_BOOL, "true", 0, 0, NULL,
		"Whether event handlers are told what this plugin does." },
	LIMEN_OPTIONS_END,
};

static const struct limen_field fields[] = {
	{ "audio", LIMEN_F_BOOL, false },
	{ "video", LIMEN_F_BOOL, false },
	{ "bitrate", LIMEN_F_UINT, false },
	{ "record", LIMEN_F_BOOL, false },
	{ "filename", LIMEN_F_STRING, false },
	{ "substream", LIMEN_F_UINT, false },
	{ "temporal", LIMEN_F_UINT, false },
	{ "fallback", LIMEN_F_UINT, false },
	{ "svc", LIMEN_F_BOOL, false },
	{ "spatial_layer", LIMEN_F_UINT, false },
	{ "temporal_layer", LIMEN_F_UINT, false },
	{ "audiocodec", LIMEN_F_STRING, false },
	{ "videocodec", LIMEN_F_STRING, false },
	{ "videoprofile", LIMEN_F_STRING, false },
	{ "opusred", LIMEN_F_BOOL, false },
	{ "min_delay", LIMEN_F_INT, false },
	{ "max_delay", LIMEN_F_INT, false },
	LIMEN_FIELDS_END,
};

static const struct limen_request_row requests[] = {
	{ NULL, 0, 0, fields, limen_echo_request, "I'm taking my time!" },
	LIMEN_REQUESTS_END,
};

static int start(void)
{
	limen_echo_events = limen->base.option_bool(&limen_module.head, "general", "events");
	return 0;
}

static int attach(struct limen_handle *h)
{
	h->state = limen_echo_new();
	return 0;
}

static void detach(struct limen_handle *h)
{
	limen_echo_free(h->state);
}

static json_t *layer_event(struct limen_echo *e, const struct limen_media_event *ev)
{
	const struct limen_codec_info *codec =
		limen_codec_info(ev->codec ? ev->codec : e->video_codec);
	json_t *data = json_pack("{s:s}", "echotest", "event");

	if (codec)
		json_object_set_new(data, "videocodec", json_string(codec->name));
	if (ev->substream >= 0)
		e->substream = ev->substream;
	if (ev->temporal >= 0)
		e->temporal = ev->temporal;
	if (ev->spatial >= 0)
		e->spatial = ev->spatial;
	if (e->svc || ev->spatial >= 0) {
		json_object_set_new(data, "spatial_layer", json_integer(e->spatial));
		json_object_set_new(data, "temporal_layer", json_integer(e->temporal));
	} else {
		json_object_set_new(data, "substream", json_integer(e->substream));
		json_object_set_new(data, "temporal", json_integer(e->temporal));
	}
	return data;
}

static void media(struct limen_handle *h, const struct limen_media_event *ev)
{
	struct limen_echo *e = h->state;

	switch (ev->what) {
	case LIMEN_MEDIA_UP:
		limen->keyframe(h, -1);
		break;
	case LIMEN_MEDIA_DOWN:
		limen_echo_reset(e);
		limen->push(h, json_pack("{s:s,s:s}", "echotest", "event", "result", "done"), NULL);
		break;
	case LIMEN_MEDIA_SLOW:
		e->slow_links++;
		limen->push(h,
			json_pack("{s:s,s:s,s:s,s:I}", "echotest", "event", "event", "slow_link",
				"media", ev->kind == LIMEN_VIDEO ? "video" : "audio",
				"current-bitrate", (json_int_t)e->bitrate_bps),
			NULL);
		break;
	case LIMEN_MEDIA_LAYER:
		limen->push(h, layer_event(e, ev), NULL);
		break;
	case LIMEN_MEDIA_RECEIVING:
		break;
	}
}

static void data(struct limen_handle *h, uint16_t mindex, bool binary, const char *label,
	const char *protocol, const uint8_t *bytes, size_t len)
{
	static const char prefix[] = "Janus EchoTest here! You wrote: ";
	const size_t prefix_len = sizeof(prefix) - 1;
	g_autofree uint8_t *reply = NULL;

	(void)mindex;
	if (binary) {
		limen->send_data(h, true, label, protocol, bytes, len);
		return;
	}
	reply = g_malloc(prefix_len + len);
	memcpy(reply, prefix, prefix_len);
	if (len)
		memcpy(reply + prefix_len, bytes, len);
	limen->send_data(h, false, label, protocol, reply, prefix_len + len);
}

static json_t *info(struct limen_handle *h)
{
	return limen_echo_info(h, h->state);
}

LIMEN_PLUGIN("janus.plugin.echotest", 7, "0.0.7", "JANUS EchoTest plugin",
	"Sends back to the client whatever it sends.", "The Limen authors", options,
	.key = "echotest",
	.errors = { .no_message = 411,
		.invalid_json = 412,
		.unknown_request = 413,
		.missing = 413,
		.invalid = 413 },
	.requests = requests, .start = start, .attach = attach, .detach = detach, .media = media,
	.data = data, .info = info);
