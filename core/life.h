/*
 * The gateway between its start and its end: signals, draining, the service manager. Main thread.
 */
#ifndef LIMEN_LIFE_H
#define LIMEN_LIFE_H

#include "core/gateway.h"

/* Starts, runs until a signal ends it, stops. The exit code. */
int limen_life_run(const struct limen_gateway_paths *paths);

#endif
