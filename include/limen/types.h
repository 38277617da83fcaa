/*
 * Words that every part of the gateway shares: errors, kinds, directions, codecs.
 * Plain data, no functions with state; any thread.
 */
#ifndef LIMEN_TYPES_H
#define LIMEN_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Errors: functions return 0 or one of these, always negative. */
enum limen_error {
	LIMEN_EINVAL = -1,   /* an argument or a message breaks its rules */
	LIMEN_ENOENT = -2,   /* the thing named does not exist */
	LIMEN_EEXIST = -3,   /* the thing named exists already */
	LIMEN_ESTATE = -4,   /* not possible in the present state */
	LIMEN_ELIMIT = -5,   /* a named limit would be passed */
	LIMEN_EPROTO = -6,   /* bytes from the network break their format */
	LIMEN_EAUTH = -7,    /* secret, fingerprint or authentication tag wrong */
	LIMEN_EIO = -8,      /* the operating system or a library refused */
	LIMEN_EAGAIN = -9,   /* not now; try again later */
	LIMEN_ENOTSUP = -10, /* known, and not supported */
	LIMEN_EABI = -11,    /* a module was built for another ABI */
	LIMEN_ENOSPC = -12,  /* the caller's buffer is too small */
};

/* English text for an error number. Never NULL; static. */
const char *limen_error_text(int err);

enum limen_kind { LIMEN_AUDIO, LIMEN_VIDEO, LIMEN_DATA };

/* Direction of an m-line, seen from whoever wrote the description (RFC 8866 §6.7). Bit 0: sends,
 * bit 1: receives. */
enum limen_dir { LIMEN_INACTIVE = 0, LIMEN_SENDONLY = 1, LIMEN_RECVONLY = 2, LIMEN_SENDRECV = 3 };

/* Codecs by their names in the JSON API. */
enum limen_codec {
	LIMEN_CODEC_NONE,
	LIMEN_OPUS,
	LIMEN_MULTIOPUS,
	LIMEN_ISAC32,
	LIMEN_ISAC16,
	LIMEN_PCMU,
	LIMEN_PCMA,
	LIMEN_G722,
	LIMEN_L16_48,
	LIMEN_L16,
	LIMEN_VP8,
	LIMEN_VP9,
	LIMEN_H264,
	LIMEN_AV1,
	LIMEN_H265,
	LIMEN_CODECS /* count */
};

/* What is fixed about a codec. */
struct limen_codec_info {
	const char *name;   /* lower case, as in the JSON API: "opus" */
	const char *rtpmap; /* encoding name as in SDP: "opus", "VP8" */
	uint32_t clock_hz;  /* RTP clock rate */
	uint8_t channels;   /* 0 or 1: not written in rtpmap */
	enum limen_kind kind;
	int static_pt; /* RFC 3551 payload type, or -1 */
};

/* Facts of a codec; NULL for LIMEN_CODEC_NONE and out of range. Static. */
const struct limen_codec_info *limen_codec_info(enum limen_codec codec);

/* The codec with this JSON API name (case-insensitive), or LIMEN_CODEC_NONE. */
enum limen_codec limen_codec_by_name(const char *name);

/* RTP header extensions the gateway understands (RFC 8285); used as bit numbers and table indexes.
 */
enum limen_ext {
	LIMEN_EXT_MID,              /* urn:ietf:params:rtp-hdrext:sdes:mid (RFC 9143) */
	LIMEN_EXT_RID,              /* ...sdes:rtp-stream-id (RFC 8852) */
	LIMEN_EXT_REPAIRED_RID,     /* ...sdes:repaired-rtp-stream-id (RFC 8852) */
	LIMEN_EXT_AUDIO_LEVEL,      /* ...ssrc-audio-level (RFC 6464) */
	LIMEN_EXT_ORIENTATION,      /* urn:3gpp:video-orientation */
	LIMEN_EXT_PLAYOUT_DELAY,    /* webrtc.org playout-delay */
	LIMEN_EXT_ABS_SEND_TIME,    /* webrtc.org abs-send-time */
	LIMEN_EXT_ABS_CAPTURE_TIME, /* webrtc.org abs-capture-time */
	LIMEN_EXT_TRANSPORT_CC,     /* draft-holmer-rmcat-transport-wide-cc-extensions-01 */
	LIMEN_EXT_DEPENDENCY,       /* AV1 dependency descriptor */
	LIMEN_EXT_LAYERS,           /* webrtc.org video-layers-allocation00 */
	LIMEN_EXT_TOFFSET,          /* urn:ietf:params:rtp-hdrext:toffset (RFC 5450) */
	LIMEN_EXTS                  /* count */
};

/* The URI of an extension; static, NULL out of range. */
const char *limen_ext_uri(enum limen_ext ext);
/* The extension with this URI, or LIMEN_EXTS. */
enum limen_ext limen_ext_by_uri(const char *uri);

#define LIMEN_MID_MAX 16     /* characters in a mid */
#define LIMEN_RID_MAX 16     /* characters in a rid (RFC 8851 allows more; browsers use 1-3) */
#define LIMEN_LAYERS_MAX 3   /* simulcast substreams per m-line */
#define LIMEN_MLINES_MAX 256 /* m-lines in one description */

#endif
