/*
 * Telling STUN, DTLS, RTP and RTCP apart by the first bytes. Pure; any thread.
 */
#include "core/media/demux.h"

#define STUN_HEADER 20
#define DTLS_HEADER 13
#define RTP_HEADER 12
#define RTCP_HEADER 8

enum limen_datagram limen_demux(const uint8_t *bytes, size_t len)
{
	if (len < RTCP_HEADER)
		return LIMEN_DATAGRAM_DROP;
	if (bytes[0] <= 3)
		return len >= STUN_HEADER ? LIMEN_DATAGRAM_STUN : LIMEN_DATAGRAM_DROP;
	if (bytes[0] >= 20 && bytes[0] <= 63)
		return len >= DTLS_HEADER ? LIMEN_DATAGRAM_DTLS : LIMEN_DATAGRAM_DROP;
	if (bytes[0] < 128 || bytes[0] > 191)
		return LIMEN_DATAGRAM_DROP;
	if (bytes[1] >= 192 && bytes[1] <= 223)
		return LIMEN_DATAGRAM_RTCP;
	return len >= RTP_HEADER ? LIMEN_DATAGRAM_RTP : LIMEN_DATAGRAM_DROP;
}
