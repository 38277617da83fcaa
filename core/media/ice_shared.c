/*
 * ICE-lite on the shared port: an object per peer that answers the client's checks, remembers the
 * addresses that they came from (routes) and sends to the one that the client nominated last. It
 * sends no checks: whoever presents our password from an address may be sent media there (RFC 8445
 * §2.5, §7.3), and a client that falls silent has withdrawn its consent. News is told either from
 * the arrival that made it or by a timer, never from inside a call of the owner. Thread: the
 * object's loop.
 */
#include "core/media/ice_shared.h"
#include <limen/types.h>
#include <string.h>
#include "core/base/clock.h"
#include "core/media/ice_candidates.h"
#include "core/media/ice_switch.h"
#include "core/media/stun.h"

#define PWD 22 /* characters; RFC 8445 §5.3: at least 22 */
/* Media on a proven route, while the selected one is still, moves the call after this: a client may
 * change its route without nominating again. */
#define STILL_US G_USEC_PER_SEC

/* An address that the client has proven to be at. */
struct route {
	struct limen_path path, to_send;
	struct limen_ice_tcp_conn *conn; /* NULL = UDP */
	int64_t checked_us;
	bool pointed; /* other loops pass its datagrams to ours */
	/* While it is not selected: packets seen on the selected one when data last began to come
	 * here alone, and since when. */
	uint64_t mark;
	int64_t alone_us;
};

struct credentials {
	char ufrag[LIMEN_ICE_SHARED_UFRAG + 1], pwd[PWD + 1]; /* "" = none */
};

struct limen_ice {
	struct limen_loop *loop;
	struct limen_ice_switch *home, *former; /* home: NULL while moving */
	const struct limen_ice_config *cfg;
	const struct limen_ice_events *ev;
	void *arg;
	struct credentials now, old; /* old: valid until the first check with the new ones */
	struct route routes[LIMEN_ICE_ROUTES_MAX];
	unsigned route_count;
	int selected;     /* -1 = none */
	uint64_t packets; /* data on the selected route */
	int64_t checked_us,
		remote_us; /* last check; when the client's description came; 0 = not yet */
	enum limen_ice_state state, told_state;
	bool gathered, told_gathered;
	bool homed;                   /* the first check has shown which loop its client reaches */
	struct limen_loop *suggested; /* to be told */
	struct limen_timer news, consent;
};

static void tell(struct limen_ice *ice)
{
	struct limen_loop *suggested = g_steal_pointer(&ice->suggested);

	if (ice->gathered && !ice->told_gathered) {
		g_autoptr(GPtrArray) list = limen_ice_shared.candidates(ice);

		ice->told_gathered = true;
		for (guint i = 0; i < list->len; i++)
			ice->ev->on_candidate(list->pdata[i], ice->arg);
		ice->ev->on_candidate(NULL, ice->arg);
		ice->ev->on_gathered(ice->arg);
	}
	if (ice->state != ice->told_state) {
		ice->told_state = ice->state;
		ice->ev->on_state(ice->state, ice->arg);
	}
	if (suggested && ice->ev->on_home)
		ice->ev->on_home(suggested, ice->arg);
}

static void on_news(struct limen_timer *t, void *arg)
{
	(void)t;
	tell(arg);
}

static void tell_soon(struct limen_ice *ice)
{
	limen_loop_timer_set(ice->loop, &ice->news, limen_now_us());
}

/* When the client will have been silent for too long. */
static int64_t patience_ends(const struct limen_ice *ice)
{
	return ice->checked_us ? ice->checked_us + LIMEN_ICE_CONSENT_US
			       : ice->remote_us + LIMEN_ICE_FIRST_CHECK_US;
}

static void watch_consent(struct limen_ice *ice)
{
	if (!limen_timer_active(&ice->consent))
		limen_loop_timer_set(ice->loop, &ice->consent, patience_ends(ice));
}

static void on_consent(struct limen_timer *t, void *arg)
{
	struct limen_ice *ice = arg;

	(void)t;
	if (limen_now_us() < patience_ends(ice)) {
		watch_consent(ice);
		return;
	}
	ice->state = LIMEN_ICE_FAILED;
	tell(ice);
}

static struct route *selected(const struct limen_ice *ice)
{
	return ice->selected < 0 ? NULL : (struct route *)&ice->routes[ice->selected];
}

static struct route *find_route(struct limen_ice *ice, const struct limen_ice_arrival *a)
{
	for (unsigned i = 0; i < ice->route_count; i++)
		if (ice->routes[i].conn == a->conn &&
			limen_path_equal(&ice->routes[i].path, a->from))
			return &ice->routes[i];
	return NULL;
}

static void unpoint(const struct limen_ice *ice, const struct route *r)
{
	if (!r->pointed)
		return;
	if (ice->home)
		limen_ice_switch_unpoint(ice->home, &r->path);
	if (ice->former)
		limen_ice_switch_unpoint(ice->former, &r->path);
}

/* Ends a route; the connection of it is the caller's. */
static void forget_route(struct limen_ice *ice, struct route *r)
{
	const int i = (int)(r - ice->routes), last = (int)--ice->route_count;

	if (!r->conn && ice->home)
		limen_ice_switch_remove(ice->home, &r->path, ice);
	unpoint(ice, r);
	if (ice->selected == i)
		ice->selected = -1;
	else if (ice->selected == last)
		ice->selected = i;
	*r = ice->routes[last];
}

static void close_route(struct limen_ice *ice, struct route *r)
{
	struct limen_ice_tcp_conn *conn = r->conn;

	forget_route(ice, r);
	if (conn)
		limen_ice_tcp_close(conn);
}

/* The route that was checked least recently, except the selected one. */
static struct route *stalest(struct limen_ice *ice)
{
	struct route *found = NULL;

	for (unsigned i = 0; i < ice->route_count; i++)
		if ((int)i != ice->selected &&
			(!found || ice->routes[i].checked_us < found->checked_us))
			found = &ice->routes[i];
	return found;
}

static struct route *add_route(struct limen_ice *ice, const struct limen_ice_arrival *a)
{
	struct route *r;

	if (ice->route_count == LIMEN_ICE_ROUTES_MAX)
		close_route(ice, stalest(ice));
	r = &ice->routes[ice->route_count++];
	*r = (struct route){ .path = *a->from, .conn = a->conn };
	if (!a->conn)
		r->to_send = limen_path_to_send(a->from);
	if (a->conn)
		limen_ice_tcp_claim(a->conn, ice);
	return r;
}

static void select_route(struct limen_ice *ice, struct route *r)
{
	ice->selected = (int)(r - ice->routes);
}

/* The best of what is left after the selected route has gone: the one checked last. */
static void select_again(struct limen_ice *ice)
{
	struct route *best = NULL;

	for (unsigned i = 0; i < ice->route_count; i++)
		if (!best || ice->routes[i].checked_us > best->checked_us)
			best = &ice->routes[i];
	if (best)
		select_route(ice, best);
}

static void send_reply(struct limen_ice *ice, struct route *r, const struct limen_ice_arrival *a,
	const struct limen_stun_reply *reply)
{
	if (a->conn) {
		limen_ice_tcp_send(a->conn, reply->bytes, reply->len);
	} else if (r && a->via != ice->home && !a->known) {
		/* The other loop answers, once it knows the path: what the client sends next
		 * arrives there. */
		r->pointed = true;
		limen_ice_switch_point(ice->home, a->from, a->via, reply->bytes, reply->len);
	} else {
		limen_port_send(
			limen_ice_switch_port(ice->home), a->from, reply->bytes, reply->len);
	}
}

static void forget_old(struct limen_ice *ice)
{
	if (*ice->old.ufrag)
		limen_ice_switch_unname(ice->old.ufrag);
	ice->old = (struct credentials){ "", "" };
}

/* RFC 7675 §5.1: consent is given by address. One that is not checked any more is left for one that
 * is, even without a nomination. */
static bool has_consent(const struct route *r, int64_t now_us)
{
	return r && now_us - r->checked_us < LIMEN_ICE_CONSENT_US;
}

/* The loop where the client's packets arrive could serve it more cheaply. */
static void consider_home(struct limen_ice *ice, const struct limen_ice_arrival *a)
{
	if (ice->homed || a->conn)
		return;
	ice->homed = true;
	if (a->via != ice->home)
		ice->suggested = limen_ice_switch_loop(a->via);
}

static void authentic(struct limen_ice *ice, const struct limen_ice_arrival *a,
	const struct limen_stun_check *check, const struct limen_stun_reply *reply)
{
	struct route *r = find_route(ice, a);

	limen_ice_switch_count(ice->home, LIMEN_ICE_COUNT_CHECKS);
	if (!r)
		r = add_route(ice, a);
	if (!a->conn)
		limen_ice_switch_add(ice->home, a->from, ice);
	r->checked_us = ice->checked_us = limen_now_us();
	if (check->use_candidate || !has_consent(selected(ice), r->checked_us))
		select_route(ice, r);
	send_reply(ice, r, a, reply);
	consider_home(ice, a);
	ice->state = LIMEN_ICE_CONNECTED;
	watch_consent(ice);
	tell(ice);
}

static bool names(const struct credentials *c, const char *ufrag, size_t len)
{
	return len == LIMEN_ICE_SHARED_UFRAG && memcmp(c->ufrag, ufrag, len) == 0;
}

/* Refused: counted, answered if it says so, and a stranger's connection is closed. */
static void refuse(struct limen_ice *ice, const struct limen_ice_arrival *a, int err,
	const struct limen_stun_reply *reply)
{
	limen_ice_switch_count(
		ice->home, err == LIMEN_EAUTH ? LIMEN_ICE_COUNT_FORGED : LIMEN_ICE_COUNT_MALFORMED);
	if (reply->len)
		send_reply(ice, NULL, a, reply);
	if (a->conn && err != LIMEN_ESTATE && !limen_ice_tcp_owner(a->conn))
		limen_ice_tcp_close(a->conn);
}

static bool on_check(struct limen_ice *ice, const struct limen_ice_arrival *a)
{
	const struct credentials *c = &ice->now;
	struct limen_stun_check check;
	struct limen_stun_reply reply;
	const char *ufrag;
	size_t len;
	int err;

	if (!ice->home)
		return true; /* moving: the client asks again */
	if (!limen_stun_ufrag(a->bytes, a->len, &ufrag, &len)) {
		limen_ice_switch_count(ice->home, LIMEN_ICE_COUNT_MALFORMED);
		return true;
	}
	if (names(&ice->old, ufrag, len))
		c = &ice->old;
	else if (!names(&ice->now, ufrag, len))
		return false;
	err = limen_stun_answer(
		a->bytes, a->len, c->ufrag, c->pwd, &a->from->remote, &check, &reply);
	if (err) {
		refuse(ice, a, err, &reply);
		return true;
	}
	if (c == &ice->now)
		forget_old(ice);
	authentic(ice, a, &check, &reply);
	return true;
}

/* Data on a route that is not the selected one. */
static void consider_switch(struct limen_ice *ice, struct route *r)
{
	const int64_t now_us = limen_now_us();

	if (!r->alone_us || r->mark != ice->packets) {
		r->mark = ice->packets;
		r->alone_us = now_us;
	} else if (now_us - r->alone_us >= STILL_US) {
		r->alone_us = 0;
		select_route(ice, r);
	}
}

static void on_data(struct limen_ice *ice, const struct limen_ice_arrival *a)
{
	struct route *r = selected(ice);

	if (!ice->home)
		return;
	if (r && r->conn == a->conn && limen_path_equal(&r->path, a->from))
		ice->packets++;
	else if ((r = find_route(ice, a)))
		consider_switch(ice, r);
	ice->ev->on_datagram(a->bytes, a->len, ice->arg);
}

static void on_closed(struct limen_ice *ice, struct limen_ice_tcp_conn *conn)
{
	for (unsigned i = 0; i < ice->route_count; i++)
		if (ice->routes[i].conn == conn) {
			forget_route(ice, &ice->routes[i]);
			break;
		}
	if (!selected(ice))
		select_again(ice);
}

static const struct limen_ice_switch_events switch_events = { on_check, on_data, on_closed };

static void new_credentials(struct limen_ice *ice)
{
	do {
		limen_random_text(ice->now.ufrag, LIMEN_ICE_SHARED_UFRAG);
		limen_random_text(ice->now.pwd, PWD);
	} while (!limen_ice_switch_name(ice->home, ice->now.ufrag, ice));
}

static int shared_create(struct limen_ice **out, struct limen_loop *loop,
	const struct limen_ice_config *cfg, const struct limen_ice_events *ev, void *arg)
{
	struct limen_ice_switch *home = limen_ice_switch_of(loop);
	struct limen_ice *ice;

	*out = NULL;
	if (!home)
		return LIMEN_ESTATE;
	ice = g_new0(struct limen_ice, 1);
	ice->loop = loop;
	ice->home = home;
	ice->cfg = cfg;
	ice->ev = ev;
	ice->arg = arg;
	ice->selected = -1;
	limen_timer_init(&ice->news, on_news, ice);
	limen_timer_init(&ice->consent, on_consent, ice);
	new_credentials(ice);
	*out = ice;
	return 0;
}

static void shared_destroy(struct limen_ice *ice)
{
	if (!ice)
		return;
	limen_timer_stop(&ice->news);
	limen_timer_stop(&ice->consent);
	forget_old(ice);
	limen_ice_switch_unname(ice->now.ufrag);
	while (ice->route_count)
		close_route(ice, &ice->routes[0]);
	g_free(ice);
}

static int shared_gather(struct limen_ice *ice)
{
	ice->gathered = true;
	tell_soon(ice);
	return 0;
}

static bool shared_gathered(const struct limen_ice *ice)
{
	return ice->gathered;
}

static const char *shared_ufrag(const struct limen_ice *ice)
{
	return ice->now.ufrag;
}

static const char *shared_pwd(const struct limen_ice *ice)
{
	return ice->now.pwd;
}

/* The old credentials stay valid: of several that were never used, those that work are kept. */
static int shared_restart(struct limen_ice *ice)
{
	if (*ice->old.ufrag)
		limen_ice_switch_unname(ice->now.ufrag);
	else
		ice->old = ice->now;
	new_credentials(ice);
	return 0;
}

/* A lite agent needs neither the client's credentials nor its candidates: it sends no checks. What
 * counts is that the client knows ours by now. */
static int shared_set_remote(struct limen_ice *ice, const char *ufrag, const char *pwd)
{
	(void)ufrag, (void)pwd;
	if (ice->remote_us)
		return 0;
	ice->remote_us = limen_now_us();
	if (ice->state == LIMEN_ICE_NEW)
		ice->state = LIMEN_ICE_CHECKING;
	watch_consent(ice);
	tell_soon(ice);
	return 0;
}

static int shared_add_candidate(struct limen_ice *ice, const char *candidate)
{
	(void)ice, (void)candidate;
	return 0;
}

static void shared_remote_complete(struct limen_ice *ice)
{
	(void)ice;
}

static GPtrArray *shared_candidates(const struct limen_ice *ice)
{
	g_autoptr(GPtrArray) addresses = limen_ice_addresses(ice->cfg);
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);

	limen_ice_candidates(ice->cfg, addresses, limen_ice_switch_number(), out);
	return out;
}

static bool may_send(const struct limen_ice *ice)
{
	return ice->home && ice->selected >= 0 && ice->state == LIMEN_ICE_CONNECTED;
}

static bool shared_pair(const struct limen_ice *ice, struct limen_ice_pair *out)
{
	const struct route *r = selected(ice);

	if (!r)
		return false;
	*out = (struct limen_ice_pair){ .transport = r->conn ? "tcp" : "udp" };
	limen_ice_end_set(&out->local, &r->path.local, limen_ice_switch_number(), "host");
	limen_ice_end_set(&out->remote, &r->path.remote.sin6_addr, ntohs(r->path.remote.sin6_port),
		"prflx"); /* checks alone tell of it (RFC 8445 §7.3.1.3) */
	return true;
}

static uint8_t *shared_reserve(struct limen_ice *ice)
{
	return limen_egress_reserve(limen_ice_switch_egress(ice->home));
}

static int shared_commit(struct limen_ice *ice, size_t len)
{
	struct limen_egress *egress = limen_ice_switch_egress(ice->home);
	const struct route *r = selected(ice);

	if (!may_send(ice))
		return LIMEN_EAGAIN;
	if (r->conn)
		return limen_ice_tcp_send(r->conn, limen_egress_reserve(egress), len);
	limen_egress_commit(egress, &r->to_send, len);
	return 0;
}

/* With all else that leaves in this round, in order. */
static int shared_send(struct limen_ice *ice, const uint8_t *bytes, size_t len)
{
	if (!may_send(ice))
		return LIMEN_EAGAIN;
	if (len > LIMEN_EGRESS_DATAGRAM_MAX)
		return LIMEN_ENOSPC;
	memcpy(shared_reserve(ice), bytes, len);
	return shared_commit(ice, len);
}

/* The old loop passes on what still reaches it. */
static void shared_leave(struct limen_ice *ice, struct limen_loop *to)
{
	struct limen_ice_switch *next = limen_ice_switch_of(to);

	limen_timer_stop(&ice->news);
	limen_timer_stop(&ice->consent);
	for (unsigned i = 0; i < ice->route_count; i++) {
		struct route *r = &ice->routes[i];

		if (r->conn)
			limen_ice_tcp_detach(r->conn);
		else
			limen_ice_switch_pass(ice->home, &r->path, next);
		r->pointed = true;
	}
	ice->former = ice->home;
	ice->home = NULL;
	ice->suggested = NULL;
	ice->homed = true;
	/* Last: from here on the new loop finds the object by its names. */
	limen_ice_switch_rename(next, ice->now.ufrag);
	limen_ice_switch_rename(next, ice->old.ufrag);
}

static void shared_moved(struct limen_ice *ice, struct limen_loop *loop)
{
	ice->loop = loop;
	ice->home = limen_ice_switch_of(loop);
	for (unsigned i = 0; i < ice->route_count; i++) {
		const struct route *r = &ice->routes[i];

		if (r->conn)
			limen_ice_tcp_attach(r->conn, limen_ice_switch_tcp(ice->home));
		else
			limen_ice_switch_add(ice->home, &r->path, ice);
	}
	tell_soon(ice);
	if (ice->checked_us || ice->remote_us)
		watch_consent(ice);
}

const struct limen_ice_ops limen_ice_shared = {
	.create = shared_create,
	.destroy = shared_destroy,
	.gather = shared_gather,
	.gathered = shared_gathered,
	.ufrag = shared_ufrag,
	.pwd = shared_pwd,
	.restart = shared_restart,
	.set_remote = shared_set_remote,
	.add_candidate = shared_add_candidate,
	.remote_complete = shared_remote_complete,
	.candidates = shared_candidates,
	.pair = shared_pair,
	.send = shared_send,
	.reserve = shared_reserve,
	.commit = shared_commit,
	.leave = shared_leave,
	.moved = shared_moved,
};

int limen_ice_shared_start(struct limen_loop *const *loops, unsigned count,
	const struct limen_ice_config *cfg, char **reason)
{
	return limen_ice_switch_start(loops, count, cfg, &switch_events, reason);
}

void limen_ice_shared_quiet(void)
{
	limen_ice_switch_quiet();
}

void limen_ice_shared_stop(void)
{
	limen_ice_switch_stop();
}

void limen_ice_shared_counts(uint64_t out[LIMEN_ICE_COUNTS])
{
	limen_ice_switch_counts(out);
}
