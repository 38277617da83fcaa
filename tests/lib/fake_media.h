/*
 * The media side of the fake host: fan-outs, feeds, taps, sockets, ticks and SRTP are those of the
 * core, on one manual loop whose clock is fake_now_us. Only the fake host includes this. Thread:
 * the test's.
 */
#ifndef LIMEN_TESTS_FAKE_MEDIA_H
#define LIMEN_TESTS_FAKE_MEDIA_H

#include <limen/media.h>

struct fake_line;

extern const struct limen_media_services fake_media_services;

void fake_media_start(void);
/* Whatever the plugin opened must have been freed. */
void fake_media_stop(void);
/* Runs what waits: posted functions, due ticks, datagrams. Returns whether anything did. */
bool fake_media_step(void);

/* The fan-outs of limen_plugin_services: real ones, of whose receivers only a note is made. */
struct limen_fanout *fake_media_fanout_new(struct limen_handle *h, uint16_t mindex);
void fake_media_fanout_free(struct limen_fanout *f);
int fake_media_fanout_add(struct limen_fanout *f, struct limen_handle *receiver, uint16_t mindex);
void fake_media_fanout_remove(
	struct limen_fanout *f, struct limen_handle *receiver, uint16_t mindex);
void fake_media_fanout_gate(struct limen_fanout *f, bool open);
/* For metrics, which no plugin test reads. */
void fake_media_meeting(struct limen_handle *h, const char *id, bool participant);

/* fake_host.c: a handle's m-line; the handle must be alive. */
struct fake_line *fake_host_line(const struct limen_handle *h, uint16_t mindex);

#endif
