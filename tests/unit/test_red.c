/*
 * Redundant audio (RFC 2198 §3): where the block of now begins, other payload types in the headers,
 * and what is broken. One thread.
 */
#include "core/media/red.h"
#include "tests/lib/hex.h"

static size_t primary(const char *text)
{
	size_t len;
	g_autofree uint8_t *bytes = hex_new(text, &len);

	return limen_red_primary(bytes, len);
}

static void test_primary(void)
{
	g_assert_cmpuint(primary("6f aa"), ==, 1);
	g_assert_cmpuint(primary("ef 0f0003 6f 010203 aabb"), ==, 8);
	g_assert_cmpuint(primary("ef 1e0002 ef 0f0001 6f 0102 03 aa"), ==, 12);
	g_assert_cmpuint(primary("ef 0f0000 6f aa"), ==, 5); /* an empty earlier block */
	/* lengths have ten bits, time offsets fourteen */
	g_assert_cmpuint(primary("ef fffc01 6f 01 aa"), ==, 6);
}

static void test_broken(void)
{
	g_assert_cmpuint(primary(""), ==, 0);
	g_assert_cmpuint(primary("6f"), ==, 0); /* nothing to play */
	g_assert_cmpuint(primary("ef"), ==, 0);
	g_assert_cmpuint(primary("ef 0f0003"), ==, 0);
	g_assert_cmpuint(primary("ef 0f0003 6f 0102"), ==, 0);
	g_assert_cmpuint(primary("ef 0f0003 6f 010203"), ==, 0); /* the block of now is empty */
	g_assert_cmpuint(primary("ef 0f03ff 6f aa"), ==, 0);
}

static void test_limit(void)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < LIMEN_RED_BLOCKS_MAX; i++) {
		g_autofree char *whole = g_strdup_printf("%s 6f aa", text->str);

		g_assert_cmpuint(primary(whole), ==, 4 * i + 1);
		g_string_append(text, "ef 000000 ");
	}
	g_string_append(text, "6f aa");
	g_assert_cmpuint(primary(text->str), ==, 0);
	g_string_free(text, TRUE);
}

static void set_type(const char *before, uint8_t pt, const char *after)
{
	size_t len, want_len;
	g_autofree uint8_t *bytes = hex_new(before, &len), *want = hex_new(after, &want_len);

	limen_red_set_type(bytes, len, pt);
	g_assert_cmpmem(bytes, len, want, want_len);
}

static void test_set_type(void)
{
	set_type("6f aa", 109, "6d aa");
	set_type("ef 0f0003 6f 010203 aabb", 109, "ed 0f0003 6d 010203 aabb");
	set_type("ef 1e0002 ef 0f0001 6f 0102 03 aa", 0, "80 1e0002 80 0f0001 00 0102 03 aa");
	set_type("6f aa", 255, "7f aa");
	set_type("ef 0f00", 109, "ed 0f00");
	set_type("", 109, "");
}

static void test_noise(void)
{
	for (unsigned round = 0; round < 100000; round++) {
		const size_t len = (size_t)g_test_rand_int_range(0, 40);
		g_autofree uint8_t *bytes = g_malloc(len ? len : 1);
		size_t at;

		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)g_test_rand_int();
		at = limen_red_primary(bytes, len);
		g_assert_true(at == 0 || at < len);
		limen_red_set_type(bytes, len, 111);
		g_assert_cmpuint(limen_red_primary(bytes, len), ==, at);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/red/primary", test_primary);
	g_test_add_func("/red/broken", test_broken);
	g_test_add_func("/red/limit", test_limit);
	g_test_add_func("/red/set-type", test_set_type);
	g_test_add_func("/red/noise", test_noise);
	return g_test_run();
}
