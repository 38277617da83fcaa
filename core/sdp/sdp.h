/*
 * Session descriptions: making, parsing, printing, answering and comparing them. Pure functions
 * over include/limen/sdp.h; any thread.
 */
#ifndef LIMEN_SDP_SDP_H
#define LIMEN_SDP_SDP_H

#include <limen/sdp.h>

#define LIMEN_SDP_TEXT_MAX 262144u /* bytes of one description */
#define LIMEN_SDP_LINE_MAX 8192u
#define LIMEN_SDP_FORMATS_MAX 128u /* payload formats per m-line */
#define LIMEN_SDP_ATTRS_MAX 512u   /* kept attributes, candidates or SSRCs per level */

enum limen_sdp_setup {
	LIMEN_SETUP_NONE,
	LIMEN_SETUP_ACTPASS,
	LIMEN_SETUP_ACTIVE,
	LIMEN_SETUP_PASSIVE,
	LIMEN_SETUP_HOLDCONN
};

/* a=ssrc-group (RFC 5576): the first up to four SSRCs. */
struct limen_sdp_group {
	bool sim; /* SIM, else FID */
	unsigned count;
	uint32_t ssrc[4];
};

/* A retransmission format: RFC 4588 apt. */
struct limen_sdp_rtx {
	uint8_t pt, apt;
};

/* The transport part of one level of a description. */
struct limen_sdp_transport {
	char *ufrag, *pwd;
	char *hash, *fingerprint; /* "sha-256", "AA:BB:..." */
	enum limen_sdp_setup setup;
	bool ice_lite, end_of_candidates;
	GPtrArray *candidates; /* char *: values of a=candidate with "candidate:" in front */
	GArray *ssrcs;         /* uint32_t, each once */
	GArray *groups;        /* struct limen_sdp_group */
	GArray *rtx;           /* struct limen_sdp_rtx */
	unsigned sctp_port;
	bool sctpmap; /* the old form of data m-lines */
};

struct limen_sdp *limen_sdp_new(const char *name);
void limen_sdp_free(struct limen_sdp *sdp);
struct limen_sdp *limen_sdp_copy(const struct limen_sdp *sdp);
struct limen_sdp_media *limen_sdp_media_new(enum limen_kind kind);
void limen_sdp_media_free(struct limen_sdp_media *m);
struct limen_sdp_format *limen_sdp_format_new(int pt, enum limen_codec codec);
struct limen_sdp_format *limen_sdp_format_copy(const struct limen_sdp_format *f);
void limen_sdp_format_free(struct limen_sdp_format *f);
struct limen_sdp_transport *limen_sdp_transport_new(void);
void limen_sdp_transport_free(struct limen_sdp_transport *t);
typedef struct limen_sdp limen_sdp;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(limen_sdp, limen_sdp_free)

static inline struct limen_sdp_media *limen_sdp_line(const struct limen_sdp *sdp, guint i)
{
	return g_ptr_array_index(sdp->media, i);
}

/* The first format with a codec that the gateway knows, or NULL. Borrowed */
struct limen_sdp_format *limen_sdp_main_format(const struct limen_sdp_media *m);
/* Is it redundant audio beside opus (RFC 2198)? */
bool limen_sdp_is_red(const struct limen_sdp_format *f);
/* The payload type of redundant audio on an m-line, or -1. */
int limen_sdp_red_pt(const struct limen_sdp_media *m);
/* Does a format of an m-line take this feedback ("goog-remb")? */
bool limen_sdp_has_feedback(const struct limen_sdp_media *m, int pt, const char *feedback);
/* Value of a parameter in a fmtp text, new, or NULL. */
char *limen_sdp_fmtp_get(const char *fmtp, const char *parameter);
/* RTX payload type that goes with pt, or -1. */
int limen_sdp_rtx_of(const struct limen_sdp_media *m, int pt);

/* LIMEN_EPROTO or LIMEN_ELIMIT with *reason new. RTX formats are noted in transport->rtx as well.
 * An m-line without a mid gets its number as mid. */
int limen_sdp_parse(const char *text, size_t len, struct limen_sdp **out, char **reason);
/* Takes away all that a plugin does not see. */
void limen_sdp_strip(struct limen_sdp *sdp);
/* Index of the m-line whose transport is that of the bundle: the first that is not rejected (RFC
 * 9143 §7.2), else 0. */
guint limen_sdp_first(const struct limen_sdp *sdp);
/* That m-line's value, else the session's; NULL if there is none. Borrowed */
const char *limen_sdp_ufrag(const struct limen_sdp *sdp);
const char *limen_sdp_pwd(const struct limen_sdp *sdp);
const struct limen_sdp_transport *limen_sdp_fingerprint(const struct limen_sdp *sdp);
enum limen_sdp_setup limen_sdp_setup(const struct limen_sdp *sdp);

/* What the core adds when a description is written. Everything borrowed. */
struct limen_sdp_local_line {
	uint32_t ssrc, rtx_ssrc; /* 0 = none */
	int rtx_pt;              /* -1 = no RTX */
};
struct limen_sdp_local {
	const char *ip, *fingerprint, *ufrag, *pwd;
	enum limen_sdp_setup setup;
	bool ice_lite, end_of_candidates;
	const GPtrArray *candidates;              /* char * */
	const struct limen_sdp_local_line *lines; /* one per m-line */
};
/* The text as clients get it; new. */
char *limen_sdp_print(const struct limen_sdp *sdp, const struct limen_sdp_local *local);

/* Answers a stripped or unstripped offer; *out new. */
int limen_sdp_answer(const struct limen_sdp *offer, const struct limen_answer_rules *rules,
	struct limen_sdp **out);
/* Appends an m-line for an offer (payload types and extension ids of the room table). Borrowed by
 * sdp. */
struct limen_sdp_media *limen_sdp_add(struct limen_sdp *sdp, enum limen_kind kind,
	enum limen_codec codec, enum limen_dir dir, const char *mid, const char *fmtp,
	uint32_t exts);

/* Puts redundant audio in front of the opus format of an m-line that limen_sdp_add() made. */
void limen_sdp_add_red(struct limen_sdp_media *m);

/* May now follow before? An m-line keeps its place, kind and mid; none vanishes. LIMEN_EINVAL with
 * *reason new. */
int limen_sdp_match(const struct limen_sdp *before, const struct limen_sdp *now, char **reason);
/* What limen_sdp_match() looks at in the earlier description, and nothing else: new. A browser's
 * takes 10 to 18 KB, its outline of two m-lines less than one. */
struct limen_sdp *limen_sdp_outline(const struct limen_sdp *sdp);
/* The text of a direction: "sendrecv". */
const char *limen_sdp_dir_text(enum limen_dir dir);

#endif
