/*
 * Rooms, mountpoints and the like by their ids: one lock for the table, items counted by reference.
 * An item's own lock is taken, if at all, after the table's, never the other way round. Thread:
 * any.
 */
#ifndef LIMEN_KIT_REGISTRY_H
#define LIMEN_KIT_REGISTRY_H

#include <glib.h>
#include <limen/types.h>

struct limen_registry;

/* How items are counted. */
typedef gpointer (*limen_registry_ref_fn)(gpointer item);

struct limen_registry *limen_registry_new(
	limen_registry_ref_fn ref, GDestroyNotify unref, unsigned max);
/* Lets every item go. NULL is fine. */
void limen_registry_free(struct limen_registry *t);

/* References item. LIMEN_EEXIST, LIMEN_ELIMIT. */
int limen_registry_add(struct limen_registry *t, const char *id, gpointer item);
/* A reference, or NULL. */
gpointer limen_registry_find(struct limen_registry *t, const char *id);
/* Forgets this item; false when the id is not in the table, or by now another's. */
bool limen_registry_remove(struct limen_registry *t, const char *id, gpointer item);
/* References to all items, in the order they were added; new, frees them with itself. */
GPtrArray *limen_registry_list(struct limen_registry *t);

#endif
