/*
 * The program: command line, signals, and the gateway between them. Main thread.
 */
#include <glib-unix.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include "core/gateway.h"
#include "core/version.h"

#ifndef LIMEN_CONFDIR
#define LIMEN_CONFDIR NULL
#endif
#ifndef LIMEN_MODULEDIR
#define LIMEN_MODULEDIR "modules"
#endif
#ifndef LIMEN_HTMLDIR
#define LIMEN_HTMLDIR "html"
#endif

struct options {
	char *config_dir, *module_dir, *html_dir, *print_conf;
	gboolean version;
};

/* What ends the program. */
struct ending {
	GMainLoop *loop;
	int signum;
};

static gboolean on_interrupt(gpointer arg)
{
	struct ending *e = arg;

	e->signum = SIGINT;
	g_main_loop_quit(e->loop);
	return G_SOURCE_CONTINUE;
}

static gboolean on_terminate(gpointer arg)
{
	struct ending *e = arg;

	e->signum = SIGTERM;
	g_main_loop_quit(e->loop);
	return G_SOURCE_CONTINUE;
}

static bool parse(int argc, char **argv, struct options *o)
{
	const GOptionEntry entries[] = {
		{ "config", 'C', 0, G_OPTION_ARG_FILENAME, &o->config_dir,
			"Folder of configuration files", "DIR" },
		{ "modules", 'M', 0, G_OPTION_ARG_FILENAME, &o->module_dir,
			"Folder of plugins/, transports/, events/", "DIR" },
		{ "html", 'H', 0, G_OPTION_ARG_FILENAME, &o->html_dir, "Folder of the web pages",
			"DIR" },
		{ "print-conf", 0, 0, G_OPTION_ARG_STRING, &o->print_conf,
			"Print a sample configuration: limen, videoroom, http ...", "NAME" },
		{ "version", 'V', 0, G_OPTION_ARG_NONE, &o->version, "Print the version", NULL },
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GOptionContext) context = g_option_context_new("- WebRTC gateway");
	g_autoptr(GError) error = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		fprintf(stderr, "limen: %s\n", error->message);
		return false;
	}
	if (argc > 1) {
		fprintf(stderr, "limen: unexpected argument \"%s\"\n", argv[1]);
		return false;
	}
	return true;
}

static int print_sample(const struct limen_gateway_paths *paths, const char *name)
{
	g_autofree char *text = limen_gateway_sample(paths, name);

	if (!text) {
		fprintf(stderr, "limen: no part named \"%s\" has a configuration\n", name);
		return EXIT_FAILURE;
	}
	fputs(text, stdout);
	return EXIT_SUCCESS;
}

static int run(const struct limen_gateway_paths *paths)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	struct ending ending = { loop, 0 };
	g_autofree char *reason = NULL;
	struct limen_gateway *gateway;

	g_unix_signal_add(SIGINT, on_interrupt, &ending);
	g_unix_signal_add(SIGTERM, on_terminate, &ending);
	if (limen_gateway_start(&gateway, paths, &reason)) {
		fprintf(stderr, "%s\n", reason ? reason : "limen: cannot start");
		return EXIT_FAILURE;
	}
	g_main_loop_run(loop);
	limen_gateway_stop(gateway, ending.signum);
	return EXIT_SUCCESS;
}

static void options_clear(struct options *o)
{
	g_free(o->config_dir);
	g_free(o->module_dir);
	g_free(o->html_dir);
	g_free(o->print_conf);
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	struct limen_gateway_paths paths;
	int code = EXIT_SUCCESS;

	setlocale(LC_ALL, "C.UTF-8");
	signal(SIGPIPE, SIG_IGN);
	if (!parse(argc, argv, &o)) {
		options_clear(&o);
		return EXIT_FAILURE;
	}
	paths = (struct limen_gateway_paths){
		.config_dir = o.config_dir ? o.config_dir : LIMEN_CONFDIR,
		.module_dir = o.module_dir ? o.module_dir : LIMEN_MODULEDIR,
		.html_dir = o.html_dir ? o.html_dir : LIMEN_HTMLDIR,
	};
	if (o.version)
		puts("limen " LIMEN_VERSION);
	else if (o.print_conf)
		code = print_sample(&paths, o.print_conf);
	else
		code = run(&paths);
	options_clear(&o);
	return code;
}
