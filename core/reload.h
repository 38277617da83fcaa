/*
 * limen.jcfg read again while the gateway runs. Thread: any; one at a time.
 */
#ifndef LIMEN_RELOAD_H
#define LIMEN_RELOAD_H

#include "core/session/core.h"

struct limen_reload;

/* now: the configuration that core runs with; borrowed for life. */
struct limen_reload *limen_reload_new(struct limen_core *core, const struct limen_config *now);
/* Not before the last request: secrets are borrowed from what was read. NULL is fine. */
void limen_reload_free(struct limen_reload *r);

/* Reads the file. Values that differ from those read before, and can change while the gateway runs,
 * do. *report (new): {"changed": ["general.api_secret"], "restart": ["general.loops"]}, the latter
 * what differs from the values at the start and waits for the next one. LIMEN_EINVAL with *reason
 * new, every fault on a line: nothing changes. Blocks. */
int limen_reload_run(struct limen_reload *r, const char *file, json_t **report, char **reason);

#endif
