/*
 * Secrets and tokens. Everything secret is compared in constant time. Pure but for the wall
 * clock; any thread.
 */
#include "core/session/auth.h"
#include <string.h>
#include "core/base/clock.h"
#include "core/session/jwt.h"
#include "core/session/tokens.h"

#define SHA1_LEN 20
#define TOKEN_MAX 4096u
#define ROOM "room=" /* a descriptor of signed tokens, the claim "rooms" of JSON Web Tokens */

bool limen_auth_equal(const char *given, const char *secret)
{
	size_t given_len, secret_len;
	volatile uint8_t diff = 0;

	if (!given || !secret)
		return false;
	given_len = strlen(given);
	secret_len = strlen(secret);
	for (size_t i = 0; i < given_len; i++)
		diff |= (uint8_t)given[i] ^ (uint8_t)(secret_len ? secret[i % secret_len] : 0);
	return diff == 0 && given_len == secret_len;
}

static bool signature_right(
	const char *signature, const char *message, size_t len, const char *secret)
{
	g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA1, (const guchar *)secret, strlen(secret));
	uint8_t want[SHA1_LEN];
	gsize want_len = sizeof(want);
	g_autofree char *text = NULL;

	g_hmac_update(hmac, (const guchar *)message, (gssize)len);
	g_hmac_get_digest(hmac, want, &want_len);
	/* As text: a decoder forgives padding and foreign characters, so that one signature would
	 * have many forms. */
	text = g_base64_encode(want, want_len);
	return limen_auth_equal(signature, text);
}

bool limen_auth_signed(const char *token, const char *secret, const char *realm,
	const char *descriptor, int64_t now_s)
{
	const char *colon = token ? strchr(token, ':') : NULL;
	g_autofree char *message = NULL;
	g_auto(GStrv) fields = NULL;
	gint64 expiry;

	if (!colon || strlen(token) > TOKEN_MAX ||
		!signature_right(colon + 1, token, (size_t)(colon - token), secret))
		return false;
	message = g_strndup(token, (gsize)(colon - token));
	fields = g_strsplit(message, ",", 0);
	if (g_strv_length(fields) < 2 ||
		!g_ascii_string_to_signed(fields[0], 10, 0, G_MAXINT64, &expiry, NULL))
		return false;
	if (now_s > expiry || strcmp(fields[1], realm) != 0)
		return false;
	return !descriptor || g_strv_contains((const gchar *const *)fields + 2, descriptor);
}

static int64_t wall_s(void)
{
	return limen_wall_us() / G_USEC_PER_SEC;
}

/* NULL = not used */
static const struct limen_jwt *jwt_of(const struct limen_settings *set)
{
	return __atomic_load_n(&set->jwt, __ATOMIC_ACQUIRE);
}

static bool jwt_valid(
	const struct limen_settings *set, const char *token, const char *plugin, const char *room)
{
	const struct limen_jwt_use use = { .plugin = plugin, .room = room, .now_s = wall_s() };
	const struct limen_jwt *jwt = jwt_of(set);

	return jwt && limen_jwt_valid(jwt, token, &use);
}

static bool signed_valid(const struct limen_settings *set, const char *token, const char *realm,
	const char *descriptor)
{
	const char *key = limen_setting_text(&set->token_secret);

	return key && limen_auth_signed(token, key, realm, descriptor, wall_s());
}

static bool token_valid(const struct limen_settings *set, const char *token, const char *plugin)
{
	if (set->tokens && limen_tokens_allows(set->tokens, token, plugin))
		return true;
	return signed_valid(set, token, "janus", plugin) || jwt_valid(set, token, plugin, NULL);
}

bool limen_auth_check(const struct limen_settings *set, const char *secret, const char *token)
{
	const char *api_secret = limen_setting_text(&set->api_secret);

	if (!api_secret && !set->token_auth)
		return true;
	if (api_secret && limen_auth_equal(secret, api_secret))
		return true;
	return set->token_auth && token && token_valid(set, token, NULL);
}

bool limen_auth_plugin(const struct limen_settings *set, const char *token, const char *plugin)
{
	return !set->token_auth || !token || token_valid(set, token, plugin);
}

int limen_auth_realm(const struct limen_settings *set, const char *token, const char *realm,
	const char *descriptor)
{
	const char *room = g_str_has_prefix(descriptor, ROOM) ? descriptor + strlen(ROOM) : NULL;

	if (!set->token_auth ||
		(!limen_setting_text(&set->token_secret) && !jwt_of(set)))
		return LIMEN_ENOTSUP;
	if (signed_valid(set, token, realm, descriptor))
		return 0;
	return room && jwt_valid(set, token, realm, room) ? 0 : LIMEN_EAUTH;
}
