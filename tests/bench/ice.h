/*
 * A minimal full ICE agent (RFC 8445) with one local and one remote candidate, on libnice's STUN
 * code: checks, answers to the server's checks, nomination, consent. Pure but for randomness:
 * datagrams in, datagrams out. Thread: the main loop.
 */
#ifndef BENCH_ICE_H
#define BENCH_ICE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stun/stunagent.h>

#define BENCH_ICE_MAX 512u /* bytes of a datagram that we make */

struct bench_ice {
	StunAgent agent;
	char ufrag[9], pwd[25];
	char *remote_ufrag, *remote_pwd;
	bool controlling;
	bool valid;     /* a check of ours was answered */
	bool nominated; /* the controlling server chose this pair */
	uint64_t tie;
};

void bench_ice_init(struct bench_ice *ice);
void bench_ice_clear(struct bench_ice *ice);
/* Strings copied. */
void bench_ice_start(struct bench_ice *ice, const char *ufrag, const char *pwd, bool controlling);
/* New local credentials, for a restart (RFC 8445 §9). */
void bench_ice_renew(struct bench_ice *ice);
/* A check, or consent once it is up, into out[BENCH_ICE_MAX]; 0: not possible. */
size_t bench_ice_check(struct bench_ice *ice, uint8_t *out);
/* A STUN datagram from the server; the length of the answer in out[BENCH_ICE_MAX], or 0. */
size_t bench_ice_feed(struct bench_ice *ice, const uint8_t *bytes, size_t len,
	const struct sockaddr_in *from, uint8_t *out);
bool bench_ice_is_up(const struct bench_ice *ice);

#endif
