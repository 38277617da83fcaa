/*
 * A range of UDP ports as operators write it: "10000-60000". Pure; any thread.
 */
#ifndef LIMEN_KIT_PORTS_H
#define LIMEN_KIT_PORTS_H

#include <limen/types.h>

/* LIMEN_EINVAL: not two numbers from 1 to 65535, or the second is not the greater. */
int limen_ports_read(const char *text, uint16_t *min, uint16_t *max);

#endif
