/*
 * The shapes of replies and events. jansson keeps the order in which members were added, which is
 * the order on the wire. Pure; any thread.
 */
#include <glib.h>
#include "core/session/reply.h"

json_t *limen_reply(const char *kind, uint64_t session, const char *transaction)
{
	json_t *r = json_object();

	json_object_set_new(r, "janus", json_string(kind));
	if (session)
		json_object_set_new(r, "session_id", json_integer((json_int_t)session));
	if (transaction)
		json_object_set_new(r, "transaction", json_string(transaction));
	return r;
}

json_t *limen_reply_error(
	uint64_t session, const char *transaction, int code, const char *format, ...)
{
	json_t *r = limen_reply("error", session, transaction), *e = json_object();
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	json_object_set_new(e, "code", json_integer(code));
	json_object_set_new(e, "reason", json_string(text));
	json_object_set_new(r, "error", e);
	return r;
}

json_t *limen_event(const char *kind, uint64_t session, const char *transaction, uint64_t sender,
	const char *opaque_id)
{
	json_t *r = limen_reply(kind, session, transaction);

	json_object_set_new(r, "sender", json_integer((json_int_t)sender));
	if (opaque_id)
		json_object_set_new(r, "opaque_id", json_string(opaque_id));
	return r;
}

void limen_reply_plugindata(json_t *reply, const char *plugin, json_t *data)
{
	json_t *p = json_object();

	json_object_set_new(p, "plugin", json_string(plugin));
	json_object_set_new(p, "data", data ? data : json_object());
	json_object_set_new(reply, "plugindata", p);
}
