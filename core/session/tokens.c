/*
 * Stored tokens. Look-ups go by the hash of a token, so the time that one takes tells nothing of
 * how much of a guess was right. Thread: any.
 */
#include "core/session/tokens.h"
#include <glib.h>
#include <string.h>
#include <limen/types.h>

struct limen_tokens {
	GMutex lock;
	GHashTable *by_hash; /* SHA-256 of the token as text → struct token * */
};

struct token {
	char *text;
	GHashTable *plugins; /* set of char * */
};

static void token_free(gpointer arg)
{
	struct token *k = arg;

	g_free(k->text);
	g_hash_table_destroy(k->plugins);
	g_free(k);
}

struct limen_tokens *limen_tokens_new(void)
{
	struct limen_tokens *t = g_new0(struct limen_tokens, 1);

	g_mutex_init(&t->lock);
	t->by_hash = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, token_free);
	return t;
}

void limen_tokens_free(struct limen_tokens *t)
{
	if (!t)
		return;
	g_hash_table_destroy(t->by_hash);
	g_mutex_clear(&t->lock);
	g_free(t);
}

static char *hash_of(const char *token)
{
	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, token, -1);
}

/* Locked */
static struct token *find(struct limen_tokens *t, const char *token)
{
	g_autofree char *hash = hash_of(token);

	return g_hash_table_lookup(t->by_hash, hash);
}

int limen_tokens_add(struct limen_tokens *t, const char *token, const char *const *plugins)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&t->lock);
	struct token *k = find(t, token);

	if (!k) {
		if (g_hash_table_size(t->by_hash) >= LIMEN_TOKENS_MAX ||
			strlen(token) > LIMEN_TOKEN_MAX)
			return LIMEN_ELIMIT;
		k = g_new0(struct token, 1);
		k->text = g_strdup(token);
		k->plugins = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		g_hash_table_insert(t->by_hash, hash_of(token), k);
	}
	for (; *plugins; plugins++)
		g_hash_table_add(k->plugins, g_strdup(*plugins));
	return 0;
}

bool limen_tokens_has(struct limen_tokens *t, const char *token)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&t->lock);

	return find(t, token) != NULL;
}

bool limen_tokens_remove(struct limen_tokens *t, const char *token)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&t->lock);
	g_autofree char *hash = hash_of(token);

	return g_hash_table_remove(t->by_hash, hash);
}

int limen_tokens_disallow(struct limen_tokens *t, const char *token, const char *const *plugins)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&t->lock);
	struct token *k = find(t, token);

	if (!k)
		return LIMEN_ENOENT;
	for (; *plugins; plugins++)
		g_hash_table_remove(k->plugins, *plugins);
	return 0;
}

bool limen_tokens_allows(struct limen_tokens *t, const char *token, const char *plugin)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&t->lock);
	const struct token *k = find(t, token);

	return k && (!plugin || g_hash_table_contains(k->plugins, plugin));
}

static gint by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(a, b);
}

/* Locked; new, in alphabetical order */
static json_t *plugins_of(const struct token *k)
{
	json_t *list = json_array();
	GList *names;

	if (!k)
		return list;
	names = g_list_sort(g_hash_table_get_keys(k->plugins), by_text);
	for (GList *n = names; n; n = n->next)
		json_array_append_new(list, json_string(n->data));
	g_list_free(names);
	return list;
}

json_t *limen_tokens_plugins(struct limen_tokens *t, const char *token)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&t->lock);

	return plugins_of(find(t, token));
}

json_t *limen_tokens_list(struct limen_tokens *t)
{
	g_autoptr(GMutexLocker) lock G_GNUC_UNUSED = g_mutex_locker_new(&t->lock);
	json_t *list = json_array();
	GHashTableIter it;
	gpointer value;

	g_hash_table_iter_init(&it, t->by_hash);
	while (g_hash_table_iter_next(&it, NULL, &value)) {
		const struct token *k = value;

		if (g_hash_table_size(k->plugins))
			json_array_append_new(list,
				json_pack("{s:s,s:o}", "token", k->text, "allowed_plugins",
					plugins_of(k)));
	}
	return list;
}
