/*
 * Dependency descriptors (AV1 RTP specification, appendix A): bit strings built by hand for each
 * part of the syntax, what receivers' choices become of them, and what is late, cut or noise. One
 * thread.
 */
#include "core/media/dependency.h"
#include "tests/lib/hex.h"
#include "tests/lib/svc_source.h"

static struct limen_dependency d;
static struct limen_dependency_packet p;

static int read_bits(const struct bit_writer *w)
{
	g_autofree uint8_t *bytes = hex_cut(w->bytes, bit_writer_len(w));

	return limen_dependency_read(&d, bytes, bit_writer_len(w), &p);
}

static int read_text(const char *text)
{
	struct bit_writer w = { .at = 0 };

	bit_put_text(&w, text);
	return read_bits(&w);
}

static struct limen_layer layer(void)
{
	struct limen_layer l = { .spatial = -1 };

	limen_dependency_describe(&d, &p, &l);
	return l;
}

/* A keyframe of two spatial and two temporal layers: L2T2 with chains and sizes.
 * start, end, template, number | structure, active, three times custom */
#define HEAD "1 0 000000 0000000000000111 1 0 000 "
#define STRUCTURE                                                                                  \
	"000000 00011 "        /* offset, four targets */                                          \
	"01 10 01 11 "         /* S0T0, S0T1, S1T0, S1T1 */                                        \
	"10 10 10 10 "         /* S0T0: SSSS */                                                    \
	"00 01 00 11 "         /* S0T1: -D-R */                                                    \
	"00 00 10 10 "         /* S1T0: --SS */                                                    \
	"00 00 00 01 "         /* S1T1: ---D */                                                    \
	"1 0011 0 "            /* S0T0 refers to 4 before */                                       \
	"1 0001 0 "            /* S0T1: 2 */                                                       \
	"1 0000 1 0011 0 "     /* S1T0: 1 and 4 */                                                 \
	"1 0000 1 0001 0 "     /* S1T1: 1 and 2 */                                                 \
	"10 "                  /* two chains: ns(5) */                                             \
	"0 0 1 1 "             /* of the targets: ns(2) */                                         \
	"0100 0011 0010 0001 " /* S0T0, S0T1 */                                                    \
	"0001 0001 0011 0001 " /* S1T0, S1T1 */
#define SIZES "1 0000000101000000 0000000010110100 0000001010000000 0000000101101000 "

static void begin(void)
{
	memset(&d, 0, sizeof(d));
	g_assert_cmpint(read_text(HEAD STRUCTURE SIZES), ==, 0);
}

static void test_structure(void)
{
	static const uint8_t spatial[] = { 0, 0, 1, 1 }, temporal[] = { 0, 1, 0, 1 };

	begin();
	g_assert_cmpuint(d.templates, ==, 4);
	g_assert_cmpuint(d.targets, ==, 4);
	g_assert_cmpuint(d.chains, ==, 2);
	g_assert_cmpuint(d.spatial_layers, ==, 2);
	g_assert_cmphex(d.active, ==, 0xf);
	for (unsigned i = 0; i < 4; i++) {
		g_assert_cmpuint(d.template[i].spatial, ==, spatial[i]);
		g_assert_cmpuint(d.template[i].temporal, ==, temporal[i]);
		g_assert_cmpuint(d.target_spatial[i], ==, spatial[i]);
		g_assert_cmpuint(d.target_temporal[i], ==, temporal[i]);
		g_assert_cmpuint(d.target_chain[i], ==, i / 2);
	}
	g_assert_cmphex(d.template[0].refers, ==, 1 << 3);
	g_assert_cmphex(d.template[2].refers, ==, 1 << 3 | 1);
	g_assert_cmpuint(d.template[0].chain_diff[0], ==, 4);
	g_assert_cmpuint(d.template[3].chain_diff[1], ==, 1);
	g_assert_cmpuint(d.width[0], ==, 321);
	g_assert_cmpuint(d.height[1], ==, 361);
	g_assert_true(p.start && !p.end && p.brings_templates);
	g_assert_cmpuint(p.number, ==, 7);
	g_assert_cmpuint(p.frame.chain_diff[1], ==, 3);
}

/* Frames that templates tell all of: three bytes. */
static void test_templates(void)
{
	begin();
	g_assert_cmpint(read_text("1 1 000001 0000000000001000"), ==, 0);
	g_assert_true(p.start && p.end && !p.brings_templates);
	g_assert_cmpuint(p.number, ==, 8);
	g_assert_cmpuint(p.frame.spatial, ==, 0);
	g_assert_cmpuint(p.frame.temporal, ==, 1);
	g_assert_cmphex(p.frame.indications, ==, 0xc4);
	g_assert_cmphex(p.frame.refers, ==, 1 << 1);
	g_assert_cmpint(read_text("0 1 000011 1111111111111111"), ==, 0);
	g_assert_true(!p.start && p.end);
	g_assert_cmpuint(p.number, ==, 0xffff);
	g_assert_cmphex(p.frame.indications, ==, 0x40);
	/* a fifth template is not known */
	g_assert_cmpint(read_text("1 1 000100 0000000000001000"), ==, LIMEN_EAGAIN);
	g_assert_true(p.start && p.end);
	g_assert_cmpuint(p.number, ==, 8);
}

/* Each part that may stand in the packet itself. */
static void test_custom(void)
{
	begin();
	g_assert_cmpint(read_text("1 1 000010 0000000000001000 0 0 100 11 00 00 10"), ==, 0);
	g_assert_cmphex(p.frame.indications, ==, 0x83);
	g_assert_cmphex(p.frame.refers, ==, 1 << 3 | 1);
	g_assert_cmpint(read_text("1 1 000010 0000000000001000 0 0 010 01 0001 10 00111111 11 "
				  "000001000000 00"),
		==, 0);
	g_assert_cmphex(p.frame.refers, ==, UINT64_C(1) << 63 | 2);
	g_assert_true(p.frame.refers_far);
	g_assert_cmphex(p.frame.indications, ==, 0xa0);
	g_assert_cmpint(read_text("1 1 000010 0000000000001000 0 0 001 11111111 00000101"), ==, 0);
	g_assert_cmpuint(p.frame.chain_diff[0], ==, 255);
	g_assert_cmpuint(p.frame.chain_diff[1], ==, 5);
	g_assert_cmpint(read_text("1 1 000010 0000000000001000 0 0 010 00"), ==, 0);
	g_assert_cmphex(p.frame.refers, ==, 0);
	g_assert_false(p.frame.refers_far);
}

/* Each choice of a receiver in one letter, spatial layers from left to right, temporal ones within
 * them: "-DS DRS". */
static void expect_needs(const char *want)
{
	const struct limen_layer l = layer();
	GString *text = g_string_new(NULL);

	for (int i = 0; i < LIMEN_NEEDS; i++)
		g_string_append_printf(text, "%s%c", i && i % LIMEN_NEED_LAYERS == 0 ? " " : "",
			"-DSR"[limen_layer_need(&l, i / LIMEN_NEED_LAYERS, i % LIMEN_NEED_LAYERS)]);
	g_assert_cmpstr(text->str, ==, want);
	g_string_free(text, TRUE);
}

static void test_needs(void)
{
	begin();
	expect_needs("SSS SSS SSS");
	read_text("1 1 000001 0000000000001000");
	expect_needs("-DD -RR -RR");
	read_text("1 1 000010 0000000000001001");
	expect_needs("--- SSS SSS");
	read_text("1 1 000011 0000000000001010");
	expect_needs("--- -DD -DD");
	g_assert_cmpint(layer().spatial, ==, 1);
	g_assert_cmpint(layer().temporal, ==, 1);
	g_assert_cmpuint(layer().spatial_layers, ==, 2);
}

/* Targets that are not active do not count; the nearest active ones take their places. */
static void test_active(void)
{
	begin();
	g_assert_cmpint(read_text("1 1 000000 0000000000001001 0 1 000 0011"), ==, 0);
	g_assert_cmpuint(d.spatial_layers, ==, 1);
	expect_needs("SSS SSS SSS");
	read_text("1 1 000001 0000000000001010");
	expect_needs("-DD -DD -DD");
	/* an older one comes late */
	read_text("1 1 000000 0000000000001000 0 1 000 1111");
	g_assert_cmphex(d.active, ==, 3);
	read_text("1 1 000000 0000000000001011 0 1 000 1100");
	g_assert_cmphex(d.active, ==, 0xc);
	g_assert_cmpuint(d.spatial_layers, ==, 2);
	read_text("1 1 000010 0000000000001100");
	expect_needs("SSS SSS SSS"); /* no lower one is there */
	read_text("1 1 000000 0000000000001101 0 1 000 0000");
	g_assert_cmpuint(d.spatial_layers, ==, 2); /* nobody can mean that */
}

static void test_keyframe(void)
{
	struct limen_layer l;

	begin();
	l = layer();
	g_assert_false(l.keyframe); /* its template refers to frames before */
	g_assert_cmpint(
		read_text("1 0 000000 0000000000001000 1 0 010 " STRUCTURE SIZES "00"), ==, 0);
	l = layer();
	g_assert_true(l.described && l.keyframe && l.start && !l.end);
	g_assert_cmpuint(l.width, ==, 641);
	g_assert_cmpuint(l.height, ==, 361);
	g_assert_cmpuint(l.frame, ==, 8);
	g_assert_cmphex(l.refers, ==, 0);
	/* alone, but nothing says that a sequence begins */
	read_text("1 0 000000 0000000000001001 0 0 010 00");
	g_assert_false(layer().keyframe);
	l.keyframe = true; /* as the payload says */
	limen_dependency_describe(&d, &p, &l);
	g_assert_true(l.keyframe);
	read_text("0 1 000000 0000000000001001");
	limen_dependency_describe(&d, &p, &l);
	g_assert_false(l.keyframe);
}

/* What is known stays when an older structure comes late; numbers wrap. */
static void test_late_structure(void)
{
	begin();
	g_assert_cmpint(
		read_text("1 0 000101 0000000000001000 1 0 010 000101 00000 11 10 0 0 0 00"), ==,
		0);
	g_assert_cmpuint(d.templates, ==, 1);
	g_assert_cmpuint(d.template_offset, ==, 5);
	g_assert_cmpint(read_text(HEAD STRUCTURE "0"), ==, 0);
	g_assert_cmpuint(d.templates, ==, 1);
	g_assert_cmpuint(p.frame.refers, ==, 1 << 3); /* of itself it tells */
	g_assert_cmpint(read_text("1 0 000000 1111111111111111 1 0 000 " STRUCTURE "0"), ==, 0);
	g_assert_cmpuint(d.templates, ==, 1);
	g_assert_cmpint(read_text("1 0 000000 0000000000001001 1 0 000 " STRUCTURE "0"), ==, 0);
	g_assert_cmpuint(d.templates, ==, 4);
}

/* Nothing is known at first. */
static void test_unknown(void)
{
	memset(&d, 0, sizeof(d));
	g_assert_cmpint(read_text("1 1 000000 0000000000000001"), ==, LIMEN_EAGAIN);
	g_assert_cmpint(read_text("1 1 000000 0000000000000001 0 1 111 1111"), ==, LIMEN_EAGAIN);
	g_assert_cmpint(read_text(HEAD STRUCTURE "0"), ==, 0);
	/* the structure of its own does not have it */
	g_assert_cmpint(
		read_text("1 0 001000 0000000000001000 1 0 000 " STRUCTURE "0"), ==, LIMEN_EAGAIN);
	g_assert_cmpuint(d.since, ==, 7);
}

static void test_limits(void)
{
	struct bit_writer w = { .at = 0 };

	memset(&d, 0, sizeof(d));
	bit_put_text(&w, "1 0 000000 0000000000000001 1 0 000 000000 00000");
	for (unsigned i = 0; i < LIMEN_DEPENDENCY_TEMPLATES; i++)
		bit_put(&w, 0, 2); /* one more than there may be */
	bit_put(&w, 3, 2);
	w.at += 8 * 100;
	g_assert_cmpint(read_bits(&w), ==, LIMEN_EPROTO);
	g_assert_cmpint(
		read_text("1 0 000000 0000000000000001 1 0 000 000000 00000 10 10 10 10 11 0"), ==,
		LIMEN_EPROTO); /* five spatial layers */
	g_assert_cmpint(
		read_text(
			"1 0 000000 0000000000000001 1 0 000 000000 00000 01 01 01 01 01 01 01 01 "
			"11 0"),
		==, LIMEN_EPROTO); /* nine temporal ones */
	g_assert_cmpuint(d.templates, ==, 0);
}

/* Whatever is cut off, nothing is taken over in part. */
static void test_cut(void)
{
	struct bit_writer w = { .at = 0 };
	struct limen_dependency before;

	begin();
	before = d;
	bit_put_text(
		&w, "1 0 000000 0000000000001000 1 1 111 " STRUCTURE SIZES "0011 10 10 10 10 00");
	bit_put(&w, 0x0102, 16);
	for (size_t len = 0; len < bit_writer_len(&w); len++) {
		g_autofree uint8_t *cut = hex_cut(w.bytes, len);
		const int err = limen_dependency_read(&d, cut, len, &p);

		g_assert_cmpint(err, ==, len == 3 ? 0 : LIMEN_EPROTO);
		g_assert_cmpmem(&d, sizeof(d), &before, sizeof(before));
	}
	g_assert_cmpint(read_bits(&w), ==, 0);
	g_assert_cmphex(d.active, ==, 3);
}

/* The test's own source of layers speaks the same language. */
static void test_source(void)
{
	struct svc_source source;
	struct svc_frame frames[SVC_LAYERS];

	svc_begin(&source, SVC_FULL, 3, 3, 65530);
	memset(&d, 0, sizeof(d));
	for (unsigned i = 0; i < 100; i++) {
		const int count = svc_next(&source, frames);

		g_assert_cmpint(count, ==, 3);
		for (int k = 0; k < count; k++) {
			const struct svc_frame *f = &frames[k];
			uint64_t refers = 0;

			g_assert_cmpint(
				limen_dependency_read(&d, f->descriptor, f->descriptor_len, &p), ==,
				0);
			for (unsigned r = 0; r < f->refer_count; r++)
				refers |= UINT64_C(1) << (i * 3 + (unsigned)k - f->refers[r] - 1);
			g_assert_cmphex(p.frame.refers, ==, refers);
			g_assert_cmpuint(p.number, ==, f->number);
			g_assert_cmpint(layer().spatial, ==, f->spatial);
			g_assert_cmpint(layer().temporal, ==, f->temporal);
			g_assert_true(layer().keyframe == (i == 0 && k == 0));
		}
	}
	g_assert_cmpuint(d.spatial_layers, ==, 3);
}

static void test_noise(void)
{
	memset(&d, 0, sizeof(d));
	for (unsigned round = 0; round < 100000; round++) {
		const size_t len = (size_t)g_test_rand_int_range(0, 80);
		g_autofree uint8_t *bytes = g_malloc(len ? len : 1);

		for (size_t k = 0; k < len; k++)
			bytes[k] = (uint8_t)g_test_rand_int();
		if (len > 3 && round % 2)
			bytes[3] |= 0x80;
		if (limen_dependency_read(&d, bytes, len, &p) == 0) {
			const struct limen_layer l = layer();

			g_assert_cmpint(l.spatial, <, (int)LIMEN_DEPENDENCY_SPATIAL);
			g_assert_cmpint(l.temporal, <, (int)LIMEN_DEPENDENCY_TEMPORAL);
		}
		g_assert_cmpuint(d.templates, <=, LIMEN_DEPENDENCY_TEMPLATES);
		g_assert_cmpuint(d.chains, <=, LIMEN_DEPENDENCY_CHAINS);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dependency/structure", test_structure);
	g_test_add_func("/dependency/templates", test_templates);
	g_test_add_func("/dependency/custom", test_custom);
	g_test_add_func("/dependency/needs", test_needs);
	g_test_add_func("/dependency/active", test_active);
	g_test_add_func("/dependency/keyframe", test_keyframe);
	g_test_add_func("/dependency/late-structure", test_late_structure);
	g_test_add_func("/dependency/unknown", test_unknown);
	g_test_add_func("/dependency/limits", test_limits);
	g_test_add_func("/dependency/cut", test_cut);
	g_test_add_func("/dependency/source", test_source);
	g_test_add_func("/dependency/noise", test_noise);
	return g_test_run();
}
