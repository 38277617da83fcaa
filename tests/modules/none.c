/*
 * A library that is no module.
 */
#include "tests/modules/module.h"

extern int limen_other;
LIMEN_EXPORT int limen_other = 5;
