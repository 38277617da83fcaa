/*
 * Logging for the core and for modules. A line has a level, a topic ("ice", "videoroom") and, where
 * there is one, the ids of its session and handle. Thread: any. A line below the level costs one
 * comparison.
 */
#ifndef LIMEN_LOG_H
#define LIMEN_LOG_H

#include <stdint.h>

enum limen_log_level {
	LIMEN_LOG_ERROR,
	LIMEN_LOG_WARN,
	LIMEN_LOG_INFO,
	LIMEN_LOG_DEBUG,
	LIMEN_LOG_TRACE
};

#endif
