/*
 * limenctl: the admin API from a shell. One thread.
 */
#include <glib.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/link.h"
#include "tools/tree.h"

static struct {
	char *server, *path, *secret, *secret_file;
	gboolean json;
	double interval_s;
} options = { .interval_s = 1 };

static struct limen_link link_to;

static json_t *ask(const char *verb, uint64_t session, uint64_t handle, json_t *members)
{
	g_autofree char *reason = NULL;
	json_t *answer = limen_link_ask(&link_to, verb, session, handle, members, &reason);

	if (answer)
		return answer;
	fprintf(stderr, "limenctl: %s\n", reason);
	exit(EXIT_FAILURE);
}

static uint64_t number(const char *text, uint64_t max)
{
	guint64 n;

	if (g_ascii_string_to_unsigned(text, 10, 0, max, &n, NULL))
		return n;
	fprintf(stderr, "limenctl: \"%s\" should be a number up to %" G_GUINT64_FORMAT "\n", text,
		(guint64)max);
	exit(EXIT_FAILURE);
}

/* Prints it, with --json. Takes o. */
static void print_json(json_t *o)
{
	char *text = json_dumps(o, JSON_INDENT(2));

	if (options.json)
		puts(text);
	free(text);
	json_decref(o);
}

static void simple(const char *verb, uint64_t session, uint64_t handle, json_t *members)
{
	print_json(ask(verb, session, handle, members));
}

static void list(char **words)
{
	json_t *sessions = ask("list_sessions", 0, 0, NULL), *all = json_array(), *id;
	size_t i;

	(void)words;
	json_array_foreach(json_object_get(sessions, "sessions"), i, id)
	{
		const json_int_t session = json_integer_value(id);
		json_t *handles = ask("list_handles", (uint64_t)session, 0, NULL), *h;
		size_t k;

		json_array_append_new(all,
			json_pack("{s:I,s:O}", "session", session, "handles",
				json_object_get(handles, "handles")));
		if (!options.json)
			printf("session %" JSON_INTEGER_FORMAT "\n", session);
		json_array_foreach(json_object_get(handles, "handles"), k, h) if (!options.json)
			printf("  handle %" JSON_INTEGER_FORMAT "\n", json_integer_value(h));
		json_decref(handles);
	}
	json_decref(sessions);
	print_json(all);
}

static void show(char **words)
{
	const uint64_t session = number(words[0], G_MAXUINT64),
		       handle = number(words[1], G_MAXUINT64);
	const int64_t began_us = g_get_monotonic_time();
	json_t *first = ask("handle_info", session, handle, NULL), *second;
	const json_t *before = json_object_get(first, "info"), *after;
	double seconds;

	g_usleep((gulong)(options.interval_s * G_USEC_PER_SEC));
	second = ask("handle_info", session, handle, NULL);
	seconds = (double)(g_get_monotonic_time() - began_us) / G_USEC_PER_SEC;
	after = json_object_get(second, "info");
	if (!options.json) {
		g_autofree char *text = limen_tree_handle(before, after, seconds);

		fputs(text, stdout);
	}
	print_json(json_pack(
		"{s:O,s:o}", "info", after, "rates", limen_tree_rates(before, after, seconds)));
	json_decref(first);
	json_decref(second);
}

static void log_level(char **words)
{
	simple("set_log_level", 0, 0,
		json_pack("{s:I}", "level", (json_int_t)number(words[0], G_MAXINT)));
}

static void drain(char **words)
{
	(void)words;
	simple("drain", 0, 0, NULL);
}

static void reload(char **words)
{
	json_t *answer = ask("reload", 0, 0, NULL), *name;
	size_t i;

	(void)words;
	json_array_foreach(json_object_get(answer, "changed"), i, name) if (!options.json)
		printf("%s has changed\n", json_string_value(name));
	json_array_foreach(json_object_get(answer, "restart"), i, name) if (!options.json)
		printf("%s changes at the next start\n", json_string_value(name));
	print_json(answer);
}

static void kick(char **words)
{
	const uint64_t session = number(words[0], G_MAXUINT64);

	if (words[1])
		simple("detach_handle", session, number(words[1], G_MAXUINT64), NULL);
	else
		simple("destroy_session", session, 0, NULL);
}

static const struct command {
	const char *name;
	unsigned words_min, words_max;
	void (*fn)(char **words);
} commands[] = {
	{ "list", 0, 0, list },
	{ "show", 2, 2, show },
	{ "log-level", 1, 1, log_level },
	{ "drain", 0, 0, drain },
	{ "reload", 0, 0, reload },
	{ "kick", 1, 2, kick },
};

static const char summary[] = "Commands:\n"
			      "  list                   sessions and their handles\n"
			      "  show SESSION HANDLE    one handle, with its rates\n"
			      "  log-level N            0 (nothing) to 7 (everything)\n"
			      "  drain                  end when no PeerConnection is up\n"
			      "  reload                 read limen.jcfg again\n"
			      "  kick SESSION [HANDLE]  end a session, or detach one handle";

static bool run(char **words)
{
	const guint count = g_strv_length(words);

	for (size_t i = 0; i < G_N_ELEMENTS(commands) && count; i++) {
		const struct command *c = &commands[i];

		if (strcmp(c->name, words[0]) != 0 || count - 1 < c->words_min ||
			count - 1 > c->words_max)
			continue;
		c->fn(words + 1);
		return true;
	}
	fprintf(stderr, "limenctl: no such command; see limenctl --help\n");
	return false;
}

/* From the option, its file, or the environment, which other users cannot read. */
static bool find_secret(void)
{
	static char *text;
	g_autoptr(GError) error = NULL;

	link_to.secret = options.secret ? options.secret : g_getenv("LIMEN_ADMIN_SECRET");
	if (!options.secret_file)
		return true;
	if (!g_file_get_contents(options.secret_file, &text, NULL, &error)) {
		fprintf(stderr, "limenctl: %s\n", error->message);
		return false;
	}
	link_to.secret = g_strstrip(text);
	return true;
}

int main(int argc, char **argv)
{
	const GOptionEntry entries[] = {
		{ "server", 's', 0, G_OPTION_ARG_STRING, &options.server,
			"Address of the admin API (127.0.0.1:7088)", "HOST:PORT" },
		{ "path", 'p', 0, G_OPTION_ARG_STRING, &options.path, "Its path (/admin)", "PATH" },
		{ "secret", 0, 0, G_OPTION_ARG_STRING, &options.secret,
			"Admin secret; better in LIMEN_ADMIN_SECRET or a file", "TEXT" },
		{ "secret-file", 'f', 0, G_OPTION_ARG_FILENAME, &options.secret_file,
			"File with the admin secret", "FILE" },
		{ "interval", 'i', 0, G_OPTION_ARG_DOUBLE, &options.interval_s,
			"Seconds over which show measures (1)", "SECONDS" },
		{ "json", 'j', 0, G_OPTION_ARG_NONE, &options.json, "Answer in JSON", NULL },
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GOptionContext) context = g_option_context_new("COMMAND - asks a running limen");
	g_autoptr(GError) error = NULL;

	setlocale(LC_ALL, "C.UTF-8");
	g_option_context_add_main_entries(context, entries, NULL);
	g_option_context_set_summary(context, summary);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		fprintf(stderr, "limenctl: %s\n", error->message);
		return EXIT_FAILURE;
	}
	link_to.host = options.server ? options.server : "127.0.0.1:7088";
	link_to.path = options.path ? options.path : "/admin";
	return find_secret() && run(argv + 1) ? EXIT_SUCCESS : EXIT_FAILURE;
}
