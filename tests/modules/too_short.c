/*
 * A module whose struct does not even hold the head.
 */
#include "tests/modules/module.h"

extern const struct test_module limen_module;
LIMEN_EXPORT const struct test_module limen_module = {
	.head = TEST_HEAD(
		TEST_KIND, sizeof(struct limen_module_head) - 1, TEST_NAME, TEST_SERVICES),
};
