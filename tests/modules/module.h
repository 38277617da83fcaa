/*
 * What the modules of test_module.c have in common: a head that is right, to be spoiled in one
 * point by each.
 */
#ifndef LIMEN_TESTS_MODULES_MODULE_H
#define LIMEN_TESTS_MODULES_MODULE_H

#include <limen/module.h>

/* As if this were the core's struct of the kind "plugin": later versions added at the end. */
struct test_module {
	struct limen_module_head head;
	int first, added;
};

#define TEST_HEAD(kind_, size_, name_, services_)                                                  \
	{                                                                                          \
		.abi = LIMEN_ABI, .kind = kind_, .size = size_, .name = name_,                     \
		.services = services_                                                              \
	}
#define TEST_KIND LIMEN_MODULE_PLUGIN
#define TEST_NAME "test.module"
#define TEST_SERVICES (&(const void *){ NULL })

#endif
