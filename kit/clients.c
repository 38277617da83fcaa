/*
 * The clients of a transport by number. Numbers come from a counter, so a late answer for a client
 * that has gone can never reach another one. Threads: see clients.h.
 */
#include "kit/clients.h"

#include <stdlib.h>

struct text {
	char *bytes;
	size_t len;
};

struct client {
	uint64_t id;
	void *owner;
	GQueue texts; /* struct text * */
	size_t bytes;
	bool ready; /* listed in limen_clients.ready */
	bool cut;
};

struct limen_clients {
	GMutex lock;
	GHashTable *by_id; /* struct client *, keyed by its id */
	GArray *ready;     /* uint64_t: not pointers, since a client may go before its turn */
	uint64_t last_id;
	uint64_t cut;
	size_t messages_max, bytes_max;
};

static void text_free(void *data)
{
	struct text *t = data;

	free(t->bytes);
	g_free(t);
}

static void client_free(void *data)
{
	struct client *k = data;

	g_queue_clear_full(&k->texts, text_free);
	g_free(k);
}

struct limen_clients *limen_clients_new(size_t messages_max, size_t bytes_max)
{
	struct limen_clients *c = g_new0(struct limen_clients, 1);

	g_mutex_init(&c->lock);
	c->by_id = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, client_free);
	c->ready = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	c->messages_max = messages_max;
	c->bytes_max = bytes_max;
	return c;
}

void limen_clients_free(struct limen_clients *c)
{
	if (!c)
		return;
	g_hash_table_destroy(c->by_id);
	g_array_free(c->ready, TRUE);
	g_mutex_clear(&c->lock);
	g_free(c);
}

uint64_t limen_clients_add(struct limen_clients *c, void *owner)
{
	struct client *k = g_new0(struct client, 1);
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&c->lock);

	k->id = ++c->last_id;
	k->owner = owner;
	g_queue_init(&k->texts);
	g_hash_table_insert(c->by_id, &k->id, k);
	return k->id;
}

void limen_clients_remove(struct limen_clients *c, uint64_t client)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&c->lock);

	g_hash_table_remove(c->by_id, &client);
}

/* Lists a client for the service thread. Returns whether that thread sleeps through it otherwise.
 * Lock held */
static bool mark_ready(struct limen_clients *c, struct client *k)
{
	if (k->ready)
		return false;
	k->ready = true;
	g_array_append_val(c->ready, k->id);
	return c->ready->len == 1;
}

static void cut(struct limen_clients *c, struct client *k)
{
	k->cut = true;
	k->bytes = 0;
	g_queue_clear_full(&k->texts, text_free);
	c->cut++;
}

static int push_locked(
	struct limen_clients *c, uint64_t client, char *bytes, size_t len, bool *wake)
{
	struct client *k = g_hash_table_lookup(c->by_id, &client);
	struct text *t;

	if (!k)
		return LIMEN_ENOENT;
	if (k->cut)
		return LIMEN_ESTATE;
	if (k->texts.length >= c->messages_max || len > c->bytes_max - k->bytes) {
		cut(c, k);
		*wake = mark_ready(c, k);
		return LIMEN_ELIMIT;
	}
	t = g_new(struct text, 1);
	*t = (struct text){ .bytes = bytes, .len = len };
	g_queue_push_tail(&k->texts, t);
	k->bytes += len;
	*wake = mark_ready(c, k);
	return 0;
}

int limen_clients_push(struct limen_clients *c, uint64_t client, char *text, size_t len, bool *wake)
{
	int err;

	*wake = false;
	g_mutex_lock(&c->lock);
	err = push_locked(c, client, text, len, wake);
	g_mutex_unlock(&c->lock);
	if (err)
		free(text);
	return err;
}

char *limen_clients_pop(struct limen_clients *c, uint64_t client, size_t *len, bool *more)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&c->lock);
	struct client *k = g_hash_table_lookup(c->by_id, &client);
	struct text *t = k ? g_queue_pop_head(&k->texts) : NULL;
	char *bytes = NULL;

	*more = false;
	if (t) {
		bytes = t->bytes;
		*len = t->len;
		k->bytes -= t->len;
		*more = k->texts.length > 0;
		g_free(t);
	}
	return bytes;
}

void limen_clients_ready(struct limen_clients *c, limen_clients_ready_fn fn, void *arg)
{
	GArray *ready;

	g_mutex_lock(&c->lock);
	ready = c->ready;
	c->ready = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	g_mutex_unlock(&c->lock);

	for (unsigned i = 0; i < ready->len; i++) {
		struct client *k;
		void *owner = NULL;
		bool is_cut = false;

		g_mutex_lock(&c->lock);
		k = g_hash_table_lookup(c->by_id, &g_array_index(ready, uint64_t, i));
		if (k) {
			k->ready = false;
			owner = k->owner;
			is_cut = k->cut;
		}
		g_mutex_unlock(&c->lock);
		/* Only this thread removes clients, so owner outlives the lock. */
		if (k)
			fn(owner, is_cut, arg);
	}
	g_array_free(ready, TRUE);
}

unsigned limen_clients_count(struct limen_clients *c)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&c->lock);

	return g_hash_table_size(c->by_id);
}

uint64_t limen_clients_cut(struct limen_clients *c)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&c->lock);

	return c->cut;
}
