/*
 * A session description (RFC 8866) as plain data: what plugins see of an offer or answer, and what
 * they give back. In front of a plugin the transport parts (ICE, DTLS, candidates, SSRCs, RTX and
 * FEC payloads) are gone; the core adds its own to what the plugin returns. Every string is owned
 * by the description (g_malloc). No thread of its own: belongs to whoever holds it.
 */
#ifndef LIMEN_SDP_H
#define LIMEN_SDP_H

#include <glib.h>
#include <limen/types.h>

/* An attribute kept as written: a=name or a=name:value. */
struct limen_sdp_attr {
	char *name;
	char *value; /* NULL for a property attribute */
};

/* One payload format of an m-line: rtpmap, fmtp and rtcp-fb together. */
struct limen_sdp_format {
	int pt;                 /* 0..127 */
	enum limen_codec codec; /* LIMEN_CODEC_NONE when the gateway has no name for it (rtx, red,
				   telephone-event ...) */
	char *name; /* encoding name as written: "VP8"; from the RFC 3551 table if there was no
		       rtpmap */
	uint32_t clock_hz;
	uint8_t channels;    /* 1 when not written */
	char *fmtp;          /* parameters as written, or NULL */
	GPtrArray *feedback; /* char *: "nack pli", "transport-cc"; never NULL */
};

/* An RTP stream id of a simulcast (RFC 8851, RFC 8853). */
struct limen_sdp_rid {
	char id[LIMEN_RID_MAX + 1];
	bool send;   /* else recv */
	bool paused; /* "~" in a=simulcast */
};

struct limen_sdp_media {
	enum limen_kind kind;
	char mid[LIMEN_MID_MAX + 1]; /* the line's number if it had none */
	bool rejected;               /* port 0 */
	enum limen_dir dir;          /* as its writer sees it */
	char *proto;                 /* "UDP/TLS/RTP/SAVPF" */
	GPtrArray *formats; /* struct limen_sdp_format *, in order of preference; empty for data */
	uint8_t ext_id[LIMEN_EXTS]; /* RFC 8285 id per known extension, 0 = not listed */
	GArray *rids; /* struct limen_sdp_rid; simulcast order as written, best first by default */
	bool simulcast;         /* several rids, or a ssrc-group:SIM in the peer's description */
	bool legacy_simulcast;  /* "a=simulcast: recv rid=h;m;l" spelling */
	char *msid;             /* "stream track", or NULL */
	uint32_t bandwidth_bps; /* b=TIAS / b=AS in bits per second, 0 = none */
	GPtrArray *attrs;       /* struct limen_sdp_attr *: all others that are not transport */
	/* The peer's transport view, filled by the parser, emptied before a plugin sees it */
	struct limen_sdp_transport *transport;
	char *other; /* the kind as written, where the gateway knows none such ("text"): the m-line
			counts as one of data, and is always rejected; else NULL */
};

struct limen_sdp {
	uint64_t id, version; /* of the o= line */
	char *name;           /* s= */
	GPtrArray *media;     /* struct limen_sdp_media * */
	GPtrArray *attrs;     /* struct limen_sdp_attr *, session level, not transport */
	struct limen_sdp_transport *transport; /* session level; NULL in front of a plugin */
};

/* How a plugin wants an offer answered; zeroed fields mean the default. Everything is borrowed
 * during the call. */
struct limen_answer_rules {
	const enum limen_codec *audio; /* acceptable codecs in order of preference, LIMEN_CODEC_NONE
					  ends; NULL = whatever the offer prefers */
	const enum limen_codec *video;
	const char *vp9_profile;    /* keep only this profile-id ("0", "2"), NULL = any */
	const char *h264_profile;   /* keep only this profile-level-id ("42e01f"), NULL = any */
	uint32_t exts;              /* bit 1 << LIMEN_EXT_...: accepted extensions */
	enum limen_dir dir;         /* the most that the answer may do, as the answerer sees it */
	bool no_sendonly;           /* an m-line that would come out sendonly becomes inactive */
	bool no_data;               /* reject application m-lines */
	bool no_opus_fec;           /* do not answer useinbandfec=1 although it was offered */
	bool opus_dtx, opus_stereo; /* answer usedtx=1 / stereo=1 if it was offered */
	bool opus_red;              /* accept audio/red beside opus */
};

#endif
