/*
 * A participant of a room, who may publish, and the m-lines that it publishes (tracks). Whoever
 * joined only to hear of the others is one too, without tracks. Not every one is a client: a dummy
 * holds m-lines without media, the media of a remote one comes from another gateway. Those have no
 * handle, hear of nothing, and end when they leave the room; all else is the same for all three.
 * Thread: the members belong to the room's lock, except what is marked "own loop": that of the
 * participant's handle.
 */
#ifndef LIMEN_VIDEOROOM_PUBLISHER_H
#define LIMEN_VIDEOROOM_PUBLISHER_H

#include "plugins/videoroom/room.h"

#define LIMEN_PLAYOUT_MAX 4095 /* 12 bits in units of 10 ms (webrtc.org playout-delay) */

/* One published m-line. */
struct limen_track {
	struct limen_publisher *publisher;
	struct limen_publish facts;
	bool svc;       /* the client announced spatial layers */
	bool send;      /* the publisher lets it pass */
	bool moderated; /* a moderator does not */
	bool talking;
	uint16_t index; /* of a remote one: the m-line at its source */
	char *description;
	int32_t playout_min, playout_max; /* override in 10 ms units, -1 = none */
	struct limen_fanout *fanout;      /* NULL for data and while inactive */
	GPtrArray *slots;                 /* struct limen_slot *, borrowed: who receives it */
};

enum limen_publisher_kind { LIMEN_LOCAL, LIMEN_DUMMY, LIMEN_REMOTE };

struct limen_publisher {
	enum limen_publisher_kind kind;
	struct limen_handle *handle; /* NULL unless local */
	struct limen_remote *remote; /* NULL unless remote */
	struct limen_room *room;     /* a reference, for life */
	char *id;
	uint32_t private_id; /* 0 unless local */
	char *display;
	json_t *metadata;
	enum limen_gone gone;
	bool negotiated; /* it counts as publishing: an offer was answered and the PeerConnection
			    has not gone since, or it is remote */
	bool published;  /* it is up: others know of the tracks */
	bool e2ee;
	int64_t bitrate_bps;                               /* cap; 0 = none */
	int64_t audio_active_packets, audio_level_average; /* -1 = the room's */
	GPtrArray *tracks;                                 /* struct limen_track *, by m-line */
	GPtrArray *forwarders;                             /* struct limen_forwarder *, owned */
	GPtrArray *held; /* json_t *: events that wait until "joined" has gone out; NULL = nothing
			    waits */
	GArray *talk;    /* struct limen_talk, by m-line (talk.c); grows on the own loop, locked, so
			    that the own loop may read it without the lock */
	/* own loop; of a remote one that of its media */
	int64_t keyframe_us; /* when the last keyframe came or was asked for */
};

/* publisher.c */
/* h: NULL unless local. Not in the room yet: limen_publisher_enter() */
struct limen_publisher *limen_publisher_new(enum limen_publisher_kind kind, struct limen_handle *h,
	struct limen_room *room, const json_t *body);
void limen_publisher_free(struct limen_publisher *p);
/* From here on the room knows it. Locked */
void limen_publisher_enter(struct limen_publisher *p);
/* Sends an event of the room to one participant, if it is a client; takes event. Locked */
void limen_publisher_push(struct limen_publisher *p, json_t *event);
/* Withdraws all tracks; the subscribers of them get their update. Locked */
void limen_publisher_withdraw(struct limen_publisher *p);
/* Takes it out of the room for good; without a handle it is freed by that. Locked, by somebody who
 * has a reference to the room */
void limen_publisher_remove(struct limen_publisher *p, enum limen_gone why);
/* The same, and a client's PeerConnection is closed. */
void limen_publisher_expel(struct limen_publisher *p, enum limen_gone why);
/* The handle goes, or its PeerConnection came up or went. own loop, takes the lock */
void limen_publisher_detach(struct limen_publisher *p);
void limen_publisher_up(struct limen_publisher *p);
void limen_publisher_down(struct limen_publisher *p);
/* Asks for a keyframe on all its video m-lines. Takes the lock */
void limen_publisher_keyframe(struct limen_publisher *p);
/* A message of its data channel, for all who receive its data. own loop, takes the lock */
void limen_publisher_data(struct limen_publisher *p, bool binary, const uint8_t *bytes, size_t len);
/* For the admin API; new. Takes the lock */
json_t *limen_publisher_info(struct limen_publisher *p);

/* track.c; locked */
struct limen_track *limen_track_new(struct limen_publisher *p);
void limen_track_free(struct limen_track *t);
/* Lets its receivers go, collecting their subscribers (borrowed, each once) in hit where they need
 * a new offer; frees the fan-out. */
void limen_track_silence(struct limen_track *t, GPtrArray *hit);
/* Opens or closes the gate by what publisher and moderators want. */
void limen_track_gate(struct limen_track *t);
/* The track with this mid, or NULL. */
struct limen_track *limen_track_find(const struct limen_publisher *p, const char *mid);
void limen_track_keyframe(const struct limen_track *t);

/* publish.c: requests of participants. own loop, take the lock */
int limen_publisher_configure(struct limen_handle *h, struct limen_request *r);
int limen_publisher_unpublish(struct limen_handle *h, struct limen_request *r);
/* Checks what is needed before publishing or configuring; 0, or fails r. Locked */
int limen_publisher_check(struct limen_publisher *p, struct limen_request *r);
/* Takes display and metadata of a body over; the others hear of a changed name, not of a first one.
 * Locked */
void limen_publisher_rename(struct limen_publisher *p, const json_t *body);
/* Does what a checked request asks, after its offer was answered; adds to reply. Locked */
void limen_publisher_apply(struct limen_publisher *p, const struct limen_request *r, json_t *reply);

/* answer.c: answers r's offer, if it has one, and takes its m-lines as tracks. 0, or fails r and
 * has changed nothing. Locked, own loop */
int limen_publisher_answer(struct limen_publisher *p, struct limen_request *r);

/* talk.c: an incoming packet. own loop; takes the lock when somebody starts or ends talking */
void limen_publisher_packet(struct limen_publisher *p, const struct limen_packet *pkt);

/* dominant.c: an audio level (RFC 6464) of m-line mindex. own loop; elects when it is time and the
 * lock is free */
void limen_publisher_hear(
	struct limen_publisher *p, uint16_t mindex, uint8_t level, bool voice, int64_t now_us);
/* The track on which the dominant speaker talks, or NULL. Locked */
const struct limen_track *limen_room_dominant(const struct limen_room *room);

#endif
