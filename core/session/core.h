/*
 * What the whole gateway shares: settings, loops, sessions, and the modules that were loaded. Built
 * by gateway.c before any request comes, read-only afterwards except for what says otherwise.
 */
#ifndef LIMEN_SESSION_CORE_H
#define LIMEN_SESSION_CORE_H

#define LIMEN_CORE
#include <limen/event.h>
#include <limen/plugin.h>
#include <limen/transport.h>
#include "core/base/config.h"
#include "core/base/loop.h"
#include "core/base/setting.h"
#include "core/media/peer.h"

struct limen_sessions;
struct limen_tokens;
struct limen_jwt;

/* Settings of the API side; strings borrowed from the configuration. Numbers and secrets that the
 * admin API or a reload may change are read and written by the functions of setting.h. */
struct limen_settings {
	int session_timeout_s; /* 0 = never */
	int reclaim_timeout_s; /* 0 = sessions die with their connection */
	int candidates_timeout_s;
	const char *api_secret;   /* NULL = none */
	const char *admin_secret; /* never NULL: made at start when none is configured */
	char *made_secret;        /* that one; owned, or NULL */
	int log_level;            /* 0..7, as the admin API counts */
	int min_nack_queue_ms;    /* 0..1000; kept for those who ask */
	int nack_optimizations, locking_debug, refcount_debug, log_timestamps,
		log_colors; /* the same */
	bool token_auth;
	struct limen_tokens *tokens; /* stored ones; NULL = not used; owned */
	const char *token_secret;    /* signed tokens; NULL = stored tokens */
	struct limen_jwt *jwt;       /* JSON Web Tokens beside those; NULL = none; owned */
	bool opaqueid_in_api;
	int accepting_sessions;
	bool hide_dependencies;
	bool allow_loop_indication;
	const char *server_name;
	bool log_to_stdout;
	const char *log_file;
	int sessions_max; /* 0 = no limit */
	int handles_max;  /* per session; 0 = no limit */
	int drain_s;      /* how long SIGTERM waits for PeerConnections */
	bool events;      /* event handlers are told */
	bool lean_events; /* less of them, by profile */
	bool combine_stats;
	int stats_period_s; /* 0 = no statistics */
};

/* Whose an event is: what stands around its body. 0 and NULL leave members out. */
struct limen_event_head {
	unsigned type, subtype;
	uint64_t session, handle;
	const char *opaque_id;
};

struct limen_core {
	struct limen_settings set;
	struct limen_media_config media;
	struct limen_loop **loops;
	unsigned loop_count;
	gint next_loop;          /* atomic */
	gint closing, receiving; /* atomic: no request is taken any more; requests being taken */
	gint started;            /* atomic: all modules run */
	gint closed;             /* atomic: none is answered any more either */
	struct limen_sessions *sessions;
	GPtrArray *plugins;        /* const struct limen_plugin * */
	GPtrArray *transports;     /* const struct limen_transport * */
	GPtrArray *event_handlers; /* const struct limen_event_handler * */
	gint draining;             /* atomic: the admin API asked for it */
	/* Reads limen.jcfg again (reload.h). Any thread; blocks. */
	int (*reload)(struct limen_core *core, json_t **report, char **reason);
	/* Are this plugin's room and user ids texts? NULL = never. Any thread. */
	bool (*string_ids)(const struct limen_plugin *plugin);
	/* Carries an event to the event handlers; takes body. NULL = nobody listens. Any thread.
	 * Callers go through core/session/events.h. */
	void (*emit)(struct limen_core *core, const struct limen_event_head *head, json_t *body);
};

#endif
