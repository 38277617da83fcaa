/*
 * A host for one plugin, without sessions and media: requests go through the same row and field
 * checks as in the gateway, what the plugin sends is kept for the test to look at, fan-outs only
 * remember their receivers. What limen->media offers is real (fake_media.h), on a loop that runs at
 * the end of each call into the plugin and in fake_run(). All that a plugin may ask for is
 * negotiated, also what the media layer does not serve yet (data channels, some extensions). It
 * fails the test by itself when the plugin breaks a rule of the ABI: uses a handle after its end,
 * makes an offer while another is unanswered, changes an m-line that was offered before. Thread:
 * the test's; posted functions run at the end of each call into the plugin.
 */
#ifndef LIMEN_TESTS_FAKE_HOST_H
#define LIMEN_TESTS_FAKE_HOST_H

#include "core/sdp/sdp.h"
#include <limen/plugin.h>

#define FAKE_LINES 16

/* What the media side of a client was told last, per m-line. */
struct fake_line {
	struct limen_layers layers;
	bool layers_set, paused;
	struct limen_sending sending; /* set by the test: what is being relayed */
	struct limen_fanout *from;    /* the fan-out that it receives */
	struct limen_fanout *to;      /* the fan-out that it feeds */
};

struct fake_client {
	struct limen_handle handle; /* first */
	json_t *reply;              /* of the last request */
	bool sync;                  /* it was answered synchronously */
	const char *hint;           /* of its ack */
	struct limen_sdp *answer;   /* the plugin's answer to the last offer, or NULL */
	struct limen_sdp *offer;    /* the plugin's last offer, or NULL */
	bool offered;               /* it waits for its answer */
	bool restart;               /* it asked for new ICE credentials */
	bool e2ee;                  /* of the plugin's last description */
	bool encrypts;              /* set by the test: its offers are end-to-end encrypted */
	const json_t *svc;          /* set by the test: "svc" of its offers; borrowed */
	unsigned offers;
	GQueue events;      /* json_t *; those with an offer have been taken note of */
	json_t *event;      /* the last one popped */
	GQueue messages;    /* char *: "label|text" sent on the data channel */
	unsigned keyframes; /* asked of this client */
	uint32_t bitrate;   /* cap that it was given */
	bool pc, up;
	unsigned closed; /* times that the plugin closed its PeerConnection */
	struct fake_line lines[FAKE_LINES];
};

/* Starts the plugin with a configuration file of this text (NULL = none). */
void fake_host_start(const struct limen_plugin *plugin, const char *config);
/* The same; returns what start() returned. After an error there is nothing to stop. */
int fake_host_try(const struct limen_plugin *plugin, const char *config);
/* Stops it; every client must have gone; every fan-out, feed, tap, socket, tick and SRTP session
 * must have been freed when stop() has returned. */
void fake_host_stop(void);
/* Live fan-outs; receivers of all of them. */
guint fake_host_fanouts(void);
guint fake_host_receivers(void);
/* Is packets' way through this fan-out open? */
bool fake_fanout_is_open(const struct limen_fanout *f);
/* A packet comes for a fan-out, and goes to its taps. Borrows */
void fake_fanout_push(struct limen_fanout *f, struct limen_packet *pkt);
/* An RTP packet without known header extensions, as a publisher's arrives: source 1, m-line and
 * substream 0, which the test may change. New */
struct limen_packet *fake_packet(
	enum limen_kind kind, enum limen_codec codec, const uint8_t *bytes, size_t len);
/* All that a fan-out carried, fed or pushed: struct limen_packet *, borrowed. */
const GPtrArray *fake_fanout_packets(const struct limen_fanout *f);
/* So much time passes, in steps of a millisecond: ticks come, sockets are read, what was posted
 * runs. 0: only what waits. For a receiver's keyframe request call limen->media->fanout_keyframe()
 * before. */
void fake_run(int64_t us);
/* Warnings and errors that were logged; events that went to event handlers. */
extern unsigned fake_warnings, fake_emitted;
/* Set by the test before the start: the configuration file that the plugin may write (NULL = there
 * is no folder for one); the key of signed tokens (NULL = they are not used). */
extern const char *fake_config_path, *fake_token_secret;
/* The plugin's clock, microseconds. */
extern int64_t fake_now_us;
/* Set by the test: what is posted waits. */
extern bool fake_hold;

struct fake_client *fake_client_new(void);
/* Detaches. */
void fake_client_free(struct fake_client *c);

/* Sends a body (JSON with ' for ") and returns the reply's data, borrowed until the next request.
 */
const json_t *fake_ask(struct fake_client *c, const char *body);
/* The same for one that the plugin must defer: nothing that was posted runs, and its reply comes in
 * fake_wait() or in whatever runs tasks next. */
void fake_ask_later(struct fake_client *c, const char *body);
void fake_wait(void);
/* The same with an offer, see fake_offer(). */
const json_t *fake_ask_offer(struct fake_client *c, const char *body, const char *lines);
const json_t *fake_ask_jsep(struct fake_client *c, const char *body, const struct limen_jsep *jsep);
/* "start" with the answer to the last offer: its "started". */
const json_t *fake_start(struct fake_client *c);
/* An offer as Chromium writes it, one m-line per letter: a audio, r the same with redundancy, v
 * video, s simulcast video, d data, i inactive video, o video that is recvonly, u audio without a
 * known codec, h H.264 only, 9 VP9 only, 1 AV1 only. Stripped as plugins get it. New */
struct limen_sdp *fake_offer(const char *lines);

/* The next event, borrowed until the next call; NULL when there is none. */
const json_t *fake_event(struct fake_client *c);
/* The PeerConnection comes up, goes. */
void fake_up(struct fake_client *c);
void fake_down(struct fake_client *c);
void fake_media(struct fake_client *c, const struct limen_media_event *ev);

/* What clients were told, replies, events and hangups in one order, is checked off from the first
 * on: the next message went to c and is exactly this (JSON with ' for "; "*" is any value). A
 * description that came with it is the member "jsep": "offer" or "answer"; an event that is part of
 * a request's transaction has "transaction":"same"; what a closed
 * PeerConnection says is {"janus":"hangup","reason":...}. */
void fake_assert_next(const struct fake_client *c, const char *expected);
#define assert_next(c, ...)                                                                        \
	do {                                                                                       \
		g_autofree char *next_text = g_strdup_printf(__VA_ARGS__);                         \
		fake_where = G_STRLOC;                                                             \
		fake_assert_next(c, next_text);                                                    \
	} while (0)
/* Nobody was told anything else. */
void fake_assert_silence(void);
#define assert_silence()                                                                           \
	do {                                                                                       \
		fake_where = G_STRLOC;                                                             \
		fake_assert_silence();                                                             \
	} while (0)
/* The next event that went to event handlers is exactly this. */
void fake_assert_emitted(const char *expected);
#define assert_emitted(...)                                                                        \
	do {                                                                                       \
		g_autofree char *emitted_text = g_strdup_printf(__VA_ARGS__);                      \
		fake_where = G_STRLOC;                                                             \
		fake_assert_emitted(emitted_text);                                                 \
	} while (0)
/* What was said so far does not matter, neither to fake_assert_next() nor to fake_event(). */
void fake_forget(void);

/* actual has all that expected (JSON with ' for ") has; null means that the member must not be
 * there; arrays have the same length. */
void fake_assert_has(const json_t *actual, const char *expected);
#define assert_has(actual, ...)                                                                    \
	do {                                                                                       \
		g_autofree char *has_text = g_strdup_printf(__VA_ARGS__);                          \
		fake_where = G_STRLOC;                                                             \
		fake_assert_has(actual, has_text);                                                 \
	} while (0)
extern const char *fake_where;
/* The error code of a reply, 0 without. */
int fake_error(const json_t *reply);

#endif
