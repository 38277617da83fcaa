/*
 * One libwebsockets context with one service thread. Each module has its own, so that a flood on
 * one port leaves the others alone. HTTP/2 stays off: it is not offered by ALPN, and callers refuse
 * the h2c upgrade. Threads: see lws.h.
 */
#include "kit/lws.h"

#include <gio/gio.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTION_SECONDS                                                                         \
	20u /* for a handshake or any other exchange that libwebsockets itself waits for */
#define FORWARDED_MAX 1024u
#define ADMIN_NAME "admin" /* begins the names of listeners for the admin API */
#define TLS_NAME "tls"     /* ends those with TLS */
#define ADDRESS_MAX 64u

struct limen_lws {
	const struct limen_base_services *base;
	const struct lws_protocols *protocols;
	struct lws_context *context;
	GThread *thread;
	int stopping; /* atomic */
};

/* libwebsockets logs through one function for the whole process. */
static const struct limen_base_services *log_base;

static void log_emit(int level, const char *line)
{
	const struct limen_base_services *base = g_atomic_pointer_get(&log_base);
	/* What it calls an error is mostly a client's misbehaviour, which must not fill the log. */
	enum limen_log_level as = level == LLL_ERR ? LIMEN_LOG_DEBUG : LIMEN_LOG_TRACE;

	if (base && base->log_wanted(as))
		base->log_write(as, "lws", 0, 0, "%.*s", (int)strcspn(line, "\n"), line);
}

static bool ipv6_works(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

int limen_lws_new(struct limen_lws **out, const struct limen_base_services *base,
	const struct lws_protocols *protocols, void *user)
{
	struct limen_lws *l = g_new0(struct limen_lws, 1);
	struct lws_context_creation_info info = {
		.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
			LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
			LWS_SERVER_OPTION_NO_LWS_SYSTEM_STATES,
		.port = CONTEXT_PORT_NO_LISTEN,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
		.user = user,
		.server_string = "limen",
		.max_http_header_data2 = LIMEN_LWS_HEADER_BYTES,
		.timeout_secs = CONNECTION_SECONDS,
		.pt_serv_buf_size = 16384,
	};

	*out = NULL;
	g_atomic_pointer_set(&log_base, base);
	lws_set_log_level(LLL_ERR | LLL_WARN, log_emit);
	l->base = base;
	l->protocols = protocols;
	l->context = lws_create_context(&info);
	if (!l->context) {
		g_free(l);
		return LIMEN_EIO;
	}
	*out = l;
	return 0;
}

static void fill_tls(struct lws_context_creation_info *info, const struct limen_lws_listener *at)
{
	/* Nobody connects from here, so no list of authorities is read. */
	info->options |=
		LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
	info->ssl_cert_filepath = at->cert_pem;
	info->ssl_private_key_filepath =
		at->cert_key && *at->cert_key ? at->cert_key : at->cert_pem;
	info->ssl_private_key_password = at->cert_pwd;
	info->ssl_cipher_list = at->ciphers;
	info->alpn = "http/1.1";
}

/* Where it listens, for the log; new. */
static char *place_of(const struct limen_lws_listener *at, int port)
{
	return at->unix_path ? g_strdup(at->unix_path)
			     : g_strdup_printf("%s:%d", at->ip && *at->ip ? at->ip : "*", port);
}

/* By admin and tls. */
static const struct {
	const char *vhost, *log;
} names[2][2] = {
	{ { "plain", "" }, { TLS_NAME, " (TLS)" } },
	{ { ADMIN_NAME, " (admin)" }, { ADMIN_NAME " " TLS_NAME, " (admin, TLS)" } },
};

int limen_lws_listen(struct limen_lws *l, const struct limen_lws_listener *at, int *port)
{
	bool all = !at->ip || !*at->ip;
	bool v4_only = all ? !ipv6_works() : strchr(at->ip, '.') && !strchr(at->ip, ':');
	struct lws_context_creation_info info = {
		.port = at->port,
		.iface = at->unix_path ? at->unix_path
			: all          ? NULL
				       : at->ip,
		.protocols = at->protocols ? at->protocols : l->protocols,
		.options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
			(v4_only ? LWS_SERVER_OPTION_DISABLE_IPV6 : 0) |
			(at->unix_path ? LWS_SERVER_OPTION_UNIX_SOCK : 0),
		.vhost_name = names[at->admin][at->tls].vhost,
		.keepalive_timeout = (int)at->idle_s,
		.timeout_secs = CONNECTION_SECONDS,
		.timeout_secs_ah_idle = LIMEN_LWS_HEADER_SECONDS,
		.retry_and_idle_policy = at->ping,
	};
	g_autofree char *place = NULL;
	struct lws_vhost *vhost;
	int bound;

	if (at->tls)
		fill_tls(&info, at);
	vhost = lws_create_vhost(l->context, &info);
	bound = vhost ? lws_get_vhost_listen_port(vhost) : 0;
	place = place_of(at, vhost ? bound : at->port);
	if (!vhost || (bound <= 0 && !at->unix_path)) {
		l->base->log_write(LIMEN_LOG_ERROR, at->topic, 0, 0, "%s: cannot listen on %s%s",
			at->topic, place,
			at->tls ? " (port in use, or certificates.cert_pem/cert_key unusable)"
				: " (port in use, or no such address)");
		return LIMEN_EIO;
	}
	l->base->log_write(LIMEN_LOG_INFO, at->topic, 0, 0, "%s: listening on %s%s", at->topic,
		place, names[at->admin][at->tls].log);
	if (port)
		*port = bound;
	return 0;
}

struct lws_vhost *limen_lws_client(struct limen_lws *l, const char *topic)
{
	const struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = l->protocols,
		.vhost_name = "client",
		.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
		.timeout_secs = CONNECTION_SECONDS,
	};
	struct lws_vhost *vhost = lws_create_vhost(l->context, &info);

	if (!vhost)
		l->base->log_write(
			LIMEN_LOG_ERROR, topic, 0, 0, "%s: connections cannot be prepared", topic);
	return vhost;
}

static void *service(void *arg)
{
	struct limen_lws *l = arg;

	while (!g_atomic_int_get(&l->stopping) && lws_service(l->context, 0) >= 0)
		;
	return NULL;
}

int limen_lws_run(struct limen_lws *l, const char *name)
{
	l->thread = g_thread_try_new(name, service, l, NULL);
	return l->thread ? 0 : LIMEN_EIO;
}

void limen_lws_free(struct limen_lws *l)
{
	if (!l)
		return;
	g_atomic_int_set(&l->stopping, 1);
	if (l->thread) {
		lws_cancel_service(l->context);
		g_thread_join(l->thread);
	}
	lws_context_destroy(l->context);
	g_free(l);
}

void limen_lws_wake(struct limen_lws *l)
{
	if (!g_atomic_int_get(&l->stopping))
		lws_cancel_service(l->context);
}

void *limen_lws_user(struct lws *wsi)
{
	return lws_context_user(lws_get_context(wsi));
}

bool limen_lws_is_admin(struct lws *wsi)
{
	struct lws_vhost *vhost = lws_get_vhost(wsi);

	return vhost && g_str_has_prefix(lws_get_vhost_name(vhost), ADMIN_NAME);
}

bool limen_lws_is_tls(struct lws *wsi)
{
	struct lws_vhost *vhost = lws_get_vhost(wsi);

	return vhost && g_str_has_suffix(lws_get_vhost_name(vhost), TLS_NAME);
}

/* Never a whole address, so that 10.0.0.1 does not admit 10.0.0.10. */
static bool is_beginning(const char *item)
{
	const char last = *item ? item[strlen(item) - 1] : '\0';

	return last == '.' || (last == ':' && !g_str_has_suffix(item, "::"));
}

static bool item_allows(const char *item, const char *text, GInetAddress *address)
{
	g_autoptr(GInetAddressMask) mask = NULL;

	if (is_beginning(item))
		return g_str_has_prefix(text, item);
	mask = address ? g_inet_address_mask_new_from_string(item, NULL) : NULL;
	return mask && g_inet_address_mask_matches(mask, address);
}

bool limen_lws_acl(const char *list, const char *address)
{
	g_autoptr(GInetAddress) parsed = g_inet_address_new_from_string(address);
	g_auto(GStrv) prefixes = NULL;

	if (!list || !*list)
		return true;
	prefixes = g_strsplit(list, ",", -1);
	for (char **p = prefixes; *p; p++) {
		g_strstrip(*p);
		if (**p && item_allows(*p, address, parsed))
			return true;
	}
	return false;
}

static bool address_text(const struct sockaddr *address, socklen_t len, char *text, size_t size)
{
	if ((address->sa_family != AF_INET && address->sa_family != AF_INET6) ||
		getnameinfo(address, len, text, (socklen_t)size, NULL, 0, NI_NUMERICHOST))
		return false;
	/* An IPv4 client on a dual-stack socket is listed by its IPv4 address. */
	if (!strncmp(text, "::ffff:", 7))
		memmove(text, text + 7, strlen(text + 7) + 1);
	return true;
}

bool limen_lws_filter_address(
	const struct lws_filter_network_conn_args *args, char *text, size_t size)
{
	return args &&
		address_text((const struct sockaddr *)&args->cli_addr, args->clilen, text, size);
}

void limen_lws_peer_address(struct lws *wsi, char *text, size_t size)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	if (getpeername(lws_get_socket_fd(wsi), (struct sockaddr *)&address, &len) ||
		!address_text((const struct sockaddr *)&address, len, text, size))
		*text = '\0';
}

int limen_lws_filter(
	const struct limen_lws_access *access, const struct lws_filter_network_conn_args *args)
{
	char address[ADDRESS_MAX];

	if (!access->acl || !*access->acl || access->forwarded)
		return 0;
	return limen_lws_filter_address(args, address, sizeof(address)) &&
			limen_lws_acl(access->acl, address)
		? 0
		: -1;
}

/* Behind a proxy the address to check is the one that the proxy names. */
bool limen_lws_forwarded_allowed(const struct limen_lws_access *access, struct lws *wsi)
{
	g_autofree char *forwarded = NULL;
	char peer[ADDRESS_MAX];

	if (!access->forwarded)
		return true;
	forwarded = limen_lws_forwarded(wsi);
	limen_lws_peer_address(wsi, peer, sizeof(peer));
	return limen_lws_acl(access->acl, forwarded ? forwarded : peer);
}

void limen_lws_logging(const char *levels)
{
	static const struct {
		const char *name;
		int level;
	} known[] = { { "err", LLL_ERR }, { "warn", LLL_WARN }, { "notice", LLL_NOTICE },
		{ "info", LLL_INFO }, { "debug", LLL_DEBUG }, { "parser", LLL_PARSER },
		{ "header", LLL_HEADER }, { "ext", LLL_EXT }, { "client", LLL_CLIENT },
		{ "latency", LLL_LATENCY }, { "user", LLL_USER } };
	g_auto(GStrv) names = g_strsplit(levels, ",", -1);
	int mask = 0;

	for (char **name = names; *name; name++)
		for (unsigned i = 0; i < G_N_ELEMENTS(known); i++)
			if (!strcmp(g_strstrip(*name), known[i].name))
				mask |= known[i].level;
	lws_set_log_level(mask, log_emit);
}

/* The last one of the list is the only one that the client cannot choose. */
char *limen_lws_forwarded(struct lws *wsi)
{
	char list[FORWARDED_MAX], *last;

	if (lws_hdr_copy(wsi, list, sizeof(list), WSI_TOKEN_X_FORWARDED_FOR) <= 0)
		return NULL;
	last = strrchr(list, ',');
	return g_strdup(g_strstrip(last ? last + 1 : list));
}
