/*
 * Making and ending packets (include/limen/packet.h). Thread: any; the count is atomic.
 */
#ifndef LIMEN_BASE_PACKET_H
#define LIMEN_BASE_PACKET_H

#include <limen/packet.h>

/* A packet with one reference and unset facts (-1 where packet.h says so); data is not cleared.
 * Never NULL. */
struct limen_packet *limen_packet_new(void);
struct limen_packet *limen_packet_ref(struct limen_packet *p);
/* NULL is fine. */
void limen_packet_unref(struct limen_packet *p);

#endif
