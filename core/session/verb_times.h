/*
 * How long requests took from their arrival to their first answer, by verb and result. Thread: any,
 * without locks.
 */
#ifndef LIMEN_SESSION_VERB_TIMES_H
#define LIMEN_SESSION_VERB_TIMES_H

#include "core/base/openmetrics.h"

/* verb NULL or unknown: counted as "other". */
void limen_verb_times_note(const char *verb, bool failed, int64_t us);
/* The samples of all verbs that came. */
void limen_verb_times_write(struct limen_metrics *m);

#endif
