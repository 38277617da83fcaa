/*
 * Events that wait to be sent. Thread: any; one lock.
 */
#include "kit/event_buffer.h"
#include "kit/event.h"

struct limen_event_buffer {
	GMutex lock;
	GCond came;
	const char *topic;
	GQueue events; /* json_t *, one reference each */
	unsigned max;
	uint64_t dropped, told; /* told: of those, the log knows */
	int64_t told_us;
	bool woken;
};

static void drop_event(gpointer event)
{
	json_decref(event);
}

struct limen_event_buffer *limen_event_buffer_new(const char *topic, unsigned max)
{
	struct limen_event_buffer *b = g_new0(struct limen_event_buffer, 1);

	g_mutex_init(&b->lock);
	g_cond_init(&b->came);
	g_queue_init(&b->events);
	b->topic = topic;
	b->max = max ? max : LIMEN_EVENT_BUFFER_MAX;
	return b;
}

void limen_event_buffer_free(struct limen_event_buffer *b)
{
	if (!b)
		return;
	g_queue_clear_full(&b->events, drop_event);
	g_cond_clear(&b->came);
	g_mutex_clear(&b->lock);
	g_free(b);
}

/* Locked. How many to tell the log of now, 0 = none. */
static uint64_t shorten(struct limen_event_buffer *b)
{
	const int64_t now_us = g_get_monotonic_time();
	uint64_t news;

	while (g_queue_get_length(&b->events) > b->max) {
		json_decref(g_queue_pop_head(&b->events));
		b->dropped++;
	}
	news = b->dropped - b->told;
	if (!news || (b->told_us && now_us - b->told_us < G_USEC_PER_SEC))
		return 0;
	b->told = b->dropped;
	b->told_us = now_us;
	return news;
}

static void tell(const struct limen_event_buffer *b, uint64_t news)
{
	if (news)
		limen_log(LIMEN_LOG_WARN, b->topic,
			"%" G_GUINT64_FORMAT " events were dropped: they leave too slowly", news);
}

void limen_event_buffer_push(struct limen_event_buffer *b, const json_t *event)
{
	uint64_t news;

	g_mutex_lock(&b->lock);
	g_queue_push_tail(&b->events, json_incref((json_t *)event));
	news = shorten(b);
	g_cond_signal(&b->came);
	g_mutex_unlock(&b->lock);
	tell(b, news);
}

void limen_event_buffer_limit(struct limen_event_buffer *b, unsigned max)
{
	uint64_t news;

	g_mutex_lock(&b->lock);
	b->max = max ? max : LIMEN_EVENT_BUFFER_MAX;
	news = shorten(b);
	g_mutex_unlock(&b->lock);
	tell(b, news);
}

unsigned limen_event_buffer_len(struct limen_event_buffer *b)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&b->lock);

	return g_queue_get_length(&b->events);
}

uint64_t limen_event_buffer_dropped(struct limen_event_buffer *b)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&b->lock);

	return b->dropped;
}

/* Locked */
static json_t *take(struct limen_event_buffer *b, bool grouped)
{
	json_t *group;

	if (!grouped || g_queue_is_empty(&b->events))
		return g_queue_pop_head(&b->events);
	group = json_array();
	while (!g_queue_is_empty(&b->events) && json_array_size(group) < LIMEN_EVENT_GROUP_MAX)
		json_array_append_new(group, g_queue_pop_head(&b->events));
	return group;
}

json_t *limen_event_buffer_take(struct limen_event_buffer *b, bool grouped)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&b->lock);

	return take(b, grouped);
}

json_t *limen_event_buffer_wait(struct limen_event_buffer *b, bool grouped, int64_t until_us)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&b->lock);

	while (g_queue_is_empty(&b->events) && !b->woken)
		if (!g_cond_wait_until(&b->came, &b->lock, until_us))
			break;
	return take(b, grouped);
}

void limen_event_buffer_wake(struct limen_event_buffer *b)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&b->lock);

	b->woken = true;
	g_cond_broadcast(&b->came);
}
