/*
 * An older module: its struct ends before the last member. What follows in memory is not zero.
 */
#include "tests/modules/module.h"

#define OLD_SIZE offsetof(struct test_module, added)

extern const struct test_module limen_module;
LIMEN_EXPORT const struct test_module limen_module = {
	.head = TEST_HEAD(TEST_KIND, OLD_SIZE, TEST_NAME, TEST_SERVICES),
	.first = 11,
	.added = 99,
};
