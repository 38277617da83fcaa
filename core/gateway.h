/*
 * The whole gateway: configuration, loops, modules, and their order of coming and going. Main
 * thread.
 */
#ifndef LIMEN_GATEWAY_H
#define LIMEN_GATEWAY_H

#include <stdbool.h>

struct limen_core;
struct limen_gateway;

struct limen_gateway_paths {
	const char *config_dir; /* folder of *.jcfg; NULL = defaults */
	const char *module_dir; /* folder of plugins/, transports/, events/ */
	const char *html_dir;   /* pages served over HTTP */
};

/* Reads everything and starts; *reason new on errors, every fault on a line. Paths borrowed for
 * life. */
int limen_gateway_start(
	struct limen_gateway **out, const struct limen_gateway_paths *paths, char **reason);
/* Says good-bye and stops everything. NULL is fine. signum: what made it stop; 0 = no signal */
void limen_gateway_stop(struct limen_gateway *g, int signum);
struct limen_core *limen_gateway_core(struct limen_gateway *g);
/* Would its configuration do? *reason new: every fault on a line. Starts nothing. */
int limen_gateway_check(const struct limen_gateway_paths *paths, char **reason);
/* The same without modules, and with what was read at hand: core and certificate. NULL with *reason
 * new on faults. To be stopped. */
struct limen_gateway *limen_gateway_read(const struct limen_gateway_paths *paths, char **reason);
/* A sample configuration: "limen" or a module's short name; new, or NULL if there is none. Without
 * starting. */
char *limen_gateway_sample(const struct limen_gateway_paths *paths, const char *name);

#endif
