/*
 * Connections are refused before libwebsockets makes anything of them, and counted from when it has
 * until it forgets them. Threads: see lws_limits.h.
 */
#include "kit/lws_limits.h"

#include <sys/resource.h>

#define ADDRESS_MAX 64u
#define FILES_UNKNOWN 1024u
#define LOG_US (10 * G_USEC_PER_SEC) /* between two lines about refused connections */

struct connection {
	char address[ADDRESS_MAX]; /* "": a socket file */
	bool admin, tls;
};

struct limen_lws_limits {
	const struct limen_base_services *base;
	const char *topic;
	unsigned total, per_address;
	GMutex lock;
	GHashTable *connections;  /* struct connection *, by struct lws * */
	GHashTable *addresses[2]; /* by admin: text to how many */
	unsigned counts[2][2];    /* by admin and tls */
	int64_t logged_us;        /* service thread */
};

static unsigned third_of_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur > G_MAXINT)
		return FILES_UNKNOWN / 3;
	return MAX((unsigned)limit.rlim_cur / 3, 1);
}

struct limen_lws_limits *limen_lws_limits_new(const struct limen_base_services *base,
	const char *topic, unsigned total, unsigned per_address)
{
	struct limen_lws_limits *l = g_new0(struct limen_lws_limits, 1);

	l->base = base;
	l->topic = topic;
	l->total = total ? total : third_of_files();
	l->per_address = per_address ? per_address : MAX(l->total / 2, 1);
	g_mutex_init(&l->lock);
	l->connections = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	for (unsigned i = 0; i < G_N_ELEMENTS(l->addresses); i++)
		l->addresses[i] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return l;
}

void limen_lws_limits_free(struct limen_lws_limits *l)
{
	if (!l)
		return;
	g_hash_table_destroy(l->connections);
	for (unsigned i = 0; i < G_N_ELEMENTS(l->addresses); i++)
		g_hash_table_destroy(l->addresses[i]);
	g_mutex_clear(&l->lock);
	g_free(l);
}

static bool is_full(struct limen_lws_limits *l, bool admin, const char *address)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&l->lock);

	return l->counts[admin][false] + l->counts[admin][true] >= l->total ||
		(*address &&
			GPOINTER_TO_UINT(g_hash_table_lookup(l->addresses[admin], address)) >=
				l->per_address);
}

/* A flood must not fill the log. */
static void tell_full(struct limen_lws_limits *l, const char *address)
{
	int64_t now = l->base->now_us();

	if (l->logged_us && now - l->logged_us < LOG_US)
		return;
	l->logged_us = now;
	l->base->log_write(LIMEN_LOG_WARN, l->topic, 0, 0,
		"%s: too many connections, refusing some (now from %s)", l->topic,
		*address ? address : "a socket file");
}

static void change_address(GHashTable *addresses, const char *address, int by)
{
	unsigned n = GPOINTER_TO_UINT(g_hash_table_lookup(addresses, address)) + (unsigned)by;

	if (!*address)
		return;
	if (n > 0)
		g_hash_table_replace(addresses, g_strdup(address), GUINT_TO_POINTER(n));
	else
		g_hash_table_remove(addresses, address);
}

static void add(struct limen_lws_limits *l, struct lws *wsi)
{
	struct connection *c = g_new0(struct connection, 1);
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&l->lock);

	c->admin = limen_lws_is_admin(wsi);
	c->tls = limen_lws_is_tls(wsi);
	limen_lws_peer_address(wsi, c->address, sizeof(c->address));
	l->counts[c->admin][c->tls]++;
	change_address(l->addresses[c->admin], c->address, 1);
	g_hash_table_replace(l->connections, wsi, c);
}

static void take_away(struct limen_lws_limits *l, struct lws *wsi)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&l->lock);
	const struct connection *c = g_hash_table_lookup(l->connections, wsi);

	if (!c)
		return; /* a listener */
	l->counts[c->admin][c->tls]--;
	change_address(l->addresses[c->admin], c->address, -1);
	g_hash_table_remove(l->connections, wsi);
}

int limen_lws_limits_callback(struct limen_lws_limits *l, struct lws *wsi,
	enum lws_callback_reasons reason, const void *user)
{
	char address[ADDRESS_MAX] = "";

	switch (reason) {
	case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
		if (!limen_lws_filter_address(user, address, sizeof(address)))
			*address = '\0';
		if (!is_full(l, limen_lws_is_admin(wsi), address))
			return 0;
		tell_full(l, address);
		return -1;
	case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
		add(l, wsi);
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		take_away(l, wsi);
		return 0;
	default:
		return 0;
	}
}

unsigned limen_lws_limits_count(struct limen_lws_limits *l, bool admin, bool tls)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&l->lock);

	return l->counts[admin][tls];
}
