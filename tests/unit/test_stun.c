/*
 * Connectivity checks and their answers: authentic, forged, malformed, and a client that believes
 * to be controlled.
 */
#include "core/media/stun.h"
#include <arpa/inet.h>
#include <glib.h>
#include <limen/types.h>
#include <string.h>
#include <stun/stunmessage.h>
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "tests/lib/ice_client.h"

#define UFRAG "abcd"
#define PWD "0123456789012345678901"

struct case_of {
	struct ice_check check;
	int result, code;
};

static struct sockaddr_in6 address(const char *text, uint16_t port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	g_assert_cmpint(inet_pton(AF_INET6, text, &a.sin6_addr), ==, 1);
	return a;
}

static int answer(const uint8_t *bytes, size_t len, struct limen_stun_check *check,
	struct limen_stun_reply *reply)
{
	const struct sockaddr_in6 from = address("::ffff:192.0.2.9", 4321);

	memset(check, 0, sizeof(*check));
	return limen_stun_answer(bytes, len, UFRAG, PWD, &from, check, reply);
}

static void test_answers(void)
{
	static const struct case_of cases[] = {
		{ { .ufrag = UFRAG, .pwd = PWD }, 0, 0 },
		{ { .ufrag = UFRAG, .pwd = "wrong" }, LIMEN_EAUTH, 401 },
		{ { .ufrag = "abcde", .pwd = PWD }, LIMEN_EAUTH, 401 },
		{ { .ufrag = "abc", .pwd = PWD }, LIMEN_EAUTH, 401 },
		{ { .ufrag = "", .pwd = PWD }, LIMEN_EAUTH, 401 },
		{ { .ufrag = UFRAG }, LIMEN_EPROTO, 400 },
		{ { .ufrag = UFRAG, .no_username = true, .pwd = PWD }, LIMEN_EPROTO, 400 },
		{ { .ufrag = UFRAG, .pwd = PWD, .no_fingerprint = true }, LIMEN_EPROTO, 400 },
		{ { .ufrag = UFRAG, .pwd = PWD, .extra = 0x7abc }, LIMEN_EPROTO, 420 },
		{ { .ufrag = UFRAG, .pwd = PWD, .extra = 0xc057 }, 0, 0 },
		{ { .ufrag = UFRAG, .pwd = PWD, .controlled = true }, LIMEN_ESTATE, 487 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct limen_stun_check check;
		struct limen_stun_reply reply;
		uint8_t bytes[512];
		const size_t len = ice_check_write(&cases[i].check, bytes, sizeof(bytes));

		g_test_message("case %zu", i);
		g_assert_cmpint(answer(bytes, len, &check, &reply), ==, cases[i].result);
		g_assert_cmpuint(reply.len, >, 0);
		g_assert_cmpint(ice_answer_read(bytes, len, reply.bytes, reply.len, PWD, NULL), ==,
			cases[i].code);
	}
}

static void expect_mapped(const char *from_text, int family, const char *mapped_text)
{
	const struct ice_check c = { .ufrag = UFRAG, .pwd = PWD };
	const struct sockaddr_in6 from = address(from_text, 4321);
	struct limen_stun_check check;
	struct limen_stun_reply reply;
	struct sockaddr_storage mapped;
	char text[INET6_ADDRSTRLEN];
	uint8_t bytes[512];
	const size_t len = ice_check_write(&c, bytes, sizeof(bytes));

	g_assert_cmpint(limen_stun_answer(bytes, len, UFRAG, PWD, &from, &check, &reply), ==, 0);
	g_assert_cmpint(ice_answer_read(bytes, len, reply.bytes, reply.len, PWD, &mapped), ==, 0);
	g_assert_cmpint(mapped.ss_family, ==, family);
	if (family == AF_INET)
		inet_ntop(family, &((struct sockaddr_in *)&mapped)->sin_addr, text, sizeof(text));
	else
		inet_ntop(family, &((struct sockaddr_in6 *)&mapped)->sin6_addr, text, sizeof(text));
	g_assert_cmpstr(text, ==, mapped_text);
	g_assert_cmpuint(ntohs(((struct sockaddr_in *)&mapped)->sin_port), ==, 4321);
}

static void test_mapped(void)
{
	expect_mapped("::ffff:192.0.2.9", AF_INET, "192.0.2.9");
	expect_mapped("2001:db8::5", AF_INET6, "2001:db8::5");
}

static void test_wishes(void)
{
	struct ice_check c = { .ufrag = UFRAG, .pwd = PWD };
	struct limen_stun_check check;
	struct limen_stun_reply reply;
	uint8_t bytes[512];
	size_t len = ice_check_write(&c, bytes, sizeof(bytes));

	g_assert_cmpint(answer(bytes, len, &check, &reply), ==, 0);
	g_assert_false(check.use_candidate);
	g_assert_cmpuint(check.priority, ==, 1853824767);
	g_assert_cmpmem(check.id, sizeof(check.id), bytes + 8, LIMEN_STUN_ID);
	c.use_candidate = true;
	len = ice_check_write(&c, bytes, sizeof(bytes));
	g_assert_cmpint(answer(bytes, len, &check, &reply), ==, 0);
	g_assert_true(check.use_candidate);
}

static bool names(const uint8_t *bytes, size_t len, const char *wanted)
{
	const char *ufrag = NULL;
	size_t size = 0;

	if (!limen_stun_ufrag(bytes, len, &ufrag, &size))
		return false;
	g_assert_true((const uint8_t *)ufrag >= bytes);
	g_assert_true((const uint8_t *)ufrag + size <= bytes + len);
	return size == strlen(wanted) && memcmp(ufrag, wanted, size) == 0;
}

static void test_ufrag(void)
{
	const struct ice_check c = { .ufrag = UFRAG, .pwd = "any" },
			       none = { .pwd = "any", .no_username = true },
			       empty = { .ufrag = "", .pwd = "any" };
	uint8_t bytes[512];
	size_t len = ice_check_write(&c, bytes, sizeof(bytes));

	g_assert_true(names(bytes, len, UFRAG));
	for (size_t short_len = 0; short_len < len; short_len++)
		g_assert_false(names(bytes, short_len, UFRAG));
	bytes[1] = 0x11; /* an indication */
	g_assert_false(names(bytes, len, UFRAG));
	len = ice_check_write(&none, bytes, sizeof(bytes));
	g_assert_false(names(bytes, len, ""));
	len = ice_check_write(&empty, bytes, sizeof(bytes));
	g_assert_false(names(bytes, len, ""));
}

/* Every single changed bit is noticed, and nothing is read out of bounds. */
static void test_changed_bits(void)
{
	const struct ice_check c = { .ufrag = UFRAG, .pwd = PWD, .use_candidate = true };
	struct limen_stun_check check;
	struct limen_stun_reply reply;
	uint8_t bytes[512];
	const size_t len = ice_check_write(&c, bytes, sizeof(bytes));

	for (size_t bit = 0; bit < len * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		g_assert_cmpint(answer(bytes, len, &check, &reply), !=, 0);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	g_assert_cmpint(answer(bytes, len, &check, &reply), ==, 0);
}

static void test_junk(void)
{
	struct limen_stun_check check;
	struct limen_stun_reply reply;
	uint8_t bytes[1500];
	const char *ufrag;
	size_t size;

	for (unsigned i = 0; i < 20000; i++) {
		const size_t len = limen_random_u32() % sizeof(bytes);

		limen_random(bytes, sizeof(bytes));
		if (i % 2 && len >= 20) { /* past the header */
			limen_put_u16(bytes, 1);
			limen_put_u16(bytes + 2, (uint16_t)(len - 20));
			limen_put_u32(bytes + 4, 0x2112A442);
		}
		limen_stun_ufrag(bytes, len, &ufrag, &size);
		g_assert_cmpint(answer(bytes, len, &check, &reply), !=, 0);
		g_assert_cmpuint(reply.len, <=, sizeof(reply.bytes));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/stun/answers", test_answers);
	g_test_add_func("/stun/mapped", test_mapped);
	g_test_add_func("/stun/wishes", test_wishes);
	g_test_add_func("/stun/ufrag", test_ufrag);
	g_test_add_func("/stun/changed-bits", test_changed_bits);
	g_test_add_func("/stun/junk", test_junk);
	return g_test_run();
}
