/*
 * Who talks: the average of the audio levels (RFC 6464) over a number of packets. The
 * arrays belong to their publisher's loop.
 */
#ifndef LIMEN_VIDEOROOM_TALK_H
#define LIMEN_VIDEOROOM_TALK_H

#include "kit/speaker.h"
#include "plugins/videoroom/publisher.h"

/* What is known of one m-line. */
struct limen_talk {
	uint32_t packets, sum; /* of the window that is being filled */
	bool talking;
	struct limen_speaker speaker; /* for the election of the dominant speaker */
};

/* That of an m-line. own loop; takes the lock for the first packet of one */
struct limen_talk *limen_publisher_talk(struct limen_publisher *p, uint16_t mindex);

/* Takes one level (0 loudest .. 127). True when a window is full and the state changed by it;
 * average is set then. */
bool limen_talk_feed(struct limen_talk *t, uint8_t level, int64_t window_packets, int64_t threshold,
	double *average);

#endif
