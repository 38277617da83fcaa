/*
 * RTCP compounds (RFC 3550 §6, RFC 4585 §6, RFC 5104 §4.3.1, REMB): what they tell, lying lengths
 * and counts, and what we write ourselves. One thread.
 */
#include "core/media/rtcp.h"
#include "tests/lib/hex.h"

#define RR "80c9 0001 00000001 "
#define SDES "81ca 0002 00000001 01016100 "

/* All that a compound tells, a word each. */
static GString *told;

static void tell_sender(const struct limen_rtcp_sender *sr, void *arg)
{
	g_string_append_printf(arg, "sr=%x/%" G_GINT64_MODIFIER "x/%x/%u/%u ", sr->ssrc, sr->ntp,
		sr->ts, sr->packets, sr->octets);
}

static void tell_block(const struct limen_rtcp_block *b, void *arg)
{
	g_string_append_printf(arg, "block=%x/%u/%d/%x/%u/%x/%x ", b->ssrc, b->fraction, b->lost,
		b->highest, b->jitter, b->lsr, b->dlsr);
}

static void tell_keyframe(uint32_t ssrc, void *arg)
{
	g_string_append_printf(arg, "key=%x ", ssrc);
}

static void tell_nack(uint32_t ssrc, uint16_t seq, void *arg)
{
	g_string_append_printf(arg, "nack=%x/%u ", ssrc, seq);
}

static void tell_remb(uint64_t bps, void *arg)
{
	g_string_append_printf(arg, "remb=%" G_GUINT64_FORMAT " ", bps);
}

static void tell_bye(uint32_t ssrc, void *arg)
{
	g_string_append_printf(arg, "bye=%x ", ssrc);
}

static const struct limen_rtcp_events tell_all = { tell_sender, tell_block, tell_keyframe,
	tell_nack, tell_remb, tell_bye };

static int read_bytes(const uint8_t *bytes, size_t len)
{
	static const struct limen_rtcp_events nobody = { 0 };
	int err;

	g_string_truncate(told, 0);
	err = limen_rtcp_read(bytes, len, &tell_all, told);
	g_assert_cmpint(limen_rtcp_read(bytes, len, &nobody, NULL), ==, err);
	return err;
}

static void expect(const char *text, int err, const char *want)
{
	size_t len;
	g_autofree uint8_t *bytes = hex_new(text, &len);

	g_test_message("%s", text);
	g_assert_cmpint(read_bytes(bytes, len), ==, err);
	g_assert_cmpstr(g_strchomp(told->str), ==, want);
}

static void test_reports(void)
{
	expect(RR, 0, "");
	expect("80c8 0006 00000001 0102030405060708 000000ff 00000003 00000004", 0,
		"sr=1/102030405060708/ff/3/4");
	expect("81c9 0007 00000001 0000000a 80 fffffe 00010002 00000005 00000006 00000007", 0,
		"block=a/128/-2/10002/5/6/7");
	expect("81c9 0007 00000001 0000000a 00 7fffff 00000000 00000000 00000000 00000000", 0,
		"block=a/0/8388607/0/0/0/0");
	expect("81c9 0007 00000001 0000000a 00 800000 00000000 00000000 00000000 00000000", 0,
		"block=a/0/-8388608/0/0/0/0");
	/* A profile's own words behind the blocks are skipped. */
	expect("80c9 0002 00000001 ffffffff" RR, 0, "");
}

static void test_report_lies(void)
{
	expect("81c9 0001 00000001", LIMEN_EPROTO, "");
	expect("9fc9 0007 00000001 0000000a 00000000 00000000 00000000 00000000 00000000",
		LIMEN_EPROTO, "block=a/0/0/0/0/0/0");
	expect("80c9 0000", LIMEN_EPROTO, "");
	expect("80c8 0001 00000001", LIMEN_EPROTO, "");
	expect("80c8 0005 00000001 0102030405060708 000000ff 00000003", LIMEN_EPROTO, "");
}

static void test_compounds(void)
{
	expect(RR SDES "81ce 0002 00000001 0000000b", 0, "key=b");
	expect("81ce 0002 00000001 0000000b" RR, 0, "key=b"); /* reduced size, RFC 5506 */
	expect(RR "81cb 0001 0000000c", 0, "bye=c");
	expect(RR "82cb 0003 0000000c 0000000d 03627965", 0, "bye=c bye=d");
	expect(RR "80cb 0000", 0, "");
	expect(RR "80cc 0002 00000001 41424344" RR, 0, "");
	expect(RR "80cf 0001 00000001" RR, 0, "");
	expect(RR "80c0 0000 80df 0000" RR, 0, "");
}

static void test_compound_lies(void)
{
	expect("", 0, "");
	expect("80", LIMEN_EPROTO, "");
	expect("80c9 00", LIMEN_EPROTO, "");
	expect("80c9 0002 00000001", LIMEN_EPROTO, "");
	expect("80c9 ffff 00000001", LIMEN_EPROTO, "");
	expect("40c9 0001 00000001", LIMEN_EPROTO, "");
	expect("81cb 0001 0000000c 81cb 0002 0000000d", LIMEN_EPROTO, "bye=c");
	expect("81cb 0001 0000000c 01cb 0001 0000000d 81cb 0001 0000000e", LIMEN_EPROTO, "bye=c");
	expect("81cb 0001 0000000c 00", LIMEN_EPROTO, "bye=c");
	expect("82cb 0001 0000000c 81cb 0001 0000000d", LIMEN_EPROTO, "bye=c");
}

static void test_padding(void)
{
	expect("a1cb 0002 0000000c 00000004", 0, "bye=c");
	expect("a2cb 0002 0000000c 00000004", LIMEN_EPROTO, "bye=c"); /* not an SSRC */
	expect("a0cb 0001 00000004", 0, "");
	expect("a1cb 0001 00000008", LIMEN_EPROTO, "");
	expect("a0cb 0001 00000005", LIMEN_EPROTO, "");
	expect("a0cb 0001 000000ff", LIMEN_EPROTO, "");
	expect("a1cd 0004 00000001 0000000a 00050000 00000004", 0, "nack=a/5");
}

/* RFC 4585 §6.2.1 */
static void test_nack(void)
{
	expect("81cd 0003 00000001 0000000a 00050000", 0, "nack=a/5");
	expect("81cd 0003 00000001 0000000a 00058001", 0, "nack=a/5 nack=a/6 nack=a/21");
	expect("81cd 0003 00000001 0000000a ffff0003", 0, "nack=a/65535 nack=a/0 nack=a/1");
	expect("81cd 0004 00000001 0000000a 00010000 00020000", 0, "nack=a/1 nack=a/2");
	expect("81cd 0002 00000001 0000000a", 0, "");
	expect("81cd 0001 00000001", LIMEN_EPROTO, "");
	expect("82cd 0003 00000001 0000000a 00050000", 0, ""); /* some other feedback */
	expect("8fcd 0003 00000001 0000000a 00050000", 0, ""); /* transport-cc */
}

static void count_nack(uint32_t ssrc, uint16_t seq, void *arg)
{
	(void)ssrc, (void)seq;
	++*(unsigned *)arg;
}

/* One compound cannot ask for more than so many, however many packets it is made of. */
static void test_nack_limit(void)
{
	static const struct limen_rtcp_events ev = { .on_nack = count_nack };
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree uint8_t *bytes = NULL;
	unsigned count = 0;
	size_t len;

	for (unsigned i = 0; i < 70; i++)
		g_string_append(text, "81cd 0003 00000001 0000000a 0005ffff");
	bytes = hex_new(text->str, &len);
	g_assert_cmpint(limen_rtcp_read(bytes, len, &ev, &count), ==, 0);
	g_assert_cmpuint(count, ==, LIMEN_RTCP_NACKS_MAX);
}

static void test_keyframes(void)
{
	expect("81ce 0002 00000001 0000000b", 0, "key=b");
	expect("84ce 0004 00000001 00000000 0000000b 01000000", 0, "key=b");
	expect("84ce 0006 00000001 00000000 0000000b 01000000 0000000c 02000000", 0, "key=b key=c");
	expect("84ce 0002 00000001 0000000b", 0, "");
	expect("84ce 0003 00000001 00000000 0000000b", 0, ""); /* half an entry */
	expect("81ce 0001 00000001", LIMEN_EPROTO, "");
	expect("82ce 0003 00000001 0000000b 00000000", 0, "");
}

/* draft-alvestrand-rmcat-remb §2.2: 6 bits of exponent, 18 of mantissa. */
static void test_remb(void)
{
	expect("8fce 0005 00000001 00000000 52454d42 01 00f424 0000000a", 0, "remb=62500");
	expect("8fce 0005 00000001 00000000 52454d42 01 0bd090 0000000a", 0, "remb=1000000");
	expect("8fce 0004 00000001 00000000 52454d42 00 000000", 0, "remb=0");
	expect("8fce 0004 00000001 00000000 52454d42 00 03ffff", 0, "remb=262143");
	expect("8fce 0004 00000001 00000000 52454d42 00 bbffff", 0, "remb=18446673704965373952");
	/* Beyond 64 bits: as much as can be said. */
	expect("8fce 0004 00000001 00000000 52454d42 00 bfffff", 0, "remb=18446744073709551615");
	expect("8fce 0004 00000001 00000000 52454d42 00 fc0002", 0, "remb=18446744073709551615");
	expect("8fce 0004 00000001 00000000 52454d42 00 fc0000", 0, "remb=0");
	expect("8fce 0004 00000001 00000000 52454d43 00 03ffff", 0, "");
	expect("8fce 0003 00000001 00000000 52454d42", LIMEN_EPROTO, "");
	expect("8fce 0002 00000001 00000000", LIMEN_EPROTO, "");
}

/* Cut anywhere but between packets, a compound is refused, and tells no more than the whole. */
static void test_every_length(void)
{
	size_t len;
	g_autofree uint8_t *bytes = hex_new(
		"81c8 000c 00000001 0102030405060708 000000ff 00000003 00000004 "
		"0000000a 00000000 00000000 00000000 00000000 00000000" SDES
		"81cd 0003 00000001 0000000a 00050001 81ce 0002 00000001 0000000b "
		"8fce 0005 00000001 00000000 52454d42 01 00f424 0000000a 81cb 0001 0000000c",
		&len);
	g_autofree char *whole = NULL;

	g_assert_cmpint(read_bytes(bytes, len), ==, 0);
	whole = g_strdup(told->str);
	g_assert_cmpstr(whole, ==,
		"sr=1/102030405060708/ff/3/4 block=a/0/0/0/0/0/0 nack=a/5 nack=a/6 key=b "
		"remb=62500 bye=c ");
	for (size_t n = 0; n < len; n++) {
		g_autofree uint8_t *cut = hex_cut(bytes, n);
		const bool between = n == 0 || n == 52 || n == 64 || n == 80 || n == 92 || n == 116;

		g_assert_cmpint(read_bytes(cut, n), ==, between ? 0 : LIMEN_EPROTO);
		g_assert_true(g_str_has_prefix(whole, told->str));
	}
}

static void expect_written(const struct limen_rtcp_writer *w, const char *text, const char *want)
{
	size_t len;
	g_autofree uint8_t *bytes = hex_new(text, &len);

	g_assert_false(w->full);
	g_assert_cmpmem(w->bytes, w->len, bytes, len);
	g_assert_cmpint(read_bytes(w->bytes, w->len), ==, 0);
	g_assert_cmpstr(g_strchomp(told->str), ==, want);
}

static void test_write_reports(void)
{
	const struct limen_rtcp_sender sr = { 1, 0x0102030405060708u, 0xff, 3, 4 };
	const struct limen_rtcp_block blocks[] = { { 0xa, 128, -2, 0x10002, 5, 6, 7 },
		{ 0xb, 255, 0x7fffff, 0xffffffff, 0, 0, 0xffffffff } };
	struct limen_rtcp_writer w;

	limen_rtcp_begin(&w);
	limen_rtcp_add_sr(&w, &sr);
	expect_written(&w, "80c8 0006 00000001 0102030405060708 000000ff 00000003 00000004",
		"sr=1/102030405060708/ff/3/4");
	limen_rtcp_begin(&w);
	limen_rtcp_add_rr(&w, 9, blocks, 2);
	expect_written(&w,
		"82c9 000d 00000009 0000000a 80fffffe 00010002 00000005 00000006 00000007 "
		"0000000b ff7fffff ffffffff 00000000 00000000 ffffffff",
		"block=a/128/-2/10002/5/6/7 block=b/255/8388607/ffffffff/0/0/ffffffff");
	limen_rtcp_begin(&w);
	limen_rtcp_add_rr(&w, 9, NULL, 0);
	expect_written(&w, "80c9 0001 00000009", "");
}

/* RFC 3550 §6.5: the items of a chunk end with at least one null octet, on 32 bits. */
static void test_write_cname(void)
{
	static const char *const wants[] = { "81ca 0002 00000001 0100 0000",
		"81ca 0002 00000001 0101 6100", "81ca 0003 00000001 0102 6162 00000000",
		"81ca 0003 00000001 0103 616263 000000", "81ca 0003 00000001 0104 61626364 0000",
		"81ca 0003 00000001 0105 6162636465 00",
		"81ca 0004 00000001 0106 616263646566 00000000" };
	struct limen_rtcp_writer w;

	for (unsigned i = 0; i < G_N_ELEMENTS(wants); i++) {
		g_autofree char *name = g_strndup("abcdef", i);

		memset(&w, 0x55, sizeof(w));
		limen_rtcp_begin(&w);
		limen_rtcp_add_cname(&w, 1, name);
		expect_written(&w, wants[i], "");
	}
}

static void nack(const uint16_t *seqs, size_t count, const char *hex, const char *want)
{
	struct limen_rtcp_writer w;

	limen_rtcp_begin(&w);
	limen_rtcp_add_nack(&w, 1, 0xa, seqs, count);
	expect_written(&w, hex, want);
}

static void test_write_feedback(void)
{
	static const uint16_t run[] = { 5, 6, 21 }, far[] = { 5, 22 },
			      wrap[] = { 65535, 0, 15, 16 };
	struct limen_rtcp_writer w;

	limen_rtcp_begin(&w);
	limen_rtcp_add_pli(&w, 1, 0xb);
	expect_written(&w, "81ce 0002 00000001 0000000b", "key=b");
	nack(run, 3, "81cd 0003 00000001 0000000a 0005 8001", "nack=a/5 nack=a/6 nack=a/21");
	nack(far, 2, "81cd 0004 00000001 0000000a 0005 0000 0016 0000", "nack=a/5 nack=a/22");
	nack(wrap, 4, "81cd 0004 00000001 0000000a ffff 8001 0010 0000",
		"nack=a/65535 nack=a/0 nack=a/15 nack=a/16");
	nack(NULL, 0, "", "");
}

static uint64_t remb(uint64_t bps, const char *hex)
{
	const uint32_t ssrcs[] = { 0xa, 0xb };
	struct limen_rtcp_writer w;
	size_t len;
	g_autofree uint8_t *bytes = hex_new(hex, &len);

	limen_rtcp_begin(&w);
	limen_rtcp_add_remb(&w, 1, bps, ssrcs, 2);
	g_assert_cmpuint(w.len, ==, 28);
	g_assert_cmpmem(w.bytes + 16, 4, bytes, len);
	g_assert_cmpint(read_bytes(w.bytes, w.len), ==, 0);
	g_assert_true(g_str_has_prefix(told->str, "remb="));
	return g_ascii_strtoull(told->str + 5, NULL, 10);
}

static void test_write_remb(void)
{
	g_assert_cmpuint(remb(0, "02000000"), ==, 0);
	g_assert_cmpuint(remb(128000, "0201f400"), ==, 128000);
	g_assert_cmpuint(remb(0x3ffff, "0203ffff"), ==, 0x3ffff);
	g_assert_cmpuint(remb(0x40000, "02060000"), ==, 0x40000);
	g_assert_cmpuint(remb(0x7ffff, "0207ffff"), ==, 0x7fffe); /* rounded down */
	g_assert_cmpuint(remb(G_MAXUINT32, "023bffff"), ==, 0xffffc000u);
	g_assert_cmpuint(remb(G_MAXUINT64, "02bbffff"), ==, G_GUINT64_CONSTANT(0xffffc00000000000));
}

/* What does not fit is left out whole, and said to be; what stood before stays. */
static void test_full(void)
{
	struct limen_rtcp_block blocks[31] = { { 0 } };
	uint16_t seqs[LIMEN_RTCP_NACKS_MAX];
	struct limen_rtcp_writer w;

	limen_rtcp_begin(&w);
	limen_rtcp_add_rr(&w, 1, blocks, 31);
	g_assert_cmpuint(w.len, ==, 752);
	g_assert_false(w.full);
	limen_rtcp_add_rr(&w, 1, blocks, 31);
	g_assert_true(w.full);
	g_assert_cmpuint(w.len, ==, 752);
	g_assert_cmpint(read_bytes(w.bytes, w.len), ==, 0);
	for (unsigned i = 0; i < LIMEN_RTCP_NACKS_MAX; i++)
		seqs[i] = (uint16_t)(i * 20);
	limen_rtcp_begin(&w);
	limen_rtcp_add_nack(&w, 1, 2, seqs, 297);
	g_assert_cmpuint(w.len, ==, LIMEN_RTCP_MAX);
	g_assert_false(w.full);
	limen_rtcp_begin(&w);
	limen_rtcp_add_nack(&w, 1, 2, seqs, LIMEN_RTCP_NACKS_MAX);
	g_assert_true(w.full);
	g_assert_cmpuint(w.len, ==, 0);
}

static void test_ntp(void)
{
	g_assert_cmpuint(limen_ntp(0), ==, G_GUINT64_CONSTANT(2208988800) << 32);
	g_assert_cmpuint(limen_ntp(500000), ==, G_GUINT64_CONSTANT(2208988800) << 32 | 0x80000000u);
	g_assert_cmpuint(limen_ntp(1999999) & 0xffffffffu, ==, 4294963001u);
	/* The era ends in 2036: the seconds begin anew. */
	g_assert_cmpuint(limen_ntp(G_GINT64_CONSTANT(2085978496) * 1000000) >> 32, ==, 0);
}

static void test_ntp_back(void)
{
	static const int64_t times_us[] = { 0, 1, 999999, 1000000, 1764000000123456 };

	for (unsigned i = 0; i < G_N_ELEMENTS(times_us); i++) {
		const int64_t back_us = limen_ntp_us(limen_ntp(times_us[i]));

		/* Both ways round down. */
		g_assert_cmpint(back_us, <=, times_us[i]);
		g_assert_cmpint(back_us, >=, times_us[i] - 1);
	}
	g_assert_cmpint(limen_ntp_us((G_GUINT64_CONSTANT(2208988800) + 5) << 32 | 0x80000000u), ==,
		5500000);
	/* A sender without a clock counts from zero. */
	g_assert_cmpint(limen_ntp_us(0), ==, G_GINT64_CONSTANT(-2208988800000000));
}

int main(int argc, char **argv)
{
	int failures;

	g_test_init(&argc, &argv, NULL);
	told = g_string_new(NULL);
	g_test_add_func("/rtcp/reports", test_reports);
	g_test_add_func("/rtcp/report-lies", test_report_lies);
	g_test_add_func("/rtcp/compounds", test_compounds);
	g_test_add_func("/rtcp/compound-lies", test_compound_lies);
	g_test_add_func("/rtcp/padding", test_padding);
	g_test_add_func("/rtcp/nack", test_nack);
	g_test_add_func("/rtcp/nack-limit", test_nack_limit);
	g_test_add_func("/rtcp/keyframes", test_keyframes);
	g_test_add_func("/rtcp/remb", test_remb);
	g_test_add_func("/rtcp/every-length", test_every_length);
	g_test_add_func("/rtcp/write-reports", test_write_reports);
	g_test_add_func("/rtcp/write-cname", test_write_cname);
	g_test_add_func("/rtcp/write-feedback", test_write_feedback);
	g_test_add_func("/rtcp/write-remb", test_write_remb);
	g_test_add_func("/rtcp/full", test_full);
	g_test_add_func("/rtcp/ntp", test_ntp);
	g_test_add_func("/rtcp/ntp-back", test_ntp_back);
	failures = g_test_run();
	g_string_free(told, TRUE);
	return failures;
}
