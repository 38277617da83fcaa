/*
 * RTP packets (RFC 3550 §5.1) with true and lying lengths, header extensions in both forms (RFC
 * 8285), what they say, and headers that we write. One thread.
 */
#include "core/media/rtp.h"
#include "tests/lib/hex.h"

#define FIXED "80 e0 1234 89abcdef 11223344"

static int parse(const char *text, struct limen_rtp *rtp, uint8_t **bytes)
{
	size_t len;

	*bytes = hex_new(text, &len);
	return limen_rtp_parse(*bytes, len, rtp);
}

static void test_fixed(void)
{
	g_autofree uint8_t *bytes = NULL;
	struct limen_rtp rtp;

	g_assert_cmpint(parse(FIXED " aabbcc", &rtp, &bytes), ==, 0);
	g_assert_true(rtp.marker);
	g_assert_cmpuint(rtp.pt, ==, 96);
	g_assert_cmpuint(rtp.seq, ==, 0x1234);
	g_assert_cmpuint(rtp.ts, ==, 0x89abcdefu);
	g_assert_cmpuint(rtp.ssrc, ==, 0x11223344u);
	g_assert_cmpuint(rtp.header_len, ==, 12);
	g_assert_cmpuint(rtp.payload_len, ==, 3);
	g_assert_null(rtp.ext);
}

/* Lengths that fit: header and payload are where they belong. */
static void test_lengths(void)
{
	static const struct {
		const char *name, *hex;
		unsigned header, payload;
	} cases[] = {
		{ "no payload", FIXED, 12, 0 },
		{ "two CSRCs", "82 60 0001 00000001 00000001 00000002 00000003 aa", 20, 1 },
		{ "extension of no words", "90 60 0001 00000001 00000001 bede0000 aa", 16, 1 },
		{ "extension of a word", "90 60 0001 00000001 00000001 bede0001 10aa0000 aa", 20,
			1 },
		{ "CSRC and extension",
			"91 60 0001 00000001 00000001 00000002 bede0001 10aa0000 aa", 24, 1 },
		{ "padding", "a0 60 0001 00000001 00000001 aa 000003", 12, 1 },
		{ "nothing but padding", "a0 60 0001 00000001 00000001 000003", 12, 0 },
		{ "padding of one", "a0 60 0001 00000001 00000001 aa01", 12, 1 },
		{ "padding behind an extension", "b0 60 0001 00000001 00000001 bede0000 aa000003",
			16, 1 },
		{ "no padding bit: the last byte is payload", "80 60 0001 00000001 00000001 ff", 12,
			1 },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree uint8_t *bytes = NULL;
		struct limen_rtp rtp;

		g_test_message("%s", cases[i].name);
		g_assert_cmpint(parse(cases[i].hex, &rtp, &bytes), ==, 0);
		g_assert_cmpuint(rtp.header_len, ==, cases[i].header);
		g_assert_cmpuint(rtp.payload_len, ==, cases[i].payload);
	}
}

static void test_refused(void)
{
	static const struct {
		const char *name, *hex;
	} cases[] = {
		{ "version 1", "40 60 0001 00000001 00000001 aa" },
		{ "version 3", "c0 60 0001 00000001 00000001 aa" },
		{ "fifteen CSRCs promised, two there",
			"8f 60 0001 00000001 00000001 00000002 00000003" },
		{ "extension header cut", "90 60 0001 00000001 00000001 bede00" },
		{ "extension a word too long", "90 60 0001 00000001 00000001 bede0002 10aa0000" },
		{ "extension of 65535 words", "90 60 0001 00000001 00000001 bedeffff 10aa0000" },
		{ "extension of 2^16 bytes", "90 60 0001 00000001 00000001 bede4000 10aa0000" },
		{ "extension of 2^17 + 4 bytes", "90 60 0001 00000001 00000001 bede8001 10aa0000" },
		{ "padding of 0", "a0 60 0001 00000001 00000001 aa00" },
		{ "padding longer than what is there", "a0 60 0001 00000001 00000001 aa03" },
		{ "padding into the extension", "b0 60 0001 00000001 00000001 bede0000 05" },
		{ "padding and nothing there", "a0 60 0001 00000001 00000001" },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree uint8_t *bytes = NULL;
		struct limen_rtp rtp;

		g_test_message("%s", cases[i].name);
		g_assert_cmpint(parse(cases[i].hex, &rtp, &bytes), ==, LIMEN_EPROTO);
	}
}

/* Cut anywhere inside its header, a packet is refused; behind it, the payload shrinks. */
static void test_every_length(void)
{
	size_t len;
	g_autofree uint8_t *bytes =
		hex_new("92 60 0001 00000001 00000001 00000002 00000003 bede0002 10aa21bb cc000000 "
			"d0d1d2d3",
			&len);

	for (size_t n = 0; n <= len; n++) {
		g_autofree uint8_t *cut = hex_cut(bytes, n);
		struct limen_rtp rtp;
		const int err = limen_rtp_parse(cut, n, &rtp);

		g_assert_cmpint(err, ==, n < 32 ? LIMEN_EPROTO : 0);
		if (!err)
			g_assert_cmpuint(rtp.payload_len, ==, n - 32);
	}
}

static void test_longest(void)
{
	g_autofree uint8_t *bytes = g_malloc0(LIMEN_PACKET_MAX + 1);
	struct limen_rtp rtp;

	bytes[0] = 0x80;
	g_assert_cmpint(limen_rtp_parse(bytes, LIMEN_PACKET_MAX, &rtp), ==, 0);
	g_assert_cmpint(limen_rtp_parse(bytes, LIMEN_PACKET_MAX + 1, &rtp), ==, LIMEN_EPROTO);
}

/* An element's data as hex, "-" when there is none. */
static void expect_ext(const char *ext, uint8_t id, const char *want)
{
	g_autofree char *text = g_strconcat("90 60 0001 00000001 00000001 ", ext, " aabb", NULL);
	g_autofree uint8_t *bytes = NULL, *wanted = NULL;
	struct limen_rtp rtp;
	const uint8_t *data;
	size_t len = 99, want_len;

	g_assert_cmpint(parse(text, &rtp, &bytes), ==, 0);
	data = limen_rtp_ext(&rtp, id, &len);
	if (want[0] == '-') {
		g_assert_null(data);
		return;
	}
	wanted = hex_new(want, &want_len);
	g_assert_nonnull(data);
	g_assert_cmpmem(data, len, wanted, want_len);
}

/* RFC 8285 §4.2 */
static void test_one_byte(void)
{
	expect_ext("bede0001 10aa0000", 1, "aa");
	expect_ext("bede0001 10aa0000", 2, "-");
	expect_ext("bede0001 10aa0000", 0, "-");
	expect_ext("bede0002 10aa 00 21bbcc 00 00", 2, "bbcc"); /* padding between */
	expect_ext("bede0003 e0ee 10aa 22bbccdd 0000 0000", 2, "bbccdd");
	expect_ext("bede0003 e0ee 10aa 22bbccdd 0000 0000", 14, "ee");
	expect_ext("bede0005 3f 000102030405060708090a0b0c0d0e0f 000000", 3,
		"000102030405060708090a0b0c0d0e0f");
	expect_ext("bede0001 10aa 10bb", 1, "aa"); /* the first of two */
	expect_ext("bede0001 12aabbcc", 1, "aabbcc");
	expect_ext("bede0001 13aabbcc", 1, "-"); /* its length lies */
	expect_ext("bede0001 10aa 2fbb", 2, "-");
	expect_ext("bede0002 f0aa 10bb 00000000", 1, "-"); /* 15 ends the reading */
	expect_ext("bede0002 10bb f0aa 00000000", 1, "bb");
	expect_ext("bede0002 f0aa 10bb 00000000", 15, "-");
	/* "processing of the entire extension MUST terminate" at id 0 with a length. */
	expect_ext("bede0002 01aaaa 10bb 000000", 1, "-");
	expect_ext("bede0002 10bb 01aaaa 20cc 00", 1, "bb");
	expect_ext("bede0002 10bb 01aaaa 20cc 00", 2, "-");
	expect_ext("bede0000", 1, "-");
}

/* RFC 8285 §4.3 */
static void test_two_byte(void)
{
	expect_ext("10000001 0101aa00", 1, "aa");
	expect_ext("100f0001 0101aa00", 1, "aa"); /* appbits are not ours */
	expect_ext("10000001 01000000", 1, "");
	expect_ext("10000001 00000100", 1, "");  /* empty, and at the very end */
	expect_ext("10000001 00000001", 1, "-"); /* its length is missing */
	expect_ext("10000001 0102aa00", 1, "aa00");
	expect_ext("10000001 0103aa00", 1, "-");
	expect_ext("10000001 01ffaa00", 1, "-");
	expect_ext("10000002 0001 02aabb ff01cc", 1, "aabb");
	expect_ext("10000002 0001 02aabb ff01cc", 255, "cc");
	expect_ext("10000002 0f01aa 0101bb 0000", 15, "aa"); /* 15 is an id like others */
	expect_ext("10000002 0f01aa 0101bb 0000", 1, "bb");
	expect_ext("10000006 0111 000102030405060708090a0b0c0d0e0f10 0000000000", 1,
		"000102030405060708090a0b0c0d0e0f10");
}

static void test_other_profile(void)
{
	expect_ext("bedf0001 10aa0000", 1, "-");
	expect_ext("10100001 0101aa00", 1, "-");
	expect_ext("00000001 0101aa00", 1, "-");
}

static bool text_of(const char *ext, char *out, size_t cap)
{
	g_autofree char *text = g_strconcat("90 60 0001 00000001 00000001 ", ext, NULL);
	g_autofree uint8_t *bytes = NULL;
	struct limen_rtp rtp;

	g_assert_cmpint(parse(text, &rtp, &bytes), ==, 0);
	return limen_rtp_ext_text(&rtp, 1, out, cap);
}

static void test_text(void)
{
	char out[4] = "xyz";

	g_assert_true(text_of("bede0001 12616263", out, 4));
	g_assert_cmpstr(out, ==, "abc");
	g_assert_true(text_of("bede0001 10610000", out, 4));
	g_assert_cmpstr(out, ==, "a");
	g_assert_false(text_of("bede0002 13616263 64000000", out, 4));
	g_assert_false(text_of("10000001 01000000", out, 4));
	g_assert_false(text_of("bede0001 20610000", out, 4));
	g_assert_cmpstr(out, ==, "a");
}

static void describe(const char *text, struct limen_packet *p)
{
	static const uint8_t ids[LIMEN_EXTS] = { [LIMEN_EXT_AUDIO_LEVEL] = 1,
		[LIMEN_EXT_PLAYOUT_DELAY] = 12,
		[LIMEN_EXT_ORIENTATION] = 13 };
	g_autofree uint8_t *bytes = NULL;
	struct limen_rtp rtp;

	*p = (struct limen_packet){
		.audio_level = 255, .orientation = -1, .playout_min = -1, .playout_max = -1
	};
	g_assert_cmpint(parse(text, &rtp, &bytes), ==, 0);
	limen_rtp_describe(&rtp, ids, p);
}

static void test_describe(void)
{
	g_autofree struct limen_packet *p = g_new0(struct limen_packet, 1);

	describe("b0 e0 1234 89abcdef 11223344 bede0003 10ff c2123456 d0f9 00000000 aabb000003", p);
	g_assert_true(p->marker);
	g_assert_cmpuint(p->pt, ==, 96);
	g_assert_cmpuint(p->seq, ==, 0x1234);
	g_assert_cmpuint(p->ts, ==, 0x89abcdefu);
	g_assert_cmpuint(p->ssrc, ==, 0x11223344u);
	g_assert_cmpuint(p->header_len, ==, 28);
	g_assert_cmpuint(p->payload_len, ==, 2);
	g_assert_true(p->voice);
	g_assert_cmpuint(p->audio_level, ==, 127);
	g_assert_cmpint(p->orientation, ==, 9);
	g_assert_cmpint(p->playout_min, ==, 0x123);
	g_assert_cmpint(p->playout_max, ==, 0x456);
}

static void test_describe_less(void)
{
	g_autofree struct limen_packet *p = g_new0(struct limen_packet, 1);

	describe(FIXED, p);
	g_assert_cmpuint(p->audio_level, ==, 255);
	describe("90 60 0001 00000001 00000001 10000003 0100 0c021234 0d00 00000000", p);
	g_assert_cmpuint(p->audio_level, ==, 255);
	g_assert_cmpint(p->orientation, ==, -1);
	g_assert_cmpint(p->playout_min, ==, -1);
	g_assert_cmpint(p->playout_max, ==, -1);
}

/* What was written reads back the same. */
static void write_and_read(const struct limen_rtp_element *elements, size_t count, bool two_byte)
{
	uint8_t out[LIMEN_RTP_HEADER_MAX];
	const size_t len =
		limen_rtp_write(out, true, 127, 0xfffe, 0x89abcdefu, 0xffeeddccu, elements, count);
	g_autofree uint8_t *exact = hex_cut(out, len);
	struct limen_rtp rtp;

	g_assert_cmpuint(len % 4, ==, 0);
	g_assert_cmpuint(len, ==, limen_rtp_header_len(elements, count));
	g_assert_cmpint(limen_rtp_parse(exact, len, &rtp), ==, 0);
	g_assert_true(rtp.marker);
	g_assert_cmpuint(rtp.pt, ==, 127);
	g_assert_cmpuint(rtp.seq, ==, 0xfffe);
	g_assert_cmpuint(rtp.ts, ==, 0x89abcdefu);
	g_assert_cmpuint(rtp.ssrc, ==, 0xffeeddccu);
	g_assert_cmpuint(rtp.header_len, ==, len);
	g_assert_cmpint(rtp.two_byte, ==, two_byte);
	for (size_t i = 0; i < count; i++) {
		size_t n = 99;
		const uint8_t *data = limen_rtp_ext(&rtp, elements[i].id, &n);

		g_assert_nonnull(data);
		g_assert_cmpmem(data, n, elements[i].data, elements[i].len);
	}
}

static void test_write(void)
{
	static const struct limen_rtp_element small[] = { { 4, 1, "0" }, { 1, 3, "\1\2\3" },
		{ 14, 16, "0123456789abcdef" } };
	static const struct limen_rtp_element high[] = { { 4, 1, "0" }, { 15, 2, "\1\2" } };
	static const struct limen_rtp_element empty[] = { { 4, 1, "0" }, { 3, 0, "" } };
	struct limen_rtp_element full[LIMEN_RTP_ELEMENTS_MAX];

	write_and_read(NULL, 0, false);
	write_and_read(small, G_N_ELEMENTS(small), false);
	write_and_read(high, G_N_ELEMENTS(high), true);
	write_and_read(empty, G_N_ELEMENTS(empty), true);
	for (unsigned i = 0; i < LIMEN_RTP_ELEMENTS_MAX; i++)
		full[i] = (struct limen_rtp_element){ (uint8_t)(248 + i), 16, "0123456789abcdef" };
	write_and_read(full, G_N_ELEMENTS(full), true);
}

static void test_write_bytes(void)
{
	static const struct limen_rtp_element e[] = { { 4, 1, "0" }, { 1, 2, "\xaa\xbb" } };
	uint8_t out[LIMEN_RTP_HEADER_MAX];
	size_t len, want_len;
	g_autofree uint8_t *want =
		hex_new("90 60 0001 00000002 00000003 bede0002 4030 11aabb 000000", &want_len);

	len = limen_rtp_write(out, false, 96, 1, 2, 3, e, G_N_ELEMENTS(e));
	g_assert_cmpmem(out, len, want, want_len);
	len = limen_rtp_write(out, true, 96, 1, 2, 3, NULL, 0);
	g_assert_cmpuint(len, ==, 12);
	g_assert_cmpuint(limen_rtp_header_len(NULL, 0), ==, 12);
	g_assert_cmpuint(out[0], ==, 0x80);
	g_assert_cmpuint(out[1], ==, 0xe0);
}

/* RFC 1982 */
static void test_seq_after(void)
{
	g_assert_true(limen_seq_after(1, 0));
	g_assert_false(limen_seq_after(0, 1));
	g_assert_false(limen_seq_after(7, 7));
	g_assert_true(limen_seq_after(0, 65535));
	g_assert_false(limen_seq_after(65535, 0));
	g_assert_true(limen_seq_after(32767, 0));
	g_assert_false(limen_seq_after(32769, 0));
	g_assert_false(limen_seq_after(32768, 0)); /* as far both ways: neither */
	g_assert_false(limen_seq_after(0, 32768));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rtp/fixed", test_fixed);
	g_test_add_func("/rtp/lengths", test_lengths);
	g_test_add_func("/rtp/refused", test_refused);
	g_test_add_func("/rtp/every-length", test_every_length);
	g_test_add_func("/rtp/longest", test_longest);
	g_test_add_func("/rtp/one-byte", test_one_byte);
	g_test_add_func("/rtp/two-byte", test_two_byte);
	g_test_add_func("/rtp/other-profile", test_other_profile);
	g_test_add_func("/rtp/text", test_text);
	g_test_add_func("/rtp/describe", test_describe);
	g_test_add_func("/rtp/describe-less", test_describe_less);
	g_test_add_func("/rtp/write", test_write);
	g_test_add_func("/rtp/write-bytes", test_write_bytes);
	g_test_add_func("/rtp/seq-after", test_seq_after);
	return g_test_run();
}
