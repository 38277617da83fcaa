/*
 * A client's side of connectivity checks, on libnice's STUN library. Thread: the test's.
 */
#include "tests/lib/ice_client.h"
#include <arpa/inet.h>
#include <glib.h>
#include <string.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>
#include <unistd.h>

#define TIE 7

static void init(StunAgent *agent, bool fingerprint)
{
	stun_agent_init(agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
		STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
			(fingerprint ? STUN_AGENT_USAGE_USE_FINGERPRINT : 0));
}

size_t ice_check_write(const struct ice_check *c, uint8_t *out, size_t cap)
{
	g_autofree char *user = g_strconcat(c->ufrag ? c->ufrag : "", ":them", NULL);
	const char *pwd = c->pwd ? c->pwd : "";
	StunAgent agent;
	StunMessage m;

	init(&agent, !c->no_fingerprint);
	g_assert_true(stun_agent_init_request(&agent, &m, out, cap, STUN_BINDING));
	if (c->extra)
		stun_message_append32(&m, c->extra, 1);
	if (c->use_candidate)
		stun_message_append_flag(&m, STUN_ATTRIBUTE_USE_CANDIDATE);
	stun_message_append32(&m, STUN_ATTRIBUTE_PRIORITY, 1853824767);
	stun_message_append64(&m,
		c->controlled ? STUN_ATTRIBUTE_ICE_CONTROLLED : STUN_ATTRIBUTE_ICE_CONTROLLING,
		TIE);
	if (!c->no_username)
		stun_message_append_string(&m, STUN_ATTRIBUTE_USERNAME, user);
	return stun_agent_finish_message(
		&agent, &m, c->pwd ? (const uint8_t *)pwd : NULL, strlen(pwd));
}

/* The agent forgets what it asked; so the request is asked again in memory, by its own id. */
static void remember(StunAgent *agent, const uint8_t *request, size_t request_len, const char *pwd)
{
	agent->sent_ids[0].method = STUN_BINDING;
	agent->sent_ids[0].key = (uint8_t *)pwd;
	agent->sent_ids[0].key_len = strlen(pwd);
	agent->sent_ids[0].valid = true;
	g_assert_cmpuint(request_len, >=, 20);
	memcpy(agent->sent_ids[0].id, request + 4, sizeof(StunTransactionId));
}

int ice_answer_read(const uint8_t *request, size_t request_len, const uint8_t *bytes, size_t len,
	const char *pwd, struct sockaddr_storage *mapped)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	StunAgent agent;
	StunMessage m;
	int code = -1;

	init(&agent, true);
	remember(&agent, request, request_len, pwd);
	if (len < 20 || memcmp(bytes + 4, request + 4, 16) != 0)
		return -1;
	switch (stun_agent_validate(&agent, &m, bytes, len, NULL, NULL)) {
	case STUN_VALIDATION_SUCCESS:
		break;
	case STUN_VALIDATION_UNAUTHORIZED_BAD_REQUEST: /* an error answer that is not signed */
	case STUN_VALIDATION_UNAUTHORIZED:
		if (stun_message_get_class(&m) == STUN_ERROR)
			break;
		return -1;
	default:
		return -1;
	}
	if (stun_message_get_class(&m) == STUN_ERROR)
		return stun_message_find_error(&m, &code) == STUN_MESSAGE_RETURN_SUCCESS ? code
											 : -1;
	if (stun_message_find_xor_addr(&m, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, &address, &size))
		return -1;
	if (mapped)
		*mapped = address;
	return 0;
}

int ice_client_socket(uint16_t port)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(connect(fd, (const struct sockaddr *)&to, sizeof(to)), ==, 0);
	return fd;
}

int ice_client_read(int fd, uint8_t *out, size_t cap)
{
	return (int)recv(fd, out, cap, MSG_DONTWAIT);
}
