/*
 * Loading modules. A module whose struct is shorter than ours is an older one: it is seen through a
 * copy padded with zeroes, so the core reads additions at the end as "not there". Main thread.
 */
#include "core/base/module.h"
#include <dlfcn.h>
#include <string.h>

static int check(const struct limen_module_head *head, enum limen_module_kind kind, char **reason)
{
	if (!head) {
		*reason = g_strdup("it exports no limen_module");
		return LIMEN_EINVAL;
	}
	if (head->abi != LIMEN_ABI) {
		*reason = g_strdup_printf(
			"it was built for ABI %u, this gateway has ABI %u", head->abi, LIMEN_ABI);
		return LIMEN_EABI;
	}
	if (head->kind != kind || head->size < sizeof(*head) || !head->name || !head->services) {
		*reason = g_strdup_printf(
			"its limen_module is broken or of another kind (kind %d, size %u)",
			(int)head->kind, head->size);
		return LIMEN_EINVAL;
	}
	return 0;
}

int limen_module_open(struct limen_module **out, const char *path, enum limen_module_kind kind,
	size_t full_size, char **reason)
{
	struct limen_module *m = g_new0(struct limen_module, 1);
	int err;

	*out = NULL;
	*reason = NULL;
	m->path = g_strdup(path);
	if (!(m->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL))) {
		*reason = g_strdup(dlerror());
		limen_module_close(m);
		return LIMEN_EIO;
	}
	m->head = dlsym(m->handle, "limen_module");
	if ((err = check(m->head, kind, reason))) {
		limen_module_close(m);
		return err;
	}
	if (m->head->size < full_size) {
		m->padded = g_malloc0(full_size);
		memcpy(m->padded, m->head, m->head->size);
		m->head = m->padded;
	}
	*out = m;
	return 0;
}

void limen_module_close(struct limen_module *m)
{
	if (!m)
		return;
	if (m->handle)
		dlclose(m->handle);
	g_free(m->padded);
	g_free(m->path);
	g_free(m);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *limen_module_list(const char *dir)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
	const char *name;

	while (d && (name = g_dir_read_name(d)))
		if (g_str_has_suffix(name, ".so"))
			g_ptr_array_add(paths, g_build_filename(dir, name, NULL));
	g_ptr_array_sort(paths, by_name);
	return paths;
}
