/*
 * A tap: a receiver of a fan-out that is a function, with or without the choice of layers that a
 * peer's m-line has (include/limen/media.h). It lives on the loop of the fan-out's source. Thread:
 * any, except deliver.
 */
#ifndef LIMEN_MEDIA_TAP_H
#define LIMEN_MEDIA_TAP_H

#include <limen/media.h>

/* LIMEN_ESTATE: the fan-out is closed; LIMEN_ELIMIT. Without a tap cfg->done is not called. */
int limen_tap_new(
	struct limen_tap **out, struct limen_fanout *f, const struct limen_tap_config *cfg);
/* NULL is fine. */
void limen_tap_free(struct limen_tap *t);
void limen_tap_layers(struct limen_tap *t, const struct limen_layers *want);

/* fanout.c: what its snapshots hold */
struct limen_tap *limen_tap_ref(struct limen_tap *t);
void limen_tap_unref(struct limen_tap *t);
/* The loop of the source. */
void limen_tap_deliver(struct limen_tap *t, struct limen_packet *const *packets, size_t count);

#endif
