/*
 * A handle as text: what it is, its connection, and each m-line with its rates. Pure.
 */
#ifndef LIMEN_TOOLS_TREE_H
#define LIMEN_TOOLS_TREE_H

#include <jansson.h>

/* before, after: two "info" of handle_info, so many seconds apart. New text. */
char *limen_tree_handle(const json_t *before, const json_t *after, double seconds);
/* {"0": {"in_bps": 1, "out_bps": 2}}, by mid; new */
json_t *limen_tree_rates(const json_t *before, const json_t *after, double seconds);

#endif
