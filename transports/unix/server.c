/*
 * The service thread: accepts, reads requests, sends queued texts. A stream carries lines of JSON;
 * a packet is one message. Datagram clients are told apart by the path they are bound to, and have
 * gone when nobody is bound there any more: that is looked at now and then. Thread: the service
 * thread.
 */
#include "transports/unix/unix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EVENTS_MAX 64
#define LOOK_US (5 * G_USEC_PER_SEC) /* between two looks for datagram clients that have gone */
#define RETRY_MS 20                  /* a datagram client's buffer is full */
#define IDLE_MS 1000
#define ACCEPT_PAUSE_MS 100 /* no files left */
#define READS_MAX 32        /* of one socket in a turn */

struct unix_peer {
	uint64_t id, requests;
	struct unix_listener *by;
	int fd;                /* -1: datagrams, by the listener's socket */
	struct sockaddr_un at; /* of datagrams */
	GString *in;           /* a line so far */
	bool skipping;         /* the rest of a line that was too long */
	bool blocked, wants_out, cut, over;
	char *out; /* the text being sent */
	size_t out_len, out_at;
};

static void tell_events(struct unix_transport *u, const struct unix_peer *p, const char *event)
{
	char id[24];

	if (!limen_query_events(&u->settings))
		return;
	g_snprintf(id, sizeof(id), "%" G_GUINT64_FORMAT, p->id);
	limen->base.emit(&limen_module.head, 128, 0, 0,
		json_pack("{s:s, s:s, s:{s:s, s:b}}", "transport", limen_module.head.name, "id", id,
			"data", "event", event, "admin_api", p->by->admin));
}

static struct unix_peer *peer_new(struct unix_transport *u, struct unix_listener *by, int fd)
{
	struct unix_peer *p = g_new0(struct unix_peer, 1);

	p->by = by;
	p->fd = fd;
	p->in = g_string_new(NULL);
	p->id = limen_clients_add(u->clients, p);
	g_hash_table_add(u->peers, p);
	tell_events(u, p, "connected");
	return p;
}

static void peer_end(struct unix_transport *u, struct unix_peer *p)
{
	limen_clients_remove(u->clients, p->id);
	limen->gone(&limen_module, p->id);
	tell_events(u, p, "disconnected");
	if (p->fd >= 0)
		close(p->fd);
	else
		g_hash_table_remove(u->by_path, p->at.sun_path);
	g_hash_table_remove(u->peers, p);
	g_string_free(p->in, TRUE);
	free(p->out);
	g_free(p);
}

static void answer_error(struct unix_peer *p, const char *reason)
{
	limen_module.send(
		p->id, ++p->requests, 0, limen_framing_error(LIMEN_API_INVALID_JSON, reason));
}

static void handle_message(
	struct unix_transport *u, struct unix_peer *p, const char *bytes, size_t len)
{
	g_autoptr(GPtrArray) docs = NULL;
	char reason[LIMEN_FRAMING_REASON_MAX];

	if (limen_framing_parse(&u->framing, bytes, len, &docs, reason)) {
		answer_error(p, reason);
		return;
	}
	for (unsigned i = 0; i < docs->len; i++)
		limen->receive(&limen_module, p->id, ++p->requests, p->by->admin,
			json_incref(g_ptr_array_index(docs, i)));
}

static void refuse_long(struct unix_transport *u, struct unix_peer *p)
{
	char reason[LIMEN_FRAMING_REASON_MAX];

	limen_framing_too_long(&u->framing, reason);
	answer_error(p, reason);
}

/* A piece of a line; last: with its end. */
static void add_to_line(
	struct unix_transport *u, struct unix_peer *p, const char *bytes, size_t len, bool last)
{
	if (!p->skipping && len > u->framing.bytes_max - p->in->len) {
		p->skipping = true;
		refuse_long(u, p);
	}
	if (!p->skipping)
		g_string_append_len(p->in, bytes, (gssize)len);
	if (!last)
		return;
	if (!p->skipping && p->in->len > 0)
		handle_message(u, p, p->in->str, p->in->len);
	p->skipping = false;
	g_string_free(p->in, TRUE);
	p->in = g_string_new(NULL);
}

static void add_stream(struct unix_transport *u, struct unix_peer *p, const char *bytes, size_t len)
{
	while (len > 0) {
		const char *end = memchr(bytes, '\n', len);
		size_t part = end ? (size_t)(end - bytes) : len;

		add_to_line(u, p, bytes, part, end != NULL);
		part += end != NULL;
		bytes += part;
		len -= part;
	}
}

static void add_packet(struct unix_transport *u, struct unix_peer *p, size_t len)
{
	if (len > u->framing.bytes_max)
		refuse_long(u, p);
	else
		handle_message(u, p, u->bytes, len);
}

/* The texts that wait, as far as the socket takes them. */
static void peer_write(struct unix_transport *u, struct unix_peer *p)
{
	bool stream = p->by->type == SOCK_STREAM, more;

	p->blocked = false;
	while (!p->over) {
		ssize_t n;

		if (!p->out) {
			p->out = limen_clients_pop(u->clients, p->id, &p->out_len, &more);
			p->out_at = 0;
			if (!p->out)
				return;
			if (stream) { /* the ending NUL's place is the line's end */
				p->out[p->out_len++] = '\n';
			}
		}
		n = sendto(p->fd >= 0 ? p->fd : p->by->fd, p->out + p->out_at,
			p->out_len - p->out_at, MSG_DONTWAIT | MSG_NOSIGNAL,
			p->fd >= 0 ? NULL : (const struct sockaddr *)&p->at,
			p->fd >= 0 ? 0 : sizeof(p->at));
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)) {
			p->blocked = true;
			return;
		}
		if (n < 0 && errno == EMSGSIZE) {
			limen_log(LIMEN_LOG_WARN, "pfunix",
				"client %" G_GUINT64_FORMAT
				": a message of %zu bytes does not fit into a packet",
				p->id, p->out_len);
			n = (ssize_t)p->out_len;
		}
		if (n < 0) {
			p->over = true;
			return;
		}
		p->out_at += (size_t)n;
		if (p->out_at == p->out_len)
			g_clear_pointer(&p->out, free);
	}
}

/* Writes, asks for more room where the socket can tell of it, ends who is over. */
static void peer_turn(struct unix_transport *u, struct unix_peer *p)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = p };

	if (p->cut)
		p->over = true;
	peer_write(u, p);
	if (p->over) {
		peer_end(u, p);
		return;
	}
	if (p->fd < 0 || p->blocked == p->wants_out)
		return;
	p->wants_out = p->blocked;
	if (p->blocked)
		event.events |= EPOLLOUT;
	epoll_ctl(u->epoll_fd, EPOLL_CTL_MOD, p->fd, &event);
}

static void peer_read(struct unix_transport *u, struct unix_peer *p)
{
	bool stream = p->by->type == SOCK_STREAM;

	for (unsigned i = 0; i < READS_MAX && !p->over; i++) {
		/* The length of a packet that is too long is wanted, too. */
		ssize_t n = recv(p->fd, u->bytes, u->framing.bytes_max,
			MSG_DONTWAIT | (stream ? 0 : MSG_TRUNC));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0)
			p->over = true;
		else if (stream)
			add_stream(u, p, u->bytes, (size_t)n);
		else
			add_packet(u, p, (size_t)n);
	}
}

static bool is_full(struct unix_transport *u)
{
	return g_hash_table_size(u->peers) >= u->connections_max;
}

static void accept_peer(struct unix_transport *u, struct unix_listener *l)
{
	int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct epoll_event event = { .events = EPOLLIN };
	const int size = UNIX_BUFFER_BYTES;

	if (fd < 0) {
		/* Whoever waits stays in the backlog; without a pause this would spin. */
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			g_usleep(ACCEPT_PAUSE_MS * 1000);
		return;
	}
	if (is_full(u)) {
		close(fd);
		return;
	}
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	event.data.ptr = peer_new(u, l, fd);
	if (epoll_ctl(u->epoll_fd, EPOLL_CTL_ADD, fd, &event))
		peer_end(u, event.data.ptr);
}

/* NULL: nobody that could be answered, or one too many. */
static struct unix_peer *peer_of(
	struct unix_transport *u, struct unix_listener *l, const struct sockaddr_un *at)
{
	struct unix_peer *p;

	if (!*at->sun_path)
		return NULL;
	p = g_hash_table_lookup(u->by_path, at->sun_path);
	if (p && p->by == l)
		return p;
	if (p || is_full(u))
		return NULL;
	p = peer_new(u, l, -1);
	p->at = *at;
	g_hash_table_insert(u->by_path, p->at.sun_path, p);
	return p;
}

static void read_datagrams(struct unix_transport *u, struct unix_listener *l)
{
	for (unsigned i = 0; i < READS_MAX; i++) {
		struct sockaddr_un at = { 0 };
		socklen_t len = sizeof(at);
		struct unix_peer *p;
		ssize_t n = recvfrom(l->fd, u->bytes, u->framing.bytes_max,
			MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&at, &len);

		if (n < 0)
			return;
		/* A path of full length has no NUL of its own. */
		if (len < sizeof(at))
			((char *)&at)[len] = '\0';
		at.sun_path[sizeof(at.sun_path) - 1] = '\0';
		p = len > sizeof(sa_family_t) ? peer_of(u, l, &at) : NULL;
		if (p)
			add_packet(u, p, (size_t)n);
	}
}

static bool is_bound(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool refused;

	if (fd < 0)
		return true;
	refused = connect(fd, (const struct sockaddr *)at, sizeof(*at)) &&
		(errno == ECONNREFUSED || errno == ENOENT);
	close(fd);
	return !refused;
}

static void look_for_gone(struct unix_transport *u)
{
	GList *peers = g_hash_table_get_values(u->by_path);

	for (GList *i = peers; i; i = i->next) {
		struct unix_peer *p = i->data;

		if (!is_bound(&p->at))
			peer_end(u, p);
	}
	g_list_free(peers);
}

/* Returns whether some still wait for room. */
static bool retry_blocked(struct unix_transport *u)
{
	GList *peers = g_hash_table_get_values(u->by_path);
	bool waiting = false;

	for (GList *i = peers; i; i = i->next) {
		struct unix_peer *p = i->data;

		if (!p->blocked)
			continue;
		peer_turn(u, p);
		waiting = waiting || (g_hash_table_contains(u->peers, p) && p->blocked);
	}
	g_list_free(peers);
	return waiting;
}

static void peer_ready(void *owner, bool cut, void *arg)
{
	struct unix_peer *p = owner;

	p->cut = cut;
	/* What is blocked goes on when there is room; a cut client goes at once. */
	if (cut || !p->blocked)
		peer_turn(arg, p);
}

static void on_event(struct unix_transport *u, const struct epoll_event *event)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(u->listeners); i++) {
		struct unix_listener *l = &u->listeners[i];

		if (event->data.ptr != l)
			continue;
		if (l->type == SOCK_DGRAM)
			read_datagrams(u, l);
		else
			accept_peer(u, l);
		return;
	}
	if (event->data.ptr == &u->wake_fd) {
		uint64_t count;

		if (read(u->wake_fd, &count, sizeof(count)) > 0)
			limen_clients_ready(u->clients, peer_ready, u);
	} else if (g_hash_table_contains(u->peers, event->data.ptr)) {
		struct unix_peer *p = event->data.ptr;

		if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
			peer_read(u, p);
		peer_turn(u, p);
	}
}

void *unix_serve(void *transport)
{
	struct unix_transport *u = transport;
	struct epoll_event events[EVENTS_MAX];
	int64_t looked_us = limen->base.now_us();
	bool waiting = false;

	while (!g_atomic_int_get(&u->stopping)) {
		int n = epoll_wait(u->epoll_fd, events, EVENTS_MAX, waiting ? RETRY_MS : IDLE_MS);

		for (int i = 0; i < n; i++)
			on_event(u, &events[i]);
		waiting = retry_blocked(u);
		if (limen->base.now_us() - looked_us > LOOK_US) {
			look_for_gone(u);
			looked_us = limen->base.now_us();
		}
	}
	return NULL;
}

void unix_wake(struct unix_transport *u)
{
	const uint64_t one = 1;

	/* Fails only when the counter is full, and then the thread is awake. */
	if (write(u->wake_fd, &one, sizeof(one)) < 0)
		return;
}

void unix_end_peers(struct unix_transport *u)
{
	GList *peers = u->peers ? g_hash_table_get_keys(u->peers) : NULL;

	for (GList *i = peers; i; i = i->next)
		peer_end(u, i->data);
	g_list_free(peers);
}
