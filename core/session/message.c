/*
 * The message verb: the body is matched with a row of the plugin's request table, checked by its
 * field table, and handed to its function; what that leaves in the request becomes the reply, the
 * description is applied to the peer. Thread: the handle's loop.
 */
#include "core/session/message.h"
#include <string.h>
#include <strings.h>
#include "core/base/json.h"
#include "core/session/jsep.h"
#include "core/session/reply.h"
#include "core/session/request.h"
#include "core/session/trickle.h"

/* A request with what the core needs to finish it. */
struct message {
	struct limen_request pub; /* first */
	struct limen_call *call;
	struct limen_jsep_in jsep;
	bool sync;
	void (*admin)(struct limen_call *c, json_t *response); /* NULL: a client's request */
};

int limen_message_fail(struct limen_request *r, int code, const char *format, ...)
{
	va_list args;

	g_free(r->error_text);
	r->error_code = code;
	va_start(args, format);
	r->error_text = g_strdup_vprintf(format, args);
	va_end(args);
	return LIMEN_EINVAL;
}

static void message_free(struct message *m)
{
	limen_handle_unref(m->admin ? limen_handle_of(m->pub.handle) : NULL);
	limen_jsep_clear(&m->jsep);
	limen_sdp_free(m->pub.answer.sdp);
	json_decref(m->pub.reply);
	g_free(m->pub.error_text);
	limen_call_free(m->call);
	g_free(m);
}

/* Gives a description of the plugin's to the peer, unless the handle has ended: a deferred request
 * may be completed later. Takes jsep->sdp and remote. */
static void apply_local(struct limen_core_handle *h, struct limen_jsep *jsep,
	struct limen_sdp *remote, bool trickles)
{
	struct limen_sdp *sdp = g_steal_pointer(&jsep->sdp);

	if (jsep->e2ee)
		h->e2ee = true;
	if (!h->detached && jsep->type == LIMEN_JSEP_OFFER)
		limen_peer_offer(h->peer, g_steal_pointer(&sdp), jsep->restart);
	else if (!h->detached && remote)
		limen_peer_answer(
			h->peer, g_steal_pointer(&remote), g_steal_pointer(&sdp), trickles);
	limen_sdp_free(sdp);
	limen_sdp_free(remote);
	limen_trickle_release(h);
}

static json_t *plugin_message(
	const struct limen_core_handle *h, const char *kind, const char *transaction, json_t *data)
{
	json_t *msg = limen_event(
		kind, h->pub.session, transaction, h->pub.id, limen_handle_shown_opaque(h));

	limen_reply_plugindata(msg, h->plugin->head.name, data);
	return msg;
}

void limen_message_event(
	struct limen_core_handle *h, const char *transaction, json_t *data, struct limen_jsep *jsep)
{
	json_t *msg = plugin_message(h, "event", transaction, data);

	if (!jsep || jsep->type == LIMEN_JSEP_NONE || !jsep->sdp) {
		limen_handle_send(h, msg);
		return;
	}
	apply_local(h, jsep, NULL, true);
	limen_handle_send_jsep(h, msg, jsep->type);
}

static json_t *error_data(const struct limen_core_handle *h, int code, const char *text)
{
	return json_pack(
		"{s:s,s:i,s:s}", h->plugin->key, "event", "error_code", code, "error", text);
}

static json_t *take_reply(struct message *m)
{
	const struct limen_core_handle *h = limen_handle_of(m->pub.handle);

	if (!m->pub.error_text)
		return m->pub.reply ? g_steal_pointer(&m->pub.reply) : json_object();
	limen_sdp_free(g_steal_pointer(&m->pub.answer.sdp));
	return error_data(h, m->pub.error_code, m->pub.error_text);
}

/* Sends the reply; takes m. */
static void finish(struct message *m)
{
	struct limen_core_handle *h = limen_handle_of(m->pub.handle);
	const char *transaction = m->call->transaction;
	json_t *data = take_reply(m);

	if (m->admin) {
		m->admin(g_steal_pointer(&m->call), data);
	} else if (m->sync) {
		limen_call_answer(m->call, plugin_message(h, "success", transaction, data));
	} else if (m->pub.answer.sdp) {
		struct limen_sdp *remote = m->jsep.shown.type == LIMEN_JSEP_OFFER
			? g_steal_pointer(&m->jsep.full)
			: NULL;

		apply_local(h, &m->pub.answer, remote, m->jsep.trickles);
		limen_handle_send_jsep(
			h, plugin_message(h, "event", transaction, data), m->pub.answer.type);
	} else {
		limen_handle_send(h, plugin_message(h, "event", transaction, data));
	}
	message_free(m);
}

static struct message *message_of(struct limen_request *r)
{
	return (struct message *)(void *)r;
}

struct limen_request *limen_message_defer(struct limen_request *r)
{
	r->deferred = true;
	return r;
}

void limen_message_complete(struct limen_request *r)
{
	finish(message_of(r));
}

void limen_message_push(struct limen_request *r, json_t *data, struct limen_jsep *jsep)
{
	const struct limen_call *c = message_of(r)->call;

	limen_message_event(c->handle, c->transaction, data, jsep);
}

static void ack(struct message *m, const char *hint)
{
	json_t *msg = limen_reply("ack", m->call->session_id, m->call->transaction);

	if (hint)
		json_object_set_new(msg, "hint", json_string(hint));
	limen_call_answer(m->call, msg);
}

static void run_row(struct message *m, const struct limen_request_row *row, bool string_ids)
{
	const struct limen_plugin *plugin = limen_handle_of(m->pub.handle)->plugin;
	g_autofree char *reason = NULL;
	const enum limen_field_fault fault =
		limen_fields_check(m->pub.body, row->fields, string_ids, &reason);

	m->sync = row->flags & LIMEN_REQ_SYNC;
	m->pub.name = row->name ? row->name : "";
	if (!m->sync && !m->admin)
		ack(m, row->hint);
	if (fault != LIMEN_FIELD_OK)
		limen_message_fail(&m->pub,
			fault == LIMEN_FIELD_MISSING ? plugin->errors.missing
						     : plugin->errors.invalid,
			"%s", reason);
	else
		row->fn(m->pub.handle, &m->pub);
	if (!m->pub.deferred)
		finish(m);
}

static bool fits_name(const char *of_row, const char *name)
{
	return strcmp(of_row, "*") == 0 || strcasecmp(of_row, name) == 0;
}

/* The row for a name and the handle's role; *async: one that does not fit is not synchronous. */
static const struct limen_request_row *find_row(
	const struct limen_core_handle *h, const char *name, bool *async)
{
	*async = false;
	for (const struct limen_request_row *r = h->plugin->requests; r && r->fn; r++) {
		if ((r->name && (!name || !fits_name(r->name, name))) ||
			(r->flags & LIMEN_REQ_ADMIN))
			continue;
		if (r->roles == 0 || (r->roles & (1u << h->pub.role)))
			return r;
		*async |= !(r->flags & LIMEN_REQ_SYNC) && g_strcmp0(r->name, "*") != 0;
	}
	return NULL;
}

/* Why there is no row for this body; takes m. */
static void refuse(struct message *m, const json_t *name, bool async)
{
	const struct limen_plugin *plugin = limen_handle_of(m->pub.handle)->plugin;

	m->sync = !async;
	if (async)
		ack(m, NULL);
	if (!name)
		limen_message_fail(
			&m->pub, plugin->errors.missing, "Missing mandatory element (request)");
	else if (!json_is_string(name))
		limen_message_fail(&m->pub, plugin->errors.invalid,
			"Invalid element type (request should be a string)");
	else
		limen_message_fail(&m->pub, plugin->errors.unknown_request, "Unknown request '%s'",
			json_string_value(name));
	finish(m);
}

static void run_message(struct message *m)
{
	struct limen_core_handle *h = m->call->handle;
	const json_t *name = json_object_get(m->pub.body, "request");
	const struct limen_request_row *row;
	bool async;

	row = find_row(h, json_string_value(name), &async);
	if (row)
		run_row(m, row,
			h->plugin->string_ids_option && h->core->string_ids &&
				h->core->string_ids(h->plugin));
	else
		refuse(m, name, async);
}

/* Reads the jsep member; an answer is given to the peer at once. false: an error was answered. */
static bool take_jsep(struct message *m, const json_t *jsep)
{
	struct limen_core_handle *h = m->call->handle;
	g_autofree char *reason = NULL;
	int code;

	if (!jsep || json_is_null(jsep))
		return true;
	if (!json_is_object(jsep)) {
		limen_call_fail(m->call, LIMEN_API_INVALID_OBJECT, "Invalid jsep object");
		return false;
	}
	if ((code = limen_jsep_read(h, jsep, &m->jsep, &reason))) {
		limen_call_fail(m->call, code, "%s", reason);
		return false;
	}
	if (m->jsep.shown.type == LIMEN_JSEP_ANSWER) {
		limen_peer_accept(h->peer, g_steal_pointer(&m->jsep.full), m->jsep.trickles);
		limen_trickle_release(h);
	}
	return true;
}

void limen_message_run(struct limen_call *c)
{
	json_t *body = json_object_get(c->msg, "body");
	struct message *m;

	/* The plugin hears of an end before it makes anything for what follows. */
	limen_peer_settle(c->handle->peer);
	if (!body || !json_is_object(body)) {
		limen_call_fail(c, body ? LIMEN_API_INVALID_TYPE : LIMEN_API_MISSING, "%s",
			body ? "Invalid element type (body should be an object)"
			     : "Missing mandatory element (body)");
		limen_call_free(c);
		return;
	}
	m = g_new0(struct message, 1);
	m->call = c;
	m->pub.handle = &c->handle->pub;
	m->pub.body = body;
	m->pub.jsep = &m->jsep.shown;
	if (take_jsep(m, json_object_get(c->msg, "jsep")))
		run_message(m);
	else
		message_free(m);
}

bool limen_message_serves_admin(const struct limen_plugin *plugin)
{
	for (const struct limen_request_row *r = plugin->requests; r && r->fn; r++)
		if (r->name && (r->flags & (LIMEN_REQ_SYNC | LIMEN_REQ_ADMIN)))
			return true;
	return false;
}

static const struct limen_request_row *find_admin_row(
	const struct limen_plugin *plugin, const char *name)
{
	for (const struct limen_request_row *r = plugin->requests; r && r->fn; r++)
		if (r->name && (r->flags & (LIMEN_REQ_SYNC | LIMEN_REQ_ADMIN)) &&
			(r->roles == 0 || (r->roles & 1u)) && name &&
			strcasecmp(r->name, name) == 0)
			return r;
	return NULL;
}

static void run_admin(struct limen_core_handle *h, void *arg)
{
	struct message *m = arg;
	const json_t *name = json_object_get(m->pub.body, "request");
	const struct limen_request_row *row = find_admin_row(h->plugin, json_string_value(name));

	if (row)
		run_row(m, row,
			h->plugin->string_ids_option && h->core->string_ids &&
				h->core->string_ids(h->plugin));
	else
		refuse(m, name, false);
}

void limen_message_admin(struct limen_call *c, const struct limen_plugin *plugin, json_t *body,
	void (*done)(struct limen_call *c, json_t *response))
{
	struct limen_core_handle *h = limen_handle_nobody(c->core, plugin);
	struct message *m = g_new0(struct message, 1);

	m->call = c;
	m->admin = done;
	m->pub.handle = &h->pub;
	m->pub.body = body;
	m->pub.jsep = &m->jsep.shown;
	limen_handle_post(h, run_admin, m, NULL);
}
