/*
 * Inspection over a stream: how many spatial layers it has, from the packets that tell; dependency
 * descriptors, which need what earlier packets brought; and a stream that begins anew. One thread.
 */
#include "core/media/inspect.h"
#include "tests/lib/hex.h"
#include "tests/lib/svc_source.h"

static struct limen_inspect in;
static struct limen_packet pkt;

static void packet(enum limen_codec codec, const char *hex, const uint8_t *descriptor, size_t len)
{
	size_t payload_len;
	g_autofree uint8_t *payload = hex_new(hex, &payload_len);

	memset(&pkt, 0, sizeof(pkt));
	pkt.kind = LIMEN_VIDEO;
	pkt.codec = codec;
	pkt.header_len = (uint16_t)(12 + len);
	pkt.payload_len = (uint16_t)payload_len;
	if (len)
		memcpy(pkt.data + 12, descriptor, len);
	pkt.dependency_at = 12;
	pkt.dependency_len = (uint8_t)len;
	memcpy(pkt.data + pkt.header_len, payload, payload_len);
	limen_inspect_packet(&in, false, &pkt);
}

/* One layer is none to choose from, although it has a number. */
static void test_vp9(void)
{
	packet(LIMEN_VP9, "a8 05 00 09", NULL, 0);
	g_assert_false(pkt.svc);
	g_assert_cmpint(pkt.layer.spatial, ==, 0);
	packet(LIMEN_VP9, "aa 05 00 09 00", NULL, 0); /* the structure says so too */
	g_assert_false(pkt.svc);
	packet(LIMEN_VP9, "aa 05 00 09 40", NULL, 0);
	g_assert_true(pkt.svc);
	packet(LIMEN_VP9, "e8 06 00 09", NULL, 0); /* it is remembered */
	g_assert_true(pkt.svc);
	g_assert_cmpuint(pkt.layer.spatial_layers, ==, 3);
	limen_inspect_clear(&in);
	packet(LIMEN_VP9, "e8 06 03 09", NULL, 0); /* without a structure: what is seen */
	g_assert_cmpuint(pkt.layer.spatial_layers, ==, 2);
	packet(LIMEN_VP9, "aa 05 00 09 00", NULL, 0);
	g_assert_false(pkt.svc); /* it has fewer now */
	packet(LIMEN_VP8, "10 00 0000 9d012a 0100 0100", NULL, 0);
	limen_inspect_clear(&in);
	packet(LIMEN_VP8, "10 00 0000 9d012a 0100 0100", NULL, 0);
	g_assert_false(pkt.svc);
	limen_inspect_clear(&in);
}

static void test_av1(void)
{
	struct svc_source source;
	struct svc_frame frames[SVC_LAYERS];

	svc_begin(&source, SVC_FULL, 2, 2, 10);
	for (unsigned i = 0; i < 8; i++) {
		svc_next(&source, frames);
		for (int k = 0; k < 2; k++) {
			packet(LIMEN_AV1, "10 30 00", frames[k].descriptor,
				frames[k].descriptor_len);
			g_assert_true(pkt.svc && pkt.layer.described);
			g_assert_cmpint(pkt.layer.spatial, ==, k);
			g_assert_cmpint(pkt.layer.temporal, ==, (int)i % 2);
			g_assert_true(pkt.layer.keyframe == (i == 0 && k == 0));
		}
	}
	limen_inspect_clear(&in); /* what came before is not valid any more */
	packet(LIMEN_AV1, "10 30 00", frames[1].descriptor, frames[1].descriptor_len);
	g_assert_false(pkt.layer.described || pkt.svc);
	g_assert_cmpint(pkt.layer.spatial, ==, -1);
	packet(LIMEN_AV1, "18 0a 0b 00", (const uint8_t[]){ 0xff },
		1); /* broken: the payload says */
	g_assert_true(pkt.layer.keyframe);
	limen_inspect_clear(&in);
	limen_inspect_clear(&in);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/inspect/vp9", test_vp9);
	g_test_add_func("/inspect/av1", test_av1);
	return g_test_run();
}
