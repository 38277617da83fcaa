/*
 * A transport.
 */
#include "tests/modules/module.h"

extern const struct test_module limen_module;
LIMEN_EXPORT const struct test_module limen_module = {
	.head = TEST_HEAD(
		LIMEN_MODULE_TRANSPORT, sizeof(struct test_module), TEST_NAME, TEST_SERVICES),
};
