/*
 * What the files of the EchoTest plugin share: the state of one handle, and the one request.
 * Thread: the handle's loop.
 */
#ifndef LIMEN_ECHOTEST_H
#define LIMEN_ECHOTEST_H

#include <limen/plugin.h>

enum limen_echo_error { LIMEN_ECHO_INVALID = 413, LIMEN_ECHO_SDP = 414 };

/* The state of one handle. */
struct limen_echo {
	bool audio, video; /* is that medium sent back? */
	bool svc;          /* the client said that its video has spatial layers */
	bool e2ee, audio_red;
	bool delay_set;                     /* min_delay_ms and max_delay_ms are both wanted */
	int32_t min_delay_ms, max_delay_ms; /* negative: not set */
	uint32_t bitrate_bps;               /* 0 = uncapped */
	uint32_t slow_links;
	enum limen_codec audio_codec, video_codec;
	struct limen_layers want;            /* what is asked of the layered source */
	int8_t substream, temporal, spatial; /* what comes back now; -1 before the first */
	bool simulcast;
	GPtrArray *lines; /* per m-line: struct limen_fanout *, or NULL where nothing comes back */
	GArray *kinds;    /* per m-line: enum limen_kind */
};

extern const struct limen_plugin limen_module; /* echotest.c */
extern bool limen_echo_events;                 /* option general.events; set in start() */

struct limen_echo *limen_echo_new(void);
void limen_echo_free(struct limen_echo *e);
/* The PeerConnection has gone: back to the state of a new handle. */
void limen_echo_reset(struct limen_echo *e);

/* The request: any of the body fields, with or without an offer. */
int limen_echo_request(struct limen_handle *h, struct limen_request *r);
/* Answers the offer of r and lets each m-line that comes out as sendrecv return to its sender. 0,
 * or fails r. */
int limen_echo_answer(struct limen_handle *h, struct limen_request *r);
/* Makes the media follow the state. */
void limen_echo_apply(struct limen_handle *h, const struct limen_echo *e);
/* For the admin API; new */
json_t *limen_echo_info(struct limen_handle *h, const struct limen_echo *e);

#endif
