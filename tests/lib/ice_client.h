/*
 * A client of ICE for tests: its checks over a UDP socket or in memory, and what it makes of the
 * answers. Thread: the test's.
 */
#ifndef LIMEN_TESTS_ICE_CLIENT_H
#define LIMEN_TESTS_ICE_CLIENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a check says; zero is a plain one of a controlling client. */
struct ice_check {
	const char *ufrag, *pwd; /* of the server */
	bool use_candidate, controlled;
	bool no_fingerprint, no_username;
	uint16_t extra; /* type of an attribute to add; 0 = none */
};

/* Builds a check; returns its length. */
size_t ice_check_write(const struct ice_check *c, uint8_t *out, size_t cap);

/* The answer to a check: 0 = success with the mapped address, else the error code; -1 = not an
 * answer to it, or not authentic. request: the check's bytes. mapped may be NULL. */
int ice_answer_read(const uint8_t *request, size_t request_len, const uint8_t *bytes, size_t len,
	const char *pwd, struct sockaddr_storage *mapped);

/* A UDP socket connected to 127.0.0.1:port. */
int ice_client_socket(uint16_t port);
/* Reads what is there, without waiting; -1 = nothing. */
int ice_client_read(int fd, uint8_t *out, size_t cap);

#endif
