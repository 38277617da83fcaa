/*
 * Telling protocols apart (RFC 7983 §7, RFC 5761 §4): every first byte, every second byte, every
 * length. One thread.
 */
#include <glib.h>
#include "core/media/demux.h"

static enum limen_datagram demux(uint8_t first, uint8_t second, size_t len)
{
	g_autofree uint8_t *bytes = g_malloc0(len ? len : 1);

	bytes[0] = first;
	if (len > 1)
		bytes[1] = second;
	return limen_demux(bytes, len);
}

static enum limen_datagram wanted(unsigned first)
{
	if (first <= 3)
		return LIMEN_DATAGRAM_STUN;
	if (first >= 20 && first <= 63)
		return LIMEN_DATAGRAM_DTLS;
	if (first >= 128 && first <= 191)
		return LIMEN_DATAGRAM_RTP;
	return LIMEN_DATAGRAM_DROP;
}

static void test_first_byte(void)
{
	for (unsigned first = 0; first < 256; first++)
		g_assert_cmpint(demux((uint8_t)first, 96, 100), ==, wanted(first));
}

/* RTCP packet types 192 to 223; the marker bit and payload types 64 to 95 look like them. */
static void test_second_byte(void)
{
	for (unsigned second = 0; second < 256; second++)
		g_assert_cmpint(demux(0x80, (uint8_t)second, 100), ==,
			second >= 192 && second <= 223 ? LIMEN_DATAGRAM_RTCP : LIMEN_DATAGRAM_RTP);
	g_assert_cmpint(demux(0xbf, 200, 100), ==, LIMEN_DATAGRAM_RTCP);
	g_assert_cmpint(demux(0x00, 200, 100), ==, LIMEN_DATAGRAM_STUN);
	g_assert_cmpint(demux(0x16, 200, 100), ==, LIMEN_DATAGRAM_DTLS);
	g_assert_cmpint(demux(0xc0, 200, 100), ==, LIMEN_DATAGRAM_DROP);
}

static void test_length(void)
{
	static const struct {
		uint8_t first, second;
		size_t shortest;
		enum limen_datagram kind;
	} cases[] = {
		{ 0x00, 0x01, 20, LIMEN_DATAGRAM_STUN },
		{ 0x16, 0xfe, 13, LIMEN_DATAGRAM_DTLS },
		{ 0x80, 0x60, 12, LIMEN_DATAGRAM_RTP },
		{ 0x81, 0xc9, 8, LIMEN_DATAGRAM_RTCP },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++)
		for (size_t len = 0; len < 64; len++)
			g_assert_cmpint(demux(cases[i].first, cases[i].second, len), ==,
				len < cases[i].shortest ? LIMEN_DATAGRAM_DROP : cases[i].kind);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/demux/first-byte", test_first_byte);
	g_test_add_func("/demux/second-byte", test_second_byte);
	g_test_add_func("/demux/length", test_length);
	return g_test_run();
}
