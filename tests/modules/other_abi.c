/*
 * A module of another ABI: nothing behind that number may be looked at.
 */
#include "tests/modules/module.h"

extern const uint32_t limen_module;
LIMEN_EXPORT const uint32_t limen_module = LIMEN_ABI + 1;
