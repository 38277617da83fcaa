/*
 * Modules: found in folders, checked, given their services and configuration, started and stopped
 * in order. Main thread.
 */
#include "core/host/host.h"
#include <string.h>
#include "core/base/log.h"
#include "core/base/module.h"
#include "core/host/event_host.h"
#include "core/session/events.h"

static const struct kind {
	enum limen_module_kind kind;
	const char *folder;
	size_t size;
	const void *services;
} kinds[] = {
	{ LIMEN_MODULE_EVENT_HANDLER, "events", sizeof(struct limen_event_handler),
		&limen_event_services_table },
	{ LIMEN_MODULE_PLUGIN, "plugins", sizeof(struct limen_plugin),
		&limen_plugin_services_table },
	{ LIMEN_MODULE_TRANSPORT, "transports", sizeof(struct limen_transport),
		&limen_transport_services_table },
};

static GPtrArray *modules; /* struct limen_module * */

static GPtrArray *list_of(struct limen_core *core, enum limen_module_kind kind)
{
	if (kind == LIMEN_MODULE_PLUGIN)
		return core->plugins;
	return kind == LIMEN_MODULE_TRANSPORT ? core->transports : core->event_handlers;
}

static int load_config(const struct limen_module_head *head, const char *dir, char **reason)
{
	g_autofree char *path = limen_base_config_path(dir, head->name);
	struct limen_config *config;
	int err = limen_config_load(&config, path, head->options, reason);

	if (!err)
		limen_base_config_add(head, config);
	return err;
}

static int load_file(struct limen_core *core, const struct kind *k, const char *path,
	const char *config_dir, char **reason)
{
	g_autofree char *why = NULL;
	struct limen_module *m;
	int err = limen_module_open(&m, path, k->kind, k->size, &why);

	if (err) {
		*reason = g_strdup_printf("%s: %s", path, why);
		return err;
	}
	g_ptr_array_add(modules, m);
	*m->head->services = k->services;
	if ((err = load_config(m->head, config_dir, reason)))
		return err;
	g_ptr_array_add(list_of(core, k->kind), (gpointer)m->head);
	limen_debug("host", "%s %s from %s", m->head->name, m->head->version_string, path);
	return 0;
}

/* Takes one. */
static void add_reason(char **all, char *one)
{
	char *joined = *all && one ? g_strconcat(*all, "\n", one, NULL) : NULL;

	if (!joined) {
		*all = *all ? *all : one;
		return;
	}
	g_free(*all);
	g_free(one);
	*all = joined;
}

int limen_host_load(struct limen_core *core, const char *dir, const char *config_dir,
	const char *html_dir, char **reason)
{
	int first = 0;

	limen_host_core = core;
	modules = g_ptr_array_new();
	limen_base_config_dir_set(config_dir, html_dir);
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autofree char *folder = g_build_filename(dir, kinds[i].folder, NULL);
		g_autoptr(GPtrArray) files = limen_module_list(folder);

		for (guint f = 0; f < files->len; f++) {
			char *why = NULL;
			const int err = load_file(
				core, &kinds[i], g_ptr_array_index(files, f), config_dir, &why);

			add_reason(reason, why);
			first = first ? first : err;
		}
	}
	return first;
}

static int start_one(const struct limen_module_head *head, int (*start)(void), char **reason)
{
	const int err = start ? start() : 0;

	if (err)
		*reason = g_strdup_printf("%s does not start: %s (the log says more)", head->name,
			limen_error_text(err));
	return err;
}

/* Those that are switched off are not in any list of what there is (spec events §5). */
static int start_transports(struct limen_core *core, char **reason)
{
	for (guint i = 0; i < core->transports->len;) {
		const struct limen_transport *t = g_ptr_array_index(core->transports, i);
		const int err = start_one(&t->head, t->start, reason);

		if (err && err != LIMEN_ESTATE)
			return err;
		if (err) {
			g_clear_pointer(reason, g_free);
			g_ptr_array_remove_index(core->transports, i);
		} else {
			i++;
		}
	}
	return 0;
}

int limen_host_start(struct limen_core *core, char **reason)
{
	int err = 0;

	for (guint i = 0; i < core->event_handlers->len && !err; i++) {
		const struct limen_event_handler *h = g_ptr_array_index(core->event_handlers, i);

		err = start_one(&h->head, h->start, reason);
	}
	if (!err)
		limen_event_host_start(core);
	for (guint i = 0; i < core->plugins->len && !err; i++) {
		const struct limen_plugin *p = g_ptr_array_index(core->plugins, i);

		err = start_one(&p->head, p->start, reason);
	}
	if (!err)
		err = start_transports(core, reason);
	if (!err)
		limen_events_core_started(core);
	return err;
}

void limen_host_stop_transports(struct limen_core *core)
{
	for (guint i = 0; i < core->transports->len; i++) {
		const struct limen_transport *t = g_ptr_array_index(core->transports, i);

		if (t->stop)
			t->stop();
	}
}

void limen_host_stop(struct limen_core *core)
{
	for (guint i = 0; i < core->plugins->len; i++) {
		const struct limen_plugin *p = g_ptr_array_index(core->plugins, i);

		if (p->stop)
			p->stop();
	}
	limen_event_host_stop(core);
	for (guint i = 0; i < core->event_handlers->len; i++) {
		const struct limen_event_handler *h = g_ptr_array_index(core->event_handlers, i);

		if (h->stop)
			h->stop();
	}
}

void limen_host_unload(struct limen_core *core)
{
	g_ptr_array_set_size(core->plugins, 0);
	g_ptr_array_set_size(core->transports, 0);
	g_ptr_array_set_size(core->event_handlers, 0);
	limen_base_config_clear();
	for (guint i = 0; modules && i < modules->len; i++)
		limen_module_close(g_ptr_array_index(modules, i));
	g_clear_pointer(&modules, g_ptr_array_unref);
}

char *limen_host_sample(struct limen_core *core, const char *name)
{
	(void)core;
	for (guint i = 0; i < modules->len; i++) {
		const struct limen_module_head *head =
			((struct limen_module *)g_ptr_array_index(modules, i))->head;
		const char *last = strrchr(head->name, '.');

		if (strcmp(last ? last + 1 : head->name, name) == 0)
			return limen_config_sample(head->options, head->name);
	}
	return NULL;
}
