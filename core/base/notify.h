/*
 * Telling the service manager how things stand (systemd's sd_notify protocol: a datagram of lines
 * "NAME=value" to the socket in NOTIFY_SOCKET). Thread: any.
 */
#ifndef LIMEN_BASE_NOTIFY_H
#define LIMEN_BASE_NOTIFY_H

#include <stdint.h>

/* LIMEN_ENOTSUP: nobody listens; LIMEN_EINVAL: no such socket can be; LIMEN_EIO. */
int limen_notify(const char *state);
/* How often the manager wants to hear WATCHDOG=1, in microseconds; 0 = never. */
int64_t limen_notify_watchdog_us(void);

#endif
