/*
 * Admin verbs about stored tokens (spec api-admin §2). Thread: any.
 */
#include <string.h>
#include "core/base/json.h"
#include "core/session/admin.h"
#include "core/session/reply.h"
#include "core/session/tokens.h"

/* NULL: an error was answered, and the call is gone. */
static struct limen_tokens *tokens_of(struct limen_call *c)
{
	if (c->core->set.tokens)
		return c->core->set.tokens;
	limen_admin_refuse(c, LIMEN_API_UNKNOWN, "Stored-Token based authentication disabled");
	return NULL;
}

static bool is_loaded(const struct limen_core *core, const char *name)
{
	for (guint i = 0; i < core->plugins->len; i++)
		if (strcmp(((const struct limen_plugin *)core->plugins->pdata[i])->head.name,
			    name) == 0)
			return true;
	return false;
}

/* Names of loaded plugins in the request, borrowed; new array, NULL at its end. *all: every member
 * of the list was one. */
static GPtrArray *named(const struct limen_call *c, bool *all)
{
	const json_t *list = json_object_get(c->msg, "plugins");
	GPtrArray *names = g_ptr_array_new();
	json_t *name;
	size_t i;

	*all = true;
	json_array_foreach(list, i, name)
	{
		if (json_is_string(name) && is_loaded(c->core, json_string_value(name)))
			g_ptr_array_add(names, (char *)json_string_value(name));
		else
			*all = false;
	}
	g_ptr_array_add(names, NULL);
	return names;
}

static void done_plugins(struct limen_call *c, struct limen_tokens *t, const char *token)
{
	json_t *r = limen_admin_reply(c);

	json_object_set_new(
		r, "data", json_pack("{s:o}", "plugins", limen_tokens_plugins(t, token)));
	limen_admin_done(c, r);
}

static void verb_add(struct limen_call *c)
{
	struct limen_tokens *t = tokens_of(c);
	const char *token = limen_json_string(c->msg, "token", "");
	g_autoptr(GPtrArray) names = NULL;
	bool all;

	if (!t)
		return;
	names = named(c, &all);
	if (!json_is_array(json_object_get(c->msg, "plugins"))) {
		g_ptr_array_set_size(names, 0);
		for (guint i = 0; i < c->core->plugins->len; i++)
			g_ptr_array_add(names,
				(char *)((const struct limen_plugin *)c->core->plugins->pdata[i])
					->head.name);
		g_ptr_array_add(names, NULL);
	}
	if (limen_tokens_add(t, token, (const char *const *)names->pdata))
		limen_admin_refuse(c, LIMEN_API_UNKNOWN, "Error adding token");
	else
		done_plugins(c, t, token);
}

/* What allow and disallow have in common: checks, and hands on. */
static void change(struct limen_call *c,
	int (*fn)(struct limen_tokens *t, const char *token, const char *const *plugins))
{
	struct limen_tokens *t = tokens_of(c);
	const char *token = limen_json_string(c->msg, "token", "");
	g_autoptr(GPtrArray) names = NULL;
	bool all;

	if (!t)
		return;
	names = named(c, &all);
	if (!limen_tokens_has(t, token)) {
		limen_admin_refuse(c, 470, "Token %s not found", token);
	} else if (!all || names->len < 2) {
		limen_admin_refuse(c, LIMEN_API_INVALID_TYPE,
			"Invalid element type (some of the provided plugins are invalid)");
	} else {
		fn(t, token, (const char *const *)names->pdata);
		done_plugins(c, t, token);
	}
}

static void verb_allow(struct limen_call *c)
{
	change(c, limen_tokens_add);
}

static void verb_disallow(struct limen_call *c)
{
	change(c, limen_tokens_disallow);
}

static void verb_list(struct limen_call *c)
{
	struct limen_tokens *t = tokens_of(c);
	json_t *r;

	if (!t)
		return;
	r = limen_admin_reply(c);
	json_object_set_new(r, "data", json_pack("{s:o}", "tokens", limen_tokens_list(t)));
	limen_admin_done(c, r);
}

static void verb_remove(struct limen_call *c)
{
	struct limen_tokens *t = tokens_of(c);

	if (!t)
		return;
	if (limen_tokens_remove(t, limen_json_string(c->msg, "token", "")))
		limen_admin_done(c, NULL);
	else
		limen_admin_refuse(c, LIMEN_API_UNKNOWN, "Error removing token");
}

static const struct limen_field add_fields[] = {
	{ "token", LIMEN_F_STRING, true },
	{ "plugins", LIMEN_F_ARRAY, false },
	LIMEN_FIELDS_END,
};
static const struct limen_field change_fields[] = {
	{ "token", LIMEN_F_STRING, true },
	{ "plugins", LIMEN_F_ARRAY, true },
	LIMEN_FIELDS_END,
};
static const struct limen_field token_fields[] = { { "token", LIMEN_F_STRING, true },
	LIMEN_FIELDS_END };

const struct limen_admin_verb limen_admin_verbs_tokens[] = {
	{ "add_token", LIMEN_LEVEL_NONE, add_fields, verb_add },
	{ "allow_token", LIMEN_LEVEL_NONE, change_fields, verb_allow },
	{ "disallow_token", LIMEN_LEVEL_NONE, change_fields, verb_disallow },
	{ "list_tokens", LIMEN_LEVEL_NONE, NULL, verb_list },
	{ "remove_token", LIMEN_LEVEL_NONE, token_fields, verb_remove },
	{ NULL, 0, NULL, NULL },
};
