/*
 * A thread that sends what waits in a buffer. Threads: see event_sender.h.
 */
#include "kit/event_sender.h"
#include "kit/framing.h"

#define BACKOFF_MAX_MS 60000
#define WAIT_US (60 * G_USEC_PER_SEC)
#define FAREWELL_US (2 * G_USEC_PER_SEC)

struct limen_event_sender {
	struct limen_event_sender_config cfg;
	struct limen_event_buffer *buffer;
	GThread *thread;
	GMutex lock; /* of stopping */
	GCond stop;
	bool stopping;
};

static bool is_stopping(struct limen_event_sender *s)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&s->lock);

	return s->stopping;
}

/* false: the sender stops. */
static bool pause_for(struct limen_event_sender *s, int ms)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&s->lock);
	const int64_t until_us = g_get_monotonic_time() + (int64_t)ms * 1000;

	while (!s->stopping && g_cond_wait_until(&s->stop, &s->lock, until_us))
		;
	return !s->stopping;
}

static void send_text(struct limen_event_sender *s, const char *text, size_t len)
{
	struct limen_event_retry *retry = s->cfg.retry;
	const int times = retry ? g_atomic_int_get(&retry->times) : 0;
	int wait_ms = retry ? g_atomic_int_get(&retry->backoff_ms) : 0;
	int err;

	for (int tried = 0; (err = s->cfg.send(text, len, s->cfg.arg)) && tried < times; tried++) {
		if (!pause_for(s, wait_ms))
			break;
		wait_ms = MIN(wait_ms * 2, BACKOFF_MAX_MS);
	}
	if (err)
		limen_log(LIMEN_LOG_WARN, s->cfg.topic,
			"%" G_GSIZE_FORMAT " bytes of events are dropped: %s", len,
			limen_error_text(err));
}

static gpointer run(gpointer arg)
{
	struct limen_event_sender *s = arg;
	int64_t end_us = 0;
	json_t *next;

	for (;;) {
		next = limen_event_buffer_wait(s->buffer, limen_event_groups(s->cfg.common),
			g_get_monotonic_time() + WAIT_US);
		if (is_stopping(s)) {
			end_us = end_us ? end_us : g_get_monotonic_time() + FAREWELL_US;
			if (!next || g_get_monotonic_time() >= end_us)
				break;
		}
		if (next) {
			size_t len;
			char *text = limen_framing_print(next, s->cfg.common->style, &len);

			json_decref(next);
			if (text)
				send_text(s, text, len);
			free(text);
		}
	}
	json_decref(next);
	return NULL;
}

int limen_event_sender_new(
	struct limen_event_sender **out, const struct limen_event_sender_config *cfg)
{
	struct limen_event_sender *s = g_new0(struct limen_event_sender, 1);

	*out = NULL;
	s->cfg = *cfg;
	s->buffer = limen_event_buffer_new(cfg->topic, 0);
	g_mutex_init(&s->lock);
	g_cond_init(&s->stop);
	if (!(s->thread = g_thread_try_new(cfg->topic, run, s, NULL))) {
		limen_event_sender_free(s);
		return LIMEN_EIO;
	}
	*out = s;
	return 0;
}

void limen_event_sender_free(struct limen_event_sender *s)
{
	if (!s)
		return;
	g_mutex_lock(&s->lock);
	s->stopping = true;
	g_cond_broadcast(&s->stop);
	g_mutex_unlock(&s->lock);
	limen_event_buffer_wake(s->buffer);
	if (s->thread)
		g_thread_join(s->thread);
	limen_event_buffer_free(s->buffer);
	g_cond_clear(&s->stop);
	g_mutex_clear(&s->lock);
	g_free(s);
}

void limen_event_sender_push(struct limen_event_sender *s, const json_t *event)
{
	limen_event_buffer_push(s->buffer, event);
}
