/*
 * The metrics of the gateway as text (docs/metrics.md lists them). Thread: any; the answer comes on
 * a loop.
 */
#ifndef LIMEN_SESSION_METRICS_H
#define LIMEN_SESSION_METRICS_H

#include "core/session/core.h"

#define LIMEN_METRICS_MEETINGS_MAX 50u /* meetings with numbers of their own, the largest ones */

/* Gives the text (takes: free()) to done; old: the format 0.0.4 of Prometheus, else OpenMetrics.
 * False: the gateway is closing. */
bool limen_metrics_ask(struct limen_core *core, bool old, uint64_t request,
	void (*done)(uint64_t request, char *text));

#endif
