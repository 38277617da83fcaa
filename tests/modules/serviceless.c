/*
 * A module that has no place for its services.
 */
#include "tests/modules/module.h"

extern const struct test_module limen_module;
LIMEN_EXPORT const struct test_module limen_module = {
	.head = TEST_HEAD(TEST_KIND, sizeof(struct test_module), TEST_NAME, NULL),
};
