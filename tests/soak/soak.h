/*
 * limen-soak: clients that come, talk, change their minds and die at random, from a seed, against a
 * real gateway. Each part knows what must follow from what it did and ends the program when it does
 * not. This header holds what the parts share. Thread: everything on the main loop.
 */
#ifndef SOAK_SOAK_H
#define SOAK_SOAK_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include "tests/bench/peer.h"
#include "tests/bench/source.h"
#include "tests/bench/ws.h"

#define SOAK_MLINES 64u
#define SOAK_PLUGIN "janus.plugin.videoroom"

struct soak;
struct soak_person;
struct soak_handle;
struct soak_ask;

/* A connection, which carries the sessions of several people. */
struct soak_line {
	struct bench_ws *ws;
};

/* A room that was asked for; kept when it is destroyed, since handles stay in it. */
struct soak_room {
	json_int_t id;
	bool exists; /* "created" has come */
	bool gone;   /* its end was asked for */
	bool notify; /* notify_joining */
};

enum soak_role { SOAK_NONE, SOAK_PUBLISHER, SOAK_SUBSCRIBER };

enum soak_phase {
	SOAK_ATTACHING,
	SOAK_FREE, /* attached, in no room */
	SOAK_JOINING,
	SOAK_IN,
	SOAK_OUT,  /* left, kicked, or the room is gone: good for nothing more */
	SOAK_GOING /* its detaching was asked for */
};

/* Where the PeerConnection stands, as the client sees it. */
enum soak_pc { SOAK_PC_NONE, SOAK_PC_ASKED, SOAK_PC_AGREED, SOAK_PC_UP };

/* What a receiver heard on one SSRC in the window that is looked at. */
struct soak_ear {
	uint32_t ssrc, source; /* ours by the gateway; the publisher's by the stamp */
	unsigned packets;
	bool mixed; /* more than one source */
};

struct soak_handle {
	struct soak_person *person;
	json_int_t id;
	enum soak_role role;
	enum soak_phase phase;
	struct soak_room *room;
	unsigned asked; /* messages without their answer yet */
	unsigned era;   /* PeerConnections that have ended */
	/* PeerConnection */
	bool real; /* connects; else it only talks */
	enum soak_pc pc;
	bool hanging;       /* its end was asked for, or caused */
	bool end_announced; /* "leaving", "unpublished" or the like came: the server may close it */
	int64_t hang_by_us; /* when "hangup" must have come; 0: nothing is waited for */
	struct bench_peer *peer;
	struct bench_source *sources[2]; /* audio, video */
	GArray *ears;                    /* struct soak_ear */
	/* a participant */
	json_int_t feed;
	GHashTable *view;   /* feed -> "streams" of those who publish */
	GHashTable *seen;   /* set of feeds that have published since it joined */
	GHashTable *people; /* set of feeds: who is there, where the room tells */
	uint32_t ssrc;      /* of its audio; video: one more */
	bool audio, video, video_off;
	bool send[2], muted[2]; /* audio, video */
	/* a subscriber */
	json_t *streams;             /* as last told */
	uint32_t ssrcs[SOAK_MLINES]; /* by m-line of the last offer */
	char *offer;                 /* waits for our answer */
	int64_t answer_us;           /* when that is due */
	bool starting;               /* the answer was sent, "started" has not come */
	bool paused, manual;         /* manual: autoupdate is off */
};

enum soak_presence { SOAK_AWAY, SOAK_COMING, SOAK_HERE, SOAK_LEAVING, SOAK_ASLEEP };

struct soak_person {
	struct soak *soak;
	unsigned number;
	bool real;
	struct soak_line *line; /* borrowed */
	json_int_t session;
	enum soak_presence presence;
	int64_t keep_us, wake_by_us; /* next keep-alive; when "timeout" must have come */
	GPtrArray *handles;          /* struct soak_handle */
};

struct soak_figures {
	uint64_t actions, requests, packets, events, quiet_points;
	int64_t slowest_us;
};

struct soak {
	const char *url;
	int pid, slowness;
	int64_t timeout_us; /* the gateway's session_timeout */
	GRand *rand;
	struct limen_cert *cert;
	struct bench_peer_config peer_cfg;
	struct bench_sink sink;
	int epoll;
	GPtrArray *lines;            /* struct soak_line */
	GPtrArray *people;           /* struct soak_person */
	GPtrArray *rooms;            /* struct soak_room: all that ever were in this round */
	struct soak_person *monitor; /* has a line and a handle of its own, acts on rooms */
	GHashTable *asks;            /* number -> struct soak_ask */
	GHashTable *handles;         /* id -> struct soak_handle */
	GHashTable *ended;           /* ids of handles that are told to be detached */
	unsigned next_ask;
	json_int_t next_feed, next_room;
	uint32_t next_ssrc;
	bool resting; /* no new actions: a quiet point comes */
	struct soak_figures figures;
};

/* diary.c: what happened, for whoever looks for the reason of a failure */
void soak_note(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* Prints seed, last notes and why, and ends the program. */
void soak_fail(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;
void soak_diary_begin(unsigned seed);

/* wire.c: connections, requests and their answers */
typedef void (*soak_answer_fn)(struct soak_ask *ask, const json_t *msg, const json_t *data);

struct soak_ask {
	struct soak *soak;
	unsigned number;
	const char *what;
	struct soak_line *line;
	struct soak_person *person;
	struct soak_handle *handle; /* may be NULL */
	unsigned era;               /* of the handle when it was sent */
	bool message;               /* for the plugin */
	bool async, acked;
	int code; /* error of the answer, 0: none */
	int64_t sent_us;
	const int *allowed; /* error codes that may come, ends with 0; NULL: none */
	soak_answer_fn fn;
	void *arg;
};

struct soak_line *soak_line_new(struct soak *s);
/* Closes the connection without goodbye; its asks are forgotten. */
void soak_line_free(struct soak *s, struct soak_line *line);
/* A request of a session. request: taken; the session and handle are added. The rest of the ask may
 * be set until the next poll. */
struct soak_ask *soak_ask(struct soak_person *p, struct soak_handle *h, const char *what,
	json_t *request, soak_answer_fn fn);
/* A message to the plugin; body and jsep (may be NULL): taken. */
struct soak_ask *soak_message(struct soak_handle *h, bool async, json_t *body, json_t *jsep,
	soak_answer_fn fn, const int *allowed);
/* Nobody waits for the answers of this handle (NULL: of all of the person) any more. */
void soak_wire_forget(struct soak_person *p, const struct soak_handle *h);
/* Takes what came in; fails when an answer is late. */
void soak_wire_poll(struct soak *s);
void soak_wire_keep(struct soak_person *p);
int64_t soak_limit_us(const struct soak *s);

/* people.c: sessions and handles */
struct soak_person *soak_person_new(struct soak *s, bool real);
void soak_person_free(struct soak_person *p);
void soak_person_come(struct soak_person *p, struct soak_line *line);
void soak_person_attach(struct soak_person *p);
/* destroy with goodbye */
void soak_person_leave(struct soak_person *p);
/* Sends nothing any more until the gateway gives it up. */
void soak_person_sleep(struct soak_person *p);
/* The session is gone: forgets all of it. */
void soak_person_gone(struct soak_person *p);
void soak_handle_detach(struct soak_handle *h);
void soak_handle_hangup(struct soak_handle *h);
/* Keep-alives, answers that are due, and what must have come by now. */
void soak_people_tick(struct soak *s, int64_t now_us);
/* Anything that a quiet point has to wait for; NULL: nothing. */
const char *soak_people_unsettled(const struct soak *s);
bool soak_is_in(const struct soak_handle *h, enum soak_role role);

/* hear.c: messages that nobody asked for */
void soak_hear(struct soak *s, struct soak_line *line, const json_t *msg);
void soak_view_set(struct soak_handle *h, const json_t *publisher);

/* publish.c: what participants do */
bool soak_join(struct soak_handle *h, struct soak_room *room, bool with_offer, bool duplicate);
bool soak_publish(struct soak_handle *h);
bool soak_reoffer(struct soak_handle *h);
bool soak_unpublish(struct soak_handle *h);
bool soak_configure(struct soak_handle *h);
bool soak_leave(struct soak_handle *h);

/* subscribe.c: what subscribers do */
bool soak_subscriber_join(struct soak_handle *h, struct soak_room *room);
bool soak_change(struct soak_handle *h);
bool soak_switch(struct soak_handle *h);
bool soak_steer(struct soak_handle *h);
bool soak_pause(struct soak_handle *h);
void soak_take_offer(struct soak_handle *h, const json_t *msg, const json_t *data);
void soak_answer(struct soak_handle *h);

/* rooms.c: what the monitor does */
struct soak_room *soak_room_create(struct soak *s);
void soak_room_destroy(struct soak *s, struct soak_room *room);
bool soak_kick(struct soak_handle *target);
bool soak_moderate(struct soak_handle *target);
void soak_nonsense(struct soak_handle *h);
/* A random one of those that are there, or NULL. */
struct soak_room *soak_room_any(struct soak *s);
struct soak_handle *soak_handle_any(struct soak *s, enum soak_role role);

/* media.c */
void soak_media_open(struct soak_handle *h);
void soak_media_close(struct soak_handle *h);
void soak_media_start(struct soak_handle *h);
void soak_media_turn(struct soak *s, int64_t now_us);
void soak_media_listen_anew(struct soak *s);
/* Compares what was heard with what should have been. */
void soak_media_check(struct soak *s);
json_t *soak_jsep(const char *type, const char *sdp);

/* act.c: one random thing */
void soak_act(struct soak *s);

/* check.c: what is looked at while nothing happens */
void soak_check_quiet(struct soak *s);
void soak_check_empty(struct soak *s);

/* main.c */
void soak_turn(struct soak *s);
void soak_run_for(struct soak *s, int64_t us);

#endif
