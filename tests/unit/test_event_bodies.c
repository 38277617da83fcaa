/*
 * The bodies of events, byte by byte as the spec has them (events §2).
 */
#include "core/session/event_bodies.h"
#include <string.h>

static void expect(json_t *body, const char *text)
{
	char *got = json_dumps(body, JSON_COMPACT);

	g_assert_cmpstr(got, ==, text);
	free(got);
	json_decref(body);
}

static void test_webrtc(void)
{
	const struct limen_ice_pair four = { .local = { "10.0.0.1", 1000, "host" },
		.remote = { "10.0.0.2", 2000, "prflx" },
		.transport = "udp" };
	const struct limen_ice_pair six = { .local = { "fd00::1", 1, "host" },
		.remote = { "fd00::2", 2, "host" },
		.transport = "tcp" };

	expect(limen_event_body_ice("ready"),
		"{\"ice\":\"ready\",\"stream_id\":1,\"component_id\":1}");
	expect(limen_event_body_local_candidate("candidate:1 1 udp 5 10.0.0.1 9 typ host"),
		"{\"local-candidate\":\"1 1 udp 5 10.0.0.1 9 typ host\",\"stream_id\":1,"
		"\"component_id\":1}");
	expect(limen_event_body_remote_candidate("1 1 udp 5 10.0.0.1 9 typ host"),
		"{\"remote-candidate\":\"1 1 udp 5 10.0.0.1 9 typ host\",\"stream_id\":1,"
		"\"component_id\":1}");
	expect(limen_event_body_pair(&four),
		"{\"selected-pair\":\"10.0.0.1:1000 [host,udp] <-> 10.0.0.2:2000 [prflx,udp]\","
		"\"candidates\":{\"local\":{\"address\":\"10.0.0.1\",\"port\":1000,\"type\":"
		"\"host\",\"transport\":\"udp\",\"family\":4},\"remote\":{\"address\":"
		"\"10.0.0.2\",\"port\":2000,\"type\":\"prflx\",\"transport\":\"udp\",\"family\":4}}"
		",\"stream_id\":1,\"component_id\":1}");
	expect(limen_event_body_pair(&six),
		"{\"selected-pair\":\"fd00::1:1 [host,tcp] <-> fd00::2:2 [host,tcp]\","
		"\"candidates\":{\"local\":{\"address\":\"fd00::1\",\"port\":1,\"type\":\"host\","
		"\"transport\":\"tcp\",\"family\":6},\"remote\":{\"address\":\"fd00::2\",\"port\":"
		"2,"
		"\"type\":\"host\",\"transport\":\"tcp\",\"family\":6}},\"stream_id\":1,"
		"\"component_id\":1}");
	expect(limen_event_body_dtls("trying"),
		"{\"dtls\":\"trying\",\"stream_id\":1,"
		"\"component_id\":1,\"retransmissions\":0}");
}

static void test_media(void)
{
	struct limen_media_event ev = { .kind = LIMEN_VIDEO, .substream = 2, .receiving = true };

	expect(limen_event_body_receiving(&ev, "1", true, 5),
		"{\"media\":\"video\",\"mid\":\"1\",\"substream\":2,\"receiving\":true}");
	ev.receiving = false;
	ev.kind = LIMEN_AUDIO;
	expect(limen_event_body_receiving(&ev, "0", false, 5),
		"{\"media\":\"audio\",\"mid\":\"0\",\"receiving\":false,\"seconds\":5}");
	expect(limen_event_body_receiving(&ev, "0", false, 1),
		"{\"media\":\"audio\",\"mid\":\"0\",\"receiving\":false}");
	ev = (struct limen_media_event){ .kind = LIMEN_VIDEO, .uplink = true, .lost = 9 };
	expect(limen_event_body_slow(&ev, "1"),
		"{\"mid\":\"1\",\"media\":\"video\",\"slow_link\":\"uplink\",\"lost_lastsec\":9}");
	ev.uplink = false;
	expect(limen_event_body_slow(&ev, "1"),
		"{\"mid\":\"1\",\"media\":\"video\",\"slow_link\":\"downlink\",\"lost_lastsec\":"
		"9}");
}

#define QUALITIES(in, out)                                                                         \
	"\"in-link-quality\":" in ",\"in-media-link-quality\":" in ",\"out-link-quality\":" out    \
	",\"out-media-link-quality\":" out

/* The recorded example (events §2.3), a second layer, and a data channel. */
static void test_statistics(void)
{
	struct limen_stats_peer s = { .lines = g_array_new(
					      FALSE, TRUE, sizeof(struct limen_stats_line)) };
	struct limen_stats_line audio = { .mindex = 0,
		.kind = LIMEN_AUDIO,
		.codec = LIMEN_OPUS,
		.mid = "0",
		.remote_quality = 100,
		.in[0] = { .there = true,
			.quality = 100,
			.way = { .packets = 72, .bytes = 5277, .bytes_last_second = 3868 } },
		.out = { .packets = 72, .bytes = 4701, .bytes_last_second = 3452 } };
	struct limen_stats_line data = { .mindex = 2,
		.kind = LIMEN_DATA,
		.mid = "d",
		.in[0].way = { .packets = 1, .bytes = 2 },
		.out = { .packets = 3, .bytes = 4 } };
	struct limen_stats_line video = { .mindex = 1,
		.kind = LIMEN_VIDEO,
		.codec = LIMEN_VP8,
		.mid = "1",
		.remote_quality = 90,
		.in[1] = { .there = true,
			.quality = 80,
			.lost = 3,
			.jitter_ms = 4.6,
			.way = { .packets = 5, .bytes = 6, .nacks = 7, .retransmissions = 8 } },
		.out.nacks = 9 };

	s.rtt_us = 12345;
	g_array_append_val(s.lines, audio);
	expect(limen_event_body_stats(&s, false),
		"[{\"mid\":\"0\",\"mindex\":0,\"media\":\"audio\",\"codec\":\"opus\",\"base\":"
		"48000,"
		"\"rtt\":12,\"lost\":0,\"lost-by-remote\":0,\"jitter-local\":0,\"jitter-remote\":"
		"0," QUALITIES("100",
			"100") ",\"packets-received\":72,\"packets-sent\":72,"
			       "\"bytes-received\":5277,\"bytes-sent\":4701,\"bytes-received-"
			       "lastsec\":3868,"
			       "\"bytes-sent-lastsec\":3452,\"nacks-received\":0,\"nacks-sent\":0,"
			       "\"retransmissions-received\":0}]");
	s.remb_bps = 500000;
	expect(limen_event_body_stats(&s, true),
		"[{\"mid\":\"0\",\"mindex\":0,\"media\":\"audio\",\"codec\":\"opus\",\"base\":"
		"48000,"
		"\"rtt\":12,\"packets-received\":72,\"packets-sent\":72,\"bytes-received\":5277,"
		"\"bytes-sent\":4701,\"bytes-received-lastsec\":3868,\"bytes-sent-lastsec\":3452,"
		"\"remb-bitrate\":500000}]");
	g_array_set_size(s.lines, 0);
	g_array_append_val(s.lines, data);
	expect(limen_event_body_stats(&s, false),
		"[{\"mid\":\"d\",\"mindex\":2,\"media\":\"data\",\"packets-received\":1,"
		"\"packets-sent\":3,\"bytes-received\":2,\"bytes-sent\":4}]");
	g_array_set_size(s.lines, 0);
	g_array_append_val(s.lines, video);
	expect(limen_event_body_stats(&s, true),
		"[{\"mid\":\"1\",\"mindex\":1,\"media\":\"video\",\"codec\":\"vp8\",\"base\":90000,"
		"\"rtt\":12,\"out-link-quality\":90,\"out-media-link-quality\":90,"
		"\"nacks-received\":9},"
		"{\"mid\":\"1\",\"mindex\":1,\"media\":\"video-sim1\",\"codec\":\"vp8\",\"base\":"
		"90000,"
		"\"lost\":3,\"jitter-local\":4," QUALITIES(
			"80", "90") ",\"packets-received\":5,"
				    "\"bytes-received\":6,\"nacks-sent\":7,\"retransmissions-"
				    "received\":8}]");
	g_array_unref(s.lines);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/event_bodies/webrtc", test_webrtc);
	g_test_add_func("/event_bodies/media", test_media);
	g_test_add_func("/event_bodies/statistics", test_statistics);
	return g_test_run();
}
