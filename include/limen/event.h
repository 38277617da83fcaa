/*
 * The event handler ABI: modules that watch what happens (sessions, handles, media, plugins) and
 * carry it elsewhere. Threads: start() and stop() on the main thread; handle() on a thread that the
 * core has for each handler, in order: one that blocks delays itself alone, and loses events when
 * too many wait.
 */
#ifndef LIMEN_EVENT_H
#define LIMEN_EVENT_H

#include <limen/module.h>

/* Event types, bits of a mask, as on the wire. */
enum limen_event_type {
	LIMEN_EVENT_SESSION = 1,
	LIMEN_EVENT_HANDLE = 2,
	LIMEN_EVENT_EXTERNAL = 4,
	LIMEN_EVENT_JSEP = 8,
	LIMEN_EVENT_WEBRTC = 16,
	LIMEN_EVENT_MEDIA = 32,
	LIMEN_EVENT_PLUGIN = 64,
	LIMEN_EVENT_TRANSPORT = 128,
	LIMEN_EVENT_CORE = 256,
};

struct limen_event_handler {
	struct limen_module_head head;
	unsigned mask; /* types wanted */
	int (*start)(void);
	void (*stop)(void);
	void (*handle)(const json_t *event); /* borrowed */
	/* An operator's request to the handler (spec api-admin §2.3): its response, new. NULL =
	 * there are none. Any thread */
	json_t *(*query)(const json_t *request);
	/* Types wanted for now, of mask; it may change at any time. NULL = mask. Any thread */
	unsigned (*wanted)(void);
	/* A line of the log, without its end; borrowed. On the log's own thread, between start()
	 * and stop(). NULL = not wanted */
	void (*log)(int64_t wall_us, const char *line);
};

struct limen_event_services {
	uint32_t abi, size;
	struct limen_base_services base;
};

#ifndef LIMEN_CORE /* the core itself sees all three kinds of module */
extern const struct limen_event_services *limen;

#define limen_log(level, topic, ...)                                                               \
	do {                                                                                       \
		if (limen->base.log_wanted(level))                                                 \
			limen->base.log_write(level, topic, 0, 0, __VA_ARGS__);                    \
	} while (0)

#define LIMEN_EVENT_HANDLER(                                                                       \
	name_, version_, version_string_, title_, description_, author_, options_, ...)            \
	__attribute__((visibility("hidden"))) const struct limen_event_services *limen;            \
	extern const struct limen_event_handler limen_module;                                      \
	LIMEN_EXPORT const struct limen_event_handler limen_module = {                             \
		.head = { .abi = LIMEN_ABI,                                                        \
			.size = sizeof(struct limen_event_handler),                                \
			.kind = LIMEN_MODULE_EVENT_HANDLER,                                        \
			.name = name_,                                                             \
			.title = title_,                                                           \
			.author = author_,                                                         \
			.description = description_,                                               \
			.version_string = version_string_,                                         \
			.version = version_,                                                       \
			.options = options_,                                                       \
			.services = (const void **)&limen },                                       \
		__VA_ARGS__                                                                        \
	}

#endif

#endif
