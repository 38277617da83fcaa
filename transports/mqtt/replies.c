/*
 * Where the replies of MQTT 5 requests go. Keyed by the number of the request, not by its
 * transaction: two clients may choose the same one. Thread: any; one lock.
 */
#include "transports/mqtt/replies.h"

struct reply {
	uint64_t request;
	char *topic; /* NULL = the configured one */
	GBytes *correlation;
	char **properties;
	int64_t born_us;
};

struct mqtt_replies {
	GMutex lock;
	GHashTable *by_request; /* struct reply *, keyed by its request */
	char **proxy, **add;
	int64_t lifetime_us, swept_us;
};

static void reply_free(gpointer data)
{
	struct reply *r = data;

	g_free(r->topic);
	g_clear_pointer(&r->correlation, g_bytes_unref);
	g_strfreev(r->properties);
	g_free(r);
}

struct mqtt_replies *mqtt_replies_new(int lifetime_s, const char *proxy, const char *add)
{
	struct mqtt_replies *r = g_new0(struct mqtt_replies, 1);

	g_mutex_init(&r->lock);
	r->by_request = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, reply_free);
	r->lifetime_us = (int64_t)lifetime_s * G_USEC_PER_SEC;
	r->swept_us = g_get_monotonic_time();
	r->proxy = g_strsplit(proxy ? proxy : "", ",", -1);
	for (char **name = r->proxy; *name; name++)
		g_strstrip(*name);
	r->add = limen_mqtt_properties(add);
	return r;
}

void mqtt_replies_free(struct mqtt_replies *r)
{
	if (!r)
		return;
	g_hash_table_destroy(r->by_request);
	g_strfreev(r->proxy);
	g_strfreev(r->add);
	g_mutex_clear(&r->lock);
	g_free(r);
}

static char **kept_properties(const struct mqtt_replies *r, char **of_request)
{
	g_autoptr(GStrvBuilder) out = g_strv_builder_new();

	for (char **p = of_request; p && p[0] && p[1]; p += 2)
		if (g_strv_contains((const char *const *)r->proxy, p[0])) {
			g_strv_builder_add(out, p[0]);
			g_strv_builder_add(out, p[1]);
		}
	if (r->add)
		g_strv_builder_addv(out, (const char **)r->add);
	return g_strv_builder_end(out);
}

static gboolean is_old(gpointer key, gpointer value, gpointer before_us)
{
	const struct reply *reply = value;

	(void)key;
	return reply->born_us < *(const int64_t *)before_us;
}

/* Locked */
static void sweep(struct mqtt_replies *r, int64_t now_us)
{
	int64_t before_us = now_us - r->lifetime_us;

	if (r->swept_us > before_us)
		return;
	g_hash_table_foreach_remove(r->by_request, is_old, &before_us);
	r->swept_us = now_us;
}

int mqtt_replies_remember(
	struct mqtt_replies *r, uint64_t request, const struct limen_mqtt_message *m)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&r->lock);
	const int64_t now_us = g_get_monotonic_time();
	struct reply *reply;

	sweep(r, now_us);
	if (g_hash_table_size(r->by_request) >= MQTT_REPLIES_MAX)
		return LIMEN_ELIMIT;
	reply = g_new0(struct reply, 1);
	reply->request = request;
	reply->topic = g_strdup(m->response_topic);
	reply->correlation = m->correlation ? g_bytes_ref(m->correlation) : NULL;
	reply->properties = kept_properties(r, m->properties);
	reply->born_us = now_us;
	g_hash_table_insert(r->by_request, &reply->request, reply);
	return 0;
}

void mqtt_replies_address(struct mqtt_replies *r, uint64_t request, struct limen_post *post)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&r->lock);
	struct reply *reply = g_hash_table_lookup(r->by_request, &request);

	if (!reply)
		return;
	if (reply->topic) {
		g_free(post->to);
		post->to = g_steal_pointer(&reply->topic);
	}
	post->correlation = g_steal_pointer(&reply->correlation);
	post->properties = g_steal_pointer(&reply->properties);
	g_hash_table_remove(r->by_request, &request);
}
