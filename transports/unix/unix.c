/*
 * The Unix socket transport: options, start and stop, and the way out. Other threads queue texts
 * and wake the service thread (server.c), which owns all sockets. Threads: start() and stop() main;
 * send(), session() and query() any.
 */
#include "transports/unix/unix.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MODE_MAX 0777

struct unix_transport unix_transport;

static const struct limen_option options[] = {
	{ "general", "enabled", LIMEN_OPT_BOOL, "false", 0, 0, NULL, "Listen for the client API." },
	{ "general", "path", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Socket file to listen on, or the path of an inherited socket." },
	{ "general", "type", LIMEN_OPT_CHOICE, "SOCK_SEQPACKET", 0, 0,
		"SOCK_SEQPACKET|SOCK_DGRAM|SOCK_STREAM",
		"One JSON text in a packet, or (SOCK_STREAM) in a line. Clients that send "
		"datagrams bind a path of their own." },
	{ "general", "mode", LIMEN_OPT_STRING, "0660", 0, 0, NULL,
		"Mode of the socket file, octal." },
	{ "general", "json", LIMEN_OPT_CHOICE, "compact", 0, 0, "indented|plain|compact",
		"How replies are printed." },
	{ "general", "events", LIMEN_OPT_BOOL, "true", 0, 0, NULL,
		"Tell event handlers of connections." },
	{ "general", "max_message", LIMEN_OPT_INT, "262144", 1024, 16777216, NULL,
		"Longest request in bytes." },
	{ "general", "connections_max", LIMEN_OPT_INT, "1024", 1, 1000000, NULL,
		"Connections at a time." },
	{ "admin", "admin_enabled", LIMEN_OPT_BOOL, "false", 0, 0, NULL,
		"Listen for the admin API." },
	{ "admin", "admin_path", LIMEN_OPT_STRING, NULL, 0, 0, NULL,
		"Socket file to listen on for the admin API, or the path of an inherited socket." },
	{ "admin", "admin_type", LIMEN_OPT_CHOICE, "SOCK_SEQPACKET", 0, 0,
		"SOCK_SEQPACKET|SOCK_DGRAM|SOCK_STREAM", "As type, for the admin API." },
	{ "admin", "admin_mode", LIMEN_OPT_STRING, "0600", 0, 0, NULL,
		"Mode of the admin API's socket file, octal." },
	LIMEN_OPTIONS_END,
};

static int pfunix_start(void);
static void pfunix_stop(void);
static void pfunix_send(uint64_t client, uint64_t request, uint64_t session, json_t *msg);
static void pfunix_session(uint64_t client, uint64_t session, enum limen_session_change change);
static json_t *pfunix_query(const json_t *request);

LIMEN_TRANSPORT("janus.transport.pfunix", 1, "0.1.0", "Unix sockets transport",
	"JSON requests and events over Unix sockets.", "The Limen authors", options,
	.start = pfunix_start, .stop = pfunix_stop, .send = pfunix_send, .session = pfunix_session,
	.query = pfunix_query);

static const char *text_option(const char *section, const char *name)
{
	return limen->base.option_string(&limen_module.head, section, name);
}

static bool bool_option(const char *section, const char *name)
{
	return limen->base.option_bool(&limen_module.head, section, name);
}

static void read_options(struct unix_transport *u)
{
	u->framing = (struct limen_framing){
		.bytes_max = (size_t)limen->base.option_int(
			&limen_module.head, "general", "max_message"),
		.wording = LIMEN_FRAMING_MESSAGE,
		.several = true,
	};
	limen_query_init(
		&u->settings, bool_option("general", "events"), text_option("general", "json"));
	u->connections_max =
		(unsigned)limen->base.option_int(&limen_module.head, "general", "connections_max");
}

static int listen_on(struct unix_transport *u, bool admin)
{
	struct unix_listener *l = &u->listeners[admin];
	const char *section = admin ? "admin" : "general";
	const char *mode = text_option(section, admin ? "admin_mode" : "mode");
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = l };
	int err;

	if (!bool_option(section, admin ? "admin_enabled" : "enabled"))
		return 0;
	err = unix_listener_open(l, text_option(section, admin ? "admin_path" : "path"),
		text_option(section, admin ? "admin_type" : "type"),
		(unsigned)strtoul(mode ? mode : "", NULL, 8) & MODE_MAX);
	if (!err && epoll_ctl(u->epoll_fd, EPOLL_CTL_ADD, l->fd, &event))
		err = LIMEN_EIO;
	return err;
}

static int prepare(struct unix_transport *u)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = &u->wake_fd };

	u->clients = limen_clients_new(LIMEN_CLIENTS_MESSAGES_MAX, LIMEN_CLIENTS_BYTES_MAX);
	u->peers = g_hash_table_new(NULL, NULL);
	u->by_path = g_hash_table_new(g_str_hash, g_str_equal);
	u->bytes = g_malloc(u->framing.bytes_max);
	u->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	u->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (u->wake_fd < 0 || u->epoll_fd < 0 ||
		epoll_ctl(u->epoll_fd, EPOLL_CTL_ADD, u->wake_fd, &event))
		return LIMEN_EIO;
	return 0;
}

static int pfunix_start(void)
{
	struct unix_transport *u = &unix_transport;
	int err;

	*u = (struct unix_transport){ .wake_fd = -1,
		.epoll_fd = -1,
		.listeners = { { .fd = -1 }, { .fd = -1, .admin = true } } };
	read_options(u);
	if (!bool_option("general", "enabled") && !bool_option("admin", "admin_enabled"))
		return 0;
	if (!(err = prepare(u)) && !(err = listen_on(u, false)) && !(err = listen_on(u, true))) {
		u->thread = g_thread_try_new("pfunix", unix_serve, u, NULL);
		err = u->thread ? 0 : LIMEN_EIO;
	}
	if (err)
		pfunix_stop();
	return err;
}

static void pfunix_stop(void)
{
	struct unix_transport *u = &unix_transport;

	g_atomic_int_set(&u->stopping, 1);
	if (u->thread) {
		unix_wake(u);
		g_thread_join(u->thread);
	}
	unix_end_peers(u);
	for (unsigned i = 0; i < G_N_ELEMENTS(u->listeners); i++)
		unix_listener_close(&u->listeners[i]);
	if (u->wake_fd >= 0)
		close(u->wake_fd);
	if (u->epoll_fd >= 0)
		close(u->epoll_fd);
	g_clear_pointer(&u->peers, g_hash_table_destroy);
	g_clear_pointer(&u->by_path, g_hash_table_destroy);
	g_clear_pointer(&u->clients, limen_clients_free);
	g_clear_pointer(&u->bytes, g_free);
	*u = (struct unix_transport){ .wake_fd = -1,
		.epoll_fd = -1,
		.listeners = { { .fd = -1 }, { .fd = -1, .admin = true } } };
}

static void pfunix_send(uint64_t client, uint64_t request, uint64_t session, json_t *msg)
{
	struct unix_transport *u = &unix_transport;
	size_t len;
	char *text = limen_framing_print(msg, limen_query_style(&u->settings), &len);
	bool wake;

	(void)request;
	json_decref(msg);
	if (!text || !u->clients) {
		free(text);
		return;
	}
	if (limen_clients_push(u->clients, client, text, len, &wake) == LIMEN_ELIMIT)
		limen_log(LIMEN_LOG_WARN, "pfunix",
			"client %" G_GUINT64_FORMAT " does not read (session %" G_GUINT64_FORMAT
			"), closing it",
			client, session);
	if (wake)
		unix_wake(u);
}

/* A client may have many sessions and outlives them all. */
static void pfunix_session(uint64_t client, uint64_t session, enum limen_session_change change)
{
	(void)client, (void)session, (void)change;
}

static void add_connections(json_t *answer)
{
	json_object_set_new(answer, "connections",
		json_integer(
			unix_transport.clients ? limen_clients_count(unix_transport.clients) : 0));
}

static json_t *pfunix_query(const json_t *request)
{
	static const struct limen_query query = { .settings = &unix_transport.settings,
		.add_connections = add_connections };

	return limen_query_answer(&query, request);
}
