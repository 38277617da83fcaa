/*
 * The session descriptions of a load-generating client: its offers and answers as text, and what
 * it wants to know of the server's. Pure; any thread.
 */
#ifndef BENCH_DESCRIBE_H
#define BENCH_DESCRIBE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum bench_media { BENCH_UNKNOWN, BENCH_AUDIO, BENCH_VIDEO, BENCH_RTX };

/* Payload types and extension ids of our offers. */
enum {
	BENCH_PT_AUDIO = 111,
	BENCH_PT_VIDEO = 96,
	BENCH_PT_RTX = 97,
	BENCH_EXT_LEVEL = 1,
	BENCH_EXT_TIME = 2,
	BENCH_EXT_TWCC = 3,
	BENCH_EXT_MID = 4,
	BENCH_EXTS = 15
};

struct bench_local {
	const char *ufrag, *pwd, *fingerprint;
	uint16_t port;
	uint32_t audio_ssrc, video_ssrc; /* 0: that kind is not sent */
	bool video_off;                  /* its m-line is inactive */
	unsigned version;                /* of the session, from 0 */
};

struct bench_remote {
	char *ufrag, *pwd, *hash, *fingerprint;
	bool lite;            /* ICE-lite (RFC 8445 §2.5) */
	bool active;          /* setup:active: it sends the ClientHello */
	bool ext[BENCH_EXTS]; /* ids of our offer that it took */
	unsigned sections;    /* m-lines with media */
	struct sockaddr_in address;
	uint8_t media[128]; /* enum bench_media by payload type */
};

/* New texts. */
char *bench_describe_offer(const struct bench_local *local);
char *bench_describe_answer(const char *offer, const struct bench_local *local);
/* LIMEN_EPROTO: something that a connection needs is missing. */
int bench_remote_read(struct bench_remote *out, const char *sdp);
void bench_remote_clear(struct bench_remote *r);

#endif
