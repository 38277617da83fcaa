/*
 * Things by their ids. The list keeps the order of addition, which clients see. Thread: any.
 */
#include "kit/registry.h"

struct limen_registry {
	GMutex lock;
	GHashTable *by_id; /* char * -> item; both borrowed from order */
	GPtrArray *order;  /* struct entry * */
	limen_registry_ref_fn ref;
	GDestroyNotify unref;
	unsigned max;
};

struct entry {
	struct limen_registry *table;
	char *id;
	gpointer item;
};

static void free_entry(gpointer p)
{
	struct entry *e = p;

	e->table->unref(e->item);
	g_free(e->id);
	g_free(e);
}

struct limen_registry *limen_registry_new(
	limen_registry_ref_fn ref, GDestroyNotify unref, unsigned max)
{
	struct limen_registry *t = g_new0(struct limen_registry, 1);

	g_mutex_init(&t->lock);
	t->by_id = g_hash_table_new(g_str_hash, g_str_equal);
	t->order = g_ptr_array_new_with_free_func(free_entry);
	t->ref = ref;
	t->unref = unref;
	t->max = max;
	return t;
}

void limen_registry_free(struct limen_registry *t)
{
	if (!t)
		return;
	g_hash_table_unref(t->by_id);
	g_ptr_array_unref(t->order);
	g_mutex_clear(&t->lock);
	g_free(t);
}

int limen_registry_add(struct limen_registry *t, const char *id, gpointer item)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&t->lock);
	struct entry *e;

	if (g_hash_table_contains(t->by_id, id))
		return LIMEN_EEXIST;
	if (t->order->len >= t->max)
		return LIMEN_ELIMIT;
	e = g_new(struct entry, 1);
	*e = (struct entry){ t, g_strdup(id), t->ref(item) };
	g_ptr_array_add(t->order, e);
	g_hash_table_insert(t->by_id, e->id, e);
	return 0;
}

gpointer limen_registry_find(struct limen_registry *t, const char *id)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&t->lock);
	struct entry *e = g_hash_table_lookup(t->by_id, id);

	return e ? t->ref(e->item) : NULL;
}

bool limen_registry_remove(struct limen_registry *t, const char *id, gpointer item)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&t->lock);
	struct entry *e = g_hash_table_lookup(t->by_id, id);

	if (!e || e->item != item)
		return false;
	g_hash_table_remove(t->by_id, id);
	g_ptr_array_remove(t->order, e);
	return true;
}

GPtrArray *limen_registry_list(struct limen_registry *t)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&t->lock);
	GPtrArray *list = g_ptr_array_new_with_free_func(t->unref);

	for (guint i = 0; i < t->order->len; i++) {
		struct entry *e = g_ptr_array_index(t->order, i);

		g_ptr_array_add(list, t->ref(e->item));
	}
	return list;
}
