/*
 * The table of limen.jcfg and what is made of it. Main thread.
 */
#ifndef LIMEN_SETTINGS_H
#define LIMEN_SETTINGS_H

#include "core/session/core.h"

extern const struct limen_option limen_settings_table[];

unsigned limen_settings_rows(void);

/* Fills core->set and core->media (but for the certificate) from a checked configuration, which
 * must outlive them. LIMEN_EINVAL with *reason new, every fault on a line; what was filled must be
 * cleared anyway. */
int limen_settings_read(const struct limen_config *c, struct limen_core *core, char **reason);
/* Sets the level of the log. */
void limen_settings_log_level(const struct limen_config *c, struct limen_core *core);
void limen_settings_clear(struct limen_core *core);

#endif
