/*
 * Admin verbs about the server (spec api-admin §2). Those that must wait for the network run on
 * threads of their own, a few at once, so that no other request waits behind them. Thread: any.
 */
#include <signal.h>
#include <unistd.h>
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/session/admin.h"
#include "core/session/ask.h"
#include "core/session/reply.h"

#define WAITERS 4       /* threads for requests that wait */
#define WAITING_MAX 100 /* such requests at once */

static void verb_info(struct limen_call *c)
{
	limen_admin_done(c, limen_server_info(c->core, c->transaction));
}

static void verb_ping(struct limen_call *c)
{
	limen_admin_done(c, limen_reply("pong", 0, c->transaction));
}

static void verb_list_sessions(struct limen_call *c)
{
	json_t *r = limen_admin_reply(c);

	json_object_set_new(r, "sessions", limen_sessions_list(c->core->sessions));
	limen_admin_done(c, r);
}

static void count_handles(const struct limen_core *core, unsigned *counts)
{
	g_autoptr(GPtrArray) sessions = limen_sessions_all(core->sessions);

	for (guint i = 0; i < sessions->len; i++) {
		g_autoptr(GPtrArray) handles = limen_session_handles(sessions->pdata[i]);

		for (guint k = 0; k < handles->len; k++) {
			const struct limen_core_handle *h = handles->pdata[k];

			counts[limen_loop_index(limen_peer_loop(h->peer))]++;
		}
	}
}

static void verb_loops_info(struct limen_call *c)
{
	g_autofree unsigned *counts = g_new0(unsigned, c->core->loop_count);
	json_t *r = limen_admin_reply(c), *loops = json_array();

	count_handles(c->core, counts);
	for (unsigned i = 0; i < c->core->loop_count; i++)
		json_array_append_new(
			loops, json_pack("{s:i,s:i}", "id", (int)i, "handles", (int)counts[i]));
	json_object_set_new(r, "loops", loops);
	limen_admin_done(c, r);
}

static void resolve_address(struct limen_call *c)
{
	const int64_t began_us = limen_now_us();
	struct sockaddr_storage a;
	g_autofree char *text = NULL;
	socklen_t len;
	json_t *r;

	if (limen_ask_address(limen_json_string(c->msg, "address", ""), NULL, &a, &len)) {
		limen_admin_refuse(c, LIMEN_API_UNKNOWN, "Could not resolve address");
		return;
	}
	text = limen_ask_text(&a, len);
	r = limen_admin_reply(c);
	json_object_set_new(r, "ip", json_string(text));
	json_object_set_new(r, "elapsed", json_integer(limen_now_us() - began_us));
	limen_admin_done(c, r);
}

static void test_stun(struct limen_call *c)
{
	const int64_t began_us = limen_now_us();
	g_autofree char *ip = NULL;
	uint16_t port;
	json_t *r;
	const int err = limen_ask_stun(limen_json_string(c->msg, "address", ""),
		(uint16_t)limen_json_int(c->msg, "port", 0),
		(uint16_t)limen_json_int(c->msg, "localport", 0), &ip, &port);

	if (err) {
		limen_admin_refuse(c, LIMEN_API_UNKNOWN, "%s",
			err == LIMEN_ENOENT ? "Could not resolve address" : "STUN request failed");
		return;
	}
	r = limen_admin_reply(c);
	json_object_set_new(r, "public_ip", json_string(ip));
	json_object_set_new(r, "public_port", json_integer(port));
	json_object_set_new(r, "elapsed", json_integer(limen_now_us() - began_us));
	limen_admin_done(c, r);
}

struct waiting {
	void (*fn)(struct limen_call *c);
	struct limen_call *call;
};

static void run_waiting(gpointer data, gpointer user)
{
	struct waiting *w = data;
	struct limen_core *core = w->call->core;

	(void)user;
	w->fn(w->call);
	g_free(w);
	g_atomic_int_add(&core->receiving, -1);
}

static GThreadPool *waiters(void)
{
	static GThreadPool *pool;

	if (g_once_init_enter(&pool))
		g_once_init_leave(
			&pool, g_thread_pool_new(run_waiting, NULL, WAITERS, FALSE, NULL));
	return pool;
}

/* The end of the gateway waits for those that wait. */
static void wait_elsewhere(struct limen_call *c, void (*fn)(struct limen_call *c))
{
	struct waiting *w;

	if (g_thread_pool_unprocessed(waiters()) >= WAITING_MAX) {
		limen_admin_refuse(c, LIMEN_API_UNKNOWN,
			"Too many requests wait for the network (the limit is %d)", WAITING_MAX);
		return;
	}
	w = g_new(struct waiting, 1);
	*w = (struct waiting){ fn, c };
	g_atomic_int_inc(&c->core->receiving);
	g_thread_pool_push(waiters(), w, NULL);
}

static void verb_resolve(struct limen_call *c)
{
	wait_elsewhere(c, resolve_address);
}

static void verb_test_stun(struct limen_call *c)
{
	if (limen_json_int(c->msg, "port", 0) > G_MAXUINT16 ||
		limen_json_int(c->msg, "localport", 0) > G_MAXUINT16)
		limen_admin_refuse(c, LIMEN_API_INVALID_TYPE,
			"Invalid element type (port should be between 0 and 65535)");
	else
		wait_elsewhere(c, test_stun);
}

static void reload(struct limen_call *c)
{
	json_t *report = NULL, *r;
	g_autofree char *reason = NULL;

	if (c->core->reload(c->core, &report, &reason)) {
		limen_admin_refuse(c, LIMEN_API_UNKNOWN, "%s", reason);
		return;
	}
	r = limen_admin_reply(c);
	json_object_update_missing(r, report);
	json_decref(report);
	limen_admin_done(c, r);
}

static void verb_reload(struct limen_call *c)
{
	wait_elsewhere(c, reload);
}

/* Draining is the main thread's, which hears of it as of any other wish to stop; twice would be one
 * to stop at once. */
static void verb_drain(struct limen_call *c)
{
	if (g_atomic_int_compare_and_exchange(&c->core->draining, 0, 1))
		kill(getpid(), SIGTERM);
	limen_admin_done(c, NULL);
}

static const struct limen_field resolve_fields[] = { { "address", LIMEN_F_STRING, true },
	LIMEN_FIELDS_END };
static const struct limen_field stun_fields[] = {
	{ "address", LIMEN_F_STRING, true },
	{ "port", LIMEN_F_UINT, true },
	{ "localport", LIMEN_F_UINT, false },
	LIMEN_FIELDS_END,
};

const struct limen_admin_verb limen_admin_verbs_server[] = {
	{ "info", LIMEN_LEVEL_NONE, NULL, verb_info },
	{ "ping", LIMEN_LEVEL_NONE, NULL, verb_ping },
	{ "loops_info", LIMEN_LEVEL_NONE, NULL, verb_loops_info },
	{ "list_sessions", LIMEN_LEVEL_NONE, NULL, verb_list_sessions },
	{ "resolve_address", LIMEN_LEVEL_NONE, resolve_fields, verb_resolve },
	{ "test_stun", LIMEN_LEVEL_NONE, stun_fields, verb_test_stun },
	{ "drain", LIMEN_LEVEL_NONE, NULL, verb_drain },
	{ "reload", LIMEN_LEVEL_NONE, NULL, verb_reload },
	{ NULL, 0, NULL, NULL },
};
