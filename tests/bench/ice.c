/*
 * Checks and answers through libnice's stun library. Thread: the main loop.
 */
#include "tests/bench/ice.h"
#include <glib.h>
#include <string.h>
#include <stun/usages/ice.h>

/* Host candidate, component 1 (RFC 8445 §5.1.2.1), as a peer-reflexive one would have it. */
#define PRIORITY ((110u << 24) | (65535u << 8) | 255u)

static void random_text(char *out, size_t size)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i + 1 < size; i++)
		out[i] = letters[g_random_int_range(0, 64)];
	out[size - 1] = '\0';
}

void bench_ice_renew(struct bench_ice *ice)
{
	random_text(ice->ufrag, sizeof(ice->ufrag));
	random_text(ice->pwd, sizeof(ice->pwd));
}

void bench_ice_init(struct bench_ice *ice)
{
	memset(ice, 0, sizeof(*ice));
	stun_agent_init(&ice->agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
		STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
	bench_ice_renew(ice);
	ice->tie = (uint64_t)g_random_int() << 32 | g_random_int();
}

void bench_ice_clear(struct bench_ice *ice)
{
	g_free(ice->remote_ufrag);
	g_free(ice->remote_pwd);
}

void bench_ice_start(struct bench_ice *ice, const char *ufrag, const char *pwd, bool controlling)
{
	g_free(ice->remote_ufrag);
	g_free(ice->remote_pwd);
	ice->remote_ufrag = g_strdup(ufrag);
	ice->remote_pwd = g_strdup(pwd);
	ice->valid = ice->nominated = false;
	ice->controlling = controlling;
}

size_t bench_ice_check(struct bench_ice *ice, uint8_t *out)
{
	g_autofree char *name = g_strdup_printf("%s:%s", ice->remote_ufrag, ice->ufrag);
	StunMessage msg;

	return stun_usage_ice_conncheck_create(&ice->agent, &msg, out, BENCH_ICE_MAX,
		(const uint8_t *)name, strlen(name), (const uint8_t *)ice->remote_pwd,
		strlen(ice->remote_pwd), ice->controlling, ice->controlling, PRIORITY, ice->tie,
		NULL, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
}

static bool find_password(StunAgent *agent, StunMessage *msg, uint8_t *name, uint16_t name_len,
	uint8_t **password, size_t *password_len, void *arg)
{
	struct bench_ice *ice = arg;
	const size_t own = strlen(ice->ufrag);

	(void)agent, (void)msg;
	if (name_len < own + 1 || memcmp(name, ice->ufrag, own) != 0 || name[own] != ':')
		return false;
	*password = (uint8_t *)ice->pwd;
	*password_len = strlen(ice->pwd);
	return true;
}

static size_t answer(
	struct bench_ice *ice, StunMessage *request, const struct sockaddr_in *from, uint8_t *out)
{
	struct sockaddr_storage source = { 0 };
	StunMessage reply;
	size_t len = BENCH_ICE_MAX;

	memcpy(&source, from, sizeof(*from));
	if (!ice->controlling && stun_usage_ice_conncheck_use_candidate(request))
		ice->nominated = true;
	stun_usage_ice_conncheck_create_reply(&ice->agent, request, &reply, out, &len, &source,
		sizeof(*from), &ice->controlling, ice->tie, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
	return len;
}

size_t bench_ice_feed(struct bench_ice *ice, const uint8_t *bytes, size_t len,
	const struct sockaddr_in *from, uint8_t *out)
{
	StunMessage msg;
	StunValidationStatus status;

	status = stun_agent_validate(&ice->agent, &msg, bytes, len, find_password, ice);
	if (status != STUN_VALIDATION_SUCCESS)
		return 0;
	switch (stun_message_get_class(&msg)) {
	case STUN_REQUEST:
		return answer(ice, &msg, from, out);
	case STUN_RESPONSE:
		ice->valid = true;
		return 0;
	default:
		return 0;
	}
}

bool bench_ice_is_up(const struct bench_ice *ice)
{
	return ice->valid && (ice->controlling || ice->nominated);
}
