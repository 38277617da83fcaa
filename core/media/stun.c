/*
 * Answers to connectivity checks, on libnice's stateless STUN agent. One agent serves all threads:
 * validating requests and building answers leaves it unchanged. Pure; any thread.
 */
#include "core/media/stun.h"
#include <glib.h>
#include <limen/types.h>
#include <string.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>
#include "core/base/bytes.h"
#include "core/base/clock.h"

#define HEADER 20
#define BINDING_REQUEST 0x0001
#define BINDING_SUCCESS 0x0101
#define ATTRIBUTES_MAX 32 /* before USERNAME; checks of browsers have fewer than ten in all */

static StunAgent agent;

static void init_agent(void)
{
	static gsize done;

	if (!g_once_init_enter(&done))
		return;
	stun_agent_init(&agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
		STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
	g_once_init_leave(&done, 1);
}

/* The header of a binding request (RFC 8489 §5), with a length that is the datagram's. */
static bool is_binding_request(struct limen_bytes *b, size_t len)
{
	if (len < HEADER || len > LIMEN_STUN_CHECK_MAX)
		return false;
	if (limen_bytes_u16(b) != BINDING_REQUEST || limen_bytes_u16(b) != len - HEADER)
		return false;
	if (limen_bytes_u32(b) != STUN_MAGIC_COOKIE)
		return false;
	return limen_bytes_take(b, LIMEN_STUN_ID) != NULL;
}

bool limen_stun_ufrag(const uint8_t *bytes, size_t len, const char **ufrag, size_t *ufrag_len)
{
	struct limen_bytes b = limen_bytes(bytes, len);

	if (!is_binding_request(&b, len))
		return false;
	for (unsigned i = 0; i < ATTRIBUTES_MAX && !b.bad; i++) {
		const uint16_t type = limen_bytes_u16(&b), size = limen_bytes_u16(&b);
		const uint8_t *value = limen_bytes_take(&b, (size + 3u) & ~3u);
		const uint8_t *colon;

		if (!value)
			return false;
		if (type != STUN_ATTRIBUTE_USERNAME)
			continue;
		colon = memchr(value, ':', size);
		*ufrag = (const char *)value;
		*ufrag_len = colon ? (size_t)(colon - value) : 0;
		return *ufrag_len > 0;
	}
	return false;
}

struct credentials {
	const char *ufrag, *pwd;
};

/* RFC 8445 §7.3: the user is "ours:theirs"; theirs may not be known yet. */
static bool validate(StunAgent *a, StunMessage *m, uint8_t *user, uint16_t user_len, uint8_t **pwd,
	size_t *pwd_len, void *arg)
{
	const struct credentials *c = arg;
	const size_t len = strlen(c->ufrag);

	(void)a, (void)m;
	if (user_len <= len || memcmp(user, c->ufrag, len) != 0 || user[len] != ':')
		return false;
	*pwd = (uint8_t *)c->pwd;
	*pwd_len = strlen(c->pwd);
	return true;
}

static void refuse(const StunMessage *request, StunError error, struct limen_stun_reply *reply)
{
	StunMessage m;

	if (stun_agent_init_error(&agent, &m, reply->bytes, sizeof(reply->bytes), request, error))
		reply->len = stun_agent_finish_message(&agent, &m, NULL, 0);
}

/* The address as the client knows it: IPv4 is not to look v4-mapped. */
static socklen_t plain_address(const struct sockaddr_in6 *from, struct sockaddr_storage *out)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = from->sin6_port };

	memset(out, 0, sizeof(*out));
	if (!IN6_IS_ADDR_V4MAPPED(&from->sin6_addr)) {
		memcpy(out, from, sizeof(*from));
		return sizeof(*from);
	}
	memcpy(&v4.sin_addr, from->sin6_addr.s6_addr + 12, sizeof(v4.sin_addr));
	memcpy(out, &v4, sizeof(v4));
	return sizeof(v4);
}

static int accept_check(const StunMessage *request, const char *pwd,
	const struct sockaddr_in6 *from, struct limen_stun_reply *reply)
{
	struct sockaddr_storage address;
	const socklen_t size = plain_address(from, &address);
	StunMessage m;

	if (!stun_agent_init_response(&agent, &m, reply->bytes, sizeof(reply->bytes), request) ||
		stun_message_append_xor_addr(&m, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, &address, size))
		return LIMEN_EPROTO;
	reply->len = stun_agent_finish_message(&agent, &m, (const uint8_t *)pwd, strlen(pwd));
	return reply->len ? 0 : LIMEN_EPROTO;
}

/* What to do with a request that libnice did not accept. */
static int rejected(
	StunValidationStatus status, const StunMessage *request, struct limen_stun_reply *reply)
{
	StunMessage m;

	switch (status) {
	case STUN_VALIDATION_UNAUTHORIZED:
		refuse(request, STUN_ERROR_UNAUTHORIZED, reply);
		return LIMEN_EAUTH;
	case STUN_VALIDATION_UNAUTHORIZED_BAD_REQUEST:
	case STUN_VALIDATION_BAD_REQUEST:
		refuse(request, STUN_ERROR_BAD_REQUEST, reply);
		return LIMEN_EPROTO;
	case STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE:
		reply->len = stun_agent_build_unknown_attributes_error(
			&agent, &m, reply->bytes, sizeof(reply->bytes), request);
		return LIMEN_EPROTO;
	default:
		return LIMEN_EPROTO;
	}
}

int limen_stun_answer(const uint8_t *bytes, size_t len, const char *ufrag, const char *pwd,
	const struct sockaddr_in6 *from, struct limen_stun_check *check,
	struct limen_stun_reply *reply)
{
	struct limen_bytes b = limen_bytes(bytes, len);
	struct credentials c = { ufrag, pwd };
	StunMessage request;
	StunValidationStatus status;

	reply->len = 0;
	if (!is_binding_request(&b, len))
		return LIMEN_EPROTO;
	init_agent();
	status = stun_agent_validate(&agent, &request, bytes, len, validate, &c);
	if (status != STUN_VALIDATION_SUCCESS)
		return rejected(status, &request, reply);
	if (!request.key) { /* libnice lets some unsigned messages through */
		refuse(&request, STUN_ERROR_UNAUTHORIZED, reply);
		return LIMEN_EAUTH;
	}
	/* RFC 8445 §7.3.1.1: the client is to become controlling. */
	if (stun_message_has_attribute(&request, STUN_ATTRIBUTE_ICE_CONTROLLED)) {
		refuse(&request, STUN_ERROR_ROLE_CONFLICT, reply);
		return LIMEN_ESTATE;
	}
	check->use_candidate = stun_usage_ice_conncheck_use_candidate(&request);
	check->priority = stun_usage_ice_conncheck_priority(&request);
	memcpy(check->id, bytes + 8, LIMEN_STUN_ID);
	return accept_check(&request, pwd, from, reply);
}

size_t limen_stun_request(uint8_t *request)
{
	limen_put_u16(request, BINDING_REQUEST);
	limen_put_u16(request + 2, 0);
	limen_put_u32(request + 4, STUN_MAGIC_COOKIE);
	limen_random(request + 8, LIMEN_STUN_ID);
	return HEADER;
}

/* RFC 8489 §14.2: port and address are combined with the cookie and the transaction id. */
static int read_mapped(
	const uint8_t *value, size_t size, const uint8_t *header, struct sockaddr_storage *out)
{
	struct sockaddr_in6 *v6 = (void *)out;
	struct sockaddr_in *v4 = (void *)out;
	const bool is_v6 = size == 20 && value[1] == 2;
	uint8_t *to = is_v6 ? v6->sin6_addr.s6_addr : (uint8_t *)&v4->sin_addr;

	if (!is_v6 && (size != 8 || value[1] != 1))
		return LIMEN_EPROTO;
	memset(out, 0, sizeof(*out));
	out->ss_family = is_v6 ? AF_INET6 : AF_INET;
	v4->sin_port = htons(limen_get_u16(value + 2) ^ limen_get_u16(header + 4));
	for (size_t i = 0; i < size - 4; i++)
		to[i] = value[4 + i] ^ header[4 + i];
	return 0;
}

int limen_stun_mapped(
	const uint8_t *request, const uint8_t *answer, size_t len, struct sockaddr_storage *out)
{
	struct limen_bytes b = limen_bytes(answer, len);

	if (limen_bytes_u16(&b) != BINDING_SUCCESS || limen_bytes_u16(&b) != len - HEADER ||
		!limen_bytes_take(&b, HEADER - 4) ||
		memcmp(answer + 4, request + 4, HEADER - 4) != 0)
		return LIMEN_EPROTO;
	for (unsigned i = 0; i < ATTRIBUTES_MAX && !b.bad; i++) {
		const uint16_t type = limen_bytes_u16(&b), size = limen_bytes_u16(&b);
		const uint8_t *value = limen_bytes_take(&b, (size + 3u) & ~3u);

		if (value && type == STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS)
			return read_mapped(value, size, request, out);
	}
	return LIMEN_EPROTO;
}
