/*
 * Packets from anybody: parsed, described, every extension element looked up. What is told must lie
 * inside the packet. The first byte is the id of all extensions. One thread.
 */
#include <string.h>
#include "core/media/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_elements(const struct limen_rtp *rtp, const uint8_t *end)
{
	char text[LIMEN_MID_MAX + 1];

	for (unsigned id = 0; id < 256; id++) {
		size_t len = 0;
		const uint8_t *e = limen_rtp_ext(rtp, (uint8_t)id, &len);

		if (e && (e < rtp->ext || e + len > rtp->ext + rtp->ext_len || e + len > end))
			__builtin_trap();
		if (limen_rtp_ext_text(rtp, (uint8_t)id, text, sizeof(text)) &&
			(!e || len >= sizeof(text) || text[len] != '\0'))
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct limen_packet packet;
	uint8_t ids[LIMEN_EXTS];
	struct limen_rtp rtp;

	if (size == 0)
		return 0;
	memset(ids, data[0], sizeof(ids));
	data++;
	size--;
	if (limen_rtp_parse(data, size, &rtp))
		return 0;
	if (rtp.header_len < 12 || (size_t)rtp.header_len + rtp.payload_len > size)
		__builtin_trap();
	check_elements(&rtp, data + rtp.header_len);
	limen_rtp_describe(&rtp, ids, &packet);
	if (packet.header_len != rtp.header_len || packet.audio_level > 127 ||
		packet.playout_min > 0xfff || packet.playout_max > 0xfff)
		__builtin_trap();
	return 0;
}
