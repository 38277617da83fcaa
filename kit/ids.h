/*
 * Ids of rooms, users and mountpoints: integers on the wire, or strings where the operator chose
 * string_ids. Inside a plugin an id is always its text. Pure but for limen->base.random(); any
 * thread.
 */
#ifndef LIMEN_KIT_IDS_H
#define LIMEN_KIT_IDS_H

#include <limen/plugin.h>

/* The text of an id of either kind, new; NULL when there is none, or it is 0 or empty: "choose one
 * for me". */
char *limen_ids_text(const json_t *id);
/* An id as it goes on the wire; new */
json_t *limen_ids_json(const char *text, bool strings);
/* A new random id: at most 53 bits, so that every JSON reader keeps it; a UUID when strings. New */
char *limen_ids_random(bool strings);
/* A random unsigned 32-bit number, never 0. */
uint32_t limen_ids_random32(void);
/* Is this text a positive decimal integer, as limen_ids_text() writes it? */
bool limen_ids_numeric(const char *text);

#endif
