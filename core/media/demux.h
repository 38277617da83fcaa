/*
 * Which protocol a datagram belongs to (RFC 7983 §7, RFC 5761 §4). Pure; any thread.
 */
#ifndef LIMEN_MEDIA_DEMUX_H
#define LIMEN_MEDIA_DEMUX_H

#include <stddef.h>
#include <stdint.h>

enum limen_datagram {
	LIMEN_DATAGRAM_DROP,
	LIMEN_DATAGRAM_STUN,
	LIMEN_DATAGRAM_DTLS,
	LIMEN_DATAGRAM_RTP,
	LIMEN_DATAGRAM_RTCP
};

/* Also checks that it is long enough for the header of its protocol. */
enum limen_datagram limen_demux(const uint8_t *bytes, size_t len);

#endif
