/*
 * What a client publishes, read from the answer that was given to its offer; and lists of codecs as
 * operators and clients write them. Pure but for limen->fmtp_get(); any thread.
 */
#ifndef LIMEN_KIT_PUBLISH_H
#define LIMEN_KIT_PUBLISH_H

#include <limen/plugin.h>

#define LIMEN_PUBLISH_CODECS_MAX 5u /* codecs of one kind in a list */

/* One m-line that a client sends. Embedded: _read, _clear. */
struct limen_publish {
	enum limen_kind kind;
	uint16_t mindex;
	char mid[LIMEN_MID_MAX + 1]; /* the client's; the decimal index if it gave none */
	bool active;                 /* packets may come */
	enum limen_codec codec;      /* NONE for data and for an inactive line */
	bool fec, dtx, stereo;       /* Opus parameters that were agreed on */
	bool red;                    /* redundant audio beside opus (RFC 2198) */
	bool simulcast;
	char *profile;              /* H.264 profile-level-id or VP9 profile-id; NULL otherwise */
	char *fmtp;                 /* as agreed on; NULL if none */
	uint8_t ext_id[LIMEN_EXTS]; /* the client's ids of the extensions that were accepted, 0 =
				       not */
};

/* Reads m-line mindex of an answer of ours; out is overwritten, _clear() it later. */
void limen_publish_read(const struct limen_sdp *answer, uint16_t mindex, struct limen_publish *out);
/* An active m-line that no answer describes: by its codec (NONE for data) and fmtp (NULL = none);
 * its mid is the decimal index. Overwritten and to be cleared the same way. */
void limen_publish_make(struct limen_publish *out, uint16_t mindex, enum limen_kind kind,
	enum limen_codec codec, const char *fmtp);
void limen_publish_clear(struct limen_publish *p);

/* "audio", "video" or "data". Static */
const char *limen_publish_kind(enum limen_kind kind);

/* Reads "vp8, h264" into out[], which ends with LIMEN_CODEC_NONE. LIMEN_EINVAL: an unknown name or
 * one of another kind; LIMEN_ELIMIT. */
int limen_publish_codecs(
	const char *list, enum limen_kind kind, enum limen_codec out[LIMEN_PUBLISH_CODECS_MAX + 1]);
/* Is the codec in such a list? */
bool limen_publish_has(const enum limen_codec *codecs, enum limen_codec codec);
/* The list as text again; new */
char *limen_publish_codecs_text(const enum limen_codec *codecs);

#endif
