/*
 * The gateway's life: read, make, start; and back in the opposite order. Main thread.
 */
#include "core/gateway.h"
#include <stddef.h>
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/host/host.h"
#include "core/media/ice_shared.h"
#include "core/session/events.h"
#include "core/session/request.h"
#include "core/reload.h"
#include "core/settings.h"
#include "core/version.h"

#define WATCH_US (2 * G_USEC_PER_SEC)
#define UPDATE_US (15 * G_USEC_PER_SEC) /* between events about the whole */

struct limen_gateway {
	struct limen_core core;
	struct limen_config *config;
	struct limen_cert *cert;
	struct limen_timer watch, update;
	char *file; /* limen.jcfg; NULL without a folder */
	struct limen_reload *reload;
};

static bool string_ids(const struct limen_plugin *plugin)
{
	return limen_base_option_bool(&plugin->head, "general", "string_ids");
}

static int load_certificate(struct limen_gateway *g, char **reason)
{
	const char *cert = limen_config_string(g->config, "certificates", "cert_pem");
	const char *key = limen_config_string(g->config, "certificates", "cert_key");
	int err;

	if (cert)
		err = limen_cert_load(&g->cert, cert, key ? key : cert,
			limen_config_string(g->config, "certificates", "cert_pwd"), reason);
	else if ((err = limen_cert_new(&g->cert)))
		*reason = g_strdup("no DTLS certificate could be made");
	g->core.media.cert = g->cert;
	return err;
}

static int start_loops(struct limen_gateway *g, char **reason)
{
	const unsigned wanted = (unsigned)limen_config_int(g->config, "general", "loops");
	const unsigned count = wanted ? wanted : g_get_num_processors();

	g->core.loops = g_new0(struct limen_loop *, count);
	for (; g->core.loop_count < count; g->core.loop_count++) {
		int err = limen_loop_new(&g->core.loops[g->core.loop_count], g->core.loop_count);

		if (err) {
			*reason = g_strdup_printf("event loop %u of %u could not be started",
				g->core.loop_count, count);
			return err;
		}
	}
	return 0;
}

static int start_ice(struct limen_gateway *g, char **reason)
{
	if (g->core.media.ice_ops != &limen_ice_shared)
		return 0;
	return limen_ice_shared_start(
		g->core.loops, g->core.loop_count, &g->core.media.ice, reason);
}

static void watch_sessions(struct limen_timer *t, void *arg)
{
	struct limen_gateway *g = arg;

	limen_sessions_expire(g->core.sessions);
	limen_loop_timer_set(g->core.loops[0], t, limen_now_us() + WATCH_US);
}

static void update_events(struct limen_timer *t, void *arg)
{
	struct limen_gateway *g = arg;

	limen_events_core_update(&g->core);
	limen_loop_timer_set(g->core.loops[0], t, limen_now_us() + UPDATE_US);
}

static void start_watch(void *arg)
{
	struct limen_gateway *g = arg;

	limen_timer_init(&g->update, update_events, g);
	limen_loop_timer_set(g->core.loops[0], &g->update, limen_now_us() + UPDATE_US);

	limen_timer_init(&g->watch, watch_sessions, g);
	limen_loop_timer_set(g->core.loops[0], &g->watch, limen_now_us() + WATCH_US);
}

static void stop_watch(void *arg)
{
	struct limen_gateway *g = arg;

	limen_timer_stop(&g->watch);
	limen_timer_stop(&g->update);
}

static int reload(struct limen_core *core, json_t **report, char **reason)
{
	struct limen_gateway *g =
		(struct limen_gateway *)((char *)core - offsetof(struct limen_gateway, core));

	return limen_reload_run(g->reload, g->file, report, reason);
}

static struct limen_gateway *gateway_new(const struct limen_gateway_paths *paths)
{
	struct limen_gateway *g = g_new0(struct limen_gateway, 1);

	if (paths->config_dir)
		g->file = g_build_filename(paths->config_dir, "limen.jcfg", NULL);
	g->core.reload = reload;
	g->core.plugins = g_ptr_array_new();
	g->core.transports = g_ptr_array_new();
	g->core.event_handlers = g_ptr_array_new();
	g->core.string_ids = string_ids;
	g->core.sessions = limen_sessions_new(&g->core);
	return g;
}

static int start_log(struct limen_gateway *g, char **reason)
{
	const int err =
		limen_log_start(LIMEN_LOG_INFO, g->core.set.log_to_stdout, g->core.set.log_file);

	limen_settings_log_level(g->config, &g->core);
	if (!err)
		return 0;
	*reason = g_strdup_printf(
		"general.log_to_file: \"%s\" cannot be written", g->core.set.log_file);
	return LIMEN_EIO;
}

static int start(struct limen_gateway *g, const struct limen_gateway_paths *paths, char **reason)
{
	int err;

	if ((err = limen_config_load(&g->config, g->file, limen_settings_table, reason)) ||
		(err = limen_settings_read(g->config, &g->core, reason)) ||
		(err = start_log(g, reason)) || (err = load_certificate(g, reason)) ||
		(err = start_loops(g, reason)) || (err = start_ice(g, reason)) ||
		(err = limen_host_load(
			 &g->core, paths->module_dir, paths->config_dir, paths->html_dir, reason)))
		return err;
	limen_loop_call(g->core.loops[0], start_watch, g);
	g->reload = limen_reload_new(&g->core, g->config);
	return limen_host_start(&g->core, reason);
}

int limen_gateway_start(
	struct limen_gateway **out, const struct limen_gateway_paths *paths, char **reason)
{
	struct limen_gateway *g = gateway_new(paths);
	int err = start(g, paths, reason);

	*out = NULL;
	if (err) {
		limen_gateway_stop(g, 0);
		return err;
	}
	g_atomic_int_set(&g->core.started, 1);
	limen_info("gateway", "limen %s: %u loops, %u plugins, %u transports", LIMEN_VERSION,
		g->core.loop_count, g->core.plugins->len, g->core.transports->len);
	if (g->core.set.made_secret)
		limen_info("gateway",
			"admin secret of this run: %s (general.admin_secret is not set)",
			g->core.set.made_secret);
	*out = g;
	return 0;
}

/* What modules freed when they were stopped ends on its loop: loops go when nothing waits on any.
 */
static void free_loops(struct limen_gateway *g)
{
	bool any;

	do {
		any = false;
		for (unsigned i = 0; i < g->core.loop_count; i++)
			any |= limen_loop_drain(g->core.loops[i]);
	} while (any);
	for (unsigned i = 0; i < g->core.loop_count; i++)
		limen_loop_free(g->core.loops[i]);
	g_free(g->core.loops);
}

void limen_gateway_stop(struct limen_gateway *g, int signum)
{
	if (!g)
		return;
	limen_events_core_shutdown(&g->core, signum);
	limen_requests_close(&g->core);
	limen_host_stop_transports(&g->core);
	if (g->core.loop_count)
		limen_loop_call(g->core.loops[0], stop_watch, g);
	limen_ice_shared_quiet();
	for (unsigned i = 0; i < g->core.loop_count; i++)
		limen_loop_stop(g->core.loops[i]);
	limen_host_stop(&g->core);
	free_loops(g);
	limen_ice_shared_stop();
	limen_host_unload(&g->core);
	limen_sessions_free(g->core.sessions);
	g_ptr_array_unref(g->core.plugins);
	g_ptr_array_unref(g->core.transports);
	g_ptr_array_unref(g->core.event_handlers);
	limen_cert_free(g->cert);
	limen_settings_clear(&g->core);
	limen_reload_free(g->reload);
	limen_config_free(g->config);
	limen_log_stop();
	g_free(g->file);
	g_free(g);
}

struct limen_core *limen_gateway_core(struct limen_gateway *g)
{
	return &g->core;
}

struct limen_gateway *limen_gateway_read(const struct limen_gateway_paths *paths, char **reason)
{
	struct limen_gateway *g = gateway_new(paths);

	if (!limen_config_load(&g->config, g->file, limen_settings_table, reason) &&
		!limen_settings_read(g->config, &g->core, reason) && !load_certificate(g, reason))
		return g;
	limen_gateway_stop(g, 0);
	return NULL;
}

int limen_gateway_check(const struct limen_gateway_paths *paths, char **reason)
{
	struct limen_gateway *g = gateway_new(paths);
	g_autofree char *settings = NULL, *modules = NULL;
	int err = limen_config_load(&g->config, g->file, limen_settings_table, &settings);
	int other;

	if (!err)
		err = limen_settings_read(g->config, &g->core, &settings);
	if (!err)
		err = load_certificate(g, &settings);
	other = limen_host_load(&g->core, paths->module_dir, paths->config_dir, NULL, &modules);
	*reason = g_strconcat(settings ? settings : "", settings && modules ? "\n" : "",
		modules ? modules : "", NULL);
	limen_gateway_stop(g, 0);
	return err ? err : other;
}

char *limen_gateway_sample(const struct limen_gateway_paths *paths, const char *name)
{
	struct limen_gateway *g;
	g_autofree char *reason = NULL;
	char *text = NULL;

	if (g_strcmp0(name, "limen") == 0)
		return limen_config_sample(limen_settings_table, "limen");
	g = gateway_new(paths);
	if (!limen_host_load(&g->core, paths->module_dir, NULL, NULL, &reason))
		text = limen_host_sample(&g->core, name);
	limen_gateway_stop(g, 0);
	return text;
}
