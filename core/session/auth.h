/*
 * Who may use the API (spec api-core §6): a shared secret, stored and signed tokens, JSON Web
 * Tokens. Pure but for the wall clock; any thread.
 */
#ifndef LIMEN_SESSION_AUTH_H
#define LIMEN_SESSION_AUTH_H

#include "core/session/core.h"

/* Equal texts, in time that depends on the length of given only; false when either is NULL. */
bool limen_auth_equal(const char *given, const char *secret);
/* Are these credentials (NULL = not given) enough? Always when neither kind is configured. */
bool limen_auth_check(const struct limen_settings *set, const char *secret, const char *token);
/* May the holder of this token attach to this plugin? */
bool limen_auth_plugin(const struct limen_settings *set, const char *token, const char *plugin);
/* For plugins: is this token valid for a realm, a plugin's package, with a descriptor such as
 * "room=1234"? LIMEN_EAUTH: no; LIMEN_ENOTSUP: the gateway uses neither signed tokens nor JSON Web
 * Tokens. */
int limen_auth_realm(const struct limen_settings *set, const char *token, const char *realm,
	const char *descriptor);
/* Is a signed token "EXPIRY,REALM[,DESCRIPTOR]*:SIGNATURE" valid for this realm at now_s, with this
 * descriptor (NULL = any)? */
bool limen_auth_signed(const char *token, const char *secret, const char *realm,
	const char *descriptor, int64_t now_s);

#endif
