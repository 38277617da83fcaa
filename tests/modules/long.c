/*
 * A newer module: its struct has a member that the core does not know.
 */
#include "tests/modules/module.h"

struct longer {
	struct test_module known;
	int unknown;
};

extern const struct longer limen_module;
LIMEN_EXPORT const struct longer limen_module = {
	.known = { .head = TEST_HEAD(TEST_KIND, sizeof(struct longer), TEST_NAME, TEST_SERVICES),
		.first = 11,
		.added = 22 },
	.unknown = 33,
};
