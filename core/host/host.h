/*
 * Loading modules of the three kinds and giving them their service tables. Main thread; the
 * services themselves as include/limen says.
 */
#ifndef LIMEN_HOST_HOST_H
#define LIMEN_HOST_HOST_H

#include "core/session/core.h"

/* Loads every module below dir (plugins/, transports/, events/) and reads their configuration from
 * config_dir (NULL = none). A faulty module or configuration is an error, all of them with *reason
 * new, one a line: a gateway that starts half is worse than one that says why not. */
int limen_host_load(struct limen_core *core, const char *dir, const char *config_dir,
	const char *html_dir, char **reason);
/* Starts event handlers, plugins, transports, in that order. */
int limen_host_start(struct limen_core *core, char **reason);
/* Stops transports first, then what they fed. */
void limen_host_stop_transports(struct limen_core *core);
void limen_host_stop(struct limen_core *core);
void limen_host_unload(struct limen_core *core);
/* A commented sample configuration of the module with this short name ("videoroom"); new, or NULL.
 */
char *limen_host_sample(struct limen_core *core, const char *name);

/* plugin_host.c, transport_host.c, event_host.c, media_services.c */
extern const struct limen_plugin_services limen_plugin_services_table;
extern const struct limen_media_services limen_media_services_table;
extern const struct limen_transport_services limen_transport_services_table;
extern const struct limen_event_services limen_event_services_table;
/* base_services.c */
extern struct limen_core *limen_host_core;
#define LIMEN_BASE_SERVICES                                                                        \
	{                                                                                          \
		.log_wanted = limen_log_wanted, .log_write = limen_log_write,                      \
		.option_bool = limen_base_option_bool, .option_int = limen_base_option_int,        \
		.option_string = limen_base_option_string,                                         \
		.option_groups = limen_base_option_groups, .option_set = limen_base_option_set,    \
		.now_us = limen_now_us, .wall_us = limen_wall_us, .random = limen_random,          \
		.config_dir = limen_base_config_dir, .emit = limen_base_emit                       \
	}
bool limen_base_option_bool(
	const struct limen_module_head *head, const char *section, const char *name);
int64_t limen_base_option_int(
	const struct limen_module_head *head, const char *section, const char *name);
const char *limen_base_option_string(
	const struct limen_module_head *head, const char *section, const char *name);
char **limen_base_option_groups(const struct limen_module_head *head, const char *pattern);
bool limen_base_option_set(
	const struct limen_module_head *head, const char *section, const char *name);
const char *limen_base_config_dir(void);
/* For plugins: config_save of include/limen/plugin.h. */
int limen_base_config_save(
	const struct limen_module_head *head, const char *group, const json_t *keys);
/* "janus.plugin.videoroom" is configured by "limen.plugin.videoroom.jcfg". New; NULL without a
 * folder */
char *limen_base_config_path(const char *dir, const char *name);
void limen_base_emit(const struct limen_module_head *head, unsigned type, uint64_t session,
	uint64_t handle, json_t *body);
/* Notes a module's configuration and the folder; takes config. */
void limen_base_config_add(const struct limen_module_head *head, struct limen_config *config);
void limen_base_config_clear(void);
void limen_base_config_dir_set(const char *dir, const char *html_dir);

#endif
