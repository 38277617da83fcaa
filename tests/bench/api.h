/*
 * The JSON API as a client sees it: requests with their answers, sessions kept alive. A load
 * generator has nothing to do without its server, so any error of the API ends the program.
 * Thread: the main loop.
 */
#ifndef BENCH_API_H
#define BENCH_API_H

#include <glib.h>
#include <jansson.h>

struct bench_api;

/* The answer to a request; borrowed. */
typedef void (*bench_answer_fn)(const json_t *message, void *arg);

struct bench_api *bench_api_new(const char *url);
void bench_api_free(struct bench_api *api);

/* request: taken; gets its transaction here. An "ack" is not an answer. */
void bench_api_request(struct bench_api *api, json_t *request, bench_answer_fn fn, void *arg);
/* A message for a plugin's handle; body and jsep (may be NULL): taken. */
void bench_api_message(struct bench_api *api, json_int_t session, json_int_t handle, json_t *body,
	json_t *jsep, bench_answer_fn fn, void *arg);
/* Keeps this session alive until the end. ups: counts its "webrtcup" events. */
void bench_api_keep(struct bench_api *api, json_int_t session, unsigned *ups);
/* Handles what came in and sends keep-alives that are due. */
void bench_api_poll(struct bench_api *api, int64_t now_us);
/* When the message that is being handled came. */
int64_t bench_api_received_us(const struct bench_api *api);
/* Peer connections that the server gave up by itself. */
unsigned bench_api_hangups(const struct bench_api *api);

/* Prints why, and ends the program. */
void bench_die(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;

#endif
