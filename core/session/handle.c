/*
 * Handles. A handle is reference counted because tasks on other loops may still carry it when it
 * ends; its plugin hears nothing after detach(). Thread: the handle's loop; the outgoing queue has
 * a lock because plugins push from any loop.
 */
#include "core/session/handle.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/session/events.h"
#include "core/session/peer_events.h"
#include "core/session/peer_news.h"
#include "core/session/reply.h"
#include "core/session/trickle.h"

/* An event that waits for its turn. */
struct outgoing {
	json_t *msg;
	enum limen_jsep_type jsep;
};

struct limen_core_handle *limen_handle_ref(struct limen_core_handle *h)
{
	g_atomic_int_inc(&h->refs);
	return h;
}

static void outgoing_free(gpointer p)
{
	struct outgoing *o = p;

	json_decref(o->msg);
	g_free(o);
}

void limen_handle_unref(struct limen_core_handle *h)
{
	if (!h || !g_atomic_int_dec_and_test(&h->refs))
		return;
	limen_peer_unref(h->peer);
	g_ptr_array_unref(h->early);
	g_queue_clear_full(&h->out, outgoing_free);
	g_mutex_clear(&h->out_lock);
	g_free(h->meeting);
	g_free(h->first_mid);
	g_free(h->remote_text);
	g_free((char *)h->pub.opaque_id);
	g_free((char *)h->pub.token);
	limen_session_unref(h->session);
	g_free(h);
}

const char *limen_handle_shown_opaque(const struct limen_core_handle *h)
{
	return h->core->set.opaqueid_in_api ? h->pub.opaque_id : NULL;
}

struct attach_call {
	struct limen_core_handle *h;
	int result;
};

static void run_attach(void *arg)
{
	struct attach_call *call = arg;
	struct limen_core_handle *h = call->h;

	/* The session may have ended since the handle became part of it. */
	if (h->detached) {
		call->result = LIMEN_ESTATE;
		return;
	}
	h->attached = true;
	limen_events_know(h);
	if (h->plugin->attach && h->plugin->attach(&h->pub)) {
		call->result = LIMEN_EINVAL;
		h->detached = true;
		limen_peer_retire(h->peer);
		limen_events_forget(h);
		return;
	}
	limen_events_handle_life(h, "attached");
}

static struct limen_loop *choose_loop(struct limen_core *core, int wanted)
{
	if (wanted >= 0 && core->set.allow_loop_indication && (unsigned)wanted < core->loop_count)
		return core->loops[wanted];
	return core->loops[(guint)g_atomic_int_add(&core->next_loop, 1) % core->loop_count];
}

static struct limen_core_handle *handle_new(struct limen_core *core, struct limen_session *s,
	const struct limen_plugin *plugin, const char *opaque_id, const char *token, int loop_index)
{
	struct limen_core_handle *h = g_new0(struct limen_core_handle, 1);

	h->refs = 1;
	h->core = core;
	h->session = s ? limen_session_ref(s) : NULL;
	h->plugin = plugin;
	h->created_us = limen_now_us();
	h->pub.session = s ? limen_session_id(s) : 0;
	h->pub.opaque_id = g_strdup(opaque_id);
	h->pub.token = g_strdup(token);
	h->early = g_ptr_array_new_with_free_func(limen_early_candidate_free);
	g_mutex_init(&h->out_lock);
	g_queue_init(&h->out);
	h->peer = limen_peer_new(
		choose_loop(core, loop_index), &core->media, &limen_handle_peer_events, h);
	return h;
}

struct limen_core_handle *limen_handle_nobody(
	struct limen_core *core, const struct limen_plugin *plugin)
{
	return handle_new(core, NULL, plugin, NULL, NULL, -1);
}

int limen_handle_attach(struct limen_core *core, struct limen_session *s,
	const struct limen_plugin *plugin, const char *opaque_id, const char *token, int loop_index,
	struct limen_core_handle **out)
{
	struct limen_core_handle *h = handle_new(core, s, plugin, opaque_id, token, loop_index);
	struct attach_call call = { h, 0 };
	int err = limen_session_add_handle(s, h);

	*out = NULL;
	if (err) {
		limen_handle_unref(h);
		return err;
	}
	limen_loop_call(limen_peer_loop(h->peer), run_attach, &call);
	if (call.result) {
		limen_session_remove_handle(s, h->pub.id);
		limen_handle_unref(h);
		return call.result;
	}
	*out = h;
	return 0;
}

struct handle_task {
	struct limen_core_handle *h;
	void (*fn)(struct limen_core_handle *h, void *arg);
	void *arg;
	GDestroyNotify free;
};

static void run_task(void *arg)
{
	struct handle_task *t = arg;

	if (!t->h->detached)
		t->fn(t->h, t->arg);
	else if (t->free)
		t->free(t->arg);
	limen_handle_unref(t->h);
	g_free(t);
}

void limen_handle_post(struct limen_core_handle *h,
	void (*fn)(struct limen_core_handle *h, void *arg), void *arg, GDestroyNotify free)
{
	struct handle_task *t = g_new(struct handle_task, 1);

	*t = (struct handle_task){ limen_handle_ref(h), fn, arg, free };
	/* The task may run, and give back the last reference, before the post returns. */
	limen_handle_ref(h);
	limen_home_post(limen_peer_home(h->peer), run_task, t);
	limen_handle_unref(h);
}

void limen_handle_detach(struct limen_core_handle *h, bool tell)
{
	json_t *msg;

	if (h->detached)
		return;
	/* An end that waits to be told comes before this one. */
	limen_peer_settle(h->peer);
	h->detached = true;
	if (h->attached && h->plugin->detach)
		h->plugin->detach(&h->pub);
	if (limen_peer_exists(h->peer)) {
		limen_peer_events_ending(h);
		limen_peer_events_down(h, "Janus API");
	}
	limen_peer_retire(h->peer);
	if (h->attached)
		limen_events_handle_life(h, "detached");
	limen_events_forget(h);
	limen_session_remove_handle(h->session, h->pub.id);
	if (!tell)
		return;
	msg = limen_event(
		"detached", h->pub.session, NULL, h->pub.id, limen_handle_shown_opaque(h));
	limen_session_notify(h->session, msg);
}

static void detach_silently(struct limen_core_handle *h, void *arg)
{
	(void)arg;
	limen_handle_detach(h, false);
}

void limen_handle_detach_later(struct limen_core_handle *h)
{
	limen_handle_post(h, detach_silently, NULL, NULL);
}

void limen_handle_send(struct limen_core_handle *h, json_t *msg)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&h->out_lock);
	struct outgoing *o;

	if (g_queue_is_empty(&h->out)) {
		limen_session_notify(h->session, msg);
		return;
	}
	o = g_new0(struct outgoing, 1);
	o->msg = msg;
	g_queue_push_tail(&h->out, o);
}

static void add_jsep(struct limen_core_handle *h, const struct outgoing *o)
{
	g_autofree char *text = limen_peer_exists(h->peer) ? limen_peer_description(h->peer) : NULL;
	const char *type = o->jsep == LIMEN_JSEP_OFFER ? "offer" : "answer";
	json_t *jsep;

	if (!text)
		return;
	limen_events_jsep(h, "local", type, text);
	jsep = json_object();
	json_object_set_new(jsep, "type", json_string(type));
	json_object_set_new(jsep, "sdp", json_string(text));
	if (h->e2ee)
		json_object_set_new(jsep, "e2ee", json_true());
	json_object_set_new(o->msg, "jsep", jsep);
}

void limen_handle_flush(struct limen_core_handle *h)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&h->out_lock);

	for (struct outgoing *o; (o = g_queue_peek_head(&h->out));) {
		if (o->jsep != LIMEN_JSEP_NONE && limen_peer_exists(h->peer) &&
			!limen_peer_ready(h->peer))
			return;
		if (o->jsep != LIMEN_JSEP_NONE)
			add_jsep(h, o);
		limen_session_notify(h->session, json_incref(o->msg));
		outgoing_free(g_queue_pop_head(&h->out));
	}
}

void limen_handle_send_jsep(struct limen_core_handle *h, json_t *msg, enum limen_jsep_type type)
{
	struct outgoing *o = g_new0(struct outgoing, 1);

	o->msg = msg;
	o->jsep = type;
	g_mutex_lock(&h->out_lock);
	g_queue_push_tail(&h->out, o);
	g_mutex_unlock(&h->out_lock);
	limen_handle_flush(h);
}
