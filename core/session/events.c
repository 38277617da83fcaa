/*
 * The doors to event handlers of sessions, handles and the core itself. Thread: any; what takes a
 * handle: its loop, unless events.h says otherwise.
 */
#include "core/session/events.h"
#include "core/session/reply.h"
#include "core/session/request.h"

/* Opaque ids of handles that have one. A plugin names a handle by its numbers, also while it ends
 * and its session no longer lists it. */
static GMutex ids_lock;
static GHashTable *ids; /* "session/handle" → id */

static char *key_of(uint64_t session, uint64_t handle)
{
	return g_strdup_printf("%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, session, handle);
}

void limen_events_know(const struct limen_core_handle *h)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = NULL;

	if (!h->pub.opaque_id || !h->core->emit)
		return;
	locker = g_mutex_locker_new(&ids_lock);
	if (!ids)
		ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_hash_table_insert(ids, key_of(h->pub.session, h->pub.id), g_strdup(h->pub.opaque_id));
}

void limen_events_forget(const struct limen_core_handle *h)
{
	g_autofree char *key = h->pub.opaque_id ? key_of(h->pub.session, h->pub.id) : NULL;
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&ids_lock);

	if (key && ids)
		g_hash_table_remove(ids, key);
	if (ids && g_hash_table_size(ids) == 0)
		g_clear_pointer(&ids, g_hash_table_destroy);
}

char *limen_events_opaque_id(uint64_t session, uint64_t handle)
{
	g_autofree char *key = key_of(session, handle);
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&ids_lock);

	return ids ? g_strdup(g_hash_table_lookup(ids, key)) : NULL;
}

bool limen_events_wanted(const struct limen_core *core, unsigned type)
{
	if (!core->emit)
		return false;
	for (guint i = 0; i < core->event_handlers->len; i++) {
		const struct limen_event_handler *h = g_ptr_array_index(core->event_handlers, i);

		if (h->mask & type & (h->wanted ? h->wanted() : type))
			return true;
	}
	return false;
}

void limen_events_emit(struct limen_core *core, const struct limen_event_head *head, json_t *body)
{
	if (limen_events_wanted(core, head->type))
		core->emit(core, head, body);
	else
		json_decref(body);
}

void limen_events_session_created(struct limen_core *core, uint64_t session,
	const struct limen_transport *transport, uint64_t client)
{
	if (limen_events_wanted(core, LIMEN_EVENT_SESSION))
		core->emit(core,
			&(struct limen_event_head){
				.type = LIMEN_EVENT_SESSION, .session = session },
			json_pack("{s:s,s:{s:s,s:o}}", "name", "created", "transport", "transport",
				transport->head.name, "id",
				json_sprintf("%" G_GUINT64_FORMAT, client)));
}

void limen_events_session_ended(struct limen_core *core, uint64_t session, const char *name)
{
	limen_events_emit(core,
		&(struct limen_event_head){ .type = LIMEN_EVENT_SESSION, .session = session },
		json_pack("{s:s}", "name", name));
}

void limen_events_handle(struct limen_core_handle *h, unsigned type, unsigned subtype, json_t *body)
{
	limen_events_emit(h->core,
		&(struct limen_event_head){ .type = type,
			.subtype = subtype,
			.session = h->pub.session,
			.handle = h->pub.id,
			.opaque_id = h->pub.opaque_id },
		body);
}

void limen_events_handle_life(struct limen_core_handle *h, const char *name)
{
	json_t *body;

	if (!limen_events_wanted(h->core, LIMEN_EVENT_HANDLE))
		return;
	body = json_pack("{s:s,s:s}", "name", name, "plugin", h->plugin->head.name);
	if (h->pub.opaque_id)
		json_object_set_new(body, "opaque_id", json_string(h->pub.opaque_id));
	if (h->pub.token)
		json_object_set_new(body, "token", json_string(h->pub.token));
	limen_events_handle(h, LIMEN_EVENT_HANDLE, 0, body);
}

void limen_events_jsep(
	struct limen_core_handle *h, const char *owner, const char *type, const char *sdp)
{
	if (limen_events_wanted(h->core, LIMEN_EVENT_JSEP))
		limen_events_handle(h, LIMEN_EVENT_JSEP, 0,
			json_pack("{s:s,s:{s:s,s:s}}", "owner", owner, "jsep", "type", type, "sdp",
				sdp));
}

static void emit_core(struct limen_core *core, unsigned subtype, json_t *body)
{
	limen_events_emit(core,
		&(struct limen_event_head){ .type = LIMEN_EVENT_CORE, .subtype = subtype }, body);
}

void limen_events_core_started(struct limen_core *core)
{
	if (limen_events_wanted(core, LIMEN_EVENT_CORE))
		emit_core(core, LIMEN_EVENT_STATUS,
			json_pack("{s:s,s:o}", "status", "started", "info",
				limen_server_info(core, NULL)));
}

void limen_events_core_update(struct limen_core *core)
{
	g_autoptr(GPtrArray) sessions = NULL;
	json_int_t handles = 0, connections = 0;

	if (!limen_events_wanted(core, LIMEN_EVENT_CORE))
		return;
	sessions = limen_sessions_all(core->sessions);
	for (guint i = 0; i < sessions->len; i++) {
		g_autoptr(GPtrArray) all = limen_session_handles(sessions->pdata[i]);

		handles += all->len;
		for (guint k = 0; k < all->len; k++)
			connections += g_atomic_int_get(
				&((struct limen_core_handle *)all->pdata[k])->connected);
	}
	emit_core(core, LIMEN_EVENT_STATUS,
		json_pack("{s:s,s:{s:i,s:I,s:I,s:i}}", "status", "update", "info", "sessions",
			(int)sessions->len, "handles", handles, "peerconnections", connections,
			"stats-period", core->set.stats_period_s));
}

void limen_events_core_shutdown(struct limen_core *core, int signum)
{
	emit_core(core, LIMEN_EVENT_SHUTDOWN,
		json_pack("{s:s,s:i}", "status", "shutdown", "signum", signum));
}
