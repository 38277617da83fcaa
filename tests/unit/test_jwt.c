/*
 * JSON Web Tokens: the examples of the RFCs, and forged ones. One thread.
 */
#include "core/session/jwt.h"
#include <glib.h>
#include <string.h>
#include <limen/types.h>
#include "tests/lib/jwt_vectors.h"

#define ENDED_S 1300819380 /* "exp" of the RFCs' tokens */
#define NOW_S 1700000000
#define SECRET "a secret of thirty-two characters"
#define HEADER "{\"alg\":\"HS256\"}"
#define LATER "\"exp\":1700000100"

static struct limen_jwt *jwt_with(const char *secret, const char *public_key, const char *audience)
{
	const struct limen_jwt_config config = { secret, public_key, audience };
	struct limen_jwt *j;
	g_autofree char *reason = NULL;

	g_assert_cmpint(limen_jwt_new(&j, &config, &reason), ==, 0);
	g_assert_null(reason);
	g_assert_nonnull(j);
	return j;
}

static bool valid_at(const struct limen_jwt *j, const char *token, int64_t now_s)
{
	const struct limen_jwt_use use = { .now_s = now_s };

	return limen_jwt_valid(j, token, &use);
}

static char *encode(const void *bytes, size_t len)
{
	char *text = g_base64_encode(bytes, len);

	g_strdelimit(text, "+", '-');
	g_strdelimit(text, "/", '_');
	text[strcspn(text, "=")] = '\0';
	return text;
}

/* A token signed by HS256 with any text; new */
static char *sign(const char *header, const char *claims, const char *secret)
{
	g_autofree char *first = encode(header, strlen(header)),
			*second = encode(claims, strlen(claims)),
			*text = g_strconcat(first, ".", second, NULL), *signature = NULL;
	g_autoptr(GHmac) hmac =
		g_hmac_new(G_CHECKSUM_SHA256, (const guchar *)secret, strlen(secret));
	uint8_t digest[32];
	gsize len = sizeof(digest);

	g_hmac_update(hmac, (const guchar *)text, -1);
	g_hmac_get_digest(hmac, digest, &len);
	signature = encode(digest, len);
	return g_strconcat(text, ".", signature, NULL);
}

static bool claims_valid(
	const struct limen_jwt *j, const char *claims, const char *plugin, const char *room)
{
	const struct limen_jwt_use use = { plugin, room, NOW_S };
	g_autofree char *token = sign(HEADER, claims, SECRET);

	return limen_jwt_valid(j, token, &use);
}

static void assert_example(const char *secret, const char *public_key, const char *token)
{
	struct limen_jwt *j = jwt_with(secret, public_key, NULL);

	g_assert_true(valid_at(j, token, ENDED_S - 1));
	g_assert_true(valid_at(j, token, ENDED_S + LIMEN_JWT_LEEWAY_S - 1));
	g_assert_false(valid_at(j, token, ENDED_S + LIMEN_JWT_LEEWAY_S));
	/* Every character of it matters. */
	for (size_t i = 0; token[i]; i++) {
		g_autofree char *bent = g_strdup(token);

		bent[i] = bent[i] == 'A' ? 'B' : 'A';
		g_assert_false(valid_at(j, bent, ENDED_S - 1));
		bent[i] = '\0';
		g_assert_false(valid_at(j, bent, ENDED_S - 1));
	}
	limen_jwt_free(j);
}

static void test_examples(void)
{
	assert_example(RFC7515_SECRET, NULL, RFC7515_HS256);
	assert_example(NULL, RFC7515_RSA_KEY, RFC7515_RS256);
	assert_example(NULL, RFC7515_EC_KEY, RFC7515_ES256);
	assert_example(RFC7515_SECRET, RFC7515_EC_KEY, RFC7515_HS256);
	assert_example(RFC7515_SECRET, RFC7515_EC_KEY, RFC7515_ES256);
}

static void test_another_key(void)
{
	struct limen_jwt *rsa = jwt_with(SECRET, RFC7515_RSA_KEY, NULL);
	struct limen_jwt *ec = jwt_with(NULL, RFC7515_EC_KEY, NULL);

	g_assert_false(valid_at(rsa, RFC7515_HS256, ENDED_S - 1));
	g_assert_false(valid_at(rsa, RFC7515_ES256, ENDED_S - 1));
	g_assert_false(valid_at(ec, RFC7515_RS256, ENDED_S - 1));
	g_assert_false(valid_at(ec, RFC7515_HS256, ENDED_S - 1));
	limen_jwt_free(rsa);
	limen_jwt_free(ec);
}

static void test_algorithm_is_not_the_tokens(void)
{
	static const char *const headers[] = { "{\"alg\":\"none\"}", "{\"alg\":\"None\"}",
		"{\"alg\":\"hs256\"}", "{\"alg\":\"HS512\"}", "{\"alg\":\"RS256\"}",
		"{\"alg\":\"\"}", "{\"alg\":null}", "{\"alg\":[\"HS256\"]}", "{}", "[]",
		"\"HS256\"", "{\"alg\":\"none\",\"alg\":\"HS256\"}",
		"{\"alg\":\"HS256\",\"crit\":[\"exp\"]}", "{\"alg\":\"HS256\\u0000\"}",
		"{\"alg\":\"HS256\"}x" };
	struct limen_jwt *j = jwt_with(SECRET, RFC7515_RSA_KEY, NULL);
	g_autofree char *good = sign(HEADER, "{" LATER "}", SECRET);

	g_assert_true(valid_at(j, good, NOW_S));
	g_assert_false(valid_at(j, RFC7519_NONE, ENDED_S - 1));
	for (size_t i = 0; i < G_N_ELEMENTS(headers); i++) {
		g_autofree char *token = sign(headers[i], "{" LATER "}", SECRET), *bare = NULL;

		g_assert_false(valid_at(j, token, NOW_S));
		bare = g_strndup(token, (gsize)(strrchr(token, '.') - token) + 1);
		g_assert_false(valid_at(j, bare, NOW_S));
	}
	limen_jwt_free(j);
}

/* Everybody knows a public key: signing with its text must not make a token. */
static void test_public_key_as_secret(void)
{
	static const char *const keys[] = { RFC7515_RSA_KEY, RFC7515_EC_KEY };

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		struct limen_jwt *alone = jwt_with(NULL, keys[i], NULL),
				 *both = jwt_with(SECRET, keys[i], NULL);
		g_autofree char *token = sign(HEADER, "{" LATER "}", keys[i]);

		g_assert_false(valid_at(alone, token, NOW_S));
		g_assert_false(valid_at(both, token, NOW_S));
		limen_jwt_free(alone);
		limen_jwt_free(both);
	}
}

static void assert_refused(const char *secret, const char *public_key)
{
	const struct limen_jwt_config config = { secret, public_key, NULL };
	struct limen_jwt *j;
	g_autofree char *reason = NULL;

	g_assert_cmpint(limen_jwt_new(&j, &config, &reason), ==, LIMEN_EINVAL);
	g_assert_null(j);
	g_assert_nonnull(reason);
}

static void test_keys(void)
{
	const struct limen_jwt_config none = { 0 };
	struct limen_jwt *j;
	char *reason = NULL;

	g_assert_cmpint(limen_jwt_new(&j, &none, &reason), ==, 0);
	g_assert_null(j);
	limen_jwt_free(NULL);
	assert_refused("", NULL);
	assert_refused("thirty-one characters are few..", NULL);
	assert_refused(RFC7515_RSA_KEY, NULL);
	assert_refused(NULL, "");
	assert_refused(NULL, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
	assert_refused(NULL, P384_KEY);
	assert_refused(SECRET, P384_KEY);
}

static void test_times(void)
{
	static const char *const bad[] = { "{}", "{\"exp\":\"1700000100\"}", "{\"exp\":null}",
		"{\"exp\":1699999970}", "{\"exp\":-1}", "{\"exp\":true}",
		"{" LATER ",\"nbf\":1700000031}", "{" LATER ",\"nbf\":\"1\"}",
		"{" LATER ",\"nbf\":1e300}", "{\"exp\":1," LATER "}",
		"["
		"]",
		"{" LATER "}x" };
	static const char *const good[] = { "{" LATER "}", "{\"exp\":1699999971}",
		"{\"exp\":1699999970.5}", "{\"exp\":1e300}", "{" LATER ",\"nbf\":1700000030}",
		"{" LATER ",\"nbf\":0}" };
	struct limen_jwt *j = jwt_with(SECRET, NULL, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(claims_valid(j, bad[i], NULL, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_true(claims_valid(j, good[i], NULL, NULL));
	limen_jwt_free(j);
}

static void test_audience(void)
{
	struct limen_jwt *ours = jwt_with(SECRET, NULL, "limen"),
			 *any = jwt_with(SECRET, NULL, NULL);

	g_assert_true(claims_valid(ours, "{" LATER ",\"aud\":\"limen\"}", NULL, NULL));
	g_assert_true(claims_valid(ours, "{" LATER ",\"aud\":[\"a\",\"limen\"]}", NULL, NULL));
	g_assert_false(claims_valid(ours, "{" LATER ",\"aud\":\"limen2\"}", NULL, NULL));
	g_assert_false(claims_valid(ours, "{" LATER ",\"aud\":[]}", NULL, NULL));
	g_assert_false(claims_valid(ours, "{" LATER "}", NULL, NULL));
	g_assert_true(claims_valid(any, "{" LATER "}", NULL, NULL));
	g_assert_false(claims_valid(any, "{" LATER ",\"aud\":\"limen\"}", NULL, NULL));
	limen_jwt_free(ours);
	limen_jwt_free(any);
}

static void test_plugins_and_rooms(void)
{
	struct limen_jwt *j = jwt_with(SECRET, NULL, NULL);

	g_assert_true(claims_valid(j, "{" LATER "}", "p.echo", NULL));
	g_assert_true(claims_valid(j, "{" LATER ",\"plugins\":[\"p.echo\"]}", "p.echo", NULL));
	g_assert_true(claims_valid(j, "{" LATER ",\"plugins\":[]}", NULL, NULL));
	g_assert_false(claims_valid(j, "{" LATER ",\"plugins\":[]}", "p.echo", NULL));
	g_assert_false(claims_valid(j, "{" LATER ",\"plugins\":[\"p.ech\"]}", "p.echo", NULL));
	g_assert_false(claims_valid(j, "{" LATER ",\"plugins\":\"p.echo\"}", "p.echo", NULL));
	g_assert_false(claims_valid(j, "{" LATER ",\"plugins\":\"p.echo\"}", NULL, NULL));
	g_assert_false(claims_valid(j, "{" LATER "}", NULL, "1234"));
	g_assert_false(claims_valid(j, "{" LATER ",\"rooms\":1234}", NULL, "1234"));
	g_assert_true(claims_valid(j, "{" LATER ",\"rooms\":[1234]}", NULL, "1234"));
	g_assert_true(claims_valid(j, "{" LATER ",\"rooms\":[\"a\",\"1234\"]}", NULL, "1234"));
	g_assert_false(claims_valid(j, "{" LATER ",\"rooms\":[\"12345\",123]}", NULL, "1234"));
	g_assert_false(claims_valid(j, "{" LATER ",\"rooms\":[\"1234\\u0000\"]}", NULL, "1234"));
	limen_jwt_free(j);
}

static void test_shapes(void)
{
	static const char *const bad[] = { "", ".", "..", "...", "a.b", "a.b.c.d", "=.=.=" };
	struct limen_jwt *j = jwt_with(SECRET, NULL, NULL);
	g_autofree char *good = sign(HEADER, "{" LATER "}", SECRET);
	g_autofree char *padded = g_strconcat(good, "=", NULL),
			*more = g_strconcat(good, ".", NULL), *space = g_strconcat(good, " ", NULL);
	g_autofree char *filler = g_strnfill(LIMEN_JWT_MAX, 'x'),
			*claims = g_strdup_printf("{" LATER ",\"x\":\"%s\"}", filler);

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(valid_at(j, bad[i], NOW_S));
	g_assert_false(valid_at(j, NULL, NOW_S));
	g_assert_false(valid_at(j, padded, NOW_S));
	g_assert_false(valid_at(j, more, NOW_S));
	g_assert_false(valid_at(j, space, NOW_S));
	g_assert_false(claims_valid(j, claims, NULL, NULL));
	/* The last character of 32 bytes carries two bits that say nothing. */
	good[strlen(good) - 1]++;
	g_assert_false(valid_at(j, good, NOW_S));
	limen_jwt_free(j);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/jwt/examples", test_examples);
	g_test_add_func("/jwt/another-key", test_another_key);
	g_test_add_func("/jwt/algorithm-is-not-the-tokens", test_algorithm_is_not_the_tokens);
	g_test_add_func("/jwt/public-key-as-secret", test_public_key_as_secret);
	g_test_add_func("/jwt/keys", test_keys);
	g_test_add_func("/jwt/times", test_times);
	g_test_add_func("/jwt/audience", test_audience);
	g_test_add_func("/jwt/plugins-and-rooms", test_plugins_and_rooms);
	g_test_add_func("/jwt/shapes", test_shapes);
	return g_test_run();
}
