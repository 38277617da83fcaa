/*
 * Writing a packet that came, whole, under other numbers. Pure; any thread.
 */
#ifndef LIMEN_MEDIA_PACKET_WRITE_H
#define LIMEN_MEDIA_PACKET_WRITE_H

#include <limen/media.h>

/* See packet_write of include/limen/media.h. */
size_t limen_packet_write(const struct limen_packet *pkt, const struct limen_numbers *numbers,
	int pt, uint32_t ssrc, uint8_t *out, size_t cap);

#endif
