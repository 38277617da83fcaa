/*
 * Writing packets under other numbers: everything else stays byte for byte, padding goes.
 */
#include "core/media/packet_write.h"
#include <string.h>
#include "core/base/packet.h"
#include "core/media/codec.h"
#include "core/media/rtp.h"

/* Marker, two CSRCs, an extension of one-byte elements, a VP8 payload with picture id 0x1234 and
 * TL0PICIDX 9, four bytes of padding. */
static const uint8_t padded[] = { 0xb2, 0xe0, 0x01, 0x02, 0, 0, 0, 7, 1, 2, 3, 4, 9, 9, 9, 9, 8, 8,
	8, 8, 0xbe, 0xde, 0, 1, 0x10, 0x85, 0x22, 0, 0x90, 0xe0, 0x92, 0x34, 9, 0x40, 0x01, 0xaa, 0,
	0, 0, 4 };
#define WRITTEN (sizeof(padded) - 4)

static struct limen_packet *packet(void)
{
	static const uint8_t ids[LIMEN_EXTS] = { [LIMEN_EXT_AUDIO_LEVEL] = 1 };
	struct limen_packet *p = limen_packet_new();
	struct limen_rtp rtp;

	g_assert_cmpint(limen_rtp_parse(padded, sizeof(padded), &rtp), ==, 0);
	limen_rtp_describe(&rtp, ids, p);
	memcpy(p->data, padded, sizeof(padded));
	p->codec = LIMEN_VP8;
	limen_codec_inspect(p->codec, limen_packet_payload(p), p->payload_len, &p->layer);
	g_assert_cmpint(p->layer.picture_id, ==, 0x1234);
	g_assert_cmpint(p->layer.tl0_pic_idx, ==, 9);
	return p;
}

static void test_as_it_came(void)
{
	struct limen_packet *p = packet();
	uint8_t out[100], expected[sizeof(padded)];

	memcpy(expected, padded, sizeof(padded));
	expected[0] = 0x92;
	g_assert_cmpuint(limen_packet_write(p, NULL, -1, 0, out, sizeof(out)), ==, WRITTEN);
	g_assert_cmpmem(out, WRITTEN, expected, WRITTEN);
	limen_packet_unref(p);
}

static void test_other_numbers(void)
{
	const struct limen_numbers n = {
		.seq = 0xabcd, .ts = 0x11223344, .picture_id = 0x0567, .tl0_pic_idx = 77
	};
	struct limen_packet *p = packet();
	uint8_t out[100], expected[sizeof(padded)];
	static const uint8_t head[] = { 0x92, 96, 0xab, 0xcd, 0x11, 0x22, 0x33, 0x44, 0xde, 0xad,
		0xbe, 0xef };

	memcpy(expected, padded, sizeof(padded));
	memcpy(expected, head, sizeof(head));
	expected[30] = 0x85;
	expected[31] = 0x67;
	expected[32] = 77;
	g_assert_cmpuint(limen_packet_write(p, &n, 96, 0xdeadbeef, out, sizeof(out)), ==, WRITTEN);
	g_assert_cmpmem(out, WRITTEN, expected, WRITTEN);
	g_assert_cmpmem(p->data, sizeof(padded), padded, sizeof(padded));
	limen_packet_unref(p);
}

/* Other codecs have no such descriptor. */
static void test_other_codec(void)
{
	const struct limen_numbers n = { .seq = 1, .ts = 2, .marker = true, .picture_id = 3 };
	struct limen_packet *p = packet();
	uint8_t out[100];

	p->codec = LIMEN_H264;
	g_assert_cmpuint(limen_packet_write(p, &n, 0, 0, out, sizeof(out)), ==, WRITTEN);
	g_assert_cmpuint(out[1], ==, 0x80);
	g_assert_cmpmem(out + 28, WRITTEN - 28, padded + 28, WRITTEN - 28);
	limen_packet_unref(p);
}

/* What stands before the audio of now is left out, and the payload type is that of the audio. */
static void test_redundancy(void)
{
	static const uint8_t red[] = { 0x80, 0xbf, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xef, 0x0f, 0, 2,
		0x6f, 7, 7, 1, 2, 3 };
	static const uint8_t plain[] = { 0x80, 0xef, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3 };
	struct limen_packet *p = limen_packet_new();
	uint8_t out[sizeof(plain)];

	memcpy(p->data, red, sizeof(red));
	p->codec = LIMEN_OPUS;
	p->pt = 111;
	p->header_len = 12;
	p->payload_len = sizeof(red) - 12;
	p->red_len = 7;
	g_assert_cmpuint(limen_packet_write(p, NULL, -1, 0, out, sizeof(out) - 1), ==, 0);
	g_assert_cmpuint(limen_packet_write(p, NULL, -1, 0, out, sizeof(out)), ==, sizeof(plain));
	g_assert_cmpmem(out, sizeof(out), plain, sizeof(plain));
	g_assert_cmpuint(limen_packet_write(p, NULL, 96, 0, out, sizeof(out)), ==, sizeof(plain));
	g_assert_cmpuint(out[1], ==, 0x80 | 96);
	limen_packet_unref(p);
}

static void test_room(void)
{
	struct limen_packet *p = packet();
	uint8_t out[WRITTEN];

	g_assert_cmpuint(limen_packet_write(p, NULL, -1, 0, out, WRITTEN - 1), ==, 0);
	g_assert_cmpuint(limen_packet_write(p, NULL, -1, 0, out, WRITTEN), ==, WRITTEN);
	limen_packet_unref(p);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/unit/packet_write/as-it-came", test_as_it_came);
	g_test_add_func("/unit/packet_write/other-numbers", test_other_numbers);
	g_test_add_func("/unit/packet_write/other-codec", test_other_codec);
	g_test_add_func("/unit/packet_write/redundancy", test_redundancy);
	g_test_add_func("/unit/packet_write/room", test_room);
	return g_test_run();
}
