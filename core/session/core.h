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
#include "core/media/peer.h"

struct limen_sessions;

/* Settings of the API side; strings borrowed from the configuration. */
struct limen_settings {
	int session_timeout_s; /* 0 = never */
	int reclaim_timeout_s; /* 0 = sessions die with their connection */
	int candidates_timeout_s;
	const char *api_secret; /* NULL = none */
	bool token_auth;
	const char *token_secret; /* signed tokens; NULL = stored tokens */
	bool opaqueid_in_api;
	bool accepting_sessions;
	bool hide_dependencies;
	bool allow_loop_indication;
	const char *server_name;
	bool log_to_stdout;
	const char *log_file;
	int sessions_max; /* 0 = no limit */
	int handles_max;  /* per session; 0 = no limit */
};

struct limen_core {
	struct limen_settings set;
	struct limen_media_config media;
	struct limen_loop **loops;
	unsigned loop_count;
	gint next_loop;          /* atomic */
	gint closing, receiving; /* atomic: no request is taken any more; requests being taken */
	gint closed;             /* atomic: none is answered any more either */
	struct limen_sessions *sessions;
	GPtrArray *plugins;        /* const struct limen_plugin * */
	GPtrArray *transports;     /* const struct limen_transport * */
	GPtrArray *event_handlers; /* const struct limen_event_handler * */
	/* Are this plugin's room and user ids texts? NULL = never. Any thread. */
	bool (*string_ids)(const struct limen_plugin *plugin);
	/* Carries an event to the event handlers; takes body. NULL = nobody listens. Any thread. */
	void (*emit)(struct limen_core *core, unsigned type, uint64_t session, uint64_t handle,
		json_t *body);
};

#endif
