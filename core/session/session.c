/*
 * Sessions and their table. The table's lock covers look-up, insertion and removal, and which
 * sessions a client has; what a session holds is under its own lock, and events leave under it so
 * that a claim never lets two clients see the same event. Thread: any.
 */
#include "core/session/session.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/session/events.h"
#include "core/session/handle.h"
#include "core/session/reply.h"

struct limen_sessions {
	struct limen_core *core;
	GMutex lock;
	GHashTable *by_id;   /* guint64 * in the session → session, one reference each */
	GHashTable *clients; /* set of struct client * that have sessions */
};

/* A client of a transport. Under the table's lock. */
struct client {
	const struct limen_transport *transport;
	uint64_t id;
	GQueue sessions; /* borrowed; links are in them */
};

struct limen_session {
	gint refs;
	uint64_t id;
	struct limen_sessions *table;
	struct client *listed_by; /* whose list it is in, or NULL: under the table's lock */
	GList link;
	GMutex lock;
	const struct limen_transport *owner;
	uint64_t client;
	bool orphan; /* its connection went; waits to be claimed */
	bool ended;
	int64_t active_us;
	int timeout_s;       /* its own; -1 = the global one */
	GHashTable *handles; /* guint64 * in the handle → handle, one reference each */
};

static void drop_handle(gpointer h)
{
	limen_handle_unref(h);
}

static guint client_hash(gconstpointer key)
{
	const struct client *c = key;

	return g_int64_hash(&c->id) ^ g_direct_hash(c->transport);
}

static gboolean client_equal(gconstpointer a, gconstpointer b)
{
	const struct client *x = a, *y = b;

	return x->id == y->id && x->transport == y->transport;
}

static struct client *find_client(
	const struct limen_sessions *t, const struct limen_transport *transport, uint64_t id)
{
	const struct client key = { .transport = transport, .id = id };

	return g_hash_table_lookup(t->clients, &key);
}

/* Takes it off its client's list. Table locked. */
static void leave_client(struct limen_session *s)
{
	struct client *c = g_steal_pointer(&s->listed_by);

	if (!c)
		return;
	g_queue_unlink(&c->sessions, &s->link);
	if (g_queue_is_empty(&c->sessions))
		g_hash_table_remove(s->table->clients, c);
}

/* Puts it on the list of its client. Table locked. */
static void join_client(
	struct limen_session *s, const struct limen_transport *transport, uint64_t id)
{
	struct client *c;

	leave_client(s);
	if (!(c = find_client(s->table, transport, id))) {
		c = g_new0(struct client, 1);
		*c = (struct client){ .transport = transport, .id = id };
		g_hash_table_add(s->table->clients, c);
	}
	g_queue_push_tail_link(&c->sessions, &s->link);
	s->listed_by = c;
}

struct limen_sessions *limen_sessions_new(struct limen_core *core)
{
	struct limen_sessions *t = g_new0(struct limen_sessions, 1);

	t->core = core;
	g_mutex_init(&t->lock);
	t->by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
	t->clients = g_hash_table_new_full(client_hash, client_equal, g_free, NULL);
	return t;
}

void limen_sessions_free(struct limen_sessions *t)
{
	if (!t)
		return;
	g_hash_table_destroy(t->by_id);
	g_hash_table_destroy(t->clients);
	g_mutex_clear(&t->lock);
	g_free(t);
}

struct limen_session *limen_session_ref(struct limen_session *s)
{
	g_atomic_int_inc(&s->refs);
	return s;
}

void limen_session_unref(struct limen_session *s)
{
	if (!s || !g_atomic_int_dec_and_test(&s->refs))
		return;
	g_hash_table_destroy(s->handles);
	g_mutex_clear(&s->lock);
	g_free(s);
}

static struct limen_session *session_new(
	struct limen_sessions *t, uint64_t id, const struct limen_transport *owner, uint64_t client)
{
	struct limen_session *s = g_new0(struct limen_session, 1);

	s->refs = 2; /* the table's and the caller's */
	s->id = id;
	s->table = t;
	s->owner = owner;
	s->client = client;
	s->active_us = limen_now_us();
	s->timeout_s = -1;
	s->link.data = s;
	g_mutex_init(&s->lock);
	s->handles = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, drop_handle);
	return s;
}

int limen_session_create(struct limen_sessions *t, uint64_t id, const struct limen_transport *owner,
	uint64_t client, struct limen_session **out)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&t->lock);
	const int max = limen_setting(&t->core->set.sessions_max);

	*out = NULL;
	if (id && g_hash_table_contains(t->by_id, &id))
		return LIMEN_EEXIST;
	if (max && g_hash_table_size(t->by_id) >= (guint)max)
		return LIMEN_ELIMIT;
	while (!id || g_hash_table_contains(t->by_id, &id))
		id = limen_random_id();
	*out = session_new(t, id, owner, client);
	g_hash_table_insert(t->by_id, &(*out)->id, *out);
	join_client(*out, owner, client);
	if (owner->session)
		owner->session(client, id, LIMEN_SESSION_CREATED);
	return 0;
}

static struct limen_session *find_listed(struct limen_sessions *t, uint64_t id)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&t->lock);
	struct limen_session *s = g_hash_table_lookup(t->by_id, &id);

	return s ? limen_session_ref(s) : NULL;
}

static bool has_ended(struct limen_session *s)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&s->lock);

	return s->ended;
}

/* A session that is ending stays listed until its handles are told, but its client has heard of the
 * end already. */
struct limen_session *limen_session_find(struct limen_sessions *t, uint64_t id)
{
	struct limen_session *s = find_listed(t, id);

	if (s && has_ended(s))
		g_clear_pointer(&s, limen_session_unref);
	return s;
}

uint64_t limen_session_id(const struct limen_session *s)
{
	return s->id;
}

void limen_session_touch(struct limen_session *s)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&s->lock);

	s->active_us = limen_now_us();
}

/* Locked */
static int effective_timeout_s(const struct limen_session *s)
{
	return s->timeout_s >= 0 ? s->timeout_s
				 : limen_setting(&s->table->core->set.session_timeout_s);
}

void limen_session_look(struct limen_session *s, struct limen_session_view *out)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&s->lock);

	*out = (struct limen_session_view){ s->active_us, effective_timeout_s(s),
		s->owner->head.name };
}

void limen_session_set_timeout(struct limen_session *s, int timeout_s)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&s->lock);

	s->timeout_s = timeout_s;
}

json_t *limen_session_list_handles(struct limen_session *s)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&s->lock);
	json_t *list = json_array();
	GHashTableIter it;
	gpointer id;

	g_hash_table_iter_init(&it, s->handles);
	while (g_hash_table_iter_next(&it, &id, NULL))
		json_array_append_new(list, json_integer((json_int_t) * (guint64 *)id));
	return list;
}

GPtrArray *limen_session_handles(struct limen_session *s)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(drop_handle);
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&s->lock);
	GHashTableIter it;
	gpointer h;

	g_hash_table_iter_init(&it, s->handles);
	while (g_hash_table_iter_next(&it, NULL, &h))
		g_ptr_array_add(list, limen_handle_ref(h));
	return list;
}

bool limen_session_owned_by(struct limen_session *s, const struct limen_transport *owner)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&s->lock);

	return !s->ended && s->owner == owner;
}

void limen_session_notify(struct limen_session *s, json_t *msg)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&s->lock);

	if (s->ended || s->orphan)
		json_decref(msg);
	else
		s->owner->send(s->client, 0, s->id, msg);
}

void limen_session_claim(
	struct limen_session *s, const struct limen_transport *owner, uint64_t client)
{
	g_autoptr(GMutexLocker) table G_GNUC_UNUSED = g_mutex_locker_new(&s->table->lock);
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&s->lock);

	if (s->ended || (!s->orphan && s->owner == owner && s->client == client))
		return;
	if (!s->orphan && s->owner->session)
		s->owner->session(s->client, s->id, LIMEN_SESSION_LOST);
	s->owner = owner;
	s->client = client;
	s->orphan = false;
	join_client(s, owner, client);
	if (owner->session)
		owner->session(client, s->id, LIMEN_SESSION_CLAIMED);
}

/* Marks it ended and tells its owner; false when it had ended. */
static bool close_session(struct limen_session *s, enum limen_session_end why)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&s->lock);

	if (s->ended)
		return false;
	s->ended = true;
	if (s->orphan)
		return true;
	if (why == LIMEN_END_TIMEOUT)
		s->owner->send(s->client, 0, s->id, limen_reply("timeout", s->id, NULL));
	if (s->owner->session)
		s->owner->session(s->client, s->id,
			why == LIMEN_END_TIMEOUT ? LIMEN_SESSION_TIMEOUT : LIMEN_SESSION_OVER);
	return true;
}

static GPtrArray *take_handles(struct limen_session *s)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(drop_handle);
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&s->lock);
	GHashTableIter it;
	gpointer h;

	g_hash_table_iter_init(&it, s->handles);
	while (g_hash_table_iter_next(&it, NULL, &h)) {
		g_ptr_array_add(list, limen_handle_ref(h));
		g_hash_table_iter_remove(&it);
	}
	return list;
}

static void unlist(struct limen_session *s)
{
	struct limen_sessions *t = s->table;

	g_mutex_lock(&t->lock);
	g_hash_table_remove(t->by_id, &s->id);
	leave_client(s);
	g_mutex_unlock(&t->lock);
	limen_session_unref(s);
}

void limen_session_end(struct limen_session *s, enum limen_session_end why)
{
	static const char *const names[] = { "destroyed", "timeout", "lost" };
	g_autoptr(GPtrArray) handles = NULL;

	if (!close_session(s, why))
		return;
	handles = take_handles(s);
	for (guint i = 0; i < handles->len; i++)
		limen_handle_detach_later(g_ptr_array_index(handles, i));
	limen_log_write(LIMEN_LOG_DEBUG, "session", s->id, 0, "%s", names[why]);
	limen_events_session_ended(s->table->core, s->id, names[why == LIMEN_END_TIMEOUT]);
	unlist(s);
}

GPtrArray *limen_sessions_all(struct limen_sessions *t)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)limen_session_unref);
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&t->lock);
	GHashTableIter it;
	gpointer s;

	g_hash_table_iter_init(&it, t->by_id);
	while (g_hash_table_iter_next(&it, NULL, &s))
		g_ptr_array_add(list, limen_session_ref(s));
	return list;
}

void limen_sessions_end_all(struct limen_sessions *t)
{
	g_autoptr(GPtrArray) list = limen_sessions_all(t);

	for (guint i = 0; i < list->len; i++)
		limen_session_end(g_ptr_array_index(list, i), LIMEN_END_DESTROYED);
}

size_t limen_sessions_count(struct limen_sessions *t)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&t->lock);

	return g_hash_table_size(t->by_id);
}

int limen_session_add_handle(struct limen_session *s, struct limen_core_handle *h)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&s->lock);
	const int max = limen_setting(&s->table->core->set.handles_max);

	if (s->ended)
		return LIMEN_ESTATE;
	if (max && g_hash_table_size(s->handles) >= (guint)max)
		return LIMEN_ELIMIT;
	while (!h->pub.id || g_hash_table_contains(s->handles, &h->pub.id))
		h->pub.id = limen_random_id();
	g_hash_table_insert(s->handles, &h->pub.id, limen_handle_ref(h));
	return 0;
}

struct limen_core_handle *limen_session_handle(struct limen_session *s, uint64_t id)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&s->lock);
	struct limen_core_handle *h = g_hash_table_lookup(s->handles, &id);

	return h ? limen_handle_ref(h) : NULL;
}

void limen_session_remove_handle(struct limen_session *s, uint64_t id)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&s->lock);

	g_hash_table_remove(s->handles, &id);
}

static bool lose_owner(
	struct limen_session *s, const struct limen_transport *owner, uint64_t client)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&s->lock);

	if (s->owner != owner || s->client != client || s->orphan)
		return false;
	s->orphan = true;
	return true;
}

/* Empties the list of a client that has gone. */
static GPtrArray *take_sessions(
	struct limen_sessions *t, const struct limen_transport *owner, uint64_t client)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)limen_session_unref);
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&t->lock);
	struct client *c;

	while ((c = find_client(t, owner, client))) {
		struct limen_session *s = g_queue_peek_head(&c->sessions);

		g_ptr_array_add(list, limen_session_ref(s));
		leave_client(s);
	}
	return list;
}

void limen_sessions_client_gone(
	struct limen_sessions *t, const struct limen_transport *owner, uint64_t client)
{
	g_autoptr(GPtrArray) list = take_sessions(t, owner, client);

	for (guint i = 0; i < list->len; i++) {
		struct limen_session *s = g_ptr_array_index(list, i);

		if (lose_owner(s, owner, client) &&
			limen_setting(&t->core->set.reclaim_timeout_s) == 0)
			limen_session_end(s, LIMEN_END_LOST);
	}
}

static bool expired(struct limen_session *s, const struct limen_settings *set, int64_t now_us)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&s->lock);
	const int limit_s =
		s->orphan ? limen_setting(&set->reclaim_timeout_s) : effective_timeout_s(s);

	return limit_s > 0 && now_us - s->active_us > (int64_t)limit_s * G_USEC_PER_SEC;
}

void limen_sessions_expire(struct limen_sessions *t)
{
	g_autoptr(GPtrArray) list = limen_sessions_all(t);
	const int64_t now_us = limen_now_us();

	for (guint i = 0; i < list->len; i++) {
		struct limen_session *s = g_ptr_array_index(list, i);

		if (expired(s, &t->core->set, now_us))
			limen_session_end(s, LIMEN_END_TIMEOUT);
	}
}

json_t *limen_sessions_list(struct limen_sessions *t)
{
	g_autoptr(GPtrArray) all = limen_sessions_all(t);
	json_t *list = json_array();

	for (guint i = 0; i < all->len; i++)
		json_array_append_new(list,
			json_integer((json_int_t)limen_session_id(g_ptr_array_index(all, i))));
	return list;
}
