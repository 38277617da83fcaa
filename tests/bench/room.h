/*
 * A video room full of clients: each publisher and each subscriber is a session with one handle and
 * one peer connection, set up in the steps of a real client. Thread: the main loop.
 */
#ifndef BENCH_ROOM_H
#define BENCH_ROOM_H

#include "tests/bench/api.h"
#include "tests/bench/peer.h"

#define BENCH_AUDIO_SSRC 100000u /* of the first publisher; the next has 10 more */
#define BENCH_VIDEO_SSRC 100001u /* its retransmissions: one more */
#define BENCH_SSRC_STEP 10u

struct bench_room_config {
	unsigned publishers, subscribers;
	bool meeting;       /* a subscriber per publisher, who receives all the others */
	bool audio, video;  /* what is published */
	unsigned in_flight; /* set-ups at a time */
	unsigned feeds;     /* that a subscriber receives of the publishers, in turn; 0: all */
	int epoll;          /* shared with other rooms, borrowed; 0: one of its own */
};

struct bench_room {
	struct bench_room_config cfg;
	struct bench_api *api;
	const struct bench_peer_config *peer_cfg;
	json_int_t session, handle, id;
	bool made;
	unsigned started, ups; /* "webrtcup" events */
	int epoll;
	GPtrArray *publishers, *subscribers; /* struct bench_peer */
};

/* Asks for a room; api and peer_cfg: borrowed for life. */
struct bench_room *bench_room_new(const struct bench_room_config *cfg, struct bench_api *api,
	const struct bench_peer_config *peer_cfg);
void bench_room_free(struct bench_room *room);
/* Starts as many clients as may be in flight. Returns whether all are up. */
bool bench_room_fill(struct bench_room *room);
unsigned bench_room_up(const struct bench_room *room);
/* Streams that are forwarded when all are up. */
unsigned bench_room_streams(const struct bench_room *room);
/* The entries of a subscription to everybody; new */
json_t *bench_room_feeds(const struct bench_room *room);
/* Reads every socket that has something. */
void bench_room_read(struct bench_room *room);
/* The same for the sockets of an epoll that rooms share. */
void bench_read_all(int epoll, unsigned sockets);
/* Checks and timers of all peers; report: receivers send their reports. */
void bench_room_tick(struct bench_room *room, int64_t now_us, bool report);
unsigned bench_room_drops(const struct bench_room *room);

#endif
