/*
 * Reloading. What was read is kept until the end, because other threads borrow secrets from it; a
 * value that an admin request changed stays unless the file has another one than before. Thread:
 * any; one at a time.
 */
#include "core/reload.h"
#include <stddef.h>
#include "core/base/log.h"
#include "core/session/jwt.h"
#include "core/settings.h"

struct limen_reload {
	GMutex lock;
	struct limen_core *core;
	const struct limen_config *first;  /* of the start */
	const struct limen_config *latest; /* read last */
	GPtrArray *configs;                /* owned: all but the first */
	GPtrArray *jwts;                   /* owned: those that were replaced */
	bool *waits;                       /* by row: could not change when it differed */
};

struct limen_reload *limen_reload_new(struct limen_core *core, const struct limen_config *now)
{
	struct limen_reload *r = g_new0(struct limen_reload, 1);

	g_mutex_init(&r->lock);
	r->core = core;
	r->first = r->latest = now;
	r->configs = g_ptr_array_new_with_free_func((GDestroyNotify)limen_config_free);
	r->waits = g_new0(bool, limen_settings_rows());
	r->jwts = g_ptr_array_new_with_free_func((GDestroyNotify)limen_jwt_free);
	return r;
}

void limen_reload_free(struct limen_reload *r)
{
	if (!r)
		return;
	g_ptr_array_unref(r->configs);
	g_ptr_array_unref(r->jwts);
	g_free(r->waits);
	g_mutex_clear(&r->lock);
	g_free(r);
}

/* A row's value as text; new, or NULL where there is none. */
static char *value_text(const struct limen_config *c, const struct limen_option *o)
{
	if (o->type == LIMEN_OPT_BOOL)
		return g_strdup(limen_config_bool(c, o->section, o->name) ? "true" : "false");
	if (o->type == LIMEN_OPT_INT)
		return g_strdup_printf(
			"%" G_GINT64_FORMAT, limen_config_int(c, o->section, o->name));
	return g_strdup(limen_config_string(c, o->section, o->name));
}

static bool differs(
	const struct limen_config *a, const struct limen_config *b, const struct limen_option *o)
{
	g_autofree char *x = value_text(a, o), *y = value_text(b, o);

	return g_strcmp0(x, y) != 0;
}

/* Numbers that are read by limen_setting(). */
static const struct {
	const char *section, *name;
	size_t offset;
} numbers[] = {
#define SET(name, member)                                                                          \
	{                                                                                          \
		"general", name, offsetof(struct limen_core, set.member)                           \
	}
#define MEDIA(name, member)                                                                        \
	{                                                                                          \
		"media", name, offsetof(struct limen_core, media.member)                           \
	}
	SET("session_timeout", session_timeout_s),
	SET("reclaim_session_timeout", reclaim_timeout_s),
	SET("candidates_timeout", candidates_timeout_s),
	SET("sessions_max", sessions_max),
	SET("handles_max", handles_max),
	SET("drain_seconds", drain_s),
	MEDIA("no_media_timer", no_media_timer_s),
	MEDIA("slowlink_threshold", slowlink_threshold),
#undef SET
#undef MEDIA
};

static bool is_row(const struct limen_option *o, const char *section, const char *name)
{
	return g_str_equal(o->section, section) && g_str_equal(o->name, name);
}

static bool apply_number(
	struct limen_core *core, const struct limen_config *c, const struct limen_option *o)
{
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		if (!is_row(o, numbers[i].section, numbers[i].name))
			continue;
		limen_setting_set(G_STRUCT_MEMBER_P(core, numbers[i].offset),
			(int)limen_config_int(c, o->section, o->name));
		return true;
	}
	return false;
}

/* Whether there are signed tokens at all, or an admin secret of the operator's, is settled at the
 * start. */
static bool apply_secret(
	struct limen_core *core, const struct limen_config *c, const struct limen_option *o)
{
	const char *value;
	const char **secret = NULL;

	if (is_row(o, "general", "api_secret"))
		secret = &core->set.api_secret;
	else if (is_row(o, "general", "admin_secret"))
		secret = &core->set.admin_secret;
	else if (is_row(o, "general", "token_auth_secret"))
		secret = &core->set.token_secret;
	if (!secret)
		return false;
	value = limen_config_string(c, o->section, o->name);
	if (secret != &core->set.api_secret && (!value || !limen_setting_text(secret)))
		return false;
	limen_setting_text_set(secret, value);
	return true;
}

static bool apply(struct limen_reload *r, const struct limen_config *c,
	const struct limen_option *o, bool jwt_used)
{
	if (is_row(o, "general", "debug_level")) {
		limen_settings_log_level(c, r->core);
		return true;
	}
	if (g_str_has_prefix(o->name, "jwt_"))
		return jwt_used;
	return apply_number(r->core, c, o) || apply_secret(r->core, c, o);
}

/* The file of a public key may be another under the same name, so the keys are always made anew.
 * Takes fresh; returns whether it is used: not where one of the two is nothing. */
static bool swap_jwt(struct limen_reload *r, struct limen_jwt *fresh)
{
	struct limen_jwt *old = r->core->set.jwt;

	if (!old || !fresh) {
		limen_jwt_free(fresh);
		return false;
	}
	g_atomic_pointer_set(&r->core->set.jwt, fresh);
	g_ptr_array_add(r->jwts, old);
	return true;
}

static void note(json_t *list, const struct limen_option *o, const char *what)
{
	json_array_append_new(list, json_sprintf("%s.%s", o->section, o->name));
	limen_info("reload", "%s.%s %s", o->section, o->name, what);
}

/* Takes c. */
static json_t *change(struct limen_reload *r, struct limen_config *c, bool jwt_used)
{
	json_t *changed = json_array(), *restart = json_array();
	const struct limen_option *o = limen_settings_table;

	for (unsigned i = 0; o->section; i++, o++) {
		const bool differs_now = differs(r->latest, c, o);

		if (differs_now)
			r->waits[i] = !apply(r, c, o, jwt_used);
		if (differs_now && !r->waits[i])
			note(changed, o, "has changed");
		if (r->waits[i] && differs(r->first, c, o))
			note(restart, o, "changes at the next start");
	}
	r->latest = c;
	g_ptr_array_add(r->configs, c);
	return json_pack("{s:o,s:o}", "changed", changed, "restart", restart);
}

/* Whether a start would take it. *jwt: its keys; new. */
static int check(const struct limen_config *c, struct limen_jwt **jwt, char **reason)
{
	struct limen_core trial = { 0 };
	const int err = limen_settings_read(c, &trial, reason);

	*jwt = err ? NULL : g_steal_pointer(&trial.set.jwt);
	limen_settings_clear(&trial);
	return err;
}

int limen_reload_run(struct limen_reload *r, const char *file, json_t **report, char **reason)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&r->lock);
	struct limen_config *c = NULL;
	struct limen_jwt *jwt;
	int err = limen_config_load(&c, file, limen_settings_table, reason);

	if (err || (err = check(c, &jwt, reason))) {
		limen_config_free(c);
		return err;
	}
	*report = change(r, c, swap_jwt(r, jwt));
	return 0;
}
