/*
 * A module that does not say its name.
 */
#include "tests/modules/module.h"

extern const struct test_module limen_module;
LIMEN_EXPORT const struct test_module limen_module = {
	.head = TEST_HEAD(TEST_KIND, sizeof(struct test_module), NULL, TEST_SERVICES),
};
