/*
 * Loading modules: dlopen, look up limen_module, check kind, ABI and size. Main thread.
 */
#ifndef LIMEN_BASE_MODULE_H
#define LIMEN_BASE_MODULE_H

#include <limen/module.h>

struct limen_module {
	void *handle;                         /* of dlopen */
	const struct limen_module_head *head; /* borrowed from the module; if its struct was shorter
						 than full_size: a zero-padded copy */
	char *path;
	void *padded; /* the copy, owned */
};

/* Opens one file. LIMEN_EIO (dlopen failed), LIMEN_EABI (other ABI), LIMEN_EINVAL (no or broken
 * limen_module); *reason new. full_size: sizeof the core's struct of that kind. */
int limen_module_open(struct limen_module **out, const char *path, enum limen_module_kind kind,
	size_t full_size, char **reason);
void limen_module_close(struct limen_module *m);

/* Paths of all *.so files in a folder, sorted; new GPtrArray of char * with free function; empty
 * when there is no such folder. */
GPtrArray *limen_module_list(const char *dir);

#endif
