/*
 * One random thing at a time, by weights. An action that is not possible right now is left out, and
 * another one takes its place. Thread: the main loop.
 */
#include "tests/soak/soak.h"

#define TRIES 8
#define LINES 6u
#define HANDLES_MAX 6u
#define ROOMS_MIN 2u
#define ROOMS_MAX 3u

static struct soak_person *any_person(struct soak *s, enum soak_presence presence)
{
	struct soak_person *p =
		s->people->pdata[g_rand_int_range(s->rand, 0, (gint32)s->people->len)];

	return p != s->monitor && p->presence == presence ? p : NULL;
}

static struct soak_handle *any_handle(struct soak *s)
{
	struct soak_person *p = any_person(s, SOAK_HERE);
	struct soak_handle *h;

	if (!p || p->handles->len == 0)
		return NULL;
	h = p->handles->pdata[g_rand_int_range(s->rand, 0, (gint32)p->handles->len)];
	return h->phase == SOAK_ATTACHING || h->phase == SOAK_GOING ? NULL : h;
}

static bool come(struct soak *s)
{
	struct soak_person *p = any_person(s, SOAK_AWAY);
	guint at = (guint)g_rand_int_range(s->rand, 0, LINES) + 1; /* 0 is the monitor's */

	if (!p)
		return false;
	soak_person_come(p, at < s->lines->len ? s->lines->pdata[at] : soak_line_new(s));
	return true;
}

static bool attach(struct soak *s)
{
	struct soak_person *p = any_person(s, SOAK_HERE);

	if (!p || p->handles->len >= HANDLES_MAX)
		return false;
	soak_person_attach(p);
	return true;
}

/* Participants and subscribers in equal parts; the latter like to be where they take part. */
static bool join(struct soak *s)
{
	struct soak_handle *h = any_handle(s), *other;
	struct soak_room *room = soak_room_any(s);

	if (!h || h->phase != SOAK_FREE || !room)
		return false;
	if (g_rand_int_range(s->rand, 0, 2))
		return soak_join(h, room, g_rand_int_range(s->rand, 0, 3) == 0,
			g_rand_int_range(s->rand, 0, 10) == 0);
	other = h->person->handles->pdata[0];
	if (soak_is_in(other, SOAK_PUBLISHER) && !other->room->gone)
		room = other->room;
	return soak_subscriber_join(h, room);
}

#define ON_PARTICIPANT(name, what)                                                                 \
	static bool name(struct soak *s)                                                           \
	{                                                                                          \
		struct soak_handle *h = soak_handle_any(s, SOAK_PUBLISHER);                        \
                                                                                                   \
		return h && what(h);                                                               \
	}

#define ON_SUBSCRIBER(name, what)                                                                  \
	static bool name(struct soak *s)                                                           \
	{                                                                                          \
		struct soak_handle *h = soak_handle_any(s, SOAK_SUBSCRIBER);                       \
                                                                                                   \
		return h && what(h);                                                               \
	}

ON_PARTICIPANT(publish, soak_publish)
ON_PARTICIPANT(reoffer, soak_reoffer)
ON_PARTICIPANT(unpublish, soak_unpublish)
ON_PARTICIPANT(configure, soak_configure)
ON_PARTICIPANT(leave, soak_leave)
ON_PARTICIPANT(kick, soak_kick)
ON_PARTICIPANT(moderate, soak_moderate)
ON_SUBSCRIBER(change, soak_change)
ON_SUBSCRIBER(switch_source, soak_switch)
ON_SUBSCRIBER(steer, soak_steer)
ON_SUBSCRIBER(pause_media, soak_pause)
ON_SUBSCRIBER(unsubscribe, soak_leave)

static bool hangup(struct soak *s)
{
	struct soak_handle *h = any_handle(s);

	if (!h || h->hanging || h->hang_by_us || h->pc == SOAK_PC_NONE)
		return false;
	soak_handle_hangup(h);
	return true;
}

/* DTLS says goodbye and the socket is gone; the gateway has to notice. */
static bool drop(struct soak *s)
{
	struct soak_handle *h = any_handle(s);

	if (!h || !h->peer || !h->peer->up || h->pc != SOAK_PC_UP || h->hanging || h->hang_by_us ||
		h->asked)
		return false;
	soak_note("handle %" JSON_INTEGER_FORMAT " closes its PeerConnection", h->id);
	h->hanging = true;
	h->hang_by_us = g_get_monotonic_time() + soak_limit_us(s);
	soak_media_close(h);
	return true;
}

static bool detach(struct soak *s)
{
	struct soak_handle *h = any_handle(s);

	if (!h || h->phase == SOAK_JOINING)
		return false;
	soak_handle_detach(h);
	return true;
}

static bool destroy(struct soak *s)
{
	struct soak_person *p = any_person(s, SOAK_HERE);

	if (!p)
		return false;
	soak_person_leave(p);
	return true;
}

static bool fall_asleep(struct soak *s)
{
	struct soak_person *p = any_person(s, SOAK_HERE);

	if (!p)
		return false;
	soak_person_sleep(p);
	return true;
}

/* A connection dies, and with it all who use it. */
static bool cut(struct soak *s)
{
	struct soak_line *line;

	if (s->lines->len < 2)
		return false;
	line = s->lines->pdata[g_rand_int_range(s->rand, 1, (gint32)s->lines->len)];
	soak_note("a connection is cut");
	for (guint i = 0; i < s->people->len; i++)
		if (((struct soak_person *)s->people->pdata[i])->line == line)
			soak_person_gone(s->people->pdata[i]);
	soak_line_free(s, line);
	return true;
}

static guint rooms_there(const struct soak *s)
{
	guint count = 0;

	for (guint i = 0; i < s->rooms->len; i++)
		count += !((const struct soak_room *)s->rooms->pdata[i])->gone;
	return count;
}

static bool open_room(struct soak *s)
{
	if (rooms_there(s) >= ROOMS_MAX)
		return false;
	soak_room_create(s);
	return true;
}

static bool close_room(struct soak *s)
{
	struct soak_room *room = soak_room_any(s);

	if (!room || rooms_there(s) <= ROOMS_MIN)
		return false;
	soak_room_destroy(s, room);
	return true;
}

static bool nonsense(struct soak *s)
{
	struct soak_handle *h = any_handle(s);

	if (!h || h->phase == SOAK_OUT)
		return false;
	soak_nonsense(h);
	return true;
}

static const struct {
	bool (*fn)(struct soak *s);
	int weight;
} actions[] = {
	{ come, 60 },
	{ attach, 80 },
	{ join, 200 },
	{ publish, 150 },
	{ reoffer, 40 },
	{ unpublish, 6 },
	{ configure, 25 },
	{ leave, 3 },
	{ kick, 3 },
	{ moderate, 15 },
	{ change, 70 },
	{ switch_source, 25 },
	{ steer, 30 },
	{ pause_media, 20 },
	{ unsubscribe, 3 },
	{ hangup, 6 },
	{ drop, 5 },
	{ detach, 8 },
	{ destroy, 3 },
	{ fall_asleep, 1 },
	{ cut, 1 },
	{ open_room, 4 },
	{ close_room, 1 },
	{ nonsense, 10 },
};

static size_t choose(struct soak *s)
{
	int sum = 0, left;
	size_t i;

	for (i = 0; i < G_N_ELEMENTS(actions); i++)
		sum += actions[i].weight;
	left = g_rand_int_range(s->rand, 0, sum);
	for (i = 0; left >= actions[i].weight; i++)
		left -= actions[i].weight;
	return i;
}

void soak_act(struct soak *s)
{
	for (int i = 0; i < TRIES; i++) {
		if (actions[choose(s)].fn(s)) {
			s->figures.actions++;
			return;
		}
	}
}
