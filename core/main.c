/*
 * The program: the command line, and what it asks for. Main thread.
 */
#include <glib.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/doctor.h"
#include "core/life.h"
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
	gboolean version, check;
	bool doctor;
};

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
		{ "check-config", 0, 0, G_OPTION_ARG_NONE, &o->check,
			"Only say what is wrong with the configuration", NULL },
		{ "version", 'V', 0, G_OPTION_ARG_NONE, &o->version, "Print the version", NULL },
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GOptionContext) context = g_option_context_new("[doctor] - WebRTC gateway");
	g_autoptr(GError) error = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		fprintf(stderr, "limen: %s\n", error->message);
		return false;
	}
	o->doctor = argc == 2 && strcmp(argv[1], "doctor") == 0;
	if (argc > 1 && !o->doctor) {
		fprintf(stderr, "limen: unexpected argument \"%s\"\n", argv[argc - 1]);
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

/* Every fault on a line. */
static int check_config(const struct limen_gateway_paths *paths)
{
	g_autofree char *reason = NULL;

	if (limen_gateway_check(paths, &reason) == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "%s\n", reason);
	return EXIT_FAILURE;
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
	else if (o.doctor)
		code = limen_doctor_run(&paths) ? EXIT_FAILURE : EXIT_SUCCESS;
	else if (o.check)
		code = check_config(&paths);
	else
		code = limen_life_run(&paths);
	options_clear(&o);
	return code;
}
