/*
 * Admin verbs that read and change settings (spec api-admin §2, §2.1). Thread: any.
 */
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/session/admin.h"
#include "core/session/reply.h"

#define NACK_QUEUE_MAX_MS 1000
#define LEVEL_MAX 7

/* Levels as this API counts them, from 0, nothing, to 7, everything. */
static const int levels[LEVEL_MAX + 1] = { -1, LIMEN_LOG_ERROR, LIMEN_LOG_ERROR, LIMEN_LOG_WARN,
	LIMEN_LOG_INFO, LIMEN_LOG_DEBUG, LIMEN_LOG_DEBUG, LIMEN_LOG_TRACE };

void limen_admin_log_level(struct limen_core *core, int level)
{
	limen_setting_set(&core->set.log_level, level);
	limen_log_level_set((enum limen_log_level)levels[level]);
}

static void verb_get_status(struct limen_call *c)
{
	struct limen_settings *set = &c->core->set;
	json_t *r = limen_admin_reply(c);

	json_object_set_new(r, "status",
		json_pack("{s:b,s:i,s:i,s:i,s:i,s:b,s:b,s:i,s:b,s:b,s:i,s:b,s:i,s:i}", "token_auth",
			set->token_auth, "session_timeout", limen_setting(&set->session_timeout_s),
			"reclaim_session_timeout", limen_setting(&set->reclaim_timeout_s),
			"candidates_timeout", limen_setting(&set->candidates_timeout_s),
			"log_level", limen_setting(&set->log_level), "log_timestamps",
			limen_setting(&set->log_timestamps), "log_colors",
			limen_setting(&set->log_colors), "log_rotate_sig", 0, "locking_debug",
			limen_setting(&set->locking_debug), "refcount_debug",
			limen_setting(&set->refcount_debug), "min_nack_queue",
			limen_setting(&set->min_nack_queue_ms), "nack-optimizations",
			limen_setting(&set->nack_optimizations), "no_media_timer",
			limen_setting(&c->core->media.no_media_timer_s), "slowlink_threshold",
			limen_setting(&c->core->media.slowlink_threshold)));
	limen_admin_done(c, r);
}

/* Answers with the number under a name. */
static void done_int(struct limen_call *c, const char *name, int value)
{
	json_t *r = limen_admin_reply(c);

	json_object_set_new(r, name, json_integer(value));
	limen_admin_done(c, r);
}

static void set_int(struct limen_call *c, const char *name, int *setting)
{
	const int value = (int)MIN(limen_json_int(c->msg, name, 0), G_MAXINT);

	limen_setting_set(setting, value);
	done_int(c, name, value);
}

static void set_bool(struct limen_call *c, const char *member, const char *name, int *setting)
{
	const bool value = limen_json_bool(c->msg, member, false);
	json_t *r = limen_admin_reply(c);

	limen_setting_set(setting, value);
	json_object_set_new(r, name, json_boolean(value));
	limen_admin_done(c, r);
}

static void verb_session_timeout(struct limen_call *c)
{
	set_int(c, "timeout", &c->core->set.session_timeout_s);
}

static void verb_log_level(struct limen_call *c)
{
	const int64_t level = limen_json_int(c->msg, "level", 0);

	if (level > LEVEL_MAX) {
		limen_admin_refuse(c, LIMEN_API_INVALID_TYPE,
			"Invalid element type (level should be between 0 and %d)", LEVEL_MAX);
		return;
	}
	limen_admin_log_level(c->core, (int)level);
	done_int(c, "level", (int)level);
}

static void verb_locking_debug(struct limen_call *c)
{
	set_bool(c, "debug", "locking_debug", &c->core->set.locking_debug);
}

static void verb_refcount_debug(struct limen_call *c)
{
	set_bool(c, "debug", "refcount_debug", &c->core->set.refcount_debug);
}

static void verb_log_timestamps(struct limen_call *c)
{
	set_bool(c, "timestamps", "log_timestamps", &c->core->set.log_timestamps);
}

static void verb_log_colors(struct limen_call *c)
{
	set_bool(c, "colors", "log_colors", &c->core->set.log_colors);
}

static void verb_nack_queue(struct limen_call *c)
{
	const int ms = (int)MIN(limen_json_int(c->msg, "min_nack_queue", 0), NACK_QUEUE_MAX_MS);

	limen_setting_set(&c->core->set.min_nack_queue_ms, ms);
	done_int(c, "min_nack_queue", ms);
}

static void verb_nack_optimizations(struct limen_call *c)
{
	set_bool(c, "nack_optimizations", "nack-optimizations", &c->core->set.nack_optimizations);
}

static void verb_no_media_timer(struct limen_call *c)
{
	set_int(c, "no_media_timer", &c->core->media.no_media_timer_s);
}

static void verb_slowlink(struct limen_call *c)
{
	set_int(c, "slowlink_threshold", &c->core->media.slowlink_threshold);
}

static void verb_accept(struct limen_call *c)
{
	set_bool(c, "accept", "accept", &c->core->set.accepting_sessions);
}

#define ONE_FIELD(name, type)                                                                      \
	(const struct limen_field[])                                                               \
	{                                                                                          \
		{ name, type, true }, LIMEN_FIELDS_END                                             \
	}

const struct limen_admin_verb limen_admin_verbs_settings[] = {
	{ "get_status", LIMEN_LEVEL_NONE, NULL, verb_get_status },
	{ "set_session_timeout", LIMEN_LEVEL_NONE, ONE_FIELD("timeout", LIMEN_F_UINT),
		verb_session_timeout },
	{ "set_log_level", LIMEN_LEVEL_NONE, ONE_FIELD("level", LIMEN_F_UINT), verb_log_level },
	{ "set_locking_debug", LIMEN_LEVEL_NONE, ONE_FIELD("debug", LIMEN_F_BOOL),
		verb_locking_debug },
	{ "set_refcount_debug", LIMEN_LEVEL_NONE, ONE_FIELD("debug", LIMEN_F_BOOL),
		verb_refcount_debug },
	{ "set_log_timestamps", LIMEN_LEVEL_NONE, ONE_FIELD("timestamps", LIMEN_F_BOOL),
		verb_log_timestamps },
	{ "set_log_colors", LIMEN_LEVEL_NONE, ONE_FIELD("colors", LIMEN_F_BOOL), verb_log_colors },
	{ "set_min_nack_queue", LIMEN_LEVEL_NONE, ONE_FIELD("min_nack_queue", LIMEN_F_UINT),
		verb_nack_queue },
	{ "set_nack_optimizations", LIMEN_LEVEL_NONE, ONE_FIELD("nack_optimizations", LIMEN_F_BOOL),
		verb_nack_optimizations },
	{ "set_no_media_timer", LIMEN_LEVEL_NONE, ONE_FIELD("no_media_timer", LIMEN_F_UINT),
		verb_no_media_timer },
	{ "set_slowlink_threshold", LIMEN_LEVEL_NONE, ONE_FIELD("slowlink_threshold", LIMEN_F_UINT),
		verb_slowlink },
	{ "accept_new_sessions", LIMEN_LEVEL_NONE, ONE_FIELD("accept", LIMEN_F_BOOL), verb_accept },
	{ NULL, 0, NULL, NULL },
};
