/*
 * The services that every module gets. A module is known by its head; its configuration is kept
 * here from loading to unloading and is read-only in between. Thread: any.
 */
#include <string.h>
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/host/host.h"
#include "core/session/events.h"

struct limen_core *limen_host_core;

static struct {
	GHashTable *configs; /* head → struct limen_config * */
	const char *dir, *html_dir;
} known;

void limen_base_config_dir_set(const char *dir, const char *html_dir)
{
	known.dir = dir;
	known.html_dir = html_dir;
}

char *limen_base_config_path(const char *dir, const char *name)
{
	const char *rest = g_str_has_prefix(name, "janus.") ? name + strlen("janus.") : name;
	g_autofree char *file = g_strdup_printf("limen.%s.jcfg", rest);

	return dir ? g_build_filename(dir, file, NULL) : NULL;
}

void limen_base_config_add(const struct limen_module_head *head, struct limen_config *config)
{
	if (!known.configs)
		known.configs =
			g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)limen_config_free);
	g_hash_table_insert(known.configs, (gpointer)head->services, config);
}

void limen_base_config_clear(void)
{
	g_clear_pointer(&known.configs, g_hash_table_destroy);
}

/* By the module's own services pointer, which a padded copy of the head shares with the original.
 */
static const struct limen_config *config_of(const struct limen_module_head *head)
{
	return g_hash_table_lookup(known.configs, head->services);
}

bool limen_base_option_bool(
	const struct limen_module_head *head, const char *section, const char *name)
{
	return limen_config_bool(config_of(head), section, name);
}

int64_t limen_base_option_int(
	const struct limen_module_head *head, const char *section, const char *name)
{
	return limen_config_int(config_of(head), section, name);
}

const char *limen_base_option_string(
	const struct limen_module_head *head, const char *section, const char *name)
{
	if (strcmp(name, "static_dir") == 0 && known.html_dir &&
		!limen_config_set(config_of(head), section, name))
		return known.html_dir;
	return limen_config_string(config_of(head), section, name);
}

char **limen_base_option_groups(const struct limen_module_head *head, const char *pattern)
{
	return limen_config_groups(config_of(head), pattern);
}

bool limen_base_option_set(
	const struct limen_module_head *head, const char *section, const char *name)
{
	return limen_config_set(config_of(head), section, name);
}

int limen_base_config_save(
	const struct limen_module_head *head, const char *group, const json_t *keys)
{
	g_autofree char *path = limen_base_config_path(known.dir, head->name), *reason = NULL;
	int err;

	if (!path)
		return LIMEN_ENOTSUP;
	if ((err = limen_config_save(path, head->options, group, keys, &reason)))
		limen_error("config", "%s is not saved: %s", group, reason);
	return err;
}

const char *limen_base_config_dir(void)
{
	return known.dir;
}

void limen_base_emit(const struct limen_module_head *head, unsigned type, uint64_t session,
	uint64_t handle, json_t *body)
{
	g_autofree char *opaque_id = NULL;

	if (!limen_events_wanted(limen_host_core, type)) {
		json_decref(body);
		return;
	}
	if (type == LIMEN_EVENT_PLUGIN)
		body = json_pack("{s:s,s:o}", "plugin", head->name, "data", body);
	opaque_id = handle ? limen_events_opaque_id(session, handle) : NULL;
	limen_events_emit(limen_host_core,
		&(struct limen_event_head){ .type = type,
			.session = session,
			.handle = handle,
			.opaque_id = opaque_id },
		body);
}
