/*
 * Datagrams from anybody as connectivity checks: nobody who lacks the password is let in, and no
 * answer is much longer than what it answers. One thread.
 */
#include <stdint.h>
#include <string.h>
#include "core/media/stun.h"

#define PWD "0123456789012345678901"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sockaddr_in6 from = { .sin6_family = AF_INET6, .sin6_port = 1 };
	struct limen_stun_check check;
	struct limen_stun_reply reply;
	const char *ufrag = NULL;
	size_t len = 0;
	volatile char last;

	if (limen_stun_ufrag(data, size, &ufrag, &len)) {
		if (len == 0 || len > size)
			__builtin_trap();
		last = ufrag[len - 1];
		(void)last;
	}
	/* The corpus holds a check that is signed with another password only. */
	if (limen_stun_answer(data, size, "abcd", PWD, &from, &check, &reply) == 0)
		__builtin_trap();
	if (reply.len > sizeof(reply.bytes))
		__builtin_trap();
	return 0;
}
