/*
 * Writing packets. The header is copied with CSRCs and extensions as they came; padding and what is
 * redundant (RFC 2198) are left out. Pure; any thread.
 */
#include "core/media/packet_write.h"
#include <string.h>
#include "core/base/bytes.h"
#include "core/media/codec.h"

#define PADDING 0x20
#define MARKER 0x80

size_t limen_packet_write(const struct limen_packet *pkt, const struct limen_numbers *numbers,
	int pt, uint32_t ssrc, uint8_t *out, size_t cap)
{
	const size_t payload_len = (size_t)pkt->payload_len - pkt->red_len;
	const size_t len = pkt->header_len + payload_len;

	if (len > cap)
		return 0;
	memcpy(out, pkt->data, pkt->header_len);
	memcpy(out + pkt->header_len, limen_packet_payload(pkt) + pkt->red_len, payload_len);
	out[0] &= (uint8_t)~PADDING;
	if (pt < 0 && pkt->red_len)
		pt = pkt->pt;
	if (pt >= 0)
		out[1] = (uint8_t)((out[1] & MARKER) | (pt & 0x7f));
	if (ssrc)
		limen_put_u32(out + 8, ssrc);
	if (!numbers)
		return len;
	out[1] = (uint8_t)((out[1] & 0x7f) | (numbers->marker ? MARKER : 0));
	limen_put_u16(out + 2, numbers->seq);
	limen_put_u32(out + 4, numbers->ts);
	if (pkt->layer.picture_id >= 0)
		limen_codec_renumber(pkt->codec, out + pkt->header_len, payload_len,
			numbers->picture_id, numbers->tl0_pic_idx);
	return len;
}
