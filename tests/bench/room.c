/*
 * The steps of a client as chained answers: session, handle, join, description, peer connection.
 * Thread: the main loop.
 */
#include "tests/bench/room.h"
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define PLUGIN "janus.plugin.videoroom"
#define FEED_BASE 1000
#define EVENTS_MAX 256

struct client {
	struct bench_room *room;
	struct bench_peer *peer;
	unsigned index;
	bool publisher;
	json_int_t session, handle;
};

static json_int_t new_id(const json_t *message)
{
	const json_t *id = json_object_get(json_object_get(message, "data"), "id");

	if (!json_is_integer(id))
		bench_die("the server's answer to create or attach has no id");
	return json_integer_value(id);
}

static const char *description(const json_t *message, const char *type)
{
	const json_t *jsep = json_object_get(message, "jsep");
	const char *sdp = json_string_value(json_object_get(jsep, "sdp"));

	if (!sdp || g_strcmp0(json_string_value(json_object_get(jsep, "type")), type) != 0)
		bench_die("the server sent no %s", type);
	return sdp;
}

static json_t *attach_request(json_int_t session)
{
	return json_pack(
		"{s:s, s:I, s:s}", "janus", "attach", "session_id", session, "plugin", PLUGIN);
}

static json_t *jsep(const char *type, const char *sdp)
{
	return json_pack("{s:s, s:s, s:b}", "type", type, "sdp", sdp, "trickle", 0);
}

static void connect_peer(struct client *c, const char *sdp, bool offerer)
{
	if (bench_peer_connect(c->peer, sdp, offerer))
		bench_die("the server's description cannot be used:\n%s", sdp);
}

static void on_published(const json_t *message, void *arg)
{
	struct client *c = arg;

	connect_peer(c, description(message, "answer"), true);
	g_free(c);
}

static void publish(const json_t *message, void *arg)
{
	struct client *c = arg;
	const struct bench_room_config *cfg = &c->room->cfg;
	g_autofree char *offer = NULL;
	json_t *body;

	(void)message;
	c->peer->local.audio_ssrc = cfg->audio ? BENCH_AUDIO_SSRC + c->index * BENCH_SSRC_STEP : 0;
	c->peer->local.video_ssrc = cfg->video ? BENCH_VIDEO_SSRC + c->index * BENCH_SSRC_STEP : 0;
	offer = bench_describe_offer(&c->peer->local);
	body = json_pack("{s:s, s:b, s:b}", "request", "configure", "audio", cfg->audio, "video",
		cfg->video);
	bench_api_message(
		c->room->api, c->session, c->handle, body, jsep("offer", offer), on_published, c);
}

static void on_started(const json_t *message, void *arg)
{
	(void)message, (void)arg;
}

static void subscribe(const json_t *message, void *arg)
{
	struct client *c = arg;
	const char *offer = description(message, "offer");
	g_autofree char *answer = bench_describe_answer(offer, &c->peer->local);
	json_t *body = json_pack("{s:s}", "request", "start");

	bench_api_message(c->room->api, c->session, c->handle, body, jsep("answer", answer),
		on_started, NULL);
	connect_peer(c, offer, false);
	g_free(c);
}

json_t *bench_room_feeds(const struct bench_room *room)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < room->cfg.publishers; i++)
		json_array_append_new(list, json_pack("{s:i}", "feed", FEED_BASE + i));
	return list;
}

static json_t *feeds(const struct client *c)
{
	const struct bench_room_config *cfg = &c->room->cfg;
	json_t *list = json_array();

	for (unsigned i = 0; i < cfg->publishers; i++)
		if (cfg->feeds ? (i + cfg->publishers - c->index % cfg->publishers) %
						cfg->publishers <
					cfg->feeds
			       : !cfg->meeting || i != c->index)
			json_array_append_new(list, json_pack("{s:i}", "feed", FEED_BASE + i));
	return list;
}

static void on_attached(const json_t *message, void *arg)
{
	struct client *c = arg;
	json_t *body = json_pack("{s:s, s:I, s:s}", "request", "join", "room", c->room->id, "ptype",
		c->publisher ? "publisher" : "subscriber");

	c->handle = new_id(message);
	if (c->publisher)
		json_object_set_new(body, "id", json_integer(FEED_BASE + c->index));
	else
		json_object_set_new(body, "streams", feeds(c));
	bench_api_message(c->room->api, c->session, c->handle, body, NULL,
		c->publisher ? publish : subscribe, c);
}

static void on_session(const json_t *message, void *arg)
{
	struct client *c = arg;

	c->session = new_id(message);
	bench_api_keep(c->room->api, c->session, &c->room->ups);
	bench_api_request(c->room->api, attach_request(c->session), on_attached, c);
}

static void start_client(struct bench_room *room, GPtrArray *peers, bool publisher)
{
	struct client *c = g_new0(struct client, 1);
	struct epoll_event event = { .events = EPOLLIN };

	c->room = room;
	c->publisher = publisher;
	c->index = peers->len;
	c->peer = bench_peer_new(room->peer_cfg);
	event.data.ptr = c->peer;
	if (epoll_ctl(room->epoll, EPOLL_CTL_ADD, c->peer->fd, &event))
		bench_die("epoll refused a socket");
	g_ptr_array_add(peers, c->peer);
	room->started++;
	bench_api_request(room->api, json_pack("{s:s}", "janus", "create"), on_session, c);
}

static void on_room(const json_t *message, void *arg)
{
	struct bench_room *room = arg;
	const json_t *data = json_object_get(json_object_get(message, "plugindata"), "data");

	room->id = json_integer_value(json_object_get(data, "room"));
	room->made = true;
}

static void on_room_handle(const json_t *message, void *arg)
{
	struct bench_room *room = arg;
	json_t *body = json_pack("{s:s, s:i, s:s, s:s}", "request", "create", "publishers",
		room->cfg.publishers, "audiocodec", "opus", "videocodec", "vp8");

	room->handle = new_id(message);
	bench_api_message(room->api, room->session, room->handle, body, NULL, on_room, room);
}

static void on_room_session(const json_t *message, void *arg)
{
	struct bench_room *room = arg;

	room->session = new_id(message);
	bench_api_keep(room->api, room->session, &room->ups);
	bench_api_request(room->api, attach_request(room->session), on_room_handle, room);
}

static void free_peer(gpointer peer)
{
	bench_peer_free(peer);
}

struct bench_room *bench_room_new(const struct bench_room_config *cfg, struct bench_api *api,
	const struct bench_peer_config *peer_cfg)
{
	struct bench_room *room = g_new0(struct bench_room, 1);

	room->cfg = *cfg;
	room->api = api;
	room->peer_cfg = peer_cfg;
	room->epoll = cfg->epoll ? cfg->epoll : epoll_create1(EPOLL_CLOEXEC);
	room->publishers = g_ptr_array_new_with_free_func(free_peer);
	room->subscribers = g_ptr_array_new_with_free_func(free_peer);
	bench_api_request(api, json_pack("{s:s}", "janus", "create"), on_room_session, room);
	return room;
}

void bench_room_free(struct bench_room *room)
{
	g_ptr_array_unref(room->publishers);
	g_ptr_array_unref(room->subscribers);
	if (!room->cfg.epoll)
		close(room->epoll);
	g_free(room);
}

static unsigned count_up(const GPtrArray *peers)
{
	unsigned up = 0;

	for (guint i = 0; i < peers->len; i++)
		up += ((const struct bench_peer *)peers->pdata[i])->up;
	return up;
}

unsigned bench_room_up(const struct bench_room *room)
{
	return count_up(room->publishers) + count_up(room->subscribers);
}

bool bench_room_fill(struct bench_room *room)
{
	const unsigned up = bench_room_up(room);
	const bool published = up >= room->cfg.publishers && room->ups >= room->cfg.publishers;

	while (room->made && room->started - up < room->cfg.in_flight) {
		if (room->publishers->len < room->cfg.publishers)
			start_client(room, room->publishers, true);
		else if (published && room->subscribers->len < room->cfg.subscribers)
			start_client(room, room->subscribers, false);
		else
			break;
	}
	return up == room->cfg.publishers + room->cfg.subscribers && room->ups >= up;
}

unsigned bench_room_streams(const struct bench_room *room)
{
	const struct bench_room_config *cfg = &room->cfg;

	return cfg->subscribers * (cfg->feeds ? cfg->feeds : cfg->publishers - cfg->meeting) *
		(cfg->audio + cfg->video);
}

void bench_read_all(int epoll, unsigned sockets)
{
	struct epoll_event events[EVENTS_MAX];
	int n;

	/* Level-triggered, and each socket is read until it is empty: one pass over the ready list
	 * is enough, and what comes meanwhile waits for the next. */
	for (guint passes = sockets / EVENTS_MAX + 1; passes > 0; passes--) {
		n = epoll_wait(epoll, events, EVENTS_MAX, 0);
		for (int i = 0; i < n; i++)
			bench_peer_read(events[i].data.ptr);
		if (n < EVENTS_MAX)
			return;
	}
}

void bench_room_read(struct bench_room *room)
{
	bench_read_all(room->epoll, room->started);
}

static void tick_all(const GPtrArray *peers, int64_t now_us)
{
	for (guint i = 0; i < peers->len; i++)
		bench_peer_tick(peers->pdata[i], now_us);
}

static void report_all(const GPtrArray *peers)
{
	for (guint i = 0; i < peers->len; i++) {
		struct bench_peer *p = peers->pdata[i];
		struct limen_rtcp_writer w;

		if (p->inbound.streams->len == 0)
			continue;
		limen_rtcp_begin(&w);
		bench_inbound_report(&p->inbound, &w);
		bench_peer_send_rtcp(p, w.bytes, w.len, sizeof(w.bytes));
	}
}

void bench_room_tick(struct bench_room *room, int64_t now_us, bool report)
{
	tick_all(room->publishers, now_us);
	tick_all(room->subscribers, now_us);
	if (report)
		report_all(room->subscribers);
}

unsigned bench_room_drops(const struct bench_room *room)
{
	unsigned drops = 0;

	for (guint i = 0; i < room->subscribers->len; i++)
		drops += bench_peer_drops(room->subscribers->pdata[i]);
	return drops;
}
