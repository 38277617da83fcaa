/*
 * `limen doctor`: tries what the gateway will need, and says of each thing whether it will work
 * and, if not, what to do. Main thread.
 */
#include "core/doctor.h"
#include <errno.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "core/base/clock.h"
#include "core/media/ice.h"
#include "core/session/ask.h"
#include "core/session/core.h"

#define YEAR_US ((int64_t)31556952 * G_USEC_PER_SEC)
#define YEAR_MIN 2025 /* of a clock that was ever set */
#define FILES_MIN 4096u
#define CERT_DAYS_MIN 14
#define DAY_S 86400
#define SEGMENT 1200

enum finding { OK, WARNING, FAULT };

static unsigned faults;

static void say(enum finding f, const char *topic, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void say(enum finding f, const char *topic, const char *format, ...)
{
	static const char *const words[] = { "ok", "warning", "fault" };
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	printf("%-8s%s: %s\n", words[f], topic, text);
	faults += f == FAULT;
}

static void try_config(const struct limen_gateway_paths *paths)
{
	g_autofree char *reason = NULL;
	g_auto(GStrv) lines = NULL;

	if (limen_gateway_check(paths, &reason) == 0) {
		say(OK, "configuration", "no faults");
		return;
	}
	lines = g_strsplit(reason, "\n", 0);
	for (char **line = lines; *line; line++)
		say(FAULT, "configuration", "%s", *line);
}

static void try_clock(void)
{
	const int year = 1970 + (int)(limen_wall_us() / YEAR_US);

	if (year < YEAR_MIN)
		say(FAULT, "clock",
			"the year is %d: certificates and tokens will be refused; set the time",
			year);
	else
		say(OK, "clock", "the year is %d", year);
}

static void try_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		say(WARNING, "files", "the limit of open files is not known");
	else if (limit.rlim_cur < FILES_MIN)
		say(WARNING, "files",
			"%lu may be open: too few for many clients; raise it (ulimit -n, or "
			"LimitNOFILE= of the unit) to %u or more",
			(unsigned long)limit.rlim_cur, FILES_MIN);
	else
		say(OK, "files", "%lu may be open", (unsigned long)limit.rlim_cur);
}

static void try_option(int level, int option, int value, const char *name, const char *without)
{
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, level, option, &value, sizeof(value)))
		say(WARNING, "kernel", "%s: %s; %s", name, g_strerror(errno), without);
	else
		say(OK, "kernel", "%s", name);
	if (fd >= 0)
		close(fd);
}

/* Binds as the gateway will, but for the sharing among its loops. 0, or -1 with errno. */
static int try_bind(int type, uint16_t port)
{
	const struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	const struct sockaddr_in any4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	const int stream = type == SOCK_STREAM, six = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
	const int fd = six < 0 ? socket(AF_INET, type | SOCK_CLOEXEC, 0) : six;
	int err;

	if (fd < 0)
		return -1;
	/* What a connection left behind is no hindrance; whoever listens is. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &stream, sizeof(stream));
	err = six < 0 ? bind(fd, (const void *)&any4, sizeof(any4))
		      : bind(fd, (const void *)&any6, sizeof(any6));
	close(fd);
	return err;
}

static void try_port(int type, const char *protocol, uint16_t port)
{
	if (try_bind(type, port))
		say(FAULT, "port",
			"%s %u cannot be used: %s; end whoever has it (ss -lp), or set ice.port",
			protocol, port, g_strerror(errno));
	else
		say(OK, "port", "%s %u; a firewall must let it through", protocol, port);
}

static bool is_private(const char *text)
{
	g_autoptr(GInetAddress) a = g_inet_address_new_from_string(text);

	return a &&
		(g_inet_address_get_is_site_local(a) || g_inet_address_get_is_link_local(a) ||
			g_inet_address_get_is_loopback(a));
}

static void try_addresses(const struct limen_ice_config *ice)
{
	g_autoptr(GPtrArray) all = limen_ice_addresses(ice);
	bool public = false;

	for (guint i = 0; i < all->len; i++)
	public |= !is_private(all->pdata[i]);
	if (!all->len)
		say(FAULT, "addresses",
			"none to be used; see nat.ice_enforce_list, nat.ice_ignore_list");
	else if (!public && !ice->nat_1_1)
		say(WARNING, "addresses",
			"only private ones (%s): clients elsewhere cannot come here; set "
			"nat.nat_1_1_mapping to the public address",
			(const char *)all->pdata[0]);
	else
		say(OK, "addresses", "%s%s", ice->nat_1_1 ? "announced as " : "",
			ice->nat_1_1 ? ice->nat_1_1[0] : (const char *)all->pdata[0]);
}

static void try_stun(const struct limen_ice_config *ice)
{
	g_autofree char *ip = NULL;
	uint16_t port;
	const int err = ice->stun_server
		? limen_ask_stun(ice->stun_server, ice->stun_port, 0, &ip, &port)
		: 0;

	if (!ice->stun_server)
		return;
	if (err)
		say(FAULT, "STUN", "%s:%u %s; see nat.stun_server and the firewall",
			ice->stun_server, ice->stun_port,
			err == LIMEN_ENOENT ? "has no address" : "does not answer");
	else
		say(OK, "STUN", "%s sees us as %s", ice->stun_server, ip);
}

static void try_certificate(const struct limen_cert *cert)
{
	const int64_t days = (limen_cert_end_s(cert) - limen_wall_us() / G_USEC_PER_SEC) / DAY_S;

	if (days < 0)
		say(WARNING, "certificate",
			"ended %d days ago: clients that look at the date refuse it; renew "
			"certificates.cert_pem",
			(int)-days);
	else if (days < CERT_DAYS_MIN)
		say(WARNING, "certificate", "ends in %d days; renew certificates.cert_pem",
			(int)days);
	else
		say(OK, "certificate", "good for %d days", (int)days);
}

static void try_network(const struct limen_media_config *m)
{
	if (m->ice.port) {
		try_port(SOCK_DGRAM, "UDP", m->ice.port);
		if (m->ice.tcp)
			try_port(SOCK_STREAM, "TCP", m->ice.port);
	}
	try_addresses(&m->ice);
	try_stun(&m->ice);
	try_certificate(m->cert);
}

unsigned limen_doctor_run(const struct limen_gateway_paths *paths)
{
	g_autofree char *reason = NULL;
	struct limen_gateway *g;

	try_config(paths);
	try_clock();
	try_files();
	try_option(SOL_UDP, UDP_SEGMENT, SEGMENT, "UDP_SEGMENT",
		"sending costs more: a kernel from 4.18 on has it");
	try_option(SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT",
		"loops share one socket: a kernel from 3.9 on has it");
	if ((g = limen_gateway_read(paths, &reason)))
		try_network(&limen_gateway_core(g)->media);
	limen_gateway_stop(g, 0);
	return faults;
}
