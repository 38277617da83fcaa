/*
 * The way of events to event handlers. Main thread.
 */
#ifndef LIMEN_HOST_EVENT_HOST_H
#define LIMEN_HOST_EVENT_HOST_H

#include "core/session/core.h"

/* After the handlers were started. */
void limen_event_host_start(struct limen_core *core);
/* Before they are stopped: what is queued is carried first. */
void limen_event_host_stop(struct limen_core *core);

#endif
