/*
 * `limen doctor`: tries what the gateway will need. Main thread.
 */
#ifndef LIMEN_DOCTOR_H
#define LIMEN_DOCTOR_H

#include "core/gateway.h"

/* Prints a line for each thing: "ok", "warning" or "fault", and then what to do. How many faults
 * there are. Starts nothing. */
unsigned limen_doctor_run(const struct limen_gateway_paths *paths);

#endif
