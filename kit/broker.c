/*
 * What modules that talk to a message broker share. Thread: see broker.h.
 */
#include "kit/broker.h"

#include <stdlib.h>

void limen_broker_tls_read(struct limen_broker_tls *t, const struct limen_base_services *base,
	const struct limen_module_head *head, const char *const names[6])
{
	*t = (struct limen_broker_tls){
		.enabled = base->option_bool(head, "general", names[0]),
		.ca = base->option_string(head, "general", names[1]),
		.cert = base->option_string(head, "general", names[2]),
		.key = base->option_string(head, "general", names[3]),
		.verify_peer = base->option_bool(head, "general", names[4]),
		.verify_host = base->option_bool(head, "general", names[5]),
	};
}

int limen_broker_wait_ms(int wait_ms)
{
	return wait_ms ? MIN(2 * wait_ms, LIMEN_BROKER_WAIT_MAX_MS) : LIMEN_BROKER_WAIT_MIN_MS;
}

struct limen_post *limen_post_new(const char *to, char *text, size_t len)
{
	struct limen_post *p = g_new0(struct limen_post, 1);

	p->to = g_strdup(to);
	p->text = text;
	p->len = len;
	return p;
}

void limen_post_free(struct limen_post *p)
{
	if (!p)
		return;
	g_free(p->to);
	free(p->text);
	g_clear_pointer(&p->correlation, g_bytes_unref);
	g_strfreev(p->properties);
	g_free(p);
}

static void free_post(gpointer post)
{
	limen_post_free(post);
}

/* Logs what was dropped, once a second at most unless it is the last word. */
static void tell(struct limen_outbox *o, bool last)
{
	const int64_t now_us = g_get_monotonic_time();

	if (o->told == o->dropped || (!last && o->told_us && now_us - o->told_us < G_USEC_PER_SEC))
		return;
	if (o->base->log_wanted(LIMEN_LOG_WARN))
		o->base->log_write(LIMEN_LOG_WARN, o->topic, 0, 0,
			"%" G_GUINT64_FORMAT " messages to the broker were lost, %" G_GUINT64_FORMAT
			" in all",
			o->dropped - o->told, o->dropped);
	o->told = o->dropped;
	o->told_us = now_us;
}

void limen_outbox_init(
	struct limen_outbox *o, const struct limen_base_services *base, const char *topic)
{
	*o = (struct limen_outbox){ .base = base, .topic = topic };
	g_queue_init(&o->waiting);
	g_queue_init(&o->flying);
}

void limen_outbox_clear(struct limen_outbox *o)
{
	o->dropped += g_queue_get_length(&o->waiting) + g_queue_get_length(&o->flying);
	tell(o, true);
	g_queue_clear_full(&o->waiting, free_post);
	g_queue_clear_full(&o->flying, free_post);
}

void limen_outbox_push(struct limen_outbox *o, struct limen_post *post, unsigned max)
{
	g_queue_push_tail(&o->waiting, post);
	while (g_queue_get_length(&o->waiting) > max) {
		limen_post_free(g_queue_pop_head(&o->waiting));
		o->dropped++;
	}
	tell(o, false);
}

struct limen_post *limen_outbox_next(struct limen_outbox *o)
{
	struct limen_post *post = g_queue_pop_head(&o->waiting);

	if (post)
		g_queue_push_tail(&o->flying, post);
	return post;
}

void limen_outbox_done(struct limen_outbox *o, struct limen_post *post)
{
	if (g_queue_remove(&o->flying, post))
		limen_post_free(post);
}

void limen_outbox_refuse(struct limen_outbox *o, struct limen_post *post)
{
	o->dropped++;
	tell(o, false);
	limen_outbox_done(o, post);
}

void limen_outbox_again(struct limen_outbox *o)
{
	for (gpointer post; (post = g_queue_pop_tail(&o->flying));)
		g_queue_push_head(&o->waiting, post);
}

bool limen_outbox_empty(const struct limen_outbox *o)
{
	return o->waiting.length == 0 && o->flying.length == 0;
}
