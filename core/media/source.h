/*
 * Where the packets of a fan-out come from, as the fan-out sees it: an m-line of a peer, or a feed.
 * Thread: any.
 */
#ifndef LIMEN_MEDIA_SOURCE_H
#define LIMEN_MEDIA_SOURCE_H

#include "core/base/home.h"

struct limen_source_ops {
	void *(*ref)(void *of);
	void (*unref)(void *of);
	struct limen_home *(*home)(void *of);        /* packets are published there */
	void (*keyframe)(void *of, uint16_t mindex); /* a receiver wants one; coalesces them */
};

/* One reference to the thing of; zeroed = none. */
struct limen_source {
	const struct limen_source_ops *ops;
	void *of;
	uint16_t mindex;
};

static inline struct limen_source limen_source_ref(const struct limen_source *s)
{
	if (s->of)
		s->ops->ref(s->of);
	return *s;
}

static inline void limen_source_unref(const struct limen_source *s)
{
	if (s->of)
		s->ops->unref(s->of);
}

#endif
