/*
 * A room: its settings and who is in it. Counted by reference: a destroyed room stays until the
 * last handle that was in it has gone. Thread: any. The id is fixed; all else belongs to the room's
 * lock.
 */
#ifndef LIMEN_VIDEOROOM_ROOM_H
#define LIMEN_VIDEOROOM_ROOM_H

#include "kit/publish.h"
#include "plugins/videoroom/videoroom.h"

#define LIMEN_ROOMS_MAX 100000u
#define LIMEN_ROOM_BITRATE_MIN 64000u /* bits per second; less is useless for video */
#define LIMEN_ROOM_ALLOWED_MAX 10000u /* tokens in the list of one room */

struct limen_publisher;
struct limen_track;

struct limen_room {
	gint refs;
	GMutex lock;
	char *id;
	/* settings; editable ones among them under the lock */
	char *description, *secret, *pin, *rec_dir;
	bool is_private, require_pvtid, signed_tokens, require_e2ee, bitrate_cap, record,
		lock_record, notify_joining;
	bool opus_fec, opus_dtx, audiolevel_ext, videoorient_ext, playoutdelay_ext,
		transport_wide_cc_ext, audiolevel_event, dominant_speaker;
	int64_t max_publishers, fir_freq_s, audio_active_packets, audio_level_average, bitrate_bps;
	enum limen_codec audio[LIMEN_PUBLISH_CODECS_MAX + 1], video[LIMEN_PUBLISH_CODECS_MAX + 1];
	char *vp9_profile, *h264_profile;
	bool check_allowed;
	GHashTable *allowed; /* set of char * */
	bool dummy_publisher, dummy_e2ee;
	json_t *dummy_streams; /* as given; NULL = one per codec */
	/* members; borrowed: a member takes itself out before it goes */
	bool destroyed;
	GPtrArray *publishers;  /* struct limen_publisher *, in order of joining */
	GHashTable *by_id;      /* char * -> struct limen_publisher * */
	GPtrArray *subscribers; /* struct limen_subscriber * */
	GHashTable *kicked;     /* set of char *: ids of kicked participants whose handles are still
				   there */
	struct limen_track *dominant; /* whose dominant speaker talks on it, or NULL; borrowed */
	int64_t election_us;          /* when the next election is due; atomic */
};

/* The table of rooms. */
void limen_rooms_start(void);
void limen_rooms_stop(void);
/* LIMEN_EEXIST, LIMEN_ELIMIT */
int limen_rooms_add(struct limen_room *room);
/* A reference, or NULL. */
struct limen_room *limen_rooms_find(const char *id);
bool limen_rooms_remove(struct limen_room *room);
/* References to all; new */
GPtrArray *limen_rooms_list(void);

/* With every default; one reference. */
struct limen_room *limen_room_new(const char *id);
struct limen_room *limen_room_ref(struct limen_room *room);
void limen_room_unref(struct limen_room *room);
typedef struct limen_room limen_room;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(limen_room, limen_room_unref)

/* The room that the body of r names: a reference, or NULL and r has failed. Not for after it was
 * locked: it may have been destroyed. */
struct limen_room *limen_room_of(struct limen_request *r);
/* Fails r when the room was destroyed in between. Locked. */
int limen_room_check(struct limen_request *r, const struct limen_room *room);
/* Checks "secret" of r against the room's. Locked. */
int limen_room_check_secret(struct limen_request *r, const struct limen_room *room);
/* The participant of this id, or NULL. Locked */
struct limen_publisher *limen_room_member(const struct limen_room *room, const char *id);
/* How many participants have negotiated media, but for one? Locked */
unsigned limen_room_active(const struct limen_room *room, const struct limen_publisher *but);
/* The id as it goes on the wire; new */
json_t *limen_room_id(const struct limen_room *room);

/* Reads the settings of a "create" body into a new room. 0, or LIMEN_EINVAL with *reason new.
 * (room_config.c) */
int limen_room_read(struct limen_room *room, const json_t *body, char **reason);
/* A bitrate as rooms take it: neither negative nor uselessly low. (room_config.c) */
int64_t limen_room_bitrate(int64_t bps);
/* The rooms of the configuration file, or the demo room where there is none. 0, or LIMEN_EINVAL
 * after logging. (room_config.c) */
int limen_rooms_load(void);

#endif
