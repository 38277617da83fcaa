/*
 * Real PeerConnections: what participants send, what subscribers hear, and whether that is what it
 * should be. Every packet is decrypted and tells by its stamp which publisher's stream it is.
 * Thread: the main loop.
 */
#include <string.h>
#include <sys/epoll.h>
#include "core/media/rtp.h"
#include "tests/soak/soak.h"

#define VIDEO_BPS 60000u
#define EVENTS_MAX 64

json_t *soak_jsep(const char *type, const char *sdp)
{
	return json_pack("{s:s, s:s, s:b}", "type", type, "sdp", sdp, "trickle", 0);
}

void soak_media_open(struct soak_handle *h)
{
	struct soak *s = h->person->soak;
	struct epoll_event event = { .events = EPOLLIN };

	h->send[0] = h->send[1] = true;
	h->muted[0] = h->muted[1] = false;
	h->peer = bench_peer_new(&s->peer_cfg);
	h->peer->owner = h;
	event.data.ptr = h->peer;
	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, h->peer->fd, &event))
		soak_fail("epoll refused a socket");
}

void soak_media_close(struct soak_handle *h)
{
	for (size_t i = 0; i < G_N_ELEMENTS(h->sources); i++)
		g_clear_pointer(&h->sources[i], bench_source_free);
	g_clear_pointer(&h->peer, bench_peer_free);
	g_array_set_size(h->ears, 0);
}

/* A source for each kind that is published and has none yet. */
void soak_media_start(struct soak_handle *h)
{
	const bool wanted[] = { h->audio, h->video };
	const int64_t now = g_get_monotonic_time();

	for (size_t i = 0; i < G_N_ELEMENTS(h->sources); i++)
		if (wanted[i] && !h->sources[i])
			h->sources[i] = bench_source_new(h->peer, i ? BENCH_FRAMES : BENCH_OPUS,
				VIDEO_BPS, h->ssrc + (uint32_t)i, now, h->ssrc);
}

static struct soak_ear *find_ear(struct soak_handle *h, uint32_t ssrc)
{
	const struct soak_ear fresh = { .ssrc = ssrc };

	for (guint i = 0; i < h->ears->len; i++)
		if (g_array_index(h->ears, struct soak_ear, i).ssrc == ssrc)
			return &g_array_index(h->ears, struct soak_ear, i);
	g_array_append_val(h->ears, fresh);
	return &g_array_index(h->ears, struct soak_ear, h->ears->len - 1);
}

static void on_media(struct bench_peer *p, uint8_t *bytes, size_t len)
{
	struct soak_handle *h = p->owner;
	struct bench_stamp stamp = { 0 };
	struct soak_ear *ear;
	struct limen_rtp rtp;

	if (p->remote.media[bytes[1] & 0x7f] == BENCH_RTX)
		return;
	if (limen_srtp_unprotect(p->srtp, bytes, &len) || limen_rtp_parse(bytes, len, &rtp))
		soak_fail("handle %" JSON_INTEGER_FORMAT ": a packet does not authenticate", h->id);
	if (rtp.payload_len < BENCH_STAMP_AT + sizeof(stamp))
		return; /* made by the gateway itself, to probe or to fill */
	memcpy(&stamp, bytes + rtp.header_len + BENCH_STAMP_AT, sizeof(stamp));
	if (stamp.magic != BENCH_STAMP_MAGIC)
		soak_fail("handle %" JSON_INTEGER_FORMAT ": a damaged packet", h->id);
	ear = find_ear(h, rtp.ssrc);
	ear->mixed |= ear->packets && ear->source != stamp.ssrc;
	ear->source = stamp.ssrc;
	ear->packets++;
	h->person->soak->figures.packets++;
}

static void send_all(struct soak_person *p, int64_t now_us)
{
	for (guint i = 0; i < p->handles->len; i++) {
		struct soak_handle *h = p->handles->pdata[i];

		for (size_t k = 0; k < G_N_ELEMENTS(h->sources); k++)
			if (h->sources[k] && h->peer->up && (k == 0 || !h->video_off))
				bench_source_send(h->sources[k], now_us);
		if (h->role == SOAK_PUBLISHER && h->real && h->peer && h->peer->up)
			soak_media_start(h);
		if (h->real && h->peer)
			bench_peer_tick(h->peer, now_us);
	}
}

void soak_media_turn(struct soak *s, int64_t now_us)
{
	struct epoll_event events[EVENTS_MAX];
	int n;

	s->peer_cfg.on_media = on_media;
	do {
		n = epoll_wait(s->epoll, events, EVENTS_MAX, 0);
		for (int i = 0; i < n; i++)
			bench_peer_read(events[i].data.ptr);
	} while (n == EVENTS_MAX);
	for (guint i = 0; i < s->people->len; i++)
		send_all(s->people->pdata[i], now_us);
}

static void for_subscribers(struct soak *s, void (*fn)(struct soak_handle *h))
{
	for (guint i = 0; i < s->people->len; i++) {
		struct soak_person *p = s->people->pdata[i];

		for (guint j = 0; j < p->handles->len; j++) {
			struct soak_handle *h = p->handles->pdata[j];

			if (h->role == SOAK_SUBSCRIBER && h->peer && h->peer->up)
				fn(h);
		}
	}
}

static void forget_heard(struct soak_handle *h)
{
	g_array_set_size(h->ears, 0);
}

void soak_media_listen_anew(struct soak *s)
{
	for_subscribers(s, forget_heard);
}

static const struct soak_handle *publisher_of(const struct soak_handle *h, json_int_t feed)
{
	const struct soak *s = h->person->soak;

	for (guint i = 0; i < s->people->len; i++) {
		const struct soak_person *p = s->people->pdata[i];

		for (guint j = 0; j < p->handles->len; j++) {
			const struct soak_handle *other = p->handles->pdata[j];

			if (soak_is_in(other, SOAK_PUBLISHER) && other->feed == feed &&
				other->room == h->room && other->pc == SOAK_PC_UP)
				return other;
		}
	}
	return NULL;
}

/* The SSRC of a publisher that must be heard on a stream, 0: silence. */
static uint32_t expected(const struct soak_handle *h, const json_t *stream)
{
	const struct soak_handle *from =
		publisher_of(h, json_integer_value(json_object_get(stream, "feed_id")));
	const bool video = strcmp(json_string_value(json_object_get(stream, "type")), "video") == 0;

	if (!from || !json_is_true(json_object_get(stream, "active")) || h->paused ||
		!json_is_true(json_object_get(stream, "send")) || !soak_is_in(h, SOAK_SUBSCRIBER))
		return 0;
	if (!from->sources[video] || !from->send[video] || from->muted[video] ||
		(video && from->video_off))
		return 0;
	return from->ssrc + video;
}

static void check_stream(struct soak_handle *h, const json_t *stream)
{
	const json_int_t at = json_integer_value(json_object_get(stream, "mindex"));
	const struct soak_ear *ear = find_ear(h, h->ssrcs[at % SOAK_MLINES]);
	const uint32_t want = expected(h, stream);

	/* What stands empty without the client's wanting to know may seem to have a source. */
	if ((want != 0 && ear->packets == 0 && !h->manual) || (want == 0 && ear->packets > 0) ||
		ear->mixed || (ear->packets > 0 && ear->source != want))
		soak_fail("handle %" JSON_INTEGER_FORMAT " hears %u packets of %u%s on m-line "
			  "%" JSON_INTEGER_FORMAT " instead of %u: %s",
			h->id, ear->packets, ear->source, ear->mixed ? " and others" : "", at, want,
			json_dumps(stream, JSON_COMPACT));
}

static void check_heard(struct soak_handle *h)
{
	const json_t *stream;
	size_t i;
	unsigned told = 0, heard = 0;

	json_array_foreach(h->streams, i, stream)
	{
		const json_int_t at = json_integer_value(json_object_get(stream, "mindex"));

		check_stream(h, stream);
		told += find_ear(h, h->ssrcs[at % SOAK_MLINES])->packets;
	}
	for (guint j = 0; j < h->ears->len; j++)
		heard += g_array_index(h->ears, struct soak_ear, j).packets;
	if (heard != told)
		soak_fail("handle %" JSON_INTEGER_FORMAT " hears %u packets on no m-line of its",
			h->id, heard - told);
}

void soak_media_check(struct soak *s)
{
	for_subscribers(s, check_heard);
}
