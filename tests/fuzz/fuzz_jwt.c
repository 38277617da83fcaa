/*
 * Tokens from anybody, against keys that everybody knows from the RFCs: whatever is let in must
 * have been signed, which a change of its last character shows. One thread.
 */
#include "core/session/jwt.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include "tests/lib/jwt_vectors.h"

#define BEFORE_S 1300819379

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct limen_jwt_config config = { RFC7515_SECRET, RFC7515_EC_KEY, NULL };
	static const struct limen_jwt_use use = { "janus.plugin.videoroom", NULL, BEFORE_S };
	static struct limen_jwt *j;
	g_autofree char *token = g_strndup((const char *)data, size), *reason = NULL;

	if (!j && limen_jwt_new(&j, &config, &reason))
		abort();
	if (limen_jwt_valid(j, token, &use)) {
		token[strlen(token) - 2] ^= 1;
		if (limen_jwt_valid(j, token, &use))
			__builtin_trap();
	}
	return 0;
}
