/*
 * A WebSocket client for the JSON API, with a service thread of its own so that the media loop
 * never waits for it. Thread: new, take, send and free on one thread.
 */
#ifndef BENCH_WS_H
#define BENCH_WS_H

#include <stdbool.h>
#include <stdint.h>

struct bench_ws;

/* Connects to "ws://host:port/path". LIMEN_EINVAL: not such a URL; LIMEN_EIO. */
int bench_ws_new(struct bench_ws **out, const char *url);
/* text: taken */
void bench_ws_send(struct bench_ws *ws, char *text);
/* The next message that came in, new; NULL: none. at_us (may be NULL): when it came. */
char *bench_ws_take(struct bench_ws *ws, int64_t *at_us);
/* The connection failed or was closed. */
bool bench_ws_is_over(struct bench_ws *ws);
void bench_ws_free(struct bench_ws *ws);

#endif
