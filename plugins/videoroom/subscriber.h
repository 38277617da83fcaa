/*
 * A subscriber: a handle that receives. Its m-lines are slots; each slot has a source, a
 * publisher's track, or is empty for now. An m-line is never removed nor moved, an empty one is
 * used again. One offer at most is unanswered; what changes meanwhile goes into the next. Thread:
 * the room's lock, except where "own loop" stands.
 */
#ifndef LIMEN_VIDEOROOM_SUBSCRIBER_H
#define LIMEN_VIDEOROOM_SUBSCRIBER_H

#include "plugins/videoroom/publisher.h"

/* One m-line of a subscriber. */
struct limen_slot {
	struct limen_subscriber *subscriber;
	uint16_t mindex;
	enum limen_kind kind;
	enum limen_codec codec; /* NONE for data */
	GPtrArray *sources;     /* struct limen_track *, borrowed; one at most unless it is the data
				   m-line */
	char *crossrefid;
	bool ready; /* the client has answered for it */
	bool send;
	struct limen_layers want; /* complete: no -1 but for playout, where it means none */
	bool fallback_given;
	int8_t substream, temporal, spatial; /* what is relayed; -1 before the first */
	char *fmtp;                          /* of the last source */
	bool red;                            /* the last source has redundant audio */
	uint32_t exts;                       /* extensions of the last source, as bits */
};

struct limen_subscriber {
	struct limen_handle *handle;
	struct limen_room *room; /* a reference, for the life of the handle */
	uint32_t private_id;     /* of the participant that it belongs to, 0 = unknown */
	enum limen_gone gone;
	bool use_msid, autoupdate, e2ee;
	bool paused;
	bool negotiated;  /* an answer has come once */
	bool pending;     /* an offer waits for its answer, or "started" has not gone out yet */
	bool dirty;       /* something changed that no offer has told yet */
	bool asked;       /* ... and the client asked for some of it */
	bool restart;     /* the next offer has new ICE credentials */
	GPtrArray *slots; /* struct limen_slot *, by m-line */
};

/* subscriber.c */
void limen_subscriber_free(struct limen_subscriber *s);
void limen_subscriber_remove(struct limen_subscriber *s, enum limen_gone why); /* locked */
void limen_subscriber_detach(struct limen_subscriber *s); /* own loop, takes the lock */
void limen_subscriber_up(struct limen_subscriber *s);     /* the same */
void limen_subscriber_down(struct limen_subscriber *s);   /* the same */
void limen_subscriber_layer(
	struct limen_subscriber *s, const struct limen_media_event *ev); /* the same */
/* For the admin API; new. Takes the lock */
json_t *limen_subscriber_info(struct limen_subscriber *s);
/* The "streams" of a subscription; new. Locked */
json_t *limen_subscriber_streams(const struct limen_subscriber *s);
/* The slot with this mid (a decimal m-line index), or NULL. Locked */
struct limen_slot *limen_subscriber_slot(const struct limen_subscriber *s, const char *mid);

/* slot.c; locked */
void limen_slot_free(struct limen_slot *slot);
/* May a source of this kind and codec be connected: is the slot empty, or the data slot? */
bool limen_slot_fits(const struct limen_slot *slot, enum limen_kind kind, enum limen_codec codec);
/* A new slot at the end; NULL when there are too many m-lines. */
struct limen_slot *limen_slot_append(
	struct limen_subscriber *s, enum limen_kind kind, enum limen_codec codec);
/* The lowest slot that fits, or a new one. */
struct limen_slot *limen_slot_take(
	struct limen_subscriber *s, enum limen_kind kind, enum limen_codec codec);
/* Layer targets and such of a stream entry; what is not given becomes the default. */
void limen_slot_reset(struct limen_slot *slot, const json_t *entry);
/* Connects a source. Did that change what an offer says? */
bool limen_slot_connect(struct limen_slot *slot, struct limen_track *t);
/* Disconnects one source. Did that change what an offer says? */
bool limen_slot_disconnect(struct limen_slot *slot, struct limen_track *t);
/* Disconnects all of them, the same way. */
bool limen_slot_clear(struct limen_slot *slot);
/* Hands targets to the media side. */
void limen_slot_apply(const struct limen_slot *slot);
void limen_slot_pause(const struct limen_slot *slot);
/* The one source of audio and video; NULL when empty. */
struct limen_track *limen_slot_track(const struct limen_slot *slot);
/* Takes over from the media side what is relayed now. own loop */
void limen_slot_refresh(struct limen_slot *slot);
/* One element of "streams"; new */
json_t *limen_slot_view(const struct limen_slot *slot);

/* offer.c; locked. own loop, but for limen_offer_changed() */
/* An offer of the whole subscription; from now on it is pending. */
void limen_offer_make(struct limen_subscriber *s, struct limen_jsep *out);
/* Sends "updated" with an offer when there is something to tell and it is wanted and possible now.
 */
void limen_offer_due(struct limen_subscriber *s);
/* Something changed that the client did not ask for: limen_offer_due() soon. Any thread */
void limen_offer_changed(struct limen_subscriber *s);
/* The same for each of a list of subscribers. Any thread */
void limen_offer_changed_all(GPtrArray *subscribers);
/* Answers a request that may have changed something: "updated" with or without an offer, or
 * "updating". */
void limen_offer_reply(struct limen_subscriber *s, struct limen_request *r, bool changed);
/* The answer has come; the next offer follows, if needed, behind the reply to this request. */
void limen_offer_settle(struct limen_subscriber *s);

/* subscribe.c: requests. own loop, take the lock */
int limen_subscriber_join(struct limen_handle *h, struct limen_request *r,
	struct limen_room *room); /* locked already */
int limen_subscriber_subscribe(struct limen_handle *h, struct limen_request *r);
int limen_subscriber_unsubscribe(struct limen_handle *h, struct limen_request *r);
int limen_subscriber_update(struct limen_handle *h, struct limen_request *r);
/* The subscriber of a handle, for a request: 0, or fails r because it is in its room no more.
 * Locked */
int limen_subscriber_check(const struct limen_subscriber *s, struct limen_request *r);
/* Checks layer numbers of a stream entry. */
int limen_subscriber_check_layers(struct limen_request *r, const json_t *entry);
extern const struct limen_field limen_subscriber_entry[]; /* a stream entry of join and subscribe */

/* steer.c: requests. own loop, take the lock */
int limen_subscriber_start(struct limen_handle *h, struct limen_request *r);
int limen_subscriber_pause(struct limen_handle *h, struct limen_request *r);
int limen_subscriber_configure(struct limen_handle *h, struct limen_request *r);
int limen_subscriber_switch(struct limen_handle *h, struct limen_request *r);
int limen_subscriber_leave(struct limen_handle *h, struct limen_request *r);

#endif
