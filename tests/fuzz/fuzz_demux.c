/*
 * Datagrams from anybody: whichever protocol is chosen, its header is there to be read. One thread.
 */
#include "core/media/demux.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t header[] = { [LIMEN_DATAGRAM_STUN] = 20,
		[LIMEN_DATAGRAM_DTLS] = 13,
		[LIMEN_DATAGRAM_RTP] = 12,
		[LIMEN_DATAGRAM_RTCP] = 8 };
	const enum limen_datagram kind = limen_demux(data, size);

	if ((unsigned)kind > LIMEN_DATAGRAM_RTCP)
		__builtin_trap();
	if (kind != LIMEN_DATAGRAM_DROP && size < header[kind])
		__builtin_trap();
	if ((kind == LIMEN_DATAGRAM_RTP || kind == LIMEN_DATAGRAM_RTCP) && data[0] >> 6 != 2)
		__builtin_trap();
	return 0;
}
