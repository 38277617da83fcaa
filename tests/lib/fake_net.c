/*
 * A simulated network. Thread: the test's.
 */
#include "tests/lib/fake_net.h"
#include <stdlib.h>
#include <string.h>
#include <limen/types.h>
#include "core/base/clock.h"

struct fake_net fake_net;
GArray *fake_net_commits;

struct limen_ice {
	unsigned number, remote; /* remote: 0 until a candidate was added */
	struct limen_loop *loop;
	const struct limen_ice_events *ev;
	void *arg;
	char ufrag[5], pwd[23];
	char *remote_ufrag;
	bool gathered, connected;
	struct limen_timer news;
	uint8_t reserved[LIMEN_ICE_DATAGRAM_MAX];
};

struct datagram {
	unsigned to;
	int64_t at_us;
	size_t len;
	uint8_t bytes[];
};

static GHashTable *ends; /* number → struct limen_ice * */
static GList *under_way; /* struct datagram *, by time */
static unsigned last_number;

static bool chance(unsigned parts)
{
	return limen_random_u32() % 1000 < parts;
}

static struct limen_ice *other_end(const struct limen_ice *ice)
{
	return g_hash_table_lookup(ends, GUINT_TO_POINTER(ice->remote));
}

/* Has this end the other one's present credentials and a candidate of it? */
static bool knows(const struct limen_ice *ice, const struct limen_ice *other)
{
	return ice->remote == other->number && g_strcmp0(ice->remote_ufrag, other->ufrag) == 0;
}

static void connect(struct limen_ice *ice)
{
	if (ice->connected)
		return;
	ice->connected = true;
	ice->ev->on_state(LIMEN_ICE_CONNECTED, ice->arg);
}

static void tell(struct limen_timer *t, void *arg)
{
	struct limen_ice *ice = arg, *other = other_end(ice);

	(void)t;
	if (!ice->gathered) {
		ice->gathered = true;
		ice->ev->on_gathered(ice->arg);
	}
	if (!ice->remote || !ice->remote_ufrag)
		return;
	if (fake_net.dead) {
		ice->ev->on_state(LIMEN_ICE_FAILED, ice->arg);
	} else if (other && knows(ice, other) && knows(other, ice)) {
		connect(ice);
		connect(other);
	}
}

static void tell_soon(struct limen_ice *ice)
{
	limen_loop_timer_set(ice->loop, &ice->news, limen_now_us() + 1000);
}

static int fake_create(struct limen_ice **out, struct limen_loop *loop,
	const struct limen_ice_config *cfg, const struct limen_ice_events *ev, void *arg)
{
	struct limen_ice *ice = g_new0(struct limen_ice, 1);

	(void)cfg;
	ice->number = ++last_number;
	ice->loop = loop;
	ice->ev = ev;
	ice->arg = arg;
	limen_random_text(ice->ufrag, 4);
	limen_random_text(ice->pwd, 22);
	limen_timer_init(&ice->news, tell, ice);
	g_hash_table_insert(ends, GUINT_TO_POINTER(ice->number), ice);
	*out = ice;
	return 0;
}

static void fake_destroy(struct limen_ice *ice)
{
	if (!ice)
		return;
	limen_timer_stop(&ice->news);
	g_hash_table_remove(ends, GUINT_TO_POINTER(ice->number));
	g_free(ice->remote_ufrag);
	g_free(ice);
}

static int fake_gather(struct limen_ice *ice)
{
	tell_soon(ice);
	return 0;
}

static bool fake_gathered(const struct limen_ice *ice)
{
	return ice->gathered;
}

static const char *fake_ufrag(const struct limen_ice *ice)
{
	return ice->ufrag;
}

static const char *fake_pwd(const struct limen_ice *ice)
{
	return ice->pwd;
}

static int fake_restart(struct limen_ice *ice)
{
	limen_random_text(ice->ufrag, 4);
	limen_random_text(ice->pwd, 22);
	ice->connected = false;
	return 0;
}

static int fake_set_remote(struct limen_ice *ice, const char *ufrag, const char *pwd)
{
	(void)pwd;
	g_free(ice->remote_ufrag);
	ice->remote_ufrag = g_strdup(ufrag);
	tell_soon(ice);
	return 0;
}

static int fake_add_candidate(struct limen_ice *ice, const char *text)
{
	const char *number = strstr(text, "fake-");

	if (!number)
		return LIMEN_ENOTSUP;
	ice->remote = (unsigned)strtoul(number + strlen("fake-"), NULL, 10);
	tell_soon(ice);
	return 0;
}

static void fake_remote_complete(struct limen_ice *ice)
{
	(void)ice;
}

static GPtrArray *fake_candidates(const struct limen_ice *ice)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(
		list, g_strdup_printf("candidate:1 1 udp 1 fake-%u 1 typ host", ice->number));
	return list;
}

/* Where a goes: behind those of the same time. */
static gint by_time(gconstpointer a, gconstpointer b)
{
	const struct datagram *x = a, *y = b;

	return x->at_us < y->at_us ? -1 : 1;
}

static void launch(unsigned to, const uint8_t *bytes, size_t len)
{
	struct datagram *d = g_malloc(sizeof(*d) + len);
	const int64_t late_us = chance(fake_net.reorder) ? 10000 : 0;

	*d = (struct datagram){
		.to = to, .at_us = limen_now_us() + fake_net.delay_us + late_us, .len = len
	};
	memcpy(d->bytes, bytes, len);
	under_way = g_list_insert_sorted(under_way, d, by_time);
}

static int fake_send(struct limen_ice *ice, const uint8_t *bytes, size_t len)
{
	fake_net.sent++;
	if (!ice->remote)
		return LIMEN_EAGAIN;
	if (chance(fake_net.loss)) {
		fake_net.lost++;
		return 0;
	}
	launch(ice->remote, bytes, len);
	if (chance(fake_net.duplicate))
		launch(ice->remote, bytes, len);
	return 0;
}

static uint8_t *fake_reserve(struct limen_ice *ice)
{
	return ice->reserved;
}

static int fake_commit(struct limen_ice *ice, size_t len)
{
	g_array_append_val(fake_net_commits, len);
	return fake_send(ice, ice->reserved, len);
}

#define OPS                                                                                        \
	.create = fake_create, .destroy = fake_destroy, .gather = fake_gather,                     \
	.gathered = fake_gathered, .ufrag = fake_ufrag, .pwd = fake_pwd, .restart = fake_restart,  \
	.set_remote = fake_set_remote, .add_candidate = fake_add_candidate,                        \
	.remote_complete = fake_remote_complete, .candidates = fake_candidates, .send = fake_send

const struct limen_ice_ops fake_ice = { OPS };
const struct limen_ice_ops fake_ice_batched = { OPS, .reserve = fake_reserve,
	.commit = fake_commit };

void fake_net_start(uint64_t seed)
{
	limen_clock_simulate(G_USEC_PER_SEC);
	limen_random_seed(seed);
	fake_net = (struct fake_net){ .delay_us = 5000 };
	if (!ends)
		ends = g_hash_table_new(NULL, NULL);
	if (!fake_net_commits)
		fake_net_commits = g_array_new(FALSE, FALSE, sizeof(size_t));
	g_array_set_size(fake_net_commits, 0);
}

static void deliver_due(void)
{
	while (under_way && ((struct datagram *)under_way->data)->at_us <= limen_now_us()) {
		struct datagram *d = under_way->data;
		struct limen_ice *ice = g_hash_table_lookup(ends, GUINT_TO_POINTER(d->to));

		under_way = g_list_delete_link(under_way, under_way);
		if (ice)
			ice->ev->on_datagram(d->bytes, d->len, ice->arg);
		g_free(d);
	}
}

void fake_net_run(struct limen_loop *loop, int64_t us)
{
	for (int64_t t = 0; t < us; t += 1000) {
		limen_clock_advance(1000);
		deliver_due();
		while (limen_loop_step(loop))
			;
	}
}

void fake_net_inject(const uint8_t *bytes, size_t len)
{
	GHashTableIter it;
	gpointer ice;

	g_hash_table_iter_init(&it, ends);
	while (g_hash_table_iter_next(&it, NULL, &ice))
		((struct limen_ice *)ice)
			->ev->on_datagram(bytes, len, ((struct limen_ice *)ice)->arg);
}

void fake_net_state(enum limen_ice_state state)
{
	GHashTableIter it;
	gpointer ice;

	g_hash_table_iter_init(&it, ends);
	while (g_hash_table_iter_next(&it, NULL, &ice))
		((struct limen_ice *)ice)->ev->on_state(state, ((struct limen_ice *)ice)->arg);
}

void fake_net_stop(void)
{
	g_list_free_full(under_way, g_free);
	under_way = NULL;
}
