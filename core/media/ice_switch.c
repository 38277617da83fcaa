/*
 * The switches of all loops. What is passed between loops waits in the receiving loop's inbox:
 * plain records in one buffer that is kept, swapped with a spare when it is emptied, so that steady
 * traffic allocates nothing, and the loop is woken once for however many. A full inbox drops: a
 * flood must cost its sender's loop little and the other loop no memory. Thread: the switch's loop;
 * the inbox and the table of names have short locks.
 */
#include "core/media/ice_switch.h"
#include <limen/types.h>
#include <string.h>
#include "core/media/demux.h"
#include "core/media/stun.h"

#define INBOX_MAX (1u << 20) /* bytes that wait for one loop */
#define NUMBERS_TRIED 16
#define HOPS_MAX 3 /* a move under way may send a datagram round once more */
/* What a move posts from loop to loop: its beginning, the marker, what was held, and its tasks. */
#define MOVE_STEPS 4

/* Where a path leads: to an object of this loop, or to another loop. */
struct way {
	struct limen_path path;
	struct limen_ice *ice;
	struct limen_ice_switch *to;
};

struct name {
	char ufrag[LIMEN_ICE_SHARED_UFRAG + 1];
	struct limen_ice *ice;
	struct limen_ice_switch *home;
};

enum kind {
	DATAGRAM,   /* for an object of the receiver */
	CONNECTION, /* the same, with the connection that it came through */
	POINT,      /* the receiver is to pass a path's datagrams to .other and send the reply */
	UNPOINT,    /* ... and to stop */
};

struct record {
	enum kind kind;
	uint32_t len; /* of the bytes that follow */
	struct limen_path path;
	struct limen_ice_switch *other;
	struct limen_ice_tcp_conn *conn;
	bool known;
	uint8_t hops;
};

struct limen_ice_switch {
	struct limen_loop *loop;
	struct limen_port *port;
	struct limen_egress *egress;
	struct limen_ice_tcp *tcp;         /* NULL = none */
	GHashTable *ways;                  /* struct way, by path */
	struct way *last;                  /* the one that was found last, or NULL */
	GMutex lock;                       /* of inbox */
	GByteArray *inbox, *spare;         /* struct record, each followed by its bytes */
	uint64_t counts[LIMEN_ICE_COUNTS]; /* atomic */
};

static struct {
	const struct limen_ice_switch_events *ev;
	struct limen_ice_switch *list;
	unsigned count;
	gint quiet;        /* atomic */
	GMutex lock;       /* of names */
	GHashTable *names; /* struct name, by its ufrag */
} all;

struct limen_ice_switch *limen_ice_switch_of(const struct limen_loop *loop)
{
	const unsigned i = limen_loop_index(loop);

	return i < all.count && all.list[i].loop == loop ? &all.list[i] : NULL;
}

struct limen_loop *limen_ice_switch_loop(const struct limen_ice_switch *s)
{
	return s->loop;
}

uint16_t limen_ice_switch_number(void)
{
	return all.count ? limen_port_number(all.list[0].port) : 0;
}

struct limen_port *limen_ice_switch_port(const struct limen_ice_switch *s)
{
	return s->port;
}

struct limen_egress *limen_ice_switch_egress(const struct limen_ice_switch *s)
{
	return s->egress;
}

struct limen_ice_tcp *limen_ice_switch_tcp(const struct limen_ice_switch *s)
{
	return s->tcp;
}

void limen_ice_switch_count(struct limen_ice_switch *s, enum limen_ice_count what)
{
	__atomic_add_fetch(&s->counts[what], 1, __ATOMIC_RELAXED);
}

void limen_ice_switch_counts(uint64_t out[LIMEN_ICE_COUNTS])
{
	memset(out, 0, LIMEN_ICE_COUNTS * sizeof(*out));
	for (unsigned i = 0; i < all.count; i++)
		for (unsigned c = 0; c < LIMEN_ICE_COUNTS; c++)
			out[c] += __atomic_load_n(&all.list[i].counts[c], __ATOMIC_RELAXED);
}

bool limen_ice_switch_name(struct limen_ice_switch *s, const char *ufrag, struct limen_ice *ice)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&all.lock);
	struct name *n;

	if (g_hash_table_contains(all.names, ufrag))
		return false;
	n = g_new0(struct name, 1);
	g_strlcpy(n->ufrag, ufrag, sizeof(n->ufrag));
	n->ice = ice;
	n->home = s;
	g_hash_table_insert(all.names, n->ufrag, n);
	return true;
}

void limen_ice_switch_rename(struct limen_ice_switch *s, const char *ufrag)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&all.lock);
	struct name *n = g_hash_table_lookup(all.names, ufrag);

	if (n)
		n->home = s;
}

void limen_ice_switch_unname(const char *ufrag)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&all.lock);

	g_hash_table_remove(all.names, ufrag);
}

/* The object that a check names, and where it lives. The object may be touched on that loop only.
 */
static struct limen_ice_switch *find_name(const uint8_t *bytes, size_t len, struct limen_ice **ice)
{
	char ufrag[LIMEN_ICE_SHARED_UFRAG + 1] = "";
	struct limen_ice_switch *home = NULL;
	const char *text;
	struct name *n;
	size_t size;

	if (!limen_stun_ufrag(bytes, len, &text, &size) || size != LIMEN_ICE_SHARED_UFRAG)
		return NULL;
	memcpy(ufrag, text, size);
	g_mutex_lock(&all.lock);
	if ((n = g_hash_table_lookup(all.names, ufrag))) {
		*ice = n->ice;
		home = n->home;
	}
	g_mutex_unlock(&all.lock);
	return home;
}

static void run_inbox(void *arg);

/* Puts a record into a loop's inbox, beyond the limit if it must not be lost. false: full. */
static bool put(
	struct limen_ice_switch *to, const struct record *r, const uint8_t *bytes, bool must)
{
	static const uint8_t zeros[8];
	const guint pad = -r->len & 7u; /* keeps the records aligned */
	bool was_empty;

	if (g_atomic_int_get(&all.quiet))
		return false;
	g_mutex_lock(&to->lock);
	if (!must && to->inbox->len + sizeof(*r) + r->len + pad > INBOX_MAX) {
		g_mutex_unlock(&to->lock);
		return false;
	}
	was_empty = to->inbox->len == 0;
	g_byte_array_append(to->inbox, (const guint8 *)r, sizeof(*r));
	g_byte_array_append(to->inbox, bytes, r->len);
	g_byte_array_append(to->inbox, zeros, pad);
	g_mutex_unlock(&to->lock);
	if (was_empty)
		limen_loop_post(to->loop, run_inbox, to);
	return true;
}

static void pass_on(
	struct limen_ice_switch *s, struct limen_ice_switch *to, const struct limen_ice_arrival *a)
{
	const struct record r = { .kind = a->conn ? CONNECTION : DATAGRAM,
		.len = (uint32_t)a->len,
		.path = *a->from,
		.other = a->via,
		.conn = a->conn,
		.known = a->known,
		.hops = (uint8_t)(a->hops + 1) };

	if (a->conn)
		limen_ice_tcp_detach(a->conn);
	if (put(to, &r, a->bytes, false)) {
		limen_ice_switch_count(s, LIMEN_ICE_COUNT_PASSED);
		return;
	}
	limen_ice_switch_count(s, LIMEN_ICE_COUNT_OVERFLOW);
	if (a->conn)
		limen_ice_tcp_close(a->conn);
}

/* A check that its path does not explain, by the name in it. What via knows of the path, if
 * anything, is not the way to this object. */
static void take_by_name(struct limen_ice_switch *s, struct limen_ice_arrival *a)
{
	struct limen_ice *ice = NULL;
	struct limen_ice_switch *home = find_name(a->bytes, a->len, &ice);

	a->known = false;
	if (home && home != s && a->hops < HOPS_MAX) {
		pass_on(s, home, a);
		return;
	}
	if (home == s && all.ev->on_check(ice, a))
		return;
	limen_ice_switch_count(s, LIMEN_ICE_COUNT_NOBODY);
	if (a->conn)
		limen_ice_tcp_close(a->conn);
}

static struct way *find_way(struct limen_ice_switch *s, const struct limen_path *path)
{
	if (!s->last || !limen_path_equal(&s->last->path, path))
		s->last = g_hash_table_lookup(s->ways, path);
	return s->last;
}

/* What was passed on once and is a check goes by its name: two loops that each believe the other to
 * be a path's home would never let go of it. */
static void take(struct limen_ice_switch *s, struct limen_ice_arrival *a)
{
	const bool stun = limen_demux(a->bytes, a->len) == LIMEN_DATAGRAM_STUN;
	const struct way *w = find_way(s, a->from);

	if (a->via == s)
		a->known = w != NULL;
	if (w && w->ice && !stun)
		all.ev->on_data(w->ice, a);
	else if (w && w->ice && all.ev->on_check(w->ice, a))
		return;
	else if (w && w->to && a->hops < HOPS_MAX && (!stun || a->hops == 0))
		pass_on(s, w->to, a);
	else if (stun)
		take_by_name(s, a);
	else
		limen_ice_switch_count(s, LIMEN_ICE_COUNT_JUNK);
}

static void on_datagram(const uint8_t *bytes, size_t len, const struct limen_path *from, void *arg)
{
	struct limen_ice_arrival a = { .bytes = bytes, .len = len, .from = from, .via = arg };

	if (!g_atomic_int_get(&all.quiet))
		take(arg, &a);
}

static void on_frame(struct limen_ice_tcp_conn *c, const uint8_t *bytes, size_t len, void *arg)
{
	struct limen_ice_switch *s = arg;
	struct limen_ice *ice = limen_ice_tcp_owner(c);
	struct limen_ice_arrival a = {
		.bytes = bytes, .len = len, .from = limen_ice_tcp_path(c), .via = s, .conn = c
	};

	if (!ice)
		take_by_name(s, &a);
	else if (limen_demux(bytes, len) != LIMEN_DATAGRAM_STUN)
		all.ev->on_data(ice, &a);
	else if (!all.ev->on_check(ice, &a))
		limen_ice_switch_count(s, LIMEN_ICE_COUNT_NOBODY);
}

static void on_closed(struct limen_ice_tcp_conn *c, void *arg)
{
	(void)arg;
	if (limen_ice_tcp_owner(c))
		all.ev->on_closed(limen_ice_tcp_owner(c), c);
}

static const struct limen_ice_tcp_events tcp_events = { on_frame, on_closed };

static void drop_way(struct limen_ice_switch *s, const struct limen_path *path)
{
	s->last = NULL;
	g_hash_table_remove(s->ways, path);
}

static void set_way(struct limen_ice_switch *s, const struct limen_path *path,
	struct limen_ice *ice, struct limen_ice_switch *to)
{
	struct way *w = g_new(struct way, 1);

	*w = (struct way){ *path, ice, to };
	s->last = NULL;
	g_hash_table_replace(s->ways, &w->path, w);
}

void limen_ice_switch_add(
	struct limen_ice_switch *s, const struct limen_path *path, struct limen_ice *ice)
{
	set_way(s, path, ice, NULL);
}

void limen_ice_switch_pass(
	struct limen_ice_switch *s, const struct limen_path *path, struct limen_ice_switch *to)
{
	set_way(s, path, NULL, to);
}

void limen_ice_switch_remove(
	struct limen_ice_switch *s, const struct limen_path *path, const struct limen_ice *ice)
{
	const struct way *w = find_way(s, path);

	if (w && w->ice == ice)
		drop_way(s, path);
}

void limen_ice_switch_point(struct limen_ice_switch *s, const struct limen_path *path,
	struct limen_ice_switch *via, const uint8_t *reply, size_t len)
{
	const struct record r = { .kind = POINT, .len = (uint32_t)len, .path = *path, .other = s };

	if (!put(via, &r, reply, false))
		limen_ice_switch_count(s, LIMEN_ICE_COUNT_OVERFLOW);
}

void limen_ice_switch_unpoint(const struct limen_ice_switch *s, const struct limen_path *path)
{
	const struct record r = {
		.kind = UNPOINT, .path = *path, .other = (struct limen_ice_switch *)s
	};

	for (unsigned i = 0; i < all.count; i++)
		if (&all.list[i] != s)
			put(&all.list[i], &r, NULL, true);
}

/* The path's object lives on r->other. Another that has proven the path since keeps it. */
static void run_point(
	struct limen_ice_switch *s, const struct record *r, const uint8_t *bytes, bool on)
{
	const struct way *w = find_way(s, &r->path);

	if (on && r->other != s) {
		limen_ice_switch_pass(s, &r->path, r->other);
		limen_port_send(s->port, &r->path, bytes, r->len);
	} else if (!on && w && w->to == r->other) {
		drop_way(s, &r->path);
	}
}

static void run_record(struct limen_ice_switch *s, const struct record *r, const uint8_t *bytes)
{
	struct limen_ice_arrival a = { .bytes = bytes,
		.len = r->len,
		.from = &r->path,
		.via = r->other,
		.known = r->known,
		.hops = r->hops };

	switch (r->kind) {
	case DATAGRAM:
		take(s, &a);
		break;
	case CONNECTION:
		limen_ice_tcp_attach(r->conn, s->tcp);
		on_frame(r->conn, bytes, r->len, s);
		break;
	case POINT:
	case UNPOINT:
		run_point(s, r, bytes, r->kind == POINT);
		break;
	}
}

static GByteArray *swap_inbox(struct limen_ice_switch *s)
{
	g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&s->lock);
	GByteArray *full = s->inbox;

	s->inbox = s->spare;
	s->spare = full;
	return full;
}

static void run_inbox(void *arg)
{
	struct limen_ice_switch *s = arg;
	GByteArray *records = swap_inbox(s);

	for (guint at = 0; at < records->len;) {
		const struct record *r = (const void *)(records->data + at);

		run_record(s, r, (const uint8_t *)(r + 1));
		at += (guint)sizeof(*r) + ((r->len + 7u) & ~7u);
	}
	g_byte_array_set_size(records, 0);
}

/* One address of its own, if the configuration names exactly that. */
static const char *only_address(const struct limen_ice_config *cfg)
{
	if (!cfg->enforce || !cfg->enforce[0] || cfg->enforce[1])
		return NULL;
	return limen_ice_whole_address(cfg->enforce[0]) ? cfg->enforce[0] : NULL;
}

static int open_switch(struct limen_ice_switch *s, struct limen_loop *loop,
	struct limen_port_config *port, const struct limen_ice_config *cfg)
{
	int err;

	s->loop = loop;
	g_mutex_init(&s->lock);
	s->ways = g_hash_table_new_full(limen_path_hash, limen_path_equal, NULL, g_free);
	s->inbox = g_byte_array_new();
	s->spare = g_byte_array_new();
	if ((err = limen_port_new(&s->port, loop, port, on_datagram, s)))
		return err;
	s->egress = limen_egress_new(loop, s->port, cfg->segmentation);
	port->number = limen_port_number(s->port);
	port->ipv6 = limen_port_is_v6(s->port);
	return cfg->tcp ? limen_ice_tcp_new(&s->tcp, loop, port, &tcp_events, s) : 0;
}

static void close_waiting(struct limen_ice_switch *s)
{
	for (guint at = 0; at < s->inbox->len;) {
		const struct record *r = (const void *)(s->inbox->data + at);

		if (r->kind == CONNECTION)
			limen_ice_tcp_close(r->conn);
		at += (guint)sizeof(*r) + ((r->len + 7u) & ~7u);
	}
}

static void close_switch(struct limen_ice_switch *s)
{
	close_waiting(s);
	limen_ice_tcp_free(s->tcp);
	limen_egress_free(s->egress);
	limen_port_free(s->port);
	g_hash_table_destroy(s->ways);
	g_byte_array_unref(s->inbox);
	g_byte_array_unref(s->spare);
	g_mutex_clear(&s->lock);
}

/* The probe comes first: sockets that share a number do not see that strangers have it. */
static int open_all(
	struct limen_loop *const *loops, unsigned count, const struct limen_ice_config *cfg)
{
	struct limen_port_config port = { .address = only_address(cfg),
		.number = cfg->port,
		.ipv6 = cfg->ipv6,
		.dscp = cfg->dscp };
	int err = limen_port_probe(&port);

	for (; all.count < count && !err; all.count++)
		err = open_switch(&all.list[all.count], loops[all.count], &port, cfg);
	return err;
}

static void close_on_loop(void *arg)
{
	close_switch(arg);
}

/* While the loops run. */
static void close_all(void)
{
	for (unsigned i = 0; i < all.count; i++)
		limen_loop_call(all.list[i].loop, close_on_loop, &all.list[i]);
	memset(all.list, 0, all.count * sizeof(*all.list));
	all.count = 0;
}

/* Any free number is one that is free for UDP and TCP alike, which may take more than one try. */
int limen_ice_switch_start(struct limen_loop *const *loops, unsigned count,
	const struct limen_ice_config *cfg, const struct limen_ice_switch_events *ev, char **reason)
{
	int err = LIMEN_EIO;

	all.ev = ev;
	all.quiet = 0;
	all.names = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	all.list = g_new0(struct limen_ice_switch, count);
	for (unsigned tries = cfg->port ? 1 : NUMBERS_TRIED; tries; tries--) {
		if (!(err = open_all(loops, count, cfg)))
			return 0;
		close_all();
	}
	*reason = g_strdup_printf("ice.port: UDP%s port %u %s", cfg->tcp ? " and TCP" : "",
		cfg->port, err == LIMEN_EEXIST ? "is in use" : "cannot be opened");
	limen_ice_switch_stop();
	return err;
}

static void nothing(void *arg)
{
	(void)arg;
}

void limen_ice_switch_quiet(void)
{
	g_atomic_int_set(&all.quiet, 1);
	for (unsigned step = 0; step < MOVE_STEPS; step++)
		for (unsigned i = 0; i < all.count; i++)
			limen_loop_call(all.list[i].loop, nothing, NULL);
}

void limen_ice_switch_stop(void)
{
	for (unsigned i = 0; i < all.count; i++)
		close_switch(&all.list[i]);
	all.count = 0;
	g_clear_pointer(&all.list, g_free);
	g_clear_pointer(&all.names, g_hash_table_destroy);
}
