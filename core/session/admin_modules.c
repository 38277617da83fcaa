/*
 * Admin verbs that speak to modules, or for an operator to event handlers and the log (spec
 * api-admin §2, §2.2, §2.3). Thread: any; a plugin's requests run on a loop.
 */
#include <string.h>
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/session/events.h"
#include "core/session/admin.h"
#include "core/session/message.h"
#include "core/session/reply.h"

#define LOG_LEVELS 8

static const void *find(const GPtrArray *modules, const char *name)
{
	for (guint i = 0; i < modules->len; i++) {
		const struct limen_module_head *head = modules->pdata[i];

		if (strcmp(head->name, name) == 0)
			return head;
	}
	return NULL;
}

static const struct limen_plugin *find_plugin(const struct limen_core *core, const char *name)
{
	g_autofree char *wire = g_str_has_prefix(name, "limen.plugin.")
		? g_strconcat("janus.plugin.", name + strlen("limen.plugin."), NULL)
		: g_strdup(name);

	return find(core->plugins, wire);
}

static void done_response(struct limen_call *c, json_t *response)
{
	json_t *r = limen_admin_reply(c);

	json_object_set_new(r, "response", response ? response : json_object());
	limen_admin_done(c, r);
}

static void verb_message_plugin(struct limen_call *c)
{
	const struct limen_plugin *plugin =
		find_plugin(c->core, limen_json_string(c->msg, "plugin", ""));

	if (!plugin)
		limen_admin_refuse(c, LIMEN_API_NO_PLUGIN, "Invalid plugin");
	else if (!limen_message_serves_admin(plugin))
		limen_admin_refuse(
			c, LIMEN_API_UNKNOWN, "Plugin doesn't support Admin API messages");
	else
		limen_message_admin(c, plugin, json_object_get(c->msg, "request"), done_response);
}

static void query(struct limen_call *c, const GPtrArray *modules, const char *kind,
	json_t *(*(*of)(const void *module))(const json_t *))
{
	const void *module = find(modules, limen_json_string(c->msg, kind, ""));
	json_t *(*fn)(const json_t *) = module ? of(module) : NULL;

	if (!module)
		limen_admin_refuse(c, LIMEN_API_NO_PLUGIN, "Invalid %s",
			strcmp(kind, "handler") == 0 ? "event handler" : kind);
	else if (!fn)
		limen_admin_refuse(c, LIMEN_API_UNKNOWN, "%s doesn't support queries",
			limen_json_string(c->msg, kind, ""));
	else
		done_response(c, fn(json_object_get(c->msg, "request")));
}

static json_t *(*transport_query(const void *module))(const json_t *)
{
	return ((const struct limen_transport *)module)->query;
}

static json_t *(*handler_query(const void *module))(const json_t *)
{
	return ((const struct limen_event_handler *)module)->query;
}

static void verb_query_transport(struct limen_call *c)
{
	query(c, c->core->transports, "transport", transport_query);
}

static void verb_query_handler(struct limen_call *c)
{
	query(c, c->core->event_handlers, "handler", handler_query);
}

/* Loggers are event handlers here: the JSON log is one of them. */
static void verb_query_logger(struct limen_call *c)
{
	query(c, c->core->event_handlers, "logger", handler_query);
}

static void verb_custom_event(struct limen_call *c)
{
	limen_events_emit(c->core, &(struct limen_event_head){ .type = LIMEN_EVENT_EXTERNAL },
		json_pack("{s:O,s:O}", "schema", json_object_get(c->msg, "schema"), "data",
			json_object_get(c->msg, "data")));
	limen_admin_done(c, NULL);
}

static void verb_custom_logline(struct limen_call *c)
{
	static const enum limen_log_level levels[LOG_LEVELS] = { LIMEN_LOG_ERROR, LIMEN_LOG_ERROR,
		LIMEN_LOG_ERROR, LIMEN_LOG_WARN, LIMEN_LOG_INFO, LIMEN_LOG_DEBUG, LIMEN_LOG_DEBUG,
		LIMEN_LOG_TRACE };
	const int64_t level = limen_json_int(c->msg, "level", 4);

	if (level >= LOG_LEVELS) {
		limen_admin_refuse(c, LIMEN_API_INVALID_TYPE,
			"Invalid element type (level should be between 0 and %d)", LOG_LEVELS - 1);
		return;
	}
	limen_log_write(levels[level], "admin", 0, 0, "%s", limen_json_string(c->msg, "line", ""));
	limen_admin_done(c, NULL);
}

#define QUERY_FIELDS(kind)                                                                         \
	(const struct limen_field[])                                                               \
	{                                                                                          \
		{ kind, LIMEN_F_STRING, true }, { "request", LIMEN_F_OBJECT, true },               \
			LIMEN_FIELDS_END                                                           \
	}

static const struct limen_field event_fields[] = {
	{ "schema", LIMEN_F_STRING, true },
	{ "data", LIMEN_F_OBJECT, true },
	LIMEN_FIELDS_END,
};
static const struct limen_field line_fields[] = {
	{ "line", LIMEN_F_STRING, true },
	{ "level", LIMEN_F_UINT, false },
	LIMEN_FIELDS_END,
};

const struct limen_admin_verb limen_admin_verbs_modules[] = {
	{ "message_plugin", LIMEN_LEVEL_NONE, QUERY_FIELDS("plugin"), verb_message_plugin },
	{ "query_transport", LIMEN_LEVEL_NONE, QUERY_FIELDS("transport"), verb_query_transport },
	{ "query_eventhandler", LIMEN_LEVEL_NONE, QUERY_FIELDS("handler"), verb_query_handler },
	{ "query_logger", LIMEN_LEVEL_NONE, QUERY_FIELDS("logger"), verb_query_logger },
	{ "custom_event", LIMEN_LEVEL_NONE, event_fields, verb_custom_event },
	{ "custom_logline", LIMEN_LEVEL_NONE, line_fields, verb_custom_logline },
	{ NULL, 0, NULL, NULL },
};
