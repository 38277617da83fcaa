/*
 * The gateway between its start and its end. SIGTERM drains, a second one or SIGINT ends at once;
 * SIGHUP reads the configuration again, SIGUSR1 opens the log file again. The service manager hears
 * of each, and that all loops still turn. Main thread.
 */
#include "core/life.h"
#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/notify.h"
#include "core/drain.h"

struct life {
	GMainLoop *loop;
	struct limen_core *core;
	struct limen_drain *drain; /* or NULL */
	guint watchdog;            /* source, or 0 */
	int signum;                /* what ended it; 0 = nothing did */
};

/* Loops that have not answered; they may do so when the life is over. */
static gint silent_loops;

static void finish(void *life)
{
	g_main_loop_quit(((struct life *)life)->loop);
}

static gboolean on_interrupt(gpointer arg)
{
	((struct life *)arg)->signum = SIGINT;
	finish(arg);
	return G_SOURCE_CONTINUE;
}

static gboolean on_terminate(gpointer arg)
{
	struct life *life = arg;
	const int seconds = limen_setting(&life->core->set.drain_s);

	life->signum = SIGTERM;
	if (life->drain) {
		finish(life);
		return G_SOURCE_CONTINUE;
	}
	limen_info(
		"gateway", "leaves when no PeerConnection is up, in %d s at the latest", seconds);
	limen_notify("STOPPING=1");
	life->drain = limen_drain_new(life->core, seconds, finish, life);
	return G_SOURCE_CONTINUE;
}

static void reopen_log(void)
{
	if (limen_log_reopen())
		limen_error("log", "the file cannot be opened again; lines go on to the old one");
}

static gboolean on_reopen(gpointer arg)
{
	(void)arg;
	reopen_log();
	return G_SOURCE_CONTINUE;
}

static void log_faults(const char *reason)
{
	g_auto(GStrv) lines = g_strsplit(reason, "\n", 0);

	for (char **line = lines; *line; line++)
		limen_error("reload", "%s", *line);
}

static gboolean on_reload(gpointer arg)
{
	struct life *life = arg;
	g_autofree char *reason = NULL, *state = NULL;
	json_t *report = NULL;

	state = g_strdup_printf("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, limen_now_us());
	limen_notify(state);
	reopen_log();
	if (life->core->reload(life->core, &report, &reason))
		log_faults(reason);
	else
		limen_info("reload", "the configuration was read again");
	json_decref(report);
	limen_notify("READY=1");
	return G_SOURCE_CONTINUE;
}

static void answer(void *arg)
{
	(void)arg;
	g_atomic_int_add(&silent_loops, -1);
}

/* Tells of the health of the last round, and begins one. A loop that hangs ends the telling. */
static gboolean watch(gpointer arg)
{
	const struct life *life = arg;

	if (g_atomic_int_get(&silent_loops))
		return G_SOURCE_CONTINUE;
	limen_notify("WATCHDOG=1");
	g_atomic_int_set(&silent_loops, (gint)life->core->loop_count);
	for (unsigned i = 0; i < life->core->loop_count; i++)
		limen_loop_post(life->core->loops[i], answer, NULL);
	return G_SOURCE_CONTINUE;
}

/* Before the start, so that no signal ends what it should only have told: they wait for the loop.
 */
static void listen(struct life *life)
{
	g_unix_signal_add(SIGINT, on_interrupt, life);
	g_unix_signal_add(SIGTERM, on_terminate, life);
	g_unix_signal_add(SIGHUP, on_reload, life);
	g_unix_signal_add(SIGUSR1, on_reopen, life);
}

static void start_watchdog(struct life *life)
{
	const int64_t watchdog_us = limen_notify_watchdog_us();

	if (watchdog_us)
		life->watchdog = g_timeout_add((guint)MAX(watchdog_us / 3000, 1), watch, life);
}

int limen_life_run(const struct limen_gateway_paths *paths)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autofree char *reason = NULL;
	struct limen_gateway *gateway;
	struct life life = { .loop = loop };

	listen(&life);
	if (limen_gateway_start(&gateway, paths, &reason)) {
		fprintf(stderr, "%s\n", reason ? reason : "limen: cannot start");
		return EXIT_FAILURE;
	}
	life.core = limen_gateway_core(gateway);
	start_watchdog(&life);
	limen_notify("READY=1");
	g_main_loop_run(loop);
	limen_notify("STOPPING=1");
	if (life.watchdog)
		g_source_remove(life.watchdog);
	limen_drain_free(life.drain);
	limen_gateway_stop(gateway, life.signum);
	return EXIT_SUCCESS;
}
